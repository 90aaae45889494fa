// Elements made by hand; text is always set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const sprite = document.querySelector("#lineage")?.dataset.icons;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const icon = (name, css = "") =>
  svg("svg", { class: `i ${css}`.trim(), "aria-hidden": "true" }, svg("use", { href: `${sprite}#${name}` }));

const GOOD = 90; // as core.rendering has them
const FAIR = 70;
export const toneOf = (score) => (score >= GOOD ? "ok" : score >= FAIR ? "warn" : "bad");

export function ring(score, size = 28) {
  const isMeasured = score !== null && score !== undefined;
  const shown = isMeasured ? Math.floor(score) : "–";
  const parts = [svg("circle", { cx: 18, cy: 18, r: 15.9 })];
  if (isMeasured) {
    const arc = { pathLength: 100, "stroke-dasharray": `${shown} 100`, transform: "rotate(-90 18 18)" };
    parts.push(svg("circle", { cx: 18, cy: 18, r: 15.9, ...arc }));
  }
  return svg(
    "svg",
    {
      class: `ring ${isMeasured ? toneOf(score) : "none"}`,
      width: size,
      height: size,
      viewBox: "0 0 36 36",
      role: "img",
      "aria-label": isMeasured ? `Quality score ${shown} of 100` : "Not measured",
    },
    parts,
    svg("text", { x: 18, y: 22 }, String(shown)),
  );
}

const FIGURES = new Intl.NumberFormat("en"); // made once: it is slow to make
export const figure = (number) => FIGURES.format(number);
export const count = (number, word) => `${figure(number)} ${word}${number === 1 ? "" : "s"}`;

/** Calls `act` once the frame that is being made has been painted. */
export const afterFrame = (act) => requestAnimationFrame(() => setTimeout(act));

/** Hands `text` (or a Blob) to the reader as a file. */
export function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
