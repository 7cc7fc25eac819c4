use crate::knowledge::causes::prelude::*;

/// `stream_error`: a side reset the stream of HTTP/2 with an error of that protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// Which.
    pub error: Http2Error,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "stream_error",
    tone: Tone::Fault,
    tells: &[],
    when: "a side reset the stream of HTTP/2 with an error other than NO_ERROR, CANCEL, CONNECT_ERROR and INTERNAL_ERROR, without a \
        Close",
    proven: Some("the RST_STREAM is in the recording: its sender ended the stream for that error"),
    likely: None,
    undetermined: None,
    never: "that the other side really broke HTTP/2: that is what the sender says, and wslog does not judge HTTP/2 itself",
    next: &[
        "the log of the side that reset the stream: its HTTP/2 library knows what it found",
        "the HTTP/2 library of the other side, and proxies between them that speak HTTP/2",
    ],
    shows: &[],
};

impl Judge for StreamError {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let quit = facts.quit()?;
        let How::Tcp(how) = quit.how else { return None };
        let (error, mark) = facts.stream_error(quit.by).filter(|_| how.is_of_stream())?;
        let is_told_otherwise = matches!(
            error,
            Http2Error::NO_ERROR
                | Http2Error::CANCEL
                | Http2Error::INTERNAL_ERROR
                | Http2Error::CONNECT_ERROR
        );
        // A server that resets a stream before it answers refuses it.
        let refuses = quit.by == Role::Server && facts.conversation.response.is_none();
        if is_told_otherwise || refuses {
            return None;
        }
        Some(Judged::new(Self { error }, Blame::from(quit.by), Proven).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} reset the stream with {}", the(side(cause.by).unwrap_or(Role::Server)), self.error)
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let says = match self.error {
            Http2Error::ENHANCE_YOUR_CALM => format!("that says that {} asks for too much", a(by.peer())),
            error if error.is_of_peer() => format!("that says that {} broke HTTP/2", a(by.peer())),
            _ => "that is an error of HTTP/2".to_owned(),
        };
        let before = match &conversation.response {
            None if conversation.request.is_some() => ", before the opening handshake was answered",
            _ => ", without a Close",
        };
        Said::whole(
            format!(
                "{} reset the stream (RST_STREAM {}){}{before}; {says}.",
                the(by),
                self.error,
                when(conversation, cause.at)
            ),
            format!(
                "{}{}: its HTTP/2 library knows what it found wrong; then the HTTP/2 library of {}.",
                look(conversation, by, cause),
                at_packet(cause, conversation),
                a(by.peer())
            ),
        )
    }
}
