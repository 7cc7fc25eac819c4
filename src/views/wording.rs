//! The words for findings, steps and conclusions, in one place. Plain and exact: who, what, the number; no
//! adjectives.

use std::borrow::Cow;
use std::fmt;

use crate::knowledge::words::{bare_code, ended_stream, handled, or, shorten};
pub(crate) use crate::knowledge::words::{close, end, ended_by, packet, timeouts};
use crate::knowledge::{Blame, CauseId, LibraryId};
use crate::knowledge::{Clause, rfc6455};
use crate::model::{
    Action, CloseCode, Conversation, Finding, FrameHeader, FrameRecord, Hex, LocalView, Opcode, Outcome,
    Reaction, Role, RuleId, Seen, Situation, Step, StreamEnd, TlsUndecrypted,
};
use crate::redact::Shown;
use crate::views::escape::{as_text, visible};
use crate::views::units;

/// What a side did to TCP.
pub(crate) const fn ended(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Rst => "reset TCP",
        StreamEnd::EndStream | StreamEnd::RstStream(_) => ended_stream(how),
        StreamEnd::Dropped => "dropped TCP",
        StreamEnd::Fin | StreamEnd::Unobserved => "ended TCP (FIN)",
    }
}

/// What a side does to TCP, in a table.
pub(crate) const fn ends(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin => "ends TCP (FIN)",
        StreamEnd::Rst => "resets TCP (RST)",
        StreamEnd::EndStream => "ends its half of the stream (END_STREAM)",
        StreamEnd::RstStream(_) => end(how),
        StreamEnd::Dropped => "drops TCP",
        StreamEnd::Unobserved => "end not recorded",
    }
}

/// `1000 normal closure: bye`, what a Close has in it.
pub(crate) fn close_body(code: CloseCode, reason: &str) -> String {
    let name = code.name().map_or_else(String::new, |name| format!(" {name}"));
    let colon = if reason.is_empty() { "" } else { ": " };
    format!("{code}{name}{colon}{reason}")
}

/// `text FIN RSV2 masked`.
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

/// The same where FIN stands for the end of TCP beside it: `text RSV2, not final, masked`.
pub(crate) fn frame_in_words(header: &FrameHeader) -> String {
    let mut out = header.opcode.name().to_owned();
    if header.rsv.0 != 0 {
        out.push_str(&format!(" {}", header.rsv));
    }
    if !header.fin {
        out.push_str(", not final");
    }
    if header.masking_key.is_some() {
        out.push_str(", masked");
    }
    out
}

/// The payload of a frame in so many characters.
pub(crate) fn payload(frame: &FrameRecord<Shown>, most: usize) -> String {
    if frame.header.opcode == Opcode::CLOSE
        && let Some((code, reason)) = CloseCode::split(&frame.preview)
    {
        let reason = if frame.redacted && frame.header.payload_len > 2 {
            format!("<redacted {} bytes>", frame.header.payload_len - 2)
        } else {
            as_text(reason, frame.preview_cut)
                .map_or_else(|| format!("0x{}", Hex(reason)), |text| visible(text).into_owned())
        };
        return shorten(&close_body(code, &reason), most);
    }
    if frame.redacted {
        return format!("<redacted {} bytes>", frame.header.payload_len);
    }
    let is_text = frame.text || frame.header.opcode.is_control();
    let text = if is_text { as_text(&frame.preview, frame.preview_cut) } else { None };
    let mut shown = match text {
        Some(text) => visible(text).into_owned(),
        None => format!("0x{}", Hex(frame.preview.get(..most / 2).unwrap_or(&frame.preview))),
    };
    if frame.preview_cut && shown.chars().count() <= most {
        shown.push('…');
    }
    let shown = shorten(&shown, most);
    if frame.inflated && !shown.is_empty() { format!("{shown} (inflated)") } else { shown }
}

