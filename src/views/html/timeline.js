// The time line of a connection: what each side sent as bars, what TCP shows as marks, the states of both ends along it.

const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
const opcodeName = (opcode) => OPCODES[opcode] ?? `opcode-${opcode}`;
const LANES = { client: -1, server: 1 };
const HEIGHT = 300;
const MIDDLE = 150;
const BASE = { client: MIDDLE - 22, server: MIDDLE + 22 };
const TALLEST = 74;
// Room at either side, for what stands at the very start or end.
const SIDE = 8;
// Pixels of a column where there are too many frames for a bar each.
const COLUMN = 3;
const MARK_NAMES = {
  retransmission: "sent again", gap: "missing from the recording, noticed here", zero_window: "receive window 0", window_opened: "receive window open again",
};
// What of several frames at one place is drawn: the first of these, else the largest.
const WEIGHT = ["close", "broken", "reserved"];
// From the middle outwards.
const HEAPED = ["text", "binary", "continuation", "ping", "pong"];
const weight = (one) => (WEIGHT.includes(one.kind) ? WEIGHT.length - WEIGHT.indexOf(one.kind) : 0);

function frameLabel(frame) {
  const bits = [frame.fin ? "FIN" : null, frame.rsv & 4 ? "RSV1" : null, frame.rsv & 2 ? "RSV2" : null, frame.rsv & 1 ? "RSV3" : null, frame.masked ? "masked" : null];
  return [opcodeName(frame.opcode), ...bits.filter(Boolean)].join(" ");
}

// In the unit of the end, with as many digits as tell two of them apart.
function tickLabel(t, step, end) {
  if (t === 0) return "0";
  const [unit, of] = UNITS.find(([, of]) => end >= of) ?? UNITS[3];
  return `${(t / of).toFixed(Math.max(0, Math.ceil(-Math.log10(step / of) - 1e-9)))} ${unit}`;
}

// Of a hundred thousand frames words are made for those that are drawn.
function labelOf({ label, frame, broke }) {
  return label ?? `frame ${frame.n}: ${frameLabel(frame)}, ${bytes(frame.length)}${frame.complete ? "" : ", not all of it in the recording"}${broke ? ` · broke ${broke}` : ""}`;
}

// All that happened, in order: by packet, what a packet carries before what it ends.
function happenings(connection) {
  const start = connection.started_at;
  const broken = new Map();
  for (const finding of connection.findings) {
    if (finding.frame !== null && finding.level !== "note") broken.set(finding.frame, finding.rule);
  }
  const all = [];
  const add = (role, what, of, more) => all.push({ role, what, t: since(of.at, start), packet: of.packet, ...more });
  for (const role of ["client", "server"]) {
    const mark = connection.page.handshake[role];
    if (mark) add(role, "handshake", mark, { label: role === "client" ? "request" : `response ${connection.handshake?.status ?? ""}` });
  }
  for (const frame of connection.frames ?? []) {
    const kind = broken.has(frame.n) && frame.opcode !== 8 ? "broken" : frame.opcode in OPCODES ? OPCODES[frame.opcode] : "reserved";
    add(frame.from, "frame", frame, { frame, kind, broke: broken.get(frame.n) });
  }
  for (const role of ["client", "server"]) {
    const close = connection.closing[role];
    const isListed = (connection.frames ?? []).some((frame) => frame.n === close.frame);
    if (close.frame !== null && !isListed) add(role, "frame", close, { kind: "close", frame: { n: close.frame, opcode: 8, length: 2 }, label: `Close ${close.code ?? ""}` });
    const notify = connection.tls?.close_notify?.[role];
    if (notify) add(role, "end", notify, { label: "close_notify" });
  }
  for (const alert of connection.tls?.alerts ?? []) add(alert.by, "end", alert, { label: `alert ${alert.name ?? ""}` });
  for (const end of connection.closing.tcp.ends) add(end.by, "end", end, { label: END_NAMES[end.how] ?? end.how.toUpperCase() });
  for (const moment of connection.page.moments) {
    if (moment.what === "fin_acknowledged") continue;
    add(moment.by, moment.what, moment, { label: `${moment.by}: ${moment.bytes === null ? "" : `${bytes(moment.bytes)} `}${MARK_NAMES[moment.what]}` });
  }
  const rank = { handshake: 0, frame: 1, end: 3 };
  const key = (one) => one.packet ?? one.frame?.n ?? Infinity;
  all.sort((a, b) => key(a) - key(b) || (rank[a.what] ?? 2) - (rank[b.what] ?? 2) || (a.frame?.n ?? 0) - (b.frame?.n ?? 0));
  all.forEach((one, i) => { one.i = i; });
  return all;
}

