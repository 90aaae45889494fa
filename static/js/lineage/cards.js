// One card of the drawing, and the words about it that the panel and the table share.

import { count, figure, h, icon, ring } from "./dom.js";

const GLYPHS = { "source-aligned": "source", aggregate: "aggregate", "consumer-aligned": "consumer" };
const KINDS = {
  product: "Data product",
  system: "Operational system",
  dataset: "Dataset",
  job: "Job",
  port: "Output port",
  hidden: "Hidden",
};
const MOST_CHARACTERS = 22; // of a name on a card
const FAR_CHARACTERS = 14; // of 22 px that fit on a card
export const HIDDEN = "You may not see these; ask the platform team";

export const kindOf = (node) => KINDS[node.kind] ?? node.kind;

export function glyphOf(node) {
  if (node.kind === "system") return "system";
  if (node.kind === "hidden") return "lock";
  if (node.kind === "dataset") return "table";
  return GLYPHS[node.archetype] ?? "market";
}

/** "2 steps upstream", "In focus". */
export function placeOf(node) {
  if (node.isBeside) return "Beside the focus";
  if (!node.steps) return "In focus";
  return `${count(Math.abs(node.steps), "step")} ${node.steps < 0 ? "upstream" : "downstream"}`;
}

/** An operational system, data behind one, or what nobody offers: drawn dashed. */
export const isStrange = (node) =>
  node.kind === "system" || node.kind === "hidden" || (node.kind === "dataset" && !node.product);

export const nameOf = (node) => (node.kind === "hidden" ? `${node.count ?? "Some"} hidden` : node.name);

/** A link to the product or the system that a node belongs to; null: to none. */
export function homeOf(node) {
  if (node.product)
    return h("a", { href: `/products/${encodeURIComponent(node.product)}/` }, node.product_name ?? node.product);
  return node.system ? h("a", { href: `/systems/${encodeURIComponent(node.system)}/` }, node.system_name) : null;
}

/** What is to be known before the domain is: a word with a glyph, never colour alone. */
export function markOf(node) {
  if (node.incident) return ["Incident", node.incident === "minor" ? "warn" : "bad"];
  if (node.status === "deprecated") return ["Deprecated", "warn"];
  return node.status === "retired" ? ["Retired", "bad"] : null;
}

export function whereOf(node) {
  if (node.kind === "hidden") return "Not yours to see";
  if (node.kind === "dataset") return node.product_name || node.product || node.system_name || "No product";
  const domain = node.domain ?? node.owner_name ?? node.owner ?? "";
  return node.kind === "system" ? [domain, "system"].filter(Boolean).join(", ") : domain;
}

function sentence(node) {
  if (node.kind === "hidden") return `${nameOf(node)}, ${placeOf(node)}. ${HIDDEN}.`;
  return [nameOf(node), kindOf(node), whereOf(node), markOf(node)?.[0], placeOf(node)].filter(Boolean).join(", ");
}

// A glyph in a line of text.
function within(glyph) {
  Object.assign(glyph.style, { display: "inline", width: ".75rem", height: ".75rem", verticalAlign: "-1px" });
  return glyph;
}

/**
 * @param acts `{columns, light, link}`
 * @param facts `{isFocus, isOpen, rows}` of the drawing
 */
export function card(node, acts, { isFocus, isOpen, rows }) {
  const name = nameLink(node, acts, "cut", node.kind === "dataset" ? tail(node.name) : nameOf(node));
  const mark = markOf(node);
  const hint = h(
    "span",
    { class: "hint cut" },
    mark && [h("b", { class: mark[1] }, within(icon("warn")), ` ${mark[0]}`), " · "],
    whereOf(node),
  );
  return h(
    "li",
    attributes(node, isFocus),
    h(
      "div",
      {},
      icon(glyphOf(node), "dim"),
      h("div", { class: "cut" }, name, hint),
      node.kind === "product" && node.score !== undefined && h("span", { class: "end" }, ring(node.score)),
    ),
    isOpen && list(node, rows, acts),
    isOpen !== null && columnsHandle(node, isOpen, acts),
  );
}

/** From afar a name in large letters can be read, and nothing else: what cannot be read is not painted. */
export function farCard(node, acts, { isFocus }) {
  const text = nameOf(node);
  const name = nameLink(node, acts, null, text.length > FAR_CHARACTERS ? `${text.slice(0, FAR_CHARACTERS)}…` : text);
  Object.assign(name.style, { fontSize: "1.375rem", whiteSpace: "nowrap" });
  return h("li", attributes(node, isFocus), h("div", {}, name));
}

function attributes(node, isFocus) {
  return { class: `node${isFocus ? " focus" : ""}${isStrange(node) ? " sys" : ""}`, "data-node": node.id };
}

function nameLink(node, acts, css, text) {
  const isHidden = node.kind === "hidden"; // it leads nowhere, but says whom to ask
  return h(
    "a",
    {
      class: css,
      href: acts.link(node),
      title: isHidden ? HIDDEN : node.name,
      "aria-label": sentence(node),
      role: isHidden ? "button" : null,
      tabindex: -1,
    },
    text,
  );
}

// Of a long dataset name the last part tells most.
const tail = (name) => (name.length > MOST_CHARACTERS ? `…${name.split(/[./]/).at(-1)}` : name);

/**
 * Brings the button on one side of a card up to date; one that stays keeps the focus.
 * @param left neighbours that are not drawn, null for a number that only the server knows
 * @param turn what a click does, @param near what is done when a click is likely
 */
export function setHandle(element, node, { side, left, isExpanded }, turn, near) {
  const known = element.querySelector(`:scope > .${side}`);
  if (!isExpanded && left === 0) return known?.remove();
  const label = isExpanded
    ? `Fold what is ${side} of ${node.name}`
    : `Show ${left === null ? "what is" : figure(left)} more ${side} of ${node.name}`;
  const listening = { onclick: turn, onpointerenter: near };
  const button = known ?? h("button", { type: "button", class: `more ${side}`, tabindex: -1, ...listening });
  button.setAttribute("aria-label", label);
  button.title = label;
  button.textContent = isExpanded ? "−" : left === null ? "+" : `+${figure(left)}`;
  const before = side === "upstream" ? ".more" : ".columns";
  if (!known) element.insertBefore(button, element.querySelector(`:scope > ${before}`));
}

function columnsHandle(node, isOpen, acts) {
  const label = `${isOpen ? "Hide" : "Show"} columns of ${node.name}`;
  return h(
    "button",
    {
      type: "button",
      class: "more columns",
      "aria-label": label,
      title: label,
      "aria-expanded": String(isOpen),
      tabindex: -1,
      onclick: () => acts.columns(node.id),
    },
    "▾",
  );
}

function list(node, rows, acts) {
  const lines = rows.map((row) =>
    h(
      "li",
      { "data-row": row.id },
      h(
        "button",
        {
          type: "button",
          class: "cut",
          tabindex: -1,
          "aria-label": `Path of column ${row.name}`,
          onclick: () => acts.light(row.id, true),
          onfocus: () => acts.light(row.id),
          onpointerenter: () => acts.light(row.id),
          onpointerleave: () => acts.light(null),
        },
        row.name,
      ),
      h("span", {}, row.data_type ?? ""),
    ),
  );
  return h(
    "ul",
    { "aria-label": `Columns of ${node.name}` },
    lines.length ? lines : h("li", {}, h("span", {}, "Lineage names none")),
  );
}
