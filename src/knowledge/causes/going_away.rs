use crate::knowledge::causes::application_close::{look_at, tone_of_close};
use crate::knowledge::causes::prelude::*;

/// `going_away`: a side closed with 1001 or 1012.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoingAway {
    /// A client that names the engine of a browser.
    pub browser: bool,
    /// It cancelled the stream of HTTP/2, without a Close.
    pub cancelled: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "going_away",
    tone: Tone::Normal,
    tells: &[],
    when: "a side closed with 1001 (going away) or 1012 (service restart); or, in HTTP/2, a browser cancelled the stream",
    proven: Some("the code of its Close, which it sent unprompted"),
    likely: Some(
        "only the order in the recording shows that it is not an answer; or a browser reset the stream (RST_STREAM \
         CANCEL) without a Close, and nothing that the server sent is wrong",
    ),
    undetermined: None,
    never: "that a script on the page closed it: the browser itself sends 1001, and no script is told",
    next: &[
        "a browser: the page was left or reloaded, the tab or the browser was closed, or the renderer crashed",
        "a server: restarted, drained or scaled down; or a proxy in front of it that was reloaded",
    ],
    shows: &[
        found("the server goes away", "S: close 1001 | C: close 1001 | S: fin | C: fin"),
        legal("1001 that only answers", "C: close 1000 | S: close 1001 | S: fin | C: fin"),
    ],
};

impl Judge for GoingAway {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let closed = super::application_close::closed(facts, |code| {
            code.is_some_and(|code| code.0 == 1001 || code.0 == 1012)
        });
        let Some((by, mark, certainty)) = closed else { return cancelled(facts) };
        let browser = by == Blame::Client && facts.is_browser();
        Some(Judged::new(Self { browser, cancelled: false }, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        match cause.by {
            Some(Blame::Client) if self.browser => "The page was left or closed".to_owned(),
            _ => format!("{} went away", side(cause.by).map_or("Both sides", the)),
        }
    }

    fn tone<S: Stage>(&self, cause: &Cause, conversation: &Conversation<S>) -> Tone {
        tone_of_close(cause, conversation)
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        if self.cancelled {
            return Said::whole(
                format!(
                    "The client {}{} without a Close: probably the page was left or reloaded, or the tab or the browser \
                     closed; over HTTP/2 browsers built on Chromium send no 1001 for that.",
                    ended_tcp(StreamEnd::RstStream(Some(Http2Error::CANCEL))),
                    when(conversation, cause.at)
                ),
                format!(
                    "Check what the page did{}: a navigation, a reload, a closed tab; scripts can log that in the \
                     pagehide event.",
                    at_clock(conversation, cause.at)
                ),
            );
        }
        let what = super::application_close::told(cause, conversation);
        let at = look_at(cause, conversation);
        let (why, next) = match cause.by {
            Some(Blame::Client) if self.browser => (
                ". Browsers send 1001 when the page is left or reloaded, the tab or the browser is closed, or the renderer crashes",
                format!(
                    "Check what the page did{}: a navigation, a reload, a closed tab; scripts can log that in the \
                     pagehide event.",
                    at_clock(conversation, cause.at)
                ),
            ),
            Some(Blame::Client) => (
                "",
                format!("{at} for a process that exited or was told to, or a call that closes with 1001."),
            ),
            Some(Blame::Server) => (
                "",
                format!(
                    "{at}, or that of a proxy in front of it, for a restart, a reload or drained connections."
                ),
            ),
            _ => ("", format!("{at} for a restart or a shutdown.")),
        };
        super::application_close::closing(cause, conversation, &format!("{what}{why}."), Some(next))
    }
}

/// A browser cancels the stream of a page that goes, and no script can.
fn cancelled(facts: &Facts<'_>) -> Option<Judged<GoingAway>> {
    let quit = facts
        .quit()
        .filter(|quit| quit.by == Role::Client && facts.is_browser() && facts.is_established())?;
    let How::Tcp(StreamEnd::RstStream(Some(Http2Error::CANCEL))) = quit.how else { return None };
    let grounds = GoingAway { browser: true, cancelled: true };
    Some(Judged::new(grounds, Blame::Client, Likely).at(quit.mark))
}
