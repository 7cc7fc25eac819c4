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
        "both sides sent a Close, and TCP ended in an orderly way after both",
        &["the code and the reason of the first Close: they say why it was closed"],
    ),
    row(
        Outcome::CleanTcpReset,
        "both sides sent a Close and read that of the other, as far as can be told; then TCP was reset",
        &[
            "the code and the reason of the first Close, as if it were clean",
            "the side that reset TCP, where a browser reports wasClean false: it closed its socket with data unread",
        ],
    ),
    row(
        Outcome::CloseCutShort,
        "both sides sent a Close, but one had ended TCP before that of the other could arrive: it was refused, or too late",
        &["the side that ended TCP: how long it waits for the answer to its Close"],
    ),
    row(
        Outcome::CloseUnanswered,
        "one side sent a Close; the other ended TCP instead of answering, or stayed silent until TCP ended",
        &[
            "the side that did not answer: whether its program still reads, and what its library does on a Close",
        ],
    ),
    row(
        Outcome::NoCloseFrame,
        "TCP ended by FIN, and neither side had sent a Close; one that was sent into the ended connection counts for none",
        &[
            "the side whose FIN came first: whether its process ended, or something before it gave the connection up",
        ],
    ),
    row(
        Outcome::Reset,
        "TCP was reset, and neither side had sent a Close",
        &["the side in whose name the RST came, and what stands between the two"],
    ),
    row(
        Outcome::HandshakeFailed,
        "TCP or the upgrade was refused or not answered, or the client had to refuse the 101",
        &["the status and the fields of the response: who answered, and what was wrong with the request"],
    ),
    row(
        Outcome::NotObservable,
        "a gap or a cut lies over the end: how it ended is not in the recording",
        &["a recording without losses: both directions, full packets, a buffer that is large enough"],
    ),
    row(
        Outcome::Encrypted,
        "TLS without usable keys: what either side sent cannot be read, only when it was sent and how TCP ended",
        &["the same recording with the keys of one side (--keylog; explain tls says how they are had)"],
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
