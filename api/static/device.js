// The charts of a device. The table below them says the same for those who do not see them.
"use strict";

const HEIGHT = 170;
const places = document.getElementById("charts");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The usual range and the incidents, drawn behind the line.
function behind(line, troubles) {
  return (plot) => {
    const { left, top, width, height } = plot.bbox;
    const draw = plot.ctx;
    draw.save();
    draw.beginPath();
    draw.rect(left, top, width, height);
    draw.clip();
    draw.globalAlpha = 0.15;
    if (line.usual) {
      const [low, high] = line.usual.map((value) => plot.valToPos(value, "y", true));
      draw.fillStyle = colour("--good");
      draw.fillRect(left, high, width, low - high);
    }
    draw.fillStyle = colour("--alarm");
    for (const [since, until] of troubles) {
      const from = plot.valToPos(since, "x", true);
      const to = until === null ? left + width : plot.valToPos(until, "x", true);
      draw.fillRect(from, top, Math.max(to - from, 2), height);
    }
    draw.restore();
  };
}

// In the zone in which every other time of the page is shown.
function clock(plot, times) {
  const { min, max } = plot.scales.x;
  const seconds = max - min < 300 ? { second: "2-digit" } : {};
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: places.dataset.zone, hour: "2-digit", minute: "2-digit", ...seconds, hourCycle: "h23",
  });
  return times.map((time) => format.format(time * 1000));
}

function options(line, troubles, width) {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const isProbability = line.unit === "%" && line.usual === null;
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: "device" }, drag: { x: true, y: false } },
    legend: { show: false },
    scales: { y: isProbability ? { range: [0, 100] } : {} },
    axes: [{ ...axis, values: clock, space: 70 }, { ...axis, size: 60 }],
    series: [{}, { stroke: colour("--accent"), width: 2, points: { show: line.values.length < 60 } }],
    hooks: { drawClear: [behind(line, troubles)] },
  };
}

function add(times, line, troubles) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = line.unit ? `${line.title} (${line.unit})` : line.title;
  figure.append(caption);
  places.append(figure);
  const plot = new uPlot(options(line, troubles, figure.clientWidth), [times, line.values], figure);
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
}

if (places) {
  fetch(places.dataset.readings)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then(({ times, lines, troubles }) => lines.forEach((line) => add(times, line, troubles)))
    .catch(() => {
      document.getElementById("trouble").textContent = "The charts could not be loaded: reload the page in a moment.";
    });
}
