// A headless Chromium over its debugging pipe: the little of the DevTools protocol that the browser test needs.
// Nothing but Node is used, and the browser can reach no machine but this one.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE = 90_000;

export class Chromium {
  static start(program = "chromium") {
    const profile = mkdtempSync(join(tmpdir(), "dashlight-chromium-"));
    const child = spawn(program, [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en", "--remote-debugging-pipe",
      // Frames in one process: one conversation hears of all their requests and errors.
      "--disable-features=IsolateSandboxedIframes,IsolateOrigins,site-per-process,Translate,OptimizationHints",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      `--user-data-dir=${profile}`, "about:blank",
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    return new Chromium(child, profile);
  }

  constructor(child, profile) {
    Object.assign(this, { child, profile, last: 0, waiting: new Map(), listeners: [] });
    let text = "";
    child.stdio[4].setEncoding("utf8").on("data", chunk => {
      const messages = (text + chunk).split("\0");
      text = messages.pop();
      for (const message of messages) this.hear(JSON.parse(message));
    });
    child.on("exit", code => {
      for (const { reject } of this.waiting.values()) reject(new Error(`Chromium ended with ${code}`));
    });
  }

  hear({ id, result, error, method, params, sessionId }) {
    const asked = this.waiting.get(id);
    if (asked) {
      this.waiting.delete(id);
      if (error) asked.reject(new Error(`${asked.method}: ${error.message}`));
      else asked.resolve(result);
    } else if (method) {
      for (const listener of this.listeners) listener(method, params, sessionId);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, method }));
  }

  // A new tab. Whatever goes wrong in it, and every address it asks for, is written down.
  async open() {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab(this, sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await tab.send(`${domain}.enable`);
    await tab.look({ width: 1440, height: 900 });
    return tab;
  }

  async close() {
    const gone = new Promise(done => this.child.on("exit", done));
    this.send("Browser.close").catch(() => this.child.kill("SIGKILL"));
    await gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

class Tab {
  constructor(browser, session) {
    Object.assign(this, { browser, session, faults: [], requests: [] });
    browser.listeners.push((method, params, sessionId) => {
      if (sessionId !== session) return;
      if (method === "Runtime.exceptionThrown") this.faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) this.faults.push(params.args.map(arg => arg.value ?? arg.description).join(" "));
      if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) this.faults.push(`${params.entry.text} ${params.entry.url ?? ""}`);
      if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    });
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  async look({ width, height, scheme = "light", motion = "no-preference" }) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: motion }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  async go(url) {
    await this.send("Page.navigate", { url });
    await this.until(`document.readyState === "complete" && location.href !== "about:blank"`);
  }

  async evaluate(expression, contextId = undefined) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, contextId, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${exceptionDetails.exception?.description ?? exceptionDetails.text} in ${expression}`);
    return result.value;
  }

  // Waits until an expression is true, looking at every frame that is drawn.
  async until(expression) {
    const end = Date.now() + PATIENCE;
    let last;
    while (Date.now() < end) {
      try {
        last = await this.evaluate(`new Promise(done => requestAnimationFrame(() => done(${expression})))`);
        if (last) return last;
      } catch (fault) {
        // The page is on its way to another.
        last = fault.message;
      }
    }
    throw new Error(`never true: ${expression} (${JSON.stringify(last)}) at ${await this.evaluate("location.href")}`);
  }

  // Asks in the frames whose address holds `part`, until one of them is there and answers with what is true.
  async inFrame(part, expression) {
    const end = Date.now() + PATIENCE;
    let last = "no such frame";
    while (Date.now() < end) {
      const { frameTree } = await this.send("Page.getFrameTree");
      for (const { frame } of (frameTree.childFrames ?? []).filter(child => child.frame.url.includes(part))) {
        try {
          const { executionContextId } = await this.send("Page.createIsolatedWorld", { frameId: frame.id });
          last = await this.evaluate(expression, executionContextId);
          if (last) return last;
        } catch (fault) {
          // The frame is on its way to another page.
          last = fault.message;
        }
      }
      await this.evaluate("new Promise(requestAnimationFrame)");
    }
    throw new Error(`never true in ${part}: ${expression} (${JSON.stringify(last)})`);
  }

  click(selector) {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async press(key, modifiers = 0) {
    const codes = { Tab: 9, Enter: 13, " ": 32, Escape: 27, ArrowDown: 40, ArrowUp: 38 };
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), modifiers };
    await this.send("Input.dispatchKeyEvent", { ...event, type: text ? "keyDown" : "rawKeyDown", text });
    await this.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }

  type(text) {
    return this.send("Input.insertText", { text });
  }

  async picture(path) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(path, Buffer.from(data, "base64"));
  }
}
