//! One connection in full.

use std::fmt::Write;

use crate::knowledge::thresholds::WINDOW_SHUT_NS;
use crate::knowledge::words::shorten;
use crate::knowledge::{Blame, Cause, Clauses, Tone};
use crate::model::case::{Behavior, BehaviorClose};
use crate::model::{
    CaseRecord, Certainty, CloseCode, Closing, Conversation, FrameRecord, Hex, Latency, Level, Opcode,
    Outcome, PacketNo, PingFigures, Role, SideTcp, StepVerdict, StreamEnd, TcpEnd, Timestamp, Traffic,
    WeirdKind,
};
use crate::redact::Shown;
use crate::views::escape::{as_text, visible};
use crate::views::summary::Account;
use crate::views::text::layout::{NARROW, Paint, Style};
use crate::views::text::{cases, overview, tls};
use crate::views::worded::Worded;
use crate::views::{FrameList, account, summary, units, wording};

/// Frames of the timeline before the end.
pub(super) const TIMELINE: usize = 12;
/// Characters of a payload in the timeline.
const PREVIEW: usize = 48;
/// Columns from which on a finding has columns for all that is said of it.
const WIDE: usize = 130;

/// Columns of the labels of an answer.
const LABEL: usize = 15;

/// Everything about one connection.
#[derive(Debug)]
pub(super) struct Told {
    /// What it is, why it ended, what each side was told and where to look: no more than a screen.
    pub(super) answer: String,
    /// What that rests on.
    pub(super) evidence: String,
}

/// Tells all about one connection.
pub(super) fn tell(report: &Conversation<Shown>, frames: FrameList, style: &Style) -> Told {
    let told = Worded::all(report);
    let mut evidence = String::new();
    facts(&mut evidence, report, style);
    if frames != FrameList::None {
        timeline(&mut evidence, report, frames, style);
    }
    steps(&mut evidence, &report.closing, style);
    findings(&mut evidence, report, &told, style);
    evidence.push_str(&overview::weirds(&report.weirds, 2, style, |packet| wording::packet(report, packet)));
    Told { answer: answer(report, &told, style), evidence }
}

