// Shows a tooltip for the mark, line or bar under the pointer.

const tip = byId("tip");
const tipLine = (text, name = "") => text && tip.append(html("div", { class: name }, text));

const tipOfCounted = (item) => {
  const start = Math.min(...item.counted.map((part) => part.start)), end = Math.max(...item.counted.map((part) => part.end));
  tip.append(html("b", {}, "Only counted"));
  tipLine(`${clock(start)} to ${clock(end)}`, "faint");
  tipLine(talliesOfItem(item));
};
const tipOfSeveral = (item) => {
  tip.append(html("b", {}, `${number(item.entries.length)} in one place`));
  tipLine(talliesOfItem(item));
  const worst = [...item.entries].sort((a, b) => b.kind.weight - a.kind.weight).slice(0, 3);
  for (const entry of worst) {
    tipLine(`${clock(entry.time)} ${what(entry)}, ${few(entry, 2)}${entry.reason ? `: ${entry.reason.slice(0, 120)}` : ""}`);
  }
  if (item.entries.length > 3) tipLine("…", "faint");
  tipLine("Click to list them, double click to zoom in.", "faint");
};
const tipOfEntry = (entry) => {
  tip.append(html("b", { class: entry.lost ? "is-lost" : "" }, titleOf(entry)));
  const end = entry.duration ? ` to ${clock(entry.time + entry.duration)}` : "";
  tipLine(`${clock(entry.time)}${end} · ${rows[entry.row].name}`, "faint");
  tipLine(why(entry));
  if (entry.size) tipLine(entry.size > 1 ? `${number(entry.size)} events: ${few(entry, 4)}` : data.ids[entry.ids[0]]);
  const event = entry.size === 1 ? events[entry.ids[0]] : null;
  if (!event) return;
  const group = event.group !== null && `group ${event.group}`, cause = event.cause >= 0 && `from ${short(event.cause)}`;
  tipLine(listed([group, cause], " · "), "faint");
  tipLine((event.payload ?? "").slice(0, 400), "text");
};

const showTip = (item, x, y) => {
  tip.replaceChildren();
  if (item.counted) tipOfCounted(item);
  else if (item.entries.length > 1) tipOfSeveral(item);
  else tipOfEntry(item.entries[0]);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(6, Math.min(x + 16, document.documentElement.clientWidth - box.width - 8))}px`;
  tip.style.top = `${Math.max(6, y + 18 + box.height > innerHeight ? y - box.height - 14 : y + 18)}px`;
};
const hideTip = () => { tip.hidden = true; };
