// The lineage explorer. Without this file the page is the server's drawing, its table and its links.

import { read, write } from "./lineage/address.js";
import { nameOf } from "./lineage/cards.js";
import { afterFrame, count, figure, h, save } from "./lineage/dom.js";
import { Drawing } from "./lineage/drawing.js";
import { Model, degreesOf, restore } from "./lineage/model.js";
import { panel } from "./lineage/panel.js";
import { asPng, asSvg } from "./lineage/picture.js";
import { asCsv, directionOf, fillTwin } from "./lineage/table.js";

const FIRST = 60; // nodes of the first answer; the rest comes by expanding
const MOST = 200; // of one expansion, as the interface grants
const WORDED_BY_SERVER = ["main > .crumbs", "main > .head", "#lineage-view", "#impact-card"];
const NARROW = matchMedia("(max-width: 48rem)");
const NO_ANSWER = "The portal does not answer. Try again in a moment.";
const CLEAN = { expansions: [], columns: [], selected: "" };
const root = document.querySelector("#lineage");

/** What the server, or this page, has a reason not to show; its message is for the reader. */
class Refusal extends Error {}

function reasonOf(error) {
  if (error instanceof Refusal) return error.message;
  console.error(error);
  return NO_ANSWER;
}

class Explorer {
  constructor() {
    this.view = root.querySelector(".canvas");
    this.isNoted = true; // the address is as it was given
    this.beside = document.querySelector("#beside");
    this.twin = document.querySelector("#table");
    this.acts = {
      link: (node) => (node.kind === "hidden" ? null : write({ question: this.questionOf(node.id) })),
      impact: (node) => write({ question: { ...this.questionOf(node.id), direction: "downstream", depth: 5 } }),
      near: (id, side) => this.model.prepare(id, side),
      turn: (id, side) => (this.model.expansion(id, side) ? this.collapse(id, side) : this.expand(id, side)),
      columns: (id) => this.toggleColumns(id),
      light: (id, keeps) => this.lightColumn(id, keeps),
      focus: (id) => this.go(write({ ...this.state, ...CLEAN, question: this.questionOf(id) })),
      close: () => this.select(""),
    };
  }

  questionOf(node) {
    const { question } = this.state;
    if (node.startsWith("dataset:"))
      return { ...question, node, level: question.level === "product" ? "dataset" : question.level };
    return { ...question, node };
  }

  ask = async ({ node, direction, depth, level, at, first }) => {
    const query = new URLSearchParams({ nodeId: node, direction, depth, level, first });
    if (at) query.set("at", at);
    const answer = await fetch(`${root.dataset.api}?${query}`, { headers: { Accept: "application/json" } });
    const found = await answer.json();
    if (!answer.ok) throw new Refusal(found.problems?.[0]?.message ?? found.detail);
    return found;
  };

  // --- opening a view -------------------------------------------------------------------------

  /** Draws what the address says. */
  async open() {
    const state = read();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const model = new Model(this.ask, { ...state.question, first: FIRST });
    await model.load();
    if (!model.focus) throw new Refusal("Lineage names no columns here.");
    model.question.first = MOST;
    await restore(model, state);
    if (turn !== this.turn) return; // another view was asked for in the meantime
    Object.assign(this, { state, model, pinned: null });
    if (!this.drawing) this.start();
    this.drawing.draw(model, state);
    this.drawing.begin();
    this.showControls();
    this.showPanel();
    this.after();
  }

  start() {
    this.view.classList.add("live");
    this.drawing = new Drawing(this.view, this.acts);
    this.view.append(document.querySelector("#lineage-zoom").content.cloneNode(true));
    this.listen();
    if (NARROW.matches) this.listFirst();
  }

  /** On a phone a list reads better than a drawing. */
  listFirst() {
    this.twin.open = true;
    this.view.before(h("a", { class: "btn sm", href: "#drawing" }, "Go to the drawing"), this.twin);
  }

