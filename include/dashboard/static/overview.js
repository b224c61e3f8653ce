// Draws the charts of the dashboard from the table beneath them, in the colours of the mode.
(function () {
  "use strict";
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

  function read(chart) {
    const table = document.getElementById("trend-values");
    if (!table) return null;
    const rows = [...table.tBodies[0].rows];
    const columns = [...table.tHead.rows[0].cells].map((cell, index) => ({ cell, index })).filter(({ cell }) => cell.dataset.chart === chart);
    return {
      labels: rows.map((row) => row.cells[0].textContent),
      days: rows.map((row) => day.format(new Date(row.cells[0].dataset.at))),
      series: columns.map(({ cell, index }) => ({
        name: cell.textContent,
        values: rows.map((row) => (row.cells[index].dataset.value === "" ? null : Number(row.cells[index].dataset.value))),
      })),
    };
  }

  function dress(chart) {
    const { scales, plugins } = chart.options;
    for (const axis of Object.values(scales)) {
      axis.ticks.color = colour("--muted");
      axis.grid.color = colour("--line");
    }
    plugins.legend.labels.color = colour("--text");
    chart.data.datasets.forEach((set, index) => {
      set.borderColor = set.backgroundColor = colour(`--series-${index + 1}`);
    });
  }

  function make(canvas) {
    return new Chart(canvas, {
      type: "line",
      data: { labels: [], datasets: [] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        elements: { point: { radius: 0, hitRadius: 8, hoverRadius: 4 }, line: { borderWidth: 2, tension: still.matches ? 0 : 0.2 } },
        scales: {
          x: { grid: { display: false }, ticks: { maxTicksLimit: 8, maxRotation: 0, callback: (_, index) => canvas.days[index] } },
          y: { beginAtZero: canvas.dataset.draws === "differences", ticks: { precision: 0, maxTicksLimit: 6 }, grid: {}, border: { display: false } },
        },
        plugins: { legend: { align: "start", labels: { boxWidth: 12, boxHeight: 2, usePointStyle: false } } },
      },
    });
  }

  function draw() {
    document.querySelectorAll("canvas[data-draws]").forEach((canvas) => {
      const told = read(canvas.dataset.draws);
      if (!told) return;
      const chart = Chart.getChart(canvas) || make(canvas);
      canvas.days = told.days;
      chart.data.labels = told.labels;
      chart.data.datasets = told.series.map(({ name, values }, index) => ({ label: name, data: values, borderDash: index ? [6, 3] : [] }));
      dress(chart);
      chart.update();
    });
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  document.addEventListener("DOMContentLoaded", draw);
  document.addEventListener("themechange", draw);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.closest("#trend")) draw();
  });
  // What somebody is marking with the mouse is not taken from under them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const marked = window.getSelection();
    const calm = event.detail.target.closest("[data-calm]");
    if (calm && marked && !marked.isCollapsed && calm.contains(marked.anchorNode)) event.detail.shouldSwap = false;
  });
})();