fn answer(report: &Conversation<Shown>, told: &[Worded<'_>], style: &Style) -> String {
    let mut out = String::new();
    heading(&mut out, report, style);
    out.push('\n');
    if let Some(record) = report.case.as_deref() {
        account_of(&mut out, record, style);
    }
    let Account { told, sees, besides, next } = summary::account(report, told);
    let breaches = besides.iter().map(String::as_str);
    out.push_str(
        &style.wrap(&told.iter().map(String::as_str).chain(breaches).collect::<Vec<_>>().join(" "), 2),
    );
    let labelled = |out: &mut String, name: &str, text: &str| {
        if style.columns() < NARROW {
            out.push_str(&style.hang(&format!("{name}: {text}"), 2, 4));
            return;
        }
        let hung = style.wrap(text, LABEL);
        let gap = LABEL.saturating_sub(2 + name.len());
        let first = hung.get(LABEL..).unwrap_or_default();
        let _ = write!(out, "  {}{:gap$}{first}", style.paint(Paint::Faint, name), "");
    };
    if sees.is_some() || next.is_some() {
        out.push('\n');
    }
    if sees.is_some() {
        for role in Role::BOTH {
            let heard = summary::heard(&report.closing.sees[role]);
            labelled(&mut out, &format!("{} sees", role.name()), heard.as_deref().unwrap_or("–"));
        }
    }
    if let Some(next) = next {
        labelled(&mut out, "next", &next);
    }
    out
}

fn heading(out: &mut String, report: &Conversation<Shown>, style: &Style) {
    let unknown = match () {
        () if report.connect.is_some() => "not connected",
        () if report.closing.outcome == Outcome::Encrypted => "encrypted",
        () if report.assumed => "handshake not recorded",
        () => "no response",
    };
    let status = report.response.as_ref().map_or_else(|| unknown.to_owned(), |r| r.status.to_string());
    let [client, server] = Role::BOTH.map(|role| wording::address(report, role));
    let mut parts = vec![format!("#{}  {client} (client) → {server} (server)", report.id)];
    parts.extend(
        report.request.as_ref().map(|request| {
            format!("{} {}", visible(&request.method), shorten(&visible(&request.target), 60))
        }),
    );
    parts.push(status);
    out.push_str(&style.paint_lines(Paint::Heading, &style.flow(&parts, "  ", 0)));
    let told = |out: &mut String, (text, paint): (String, Paint)| {
        out.push_str(&style.paint_lines(paint, &style.wrap(&text, 0)));
    };
    if let Some(record) = report.case.as_deref() {
        told(out, of_case(record));
    }
    told(out, verdict(report));
}

/// Who did what, as the cause has it, its name and the outcome; in the colour of what that amounts to.
fn verdict(report: &Conversation<Shown>) -> (String, Paint) {
    let outcome = wording::outcome_of(report);
    let Some(cause) = &report.closing.cause else { return (outcome.to_owned(), Paint::Plain) };
    let besides = match other_breaches(report) {
        0 => String::new(),
        1 => " · 1 rule broken besides".to_owned(),
        more => format!(" · {more} rules broken besides"),
    };
    let tester =
        if is_on_purpose(report, cause) && cause.rule.is_some() { " (the tester, on purpose)" } else { "" };
    let headline = cause.headline(report);
    (format!("{headline}{tester} · {} · {outcome}{besides}", cause.id()), Paint::from(tone(report)))
}

/// Whether it is the tester of a case that did it, whose job that is.
fn is_on_purpose(report: &Conversation<Shown>, cause: &Cause) -> bool {
    report.case.as_deref().is_some_and(|record| cause.by == Some(Blame::from(record.account.testee.peer())))
}

/// What the end of a connection amounts to, with what else is wrong about it.
pub(super) fn tone(report: &Conversation<Shown>) -> Tone {
    let Some(cause) = &report.closing.cause else { return Tone::Unknown };
    let others = other_breaches(report);
    match cause.tone(report) {
        Tone::Normal | Tone::Unknown if others > 0 => Tone::Odd,
        _ if is_on_purpose(report, cause) && others == 0 => Tone::Normal,
        tone => tone,
    }
}

/// Different rules that a side broke, the one left out that ended the connection.
fn other_breaches(report: &Conversation<Shown>) -> usize {
    let others = report.findings.iter().filter(|f| summary::is_other_breach(report, f));
    // What the tester of a case does on purpose is no fault that anybody looks for.
    let tester = report.case.as_deref().map(|record| record.account.testee.peer());
    let others = others.filter(|f| tester.is_none() || f.by != tester);
    let mut rules: Vec<_> = others.map(|f| (f.by, f.violation.rule())).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.len()
}

/// The case whose log this is, and both verdicts; in the colour of what they amount to.
fn of_case(record: &CaseRecord) -> (String, Paint) {
    let CaseRecord { report, recomputed, .. } = record;
    // A verdict may be any word: a report says itself which events stand for which.
    let again = |word: Option<&str>| visible(word.unwrap_or("not to be confirmed")).into_owned();
    let when = report.started.as_deref().map_or_else(String::new, |at| format!(", {}", visible(at)));
    let took = report.duration_ms.map_or_else(String::new, |ms| format!(", {ms} ms"));
    let line = format!(
        "Autobahn case {}, agent {}{when}{took} · recorded {} / close {} · wslog finds {} / close {}",
        report.id,
        visible(&report.agent),
        visible(report.behavior.as_str()),
        visible(report.behavior_close.as_str()),
        again(recomputed.behavior.as_ref().map(Behavior::as_str)),
        again(recomputed.behavior_close.as_ref().map(BehaviorClose::as_str)),
    );
    (line, Paint::from(cases::tone(&report.behavior, &report.behavior_close, recomputed.agrees)))
}

/// What happened in it, and where its report contradicts itself.
fn account_of(out: &mut String, record: &CaseRecord, style: &Style) {
    out.push_str(&style.wrap(&visible(&account::sentences(&record.account).join(" ")), 2));
    for inconsistency in &record.inconsistencies {
        out.push_str(&style.wrap(&format!("inconsistent: {}", visible(inconsistency)), 2));
    }
    out.push('\n');
}

fn facts(out: &mut String, report: &Conversation<Shown>, style: &Style) {
    out.push('\n');
    if let (Some(first), Some(tcp)) = (report.parts.first(), &report.tcp) {
        let last = report.place(tcp.last_packet);
        let from = report.place(tcp.first_packet).packet;
        let line = match last.file {
            Some(file) => {
                format!(
                    "recorded from packet {} of {} to packet {} of {}",
                    from,
                    visible(&first.file),
                    last.packet,
                    visible(file)
                )
            }
            None => format!("recorded in packets {from} to {} of {}", last.packet, visible(&first.file)),
        };
        out.push_str(&style.wrap(&line, 2));
    }
    for line in tls::lines(report) {
        out.push_str(&style.wrap(&line, 2));
    }
    out.push_str(&style.wrap(&format!("handshake: {}", handshake(report)), 2));
    for role in Role::BOTH {
        let line = format!("{} sent: {}", role.name(), traffic(&report.traffic[role]));
        out.push_str(&style.wrap(&line, 2));
    }
    for role in Role::BOTH {
        for line in tcp_facts(role, &report.tcp_facts[role]) {
            out.push_str(&style.wrap(&line, 2));
        }
    }
    for role in Role::BOTH {
        let pongs = report.traffic[role.peer()].frames[usize::from(Opcode::PONG.bits())];
        if let Some(line) = report.timing.pings[role].as_ref().and_then(|figures| pings(role, figures, pongs))
        {
            out.push_str(&style.wrap(&line, 2));
        }
    }
}

fn handshake(report: &Conversation<Shown>) -> String {
    let mut parts = Vec::new();
    if let Some(at) = report.started_at {
        parts.push(format!("TCP from {}", units::date_time(at)));
    }
    if report.assumed {
        parts.push("not, or not wholly, in the recording".to_owned());
    }
    for earlier in &report.earlier {
        let status = earlier.status.map_or_else(|| "no response".to_owned(), |s| format!("status {s}"));
        parts.push(format!("earlier here: {}, {status}", shorten(&visible(&earlier.target), 40)));
    }
    if let Some(response) = &report.response {
        let times =
            [report.handshake_at.client, report.handshake_at.server].map(|at| at.and_then(|(_, at)| at));
        let after = match times {
            // What never became whole was not asked at any one time.
            _ if report.request.as_ref().is_some_and(|request| request.facts.unfinished) => {
                " for a request that was not finished".to_owned()
            }
            [Some(asked), Some(answered)] if answered < asked => ", recorded before the request".to_owned(),
            [Some(asked), Some(answered)] => format!(" after {}", units::duration(answered.since(asked))),
            _ => String::new(),
        };
        parts.push(format!("status {}{after}", response.status));
        match response.accept_valid() {
            Some(true) => parts.push("Sec-WebSocket-Accept valid".to_owned()),
            Some(false) => parts.push("Sec-WebSocket-Accept WRONG".to_owned()),
            None if response.switches && !report.assumed => {
                parts.push("Sec-WebSocket-Accept missing".to_owned());
            }
            None => {}
        }
        if let Some(subprotocol) = response.subprotocol() {
            parts.push(format!("subprotocol {}", visible(&subprotocol)));
        }
        for extension in &response.extensions {
            parts.push(visible(&extension_text(extension)).into_owned());
        }
        if !response.switches && !response.body_start.is_empty() {
            let body = String::from_utf8_lossy(&response.body_start);
            parts.push(format!("body \"{}\"", shorten(&visible(&body), 60)));
        }
    } else if let Some(connect) = report.connect {
        let syns = units::count(u64::from(connect.syns), "SYN");
        parts.push(format!("{syns}, {}", if connect.refused { "refused" } else { "not answered" }));
    } else if report.closing.outcome == Outcome::Encrypted {
        parts.push("encrypted".to_owned());
    } else if !report.assumed {
        parts.push("no response".to_owned());
    }
    parts.join(" · ")
}

fn extension_text(extension: &crate::model::Extension<Shown>) -> String {
    let mut text = extension.name.to_string();
    for (name, value) in &extension.parameters {
        let _ = match value {
            Some(value) => write!(text, "; {name}={value}"),
            None => write!(text, "; {name}"),
        };
    }
    text
}

fn traffic(t: &Traffic) -> String {
    let kinds: Vec<_> = (0u8..)
        .zip(t.frames)
        .filter(|(_, n)| *n > 0)
        .map(|(bits, n)| format!("{n} {}", Opcode::from_bits(bits).name()))
        .collect();
    let mut text = match t.frame_count() {
        0 if t.stream_bytes == 0 && t.gap_bytes == 0 => return "nothing that was recorded".to_owned(),
        0 => "no frames".to_owned(),
        n => format!("{} ({})", units::count(n, "frame"), kinds.join(", ")),
    };
    if t.frames_cut > 0 {
        let _ = write!(text, ", {} cut off by the end", t.frames_cut);
    }
    let messages = t.text_messages + t.binary_messages;
    if messages > 0 {
        let size = t.known_message_bytes().map_or_else(|| "unknown size".to_owned(), units::bytes);
        let _ = write!(text, ", {} of {size}", units::count(messages, "message"));
        if t.unsized_messages > 0 && t.unsized_messages < messages {
            let _ = write!(text, " ({} of unknown size left out)", t.unsized_messages);
        }
    }
    if t.stream_bytes > 0 {
        let _ = write!(text, ", {} of TCP", units::bytes(t.stream_bytes));
    }
    if t.gap_bytes > 0 {
        let _ = write!(text, ", {} missing", units::bytes(t.gap_bytes));
    }
    if t.retransmitted_bytes > 0 {
        let _ = write!(text, ", {} retransmitted", units::bytes(t.retransmitted_bytes));
    }
    text
}

/// What TCP shows of a side that is worth a line: a window that was shut for long, what was sent again without an acknowledgement.
fn tcp_facts(role: Role, tcp: &SideTcp) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(shut) = tcp.shut.filter(|shut| shut.for_ns >= WINDOW_SHUT_NS) {
        let end = if shut.to_the_end { ", to the end" } else { "" };
        let probes = match shut.probes {
            0 => String::new(),
            probes => format!(", probed {}", units::count(u64::from(probes), "time")),
        };
        let (name, for_ns) = (role.name(), units::duration(shut.for_ns));
        lines.push(format!("{name} took no more bytes for {for_ns}: its receive window was 0{probes}{end}"));
    }
    if let Some(lost) = tcp.unacknowledged {
        let size = match (lost.smallest, lost.largest) {
            (a, b) if a == b => units::bytes(u64::from(a)),
            (a, b) => format!("{a} to {}", units::bytes(u64::from(b))),
        };
        let times = units::count(u64::from(lost.times), "time");
        lines.push(format!(
            "{} retransmitted {times} what was never acknowledged in the recording: segments of {size}",
            role.name()
        ));
    }
    lines
}

