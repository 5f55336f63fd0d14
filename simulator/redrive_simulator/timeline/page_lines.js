// Draws lines: waits, the lines from an attempt to the next, and the arrows from row to row.

// Returns the path of a wait and the path of the connection after it, or null for a line too short to see.
const courseOf = (line, index) => {
  // Places far outside the view are moved to its border, so that paths stay short at any zoom.
  const near = (x) => Math.round(Math.min(Math.max(at(x), left - 60), width + 60) * 2) / 2;
  const from = near(line.x), due = near(line.due), end = near(line.end);
  if (end - from < 3 && line.from === line.to) return null;
  const [first, y, last] = [line.from, line.track, line.to].map((track) => yOf(index, track, ON_LINE));
  const start = first !== y ? `M${from} ${first}V${y}` : `M${from} ${y}`, finish = last !== y ? `V${last}` : "";
  const hasTail = line.isWait && end > due;
  const solid = hasTail ? `${start}H${due}` : `${start}H${end}${finish}`;
  const dotted = hasTail ? `M${due} ${y}H${end}${finish}` : "";
  return { line, solid, dotted, entries: [], x: (from + end) / 2, y, end };
};
const paintLines = (row, index, layer) => {
  const courses = new Map(); // lines of the same course are one
  for (const line of row.lines) {
    const isOnTracks = [line.from, line.track, line.to].every((track) => row.dense.has(track));
    if (!entries[line.position].shown || !overlaps(line.x, line.end) || !isOnTracks) continue;
    const course = courseOf(line, index);
    if (!course) continue;
    const key = course.solid + course.dotted;
    if (!courses.has(key)) courses.set(key, course);
    courses.get(key).entries.push(entries[line.position]);
  }
  for (const { line, solid, dotted, entries: of, x, y, end } of courses.values()) {
    const inFront = of.some(isChosen);
    const group = svg("g", { class: (inFront ? "" : "dim") + (chosen && inFront ? " onlines" : "") });
    group.append(svg("path", { class: line.isWait ? "wait" : "tree", d: solid }));
    if (dotted) group.append(svg("path", { class: "tail", d: dotted }));
    if (line.open) group.append(svg("path", { class: "cut", d: `M${end + 4} ${y - 4}l5 4-5 4` }));
    if (line.isWait) {
      group.append(svg("path", { class: "hit", d: solid })); // wide, as a thin line is hard to point at
      addItem({ x, y, row: index, entries: of, isLine: true }, group);
    }
    layer.append(group);
  }
};

const effectOf = (effectAt, arrivalAt) => {
  if (arrivalAt < 0) return entries[effectAt];
  const [, row, x] = data.arrivals[arrivalAt];
  return { row, track: 0, slot: AT_STRIP, x, shown: true };
};
const paintLinks = (layer, near) => {
  const seen = new Set();
  for (const [causeAt, effectAt, arrivalAt] of data.links) {
    const cause = entries[causeAt], effect = effectOf(effectAt, arrivalAt);
    if (!cause.shown || !effect.shown || !heightOf(rows[effect.row]) || !isChosen(cause)) continue;
    if (!overlaps(Math.min(cause.x, effect.x), Math.max(cause.x, effect.x))) continue;
    const ends = [tops[cause.row], tops[effect.row]], top = Math.min(...ends), bottom = Math.max(...ends) + 40;
    if (!near(top, bottom - top)) continue;
    const [x, toX] = [cause, effect].map((end) => at(end.x));
    const [y, toY] = [cause, effect].map((end) => yOf(end.row, end.track, end.slot));
    const key = `${Math.round(x / 3)},${y},${Math.round(toX / 3)},${toY}`;
    if (seen.has(key)) continue;
    if (seen.size >= MOST_LINKS) break;
    seen.add(key);
    const gap = toY > y ? 8 : -8, half = (y + toY) / 2;
    const path = `M${x} ${y + gap}C${x} ${half} ${toX} ${half} ${toX} ${toY - gap}`;
    layer.append(svg("path", { class: "link", d: path, "marker-end": "url(#arrow)" }));
  }
};
