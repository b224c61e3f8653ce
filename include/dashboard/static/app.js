// What pages need beyond htmx: deep links through Airflow's address bar, dialogs, forms that submit themselves.
(function () {
  "use strict";

  // Airflow shows us in a frame, and behind /plugin/fashfed of its own address the page we are on. It sees pages that are
  // loaded, not parts that are replaced.
  const framed = document.documentElement.hasAttribute("data-framed");

  function sync() {
    const plugin = framed && window.parent.location.pathname.match(/^.*?\/plugin\/fashfed/);
    if (!plugin) return;
    window.parent.history.replaceState(window.parent.history.state, "", plugin[0] + location.pathname + location.search);
  }

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
    const outward = framed && event.target.closest("a[target=_top], a[target=_blank]");
    if (outward) {
      // the frame itself may neither lead the window away nor open another
      event.preventDefault();
      const link = window.parent.document.createElement("a");
      Object.assign(link, { href: outward.href, target: outward.target });
      link.click();
    }
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary")) location.href = row.dataset.href;
    if (event.target.matches("dialog")) event.target.close(); // beside it
  });

  // A question before a form is sent; the browser's own is not shown in a frame.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const question = event.submitter?.dataset.confirm || form.dataset.confirm;
      if (!question || form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      const dialog = document.createElement("dialog");
      const text = document.createElement("p");
      text.textContent = question;
      const actions = document.createElement("div");
      actions.className = "actions";
      actions.append(button("Cancel", "button"), button(submitter?.textContent.trim() || "OK", "button primary", "yes"));
      dialog.append(text, actions);
      dialog.addEventListener("close", () => {
        dialog.remove();
        if (dialog.returnValue !== "yes") return;
        form.dataset.confirmed = "yes";
        form.requestSubmit(submitter);
        delete form.dataset.confirmed;
      });
      document.body.append(dialog);
      dialog.showModal();

      function button(label, look, value = "") {
        const made = document.createElement("button");
        made.textContent = label;
        made.className = look;
        made.addEventListener("click", () => dialog.close(value));
        return made;
      }
    },
    true,
  );

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
