//! The evidence that causes are judged by: what was concluded of a conversation, and what TCP shows of it.

use crate::knowledge::Heartbeat;
use crate::knowledge::causes::tls_failed::first_leave;
use crate::model::{
    CloseCode, Conversation, Course, Finding, GoAway, Http2Error, Http2Facts, Lines, Mark, Outcome, PerRole,
    Role, RuleId, SentClose, SideCourse, SideTcp, Starter, StreamEnd, Timestamp, TlsAlert, TlsFacts,
};

/// What there is to judge by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(super) conversation: &'a Conversation,
    pub(super) course: &'a Course,
    /// A round trip as far as the recording shows one, in nanoseconds.
    pub(super) round_trip_ns: i64,
    /// How each side gave the connection up, if it was of its own accord: many causes ask.
    quits: PerRole<Option<Quit>>,
}

/// How a side gave the connection up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By a Close frame.
    Close(Option<CloseCode>),
    /// By ending TCP, without a Close.
    Tcp(StreamEnd),
}

/// A side that gave the connection up of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quit {
    pub(super) by: Role,
    pub(super) how: How,
    pub(super) mark: Mark,
}

/// A round trip where nothing was measured, and the shortest that is believed: applications take their time as well.
const ROUND_TRIP_NS: i64 = 200_000_000;

impl<'a> Facts<'a> {
    pub(crate) fn new(conversation: &'a Conversation, course: &'a Course) -> Self {
        let timing = &conversation.timing;
        let pings = [timing.pings.client, timing.pings.server];
        let latencies = pings.into_iter().filter_map(|pings| pings?.latency).map(|latency| latency.min_ns);
        let shortest = timing.handshake_ns.into_iter().chain(latencies).filter(|ns| *ns >= 0).min();
        let round_trip_ns = shortest.map_or(ROUND_TRIP_NS, |ns| ns.max(ROUND_TRIP_NS));
        let sides = &course.sides;
        let quits = PerRole {
            client: given_up(Role::Client, &sides.client, &sides.server),
            server: given_up(Role::Server, &sides.server, &sides.client),
        };
        Self { conversation, course, round_trip_ns, quits }
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.conversation.closing.outcome
    }

