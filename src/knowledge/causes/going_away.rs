use crate::knowledge::causes::prelude::*;

/// `going_away`: a side closed with 1001 or 1012.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoingAway {
    /// A client that names the engine of a browser.
    pub browser: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "going_away",
    when: "a side closed with 1001 (going away) or 1012 (service restart)",
    proven: Some("the code of its Close, sent of its own accord"),
    likely: Some("only the order of the recording says that it is no answer"),
    undetermined: None,
    never: "that a script of the page closed it: browsers send 1001 by themselves, and no script hears of it",
    next: &[
        "a browser: the page was left or reloaded, the tab or the browser closed, its renderer gone",
        "a server: restarted, drained, or scaled down; or a proxy before it that was reloaded",
    ],
    shows: &[
        found("the server goes away", "S: close 1001 | C: close 1001 | S: fin | C: fin"),
        legal("1001 that only answers", "C: close 1000 | S: close 1001 | S: fin | C: fin"),
    ],
};

impl Judge for GoingAway {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark, certainty) = super::application_close::closed(facts, |code| {
            code.is_some_and(|code| code.0 == 1001 || code.0 == 1012)
        })?;
        let browser = by == Blame::Client && facts.is_browser();
        Some(Judged::new(Self { browser }, by, certainty).at(mark))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let what = super::application_close::told(cause, conversation);
        let (why, next) = match cause.by {
            Some(Blame::Client) if self.browser => (
                ": the page was left or reloaded, its tab or the browser was closed, or its renderer is gone; no script \
                    hears of it",
                None,
            ),
            Some(Blame::Client) => {
                ("", Some("Look at the client: a process that ended, or a program that closes with 1001."))
            }
            _ => ("", Some("Look at the server, or a proxy in its place: a restart, a reload, draining.")),
        };
        super::application_close::closing(
            cause,
            conversation,
            &format!("{what}{why}."),
            next.map(str::to_owned),
        )
    }
}
