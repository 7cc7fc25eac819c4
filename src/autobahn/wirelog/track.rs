//! One direction of a wire log.

use std::collections::VecDeque;

use crate::autobahn::notes::Notes;
use crate::model::case::{LoggedData, LoggedFrame};
use crate::model::{
    Evidence, FrameHeader, GapCause, LengthForm, MaskingKey, Missing, Observation, Observed, Opcode, Piece,
    Role, Rsv, Undecodable,
};
use crate::websocket::{Decoded, Decoder, Ending};

/// What one side sent, as its octets and the rows of its frames show it.
pub(super) struct Track<'a> {
    from: Role,
    /// Bytes of its HTTP head, and those still to pass over.
    head_len: u64,
    head_left: u64,
    /// The tester sent it: a frame's row comes before its octets.
    is_sent: bool,
    /// Sizes in which octets came, for rows that do not tell their length.
    sizes: &'a [(u64, u64)],
    reading: Reading,
    /// Row in which the header that is open began.
    opened: u32,
    /// Headers that octets gave and no row yet.
    decoded: VecDeque<FrameHeader>,
    /// Rows of frames that no octets gave yet.
    rows: VecDeque<(u32, &'a LoggedFrame)>,
    /// The tester has sent its Close: what it still logs of the testee is unsound.
    peer_closed: bool,
}

/// Where its frames are read. Offsets count bytes behind the handshake.
enum Reading {
    /// Octets reach.
    Octets(Decoder),
    /// The header at `start` was cut away; octets up to `fed` have come.
    Await { start: u64, fed: u64 },
    /// The octets of a frame that was taken from its row reach to `until`.
    Skip { until: u64, fed: u64 },
    /// Nothing but rows.
    Rows,
    /// No frames: the handshake failed.
    Nothing,
}

impl<'a> Track<'a> {
    pub(super) fn new(
        from: Role,
        head_len: u64,
        is_sent: bool,
        sizes: &'a [(u64, u64)],
        switched: bool,
        has_octets: bool,
    ) -> Self {
        let reading = match (switched, has_octets) {
            (false, _) => Reading::Nothing,
            (true, true) => Reading::Octets(Decoder::new(0)),
            (true, false) => Reading::Rows,
        };
        Self {
            from,
            head_len,
            head_left: head_len,
            is_sent,
            sizes,
            reading,
            opened: 0,
            decoded: VecDeque::new(),
            rows: VecDeque::new(),
            peer_closed: false,
        }
    }

    pub(super) const fn peer_has_closed(&mut self) {
        self.peer_closed = true;
    }

    /// A row of octets.
    pub(super) fn octets(
        &mut self,
        data: &LoggedData,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        let Some(len) = data.len.or_else(|| self.len_of(&data.known)) else {
            self.feed(&data.known, data.known.len() as u64, row, sink);
            self.rows_only(sink);
            return self.settle(row, notes, sink);
        };
        let behind = len.saturating_sub(self.head_left);
        let head = usize::try_from(len - behind).unwrap_or(usize::MAX);
        self.head_left = self.head_left.saturating_sub(len);
        let known = data.known.get(head..).unwrap_or_default();
        if behind > 0 {
            self.feed(known, behind, row, sink);
        }
        self.settle(row, notes, sink);
    }

    /// Length of a row that does not tell it, which is at least what it shows: what is left of the head, the one
    /// size that comes into question, or the end of a frame, if octets of that size came at all.
    fn len_of(&self, known: &[u8]) -> Option<u64> {
        let shown = known.len() as u64;
        if self.head_left > 0 {
            return Some(self.head_left.max(shown));
        }
        let Reading::Octets(decoder) = &self.reading else { return None };
        let is_head = |size: u64, count: u64| size == self.head_len && count == 1;
        let sizes = self.sizes.iter().filter(|(size, count)| *size >= shown && !is_head(*size, *count));
        let mut sizes = sizes.map(|(size, _)| *size);
        if let (Some(only), None) = (sizes.clone().next(), sizes.clone().nth(1)) {
            return Some(only);
        }
        let len = match decoder.ending() {
            Ending::InPayload { left } => left,
            Ending::Between => {
                let header = crate::websocket::parse_header(known).ok()?;
                header.wire_len().checked_add(header.payload_len)?
            }
            Ending::InHeader { .. } | Ending::Lost { .. } => return None,
        };
        sizes.any(|size| size == len).then_some(len)
    }

