// Reads the history from the page's data, and links entries, events and rows.

const data = JSON.parse(byId("data").textContent);
const [AT_STRIP, ON_LINE, BELOW] = data.slots;
// Pixels, from `sizes.py`, which says what they are.
const { NEAR, FAR, MANY, STRIP, TRACK, LOW, ROW, MIDDLES, MOST_LINKS, TICK, LETTER, LABEL } = data.sizes;

const kinds = data.kinds.map(([value, tone, weight, words, scale, shape, count, trouble, loss, attempt, wait]) =>
  ({ value, tone, weight, words, scale, shape, count, trouble, loss, attempt, wait, hidden: false }));
const rows = data.rows.map(([source, lane, tracks, strip]) => ({
  source, lane, tracks, strip, name: lane ? `${source} ${lane}` : source, hidden: false, empty: false, below: false,
  counted: [], lines: [],
  places: new Map(), // the entries in one slot of one track
  dense: new Map(), // the tracks that are shown, each with its place from the top
}));
const events = data.events.map((event) => event && {
  source: data.strings[event[0]], time: event[1], payload: event[2], group: event[3], cause: event[4],
});

const isAttempt = (entry) => Boolean(entry.kind.attempt);
const isRetry = (entry) => Boolean(entry.kind.wait);
const numbersOf = (runs) => {
  const numbers = [];
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) numbers.push(runs[i] + k);
  return numbers;
};
const entries = data.entries.map((e, position) => ({
  position, number: e[0], time: e[1], kind: kinds[e[2]], row: e[3], track: e[4], slot: e[5], left: e[6], x: e[7],
  function: data.strings[e[8]], runs: e[9], attempt: e[10], duration: e[11], until: e[12], parent: e[13],
  place: data.strings[e[14]], reason: data.strings[e[15]], lost: e[16], shown: true, chosen: true,
  get ids() { return (this.all ??= numbersOf(this.runs)); },
  get size() { let size = 0; for (let i = 1; i < this.runs.length; i += 2) size += this.runs[i]; return size; },
}));
const losses = entries.filter((entry) => entry.lost);
const lines = data.lines.map(([position, row, x, from, track, end, to, due, , open]) =>
  ({ position, row, x, from, track, end, to, due, open, isWait: due > x || open || isRetry(entries[position]) }));

// The axis has units of the layout, which `at` turns into pixels.
const axis = data.axis.map(([start, end, left, right, broken]) => ({ start, end, left, right, broken }));
const whole = axis.length ? axis[axis.length - 1].right : 0;
const edge = Math.max(whole * 0.01, 1); // empty room at both ends

for (const line of lines) rows[line.row].lines.push(line);
for (const [row, kind, left, right, start, end, count] of data.counted) {
  rows[row].counted.push({ kind: kinds[kind], left, right, start, end, count });
}
// An arrival has no entry of its own: it is the one of what arrived, in another place.
const arrivals = data.arrivals.map(([position, row, x]) =>
  Object.assign(Object.create(entries[position]), { row, track: 0, slot: AT_STRIP, x, arrives: true }));


const lined = new Set(lines.map((line) => line.position));
// A wait is drawn as a line. A wait without a line gets a mark, because nothing would show it otherwise.
const [waits, others] = [true, false].map((isWait) => entries.filter((entry) => isRetry(entry) === isWait));
for (const entry of [...others, ...waits.filter((wait) => !lined.has(wait.position)), ...arrivals]) {
  const { track, slot, arrives } = entry, row = rows[entry.row], key = `${track} ${slot} ${arrives}`;
  if (slot === BELOW) row.below = true;
  if (!row.places.has(key)) row.places.set(key, { track, slot, entries: [] });
  row.places.get(key).entries.push(entry);
}
for (const row of rows) {
  for (const place of row.places.values()) {
    place.entries.sort((a, b) => a.x - b.x);
    place.bars = place.slot === ON_LINE ? place.entries.filter((entry) => entry.left < entry.x) : [];
  }
}

const ofEvent = data.ids.map(() => []); // positions of entries
const effects = data.ids.map(() => []); // the events that an event caused
events.forEach((event, id) => { if (event && event.cause >= 0) effects[event.cause].push(id); });
for (const entry of entries) for (const id of entry.ids) ofEvent[id].push(entry.position);

// A loop over a set also visits members that are added during the loop.
const addEffects = (ids) => { for (const id of ids) for (const effect of effects[id]) ids.add(effect); };
const troubled = new Set(entries.filter((entry) => entry.kind.trouble).flatMap((entry) => entry.ids));
addEffects(troubled);
const causeOf = (id) => events[id]?.cause ?? -1;
// Events with their effects and causes, to any depth.
const family = (ids) => {
  const all = new Set(ids);
  addEffects(all);
  for (const id of ids) {
    for (let cause = causeOf(id); cause >= 0 && !all.has(cause); cause = causeOf(cause)) all.add(cause);
  }
  return all;
};
