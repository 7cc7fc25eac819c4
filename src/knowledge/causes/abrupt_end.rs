use crate::knowledge::causes::prelude::*;
use crate::knowledge::causes::tls_failed::{left_unused, said_goodbye, shows_leave, took_leave};

/// `abrupt_end`: TCP ended without a Close, and nothing else explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbruptEnd {
    /// By what.
    pub how: StreamEnd,
    /// Who was in the middle of a frame or a message: itself, or else the other side.
    pub in_message: Option<Role>,
    /// Its FIN is not in the recording; the other side's end acknowledges it.
    pub unseen: bool,
    /// A stream of HTTP/2 was reset with that error, at once or right behind its END_STREAM.
    pub error: Option<Http2Error>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "abrupt_end",
    tone: Tone::Odd,
    tells: &[],
    when: "TCP, or the stream of HTTP/2, ended without a Close, and nothing else in the recording explains it",
    proven: Some(
        "a FIN that does not answer one from the other side, from a side whose packets all have the same TTL; in \
         HTTP/2, END_STREAM or RST_STREAM",
    ),
    likely: Some(
        "an RST, which anything on the path can forge; or part of what the sides sent is not in the recording",
    ),
    undetermined: Some(
        "TLS that cannot be decrypted, where both sides had sent something right before the end, or the end is not \
         in the recording: they may have closed WebSocket",
    ),
    never: "which of these it was: a process that ended, a program that closed the socket, or something on the path \
        that ended TCP on its behalf; all three look the same",
    next: &[
        "the process on that side: whether it exited or crashed then; if so, its host sends the FIN",
        "after an RST: whether its socket was closed with data still unread",
        "in HTTP/2: behind END_STREAM or RST_STREAM the side that ended the stream, which may be a proxy whose backend \
         went away; behind the end of TCP whatever ended it for all streams, even what another stream had caused",
    ],
    shows: &[
        found("FIN without a Close", "C: text a | S: fin | C: fin"),
        legal("a Close before it", "C: text a | S: close 1000 | C: close 1000 | S: fin | C: fin"),
    ],
};

/// Whoever sent something shorter than this before the end may have closed.
const FAREWELL_NS: i64 = 2_000_000_000;

/// Whether the end of a side acknowledges one number more than the other side's bytes take, whose FIN was not recorded.
fn answers_unseen(facts: &Facts<'_>, role: Role) -> bool {
    // Bytes of a stream of HTTP/2 are not those of TCP.
    if facts.http2().is_some() {
        return false;
    }
    let peer = &facts.conversation.traffic[role.peer()];
    let bytes = peer.stream_bytes.saturating_add(peer.gap_bytes);
    let acked = facts.tcp(role).ends.first().and_then(|end| end.acked);
    // An RST takes no number.
    let has_fin = facts.tcp(role.peer()).ends.iter().any(|end| end.how.is_orderly());
    let no_close = Role::BOTH.into_iter().all(|role| facts.side(role).close.is_none());
    no_close && !has_fin && acked.is_some_and(|acked| acked == bytes.saturating_add(1))
}

/// How sure it is that a side ended TCP itself.
fn certainty(facts: &Facts<'_>, role: Role, how: StreamEnd) -> Certainty {
    let gap = Role::BOTH.into_iter().any(|role| facts.side(role).has_gap);
    // A side whose packets come with more than one TTL may have something that sends in its name.
    let (least, most) = facts.tcp(role).habits.ttl;
    if (how.is_orderly() && least == most || how.is_of_stream()) && !gap { Proven } else { Likely }
}

/// Who was in the middle of sending a message when a side ended TCP.
fn unfinished(facts: &Facts<'_>, by: Role) -> Option<Role> {
    [by, by.peer()].into_iter().find(|role| facts.side(*role).in_message)
}

