// Writes labels where they cover no other label and no mark.

const BUCKET = 64; // pixels: boxes are compared with those that reach into the same buckets
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map(); // of texts, by font
const widthOf = (text, font) => {
  const key = font + text;
  if (!widths.has(key)) {
    pen.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
};

let buckets = new Map();
const bucketsOf = ({ x, wide }) => {
  const found = [];
  for (let at = Math.floor(x / BUCKET); at <= Math.floor((x + wide) / BUCKET); at++) {
    if (!buckets.has(at)) buckets.set(at, []);
    found.push(buckets.get(at));
  }
  return found;
};
const take = (box) => { for (const bucket of bucketsOf(box)) bucket.push(box); };
const areApart = (a, b) => a.x + a.wide <= b.x || b.x + b.wide <= a.x || a.y + a.tall <= b.y || b.y + b.tall <= a.y;
const isFree = (box) =>
  box.x >= left && box.x + box.wide <= width && bucketsOf(box).every((bucket) => bucket.every((other) => areApart(box, other)));
