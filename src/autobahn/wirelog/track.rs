//! The frames of one direction of a wire log.

mod lengths;

use std::collections::VecDeque;

use crate::autobahn::notes::Notes;
use crate::autobahn::wirelog::outline::{Outline, header, is_of};
use crate::model::case::{LoggedData, LoggedFrame};
use crate::model::{
    Evidence, FrameHeader, GapCause, Missing, Observation, Observed, Piece, Role, Undecodable,
};
use crate::websocket::{Decoded, Decoder, Ending};

/// What one side sent, as its octets and the rows of its frames show it.
pub(super) struct Track<'a> {
    from: Role,
    outline: Outline<'a>,
    /// Bytes of its HTTP head that are still to pass over.
    head_left: u64,
    /// The last bytes of the head so far, as long as octets show all of it.
    head_seen: Option<Vec<u8>>,
    reading: Reading,
    /// Row in which the header that is open began.
    opened: u32,
    /// Headers that octets gave and no row yet.
    decoded: VecDeque<FrameHeader>,
    /// Rows of frames that have come.
    come: usize,
    /// Rows of frames that are done with: of a header, or taken for themselves.
    paired: usize,
    /// Size of the pieces in which the frame that is being sent leaves.
    chop: Option<u64>,
    /// Octets came whose length nothing tells.
    unmeasured: bool,
}

/// Where its frames are read. Offsets count bytes behind the handshake.
enum Reading {
    /// Octets, whose place is certain.
    Octets(Decoder),
    /// The header at `start` was cut away; octets up to `fed` have come.
    Await { start: u64, fed: u64 },
    /// The octets of a frame that was taken from its row reach to `until`.
    Skip { until: u64, fed: u64 },
    /// Rows, since where the next frame begins in the octets is not certain; until octets begin with the header of the
    /// next row. Of a frame that octets have begun, so many bytes are still to come.
    Rows { open: Option<u64> },
    /// No frames: the handshake failed, or what follows is lost.
    Nothing,
}

impl<'a> Track<'a> {
    /// `head` is how many bytes of an HTTP head its octets begin with.
    pub(super) fn new(from: Role, outline: Outline<'a>, head: u64, switched: bool) -> Self {
        let reading = match (switched, outline.has_octets()) {
            (false, _) => Reading::Nothing,
            (true, true) => Reading::Octets(Decoder::new(0)),
            (true, false) => Reading::Rows { open: None },
        };
        Self {
            from,
            head_seen: outline.shows_head().then(Vec::new),
            outline,
            head_left: head,
            reading,
            opened: 0,
            decoded: VecDeque::new(),
            come: 0,
            paired: 0,
            chop: None,
            unmeasured: false,
        }
    }

    /// A row of octets.
    pub(super) fn octets(
        &mut self,
        data: &LoggedData,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        if self.head_left > 0 {
            return self.head(data, row, notes, sink);
        }
        self.resume(data, row, notes, sink);
        match data.len.or_else(|| self.length(data, row)) {
            Some(len) => {
                if data.len.is_none() {
                    self.outline.sizes.take(len);
                }
                self.feed(&data.known, len, row, notes, sink);
            }
            None => {
                self.feed(&data.known, data.known.len() as u64, row, notes, sink);
                self.unmeasured |= !matches!(self.reading, Reading::Rows { .. } | Reading::Nothing);
                self.leave_octets();
            }
        }
        self.settle(row, notes, sink);
    }

    /// Octets that begin with the HTTP head, or what is left of it. It ends where the octets show that; a report quotes it
    /// without its blanks, or as a program wrote it.
    fn head(
        &mut self,
        data: &LoggedData,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        if let Some(end) = self.end_of_head(&data.known) {
            self.head_left = end as u64;
        } else if self.head_seen.is_some() && data.len == Some(data.known.len() as u64) {
            // All of it is shown, and its end is still to come.
            self.head_left = self.head_left.max(data.known.len() as u64 + 1);
        } else {
            self.head_seen = None;
        }
        let whole = self.head_left.max(data.known.len() as u64);
        let Some(len) = data.len else {
            // Where frames come in the same octets, only their rows tell of them.
            if self.outline.is_sent || self.outline.frames_ended(self.paired, row).is_empty() {
                let len = Some(whole).filter(|len| self.outline.sizes.allows(*len));
                let len = len.or_else(|| self.outline.sizes.only(whole));
                len.into_iter().for_each(|len| self.outline.sizes.take(len));
            } else {
                self.leave_octets();
            }
            self.head_left = 0;
            return;
        };
        let behind = len.saturating_sub(self.head_left);
        let from = usize::try_from(self.head_left).unwrap_or(usize::MAX);
        self.head_left = self.head_left.saturating_sub(len);
        if behind > 0 {
            self.feed(data.known.get(from..).unwrap_or_default(), behind, row, notes, sink);
        }
        self.settle(row, notes, sink);
    }

