// What is lit lies above a veil in the colour of the ground; all else is dimmed below it, at once.

import { svg } from "./dom.js";

const DIMMED = 0.7;
const ROOM = 64; // px, that buttons and lines may stand out of the drawing

export class Light {
  /** @param lines the element that holds the lines */
  constructor(lines) {
    this.lines = lines;
    this.veil = svg("rect", { x: -ROOM, y: -ROOM, fill: "var(--sunk)", stroke: "none", opacity: DIMMED });
    this.above = svg("svg", { width: 1, height: 1, overflow: "visible", "aria-hidden": "true" }, this.veil);
    Object.assign(this.above.style, { zIndex: 1, pointerEvents: "none" });
    Object.assign(this, { lit: null, matches: null });
  }

  cover({ width, height }) {
    this.veil.setAttribute("width", width + 2 * ROOM);
    this.veil.setAttribute("height", height + 2 * ROOM);
  }

  /** @param lit `{cards: Set of ids, isOn: function of a line, columns: Set of ids or none}`, or null */
  show(view, { cards, lines }) {
    const { lit, matches } = this;
    const isDim = Boolean(lit || matches);
    view.classList.toggle("lit", isDim);
    this.veil.style.display = isDim ? "" : "none";
    for (const [id, card] of cards) {
      raise(card, isDim && (lit?.cards.has(id) ?? true) && (matches?.has(id) ?? true));
      for (const row of card.rows) row.classList.toggle("on", Boolean(lit?.columns?.has(row.dataset.row)));
    }
    for (const line of lines.values()) {
      const isOn = Boolean(lit?.isOn(line));
      if (line.isOn === isOn) continue;
      line.isOn = isOn;
      line.path.classList.toggle("on", isOn);
      (isOn ? this.above : this.lines).append(line.path);
    }
  }
}

function raise(card, isOn) {
  if (card.isOn === isOn) return;
  card.isOn = isOn;
  card.element.classList.toggle("on", isOn);
  card.element.style.zIndex = isOn ? 2 : "";
}
