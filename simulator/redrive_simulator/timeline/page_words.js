// Writes times, numbers, names, entries and marks as text.

const two = (value) => String(value).padStart(2, "0");
// `clock` and `span` give the same text as the functions of these names in Python; a test compares them.
const clock = (seconds, whole) => {
  const all = Math.round(Math.abs(seconds) * 1000), rest = Math.floor(all / 1000), fraction = all % 1000;
  const days = Math.floor(rest / 86400), hours = Math.floor(rest / 3600) % 24;
  const text = `${days ? `${days}d ${two(hours)}` : hours}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return (seconds < 0 ? "-" : "") + text + (whole && !fraction ? "" : `.${String(fraction).padStart(3, "0")}`);
};
const UNITS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];
const span = (seconds) => {
  if (seconds <= 0) return "0 s";
  if (seconds < 0.00095) return "<1 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  for (const [unit, name, smaller, smallerName] of UNITS) {
    const whole = Math.round(seconds / smaller) * smaller, rest = (whole % unit) / smaller;
    if (whole >= unit) return `${Math.floor(whole / unit)} ${name}${rest ? ` ${rest} ${smallerName}` : ""}`;
  }
  return `${seconds} s`;
};

const thousands = new Intl.NumberFormat("en");
const number = (value) => (value < 1000 ? String(value) : thousands.format(value));
const listed = (parts, separator) => parts.filter(Boolean).join(separator);
// Names of lanes differ at both ends, so a long one loses its middle.
const middle = (text, most) => {
  if (text.length <= most) return text;
  const head = (most - 1) >> 1;
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
};
const short = (id) => {
  const [length, isTail] = data.short, text = data.ids[id];
  if (!length || text.length <= length + 2) return text;
  return isTail ? `…${text.slice(-length)}` : `${text.slice(0, length)}…`;
};
const few = (entry, most) => {
  const ids = entry.ids;
  return ids.slice(0, most).map(short).join(", ") + (ids.length > most ? ` and ${number(ids.length - most)} more` : "");
};

const what = (entry) =>
  (isRetry(entry) ? "waiting for a retry" : entry.kind.value) +
  (isAttempt(entry) && entry.attempt ? `, attempt ${entry.attempt}` : "");
const titleOf = (entry) => what(entry) + (entry.lost ? ": LOST" : "");
const why = (entry) => listed([
  isAttempt(entry) && entry.function,
  entry.duration && `took ${span(entry.duration)}`,
  entry.place && `→ ${entry.place}`,
  entry.until !== null && `for ${span(entry.until - entry.time)}, until ${clock(entry.until)}`,
  entry.reason,
], "; ");
const talliesOf = (list) => {
  const tally = new Map();
  for (const [kind, count] of list) tally.set(kind, (tally.get(kind) ?? 0) + count);
  const heaviestFirst = [...tally].sort((a, b) => b[0].weight - a[0].weight);
  return heaviestFirst.map(([kind, count]) => `${number(count)} ${kind.value}`).join(", ");
};
const talliesOfItem = (item) => {
  if (item.counted) return talliesOf(item.counted.map((part) => [part.kind, part.count]));
  return talliesOf(item.entries.map((entry) => [entry.kind, 1]));
};
const summary = (item) => {
  const lane = rows[item.row].name;
  if (item.counted) return `${lane}: ${talliesOfItem(item)}, only counted`;
  if (item.entries.length > 1) return `${lane}: ${item.entries.length} marks: ${talliesOfItem(item)}`;
  const entry = item.entries[0], reason = why(entry), ids = entry.size ? `, ${few(entry, 3)}` : "";
  const where = `${clock(entry.time)}, ${rows[entry.row].name}`;
  return `${entry.arrives ? "arrived: " : ""}${where}: ${what(entry)}${ids}${reason ? `: ${reason}` : ""}`;
};
