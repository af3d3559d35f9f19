// Asks caniemail.com's data what mail clients make of every HTML and CSS feature that the mails use.
//
//     caniemail.mjs DIR      (from the folder whose node_modules holds `caniemail`)
//
// A feature that some client lacks must stand below with the reason why the mail is still right there; a reason that
// nothing needs any more is a fault too, so that the list stays true.

import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "node_modules", "x.js"));
const { caniemail } = await import(pathToFileURL(require.resolve("caniemail")));
const data = JSON.parse(readFileSync(require.resolve("caniemail/caniemail.json"), "utf8")).data;

// Why a mail stays whole where a client lacks the feature.
const REVIEWED = new Map(Object.entries({
  // The style sheet only refines: what matters for reading and tapping stands in the elements themselves.
  "the style sheet refines; without it the light mail with inline styles is shown": [
    "<style> element", "@media", "!important keyword", "Attribute selector", "Chaining selectors", "Child combinator",
    "Class selector", "Descendant combinator", "ID selector", "Type selector",
  ],
  "for dark mode; a client without it shows the light mail or inverts it, and both were looked at": [
    "color-scheme CSS property", "color-scheme meta tag",
  ],
  "finer line breaks; without it lines break as ever": ["text-wrap", "word-break", "word-spacing", "letter-spacing"],
  "rounded corners become square": ["border-radius"],
  "hides the preheader, whose text is also cut by size and colour; at worst it is read as a first grey line": [
    "display:none", "max-height property", "opacity", "overflow", "font-size",
  ],
  "MJML's reset of images and tables; clients without it have no border or gap to reset": [
    "outline", "border", "border-collapse", "line-height", "height attribute", "height property", "<img> element",
    "cellpadding attribute", "cellspacing attribute",
  ],
  "MJML lays out twice, by style and by attribute and table for Outlook; one of the two holds": [
    "align attribute", "background", "background-color", "display", "margin", "max-width", "padding", "text-align",
    "text-decoration", "width attribute", "width property",
  ],
  "MJML's conditional comments are for Outlook alone": ["HTML comments"],
  "the body's own styles are repeated on the wrapper inside it, because clients replace the body": ["<body> element"],
  "a font stack that ends in a font every client has": [
    "system-ui, ui-serif, ui-sans-serif, ui-rounded, ui-monospace",
  ],
  "600 becomes bold": ["font-weight"],
  "for screen readers; a client without it reads layout tables aloud as tables, and the text part is still there": [
    "aria-hidden attribute", "aria-label attribute", "role attribute",
  ],
  "stands on the html element and on the wrapper; where both are dropped the client guesses the language": [
    "lang attribute", "dir attribute", "direction",
  ],
  "mail clients open links outside the mail anyway": ["target attribute"],
}).flatMap(([reason, titles]) => titles.map((title) => [title, reason])));

// The data has holes for these, on which the library gives up; the families that matter are tried in other clients.
const UNKNOWN = new Set([
  "free-fr.desktop-webmail", "gmx.android", "gmx.ios", "ionos-1and1.android", "ionos-1and1.desktop-webmail",
  "laposte.android", "laposte.ios", "rainloop.desktop-webmail", "t-online-de.desktop-webmail", "thunderbird.windows",
  "web-de.android", "web-de.desktop-webmail", "web-de.ios", "wp-pl.desktop-webmail",
]);

const clients = new Set(
  data.flatMap(({ stats }) => Object.entries(stats).flatMap(([family, on]) => Object.keys(on).map((os) => `${family}.${os}`))),
);

// Languages differ in their texts only: each structure is asked about once.
const folder = process.argv[2];
const mails = new Map();
for (const file of readdirSync(folder).filter((file) => file.endsWith(".html")).sort()) {
  const html = readFileSync(join(folder, file), "utf8");
  const structure = html
    .replace(/<title>.*?<\/title>/s, "")
    .replace(/ (alt|aria-label|href|lang|src)="[^"]*"/g, " $1")
    .replace(/<\/head>.*/s, (body) => body.replace(/>[^<]*</g, "><"));
  if (!mails.has(structure)) mails.set(structure, [file, html]);
}

const faults = [];
const needed = new Set();
for (const [file, html] of mails.values()) {
  for (const client of clients) {
    if (UNKNOWN.has(client)) continue;
    const { issues } = caniemail({ clients: [client], html });
    for (const found of [...issues.errors.values(), ...issues.warnings.values()].flat()) {
      needed.add(found.title);
      if (!REVIEWED.has(found.title)) faults.push(`${file}: ${client} lacks ${found.title}`);
    }
  }
}
for (const title of REVIEWED.keys()) {
  if (mails.size && !needed.has(title)) faults.push(`caniemail.mjs: "${title}" is reviewed, and no mail needs it any more`);
}
if (!mails.size) faults.push(`there is no mail in ${folder}`);

for (const fault of faults.slice(0, 50)) console.error(fault);
console.log(`caniemail: ${mails.size} structures of mails, ${clients.size - UNKNOWN.size} clients, ${needed.size} features reviewed, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
