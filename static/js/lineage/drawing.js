// The cards as HTML and the lines as one SVG, kept in step with the model.

import { card } from "./cards.js";
import { h, svg } from "./dom.js";
import { ANCHOR, CARD_HEIGHT, CARD_WIDTH, layout, pathOf } from "./layout.js";
import { Minimap } from "./minimap.js";
import { ROW_HEIGHT, pathsOf } from "./model.js";
import { Surface } from "./surface.js";

const MOVE_MS = 150;
const MOST_MOVING = 150; // cards; more of them would not move smoothly
const READABLE = 0.7; // a drawing that would be smaller than this begins at its focus
const BEGINNING = 0.9; // then three columns stand side by side
const FAR = 0.5; // from here on, lines and borders are drawn wider to stay visible
const LONELY = "10rem"; // height of the window around a single card
const NO_LANES = { lanes: [], back: false };
const SHARED = ["name", "status", "score", "incident", "product_name", "count", "isBeside"];

export class Drawing {
  constructor(view, acts) {
    this.acts = acts;
    this.svg = svg("svg", { width: 1, height: 1, overflow: "visible", "aria-hidden": "true" });
    this.list = h("ul", { "aria-label": "Cards" });
    this.world = h("div", { class: "lin" }, this.svg, this.list);
    Object.assign(this.world.style, { inset: "0 auto auto 0", transformOrigin: "0 0" });
    view.replaceChildren(this.world);
    this.view = view;
    this.cards = new Map(); // id → {element, key}
    this.lines = new Map(); // key → path
    this.places = new Map();
    this.minimap = new Minimap((at) => this.surface.centre(at));
    view.append(this.minimap.element);
    this.surface = new Surface(view, this.world, () => this.#onMove());
  }

  /** Draws what the model shows; the card `kept` stays where it is on the screen. */
  draw(model, { kept, hidesSystems } = {}) {
    const start = performance.now();
    if (model !== this.model) this.#clear();
    const { nodes, edges } = model.shown({ hidesSystems });
    const before = this.places.get(kept);
    Object.assign(this, { model, nodes, edges });
    this.view.style.height = nodes.length > 1 ? "" : LONELY;
    const cards = nodes.map(({ id, steps }) => ({ id, steps, height: model.height(id) }));
    const found = layout(cards, edges, model.focus.id);
    Object.assign(this, { places: found.places, width: found.width, height: found.height });
    this.#move(Boolean(before) && nodes.length <= MOST_MOVING);
    const after = this.places.get(kept);
    if (before && after) {
      this.surface.x -= (after.x - before.x) * this.surface.scale;
      this.surface.y -= (after.y - before.y) * this.surface.scale;
    }
    this.#drawCards();
    this.#drawLines(found.ways);
    this.surface.apply();
    performance.measure("lineage:drawn", { start });
    requestAnimationFrame(() => setTimeout(() => performance.measure("lineage:painted", { start })));
  }

  // Cards of another view lead elsewhere.
  #clear() {
    this.list.replaceChildren();
    this.svg.replaceChildren();
    for (const known of [this.cards, this.lines, this.places]) known.clear();
  }

  /** Where a reader begins: all of it if that can be read, else the focus. */
  begin() {
    this.surface.fit(this, READABLE);
    if (this.surface.scale > READABLE) return;
    const { x, y } = this.places.get(this.model.focus.id);
    this.surface.scale = BEGINNING;
    this.surface.centre({ x: x + CARD_WIDTH / 2, y: y + CARD_HEIGHT / 2 }, this);
  }

