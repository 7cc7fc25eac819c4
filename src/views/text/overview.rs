//! What was read, and every connection in a row.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::knowledge::words::shorten;
use crate::knowledge::{Blame, CauseId};
use crate::model::{
    Certainty, Compression, Conversation, ConversationId, Finding, InputReport, Level, Outcome, PacketNo,
    Role, RuleId, Unused, WeirdKind, Weirds,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::remarks::left_over;
use crate::views::text::layout::{Paint, Style};
use crate::views::{units, wording};

/// A line an input, those that are one capture under a heading.
pub(super) fn inputs(inputs: &[InputReport], style: &Style) -> String {
    let mut out = String::new();
    let read = inputs.partition_point(|input| input.unused.is_none());
    let (inputs, unused) = inputs.split_at(read);
    for capture in inputs.chunk_by(|a, b| a.set.is_some() && a.set == b.set) {
        if capture.len() > 1 {
            let _ = writeln!(out, "{} files, one capture in order of time:", capture.len());
        }
        for file in capture {
            out.push_str(&input(file, style, if capture.len() > 1 { 2 } else { 0 }));
        }
    }
    let skipped = unused.iter().filter_map(|input| match input.unused {
        Some(Unused::Skipped(why)) => Some((input.path.as_str().into(), why)),
        _ => None,
    });
    for line in left_over(skipped) {
        let _ = writeln!(out, "not read: {line}");
    }
    for input in unused {
        if let Some(Unused::Failed(why)) = &input.unused {
            let _ = writeln!(out, "not read: {}", visible(why));
        }
    }
    out
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
            format!(" · {}, {}", units::date_time(first), units::duration(last.since(first).max(0)))
        }
        _ => String::new(),
    };
    let path = visible(&input.path);
    let encrypted = match input.encrypted_connections {
        0 => String::new(),
        n => format!(", {n} under TLS that cannot be read"),
    };
    let line = format!(
        "{path} · {}{}{}{} · {}, {}{when} · {}, {} with WebSocket{encrypted}",
        input.kind,
        if input.compression == Compression::None {
            String::new()
        } else {
            format!(" in {}", input.compression)
        },
        if links.is_empty() { "" } else { ", " },
        links.join(", "),
        units::count(input.packets, "packet"),
        units::bytes(input.bytes),
        units::count(input.tcp_connections, "TCP connection"),
        input.websocket_connections,
    );
    let line = style.wrap(&line, indent);
    let mut out = line.replacen(&*path, &style.paint(Paint::Heading, &path), 1);
    out.push_str(&weirds(&input.weirds, indent + 2, |packet| format!("packet {packet}")));
    out
}

/// Oddities of a recording, a line each.
pub(super) fn weirds(weirds: &Weirds, indent: usize, place: impl Fn(PacketNo) -> String) -> String {
    let mut out = String::new();
    for weird in weirds.as_slice() {
        let packet = weird.packet.map_or_else(String::new, |p| format!(" ({})", place(p)));
        let times = match (weird.count, weird.kind) {
            (1, _) => String::new(),
            (count, kind) if kind.speaks_of_all() => format!(" ×{count}"),
            (count, _) => format!(" ×{count}, first"),
        };
        let name = weird.kind.name();
        let _ = writeln!(out, "{:indent$}recording: {name}{times}: {}{packet}", "", visible(&weird.detail));
    }
    out
}

/// Where no connection was found: what may be the reason.
pub(super) fn nothing(inputs: &[InputReport]) -> String {
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
    format!("\nNo WebSocket connection found. {hint}\n")
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
    cells: Vec<String>,
}