    pub(super) fn side(&self, role: Role) -> &'a SideCourse {
        &self.course.sides[role]
    }

    pub(super) fn tcp(&self, role: Role) -> &'a SideTcp {
        &self.conversation.tcp_facts[role]
    }

    /// What HTTP/2 shows of it, where that carries it.
    pub(super) fn http2(&self) -> Option<&'a Http2Facts> {
        self.conversation.http2.as_deref()
    }

    /// Whether it was a stream of HTTP/2 that ended, and not what carries it.
    pub(super) fn is_end_of_stream(&self) -> bool {
        self.conversation.closing.first_end.is_some_and(|end| end.how.is_of_stream())
    }

    /// The error code with which a side reset its stream, be it right behind its END_STREAM, and not in answer to the other side's.
    pub(super) fn stream_error(&self, role: Role) -> Option<(Http2Error, Mark)> {
        let ends = &self.tcp(role).ends;
        let first = ends.first()?;
        let reset = ends.iter().find(|end| end.how.error().is_some())?;
        let theirs = self.tcp(role.peer()).ends.iter().find(|end| end.how.is_reset());
        let is_answer = theirs.is_some_and(|theirs| theirs.packet < reset.packet);
        let is_late = self.between(first.at, reset.at).is_none_or(|ns| ns > ROUND_TRIP_NS);
        let mark = Mark { frame: None, packet: Some(reset.packet), at: reset.at };
        reset.how.error().filter(|_| !is_answer && !is_late).map(|error| (error, mark))
    }

    /// The GOAWAY of a side that came before the stream ended.
    pub(super) fn going(&self, role: Role) -> Option<&'a GoAway> {
        let end = self.conversation.closing.first_end.and_then(|end| end.packet);
        let going = self.http2()?.going[role].as_ref()?;
        end.is_none_or(|end| going.packet <= end).then_some(going)
    }

    /// The GOAWAY of the server that leaves out the stream.
    pub(super) fn passed_over(&self) -> Option<&'a GoAway> {
        let stream = self.conversation.id.stream?;
        self.going(Role::Server).filter(|going| going.last_stream < stream)
    }

    /// When the recording would have shown more.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.conversation.timing.until
    }

    /// The first finding of a rule, by that side.
    pub(super) fn finding(&self, by: Role, rule: RuleId) -> Option<&'a Finding> {
        self.conversation.findings.iter().find(|f| f.by == Some(by) && f.violation.rule() == rule)
    }

    /// The reason of a side's Close, empty where it gave none.
    pub(super) fn reason(&self, role: Role) -> &'a str {
        let reason = self.conversation.closing.sides[role].reason.as_ref();
        reason.map_or("", |reason| reason.as_sent())
    }

    /// Whether the reason of a side's Close has one of these words in it, in whatever case; they are in lower case.
    pub(super) fn gives_reason(&self, role: Role, signs: &[&str]) -> bool {
        let reason = self.reason(role);
        let is_too_short = |reason: &str| signs.iter().all(|sign| sign.len() > reason.len());
        // Most are short, if there is one. What is not ASCII can grow in lower case.
        if reason.is_ascii() && is_too_short(reason) {
            return false;
        }
        let reason = reason.to_lowercase();
        signs.iter().any(|sign| sign.len() <= reason.len() && reason.contains(sign))
    }

    /// Fields of the request.
    pub(super) fn request(&self) -> Option<&'a Lines> {
        self.conversation.request.as_ref().map(|request| request.fields.as_sent())
    }

    /// Fields of the response.
    pub(super) fn response(&self) -> Option<&'a Lines> {
        self.conversation.response.as_ref().map(|response| response.fields.as_sent())
    }

    /// Whether the handshake says that a protocol with such a keep-alive is spoken.
    pub(super) fn speaks(&self, heartbeat: Heartbeat) -> bool {
        let target = self.conversation.request.as_ref().map_or("", |request| request.target.as_sent());
        let response = self.conversation.response.as_ref();
        let chosen = response.and_then(|response| response.subprotocol()).map_or("", |name| name.as_sent());
        match heartbeat {
            Heartbeat::EngineIo => target.contains("EIO="),
            Heartbeat::Mqtt => chosen.starts_with("mqtt"),
            Heartbeat::GraphQl => chosen.starts_with("graphql"),
            // What they look like is theirs alone.
            Heartbeat::Phoenix | Heartbeat::SignalR => true,
        }
    }

    /// Whether the client names the engine of a browser.
    pub(super) fn is_browser(&self) -> bool {
        self.conversation.request.as_ref().is_some_and(|request| request.facts.browser)
    }

    /// Whether what was sent cannot be read.
    pub(super) fn is_encrypted(&self) -> bool {
        self.outcome() == Outcome::Encrypted
    }

    /// Whether the recording ends first.
    pub(super) fn is_open(&self) -> bool {
        let has_end = self.conversation.closing.first_end.is_some();
        self.outcome() == Outcome::Open || self.is_encrypted() && !has_end
    }

    /// Whether both sides had come to where frames are sent; of what cannot be read, where anything is.
    pub(super) fn is_established(&self) -> bool {
        let tls = self.conversation.tls.as_deref();
        self.course.is_established || self.is_encrypted() && tls.is_some_and(TlsFacts::is_over)
    }

    /// Who gave the connection up: the side that started the end, by its Close or else by its end of TCP. `None` where both
    /// did at once, or nobody.
    pub(super) fn quit(&self) -> Option<Quit> {
        let closing = &self.conversation.closing;
        let quit = if self.is_encrypted() && !closing.ends_crossed {
            self.quit_of(closing.first_end?.by)
        } else {
            match self.conversation.closing.started_by? {
                Starter::One(role) => self.quit_of(role),
                Starter::Both => None,
            }
        }?;
        Some(self.behind_leave(&quit).unwrap_or(quit))
    }

    /// Who ends TCP behind the other side's close_notify answers that, which was the end.
    fn behind_leave(&self, quit: &Quit) -> Option<Quit> {
        let (by, mark) = first_leave(self.conversation.tls.as_deref()?)?;
        let is_answer =
            quit.how == How::Tcp(StreamEnd::Fin) && by != quit.by && Some(mark.packet) < quit.mark.packet;
        let mark = Mark { packet: Some(mark.packet), at: mark.at, frame: None };
        is_answer.then_some(Quit { by, mark, ..*quit })
    }

    /// By what a side gave the connection up, if it was of its own accord.
    pub(super) fn quit_of(&self, role: Role) -> Option<Quit> {
        self.quits[role]
    }

    /// Nanoseconds between, where both are known and in that order.
    pub(super) fn between(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i64> {
        Some(to?.since(from?)).filter(|ns| *ns >= 0)
    }

    /// When a side last sent a byte: of what TLS carries, where that is what its stream is.
    fn last_sent_at(&self, role: Role) -> Option<Timestamp> {
        // Of the connection below others have their part.
        if self.http2().is_some() {
            return self.side(role).last_frame_at;
        }
        let by_tcp = self.tcp(role).last_payload_at.or(self.side(role).last_frame_at);
        let Some(tls) = self.conversation.tls.as_deref().filter(|tls| tls.is_over()) else { return by_tcp };
        // What is as long as an alert and nothing came behind is close_notify, as far as that can be told.
        let mut of_side = tls.last.iter().rev().filter(|record| record.by == role);
        let last = match of_side.next() {
            Some(record) if tls.hides_types() && u64::from(record.len) == TlsAlert::LEN => {
                of_side.next().map(|record| record.mark)
            }
            // Where nothing was sent, the end of its handshake.
            _ => tls.records[role].last.or(tls.finished[role]),
        };
        last.and_then(|mark| mark.at)
    }

    /// How long neither side had sent a byte of its stream when something happened.
    pub(super) fn silence_before(&self, at: Option<Timestamp>) -> Option<i64> {
        let last = Role::BOTH.into_iter().filter_map(|role| self.last_sent_at(role));
        let at = at?;
        last.filter(|last| *last <= at).max().map(|last| at.since(last))
    }
}

/// By what a side gave the connection up, if it was of its own accord.
fn given_up(role: Role, side: &SideCourse, peer: &SideCourse) -> Option<Quit> {
    // The Close that it answers may be what the recording lacks. Without acknowledgement numbers the order of the
    // recording has to do.
    let is_behind = |close: &SentClose| {
        peer.close.is_some_and(|theirs| {
            (theirs.mark.packet, theirs.mark.frame) < (close.mark.packet, close.mark.frame)
        })
    };
    let may_answer = |close: &SentClose| {
        close.is_answer.unwrap_or_else(|| is_behind(close))
            || close.is_after_end == Some(true)
            || peer.close.is_none() && peer.has_gap
    };
    let close = side.close.filter(|close| !may_answer(close));
    let end = side.end.filter(|end| end.is_own && (side.close.is_none() || close.is_some()));
    let by_close = close.map(|close| Quit { by: role, how: How::Close(close.code), mark: close.mark });
    by_close.or_else(|| end.map(|end| Quit { by: role, how: How::Tcp(end.how), mark: end.mark }))
}