  #onMove() {
    const wide = this.surface.scale < FAR ? 2 ** Math.round(Math.log2(1 / this.surface.scale)) : 1;
    if (wide !== this.wide) {
      this.wide = wide;
      this.svg.style.strokeWidth = wide > 1 ? wide : "";
      this.world.style.setProperty("--rim", wide > 1 ? `${wide}px solid var(--edge)` : "");
    }
    this.minimap.show(this);
  }

  #move(isMoving) {
    clearTimeout(this.moving);
    this.view.classList.toggle("moving", isMoving);
    if (isMoving) this.moving = setTimeout(() => this.view.classList.remove("moving"), MOVE_MS + 50);
  }

  #drawCards() {
    const { model, nodes, places } = this;
    const focused = document.activeElement?.closest?.("[data-node]")?.dataset.node;
    const sorted = [...nodes].sort(
      (a, b) => places.get(a.id).column - places.get(b.id).column || places.get(a.id).y - places.get(b.id).y,
    );
    const drawn = new Set(nodes.map((node) => node.id));
    for (const [id, { element }] of this.cards) {
      if (drawn.has(id)) continue;
      element.remove();
      this.cards.delete(id);
    }
    const order = sorted.map((node) => this.#drawCard(node, model));
    order.forEach((element, n) => {
      if (this.list.children[n] !== element) this.list.insertBefore(element, this.list.children[n] ?? null);
    });
    if (focused && drawn.has(focused)) this.#keepFocus(focused);
    else this.rove(drawn.has(this.current) ? this.current : model.focus.id);
  }

  #drawCard(node, model) {
    const facts = {
      remaining: model.remaining(node, this.edges),
      expanded: {
        upstream: Boolean(model.expansion(node.id, "upstream")),
        downstream: Boolean(model.expansion(node.id, "downstream")),
      },
      isFocus: node.id === model.focus.id,
      isOpen: ["product", "dataset"].includes(node.kind) ? model.opened.has(node.id) : null,
      rows: model.opened.has(node.id) ? model.rows(node.id) : [],
    };
    const key = JSON.stringify([
      facts.remaining,
      facts.expanded,
      facts.isFocus,
      facts.isOpen,
      facts.rows.length,
      SHARED.map((name) => node[name]),
    ]);
    let known = this.cards.get(node.id);
    if (known?.key !== key) {
      const element = card(node, this.acts, facts);
      known?.element.replaceWith(element);
      known = { element, key };
      this.cards.set(node.id, known);
    }
    const { x, y } = this.places.get(node.id);
    known.element.style.transform = `translate(${x}px, ${y}px)`;
    return known.element;
  }

  #drawLines(ways) {
    const byPair = new Map(ways.map((way) => [`${way.source}\n${way.target}`, way]));
    const lines = new Map();
    for (const { source, target } of this.edges) {
      const key = `${source}\n${target}`;
      if (byPair.has(key)) lines.set(key, { ends: [source, target], way: byPair.get(key), from: null, to: null });
    }
    for (const { source, target, from, to, masking } of this.model.columnLines(this.nodes)) {
      const way = byPair.get(`${from.card}\n${to.card}`) ?? NO_LANES;
      lines.set(`${source}\n${target}`, {
        ends: [from.card, to.card],
        way,
        from: from.row,
        to: to.row,
        columns: [source, target],
        masking,
      });
    }
    for (const [key, { path }] of this.lines) if (!lines.has(key)) (path.remove(), this.lines.delete(key));
    for (const [key, line] of lines) {
      const path = this.lines.get(key)?.path ?? svg("path");
      const [source, target] = line.ends;
      const { x } = this.places.get(source);
      const d = pathOf(
        { x: x + CARD_WIDTH, y: this.#anchor(source, line.from) },
        { x: this.places.get(target).x, y: this.#anchor(target, line.to) },
        line.way,
      );
      path.setAttribute("d", d);
      path.setAttribute("class", this.#kindOfLine(line));
      if (!path.parentNode) this.svg.append(path);
      this.lines.set(key, { ...line, path, d });
    }
  }

  #kindOfLine({ ends, columns }) {
    const isOperational = ends.some((id) => ["system", "hidden"].includes(this.model.nodes.get(id).kind));
    return [isOperational && "op", columns && "col"].filter(Boolean).join(" ");
  }

  #anchor(id, row) {
    const { y } = this.places.get(id);
    if (!row) return y + ANCHOR;
    const place = this.model.rows(id).findIndex((each) => each.id === row);
    return y + CARD_HEIGHT + place * ROW_HEIGHT + ROW_HEIGHT / 2;
  }

  // --- light --------------------------------------------------------------------------------

  /** Lights all that a card comes from and reaches; without a card, nothing. */
  light(id) {
    if (!id) return this.#light(null);
    const { up, down } = pathsOf(id, this.edges);
    const isWithin = (path, [source, target]) => path.has(source) && path.has(target);
    this.#light(new Set([...up, ...down]), (line) => isWithin(up, line.ends) || isWithin(down, line.ends));
  }

  lightColumn(id) {
    if (!id) return this.light(null);
    const columns = this.model.columnPath(id);
    const cards = new Set();
    for (const { ends, columns: of } of this.lines.values())
      if (of?.every((each) => columns.has(each))) ends.forEach((end) => cards.add(end));
    for (const each of this.model.opened) if (this.model.rows(each).some((row) => columns.has(row.id))) cards.add(each);
    this.#light(cards, (line) => Boolean(line.columns?.every((each) => columns.has(each))), columns);
  }

  #light(cards, isLit, columns) {
    this.view.classList.toggle("lit", Boolean(cards));
    for (const [id, { element }] of this.cards) {
      element.classList.toggle("on", Boolean(cards?.has(id)));
      for (const row of element.querySelectorAll("[data-row]"))
        row.classList.toggle("on", Boolean(columns?.has(row.dataset.row)));
    }
    for (const line of this.lines.values()) {
      const isOn = Boolean(cards && isLit(line));
      line.path.classList.toggle("on", isOn);
      if (isOn) this.svg.append(line.path); // above the others
    }
  }

  /** Dims the cards that do not match; null matches all. */
  sift(matches) {
    for (const [id, { element }] of this.cards) element.classList.toggle("off", Boolean(matches && !matches.has(id)));
  }

  // --- the keyboard's card --------------------------------------------------------------------

  link(id) {
    return this.cards.get(id)?.element.querySelector("a");
  }

  /** One card is in the tab order, with its buttons. */
  rove(id) {
    for (const control of this.list.querySelectorAll('[tabindex="0"]')) control.tabIndex = -1;
    for (const control of this.cards.get(id)?.element.querySelectorAll("a, button") ?? []) control.tabIndex = 0;
    this.current = id;
  }

  focus(id) {
    this.rove(id);
    this.link(id)?.focus({ preventScroll: true });
    this.reveal(id);
  }

  // A card that was made again has lost the focus that it had.
  #keepFocus(id) {
    this.rove(id);
    if (!this.list.contains(document.activeElement)) this.link(id).focus({ preventScroll: true });
  }

  reveal(id) {
    this.surface.reveal({ ...this.places.get(id), width: CARD_WIDTH, height: CARD_HEIGHT });
  }

  /** The card an arrow key leads to: along the lines left and right, within the column up and down. */
  next(id, key) {
    const here = this.places.get(id);
    const ids = {
      ArrowLeft: () => this.edges.filter((edge) => edge.target === id).map((edge) => edge.source),
      ArrowRight: () => this.edges.filter((edge) => edge.source === id).map((edge) => edge.target),
      ArrowUp: () =>
        this.nodes
          .filter((node) => this.places.get(node.id).column === here.column && this.places.get(node.id).y < here.y)
          .map((node) => node.id),
      ArrowDown: () =>
        this.nodes
          .filter((node) => this.places.get(node.id).column === here.column && this.places.get(node.id).y > here.y)
          .map((node) => node.id),
    }[key]();
    const far = (other) => Math.abs(this.places.get(other).y - here.y);
    return ids.sort((a, b) => far(a) - far(b))[0];
  }
}