/// Rhythm and latency of the Pings of one side; nothing where the recording has no times.
fn pings(role: Role, figures: &PingFigures, pongs: u64) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(ns) = figures.interval_ns {
        parts.push(format!("one every {}", units::duration(ns)));
    }
    if let Some(Latency { pongs, min_ns, mean_ns, max_ns, slowest_frame }) = figures.latency {
        let (min, max) = (units::duration(min_ns), units::duration(max_ns));
        parts.push(if pongs == 1 {
            format!("answered in {max} (frame {slowest_frame})")
        } else if min == max {
            format!("{pongs} answered, each in {max}")
        } else {
            let mean = units::duration(mean_ns);
            format!(
                "{pongs} answered in {min} to {max}, {mean} on average, the slowest in frame {slowest_frame}"
            )
        });
    }
    if parts.is_empty() {
        return None;
    }
    if let Some(unanswered @ 1..) = figures.unanswered {
        // Pongs that carry something else answer none.
        let others = pongs > figures.latency.map_or(0, |latency| latency.pongs);
        let pong = if others { "a Pong that repeats its data" } else { "a Pong" };
        parts.push(match unanswered {
            1 if figures.sent == 1 => format!("without {pong}"),
            all if all == figures.sent && others => format!("none answered by {pong}"),
            all if all == figures.sent => "none answered".to_owned(),
            1 => format!("the last one without {pong}"),
            more => format!("the last {more} without {pong}"),
        });
    }
    Some(format!("{} sent {}: {}", role.name(), units::count(figures.sent, "Ping"), parts.join("; ")))
}

