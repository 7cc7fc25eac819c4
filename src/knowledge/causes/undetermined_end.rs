use crate::knowledge::causes::prelude::*;
use crate::knowledge::causes::tls_failed::first_leave;
use crate::model::TcpEnd;

/// `undetermined`: none of the others fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndeterminedEnd;

pub(super) const ROW: CauseRow = CauseRow {
    name: "undetermined",
    tone: Tone::Unknown,
    tells: &[],
    when: "the evidence fits no other cause",
    proven: None,
    likely: None,
    undetermined: Some("always"),
    never: "anything",
    next: &["the findings and the frames"],
    shows: &[],
};

impl Judge for UndeterminedEnd {
    fn judge(_: &Facts<'_>) -> Option<Judged<Self>> {
        Some(Judged::new(Self, None, Undetermined))
    }

    fn headline<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> String {
        if let Some((by, _)) = left_tls(conversation) {
            return format!("{} ended TLS (close_notify); its contents cannot be read", the(by));
        }
        "The recording does not show why the connection ended".to_owned()
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        if let Some((by, end)) = left_tls(conversation) {
            let at = end.at;
            return Said::part(
                format!(
                    "{} ended TLS (close_notify) and {}TCP (FIN){}; without the keys, the recording does not show \
                     whether WebSocket was closed first, or why.",
                    the(by),
                    if by == end.by { String::new() } else { format!("{} then ", a(end.by)) },
                    when(conversation, at)
                ),
                format!(
                    "Record it again with one side's keys (see `wslog explain tls`), or check the logs of both \
                     programs{}.",
                    at_clock(conversation, at)
                ),
            );
        }
        let ended = conversation.closing.first_end.and_then(|end| end.at);
        Said::part(
            "The recording does not show why the connection ended.",
            format!(
                "Check the findings and the last frames, and the logs of both programs{}.",
                at_clock(conversation, ended)
            ),
        )
    }
}

/// Who ended TLS first, and who TCP, of a connection that cannot be read and that ended in this order.
fn left_tls<S: Readable>(conversation: &Conversation<S>) -> Option<(Role, TcpEnd)> {
    let tls = conversation.tls.as_deref()?;
    let end =
        conversation.closing.first_end.filter(|_| conversation.closing.outcome == Outcome::Encrypted)?;
    let (by, mark) = first_leave(tls)?;
    (end.how.is_orderly() && Some(mark.packet) <= end.packet).then_some((by, end))
}
