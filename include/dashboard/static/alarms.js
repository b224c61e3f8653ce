// The form of an alarm shows only the fields that its criterion reads.
(function () {
  "use strict";

  const criterion = document.getElementById("criterion");
  const part = (name) => document.querySelector(`[data-part=${name}]`);

  function show() {
    const about = criterion.selectedOptions[0].dataset;
    document.getElementById("criterion-hint").textContent = about.says;
    part("threshold").hidden = !about.unit;
    document.querySelector("[data-unit-shown]").textContent = about.unit;
    part("interval").hidden = about.interval === "no";
    part("flow").hidden = about.flow === "none";
    const every = document.querySelector("#flow option[value='']");
    every.textContent = about.flow === "needed" ? "Choose a flow" : "Every flow, each by itself";
  }

  criterion.addEventListener("change", show);
  show();
})();
