//! The states of an endpoint (RFC 6455 4.1, 7.1), each with the facts it owns.

use crate::model::{ClosePayload, Evidence, Lifecycle, StreamEnd, Timestamp};

/// Where an endpoint stands.
///
/// ```text
///  CONNECTING ──101──► OPEN ──Close sent or received──► CLOSING ──own FIN or RST──► CLOSED
///                       └────────────────── own FIN or RST ─────────────────────────▲
/// ```
///
/// CLOSED is an endpoint that has ended its own TCP stream: nothing it owes can be sent any more, though its host
/// may still receive. A reset by the peer closes it as well, but what it had sent by then may come later in the
/// recording: [`Endpoint::lifecycle`](super::endpoint::Endpoint::lifecycle) counts it in at the end.
#[derive(Debug, Default)]
pub(super) enum State {
    /// The opening handshake is under way, or has failed.
    #[default]
    Connecting,
    /// Frames may go both ways.
    Open,
    /// The closing handshake is under way (7.1.3).
    Closing(Box<Closes>),
    /// It has ended TCP.
    Closed(Option<Box<Closes>>, Ended),
}

/// The two Close frames, as far as an endpoint knows them.
#[derive(Debug, Default)]
pub(super) struct Closes {
    /// Its own first Close.
    pub(super) sent: Option<SentClose>,
    /// The peer's first Close, once its host had it.
    pub(super) received: Option<Received>,
}

/// The first Close of an endpoint.
#[derive(Clone, Debug)]
pub(super) struct SentClose {
    pub(super) frame: u64,
    pub(super) payload: ClosePayload,
    /// Of its first byte.
    pub(super) evidence: Evidence,
    /// Offset behind it in the sender's stream.
    pub(super) end: Option<u64>,
    /// It broke a rule for which its receiver may or must fail the connection.
    pub(super) faulty: bool,
}

/// The peer's Close has reached the host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// Time of the acknowledgement that says so.
    pub(super) at: Option<Timestamp>,
    /// A message of its own was open then, which it may finish first (5.5.1).
    pub(super) message_open: bool,
}

/// End of an endpoint's TCP stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) how: StreamEnd,
    pub(super) evidence: Evidence,
}

impl Ended {
    /// Whether it stands earlier in the recording.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.evidence.packet() < other.evidence.packet()
    }

    /// Whether its sender had received `theirs` by then; `None` where nothing tells.
    pub(super) fn is_after(&self, theirs: &Self) -> Option<bool> {
        match theirs.how {
            // A FIN takes one sequence number behind the last byte (RFC 9293 3.4).
            StreamEnd::Fin | StreamEnd::EndStream => Some(self.evidence.acked()? > theirs.evidence.offset()?),
            // A host that has received an RST sends no FIN any more; an RST it may answer with one.
            StreamEnd::Rst | StreamEnd::RstStream(_) if self.how.is_orderly() => Some(false),
            StreamEnd::Rst | StreamEnd::RstStream(_) | StreamEnd::Dropped | StreamEnd::Unobserved => None,
        }
    }

    /// Whether it left before its sender had received `theirs`; where nothing tells, by the order of the recording.
    pub(super) fn is_own(&self, theirs: &Self) -> bool {
        self.is_after(theirs).map_or_else(|| !theirs.is_before(self), |after| !after)
    }

    /// Whether the peer's host had received it when it sent `close`.
    pub(super) fn was_known_to(&self, close: &SentClose) -> Option<bool> {
        match self.how {
            // A FIN takes one sequence number behind the last byte (RFC 9293 3.4).
            StreamEnd::Fin | StreamEnd::EndStream => Some(close.evidence.acked()? > self.evidence.offset()?),
            // A host that has received an RST sends nothing any more.
            StreamEnd::Rst | StreamEnd::RstStream(_) => close.evidence.acked().map(|_| false),
            StreamEnd::Dropped | StreamEnd::Unobserved => None,
        }
    }

    /// Whether it left after its sender's host had received `close`.
    pub(super) fn knew(&self, close: &SentClose) -> Option<bool> {
        Some(self.evidence.acked()? >= close.end?)
    }
}

impl SentClose {
    /// Whether it left after its sender had received `theirs`; `None` where nothing tells.
    pub(super) fn knew_end(&self, theirs: &Ended) -> Option<bool> {
        match theirs.how {
            // A FIN takes one sequence number behind the last byte (RFC 9293 3.4).
            StreamEnd::Fin | StreamEnd::EndStream => Some(self.evidence.acked()? > theirs.evidence.offset()?),
            // A host that has received an RST sends nothing any more.
            StreamEnd::Rst | StreamEnd::RstStream(_) => Some(false),
            StreamEnd::Dropped | StreamEnd::Unobserved => None,
        }
    }

    /// Whether it can be an answer to `theirs`; without acknowledgement numbers the order of the recording has to do.
    pub(super) fn answers(&self, theirs: &Self) -> bool {
        self.knew(theirs).unwrap_or(theirs.frame < self.frame)
    }

    /// Whether it left after its sender's host had received `theirs`.
    pub(super) fn knew(&self, theirs: &Self) -> Option<bool> {
        Some(self.evidence.acked()? >= theirs.end?)
    }
}

impl State {
    fn closes(&self) -> Option<&Closes> {
        match self {
            Self::Connecting | Self::Open => None,
            Self::Closing(closes) => Some(closes),
            Self::Closed(closes, _) => closes.as_deref(),
        }
    }

    /// The own Close.
    pub(super) fn sent(&self) -> Option<&SentClose> {
        self.closes()?.sent.as_ref()
    }

    /// The peer's Close at its host.
    pub(super) fn received(&self) -> Option<&Received> {
        self.closes()?.received.as_ref()
    }

    /// The own end of TCP.
    pub(super) const fn end(&self) -> Option<&Ended> {
        match self {
            Self::Closed(_, end) => Some(end),
            Self::Connecting | Self::Open | Self::Closing(_) => None,
        }
    }

    /// The opening handshake is complete.
    pub(super) fn open(&mut self) {
        if matches!(self, Self::Connecting) {
            *self = Self::Open;
        }
    }

    /// Writes down a Close, its own or the peer's: CLOSING, unless it is CLOSED.
    pub(super) fn note_close(&mut self, write: impl FnOnce(&mut Closes)) {
        match self {
            Self::Closed(closes, _) => write(closes.get_or_insert_default()),
            Self::Closing(closes) => write(closes),
            Self::Connecting | Self::Open => {
                let mut closes = Box::<Closes>::default();
                write(&mut closes);
                *self = Self::Closing(closes);
            }
        }
    }

    /// A data frame begun at `at` is over: if the peer's Close arrived meanwhile, a message was open then.
    pub(super) fn finishes(&mut self, at: Option<Timestamp>) {
        if let Self::Closing(closes) = self
            && let Some(received) = &mut closes.received
        {
            received.message_open |= at < received.at;
        }
    }

    /// TCP is ended by this side; the first end counts.
    pub(super) fn end_tcp(&mut self, end: Ended) {
        *self = match std::mem::take(self) {
            closed @ Self::Closed(..) => closed,
            Self::Closing(closes) => Self::Closed(Some(closes), end),
            Self::Connecting | Self::Open => Self::Closed(None, end),
        };
    }

    pub(super) const fn lifecycle(&self) -> Lifecycle {
        match self {
            Self::Connecting => Lifecycle::Connecting,
            Self::Open => Lifecycle::Open,
            Self::Closing(_) => Lifecycle::Closing,
            Self::Closed(..) => Lifecycle::Closed,
        }
    }
}
