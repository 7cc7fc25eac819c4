use crate::knowledge::causes::prelude::*;
use crate::knowledge::thresholds::WINDOW_SHUT_NS;

/// `receive_window_closed`: a side took no more bytes for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveWindowClosed {
    /// For how long its window was shut.
    pub for_ns: i64,
    /// How often its peer probed.
    pub probes: u32,
    /// It stayed so to the end.
    pub to_the_end: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "receive_window_closed",
    when: "a side's receive window was shut for long when the connection ended: its program had stopped reading",
    proven: None,
    likely: Some("it stayed shut to the end, and the other side ended the connection meanwhile"),
    undetermined: Some("it was opened again after the other side had given up"),
    never: "that the network is slow: a window of 0 says that the program did not take what its host had received",
    next: &["the program whose window was shut: blocked, stopped, or waiting for something itself"],
    shows: &[
        found(
            "the client reads no more, and the server gives up",
            "C: text a | S: text b | C: shut | S: wait 1000 | S: probe | C: ack | S: wait 9000 | S: probe | C: ack | S: rst",
        ),
        legal(
            "its window opens again, and the client closes",
            "C: text a | S: text b | C: shut | S: wait 3000 | S: probe | C: open | S: text c | C: close 1000 | S: close 1000 | S: fin | C: fin",
        ),
    ],
};

impl Judge for ReceiveWindowClosed {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| {
            let shut = facts.tcp(role).shut.as_ref()?;
            let quit = facts.quit_of(role.peer())?;
            let until = shut.from.map(|from| Timestamp(from.0.saturating_add(shut.for_ns)));
            let meanwhile = shut.from <= quit.mark.at && until >= quit.mark.at;
            if shut.for_ns < WINDOW_SHUT_NS || !meanwhile {
                return None;
            }
            let certainty = if shut.to_the_end { Likely } else { Undetermined };
            let grounds = Self { for_ns: shut.for_ns, probes: shut.probes, to_the_end: shut.to_the_end };
            let mark = Mark { packet: Some(shut.packet), at: shut.from, frame: None };
            Some(Judged::new(grounds, Blame::from(role), certainty).at(mark))
        })
    }

    fn said<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Client);
        let Self { for_ns, probes, .. } = *self;
        let probed = if probes == 0 {
            String::new()
        } else {
            format!(", probed {}", count(u64::from(probes), "time"))
        };
        Said::part(
            format!(
                "{}'s program {}had stopped reading: its receive window was shut for {}{probed} when {} gave up.",
                the(by),
                probably(cause.certainty),
                duration(for_ns),
                a(by.peer())
            ),
            format!("Look at {}: what kept its program from reading.", a(by)),
        )
    }
}
