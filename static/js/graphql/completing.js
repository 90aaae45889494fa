// Suggestions below the editor: a list that arrow keys walk through while the text keeps the focus.

import { choices, written } from "./schema.js";

const MOST = 8;
const WORD = /[A-Za-z_]\w*$/;

/** Watches `editor` and shows in `list` what fits; `schema()` gives the schema or null. */
export function complete(editor, list, schema) {
  let shown = [];
  let chosen = 0;

  const head = () => editor.value.slice(0, editor.selectionStart);
  const hide = () => {
    shown = [];
    list.hidden = true;
    editor.removeAttribute("aria-activedescendant");
  };

  const draw = () => {
    list.replaceChildren(...shown.map(option));
    list.hidden = shown.length === 0;
    if (shown.length) editor.setAttribute("aria-activedescendant", `word-${chosen}`);
  };

  const option = (each, n) => {
    const item = document.createElement("li");
    item.id = `word-${n}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(n === chosen));
    const name = document.createElement("b");
    name.textContent = each.name;
    const said = document.createElement("span");
    said.className = "hint cut";
    said.textContent = [each.type && written(each.type), each.description].filter(Boolean).join("  ");
    item.append(name, said);
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      chosen = n;
      take();
    });
    return item;
  };

  const suggest = (always) => {
    const known = schema();
    const word = WORD.exec(head())?.[0] ?? "";
    if (!known || (!word && !always)) return hide();
    const fits = choices(known, head()).filter((each) => each.name.toLowerCase().startsWith(word.toLowerCase()));
    if (fits.length === 1 && fits[0].name === word) return hide();
    shown = fits.slice(0, MOST);
    chosen = 0;
    if (shown.length) draw();
    else hide();
  };

  const take = () => {
    const start = head().replace(WORD, "");
    const { name } = shown[chosen];
    editor.setRangeText(name, start.length, editor.selectionStart, "end");
    hide();
    editor.focus();
    editor.dispatchEvent(new Event("change"));
  };

  const KEYS = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: take,
    Tab: take,
    Escape: hide,
  };
  const move = (by) => {
    chosen = (chosen + by + shown.length) % shown.length;
    draw();
  };

  editor.addEventListener("keydown", (event) => {
    if (event.key === " " && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return suggest(true);
    }
    const act = shown.length && !event.ctrlKey && !event.metaKey && !event.shiftKey ? KEYS[event.key] : null;
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  editor.addEventListener("input", () => suggest(false));
  editor.addEventListener("blur", hide);
}
