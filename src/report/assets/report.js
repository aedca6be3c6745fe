"use strict";
document.documentElement.classList.add("scripted");
const data = JSON.parse(document.getElementById("data").textContent);
const rows = data.rows;
const byId = id => document.getElementById(id);

// What is shown of the features: every filtered table and chart follows.
const filter = {family: "", text: "", grade: "", verdict: ""};
const grades = ["withheld", "poor", "moderate", "good", "excellent"];
const matches = row => (!filter.family || row.family === filter.family) &&
  row.id.toLowerCase().includes(filter.text) &&
  (!filter.grade || grades.indexOf(row.grade) >= grades.indexOf(filter.grade)) &&
  (!filter.verdict || row.verdict === filter.verdict);

// Small tools for building elements: texts are set as text, never as markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
const minus = text => text.replace(/-/g, "\u2212");
function shown(kind, x) {
  if (x === null || x === undefined) return "\u2013";
  if (kind === "p") return minus(Math.abs(x) >= 1 ? (100 * x).toFixed(0) : String(+(100 * x).toPrecision(2))) + " %";
  if (kind === "c") return minus(x.toFixed(3));
  return minus(Math.abs(x) >= 1e6 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(+x.toPrecision(4)));
}
// An estimate is [value, low, high], or the reason why there is none.
function estimate(kind, e) {
  if (typeof e === "string") return element("span", {class: "withheld", title: e}, "withheld: " + e);
  const text = shown(kind, e[0]);
  return e[1] === null ? element("span", {}, text)
    : element("span", {}, text, element("small", {}, `${shown(kind, e[1])} to ${shown(kind, e[2])}`));
}

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
      const body = table.tBodies[0];
      const keyed = [...body.rows].map(row => {
        const cell = row.cells[column];
        return {row, number: parseFloat(cell.dataset.value), text: cell.textContent};
      });
      if (keyed.some(k => !isNaN(k.number)))
        keyed.sort((a, b) => isNaN(a.number) || isNaN(b.number)
          ? isNaN(a.number) - isNaN(b.number) : direction * (a.number - b.number));
      else
        keyed.sort((a, b) => -direction * a.text.localeCompare(b.text));
      body.append(...keyed.map(k => k.row));
    };
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", e => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      sort();
    });
  });
}
document.querySelectorAll("table.sortable").forEach(sortable);

// Charts are drawn when they come near the screen, and again when what they show has changed.
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const palette = ["#2f7fc1", "#d9701a", "#2a9d6f", "#a35fc0", "#c2a018", "#c0435b", "#4fa8a8", "#7b7f86"];
const families = [...new Set(rows.map(r => r.family))];
const tint = family => palette[families.indexOf(family) % palette.length];
const lazy = new Map();
const nearby = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const chart = lazy.get(entry.target);
    chart.near = entry.isIntersecting;
    if (chart.near && chart.stale) drawNow(entry.target);
  }
}, {rootMargin: "400px"});
function drawNow(box) {
  const chart = lazy.get(box);
  chart.stale = false;
  chart.made?.destroy();
  const canvas = box.querySelector("canvas");
  chart.made = chart.draw(canvas, box);
  // How many marks are drawn, for those who test the page.
  canvas.dataset.marks = chart.made.data.datasets.reduce((n, d) => n + d.data.filter(v => v !== null).length, 0);
}
function later(box, draw) {
  if (!box) return;
  lazy.set(box, {draw, stale: true, near: false});
  nearby.observe(box);
}
function redraw() {
  for (const [box, chart] of lazy) {
    chart.stale = true;
    if (chart.near) drawNow(box);
  }
}
addEventListener("beforeprint", () => { for (const [box, chart] of lazy) if (chart.stale && box.offsetParent) drawNow(box); });
const axis = more => ({grid: {color: colour("--line")}, ticks: {color: colour("--soft")}, ...more});
const named = text => ({display: true, text, color: colour("--soft")});
const shorten = label => innerWidth < 600 && label.length > 24 ? "\u2026" + label.slice(-23) : label;
const featureAxis = () => ({grid: {display: false}, ticks: {autoSkip: false, color: colour("--ink"), font: {size: 11},
  callback(value) { return shorten(this.getLabelForValue(value)); }}});