fn timeline(out: &mut String, report: &Conversation<Shown>, list: FrameList, style: &Style) {
    let (from, left_out) = match list {
        FrameList::All => (0, 0),
        _ => {
            let from = report.frames.len().saturating_sub(TIMELINE);
            (from, report.frames_omitted + from as u64)
        }
    };
    let frames = &report.frames[from.min(report.frames.len())..];
    if frames.is_empty() && report.closing.first_end.is_none() {
        return;
    }
    out.push('\n');
    if left_out > 0 {
        let line = format!("… {} before these, --frames all for every one", units::count(left_out, "frame"));
        faint(out, &line, style);
    }
    let mut rows: Vec<_> =
        frames.iter().map(|f| (f.packet.unwrap_or(PacketNo(0)), Entry::Frame(f))).collect();
    if list == FrameList::All && report.frames_omitted > 0 {
        let is_shared = report.weirds.as_slice().iter().any(|weird| weird.kind == WeirdKind::ListedCap);
        let limit = if is_shared { "all-listed-frame-bytes" } else { "listed-frame-bytes" };
        let line = format!("… not every frame was kept, --limit {limit} for more");
        faint(out, &line, style);
    }
    if list == FrameList::All && report.frames_omitted > 0 {
        let at = report.frames_resume.min(rows.len());
        let packet = rows.get(at.wrapping_sub(1)).map_or(PacketNo(0), |(packet, _)| *packet);
        rows.insert(at, (packet, Entry::Other(gap_row(report.frames_omitted))));
    }
    for (packet, at, by, said) in tls::goodbyes(report) {
        rows.push((packet, Entry::Other(event_row(report, at, by, said))));
    }
    for role in Role::BOTH {
        if let Some(end) = &report.closing.ends[role] {
            rows.push((end.packet.unwrap_or(PacketNo(u64::MAX)), Entry::Other(end_row(report, end))));
        }
        rows.extend(reset_row(report, role).map(|(packet, row)| (packet, Entry::Other(row))));
    }
    // By packet: frames of one packet keep their order, TCP ends come after the frames of theirs.
    rows.sort_by_key(|(packet, _)| *packet);
    let row = |nth: usize| match rows.get(nth) {
        Some((_, Entry::Frame(frame))) => frame_row(report, frame, style),
        Some((_, Entry::Other(row))) => row.clone(),
        None => Vec::new(),
    };
    let header = ["n", "time", "from", "frame", "bytes", "payload", ""];
    style.long_table(out, &header, (rows.len(), &row), &[0, 1, 4], &[5, 6]);
}

