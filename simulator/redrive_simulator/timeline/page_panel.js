// Shows details beside the chart: of an event, an entry, several entries, or the whole history.

const MOST_LISTED = 200;
const panel = byId("panel");
const KEYS = [
  ["← → ↑ ↓", "from mark to mark"], ["Enter", "what became of it"], ["+ −", "zoom, also Ctrl and wheel"],
  ["Shift ← →", "move, also drag"], ["0", "all of it"], ["L", "next loss"], ["Esc", "let go"],
];
const SIGNS = "A number beside a mark: how many events its batch has. ×5: five marks in one place. " +
  "1/5: one of five marks there. Dashed: waiting. Dotted: ready, and not yet taken. Zigzag: time cut short. " +
  "Shaded: one instant, its steps side by side. Ring: arrived here.";

const faint = (text) => html("div", { class: "faint" }, text);
const startPanel = (title, isLost) => {
  panel.className = "open";
  panel.scrollTop = 0;
  panel.replaceChildren(html("h2", { class: isLost ? "is-lost" : "" }, title), button("Let go (Esc)", letGo, ""));
};
// The first heading of the panel is that of the panel.
const section = (title, ...children) => panel.append(html(panel.querySelector("h2") ? "h3" : "h2", {}, title), ...children);
const cells = (first, ...others) => html("tr", {}, html("td", {}, first), html("td", {}, ...others));
const listOf = (ids, most, about) =>
  html("ul", {}, ...ids.slice(0, most).map((id) => html("li", {}, button(data.ids[id], () => pickEvent(id)), about(id))));
const pretty = (text) => {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
};

const table = (list, most = MOST_LISTED, withIds = false) => {
  const body = html("tbody", {}, ...list.slice(0, most).map((entry) => {
    const ids = entry.size > 1 ? `${number(entry.size)} events` : withIds && entry.size ? few(entry, 1) : "";
    const text = listed([rows.length > 1 && rows[entry.row].name, ids, why(entry)], " · ");
    const title = html("div", { class: entry.lost ? "is-lost" : "" }, button(titleOf(entry), () => pickAndGoTo(entry)));
    return cells(clock(entry.time), title, faint(text));
  }));
  if (list.length > most) body.append(cells("", `and ${number(list.length - most)} more`));
  return html("table", {}, body);
};

const showEvent = (id) => {
  const event = events[id], relatives = [...family([id])].filter((other) => other !== id);
  startPanel(data.ids[id]);
  if (event) {
    const group = event.group !== null ? `, group ${event.group}` : "";
    const payload = event.payload === null ? "There was no room on this page for its payload." : pretty(event.payload);
    section("Event", html("div", {}, `${event.source}, ${clock(event.time)}${group}`), html("pre", {}, payload));
  } else panel.append(faint("Nothing more is known of this event."));
  section("What became of it", table(ofEvent[id].map((position) => entries[position])));
  const whereIs = (other) => html("span", { class: "faint" }, events[other] ? ` in ${events[other].source}` : "");
  if (relatives.length) section("Comes from it, or it from that", listOf(relatives, 50, whereIs));
};
const showEntry = (entry) => {
  startPanel(titleOf(entry), entry.lost);
  panel.append(html("div", {}, `${clock(entry.time)} · ${rows[entry.row].name}`), html("div", {}, why(entry)));
  const parent = entries[entry.parent], following = entries.filter((other) => other.parent === entry.position);
  if (parent) section("Follows from", table([parent]));
  if (following.length) section("Followed by", table(following, 30));
  const list = listOf(entry.ids, MOST_LISTED, (id) => faint((events[id]?.payload ?? "").slice(0, 80)));
  if (entry.size > MOST_LISTED) list.append(html("li", {}, `and ${number(entry.size - MOST_LISTED)} more`));
  section(`${number(entry.size)} events`, list);
};
const showSeveral = (list) => {
  startPanel(`${number(list.length)} in one place`);
  panel.append(" ", button("Zoom in", () => zoomOn(list), ""), table(list, MOST_LISTED, true));
};
const showStart = () => {
  panel.className = "";
  panel.replaceChildren();
  if (losses.length) panel.append(html("h2", { class: "is-lost" }, "Lost"), table(losses, 50));
  if (data.reasons.length) {
    const reasons = data.reasons.map(([name, kind, reason, count]) => {
      const words = reason.replace(/…$/, "") || kind; // a long reason is cut here, but not in what is searched
      return cells(`${number(count)}×`, button(reason || kind, () => searchFor(words)), faint(listed([kind, name], ", ")));
    });
    section("Why attempts failed", html("table", {}, html("tbody", {}, ...reasons)));
  }
  const keys = KEYS.flatMap(([key, text]) => [html("kbd", {}, key), ` ${text}`, html("br", {})]);
  section("Point at a mark for what it is; click it for what became of its events",
    html("p", { class: "faint" }, ...keys), html("p", { class: "faint" }, SIGNS));
};
