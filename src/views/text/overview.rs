//! What was read, and every connection in a row.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::knowledge::words::shorten;
use crate::knowledge::{Blame, CauseId, Tone};
use crate::model::{
    Compression, Conversation, ConversationId, InputReport, PacketNo, Role, Unused, WeirdKind, Weirds,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::remarks::left_over;
use crate::views::text::layout::{Paint, Style};
use crate::views::text::{cases, connection};
use crate::views::{units, wording};

/// Inputs that have a line each; of more, a summary.
const NAMED: usize = 4;

/// What was read: a line an input, those that are one capture under a heading; of many, what they are in all.
pub(super) fn inputs(inputs: &[InputReport], style: &Style) -> String {
    let (inputs, _) = parted(inputs);
    if inputs.len() > NAMED {
        return many(inputs, style);
    }
    let mut out = String::new();
    for capture in inputs.chunk_by(|a, b| a.set.is_some() && a.set == b.set) {
        if capture.len() > 1 {
            let _ = writeln!(out, "{} files, one capture in order of time:", capture.len());
        }
        for file in capture {
            out.push_str(&input(file, style, if capture.len() > 1 { 2 } else { 0 }));
        }
    }
    out
}

/// Those that were read, and those that were not.
fn parted(inputs: &[InputReport]) -> (&[InputReport], &[InputReport]) {
    inputs.split_at(inputs.partition_point(|input| input.unused.is_none()))
}

/// What was not read, and why.
pub(super) fn unread(inputs: &[InputReport], style: &Style) -> String {
    let mut out = String::new();
    let (_, unused) = parted(inputs);
    let skipped = unused.iter().filter_map(|input| match input.unused {
        Some(Unused::Skipped(why)) => Some((input.path.as_str().into(), why)),
        _ => None,
    });
    for line in left_over(skipped) {
        out.push_str(&style.hang(&format!("not read: {line}"), 0, 2));
    }
    let failed = unused.iter().filter_map(|input| match &input.unused {
        Some(Unused::Failed(why)) => Some(why),
        _ => None,
    });
    for (nth, why) in failed.clone().enumerate() {
        if nth == FAILED {
            let more = failed.clone().count() - FAILED;
            out.push_str(&style.hang(&format!("not read: {more} more, each named on standard error"), 0, 2));
            break;
        }
        out.push_str(&style.hang(&format!("not read: {}", visible(why)), 0, 2));
    }
    out
}

/// Inputs that could not be read, of which each is told.
const FAILED: usize = 8;

/// Inputs in a line: how many of which kind, how much, when; their oddities by kind.
fn many(inputs: &[InputReport], style: &Style) -> String {
    let (reports, captures): (Vec<_>, Vec<_>) = inputs.iter().partition(|input| is_report(input));
    let mut parts = Vec::new();
    if !captures.is_empty() {
        let mut sets: Vec<_> = captures.iter().filter_map(|input| input.set).collect();
        sets.sort_unstable();
        sets.dedup();
        let in_sets = captures.iter().filter(|input| input.set.is_some()).count();
        let number = (captures.len() - in_sets + sets.len()) as u64;
        let files =
            if in_sets > sets.len() { format!(" in {} files", captures.len()) } else { String::new() };
        parts.push(format!("{}{files} ({})", units::count(number, "capture"), kinds(&captures)));
    }
    if !reports.is_empty() {
        let number = reports.len() as u64;
        parts.push(format!("{} of Autobahn cases ({})", units::count(number, "report"), kinds(&reports)));
    }
    let sum = |of: fn(&InputReport) -> u64| inputs.iter().map(of).fold(0, u64::saturating_add);
    let mut size = units::bytes(sum(|input| input.bytes));
    if !captures.is_empty() {
        size = format!("{}, {size}", units::count(sum(|input| input.packets), "packet"));
    }
    parts.push(size);
    let first = inputs.iter().filter_map(|input| input.first_at).min();
    let last = inputs.iter().filter_map(|input| input.last_at).max();
    if let (Some(first), Some(last)) = (first, last) {
        parts.push(format!("{}, {}", units::date_time(first), units::duration(last.since(first).max(0))));
    }
    if !captures.is_empty() {
        parts.push(connections(
            sum(|input| input.tcp_connections),
            sum(|input| input.websocket_connections),
            sum(|input| input.encrypted_connections),
        ));
    }
    let mut out = style.flow(&parts, " · ", 0);
    let mut odd: BTreeMap<&str, (u64, u64, &str, &str)> = BTreeMap::new();
    for input in inputs {
        for weird in input.weirds.as_slice() {
            let sum = odd.entry(weird.kind.name()).or_insert((0, 0, &input.path, &weird.detail));
            (sum.0, sum.1) = (sum.0.saturating_add(weird.count), sum.1 + 1);
        }
    }
    for (name, (count, files, path, detail)) in odd {
        let (path, detail) = (visible(path), visible(detail));
        let files = units::count(files, "file");
        let line = format!("recording: {name} ×{count} in {files}, first in {path}: {detail}");
        out.push_str(&style.hang(&line, 2, 4));
    }
    out
}

/// Whether it is the report of a case, which knows no packets.
fn is_report(input: &InputReport) -> bool {
    input.kind.starts_with("autobahn")
}

/// What kinds there are, as far as they are few.
fn kinds(inputs: &[&InputReport]) -> String {
    let mut kinds: Vec<_> = inputs.iter().map(|input| input.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.join(", ")
}

/// `3 TCP connections, 2 with WebSocket, 1 under TLS that cannot be read`.
fn connections(tcp: u64, websocket: u64, encrypted: u64) -> String {
    let encrypted = match encrypted {
        0 => String::new(),
        n => format!(", {n} under TLS that cannot be read"),
    };
    format!("{}, {websocket} with WebSocket{encrypted}", units::count(tcp, "TCP connection"))
}

/// The line of an input, and its oddities.
fn input(input: &InputReport, style: &Style, indent: usize) -> String {
    let links: Vec<_> = input
        .link_types
        .iter()
        .map(|l| l.name().map_or_else(|| format!("link type {}", l.0), str::to_owned))
        .collect();
    let when = match (input.first_at, input.last_at) {
        (Some(first), Some(last)) => {
            Some(format!("{}, {}", units::date_time(first), units::duration(last.since(first).max(0))))
        }
        _ => None,
    };
    let path = visible(&input.path);
    let compressed = match input.compression {
        Compression::None => String::new(),
        how => format!(" in {how}"),
    };
    let comma = if links.is_empty() { "" } else { ", " };
    let mut parts =
        vec![path.clone().into_owned(), format!("{}{compressed}{comma}{}", input.kind, links.join(", "))];
    if is_report(input) {
        parts.push(units::bytes(input.bytes));
    } else {
        let packets = units::count(input.packets, "packet");
        parts.push(format!("{packets}, {}", units::bytes(input.bytes)));
        parts.extend(when);
        parts.push(connections(
            input.tcp_connections,
            input.websocket_connections,
            input.encrypted_connections,
        ));
    }
    let line = style.flow(&parts, " · ", indent);
    let path = style.fit(&path).into_owned();
    let mut out = line.replacen(&*path, &style.paint(Paint::Heading, &path), 1);
    out.push_str(&weirds(&input.weirds, indent + 2, style, |packet| format!("packet {packet}")));
    out
}

/// Oddities of a recording, a line each.
pub(super) fn weirds(
    weirds: &Weirds,
    indent: usize,
    style: &Style,
    place: impl Fn(PacketNo) -> String,
) -> String {
    let mut out = String::new();
    for weird in weirds.as_slice() {
        let packet = weird.packet.map_or_else(String::new, |p| format!(" ({})", place(p)));
        let times = match (weird.count, weird.kind) {
            (1, _) => String::new(),
            (count, kind) if kind.speaks_of_all() => format!(" ×{count}"),
            (count, _) => format!(" ×{count}, first"),
        };
        let line = format!("recording: {}{times}: {}{packet}", weird.kind.name(), visible(&weird.detail));
        out.push_str(&style.hang(&line, indent, indent + 2));
    }
    out
}

/// Where no connection was found: what may be the reason.
pub(super) fn nothing(inputs: &[InputReport], style: &Style) -> String {
    let tcp: u64 = inputs.iter().map(|i| i.tcp_connections).sum();
    let has = |kinds: &[WeirdKind]| {
        inputs.iter().flat_map(|i| i.weirds.as_slice()).any(|weird| kinds.contains(&weird.kind))
    };
    let cut_heads = has(&[WeirdKind::HandshakeGap]);
    let lost = has(&[
        WeirdKind::Gap,
        WeirdKind::CutPayload,
        WeirdKind::TruncatedPacket,
        WeirdKind::SequenceOutOfWindow,
    ]);
    let closed = closed(inputs);
    let hint = if tcp == 0 && closed.is_empty() {
        "There is no TCP in it: was the right interface captured?".to_owned()
    } else if tcp == 0 {
        format!("No TCP was found in it: {closed}")
    } else if cut_heads && !lost {
        "HTTP was found whose head never became whole, though nothing is missing: its sender was slow, or left before the end of it.".to_owned()
    } else if cut_heads {
        "HTTP was found with holes in it: packets are missing or cut short (capture whole packets: tcpdump -s 0).".to_owned()
    } else {
        let hint = "No TCP connection carries an HTTP request for an upgrade to WebSocket, and a connection captured after its handshake is recognised only by enough frames that follow one another.";
        if closed.is_empty() { hint.to_owned() } else { format!("{hint} Not looked into were {closed}") }
    };
    format!("\n{}", style.wrap(&format!("No WebSocket connection found. {hint}"), 0))
}

/// Encapsulations in a sentence.
const MOST_NAMED: usize = 4;

/// What packets are carried in that cannot be looked into, and what to try; nothing where there are none.
fn closed(inputs: &[InputReport]) -> String {
    let mut all = Weirds::default();
    for weird in inputs.iter().flat_map(|input| input.weirds.as_slice()) {
        if weird.kind.hides_packets() {
            all.push(weird.clone());
        }
    }
    let has = |kind| all.as_slice().iter().any(|weird| weird.kind == kind);
    let tries = match (has(WeirdKind::UnknownLinkType), has(WeirdKind::EncryptedPacket)) {
        (false, false) => return String::new(),
        (true, false) => {
            "capture inside of that, on an interface with Ethernet or IP, or have it taken off first"
        }
        (false, true) => "capture where it is decrypted, as on the interface of the tunnel at either end",
        (true, true) => {
            "capture inside of that, on an interface with Ethernet or IP, and where it is decrypted, as on that of the tunnel at either end"
        }
    };
    let mut most: Vec<_> = all.as_slice().iter().collect();
    most.sort_by_key(|weird| std::cmp::Reverse(weird.count));
    let mut named: Vec<_> = most
        .iter()
        .take(MOST_NAMED)
        .map(|weird| {
            let detail = visible(&weird.detail);
            let of = if detail.starts_with("link type") { "of " } else { "" };
            format!("{} {of}{detail}", units::count(weird.count, "packet"))
        })
        .collect();
    if most.len() > MOST_NAMED {
        named.push(format!("and {} more, listed above as odd", most.len() - MOST_NAMED));
    }
    format!("{}. Try this: {tries}.", named.join("; "))
}

/// One connection in the overview.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: ConversationId,
    input: usize,
    pub(super) tone: Tone,
    is_case: bool,
    cells: BTreeMap<Column, String>,
}

/// What a row says, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Tone,
    Id,
    File,
    Case,
    Agent,
    Verdict,
    Client,
    Server,
    Target,
    Status,
    Frames,
    What,
    Codes,
}

