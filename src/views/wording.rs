//! The words for findings, steps and conclusions, in one place. Plain and exact: who, what, the number; no
//! adjectives.

mod deflate;
mod handshake;
mod timing;

use std::fmt;

use crate::model::finding::Because;
use crate::model::{
    Action, CloseCode, Conversation, Finding, FrameHeader, Handled, KeyPattern, LengthForm, Outcome,
    PacketNo, ResetWhen, Role, Seen, Step, StreamEnd, Violation,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::units;

/// A violation in words.
#[derive(Debug)]
#[non_exhaustive]
pub struct Wording {
    /// What the clause asks for here.
    pub expected: String,
    /// What was there instead.
    pub observed: String,
    /// Predicate of a sentence whose subject is the side: "sent a frame with RSV2 set".
    pub did: String,
}

/// `1002 protocol error`, `4001`, or `no code`.
#[must_use]
pub(crate) fn code(code: Option<CloseCode>) -> String {
    match code {
        Some(code) => code.name().map_or_else(|| code.to_string(), |name| format!("{code} ({name})")),
        None => "without a code".to_owned(),
    }
}

/// `Close 1002 (protocol error)` or `Close without a code`.
#[must_use]
pub(crate) fn close(close_code: Option<CloseCode>) -> String {
    format!("Close {}", code(close_code))
}

/// `text FIN RSV2 masked`.
#[must_use]
pub(crate) fn frame(header: &FrameHeader) -> String {
    let mut out = header.opcode.name().to_owned();
    if header.fin {
        out.push_str(" FIN");
    }
    if header.rsv.0 != 0 {
        out.push_str(&format!(" {}", header.rsv));
    }
    if header.masking_key.is_some() {
        out.push_str(" masked");
    }
    out
}

/// Where a side was: its address; without a capture the `Host` the client asked for, or a dash.
#[must_use]
pub(crate) fn address(report: &Conversation<Shown>, role: Role) -> String {
    let host = || report.request.as_ref().filter(|_| role == Role::Server)?.host();
    match (&report.tcp, role) {
        (Some(tcp), Role::Client) => tcp.client.to_string(),
        (Some(tcp), Role::Server) => tcp.server.to_string(),
        (None, _) => host().map_or_else(|| "–".to_owned(), |host| visible(&host).into_owned()),
    }
}

/// `FIN`, `RST`.
#[must_use]
pub(crate) const fn end(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin => "FIN",
        StreamEnd::Rst => "RST",
        StreamEnd::Dropped => "FIN or RST",
        StreamEnd::Unobserved => "an end that was not recorded",
    }
}

/// `The client`, `The server`, `Both sides`.
#[must_use]
pub(crate) const fn subject(by: Option<Role>) -> &'static str {
    match by {
        Some(Role::Client) => "The client",
        Some(Role::Server) => "The server",
        None => "Both sides",
    }
}

impl Wording {
    /// The words in a whole sentence on the finding they are for: who did what, and the clause.
    #[must_use]
    pub fn message<'a>(&'a self, finding: &'a Finding<Shown>) -> Message<'a> {
        Message { finding, did: &self.did }
    }
}

/// `The client sent a frame with RSV2 set … (RFC 6455 5.2).`
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    finding: &'a Finding<Shown>,
    did: &'a str,
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { finding, did } = self;
        write!(f, "{} {did} ({}).", subject(finding.by), finding.violation.rule().rule().section)
    }
}

fn handled(handled: Handled) -> String {
    match handled {
        Handled::Ping { ping } => format!("answered the Ping in frame {ping}"),
        Handled::Close { close } => format!("answered the Close in frame {close}"),
        Handled::Data => "sent a data frame after its host had received the fault".to_owned(),
        Handled::Echo => "sent the payload of the faulty frame back".to_owned(),
        Handled::OwnClose => "sent another Close".to_owned(),
    }
}

pub use timing::timeouts;

