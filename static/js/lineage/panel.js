// The facts of the chosen card, and what can be done with it.

import { HIDDEN, homeOf, kindOf, markOf, nameOf, placeOf } from "./cards.js";
import { count, h, icon, ring } from "./dom.js";

const day = (moment) => (moment ? String(moment).slice(0, 10) : null);
const MOST_JOBS = 6;
const DECLARED = ["declared", "declared input port"]; // as lineage words edges that no job made
const STAMPED = ["confidential", "restricted"];

/** @param acts `{close, focus, columns, link, impact}`; @param asks `{curl, graphql}` texts to copy */
export function panel(node, edges, acts, asks, isOpen) {
  return h(
    "aside",
    { class: "card", "aria-labelledby": "chosen", id: "panel" },
    h(
      "header",
      {},
      h("h2", { id: "chosen", tabindex: -1 }, nameOf(node)),
      h(
        "button",
        {
          type: "button",
          class: "btn quiet sq sm end",
          "aria-label": "Close",
          title: "Close (Esc)",
          onclick: acts.close,
        },
        icon("x"),
      ),
    ),
    node.kind === "hidden"
      ? h("p", {}, `${HIDDEN}.`)
      : [facts(node, edges), buttons(node, acts, isOpen), copies(node, asks)],
  );
}

function facts(node, edges) {
  const touching = edges.filter((edge) => edge.source === node.id || edge.target === node.id);
  const into = edges.filter((edge) => edge.target === node.id);
  const jobs = [...new Set(into.flatMap((edge) => edge.jobs))];
  const first = touching
    .map((edge) => day(edge.first_seen))
    .filter(Boolean)
    .sort()[0];
  const last = touching
    .map((edge) => day(edge.last_seen))
    .filter(Boolean)
    .sort()
    .at(-1);
  const mark = markOf(node);
  const owner =
    node.owner && h("a", { href: `/teams/${encodeURIComponent(node.owner)}/` }, node.owner_name ?? node.owner);
  const rows = [
    ["Kind", kindOf(node)],
    ["Place", placeOf(node)],
    ["Status", mark ? h("span", { class: `badge ${mark[1]}` }, mark[0]) : node.status && capital(node.status)],
    ["Quality", node.kind === "product" && ring(node.score, 32)],
    [node.product ? "Product" : "System", node.kind !== "product" && node.kind !== "system" && homeOf(node)],
    ["Owner", owner],
    ["Domain", node.domain],
    [
      "Class",
      node.classification &&
        h(
          "span",
          { class: `stamp${STAMPED.includes(node.classification) ? " high" : ""}` },
          capital(node.classification),
        ),
    ],
    [
      "Made by",
      jobs.length > 0 &&
        h(
          "ul",
          {},
          jobs.slice(0, MOST_JOBS).map((job) => h("li", {}, DECLARED.includes(job) ? "Declared input port" : job)),
          jobs.length > MOST_JOBS && h("li", { class: "hint" }, `and ${count(jobs.length - MOST_JOBS, "more")}`),
        ),
    ],
    ["First seen", first],
    ["Last seen", last],
  ];
  return h(
    "dl",
    { class: "dl" },
    rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

function buttons(node, acts, isOpen) {
  const hasColumns = ["product", "dataset"].includes(node.kind);
  return h(
    "div",
    { class: "row wrap" },
    node.url && h("a", { class: "btn sm", href: node.url }, "Open its page"),
    node.steps !== 0 &&
      h("button", { type: "button", class: "btn sm", onclick: () => acts.focus(node.id) }, "Make it the focus"),
    hasColumns &&
      h(
        "button",
        { type: "button", class: "btn sm", onclick: () => acts.columns(node.id) },
        isOpen ? "Hide columns" : "Show columns",
      ),
    h("a", { class: "btn sm", href: acts.impact(node) }, "What breaks if it changes"),
  );
}

const copies = (node, asks) =>
  h(
    "div",
    { class: "row wrap" },
    h("span", { class: "hint" }, "Copy as"),
    [
      ["node id", node.id],
      ["GraphQL", asks.graphql],
      ["curl", asks.curl],
    ].map(([name, text]) =>
      h("button", { type: "button", class: "btn quiet sm", "data-copy": text }, icon("copy"), name),
    ),
  );

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
