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

function frameTable(connection, onSelect) {
  const frames = connection.frames ?? [];
  const pane = h("div", { class: "pane" });
  const broken = new Set(connection.findings.filter((finding) => finding.level !== "note").map((finding) => finding.frame));
  const list = virtualList({
    label: "Frames",
    render: (frame) => h("div", { class: `row frame ${opcodeName(frame.opcode)}`, "data-frame": frame.n },
      h("span", { class: "cell n" }, frame.n), h("span", { class: "cell at" }, offset(since(frame.at, connection.started_at))),
      h("span", { class: "cell from" }, frame.from === "client" ? "client →" : "← server"), h("span", { class: "cell what" }, frameLabel(frame)),
      h("span", { class: "cell length" }, number(frame.length)),
      h("bdi", { class: "cell shown" }, broken.has(frame.n) && h("b", { class: "broke" }, "✗ "), closeText(frame) ?? payloadText(frame.payload).slice(0, 200))),
    pick: show,
  });
  function closeText(frame) {
    const side = connection.closing[frame.from];
    return frame.opcode === 8 && side.frame === frame.n ? `${side.code ?? "without a code"} ${side.reason ?? ""}` : null;
  }
  function show(frame) {
    pane.replaceChildren(payloadView(frame, connection.findings));
    onSelect?.(frame);
  }
  function select(n) {
    const at = frames.findIndex((frame) => frame.n === n);
    if (at < 0) return false;
    list.select(at);
    show(frames[at]);
    return true;
  }
  const omitted = connection.frames_omitted ?? 0;
  const node = h("section", { id: "frames" }, h("h3", {}, `Frames (${number(frames.length)}${omitted > 0 ? `, ${number(omitted)} in between not listed: --frames all` : ""})`),
    h("div", { class: "split" }, list.box, pane));
  return { node, select, start: () => { list.show(frames); if (frames.length > 0) show(frames[0]); } };
}