fn say(expected: impl Into<String>, observed: impl Into<String>, did: impl Into<String>) -> Wording {
    Wording { expected: expected.into(), observed: observed.into(), did: did.into() }
}

/// The words for a violation in a report, which knows where packets are.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one table, a row a violation")]
pub fn violation(report: &Conversation<Shown>, violation: &Violation<Shown>) -> Wording {
    match violation {
        Violation::Handshake(fault) => handshake::fault(report, fault),
        Violation::AfterFail(what) => say(
            "nothing more processed after failing the connection",
            handled(*what),
            format!("had failed the connection and yet {}", handled(*what)),
        ),
        Violation::ContinuationOrphan => say(
            "a message that has begun",
            "continuation frame, no message open",
            "sent a continuation frame while it had no message open",
        ),
        Violation::ControlBetween { opcode } => say(
            "control frames may stand here",
            format!("{opcode} between two fragments"),
            format!("sent a {opcode} frame between the fragments of a message, which is legal"),
        ),
        Violation::ControlFragmented => {
            say("FIN set on a control frame", "FIN clear", "sent a control frame with FIN clear")
        }
        Violation::ControlTooLong { len } => say(
            "at most 125 bytes in a control frame",
            units::count(*len, "byte"),
            format!("sent a control frame of {}, more than 125", units::count(*len, "byte")),
        ),
        Violation::Cut { len: Some(len), got } => say(
            format!("{} of payload", units::count(*len, "byte")),
            format!("{} before the stream ended", units::count(*got, "byte")),
            format!("ended its stream inside a frame: {got} of {} came", units::count(*len, "payload byte")),
        ),
        Violation::Cut { len: None, got } => say(
            "a whole frame header",
            format!("{} before the stream ended", units::count(*got, "byte")),
            format!("ended its stream inside a frame header, after {}", units::count(*got, "byte")),
        ),
        Violation::Interleave => say(
            "the last fragment of the open message first",
            "a new message begun inside it",
            "began a new message before the last fragment of the open one",
        ),
        Violation::LengthNotMinimal { len, bytes } => {
            let form = if *bytes == 2 { LengthForm::Sixteen } else { LengthForm::SixtyFour };
            let form = if form == LengthForm::Sixteen { "16-bit" } else { "64-bit" };
            say(
                "the shortest form of the length",
                format!("length {len} in the {form} form"),
                format!("wrote the payload length {len} in the {form} form instead of the shortest"),
            )
        }
        Violation::LengthTopBit { len } => say(
            "a length below 2^63",
            format!("length {len:#x}"),
            format!("sent a frame whose 64-bit length has its top bit set ({len:#x})"),
        ),
        Violation::Reconnected { pause_ns, times, earlier } => {
            let pause = units::duration(*pause_ns);
            let earlier = packet(report, *earlier);
            let row = if *times > 1 { format!(", {times} times in a row") } else { String::new() };
            say(
                "a random pause before the first new connection, growing ones after attempts that fail",
                format!("{pause} after the abnormal end of the connection of {earlier}{row}"),
                format!("connected again {pause} after the abnormal end of the connection of {earlier}{row}"),
            )
        }
        Violation::NotMasked => {
            say("MASK set on a client's frame", "MASK clear", "sent a frame without masking it")
        }
        Violation::MaskingKey { frames, pattern } => {
            let pattern = match pattern {
                KeyPattern::Same => "the same masking key",
                KeyPattern::Zero => "the masking key 00000000",
                KeyPattern::Counter => "masking keys that count up by one",
            };
            say(
                "a fresh, unpredictable masking key for each frame",
                format!("{pattern} in {frames} frames in a row"),
                format!("used {pattern} in {frames} frames in a row"),
            )
        }
        Violation::Masked => say("MASK clear on a server's frame", "MASK set", "sent a masked frame"),
        Violation::MessageUnfinished { message } => say(
            "the last fragment of the message",
            format!("message {message} left open"),
            format!("left message {message} unfinished, which is lost with the connection"),
        ),
        Violation::ReservedOpcode(opcode) => say(
            "opcode 0, 1, 2, 8, 9 or 10",
            format!("opcode {opcode}"),
            format!("sent a frame with the reserved opcode {opcode}"),
        ),
        Violation::PongData { ping, ping_len, pong_len } => say(
            format!("a Pong with the {} of the Ping in frame {ping}", units::count(*ping_len, "byte")),
            format!("a Pong with {}", units::count(*pong_len, "other byte")),
            format!("answered the Ping in frame {ping} with other data than it carried"),
        ),
        Violation::PongUnsolicited => {
            say("no Pong is due", "a Pong", "sent a Pong that no Ping had asked for, which is legal")
        }
        Violation::Rsv(rsv) => say(
            format!("{rsv} clear: no negotiated extension gives it a meaning"),
            format!("{rsv} set"),
            format!("sent a frame with {rsv} set, which no negotiated extension gives a meaning"),
        ),
        Violation::Rsv1OnControl => say(
            "RSV1 clear on a control frame",
            "RSV1 set",
            "set RSV1 on a control frame under permessage-deflate",
        ),
        Violation::Rsv1OnContinuation => say(
            "RSV1 on the first fragment only",
            "RSV1 set on a later fragment",
            "set RSV1 on a later fragment under permessage-deflate",
        ),
        Violation::TextNotUtf8 { offset } => say(
            "UTF-8 in a text message",
            format!("not UTF-8 from byte {offset} of the message on"),
            format!("sent a text message that is not UTF-8 from byte {offset} on"),
        ),
        Violation::TooBig { largest } => {
            let largest = largest.map_or_else(String::new, |(n, len)| {
                format!("; the largest frame it had been sent was frame {n} with {}", units::bytes(len))
            });
            say(
                "a limit is the receiver's own choice",
                format!("Close 1009{largest}"),
                format!("closed with 1009, message too big{largest}"),
            )
        }
        Violation::NoCloseFrame(how) => say(
            "a Close frame before TCP ends",
            format!("{} without one", end(*how)),
            format!("ended TCP by {} without a Close frame; the other side reports 1006", end(*how)),
        ),
        Violation::NoExtensionNamed => say(
            "the missing extensions in the reason",
            "1010 without a reason",
            "closed with 1010 and named no extension",
        ),
        Violation::CodeReserved(c) => say(
            "a code that may be sent",
            format!("code {c}"),
            format!(
                "sent a Close with the code {c}, which {}",
                match c.0 {
                    1004 => "is reserved without a meaning",
                    _ => "names a local conclusion and is never sent",
                }
            ),
        ),
        Violation::CodeOutOfRange(c) => say(
            "1000 to 1014 as registered, or 3000 to 4999",
            format!("code {c}"),
            format!("sent a Close with the code {c}, which is in no range in use"),
        ),
        Violation::CodeRole(c) => say(
            format!("{} from the other role", code(Some(*c))),
            format!("code {c}"),
            format!("sent a Close with {}, a code meant for the other role", code(Some(*c))),
        ),
        Violation::Crossing => say(
            "one side starts, the other answers",
            "neither had received the other's Close when it sent its own",
            "sent their Close before the other's had arrived: both started, and each counts as the answer",
        ),
        Violation::DataAfterClose => {
            say("no data frame after the own Close", "a data frame", "sent a data frame after its own Close")
        }
        Violation::SecondClose => {
            say("one Close", "another Close", "sent another Close; the first one counts")
        }
        Violation::OtherCode { received, sent } => say(
            format!("typically {}", close(*received)),
            close(*sent),
            format!("answered {} with {}, which is legal", close(*received), close(*sent)),
        ),
        Violation::FailCode { fault, sent } => {
            let fitting =
                fault.rule().reaction.codes().iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            say(
                format!("Close {fitting}, which fits {fault}"),
                close(*sent),
                format!("closed with {} after a breach of {fault}, for which {fitting} fits", close(*sent)),
            )
        }
        Violation::FailSilent { fault, how } => say(
            "a Close frame before TCP ends",
            format!("{} without one", end(*how)),
            format!("ended TCP by {} after a breach of {fault} without saying why in a Close", end(*how)),
        ),
        Violation::CloseOneByte => {
            say("no body, or at least two bytes", "one byte", "sent a Close with a body of one byte")
        }
        Violation::CloseEmpty => say(
            "a code is optional",
            "no code",
            "sent a Close without a code, which is legal; the other side reports 1005",
        ),
        Violation::NotFailed { fault, frame, handled: what } => say(
            format!("fail the connection for {fault} in frame {frame}"),
            handled(*what),
            format!("carried on after a breach of {fault} in frame {frame}: it {}", handled(*what)),
        ),
        Violation::ReasonNotUtf8 { offset } => say(
            "UTF-8 in the reason",
            format!("not UTF-8 from byte {offset} of the reason on"),
            format!("sent a Close whose reason is not UTF-8 from byte {offset} on"),
        ),
        Violation::NoReply { close, how } => say(
            format!("a Close in answer to frame {close}"),
            format!("{} without one", end(*how)),
            format!("ended TCP by {} without answering the Close in frame {close}", end(*how)),
        ),
        Violation::Reset(when) => {
            let when = match when {
                ResetWhen::BeforeClose => "before any Close frame",
                ResetWhen::BetweenCloses => "after one Close and before the other",
                ResetWhen::AfterCloses => "after both Close frames",
                ResetWhen::Unknown => "where a gap may hide a Close frame",
            };
            say("FIN", format!("RST {when}"), format!("reset TCP {when}"))
        }
        Violation::ClientEndedTcpFirst => say(
            "the server ends TCP first",
            "the client did not wait for it",
            "ended TCP without waiting for the server to do so, after both Close frames",
        ),
        Violation::InflateCapped => say(
            "inflated data below the cap",
            "the cap was reached",
            "sent compressed data that inflates beyond wslog's cap; the rest was not inflated",
        ),
        Violation::ContextLost => say(
            "the compression context",
            "lost in an earlier gap or failure",
            "sent a compressed message that cannot be inflated here: its context was lost earlier",
        ),
        Violation::FinalBlock => say(
            "BFINAL clear, usually",
            "BFINAL set",
            "ended a DEFLATE stream inside a message (BFINAL set), which is legal",
        ),
        Violation::InflateFailed { offset } => say(
            "a DEFLATE stream",
            format!("invalid at compressed byte {offset} of the message"),
            format!("sent a compressed message that does not inflate (compressed byte {offset})"),
        ),
        Violation::Timing(violation) => timing::violation(violation),
        Violation::Deflate(fault) => deflate::fault(fault),
    }
}