    /// `len` octets behind the handshake, of which the first are known.
    fn feed(&mut self, known: &[u8], len: u64, row: u32, sink: &mut impl FnMut(Observation<'_>)) {
        match &mut self.reading {
            Reading::Octets(decoder) => {
                let start = decoder.position();
                let (from, opened, decoded) = (self.from, self.opened, &mut self.decoded);
                let mut lost = false;
                let mut emit = |step: Decoded<'_>| {
                    let (what, offset) = match step {
                        Decoded::Frame { offset, header } => {
                            decoded.push_back(header);
                            (Observed::Frame(header), offset)
                        }
                        Decoded::Payload { offset, piece } => (Observed::Payload(elided(piece)), offset),
                        Decoded::FrameEnd { offset } => (Observed::FrameEnd { cut: 0 }, offset),
                        Decoded::Gap { .. } => return lost = true,
                    };
                    let row = if offset < start { opened } else { row };
                    sink(Observation { from, what, evidence: Some(Evidence::WireLog { row }) });
                };
                decoder.push(known, &mut emit);
                let missing = len.saturating_sub(known.len() as u64);
                if missing > 0 {
                    // The cause is replaced above.
                    decoder.gap(missing, GapCause::NotCaptured, &mut emit);
                }
                if decoder.open_header().is_some_and(|offset| offset >= start) {
                    self.opened = row;
                }
                if lost && let Ending::Lost { offset, .. } = decoder.ending() {
                    let fed = decoder.position();
                    self.reading = Reading::Await { start: offset, fed };
                }
            }
            Reading::Await { fed, .. } => *fed = fed.saturating_add(len),
            Reading::Skip { until, fed } => {
                let until = *until;
                let left = until.saturating_sub(*fed);
                *fed = fed.saturating_add(len);
                if len >= left {
                    let known =
                        usize::try_from(left).ok().and_then(|left| known.get(left..)).unwrap_or_default();
                    self.reading = Reading::Octets(Decoder::new(until));
                    if len > left {
                        self.feed(known, len - left, row, sink);
                    }
                }
            }
            Reading::Rows | Reading::Nothing => {}
        }
    }

    /// A row of a frame.
    pub(super) fn frame(
        &mut self,
        frame: &'a LoggedFrame,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        self.rows.push_back((row, frame));
        self.settle(row, notes, sink);
    }

