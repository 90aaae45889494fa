// The same as the drawing in rows: for reading on the page, and as a file.

import { homeOf, kindOf, markOf, nameOf } from "./cards.js";
import { h, icon } from "./dom.js";

const FORMULA = /^\s*[=+\-@\t\r]/; // as catalog.search.csv_rows: a spreadsheet runs nothing
const HEADER = [
  "id",
  "kind",
  "name",
  "direction",
  "steps",
  "product",
  "owner",
  "domain",
  "status",
  "score",
  "read_from",
];

export const directionOf = (node) =>
  node.isBeside ? "Beside" : node.steps < 0 ? "Upstream" : node.steps > 0 ? "Downstream" : "Focus";

export const byDistance = (nodes) =>
  [...nodes].sort((a, b) => Math.abs(a.steps) - Math.abs(b.steps) || a.steps - b.steps || a.name.localeCompare(b.name));

/** Fills the body of the table twin, nearest first. */
export function fillTwin(body, nodes, acts) {
  body.replaceChildren(
    ...byDistance(nodes).map((node) => {
      const name =
        node.kind === "hidden"
          ? h("span", { class: "row" }, icon("lock", "dim"), nameOf(node))
          : h("a", { href: acts.link(node) }, node.name);
      const isAlone = node.kind === "dataset" ? "no product" : kindOf(node);
      const product = (node.kind !== "system" && homeOf(node)) || h("span", { class: "hint" }, isAlone);
      const mark = markOf(node);
      const owner =
        node.owner && h("a", { href: `/teams/${encodeURIComponent(node.owner)}/` }, node.owner_name ?? node.owner);
      return h(
        "tr",
        {},
        h(
          "th",
          { scope: "row" },
          name,
          mark && [" ", h("span", { class: `badge ${mark[1]}` }, mark[0])],
          node.kind === "dataset" && h("div", { class: "hint" }, h("code", {}, node.id.slice("dataset:".length))),
        ),
        h("td", { "data-l": "Direction" }, directionOf(node)),
        h("td", { class: "num", "data-l": "Steps" }, String(Math.abs(node.steps))),
        h("td", { "data-l": "Product or system" }, product),
        h("td", { class: "full" }, owner),
      );
    }),
  );
}

/** The rows of the drawing as CSV. */
export function asCsv(nodes, edges) {
  const sources = new Map();
  for (const { source, target } of edges) sources.set(target, [...(sources.get(target) ?? []), source]);
  const rows = byDistance(nodes).map((node) => [
    node.id,
    node.kind,
    nameOf(node),
    directionOf(node).toLowerCase(),
    Math.abs(node.steps),
    node.product,
    node.owner,
    node.domain,
    node.status,
    node.score,
    (sources.get(node.id) ?? []).join(" "),
  ]);
  return [HEADER, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  const text = String(value ?? "");
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
