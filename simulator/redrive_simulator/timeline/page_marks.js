// Draws marks, the bars of attempts that took time, and the bars of what is only counted.

const SLICE = 6; // pixels: what is only counted within them is one bar

const clusters = (list, distance) => {
  const found = [];
  let cluster = null;
  for (const entry of list) {
    if (!entry.shown || !isNear(entry.x)) continue;
    const x = at(entry.x);
    if (!cluster || x - cluster.first >= distance) found.push((cluster = { first: x, entries: [] }));
    cluster.entries.push(entry);
  }
  return found;
};
// The heaviest chosen entry gives a cluster its look and place. Clusters keep a distance of NEAR.
const placeClusters = (found) => {
  let right = -NEAR;
  for (const cluster of found) {
    const inFront = cluster.entries.filter(isChosen), seen = inFront.length ? inFront : cluster.entries;
    const shown = seen.reduce((most, entry) => (entry.kind.weight > most.kind.weight ? entry : most));
    cluster.kind = shown.kind;
    cluster.x = Math.max(at(shown.x), right + NEAR);
    cluster.dim = !inFront.length;
    right = cluster.x + (shown.kind.loss ? 6 : 0); // the mark of a loss is larger
  }
};

const paintMarks = (row, index, layer, bars) => {
  for (const { track, slot, entries: all } of row.places.values()) {
    const y = yOf(index, track, slot);
    let found = clusters(all, NEAR);
    if (found.filter((cluster) => cluster.entries.length > 1).length > MANY) found = clusters(all, FAR);
    placeClusters(found);
    let taken = left;
    found.forEach((cluster, i) => {
      const after = (i + 1 < found.length ? found[i + 1].x : width) - cluster.x;
      taken = paintMark(cluster, y, slot, index, cluster.x - taken, after, layer);
    });
    if (slot === ON_LINE) paintBars(all, y, bars);
  }
  for (const arrival of row.arrivals) paintArrival(arrival, row, index, layer);
};
const markGroup = (item, tone, dim) => {
  const isPicked = item.entries.some((entry) => picked.includes(entry.position));
  const name = `mark ${tone}${dim ? " dim" : ""}${isPicked ? " chosen" : ""}`;
  const group = svg("g", { class: name, id: `i${items.length}`, role: "img", "aria-label": summary(item) });
  group.append(svg("circle", { class: "target", cx: item.x, cy: item.y, r: 10 }));
  addItem(item, group);
  return group;
};
const paintArrival = ({ position, x }, row, index, layer) => {
  const entry = entries[position];
  if (!entry.shown || !isNear(x)) return;
  const item = { x: at(x), y: yOf(index, 0, AT_STRIP), row: index, entries: [entry], label: `arrived in ${row.name}: ` };
  const group = markGroup(item, "kept", !isChosen(entry));
  group.append(svg("circle", { class: "hollow", cx: item.x, cy: item.y, r: 4.5, "stroke-width": 1.8 }));
  layer.append(group);
};

// Returns the place up to which a label takes the line.
const paintMark = (cluster, y, slot, row, before, after, layer) => {
  const { x, kind } = cluster, same = cluster.entries.filter((entry) => entry.kind === kind);
  const group = markGroup({ x, y, row, entries: cluster.entries }, kind.tone, cluster.dim);
  if (same.some((entry) => entry.lost)) {
    group.append(svg("path", { class: "lossline", d: `M${x} ${tops[row]}v${bodyOf(rows[row])}` }));
  }
  group.append(svg("use", { href: `#${kind.shape}`, transform: `translate(${x} ${y}) scale(${kind.scale})` }));
  layer.append(group);
  if (kind.loss) {
    const times = same.length > 1 ? `${number(same.length)}× ` : "";
    return labelLoss(group, `${times}${kind.value}`, x, y, before, after);
  }
  const text = numberOf(cluster, same, slot), wide = 6 * text.length;
  if (!text || after < wide + 10) return x + 8;
  group.append(svg("text", { class: "small halo", x: x + 7, y: slot === AT_STRIP ? y + 4 : y - 5 }, text));
  return x + wide + 8;
};
// A loss says what it is: to the right if there is room, or else to the left.
const labelLoss = (group, text, x, y, before, after) => {
  const wide = 7.2 * text.length + 26;
  if (after >= wide) {
    group.append(svg("text", { class: "losslabel halo", x: x + 13, y: y + 4 }, text));
    return x + wide - 8;
  }
  if (before >= wide) {
    group.append(svg("text", { class: "losslabel halo", x: x - 13, y: y + 4, "text-anchor": "end" }, text));
  }
  return x + 10;
};
const numberOf = (cluster, same, slot) => {
  const total = cluster.entries.length, entry = cluster.entries[0];
  if (slot === BELOW && same.length < 2) return "";
  if (total > 1) return same.length < total ? `${number(same.length)}/${number(total)}` : `×${number(total)}`;
  return isAttempt(entry) && entry.size > 1 ? number(entry.size) : "";
};

const paintBars = (all, y, layer) => {
  let drawn = -1;
  for (const entry of all) {
    if (!entry.shown || !overlaps(entry.left, entry.x)) continue;
    const from = Math.max(at(entry.left), left - 20), to = Math.min(at(entry.x), width + 20);
    if (to - from < 3 || to <= drawn + 1) continue;
    drawn = to;
    const name = `bar ${entry.kind.tone}${isChosen(entry) ? "" : " dim"}`;
    layer.append(svg("rect", { class: name, x: from, y: y - 3.5, width: to - from, height: 7, rx: 2 }));
  }
};

const paintCounted = (row, index, layer, top) => {
  const slices = new Map();
  for (const part of row.counted) {
    if (!overlaps(part.left, part.right) || part.kind.hidden) continue;
    const from = at(part.left), to = at(part.right), key = Math.floor(from / SLICE);
    const slice = slices.get(key) ?? { from, to, parts: [], count: 0 };
    slice.from = Math.min(slice.from, from);
    slice.to = Math.max(slice.to, to);
    slice.count += part.count;
    slice.parts.push(part);
    slices.set(key, slice);
  }
  for (const { from, to, parts, count } of slices.values()) {
    const tall = Math.min(FOOT - 3, 4 + 2.6 * Math.log10(count)), wide = Math.max(to - from, 5);
    const bar = svg("rect", { class: "counted", x: from, y: top + FOOT - 2 - tall, width: wide, height: tall });
    addItem({ x: from + wide / 2, y: top + FOOT / 2, row: index, entries: [], counted: parts }, bar);
    layer.append(bar);
  }
};
