// One connection: why it ended, its time line, its closing, who owed what, what was found, its frames.

const VERDICTS = { met: "normal", broken: "fault", late: "odd", unobserved: "unknown", not_applicable: "unknown" };

function table(heads, rows) {
  return h("div", { class: "wide stacked" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))));
}

const place = (of) => [of.frame ? `frame ${of.frame}` : null, of.packet ? `packet ${of.packet}` : null].filter(Boolean).join(", ");

function journeysOf(report, id) {
  const SIGN = { same_connection: " = ", proxied: " → ", log_and_wire: " = " };
  return report.journeys.filter((journey) => journey.legs.includes(id)).map((journey) => h("section", { class: "journey" },
    h("h3", {}, "The whole way: ", journey.legs.map((leg, i) => [i > 0 && (SIGN[journey.kind] ?? " = "), leg === id ? h("b", {}, `#${leg}`) : h("a", { href: `#c=${leg}` }, `#${leg}`)])),
    h("p", {}, journey.text), journey.next && h("p", { class: "next" }, journey.next),
    journey.differences.filter((difference) => !journey.text.includes(difference.text)).map((difference) => h("p", {}, difference.text))));
}

function headers(name, fields) {
  return fields.length > 0 && h("details", {}, h("summary", {}, `${name}: ${count(fields.length, "header field")}`),
    h("dl", { class: "fields" }, fields.map(([field, value]) => [h("dt", {}, h("bdi", {}, field)), h("dd", {}, h("bdi", {}, value))])));
}

function connectionView(connection, row, report, beside) {
  const { page, closing } = connection;
  const frames = frameTable(connection);
  const goTo = (n) => { if (frames.select(n)) frames.node.scrollIntoView({ block: "start" }); };
  const line = timeline(connection, goTo);
  const frameLink = (of) => (of.frame && (connection.frames ?? []).some((frame) => frame.n === of.frame)
    ? [h("a", { href: "#", "data-goto": of.frame, onclick: (event) => { event.preventDefault(); goTo(of.frame); } }, `frame ${of.frame}`), of.packet ? `, packet ${of.packet}` : ""]
    : place(of));
  const from = (end) => (end ? (end.ip.includes(":") ? `[${end.ip}]:${end.port}` : `${end.ip}:${end.port}`) : null);
  const ends = [from(connection.client), from(connection.server)];
  const target = connection.handshake?.target;
  const go = (step, sign, name) => {
    const row = beside(step);
    return h("a", { class: "button", href: row ? `#c=${row.id}` : null, "aria-disabled": row ? null : "true", title: name }, sign);
  };
  const node = h("article", { id: "connection", tabindex: -1, "data-id": connection.id },
    h("nav", { class: "tools" }, h("a", { class: "button", href: "#" }, "← All"), go(-1, "‹ Before", "The one before ([)"), go(1, "Next ›", "The next one (])")),
    h("h2", {}, h("span", { class: `tone ${page.tone}` }, `${SIGNS[page.tone]} #${connection.id}`), " ", page.headline),
    h("p", { class: "faint who" }, h("bdi", {}, ends[0] ? `${ends[0]} (client) → ${ends[1]} (server)` : "", connection.autobahn ? `${connection.autobahn.agent}, case ${connection.autobahn.case}` : ""),
      target ? h("bdi", {}, ` ${connection.handshake.method} ${target}`) : "", connection.started_at ? ` · ${connection.started_at.slice(0, 23).replace("T", " ")}Z` : ""),
    page.of_case && h("p", { class: "of-case" }, page.of_case),
    row.isCaptured && h("p", { class: "of-case" }, `Autobahn case ${row.case}, agent ${row.agent} · worked out from the wire: ${row.behavior ?? "no verdict"} / close ${row.behavior_close ?? "no verdict"}`),
    page.case.length > 0 && h("p", {}, page.case.join(" ")),
    h("p", { class: "told" }, page.told.join(" ")),
    h("dl", { class: "sees" }, ["client", "server"].map((role) => page.sees[role] && [h("dt", {}, `${role} sees`), h("dd", {}, page.sees[role])]),
      page.next && [h("dt", {}, "next"), h("dd", {}, page.next)]),
    journeysOf(report, connection.id),
    h("section", { id: "timeline" }, h("h3", {}, "Time line"), line.node),
    h("section", { id: "closing" }, h("h3", {}, "Closing"), closingDiagram(connection) ?? h("p", { class: "faint" }, "The recording shows no end.")),
    closing.steps.length > 0 && h("section", { id: "steps" }, h("h3", {}, "Who owed what"),
      table(["who", "owed", "clause", "observed", ""], closing.steps.map((step) => [step.owed_by, step.expected, step.section, step.observed,
        h("span", { class: `tone ${VERDICTS[step.verdict]}` }, step.verdict === "not_applicable" ? "not due" : step.verdict)]))),
    connection.findings.length > 0 && h("section", { id: "findings" }, h("h3", {}, `Findings (${number(connection.findings.length + connection.findings_omitted)})`),
      table(["level", "rule", "finding", "where", "clause", "certainty"], connection.findings.map((finding) => [
        h("span", { class: `tone ${{ must: "fault", should: "odd", note: "unknown" }[finding.is_test ? "note" : finding.level]}` }, finding.level), finding.rule,
        `${finding.message}${finding.is_test ? " (the tester, on purpose)" : ""}`, frameLink(finding), finding.section, finding.certainty]))),
    frames.node,
    h("section", { id: "facts" }, h("h3", {}, "What is known"), h("ul", {}, page.facts.map((fact) => h("li", {}, fact))),
      headers("Request", connection.handshake?.request_headers ?? []), headers("Response", connection.handshake?.response_headers ?? []),
      page.moments_omitted > 0 && h("p", { class: "faint" }, `${number(page.moments_omitted)} more retransmissions, gaps and shut windows: --limit tcp-moments`),
      connection.weirds.length > 0 && h("ul", { class: "weirds" }, connection.weirds.map((weird) => h("li", {}, `${weird.name} ×${number(weird.count)}: ${weird.detail}`)))));
  return { node, line, start() { frames.start(); line.draw(); } };
}
