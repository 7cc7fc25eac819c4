// The page of a run: its entries and its matrix are there; this filters, searches and sorts them, and moves among them by keys.

const KEY_HELP = [
  ["/", "search"], ["j k ↑ ↓", "move in the list"], ["← → ↑ ↓", "move in the matrix"], ["Enter", "from a case of the list to the matrix, and back"],
  ["m", "to the matrix"], ["Esc", "clear the search, all filters"], ["?", "these keys"],
];

// Rows that are laid out unless all are asked for.
const FEW = 500;

function start() {
  const tools = document.getElementById("tools");
  const body = document.querySelector("#entries tbody");
  const rows = [...document.querySelectorAll("#matrix tbody tr")];
  const columns = [...document.querySelectorAll("#matrix thead th")].slice(1);
  const entries = [...(body?.rows ?? [])].map((row, i) => ({
    row, i, kind: row.dataset.kind, agent: row.dataset.agent ?? null, section: row.dataset.section ?? null, isAccepted: "accepted" in row.dataset,
    name: row.querySelector(".case").textContent, text: row.textContent.toLowerCase(), cell: null,
  }));
  const cases = rows.map((row) => ({ row, section: row.dataset.section, name: row.cells[0].textContent, cells: [...row.cells].slice(1).map(cellOf) }));
  const title = document.querySelector("#matrix h2");
  const state = { words: "", kinds: new Set(), section: "", agent: "", isAccepted: true, same: entries.length === 0, all: false };

  function cellOf(cell) {
    const link = cell.firstElementChild;
    const entry = link ? entries[Number(link.getAttribute("href").slice(2))] : null;
    if (entry) entry.cell = cell;
    return { cell, entry };
  }

  const search = h("input", {
    type: "search", placeholder: "Search: case, agent, verdict, words …", "aria-label": "Search",
    oninput: () => { state.words = search.value; apply(); },
    onkeydown: (event) => { if (event.key === "Enter" || event.key === "ArrowDown") { move(0); event.preventDefault(); } },
  });
  const status = h("span", { class: "count", role: "status", "aria-live": "polite" });
  const kinds = [...tools.querySelectorAll("[data-kind]")].map((told) => {
    const { kind } = told.dataset;
    if (!entries.some((entry) => entry.kind === kind)) { told.hidden = true; return null; }
    const button = h("button", {
      class: told.className, "aria-pressed": "false", "data-kind": kind, title: "Only these",
      onclick: () => { if (!state.kinds.delete(kind)) state.kinds.add(kind); apply(); },
    }, told.textContent);
    told.replaceWith(button);
    return button;
  }).filter(Boolean);
  const pick = (name, all, of) => all.length > 1 && h("select", {
    "aria-label": name, "data-filter": name, onchange: (event) => { state[name] = event.currentTarget.value; apply(); },
  }, h("option", { value: "" }, `all ${name}s`), all.map(([value, told]) => h("option", { value }, of(told))));
  const short = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
  const sections = [...new Set([...cases, ...entries].map((one) => one.section).filter((section) => section !== null))].sort(order.compare);
  const bySection = pick("section", sections.map((section) => [section, section]), (section) => `section ${section}`);
  const byAgent = pick("agent", columns.map((head, i) => [String(i), head.textContent]), short);
  const check = (name, told) => h("label", {}, h("input", { type: "checkbox", checked: state[name], "data-filter": name, onchange: (event) => { state[name] = event.currentTarget.checked; apply(); } }), ` ${told}`);
  const accepted = entries.some((entry) => entry.isAccepted) && check("isAccepted", "accepted, too");
  const same = entries.length > 0 && cases.some((one) => one.cells.every(({ entry }) => !entry)) && check("same", "all cases in the matrix");
  const clear = h("button", { hidden: true, onclick: reset }, "Clear");
  tools.prepend(search);
  tools.append(...[bySection, byAgent, accepted, same, clear, status].filter(Boolean));

  for (const head of document.querySelectorAll("#entries [data-sort]")) {
    head.replaceChildren(h("button", { onclick: () => sort(head) }, head.textContent));
  }
  function sort(head) {
    const name = head.dataset.sort;
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const key = { kind: (one) => Number(one.kind), case: (one) => one.name, agent: (one) => Number(one.agent ?? -1) }[name];
    const compare = (a, b) => (typeof a === "number" ? a - b : order.compare(a, b));
    entries.sort((a, b) => (isUp ? 1 : -1) * compare(key(a), key(b)) || a.i - b.i);
    body.append(...entries.map((entry) => entry.row));
    list();
  }

  // The first of those that are found, in their order; on paper all.
  const more = h("button", { hidden: true, onclick: () => { state.all = true; list(); } });
  document.querySelector("#entries")?.append(more);
  function list() {
    let room = state.all ? entries.length : FEW;
    for (const entry of entries) entry.row.hidden = !entry.isShown || room-- <= 0;
    more.hidden = room >= 0;
    more.textContent = `Show ${count(-room, "more row")}`;
  }
  addEventListener("beforeprint", () => { state.all = true; list(); });

  function reset() {
    Object.assign(state, { words: "", kinds: new Set(), section: "", agent: "", isAccepted: true });
    search.value = "";
    if (accepted) accepted.firstElementChild.checked = true;
    for (const select of [bySection, byAgent]) if (select) select.value = "";
    apply();
  }

  function apply() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const isOf = (one) => !state.section || one.section === state.section;
    const found = entries.filter((entry) => {
      entry.isShown = isOf(entry) && (state.kinds.size === 0 || state.kinds.has(entry.kind)) && (!state.agent || entry.agent === state.agent)
        && (state.isAccepted || !entry.isAccepted) && words.every((word) => entry.text.includes(word));
      return entry.isShown;
    });
    list();
    // Of what is not told of at all only the number can be searched for.
    const isPlain = state.same && state.kinds.size === 0;
    for (const { row, section, name, cells } of cases) {
      row.hidden = !(cells.some(({ entry }) => entry?.isShown) || (isPlain && isOf({ section }) && words.every((word) => name.startsWith(word))));
      for (const [i, { cell, entry }] of cells.entries()) {
        cell.hidden = state.agent !== "" && String(i) !== state.agent;
        cell.classList.toggle("dim", Boolean(entry) && !entry.isShown && !row.hidden);
      }
    }
    for (const [i, head] of columns.entries()) head.hidden = state.agent !== "" && String(i) !== state.agent;
    for (const button of kinds) button.setAttribute("aria-pressed", String(state.kinds.has(button.dataset.kind)));
    const isAll = words.length + state.kinds.size === 0 && !state.section && !state.agent && state.isAccepted;
    clear.hidden = isAll;
    const some = (n, all, thing) => (n === all ? count(all, thing) : `${number(n)} of ${count(all, thing)}`);
    status.textContent = entries.length > 0 ? some(found.length, entries.length, "row") : "";
    if (title) {
      const seen = [rows, columns].map((all) => all.filter((one) => !one.hidden).length);
      title.textContent = `${some(seen[0], rows.length, "case")}, ${some(seen[1], columns.length, "agent")}`;
    }
    enter(entries.find((entry) => entry.isShown)?.row, body);
    const first = rows.find((row) => !row.hidden && row.querySelector("td:not([hidden]) a"));
    enter(first?.querySelector("td:not([hidden]) a"), document.querySelector("#matrix tbody"));
  }

  // Of a list one element can be reached by Tab; arrows go on from there.
  function enter(element, within) {
    for (const other of within?.querySelectorAll("[tabindex='0']") ?? []) other.tabIndex = -1;
    if (element) element.tabIndex = 0;
  }
  for (const { row } of entries) row.tabIndex = -1;
  for (const { cells } of cases) for (const { cell, entry } of cells) if (entry) cell.firstElementChild.tabIndex = -1;

  function go(row) {
    if (!row) return;
    enter(row, body);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function move(step) {
    const shown = entries.filter((entry) => !entry.row.hidden);
    const at = shown.findIndex((entry) => entry.row === document.activeElement);
    const next = at < 0 ? Math.max(0, shown.findIndex((entry) => entry.row.tabIndex === 0)) : at + step;
    go(shown[Math.max(0, Math.min(shown.length - 1, next))]?.row);
  }
  function toCell(cell) {
    if (!cell) return;
    const link = cell.firstElementChild;
    enter(link, document.querySelector("#matrix tbody"));
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "center", inline: "center" });
  }
  function toEntry(link) {
    const entry = entries.find((entry) => `#${entry.row.id}` === link.getAttribute("href"));
    // It may be one that a filter hides.
    if (!entry.isShown) reset();
    if (entry.row.hidden) { state.all = true; list(); }
    go(entry.row);
  }
  document.querySelector("#matrix")?.addEventListener("click", (event) => {
    const link = event.target.closest("td a");
    if (!link) return;
    event.preventDefault();
    toEntry(link);
  });
  // From a cell to the next that tells something, in its row or its column.
  function beside(link, down, right) {
    let [row, at] = [link.closest("tr"), link.closest("td").cellIndex];
    for (;;) {
      if (down) row = down > 0 ? row.nextElementSibling : row.previousElementSibling;
      at += right;
      const cell = row?.cells[at];
      if (!cell || at < 1) return;
      if (!row.hidden && !cell.hidden && cell.firstElementChild) return toCell(cell);
    }
  }

  addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isIn = (list) => at.closest?.(list);
    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (isIn("#matrix td") && arrows[event.key]) beside(at, ...arrows[event.key]);
    else if (isIn("#entries tbody") && (event.key === "ArrowUp" || event.key === "ArrowDown")) move(event.key === "ArrowUp" ? -1 : 1);
    else if (isIn("#entries tbody") && event.key === "Enter") toCell(entries.find((entry) => entry.row === at)?.cell);
    else return;
    event.preventDefault();
  });
  const toMatrix = () => toCell(document.querySelector("#matrix td a[tabindex='0']")?.parentElement);
  listenToKeys(KEY_HELP, { "/": () => search.focus(), j: () => move(1), k: () => move(-1), m: toMatrix }, () => {
    if (clear.hidden) return false;
    reset();
    return true;
  });
  apply();
  document.documentElement.dataset.ready = "true";
}

start();
