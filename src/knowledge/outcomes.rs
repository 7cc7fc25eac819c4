//! What each outcome of a connection means, and where to look then.

use crate::model::Outcome;

/// What there is to say about an outcome.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OutcomeInfo {
    /// Which one.
    pub outcome: Outcome,
    /// What was seen of the end.
    pub means: &'static str,
    /// Where to look then.
    pub next: &'static [&'static str],
}

const fn row(outcome: Outcome, means: &'static str, next: &'static [&'static str]) -> OutcomeInfo {
    OutcomeInfo { outcome, means, next }
}

/// Every outcome, in the order in which reports count them.
pub const OUTCOMES: &[OutcomeInfo] = &[
    row(
        Outcome::Clean,
        "both sides sent a Close, and then TCP ended normally",
        &["the code and reason of the first Close: they say why it was closed"],
    ),
    row(
        Outcome::CleanTcpReset,
        "both sides sent a Close and, as far as the recording shows, read the other's; then TCP was reset",
        &[
            "the code and reason of the first Close, as if it were clean",
            "the side that reset TCP, if a browser reports wasClean false: it closed its socket with unread data",
        ],
    ),
    row(
        Outcome::CloseCutShort,
        "both sides sent a Close, but one had ended TCP before the other's could arrive: it was refused, or too late",
        &["the side that ended TCP: how long it waits for the answer to its Close"],
    ),
    row(
        Outcome::CloseUnanswered,
        "one side sent a Close; the other ended TCP instead of answering, or stayed silent until TCP ended",
        &[
            "the side that did not answer: whether its program was still reading, and what its library does when a \
             Close arrives",
        ],
    ),
    row(
        Outcome::NoCloseFrame,
        "TCP ended with a FIN, and neither side had sent a Close before that",
        &[
            "the side whose FIN came first: whether its process ended, or something in front of it gave up the \
             connection",
        ],
    ),
    row(
        Outcome::Reset,
        "TCP was reset, and neither side had sent a Close",
        &["the side that the RST claims to come from, and anything between the two"],
    ),
    row(
        Outcome::HandshakeFailed,
        "TCP or the upgrade was refused or not answered, or the client had to refuse the 101",
        &["the status and header fields of the response: who answered, and what was wrong with the request"],
    ),
    row(
        Outcome::NotObservable,
        "the recording has a gap or is cut off where the connection ended: how it ended is not known",
        &["a recording without losses: both directions, full packets, a large enough buffer"],
    ),
    row(
        Outcome::Encrypted,
        "TLS without usable keys: the recording shows when each side sent something and how TCP ended, but not what \
         was sent",
        &["the same recording with one side's keys (--keylog; see `wslog explain tls`)"],
    ),
    row(Outcome::Open, "the recording ends before the connection does", &["a longer recording"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_row_in_order() {
        let outcomes: Vec<Outcome> = OUTCOMES.iter().map(|row| row.outcome).collect();
        assert_eq!(outcomes, Outcome::ALL);
        for row in OUTCOMES {
            let texts = [row.means].into_iter().chain(row.next.iter().copied());
            assert!(!row.next.is_empty(), "{}", row.outcome.name());
            assert!(
                texts.into_iter().all(|text| !text.ends_with('.') && text == text.trim()),
                "{}",
                row.means
            );
        }
    }
}