  /** Another view; Back returns. The server's words around the drawing are fetched with it. */
  async go(url, isNew = true) {
    if (isNew) (this.note(), history.pushState(null, "", url));
    this.isNoted = true;
    const page = fetch(url).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error())));
    try {
      const [text] = await Promise.all([page, this.open()]);
      const fresh = new DOMParser().parseFromString(text, "text/html");
      document.title = fresh.title;
      for (const selector of WORDED_BY_SERVER)
        document.querySelector(selector)?.replaceWith(fresh.querySelector(selector));
      this.showPanel();
      this.after();
    } catch {
      location.assign(url); // the server says what is wrong
    }
  }

  // --- acting on cards ------------------------------------------------------------------------

  async expand(id, side) {
    const name = nameOf(this.model.nodes.get(id));
    await this.attempt(async () => {
      const added = await this.model.expand(id, side);
      this.redraw(id);
      this.say(
        added.length
          ? `${count(added.length, "card")} added ${side} of ${name}.`
          : `No more is known ${side} of ${name}.`,
      );
    });
  }

  collapse(id, side) {
    const before = this.drawing.nodes.length;
    this.model.collapse(id, side);
    this.redraw(id);
    this.say(`${count(before - this.drawing.nodes.length, "card")} folded.`);
  }

  async toggleColumns(id) {
    const name = nameOf(this.model.nodes.get(id));
    await this.attempt(async () => {
      if (this.model.opened.has(id)) {
        this.model.closeColumns(id);
        this.say(`Columns of ${name} hidden.`);
      } else {
        this.say(`${count(await this.model.openColumns(id), "column")} of ${name}.`);
      }
      this.redraw(id);
    });
  }

  async attempt(act) {
    this.view.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (error) {
      this.say(reasonOf(error));
    } finally {
      this.view.removeAttribute("aria-busy");
    }
  }

  redraw(kept) {
    this.drawing.draw(this.model, { ...this.state, kept });
    this.after();
    if (this.state.selected) this.showPanel();
  }

  select(id) {
    const last = this.state.selected;
    this.state.selected = id;
    this.showPanel();
    this.after();
    if (!id && last && this.drawing.places.has(last)) this.drawing.focus(last);
  }

  lightColumn(id, keeps = false) {
    if (keeps) this.pinned = this.pinned === id ? null : id;
    this.shine(id);
  }

  /** Lights what is pointed at, else what is pinned, has the focus or is chosen. */
  shine(column = null, card = null) {
    const lit = column ?? (card ? null : this.pinned);
    if (lit) this.drawing.lightColumn(lit);
    else
      this.drawing.light(
        card ?? document.activeElement.closest(".live [data-node]")?.dataset.node ?? this.state.selected,
      );
  }

  // --- what stands around the drawing ---------------------------------------------------------

  /** After any change: the address, the table, the light and the filter say the same. */
  after() {
    const { model, drawing, state } = this;
    state.expansions = model.expansions;
    state.columns = model.question.level === "column" ? [] : [...model.opened];
    if (!drawing.places.has(state.selected)) state.selected = "";
    this.isNoted = false;
    afterFrame(() => this.note());
    this.fillTwin();
    for (const element of document.querySelectorAll("[data-lineage]")) element.hidden = false;
    drawing.choose(state.selected);
    this.shine();
    this.sift();
    const total = document.querySelector("#lineage-count");
    const drawn = `${count(drawing.nodes.length, "node")} drawn`;
    if (total) total.textContent = model.isTruncated ? `${drawn}, ${figure(model.total)} within reach` : drawn;
    document.querySelector("#lineage-none").hidden = drawing.nodes.length > 1;
    document.querySelector("#lineage-view .btn").hidden = true; // a choice answers at once
  }

  /** The address of what is shown, in the bar and to be copied; a long one takes the browser a while. */
  note() {
    if (this.isNoted) return;
    this.isNoted = true;
    history.replaceState(null, "", write(this.state));
    document.querySelector("#lineage-link").textContent = location.href;
  }

  /** The table is filled while it is open. */
  fillTwin() {
    const number = (side) =>
      `${this.drawing.nodes.filter((node) => directionOf(node) === side).length} ${side.toLowerCase()}`;
    this.twin.querySelector("summary .hint").textContent = `${number("Upstream")}, ${number("Downstream")}`;
    if (this.twin.open) fillTwin(this.twin.querySelector("tbody"), this.drawing.nodes, this.acts);
  }

  sift() {
    const words = this.state.filter.toLowerCase().trim();
    const holds = (node) =>
      [nameOf(node), node.owner_name, node.owner, node.domain, node.product_name].some((text) =>
        text?.toLowerCase().includes(words),
      );
    if (!words && !this.state.onlyProblems) return this.drawing.sift(null);
    const found = this.drawing.nodes.filter((node) => holds(node) && (!this.state.onlyProblems || node.hasProblem));
    this.drawing.sift(new Set(found.map((node) => node.id)));
    this.say(`${count(found.length, "card")} ${found.length === 1 ? "matches" : "match"}.`);
  }

  showControls() {
    const { filter, hidesSystems, onlyProblems } = this.state;
    document.querySelector("#lineage-time").hidden = !this.model.knowsTime;
    document.querySelector("#lineage-at").value = this.state.question.at;
    document.querySelector("#lineage-filter").value = filter;
    document.querySelector("#lineage-systems").checked = hidesSystems;
    document.querySelector("#lineage-problems").checked = onlyProblems;
  }

  showPanel() {
    const { selected, question } = this.state;
    const node = this.drawing.places.has(selected) && this.model.nodes.get(selected);
    document.querySelector("#panel")?.remove();
    document.querySelector("#impact-card").hidden = Boolean(node);
    if (node)
      this.beside.prepend(
        panel(node, this.drawing.edges, this.acts, asks(node.id, question), this.model.opened.has(selected)),
      );
  }

  say(text) {
    document.querySelector("#lineage-said").textContent = text;
  }

  async export(kind) {
    const { nodes, edges } = this.drawing;
    if (kind === "csv") save("lineage.csv", asCsv(nodes, edges), "text/csv");
    if (kind === "svg") save("lineage.svg", asSvg(this.drawing), "image/svg+xml");
    if (kind === "png") save("lineage.png", await asPng(this.drawing));
  }

  // --- listening ------------------------------------------------------------------------------

  listen() {
    addEventListener("popstate", () => this.go(location.href, false));
    document.addEventListener("submit", (event) => {
      if (event.target.id !== "lineage-view") return;
      event.preventDefault();
      const form = Object.fromEntries(new FormData(event.target));
      this.go(write({ ...this.state, ...CLEAN, question: { ...this.state.question, ...form } }));
    });
    document.addEventListener("click", (event) => this.click(event));
    this.view.addEventListener("keydown", (event) => this.press(event));
    this.twin.addEventListener("toggle", () => this.fillTwin());
    this.beside.addEventListener("keydown", ({ key }) => key === "Escape" && this.select(""));
    this.view.addEventListener("focusin", ({ target }) => {
      const card = target.closest("[data-node]");
      if (!card) return;
      if (target.matches(":focus-visible")) this.drawing.reveal(card.dataset.node);
      if (!target.closest("[data-row]")) this.shine(null, card.dataset.node);
    });
    this.view.addEventListener("pointerover", ({ target }) => {
      const card = target.closest("[data-node]");
      this.drawing.point(card?.dataset.node ?? null);
      if (!target.closest("[data-row]")) this.shine(null, card?.dataset.node ?? null);
    });
    this.view.addEventListener("pointerleave", () => (this.drawing.point(null), this.shine()));
    const sift = {
      "lineage-filter": ["filter", "value"],
      "lineage-problems": ["onlyProblems", "checked"],
      "lineage-systems": ["hidesSystems", "checked"],
    };
    for (const [id, [name, property]] of Object.entries(sift)) {
      document.querySelector(`#${id}`).addEventListener("input", ({ target }) => {
        this.state[name] = target[property];
        if (name === "hidesSystems") this.redraw(this.model.focus.id);
        else this.after();
      });
    }
    document.querySelector("#lineage-at").addEventListener("change", ({ target }) => {
      this.go(write({ ...this.state, question: { ...this.state.question, at: target.value } }));
    });
    new ResizeObserver(() => this.drawing.surface.resize()).observe(this.view);
  }

  click(event) {
    const { target } = event;
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    const zoom = target.closest("[data-zoom]");
    const kind = target.closest("[data-export]");
    const level = target.closest("#lineage-view .seg a");
    const card = target.closest(".live [data-node]");
    if (zoom) this.zoom(zoom.dataset.zoom);
    else if (kind) (event.preventDefault(), this.export(kind.dataset.export));
    else if (level && isPlain) (event.preventDefault(), this.go(level.href));
    else if (card && isPlain && !target.closest("button")) {
      event.preventDefault();
      this.drawing.rove(card.dataset.node);
      this.select(card.dataset.node);
    }
  }

  zoom(how) {
    const { surface } = this.drawing;
    ({ in: surface.zoomIn, out: surface.zoomOut, fit: () => surface.fit(this.drawing) })[how]();
  }

  press(event) {
    const id = event.target.closest("[data-node]")?.dataset.node;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zoom = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (zoom) this.zoom(zoom);
    else if (event.key === "Escape" && this.state.selected) this.select("");
    else if (!id || !this.onCard(event, id)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  onCard(event, id) {
    const node = this.model.nodes.get(id);
    if (event.key.startsWith("Arrow")) {
      const next = this.drawing.next(id, event.key);
      if (next) this.drawing.focus(next);
      return true;
    }
    if ((event.key === "Enter" || (event.key === " " && node.kind === "hidden")) && event.target.closest("a")) {
      this.select(id);
      document.querySelector("#chosen")?.focus();
      return true;
    }
    if (event.key === "e") return (this.openFurther(node), true);
    if (event.key === "c" && ["product", "dataset"].includes(node.kind)) return (this.toggleColumns(id), true);
    return false;
  }

  /** `e`: opens what is left on either side, outwards first; with nothing left, folds again. */
  openFurther(node) {
    const left = this.model.remaining(node, degreesOf(this.drawing.edges));
    const sides = node.steps < 0 ? ["upstream", "downstream"] : ["downstream", "upstream"];
    const closed = sides.find((side) => left[side] !== 0 && !this.model.expansion(node.id, side));
    const opened = sides.find((side) => this.model.expansion(node.id, side));
    if (closed) this.expand(node.id, closed);
    else if (opened) this.collapse(node.id, opened);
    else this.say(`Nothing more is known around ${nameOf(node)}.`);
  }
}

/** The same question for a program. */
function asks(node, { direction, depth, level }) {
  const query = new URLSearchParams({ nodeId: node, direction, depth, level });
  const named = `node: ${JSON.stringify(node)}, direction: ${direction.toUpperCase()}, depth: ${depth}, level: ${level.toUpperCase()}, first: ${MOST}`;
  return {
    curl: `curl -s '${location.origin}${root.dataset.api}?${query}' -H "Authorization: Bearer $MESHPORT_TOKEN"`,
    graphql: `{ lineage(${named}) { nodes { id kind name distance } edges { source target via } totalNodes truncated } }`,
  };
}

const explorer = new Explorer();
explorer.open().catch((error) => explorer.say(reasonOf(error)));
