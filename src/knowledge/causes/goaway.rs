use crate::knowledge::causes::prelude::*;

/// `goaway`: a GOAWAY of HTTP/2 ended the stream, or the connection that carried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goaway {
    /// Why.
    pub error: Http2Error,
    /// The highest stream that was or may be processed.
    pub last_stream: u32,
    /// The stream is a higher one.
    pub passed_over: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "goaway",
    tone: Tone::Odd,
    tells: &[],
    when: "a GOAWAY of HTTP/2 left out the stream that carries WebSocket, or the side that sent it then ended the \
        connection under it",
    proven: Some("the last stream that the GOAWAY names is a lower one, and no closing handshake followed"),
    likely: Some(
        "the stream was still to be processed, and whoever sent the GOAWAY ended TCP or reset the stream behind it",
    ),
    undetermined: None,
    never: "that every stream ends with a GOAWAY: streams up to the last one that it names go on for as long as they \
        like, and may be closed as usual",
    next: &[
        "NO_ERROR: the server restarts, drains or renews its connections: how long it waits for open streams",
        "another error: its name and the debug data say what the sender found wrong, with itself or with the peer",
    ],
    shows: &[],
};

impl Judge for Goaway {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let closed = Role::BOTH.into_iter().any(|role| facts.side(role).close.is_some());
        if closed || facts.is_end_of_stream() && facts.quit().is_none() {
            return None;
        }
        if let Some(going) = facts
            .passed_over()
            .filter(|_| facts.tcp(Role::Server).ends.first().is_none_or(|end| !end.how.is_of_stream()))
        {
            let mark = Mark { frame: None, packet: Some(going.packet), at: going.at };
            let grounds = Self { error: going.error, last_stream: going.last_stream, passed_over: true };
            return Some(Judged::new(grounds, Blame::Server, Proven).at(mark));
        }
        let quit = facts.quit()?;
        let How::Tcp(how) = quit.how else { return None };
        let going = facts.going(quit.by)?;
        // A stream that ends by itself while the connection drains has its own reason.
        if how.is_of_stream() && going.error == Http2Error::NO_ERROR || !facts.is_established() {
            return None;
        }
        let mark = Mark { frame: None, packet: Some(going.packet), at: going.at };
        let grounds = Self { error: going.error, last_stream: going.last_stream, passed_over: false };
        Some(Judged::new(grounds, Blame::from(quit.by), Likely).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!(
            "{} ended the HTTP/2 connection (GOAWAY {})",
            the(side(cause.by).unwrap_or(Role::Server)),
            self.error
        )
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let going = conversation.http2.as_deref().and_then(|http2| http2.going[by].as_ref());
        let debug = going.and_then(|going| going.debug.as_ref()).map_or_else(String::new, |debug| {
            format!(" with the debug data \"{}\"", shortened(&visible(debug)))
        });
        let stream = conversation.id.stream.unwrap_or_default();
        let at = when(conversation, cause.at);
        let end = conversation.closing.ends[by];
        let then = if self.passed_over {
            let accepted = match &conversation.response {
                Some(response) if response.switches => ", though the server had accepted it",
                _ => "",
            };
            format!(
                "it processes streams up to {}, and this is stream {stream}{accepted}; it ended without a Close",
                self.last_stream
            )
        } else {
            let others = end.map_or_else(String::new, |end| with_others(conversation, end.how));
            let ended = end.map_or("ended TCP", |end| ended_tcp(end.how));
            let later = later(end.and_then(|end| end.at), cause.at);
            format!("that is probably why it {ended}{others}{later}, without a Close on this stream")
        };
        let says = match self.error {
            Http2Error::NO_ERROR if by == Role::Server => ", as for a restart or to drain connections",
            Http2Error::ENHANCE_YOUR_CALM => ", which finds that the other side asks for too much",
            error if error.is_of_peer() => ", which says that the other side broke HTTP/2",
            _ => "",
        };
        Said::whole(
            format!("{} sent GOAWAY {}{debug}{at}{says}: {then}.", the(by), self.error),
            format!(
                "{}{}{} for {}.",
                look(conversation, by, cause),
                at_packet(cause, conversation),
                if by == Role::Server { ", or that of a proxy in front of it," } else { "" },
                match self.error {
                    Http2Error::NO_ERROR if by == Role::Server => {
                        "a restart, a reload or drained connections, and how long open streams are given"
                    }
                    Http2Error::NO_ERROR => "why it left",
                    _ => "what it found wrong",
                }
            ),
        )
    }
}
