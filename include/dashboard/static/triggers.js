// The form of a flow: files may be dropped on it, and one that is too large is refused before it is sent.
(function () {
  "use strict";
  const form = document.querySelector("form[data-megabytes]");
  const field = form?.querySelector("input[type=file]");
  if (!field) return;
  const limit = Number(form.dataset.megabytes);
  const drop = form.querySelector("[data-drop]");
  const told = form.querySelector("[data-file-error]");

  function check() {
    const file = field.files[0];
    const isTooLarge = file && file.size > limit * 1024 * 1024;
    const text = isTooLarge ? `The file has more than ${limit} MB. Divide it into several, each with sku in its first row.` : "";
    field.setCustomValidity(text);
    field.setAttribute("aria-invalid", String(Boolean(text)));
    told.textContent = text;
    told.hidden = !text;
  }

  field.addEventListener("change", check);
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    check();
  });
})();
