//! What a side had come to when the connection was over for it.

use crate::model::named;

named! {
    /// What a side had come to when the connection was over for it, as far as the recording shows it: what its API reports
    /// depends on this, and on its library. "Its Close" is the first one it sent, "the peer's" the first that was sent to it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Situation {
        /// A client whose opening handshake failed.
        NotEstablished = "not_established",
        /// A server that never took the connection for established.
        NoConnection = "no_connection",
        /// A gap or cut lies over the end.
        #[default]
        NotRecorded = "not_recorded",
        /// What both sides sent is encrypted, and cannot be read.
        Encrypted = "encrypted",
        /// The recording ends while TCP is open, and no Close of its own waits for an answer.
        Open = "open",
        /// The recording ends while TCP is open; its Close is not answered yet.
        AwaitsAnswer = "awaits_answer",
        /// TCP is open, and what it sent was sent again and never acknowledged: behind that its host holds back what it sends
        /// since, a Close and a FIN too.
        Unheard = "unheard",
        /// Both Closes were exchanged; the recording ends before TCP does.
        ClosesExchanged = "closes_exchanged",
        /// It failed the connection for a fault of the peer, with a Close that says so.
        Failed = "failed",
        /// The same, for a compressed message that does not inflate.
        FailedToInflate = "failed_to_inflate",
        /// It failed the connection for a fault of the peer, without a Close.
        FailedSilently = "failed_silently",
        /// It failed the connection for a fault in the peer's Close.
        FailedForClose = "failed_for_close",
        /// Its Close speaks of a fault (1002, 1003, 1007, 1009), and nothing the peer sent is one.
        FailedUnfounded = "failed_unfounded",
        /// The peer closed first, and it answered.
        Answered = "answered",
        /// The same, but the peer's Close was faulty, and its answer does not say so.
        AnsweredFaulty = "answered_faulty",
        /// It closed first, and the peer answered.
        ClosedFirst = "closed_first",
        /// Both closed before they had the other's Close.
        Crossed = "crossed",
        /// The peer's Close reached it, and it sent none before TCP was over.
        NotAnswered = "not_answered",
        /// The same, and nothing that it sent shows that it had read the Close: only its host had it.
        Unread = "unread",
        /// The same, but a gap may hide its Close.
        MaybeAnswered = "maybe_answered",
        /// Behind its Close the peer sent another, or data.
        MoreBehind = "more_behind",
        /// The peer's Close came with an RST close behind it, before it had answered.
        ResetBehind = "reset_behind",
        /// The peer, or something in its name, reset TCP after both Closes.
        ResetAfterCloses = "reset_after_closes",
        /// The peer's Close came after its own FIN; its host went on acknowledging: only its sending half was shut.
        HalfShut = "half_shut",
        /// It had ended TCP behind its Close when the peer's came, which its host no longer took.
        Left = "left",
        /// A Close was sent to it and never arrived.
        Undelivered = "undelivered",
        /// It sent a Close, and none came before TCP was over.
        Unanswered = "unanswered",
        /// No Close came; the peer ended TCP.
        NoClose = "no_close",
        /// No Close came in time; TCP was ended in its own name.
        EndedItself = "ended_itself",
        /// A browser closed with 1001, which no script can: the page is gone.
        PageLeft = "page_left",
    }
}

impl Situation {
    /// Every one.
    pub const ALL: [Self; 30] = [
        Self::NotEstablished,
        Self::NoConnection,
        Self::NotRecorded,
        Self::Encrypted,
        Self::Open,
        Self::AwaitsAnswer,
        Self::Unheard,
        Self::ClosesExchanged,
        Self::Failed,
        Self::FailedToInflate,
        Self::FailedSilently,
        Self::FailedForClose,
        Self::FailedUnfounded,
        Self::Answered,
        Self::AnsweredFaulty,
        Self::ClosedFirst,
        Self::Crossed,
        Self::NotAnswered,
        Self::Unread,
        Self::MaybeAnswered,
        Self::MoreBehind,
        Self::ResetBehind,
        Self::ResetAfterCloses,
        Self::HalfShut,
        Self::Left,
        Self::Undelivered,
        Self::Unanswered,
        Self::NoClose,
        Self::EndedItself,
        Self::PageLeft,
    ];
}
