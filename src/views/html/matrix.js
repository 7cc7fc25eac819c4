// Cases of the Autobahn Testsuite: a row a case, a column an agent.

const LETTERS = {
  OK: "✓", "NON-STRICT": "~", INFORMATIONAL: "i", UNIMPLEMENTED: "–", FAILED: "✗", UNCLEAN: "u", "WRONG CODE": "c", "FAILED BY CLIENT": "f",
};

const caseOrder = (a, b) => order.compare(a, b);

function matrix(rows, view) {
  const cases = rows.filter((row) => row.case);
  if (cases.length === 0) return null;
  const agents = [...new Set(cases.map((row) => row.agent))].sort(order.compare);
  const state = { section: "", odd: false };
  const table = h("table", { class: "matrix" });
  const sections = [...new Set(cases.map((row) => row.case.split(".")[0]))].sort(caseOrder);
  const node = h("section", { id: "matrix" },
    h("h2", {}, `Autobahn: ${count(cases.length, "case")}, ${count(agents.length, "agent")}`),
    h("div", { class: "tools" },
      h("select", { "aria-label": "section", onchange: (event) => { state.section = event.currentTarget.value; draw(view.list.items()); } },
        h("option", { value: "" }, "all sections"), sections.map((name) => h("option", { value: name }, `section ${name}`))),
      h("label", {}, h("input", { type: "checkbox", "data-filter": "odd", onchange: (event) => { state.odd = event.currentTarget.checked; draw(view.list.items()); } }), " only cases that some agent does not pass")),
    h("p", { class: "legend" }, "Behavior, then close: ", Object.entries(LETTERS).map(([word, letter]) => h("span", {}, h("b", {}, letter), ` ${word} `)), h("span", {}, h("b", {}, "?"), " judged otherwise by wslog")),
    h("div", { class: "wide" }, table));

  function draw(found) {
    const byCase = new Map();
    for (const row of found) {
      if (!row.case || (state.section && row.case.split(".")[0] !== state.section)) continue;
      if (!byCase.has(row.case)) byCase.set(row.case, new Map());
      byCase.get(row.case).set(row.agent, row);
    }
    const shown = agents.filter((agent) => [...byCase.values()].some((of) => of.has(agent)));
    const lines = [...byCase].sort(([a], [b]) => caseOrder(a, b))
      .filter(([, of]) => !state.odd || [...of.values()].some((row) => row.tone !== "normal"));
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("th", {}, `${number(lines.length)} cases`), shown.map((agent) => h("th", { scope: "col" }, h("bdi", {}, agent), total(lines, agent))))),
      h("tbody", {}, lines.map(([name, of]) => h("tr", {}, h("th", { scope: "row" }, name), shown.map((agent) => cell(of.get(agent)))))));
  }

  function total(lines, agent) {
    const of = lines.map(([, of]) => of.get(agent)).filter(Boolean);
    const odd = of.filter((row) => row.tone === "fault" || row.tone === "odd").length;
    return h("small", {}, odd > 0 ? `${number(odd)} of ${number(of.length)} not OK` : `${number(of.length)} OK`);
  }

  function cell(row) {
    if (!row) return h("td", { class: "none" }, "·");
    const verdicts = [row.behavior, row.behavior_close];
    const [a, b] = verdicts.map((word) => (word === null ? "–" : LETTERS[word] ?? "?"));
    // Of verdicts that agree with what happened the tone follows; else it is odd.
    const doubt = row.tone === "odd" && verdicts.every((word) => word === "OK") ? "?" : "";
    const title = `${row.case} ${row.agent}: ${verdicts.map((word) => word ?? "–").join(" / ")} · ${row.headline}`;
    return h("td", { class: row.tone }, h("a", { href: `#c=${row.id}`, title: visible(title), "aria-label": visible(title) }, a, b, doubt));
  }

  view.onFilter(draw);
  return node;
}
