// Keeps what is selected in the page's address, `#event=<id>` or `#entry=<numbers>`: the browser's buttons lead to it.

let address = ""; // of what is shown
const remember = (hash) => {
  if (location.hash !== hash) location.hash = hash;
  address = location.hash;
};
const follow = () => {
  if (location.hash === address) return;
  address = location.hash;
  const [name, value = ""] = decodeURIComponent(address.slice(1)).split(/=(.*)/s), numbers = new Set(value.split(",").map(Number));
  const id = name === "event" ? data.ids.indexOf(value) : -1;
  const list = name === "entry" ? entries.filter((entry) => numbers.has(entry.number)) : [];
  if (id >= 0) pickEvent(id);
  else if (list.length === 1) pickAndGoTo(list[0]);
  else if (list.length) pick(list);
  else release();
};
addEventListener("hashchange", follow);
