// Keeps the selection and the keyboard focus, and goes from loss to loss.

let chosen = null; // the events that stand out, by number; null: all
let picked = []; // the entries that were clicked, by position
let focused = null; // the position of an entry, because the mark that shows it changes with the zoom
let lossAt = -1;

const isChosen = (entry) => chosen === null || entry.ids.some((id) => chosen.has(id));
const focusedItem = () => {
  if (focused === null) return null;
  return items.find((item) => !item.isLine && item.entries.some((entry) => entry.position === focused)) ?? null;
};
const showFocus = (withTip = false) => {
  const item = focusedItem();
  for (const node of chart.querySelectorAll(".focus")) node.classList.remove("focus");
  if (!item || !item.node) { chart.removeAttribute("aria-activedescendant"); return; }
  item.node.classList.add("focus");
  if (item.node.id) chart.setAttribute("aria-activedescendant", item.node.id);
  if (withTip) {
    const box = boxOfDrawing();
    showTip(item, box.left + item.x, box.top + item.y);
  }
};

const pick = (list, redraw = true) => {
  picked = list.map((entry) => entry.position);
  const ids = new Set(list.flatMap((entry) => entry.ids));
  chosen = ids.size ? family(ids) : null;
  if (list.length > 1) showSeveral(list);
  else if (list[0].size === 1) showEvent(list[0].ids[0]);
  else showEntry(list[0]);
  if (redraw) draw();
};
const pickAndGoTo = (entry) => {
  pick([entry], false); // `goTo` draws
  goTo(entry);
};
const choose = (id) => {
  chosen = family([id]);
  picked = [];
  showEvent(id);
  draw();
};
const letGo = () => {
  chosen = null;
  picked = [];
  focused = null;
  hideTip();
  showStart();
  draw();
};
const nextLoss = () => {
  if (!losses.length) return;
  lossAt = (lossAt + 1) % losses.length;
  const entry = losses[lossAt];
  entry.kind.hidden = rows[entry.row].hidden = false;
  if (!entry.shown) { query.value = ""; onlyTrouble.checked = false; showTools(); filter(); }
  pickAndGoTo(entry);
};