/// What a step asked for.
#[must_use]
pub(crate) fn owed(step: &Step) -> String {
    let codes = |rule: crate::model::RuleId| {
        rule.rule().reaction.codes().iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
    };
    match step.action {
        Action::Fail(rule) => format!("fail the connection: Close {}, or drop TCP", codes(rule)),
        Action::MayFail(rule) => format!("may fail the connection with Close {}", codes(rule)),
        Action::ProcessNothing => "process nothing more".to_owned(),
        Action::AnswerClose => "answer the Close".to_owned(),
        Action::EndTcpFirst => "end TCP first".to_owned(),
        Action::LeaveTcpToServer => "leave it to the server to end TCP".to_owned(),
        Action::EndTcp => "end TCP too".to_owned(),
        Action::AnswerPing(frame) => format!("answer the Ping in frame {frame}"),
        Action::Refuse(rule) => handshake::refuse(rule),
        Action::FailHandshake(_) => "fail the connection: send no frame, end TCP".to_owned(),
    }
}

/// The clauses of a step.
#[must_use]
pub(crate) fn clause(step: &Step) -> String {
    let section = step.rule.rule().section;
    match step.action {
        Action::Fail(_) if !section.contains("7.1.7") => format!("{section}, 7.1.7"),
        Action::MayFail(_) => format!("{section}, 10.7"),
        Action::FailHandshake(_) if section.contains(", RFC") => format!("{section}, RFC 6455 7.1.7"),
        Action::FailHandshake(_) => format!("{section}, 7.1.7"),
        _ => section.to_owned(),
    }
}