const legend = {labels: {get color() { return colour("--ink"); }, usePointStyle: true, boxHeight: 7}};
const still = {animation: false, maintainAspectRatio: false};
// A click on a feature's bar opens its page.
const opens = list => (event, hits) => { if (hits.length) location.hash = "feature/" + list[hits[0].index].id; };
const most = 1000;  // rows of a chart: a canvas has a largest height

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

function drawIcc(canvas, box) {
  const lower = r => r.low ?? r.icc;
  const list = rows.filter(r => r.icc !== null && matches(r)).sort((a, b) => lower(b) - lower(a)).slice(0, most);
  box.style.height = `${90 + 17 * list.length}px`;
  const least = Math.min(0, ...list.map(lower));
  return new Chart(canvas, {
    data: {
      labels: list.map(r => r.id),
      datasets: [
        {type: "line", label: "ICC(A,1)", data: list.map(r => r.icc), showLine: false, pointRadius: 3.5, clip: false,
         pointBackgroundColor: list.map(r => tint(r.family)), pointBorderColor: colour("--page")},
        {type: "bar", label: "95 % interval", data: list.map(r => r.low === null ? null : [r.low, r.high]),
         backgroundColor: list.map(r => tint(r.family) + "88"), barThickness: 5, borderSkipped: false, minBarLength: 2},
      ],
    },
    options: {
      ...still, indexAxis: "y", onClick: opens(list),
      scales: {x: axis({min: Math.max(-1, Math.floor(least * 10) / 10), max: 1, position: "top"}), y: featureAxis()},
      plugins: {legend: {display: false}},
    },
    plugins: [limits],
  });
}

function drawVolume(canvas) {
  const list = rows.filter(r => r.icc !== null && r.volume !== null && matches(r));
  return new Chart(canvas, {
    type: "scatter",
    data: {
      datasets: families.map(family => ({
        label: family,
        data: list.filter(r => r.family === family).map(r => ({x: Math.abs(r.volume), y: r.icc, id: r.id})),
        backgroundColor: tint(family), pointRadius: 4, clip: false,
      })).filter(d => d.data.length > 0),
    },
    options: {
      ...still,
      scales: {x: axis({min: 0, max: 1, title: named("|\u03c1| with true volume")}), y: axis({max: 1, title: named("ICC(A,1)")})},
      plugins: {legend,
        tooltip: {callbacks: {label: p => `${p.raw.id}: ICC ${p.raw.y.toFixed(3)}, |\u03c1| ${p.raw.x.toFixed(2)}`}}},
    },
  });
}

function drawVariance(canvas, box) {
  const parts = data.variance[0].map(part => part[0]);
  const known = data.variance.map((shares, i) => ({shares, row: rows[data.varianceRows[i]]}))
    .filter(v => matches(v.row) && v.shares.some(s => s[1] !== null));
  const subjects = v => v.shares.reduce((sum, s) => sum + (s[0] === "patient" || s[0] === "lesion" ? s[1] ?? 0 : 0), 0);
  known.sort((a, b) => subjects(b) - subjects(a));
  const list = known.slice(0, most);
  box.style.height = `${110 + 17 * list.length}px`;
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: list.map(v => v.row.id),
      datasets: parts.map((part, p) => ({
        label: part, data: list.map(v => v.shares[p][1] === null ? null : 100 * v.shares[p][1]),
        backgroundColor: part === "residual" ? palette[7] : palette[p % 7], barThickness: 11, pointStyle: "rect",
      })),
    },
    options: {
      ...still, indexAxis: "y", onClick: opens(list.map(v => v.row)),
      scales: {x: axis({stacked: true, min: 0, max: 100, position: "top", title: named("share of the variance / %")}),
               y: {...featureAxis(), stacked: true}},
      plugins: {legend: {position: "top", ...legend}},
    },
  });
}

function update() {
  const ok = rows.map(matches);
  document.querySelectorAll("table.filtered tbody tr").forEach(row => { row.hidden = !ok[row.dataset.row]; });
  byId("count").textContent = `${ok.filter(Boolean).length} of ${rows.length} features`;
  redraw();
}

