// Joins entries whose marks would touch.

let changes = 0; // how often something was filtered or selected
const clusters = (list, distance, scale) => {
  const found = [];
  let cluster = null;
  for (const entry of list) {
    const x = entry.x * scale;
    if (!cluster || x - cluster.first >= distance) found.push((cluster = { first: x, entries: [] }));
    cluster.entries.push(entry);
  }
  return found;
};
// The heaviest chosen entry gives a cluster its look and place.
const lookOf = (cluster) => {
  const inFront = chosen === null ? cluster.entries : cluster.entries.filter(isChosen);
  const seen = inFront.length ? inFront : cluster.entries;
  const shown = seen.reduce((most, entry) => (entry.kind.weight > most.kind.weight ? entry : most));
  return { entries: cluster.entries, at: shown.x, kind: shown.kind, dim: !inFront.length };
};
// Finds the first entry that is at a place or behind it.
const firstFrom = (list, px, scale) => {
  let from = 0, to = list.length;
  while (from < to) {
    const half = (from + to) >> 1;
    if (list[half].x * scale < px) from = half + 1;
    else to = half;
  }
  return from;
};
// Entries are joined a screen at a time, counted from the start of the axis: what the view is moved over stays as it is,
// and is joined once.
const clustersOnScreen = (list, screen, scale) => {
  const wide = plotWidth(), [from, to] = [screen, screen + 1].map((edge) => firstFrom(list, edge * wide, scale));
  const part = list.slice(from, to).filter((entry) => entry.shown), found = clusters(part, NEAR, scale);
  const isCrowded = found.filter((cluster) => cluster.entries.length > 1).length > MANY;
  return (isCrowded ? clusters(part, FAR, scale) : found).map(lookOf);
};
// Returns the clusters near the view, and gives each a place: they keep a distance of NEAR.
const clustersOf = (place) => {
  const scale = scaleOf(), screenOf = (px) => Math.floor((px - at(0)) / plotWidth()), key = `${scale} ${changes}`;
  if (place.key !== key) Object.assign(place, { key, screens: new Map() });
  const found = [];
  for (let screen = screenOf(left) - 1; screen <= screenOf(width); screen++) {
    if (!place.screens.has(screen)) place.screens.set(screen, clustersOnScreen(place.entries, screen, scale));
    found.push(...place.screens.get(screen));
  }
  let right = -Infinity;
  for (const cluster of found) {
    cluster.x = Math.max(at(cluster.at), right + NEAR);
    right = cluster.x + (cluster.kind.loss ? 6 : 0); // the mark of a loss is larger
  }
  return found;
};