/// What was seen of a step.
#[must_use]
pub(crate) fn seen(step: &Step) -> String {
    let after = |ns: Option<i64>| ns.map_or_else(String::new, |ns| format!(" after {}", units::duration(ns)));
    match step.seen {
        Seen::Close { frame, code, after_ns } => {
            let code = code.map_or_else(|| "without a code".to_owned(), |c| c.to_string());
            format!("Close {code} (frame {frame}){}", after(after_ns))
        }
        Seen::TcpEnd { how, after_ns } => format!("{}{}", end(how), after(after_ns)),
        Seen::PeerEndedTcp(how) => format!("the other side ended TCP ({})", end(how)),
        Seen::CarriedOn(what) => handled(what),
        Seen::Status(status) => format!("status {status}"),
        Seen::NotHttp => "bytes that are not HTTP".to_owned(),
        Seen::Frame { frame } => format!("frame {frame} sent"),
        Seen::NothingMore => "nothing that came later was answered".to_owned(),
        Seen::Nothing => "the recording does not show it".to_owned(),
        Seen::NothingFor(ns) => format!("nothing for {}", units::duration(ns)),
        Seen::PeerWaited(ns) => format!("the other side waited {} and ended TCP", units::duration(ns)),
    }
}

/// Why a side reports what it reports.
#[must_use]
pub(crate) const fn because(because: Because) -> &'static str {
    match because {
        Because::CloseReceived => "first Close received (7.1.5), closing handshake complete (7.1.4)",
        Because::CloseNotAnswered => "first Close received (7.1.5), but it sent none itself (7.1.4)",
        Because::TcpStillOpen => {
            "both Closes were exchanged, but TCP had not ended when the recording did (7.1.4)"
        }
        Because::NoCloseReceived => "no Close was received before TCP ended (7.1.5)",
        Because::EndedByItsHost => {
            "no Close was received (7.1.5) and its own side ended TCP; a host does that too for a process that has died, and something on the way can reset in its name: its application saw this only if it was still there"
        }
        Because::CloseAfterOwnEnd => {
            "it had ended TCP before a Close arrived; if it still read that Close, it reports its code"
        }
        Because::CloseNotReceived => {
            "a Close was sent to it, but TCP had ended or its receipt was never acknowledged"
        }
        Because::Failed => {
            "it failed the connection itself and processes no answer (7.1.7); many libraries report their own code"
        }
        Because::FailedForClose => {
            "it failed the connection for a fault in the Close it received; what it reports is left open by the RFC, browsers report 1006"
        }
        Because::NotEstablished => "the opening handshake was not completed (7.1.5)",
        Because::NoConnection => "the opening handshake was not completed: there is no connection to report",
        Because::Open => "the connection was open when the recording ended",
        Because::NotRecorded => "the recording has a gap over the end",
    }
}

/// The outcome in a few words.
#[must_use]
pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clean => "closed cleanly",
        Outcome::CleanTcpReset => "closed cleanly, TCP reset",
        Outcome::CloseUnanswered => "Close not answered",
        Outcome::NoCloseFrame => "ended without a Close frame",
        Outcome::Reset => "reset without a Close frame",
        Outcome::Open => "open when the recording ended",
        Outcome::HandshakeFailed => "handshake failed",
        Outcome::NotObservable => "end not observable",
    }
}

/// A packet by its number, and by its file where the connection is in several.
pub(super) fn packet(report: &Conversation<Shown>, packet: PacketNo) -> String {
    let place = report.place(packet);
    match place.file {
        Some(file) => format!("packet {} of {}", place.packet, visible(file)),
        None => format!("packet {}", place.packet),
    }
}
