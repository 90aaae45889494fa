// Where the cards and lines of a lineage drawing stand: plain arithmetic on plain data.
//
// Layered drawing (Sugiyama, Tagawa, Toda 1981): cycles are broken, columns follow the longest way
// from the focus, a line over several columns passes through a lane in each, barycentre sweeps
// order the columns and the best order is kept, and heights are fitted by isotonic regression.
// Cost: O(sweeps × lines × log lines); 500 cards take some 20 ms.

export const CARD_WIDTH = 208; // px, as `.lin ol` of the style sheet
export const CARD_HEIGHT = 56;
export const LAYER_GAP = 96;
export const ANCHOR = 28; // lines touch a card so far below its top, however tall it is
const CARD_GAP = 16;
const LANE_GAP = 8;
const LANE_WEIGHT = 4; // a long line bends less readily than a short one
const LEAST_ROWS = 14; // cards that one column may always hold
const ROWS_FOR_CARDS = 2.6; // width of a column ÷ height of a row ÷ 1.6, which a window is wider than tall
const SWEEPS = 16;
const PATIENCE = 4; // sweeps without a better order
const FITS = 6;

/**
 * @param cards `[{id, steps, height}]`; steps from the focus, negative upstream; the focus has 0
 * @param links `[{source, target}]` ids of cards, each pair once
 * @returns `{places: Map(id → {x, y, column}), ways: [{source, target, lanes, back}], width, height}`;
 *   a lane is `{x, y}` of its left end, `back` says that the line runs from right to left
 */
export function layout(cards, links, focus) {
  const known = new Set(cards.map((card) => card.id));
  const lines = links.filter(({ source, target }) => source !== target && known.has(source) && known.has(target));
  const column = columnsOf(layersOf(cards, lines, focus), lines);
  const columns = Math.max(-1, ...column.values()) + 1;
  const spots = new Spots(columns);
  for (const card of cards) spots.card(card, column.get(card.id));
  const ways = lines.map((line) => spots.way(line, column));
  order(spots, column.get(focus));
  fit(spots);
  return result(spots, ways, columns);
}

// A layer of many cards takes several columns, so that a large drawing is no taller than wide.
// What stands further out of one card is shared out between them: it becomes a block beside it.
function columnsOf(layer, lines) {
  const most = Math.max(LEAST_ROWS, Math.ceil(Math.sqrt(layer.size * ROWS_FOR_CARDS)));
  const inward = new Map([...layer.keys()].map((id) => [id, []]));
  for (const { source, target } of lines) {
    if (Math.abs(layer.get(source)) < Math.abs(layer.get(target))) inward.get(target).push(source);
    else inward.get(source).push(target);
  }
  const rank = new Map();
  const parts = new Map();
  for (const each of [...new Set(layer.values())].sort((a, b) => Math.abs(a) - Math.abs(b))) {
    const ids = [...layer.keys()].filter((id) => layer.get(id) === each);
    const runs = new Map();
    for (const id of ids) {
      const first = Math.min(layer.size, ...inward.get(id).map((other) => rank.get(other) ?? layer.size));
      if (!runs.has(first)) runs.set(first, []);
      runs.get(first).push(id);
    }
    const sorted = [...runs.keys()].sort((a, b) => a - b).map((first) => runs.get(first));
    sorted.flat().forEach((id, n) => rank.set(id, n));
    shareOut(sorted, Math.ceil(ids.length / most)).forEach((part, id) => parts.set(id, each < 0 ? -part : part));
  }
  const key = (id) => `${layer.get(id)} ${parts.get(id)}`;
  const sorted = [...layer.keys()].sort((a, b) => layer.get(a) - layer.get(b) || parts.get(a) - parts.get(b));
  const columns = new Map([...new Set(sorted.map(key))].map((each, n) => [each, n]));
  return new Map(sorted.map((id) => [id, columns.get(key(id))]));
}

function shareOut(runs, parts) {
  const part = new Map();
  let turn = 0;
  for (const run of runs) {
    run.forEach((id, n) => part.set(id, run.length < parts ? turn++ % parts : Math.floor((n * parts) / run.length)));
  }
  return part;
}

// The longest way from the focus, upstream negative; relatives stand beside what they touch.
function layersOf(cards, lines, focus) {
  const steps = new Map(cards.map((card) => [card.id, card.steps]));
  const onward = new Map(cards.map((card) => [card.id, []]));
  const back = new Map(cards.map((card) => [card.id, []]));
  for (const { source, target } of lines) {
    const isClosing = steps.get(source) > 0 && (target === focus || steps.get(target) < 0);
    const isLeaving = source === focus && steps.get(target) < 0;
    if (!isClosing && !isLeaving) onward.get(source).push(target);
  }
  const sorted = sourcesFirst([focus, ...[...cards].sort((a, b) => a.steps - b.steps).map((card) => card.id)], onward);
  for (const [source, targets] of onward) for (const target of targets) back.get(target).push(source);
  const layer = new Map([[focus, 0]]);
  const raise = (id) => {
    for (const next of onward.get(id)) layer.set(next, Math.max(layer.get(next) ?? -Infinity, layer.get(id) + 1));
  };
  for (const id of sorted) if (layer.has(id)) raise(id);
  const below = new Map([[focus, 0]]);
  for (const id of [...sorted].reverse()) {
    if (!below.has(id)) continue;
    for (const next of back.get(id)) below.set(next, Math.min(below.get(next) ?? Infinity, below.get(id) - 1));
  }
  for (const [id, each] of below) layer.set(id, each);
  placeRelatives(sorted, onward, back, layer, below);
  for (const id of sorted) if (!layer.has(id)) layer.set(id, steps.get(id));
  return layer;
}

