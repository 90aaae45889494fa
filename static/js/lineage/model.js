// What has been asked and answered so far, and what of it is shown.

import { toneOf } from "./dom.js";
import { CARD_HEIGHT } from "./layout.js";

export const ROW_HEIGHT = 28; // px, as `.node li`
const MOST_ROWS = 40; // of a card's columns
const FRESH_MS = 10_000; // that an answer asked for ahead may be used
const SIDES = ["upstream", "downstream"];

function hasProblem(node) {
  const isPoor = typeof node.score === "number" && toneOf(node.score) === "bad";
  return isPoor || ["deprecated", "retired"].includes(node.status) || Boolean(node.incident);
}

const pair = (source, target) => `${source}\n${target}`;

export class Model {
  /** @param ask function of a question that promises the answer of GET /api/v1/lineage */
  constructor(ask, question) {
    this.ask = ask;
    this.question = question;
    this.nodes = new Map(); // id → node, with `steps`: signed hops from the focus
    this.edges = new Map(); // pair → {source, target, jobs, origin, first_seen, last_seen}
    this.columns = new Map(); // id of a column → column
    this.columnEdges = new Map();
    this.base = [];
    this.expansions = []; // {root, side, ids}, in the order in which they were opened
    this.opened = new Set(); // cards that show their columns
  }

  async load() {
    const answer = await this.ask(this.question);
    this.total = answer.total_nodes;
    this.isTruncated = answer.truncated;
    this.knowsTime = answer.as_of !== undefined;
    if (this.question.level === "column") this.#takeColumns(answer, true);
    else this.base = this.#take(answer, (node) => (node.side === "upstream" ? -node.distance : node.distance));
    this.focus = this.nodes.get(this.base.find((id) => this.nodes.get(id).steps === 0)) ?? null;
  }

  // --- what can be opened -------------------------------------------------------------------

  expansion(root, side) {
    return this.expansions.find((each) => each.root === root && each.side === side);
  }

  /** What is asked to open a card on one side. */
  expansionQuestion(root, side) {
    const { at, first } = this.question;
    const level = root.startsWith("dataset:") ? "dataset" : "product";
    return { node: root, direction: side, depth: 1, level, at, first };
  }

  columnsQuestion(id) {
    const { at, first } = this.question;
    return { node: id, direction: "both", depth: 1, level: "column", at, first };
  }

  /** Asks for what is likely to be opened next; a click then finds the answer under way. */
  prepare(root, side) {
    if (this.expansion(root, side)) return;
    const asked = this.ask(this.expansionQuestion(root, side));
    asked.catch(() => {}); // told to who opens it
    this.prepared = { root, side, asked, at: performance.now() };
  }

