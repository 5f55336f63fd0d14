// Keeps the visible part of the time axis, zooms it and moves it.

const LEAD = 14, TAIL = 8; // pixels beside the plot, so that the first and the last mark are whole
const view = { left: -edge, right: whole + edge, wide: whole + 2 * edge }; // in units of the axis
let width = 1000; // of the drawing, in pixels
let left = 180; // where the names end and the plot begins, in pixels

const plotWidth = () => width - left - 2 * LEAD - TAIL;
const scaleOf = () => plotWidth() / view.wide; // pixels of a unit
const at = (x) => left + LEAD + (x - view.left) * scaleOf();
const back = (px) => view.left + (px - left - LEAD) / scaleOf();
const overlaps = (from, to) => to >= view.left && from <= view.right;
const isNear = (x) => overlaps(x - edge, x + edge); // a mark just outside is partly visible

const look = (from, to) => {
  const least = Math.max(whole * 1e-6, 1e-3), most = whole + 2 * edge;
  const wide = Math.min(Math.max(to - from, least), most), start = from + (to - from - wide) / 2;
  if (Math.abs(wide / view.wide - 1) > 1e-9) view.wide = wide; // or else it is moved, and all keeps its size exactly
  view.left = Math.min(Math.max(start, -edge), whole + edge - view.wide);
  view.right = view.left + view.wide;
  hideTip();
  draw();
};
const zoom = (factor, x = (view.left + view.right) / 2) => look(x - (x - view.left) / factor, x + (view.right - x) / factor);
const pan = (share) => { const by = view.wide * share; look(view.left + by, view.right + by); };
const fit = () => look(-edge, whole + edge);
const zoomOn = (list) => {
  const xs = list.map((entry) => entry.x), from = Math.min(...xs), to = Math.max(...xs);
  const pad = Math.max((to - from) * 0.15, view.wide * 0.005);
  look(from - pad, to + pad);
};
// Scrolls the page until a place, in pixels of the window, is below the axis and above the panel, if that is at the foot.
const reveal = (y) => {
  const box = panel.getBoundingClientRect(), bottom = box.left > 0 ? innerHeight : Math.min(innerHeight, box.top);
  if (y < 100 || y > bottom - 40) scrollBy(0, y - (100 + bottom) / 2);
};
const goTo = (entry) => {
  const wide = view.wide, margin = wide * 0.05;
  if (entry.x < view.left + margin || entry.x > view.right - margin) look(entry.x - wide / 2, entry.x + wide / 2);
  paintNow(); // the place of the entry is known after drawing
  reveal(boxOfDrawing().top + yOf(entry.row, entry.track, entry.slot));
  focused = entry;
  paintNow(); // the row may have been too far away to be drawn
  showFocus(true);
};