    /// Where in these octets the empty line ends the head; `None` where that is not shown.
    fn end_of_head(&mut self, known: &[u8]) -> Option<usize> {
        const END: &[u8] = b"\r\n\r\n";
        let seen = self.head_seen.as_mut()?;
        let before = seen.len();
        seen.extend_from_slice(known);
        let at = seen.windows(END.len()).position(|window| window == END).map(|at| at + END.len() - before);
        let kept = seen.len().saturating_sub(END.len() - 1);
        seen.drain(..kept);
        at
    }

    /// Where only rows told, octets that begin with the header of the next row tell again.
    fn resume(
        &mut self,
        data: &LoggedData,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        let Reading::Rows { open } = self.reading else { return };
        let next = self.outline.frame_within(self.paired, row);
        let Some((n, frame)) = next.filter(|(n, _)| !self.outline.is_sent || *n < row) else { return };
        if self.outline.begins(data, n, frame) {
            if self.decoded.back().is_some_and(|header| self.outline.agree(header, n, frame)) {
                // The frame that is open, whose row comes behind its last octets.
                return;
            }
            // One that was refused has no row.
            self.decoded.clear();
            self.close_open(open, row, sink);
            self.reading = Reading::Octets(Decoder::new(0));
        } else if self.outline.is_sent {
            self.close_open(open, row, sink);
            self.paired = self.paired.saturating_add(1);
            self.take(frame, n, notes, sink);
        }
    }