/// Where a side was: its address; without a capture the `Host` the client asked for, or a dash.
pub(crate) fn address(report: &Conversation<Shown>, role: Role) -> String {
    let host = || report.request.as_ref().filter(|_| role == Role::Server)?.host();
    match (&report.tcp, role) {
        (Some(tcp), Role::Client) => tcp.client.to_string(),
        (Some(tcp), Role::Server) => tcp.server.to_string(),
        (None, _) => host().map_or_else(|| "–".to_owned(), |host| visible(&host).into_owned()),
    }
}

/// `The client`, `The server`, `Both sides`.
pub(crate) const fn subject(by: Option<Role>) -> &'static str {
    match by {
        Some(Role::Client) => "The client",
        Some(Role::Server) => "The server",
        None => "Both sides",
    }
}

/// A finding in a whole sentence: `The client sent a frame with RSV2 set … (RFC 6455 5.2).`
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The finding, which says who is its subject and which clauses it ends with.
    pub finding: &'a Finding<Shown>,
    /// The predicate, without subject and full stop.
    pub did: &'a str,
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { finding, did } = self;
        write!(f, "{} {did} ({}).", subject(finding.by), finding.violation.rule().rule().section())
    }
}

/// What a step asked for.
pub(crate) fn owed(step: &Step) -> String {
    match step.action {
        Action::Fail(rule) => {
            format!("fail the connection: a Close ({}), or drop TCP", fitting(rule))
        }
        Action::MayFail(rule) => {
            format!("may fail the connection with a Close ({})", fitting(rule))
        }
        Action::ProcessNothing => "process nothing more".to_owned(),
        Action::AnswerClose => "answer the Close".to_owned(),
        Action::EndTcpFirst => "end TCP first".to_owned(),
        Action::LeaveTcpToServer => "let the server end TCP".to_owned(),
        Action::EndTcp => "end TCP too".to_owned(),
        Action::AnswerPing(frame) => format!("answer the Ping in frame {frame}"),
        Action::Refuse(rule) => refuse(rule),
        Action::FailHandshake(_) => "fail the connection: send no frame, end TCP".to_owned(),
    }
}

/// `1002 fits`: which code a Close has is a SHOULD at most (RFC 6455 7.4.1).
fn fitting(rule: RuleId) -> String {
    match rule.rule().reaction.codes() {
        [code] => format!("{code} fits"),
        codes => format!("{} fit", or(codes)),
    }
}

/// The clauses of a step: those of its rule, and the one that has the other side act.
pub(crate) fn clauses(step: &Step) -> Vec<Clause> {
    let mut clauses = step.rule.rule().clauses.to_vec();
    let acting = match step.action {
        Action::Fail(_) | Action::FailHandshake(_) => Some(rfc6455("7.1.7")),
        Action::MayFail(_) => Some(rfc6455("10.7")),
        _ => None,
    };
    clauses.extend(acting.filter(|acting| !clauses.contains(acting)));
    clauses
}

/// What was seen of a step.
pub(crate) fn seen(step: &Step) -> String {
    let after = |ns: Option<i64>| ns.map_or_else(String::new, |ns| format!(" after {}", units::duration(ns)));
    match step.seen {
        Seen::Close { frame, code, after_ns } => {
            format!("Close {} (frame {frame}){}", bare_code(code), after(after_ns))
        }
        Seen::TcpEnd { how, after_ns } => format!("{}{}", end(how), after(after_ns)),
        Seen::PeerEndedTcp(how) => format!("the other side {}", ended_by(how)),
        Seen::CarriedOn(what) => handled(what),
        Seen::Status(status) => format!("status {status}"),
        Seen::NotHttp => "bytes that are not HTTP".to_owned(),
        Seen::Frame { frame } => format!("it sent frame {frame}"),
        Seen::NothingMore => "it answered nothing that came later".to_owned(),
        Seen::Nothing => "the recording does not show it".to_owned(),
        Seen::NothingFor(ns) => format!("nothing for {}", units::duration(ns)),
        Seen::PeerWaited(ns) => format!("the other side waited {} and ended TCP", units::duration(ns)),
    }
}