/// A line beside the rows.
fn faint(out: &mut String, text: &str, style: &Style) {
    out.push_str(&style.paint_lines(Paint::Faint, &style.wrap(text, 2)));
}

/// A row of the timeline; those of frames are worded when they are written, for there may be very many.
enum Entry<'a> {
    Frame(&'a FrameRecord<Shown>),
    Other(Vec<String>),
}

fn since_start(report: &Conversation<Shown>, at: Option<Timestamp>) -> String {
    match (at, report.started_at) {
        (Some(at), Some(start)) if at < start => "before".to_owned(),
        (Some(at), Some(start)) => units::offset(at.since(start)),
        _ => String::new(),
    }
}

fn frame_row(report: &Conversation<Shown>, f: &FrameRecord<Shown>, style: &Style) -> Vec<String> {
    let mut marks: Vec<String> =
        f.broke.iter().map(|rule| style.cell(Paint::Bad, format!("✗ {rule}"))).collect();
    if !f.complete {
        marks.push(style.cell(Paint::Odd, "incomplete"));
    }
    vec![
        f.n.to_string(),
        since_start(report, f.at),
        f.from.name().to_owned(),
        wording::frame(&f.header),
        f.header.payload_len.to_string(),
        payload(f),
        marks.join(", "),
    ]
}

