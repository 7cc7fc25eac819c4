// All connections: a list that is filtered, searched and sorted.

const COLUMNS = [
  ["id", "#", (row) => row.id],
  ["headline", "what happened", (row) => row.headline],
  ["host", "host and target", (row) => (row.host ?? row.server ?? "") + (row.target ?? "")],
  ["started_at", "start", (row) => row.started_at],
  ["duration_ns", "duration", (row) => row.duration_ns],
  ["frames", "frames", (row) => frames(row)],
  ["codes", "codes c/s", (row) => row.client_code ?? row.server_code],
];
const FILTERS = ["outcome", "cause", "by", "host", "agent"];
const RANK = { fault: 0, odd: 1, unknown: 2, normal: 3 };

const frames = (row) => (row.client_frames === null ? null : row.client_frames + row.server_frames);

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" ? a - b : order.compare(a, b);
}

function overview(rows, onPick) {
  const state = { words: "", tones: new Set(), kind: null, by: {}, sort: null, reverse: false };
  const text = rows.map((row) => [
    `#${row.id}`, row.host, row.target, row.client, row.server, row.headline, row.cause, row.outcome, row.client_code,
    row.server_code, row.agent, row.case, row.behavior, row.behavior_close, row.path,
  ].filter((part) => part !== null && part !== undefined).join(" ").toLowerCase());
  const heads = COLUMNS.map(([name, title]) => h("button", {
    class: `cell ${name}`, "data-sort": name, "aria-label": `Sort by ${title}`,
    onclick: () => { state.reverse = state.sort === name && !state.reverse; state.sort = name; apply(); },
  }, title));
  const list = virtualList({ label: "Connections", head: h("div", { class: "row head" }, heads), render: drawRow, pick: onPick });
  const status = h("p", { class: "count", role: "status", "aria-live": "polite" });
  const search = h("input", {
    type: "search", placeholder: "Search: words, #id, code, host …", "aria-label": "Search",
    oninput: () => { state.words = search.value; apply(); },
    onkeydown: (event) => { if (event.key === "Enter" || event.key === "ArrowDown") { list.box.focus(); event.preventDefault(); } },
  });
  const tones = Object.keys(RANK).map((tone) => {
    const n = rows.filter((row) => row.tone === tone).length;
    return n > 0 && h("button", {
      class: `tone ${tone}`, "aria-pressed": "false", "data-tone": tone, title: "Only these",
      onclick: (event) => { toggle(state.tones, tone); press(event.currentTarget, state.tones.has(tone)); apply(); },
    }, `${SIGNS[tone]} ${number(n)}`);
  });
  const selects = FILTERS.map((field) => {
    const values = new Map();
    for (const row of rows) if (row[field] !== null) values.set(row[field], (values.get(row[field]) ?? 0) + 1);
    if (values.size < 2) return null;
    const options = [...values].sort(([a, n], [b, m]) => m - n || order.compare(a, b)).slice(0, 500)
      .map(([value, n]) => h("option", { value }, `${value.length > 40 ? `${value.slice(0, 40)}…` : value} (${number(n)})`));
    return h("select", {
      "aria-label": field, "data-filter": field,
      onchange: (event) => { state.by[field] = event.currentTarget.value; apply(); },
    }, h("option", { value: "" }, field === "by" ? "by anybody" : `any ${field}`), options);
  });
  const clear = h("button", { hidden: true, onclick: reset }, "Clear");
  const chip = h("p", { class: "chip", hidden: true });
  const node = h("section", { id: "connections" },
    h("h2", {}, "Connections"),
    h("div", { class: "tools" }, search, tones, selects, clear), chip, status, list.box);

  // Below many kinds of ends nobody would look for the list.
  document.querySelector("#kinds h2")?.append(h("button", { class: "to-list", onclick: () => { node.scrollIntoView(); search.focus({ preventScroll: true }); } }, "Search all ↓"));
  for (const kind of document.querySelectorAll("#kinds [data-kind]")) {
    const only = h("button", {
      class: "only", "aria-pressed": "false",
      onclick: () => { state.kind = state.kind === kind.dataset.kind ? null : kind.dataset.kind; apply(); node.scrollIntoView(); },
    }, "Only these");
    kind.firstElementChild.append(" ", only);
  }

  function toggle(set, value) { if (!set.delete(value)) set.add(value); }
  function press(button, is) { button.setAttribute("aria-pressed", String(is)); }

  function reset() {
    Object.assign(state, { words: "", tones: new Set(), kind: null, by: {} });
    search.value = "";
    for (const select of selects) if (select) select.value = "";
    for (const tone of tones) if (tone) press(tone, false);
    apply();
  }

  const listeners = [];
  function apply() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const fields = Object.entries(state.by).filter(([, value]) => value);
    let found = rows.filter((row, i) =>
      (state.tones.size === 0 || state.tones.has(row.tone))
      && (state.kind === null || String(row.kind) === state.kind)
      && fields.every(([field, value]) => row[field] === value)
      && words.every((word) => (/^#\S+$/.test(word) ? `#${row.id}` === word : text[i].includes(word))));
    if (state.sort) {
      const key = COLUMNS.find(([name]) => name === state.sort)[2];
      const keyed = found.map((row) => [key(row), row]);
      // What is empty comes last either way.
      const is = (a) => a !== null && a !== undefined;
      keyed.sort(([a], [b]) => (state.reverse && is(a) && is(b) ? compare(b, a) : compare(a, b)));
      found = keyed.map(([, row]) => row);
    }
    for (const head of heads) {
      const sorted = head.dataset.sort === state.sort;
      head.setAttribute("aria-sort", sorted ? (state.reverse ? "descending" : "ascending") : "none");
    }
    for (const button of document.querySelectorAll("#kinds .only")) {
      press(button, button.closest("[data-kind]").dataset.kind === state.kind);
    }
    const isAll = words.length + fields.length + state.tones.size === 0 && state.kind === null;
    clear.hidden = isAll;
    chip.hidden = state.kind === null;
    if (state.kind !== null) {
      chip.replaceChildren("Only: ", document.querySelector(`#kinds [data-kind="${state.kind}"] strong`)?.textContent ?? "one kind");
    }
    status.textContent = isAll ? count(rows.length, "connection") : `${number(found.length)} of ${count(rows.length, "connection")}`;
    list.show(found);
    for (const listener of listeners) listener(found);
  }

  function drawRow(row) {
    const host = row.host ?? row.server ?? "";
    return h("div", { class: `row ${row.tone}`, "data-id": row.id },
      h("a", { class: "cell id", href: `#c=${row.id}`, tabindex: -1 }, h("span", { class: `tone ${row.tone}` }, SIGNS[row.tone]), ` ${row.id}`),
      h("span", { class: "cell headline", title: visible(row.headline) }, row.case ? `${row.case} ${row.agent}: ` : "", row.headline),
      h("bdi", { class: "cell host" }, host, row.target ?? ""),
      h("span", { class: "cell started_at" }, row.started_at ? row.started_at.slice(0, 19).replace("T", " ") : "–"),
      h("span", { class: "cell duration_ns" }, row.duration_ns === null ? "–" : duration(row.duration_ns)),
      h("span", { class: "cell frames" }, frames(row) === null ? "–" : number(frames(row))),
      h("span", { class: "cell codes" }, `${row.client_code ?? "–"} / ${row.server_code ?? "–"}`));
  }

  return {
    node, list, search, apply, reset,
    onFilter(listener) { listeners.push(listener); },
    // The one before or behind it in the list as it is.
    beside(id, step) {
      const found = list.items();
      const at = found.findIndex((row) => row.id === id);
      return at < 0 ? undefined : found[at + step];
    },
  };
}
