// Opens pages of timelines and prints, as JSON, what is wrong with them:
//     node check_pages.mjs CHROMIUM AXE PAGE...

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [chromium, axe, ...pages] = process.argv.slice(2);
const KEYS = (...keys) => `for (const key of ${JSON.stringify(keys)})
  document.getElementById("chart").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));`;
const find = (words) => `document.getElementById("query").value = "${words}";
  document.getElementById("query").dispatchEvent(new Event("input"));
  new Promise((done) => setTimeout(done, 200))`;
// What a person does with a page, each beginning with a new one.
const STATES = {
  opened: "",
  "an entry selected": KEYS("ArrowRight", "ArrowRight", "Enter"),
  filtered: `document.getElementById("trouble").click(); ${find("error")}`,
  "nothing found": find("nothing is called so"),
  "lanes listed": 'document.querySelector("#lanes summary").click()',
  "a kind hidden": 'document.querySelector(".legend button")?.click()',
};
const ZOOMS = 8;

// Labels that cover each other, or that are cut at the border of the chart. Runs in the page.
const badLabels = () => {
  const chart = document.getElementById("chart").getBoundingClientRect();
  const plot = chart.left + Number(document.querySelector("#plot-clip rect").getAttribute("x"));
  const labels = [...document.querySelectorAll("main svg text")].map((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect(), air = (bottom - top) / 5; // above and below capitals
    return { text: element.textContent, isMark: Boolean(element.closest(".labels")), left, right, top: top + air, bottom: bottom - air };
  });
  const isCut = ({ isMark, left, right }) => right > chart.right + 0.5 || left < (isMark ? plot : chart.left) - 0.5;
  const areOver = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
  const found = labels.filter(isCut).map(({ text }) => `${text} is cut`);
  labels.forEach((a, index) => {
    for (const b of labels.slice(index + 1)) if (areOver(a, b)) found.push(`${a.text} and ${b.text} cover each other`);
  });
  return found;
};

// The places of marks, and that of each time on the axis. Runs in the page.
const places = () => {
  const marks = [...document.querySelectorAll("#drawing .marks path")].flatMap((path) =>
    [...path.getAttribute("d").matchAll(/M([\d.-]+) ([\d.-]+)/g)].slice(1, -1).map(([, x, y]) => [path.getAttribute("class"), Number(x), Number(y)]));
  const times = [...document.querySelectorAll("#axis text")].map((text) => [text.textContent, Number(text.getAttribute("x"))]);
  const left = Number(document.querySelector("#plot-clip rect").getAttribute("x"));
  return { marks, times, left, right: left + Number(document.querySelector("#plot-clip rect").getAttribute("width")) };
};
// Moving the view moves each mark as far as the axis, and joins no marks that were apart.
const jumps = (before, after) => {
  const same = before.times.map(([text, x]) => [x, after.times.find(([other]) => other === text)?.[1]]);
  const moves = same.filter(([, x]) => x !== undefined).map(([from, to]) => to - from).sort((a, b) => a - b);
  const move = moves[moves.length >> 1], isInside = (x) => x > after.left + 30 && x < after.right - 30;
  if (!move) return [];
  return before.marks
    .filter(([, x]) => isInside(x) && isInside(x + move))
    .filter(([look, x, y]) => !after.marks.some((mark) => mark[0] === look && Math.abs(mark[1] - x - move) < 1 && mark[2] === y))
    .map(([look]) => `${look} jumps when the view is moved`);
};

const findings = [];
const browser = await Browser.start(chromium);
try {
  for (const page of pages) {
    for (const width of [1400, 400]) {
      for (const scheme of ["light", "dark"]) {
        await browser.show(width, scheme);
        for (const [state, code] of Object.entries(STATES)) {
          const add = (what) => findings.push({ page: page.split("/").at(-1), width, scheme, state, what });
          await browser.open(pathToFileURL(page).href);
          await browser.run(code);
          await browser.settle();
          await browser.run(`${readFileSync(axe, "utf-8")}; 0`);
          const violations = await browser.run("axe.run(document, { resultTypes: ['violations'] }).then((all) => all.violations)");
          for (const { id, nodes } of violations) add(`${id}: ${nodes.map((node) => node.html).join(" ")}`);
          if (await browser.run("document.documentElement.scrollWidth > innerWidth")) add("wider than the window");
          for (let zoom = 0; state === "opened" && scheme === "light" && zoom <= ZOOMS; zoom++) {
            for (const label of await browser.run(`(${badLabels})()`)) add(`zoom ${zoom}: ${label}`);
            const before = await browser.run(`(${places})()`);
            await browser.run('document.getElementById("chart").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true }))');
            await browser.settle();
            for (const jump of jumps(before, await browser.run(`(${places})()`))) add(`zoom ${zoom}: ${jump}`);
            await browser.run(KEYS("+"));
            await browser.settle();
          }
          for (const error of browser.errors.splice(0)) add(error);
        }
      }
    }
  }
} finally {
  await browser.stop();
}
console.log(JSON.stringify(findings));
