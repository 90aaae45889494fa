// The drawing as a picture that stands alone: rectangles and text, with the colours of the theme written in.

import { isStrange, markOf, nameOf, whereOf } from "./cards.js";
import { svg } from "./dom.js";
import { CARD_HEIGHT, CARD_WIDTH } from "./layout.js";
import { ROW_HEIGHT } from "./model.js";

const MARGIN = 24;
const CHARACTERS = 26; // of 13 px that fit on a card
const SCORE_CHARACTERS = 5;
const MOST_PIXELS = 16_000; // a side; browsers draw no larger

/** The text of an SVG file. */
export function asSvg(drawing) {
  const style = getComputedStyle(document.documentElement);
  const probe = document.body.appendChild(document.createElement("i"));
  const colour = (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const [width, height] = [drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN];
  const ink = Object.fromEntries(
    ["bg", "sunk", "edge", "ctl", "fg", "fg3", "acc"].map((name) => [name, colour(`--${name}`)]),
  );
  const body = svg("g", { transform: `translate(${MARGIN} ${MARGIN})` });
  for (const { path, d } of drawing.lines.values()) {
    body.append(
      svg("path", {
        d,
        fill: "none",
        stroke: path.classList.contains("on") ? ink.acc : ink.edge,
        "stroke-width": 1.5,
        "stroke-dasharray": path.classList.contains("op") ? "4 4" : null,
      }),
    );
  }
  for (const node of drawing.nodes) body.append(cardOf(node, drawing, ink));
  const root = svg(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": style.getPropertyValue("--sans"),
      "font-size": 13,
    },
    svg("title", {}, document.title),
    svg("rect", { width, height, fill: ink.sunk }),
    body,
  );
  probe.remove();
  return new XMLSerializer().serializeToString(root);
}

function cardOf(node, drawing, ink) {
  const { x, y } = drawing.places.get(node.id);
  const { model } = drawing;
  const isFocus = node.id === model.focus.id;
  const isDashed = isStrange(node);
  const hint = [markOf(node)?.[0], whereOf(node)].filter(Boolean).join(" · ");
  const rows = model.opened.has(node.id) ? model.rows(node.id) : [];
  const score =
    node.kind === "product" && node.score !== null && node.score !== undefined && String(Math.floor(node.score));
  return svg(
    "g",
    { transform: `translate(${x} ${y})` },
    svg("rect", {
      width: CARD_WIDTH,
      height: model.height(node.id),
      rx: 8,
      fill: isDashed ? ink.sunk : ink.bg,
      stroke: isFocus ? ink.acc : isDashed ? ink.ctl : ink.edge,
      "stroke-width": isFocus ? 2 : 1,
      "stroke-dasharray": isDashed ? "4 3" : null,
    }),
    svg("text", { x: 12, y: 24, fill: ink.acc }, short(nameOf(node), score)),
    svg("text", { x: 12, y: 42, fill: ink.fg3, "font-size": 12 }, short(hint, score)),
    score && svg("text", { x: CARD_WIDTH - 12, y: 33, "text-anchor": "end", fill: ink.fg, "font-weight": 600 }, score),
    rows.map((row, n) =>
      svg(
        "text",
        { x: 12, y: CARD_HEIGHT + n * ROW_HEIGHT + 18, fill: ink.fg, "font-size": 12, "font-family": "monospace" },
        short(row.name),
      ),
    ),
  );
}

function short(text, score) {
  const room = CHARACTERS - (score ? SCORE_CHARACTERS : 0);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

/** A promise of the same as a PNG, twice as fine as the screen where that can be drawn. */
export async function asPng(drawing) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asSvg(drawing))}`;
  await picture.decode();
  const scale = Math.min(2, MOST_PIXELS / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