  #asked(root, side) {
    const { prepared } = this;
    this.prepared = null;
    const isIt = prepared?.root === root && prepared.side === side && performance.now() - prepared.at < FRESH_MS;
    return isIt ? prepared.asked : this.ask(this.expansionQuestion(root, side));
  }

  /** Opens a card on one side; gives the ids that were not drawn before. */
  async expand(root, side, asked = this.#asked(root, side)) {
    const answer = await asked;
    if (this.expansion(root, side)) return [];
    const start = this.nodes.get(root).steps;
    const before = this.#shownIds();
    const step = side === "upstream" ? -1 : 1;
    const ids = this.#take(answer, (node) => start + Math.sign(node.distance) * step, root);
    this.expansions.push({ root, side, ids });
    return ids.filter((id) => !before.has(id));
  }

  collapse(root, side) {
    this.expansions = this.expansions.filter((each) => each.root !== root || each.side !== side);
  }

  /** Shows the columns of a card; gives their number. */
  async openColumns(id, asked = null) {
    if (!this.hasColumns(id)) {
      this.#takeColumns(await (asked ?? this.ask(this.columnsQuestion(id))), false);
      this.nodes.get(id).isAsked = true;
    }
    this.opened.add(id);
    return this.rows(id).length;
  }

  closeColumns(id) {
    this.opened.delete(id);
  }

  hasColumns(id) {
    return this.nodes.get(id).isAsked || this.question.level === "column";
  }

  /** The columns of a card, as far as lineage has named them. */
  rows(id) {
    const node = this.nodes.get(id);
    return [...this.columns.values()].filter((column) => this.#isOf(column, node)).slice(0, MOST_ROWS);
  }

  #isOf(column, node) {
    return node.kind === "product" ? column.product === node.id.slice("product:".length) : column.dataset === node.id;
  }

  // --- what is shown ------------------------------------------------------------------------

  #shownIds() {
    const ids = new Set(this.base);
    for (const { root, ids: found } of this.expansions) if (ids.has(root)) for (const id of found) ids.add(id);
    return ids;
  }

  /** `{nodes, edges}` of the drawing, the table and the files. */
  shown({ hidesSystems = false } = {}) {
    const nodes = [...this.#shownIds()]
      .map((id) => this.nodes.get(id))
      .filter((node) => !hidesSystems || !node.system || node.id === this.focus?.id);
    const kept = new Set(nodes.map((node) => node.id));
    const edges = [...this.edges.values()].filter((edge) => kept.has(edge.source) && kept.has(edge.target));
    this.#tellBeside(nodes, edges);
    return { nodes, edges };
  }

  // What was opened on the way back, an upstream's other reader, is neither upstream nor downstream.
  #tellBeside(nodes, edges) {
    const first = new Set(this.base);
    const { up, down } = pathsOf(this.focus?.id, edges);
    for (const node of nodes) node.isBeside = !first.has(node.id) && !up.has(node.id) && !down.has(node.id);
  }

  /**
   * Neighbours of a card that are not drawn: a number, or null where only the server knows.
   * @param drawn `degreesOf` the edges that are drawn
   */
  remaining(node, drawn) {
    return Object.fromEntries(
      SIDES.map((side) => {
        if (node.degree) return [side, Math.max(0, (node.degree[side] ?? 0) - (drawn.get(node.id)?.[side] ?? 0))];
        const isEdge = node.kind !== "hidden" && Math.abs(node.steps) >= this.question.depth;
        const isOutwards = side === "upstream" ? node.steps < 0 : node.steps > 0;
        return [side, isEdge && isOutwards && !this.expansion(node.id, side) ? null : 0];
      }),
    );
  }

  /** Lines between columns whose cards are drawn; the end at a closed card is the card itself. */
  columnLines(nodes) {
    const cards = new Set(nodes.map((node) => node.id));
    const rows = new Map();
    for (const id of this.opened) if (cards.has(id)) for (const row of this.rows(id)) rows.set(row.id, id);
    const place = (column) => {
      if (!column) return null;
      if (rows.has(column.id)) return { card: rows.get(column.id), row: column.id };
      const card = [column.dataset, `product:${column.product}`].find((id) => cards.has(id));
      return card ? { card, row: null } : null;
    };
    const lines = new Map();
    for (const edge of this.columnEdges.values()) {
      const [from, to] = [place(this.columns.get(edge.source)), place(this.columns.get(edge.target))];
      if (!from || !to || from.card === to.card || (!from.row && !to.row)) continue;
      lines.set(`${from.row ?? from.card}\n${to.row ?? to.card}`, { ...edge, from, to });
    }
    return [...lines.values()];
  }

  /** Ids of columns that `id` is made from or that are made from it, and itself. */
  columnPath(id) {
    const { up, down } = pathsOf(id, [...this.columnEdges.values()]);
    return new Set([...up, ...down]);
  }

  height(id) {
    return CARD_HEIGHT + (this.opened.has(id) ? Math.max(1, this.rows(id).length) * ROW_HEIGHT : 0);
  }

  // --- taking answers in --------------------------------------------------------------------

  #take(answer, stepsOf, root = "") {
    const own = (id) => (id.startsWith("hidden:") && root ? `${id}@${root}` : id);
    const edges = answer.edges.map((edge) => ({ ...edge, source: own(edge.source), target: own(edge.target) }));
    for (const edge of edges) this.#takeEdge(edge);
    const degrees = degreesOf(edges);
    return answer.nodes.map((told) => {
      const node = { ...told, score: told.score && Number(told.score) };
      const id = own(node.id);
      const known = this.nodes.get(id);
      const degree =
        node.more &&
        SIDES.reduce((sum, side) => ({ ...sum, [side]: (node.more[side] ?? 0) + (degrees.get(id)?.[side] ?? 0) }), {});
      const steps = known?.steps ?? stepsOf(node);
      this.nodes.set(id, {
        ...known,
        ...node,
        id,
        steps,
        degree: degree ?? known?.degree,
        hasProblem: hasProblem(node),
      });
      return id;
    });
  }

  #takeEdge(edge) {
    const key = pair(edge.source, edge.target);
    const known = this.edges.get(key);
    const jobs = new Set([...(known?.jobs ?? []), ...(edge.via ? [edge.via] : [])]);
    this.edges.set(key, { ...edge, jobs: [...jobs] });
  }

  // At the level of columns the cards are the datasets that the columns are of.
  #takeColumns(answer, isBase) {
    const columns = answer.nodes.filter((node) => node.kind === "column");
    for (const node of columns) this.columns.set(node.id, node);
    for (const edge of answer.edges) this.columnEdges.set(pair(edge.source, edge.target), edge);
    if (!isBase) return;
    const nodes = new Map();
    for (const column of columns) {
      const { dataset, distance } = column;
      if (!dataset || (nodes.get(dataset)?.distance ?? Infinity) <= distance) continue;
      const own = { id: dataset, kind: "dataset", name: shortName(dataset), more: undefined };
      nodes.set(dataset, { ...column, ...own });
    }
    const edges = new Map();
    for (const edge of answer.edges) {
      const [source, target] = [this.columns.get(edge.source)?.dataset, this.columns.get(edge.target)?.dataset];
      if (source && target && source !== target) edges.set(pair(source, target), { source, target, via: edge.via });
    }
    const cards = { nodes: [...nodes.values()], edges: [...edges.values()] };
    this.base = this.#take(cards, (node) => (node.side === "upstream" ? -node.distance : node.distance));
    for (const id of this.base) this.opened.add(id);
  }
}

