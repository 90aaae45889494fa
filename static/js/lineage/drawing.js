// The cards as HTML and the lines as one SVG, kept in step with the model.

import { card, farCard, setHandle } from "./cards.js";
import { afterFrame, h, svg } from "./dom.js";
import { ANCHOR, CARD_HEIGHT, CARD_WIDTH, boxOf, layout, pathOf } from "./layout.js";
import { Light } from "./light.js";
import { Minimap } from "./minimap.js";
import { ROW_HEIGHT, degreesOf, pathsOf } from "./model.js";
import { Surface } from "./surface.js";

const MOVE_MS = 150; // as `.moving` of the style sheet
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const MOST_MOVING = 150; // cards; more of them would not move smoothly
const READABLE = 0.7; // a drawing that would be smaller than this begins at its focus
const BEGINNING = 0.9; // then three columns stand side by side
const FAR = 0.5; // from here on, lines and borders are drawn wider, and many cards show their name alone
const NEAR = 256; // px beside the window that a drag soon shows
const MOST_WHOLE = 80; // cards; of more, those in the window and around it are in the page
const LONELY = "10rem"; // height of the window around a single card
const NO_LANES = { lanes: [], back: false };
const SIDES = ["upstream", "downstream"];
const SHARED = ["name", "status", "score", "incident", "product_name", "count", "isBeside"];

export class Drawing {
  constructor(view, acts) {
    this.acts = acts;
    this.svg = svg("svg", { width: 1, height: 1, overflow: "visible", "aria-hidden": "true" });
    this.svg.style.pointerEvents = "none"; // nothing is to be found on a line, and looking for it takes long
    this.lamp = new Light(this.svg);
    this.list = h("ul", { "aria-label": "Cards" });
    this.world = h("div", { class: "lin" }, this.svg, this.list, this.lamp.above);
    Object.assign(this.world.style, { inset: "0 auto auto 0", transformOrigin: "0 0" });
    view.replaceChildren(this.world);
    this.view = view;
    this.order = []; // nodes in reading order
    this.cards = new Map(); // id → {element, key, x, y} of those in the page
    this.lines = new Map(); // key → {path, d, ends, columns}
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
    const before = this.places;
    const { x, y } = this.surface;
    Object.assign(this, { model, nodes, edges });
    this.#setHeight(nodes.length > 1 ? "" : LONELY);
    const cards = nodes.map(({ id, steps }) => ({ id, steps, height: model.height(id) }));
    const { ways, ...found } = layout(cards, edges, model.focus.id);
    Object.assign(this, found);
    if (before.has(kept) && this.places.has(kept)) this.#hold(before.get(kept), this.places.get(kept));
    this.#sort();
    this.#fill(true);
    const isMoving = before.has(kept) && nodes.length <= MOST_MOVING && !STILL.matches;
    this.#move(isMoving);
    this.#drawLines(ways);
    if (isMoving) this.#slide(before, x - this.surface.x, y - this.surface.y);
    this.lamp.cover(this);
    this.surface.apply();
    performance.measure("lineage:drawn", { start });
    afterFrame(() => performance.measure("lineage:painted", { start }));
  }

