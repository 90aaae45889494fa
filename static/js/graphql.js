// The page at /graphql/: suggests, sends, shows errors at their place, copies as a script.

import { complete } from "./graphql/completing.js";
import { history } from "./graphql/history.js";
import { load } from "./graphql/schema.js";
import { SCRIPTS } from "./graphql/scripts.js";

const form = document.getElementById("ask");
const { query, variables } = form.elements;
const answer = document.getElementById("answer");
const errors = document.getElementById("errors");
const cost = document.getElementById("cost");
const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

let schema = null;
let asking = null;
const past = history(document.getElementById("past"), (text, given) => {
  query.value = text;
  variables.value = given;
  query.focus();
});

/** Sends a body; `{answer, status}`, or an answer that says what is the matter. */
async function ask(body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  try {
    const response = await fetch(form.action, { method: "POST", headers, body: JSON.stringify(body) });
    return { answer: await response.json(), status: response.status };
  } catch {
    return { answer: { errors: [{ message: "The portal does not answer. Try again in a moment." }] }, status: 0 };
  }
}

/** What the form holds, or null where the variables are not JSON. */
function bodyOf() {
  variables.removeAttribute("aria-invalid");
  const text = variables.value.trim();
  try {
    return { query: query.value, variables: text ? JSON.parse(text) : {} };
  } catch (error) {
    variables.setAttribute("aria-invalid", "true");
    showErrors([{ message: `The variables are not JSON: ${error.message}` }]);
    variables.focus();
    return null;
  }
}

function showErrors(found) {
  errors.replaceChildren(...found.map(asItem));
  errors.hidden = found.length === 0;
  if (found.some((each) => each.locations)) query.setAttribute("aria-invalid", "true");
  else query.removeAttribute("aria-invalid");
}

/** One error; with a place in the query, a button that goes there. */
function asItem({ message, locations, path }) {
  const item = document.createElement("li");
  const [place] = locations ?? [];
  if (place) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn sm";
    button.textContent = `Line ${place.line}, column ${place.column}`;
    button.addEventListener("click", () => goTo(place));
    item.append(button, " ");
  }
  item.append(path?.length ? `${path.join(".")}: ${message}` : message);
  return item;
}

function goTo({ line, column }) {
  const lines = query.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  const word = /^\w+/.exec(query.value.slice(start))?.[0].length ?? 1;
  query.focus();
  query.setSelectionRange(start, start + word);
}

function costOf({ extensions }, took) {
  const spent = extensions?.cost;
  if (!spent) return `${took} ms`;
  const left = spent.remaining === undefined ? "" : `, ${spent.remaining.toLocaleString("en")} left this minute`;
  return `Cost ${spent.requested.toLocaleString("en")} of ${spent.limit.toLocaleString("en")}${left}, ${took} ms`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = bodyOf();
  if (!body) return;
  cost.textContent = "Asking …";
  asking = body;
  const started = performance.now();
  const found = await ask(body);
  if (asking !== body) return; // another one was sent since
  answer.textContent = JSON.stringify(found.answer, null, 2);
  cost.textContent = costOf(found.answer, Math.round(performance.now() - started));
  showErrors(found.answer.errors ?? (found.answer.detail ? [{ message: found.answer.detail }] : []));
  past.add(query.value, variables.value);
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

form.addEventListener("click", async ({ target }) => {
  const name = target.closest("[data-as]")?.dataset.as;
  const body = name && bodyOf();
  if (!body) return;
  const script = SCRIPTS[name](form.dataset.url, body);
  try {
    await navigator.clipboard.writeText(script);
    cost.textContent = "Copied.";
  } catch {
    answer.textContent = script;
    cost.textContent = "Copy it from below.";
  }
});

complete(query, document.getElementById("words"), () => schema);
query.addEventListener("focus", async () => { schema ??= await load(ask); }, { once: true });
