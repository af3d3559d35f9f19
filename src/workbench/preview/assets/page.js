// What a page does by itself, from a server or from a file: switches without a reload, and the filter.
// All state stands in the address, so that a view can be shared and the browser's buttons work.
"use strict";

const page = {
  // The looks of a message, with what holds when the address names none.
  looks: { view: "mail", width: "both", mode: "light" },
  byId: id => document.getElementById(id),
  asked: () => new URLSearchParams(location.search),

  // Makes the page look as the address says.
  look() {
    const shown = page.byId("shown");
    if (shown) {
      for (const [key, first] of Object.entries(page.looks)) {
        const links = [...document.querySelectorAll(`a[data-set^="${key}:"]`)];
        const wanted = `${key}:${page.asked().get(key)}`;
        const set = links.some(link => link.dataset.set === wanted) ? wanted : `${key}:${first}`;
        shown.dataset[key] = set.slice(key.length + 1);
        for (const link of links) {
          if (link.dataset.set === set) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      }
      for (const frame of document.querySelectorAll("iframe[data-light]")) page.show(frame, frame.dataset[shown.dataset.mode]);
    }
    page.filter();
  },

  // A frame that is led elsewhere would add a step to the browser's history; a new one does not.
  show(frame, url) {
    if (frame.getAttribute("src") === url) return;
    const fresh = frame.cloneNode();
    fresh.setAttribute("src", url);
    frame.replaceWith(fresh);
  },

  // Keeps the looks on the way to another message or language.
  carry(href) {
    const url = new URL(href, location.href);
    if (/\/notices\//.test(url.pathname) && page.byId("shown")) {
      for (const key of Object.keys(page.looks)) {
        const value = page.asked().get(key);
        if (value && !url.searchParams.has(key)) url.searchParams.set(key, value);
      }
    }
    return url.href;
  },

  filter() {
    const box = page.byId("filter"), only = page.byId("only");
    if (!box) return;
    const words = (page.asked().get("q") ?? "").toLowerCase();
    if (document.activeElement !== box) box.value = words;
    const found = page.asked().get("only") === "findings";
    if (only) only.checked = found;
    for (const list of document.querySelectorAll("main .cards, #notices")) {
      const items = [...list.querySelectorAll("li[data-find]")];
      for (const item of items) {
        item.hidden = !item.dataset.find.includes(words) || (found && only !== null && item.dataset.sign === "fine");
      }
      const none = list.id === "notices" ? list.querySelector(".none") : list.parentElement.querySelector(":scope > .none");
      if (none) none.hidden = items.some(item => !item.hidden);
    }
  },

  // Writes one value into the address.
  set(key, value, remember) {
    const url = new URL(location.href);
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
    history[remember ? "pushState" : "replaceState"](null, "", url);
    page.look();
  },

  // Where a link or a choice leads. The server's pages come without a reload (live.js).
  go: href => { location.href = href; },
};

document.addEventListener("click", event => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.dataset.set) {
    const [key, value] = link.dataset.set.split(":");
    event.preventDefault();
    if (page.byId("shown").dataset[key] !== value) page.set(key, value === page.looks[key] ? "" : value, true);
  } else if (!link.hasAttribute("download") && !link.getAttribute("href").startsWith("#") && link.origin === location.origin) {
    event.preventDefault();
    page.go(page.carry(link.href));
  }
});

document.addEventListener("change", event => {
  const href = event.target.selectedOptions?.[0]?.dataset.href;
  if (href) page.go(page.carry(href));
  if (event.target.id === "only") page.set("only", event.target.checked ? "findings" : "", false);
});

document.addEventListener("input", event => {
  if (event.target.id === "filter") page.set("q", event.target.value, false);
});

addEventListener("popstate", () => page.look());
page.look();