impl Column {
    const ALL: [Self; 13] = [
        Self::Tone,
        Self::Id,
        Self::File,
        Self::Case,
        Self::Agent,
        Self::Verdict,
        Self::Client,
        Self::Server,
        Self::Target,
        Self::Status,
        Self::Frames,
        Self::What,
        Self::Codes,
    ];

    const fn header(self) -> &'static str {
        match self {
            Self::Tone => "",
            Self::Id => "#",
            Self::File => "file",
            Self::Case => "case",
            Self::Agent => "agent",
            Self::Verdict => "verdict / closing",
            Self::Client => "client",
            Self::Server => "server",
            Self::Target => "target",
            Self::Status => "status",
            Self::Frames => "frames",
            Self::What => "what happened",
            Self::Codes => "codes c/s",
        }
    }

    const fn gives_way(self) -> bool {
        matches!(self, Self::File | Self::Agent | Self::Target | Self::What)
    }
}

/// From so many columns of the page on there is room for addresses, and for status and frames.
const ADDRESSES: usize = 110;
const FIGURES: usize = 140;

impl Row {
    pub(super) fn new(report: &Conversation<Shown>) -> Self {
        let closing = &report.closing;
        let codes = |close: &crate::model::SideClose<Shown>| match (close.sent_close, close.code) {
            (None, _) => "?".to_owned(),
            (Some(false), _) => "–".to_owned(),
            (Some(true), None) => "empty".to_owned(),
            (Some(true), Some(code)) => code.to_string(),
        };
        let target = report.request.as_ref().map_or("–", |r| &*r.target);
        let mut tone = connection::tone(report);
        let headline = match &closing.cause {
            Some(cause) => format!("{} · {}", cause.headline(report), cause.id()),
            None => wording::outcome_of(report).to_owned(),
        };
        let traffic = &report.traffic;
        let mut cells = BTreeMap::from([
            (Column::Id, report.id.to_string()),
            (Column::Client, wording::address(report, Role::Client)),
            (Column::Server, wording::address(report, Role::Server)),
            (Column::Target, shorten(&visible(target), 40)),
            (Column::Status, report.response.as_ref().map_or("–".to_owned(), |r| r.status.to_string())),
            (Column::Frames, format!("{}+{}", traffic.client.frame_count(), traffic.server.frame_count())),
            (Column::What, headline),
            (Column::Codes, format!("{} / {}", codes(&closing.sides.client), codes(&closing.sides.server))),
        ]);
        if let Some(record) = report.case.as_deref() {
            let case = &record.report;
            tone = cases::tone(&case.behavior, &case.behavior_close, record.recomputed.agrees);
            let verdict = [case.behavior.as_str(), case.behavior_close.as_str()].map(visible).join(" / ");
            cells.insert(Column::Case, case.id.to_string());
            cells.insert(Column::Agent, shorten(&visible(&case.agent), 40));
            cells.insert(Column::Verdict, verdict);
        }
        Self { id: report.id, input: report.input, tone, is_case: report.case.is_some(), cells }
    }
}

