//! Where records go on behind a hole, or behind bytes that are none.
//!
//! A place is taken for the start of a record if its header is one that the connection could have, if a header follows
//! where that one says, and, with keys, if the record can be opened as the *n*-th one after the last: how many are
//! missing is found by trying. What must be tried is bounded by the bytes of the hole.

use crate::model::{Carrier, GapCause};
use crate::tls::record::{ContentType, HEADER_LEN, Header, MAX_BODY, header};

/// Where a record begins behind the hole: this far at most, for it is one that began in the hole, or the next.
const MAX_SCAN: usize = 2 * (HEADER_LEN + MAX_BODY);

/// Tries may read so many bytes for each of the hole and of the record.
const WORK: u64 = 64;

/// Work of a try besides the bytes of the record.
const TRY: u64 = 64;

#[derive(Debug)]
pub(super) struct Seek {
    /// Where the first record begins that is missing.
    pub(super) from: u64,
    /// Where bytes go on.
    start: u64,
    pub(super) cause: GapCause,
    pub(super) carrier: Carrier,
    bytes: Vec<u8>,
    /// Offset in TCP at which each segment begins.
    segments: Vec<(u64, Carrier)>,
    /// No record begins in so many of the bytes.
    scanned: usize,
}

/// What became of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// A record begins at this offset in TCP.
    At(u64, T),
    /// It may, once there is more.
    Open,
    /// None does.
    Never,
}

/// What is known of a place at which a record could begin.
pub(super) enum Judged<T> {
    Yes(T),
    No,
}

/// A record that may be one.
pub(super) struct Candidate<'a> {
    pub(super) header: Header,
    pub(super) body: &'a [u8],
    /// Bytes from the first missing record up to it.
    pub(super) missing: u64,
}

impl Candidate<'_> {
    /// How many numbers may be tried.
    pub(super) fn tries(&self, overhead: usize) -> u64 {
        let len = self.body.len() as u64;
        let records = self.missing / (HEADER_LEN as u64 + overhead as u64);
        let work = WORK.saturating_mul(self.missing.saturating_add(len).saturating_add(TRY)) / (len + TRY);
        records.min(work)
    }
}

impl Seek {
    /// A record begins at `from`, which is not there; bytes go on at `start`.
    pub(super) const fn new(from: u64, start: u64, cause: GapCause, carrier: Carrier) -> Self {
        Self { from, start, cause, carrier, bytes: Vec::new(), segments: Vec::new(), scanned: 0 }
    }

    pub(super) fn push(&mut self, offset: u64, bytes: &[u8], carrier: Carrier) {
        self.segments.push((offset, carrier));
        self.bytes.extend_from_slice(bytes);
    }

    /// More is missing: bytes go on at `start`.
    pub(super) fn gap(&mut self, start: u64) {
        self.start = start;
        self.scanned = 0;
        self.bytes.clear();
        self.segments.clear();
    }

    /// Goes on looking. `fits` says whether a header is one that can be; `judge` is asked about records that are whole
    /// and followed by another, as far as that is there; without it, by another for certain.
    pub(super) fn search<T>(
        &mut self,
        fits: impl Fn(Header) -> bool,
        mut judge: Option<impl FnMut(&Candidate<'_>) -> Judged<T>>,
        unjudged: T,
    ) -> Found<T>
    where
        T: Copy,
    {
        while let Some(rest) = self.bytes.get(self.scanned..) {
            if self.scanned > MAX_SCAN {
                return Found::Never;
            }
            let Some(header) = header(rest) else { return Found::Open };
            if fits(header) {
                let Some((record, behind)) = rest.split_at_checked(header.wire_len()) else {
                    return Found::Open;
                };
                let follows = follows(behind, &fits);
                let offset = self.start.saturating_add(self.scanned as u64);
                match (&mut judge, follows) {
                    (_, Some(false)) => {}
                    (None, None) => return Found::Open,
                    (None, Some(true)) => return Found::At(offset, unjudged),
                    (Some(judge), _) => {
                        let body = record.get(HEADER_LEN..).unwrap_or_default();
                        let candidate = Candidate { header, body, missing: offset.saturating_sub(self.from) };
                        if let Judged::Yes(found) = judge(&candidate) {
                            return Found::At(offset, found);
                        }
                    }
                }
            }
            self.scanned += 1;
        }
        Found::Open
    }

    /// The bytes from `offset` on, by the segments that brought them.
    pub(super) fn into_pieces(self, offset: u64) -> Vec<(u64, Vec<u8>, Carrier)> {
        let end = self.start.saturating_add(self.bytes.len() as u64);
        let mut pieces = Vec::new();
        for (at, &(from, carrier)) in self.segments.iter().enumerate() {
            let upto = self.segments.get(at + 1).map_or(end, |(next, _)| *next);
            let from = from.max(offset);
            let place =
                |offset: u64| usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
            if let Some(bytes) = self.bytes.get(place(from)..place(upto)).filter(|bytes| !bytes.is_empty()) {
                pieces.push((from, bytes.to_vec(), carrier));
            }
        }
        pieces
    }
}

/// Whether the bytes behind a record begin another; `None` where too few are there.
fn follows(behind: &[u8], fits: impl Fn(Header) -> bool) -> Option<bool> {
    if let Some(header) = header(behind) {
        return Some(fits(header));
    }
    match behind.first() {
        Some(content) if !ContentType(*content).is_known() => Some(false),
        _ => None,
    }
}
