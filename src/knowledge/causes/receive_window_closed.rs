use crate::knowledge::causes::prelude::*;
use crate::knowledge::thresholds::WINDOW_SHUT_NS;

/// `receive_window_closed`: a side took no more bytes for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveWindowClosed {
    /// For how long its window was shut; `None` of a stream of HTTP/2, whose window was exhausted to the end.
    pub for_ns: Option<i64>,
    /// How often its peer probed.
    pub probes: u32,
    /// The other side ended the connection meanwhile; otherwise it still waits when the recording ends.
    pub gave_up: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "receive_window_closed",
    tone: Tone::Fault,
    tells: &[],
    when: "a side's receive window had been closed (zero) for a long time when the connection ended: its program had \
        stopped reading; in HTTP/2 it had left the window of the stream, or of the connection, exhausted",
    proven: None,
    likely: Some("it stayed closed to the end, and the other side ended the connection meanwhile"),
    undetermined: Some("it reopened after the other side had given up"),
    never: "that the network is slow: a zero window says that the program did not read what its host had received",
    next: &["the program whose window was closed: blocked, stopped, or itself waiting for something"],
    shows: &[
        found(
            "the client stops reading, and the server gives up",
            "C: text a | S: text b | C: shut | S: wait 1000 | S: probe | C: ack | S: wait 9000 | S: probe | C: ack | S: rst",
        ),
        legal(
            "its window reopens, and the client closes",
            "C: text a | S: text b | C: shut | S: wait 3000 | S: probe | C: open | S: text c | C: close 1000 | S: close 1000 | S: fin | C: fin",
        ),
    ],
};

impl Judge for ReceiveWindowClosed {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        if let Some(stalled) = Role::BOTH.into_iter().find_map(|role| stalled(facts, role)) {
            return Some(stalled);
        }
        Role::BOTH.into_iter().find_map(|role| {
            let shut = facts.tcp(role).shut.as_ref()?;
            let quit = facts.quit_of(role.peer());
            let until = shut.from.map(|from| Timestamp(from.0.saturating_add(shut.for_ns)));
            // Nobody gave up: whoever is probed keeps the other waiting to the end of the recording.
            let waits = facts.is_open() && shut.to_the_end && shut.probes > 0;
            let meanwhile = quit.is_some_and(|quit| shut.from <= quit.mark.at && until >= quit.mark.at);
            if shut.for_ns < WINDOW_SHUT_NS || !meanwhile && !waits {
                return None;
            }
            let certainty = if shut.to_the_end { Likely } else { Undetermined };
            let grounds = Self { for_ns: Some(shut.for_ns), probes: shut.probes, gave_up: !waits };
            let mark = Mark { packet: Some(shut.packet), at: shut.from, frame: None };
            Some(Judged::new(grounds, Blame::from(role), certainty).at(mark))
        })
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{}'s program stopped reading", the(side(cause.by).unwrap_or(Role::Client)))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Client);
        let Self { for_ns, probes, gave_up } = *self;
        let Some(for_ns) = for_ns else { return of_http2(cause, conversation, by) };
        let then = match gave_up {
            true => format!(" when {} gave up", a(by.peer())),
            false => format!(", and {} is still waiting when the recording ends", a(by.peer())),
        };
        let probed = if probes == 0 {
            String::new()
        } else {
            format!(" (probed {})", count(u64::from(probes), "time"))
        };
        Said::part(
            format!(
                "{}'s program had {}stopped reading: its receive window had been closed for {}{probed}{then}.",
                the(by),
                probably(cause.certainty),
                duration(for_ns),
            ),
            format!(
                "Check {}'s log{} for whatever kept its program from reading.",
                a(by),
                from_clock(conversation, cause.at)
            ),
        )
    }
}

/// Flow control of HTTP/2 kept the other side in the middle of a message until the stream ended.
fn stalled(facts: &Facts<'_>, role: Role) -> Option<Judged<ReceiveWindowClosed>> {
    let sender = role.peer();
    let is_stuck =
        facts.http2()?.stalled[sender] && facts.side(sender).in_message && !facts.side(sender).has_gap;
    let both_closed = Role::BOTH.into_iter().all(|role| facts.side(role).close.is_some());
    if !is_stuck || both_closed || !facts.is_established() {
        return None;
    }
    let message = facts.side(sender).last_message;
    let mark = message.map_or_else(Mark::default, |message| message.mark);
    let grounds = ReceiveWindowClosed { for_ns: None, probes: 0, gave_up: !facts.is_open() };
    Some(Judged::new(grounds, Blame::from(role), Likely).at(mark))
}

fn of_http2<S: Readable>(cause: &Cause, conversation: &Conversation<S>, by: Role) -> Said {
    let frame = cause.frame.map_or_else(String::new, |frame| format!(" (frame {frame})"));
    Said::part(
        format!(
            "{}'s program had probably stopped reading: it opened the flow-control window of HTTP/2 no more, and {} was \
             stuck in the middle of a message{frame}{}; not even a Close of that side can go out behind it.",
            the(by),
            a(by.peer()),
            if conversation.closing.first_end.is_some() { " when the stream ended" } else { "" },
        ),
        format!(
            "Check {}'s log{} for whatever kept its program from reading, and the window that its HTTP/2 library grants \
             (SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_UPDATE).",
            a(by),
            from_clock(conversation, cause.at)
        ),
    )
}
