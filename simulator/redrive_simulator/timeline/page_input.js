// Handles the pointer, the wheel, keys, buttons, and changes of the window.

const MARK_REACH = 11; // pixels: how far from its middle a mark can be pointed at
const isBar = (item, x, y) => item.counted && Math.abs(x - item.x) <= item.wide / 2 && Math.abs(y - item.y) <= FOOT / 2;
const itemAt = (x, y) => {
  if (x < left) return null;
  let nearest = null, least = MARK_REACH;
  for (const item of items) {
    const distance = item.counted ? Infinity : Math.hypot(item.x - x, item.y - y);
    if (distance < least) { least = distance; nearest = item; }
  }
  return nearest ?? items.find((item) => isBar(item, x, y)) ?? waitsAt(x, y);
};
const itemOf = (event) => {
  const box = boxOfDrawing();
  return itemAt(event.clientX - box.left, event.clientY - box.top);
};
const pointedX = (event) => back(event.clientX - boxOfDrawing().left);

// Dragging moves the view; a press without a move is a click.
let drag = null;
const moveDragged = (event) => {
  const by = event.clientX - drag.x;
  if (!drag.moved && Math.abs(by) > 4) {
    drag.moved = true;
    chart.setPointerCapture(drag.id);
    chart.classList.add("grabbed");
    hideTip();
  }
  if (drag.moved) {
    const shift = (by / plotWidth()) * (drag.right - drag.left);
    look(drag.left - shift, drag.right - shift);
  }
};
const drop = () => {
  const was = drag;
  chart.classList.remove("grabbed");
  drag = null;
  return was;
};
chart.addEventListener("pointerdown", (event) => {
  if (event.button === 0) drag = { x: event.clientX, left: view.left, right: view.right, moved: false, id: event.pointerId };
});
chart.addEventListener("pointermove", (event) => {
  if (drag) { moveDragged(event); return; }
  const item = itemOf(event);
  chart.classList.toggle("pointing", Boolean(item?.entries.length));
  if (item) showTip(item, event.clientX, event.clientY);
  else hideTip();
});
chart.addEventListener("pointerup", (event) => {
  const item = itemOf(event);
  if (drop()?.moved || !item?.entries.length) return;
  focused = item.isLine ? null : item.entries[0];
  pick(item.entries);
  reveal(event.clientY);
});
chart.addEventListener("pointercancel", drop);
chart.addEventListener("pointerleave", () => { if (!drag) hideTip(); });
chart.addEventListener("dblclick", (event) => {
  const item = itemOf(event);
  if (item?.entries.length > 1) zoomOn(item.entries);
  else zoom(3, pointedX(event));
});
document.querySelector("main").addEventListener("wheel", (event) => {
  const isZoom = event.ctrlKey || event.metaKey || event.altKey;
  if (!isZoom && !event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return; // scrolls the page
  event.preventDefault();
  if (isZoom) zoom(Math.exp(-event.deltaY / 240), pointedX(event));
  else pan((event.deltaX || event.deltaY) / 900);
}, { passive: false });

const centre = (event) => {
  const x = fromOverview(event.clientX - overview.getBoundingClientRect().left), half = (view.right - view.left) / 2;
  look(x - half, x + half);
};
overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); centre(event); });
overview.addEventListener("pointermove", (event) => { if (event.buttons) centre(event); });

// Moves the focus to the nearest mark in a direction. Distance across the direction counts too.
const step = (direction, isVertical) => {
  const marks = items.filter((item) => item.entries.length);
  if (!marks.length) return;
  const here = focusedItem();
  if (!here) { focused = marks[0].entries[0]; showFocus(true); return; }
  let best = null, price = Infinity;
  for (const item of marks) {
    const right = item.x - here.x, down = item.y - here.y, along = (isVertical ? down : right) * direction;
    if (along <= 0.5 || (!isVertical && item.row !== here.row)) continue;
    const cost = isVertical ? along * 3 + Math.abs(right) : along + Math.abs(down) * 0.5;
    if (cost < price) { price = cost; best = item; }
  }
  if (best === null) { if (!isVertical) pan(0.25 * direction); return; }
  focused = best.entries[0];
  reveal(boxOfDrawing().top + best.y);
  showFocus(true);
};
const focusedX = () => { const item = focusedItem(); return item ? back(item.x) : undefined; };
const pickFocused = () => {
  const item = focusedItem();
  if (!item) return;
  pick(item.entries);
  reveal(boxOfDrawing().top + item.y);
};
const sideways = (direction) => (event) => (event.shiftKey ? pan(0.2 * direction) : step(direction, false));
const zoomIn = () => zoom(1.6, focusedX());
const ACTIONS = {
  ArrowLeft: sideways(-1), ArrowRight: sideways(1), ArrowUp: () => step(-1, true), ArrowDown: () => step(1, true),
  Enter: pickFocused, " ": pickFocused, "+": zoomIn, "=": zoomIn, "-": () => zoom(1 / 1.6, focusedX()),
  0: fit, Home: fit, l: nextLoss, L: nextLoss, Escape: letGo,
};
chart.addEventListener("keydown", (event) => {
  const action = ACTIONS[event.key];
  if (action && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); action(event); }
});
const lanes = byId("lanes");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  hideTip();
  if (lanes.contains(document.activeElement)) lanes.querySelector("summary").focus();
  lanes.open = false;
});
document.addEventListener("pointerdown", (event) => { if (!lanes.contains(event.target)) lanes.open = false; });

byId("in").addEventListener("click", () => zoom(1.8));
byId("out").addEventListener("click", () => zoom(1 / 1.8));
byId("fit").addEventListener("click", fit);
byId("loss").addEventListener("click", nextLoss);

let seenWidth = 0;
// An observer also sees a scroll bar come and go, which the window's own event does not.
new ResizeObserver(() => {
  if (chart.clientWidth !== seenWidth) { seenWidth = chart.clientWidth; draw(); }
}).observe(chart);
addEventListener("beforeprint", () => { isPrinted = true; paint(); });
addEventListener("afterprint", () => { isPrinted = false; draw(); });
addEventListener("scroll", draw, { passive: true });
