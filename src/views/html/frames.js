// The frames of a connection, and the payload of the one that is selected.

function payloadText(payload) {
  if (!payload) return "";
  if ("redacted" in payload) return `<redacted ${payload.redacted} bytes>`;
  return payload.text ?? payload.hex ?? "";
}

const toBytes = (payload) => ("hex" in payload
  ? Uint8Array.from(payload.hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
  : new TextEncoder().encode(payload.text));

function hexDump(payload) {
  const all = toBytes(payload);
  const lines = [];
  for (let at = 0; at < Math.min(all.length, 65536); at += 16) {
    const part = [...all.slice(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  if (all.length > 65536) lines.push(`… ${number(all.length - 65536)} more bytes`);
  return h("pre", { class: "hex" }, lines.map((line) => [line, h("br")]));
}

// Without recursion, for a payload may be nested as deeply as it likes: parts are made when they are opened.
function jsonTree(value, name = null) {
  const label = name === null ? null : h("span", { class: "name" }, `${name}: `);
  if (value === null || typeof value !== "object") {
    return h("div", {}, label, h("bdi", { class: `json ${value === null ? "null" : typeof value}` }, JSON.stringify(value)));
  }
  const isList = Array.isArray(value);
  const size = isList ? value.length : Object.keys(value).length;
  const parts = h("div", { class: "parts" });
  const node = h("details", {}, h("summary", {}, label, isList ? `[${size}]` : `{${size}}`), parts);
  const fillIn = () => {
    if (!node.open || parts.firstChild) return;
    const entries = Object.entries(value);
    parts.append(...entries.slice(0, 1000).map(([key, part]) => jsonTree(part, key)));
    if (entries.length > 1000) parts.append(h("div", { class: "faint" }, `… ${number(entries.length - 1000)} more`));
  };
  node.addEventListener("toggle", fillIn);
  if (name === null) { node.open = true; fillIn(); }
  return node;
}

function parsed(payload) {
  if (!payload || !("text" in payload) || payload.cut || !/^\s*[[{]/.test(payload.text)) return undefined;
  try { return JSON.parse(payload.text); } catch { return undefined; }
}

function payloadView(frame, findings) {
  const { payload } = frame;
  const views = {};
  if (payload && !("redacted" in payload)) {
    if ("text" in payload) views.Text = () => h("pre", { class: "text" }, payload.text.slice(0, 262144).split("\n").map((line, i) => [i > 0 && h("br"), h("bdi", {}, line)]));
    const value = parsed(payload);
    if (value !== undefined) views.JSON = () => h("div", { class: "tree" }, jsonTree(value));
    views.Hex = () => hexDump(payload);
  }
  const body = h("div", { class: "body" });
  const tabs = Object.keys(views).map((name) => h("button", { "aria-pressed": "false", "data-payload": name, onclick: () => show(name) }, name));
  function show(name) {
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.textContent === name));
    body.replaceChildren(views[name]());
  }
  if (tabs.length > 0) show(views.JSON ? "JSON" : Object.keys(views)[0]);
  else body.append(h("p", { class: "faint" }, payload ? payloadText(payload) : frame.length > 0 ? "Payload not shown (--payload)" : "No payload"));
  const facts = [
    `frame ${frame.n} of the ${frame.from}`, frameLabel(frame), `${number(frame.length)} bytes`, frame.packet && `packet ${frame.packet}`, frame.at,
    frame.message && `message ${frame.message}`, frame.compressed && "compressed", frame.masking_key && `masking key ${frame.masking_key}`,
    frame.complete === false && "not all of it in the recording", payload?.inflated && "shown inflated", payload?.cut && "cut: --payload full shows more",
  ].filter(Boolean);
  return h("div", { class: "payload" }, h("p", { class: "faint" }, facts.join(" · ")),
    findings.filter((finding) => finding.frame === frame.n).map((finding) => h("p", { class: `finding ${finding.level}` }, `${finding.rule}: ${finding.message}`)),
    h("div", { class: "tools" }, tabs), body);
}

function frameTable(connection) {
  const frames = connection.frames ?? [];
  const pane = h("div", { class: "pane" });
  const broken = new Set(connection.findings.filter((finding) => finding.level !== "note").map((finding) => finding.frame));
  const list = virtualList({
    label: "Frames",
    render: (frame) => h("div", { class: `row frame ${opcodeName(frame.opcode)}`, "data-frame": frame.n },
      h("span", { class: "cell n" }, frame.n), h("span", { class: "cell at" }, offset(since(frame.at, connection.started_at))),
      h("span", { class: "cell from" }, frame.from === "client" ? "client →" : "← server"), h("span", { class: "cell what" }, frameLabel(frame)),
      h("span", { class: "cell length" }, number(frame.length)),
      h("bdi", { class: "cell shown" }, broken.has(frame.n) && h("b", { class: "broke" }, "✗ "), shownOf(frame).slice(0, 200))),
    pick: show,
  });
  function shownOf(frame) {
    const side = connection.closing[frame.from];
    return frame.opcode === 8 && side.frame === frame.n ? `${side.code ?? "without a code"} ${side.reason ?? ""}` : payloadText(frame.payload);
  }
  function show(frame) {
    pane.replaceChildren(payloadView(frame, connection.findings));
  }

  // Which of them are listed.
  const state = { words: "", kind: "", from: "" };
  const kindOf = (frame) => opcodeName(frame.opcode);
  const pick = (name, told, values) => values.length > 1 && h("select", {
    "aria-label": name, "data-filter": name, onchange: (event) => { state[name] = event.currentTarget.value; apply(); },
  }, h("option", { value: "" }, told), values.map((value) => h("option", { value }, value)));
  const kinds = [...new Set(frames.map(kindOf))];
  if (frames.some((frame) => broken.has(frame.n))) kinds.push("broke a rule");
  const byKind = pick("kind", "any kind", kinds);
  const byFrom = pick("from", "either side", [...new Set(frames.map((frame) => frame.from))]);
  const search = h("input", { type: "search", placeholder: "Search: #frame, words of a payload …", "aria-label": "Search frames", oninput: () => { state.words = search.value; apply(); } });
  const status = h("span", { class: "count", role: "status", "aria-live": "polite" });
  function apply() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const isAll = words.length === 0 && !state.kind && !state.from;
    const found = isAll ? frames : frames.filter((frame) => (!state.from || frame.from === state.from)
      && (!state.kind || (state.kind === "broke a rule" ? broken.has(frame.n) : kindOf(frame) === state.kind))
      && words.every((word) => (/^#\d+$/.test(word) ? `#${frame.n}` === word : shownOf(frame).toLowerCase().includes(word))));
    status.textContent = isAll ? "" : `${number(found.length)} of ${number(frames.length)}`;
    list.show(found);
  }
  function select(n) {
    const find = () => list.items().findIndex((frame) => frame.n === n);
    if (!frames.some((frame) => frame.n === n)) return false;
    if (find() < 0) {
      Object.assign(state, { words: "", kind: "", from: "" });
      for (const field of [search, byKind, byFrom]) if (field) field.value = "";
      apply();
    }
    list.select(find());
    show(list.selected());
    return true;
  }
  const omitted = connection.frames_omitted ?? 0;
  const node = h("section", { id: "frames" }, h("h3", {}, `Frames (${number(frames.length)}${omitted > 0 ? `, ${number(omitted)} in between not listed: --frames all` : ""})`),
    frames.length > 10 && h("div", { class: "tools" }, search, byKind, byFrom, status),
    h("div", { class: "split" }, list.box, pane));
  return { node, select, start: () => { apply(); if (frames.length > 0) show(frames[0]); } };
}
