// Cases of the Autobahn Testsuite: a row a case, a column an agent of a run. Of reports, and of what captures show of runs.

// What of a path tells runs apart: reports of a run are in one folder.
const folder = (path) => (path ?? "").replace(/[^/\\]*$/, "");

// All cells; rows whose capture shows which case they were learn of it.
function casesOf(rows, byId, runs) {
  const cells = rows.filter((row) => row.case).map((row) => ({ run: folder(row.path), role: null, row, ...row, why: null }));
  for (const { path, agent, testee_is: role, cases } of runs) {
    for (const one of cases) {
      const row = byId.get(one.id);
      cells.push({ run: path ?? "", role, agent, row, headline: row?.headline ?? "", ...one });
      if (row) Object.assign(row, { agent, case: one.case, behavior: one.behavior, behavior_close: one.behavior_close, isCaptured: true });
    }
  }
  return cells;
}

// The columns of cells; where agents are called alike, what else tells them apart.
function columnsOf(cells) {
  const columns = new Map();
  for (const cell of cells) {
    const { run, role, agent } = cell;
    cell.column = JSON.stringify([agent, role, run]);
    if (!columns.has(cell.column)) columns.set(cell.column, { key: cell.column, agent, role, run });
  }
  const all = [...columns.values()];
  const runs = [...new Set(all.map(({ run }) => run))];
  const isCommon = (n) => runs.every((run) => run.slice(0, n) === runs[0].slice(0, n));
  let common = 0;
  for (let n = 1; runs.length > 1 && n <= runs[0].length && isCommon(n); n++) if (/[/\\]/.test(runs[0][n - 1])) common = n;
  for (const column of all) {
    const alike = all.filter((other) => other !== column && other.agent === column.agent);
    const parts = [alike.some((other) => other.role !== null && other.role !== column.role) && column.role, alike.some((other) => other.run !== column.run) && column.run.slice(common)];
    column.told = parts.filter(Boolean).join(", ");
  }
  return all.sort((a, b) => order.compare(a.agent, b.agent) || order.compare(a.run, b.run) || order.compare(a.role ?? "", b.role ?? ""));
}

function matrix(cells, letters, view) {
  if (cells.length === 0) return null;
  const columns = columnsOf(cells);
  const state = { section: "", odd: false };
  const table = h("table", { class: "matrix" });
  const sectionOf = (cell) => cell.case.split(".")[0];
  const sections = [...new Set(cells.map(sectionOf))].sort(order.compare);
  const agents = new Set(columns.map(({ agent }) => agent)).size;
  const runs = new Set(columns.map(({ run }) => run)).size;
  const redraw = () => draw(view.list.items());
  const node = h("section", { id: "matrix" },
    h("h2", {}, `Autobahn: ${count(cells.length, "case")}, ${count(agents, "agent")}${runs > 1 ? `, ${count(runs, "run")}` : ""}`),
    h("div", { class: "tools" },
      h("select", { "aria-label": "section", onchange: (event) => { state.section = event.currentTarget.value; redraw(); } },
        h("option", { value: "" }, "all sections"), sections.map((name) => h("option", { value: name }, `section ${name}`))),
      h("label", {}, h("input", { type: "checkbox", "data-filter": "odd", onchange: (event) => { state.odd = event.currentTarget.checked; redraw(); } }), " only cases that some agent does not pass")),
    h("p", { class: "legend" }, "Behavior, then close: ", Object.entries(letters).map(([word, letter]) => h("span", {}, h("b", {}, letter), ` ${word} `)),
      h("span", {}, h("b", {}, "·"), " no verdict"), cells.some(isDoubted) && h("span", {}, h("b", {}, "?"), " judged otherwise by wslog")),
    h("div", { class: "wide" }, table));

  function draw(found) {
    const listed = new Set(found);
    const byCase = new Map();
    for (const cell of cells) {
      if ((cell.row && !listed.has(cell.row)) || (state.section && sectionOf(cell) !== state.section)) continue;
      if (!byCase.has(cell.case)) byCase.set(cell.case, new Map());
      byCase.get(cell.case).set(cell.column, cell);
    }
    const lines = [...byCase].sort(([a], [b]) => order.compare(a, b))
      .filter(([, of]) => !state.odd || [...of.values()].some((cell) => cell.tone === "fault" || cell.tone === "odd"));
    const there = new Set(lines.flatMap(([, of]) => [...of.keys()]));
    const shown = columns.filter(({ key }) => there.has(key));
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("th", {}, count(lines.length, "case")), shown.map((column) => h("th", { scope: "col", title: visible(column.run) },
        h("bdi", {}, column.agent), column.told && h("small", { class: "run" }, h("bdi", {}, column.told)), total(lines, column.key))))),
      h("tbody", {}, lines.map(([name, of]) => h("tr", {}, h("th", { scope: "row" }, name), shown.map(({ key }) => drawCell(of.get(key)))))));
  }

  function total(lines, column) {
    const of = lines.map(([, of]) => of.get(column)).filter(Boolean);
    const so = (tones) => of.filter((cell) => tones.includes(cell.tone)).length;
    const [odd, unknown] = [so(["fault", "odd"]), so(["unknown"])];
    const told = odd > 0 ? `${number(odd)} of ${number(of.length)} not OK` : `${number(of.length - unknown)} OK`;
    return h("small", {}, unknown > 0 ? `${told}, ${number(unknown)} not judged` : told);
  }

  // Of verdicts that agree with what happened the tone follows; else it is odd.
  function isDoubted(cell) {
    return cell.tone === "odd" && cell.behavior === "OK" && cell.behavior_close === "OK";
  }

  function drawCell(cell) {
    if (!cell) return h("td", { class: "none" }, "·");
    const verdicts = [cell.behavior, cell.behavior_close];
    const [a, b] = verdicts.map((word) => (word === null ? "·" : letters[word] ?? "?"));
    const title = `${cell.case} ${cell.agent}: ${verdicts.map((word) => word ?? "–").join(" / ")} · ${cell.why ?? cell.headline}`;
    return h("td", { class: cell.tone }, h("a", { href: `#c=${cell.id}`, title: visible(title), "aria-label": visible(title) }, a, b, isDoubted(cell) ? "?" : ""));
  }

  view.onFilter(draw);
  return node;
}
