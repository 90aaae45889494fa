// What was sent from this browser: the newest first, kept in the browser alone.

const KEY = "meshport.graphql";
const MOST = 20;

const read = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each?.query === "string") : [];
  } catch {
    return [];
  }
};

const write = (kept) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // a full or forbidden store: the page works without a history
  }
};

/** Shows the history in `card`; `open(query, variables)` puts one back into the form. */
export function history(card, open) {
  const list = card.querySelector("ul");
  const draw = () => {
    const kept = read();
    card.hidden = kept.length === 0;
    list.replaceChildren(...kept.map(entry));
  };
  const entry = ({ query, variables }) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn sm quiet";
    button.textContent = titleOf(query);
    button.addEventListener("click", () => open(query, variables ?? ""));
    item.append(button);
    return item;
  };
  card.querySelector("#forget").addEventListener("click", () => {
    write([]);
    draw();
  });
  draw();
  return {
    add(query, variables) {
      const others = read().filter((each) => each.query !== query || each.variables !== variables);
      write([{ query, variables }, ...others].slice(0, MOST));
      draw();
    },
  };
}

function titleOf(query) {
  const text = query.replace(/#[^\n]*/g, "").trim();
  const named = /^(?:query|mutation)\s+([A-Za-z_]\w*)/.exec(text)?.[1];
  return (named ?? text.replace(/\s+/g, " ")).slice(0, 40);
}
