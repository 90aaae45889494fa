// The page at /graphql/: sends what is typed, shows the answer, copies it as a command.
(() => {
  "use strict";
  const form = document.getElementById("ask");
  const answer = document.getElementById("answer");
  const cost = document.getElementById("cost");
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  const body = () => {
    const variables = form.elements.variables.value.trim();
    return JSON.stringify({ query: form.elements.query.value, variables: variables ? JSON.parse(variables) : {} });
  };

  const readBody = () => {
    try {
      return body();
    } catch {
      answer.textContent = "The variables are not JSON.";
      form.elements.variables.focus();
      return null;
    }
  };

  const show = (found) => {
    answer.textContent = JSON.stringify(found, null, 2);
    const spent = found.extensions && found.extensions.cost;
    cost.textContent = spent ? `Cost ${spent.requested} of ${spent.limit}` : "";
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = readBody();
    if (sent === null) return;
    cost.textContent = "Asking …";
    try {
      const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
      const response = await fetch(form.action, { method: "POST", headers, body: sent });
      show(await response.json());
    } catch {
      cost.textContent = "";
      answer.textContent = "The portal does not answer. Try again in a moment.";
    }
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  document.getElementById("copy-curl").addEventListener("click", async () => {
    const sent = readBody();
    if (sent === null) return;
    const quoted = `'${sent.replaceAll("'", "'\\''")}'`;
    const command = `curl -s ${form.dataset.url} -H "Authorization: Bearer $MESHPORT_TOKEN" -H "Content-Type: application/json" -d ${quoted}`;
    try {
      await navigator.clipboard.writeText(command);
      cost.textContent = "Copied.";
    } catch {
      answer.textContent = command;
      cost.textContent = "Copy it from below.";
    }
  });
})();
