//! What of a TCP connection can be told again in a recording made elsewhere on its path.

use std::sync::Arc;

use crate::model::{PerRole, SeqNo, Timestamp};

/// Bytes of a payload that its mark is made of.
const MARKED: usize = 32;

/// A segment with payload, by which it is known again wherever it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// Made of the beginning of its payload and its length: the same whatever rewrites addresses, ports or numbers.
    pub mark: u64,
    /// Its sequence number.
    pub seq: SeqNo,
    /// When it was captured.
    pub at: Timestamp,
    /// The mark came again: which of them this is cannot be told.
    pub is_ambiguous: bool,
}

/// What one side sent, as this recording has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trail {
    /// All that it sent was taken, and not only what came first: copies are known, and samples are of all of it.
    pub is_whole: bool,
    /// The number of its SYN; `None` where that is not in the recording.
    pub isn: Option<SeqNo>,
    /// Its segments, each as often as it was captured.
    pub segments: u64,
    /// Payload bytes of them.
    pub payload_bytes: u64,
    /// Segments that are copies of one that the host sent once: the network delivered them twice, or they were captured twice. Known by
    /// the identification of IPv4, which a retransmission has anew.
    pub copies: u64,
    /// Payload bytes of those.
    pub copied_bytes: u64,
    /// Segments without one, in IPv6 or where it is 0 as in many a SYN+ACK: copies of these are told from retransmissions only where they
    /// come at once.
    pub unnamed: u64,
    /// Payload bytes of the largest one.
    pub largest: u32,
    /// The number after the last of what it sent, its FIN counted.
    pub next: Option<SeqNo>,
    /// The greatest number that it acknowledged: so much of its peer's reached its host.
    pub acked: Option<SeqNo>,
    /// When the first was captured.
    pub first_at: Option<Timestamp>,
    /// When the last was, in whatever order they stand in the recording.
    pub last_at: Option<Timestamp>,
    /// Some of those with payload: which, their marks decide, so that two recordings have the same.
    pub samples: Vec<Sample>,
}

/// Those of both sides; shared by what one connection carries.
pub type Trails = Arc<PerRole<Trail>>;

impl Trail {
    /// About how many bytes of memory it takes.
    pub(crate) const fn weight(&self) -> usize {
        size_of::<Self>() + self.samples.capacity() * size_of::<Sample>()
    }
}

/// Of a payload of `len` bytes: the same on every machine.
pub(crate) fn payload_mark(payload: &[u8], len: u32) -> u64 {
    let (words, rest) = payload.get(..MARKED).unwrap_or(payload).as_chunks();
    let words = words.iter().map(|word| u64::from_be_bytes(*word));
    let rest = rest.iter().copied().map(u64::from).reduce(|word, b| word << 8 | b);
    let sum = words
        .chain(rest)
        .fold(u64::from(len), |sum, word| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    // The top bits depend on all.
    (sum ^ sum >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}