/// Why a side reports what it reports: what it had come to, and by which convention that is told.
pub(crate) fn because(view: &LocalView<Shown>, is_stream: bool) -> Cow<'static, str> {
    let why = if is_stream { situation_of_stream(view.situation) } else { situation(view.situation) };
    let Some(convention) = view.convention.filter(|convention| !convention.says.is_empty()) else {
        return why.into();
    };
    let says = convention.says;
    match view.library.map(LibraryId::info).filter(|info| info.conventions.contains(convention)) {
        Some(info) => format!("{why}; {} {} {says} (measured)", info.name, info.version).into(),
        None => format!("{why}; most libraries {says}").into(),
    }
}

/// What a side had come to.
const fn situation(situation: Situation) -> &'static str {
    match situation {
        Situation::NotEstablished => "the opening handshake was not completed (RFC 6455 7.1.5)",
        Situation::NoConnection => {
            "the opening handshake was not completed: there is no connection to report"
        }
        Situation::Encrypted => "what it received is encrypted",
        Situation::NotRecorded => "the recording has a gap where the connection ended",
        Situation::Open => "the connection was open when the recording ended",
        Situation::AwaitsAnswer => "its Close was still unanswered when the recording ended",
        Situation::Unheard => {
            "its data was retransmitted and never acknowledged, and its host queues everything sent after that, even \
             a Close and a FIN"
        }
        Situation::ClosesExchanged => {
            "both Closes were exchanged, but TCP had not ended when the recording did (RFC 6455 7.1.4)"
        }
        Situation::Failed => "it failed the connection itself and processes no answer (RFC 6455 7.1.7)",
        Situation::FailedToInflate => {
            "it failed the connection over a message that does not inflate and processes no answer (RFC 6455 7.1.7)"
        }
        Situation::FailedSilently => "it failed the connection itself, without a Close (RFC 6455 7.1.7)",
        Situation::FailedForClose => {
            "it failed the connection over a fault in the Close it received; the RFC leaves open what it reports"
        }
        Situation::FailedUnfounded => {
            "its Close names a fault: an endpoint that fails the connection processes no answer (RFC 6455 7.1.7)"
        }
        Situation::Answered => "first Close received, closing handshake complete (RFC 6455 7.1.4, 7.1.5)",
        Situation::AnsweredFaulty => {
            "first Close received and answered, though it is faulty: the RFC leaves open what it then reports"
        }
        Situation::ClosedFirst => {
            "its Close was answered, closing handshake complete (RFC 6455 7.1.4, 7.1.5)"
        }
        Situation::Crossed => "both Closes crossed, closing handshake complete (RFC 6455 7.1.4, 7.1.5)",
        Situation::NotAnswered => "first Close received, but it sent none itself (RFC 6455 7.1.4, 7.1.5)",
        Situation::Unread => {
            "its host had received the Close, but nothing it sent shows that its program read it: the host \
             acknowledges data even if the process is stopped, blocked or gone"
        }
        Situation::MaybeAnswered => "first Close received; a gap may hide its own (RFC 6455 7.1.4, 7.1.5)",
        Situation::MoreBehind => "the Close it received was followed by another, or by data (RFC 6455 5.5.1)",
        Situation::ResetBehind => {
            "an RST followed the Close before it had answered: the recording does not show whether it read the Close"
        }
        Situation::ResetAfterCloses => {
            "both Closes were exchanged, then TCP was reset (RFC 6455 7.1.4, 7.1.5)"
        }
        Situation::HalfShut => {
            "a Close came after its own FIN, and its host still accepted it: only its sending half was closed"
        }
        Situation::Left => {
            "it had ended TCP after its own Close when the other's came, which its host refused or never received"
        }
        Situation::Undelivered => "a Close was sent to it but never acknowledged",
        Situation::Unanswered => "its Close was not answered: none was received (RFC 6455 7.1.5)",
        Situation::NoClose => "no Close was received before TCP ended (RFC 6455 7.1.5)",
        Situation::EndedItself => {
            "no Close was received in time (RFC 6455 7.1.5) and its own side ended TCP; a host also does that for a \
             process that has died, and something on the path can reset TCP on its behalf: its application saw this \
             only if it was still running"
        }
        Situation::PageLeft => "its browser closed with 1001, which no script can send: the page was gone",
    }
}

