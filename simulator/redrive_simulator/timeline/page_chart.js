// Draws the chart: rows and their names; other parts draw the contents of a row.

const FOOT = 18; // pixels: the height of what is only counted
const LEAST_LEFT = 94; // pixels: room for the words "only counted"
const drawing = byId("drawing"), chart = byId("chart");
let items = []; // what can be pointed at
let tops = []; // of the rows
let isPrinted = false;
let planned = 0;

const boxOfDrawing = () => drawing.getBoundingClientRect();
const draw = () => { planned ||= requestAnimationFrame(() => { planned = 0; paint(); }); };
const paintNow = () => {
  cancelAnimationFrame(planned);
  planned = 0;
  paint();
};

const isOpen = (row) => !row.hidden && !row.empty;
const footOf = (row) => (row.counted.length ? FOOT : 0);
const trackOf = (row) => (row.below ? TRACK : LOW);
const bodyOf = (row) => (isOpen(row) ? Math.max(ROW, STRIP * row.strip + row.dense.size * trackOf(row) + 6) : 0);
const heightOf = (row) => (isOpen(row) ? bodyOf(row) + footOf(row) : 0);
const yOf = (number, track, slot) => {
  const row = rows[number], top = tops[number];
  if (slot === AT_STRIP) return top + (row.dense.size ? MIDDLES[slot] : bodyOf(row) / 2);
  return top + STRIP * row.strip + (row.dense.get(track) ?? 0) * trackOf(row) + MIDDLES[slot];
};

const measure = () => {
  width = Math.max(chart.clientWidth, 320);
  const longest = Math.max(0, ...rows.filter(isOpen).map((row) => Math.max(row.source.length, row.lane.length)));
  left = Math.min(Math.max(LEAST_LEFT, 26 + longest * LETTER), 0.3 * width);
  let height = 0;
  tops = rows.map((row) => { const top = height; height += heightOf(row); return top; });
  return height;
};
const setSize = (element, tall) => {
  const box = `0 0 ${width} ${tall}`;
  if (element.getAttribute("viewBox") === box) return; // setting it again would lay it out again
  element.setAttribute("viewBox", box);
  element.setAttribute("height", tall);
};
// On screen, only rows near the window are drawn, because a chart can be very tall. On paper, all rows are drawn.
const nearWindow = () => {
  const { top: start } = boxOfDrawing();
  return (top, tall) => tall > 0 && (isPrinted || (top + tall > -start - 300 && top < innerHeight - start + 300));
};
const clip = (id, x, wide, height) => {
  const path = svg("clipPath", { id });
  path.append(svg("rect", { x, width: Math.max(wide, 1), height: Math.max(height, 1) }));
  return path;
};

const paint = () => {
  const near = nearWindow(), height = measure(); // in this order: sizes are read before any is set
  items = [];
  buckets.clear();
  const [bands, grid, labels, names] = ["bands", "grid", "labels", "names"].map((name) => svg("g", { class: name }));
  bands.append(clip("names-clip", 0, left - 4, height), clip("plot-clip", left, width - left, height));
  paintAxis(grid, height);
  let odd = false;
  rows.forEach((row, index) => {
    const tall = heightOf(row);
    if (tall) odd = !odd;
    if (!near(tops[index], tall)) return;
    if (odd) bands.append(svg("rect", { class: "rowband", width, y: tops[index], height: tall }));
    paintName(row, index, names, tall);
    paintLines(row, index);
    paintMarks(row, index, labels);
    paintCounted(row, index, tops[index] + tall - FOOT);
  });
  paintLinks(near);
  const isEmpty = !entries.length && !data.counted.length;
  if (isEmpty || !height) {
    names.append(svg("text", { x: 16, y: 34 }, isEmpty ? "Nothing happened." : "Nothing matches what is looked for."));
  }
  const plot = svg("g", { "clip-path": "url(#plot-clip)" });
  plot.append(grid, ...LAYERS.map(takeLayer), labels);
  drawing.replaceChildren(bands, plot, names);
  setSize(drawing, Math.max(height, 60));
  paintOverview();
  showFocus();
};
const paintName = (row, index, layer, tall) => {
  const room = Math.floor((left - 18) / LETTER), top = tops[index];
  const group = svg("g", { "clip-path": "url(#names-clip)" });
  group.append(svg("title", {}, row.name));
  const write = (name, y, text) => group.append(svg("text", { class: name, x: 16, y }, text));
  write("name", top + (row.lane || row.counted.length ? 15 : tall / 2 + 4), middle(row.source, room));
  if (row.lane) write("t-faint", top + 29, middle(row.lane, room));
  if (row.counted.length) write("t-faint small", top + tall - 5, "only counted");
  layer.append(group);
};
