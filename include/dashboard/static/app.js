// What pages need beyond htmx: deep links through Airflow's address bar, dialogs, forms that submit themselves.
(function () {
  "use strict";

  // Airflow shows us in a frame under /plugin/fashfed; behind its # stands the page we are on (enter.js reads it).
  const framed = document.documentElement.hasAttribute("data-framed");
  const here = () => location.pathname + location.search;

  function sync() {
    if (!framed) return;
    const outer = window.parent.location;
    if (!outer.pathname.includes("/plugin/")) return;
    window.parent.history.replaceState(window.parent.history.state, "", outer.pathname + outer.search + "#" + here());
  }

  sync();
  document.addEventListener("htmx:pushedIntoHistory", sync);
  document.addEventListener("htmx:replacedInHistory", sync);

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[data-submits]")) field.form.requestSubmit();
    if (field.matches("[data-checks]"))
      document.querySelectorAll(field.dataset.checks).forEach((box) => (box.checked = field.checked));
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary")) location.href = row.dataset.href;
    if (event.target.matches("dialog")) event.target.close(); // beside it
  });

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
    const field = document.querySelector("[data-search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });

  function toast(text) {
    const told = document.createElement("p");
    told.className = "notice bad";
    told.textContent = text;
    document.getElementById("toasts").append(told);
    setTimeout(() => told.remove(), 8000);
  }
  document.addEventListener("htmx:responseError", (event) => toast(`The page could not be refreshed (${event.detail.xhr.status}).`));
  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached."));
})();
