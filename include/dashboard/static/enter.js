// The first page in Airflow's frame: goes to the one that stands behind the # of Airflow's address, else to the dashboard.
(function () {
  "use strict";
  const home = document.documentElement.dataset.home;
  let asked = "";
  try {
    asked = decodeURI(window.parent.location.hash.slice(1));
  } catch {
    asked = ""; // shown by a page of another origin
  }
  location.replace(asked.startsWith(home) && !asked.startsWith("//") ? asked : home);
})();