  // Cards of another view lead elsewhere.
  #clear() {
    this.list.replaceChildren();
    for (const { path } of this.lines.values()) path.remove();
    this.places = new Map();
    for (const known of [this.cards, this.lines]) known.clear();
  }

  #setHeight(height) {
    if (this.view.style.height === height) return;
    this.view.style.height = height;
    this.surface.measure();
  }

  #hold(before, after) {
    this.surface.x -= (after.x - before.x) * this.surface.scale;
    this.surface.y -= (after.y - before.y) * this.surface.scale;
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
      for (const each of [this.svg, this.lamp.above]) each.style.strokeWidth = wide > 1 ? wide : "";
      this.world.style.setProperty("--rim", wide > 1 ? `${wide}px solid var(--edge)` : "");
    }
    this.#fill();
    this.minimap.show(this);
  }

  #move(isMoving) {
    clearTimeout(this.moving);
    this.view.classList.toggle("moving", isMoving);
    if (isMoving) this.moving = setTimeout(() => this.view.classList.remove("moving"), MOVE_MS + 50);
  }

  // From where it stood on the screen to where it stands: as a picture, nothing is laid out on the way.
  #slide(before, left, top) {
    const { surface } = this;
    const slide = (element, x, y) =>
      element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
        duration: MOVE_MS,
        easing: "ease",
      });
    const [shiftX, shiftY] = [left / surface.scale, top / surface.scale];
    for (const each of [this.svg, this.lamp.above]) slide(each, shiftX, shiftY);
    for (const [id, { element }] of this.cards) {
      const [from, to] = [before.get(id), this.places.get(id)];
      if (!from || !surface.shows(this.#box(id))) continue;
      const [x, y] = [from.x - to.x + shiftX, from.y - to.y + shiftY];
      if (x || y) slide(element, x, y);
    }
  }

  #sort() {
    const { nodes, edges, places, model } = this;
    const at = (node) => places.get(node.id);
    this.order = [...nodes].sort((a, b) => at(a).column - at(b).column || at(a).y - at(b).y);
    this.degrees = degreesOf(edges);
    const next = [focused(), this.current].find((id) => places.has(id)) ?? model.focus.id;
    if (next !== this.current) this.#setIndex(this.current, -1);
    this.current = next;
  }

  /** Puts those cards in the page that are in the window, near it, or in use; `isNew` looks at each again. */
  #fill(isNew = false) {
    const holder = focused();
    const used = new Set([this.current, holder, this.pointed]);
    const isWhole = this.order.length <= MOST_WHOLE;
    const isFar = !isWhole && this.surface.scale < FAR;
    const isHere = (id) => isWhole || used.has(id) || this.surface.shows(this.#box(id), NEAR);
    for (const [id, { element }] of this.cards) {
      if (this.places.has(id) && isHere(id)) continue;
      element.remove();
      this.cards.delete(id);
    }
    let next = this.list.firstElementChild;
    this.order.forEach((node, n) => {
      const known = this.cards.get(node.id);
      if (!known && !isHere(node.id)) return;
      const isShort = isFar && node.id !== holder && node.id !== this.pointed;
      if (known?.element === next) next = next?.nextElementSibling ?? null;
      const isSame = !isNew && known?.isShort === isShort;
      const { element } = isSame ? known : this.#drawCard(node, isShort);
      if (!element.parentNode || element.nextElementSibling !== next) this.list.insertBefore(element, next);
      if (!isSame) place(element, n + 1, this.order.length);
    });
    this.#setIndex(this.current, 0);
    this.#shine();
    if (holder && !focused()) this.#focusLink(holder); // what had the focus was made again
  }

  #drawCard(node, isShort) {
    const { model } = this;
    const isOpen = model.opened.has(node.id);
    const facts = {
      isFocus: node.id === model.focus.id,
      isOpen: ["product", "dataset"].includes(node.kind) ? isOpen : null,
      rows: isOpen ? model.rows(node.id) : [],
    };
    const isFull = isOpen || !isShort;
    const key = JSON.stringify([
      isFull,
      facts.isFocus,
      facts.isOpen,
      facts.rows.length,
      SHARED.map((name) => node[name]),
    ]);
    let known = this.cards.get(node.id);
    if (known?.key !== key) {
      const element = (isFull ? card : farCard)(node, this.acts, facts);
      known?.element.replaceWith(element);
      known = { element, key, rows: element.querySelectorAll("[data-row]") };
      element.classList.toggle("chosen", node.id === this.chosen);
      this.cards.set(node.id, known);
    }
    if (isFull) this.#setHandles(known, node, model.remaining(node, this.degrees));
    const { x, y } = this.places.get(node.id);
    if (known.x !== x) known.element.style.left = `${(known.x = x)}px`;
    if (known.y !== y) known.element.style.top = `${(known.y = y)}px`;
    known.isShort = isShort;
    return known;
  }

  #setHandles(known, node, remaining) {
    for (const side of SIDES) {
      const facts = { side, left: remaining[side], isExpanded: Boolean(this.model.expansion(node.id, side)) };
      const state = `${facts.left} ${facts.isExpanded}`;
      if (known[side] === state) continue;
      known[side] = state;
      const acts = ["turn", "near"].map((name) => () => this.acts[name](node.id, side));
      setHandle(known.element, node, facts, ...acts);
    }
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
      const known = this.lines.get(key) ?? { path: this.svg.appendChild(svg("path")), isOn: false };
      const [source, target] = line.ends;
      const start = { x: this.places.get(source).x + CARD_WIDTH, y: this.#anchor(source, line.from) };
      const end = { x: this.places.get(target).x, y: this.#anchor(target, line.to) };
      const [before, kind] = [known.box, this.#kindOfLine(line)];
      if (known.kind !== kind) known.path.setAttribute("class", `${kind}${known.isOn ? " on" : ""}`);
      Object.assign(known, line, { kind, d: pathOf(start, end, line.way), box: boxOf(start, end, line.way) });
      this.lines.set(key, known);
      if ([before, known.box].some((box) => box && this.surface.shows(box, NEAR))) show(known);
    }
    afterFrame(() => this.lines.forEach(show)); // those that are not in the window
  }

  #kindOfLine({ ends, columns }) {
    const isOperational = ends.map((id) => this.model.nodes.get(id)).some((node) => node.system || node.kind === "hidden");
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
    if (!id) return this.#shine(null);
    const { up, down } = pathsOf(id, this.edges);
    const isWithin = (path, [source, target]) => path.has(source) && path.has(target);
    const isOn = (line) => isWithin(up, line.ends) || isWithin(down, line.ends);
    this.#shine({ cards: new Set([...up, ...down]), isOn });
  }

  lightColumn(id) {
    if (!id) return this.light(null);
    const columns = this.model.columnPath(id);
    const cards = new Set();
    for (const { ends, columns: of } of this.lines.values())
      if (of?.every((each) => columns.has(each))) ends.forEach((end) => cards.add(end));
    for (const each of this.model.opened) if (this.model.rows(each).some((row) => columns.has(row.id))) cards.add(each);
    this.#shine({ cards, columns, isOn: (line) => Boolean(line.columns?.every((each) => columns.has(each))) });
  }

  /** Dims the cards that do not match; null matches all. */
  sift(matches) {
    this.lamp.matches = matches;
    this.#shine();
  }

  #shine(lit = this.lamp.lit) {
    this.lamp.lit = lit;
    this.lamp.show(this.view, this);
  }

  choose(id) {
    for (const each of [this.chosen, id]) this.cards.get(each)?.element.classList.toggle("chosen", each === id);
    this.chosen = id;
  }

  /** The card under the pointer shows all it has, from afar too. */
  point(id) {
    if (this.pointed === id) return;
    this.pointed = id;
    if (this.surface.scale < FAR) this.#fill();
  }

  // --- the keyboard's card --------------------------------------------------------------------

  /** One card is in the tab order, with its buttons. */
  rove(id) {
    const before = this.current;
    this.current = id;
    this.#fill();
    if (before !== id) this.#setIndex(before, -1);
    this.#setIndex(id, 0);
  }

  #setIndex(id, index) {
    for (const each of this.cards.get(id)?.element.querySelectorAll("a, button") ?? [])
      if (each.tabIndex !== index) each.tabIndex = index;
  }

  focus(id) {
    this.rove(id);
    this.#focusLink(id);
    this.reveal(id);
  }

  #focusLink(id) {
    this.cards.get(id)?.element.querySelector("a").focus({ preventScroll: true });
  }

  reveal(id) {
    this.surface.reveal({ ...this.places.get(id), width: CARD_WIDTH, height: CARD_HEIGHT });
  }

  #box(id) {
    return { ...this.places.get(id), width: CARD_WIDTH, height: this.model.height(id) };
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

// Brings a line up to date in the page.
function show(line) {
  if (line.shown === line.d) return;
  line.path.setAttribute("d", line.d);
  line.shown = line.d;
}

// The place of a card among all, for those who hear it; what is the same is left alone.
function place(element, at, of) {
  for (const [name, value] of [
    ["ariaPosInSet", String(at)],
    ["ariaSetSize", String(of)],
  ])
    if (element[name] !== value) element[name] = value;
}

/** The id of the card that has the focus. */
const focused = () => document.activeElement?.closest?.(".live [data-node]")?.dataset.node;
