// What a page does with a server behind it: it follows the files as they are saved, and moves on without a reload.
"use strict";

if ("live" in document.body.dataset) {
  let latest = 0;
  let typing;

  const say = text => { page.byId("told").textContent = text; };
  const state = (name, text) => {
    const live = page.byId("live");
    live.dataset.state = name;
    live.textContent = text;
  };

  // Makes one part of the page like another, and leaves alone what is alike already: frames, focus and scrolling stay.
  const morph = (now, next) => {
    const alike = now.nodeType === next.nodeType && now.nodeName === next.nodeName && now.id === next.id;
    if (!alike || (now.nodeName === "IFRAME" && now.getAttribute("src") !== next.getAttribute("src"))) return now.replaceWith(next);
    if (now.nodeType !== Node.ELEMENT_NODE) {
      if (now.data !== next.data) now.data = next.data;
      return;
    }
    for (const { name } of [...now.attributes]) if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
    for (const { name, value } of [...next.attributes]) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    if (now.nodeName === "TEXTAREA") {
      // What is being typed stays.
      if (now !== document.activeElement) now.value = next.value;
      return;
    }
    children(now, next);
    if (now.nodeName === "SELECT") now.selectedIndex = Math.max(0, [...now.options].findIndex(option => option.hasAttribute("selected")));
  };

  const children = (now, next) => {
    let old = now.firstChild;
    for (const child of [...next.childNodes]) {
      const same = child.id ? [...now.children].find(known => known.id === child.id) : null;
      const ahead = same && old && (same === old || old.compareDocumentPosition(same) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (ahead) {
        while (old !== same) {
          const gone = old;
          old = old.nextSibling;
          gone.remove();
        }
      } else if (!old || child.id || old.id) {
        same?.remove();
        now.insertBefore(child, old);
        continue;
      }
      const following = old.nextSibling;
      morph(old, child);
      old = following;
    }
    while (old) {
      const gone = old;
      old = old.nextSibling;
      gone.remove();
    }
  };

  // Shows the page at an address in place of this one. `how`: push, replace, or nothing when the address is there already.
  const show = async (href, how) => {
    const mine = ++latest;
    const before = document.body.dataset.shown ?? location.pathname;
    let text, url;
    try {
      const answer = await fetch(href);
      [text, url] = [await answer.text(), new URL(answer.url)];
    } catch {
      return state("lost", "the workbench has ended");
    }
    if (mine !== latest) return;
    url.hash = new URL(href, location.href).hash;
    if (how) history[how === "push" ? "pushState" : "replaceState"](null, "", url);
    const next = new DOMParser().parseFromString(text, "text/html");
    document.title = next.title;
    document.body.dataset.generation = next.body.dataset.generation;
    document.body.dataset.shown = location.pathname;
    for (const id of ["notices", "main"]) morph(page.byId(id), next.getElementById(id));
    const revision = document.querySelector(".revision"), newer = next.querySelector(".revision");
    if (revision && newer) morph(revision, newer);
    page.look();
    if (before !== location.pathname) {
      page.byId("main").focus({ preventScroll: true });
      if (how === "push") scrollTo(0, 0);
      say(document.title);
    }
  };

  page.go = href => show(href, "push");
  addEventListener("popstate", () => show(location.href));

  const address = form => {
    const url = new URL(form.getAttribute("action"), location.href);
    url.search = new URLSearchParams(new FormData(form));
    return page.carry(url.href);
  };
  document.addEventListener("submit", event => {
    event.preventDefault();
    show(address(event.target), "push");
  });
  document.addEventListener("input", event => {
    if (event.target.id !== "event") return;
    clearTimeout(typing);
    typing = setTimeout(() => show(address(event.target.form), "replace"), 300);
  });

  // Word of every change. A browser has few connections for one server, so a page that nobody sees gives its own back.
  let source;
  const follow = () => {
    let lost = false;
    source = new EventSource("/changes");
    source.onerror = () => {
      lost = true;
      state("lost", "the workbench has ended");
    };
    source.onmessage = async message => {
      const { generation, refused, findings } = JSON.parse(message.data);
      const changed = lost || String(generation) !== document.body.dataset.generation;
      lost = false;
      if (changed) await show(location.href);
      if (refused) {
        state("broken", "broken edit");
        say(`This edit cannot be used: ${findings}. The last good version is shown.`);
      } else if (changed) {
        state("updated", "updated");
        say(`Updated: ${findings}.`);
        setTimeout(() => { if (page.byId("live").dataset.state === "updated") state("following", "live"); }, 2500);
      } else {
        state("following", "live");
      }
    };
  };
  document.addEventListener("visibilitychange", () => {
    source?.close();
    if (!document.hidden) follow();
  });
  follow();
}