impl Judge for AbruptEnd {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let closing = &facts.conversation.closing;
        if !facts.is_established() {
            return None;
        }
        // The FIN that is acknowledged is not in the recording.
        if let Some(role) = Role::BOTH.into_iter().find(|role| answers_unseen(facts, *role)) {
            let peer = role.peer();
            let grounds =
                Self { how: StreamEnd::Fin, in_message: unfinished(facts, peer), unseen: true, error: None };
            let mark = facts.side(role).end.map_or_else(Mark::default, |end| end.mark);
            return Some(Judged::new(grounds, Blame::from(peer), Likely).at(mark));
        }
        if closing.ends_crossed && matches!(facts.outcome(), Outcome::NoCloseFrame | Outcome::Reset) {
            let end = closing.first_end?;
            let mark = Mark { frame: None, packet: end.packet, at: end.at };
            // As sure as the less sure of the two.
            let certainty = Role::BOTH
                .map(|role| facts.side(role).end.map_or(Likely, |end| certainty(facts, role, end.how)))
                .into_iter()
                .min()?;
            return Some(
                Judged::new(
                    Self { how: end.how, in_message: None, unseen: false, error: None },
                    Blame::Both,
                    certainty,
                )
                .at(mark),
            );
        }
        let quit = facts.quit()?;
        let How::Tcp(how) = quit.how else { return None };
        let mut certainty = certainty(facts, quit.by, how);
        if facts.is_encrypted() {
            // Behind TLS's own goodbye there may have been one of WebSocket.
            let tls = facts.conversation.tls.as_deref()?;
            if how.is_orderly() && took_leave(tls, quit.by) || left_unused(facts, tls).is_some() {
                return None;
            }
            let was_closing = Role::BOTH.into_iter().all(|role| {
                let pause_ns = facts.between(tls.records[role].last.and_then(|mark| mark.at), quit.mark.at);
                pause_ns.is_some_and(|ns| ns < FAREWELL_NS)
            });
            certainty = if was_closing || !shows_leave(facts.conversation, tls, quit.by) {
                Undetermined
            } else {
                certainty.min(Likely)
            };
        }
        // The goodbyes of both may have crossed.
        if !how.is_of_stream() && said_goodbye(facts.conversation.tls.as_deref(), quit.by) {
            certainty = certainty.min(Likely);
        }
        let in_message = unfinished(facts, quit.by);
        let error = facts.stream_error(quit.by).map(|(error, _)| error).filter(|_| how.is_of_stream());
        Some(
            Judged::new(Self { how, in_message, unseen: false, error }, Blame::from(quit.by), certainty)
                .at(quit.mark),
        )
    }

    fn headline<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> String {
        let ended = if self.how.is_reset() { "was reset" } else { "ended" };
        let what = if self.how.is_of_stream() { "The stream" } else { "TCP" };
        match side(cause.by) {
            Some(by) => format!("{what} {ended} from {}'s side{}", a(by), without_goodbye(conversation)),
            None => {
                format!(
                    "Both sides ended {} at the same time{}",
                    carrier(self.how),
                    without_goodbye(conversation)
                )
            }
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let without = without_goodbye(conversation);
        let Some(by) = side(cause.by) else {
            return Said::whole(
                format!(
                    "Both sides {}ended {} at the same time{without}{}: neither had received the other's {} when it sent \
                     its own.",
                    probably(cause.certainty),
                    carrier(self.how),
                    when(conversation, cause.at),
                    if self.how.is_of_stream() { "END_STREAM or RST_STREAM" } else { "FIN or RST" }
                ),
                format!(
                    "Check the logs of both programs{} for something that ends connections at both ends at the same \
                     moment: a timer, a shutdown, or a device on the path that signals both.",
                    at_clock(conversation, cause.at)
                ),
            );
        };
        if self.unseen {
            return Said::whole(
                format!(
                    "{} probably ended TCP{without}: its FIN is not in the recording, but {} \
                        acknowledged it.",
                    the(by),
                    a(by.peer())
                ),
                format!(
                    "{} to see whether its process exited or closed the socket.",
                    look(conversation, by, cause)
                ),
            );
        }
        let at = when(conversation, conversation.closing.ends[by].and_then(|end| end.at));
        let ends_tls = said_goodbye(conversation.tls.as_deref(), by);
        if conversation.http2.is_some() && (self.how.is_of_stream() || !ends_tls) {
            return self.of_http2(cause, conversation, by);
        }
        let middle = match self.in_message {
            Some(role) if role == by => ", in the middle of sending a message".to_owned(),
            Some(role) => format!(", in the middle of a message from {}", a(role)),
            None => String::new(),
        };
        let limit = if self.in_message == Some(by.peer()) { ", or a limit on message size" } else { "" };
        let idle = conversation.closing.idle_before_close_ns.filter(|ns| *ns >= 1_000_000_000);
        let idle =
            idle.map_or_else(String::new, |ns| format!(", with no frame in the last {}", duration(ns)));
        let unread = if self.how.is_reset() { " with data unread" } else { "" };
        let closed = if cause.certainty == Undetermined { "WebSocket had been closed before, " } else { "" };
        // A Close that answered it is told after it.
        let answered = conversation.closing.sides[by.peer()].sent_close == Some(true);
        let tell = if answered { Said::part } else { Said::whole };
        if said_goodbye(conversation.tls.as_deref(), by) {
            return tell(
                format!(
                    "{} ended TLS (close_notify){others}{without}{}{idle}{middle}: {probably}its program closed the \
                     connection, or a TLS-terminating proxy in front of it did; a process that dies sends no \
                     close_notify.",
                    the(by),
                    when(conversation, cause.at),
                    probably = probably(cause.certainty),
                    others = with_others(conversation, self.how),
                ),
                format!(
                    "{}{} for code that closes the connection without a Close{limit}, and check the logs of the \
                     proxies that terminate TLS.",
                    look(conversation, by, cause),
                    at_packet(cause, conversation)
                ),
            );
        }
        tell(
            format!(
                "{} {}{without}{at}{idle}{middle}: {closed}its process ended, its program closed the socket{unread}, \
                 or something on the path ended the connection on its behalf; the recording does not show which.",
                the(by),
                ended_tcp(self.how),
            ),
            format!(
                "{}{} for a crash, a restart or an exception{limit}, and the logs of any proxies on the path, which \
                 can end TCP on its behalf.",
                look(conversation, by, cause),
                at_packet(cause, conversation)
            ),
        )
    }
}