if (rows.length > 0) {
  if (rows.some(r => r.icc !== null)) {
    later(byId("icc-box"), drawIcc);
    later(byId("volume-chart").parentElement, drawVolume);
  } else {
    document.querySelectorAll("#stability .charts").forEach(box => { box.hidden = true; });
  }
  if (data.variance.some(shares => shares.some(s => s[1] !== null))) later(byId("variance-box"), drawVariance);
  else if (byId("variance-box")) byId("variance-box").parentElement.hidden = true;
  const buttons = document.querySelectorAll("#families button");
  buttons.forEach(button => button.addEventListener("click", () => {
    filter.family = button.dataset.family;
    buttons.forEach(b => b.setAttribute("aria-pressed", String(b === button)));
    update();
  }));
  byId("find").addEventListener("input", e => {
    filter.text = e.target.value.trim().toLowerCase();
    update();
  });
  for (const name of ["grade", "verdict"])
    byId("only-" + name)?.addEventListener("change", e => {
      filter[name] = e.target.value;
      update();
    });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  update();
}

// Every chart can be kept as a picture.
function offerPicture(figure, name, picture) {
  const button = element("button", {type: "button", class: "save"}, "Save as PNG");
  button.addEventListener("click", async () => {
    const link = element("a", {href: await picture(), download: name + ".png"});
    link.click();
  });
  figure.append(button);
}
function onPage(canvas) {  // charts have no ground of their own
  const copy = element("canvas", {width: canvas.width, height: canvas.height});
  const context = copy.getContext("2d");
  context.fillStyle = colour("--page");
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return copy.toDataURL("image/png");
}
document.querySelectorAll(".charts .chart").forEach(box => {
  const canvas = box.querySelector("canvas");
  const bar = element("p", {class: "tools"});
  box.after(bar);
  offerPicture(bar, canvas.id.replace("-chart", ""), () => onPage(canvas));
});
document.querySelectorAll(".figures figure").forEach(figure => {
  const drawing = figure.querySelector("svg");
  offerPicture(figure.querySelector("figcaption"), drawing.getAttribute("aria-label"), () => new Promise(done => {
    const text = new XMLSerializer().serializeToString(drawing);
    const image = new Image();
    image.onload = () => {
      const canvas = element("canvas", {width: 2 * image.width, height: 2 * image.height});
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      done(canvas.toDataURL("image/png"));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  }));
});

// A feature's own page: opened by its hash, built from its line of data.
const featurePage = byId("feature-page");
const title = document.title;
let lines = null, drawn = [];
function unpack(packed, length) {
  if (!packed) return new Array(length).fill(null);
  const bytes = atob(packed.codes);
  return Array.from({length}, (_, i) => {
    const code = bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1);
    return code === 65535 ? null : packed.low + (packed.high - packed.low) * code / 65534;
  });
}
function chartBox(title, note, height, configuration) {
  const canvas = element("canvas", {role: "img", "aria-label": title});
  const box = element("div", {class: "chart", style: `height:${height}px`}, canvas);
  const figure = element("figure", {}, element("h3", {}, title), element("p", {class: "note"}, note), box);
  drawn.push(() => {
    const chart = new Chart(canvas, configuration);
    canvas.dataset.marks = chart.data.datasets.reduce((n, d) => n + d.data.filter(v => v !== null).length, 0);
    return chart;
  });
  return figure;
}
const inUnit = unit => unit === "1" ? "" : " / " + unit;
function biasChart(feature) {
  const scale = feature.biasUnit === "%" ? 100 : 1;
  const unit = inUnit(feature.biasUnit);
  const of = at => feature.bias.map(e => typeof e === "string" || e[at] === null ? null : scale * e[at]);
  const low = of(1), high = of(2);
  return chartBox("Bias against the object (T0)" + unit, "Each arm's scans, with 95 % intervals.",
    70 + 22 * data.arms.length, {
      data: {
        labels: data.arms,
        datasets: [
          {type: "line", label: "bias", data: of(0), showLine: false, pointRadius: 4, clip: false,
           pointBackgroundColor: colour("--accent"), pointBorderColor: colour("--page")},
          {type: "bar", label: "95 % interval", data: low.map((l, i) => l === null ? null : [l, high[i]]),
           backgroundColor: palette[0] + "77", barThickness: 6, borderSkipped: false, minBarLength: 2},
        ],
      },
      options: {...still, indexAxis: "y", scales: {x: axis({position: "top"}), y: featureAxis()}, plugins: {legend: {display: false}}},
    });
}
function truthChart(feature, scans, truth) {
  const arms = data.arms.length, keyed = arms <= 24 && innerWidth > 600;
  const known = truth.filter(t => t !== null);
  const ends = [Math.min(...known), Math.max(...known)];
  return chartBox("Measured against true" + inUnit(feature.unit), "One mark a lesion and arm; on the line the measurement is true.",
    380 + (keyed ? 12 * arms : 0), {
    type: "scatter",
    data: {
      datasets: [
        {label: "measured = true", type: "line", data: ends.map(t => ({x: t, y: t})), borderColor: colour("--soft"),
         borderWidth: 1, borderDash: [4, 3], pointRadius: 0},
        ...data.arms.map((arm, a) => ({
          label: arm, backgroundColor: palette[a % palette.length] + "bb", pointRadius: 3,
          pointStyle: ["circle", "rect", "triangle", "rectRot"][Math.floor(a / palette.length) % 4],
          data: truth.map((t, l) => ({x: t, y: scans[l * arms + a], l})).filter(p => p.x !== null && p.y !== null),
        })),
      ],
    },
    options: {...still, scales: {x: axis({title: named("true (T0)")}), y: axis({title: named("measured")})},
      plugins: {legend: {display: keyed, position: "bottom", ...legend},
        tooltip: {callbacks: {label: p => p.raw.l === undefined ? "measured = true"
          : `${p.dataset.label}, ${data.lesions[p.raw.l]}: ${shown("n", p.raw.y)}`}}}},
  });
}
function differenceChart(feature, scans) {
  const arms = data.arms.length, first = data.arms[0];
  const choice = element("select", {});
  data.arms.slice(1).forEach((arm, i) => choice.append(element("option", {value: i + 1}, arm)));
  const canvas = element("canvas", {role: "img", "aria-label": "Bland-Altman plot"});
  let chart = null;
  const draw = () => {
    chart?.destroy();
    const a = +choice.value;
    const points = [];
    for (let l = 0; l < data.lesions.length; ++l) {
      const x = scans[l * arms], y = scans[l * arms + a];
      if (x !== null && y !== null) points.push({x: (x + y) / 2, y: y - x, l});
    }
    const known = feature.differences[a - 1] ?? [];
    const ends = [Math.min(...points.map(p => p.x)), Math.max(...points.map(p => p.x))];
    const level = (e, label, dash) => Array.isArray(e)
      ? [{label, type: "line", data: ends.map(x => ({x, y: e[0]})), borderColor: colour("--ink"), borderWidth: 1,
          borderDash: dash, pointRadius: 0}] : [];
    chart = new Chart(canvas, {
      type: "scatter",
      data: {datasets: [{label: "lesions", data: points, backgroundColor: palette[0] + "bb", pointRadius: 3.5},
        ...level(known[0], "bias", []), ...level(known[1], "lower limit of agreement", [5, 4]),
        ...level(known[2], "upper limit of agreement", [5, 4])]},
      options: {...still, scales: {x: axis({title: named("mean of both")}), y: axis({title: named("difference")})},
        plugins: {legend, tooltip: {callbacks: {label: p => p.raw.l === undefined ? p.dataset.label
          : `${data.lesions[p.raw.l]}: ${shown("n", p.raw.y)}`}}}},
    });
    canvas.dataset.marks = points.length;
    return chart;
  };
  choice.addEventListener("change", draw);
  drawn.push(draw);
  return element("figure", {}, element("h3", {}, `Differences from ${first}` + inUnit(feature.unit)),
    element("p", {class: "note"}, element("label", {}, "Arm ", choice)),
    element("div", {class: "chart", style: "height:340px"}, canvas));
}
function shareBar(feature) {
  const known = feature.variance.filter(s => Array.isArray(s[1]));
  const bar = element("div", {class: "shares", role: "img",
    "aria-label": known.map(s => `${s[0]} ${shown("p", s[1][0])}`).join(", ")});
  const list = element("ul", {class: "keys"});
  feature.variance.forEach(([source, share], p) => {
    const tone = source === "residual" ? palette[7] : palette[p % 7];
    if (Array.isArray(share)) bar.append(element("i", {style: `width:${100 * share[0]}%;background:${tone}`}));
    const item = element("li", {}, element("i", {style: `background:${tone}`}), source + " ");
    item.append(estimate("p", share));
    list.append(item);
  });
  return element("figure", {}, element("h3", {}, "Where the variation comes from"), bar, list);
}
function harmonisedTable(feature) {
  const head = ["method", "truth", "ICC before", "ICC after", "error before", "error after", "after / before"];
  const body = element("tbody");
  for (const [method, truth, ...numbers] of feature.harmonised) {
    const row = element("tr", {}, element("th", {scope: "row"}, method), element("td", {}, truth.toUpperCase()));
    numbers.forEach((e, i) => row.append(element("td", {class: "number"}, estimate(i < 2 ? "c" : "n", e))));
    body.append(row);
  }
  return element("figure", {}, element("h3", {}, "Harmonisation"), element("div", {class: "scroll"},
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map((h, i) =>
      element("th", {scope: "col", class: i > 1 ? "number" : ""}, h)))), body)));
}
function openFeature(place) {
  lines ??= byId("features").textContent.split("\n");
  const row = rows[place], feature = JSON.parse(lines[place]);
  const link = (at, text) => element("a", {href: "#feature/" + rows[at].id}, text);
  const steps = element("p", {class: "steps"}, element("a", {href: "#stability"}, "\u2190 all features"));
  if (place > 0) steps.append(link(place - 1, "previous"));
  if (place + 1 < rows.length) steps.append(link(place + 1, "next"));
  const kind = [row.family, feature.code && "IBSI " + feature.code, feature.unit !== "1" && "unit " + feature.unit];
  const heading = element("h2", {tabindex: "-1"}, row.id);
  const facts = element("dl", {class: "facts"});
  for (const [name, kind, e] of feature.facts)
    facts.append(element("dt", {}, name), element("dd", {}, estimate(kind, e)));
  drawn.forEach(chart => chart?.destroy?.());
  drawn = [];
  featurePage.replaceChildren(steps, heading, element("p", {class: "note"}, kind.filter(Boolean).join(" \u00b7 ")));
  const verdict = feature.verdict;
  if (verdict) {
    const grade = {fit: "excellent", undecided: "moderate", unfit: "poor"}[verdict.verdict] ?? "withheld";
    featurePage.append(element("p", {class: "verdict " + grade}, element("strong", {}, verdict.verdict === "withheld"
      ? "Not judged" : verdict.verdict + " for the decision"),
      verdict.reason ? ": " + verdict.reason : `, decided by ${verdict.criterion}${verdict.arm ? " in " + verdict.arm : ""}.`));
  }
  let note = `${feature.lesions} lesions of ${feature.patients} patients were measured in every arm.`;
  if (feature.excluded) note += ` ${feature.excluded} of ${feature.values} values are missing (${feature.exclusion}).`;
  if (data.leftOut) note += ` Scatter plots are left out: ${data.leftOut.toLocaleString("en")} values would make this page slow to open; features.csv has them.`;
  featurePage.append(element("p", {class: "note"}, note), facts);
  const figures = element("div", {class: "feature-figures"});
  const arms = data.arms.length, lesions = data.lesions.length;
  if (feature.bias.some(e => Array.isArray(e))) figures.append(biasChart(feature));
  if (lesions > 0) {
    const scans = unpack(feature.scans, lesions * arms), truth = unpack(feature.truth, lesions);
    if (truth.some(t => t !== null)) figures.append(truthChart(feature, scans, truth));
    if (arms > 1 && scans.some(v => v !== null)) figures.append(differenceChart(feature, scans));
  }
  if (feature.variance) figures.append(shareBar(feature));
  if (feature.harmonised.length) figures.append(harmonisedTable(feature));
  featurePage.append(figures);
  document.body.classList.add("one-feature");
  featurePage.hidden = false;
  drawn = drawn.map(draw => draw());
  document.title = row.id + " \u00b7 " + title;
  heading.focus({preventScroll: true});
  scrollTo({top: 0, behavior: "instant"});
}
function follow() {
  const hash = decodeURIComponent(location.hash.slice(1));
  const place = hash.startsWith("feature/") ? rows.findIndex(r => r.id === hash.slice(8)) : -1;
  if (place >= 0) return openFeature(place);
  if (!document.body.classList.contains("one-feature")) return;
  document.body.classList.remove("one-feature");
  featurePage.hidden = true;
  document.title = title;
  if (hash) byId(hash)?.scrollIntoView({behavior: "instant"});
}
addEventListener("hashchange", follow);
addEventListener("keydown", e => {
  if (e.key === "Escape" && document.body.classList.contains("one-feature") && !viewer.open) location.hash = "stability";
});