fn payload(f: &FrameRecord<Shown>) -> String {
    if f.header.opcode == Opcode::CLOSE
        && let Some((code, reason)) = CloseCode::split(&f.preview)
    {
        let reason = if f.redacted && f.header.payload_len > 2 {
            format!("<redacted {} bytes>", f.header.payload_len - 2)
        } else {
            as_text(reason, f.preview_cut)
                .map_or_else(|| format!("0x{}", Hex(reason)), |text| visible(text).into_owned())
        };
        return shorten(&wording::close_body(code, &reason), PREVIEW);
    }
    if f.redacted {
        return format!("<redacted {} bytes>", f.header.payload_len);
    }
    let text = if f.text || f.header.opcode.is_control() { as_text(&f.preview, f.preview_cut) } else { None };
    let mut shown = match text {
        Some(text) => visible(text).into_owned(),
        None => format!("0x{}", Hex(f.preview.get(..PREVIEW / 2).unwrap_or(&f.preview))),
    };
    if f.preview_cut && shown.chars().count() <= PREVIEW {
        shown.push('…');
    }
    let shown = shorten(&shown, PREVIEW);
    if f.inflated && !shown.is_empty() { format!("{shown} (inflated)") } else { shown }
}

/// In the place of frames that were not kept.
fn gap_row(omitted: u64) -> Vec<String> {
    let mut row = vec![String::new(); 7];
    row[5] = format!("… {} left out", units::count(omitted, "frame"));
    row
}

fn end_row(report: &Conversation<Shown>, end: &TcpEnd) -> Vec<String> {
    event_row(report, end.at, end.by, wording::ends(end.how).to_owned())
}

/// What a side did that is no frame.
fn event_row(report: &Conversation<Shown>, at: Option<Timestamp>, by: Role, did: String) -> Vec<String> {
    let mut row = vec![String::new(), since_start(report, at), by.name().to_owned(), did];
    row.resize(7, String::new());
    row
}

/// An RST of a side that had sent its FIN.
fn reset_row(report: &Conversation<Shown>, role: Role) -> Option<(PacketNo, Vec<String>)> {
    let ends = &report.tcp_facts[role].ends;
    let fin = ends.iter().position(|end| end.how == StreamEnd::Fin)?;
    let mut resets = ends.iter().skip(fin).filter(|end| end.how == StreamEnd::Rst);
    let first = resets.next()?;
    let more = match resets.count() {
        0 => String::new(),
        more if ends.len() == SideTcp::MAX_ENDS => format!(", at least {more} more after it"),
        more => format!(", {more} more after it"),
    };
    let row = vec![
        String::new(),
        since_start(report, first.at),
        role.name().to_owned(),
        wording::ends(StreamEnd::Rst).to_owned(),
        String::new(),
        String::new(),
        format!("after its own FIN{more}"),
    ];
    Some((first.packet, row))
}