/// A row a connection, with its file where there is more than one.
pub(super) fn table(rows: &[&Row], inputs: &[InputReport], style: &Style) -> String {
    let are_cases = rows.iter().any(|row| row.is_case);
    let in_files = inputs.iter().filter(|input| input.unused.is_none()).count() > 1;
    let is_shown = |column: &Column| match column {
        Column::File => in_files && (!are_cases || style.columns() >= FIGURES),
        Column::Case | Column::Agent | Column::Verdict => are_cases,
        Column::Client | Column::Server => style.columns() >= ADDRESSES && !are_cases,
        Column::Status | Column::Frames => style.columns() >= FIGURES,
        Column::Target => !are_cases,
        _ => true,
    };
    let columns: Vec<Column> = Column::ALL.into_iter().filter(is_shown).collect();
    let cells = rows.iter().map(|row| {
        let cell = |column: &Column| match column {
            Column::Tone => style.cell(Paint::from(row.tone), sign(row.tone)),
            Column::File => inputs.get(row.input).map_or("–".to_owned(), |input| {
                let name = input.path.rsplit('/').next().unwrap_or(&input.path);
                shorten(&visible(name), 40)
            }),
            column => row.cells.get(column).map_or("–", String::as_str).to_owned(),
        };
        columns.iter().map(cell).collect()
    });
    let header: Vec<_> = columns.iter().map(|column| column.header()).collect();
    let flexible: Vec<_> =
        columns.iter().enumerate().filter(|(_, column)| column.gives_way()).map(|(i, _)| i).collect();
    style.table(&header, cells, &[1], &flexible)
}

