// Draws the time axis with its grid, and the overview of the whole history.

const SMALL = 5.6; // pixels: the mean width of a letter of a small label
const overview = byId("overview");

const paintAxis = (grid, height) => {
  const layer = [], taken = [];
  const label = (time, x) => {
    const text = clock(time, true), half = (text.length * LABEL) / 2 + 4, middleOf = Math.min(x, width - half - 2);
    const isFree = ([from, to]) => middleOf + half <= from || middleOf - half >= to;
    const fits = middleOf - half > left - 34 && taken.every(isFree);
    if (fits) {
      taken.push([middleOf - half, middleOf + half]);
      layer.push(svg("text", { class: "t-faint", x: middleOf, y: 26, "text-anchor": "middle" }, text));
    }
    layer.push(svg("path", { class: "gridline", d: `M${x} 31V40` }));
    grid.append(svg("path", { class: "gridline", d: `M${x} 0V${height}` }));
  };
  const isSeen = (part) => overlaps(part.left, part.right);
  const instants = axis.filter((part) => isInstant(part) && part.right > part.left && isSeen(part));
  for (const part of instants) paintInstant(part, layer, grid, height);
  // The labels of the start and after breaks come first, so that no label of a round time takes their room.
  if (axis.length && isNear(axis[0].left)) label(axis[0].start, at(axis[0].left));
  for (const part of axis) if (part.broken && isNear(part.right)) label(part.end, at(part.right));
  axis.forEach((part, index) => { if (!isInstant(part) && isSeen(part)) paintTicks(part, axis[index - 1], label); });
  paintBreaks(axis.filter((part) => part.broken && isSeen(part)), layer, grid, height);
  byId("axis").replaceChildren(...layer);
  setSize(byId("axis"), 40);
};
const isInstant = (part) => part.start === part.end;
const paintInstant = (part, layer, grid, height) => {
  const x = at(part.left) - 4, wide = at(part.right) - x + 4;
  layer.push(svg("rect", { class: "instant", x, y: 33, width: wide, height: 7 }));
  grid.append(svg("rect", { class: "instant", x, y: 0, width: wide, height }));
};
const paintTicks = (part, before, label) => {
  const from = at(part.left), scale = (at(part.right) - from) / (part.end - part.start);
  if (part.broken && at(part.right) - from < 200) return;
  const unit = data.ticks.find((tick) => tick * scale >= TICK) ?? data.ticks[data.ticks.length - 1];
  const time = (x) => part.start + ((x - part.left) / (part.right - part.left)) * (part.end - part.start);
  const first = Math.ceil(time(Math.max(part.left, view.left)) / unit - 1e-6);
  const last = Math.floor(time(Math.min(part.right, view.right)) / unit + 1e-6);
  for (let n = first; n <= last; n++) {
    // An instant is drawn wide: the tick of its time would stand at its end.
    const isOfInstant = before && isInstant(before) && Math.abs(n * unit - before.start) <= 1e-6;
    if (!isOfInstant) label(n * unit, from + (n * unit - part.start) * scale);
  }
};
const paintBreaks = (breaks, layer, grid, height) => {
  const labelled = [];
  for (const part of breaks) {
    const x = at((part.left + part.right) / 2), words = span(part.end - part.start), half = (words.length * SMALL) / 2 + 3;
    grid.append(zigzag(x, height));
    layer.push(svg("path", { class: "cut", d: `M${x - 5} 40l3-10M${x + 1} 40l3-10` }));
    if (x - half > left - 20 && labelled.every((other) => Math.abs(other.x - x) >= other.half + half)) {
      labelled.push({ x, half });
      const place = { x: Math.min(x, width - half), y: 11, "text-anchor": "middle" };
      layer.push(svg("text", { class: "t-faint small", ...place }, words));
    }
  }
};
const zigzag = (x, height) => {
  const group = svg("g", {}), steps = Math.max(2, Math.round(height / 8));
  group.append(svg("rect", { class: "cutground", x: x - 4, width: 8, height }));
  let path = "";
  for (const from of [x - 4, x + 4]) {
    path += `M${from} 0`;
    for (let step = 0; step < steps; step++) path += `l${step % 2 ? -3 : 3} ${height / steps}`;
  }
  group.append(svg("path", { class: "cut", d: path }));
  return group;
};

const BIN = 3; // pixels: the width of a bar of the overview
const onOverview = (x) => left + LEAD + ((x + edge) / (whole + 2 * edge)) * plotWidth();
const fromOverview = (px) => ((px - left - LEAD) / plotWidth()) * (whole + 2 * edge) - edge;
const paintBins = () => {
  const bins = new Map();
  const add = (x, trouble, lost, count) => {
    const key = Math.round(onOverview(x) / BIN), bin = bins.get(key) ?? { any: 0, fail: 0, lost: 0 };
    bin.any += count;
    bin.fail += trouble * count;
    bin.lost += lost * count;
    bins.set(key, bin);
  };
  for (const entry of entries) if (entry.shown) add(entry.x, entry.kind.trouble && !entry.lost ? 1 : 0, entry.lost, 1);
  for (const { counted } of rows) {
    for (const part of counted) add((part.left + part.right) / 2, part.kind.trouble, part.kind.loss, part.count);
  }
  const paths = { any: "", fail: "", lost: "" };
  for (const [key, bin] of bins) {
    for (const name in paths) {
      if (!bin[name]) continue;
      const tall = name === "lost" ? 22 : Math.min(20, 4 + 4 * Math.log10(bin[name]));
      paths[name] += `M${key * BIN - 1} 24v${-tall}h${BIN}v${tall}z`;
    }
  }
  return Object.entries(paths).map(([name, d]) => svg("path", { class: `ov-${name}`, d }));
};
const visible = svg("rect", { class: "window", y: 1.5, height: 23, rx: 2 });
let binsOf = ""; // what the bars of the overview depend on: moving the view moves only its frame
const paintOverview = () => {
  const x = onOverview(view.left), needed = `${left} ${width} ${changes}`;
  visible.setAttribute("x", tenths(x));
  visible.setAttribute("width", tenths(Math.max(onOverview(view.right) - x, 4)));
  if (needed === binsOf) return;
  binsOf = needed;
  overview.replaceChildren(
    svg("rect", { class: "frame", x: left + LEAD, y: 2, width: plotWidth(), height: 22 }),
    ...paintBins(),
    visible,
    svg("text", { class: "t-faint small", x: 16, y: 17 }, "overview"),
  );
  setSize(overview, 26);
};