impl Row {
    pub(super) fn new(report: &Conversation<Shown>) -> Self {
        let closing = &report.closing;
        let codes = |close: &crate::model::SideClose<Shown>| match (close.sent_close, close.code) {
            (None, _) => "?".to_owned(),
            (Some(false), _) => "–".to_owned(),
            (Some(true), None) => "empty".to_owned(),
            (Some(true), Some(code)) => code.to_string(),
        };
        let must = count(report, Level::Must);
        let should = count(report, Level::Should);
        let findings = match (must, should) {
            (0, 0) => String::new(),
            (0, should) => format!("{should} should"),
            (must, 0) => format!("{must} must"),
            (must, should) => format!("{must} must, {should} should"),
        };
        let target = report.request.as_ref().map_or("", |r| &*r.target);
        let by = closing.cause.as_ref().and_then(|cause| cause.by).map_or("–", Blame::name);
        Self {
            id: report.id,
            cells: vec![
                report.id.to_string(),
                wording::address(report, Role::Client),
                wording::address(report, Role::Server),
                shorten(&visible(target), 40),
                report.response.as_ref().map_or("–".to_owned(), |r| r.status.to_string()),
                format!("{}+{}", report.traffic.client.frame_count(), report.traffic.server.frame_count()),
                closing.cause.as_ref().map_or("", |cause| cause.id().name()).to_owned(),
                by.to_owned(),
                format!("{} / {}", codes(&closing.sides.client), codes(&closing.sides.server)),
                findings,
            ],
        }
    }
}

/// Different rules of a level that were broken; what is undetermined counts for nothing.
fn count(report: &Conversation<Shown>, level: Level) -> usize {
    let is_counted = |f: &&Finding<Shown>| f.level == level && f.certainty != Certainty::Undetermined;
    let mut rules: Vec<RuleId> =
        report.findings.iter().filter(is_counted).map(|f| f.violation.rule()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.len()
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
            let _ = writeln!(
                out,
                "and {} more to other hosts, or that ended otherwise.",
                self.connections - told
            );
        }
        format!("\n{out}")
    }
}

/// A row a connection.
pub(super) fn table(rows: &[&Row], style: &Style) -> String {
    let header =
        ["#", "client", "server", "target", "status", "frames", "cause", "by", "codes c/s", "findings"];
    let rows = rows.iter().map(|r| r.cells.clone());
    format!("\n{}", style.table(&header, rows, &[0], &[3, 9]))
}

/// Counts by cause, by outcome and by rule, where there are too many connections for rows.
pub(super) fn counts(
    causes: &BTreeMap<(CauseId, Option<Blame>), u64>,
    outcomes: impl Iterator<Item = (Outcome, u64)>,
    rules: &BTreeMap<(Level, RuleId), u64>,
    style: &Style,
) -> String {
    let mut causes: Vec<_> = causes.iter().map(|(cause, n)| (*cause, *n)).collect();
    causes.sort_by_key(|(cause, n)| (std::cmp::Reverse(*n), *cause));
    let shares = units::shares(&causes.iter().map(|(_, n)| *n).collect::<Vec<_>>());
    let rows = causes.into_iter().zip(shares).map(|(((cause, by), n), share)| {
        vec![n.to_string(), share, wording::cause(cause, by), cause.info().when.to_owned()]
    });
    let mut out =
        format!("\n{}", style.table(&["connections", "share", "cause", "that is"], rows, &[0, 1], &[3]));
    let outcomes: Vec<_> = outcomes.filter(|(_, n)| *n > 0).collect();
    let shares = units::shares(&outcomes.iter().map(|(_, n)| *n).collect::<Vec<_>>());
    let rows = outcomes.into_iter().zip(shares).map(|((outcome, n), share)| {
        vec![n.to_string(), share, outcome.name().to_owned(), wording::outcome(outcome).to_owned()]
    });
    let header = ["connections", "share", "outcome", "that is"];
    let _ = write!(out, "\n{}", style.table(&header, rows, &[0, 1], &[3]));
    if !rules.is_empty() {
        let rows = rules.iter().rev().map(|((level, rule), n)| {
            vec![n.to_string(), level.name().to_owned(), rule.name().to_owned(), rule.rule().says.to_owned()]
        });
        let header = ["connections", "level", "rule", "clause"];
        let _ = write!(out, "\n{}", style.table(&header, rows, &[0], &[3]));
    }
    out
}
