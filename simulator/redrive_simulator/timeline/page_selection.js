// Keeps the selection and the keyboard focus, and goes from loss to loss.

let chosen = null; // the events that stand out, by number; null: all
let picked = new Set(); // the entries that were clicked, by position
let focused = null; // an entry, because the mark that shows it changes with the zoom
let lossAt = -1;

const isChosen = (entry) => entry.chosen;
const choose = (ids, list) => {
  chosen = ids;
  changes++;
  picked = new Set(list.map((entry) => entry.position));
  for (const entry of entries) entry.chosen = ids === null || entry.ids.some((id) => ids.has(id));
};
const focusedItem = () => (focused && items.find((item) => item.entries.includes(focused))) ?? null;
// The ring tells screen readers what it is around, and gets another id with it, by which they know that it changed.
const ring = byId("ring");
const showFocus = (withTip = false) => {
  const item = focusedItem();
  ring.hidden = !item;
  if (!item) { chart.removeAttribute("aria-activedescendant"); return; }
  ring.id = `ring-${item.entries[0].position}`;
  ring.setAttribute("aria-label", summary(item));
  ring.style.left = `${item.x}px`;
  ring.style.top = `${item.y}px`;
  chart.setAttribute("aria-activedescendant", ring.id);
  if (withTip) {
    const box = boxOfDrawing();
    showTip(item, box.left + item.x, box.top + item.y);
  }
};

const pick = (list, redraw = true) => {
  const ids = new Set(list.flatMap((entry) => entry.ids));
  choose(ids.size ? family(ids) : null, list);
  remember(`#entry=${list.map((entry) => entry.number)}`);
  if (list.length > 1) showSeveral(list);
  else if (list[0].size === 1) showEvent(list[0].ids[0]);
  else showEntry(list[0]);
  if (redraw) draw();
};
const pickAndGoTo = (entry) => {
  pick([entry], false); // `goTo` draws
  goTo(entry);
};
const pickEvent = (id) => {
  choose(family([id]), []);
  remember(`#event=${encodeURIComponent(data.ids[id])}`);
  showEvent(id);
  draw();
};
const letGo = () => {
  if (chosen !== null) remember("#all");
  release();
};
const release = () => {
  choose(null, []);
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