/// What stands beside a connection, so that colour is not the only sign.
pub(super) const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Normal => "✓",
        Tone::Unknown => "?",
        Tone::Odd => "!",
        Tone::Fault => "✗",
    }
}

/// Connections that nobody can read, by host and by how they ended: in a capture of everything they are the most.
#[derive(Debug, Default)]
pub(super) struct Encrypted {
    pub(super) connections: u64,
    groups: BTreeMap<(String, CauseId, Option<Blame>), (u64, ConversationId)>,
    /// Those that found no group, of as many as are kept.
    others: u64,
}

impl Encrypted {
    /// Groups that are told apart.
    const MAX_GROUPS: usize = 1_000;
    /// Groups that are shown.
    const SHOWN: usize = 20;

    pub(super) fn add(&mut self, report: &Conversation<Shown>) {
        self.connections += 1;
        let Some(cause) = &report.closing.cause else { return };
        let named = report.tls.as_deref().and_then(|tls| tls.offer.as_deref()?.sni.as_deref());
        let host =
            named.map_or_else(|| wording::address(report, Role::Server), |sni| visible(sni).into_owned());
        let key = (shorten(&host, 60), cause.id(), cause.by);
        if self.groups.len() >= Self::MAX_GROUPS && !self.groups.contains_key(&key) {
            self.others += 1;
            return;
        }
        self.groups.entry(key).or_insert((0, report.id)).0 += 1;
    }

    /// The most frequent first.
    pub(super) fn table(&self, style: &Style) -> String {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(_, (n, first))| (std::cmp::Reverse(*n), *first));
        let shown = groups.iter().take(Self::SHOWN);
        let rows = shown.clone().map(|((host, cause, by), (n, first))| {
            vec![
                n.to_string(),
                host.clone(),
                wording::cause(*cause, *by),
                cause.info().when.to_owned(),
                first.to_string(),
            ]
        });
        let table = style.table(&["connections", "host", "cause", "that is", "first #"], rows, &[0], &[3]);
        let told: u64 = shown.map(|(_, (n, _))| n).sum();
        let mut out = style.wrap(
            &format!(
                "{} under TLS cannot be read without keys, and may be WebSocket (wslog explain tls; --tls for one by one):",
                units::count(self.connections, "connection")
            ),
            0,
        );
        out.push_str(&table);
        if told < self.connections {
            let more = self.connections - told;
            out.push_str(
                &style.wrap(&format!("and {more} more to other hosts, or that ended otherwise."), 0),
            );
        }
        format!("\n{out}")
    }
}