fn steps(out: &mut String, closing: &Closing<Shown>, style: &Style) {
    if closing.steps.is_empty() {
        return;
    }
    let rows = closing.steps.iter().map(|step| {
        let verdict = match step.verdict {
            StepVerdict::NotApplicable => "not due".to_owned(),
            verdict => verdict.name().to_owned(),
        };
        let paint = match step.verdict {
            StepVerdict::Broken => Paint::Bad,
            StepVerdict::Late => Paint::Odd,
            _ => Paint::Plain,
        };
        vec![
            step.owed_by.name().to_owned(),
            wording::owed(step),
            format!("{:#}", Clauses(&wording::clauses(step))),
            wording::seen(step),
            style.cell(paint, verdict),
        ]
    });
    let header = ["who", "owed", "clause", "observed", ""];
    let _ = write!(out, "\n{}", style.table(&header, rows, &[], &[1, 2, 3]));
}

fn findings(out: &mut String, report: &Conversation<Shown>, told: &[Worded<'_>], style: &Style) {
    let groups = grouped(told);
    if groups.is_empty() {
        return;
    }
    let is_wide = style.columns() >= WIDE;
    let rows = groups.into_iter().map(|(told, count)| {
        let finding = told.finding;
        let place = match (finding.frame, finding.packet) {
            (Some(frame), Some(packet)) => format!("frame {frame}, {}", wording::packet(report, packet)),
            (Some(frame), None) => format!("frame {frame}"),
            (None, Some(packet)) => wording::packet(report, packet),
            (None, None) => String::new(),
        };
        let times = if count > 1 { format!(" ×{count}, first here") } else { String::new() };
        let paint = match finding.level {
            _ if finding.certainty == Certainty::Undetermined => Paint::Plain,
            Level::Must => Paint::Bad,
            Level::Should => Paint::Odd,
            Level::Note => Paint::Plain,
        };
        let level = style.cell(paint, finding.level.name());
        let rule = finding.violation.rule().name().to_owned();
        let did = format!("{} {}{times}", wording::subject(finding.by), told.did());
        let section = format!("{:#}", finding.violation.rule().rule().section());
        let certainty = finding.certainty.name().to_owned();
        if is_wide {
            vec![level, rule, did, place, section, certainty]
        } else {
            let rest: Vec<_> =
                [certainty, place, section].into_iter().filter(|part| !part.is_empty()).collect();
            vec![level, rule, format!("{did} ({})", rest.join("; "))]
        }
    });
    let (header, flexible): (&[&str], &[usize]) = if is_wide {
        (&["level", "rule", "finding", "where", "clause", "certainty"], &[2, 4])
    } else {
        (&["level", "rule", "finding"], &[2])
    };
    let _ = write!(out, "\n{}", style.table(header, rows, &[], flexible));
    if report.findings_omitted > 0 {
        let more = format!("and {} beyond the cap", units::count(report.findings_omitted, "finding"));
        out.push_str(&style.wrap(&more, 2));
    }
}

/// Findings of one rule by one side as one row with their number; weightiest first.
fn grouped<'t, 'a>(told: &'t [Worded<'a>]) -> Vec<(&'t Worded<'a>, usize)> {
    let mut groups: Vec<(&Worded<'_>, usize)> = Vec::new();
    let kind = |told: &Worded<'_>| (told.finding.violation.rule(), told.finding.by, told.finding.level);
    for one in told {
        match groups.iter_mut().find(|(known, _)| kind(known) == kind(one)) {
            Some((_, count)) => *count += 1,
            None => groups.push((one, 1)),
        }
    }
    groups.sort_by_key(|(told, _)| std::cmp::Reverse(told.finding.level));
    groups
}