// Each Ping with the first Pong behind it that repeats its data.
function pingPongs(all) {
  const payload = (frame) => JSON.stringify(frame.payload ?? null);
  const waiting = { client: new Map(), server: new Map() };
  const pairs = [];
  for (const one of all) {
    if (one.what !== "frame" || !one.frame.complete) continue;
    const other = one.role === "client" ? "server" : "client";
    if (one.frame.opcode === 9) {
      const key = payload(one.frame);
      if (!waiting[one.role].has(key)) waiting[one.role].set(key, []);
      waiting[one.role].get(key).push(one);
    } else if (one.frame.opcode === 10) {
      const ping = waiting[other].get(payload(one.frame))?.shift();
      if (ping) pairs.push([ping, one]);
    }
  }
  return pairs;
}

function timeline(connection, onFrame) {
  const all = happenings(connection);
  const pairs = pingPongs(all);
  const length = connection.duration_ns ?? 0;
  const isTimed = length > 0 && all.every((one) => one.t !== null);
  const largest = all.reduce((most, one) => Math.max(most, one.frame?.length ?? 0), 1);
  let even = !isTimed;
  let view = [0, 1];
  const drawing = svg("svg", { class: "timeline", tabindex: 0, role: "group", "aria-label": "Time line: + and − zoom, arrows move, 0 shows all, E the end", height: HEIGHT });
  const scale = h("button", { disabled: !isTimed, title: "Between time and one place each", onclick: () => { even = !even; view = [0, 1]; draw(); } });
  const tools = h("div", { class: "tools" },
    h("button", { onclick: () => zoom(0.5), "aria-label": "Zoom in", "data-zoom": "in" }, "+"),
    h("button", { onclick: () => zoom(2), "aria-label": "Zoom out", "data-zoom": "out" }, "−"),
    h("button", { onclick: () => move(-0.3), "aria-label": "Move left" }, "←"),
    h("button", { onclick: () => move(0.3), "aria-label": "Move right" }, "→"),
    h("button", { onclick: () => { view = [0, 1]; draw(); }, "data-zoom": "all" }, "All"),
    h("button", { onclick: end, "data-zoom": "end" }, "The end"), scale,
    h("span", { class: "legend" }, ["text", "binary", "ping", "pong", "close", "broken"].map((name) => h("span", { class: `key ${name}` }, name === "broken" ? "broke a rule" : name))));
  const hint = h("p", { class: "faint window" });

  const last = Math.max(1, all.length - 1);
  // The places of all, by either scale.
  const places = { at: null, even: null };
  function placesOfAll() {
    if (places.at === null || places.even !== even) Object.assign(places, { at: Float64Array.from(all, place), even });
    return places.at;
  }
  // From 0, the start, to 1, the end.
  const place = (one) => (even ? (all.length > 1 ? 0.02 + 0.96 * one.i / last : 0.5) : Math.max(0, Math.min(1, one.t / length)));
  const clamp = ([from, to]) => {
    const width = Math.min(1, Math.max(1e-9, to - from));
    const left = Math.max(0, Math.min(1 - width, from));
    return [left, left + width];
  };
  function zoom(by, around = 0.5) {
    const [from, to] = view;
    const at = from + (to - from) * around;
    view = clamp([at - (at - from) * by, at + (to - at) * by]);
    draw();
  }
  function move(by) {
    const step = (view[1] - view[0]) * by;
    view = clamp([view[0] + step, view[1] + step]);
    draw();
  }
  function end() {
    // From a little before the first sign of the end.
    const signs = all.filter((one) => one.what === "end" || one.kind === "close");
    const first = signs.length > 0 ? place(signs[0]) : 0.9;
    const lastSign = signs.length > 0 ? place(signs.at(-1)) : 1;
    const room = Math.max((lastSign - first) * 0.25, 1e-7);
    view = clamp([first - 2 * room, lastSign + room]);
    draw();
  }

  drawing.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2), 0: () => { view = [0, 1]; draw(); }, e: end, E: end };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
    event.stopPropagation();
  });
  drawing.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey && document.activeElement !== drawing) return;
    const box = drawing.getBoundingClientRect();
    zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width);
    event.preventDefault();
  }, { passive: false });
  let drag = null;
  drawing.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, view, moved: false }; });
  drawing.addEventListener("pointermove", (event) => {
    if (!drag || event.buttons === 0) return;
    const by = (drag.x - event.clientX) / drawing.clientWidth * (drag.view[1] - drag.view[0]);
    if (!drag.moved && Math.abs(event.clientX - drag.x) < 4) return;
    if (!drag.moved) drawing.setPointerCapture(event.pointerId);
    drag.moved = true;
    view = clamp([drag.view[0] + by, drag.view[1] + by]);
    draw();
  });
  drawing.addEventListener("pointerup", () => { drag = null; });
  drawing.addEventListener("click", (event) => {
    const n = event.target.closest("[data-frame]")?.getAttribute("data-frame") ?? heapAt(event)?.worst.frame.n;
    if (n) onFrame(Number(n));
  });
  let told = "";
  drawing.addEventListener("pointermove", (event) => {
    const heap = heapAt(event);
    if (columns.client.size + columns.server.size > 0) hint.textContent = heap ? say(heap) : told;
  });
  drawing.addEventListener("pointerleave", () => { hint.textContent = told; });

  function draw() {
    const width = Math.max(200, drawing.clientWidth || drawing.parentElement?.clientWidth || 800);
    const [from, to] = view;
    const x = (at) => SIDE + (at - from) / (to - from) * (width - 2 * SIDE);
    const visibleOnes = [];
    for (const [i, at] of placesOfAll().entries()) {
      const here = x(at);
      if (here >= -20 && here <= width + 20) visibleOnes.push({ one: all[i], x: here });
    }
    const roles = ["client", "server"];
    let frames = roles.map((role) => bars(role, visibleOnes, width));
    if (columns.client.size + columns.server.size > 0) frames = roles.map(drawHeaps);
    drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    drawing.replaceChildren(axis(x, width), ...["client", "server"].map((role) => states(role, x, width)),
      links(x, width), windows(x, width), ...frames, marks(visibleOnes, width), omitted(x, width));
    scale.textContent = even ? "Evenly" : "By time";
    const span = even ? "" : `${offset(from * length)} s to ${offset(to * length)} s, ${duration((to - from) * length)}`;
    const heaped = columns.client.size + columns.server.size > 0 ? " · bars count frames by kind: zoom in for each" : "";
    told = `${span}${view[1] - view[0] < 1 ? " · All shows the rest" : ""}${heaped}`;
    hint.textContent = told;
  }

  function axis(x, width) {
    const nodes = [];
    for (const role of ["client", "server"]) {
      nodes.push(svg("line", { class: "base", x1: 0, x2: width, y1: BASE[role], y2: BASE[role] }));
      nodes.push(svg("text", { class: "lane", x: 4, y: role === "client" ? BASE.client + 12 : BASE.server - 5 }, role));
    }
    if (even) return svg("g", {}, nodes);
    const span = (view[1] - view[0]) * length;
    const rough = span / Math.max(2, width / 130);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    for (let t = Math.ceil(view[0] * length / step) * step; t <= view[1] * length; t += step) {
      const at = x(t / length);
      nodes.push(svg("line", { class: "tick", x1: at, x2: at, y1: MIDDLE - 8, y2: MIDDLE + 8 }));
      nodes.push(svg("text", { class: "time", x: at, y: MIDDLE + 4, "text-anchor": at < 30 ? "start" : at > width - 40 ? "end" : "middle" }, tickLabel(t, step, view[1] * length)));
    }
    return svg("g", {}, nodes);
  }

  // Where a state begins that has no time: with its frame.
  function stateAt(state) {
    if (isTimed && state.at) {
      const t = since(state.at, connection.started_at);
      if (!even) return t / length;
      const next = all.find((one) => one.t >= t && (state.frame === null || one.frame?.n === state.frame || one.t > t));
      return next ? place(next) : 1;
    }
    if (state.frame !== null) {
      const one = all.find((one) => one.frame?.n === state.frame);
      return one ? place(one) : 1;
    }
    return state.name === "closed" ? 1 : 0;
  }

  function states(role, x, width) {
    const y = role === "client" ? 4 : HEIGHT - 18;
    const list = connection.page.states[role];
    const nodes = list.map((state, i) => {
      const left = Math.max(0, x(stateAt(state)));
      const right = Math.min(width, i + 1 < list.length ? x(stateAt(list[i + 1])) : width);
      if (right <= left) return null;
      const name = state.name.toUpperCase();
      return svg("g", { class: `state ${state.name}` }, svg("rect", { x: left, y, width: right - left, height: 14 }, svg("title", {}, `${role}: ${name}`)),
        right - left > name.length * 7 && svg("text", { x: left + 4, y: y + 11 }, name));
    });
    return svg("g", {}, nodes);
  }

  // Frames by kind in columns of time, the number of them as height. What is rare or wrong stands outside.
  const columns = { client: new Map(), server: new Map() };
  function heaps(role, ones) {
    const heaps = columns[role];
    for (const { one, x: at } of ones) {
      if (one.what !== "frame" || one.role !== role) continue;
      const key = Math.floor(at / COLUMN);
      let heap = heaps.get(key);
      if (!heap) heaps.set(key, heap = { worst: one, n: 0, bytes: 0, kinds: {} });
      heap.n += 1;
      heap.bytes += one.frame.length;
      heap.kinds[one.kind] = (heap.kinds[one.kind] ?? 0) + 1;
      if (weight(one) > weight(heap.worst)) heap.worst = one;
    }
    return heaps;
  }
  function drawHeaps(role) {
    const heaps = columns[role];
    const most = Math.max(1, ...[...Object.values(columns)].flatMap((all) => [...all.values()].map(({ n }) => n)));
    const up = LANES[role] < 0;
    const paths = new Map();
    for (const [key, { n, kinds }] of heaps) {
      let low = 0;
      for (const kind of HEAPED.filter((kind) => kinds[kind])) {
        const high = low + Math.max(kinds[kind] / n * (TALLEST - 16) * n / most, 1.5);
        const [a, b] = [BASE[role] + LANES[role] * low, BASE[role] + LANES[role] * high];
        paths.set(kind, `${paths.get(kind) ?? ""}M${key * COLUMN} ${a.toFixed(1)}V${b.toFixed(1)}h${COLUMN}V${a.toFixed(1)}z`);
        low = high;
      }
      for (const kind of WEIGHT.filter((kind) => kinds[kind])) {
        const [a, b] = [BASE[role], BASE[role] + (up ? -TALLEST : TALLEST)];
        paths.set(kind, `${paths.get(kind) ?? ""}M${key * COLUMN} ${a}V${b}h${COLUMN}V${a}z`);
      }
    }
    return svg("g", { class: "heaps" }, [...paths].map(([kind, d]) => svg("path", { class: `bar ${kind}`, d })));
  }
  // The column under the pointer, if frames are in columns there.
  function heapAt(event) {
    const box = drawing.getBoundingClientRect();
    const role = event.clientY - box.top < MIDDLE ? "client" : "server";
    const heap = columns[role].get(Math.floor((event.clientX - box.left) / COLUMN));
    return heap && { role, ...heap };
  }
  function say(heap) {
    const kinds = Object.entries(heap.kinds).sort(([, a], [, b]) => b - a).map(([kind, n]) => `${number(n)} ${kind === "broken" ? "that broke a rule" : kind}`);
    return `${heap.role}, ${heap.worst.t === null ? "" : `${offset(heap.worst.t)} s, `}${count(heap.n, "frame")}, ${bytes(heap.bytes)}: ${kinds.join(", ")}`;
  }

  // Bars of one pixel are one bar: the worst and the largest of what is there.
  function bars(role, ones, width) {
    columns[role].clear();
    if (ones.length > width * 2) return heaps(role, ones);
    const places = new Map();
    const isDense = ones.length > width / 3;
    for (const { one, x: at } of ones) {
      if (one.what !== "frame" || one.role !== role) continue;
      const key = isDense ? Math.round(at / 2) * 2 : at;
      const known = places.get(key);
      if (!known) places.set(key, { worst: one, largest: one.frame.length, n: 1, at: isDense ? key : at });
      else {
        known.n += 1;
        known.largest = Math.max(known.largest, one.frame.length);
        const more = weight(one) - weight(known.worst);
        if (more > 0 || (more === 0 && one.frame.length > known.worst.frame.length)) known.worst = one;
      }
    }
    const w = isDense ? 2 : Math.max(3, Math.min(10, width / Math.max(1, ones.length) * 0.6));
    return svg("g", {}, [...places.values()].map(({ worst, largest: size, n, at }) => {
      const tall = 8 + (TALLEST - 8) * Math.log1p(size) / Math.log1p(largest);
      const up = LANES[role] < 0;
      return svg("rect", { class: `bar ${worst.kind}${worst.frame.complete === false ? " incomplete" : ""}`, x: at - w / 2, y: up ? BASE[role] - tall : BASE[role], width: w, height: tall, "data-frame": worst.frame.n },
        svg("title", {}, `${role}, ${worst.t === null ? "" : `${offset(worst.t)} s, `}${labelOf(worst)}${n > 1 ? ` and ${number(n - 1)} more here` : ""}`));
    }));
  }

  // Pings with their Pongs, as long as one can be told from the other.
  function links(x, width) {
    const ends = pairs.map(([ping, pong]) => [ping, pong, x(place(ping)), x(place(pong))]).filter(([, , a, b]) => b >= 0 && a <= width);
    if (ends.length > width / 6) return svg("g");
    return svg("g", {}, ends.map(([ping, pong, a, b]) => {
      const took = ping.t === null ? "" : ` after ${duration(pong.t - ping.t)}`;
      return svg("line", { class: "pair", x1: a, y1: BASE[ping.role], x2: b, y2: BASE[pong.role] }, svg("title", {}, `Ping ${ping.frame.n} answered by Pong ${pong.frame.n}${took}`));
    }));
  }

  // The time for which a receive window was shut.
  function windows(x, width) {
    const nodes = [];
    for (const role of ["client", "server"]) {
      let shut = null;
      const rest = all.filter((one) => one.role === role && (one.what === "zero_window" || one.what === "window_opened"));
      for (const one of [...rest, null]) {
        if (one?.what === "zero_window") { shut ??= one; continue; }
        if (!shut) continue;
        const [a, b] = [Math.max(0, x(place(shut))), Math.min(width, one ? x(place(one)) : x(1))];
        const time = one && one.t !== null ? ` for ${duration(one.t - shut.t)}` : one ? "" : " to the end";
        if (b >= a) nodes.push(svg("rect", { class: "window", x: a, y: role === "client" ? 19 : HEIGHT - 23, width: Math.max(3, b - a), height: 4 }, svg("title", {}, `${role}: receive window 0${time}`)));
        shut = null;
      }
    }
    return svg("g", {}, nodes);
  }

  function marks(ones, width) {
    const nodes = [];
    const labelled = { client: [], server: [] };
    const used = new Set();
    for (const { one, x: at } of ones) {
      if (one.what === "frame" && one.kind !== "close") continue;
      const up = LANES[one.role] < 0;
      const far = up ? BASE.client - TALLEST - 2 : BASE.server + TALLEST + 2;
      const say = () => svg("title", {}, `${one.label}${one.t === null ? "" : `, ${offset(one.t)} s`}${one.packet ? `, packet ${one.packet}` : ""}`);
      const place = `${one.what} ${one.role} ${Math.round(at / 2)}`;
      if (one.what !== "frame" && one.what !== "end" && used.has(place)) continue;
      used.add(place);
      if (one.what === "retransmission") {
        nodes.push(svg("path", { class: "again", d: `M${at - 4} ${BASE[one.role] + (up ? 12 : -12)}h8l-4 ${up ? -9 : 9}z` }, say()));
      } else if (one.what === "gap") {
        nodes.push(svg("rect", { class: "gap", x: at - 3, y: up ? BASE.client - TALLEST : BASE.server, width: 6, height: TALLEST }, say()));
      } else if (one.what === "end" || one.kind === "close" || one.what === "handshake") {
        const label = one.kind === "close" ? `Close ${closeCode(one) ?? ""}`.trim() : one.label;
        if (one.what !== "frame") nodes.push(svg("line", { class: `end ${/RST/.test(one.label) ? "reset" : one.what}`, x1: at, x2: at, y1: BASE[one.role], y2: far }, say()));
        // Words that would stand on others go a line further out.
        const left = Math.min(at, width - label.length * 6.5);
        const row = [0, 1, 2].find((row) => labelled[one.role].every((known) => known.row !== row || left > known.right + 4 || left + label.length * 6.5 < known.left));
        if (row === undefined) continue;
        labelled[one.role].push({ row, left, right: left + label.length * 6.5 });
        nodes.push(svg("text", { class: "label", x: left + 3, y: up ? far - 2 - row * 11 : far + 10 + row * 11 }, label));
      }
    }
    return svg("g", {}, nodes);
  }

  const closeCode = (one) => connection.closing[one.role].frame === one.frame.n ? connection.closing[one.role].code : null;

  // Between the first and the last frames that are listed.
  function omitted(x, width) {
    const n = connection.frames_omitted ?? 0;
    if (n === 0 || !connection.frames?.length) return svg("g");
    const shown = all.filter((one) => one.what === "frame");
    const behind = shown.findIndex((one, i) => i > 0 && one.frame.n > shown[i - 1].frame.n + 1);
    if (behind < 1) return svg("g");
    const [a, b] = [Math.max(0, x(place(shown[behind - 1]))), Math.min(width, x(place(shown[behind])))];
    if (b <= a) return svg("g");
    const words = `${number(n)} frames not listed`;
    return svg("g", { class: "omitted" }, svg("rect", { x: a, y: BASE.client - TALLEST, width: b - a, height: BASE.server - BASE.client + 2 * TALLEST }, svg("title", {}, `${words}: --frames all`)),
      b - a > words.length * 6.5 && svg("text", { x: (a + b) / 2, y: BASE.client - 30, "text-anchor": "middle" }, words));
  }

  new ResizeObserver(draw).observe(drawing);
  return { node: h("div", { class: "timeline-box" }, tools, drawing, hint), draw, zoom, view: () => view, all };
}
