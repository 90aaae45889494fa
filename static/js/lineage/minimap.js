// The whole drawing in a corner, and the part of it in the window. The table says the same to those who do not see it.

import { h } from "./dom.js";
import { CARD_HEIGHT, CARD_WIDTH } from "./layout.js";

const WIDTH = 168; // px
const HEIGHT = 112;
const LEAST_CARDS = 12;
const LEAST_WIDTH = 480; // px of the window, else it would cover the cards

export class Minimap {
  constructor(go) {
    this.element = h("canvas", {
      class: "float map",
      width: 2 * WIDTH,
      height: 2 * HEIGHT,
      "aria-hidden": "true",
      hidden: true,
    });
    Object.assign(this.element.style, { width: `${WIDTH}px`, right: "auto", left: "12px" });
    const move = (event) => {
      if (!(event.buttons & 1)) return;
      const box = this.element.getBoundingClientRect();
      go({
        x: (event.clientX - box.left - this.left) / this.scale,
        y: (event.clientY - box.top - this.top) / this.scale,
      });
    };
    this.element.addEventListener("pointerdown", move);
    this.element.addEventListener("pointermove", move);
    // in the colours of the other theme
    const again = () => this.drawing && ((this.places = null), this.show(this.drawing));
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }

  show(drawing) {
    this.drawing = drawing;
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      const { width, height, nodes, surface } = drawing;
      const { scale, room } = surface;
      const isWhole = width * scale <= room.width && height * scale <= room.height;
      this.element.hidden = nodes.length < LEAST_CARDS || isWhole || room.width < LEAST_WIDTH;
      if (this.element.hidden) return;
      if (this.places === drawing.places) this.#paint(drawing);
      else setTimeout(() => this.#paint(drawing)); // the frame is not kept waiting for it
    });
  }

  #paint(drawing) {
    const { places, width, height, surface } = drawing;
    this.scale = Math.min((WIDTH - 8) / width, (HEIGHT - 8) / height);
    this.left = (WIDTH - width * this.scale) / 2;
    this.top = (HEIGHT - height * this.scale) / 2;
    if (this.places !== places) this.#paintCards(drawing);
    const pen = penOf(this.element);
    pen.drawImage(this.picture, 0, 0, WIDTH, HEIGHT);
    pen.translate(this.left, this.top);
    pen.strokeStyle = this.colour;
    pen.strokeRect(
      (-surface.x / surface.scale) * this.scale,
      (-surface.y / surface.scale) * this.scale,
      (surface.room.width / surface.scale) * this.scale,
      (surface.room.height / surface.scale) * this.scale,
    );
  }

  // The cards change less often than the window over them.
  #paintCards({ places, nodes, model }) {
    this.places = places;
    this.picture ??= h("canvas", { width: 2 * WIDTH, height: 2 * HEIGHT });
    const { color, borderTopColor } = getComputedStyle(this.element);
    this.colour = color;
    const pen = penOf(this.picture);
    pen.translate(this.left, this.top);
    const [wide, tall] = [Math.max(1.5, CARD_WIDTH * this.scale), Math.max(1, CARD_HEIGHT * this.scale)];
    for (const { id } of nodes) {
      const { x, y } = places.get(id);
      pen.fillStyle = id === model.focus.id ? color : borderTopColor;
      pen.fillRect(x * this.scale, y * this.scale, wide, tall);
    }
  }
}

function penOf(canvas) {
  const pen = canvas.getContext("2d");
  pen.setTransform(2, 0, 0, 2, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  return pen;
}
