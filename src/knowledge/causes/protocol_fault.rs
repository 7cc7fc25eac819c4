use crate::knowledge::causes::prelude::*;
use crate::model::{CommittedFault, StartEvidence, Starter};

/// `protocol_fault`: one side broke a clause, and the other failed the connection for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolFault {
    /// The other side's Close says so; otherwise it only ended TCP.
    pub by_close: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "protocol_fault",
    tone: Tone::Fault,
    tells: &[],
    when: "one side broke a clause of the protocol, and the other failed the connection because of it",
    proven: Some("the other side closed with a code that fits, before it handled anything that came later"),
    likely: Some("it ended TCP, or closed with another code, within a round trip of the fault"),
    undetermined: None,
    never: "that a fault ended the connection if traffic went on after it as if nothing had happened: then the end \
        has another cause, and the fault is only a finding",
    next: &[
        "the side that broke the clause: its library, or something on the path that injects data into its stream",
    ],
    shows: &[
        found("RSV2, answered with 1002", "S: a1 02 68 69 | C: close 1002 | S: close 1002 | S: fin | C: fin"),
        legal(
            "traffic goes on",
            "S: ping a | S: a1 02 68 69 | S: ping b | C: pong b | C: close 1000 | S: close 1000 | S: fin | C: fin",
        ),
    ],
};

impl Judge for ProtocolFault {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let Some((by, rule, frame)) = facts.conversation.closing.failed_for else {
            return Role::BOTH.into_iter().find_map(|by| ended_at_once(facts, by));
        };
        let failing = facts.side(by.peer());
        let fits =
            |code: Option<CloseCode>| code.is_some_and(|code| rule.rule().reaction.codes().contains(&code.0));
        let by_close = failing.close.is_some();
        let proven = failing.close.is_some_and(|close| fits(close.code));
        let finding = facts
            .conversation
            .findings
            .iter()
            .find(|f| f.by == Some(by) && f.violation.rule() == rule && f.frame == Some(frame));
        let mark = finding.map_or(Mark { frame: Some(frame), ..Mark::default() }, |f| Mark {
            frame: f.frame,
            packet: f.packet,
            at: f.at,
        });
        // Where both broke a clause, that the other failed the connection first has to be shown.
        let closing = &facts.conversation.closing;
        let is_contested = failing.fault.is_some()
            && (closing.evidence == StartEvidence::Order || closing.started_by == Some(Starter::Both));
        let certainty =
            if proven && !is_contested { finding.map_or(Likely, |f| f.certainty) } else { Likely };
        Some(Judged::new(Self { by_close }, Blame::from(by), certainty).at(mark).breaks(rule))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} broke the protocol", the(side(cause.by).unwrap_or(Role::Client)))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Client);
        let finding = conversation
            .findings
            .iter()
            .find(|f| f.by == Some(by) && Some(f.violation.rule()) == cause.rule && f.frame == cause.frame);
        let did =
            finding.map_or_else(|| "broke the protocol".to_owned(), |f| f.violation.words(conversation).did);
        let close = &conversation.closing.sides[by];
        // A fault of any frame does not say that it was the Close.
        let of_frames = cause.rule.is_some_and(|rule| rule.name().starts_with("FR-"));
        let is_close = of_frames && close.sent_close == Some(true) && close.frame == cause.frame;
        let what = if is_close {
            format!(", its {}", crate::knowledge::words::close(close.code))
        } else {
            String::new()
        };
        let frame = cause.frame.map_or_else(String::new, |frame| format!(" (frame {frame}{what})"));
        let (failed, tell) = failed_for(cause, conversation, by);
        let why = if is_close { "why its program closed, and " } else { "" };
        let wrote = cause.frame.map_or_else(String::new, |frame| {
            format!(" to see {why}what wrote frame {frame}{}", at_packet(cause, conversation))
        });
        let rule = cause.rule.map_or("", RuleId::name);
        tell(
            format!("{} {did}{frame}; {failed}.", the(by)),
            format!(
                "{}{wrote}: its library, or something on the path that injects data into its stream. See `wslog \
                 explain {rule}`.",
                look(conversation, by, cause),
            ),
        )
    }
}

/// The other side ended it, in whatever way, within a round trip of a fault for which it need not have, and had sent no
/// message meanwhile: as libraries do that close with 1000 whatever the fault.
fn ended_at_once(facts: &Facts<'_>, by: Role) -> Option<Judged<ProtocolFault>> {
    let CommittedFault { rule, mark, had_at, was_received, passed_over } = facts.side(by).fault?;
    let quit = facts.quit_of(by.peer())?;
    // Both are its own: the time between them is the same wherever it is recorded.
    let after = facts.between(had_at, quit.mark.at)?;
    if after > facts.round_trip_ns || !was_received || passed_over {
        return None;
    }
    let by_close = matches!(quit.how, How::Close(_));
    Some(Judged::new(ProtocolFault { by_close }, Blame::from(by), Likely).at(mark).breaks(rule))
}
