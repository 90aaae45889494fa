// Small conveniences. Every page works without this file; it only makes some things quicker.
(() => {
  "use strict";
  const root = document.documentElement;
  const TOAST_MS = 10000;
  const COPIED_MS = 1600;
  const THEMES = ["", "light", "dark"];
  const THEME_WORDS = { "": "follow the system", light: "light", dark: "dark" };

  const store = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // storage is forbidden: the choice lasts for this page
    }
  };

  // A wide lineage begins at its focus, not at its left edge.
  for (const canvas of document.querySelectorAll(".canvas")) {
    const focus = canvas.querySelector(".focus")?.getBoundingClientRect();
    if (focus) canvas.scrollLeft += focus.left + focus.width / 2 - canvas.getBoundingClientRect().left - canvas.clientWidth / 2;
  }

  // on a phone the tab that is open may lie beyond the edge
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 16;
  }

  function nameTheme() {
    const words = `Theme: ${THEME_WORDS[root.dataset.theme ?? ""]}`;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", words);
      button.title = words;
    }
  }

  function nextTheme() {
    const now = THEMES.indexOf(root.dataset.theme ?? "");
    const next = THEMES[(now + 1) % THEMES.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    store("theme", next);
    nameTheme();
  }

  // data-copy="#id" copies that element's text, anything else is copied as written
  async function copy(button) {
    const said = button.dataset.copy;
    const source = said.startsWith("#") ? document.querySelector(said) : null;
    const text = source ? (source.value ?? source.textContent) : said;
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyByHand(text);
    const before = button.getAttribute("aria-label");
    button.classList.add("ok");
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      button.classList.remove("ok");
      if (before) button.setAttribute("aria-label", before);
      else button.removeAttribute("aria-label");
    }, COPIED_MS);
  }

  // plain http has no clipboard of its own
  function copyByHand(text) {
    const area = document.createElement("textarea");
    area.className = "sr";
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  function addRow(button) {
    const grid = button.closest("[data-rows]");
    const body = grid.querySelector("tbody");
    const number = Number(grid.dataset.next ?? body.rows.length);
    grid.dataset.next = number + 1;
    const row = grid.querySelector("template").content.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__i__")) element.setAttribute(name, value.replaceAll("__i__", number));
      }
    }
    body.append(row);
    window.htmx?.process(body.lastElementChild);
    body.lastElementChild.querySelector("input, select, textarea")?.focus();
  }

  function removeRow(button) {
    const grid = button.closest("[data-rows]");
    const row = button.closest("tr");
    grid.dataset.next ??= grid.querySelector("tbody").rows.length;
    row.remove();
    grid.querySelector("[data-add-row]").focus();
  }

  const clicks = {
    "[data-theme-toggle]": nextTheme,
    "[data-copy]": copy,
    "[data-dismiss]": (button) => button.closest(".toast, .banner").remove(),
    "[data-add-row]": (button, event) => (event.preventDefault(), addRow(button)),
    "[data-remove-row]": (button, event) => (event.preventDefault(), removeRow(button)),
    "[data-dialog]": (button, event) => {
      const dialog = document.querySelector(button.dataset.dialog);
      if (!dialog) return;
      event.preventDefault();
      dialog.showModal();
    },
    "[data-fill]": (button) => {
      const input = document.querySelector(button.dataset.fill);
      input.value = button.dataset.value;
      input.form.querySelector("input[type=password]")?.focus();
    },
    "[data-palette]": (button, event) => (event.preventDefault(), openPalette()),
    "[data-close]": (button, event) => (event.preventDefault(), button.closest("dialog").close()),
  };

  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const element = event.target.closest?.(selector);
      if (element) return act(element, event);
    }
  });

  // <input data-confirm="orders_v2"> keeps its form's button off until the same is typed
  function confirmTyped(input) {
    const button = input.form?.querySelector("button:not([type=button])");
    if (button) button.disabled = input.value.trim() !== input.dataset.confirm;
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-confirm]")) confirmTyped(event.target);
  });
  // facets and sort answer at once; without script their form has a button
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-auto]")) form.requestSubmit();
  });

  // a text box and the list it opens: arrows choose, Enter opens what is chosen, Esc closes.
  // Without show, the list is always there and Enter opens its first line.
  function combobox(box, list, show) {
    const options = () => [...list.querySelectorAll("[role=option]")];

    function choose(option) {
      for (const each of options()) each.ariaSelected = String(each === option);
      option.scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", option.id);
    }

    function move(step) {
      const all = options();
      if (!all.length) return;
      const here = all.findIndex((each) => each.ariaSelected === "true");
      show?.(true);
      choose(all[here < 0 && step < 0 ? all.length - 1 : (here + step + all.length) % all.length]);
    }

    box.addEventListener("keydown", (event) => {
      const chosen = list.hidden ? null : list.querySelector("[aria-selected=true]");
      if (event.key === "ArrowDown") move(1);
      else if (event.key === "ArrowUp") move(-1);
      else if (event.key === "Enter" && chosen && event.ctrlKey) window.open(chosen.href, "_blank", "noopener");
      else if (event.key === "Enter" && chosen) chosen.click();
      else if (event.key === "Escape" && show && !list.hidden) show(false);
      else return;
      event.preventDefault();
    });
    return { choose, options };
  }

  const box = document.querySelector("#q[role=combobox]");
  const hits = document.querySelector("#hits");

  function showHits(shown) {
    hits.hidden = !shown;
    box.setAttribute("aria-expanded", shown);
    box.removeAttribute("aria-activedescendant");
    for (const each of hits.querySelectorAll("[aria-selected=true]")) each.ariaSelected = "false";
  }

  if (box) {
    combobox(box, hits, showHits);
    box.form.addEventListener("focusout", (event) => {
      if (!box.form.contains(event.relatedTarget)) showHits(false);
    });
    hits.addEventListener("htmx:afterSwap", () => showHits(hits.childElementCount > 0 && box === document.activeElement));
  }

  // the palette; the pages of this tab that were open last stand above the others until it is closed
  const palette = document.querySelector("#palette");
  const RECENT = 8;

  function recent() {
    try {
      return JSON.parse(sessionStorage.getItem("recent")) ?? [];
    } catch {
      return [];
    }
  }

  function remember() {
    const here = { url: location.pathname + location.search, name: document.title.replace(/ · Meshport$/, "") };
    const others = recent().filter((each) => each.url !== here.url);
    try {
      sessionStorage.setItem("recent", JSON.stringify([here, ...others].slice(0, RECENT)));
    } catch {
      // storage is forbidden: nothing is remembered
    }
  }

  function recentGroup() {
    const group = document.querySelector("#recent").content.firstElementChild.cloneNode(true);
    const line = group.lastElementChild;
    line.remove();
    const others = recent().filter((each) => each.url !== location.pathname + location.search);
    for (const [n, { url, name }] of others.entries()) {
      const item = line.cloneNode(true);
      item.firstElementChild.href = url;
      item.firstElementChild.id = `recent-${n}`;
      item.querySelector(".cut").textContent = name;
      group.append(item);
    }
    return others.length ? group : "";
  }

  function openPalette() {
    if (!palette || palette.open) return;
    palette.showModal();
    const input = palette.querySelector("input");
    input.select();
    window.htmx?.trigger(input, "opened");
  }

  if (palette) {
    const input = palette.querySelector("input");
    const list = palette.querySelector(".list");
    const { choose, options } = combobox(input, list);
    list.addEventListener("htmx:afterSwap", () => {
      if (!input.value.trim()) list.prepend(recentGroup());
      if (options().length) choose(options()[0]);
    });
    palette.addEventListener("click", (event) => event.target === palette && palette.close());
    document.querySelector("form[data-sign-out]")?.addEventListener("submit", () => sessionStorage.clear());
    remember();
  }

  // lists marked data-list: J and K move, X chooses, Enter opens; [data-key="a"] gets the focus by its key
  function moveInList(step) {
    const rows = [...document.querySelectorAll("[data-list] tbody tr")];
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const start = here < 0 ? rows.findIndex((row) => row.ariaSelected === "true") : here;
    const next = rows[Math.min(Math.max(start + step, 0), rows.length - 1)];
    next.querySelector("th a, td a")?.focus();
  }

  function chooseInList() {
    const row =
      document.activeElement.closest("[data-list] tr") ??
      document.querySelector('[data-list] tr[aria-selected="true"]');
    row?.querySelector("input[type=checkbox]")?.click();
  }

  const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  const GO_MS = 1500;
  let goUntil = 0; // `g` waits so long for the letter of a page

  function press(key) {
    const go = performance.now() < goUntil && document.querySelector(`.nav [data-go="${CSS.escape(key)}"]`);
    goUntil = 0;
    if (go) return go.click(), true;
    if (key === "/") return document.querySelector("#q")?.focus(), true;
    if (key === "?") return document.querySelector("#shortcuts")?.showModal(), true;
    if (key === "j") return moveInList(1), true;
    if (key === "k") return moveInList(-1), true;
    if (key === "x") return chooseInList(), false;
    if (key === "g") return (goUntil = performance.now() + GO_MS), true;
    const target = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
    if (target) target.focus();
    return Boolean(target);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
      event.preventDefault();
      return openPalette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog:modal")) return;
    if (press(event.key.toLowerCase())) event.preventDefault();
  });

  // good news goes by itself, unless someone is reading it; bad news stays
  function ageToasts(within) {
    for (const toast of within.querySelectorAll(".toast:not([data-level=error], [data-level=warning], [data-aged])")) {
      toast.dataset.aged = "";
      const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, TOAST_MS) : toast.remove());
      setTimeout(leave, TOAST_MS);
    }
  }

  function noAnswer() {
    const toasts = document.querySelector("#toasts");
    if (toasts.querySelector("[data-no-answer]")) return;
    toasts.append(document.querySelector("#no-answer").content.cloneNode(true));
    toasts.lastElementChild.dataset.noAnswer = "";
  }

  function prepare() {
    for (const input of document.querySelectorAll("[data-confirm]")) confirmTyped(input);
    ageToasts(document);
  }

  document.addEventListener("htmx:sendError", noAnswer);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) noAnswer(); // the page stays, and goes on asking
  });
  document.addEventListener("htmx:timeout", noAnswer);
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) document.querySelector("[data-no-answer]")?.remove();
  });
  nameTheme();
  prepare();
})();
