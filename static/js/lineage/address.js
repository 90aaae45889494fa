// The address holds the whole view, so a link shows what its sender saw.

const KEPT = { node: "", level: "product", direction: "both", depth: "2", at: "" };

/** `{question, up, down, columns, selected, filter, hidesSystems, onlyProblems}` of an address. */
export function read(search = location.search) {
  const query = new URLSearchParams(search);
  const question = Object.fromEntries(Object.entries(KEPT).map(([name, usual]) => [name, query.get(name) || usual]));
  return {
    question: { ...question, depth: Number(question.depth) },
    expansions: [...query]
      .filter(([name]) => name === "up" || name === "down")
      .map(([name, root]) => ({ root, side: name === "up" ? "upstream" : "downstream" })),
    columns: query.getAll("columns"),
    selected: query.get("selected") ?? "",
    filter: query.get("filter") ?? "",
    hidesSystems: query.get("systems") === "0",
    onlyProblems: query.get("problems") === "1",
  };
}

/** The address of a view; of a question alone, what is left out is not opened. */
export function write({
  question,
  expansions = [],
  columns = [],
  selected = "",
  filter = "",
  hidesSystems = false,
  onlyProblems = false,
}) {
  const query = new URLSearchParams();
  for (const [name, usual] of Object.entries(KEPT))
    if (String(question[name] ?? usual) !== usual || name === "node") query.set(name, question[name]);
  for (const { root, side } of expansions) query.append(side === "upstream" ? "up" : "down", root);
  for (const id of columns) query.append("columns", id);
  if (selected) query.set("selected", selected);
  if (filter) query.set("filter", filter);
  if (hidesSystems) query.set("systems", "0");
  if (onlyProblems) query.set("problems", "1");
  return `${location.pathname}?${query}`;
}