function placeRelatives(sorted, onward, back, layer, upstream) {
  for (let before = -1; before !== layer.size;) {
    before = layer.size;
    for (const id of sorted) {
      const sources = back.get(id).filter((each) => layer.has(each));
      if (!upstream.has(id) && sources.length) {
        const least = Math.max(...sources.map((each) => layer.get(each))) + 1;
        layer.set(id, Math.max(layer.get(id) ?? -Infinity, least));
      }
    }
    for (const id of [...sorted].reverse()) {
      const targets = onward.get(id).filter((each) => layer.has(each));
      if (!layer.has(id) && targets.length) layer.set(id, Math.min(...targets.map((each) => layer.get(each))) - 1);
    }
  }
}

// Topological order; lines that close a cycle are taken out of `onward`.
function sourcesFirst(roots, onward) {
  const state = new Map();
  const done = [];
  for (const root of roots) {
    if (state.has(root)) continue;
    const stack = [[root, [...onward.get(root)]]];
    state.set(root, "open");
    while (stack.length) {
      const [id, rest] = stack.at(-1);
      const next = rest.shift();
      if (next === undefined) {
        state.set(id, "done");
        done.push(id);
        stack.pop();
      } else if (state.get(next) === "open") {
        onward.get(id).splice(onward.get(id).indexOf(next), 1);
      } else if (!state.has(next)) {
        state.set(next, "open");
        stack.push([next, [...onward.get(next)]]);
      }
    }
  }
  return done.reverse();
}

// What stands in columns: cards, and the lanes in which lines of one source pass between them.
class Spots {
  constructor(columns) {
    this.all = [];
    this.columns = Array.from({ length: columns }, () => []);
    this.known = new Map();
  }

