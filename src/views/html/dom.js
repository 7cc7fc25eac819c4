// Elements from values. Text becomes text nodes and nothing else: what peers wrote is never markup.

const NAMESPACE = "http://www.w3.org/2000/svg";
let HIDDEN = /[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu;
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Text without characters that move, hide or turn round what stands beside them.
function visible(text) {
  return String(text).replace(HIDDEN, (c) => SHORT[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(NAMESPACE, tag), attributes, children);

const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u{a0}");
const count = (n, thing) => `${number(n)} ${thing}${n === 1 ? "" : "s"}`;

const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];
function duration(ns) {
  const size = Math.abs(ns);
  const [unit, of] = UNITS.find(([, of]) => size >= of) ?? UNITS[3];
  const value = ns / of;
  if (unit === "s" && size >= 120e9) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}

const bytes = (n) =>
  n < 10000 ? `${number(n)} B` : n < 1e7 ? `${(n / 1e3).toFixed(0)} kB` : `${(n / 1e6).toFixed(1)} MB`;

// A time of nine digits as whole nanoseconds behind another, which a double holds exactly for a hundred days.
// Many are of the same second, and the start is asked for each time.
const known = new Map();
function parts(time) {
  const text = time.slice(0, 19);
  let at = known.get(text);
  if (at === undefined) {
    at = Date.parse(`${text}Z`);
    if (known.size > 10000) known.clear();
    known.set(text, at);
  }
  return [at, Number(time.slice(20, 29))];
}

function since(at, start) {
  if (!at || !start) return null;
  const [[s, ns], [s0, ns0]] = [parts(at), parts(start)];
  return (s - s0) * 1e6 + (ns - ns0);
}

const offset = (ns) => (ns === null ? "" : `${ns < 0 ? "−" : "+"}${(Math.abs(ns) / 1e9).toFixed(6)}`);

// Numbers in order of size, also inside of ids such as 2:10 and 7/5.
const order = new Intl.Collator("en", { numeric: true });

const SIGNS = { fault: "✗", odd: "!", unknown: "?", normal: "✓" };
