//! What was read, and what was not.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Compression, InputReport, PacketNo, Unused, Weird, WeirdKind, Weirds};
use crate::views::escape::visible;
use crate::views::remarks::left_over;
use crate::views::text::layout::{Paint, Style};
use crate::views::units;

/// Inputs that have a line each; of more, a summary.
const NAMED: usize = 4;

/// What was read: a line an input, those that are one capture under a heading; of many, what they are in all.
pub(in crate::views) fn read(inputs: &[InputReport], style: &Style) -> String {
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
pub(in crate::views) fn unread(inputs: &[InputReport], style: &Style) -> String {
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

/// `3 TCP connections, 2 WebSocket connections, 1 under TLS that cannot be read`: one of HTTP/2 carries many.
fn connections(tcp: u64, websocket: u64, encrypted: u64) -> String {
    let encrypted = match encrypted {
        0 => String::new(),
        n => format!(", {n} under TLS that cannot be read"),
    };
    let websocket = units::count(websocket, "WebSocket connection");
    format!("{}, {websocket}{encrypted}", units::count(tcp, "TCP connection"))
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
    for line in oddities(weirds, place) {
        out.push_str(&style.hang(&line, indent, indent + 2));
    }
    out
}

/// The same, each in its words.
pub(in crate::views) fn oddities(weirds: &Weirds, place: impl Fn(PacketNo) -> String) -> Vec<String> {
    let told = |weird: &Weird| {
        let packet = weird.packet.map_or_else(String::new, |p| format!(" ({})", place(p)));
        let times = match (weird.count, weird.kind) {
            (1, _) => String::new(),
            (count, kind) if kind.speaks_of_all() => format!(" ×{count}"),
            (count, _) => format!(" ×{count}, first"),
        };
        format!("recording: {}{times}: {}{packet}", weird.kind.name(), visible(&weird.detail))
    };
    weirds.as_slice().iter().map(told).collect()
}

/// Where no connection was found: what may be the reason.
pub(in crate::views) fn nothing(inputs: &[InputReport]) -> String {
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
    format!("No WebSocket connection found. {hint}")
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
