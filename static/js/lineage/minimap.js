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
    const again = () => this.drawing && this.show(this.drawing); // in the colours of the other theme
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }

  show(drawing) {
    this.drawing = drawing;
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      const { width, height, nodes, surface, view } = drawing;
      const isWhole = width * surface.scale <= view.clientWidth && height * surface.scale <= view.clientHeight;
      this.element.hidden = nodes.length < LEAST_CARDS || isWhole || view.clientWidth < LEAST_WIDTH;
      if (!this.element.hidden) this.#paint(drawing);
    });
  }

  #paint({ places, width, height, nodes, model, surface, view }) {
    const colours = getComputedStyle(this.element);
    const pen = this.element.getContext("2d");
    this.scale = Math.min((WIDTH - 8) / width, (HEIGHT - 8) / height);
    this.left = (WIDTH - width * this.scale) / 2;
    this.top = (HEIGHT - height * this.scale) / 2;
    pen.setTransform(2, 0, 0, 2, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.translate(this.left, this.top);
    const box = (x, y, w, tall) =>
      pen.fillRect(x * this.scale, y * this.scale, Math.max(1.5, w * this.scale), Math.max(1, tall * this.scale));
    for (const node of nodes) {
      const { x, y } = places.get(node.id);
      pen.fillStyle = node.id === model.focus.id ? colours.color : colours.borderTopColor;
      box(x, y, CARD_WIDTH, CARD_HEIGHT);
    }
    pen.strokeStyle = colours.color;
    pen.strokeRect(
      (-surface.x / surface.scale) * this.scale,
      (-surface.y / surface.scale) * this.scale,
      (view.clientWidth / surface.scale) * this.scale,
      (view.clientHeight / surface.scale) * this.scale,
    );
  }
}
