"use strict";
// All text of the simulation is put on the page by textContent and setAttribute: never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const STRIP = 18, TRACK = 40, LOW = 26, ROW = 36, FOOT = 18, NEAR = 13, FAR = 54, MANY = 8, LEAD = 14, MOST_LINKS = 400;
  const [AT_STRIP, ON_LINE, BELOW] = [0, 1, 2];

  const svg = (tag, attributes, text) => {
    const element = document.createElementNS(SVG, tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const html = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const name in attributes) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), attributes[name]);
      else element.setAttribute(name, attributes[name]);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };

  const thousands = new Intl.NumberFormat("en");

  // Words.

  const two = (number) => String(number).padStart(2, "0");
  const clock = (seconds, whole) => {
    const all = Math.round(Math.abs(seconds) * 1000), rest = Math.floor(all / 1000), fraction = all % 1000;
    const days = Math.floor(rest / 86400), hours = Math.floor(rest / 3600) % 24;
    const text = `${days ? `${days}d ${two(hours)}` : hours}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
    return (seconds < 0 ? "-" : "") + text + (whole && !fraction ? "" : `.${String(fraction).padStart(3, "0")}`);
  };
  const span = (seconds) => {
    if (seconds <= 0) return "0 s";
    if (seconds < 0.00095) return "<1 ms";
    if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
    for (const [unit, name, smaller, smallerName] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
      const whole = Math.round(seconds / smaller) * smaller, rest = (whole % unit) / smaller;
      if (whole >= unit) return `${Math.floor(whole / unit)} ${name}${rest ? ` ${rest} ${smallerName}` : ""}`;
    }
    return `${seconds} s`;
  };
  const number = (value) => (value < 1000 ? String(value) : thousands.format(value));
  const middle = (text, most) =>
    text.length <= most ? text : `${text.slice(0, (most - 1) >> 1)}…${text.slice(text.length - (most - 1 - ((most - 1) >> 1)))}`;

  const [shortLength, shortTail] = data.short;
  const short = (id) => {
    const text = data.ids[id];
    if (!shortLength || text.length <= shortLength + 2) return text;
    return shortTail ? `…${text.slice(-shortLength)}` : `${text.slice(0, shortLength)}…`;
  };

  // The history.

  const kinds = data.kinds.map(([value, tone, weight, words, scale, shape, count, trouble, loss]) =>
    ({ value, tone, weight, words, scale, shape, count, trouble, loss, hidden: false }));
  const rows = data.rows.map(([source, lane, tracks, strip]) =>
    ({ source, lane, tracks, strip, name: lane ? `${source} ${lane}` : source, hidden: false, below: false, counted: [], arrivals: [], lines: [], places: new Map() }));
  const numbersOf = (runs) => {
    const numbers = [];
    for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) numbers.push(runs[i] + k);
    return numbers;
  };
  const RETRY = kinds.findIndex((kind) => kind.value === "retry");
  const SENT = kinds.findIndex((kind) => kind.value === "sent");
  const attemptKinds = new Set(["succeeded", "partly failed", "failed", "timed out", "crashed", "throttled", "refused"]);
  const entries = data.entries.map((e, position) => ({
    position, number: e[0], time: e[1], kind: kinds[e[2]], kindNumber: e[2], row: e[3], track: e[4], slot: e[5], left: e[6], x: e[7],
    function: data.strings[e[8]], runs: e[9], attempt: e[10], duration: e[11], until: e[12], parent: e[13],
    place: data.strings[e[14]], reason: data.strings[e[15]], lost: e[16], shown: true, found: true,
    get ids() { return (this.all ??= numbersOf(this.runs)); },
    get size() { let size = 0; for (let i = 1; i < this.runs.length; i += 2) size += this.runs[i]; return size; },
  }));
  const isAttempt = (entry) => attemptKinds.has(entry.kind.value);
  const lines = data.lines.map(([position, row, x, from, track, end, to, due, events, open]) =>
    ({ position, row, x, from, track, end, to, due, events, open, isWait: due > x || open || entries[position].kindNumber === RETRY }));
  const axis = data.axis.map(([start, end, left, right, broken]) => ({ start, end, left, right, broken }));
  const whole = axis.length ? axis[axis.length - 1].right : 0;
  const edge = Math.max(whole * 0.01, 1);

  const ofEvent = data.ids.map(() => []);
  const effects = data.ids.map(() => []);
  data.events.forEach((event, id) => { if (event && event[4] >= 0) effects[event[4]].push(id); });
  for (const entry of entries) {
    for (const id of entry.ids) ofEvent[id].push(entry.position);
    const row = rows[entry.row];
    if (entry.slot === BELOW) row.below = true;
    if (entry.kindNumber !== RETRY) {
      const place = entry.track * 3 + entry.slot;
      if (!row.places.has(place)) row.places.set(place, []);
      row.places.get(place).push(entry);
    }
  }
  for (const row of rows) for (const place of row.places.values()) place.sort((a, b) => a.x - b.x || a.position - b.position);
  for (const line of lines) rows[line.row].lines.push(line);
  for (const [row, kind, left, right, start, end, count] of data.counted) rows[row].counted.push({ kind: kinds[kind], left, right, start, end, count });
  for (const [position, row, x] of data.arrivals) rows[row].arrivals.push({ position, x });
  // Without a line of its own a wait would be shown nowhere.
  const lined = new Set(lines.map((line) => line.position));
  for (const entry of entries) {
    if (entry.kindNumber === RETRY && !lined.has(entry.position)) {
      const place = entry.track * 3 + ON_LINE, places = rows[entry.row].places;
      places.set(place, [...(places.get(place) ?? []), entry].sort((a, b) => a.x - b.x));
    }
  }
  const losses = entries.filter((entry) => entry.lost);
  const troubled = new Set();
  for (const entry of entries) if (entry.kind.trouble) for (const id of entry.ids) troubled.add(id);
  for (const id of troubled) for (const effect of effects[id]) troubled.add(effect);

  // What is looked at.

  const view = { left: -edge, right: whole + edge };
  let chosen = null; // events, by number
  let picked = []; // entries, by position
  let focused = null; // the position of an entry, in whatever mark it is drawn
  let items = []; // what is drawn and can be pointed at
  let tops = [];
  let isPrinted = false;
  let width = 1000, left = 180;

  const family = (ids) => {
    const all = new Set(ids);
    for (const id of all) for (const effect of effects[id]) all.add(effect);
    for (const id of ids) for (let cause = data.events[id]?.[4] ?? -1; cause >= 0 && !all.has(cause); cause = data.events[cause]?.[4] ?? -1) all.add(cause);
    return all;
  };
  const isChosen = (entry) => chosen === null || entry.ids.some((id) => chosen.has(id));
  const at = (x) => left + LEAD + ((x - view.left) / (view.right - view.left)) * (width - left - 2 * LEAD - 8);
  const back = (px) => view.left + ((px - left - LEAD) / (width - left - 2 * LEAD - 8)) * (view.right - view.left);

  // Filters.

  const texts = new Map();
  const textOf = (entry) => {
    if (!texts.has(entry.position)) {
      const words = [entry.kind.value, entry.function, entry.reason, entry.place, rows[entry.row].name];
      for (const id of entry.ids) words.push(data.ids[id], data.events[id]?.[2] ?? "", data.events[id]?.[3] ?? "");
      texts.set(entry.position, words.join("\n").toLowerCase());
    }
    return texts.get(entry.position);
  };
  const filter = () => {
    const query = byId("query").value.trim().toLowerCase(), onlyTrouble = byId("trouble").checked;
    let found = 0, some = new Set();
    for (const entry of entries) {
      entry.found = (!query || textOf(entry).includes(query)) && (!onlyTrouble || entry.kind.trouble || entry.lost || entry.ids.some((id) => troubled.has(id)));
      entry.shown = entry.found && !entry.kind.hidden && !rows[entry.row].hidden;
      if (entry.shown) { found++; some.add(entry.row); }
    }
    const isFiltered = query || onlyTrouble || kinds.some((kind) => kind.hidden);
    for (const row of rows) row.empty = Boolean(isFiltered);
    for (const row of some) rows[row].empty = false;
    // Tracks on which there is nothing left take no room.
    const used = rows.map((row) => new Set(isFiltered ? [] : Array(row.tracks).keys()));
    if (isFiltered) for (const entry of entries) if (entry.shown && entry.slot !== AT_STRIP) used[entry.row].add(entry.track);
    rows.forEach((row, index) => { row.dense = new Map([...used[index]].sort((a, b) => a - b).map((track, place) => [track, place])); });
    for (const [position, row] of data.arrivals) if (entries[position].shown) rows[row].empty = false;
    const without = rows.filter((row) => row.empty && !row.hidden).length, closed = rows.filter((row) => row.hidden).length;
    byId("status").textContent = [
      found < entries.length ? `${number(found)} of ${number(entries.length)} entries` : "",
      without ? `${without} ${without === 1 ? "lane" : "lanes"} without any` : "",
      closed ? `${closed} ${closed === 1 ? "lane" : "lanes"} hidden` : "",
    ].filter(Boolean).join(" · ");
    draw();
  };

  // Drawing.

  let planned = 0;
  const draw = () => { planned ||= requestAnimationFrame(() => { planned = 0; paint(); }); };
  const heightOf = (row) =>
    row.hidden || row.empty ? 0
      : Math.max(ROW, STRIP * row.strip + row.dense.size * (row.below ? TRACK : LOW) + 6) + (row.counted.length ? FOOT : 0);
  const bodyOf = (row) => heightOf(row) - (row.counted.length ? FOOT : 0);
  const yOf = (number, track, slot) => {
    const row = rows[number], top = tops[number];
    if (slot === AT_STRIP) return top + (row.dense.size ? 12 : bodyOf(row) / 2);
    return top + STRIP * row.strip + (row.dense.get(track) ?? 0) * (row.below ? TRACK : LOW) + (slot === ON_LINE ? 16 : 32);
  };

  const paint = () => {
    const drawing = byId("drawing");
    width = Math.max(drawing.parentNode.clientWidth, 320);
    const longest = rows.reduce((most, row) => (row.hidden || row.empty ? most : Math.max(most, row.source.length, row.lane.length)), 0);
    left = Math.min(Math.max(80, 26 + longest * 6.9), 0.3 * width);
    let height = 0;
    tops = rows.map((row) => { const top = height; height += heightOf(row); return top; });
    for (const [id, tall] of [["drawing", Math.max(height, 60)], ["axis", 40], ["overview", 26]]) {
      byId(id).setAttribute("viewBox", `0 0 ${width} ${tall}`);
      byId(id).setAttribute("height", tall);
    }
    const box = drawing.getBoundingClientRect();
    const near = (top, tall) => tall > 0 && (isPrinted || (top + tall > -box.top - 300 && top < innerHeight - box.top + 300));
    items = [];
    const layers = ["bands", "grid", "links", "lines", "bars", "marks", "names"].map((name) => svg("g", { class: name }));
    const [bands, grid, links, lineLayer, bars, marks, names] = layers;
    bands.append(svg("clipPath", { id: "names-clip" }), svg("clipPath", { id: "plot-clip" }));
    bands.children[0].append(svg("rect", { width: left - 4, height: Math.max(height, 1) }));
    bands.children[1].append(svg("rect", { x: left, width: Math.max(width - left, 1), height: Math.max(height, 1) }));
    for (const layer of [grid, links, lineLayer, bars, marks]) layer.setAttribute("clip-path", "url(#plot-clip)");
    paintAxis(grid, height);
    let odd = false;
    rows.forEach((row, index) => {
      const tall = heightOf(row);
      if (tall) odd = !odd;
      if (!near(tops[index], tall)) return;
      if (odd) bands.append(svg("rect", { class: "rowband", width, y: tops[index], height: tall }));
      paintName(row, index, names, tall);
      paintLines(row, index, lineLayer);
      paintMarks(row, index, marks, bars);
      paintCounted(row, index, marks, tops[index] + tall - FOOT);
    });
    paintLinks(links, near);
    if (!entries.length && !data.counted.length) names.append(svg("text", { x: 16, y: 34 }, "Nothing happened."));
    else if (!height) names.append(svg("text", { x: 16, y: 34 }, "Nothing matches what is looked for."));
    drawing.replaceChildren(...layers);
    paintOverview();
    showFocus();
  };

  const paintName = (row, index, layer, tall) => {
    const room = Math.floor((left - 18) / 6.9);
    const group = svg("g", { "clip-path": "url(#names-clip)" });
    group.append(svg("title", {}, row.name));
    const y = tops[index] + (row.lane || row.counted.length ? 15 : tall / 2 + 4);
    group.append(svg("text", { class: "name", x: 16, y }, middle(row.source, room)));
    if (row.lane) group.append(svg("text", { class: "t-faint", x: 16, y: tops[index] + 29 }, middle(row.lane, room)));
    if (row.counted.length) group.append(svg("text", { class: "t-faint small", x: 16, y: tops[index] + tall - 5 }, "only counted"));
    layer.append(group);
  };

  const paintAxis = (grid, height) => {
    const layer = [], taken = [];
    const label = (time, x) => {
      const text = clock(time, true), half = text.length * 3.1 + 4;
      const middleOf = Math.min(x, width - half - 2);
      const fits = middleOf - half > left - 34 && taken.every(([from, to]) => middleOf + half <= from || middleOf - half >= to);
      if (fits) { taken.push([middleOf - half, middleOf + half]); layer.push(svg("text", { class: "t-faint", x: middleOf, y: 26, "text-anchor": "middle" }, text)); }
      layer.push(svg("path", { class: "gridline", d: `M${x} 31V40` }));
      grid.append(svg("path", { class: "gridline", d: `M${x} 0V${height}` }));
    };
    const isIn = (x) => x >= view.left - edge && x <= view.right + edge;
    for (const part of axis) {
      if (part.start === part.end && part.right > part.left && part.right >= view.left && part.left <= view.right) {
        const from = at(part.left) - 4, wide = at(part.right) - from + 4;
        layer.push(svg("rect", { class: "instant", x: from, y: 33, width: wide, height: 7 }));
        grid.append(svg("rect", { class: "instant", x: from, y: 0, width: wide, height }));
      }
    }
    if (axis.length && isIn(axis[0].left)) label(axis[0].start, at(axis[0].left));
    for (const part of axis) if (part.broken && isIn(part.right)) label(part.end, at(part.right));
    let instant = null;
    for (const part of axis) {
      const before = instant;
      instant = part.start === part.end ? part.start : null;
      if (part.start === part.end || part.right < view.left || part.left > view.right) continue;
      const from = at(part.left), scale = (at(part.right) - from) / (part.end - part.start);
      const seen = [Math.max(part.left, view.left), Math.min(part.right, view.right)];
      if (part.broken && at(part.right) - from < 200) continue;
      const unit = data.ticks.find((tick) => tick * scale >= 82) ?? data.ticks[data.ticks.length - 1];
      const time = (x) => part.start + ((x - part.left) / (part.right - part.left)) * (part.end - part.start);
      const last = Math.floor(time(seen[1]) / unit + 1e-6);
      for (let n = Math.ceil(time(seen[0]) / unit - 1e-6); n <= last; n++) if (before === null || Math.abs(n * unit - before) > 1e-6) label(n * unit, from + (n * unit - part.start) * scale);
    }
    const labelled = [];
    for (const part of axis) {
      if (!part.broken || part.right < view.left || part.left > view.right) continue;
      const x = at((part.left + part.right) / 2), words = span(part.end - part.start);
      grid.append(zigzag(x, height));
      layer.push(svg("path", { class: "cut", d: `M${x - 5} 40l3-10M${x + 1} 40l3-10` }));
      const half = words.length * 2.8 + 3;
      if (x - half > left - 20 && labelled.every((other) => Math.abs(other.x - x) >= other.half + half)) {
        labelled.push({ x, half });
        layer.push(svg("text", { class: "t-faint small", x: Math.min(x, width - half), y: 11, "text-anchor": "middle" }, words));
      }
    }
    byId("axis").replaceChildren(...layer);
  };

  const zigzag = (x, height) => {
    const group = svg("g", {}), steps = Math.max(2, Math.round(height / 8));
    group.append(svg("rect", { class: "cutground", x: x - 4, width: 8, height }));
    let path = "";
    for (const from of [x - 4, x + 4]) {
      path += `M${from} 0`;
      for (let step = 0; step < steps; step++) path += `l${step % 2 ? -3 : 3} ${height / steps}`;
    }
    group.append(svg("path", { class: "cut", d: path }));
    return group;
  };

  const clusters = (place, distance) => {
    const found = [];
    let cluster = null;
    for (const entry of place) {
      if (!entry.shown || entry.x < view.left - edge || entry.x > view.right + edge) continue;
      const x = at(entry.x);
      if (!cluster || x - cluster.first >= distance) found.push((cluster = { first: x, entries: [] }));
      cluster.entries.push(entry);
    }
    return found;
  };

  const paintMarks = (row, index, layer, bars) => {
    for (const [place, all] of row.places) {
      const track = Math.floor(place / 3), slot = place % 3, y = yOf(index, track, slot);
      let found = clusters(all, NEAR);
      if (found.filter((cluster) => cluster.entries.length > 1).length > MANY) found = clusters(all, FAR);
      let right = -NEAR;
      for (const cluster of found) {
        const inFront = chosen === null ? cluster.entries : cluster.entries.filter(isChosen);
        const shown = (inFront.length ? inFront : cluster.entries).reduce((most, entry) => (entry.kind.weight > most.kind.weight ? entry : most));
        cluster.kind = shown.kind;
        cluster.x = Math.max(at(shown.x), right + NEAR);
        right = cluster.x + (shown.kind.loss ? 6 : 0);
        cluster.dim = !inFront.length;
      }
      let taken = left;
      found.forEach((cluster, i) => {
        const after = (i + 1 < found.length ? found[i + 1].x : width) - cluster.x;
        taken = paintMark(cluster, y, slot, index, cluster.x - taken, after, layer);
      });
      if (slot === ON_LINE) paintBars(all, y, bars);
    }
    for (const arrival of row.arrivals) {
      const entry = entries[arrival.position];
      if (!entry.shown || arrival.x < view.left - edge || arrival.x > view.right + edge) continue;
      const item = { x: at(arrival.x), y: yOf(index, 0, AT_STRIP), row: index, entries: [entry], label: `arrived in ${row.name}: ` };
      const group = markGroup(item, "kept", !isChosen(entry));
      group.append(svg("circle", { class: "hollow", cx: item.x, cy: item.y, r: 4.5, "stroke-width": 1.8 }));
      layer.append(group);
    }
  };

  const markGroup = (item, tone, dim) => {
    const isPicked = item.entries.some((entry) => picked.includes(entry.position));
    const group = svg("g", { class: `mark ${tone}${dim ? " dim" : ""}${isPicked ? " chosen" : ""}`, id: `i${items.length}`, "data-item": items.length, role: "img", "aria-label": summary(item) });
    group.append(svg("circle", { class: "target", cx: item.x, cy: item.y, r: 10 }));
    item.node = group;
    items.push(item);
    return group;
  };

  // Draws a mark and what is written beside it, and says up to where the line is taken then.
  const paintMark = (cluster, y, slot, row, before, after, layer) => {
    const { x, kind } = cluster, total = cluster.entries.length;
    const same = cluster.entries.filter((entry) => entry.kind === kind);
    const item = { x, y, row, entries: cluster.entries };
    const group = markGroup(item, kind.tone, cluster.dim);
    if (same.some((entry) => entry.lost)) group.append(svg("path", { class: "lossline", d: `M${x} ${tops[row]}v${bodyOf(rows[row])}` }));
    group.append(svg("use", { href: `#${kind.shape}`, transform: `translate(${x} ${y}) scale(${kind.scale})` }));
    layer.append(group);
    if (kind.loss) {
      const text = same.length > 1 ? `${number(same.length)}× ${kind.value}` : kind.value, wide = 7.2 * text.length + 26;
      if (after >= wide) {
        group.append(svg("text", { class: "losslabel halo", x: x + 13, y: y + 4 }, text));
        return x + wide - 8;
      }
      if (before >= wide) group.append(svg("text", { class: "losslabel halo", x: x - 13, y: y + 4, "text-anchor": "end" }, text));
      return x + 10;
    }
    let text = total === 1 ? "" : same.length < total ? `${number(same.length)}/${number(total)}` : `×${number(total)}`;
    if (total === 1 && isAttempt(cluster.entries[0]) && cluster.entries[0].size > 1) text = number(cluster.entries[0].size);
    if (slot === BELOW && same.length < 2) text = "";
    if (!text || after < 6 * text.length + 10) return x + 8;
    group.append(svg("text", { class: "small halo", x: x + 7, y: slot === AT_STRIP ? y + 4 : y - 5 }, text));
    return x + 6 * text.length + 8;
  };

  const paintBars = (all, y, layer) => {
    let drawn = -1;
    for (const entry of all) {
      if (!entry.shown || entry.x < view.left || entry.left > view.right) continue;
      const from = Math.max(at(entry.left), left - 20), to = Math.min(at(entry.x), width + 20);
      if (to - from < 3 || to <= drawn + 1) continue;
      drawn = to;
      layer.append(svg("rect", { class: `bar ${entry.kind.tone}${isChosen(entry) ? "" : " dim"}`, x: from, y: y - 3.5, width: to - from, height: 7, rx: 2 }));
    }
  };

  const paintLines = (row, index, layer) => {
    const courses = new Map();
    for (const line of row.lines) {
      if (!entries[line.position].shown || line.end < view.left || line.x > view.right) continue;
      if (![line.from, line.track, line.to].every((track) => row.dense.has(track))) continue;
      const far = (x) => Math.round(Math.min(Math.max(at(x), left - 60), width + 60) * 2) / 2;
      const from = far(line.x), due = far(line.due), end = far(line.end);
      if (end - from < 3 && line.from === line.to) continue;
      const y = yOf(index, line.track, ON_LINE), first = yOf(index, line.from, ON_LINE), last = yOf(index, line.to, ON_LINE);
      const start = first !== y ? `M${from} ${first}V${y}` : `M${from} ${y}`, finish = last !== y ? `V${last}` : "";
      const solid = line.isWait && end > due ? `${start}H${due}` : `${start}H${end}${finish}`;
      const dotted = line.isWait && end > due ? `M${due} ${y}H${end}${finish}` : "";
      const key = solid + dotted, course = courses.get(key);
      if (course) course.positions.push(line.position);
      else courses.set(key, { line, solid, dotted, positions: [line.position], x: (from + end) / 2, y, end });
    }
    for (const { line, solid, dotted, positions, x, y, end } of courses.values()) {
      const of = positions.map((position) => entries[position]), inFront = of.some(isChosen);
      const group = svg("g", { class: (inFront ? "" : "dim") + (chosen && inFront ? " onlines" : ""), "data-item": items.length });
      group.append(svg("path", { class: line.isWait ? "wait" : "tree", d: solid }));
      if (dotted) group.append(svg("path", { class: "tail", d: dotted }));
      if (line.open) group.append(svg("path", { class: "cut", d: `M${end + 4} ${y - 4}l5 4-5 4` }));
      if (line.isWait) {
        group.append(svg("path", { class: "hit", d: solid }));
        items.push({ x, y, row: index, entries: of, isLine: true, node: group });
      } else group.removeAttribute("data-item");
      layer.append(group);
    }
  };

  const paintCounted = (row, index, layer, top) => {
    const slices = new Map();
    for (const part of row.counted) {
      if (part.right < view.left || part.left > view.right || part.kind.hidden) continue;
      const key = Math.floor(at(part.left) / 6);
      if (!slices.has(key)) slices.set(key, { from: Infinity, to: -Infinity, parts: [], count: 0 });
      const slice = slices.get(key);
      slice.from = Math.min(slice.from, at(part.left));
      slice.to = Math.max(slice.to, at(part.right));
      slice.count += part.count;
      slice.parts.push(part);
    }
    for (const slice of slices.values()) {
      const tall = Math.min(FOOT - 3, 4 + 2.6 * Math.log10(slice.count)), wide = Math.max(slice.to - slice.from, 5);
      const bar = svg("rect", { class: "counted", x: slice.from, y: top + FOOT - 2 - tall, width: wide, height: tall, "data-item": items.length });
      items.push({ x: slice.from + wide / 2, y: top + FOOT / 2, row: index, entries: [], counted: slice.parts, node: bar });
      layer.append(bar);
    }
  };

  const paintLinks = (layer, near) => {
    let drawn = 0;
    const seen = new Set();
    for (const [causeAt, effectAt, arrivalAt] of data.links) {
      const cause = entries[causeAt];
      const effect = arrivalAt >= 0 ? { row: data.arrivals[arrivalAt][1], track: 0, slot: AT_STRIP, x: data.arrivals[arrivalAt][2], shown: true } : entries[effectAt];
      if (!cause.shown || !effect.shown || !heightOf(rows[effect.row])) continue;
      if (chosen && !isChosen(cause)) continue;
      if (Math.max(cause.x, effect.x) < view.left || Math.min(cause.x, effect.x) > view.right) continue;
      const top = Math.min(tops[cause.row], tops[effect.row]), bottom = Math.max(tops[cause.row], tops[effect.row]) + 40;
      if (!near(top, bottom - top)) continue;
      const x = at(cause.x), y = yOf(cause.row, cause.track, cause.slot), toX = at(effect.x), toY = yOf(effect.row, effect.track, effect.slot);
      const gap = toY > y ? 8 : -8, half = (y + toY) / 2;
      const key = `${Math.round(x / 3)},${y},${Math.round(toX / 3)},${toY}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (++drawn > MOST_LINKS) break;
      layer.append(svg("path", { class: "link", d: `M${x} ${y + gap}C${x} ${half} ${toX} ${half} ${toX} ${toY - gap}`, "marker-end": "url(#arrow)" }));
    }
  };

  const paintOverview = () => {
    const map = byId("overview"), from = left + LEAD, wide = width - left - 2 * LEAD - 8, bins = new Map();
    const place = (x) => from + ((x + edge) / (whole + 2 * edge)) * wide;
    const add = (x, trouble, lost, count) => {
      const key = Math.round(place(x) / 3), bin = bins.get(key) ?? { any: 0, fail: 0, lost: 0 };
      bin.any += count; bin.fail += trouble * count; bin.lost += lost * count;
      bins.set(key, bin);
    };
    for (const entry of entries) if (entry.shown) add(entry.x, entry.kind.trouble && !entry.lost ? 1 : 0, entry.lost, 1);
    for (const part of data.counted) add((part[2] + part[3]) / 2, kinds[part[1]].trouble, kinds[part[1]].loss, part[6]);
    const paths = { any: "", fail: "", lost: "" };
    for (const [key, bin] of bins) {
      for (const name in paths) {
        if (!bin[name]) continue;
        const tall = name === "lost" ? 22 : Math.min(20, 4 + 4 * Math.log10(bin[name]));
        paths[name] += `M${key * 3 - 1} 24v${-tall}h3v${tall}z`;
      }
    }
    const x = place(view.left), windowWide = Math.max(place(view.right) - x, 4);
    map.replaceChildren(
      svg("rect", { class: "frame", x: from, y: 2, width: wide, height: 22 }),
      svg("path", { class: "ov-any", d: paths.any }), svg("path", { class: "ov-fail", d: paths.fail }), svg("path", { class: "ov-lost", d: paths.lost }),
      svg("rect", { class: "window", x, y: 1.5, width: windowWide, height: 23, rx: 2 }),
      svg("text", { class: "t-faint small", x: 16, y: 17 }, "overview"),
    );
    map.place = { from, wide };
  };

  // Zoom and pan.

  const look = (from, to) => {
    const least = Math.max(whole * 1e-6, 1e-3), most = whole + 2 * edge;
    let wide = Math.min(Math.max(to - from, least), most);
    let start = from + (to - from - wide) / 2;
    start = Math.min(Math.max(start, -edge), whole + edge - wide);
    view.left = start;
    view.right = start + wide;
    hideTip();
    draw();
  };
  const zoom = (factor, x = (view.left + view.right) / 2) => look(x - (x - view.left) / factor, x + (view.right - x) / factor);
  const pan = (share) => { const by = (view.right - view.left) * share; look(view.left + by, view.right + by); };
  const fit = () => look(-edge, whole + edge);
  const goTo = (entry) => {
    const wide = view.right - view.left;
    if (entry.x < view.left + wide * 0.05 || entry.x > view.right - wide * 0.05) look(entry.x - wide / 2, entry.x + wide / 2);
    if (planned) { cancelAnimationFrame(planned); planned = 0; }
    paint();
    const box = byId("drawing").getBoundingClientRect(), y = box.top + yOf(entry.row, entry.track, entry.slot);
    if (y < 90 || y > innerHeight - 40) { scrollBy(0, y - innerHeight / 2); paint(); }
    focused = entry.position;
    showFocus(true);
  };

  // Words for what is pointed at.

  const few = (entry, most) => {
    const ids = entry.ids;
    return ids.slice(0, most).map(short).join(", ") + (ids.length > most ? ` and ${number(ids.length - most)} more` : "");
  };
  const why = (entry) => [
    isAttempt(entry) && entry.function ? entry.function : "",
    entry.duration ? `took ${span(entry.duration)}` : "",
    entry.place ? `→ ${entry.place}` : "",
    entry.until !== null ? `for ${span(entry.until - entry.time)}, until ${clock(entry.until)}` : "",
    entry.reason,
  ].filter(Boolean).join("; ");
  const what = (entry) => (entry.kindNumber === RETRY ? "waiting for a retry" : entry.kind.value) + (isAttempt(entry) && entry.attempt ? `, attempt ${entry.attempt}` : "");
  const talliesOf = (list) => {
    const tally = new Map();
    for (const [kind, count] of list) tally.set(kind, (tally.get(kind) ?? 0) + count);
    return [...tally].sort((a, b) => b[0].weight - a[0].weight).map(([kind, count]) => `${number(count)} ${kind.value}`).join(", ");
  };
  const summary = (item) => {
    const lane = rows[item.row].name;
    if (item.counted) return `${lane}: ${talliesOf(item.counted.map((part) => [part.kind, part.count]))}, only counted`;
    if (item.entries.length > 1) return `${lane}: ${item.entries.length} marks: ${talliesOf(item.entries.map((entry) => [entry.kind, 1]))}`;
    const entry = item.entries[0];
    return `${item.label ?? ""}${clock(entry.time)}, ${rows[entry.row].name}: ${what(entry)}${entry.size ? `, ${few(entry, 3)}` : ""}${why(entry) ? `: ${why(entry)}` : ""}`;
  };

  const tip = byId("tip");
  const fillTip = (item) => {
    tip.replaceChildren();
    const line = (text, name = "") => text && tip.append(html("div", { class: name }, text));
    if (item.counted) {
      const start = Math.min(...item.counted.map((part) => part.start)), end = Math.max(...item.counted.map((part) => part.end));
      tip.append(html("b", {}, "Only counted"));
      line(`${clock(start)} to ${clock(end)}`, "faint");
      line(talliesOf(item.counted.map((part) => [part.kind, part.count])));
      return;
    }
    if (item.entries.length > 1) {
      tip.append(html("b", {}, `${number(item.entries.length)} in one place`));
      line(talliesOf(item.entries.map((entry) => [entry.kind, 1])));
      const worst = [...item.entries].sort((a, b) => b.kind.weight - a.kind.weight).slice(0, 3);
      for (const entry of worst) line(`${clock(entry.time)} ${what(entry)}, ${few(entry, 2)}${entry.reason ? `: ${entry.reason.slice(0, 120)}` : ""}`);
      if (item.entries.length > 3) line("…", "faint");
      line("Click to list them, double click to zoom in.", "faint");
      return;
    }
    const entry = item.entries[0];
    tip.append(html("b", { class: entry.lost ? "is-lost" : "" }, what(entry) + (entry.lost ? ": LOST" : "")));
    line(`${clock(entry.time)}${entry.duration ? ` to ${clock(entry.time + entry.duration)}` : ""} · ${rows[entry.row].name}`, "faint");
    line(why(entry));
    if (entry.size) line(entry.size > 1 ? `${number(entry.size)} events: ${few(entry, 4)}` : data.ids[entry.ids[0]]);
    const event = entry.size === 1 ? data.events[entry.ids[0]] : null;
    if (event) {
      line([event[3] !== null ? `group ${event[3]}` : "", event[4] >= 0 ? `from ${short(event[4])}` : ""].filter(Boolean).join(" · "), "faint");
      line((event[2] ?? "").slice(0, 400), "text");
    }
  };
  const showTip = (item, x, y) => {
    fillTip(item);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(6, Math.min(x + 16, document.documentElement.clientWidth - box.width - 8))}px`;
    tip.style.top = `${Math.max(6, y + 18 + box.height > innerHeight ? y - box.height - 14 : y + 18)}px`;
  };
  const hideTip = () => { tip.hidden = true; };

  const focusedItem = () =>
    focused === null ? null : items.find((item) => !item.isLine && item.entries.some((entry) => entry.position === focused)) ?? null;
  const showFocus = (withTip = false) => {
    const item = focusedItem(), chart = byId("chart");
    for (const node of chart.querySelectorAll(".focus")) node.classList.remove("focus");
    if (!item || !item.node) { chart.removeAttribute("aria-activedescendant"); return; }
    item.node.classList.add("focus");
    if (item.node.id) chart.setAttribute("aria-activedescendant", item.node.id);
    if (withTip) {
      const box = byId("drawing").getBoundingClientRect();
      showTip(item, box.left + item.x, box.top + item.y);
    }
  };

  // The panel.

  const panel = byId("panel");
  const button = (text, action, name = "row") => html("button", { type: "button", class: name, onclick: action }, text);
  const table = (list, most = 200, withIds = false) => {
    const body = html("tbody", {});
    for (const entry of list.slice(0, most)) {
      const text = [rows.length > 1 ? rows[entry.row].name : "", entry.size > 1 ? `${number(entry.size)} events` : withIds && entry.size ? few(entry, 1) : "", why(entry)].filter(Boolean).join(" · ");
      body.append(html("tr", {}, html("td", {}, clock(entry.time)),
        html("td", {}, html("div", { class: entry.lost ? "is-lost" : "" }, button(what(entry) + (entry.lost ? ": LOST" : ""), () => { pick([entry], false); goTo(entry); })), html("div", { class: "faint" }, text))));
    }
    if (list.length > most) body.append(html("tr", {}, html("td", {}), html("td", {}, `and ${number(list.length - most)} more`)));
    return html("table", {}, body);
  };
  const pretty = (text) => {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
  };

  const showEvent = (id) => {
    const event = data.events[id], ids = family([id]), others = [...ids].filter((other) => other !== id);
    panel.replaceChildren(html("h2", {}, data.ids[id]), button("Let go (Esc)", letGo, ""));
    if (event) {
      panel.append(html("h3", {}, "Event"), html("div", {}, `${data.strings[event[0]]}, ${clock(event[1])}${event[3] !== null ? `, group ${event[3]}` : ""}`), html("pre", {}, event[2] === null ? "There was no room on this page for its payload." : pretty(event[2])));
    } else panel.append(html("div", { class: "faint" }, "Nothing more is known of this event."));
    panel.append(html("h3", {}, "What became of it"), table(ofEvent[id].map((position) => entries[position])));
    if (others.length) {
      panel.append(html("h3", {}, "Comes from it, or it from that"));
      const list = html("ul", {});
      for (const other of others.slice(0, 50)) list.append(html("li", {}, button(data.ids[other], () => choose(other)), html("span", { class: "faint" }, data.events[other] ? ` in ${data.strings[data.events[other][0]]}` : "")));
      panel.append(list);
    }
  };
  const showEntry = (entry) => {
    panel.replaceChildren(html("h2", { class: entry.lost ? "is-lost" : "" }, what(entry) + (entry.lost ? ": LOST" : "")), button("Let go (Esc)", letGo, ""),
      html("div", {}, `${clock(entry.time)} · ${rows[entry.row].name}`), html("div", {}, why(entry)));
    const parent = entries[entry.parent];
    if (parent) panel.append(html("h3", {}, "Follows from"), table([parent]));
    const following = entries.filter((other) => other.parent === entry.position);
    if (following.length) panel.append(html("h3", {}, "Followed by"), table(following, 30));
    panel.append(html("h3", {}, `${number(entry.size)} events`));
    const list = html("ul", {});
    for (const id of entry.ids.slice(0, 200)) list.append(html("li", {}, button(data.ids[id], () => choose(id)), html("div", { class: "faint" }, (data.events[id]?.[2] ?? "").slice(0, 80))));
    if (entry.size > 200) list.append(html("li", {}, `and ${number(entry.size - 200)} more`));
    panel.append(list);
  };
  const showStart = () => {
    panel.replaceChildren();
    if (losses.length) panel.append(html("h2", { class: "is-lost" }, "Lost"), table(losses, 50));
    if (data.reasons.length) {
      panel.append(html("h3", {}, "Why attempts failed"));
      const body = html("tbody", {});
      for (const [name, kind, reason, count] of data.reasons) {
        const text = reason || kind;
        body.append(html("tr", {}, html("td", {}, `${number(count)}×`), html("td", {}, button(text, () => { byId("query").value = reason.replace(/…$/, "") || kind; filter(); }), html("div", { class: "faint" }, `${kind}${name ? `, ${name}` : ""}`))));
      }
      panel.append(html("table", {}, body));
    }
    const keys = html("p", { class: "faint" });
    for (const [key, text] of [["← → ↑ ↓", "from mark to mark"], ["Enter", "what became of it"], ["+ −", "zoom, also Ctrl and wheel"], ["Shift ← →", "move, also drag"], ["0", "all of it"], ["L", "next loss"], ["Esc", "let go"]]) {
      keys.append(html("kbd", {}, key), ` ${text}`, html("br", {}));
    }
    panel.append(html("h3", {}, "Point at a mark for what it is; click it for what became of its events"), keys,
      html("p", { class: "faint" }, "A number beside a mark: how many events its batch has. ×5: five marks in one place. 1/5: one of five marks there. Dashed: waiting. Dotted: ready, and not yet taken. Zigzag: time cut short. Shaded: one instant, its steps side by side. Ring: arrived here."));
  };

  const pick = (list, redraw = true) => {
    picked = list.map((entry) => entry.position);
    chosen = new Set();
    for (const entry of list) for (const id of entry.ids) chosen.add(id);
    chosen = chosen.size ? family(chosen) : null;
    if (list.length > 1) {
      panel.replaceChildren(html("h2", {}, `${number(list.length)} in one place`), button("Let go (Esc)", letGo, ""), " ",
        button("Zoom in", () => zoomOn(list), ""), table(list, 200, true));
    } else if (list[0].size === 1) showEvent(list[0].ids[0]);
    else showEntry(list[0]);
    if (redraw) draw();
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
  const zoomOn = (list) => {
    const from = Math.min(...list.map((entry) => entry.x)), to = Math.max(...list.map((entry) => entry.x)), pad = Math.max((to - from) * 0.15, (view.right - view.left) * 0.005);
    look(from - pad, to + pad);
  };
  let lossAt = -1;
  const nextLoss = () => {
    if (!losses.length) return;
    lossAt = (lossAt + 1) % losses.length;
    const entry = losses[lossAt];
    entry.kind.hidden = rows[entry.row].hidden = false;
    if (!entry.shown) { byId("query").value = ""; byId("trouble").checked = false; tools(); filter(); }
    pick([entry], false);
    goTo(entry);
  };

  // Pointing.

  const chart = byId("chart");
  const itemOf = (event) => {
    const node = event.target.closest?.("[data-item]");
    return node ? items[Number(node.getAttribute("data-item"))] : null;
  };
  let drag = null;
  chart.addEventListener("pointerdown", (event) => {
    if (event.button === 0) drag = { x: event.clientX, left: view.left, right: view.right, moved: false, id: event.pointerId };
  });
  chart.addEventListener("pointermove", (event) => {
    if (drag) {
      const by = event.clientX - drag.x;
      if (!drag.moved && Math.abs(by) > 4) { drag.moved = true; chart.setPointerCapture(drag.id); chart.classList.add("grabbed"); hideTip(); }
      if (drag.moved) {
        const shift = (by / (width - left - 2 * LEAD - 8)) * (drag.right - drag.left);
        look(drag.left - shift, drag.right - shift);
      }
      return;
    }
    const item = itemOf(event);
    if (item) showTip(item, event.clientX, event.clientY);
    else hideTip();
  });
  const drop = () => { chart.classList.remove("grabbed"); const was = drag; drag = null; return was; };
  chart.addEventListener("pointerup", (event) => {
    const was = drop();
    if (was?.moved) return;
    const item = itemOf(event);
    if (item?.entries.length) { focused = item.isLine ? null : item.entries[0].position; pick(item.entries); }
  });
  chart.addEventListener("pointercancel", drop);
  chart.addEventListener("pointerleave", () => { if (!drag) hideTip(); });
  chart.addEventListener("dblclick", (event) => {
    const item = itemOf(event);
    if (item?.entries.length > 1) zoomOn(item.entries);
    else zoom(3, back(event.clientX - byId("drawing").getBoundingClientRect().left));
  });
  document.querySelector("main").addEventListener("wheel", (event) => {
    const x = back(event.clientX - byId("drawing").getBoundingClientRect().left);
    if (event.ctrlKey || event.metaKey || event.altKey) { event.preventDefault(); zoom(Math.exp(-event.deltaY / 240), x); }
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) { event.preventDefault(); pan((event.deltaX || event.deltaY) / 900); }
  }, { passive: false });
  const map = byId("overview");
  const centre = (event) => {
    const { from, wide } = map.place, box = map.getBoundingClientRect();
    const x = ((event.clientX - box.left - from) / wide) * (whole + 2 * edge) - edge, half = (view.right - view.left) / 2;
    look(x - half, x + half);
  };
  map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); centre(event); });
  map.addEventListener("pointermove", (event) => { if (event.buttons) centre(event); });

  // Keys.

  const step = (direction, isVertical) => {
    const marks = items.filter((item) => !item.isLine && item.entries.length);
    if (!marks.length) return;
    const here = focusedItem();
    if (!here) { focused = marks[0].entries[0].position; showFocus(true); return; }
    const along = (a, b) => (isVertical ? (b.y - a.y) * direction : (b.x - a.x) * direction);
    const aside = (a, b) => (isVertical ? Math.abs(b.x - a.x) : Math.abs(b.y - a.y));
    let best = null, price = Infinity;
    for (const item of marks) {
      if (item === here || along(here, item) <= 0.5) continue;
      if (!isVertical && item.row !== here.row) continue;
      const cost = isVertical ? along(here, item) * 3 + aside(here, item) : along(here, item) + aside(here, item) * 0.5;
      if (cost < price) { price = cost; best = item; }
    }
    if (best === null) { if (!isVertical) pan(0.25 * direction); return; }
    focused = best.entries[0].position;
    const box = byId("drawing").getBoundingClientRect(), y = box.top + best.y;
    if (y < 100 || y > innerHeight - 60) scrollBy(0, y - innerHeight / 2);
    showFocus(true);
  };
  chart.addEventListener("keydown", (event) => {
    const keys = {
      ArrowLeft: () => (event.shiftKey ? pan(-0.2) : step(-1, false)), ArrowRight: () => (event.shiftKey ? pan(0.2) : step(1, false)),
      ArrowUp: () => step(-1, true), ArrowDown: () => step(1, true),
      Enter: () => { const item = focusedItem(); if (item) pick(item.entries); },
      "+": () => zoom(1.6, keyX()), "=": () => zoom(1.6, keyX()), "-": () => zoom(1 / 1.6, keyX()), 0: fit, Home: fit,
      l: nextLoss, L: nextLoss, Escape: letGo,
    };
    const action = keys[event.key === " " ? "Enter" : event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); action(); }
  });
  const keyX = () => { const item = focusedItem(); return item ? back(item.x) : undefined; };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { hideTip(); byId("lanes").open = false; } });

  // Tools.

  const tools = () => {
    const legend = document.querySelector(".legend");
    legend.replaceChildren();
    for (const kind of kinds) {
      if (!kind.count) continue;
      const picture = svg("svg", { width: 18, height: 18, viewBox: "-10 -10 20 20", "aria-hidden": "true", class: kind.tone });
      picture.append(svg("use", { href: `#${kind.shape}`, transform: `scale(${kind.scale})` }));
      const toggle = html("button", { type: "button", "aria-pressed": String(!kind.hidden), title: `Show or hide: ${kind.words}` }, picture, kind.words, html("small", {}, number(kind.count)));
      toggle.addEventListener("click", () => { kind.hidden = !kind.hidden; toggle.setAttribute("aria-pressed", String(!kind.hidden)); filter(); });
      legend.append(toggle);
    }
    const list = document.querySelector("#lanes .list");
    const boxes = rows.map((row) => {
      const box = html("input", { type: "checkbox" });
      box.checked = !row.hidden;
      box.addEventListener("change", () => { row.hidden = !box.checked; filter(); });
      return box;
    });
    const all = (on) => () => { rows.forEach((row, index) => { row.hidden = !on; boxes[index].checked = on; }); filter(); };
    list.replaceChildren(button("All", all(true), ""), " ", button("None", all(false), ""), ...rows.map((row, index) => html("label", {}, boxes[index], row.name)));
    byId("loss").hidden = !losses.length;
  };
  byId("in").addEventListener("click", () => zoom(1.8));
  byId("out").addEventListener("click", () => zoom(1 / 1.8));
  byId("fit").addEventListener("click", fit);
  byId("loss").addEventListener("click", nextLoss);
  let typed = 0;
  byId("query").addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(filter, 120); });
  byId("trouble").addEventListener("change", filter);
  let seen = 0; // also when a scroll bar comes or goes
  new ResizeObserver(() => { if (chart.clientWidth !== seen) { seen = chart.clientWidth; draw(); } }).observe(chart);
  addEventListener("beforeprint", () => { isPrinted = true; paint(); });
  addEventListener("afterprint", () => { isPrinted = false; draw(); });
  addEventListener("scroll", draw, { passive: true });

  // `#event=<id>` and `#entry=<number>` name what is looked at.
  const follow = () => {
    const [name, value] = decodeURIComponent(location.hash.slice(1)).split(/=(.*)/s);
    const id = name === "event" ? data.ids.indexOf(value) : -1, entry = name === "entry" ? entries.find((each) => each.number === Number(value)) : null;
    if (id >= 0) choose(id);
    if (entry) { pick([entry], false); goTo(entry); }
  };
  addEventListener("hashchange", follow);

  tools();
  filter();
  showStart();
  follow();
})();
