//! What to look at next: one sentence, where the recording leaves a question and something else can answer it.

use crate::knowledge::rules::ClIdle;
use crate::knowledge::words::shorten;
use crate::model::{
    Certainty, CloseCode, Conversation, Finding, Level, LostHow, Outcome, PacketNo, Role, Starter, StreamEnd,
    TcpEnd, Violation,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::wording;

/// Characters of a request target in a sentence.
const TARGET: usize = 60;

/// The sentence, beginning with "Look next at"; none where nothing is left open.
pub(super) fn sentence(report: &Conversation<Shown>) -> Option<String> {
    if report.case.is_some() {
        // The tester breaks rules on purpose, and the account of the case has said what it wanted to see.
        return None;
    }
    let next = match report.closing.outcome {
        Outcome::HandshakeFailed => Some(handshake(report)),
        Outcome::NotObservable => Some(
            "a capture taken nearer to one end, or with a larger buffer: the packets with the end are missing here"
                .to_owned(),
        ),
        _ => lost(report)
            .or_else(|| faulty_frame(report))
            .or_else(|| silent(report))
            .or_else(|| idle(report))
            .or_else(|| unanswered(report))
            .or_else(|| bare_end(report))
            .or_else(|| code(report))
            .or_else(|| breach(report)),
    };
    next.map(|next| format!("Look next at {next}."))
}

fn packet(report: &Conversation<Shown>, no: Option<PacketNo>) -> String {
    no.map_or_else(String::new, |no| format!(" ({})", wording::packet(report, no)))
}

fn handshake(report: &Conversation<Shown>) -> String {
    let target = report.request.as_ref().map_or_else(String::new, |request| {
        format!(" for {} {}", visible(&request.method), shorten(&visible(&request.target), TARGET))
    });
    let at = packet(report, report.handshake_at.server.map(|(packet, _)| packet));
    match &report.response {
        Some(response) if response.status == 101 => format!(
            "the response{at} as the server wrote it: if its log has other fields, something between the two changed them"
        ),
        Some(response) => format!(
            "the log of the server, or of the proxy that answered in its place, for status {}{target}{at}",
            response.status
        ),
        None => format!(
            "the log of the server{target}, and whether something between the two took the request or the answer away"
        ),
    }
}

/// The fault for which the connection was failed.
fn faulty_frame(report: &Conversation<Shown>) -> Option<String> {
    let (by, rule, frame) = report.closing.failed_for?;
    let finding = report.findings.iter().find(|f| f.frame == Some(frame) && f.violation.rule() == rule)?;
    Some(written_by(report, finding, by, frame))
}

/// What wrote the bytes that are no frames, unless all was over by then.
fn lost(report: &Conversation<Shown>) -> Option<String> {
    if matches!(report.closing.outcome, Outcome::Clean | Outcome::CleanTcpReset) {
        return None;
    }
    let lost_by = |role: Role| Some((role, report.closing.framing_lost[role]?));
    let (by, lost) = Role::BOTH.into_iter().filter_map(lost_by).min_by_key(|(_, lost)| lost.packet)?;
    let what = match lost.how {
        LostHow::HttpResponse | LostHow::HttpRequest => {
            "a second handler on the socket that was upgraded, or a proxy in between"
        }
        LostHow::ChunkSize | LostHow::ExtraCrlf => {
            "a proxy that takes the stream for text of HTTP, or a writer that ends lines"
        }
        LostHow::LengthWidth { .. } => "how its library writes lengths",
        LostHow::CutShort { .. } => {
            "a write that was cut short and not finished, or two writers on one socket"
        }
        _ => "two writers on one socket, or a proxy in between",
    };
    let at = packet(report, lost.packet);
    Some(format!("what wrote the first bytes of the {} that are no frame{at}: {what}", by.name()))
}

/// The first breach that is proven, where nobody failed the connection for it.
fn breach(report: &Conversation<Shown>) -> Option<String> {
    let is_breach = |f: &&Finding<Shown>| f.level == Level::Must && f.certainty == Certainty::Proven;
    let finding = report.findings.iter().find(|f| is_breach(f) && f.frame.is_some() && f.by.is_some())?;
    Some(written_by(report, finding, finding.by?, finding.frame?))
}

fn written_by(report: &Conversation<Shown>, finding: &Finding<Shown>, by: Role, frame: u64) -> String {
    format!(
        "frame {frame}{} and at what wrote it, the {}'s library or something in between; wslog explain {} has the clause",
        packet(report, finding.packet),
        by.name(),
        finding.violation.rule()
    )
}

fn silent(report: &Conversation<Shown>) -> Option<String> {
    let is_silent = |v: &Violation<Shown>| matches!(v, Violation::ClHalfOpen(_));
    let role = report.findings.iter().find(|f| is_silent(&f.violation))?.by?;
    Some(format!(
        "the host of the {} at that time, and the network between: sleep, crash, or a lost route",
        role.name()
    ))
}

fn idle(report: &Conversation<Shown>) -> Option<String> {
    report.findings.iter().find_map(|finding| match finding.violation {
        Violation::ClIdle(ClIdle { seconds, .. }) => Some(format!(
            "the idle time-outs of what stands between client and server; Pings more often than every {seconds} s would show whether that was it"
        )),
        _ => None,
    })
}

/// The side that left a Close without an answer.
fn unanswered(report: &Conversation<Shown>) -> Option<String> {
    let closing = &report.closing;
    let Starter::One(starter) = closing.started_by? else {
        // A Close crossed an end of TCP.
        let bare = Role::BOTH.into_iter().find(|role| closing.sides[*role].sent_close == Some(false))?;
        let end = closing.ends[bare].filter(|_| closing.outcome == Outcome::CloseUnanswered)?;
        return Some(ended_tcp(report, bare, end.packet));
    };
    let peer = starter.peer();
    let has_left =
        |f: &Finding<Shown>| f.by == Some(starter) && matches!(f.violation, Violation::ClTcpEarly(_));
    if let Some(left) = report.findings.iter().find(|f| has_left(f)) {
        return Some(format!(
            "what closed the {}'s socket right behind its Close{}: the answer may have found nobody to read it",
            starter.name(),
            packet(report, left.packet)
        ));
    }
    if closing.outcome == Outcome::CloseUnanswered && closing.sides[starter].sent_close == Some(false) {
        // It ended TCP, and the only Close is the answer to that.
        return Some(ended_tcp(report, starter, closing.ends[starter]?.packet));
    }
    if closing.outcome != Outcome::CloseUnanswered || closing.sides[peer].sent_close != Some(false) {
        return None;
    }
    Some(match &closing.ends[peer] {
        Some(end) if closing.first_end.is_some_and(|first| first.by == peer) => {
            ended_tcp(report, peer, end.packet)
        }
        _ => format!(
            "the log of the {} after the Close in frame {}: whether its application read it",
            peer.name(),
            closing.sides[starter].frame.unwrap_or_default()
        ),
    })
}

fn ended_tcp(report: &Conversation<Shown>, by: Role, no: Option<PacketNo>) -> String {
    format!(
        "the log of the {} when its side ended TCP{}: whether its process ended, or closed the socket without a Close",
        by.name(),
        packet(report, no)
    )
}

/// TCP ended, and no Close says why.
fn bare_end(report: &Conversation<Shown>) -> Option<String> {
    if !matches!(report.closing.outcome, Outcome::NoCloseFrame | Outcome::Reset) {
        return None;
    }
    if report.closing.ends_crossed {
        return Some(
            "the logs of both processes and hosts at that time: what ended one may have ended the other"
                .to_owned(),
        );
    }
    let TcpEnd { by, how, packet: no, .. } = report.closing.first_end?;
    let sent = match how {
        StreamEnd::Rst => "the RST",
        StreamEnd::Fin => "the FIN",
        StreamEnd::Dropped | StreamEnd::Unobserved => "the end of TCP",
    };
    Some(format!(
        "the log of the {}'s process and host at the time of {sent}{}, and of any proxy in between, which can end TCP in its name",
        by.name(),
        packet(report, no)
    ))
}

/// A code that means trouble of its sender.
fn code(report: &Conversation<Shown>) -> Option<String> {
    let Some(Starter::One(starter)) = report.closing.started_by else { return None };
    let code = report.closing.sides[starter].code?;
    let is_usual = [CloseCode::NORMAL_CLOSURE, CloseCode::GOING_AWAY].contains(&code);
    (!is_usual).then(|| format!("the log of the {}: it chose {code}, and only it knows why", starter.name()))
}
