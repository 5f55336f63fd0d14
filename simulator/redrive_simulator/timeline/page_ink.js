// Collects what the chart shows: all of one look is one path, because each element takes a browser's time.

const LAYERS = ["links", "lines", "losses", "bars", "marks", "rings"];
const ink = new Map(LAYERS.map((layer) => [layer, new Map()])); // the parts of paths, by layer and look
const put = (layer, look, part) => {
  const looks = ink.get(layer);
  if (!looks.has(look)) looks.set(look, new Set()); // what lies on its like is drawn once
  looks.get(look).add(part);
};
const tenths = (value) => Math.round(value * 10) / 10;
const isDim = ([look]) => look.endsWith(" dim");
const pathOf = (layer, look, d) => {
  if (layer !== "marks") return svg("path", { class: look, d });
  // A path has a marker at each of its points, but for the first and the last: one element is many marks.
  return svg("path", { class: look, "marker-mid": `url(#sign-${look.split(" ")[0]})`, d: `M0 0${d}M0 0` });
};
// Returns a layer, and forgets what was on it.
const takeLayer = (name) => {
  const layer = svg("g", { class: name }), dimFirst = [...ink.get(name)].sort((a, b) => isDim(b) - isDim(a));
  layer.append(...dimFirst.map(([look, parts]) => pathOf(name, look, [...parts].join(""))));
  ink.get(name).clear();
  return layer;
};

const makeSign = (look, tone, shape) => {
  const size = { markerUnits: "userSpaceOnUse", markerWidth: 1, markerHeight: 1, overflow: "visible" };
  const marker = svg("marker", { id: `sign-${look}`, class: tone, ...size });
  marker.append(shape);
  document.querySelector(".store defs").append(marker);
};
for (const { shape, tone, scale } of kinds) {
  makeSign(shape, tone, svg("use", { href: `#${shape}`, transform: `scale(${scale})` }));
}
makeSign("arrival", "kept", svg("circle", { class: "hollow", r: 4.5, "stroke-width": 1.8 }));
