// Drives a Chromium by its DevTools protocol, without a library.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OPTIONS = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--remote-debugging-port=0"];

export class Browser {
  static async start(path) {
    const browser = new Browser();
    browser.folder = mkdtempSync(join(tmpdir(), "redrive-browser-"));
    const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // Chromium refuses a sandbox to root
    browser.process = spawn(path, [...OPTIONS, ...asRoot, `--user-data-dir=${browser.folder}`, "about:blank"]);
    const address = await browser.#address();
    browser.socket = new WebSocket(address);
    await new Promise((resolve, reject) => Object.assign(browser.socket, { onopen: resolve, onerror: reject }));
    browser.socket.onmessage = ({ data }) => browser.#hear(JSON.parse(data));
    const { targetId } = await browser.call("Target.createTarget", { url: "about:blank" });
    ({ sessionId: browser.session } = await browser.call("Target.attachToTarget", { targetId, flatten: true }));
    await browser.call("Page.enable");
    await browser.call("Runtime.enable");
    await browser.call("Page.setBypassCSP", { enabled: true }); // the page allows no script but its own
    return browser;
  }

  calls = new Map();
  waiting = new Map(); // for an event, by its name
  errors = [];

  #address() {
    return new Promise((resolve, reject) => {
      let text = "";
      this.process.on("error", reject);
      this.process.on("exit", () => reject(new Error(`Chromium ended: ${text}`)));
      this.process.stderr.on("data", (part) => {
        text += part;
        const found = /listening on (ws:\S+)/.exec(text);
        if (found) resolve(found[1]);
      });
    });
  }

  #hear({ id, method, params, result, error }) {
    if (id) {
      const { resolve, reject } = this.calls.get(id);
      this.calls.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    } else if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description);
    else this.waiting.get(method)?.(params);
  }

  call(method, params = {}) {
    const id = (this.last = (this.last ?? 0) + 1);
    this.socket.send(JSON.stringify({ id, method, params, sessionId: this.session }));
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
  }

  async run(code) {
    const parameters = { expression: code, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", parameters);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async show(width, scheme) {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.call("Emulation.setDeviceMetricsOverride", size);
    await this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  async open(address) {
    const loaded = new Promise((resolve) => this.waiting.set("Page.loadEventFired", resolve));
    await this.call("Page.navigate", { url: address });
    await loaded;
    await this.settle();
  }

  settle() {
    return this.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))");
  }

  // Returns the events of these categories that Chromium recorded while something was done.
  async trace(categories, doIt) {
    const events = [];
    this.waiting.set("Tracing.dataCollected", ({ value }) => events.push(...value));
    await this.call("Tracing.start", { traceConfig: { includedCategories: categories } });
    await doIt();
    const complete = new Promise((resolve) => this.waiting.set("Tracing.tracingComplete", resolve));
    await this.call("Tracing.end");
    await complete;
    return events;
  }

  async stop() {
    this.socket.close();
    this.process.removeAllListeners("exit");
    const ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.process.kill();
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