/// The same of a stream of HTTP/2.
const fn situation_of_stream(of: Situation) -> &'static str {
    match of {
        Situation::ClosesExchanged => {
            "both Closes were exchanged, but the stream had not ended when the recording did (RFC 6455 7.1.4)"
        }
        Situation::Unread => {
            "its host had received the Close, but nothing it sent shows that its program read it"
        }
        Situation::ResetBehind => {
            "the stream was reset behind the Close before it had answered: the recording does not show whether it read \
             the Close"
        }
        Situation::ResetAfterCloses => {
            "both Closes were exchanged, then the stream, or TCP, was reset (RFC 6455 7.1.4, 7.1.5)"
        }
        Situation::HalfShut => "a Close came after it had ended its half, and it still reads",
        Situation::Left => "it had reset the stream, or ended TCP, after its own Close when the other's came",
        Situation::NoClose => "no Close was received before the stream, or TCP, ended (RFC 6455 7.1.5)",
        Situation::EndedItself => {
            "no Close was received in time (RFC 6455 7.1.5) and its own side ended the stream, or TCP: its application \
             saw this only if it was still running"
        }
        Situation::PageLeft => {
            "its browser closed with 1001 or cancelled the stream, which no script can do: the page was gone"
        }
        of => situation(of),
    }
}

/// The outcome of a connection in a few words.
pub(crate) fn outcome_of(report: &Conversation<Shown>) -> &'static str {
    let is_late = Role::BOTH.into_iter().any(|role| report.closing.sides[role].sent_close == Some(true));
    match report.closing.outcome {
        Outcome::NoCloseFrame if is_late => "Close sent only after TCP had ended",
        of => outcome(of),
    }
}

/// An outcome in a few words: what was on the wire, for what the programs were told is another matter.
pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clean => "closing handshake complete",
        Outcome::CleanTcpReset => "closing handshake complete, then TCP reset",
        Outcome::CloseCutShort => "both Closes sent, one too late",
        Outcome::CloseUnanswered => "Close not answered",
        Outcome::NoCloseFrame => "ended without a Close frame",
        Outcome::Reset => "reset without a Close frame",
        Outcome::Open => "open when the recording ended",
        Outcome::HandshakeFailed => "handshake failed",
        Outcome::Encrypted => "encrypted",
        Outcome::NotObservable => "end not in the recording",
    }
}

/// `abrupt_end, server`: a cause by its name, and whose behaviour it was.
pub(crate) fn cause(cause: CauseId, by: Option<Blame>) -> String {
    by.map_or_else(|| cause.name().to_owned(), |by| format!("{cause}, {}", by.name()))
}

/// What a server owes that got a request which broke `rule`.
fn refuse(rule: RuleId) -> String {
    let statuses = match rule.rule().reaction {
        Reaction::Refuse(statuses) => or(statuses),
        _ => "400".to_owned(),
    };
    format!("refuse the request with an HTTP error, such as {statuses}")
}

/// Why TLS was not decrypted, behind "not decrypted:".
pub(super) const fn undecrypted(why: TlsUndecrypted) -> &'static str {
    match why {
        TlsUndecrypted::NoKeys => "there are no keys for it",
        TlsUndecrypted::KeysMissing => "some of its keys are missing",
        TlsUndecrypted::KeysWrong => "the given keys do not decrypt it",
        TlsUndecrypted::HelloUnseen => {
            "its handshake, which is needed to find its keys, is not in the recording"
        }
        TlsUndecrypted::Unsupported => "wslog does not decrypt this version or cipher",
        TlsUndecrypted::GivenUp => "too much data came before its keys",
    }
}
