// What can be judged of a page's accessibility by looking at it: names, landmarks, contrast. Each runs inside the page and
// answers with what it finds wrong.

// Every control, frame and picture has a name; the landmarks are there, each once.
export const unnamed = () => {
  const faults = [];
  const named = node => (node.getAttribute("aria-label") ?? node.getAttribute("title") ?? node.textContent ?? "").trim() !== "" || node.labels?.length > 0;
  for (const node of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, iframe, nav, aside, meter")) {
    if (!named(node)) faults.push(`without a name: ${node.outerHTML.slice(0, 120)}`);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`without alt: ${image.src.slice(0, 80)}`);
  for (const landmark of ["main", "body > header", "nav#notices", "h1"]) {
    const count = document.querySelectorAll(landmark).length;
    if (count !== 1) faults.push(`${count} × ${landmark}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(node => node.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} stands twice`);
  return faults;
};

// Text stands out from what is behind it (WCAG 2.2 AA: 4.5, large text 3). Pictures of other programs keep those programs' colours.
export const faint = () => {
  const faults = new Set();
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = color => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const behind = node => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)).reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest(".lock, svg, .aloud, script, option, .skip") || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const ground = behind(node);
    const [one, two] = [light(over(rgba(style.color), ground)), light(ground)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (one + .05) / (two + .05);
    if (ratio < (large ? 3 : 4.5)) faults.add(`${ratio.toFixed(2)}: ${node.className || node.nodeName} “${walker.currentNode.data.trim().slice(0, 40)}”`);
  }
  return [...faults];
};
