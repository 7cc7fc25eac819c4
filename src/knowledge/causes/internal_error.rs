use crate::knowledge::causes::application_close::look_at;
use crate::knowledge::causes::prelude::*;

/// `internal_error`: a side closed with 1011.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InternalError {
    /// By RST_STREAM of HTTP/2, without a Close.
    pub by_reset: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "internal_error",
    tone: Tone::Fault,
    tells: &[],
    when: "a side closed with 1011 (internal error) unprompted, or reset the stream of HTTP/2 with INTERNAL_ERROR",
    proven: Some("the code of its Close, or of its RST_STREAM"),
    likely: Some("only the order in the recording shows that it is not an answer"),
    undetermined: None,
    never: "that its program threw an exception: some libraries send 1011 when a Ping is not answered, which is \
        keepalive_timeout",
    next: &["that side's log at the time of its Close"],
    shows: &[
        found("the server closes with it", "S: close 1011 | C: close 1011 | S: fin | C: fin"),
        legal("a Close that only answers with it", "C: close 1000 | S: close 1011 | S: fin | C: fin"),
    ],
};

impl Judge for InternalError {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let closed = super::application_close::closed(facts, |code| code == Some(CloseCode(1011)));
        if let Some((by, mark, certainty)) = closed {
            return Some(Judged::new(Self { by_reset: false }, by, certainty).at(mark));
        }
        let quit = facts.quit().filter(|_| facts.is_established())?;
        let How::Tcp(how) = quit.how else { return None };
        let (error, mark) = facts.stream_error(quit.by).filter(|_| how.is_of_stream())?;
        let is_it = error == Http2Error::INTERNAL_ERROR;
        is_it.then(|| Judged::new(Self { by_reset: true }, Blame::from(quit.by), Proven).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} reported an internal error", side(cause.by).map_or("Both sides", the))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        if self.by_reset {
            let by = side(cause.by).unwrap_or(Role::Server);
            let idle = conversation.closing.idle_before_close_ns.filter(|ns| *ns >= 1_000_000_000);
            let idle =
                idle.map_or_else(String::new, |ns| format!(", with no frame in the last {}", duration(ns)));
            return Said::whole(
                format!(
                    "{} {}{}{idle}, without a Close: INTERNAL_ERROR reports an error of whoever sends it.",
                    the(by),
                    ended_tcp(StreamEnd::RstStream(Some(Http2Error::INTERNAL_ERROR))),
                    when(conversation, cause.at)
                ),
                format!(
                    "{} for an exception; a proxy such as Envoy sends it, too, when its idle timeout expires or its \
                     backend resets.",
                    look(conversation, by, cause)
                ),
            );
        }
        let told = super::application_close::told(cause, conversation);
        let next = format!("{} for an exception.", look_at(cause, conversation));
        super::application_close::closing(
            cause,
            conversation,
            &format!("{told}. 1011 reports an error in the program that sends it."),
            Some(next),
        )
    }
}