// Slices of every arm: one slice, level and width for all. A picture holds codes; levels says what HU each is.
const stackCanvases = [...document.querySelectorAll("#stacks canvas[data-stack]")];
if (stackCanvases.length) {
  const knob = {slice: byId("stack-slice"), level: byId("stack-level"), width: byId("stack-width")};
  const shades = new Uint8ClampedArray(256);
  function paint(canvas) {
    const codes = canvas.codes;
    if (!codes) return;
    const edge = canvas.width, slices = codes.length / (edge * edge);
    const start = Math.min(+knob.slice.value, slices) - 1;
    const image = canvas.context.createImageData(edge, edge);
    for (let i = 0, from = start * edge * edge; i < edge * edge; ++i) {
      const shade = shades[codes[from + i]];
      image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = shade;
      image.data[4 * i + 3] = 255;
    }
    canvas.context.putImageData(image, 0, 0);
    canvas.dataset.painted = "yes";
  }
  let waiting = false;
  function paintAll() {
    data.levels.forEach((hu, code) => { shades[code] = 255 * ((hu - knob.level.value) / knob.width.value + 0.5); });
    for (const input of Object.values(knob))
      document.querySelector(`output[for=${input.id}]`).textContent = minus(input.value);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; stackCanvases.forEach(paint); });
  }
  const load = canvas => canvas.loading ??= new Promise(done => {
    const picture = new Image();
    picture.onload = () => {
      const edge = picture.naturalWidth;
      const sheet = element("canvas", {width: edge, height: picture.naturalHeight}).getContext("2d", {willReadFrequently: true});
      sheet.drawImage(picture, 0, 0);
      const pixels = sheet.getImageData(0, 0, edge, picture.naturalHeight).data;
      canvas.width = canvas.height = edge;
      canvas.codes = new Uint8Array(pixels.length / 4).map((_, i) => pixels[4 * i]);
      canvas.context = canvas.getContext("2d");
      paint(canvas);
      done();
    };
    picture.src = canvas.dataset.stack;
  });
  const unseen = new Set(stackCanvases);
  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) show(entry.target);
  }, {rootMargin: "400px"});
  function show(canvas) {
    seen.unobserve(canvas);
    if (unseen.delete(canvas)) load(canvas);
  }
  stackCanvases.forEach(canvas => { canvas.load = () => load(canvas); seen.observe(canvas); });
  addEventListener("beforeprint", () => unseen.forEach(show));
  Object.values(knob).forEach(input => input.addEventListener("input", paintAll));
  byId("stacks").querySelectorAll("button[data-level]").forEach(button => button.addEventListener("click", () => {
    knob.level.value = button.dataset.level;
    knob.width.value = button.dataset.width;
    paintAll();
  }));
  stackCanvases.forEach(canvas => canvas.addEventListener("pointermove", e => {
    if (!(e.buttons & 1) || e.pointerType === "touch") return;
    knob.level.value = +knob.level.value + 4 * e.movementY;
    knob.width.value = +knob.width.value + 8 * e.movementX;
    paintAll();
  }));
  paintAll();
}

