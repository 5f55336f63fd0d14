// Filters entries by words, trouble, kind and lane, and makes the controls of the filters.

const query = byId("query"), onlyTrouble = byId("trouble");
const texts = new Map(); // cache of searched text, by position of the entry
let typing = 0;

const textOf = (entry) => {
  if (!texts.has(entry.position)) {
    const words = [entry.kind.value, entry.function, entry.reason, entry.place, rows[entry.row].name];
    for (const id of entry.ids) words.push(data.ids[id], events[id]?.payload ?? "", events[id]?.group ?? "");
    texts.set(entry.position, words.join("\n").toLowerCase());
  }
  return texts.get(entry.position);
};
const isInTrouble = (entry) => entry.kind.trouble || entry.lost || entry.ids.some((id) => troubled.has(id));

const filter = () => {
  const wanted = query.value.trim().toLowerCase();
  changes++;
  const isFiltered = Boolean(wanted || onlyTrouble.checked || kinds.some((kind) => kind.hidden));
  for (const row of rows) row.empty = isFiltered;
  let found = 0;
  for (const entry of entries) {
    const row = rows[entry.row];
    entry.shown = !entry.kind.hidden && !row.hidden && (!wanted || textOf(entry).includes(wanted)) &&
      (!onlyTrouble.checked || isInTrouble(entry));
    if (entry.shown) { found++; row.empty = false; }
  }
  for (const arrival of arrivals) if (arrival.shown) rows[arrival.row].empty = false;
  packTracks(isFiltered);
  const without = rows.filter((row) => row.empty && !row.hidden).length, closed = rows.filter((row) => row.hidden).length;
  const lanes = (count) => `${count} ${count === 1 ? "lane" : "lanes"}`;
  byId("status").textContent = listed([
    found < entries.length && `${number(found)} of ${number(entries.length)} entries`,
    without && `${lanes(without)} without any`,
    closed && `${lanes(closed)} hidden`,
  ], " · ");
  draw();
};
// Tracks on which nothing is left take no room.
const packTracks = (isFiltered) => {
  const used = rows.map((row) => new Set(isFiltered ? [] : Array(row.tracks).keys()));
  if (isFiltered) for (const entry of entries) if (entry.shown && entry.slot !== AT_STRIP) used[entry.row].add(entry.track);
  rows.forEach((row, index) => {
    row.dense = new Map([...used[index]].sort((a, b) => a - b).map((track, place) => [track, place]));
  });
};

const toggleOf = (kind) => {
  const picture = svg("svg", { width: 18, height: 18, viewBox: "-10 -10 20 20", "aria-hidden": "true", class: kind.tone });
  picture.append(svg("use", { href: `#${kind.shape}`, transform: `scale(${kind.scale})` }));
  const toggle = html("button",
    { type: "button", "aria-pressed": String(!kind.hidden), title: `Show or hide: ${kind.words}` },
    picture, kind.words, html("small", {}, number(kind.count)));
  toggle.addEventListener("click", () => {
    kind.hidden = !kind.hidden;
    toggle.setAttribute("aria-pressed", String(!kind.hidden));
    filter();
  });
  return toggle;
};
const showTools = () => {
  document.querySelector(".legend").replaceChildren(...kinds.filter((kind) => kind.count).map(toggleOf));
  const boxes = rows.map((row) => {
    const box = html("input", { type: "checkbox", onchange: () => { row.hidden = !box.checked; filter(); } });
    box.checked = !row.hidden;
    return box;
  });
  const all = (on) => () => {
    rows.forEach((row, index) => { row.hidden = !on; boxes[index].checked = on; });
    filter();
  };
  document.querySelector("#lanes .list").replaceChildren(
    button("All", all(true), ""), " ", button("None", all(false), ""),
    ...rows.map((row, index) => html("label", {}, boxes[index], row.name)),
  );
  byId("loss").hidden = !losses.length;
};
const searchFor = (words) => { query.value = words; filter(); };

query.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(filter, 120); });
onlyTrouble.addEventListener("change", filter);