  card({ id, height }, column) {
    this.known.set(id, this.#add({ id, column, above: ANCHOR, below: height - ANCHOR, isLane: false }));
  }

  way({ source, target }, column) {
    const [from, to] = [column.get(source), column.get(target)];
    const back = from >= to;
    const passed = [];
    if (back) for (let n = from; n >= to; n--) passed.push(this.#lane(source, n, "back"));
    else for (let n = from + 1; n < to; n++) passed.push(this.#lane(source, n, "on"));
    const chain = [this.known.get(source), ...passed, this.known.get(target)];
    for (let n = 1; n < chain.length; n++) join(chain[n - 1], chain[n]);
    return { source, target, passed, back };
  }

  #lane(source, column, kind) {
    const key = `${kind}\n${column}\n${source}`;
    if (!this.known.has(key)) this.known.set(key, this.#add({ id: key, column, above: 0, below: 0, isLane: true }));
    return this.known.get(key);
  }

  #add(spot) {
    Object.assign(spot, { left: [], right: [], y: 0, rank: this.columns[spot.column].length });
    this.all.push(spot);
    this.columns[spot.column].push(spot);
    return spot;
  }
}

function join(one, other) {
  if (Math.abs(one.column - other.column) !== 1) return;
  const [left, right] = one.column < other.column ? [one, other] : [other, one];
  if (left.right.includes(right)) return;
  left.right.push(right);
  right.left.push(left);
}

// Columns from top to bottom: outwards from the focus first, then to and fro; the best is kept.
function order(spots, middle) {
  const { columns } = spots;
  const sortBy = (column, side) => {
    for (const spot of column) {
      const touched = spot[side];
      spot.centre = touched.length ? touched.reduce((sum, each) => sum + each.rank, 0) / touched.length : spot.rank;
    }
    column.sort((a, b) => a.centre - b.centre || a.rank - b.rank);
    column.forEach((spot, rank) => (spot.rank = rank));
  };
  for (let n = middle + 1; n < columns.length; n++) sortBy(columns[n], "left");
  for (let n = middle - 1; n >= 0; n--) sortBy(columns[n], "right");
  let best = { crossings: crossings(columns), columns: columns.map((column) => [...column]) };
  for (let sweep = 0, idle = 0; sweep < SWEEPS && idle < PATIENCE && best.crossings; sweep++, idle++) {
    if (sweep % 2) for (let n = columns.length - 2; n >= 0; n--) sortBy(columns[n], "right");
    else for (let n = 1; n < columns.length; n++) sortBy(columns[n], "left");
    const found = crossings(columns);
    if (found < best.crossings) {
      best = { crossings: found, columns: columns.map((column) => [...column]) };
      idle = -1;
    }
  }
  spots.columns = best.columns;
  for (const column of best.columns) column.forEach((spot, rank) => (spot.rank = rank));
}

// Inversions between neighbouring columns, counted in a Fenwick tree.
function crossings(columns) {
  let sum = 0;
  for (let n = 0; n + 1 < columns.length; n++) {
    const tree = new Uint32Array(columns[n + 1].length + 1);
    let seen = 0;
    for (const spot of columns[n]) {
      const ranks = spot.right.map((each) => each.rank);
      for (const rank of ranks) {
        let below = 0;
        for (let i = rank + 1; i > 0; i -= i & -i) below += tree[i];
        sum += seen - below;
      }
      for (const rank of ranks) for (let i = rank + 1; i < tree.length; i += i & -i) tree[i]++;
      seen += ranks.length;
    }
  }
  return sum;
}

function fit(spots) {
  const { columns } = spots;
  for (const column of columns) {
    let y = 0;
    column.forEach((spot, n) => (spot.y = y += n ? apart(column[n - 1], spot) : 0));
    const half = y / 2;
    for (const spot of column) spot.y -= half;
  }
  for (let n = 0; n < FITS; n++) {
    for (const column of columns) settle(column, n ? ["left", "right"] : ["left"]);
    for (const column of [...columns].reverse()) settle(column, n ? ["left", "right"] : ["right"]);
  }
}

const apart = (one, other) => one.below + other.above + (one.isLane || other.isLane ? LANE_GAP : CARD_GAP);

// Each spot as near as the order allows to the mean of what it touches (pool adjacent violators).
function settle(column, sides) {
  const blocks = [];
  let offset = 0;
  column.forEach((spot, n) => {
    offset += n ? apart(column[n - 1], spot) : 0;
    spot.offset = offset;
    let weight = 0;
    let sum = 0;
    for (const side of sides) {
      for (const other of spot[side]) {
        const each = spot.isLane && other.isLane ? LANE_WEIGHT : 1;
        weight += each;
        sum += each * other.y;
      }
    }
    const wish = weight ? sum / weight : spot.y;
    let block = { wish: wish - offset, weight: weight || 0.1, first: n };
    while (blocks.length && blocks.at(-1).wish > block.wish) {
      const above = blocks.pop();
      const total = above.weight + block.weight;
      block = {
        wish: (above.wish * above.weight + block.wish * block.weight) / total,
        weight: total,
        first: above.first,
      };
    }
    blocks.push(block);
  });
  blocks.forEach(({ wish, first }, n) => {
    const end = blocks[n + 1]?.first ?? column.length;
    for (let i = first; i < end; i++) column[i].y = wish + column[i].offset;
  });
}

function result(spots, ways, columns) {
  const least = spots.all.reduce((top, spot) => Math.min(top, spot.y - spot.above), Infinity);
  const x = (spot) => spot.column * (CARD_WIDTH + LAYER_GAP);
  const y = (spot) => Math.round(spot.y - least);
  const places = new Map();
  let height = 0;
  for (const spot of spots.all) {
    if (!spot.isLane) places.set(spot.id, { x: x(spot), y: y(spot) - spot.above, column: spot.column });
    height = Math.max(height, y(spot) + spot.below);
  }
  return {
    places,
    ways: ways.map(({ source, target, passed, back }) => ({
      source,
      target,
      back,
      lanes: passed.map((spot) => ({ x: x(spot), y: y(spot) })),
    })),
    width: Math.max(0, columns * (CARD_WIDTH + LAYER_GAP) - LAYER_GAP),
    height,
  };
}

const BOW = 24;

/** The `d` of a line from the right edge at `start` to the left edge at `end`, both `{x, y}`. */
export function pathOf(start, end, { lanes, back }) {
  let { x, y } = start;
  const parts = [`M${x} ${y}`];
  const curve = (toX, toY, bend) => {
    parts.push(`C${bend} ${y} ${bend} ${toY} ${toX} ${toY}`);
    [x, y] = [toX, toY];
  };
  lanes.forEach((lane, n) => {
    const [enter, leave] = back ? [lane.x + CARD_WIDTH, lane.x] : [lane.x, lane.x + CARD_WIDTH];
    curve(enter, lane.y, back && n === 0 ? x + BOW : (x + enter) / 2);
    parts.push(`H${leave}`);
    x = leave;
  });
  curve(end.x, end.y, back ? x - BOW : (x + end.x) / 2);
  return parts.join("");
}

/** What such a line covers: `{x, y, width, height}`. */
export function boxOf(start, end, { lanes }) {
  const xs = [start.x, end.x, ...lanes.flatMap(({ x }) => [x, x + CARD_WIDTH])];
  const ys = [start.y, end.y, ...lanes.map(({ y }) => y)];
  const [x, y] = [Math.min(...xs) - BOW, Math.min(...ys)];
  return { x, y, width: Math.max(...xs) + BOW - x, height: Math.max(...ys) - y };
}
