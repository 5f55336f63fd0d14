// Draws lines: waits, the lines from an attempt to the next, and the arrows from row to row.

// Returns the places of a line, or null for one too short to see.
const courseOf = (line, index) => {
  // Places far outside the view are moved to its border, so that paths stay short at any zoom.
  const near = (x) => Math.round(Math.min(Math.max(at(x), left - 60), width + 60) * 2) / 2;
  const from = near(line.x), end = near(line.end);
  if (end - from < 3 && line.from === line.to) return null;
  const [first, y, last] = [line.from, line.track, line.to].map((track) => yOf(index, track, ON_LINE));
  const due = line.isWait ? Math.min(near(line.due), end) : end;
  return { from, due, end, first, y, last };
};
const isSeen = (line, row) =>
  entries[line.position].shown && overlaps(line.x, line.end) && row.dense.has(line.from) && row.dense.has(line.track) &&
  row.dense.has(line.to);

// Lines of one look that lie on each other are one: dashes of several would make a line without gaps.
const paintLines = (row, index) => {
  const across = new Map(), upright = new Map(); // intervals by look and place
  const add = (places, look, place, from, to) => {
    if (from === to) return;
    if (!places.has(look)) places.set(look, new Map());
    const intervals = places.get(look);
    if (!intervals.has(place)) intervals.set(place, []);
    intervals.get(place).push(from < to ? [from, to] : [to, from]);
  };
  for (const line of row.lines) {
    const course = isSeen(line, row) && courseOf(line, index);
    if (!course) continue;
    const { from, due, end, first, y, last } = course, entry = entries[line.position];
    const state = chosen === null ? "" : isChosen(entry) ? " chosen" : " dim", look = (line.isWait ? "wait" : "tree") + state;
    const tail = due < end ? `tail${state}` : look;
    add(upright, look, from, first, y);
    add(across, look, y, from, due);
    add(across, tail, y, due, end);
    add(upright, tail, end, y, last);
    if (line.open) put("lines", `cut${state}`, `M${end + 4} ${y - 4}l5 4-5 4`);
  }
  for (const [look, places] of across) {
    for (const [y, list] of places) for (const [from, to] of joined(list)) put("lines", look, `M${from} ${y}H${to}`);
  }
  for (const [look, places] of upright) {
    for (const [x, list] of places) for (const [from, to] of joined(list)) put("lines", look, `M${x} ${from}V${to}`);
  }
};
const joined = (intervals) => {
  const found = [];
  for (const [from, to] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
};

const REACH = 5.5; // pixels: how far from a line it can be pointed at, as a thin line is hard to hit
const isBetween = (value, a, b) => value >= Math.min(a, b) - REACH && value <= Math.max(a, b) + REACH;
// Returns the waits whose line is at a place, as something that can be pointed at.
const waitsAt = (x, y) => {
  const index = rows.findIndex((row, number) => y >= tops[number] && y < tops[number] + heightOf(row)), row = rows[index];
  const isHit = (line) => {
    const course = line.isWait && isSeen(line, row) && courseOf(line, index);
    if (!course) return false;
    if (Math.abs(y - course.y) <= REACH) return isBetween(x, course.from, course.due);
    return Math.abs(x - course.from) <= REACH && isBetween(y, course.first, course.y);
  };
  const found = row ? row.lines.filter(isHit).map((line) => entries[line.position]) : [];
  return found.length ? { x, y, row: index, entries: found, isLine: true } : null;
};

const FEW_LINKS = 60; // more between two rows look like a grey area, unless each has room
const paintLinks = (near) => {
  const found = data.links
    .map(([cause, effect, arrival]) => [entries[cause], arrival < 0 ? entries[effect] : arrivals[arrival]])
    .filter(([cause, effect]) => {
      if (!cause.shown || !effect.shown || !heightOf(rows[effect.row]) || !isChosen(cause)) return false;
      const ends = [tops[cause.row], tops[effect.row]], top = Math.min(...ends);
      return overlaps(Math.min(cause.x, effect.x), Math.max(cause.x, effect.x)) && near(top, Math.max(...ends) + 40 - top);
    });
  const seen = new Set(), distance = found.length > FEW_LINKS ? NEAR : 3;
  for (const [cause, effect] of found) {
    const [x, toX] = [cause, effect].map((end) => tenths(at(end.x)));
    const [y, toY] = [cause, effect].map((end) => yOf(end.row, end.track, end.slot));
    const places = [x - at(0), toX - at(0)].map((place) => Math.round(place / distance));
    const key = `${places},${found.length > FEW_LINKS ? cause.row : y},${toY}`;
    if (seen.has(key)) continue;
    if (seen.size >= MOST_LINKS) break;
    seen.add(key);
    const side = toY > y ? 1 : -1, half = (y + toY) / 2;
    put("links", "link", `M${x} ${y + 8 * side}C${x} ${half} ${toX} ${half} ${toX} ${toY - 10 * side}`);
    put("links", "arrowhead", `M${toX - 3.3} ${toY - 14 * side}h6.6L${toX} ${toY - 7.4 * side}z`);
  }
};
