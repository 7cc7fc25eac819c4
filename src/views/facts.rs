//! What is known of a connection, in lines: where it was recorded, its handshake, what each side sent.

mod http2;
mod tls;

use std::fmt::Write;
use std::net::SocketAddr;

use crate::knowledge::thresholds::WINDOW_SHUT_NS;
use crate::knowledge::words::shorten;
use crate::model::{Conversation, Latency, Opcode, Outcome, PingFigures, Role, SideTcp, Timestamp, Traffic};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::units;

const SECOND_NS: i64 = 1_000_000_000;

/// All of it, in the order in which it is read.
pub(super) fn lines(report: &Conversation<Shown>) -> Vec<String> {
    let mut lines: Vec<_> = recorded(report).into_iter().collect();
    lines.extend(filter(report).map(|filter| format!("Wireshark: {filter}")));
    lines.extend(opening(report, true));
    lines.extend(Role::BOTH.map(|role| format!("{} sent: {}", role.name(), traffic(report, role))));
    lines.extend(conduct(report));
    lines
}

/// TLS, HTTP/2 and the opening handshake, in lines; `with_body`: what came with a refusal, too.
pub(super) fn opening(report: &Conversation<Shown>, with_body: bool) -> Vec<String> {
    let mut lines = tls::lines(report);
    lines.extend(http2::line(report));
    lines.push(format!("handshake: {}", handshake(report, with_body)));
    lines
}

/// What TCP shows that is worth a line, and Pings.
pub(super) fn conduct(report: &Conversation<Shown>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(Role::BOTH.into_iter().flat_map(|role| tcp_facts(role, &report.tcp_facts[role])));
    for role in Role::BOTH {
        let pongs = report.traffic[role.peer()].frames[usize::from(Opcode::PONG.bits())];
        let figures = report.timing.pings[role].as_ref();
        lines.extend(figures.and_then(|figures| pings(role, figures, pongs)));
    }
    lines
}

/// The packets it is recorded in; `None` where there is but one input, or no capture.
pub(super) fn recorded(report: &Conversation<Shown>) -> Option<String> {
    let (first, tcp) = (report.parts.first()?, report.tcp?);
    let last = report.place(tcp.last_packet);
    let from = report.place(tcp.first_packet).packet;
    let file = visible(&first.file);
    Some(match last.file {
        Some(end) => {
            format!("recorded from packet {from} of {file} to packet {} of {}", last.packet, visible(end))
        }
        None => format!("recorded in packets {from} to {} of {file}", last.packet),
    })
}

/// What shows the connection in Wireshark, whatever streams it counts: addresses and ports, and the packets, since ports are used
/// again; in several files the times.
pub(super) fn filter(report: &Conversation<Shown>) -> Option<String> {
    let tcp = report.tcp?;
    let address = |end: SocketAddr| {
        let ip = if end.is_ipv4() { "ip" } else { "ipv6" };
        format!("{ip}.addr=={} && tcp.port=={}", end.ip(), end.port())
    };
    let (first, last) = (report.place(tcp.first_packet), report.place(tcp.last_packet));
    let part = if first.input == last.input {
        format!("frame.number>={} && frame.number<={}", first.packet, last.packet)
    } else {
        let epoch =
            |at: Timestamp| format!("{}.{:09}", at.0.div_euclid(SECOND_NS), at.0.rem_euclid(SECOND_NS));
        let (start, end) = (epoch(report.started_at?), epoch(report.ended_at?));
        format!("frame.time_epoch>={start} && frame.time_epoch<={end}")
    };
    Some(format!("{} && {} && {part}", address(*tcp.client), address(*tcp.server)))
}

fn handshake(report: &Conversation<Shown>, with_body: bool) -> String {
    let mut parts = Vec::new();
    if let Some(at) = report.started_at {
        let what = if report.http2.is_some() { "stream" } else { "TCP" };
        parts.push(format!("{what} from {}", units::date_time(at)));
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
            // HTTP/2 has none (RFC 8441 5).
            None if response.switches && !report.assumed && report.http2.is_none() => {
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
        if with_body && !response.switches && !response.body_start.is_empty() {
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

/// What a side sent.
pub(super) fn traffic(report: &Conversation<Shown>, role: Role) -> String {
    let t: &Traffic = &report.traffic[role];
    // What a stream of HTTP/2 carries is no TCP.
    let carrier = if report.http2.is_some() { "the stream" } else { "TCP" };
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
        let _ = write!(text, ", {} of {carrier}", units::bytes(t.stream_bytes));
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
