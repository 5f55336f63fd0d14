// Shows the page, and the event or entry that its address names: `#event=<id>` or `#entry=<number>`.

const follow = () => {
  const [name, value] = decodeURIComponent(location.hash.slice(1)).split(/=(.*)/s);
  const id = name === "event" ? data.ids.indexOf(value) : -1;
  const entry = name === "entry" ? entries.find((each) => each.number === Number(value)) : null;
  if (id >= 0) pickEvent(id);
  if (entry) pickAndGoTo(entry);
};
addEventListener("hashchange", follow);

showTools();
filter();
showStart();
follow();
