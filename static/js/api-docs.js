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
})();
