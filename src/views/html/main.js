// The page: the overview, or the connection that its fragment names; the keys.

const KEY_HELP = [
  ["/", "search"], ["j k ↑ ↓", "move in a list"], ["Enter", "open"], ["[ ]", "connection before, next"], ["Esc", "back to all"],
  ["t", "to the time line: + − zoom, ← → move, 0 all, E the end"], ["?", "these keys"],
];

async function start() {
  const report = JSON.parse(await open(blobs("document")[0]));
  HIDDEN = new RegExp(`[${report.hidden}]`, "gu");
  const rows = await readRows();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const main = document.getElementById("overview");
  const shown = h("div", { id: "detail", hidden: true });
  main.after(shown);
  const cells = casesOf(rows, byId, report.runs);
  const view = overview(rows, (row) => { location.hash = `c=${row.id}`; });
  const cases = matrix(cells, report.letters, view);
  if (rows.length > 0) {
    const worst = document.getElementById("worst");
    // Where there is a matrix, cases are what is looked for.
    (cases ? document.getElementById("kinds") ?? worst : worst).before(...[cases, !cases && view.node].filter(Boolean));
    if (cases) worst.before(view.node);
    // All that they tell is told of each connection.
    for (const id of ["worst", "cases", "captured"]) document.getElementById(id)?.classList.add("plain");
  }
  view.apply();

  let turn = 0;
  let scrolled = 0;
  async function show() {
    const mine = ++turn;
    const id = location.hash.startsWith("#c=") ? location.hash.slice(3) : null;
    const row = id === null ? undefined : byId.get(id);
    if (!row) {
      shown.hidden = true;
      main.hidden = false;
      shown.replaceChildren();
      scrollTo(0, scrolled);
      return;
    }
    const connection = await readConnection(row);
    if (mine !== turn) return;
    if (!main.hidden) scrolled = scrollY;
    const one = connectionView(connection, row, report, (step) => view.beside(id, step));
    main.hidden = true;
    shown.hidden = false;
    shown.replaceChildren(one.node);
    one.start();
    scrollTo(0, 0);
    one.node.focus({ preventScroll: true });
  }

  const isOne = () => !shown.hidden;
  const beside = (step) => isOne() && shown.querySelector(`nav a:nth-child(${step < 0 ? 2 : 3})[href]`)?.click();
  const toList = () => !isOne() && view.list.box.focus();
  listenToKeys(KEY_HELP, {
    "/": () => { if (isOne()) location.hash = ""; view.search.focus(); },
    "[": () => beside(-1),
    "]": () => beside(1),
    t: () => shown.querySelector("svg.timeline")?.focus(),
    j: toList,
    k: toList,
  }, () => {
    if (!isOne()) return false;
    location.hash = "";
    return true;
  });
  addEventListener("hashchange", show);
  await show();
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  document.body.prepend(h("p", { class: "note" }, `The connections in this page could not be opened: ${error.message}. What stands below needs no script.`));
  throw error;
});