/** How many edges each node has: `Map(id → {upstream, downstream})`. */
export function degreesOf(edges) {
  const degrees = new Map();
  const add = (id, side) => {
    if (!degrees.has(id)) degrees.set(id, { upstream: 0, downstream: 0 });
    degrees.get(id)[side]++;
  };
  for (const { source, target } of edges) (add(source, "downstream"), add(target, "upstream"));
  return degrees;
}

/** For reading only: the part of a dataset's id behind its last colon or slash. */
export const shortName = (id) => id.split(/[:/]/).at(-1) || id;

/** Ids that `id` leads to over any number of edges, and itself; `from` and `to` turn the edges. */
export function reach(id, edges, from = "source", to = "target") {
  const next = new Map();
  for (const edge of edges) {
    if (!next.has(edge[from])) next.set(edge[from], []);
    next.get(edge[from]).push(edge[to]);
  }
  const seen = new Set([id]);
  const queue = [id];
  while (queue.length) {
    for (const other of next.get(queue.pop()) ?? []) {
      if (!seen.has(other)) queue.push(other);
      seen.add(other);
    }
  }
  return seen;
}

/** `{up, down}`: what leads to `id` and what it leads to, itself in both. */
export const pathsOf = (id, edges) => ({ up: reach(id, edges, "target", "source"), down: reach(id, edges) });

/** Opens what the address says was open; what has gone since is left out. */
export async function restore(model, { expansions, columns }) {
  const wait = (asked) =>
    asked.then(
      (answer) => answer,
      () => null,
    );
  const around = expansions.map(({ root: id, side }) => wait(model.ask(model.expansionQuestion(id, side))));
  for (const [n, { root: id, side }] of expansions.entries()) {
    const answer = await around[n];
    if (answer && model.nodes.has(id)) await model.expand(id, side, answer);
  }
  for (const id of columns) {
    const answer = model.nodes.has(id) && (await wait(model.ask(model.columnsQuestion(id))));
    if (answer) await model.openColumns(id, answer);
  }
}
