// Draws marks, the bars of attempts that took time, and the bars of what is only counted.

const SLICE = 6; // pixels: what is only counted within them is one bar
const SMALL_FONT = "9.5px", LOSS_FONT = "bold 11px"; // as in the style sheet

const isOnPlot = (x) => x > left - 10 && x < width + 10;

const paintMarks = (row, index, labels) => {
  const wanted = [];
  for (const place of row.places.values()) {
    const y = yOf(index, place.track, place.slot);
    for (const cluster of clustersOf(place)) if (isOnPlot(cluster.x)) wanted.push(paintMark(cluster, y, place.slot, index));
    paintBars(place.bars, y);
  }
  const lossesFirst = wanted.filter((label) => label.text).sort((a, b) => Number(b.isLoss) - Number(a.isLoss));
  for (const label of lossesFirst) paintLabel(label, labels);
};
// Returns the label that the mark is to have.
const paintMark = ({ x, kind, dim, entries: all }, y, slot, row) => {
  const same = all.filter((entry) => entry.kind === kind), look = all[0].arrives ? "arrival" : kind.shape;
  const state = dim ? " dim" : "", place = `${tenths(x)} ${tenths(y)}`, half = kind.loss ? 10 : 6;
  if (same.some((entry) => entry.lost)) put("losses", `lossline${state}`, `M${tenths(x)} ${tops[row]}v${bodyOf(rows[row])}`);
  put("marks", look + state, `M${place}`);
  if (all.some((entry) => picked.has(entry.position))) put("rings", "ring", `M${place}m-10 0a10 10 0 1 0 20 0a10 10 0 1 0-20 0`);
  take({ x: x - half, wide: 2 * half, y: y - 7, tall: 14 });
  items.push({ x, y, row, entries: all });
  if (x < left || x > width) return { text: "" };
  if (kind.loss) return { x, y: y + 4, state, isLoss: true, text: `${same.length > 1 ? `${number(same.length)}× ` : ""}${kind.value}` };
  return { x, y: slot === ON_LINE ? y - 5 : y + 4, state, isLoss: false, text: numberOf(all, same, slot) };
};
// A label stands to the right of its mark if there is room; that of a loss may stand to the left.
const paintLabel = ({ x, y, state, isLoss, text }, labels) => {
  const wide = widthOf(text, isLoss ? LOSS_FONT : SMALL_FONT), tall = isLoss ? 9 : 7;
  const places = isLoss ? [x + 13, x - 13 - wide] : [x + 7];
  const boxes = places.map((from) => ({ x: from, wide, y: y - tall, tall })), box = boxes.find(isFree);
  if (!box) return;
  take(box);
  labels.append(svg("text", { class: `${isLoss ? "losslabel" : "small"} halo${state}`, x: tenths(box.x), y }, text));
};
const numberOf = (all, same, slot) => {
  const total = all.length, entry = all[0];
  if (slot === BELOW && same.length < 2) return "";
  if (total > 1) return same.length < total ? `${number(same.length)}/${number(total)}` : `×${number(total)}`;
  return isAttempt(entry) && entry.size > 1 ? number(entry.size) : "";
};

const paintBars = (all, y) => {
  let drawn = -1;
  for (const entry of all) {
    if (!overlaps(entry.left, entry.x) || !entry.shown) continue;
    const from = Math.max(at(entry.left), left - 20), to = Math.min(at(entry.x), width + 20);
    if (to - from < 3 || to <= drawn + 1) continue;
    drawn = to;
    const look = `bar ${entry.kind.tone}${isChosen(entry) ? "" : " dim"}`;
    put("bars", look, `M${tenths(from)} ${y - 3.5}H${tenths(to)}v7H${tenths(from)}z`);
  }
};

const paintCounted = (row, index, top) => {
  const slices = new Map();
  for (const part of row.counted) {
    if (!overlaps(part.left, part.right) || part.kind.hidden) continue;
    const from = at(part.left), to = at(part.right), key = Math.floor((part.left * scaleOf()) / SLICE);
    const slice = slices.get(key) ?? { from, to, parts: [], count: 0 };
    slice.from = Math.min(slice.from, from);
    slice.to = Math.max(slice.to, to);
    slice.count += part.count;
    slice.parts.push(part);
    slices.set(key, slice);
  }
  for (const { from, to, parts, count } of slices.values()) {
    const tall = Math.min(FOOT - 3, 4 + 2.6 * Math.log10(count)), wide = Math.max(to - from, 5);
    put("bars", "counted", `M${tenths(from)} ${top + FOOT - 2}v${-tenths(tall)}h${tenths(wide)}v${tenths(tall)}z`);
    items.push({ x: from + wide / 2, y: top + FOOT / 2, wide, row: index, entries: [], counted: parts });
  }
};
