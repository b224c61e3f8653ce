// Follows Airflow's colour mode: the parent page when we are shown inside it, else what Airflow left in this browser.
(function () {
  "use strict";
  const root = document.documentElement;
  let parentRoot = null;
  try {
    if (window.parent !== window) parentRoot = window.parent.document.documentElement;
  } catch {
    parentRoot = null; // shown by a page of another origin
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function isDark() {
    if (parentRoot) return parentRoot.classList.contains("dark");
    const chosen = localStorage.getItem("theme");
    return chosen === "dark" || (chosen !== "light" && system.matches);
  }

  function follow() {
    root.dataset.theme = isDark() ? "dark" : "light";
    root.toggleAttribute("data-framed", parentRoot !== null);
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  follow();
  system.addEventListener("change", follow);
  window.addEventListener("storage", follow);
  if (parentRoot) new MutationObserver(follow).observe(parentRoot, { attributeFilter: ["class"] });
})();