    /// Ends a frame whose octets are not told apart from those of others.
    fn close_open(&mut self, open: Option<u64>, row: u32, sink: &mut impl FnMut(Observation<'_>)) {
        let Some(left) = open else { return };
        let (from, evidence) = (self.from, Some(Evidence::WireLog { row }));
        if left > 0 {
            let piece = Piece::Missing { len: left, cause: Missing::ElidedByLog };
            sink(Observation { from, what: Observed::Payload(piece), evidence });
        }
        sink(Observation { from, what: Observed::FrameEnd { cut: 0 }, evidence });
        self.reading = Reading::Rows { open: None };
    }

    /// `len` octets behind the handshake, of which the first are known.
    fn feed(
        &mut self,
        known: &[u8],
        len: u64,
        row: u32,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        match &mut self.reading {
            Reading::Octets(decoder) => {
                // What it sent it can have put inside an unfinished frame of its own, and then octets are what went out.
                let disputed = (!self.outline.is_sent)
                    .then(|| {
                        disputed(
                            decoder,
                            known,
                            &self.outline,
                            self.paired.saturating_add(self.decoded.len()),
                            row,
                        )
                    })
                    .flatten();
                if let Some(disputed) = disputed {
                    notes.add(format!(
                        "row {disputed} of the wire log: the frame differs from its octets, and the rows are followed"
                    ));
                    return self.leave_octets();
                }
                self.decode(known, len, row, sink);
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
                        self.feed(known, len - left, row, notes, sink);
                    }
                }
            }
            Reading::Rows { .. } | Reading::Nothing => {}
        }
    }

    fn decode(&mut self, known: &[u8], len: u64, row: u32, sink: &mut impl FnMut(Observation<'_>)) {
        let Reading::Octets(decoder) = &mut self.reading else { return };
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

    /// A row of a frame.
    pub(super) fn frame(&mut self, row: u32, notes: &mut Notes, sink: &mut impl FnMut(Observation<'_>)) {
        self.come = self.come.saturating_add(1);
        self.settle(row, notes, sink);
    }

    /// Pairs headers and rows; takes from its row the frame whose header was cut away.
    fn settle(&mut self, now: u32, notes: &mut Notes, sink: &mut impl FnMut(Observation<'_>)) {
        while self.paired < self.come
            && let Some((row, frame)) = self.outline.frame(self.paired)
        {
            if let Some(header) = self.decoded.pop_front() {
                self.paired = self.paired.saturating_add(1);
                self.chop = frame.chop_size;
                if self.outline.is_sound(row) && !self.outline.agree(&header, row, frame) {
                    notes.add(format!("row {row} of the wire log: the frame differs from its octets"));
                }
                if let Reading::Rows { open: open @ Some(_) } = self.reading
                    && self.decoded.is_empty()
                {
                    self.close_open(open, row, sink);
                }
                continue;
            }
            match self.reading {
                // Where octets are logged, one that was not sent has none.
                Reading::Rows { .. } if self.outline.is_sent && self.outline.has_octets() => break,
                Reading::Rows { .. } => {
                    self.paired = self.paired.saturating_add(1);
                    self.take(frame, row, notes, sink);
                }
                Reading::Await { start, fed } => {
                    self.paired = self.paired.saturating_add(1);
                    if self.outline.payload_len(row, frame).is_none() && !self.outline.is_sound(row) {
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
                        None => Reading::Rows { open: None },
                    };
                }
                Reading::Octets(_) | Reading::Skip { .. } | Reading::Nothing => break,
            }
        }
        if self.outline.is_sent {
            // Sent piece by piece, without a row (6.4).
            if !self.decoded.is_empty() {
                self.chop = None;
            }
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
        if self.from == Role::Client && frame.masking_key.is_none() && frame.masked != Some(false) {
            // It was masked, or nobody knows: a frame without a key would say that it was not.
            notes.add(format!("row {row} of the wire log: the masking key of the frame is not given"));
            let lost = Observed::Undecodable(Undecodable::FramingLost { skipped: 0 });
            sink(Observation { from: self.from, what: lost, evidence: Some(Evidence::WireLog { row }) });
            return None;
        }
        let known = &frame.data.known;
        let told = self.outline.payload_len(row, frame);
        if told.is_none() && frame.data.len.is_none() {
            notes.add(format!("row {row} of the wire log: the length of the frame is not given"));
        }
        let payload_len = told.unwrap_or(known.len() as u64);
        let known = usize::try_from(payload_len).ok().and_then(|len| known.get(..len)).unwrap_or(known);
        let header = header(frame, payload_len);
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
    fn leave_octets(&mut self) {
        let open = match &self.reading {
            Reading::Octets(decoder) => match decoder.ending() {
                Ending::InPayload { left } => Some(left),
                _ => None,
            },
            Reading::Rows { open } => *open,
            Reading::Await { .. } | Reading::Skip { .. } => None,
            Reading::Nothing => return,
        };
        self.reading = Reading::Rows { open };
    }

    /// The log is switched off.
    pub(super) fn pause(&mut self, row: u32, sink: &mut impl FnMut(Observation<'_>)) {
        self.head_left = 0;
        self.leave_octets();
        if let Reading::Rows { open: open @ Some(_) } = self.reading {
            self.close_open(open, row, sink);
        }
        self.decoded.clear();
        self.paired = self.come;
    }

    /// The source ends here and the log went on: of what is open nothing is known.
    pub(super) fn cut(&mut self, notes: &mut Notes) {
        self.reading = Reading::Nothing;
        self.remark(notes);
    }

    fn remark(&self, notes: &mut Notes) {
        if self.unmeasured {
            let what = if self.outline.is_sent { "sent" } else { "received" };
            notes.remark(format!(
                "the source does not tell how long some of the octets {what} are: the frames in them are read from \
                their rows"
            ));
        }
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
            Reading::Rows { open: open @ Some(_) } => {
                let open = *open;
                self.close_open(open, self.opened, sink);
                self.lose(0, 0, self.opened, sink);
            }
            Reading::Skip { .. } | Reading::Rows { open: None } | Reading::Nothing => {}
        }
        self.remark(notes);
        while self.paired < self.come
            && let Some((row, _)) = self.outline.frame(self.paired)
        {
            self.paired = self.paired.saturating_add(1);
            notes.add(format!(
                "row {row} of the wire log: this frame is not in the octets: it was not sent, or is \
                inside another"
            ));
        }
    }
}

/// The row of a frame received that says otherwise than the octets that are to be read now; `next` is the first row that
/// none of the frames before is of.
fn disputed(
    decoder: &Decoder,
    known: &[u8],
    outline: &Outline<'_>,
    mut next: usize,
    row: u32,
) -> Option<u32> {
    let mut found = None;
    decoder.clone().push(known, &mut |step| {
        let Decoded::Frame { header, .. } = step else { return };
        let Some((n, frame)) = outline.frame_within(next, row) else { return };
        next = next.saturating_add(1);
        if found.is_none() && n > row && outline.is_sound(n) && !is_of(&header, frame) {
            found = Some(n);
        }
    });
    found
}

/// The hole of a payload, by its true cause.
const fn elided(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Bytes(_) => piece,
        Piece::Missing { len, .. } => Piece::Missing { len, cause: Missing::ElidedByLog },
    }
}
