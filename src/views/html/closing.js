// The closing as a sequence diagram: what each side sent, in the order of the recording, and what acknowledgements show.

const END_NAMES = {
  fin: "FIN", rst: "RST", end_stream: "END_STREAM", rst_stream: "RST_STREAM", goaway: "GOAWAY", dropped: "ended TCP",
};

function closingEvents(connection) {
  const { closing, page } = connection;
  const start = connection.started_at;
  const events = [];
  const add = (by, of, label, more = {}) =>
    events.push({ by, label, t: since(of.at, start), packet: of.packet ?? null, frame: of.frame ?? null, ...more });
  const cause = closing.cause;
  const shows = cause?.frame && (connection.frames ?? []).find((frame) => frame.n === cause.frame && frame.opcode !== 8);
  if (shows) add(shows.from, { ...shows, frame: shows.n }, `${frameLabel(shows)}${cause.rule ? ` · ${cause.rule}` : ""}`, { kind: "fault" });
  for (const by of ["client", "server"]) {
    const side = closing[by];
    if (side.frame !== null) {
      const words = `Close ${side.code ?? "without a code"}${side.reason ? ` “${side.reason.length > 24 ? `${side.reason.slice(0, 24)}…` : side.reason}”` : ""}`;
      add(by, side, words, { kind: "close", reached: page.reached[by] });
    }
    const notify = connection.tls?.close_notify?.[by];
    if (notify) add(by, notify, "close_notify", { kind: "end" });
  }
  for (const alert of connection.tls?.alerts ?? []) add(alert.by, alert, `alert ${alert.name ?? "(encrypted)"}`, { kind: "reset" });
  const ends = closing.tcp.ends.length > 0 ? closing.tcp.ends : [];
  let resets = 0;
  for (const end of ends) {
    if (end.how === "rst" && ++resets > 4) continue;
    const more = end.error ? ` ${end.error}` : "";
    const reached = page.moments.find((moment) => moment.what === "fin_acknowledged" && moment.by === end.by);
    add(end.by, end, `${END_NAMES[end.how] ?? end.how}${more}`, {
      kind: /rst/.test(end.how) ? "reset" : "end",
      reached: end.how === "fin" ? (reached ? { known: true, at: reached.at } : { known: false, at: null }) : undefined,
    });
  }
  if (ends.length === 0 && closing.tcp.first_end) add(closing.tcp.first_end.by, closing.tcp.first_end, END_NAMES[closing.tcp.first_end.how] ?? "end", { kind: "end" });
  const rank = { fault: 0, close: 1, end: 2, reset: 3 };
  const place = (event) => event.packet ?? (event.frame ?? Infinity);
  events.sort((a, b) => place(a) - place(b) || rank[a.kind] - rank[b.kind]);
  if (resets > 4) events.push({ ...events.at(-1), label: `… ${resets - 4} more RST`, reached: undefined });
  return events;
}

// Whether a side sent `event` without having `before`, as the conclusions have it.
function crosses(closing, before, event) {
  if (before.by === event.by) return false;
  if (before.kind === "close" && event.kind === "close") return closing.started_by === "both";
  if (before.kind !== "close" && event.kind !== "close") return closing.tcp.crossed;
  // What was acknowledged only later was on its way.
  return before.reached?.known === true && before.reached.at !== null && event.t !== null && since(before.reached.at, event.at0) > event.t;
}

function closingDiagram(connection) {
  const events = closingEvents(connection);
  if (events.length === 0) return null;
  for (const event of events) event.at0 = connection.started_at;
  const STEP = 44;
  const top = 34;
  // On a narrow screen its words stay as large.
  const [width, margin] = innerWidth < 600 ? [400, 104] : [640, 130];
  const X = { client: margin, server: width - margin };
  const height = top + STEP * events.length + 24;
  const y = (i) => top + 20 + STEP * i;
  const nodes = [
    svg("defs", {}, svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z" }))),
  ];
  for (const role of ["client", "server"]) {
    nodes.push(svg("text", { class: "who", x: X[role], y: 16, "text-anchor": "middle" }, role));
    nodes.push(svg("line", { class: "life", x1: X[role], x2: X[role], y1: 24, y2: height - 8 }));
  }
  events.forEach((event, i) => {
    const other = event.by === "client" ? "server" : "client";
    const crossing = events.findIndex((later, j) => j > i && crosses(connection.closing, event, later));
    const [x1, x2] = [X[event.by], X[other]];
    const isOpen = event.reached && event.reached.known === false;
    const to = isOpen ? x1 + (x2 - x1) * 0.72 : x2;
    const arrives = crossing < 0 ? y(i) + 12 : y(crossing) + 18;
    const isUnknown = event.reached === null;
    nodes.push(svg("line", { class: `arrow ${event.kind}${isUnknown || isOpen ? " unknown" : ""}`, x1, y1: y(i), x2: to + (to < x1 ? 4 : -4), y2: isOpen ? y(i) + 9 : arrives, "marker-end": "url(#head)" }));
    if (isOpen) nodes.push(svg("text", { class: "faint", x: to + (to < x1 ? -10 : 10), y: y(i) + 14, "text-anchor": "middle" }, "?"));
    // Where arrows cross, words stand where theirs begins.
    const isCrossed = crossing >= 0 || events.some((before, j) => j < i && crosses(connection.closing, before, event));
    const toRight = event.by === "client";
    const [at, anchor] = isCrossed ? [x1 + (toRight ? 10 : -10), toRight ? "start" : "end"] : [(x1 + x2) / 2, "middle"];
    nodes.push(svg("text", { class: `said ${event.kind}`, x: at, y: y(i) - 5, "text-anchor": anchor }, event.label));
    const away = toRight ? [X.client - 8, "end"] : [X.server + 8, "start"];
    nodes.push(svg("text", { class: "time", x: away[0], y: y(i) + 4, "text-anchor": away[1] }, event.t === null ? (event.frame === null ? "" : `frame ${event.frame}`) : `${offset(event.t)}`));
    if (event.packet !== null) nodes.push(svg("text", { class: "faint", x: away[0], y: y(i) + 17, "text-anchor": away[1] }, `packet ${event.packet}`));
    const near = other === "client" ? [X.client - 8, "end"] : [X.server + 8, "start"];
    const took = event.reached?.known && event.reached.at && event.t !== null ? since(event.reached.at, connection.started_at) - event.t : null;
    const ack = event.reached === undefined ? "" : event.reached === null ? "arrival unknown" : event.reached.known ? (took === null ? "acknowledged" : `ack after ${duration(Math.max(0, took))}`) : "no ack recorded";
    // Beside what the other side sends then it would be unreadable.
    const row = isOpen ? y(i) + 9 : arrives;
    if (ack) nodes.push(svg("text", { class: "ack", x: near[0], y: row + (crossing < 0 ? 0 : 14), "text-anchor": near[1] }, ack));
  });
  const crossed = connection.closing.started_by === "both" || connection.closing.tcp.crossed;
  return h("figure", { class: "closing" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Closing: ${events.map((event) => `${event.by} ${event.label}`).join(", ")}` }, nodes),
    h("figcaption", { class: "faint" }, "Times are of the recording. An acknowledgement shows that a host had it, not that its program read it.",
      crossed ? " Arrows that cross: each was sent before the other had arrived." : ""));
}
