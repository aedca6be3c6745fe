"use strict";
document.documentElement.classList.add("scripted");
const rows = JSON.parse(document.getElementById("rows").textContent);
const filter = {family: "", text: ""};
const matches = (family, name) =>
  (!filter.family || family === filter.family) && name.toLowerCase().includes(filter.text);

// Tables: click a heading to sort by it, again to turn the order. Withheld values stay last.
function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.tabIndex = 0;
    const sort = () => {
      const down = heading.getAttribute("aria-sort") === "descending";
      const direction = down ? 1 : -1;
      headings.forEach(h => h.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "ascending" : "descending");
      const numeric = [...table.tBodies[0].rows].some(r => r.cells[column].dataset.value !== undefined);
      const key = row => numeric ? parseFloat(row.cells[column].dataset.value) : row.cells[column].textContent;
      const order = (a, b) => {
        const x = key(a), y = key(b);
        if (!numeric) return -direction * x.localeCompare(y);
        if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
        return direction * (x - y);
      };
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
    };
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", e => { if (e.key === "Enter") sort(); });
  });
}
document.querySelectorAll("table.sortable").forEach(sortable);

// Charts.
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const palette = ["#2f7fc1", "#d9701a", "#2a9d6f", "#a35fc0", "#c2a018", "#c0435b", "#4fa8a8", "#7b7f86"];
const families = [...new Set(rows.map(r => r.family))];
const tint = family => palette[families.indexOf(family) % palette.length];
const charts = {};
const limits = {
  id: "limits",
  beforeDatasetsDraw(chart) {
    const {ctx, chartArea: area, scales: {x}} = chart;
    ctx.save();
    ctx.strokeStyle = colour("--soft");
    ctx.setLineDash([4, 3]);
    for (const limit of [0.75, 0.9]) {
      const at = x.getPixelForValue(limit);
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
    }
    ctx.restore();
  },
};

function drawIcc() {
  const canvas = document.getElementById("icc-chart");
  const shown = rows.filter(r => r.icc !== null && matches(r.family, r.id));
  const lower = r => r.low ?? r.icc;
  shown.sort((a, b) => lower(b) - lower(a));
  document.getElementById("icc-box").style.height = `${90 + 17 * shown.length}px`;
  charts.icc?.destroy();
  const least = Math.min(0, ...shown.map(lower));
  charts.icc = new Chart(canvas, {
    data: {
      labels: shown.map(r => r.id),
      datasets: [
        {type: "line", label: "ICC(A,1)", data: shown.map(r => r.icc), showLine: false, pointRadius: 3.5,
         clip: false,
         pointBackgroundColor: shown.map(r => tint(r.family)), pointBorderColor: colour("--page")},
        {type: "bar", label: "95 % interval", data: shown.map(r => r.low === null ? null : [r.low, r.high]),
         backgroundColor: shown.map(r => tint(r.family) + "88"), barThickness: 5, borderSkipped: false,
         minBarLength: 2},
      ],
    },
    options: {
      indexAxis: "y", animation: false, maintainAspectRatio: false,
      scales: {
        x: {min: Math.max(-1, Math.floor(least * 10) / 10), max: 1, position: "top", grid: {color: colour("--line")},
            ticks: {color: colour("--soft")}},
        y: {grid: {display: false}, ticks: {autoSkip: false, color: colour("--ink"), font: {size: 11},
            callback(value) {
              const label = this.getLabelForValue(value);
              return innerWidth < 600 && label.length > 24 ? "…" + label.slice(-23) : label;
            }}},
      },
      plugins: {legend: {display: false}},
    },
    plugins: [limits],
  });
}

function drawVolume() {
  charts.volume?.destroy();
  const shown = rows.filter(r => r.icc !== null && r.volume !== null && matches(r.family, r.id));
  charts.volume = new Chart(document.getElementById("volume-chart"), {
    type: "scatter",
    data: {
      datasets: families.map(family => ({
        label: family,
        data: shown.filter(r => r.family === family).map(r => ({x: Math.abs(r.volume), y: r.icc, id: r.id})),
        backgroundColor: tint(family), pointRadius: 4, clip: false,
      })).filter(d => d.data.length > 0),
    },
    options: {
      animation: false, maintainAspectRatio: false,
      scales: {
        x: {min: 0, max: 1, title: {display: true, text: "|ρ| with true volume", color: colour("--soft")},
            grid: {color: colour("--line")}, ticks: {color: colour("--soft")}},
        y: {max: 1, title: {display: true, text: "ICC(A,1)", color: colour("--soft")},
            grid: {color: colour("--line")}, ticks: {color: colour("--soft")}},
      },
      plugins: {
        legend: {labels: {color: colour("--ink"), usePointStyle: true}},
        tooltip: {callbacks: {label: p => `${p.raw.id}: ICC ${p.raw.y.toFixed(3)}, |ρ| ${p.raw.x.toFixed(2)}`}},
      },
    },
  });
}

function update() {
  let count = 0;
  document.querySelectorAll("table.filtered tbody tr").forEach(row => {
    row.hidden = !matches(row.dataset.family, row.cells[0].textContent);
  });
  for (const row of rows) count += matches(row.family, row.id);
  document.getElementById("count").textContent = `${count} of ${rows.length} features`;
  drawIcc();
  drawVolume();
}

if (!rows.some(r => r.icc !== null))
  document.querySelectorAll(".charts").forEach(box => { box.hidden = true; });
if (rows.length > 0) {
  const buttons = document.querySelectorAll("#families button");
  buttons.forEach(button => button.addEventListener("click", () => {
    filter.family = button.dataset.family;
    buttons.forEach(b => b.setAttribute("aria-pressed", String(b === button)));
    update();
  }));
  document.getElementById("find").addEventListener("input", e => {
    filter.text = e.target.value.trim().toLowerCase();
    update();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  update();
}

// Viewer: click an image to enlarge it, arrow keys blink between the arms of its sheet.
const viewer = document.getElementById("viewer");
let panels = [], place = 0;
function show(step) {
  place = (place + step + panels.length) % panels.length;
  const image = [...panels[place].querySelectorAll("img")].find(i => i.offsetParent !== null);
  viewer.querySelector("img").src = image.src;
  viewer.querySelector("img").alt = image.alt;
  viewer.querySelector("p").textContent = `${image.alt} (${place + 1} of ${panels.length}, arrow keys change the arm)`;
}
document.querySelectorAll("figure").forEach(figure => figure.addEventListener("click", () => {
  panels = [...figure.parentElement.querySelectorAll("figure")];
  place = panels.indexOf(figure);
  show(0);
  viewer.showModal();
}));
viewer.addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", e => {
  if (e.key === "ArrowRight") show(1);
  if (e.key === "ArrowLeft") show(-1);
});
