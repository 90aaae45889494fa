// Swagger UI has a dark look of its own: it follows the theme that was chosen, else the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      // storage is forbidden: the system's theme stays
    }
    const dark = chosen ? chosen === "dark" : system.matches;
    document.documentElement.classList.toggle("dark-mode", dark);
  }
  system.addEventListener("change", follow);
  follow();

  // No answer of ours has OpenAPI links; their column makes the table wider than a phone.
  const narrower = new CSSStyleSheet();
  narrower.replaceSync(".swagger-ui .response-col_links { display: none }");
  document.adoptedStyleSheets.push(narrower);
})();