// Reporting items: only what is left for the author.
byId("author-items")?.addEventListener("change", e => {
  document.querySelectorAll("tr.item").forEach(row => { row.hidden = e.target.checked && row.dataset.filled !== "author"; });
  if (e.target.checked) document.querySelectorAll("details.checklist").forEach(d => { d.open = true; });
});

// Viewer: click an image to enlarge it, arrow keys blink between the arms of its sheet.
const viewer = byId("viewer");
let panels = [], place = 0;
function show(step) {
  place = (place + step + panels.length) % panels.length;
  const image = [...panels[place].querySelectorAll("img")].find(i => i.offsetParent !== null);
  viewer.querySelector("img").src = image.src;
  viewer.querySelector("img").alt = image.alt;
  viewer.querySelector("p").textContent = `${image.alt} (${place + 1} of ${panels.length}, arrow keys change the arm)`;
}
document.querySelectorAll(".panels figure:has(img)").forEach(figure => {
  const open = () => {
    panels = [...figure.parentElement.querySelectorAll("figure")];
    place = panels.indexOf(figure);
    show(0);
    viewer.showModal();
  };
  figure.tabIndex = 0;
  figure.addEventListener("click", open);
  figure.addEventListener("keydown", e => { if (e.key === "Enter") open(); });
});
viewer.addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", e => {
  if (e.key === "ArrowRight") show(1);
  if (e.key === "ArrowLeft") show(-1);
});
follow();
