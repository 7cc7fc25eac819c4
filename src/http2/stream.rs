//! A stream that asked for WebSocket: how far it has come, and how it ended.

use crate::http2::inner::Inner;
use crate::http2::{Ending, Going, How};
use crate::model::{Carrier, Direction, PerDirection};

/// Ends of a stream that are kept: each side ends it once, and resets may follow.
const MAX_ENDINGS: usize = 8;

/// A stream that asked for WebSocket, or may have before the recording began.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) state: State,
    pub(super) inner: PerDirection<Inner>,
    pub(super) ended: PerDirection<bool>,
    /// A side has reset it.
    pub(super) is_reset: bool,
    /// What each side may send on it, beyond what every stream begins with.
    pub(super) windows: PerDirection<i64>,
    /// By sender: it may have lost something, and nothing came since.
    pub(super) is_cut: PerDirection<bool>,
    pub(super) early: Early,
    pub(super) endings: Vec<Ending>,
    /// The server had said before that it takes such requests; `None` where that is not in the recording.
    pub(super) was_invited: Option<bool>,
    /// Bytes of memory behind it, when it was last weighed.
    pub(super) weighed: usize,
}

/// What the client sent before the response.
#[derive(Debug, Default)]
pub(super) struct Early {
    pub(super) pieces: Vec<(Vec<u8>, u64, Carrier)>,
    /// Bytes of memory behind them.
    pub(super) weight: usize,
    /// Where what was not kept begins, how long it is, and what brought the last of it.
    pub(super) dropped: Option<(u64, u64, Carrier)>,
    /// What brought END_STREAM behind them.
    pub(super) end: Option<Carrier>,
}

impl Early {
    /// Whether there is something that has to come before the end.
    pub(super) const fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.dropped.is_none()
    }

    /// Keeps bytes, or counts them from where there were too many on. Gives how many were not kept.
    pub(super) fn push(&mut self, bytes: &[u8], offset: u64, carrier: Carrier, cap: usize) -> u64 {
        let len = bytes.len() as u64;
        let weight = self.weight.saturating_add(bytes.len() + size_of::<(Vec<u8>, u64, Carrier)>());
        if self.dropped.is_none() && weight <= cap {
            self.weight = weight;
            self.pieces.push((bytes.to_vec(), offset, carrier));
            return 0;
        }
        let (start, before, _) = self.dropped.unwrap_or((offset, 0, carrier));
        self.dropped = Some((start, before.saturating_add(len), carrier));
        len
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Asked,
    Open,
    Refused,
    /// Its request is not in the recording.
    Unseen,
}

/// What is known of a stream once it is over.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StreamFacts {
    /// Its ends, in their order, those of the connection below left out.
    pub endings: Vec<Ending>,
    /// The server had said before the request that it takes extended CONNECT; `None` where that is not in the recording.
    pub was_invited: Option<bool>,
    /// By sender: what it could still send when all was over, on the stream and on the connection, is nothing.
    pub stalled: PerDirection<bool>,
    /// By sender of the GOAWAY.
    pub going: PerDirection<Option<Going>>,
}

impl StreamFacts {
    /// Whether both sides ended the stream before the connection was over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        is_over(&self.endings)
    }
}

/// Whether these end a stream: a reset ends it for both sides.
pub(super) fn is_over(endings: &[Ending]) -> bool {
    let ends = |dir| endings.iter().any(|end| end.dir == dir);
    let is_reset = endings.iter().any(|end| matches!(end.how, How::RstStream(_)));
    is_reset || ends(Direction::Orig) && ends(Direction::Resp)
}

impl Stream {
    pub(super) fn new(state: State, was_invited: Option<bool>) -> Self {
        Self {
            state,
            inner: PerDirection::default(),
            ended: PerDirection::default(),
            is_reset: false,
            windows: PerDirection::default(),
            is_cut: PerDirection::default(),
            weighed: 0,
            early: Early::default(),
            endings: Vec::new(),
            was_invited,
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_reset || self.ended.orig && self.ended.resp
    }

    /// Bytes of memory behind it.
    pub(super) fn held(&self) -> usize {
        self.early.weight + self.inner.orig.held() + self.inner.resp.held() + size_of::<Self>()
    }

    /// What brought something that `dir` sent, with what of this stream its sender had received.
    pub(super) fn carrier(&self, dir: Direction, carrier: Carrier) -> Carrier {
        Carrier { acked: carrier.acked.map(|outer| self.inner[dir.flip()].at(outer)), ..carrier }
    }

    /// A side ends its half, or resets the stream. Gives what brought it, as of this stream, the first time.
    pub(super) fn close(&mut self, dir: Direction, how: How, carrier: Carrier) -> Option<Carrier> {
        let carrier = self.carrier(dir, carrier);
        self.is_reset |= matches!(how, How::RstStream(_));
        if self.endings.len() < MAX_ENDINGS {
            self.endings.push(Ending { dir, how, offset: self.inner[dir].offset(), carrier });
        }
        (!std::mem::replace(&mut self.ended[dir], true)).then_some(carrier)
    }
}
