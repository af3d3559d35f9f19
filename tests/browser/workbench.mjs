// Walks the workbench as a product team does, in a real browser: gallery, languages, dark mode, scenarios, an event, edits good and
// broken, by keyboard alone, and the gallery of files.
//
//   node tests/browser/workbench.mjs PATH-OF-DASHLIGHT [FOLDER-FOR-PICTURES]

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { Chromium } from "./chromium.mjs";
import { faint, unnamed } from "./look.mjs";

const [program, pictures] = process.argv.slice(2).map(argument => resolve(argument));
const scratch = mkdtempSync(join(tmpdir(), "dashlight-workbench-"));
for (const folder of ["templates", "locales"]) cpSync(folder, join(scratch, folder), { recursive: true });
const content = ["--templates", join(scratch, "templates"), "--locales", join(scratch, "locales")];
const words = join(scratch, "locales/en/connected-services-account.ftl");

// As editors save: whoever reads finds the old file or the new one.
const edit = (from, to) => {
  const text = readFileSync(words, "utf8");
  assert(text.includes(from), `the file holds “${from}”`);
  writeFileSync(`${words}.new`, text.replace(from, to));
  renameSync(`${words}.new`, words);
};

const server = spawn(program, ["preview", ...content], { stdio: ["ignore", "pipe", "inherit"] });
const browser = Chromium.start();
const tabs = [];
const open = async () => {
  const tab = await browser.open();
  tabs.push(tab);
  return tab;
};
let step = "start";
const walk = async (name, steps) => {
  step = name;
  const begin = Date.now();
  await steps();
  console.log(`  ${name} (${Date.now() - begin} ms)`);
};
const picture = async (tab, name) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await tab.picture(join(pictures, `${name}.png`));
};

const NOTICE = "/notices/connected-services-account/authentication-failed";
const MAIL = "/mails/connected-services-account/authentication-failed?";
const shown = `document.querySelector("#shown")`;
const visible = selector => `document.querySelector(${JSON.stringify(selector)})?.checkVisibility()`;
const subject = `document.querySelector(".phone .envelope b")?.textContent`;
const at = `location.pathname + location.search`;

