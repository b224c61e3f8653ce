// A row of the log opens in a panel; without this script its link leads to a page of its own.
(() => {
  "use strict";
  const panel = document.getElementById("panel");
  if (!panel) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "opened") panel.showModal();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr.opens");
    if (row && !event.target.closest("a") && !window.getSelection().toString()) row.querySelector("a.open").click();
  });
})();