    /// Pairs headers and rows; takes from its row the frame whose header was cut away.
    fn settle(&mut self, now: u32, notes: &mut Notes, sink: &mut impl FnMut(Observation<'_>)) {
        while let Some((row, frame)) = self.rows.front().copied() {
            if let Some(header) = self.decoded.pop_front() {
                self.rows.pop_front();
                if !self.peer_closed && !agree(&header, frame) {
                    notes.add(format!("row {row} of the wire log: the frame differs from its octets"));
                }
                continue;
            }
            match self.reading {
                Reading::Rows => {
                    self.rows.pop_front();
                    self.take(frame, row, notes, sink);
                }
                Reading::Await { start, fed } => {
                    self.rows.pop_front();
                    if self.peer_closed && frame.data.len == Some(0) {
                        // After its own Close the tester logs frames it received as empty.
                        self.lose(start, fed, now, sink);
                        continue;
                    }
                    self.reading = match self.take(frame, row, notes, sink) {
                        Some(len) => {
                            let until = start.saturating_add(len);
                            match until.cmp(&fed) {
                                std::cmp::Ordering::Less => Reading::Await { start: until, fed },
                                std::cmp::Ordering::Equal => Reading::Octets(Decoder::new(fed)),
                                std::cmp::Ordering::Greater => Reading::Skip { until, fed },
                            }
                        }
                        None => Reading::Rows,
                    };
                }
                Reading::Octets(_) | Reading::Skip { .. } | Reading::Nothing => break,
            }
        }
        if self.is_sent {
            // Sent piece by piece, without a row (6.4).
            self.decoded.clear();
        }
    }

    /// Hands on a frame as its row tells it; gives its length on the wire.
    fn take(
        &self,
        frame: &LoggedFrame,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) -> Option<u64> {
        let known = &frame.data.known;
        let told = frame.repeat_len.or(frame.data.len);
        if told.is_none() {
            notes.add(format!("row {row} of the wire log: the length of the frame is not given"));
        }
        let payload_len = told.unwrap_or(known.len() as u64);
        let known = usize::try_from(payload_len).ok().and_then(|len| known.get(..len)).unwrap_or(known);
        let header = FrameHeader {
            fin: frame.fin,
            rsv: Rsv(frame.rsv),
            opcode: Opcode::from_bits(frame.opcode),
            masking_key: frame.masking_key.map(MaskingKey),
            length_form: LengthForm::of(payload_len),
            payload_len,
        };
        let mut emit = |what| {
            sink(Observation { from: self.from, what, evidence: Some(Evidence::WireLog { row }) });
        };
        emit(Observed::Frame(header));
        if !known.is_empty() {
            emit(Observed::Payload(Piece::Bytes(known)));
        }
        let len = payload_len.saturating_sub(known.len() as u64);
        if len > 0 || told.is_none() {
            emit(Observed::Payload(Piece::Missing { len, cause: Missing::ElidedByLog }));
        }
        emit(Observed::FrameEnd { cut: 0 });
        told.and_then(|len| header.wire_len().checked_add(len))
    }

    /// Gives up the octets.
    fn lose(&mut self, start: u64, fed: u64, row: u32, sink: &mut impl FnMut(Observation<'_>)) {
        self.reading = Reading::Nothing;
        let lost = Undecodable::FramingLost { skipped: fed.saturating_sub(start) };
        let evidence = Some(Evidence::WireLog { row });
        sink(Observation { from: self.from, what: Observed::Undecodable(lost), evidence });
    }

    /// From here on frames come from their rows.
    fn rows_only(&mut self, sink: &mut impl FnMut(Observation<'_>)) {
        if let Reading::Octets(decoder) = &self.reading
            && let Ending::InPayload { left } = decoder.ending()
        {
            let evidence = Some(Evidence::WireLog { row: self.opened });
            let piece = Piece::Missing { len: left, cause: Missing::ElidedByLog };
            sink(Observation { from: self.from, what: Observed::Payload(piece), evidence });
            sink(Observation { from: self.from, what: Observed::FrameEnd { cut: 0 }, evidence });
        }
        if !matches!(self.reading, Reading::Nothing) {
            self.reading = Reading::Rows;
        }
    }

    /// The log is switched off.
    pub(super) fn pause(&mut self, sink: &mut impl FnMut(Observation<'_>)) {
        self.head_left = 0;
        self.rows_only(sink);
        self.decoded.clear();
        self.rows.clear();
    }

    /// The log is over.
    pub(super) fn finish(&mut self, notes: &mut Notes, sink: &mut impl FnMut(Observation<'_>)) {
        let evidence = Some(Evidence::WireLog { row: self.opened });
        let from = self.from;
        match &self.reading {
            Reading::Octets(decoder) => match decoder.ending() {
                Ending::InHeader { bytes, .. } => {
                    let cut = Undecodable::CutHeader { bytes: bytes.to_vec() };
                    sink(Observation { from, what: Observed::Undecodable(cut), evidence });
                }
                Ending::InPayload { left } => {
                    sink(Observation { from, what: Observed::FrameEnd { cut: left }, evidence });
                }
                Ending::Between | Ending::Lost { .. } => {}
            },
            Reading::Await { start, fed } => self.lose(*start, *fed, self.opened, sink),
            Reading::Skip { .. } | Reading::Rows | Reading::Nothing => {}
        }
        for (row, _) in self.rows.drain(..) {
            notes.add(format!(
                "row {row} of the wire log: this frame is not in the octets: it was not sent, or is \
                inside another"
            ));
        }
    }
}

/// The hole of a payload, by its true cause.
const fn elided(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Bytes(_) => piece,
        Piece::Missing { len, .. } => Piece::Missing { len, cause: Missing::ElidedByLog },
    }
}

/// Whether header and row can be of the same frame.
fn agree(header: &FrameHeader, row: &LoggedFrame) -> bool {
    header.fin == row.fin
        && header.rsv.0 == row.rsv
        && header.opcode.bits() == row.opcode
        && row.repeat_len.or(row.data.len).is_none_or(|len| len == header.payload_len)
        && row.masked.is_none_or(|masked| masked == header.masking_key.is_some())
        && row.masking_key.is_none_or(|key| header.masking_key == Some(MaskingKey(key)))
}