const all = async origin => {
  const tab = await open();

  await walk("the gallery shows every message, and the filter finds one", async () => {
    await tab.go(origin);
    await tab.until(`document.querySelectorAll(".card").length === 9`);
    await tab.until(`document.querySelector("#live").dataset.state === "following"`);
    await tab.inFrame("/mails/connected-services-account/account-issue", `document.body.innerText.includes("Tesla app")`);
    await picture(tab, "gallery");
    await tab.evaluate(`document.querySelector("#filter").focus()`);
    await tab.type("virtual");
    await tab.until(`[...document.querySelectorAll(".card")].filter(card => card.checkVisibility()).length === 1`);
    assert.equal(await tab.evaluate(at), "/?q=virtual");
    await tab.go(`${origin}?q=nothing-like-it`);
    await tab.until(visible("main > .none"));
    await tab.go(origin);
  });

  await walk("a message opens, and its language is switched there and back", async () => {
    await tab.click(`.card a[href^="${NOTICE}"]`);
    await tab.until(`location.pathname === "${NOTICE}" && ${shown}`);
    assert.equal(await tab.evaluate("document.title"), "Authentication failed · Dashlight");
    await tab.click("#locale-da");
    await tab.until(`${subject} === "Genopret forbindelsen til din Tesla Model 3" || /din Tesla/.test(${subject})`);
    assert.match(await tab.evaluate(at), /locale=da/);
    await tab.inFrame(`${MAIL}locale=da`, `document.documentElement.lang === "da"`);
    await tab.evaluate("history.back()");
    await tab.until(`${subject} === "Reconnect your Tesla Model 3 to ChargeUp"`);
    await tab.evaluate("history.forward()");
    await tab.until(`document.querySelector("#locale-da").getAttribute("aria-current") === "true"`);
    await tab.go(origin + NOTICE.slice(1));
  });

  await walk("dark mode is the mail's own, whatever the machine's is", async () => {
    const ground = `getComputedStyle(document.body).backgroundColor`;
    await tab.inFrame(`${MAIL}mode=light`, `${ground} === "rgb(242, 243, 245)"`);
    await tab.click(`.mail a[data-set="mode:dark"]`);
    await tab.inFrame(`${MAIL}mode=dark`, `${ground} === "rgb(15, 16, 18)"`);
    await tab.look({ width: 1440, height: 900, scheme: "dark" });
    await tab.click(`.mail a[data-set="mode:light"]`);
    await tab.inFrame(`${MAIL}mode=light`, `${ground} === "rgb(242, 243, 245)"`);
    await tab.click(`.mail a[data-set="mode:forced"]`);
    await tab.inFrame(`${MAIL}mode=forced`, `getComputedStyle(document.documentElement).filter.includes("invert")`);
    await picture(tab, "forced-dark");
    await tab.evaluate("history.go(-3)");
    await tab.until(`${shown}.dataset.mode === "light" && !location.search`);
    await tab.look({ width: 1440, height: 900 });
    await tab.click(`.mail a[data-set="width:desktop"]`);
    await tab.until(`!${visible(".mail .phone")} && ${visible(".mail .desktop")}`);
    await tab.inFrame(`${MAIL}mode=light`, `innerWidth === 680`);
    await tab.evaluate("history.back()");
    await tab.until(visible(".mail .phone"));
  });

  await walk("all languages stand side by side", async () => {
    await tab.click(`a[data-set="view:languages"]`);
    await tab.until(`document.querySelectorAll(".side-by-side > li").length === 12 && ${visible(".pane.languages")}`);
    await tab.inFrame(`${MAIL}locale=fr`, `document.documentElement.lang === "fr"`);
    for (const [locale, dir] of [["ar-XB", "rtl"], ["en-XA", "ltr"]]) {
      await tab.evaluate(`document.querySelector('iframe[src*="locale=${locale}"]').scrollIntoView()`);
      await tab.inFrame(`${MAIL}locale=${locale}`, `document.documentElement.dir === "${dir}"`);
    }
    await picture(tab, "languages");
    await tab.click(`a[data-set="view:mail"]`);
  });

  await walk("a scenario is chosen, and stays on the way to another language", async () => {
    await tab.evaluate(`(() => { const box = document.querySelector("#scenario"); box.value = "markup"; box.dispatchEvent(new Event("change", { bubbles: true })); })()`);
    await tab.until(`new URLSearchParams(location.search).get("scenario") === "markup"`);
    await tab.inFrame(`${MAIL}scenario=markup`, `document.body.innerText.includes("Tom & Jerry <b>")`);
    await tab.click("#locale-de");
    await tab.until(`/scenario=markup/.test(location.search) && /locale=de/.test(location.search)`);
    await tab.go(`${origin}${NOTICE.slice(1)}?view=event`);
  });

  await walk("an edited event is answered while it is typed, and its faults are told", async () => {
    await tab.evaluate(`(() => { const box = document.querySelector("#event"); box.focus(); box.setSelectionRange(box.value.indexOf("Anna"), box.value.indexOf("Anna") + 4); })()`);
    await tab.type("Grace");
    await tab.inFrame("event=", `document.body.innerText.includes("Hello Grace")`);
    assert.equal(await tab.evaluate("document.activeElement.id"), "event", "the cursor stays");
    await tab.type("\"");
    await tab.until(`/not-json/.test(document.querySelector("#event-faults").textContent)`);
    await picture(tab, "event");
    await tab.go(origin + NOTICE.slice(1));
  });

  await walk("a saved edit is shown at once, with focus and place kept", async () => {
    await tab.until(`document.querySelector("#live").dataset.state === "following"`);
    await tab.evaluate(`document.querySelector("#locale-en").focus(); scrollTo(0, 120)`);
    const begin = Date.now();
    edit("Sign in again to reconnect", "Please sign in again for");
    await tab.inFrame(MAIL, `document.body.innerText.includes("Please sign in again for your Tesla")`);
    console.log(`    seen ${Date.now() - begin} ms after it was saved`);
    await tab.until(`/^Updated/.test(document.querySelector("#told").textContent)`);
    assert.deepEqual(await tab.evaluate(`[document.activeElement.id, scrollY]`), ["locale-en", 120]);
  });

  await walk("a broken edit shows its diagnostic and keeps the last good view", async () => {
    edit(".title = Please sign in again for { car-object }", ".title = Please { cra-object }");
    await tab.until(`${visible("#broken")} && document.querySelector("#live").dataset.state === "broken"`);
    assert.match(await tab.evaluate(`document.querySelector("#broken").innerText`), /connected-services-account\.ftl:\d+:\d+[^]*cra-object/);
    assert.match(await tab.evaluate(`document.querySelector("#told").textContent`), /cannot be used/);
    await tab.inFrame(MAIL, `document.body.innerText.includes("Please sign in again for your Tesla")`);
    await tab.evaluate("scrollTo(0, 0)");
    await picture(tab, "broken");
    assert.deepEqual(await tab.evaluate(`(${faint})()`), []);
    edit("cra-object", "car-object");
    await tab.until(`!document.querySelector("#broken") && document.querySelector("#live").dataset.state !== "broken"`);
    await tab.inFrame(MAIL, `document.body.innerText.includes("Please your Tesla")`);
  });

  await walk("everything is reached and used by keyboard alone", async () => {
    await tab.go(origin);
    await tab.until(`document.querySelector("#live").dataset.state === "following"`);
    const focused = `(() => { const node = document.activeElement; return { text: node.textContent.trim(), id: node.id, set: node.dataset.set, href: node.getAttribute("href"), seen: getComputedStyle(node).outlineStyle !== "none" || getComputedStyle(node, "::after").outlineStyle !== "none" }; })()`;
    // Goes on until it stands on what was looked for; each stop must be seen.
    const reach = async wanted => {
      for (let stops = 0; stops < 150; stops += 1) {
        await tab.press("Tab");
        const here = await tab.evaluate(focused);
        if (here.href || here.id) assert(here.seen, `focus is seen on ${JSON.stringify(here)}`);
        if (wanted(here)) return;
      }
      assert.fail(`never reached: ${wanted}`);
    };
    await tab.press("Tab");
    assert.equal((await tab.evaluate(focused)).text, "Skip to the message");
    await tab.press("Enter");
    await tab.until(`document.activeElement.id === "main"`);
    await reach(({ href }) => href?.startsWith(NOTICE));
    await tab.press("Enter");
    await tab.until(`location.pathname === "${NOTICE}" && document.activeElement.id === "main"`);
    await reach(({ id }) => id === "locale-sv");
    await tab.press("Enter");
    await tab.until(`/locale=sv/.test(location.search)`);
    await reach(({ id }) => id === "scenario");
    for (const view of ["mail", "inbox", "push", "text", "languages", "source", "event"]) {
      await reach(({ set }) => set === `view:${view}`);
      await tab.press("Enter");
      await tab.until(visible(`.pane.${view}`));
    }
    await reach(({ id }) => id === "event");
    await reach(({ text }) => text === "Show the message");
  });

  await walk("every view has names, landmarks and contrast, in both lights and in a narrow window", async () => {
    const paths = ["", "?locale=ar-XB", ...["mail", "inbox", "push", "text", "languages", "source", "event"].map(view => `${NOTICE.slice(1)}?view=${view}&locale=de`), "notices/no/such"];
    for (const path of paths) {
      for (const scheme of ["light", "dark"]) {
        for (const width of [1440, 390]) {
          await tab.look({ width, height: 900, scheme, motion: "reduce" });
          await tab.go(origin + path);
          await tab.until(`document.querySelector("#live").dataset.state === "following"`);
          assert.deepEqual(await tab.evaluate(`(${unnamed})()`), [], path);
          assert.deepEqual(await tab.evaluate(`(${faint})()`), [], `${path} ${scheme}`);
          assert(await tab.evaluate(`document.documentElement.scrollWidth <= innerWidth`), `${path} is wider than ${width}`);
          await picture(tab, `${path.replace(/\W+/g, "-") || "gallery"}-${scheme}-${width}`);
        }
      }
    }
    // The address of a page that is not there is the one fault that was meant.
    tab.faults = tab.faults.filter(fault => !fault.includes("notices/no/such"));
  });
};