impl AbruptEnd {
    /// Its words where a stream of HTTP/2 ended, or what carries it.
    fn of_http2<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>, by: Role) -> Said {
        let at = when(conversation, conversation.closing.ends[by].and_then(|end| end.at));
        let middle = match self.in_message {
            Some(role) if role == by => ", in the middle of sending a message".to_owned(),
            Some(role) => format!(", in the middle of a message from {}", a(role)),
            None => String::new(),
        };
        let idle = conversation.closing.idle_before_close_ns.filter(|ns| *ns >= 1_000_000_000);
        let idle =
            idle.map_or_else(String::new, |ns| format!(", with no frame in the last {}", duration(ns)));
        let limit = if self.in_message == Some(by.peer()) { ", or for a limit on message size" } else { "" };
        let answered = conversation.closing.sides[by.peer()].sent_close == Some(true);
        let tell = if answered { Said::part } else { Said::whole };
        if !self.how.is_of_stream() {
            return tell(
                format!(
                    "{} {}{}{at}, without a Close{idle}{middle}: its process ended, its program closed the connection, \
                     or something on the path ended it on its behalf; the recording does not show which.",
                    the(by),
                    ended_tcp(self.how),
                    with_others(conversation, self.how),
                ),
                format!(
                    "{}{} for a crash, a restart or an exception, which another stream or request on the same connection \
                     may have caused{limit}, and the logs of any proxies on the path.",
                    look(conversation, by, cause),
                    at_packet(cause, conversation)
                ),
            );
        }
        let behind = match self.error {
            Some(error) if self.how == StreamEnd::EndStream => {
                format!(" and reset it right after that (RST_STREAM {error})")
            }
            _ => String::new(),
        };
        let says = match self.error {
            Some(Http2Error::CONNECT_ERROR) => {
                "CONNECT_ERROR says that what the stream led to was reset or failed"
            }
            Some(Http2Error::CANCEL) => "CANCEL says that the stream was no longer wanted, not why",
            _ => "that gives no reason",
        };
        let proxy = match by {
            Role::Server => {
                "; a proxy that speaks HTTP/2 ends a stream like this when its backend closes, resets or dies, and when \
                 its own timeout expires"
            }
            Role::Client => "; a browser cancels the stream of a page that is left or closed",
        };
        tell(
            format!("{} {}{behind} without a Close{at}{idle}{middle}; {says}.", the(by), ended_tcp(self.how)),
            format!(
                "{}{} for what ended the stream without a Close{limit}{proxy}.",
                look(conversation, by, cause),
                at_packet(cause, conversation)
            ),
        )
    }
}

/// What was missing before the end: of TLS that cannot be read its close_notify.
fn without_goodbye<S: Readable>(conversation: &Conversation<S>) -> &'static str {
    if conversation.closing.outcome == Outcome::Encrypted {
        let by = conversation.closing.first_end.map_or(Role::Server, |end| end.by);
        let is_shown = conversation.tls.as_deref().is_some_and(|tls| shows_leave(conversation, tls, by));
        if is_shown { " without a TLS close_notify" } else { "" }
    } else {
        " without a Close"
    }
}
