// The Inbox: ticked records, the dialog that assigns a package, and a list that is not refreshed under one's hands.
(function () {
  "use strict";

  const boxes = () => [...document.querySelectorAll("#list [name=keys]")];
  const chosen = () => boxes().filter((box) => box.checked).length;

  function show() {
    const number = chosen();
    const told = document.querySelector("[data-chosen]");
    if (told) told.textContent = `(${number})`;
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest("#list") || event.target.type !== "checkbox") return;
    // app.js ticks the others in the same turn, perhaps after us
    setTimeout(() => {
      const scope = chosen() ? "chosen" : "all";
      document.querySelector(`[name=scope][value=${scope}]`).checked = true;
      show();
    });
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (!opener) return;
    if (opener.dataset.opens === "exclude") {
      const scope = document.querySelector("[name=scope]:checked").value;
      const amount = document.querySelector("[data-amount]");
      amount.dataset.all = amount.dataset.all || amount.textContent;
      amount.textContent = scope === "chosen" ? `${chosen()} ticked` : amount.dataset.all;
    }
    if (opener.dataset.package) {
      document.querySelector("#assign [name=key]").value = opener.dataset.package;
      document.querySelector("[data-package-shown]").textContent = opener.dataset.package;
    }
  });

  document.addEventListener("submit", (event) => {
    const needed = event.submitter?.dataset.needs && document.getElementById(event.submitter.dataset.needs);
    if (!needed) return;
    needed.setCustomValidity(needed.value.trim() ? "" : "Please say why.");
    if (needed.checkValidity()) return;
    event.preventDefault();
    needed.reportValidity();
    needed.addEventListener("input", () => needed.setCustomValidity(""), { once: true });
  });

  document.addEventListener("keydown", (event) => {
    // a browser would press the first button of the form, whatever field one is in
    if (event.key !== "Enter" || !event.target.matches("#change input")) return;
    event.preventDefault();
    if (event.target.id === "reason") document.querySelector("[data-needs=reason]").click();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-keeps-choice]") && chosen()) event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", show);
  show();
})();
