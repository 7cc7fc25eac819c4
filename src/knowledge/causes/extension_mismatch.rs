use crate::knowledge::causes::prelude::*;
use crate::knowledge::rules::FrRsv;

/// `extension_mismatch`: frames are compressed although no compression was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionMismatch;

pub(super) const ROW: CauseRow = CauseRow {
    name: "extension_mismatch",
    tone: Tone::Fault,
    tells: &[],
    when: "a side compresses its messages although the 101 did not accept permessage-deflate",
    proven: None,
    likely: Some("RSV1 is set, and the payload inflates with the parameters that were offered"),
    undetermined: None,
    never: "that the other side is too strict: without the extension RSV1 has no meaning, and the receiver must fail \
        the connection",
    next: &[
        "a proxy that removes Sec-WebSocket-Extensions from the response, so that the two sides disagree",
        "the compression option of both libraries",
    ],
    shows: &[
        found(
            "compressed, though the offer was not accepted",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | S: 101 | C: c1 07 f2 48 cd c9 c9 07 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
        legal(
            "RSV1 on a payload that does not inflate",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | S: 101 | C: c1 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
    ],
};

impl Judge for ExtensionMismatch {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, ..) = facts.conversation.closing.failed_for?;
        let finding = facts.conversation.findings.iter().find(|f| {
            f.by == Some(by) && matches!(&f.violation, Violation::FrRsv(FrRsv { inflates: true, .. }))
        })?;
        let mark = Mark { frame: finding.frame, packet: finding.packet, at: finding.at };
        Some(Judged::new(Self, Blame::from(by), Likely).at(mark).breaks(RuleId::FrRsv))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} compressed, and no compression was agreed", the(side(cause.by).unwrap_or(Role::Client)))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Client);
        let (failed, tell) = failed_for(cause, conversation, by);
        let frame = cause.frame.map_or_else(String::new, |frame| format!(" (frame {frame})"));
        tell(
            format!(
                "{} compressed a message{frame} although no compression was agreed in the handshake; {failed}.",
                the(by)
            ),
            format!(
                "{} for the extensions it believed were agreed; look for a proxy that removes \
                 Sec-WebSocket-Extensions from the 101, and check the compression option of both libraries.",
                look(conversation, by, cause)
            ),
        )
    }
}
