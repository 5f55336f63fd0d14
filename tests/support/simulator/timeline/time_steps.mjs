// Measures how long a page takes from an input to the frame that shows it, and prints milliseconds as JSON:
//     node time_steps.mjs CHROMIUM PAGE WIDTH SCHEME ZOOMS drag|wheel|keys

import { pathToFileURL } from "node:url";
import { Browser } from "./browser.mjs";

const [chromium, page, width, scheme, zooms, input] = process.argv.slice(2);
const STEPS = 60, CONTROL = 2, SHIFT = 8; // modifiers, as the protocol writes them
const KINDS = { drag: ["MOUSE_DRAGGED"], wheel: ["MOUSE_WHEEL", "GESTURE_SCROLL_UPDATE"], keys: ["RAW_KEY_DOWN", "KEY_PRESSED"] };

const browser = await Browser.start(chromium);
try {
  await browser.show(Number(width), scheme);
  await browser.open(pathToFileURL(page).href);
  for (let zoom = 0; zoom < Number(zooms); zoom++) {
    await browser.run('document.getElementById("in").click()');
    await browser.settle();
  }
  await browser.run('document.getElementById("chart").scrollIntoView({ block: "center" }); document.getElementById("chart").focus()');
  await browser.settle();
  const top = await browser.run('document.getElementById("chart").getBoundingClientRect().top');
  const place = { x: width * 0.65, y: Math.max(top, 100) + 60 };
  const mouse = (type, x, more) => browser.call("Input.dispatchMouseEvent", { type, ...place, x, button: "left", ...more });
  const MOVES = {
    drag: (step) => mouse("mouseMoved", place.x - 20 - ((step % 20) * width) / 100, { buttons: 1 }),
    wheel: (step) => mouse("mouseWheel", place.x, { button: "none", deltaX: 0, deltaY: step % 16 < 8 ? -30 : 30, modifiers: CONTROL }),
    keys: (step) => {
      const [key, code] = step % 10 < 5 ? ["ArrowRight", 39] : ["ArrowLeft", 37];
      return browser.call("Input.dispatchKeyEvent", { type: "rawKeyDown", key, windowsVirtualKeyCode: code, modifiers: SHIFT });
    },
  };
  if (input === "drag") {
    await mouse("mousePressed", place.x, { clickCount: 1 });
    await mouse("mouseMoved", place.x - 20, { buttons: 1 });
  }
  await browser.settle();
  const found = await browser.trace(["benchmark", "input", "latency", "latencyInfo"], async () => {
    for (let step = 0; step < STEPS; step++) {
      await MOVES[input](step);
      await browser.settle();
    }
  });
  const begun = new Map(), times = [];
  for (const { name, ph, ts, pid, id, id2, args } of found.sort((a, b) => a.ts - b.ts)) {
    if (name !== "EventLatency") continue;
    const key = JSON.stringify([pid, id, id2]);
    if (ph === "b" && KINDS[input].includes(args.event_latency?.event_type)) begun.set(key, ts);
    if (ph === "e" && begun.has(key)) times.push((ts - begun.get(key)) / 1000);
  }
  console.log(JSON.stringify(times));
} finally {
  await browser.stop();
}