const files = async () => {
  await walk("the gallery of files opens without a server", async () => {
    const folder = join(scratch, "gallery");
    execFileSync(program, ["preview", ...content, "--export", folder]);
    const tab = await open();
    const origin = pathToFileURL(`${folder}/`).href;
    await tab.go(`${origin}index.html`);
    await tab.until(`document.querySelectorAll(".card").length === 9`);
    await tab.click(`.card a[href*="virtual-key-required"]`);
    await tab.until(shown);
    await tab.inFrame("virtual-key-required", `document.querySelector(".plate img").naturalWidth > 100`);
    await tab.click(`a[data-set="view:push"]`);
    await tab.until(`${visible(".pane.push")} && location.search === "?view=push"`);
    await tab.click("#locale-it");
    await tab.until(`/\\.it\\.plain\\.html$/.test(location.pathname) && ${visible(".pane.push")}`);
    await picture(tab, "files");
    assert.deepEqual(tab.requests.filter(url => !url.startsWith(origin) && !url.startsWith("data:")), []);
  });
};

try {
  const lines = createInterface({ input: server.stdout });
  const { value: said } = await lines[Symbol.asyncIterator]().next();
  const origin = said.match(/http:\S+/)[0];
  await all(origin);
  const [tab] = tabs;
  assert.deepEqual(tab.requests.filter(url => !url.startsWith(origin) && !url.startsWith("data:") && url !== "about:blank"), [], "no request leaves");
  await files();
  for (const { faults } of tabs) assert.deepEqual(faults, [], "the console is clean");
  console.log("the workbench was walked");
} catch (fault) {
  console.error(`FAILED in “${step}”: ${fault.stack}`);
  if (tabs.length) await tabs.at(-1).picture(join(tmpdir(), "dashlight-workbench-failed.png")).then(() => console.error(`what was seen: ${join(tmpdir(), "dashlight-workbench-failed.png")}`), () => {});
  process.exitCode = 1;
} finally {
  server.kill();
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
