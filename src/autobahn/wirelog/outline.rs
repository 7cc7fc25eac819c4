//! What rows there are of one direction, known before its frames are put together.

use crate::autobahn::wirelog::{direction, sizes::Sizes};
use crate::model::case::{LoggedData, LoggedFrame, WireRow};
use crate::model::{FrameHeader, LengthForm, MaskingKey, Opcode};
use crate::websocket::parse_header;

/// Rows of one direction, in the order of the log.
pub(super) struct Outline<'a> {
    /// The tester sent it: the row of a frame stands before its octets.
    pub(super) is_sent: bool,
    /// Rows of frames.
    frames: Vec<(u32, &'a LoggedFrame)>,
    /// Rows of octets.
    octets: Vec<(u32, &'a LoggedData)>,
    /// Rows that switch the log off.
    pauses: Vec<u32>,
    /// Row of the tester's own Close: of what it receives behind that, it logs lengths that are not so.
    closed: Option<u32>,
    pub(super) sizes: Sizes,
}

impl<'a> Outline<'a> {
    pub(super) fn new(rows: &'a [WireRow], counts: &[(u64, u64)], is_sent: bool) -> Self {
        let mut outline = Self {
            is_sent,
            frames: Vec::new(),
            octets: Vec::new(),
            pauses: Vec::new(),
            closed: None,
            sizes: Sizes::new(counts, rows, is_sent),
        };
        for (row, n) in rows.iter().zip(0..) {
            let sent = direction(row).is_some_and(|(sent, _)| sent);
            match row {
                WireRow::RxFrame(frame) | WireRow::TxFrame(frame) if sent == is_sent => {
                    outline.frames.push((n, frame));
                }
                WireRow::TxFrame(frame) if frame.opcode == Opcode::CLOSE.bits() => {
                    outline.closed.get_or_insert(n);
                }
                WireRow::RxOctets(data) | WireRow::TxOctets(data) if sent == is_sent => {
                    outline.octets.push((n, data));
                }
                WireRow::Log(false) => outline.pauses.push(n),
                _ => {}
            }
        }
        outline
    }

    /// Whether there are octets of it at all.
    pub(super) const fn has_octets(&self) -> bool {
        !self.octets.is_empty()
    }

    /// The first octets.
    pub(super) fn first_octets(&self) -> Option<&'a LoggedData> {
        self.octets.first().map(|(_, data)| *data)
    }

    /// Whether the first octets are those of an HTTP head.
    pub(super) fn shows_head(&self) -> bool {
        self.first_octets().is_some_and(|octets| {
            [&b"GET "[..], b"HTTP/1."].iter().any(|begin| octets.known.starts_with(begin))
        })
    }

    /// Whether the first octets begin with the header of the first frame that has a row.
    pub(super) fn begins_with_frames(&self) -> bool {
        let first = self.first_octets().zip(self.frame(0));
        first.is_some_and(|(octets, (n, frame))| self.begins(octets, n, frame))
    }

    /// Row of a frame, counted from 0.
    pub(super) fn frame(&self, at: usize) -> Option<(u32, &'a LoggedFrame)> {
        self.frames.get(at).copied()
    }

    /// Where the log of `row` stops: the row that switches it off, or none.
    fn pause_behind(&self, row: u32) -> u32 {
        let at = self.pauses.partition_point(|pause| *pause <= row);
        self.pauses.get(at).copied().unwrap_or(u32::MAX)
    }

    /// The next row of octets behind `row`.
    pub(super) fn octets_behind(&self, row: u32) -> Option<(u32, &'a LoggedData)> {
        let at = self.octets.partition_point(|(n, _)| *n <= row);
        self.octets.get(at).copied().filter(|(n, _)| *n < self.pause_behind(row))
    }

    /// The row of a frame, if it is told before the log is switched off. Its length counts only where it is sound.
    pub(super) fn frame_within(&self, at: usize, row: u32) -> Option<(u32, &'a LoggedFrame)> {
        self.frame(at).filter(|(n, _)| *n < self.pause_behind(row))
    }

    /// Rows of frames from `at` on that stand before the octets that follow `row`: those frames end in the octets of
    /// `row` or before.
    pub(super) fn frames_ended(&self, at: usize, row: u32) -> &[(u32, &'a LoggedFrame)] {
        let until = self.octets_behind(row).map_or_else(|| self.pause_behind(row), |(n, _)| n);
        let rest = self.frames.get(at..).unwrap_or_default();
        let end = rest.partition_point(|(n, _)| *n < until);
        rest.get(..end).unwrap_or_default()
    }

    /// Whether what that row says of a frame can be relied on.
    pub(super) fn is_sound(&self, row: u32) -> bool {
        self.is_sent || self.closed.is_none_or(|closed| row < closed)
    }

    /// Length of the payload, where the row tells it and can be relied on.
    pub(super) fn payload_len(&self, row: u32, frame: &LoggedFrame) -> Option<u64> {
        let told = frame.repeat_len.or(frame.data.len);
        told.filter(|len| *len > 0 || self.is_sound(row))
    }

    /// Header of the frame as its row tells it, in the shortest form.
    pub(super) fn header(&self, row: u32, frame: &LoggedFrame) -> Option<FrameHeader> {
        self.payload_len(row, frame).map(|len| header(frame, len))
    }

    /// Whether header and row say the same of a frame.
    pub(super) fn agree(&self, header: &FrameHeader, row: u32, frame: &LoggedFrame) -> bool {
        is_of(header, frame) && self.payload_len(row, frame).is_none_or(|len| len == header.payload_len)
    }

    /// Whether octets begin with the header of that frame.
    pub(super) fn begins(&self, octets: &LoggedData, row: u32, frame: &LoggedFrame) -> bool {
        parse_header(&octets.known).is_ok_and(|header| self.agree(&header, row, frame))
    }
}

/// Whether header and row are of one frame, however long they say it is: old suites log no length, and what a page shows of a
/// payload may have lost some of it.
pub(super) fn is_of(header: &FrameHeader, frame: &LoggedFrame) -> bool {
    header.fin == frame.fin
        && header.rsv.0 == frame.rsv
        && header.opcode.bits() == frame.opcode
        && frame.masked.is_none_or(|masked| masked == header.masking_key.is_some())
        && frame.masking_key.is_none_or(|key| header.masking_key == Some(MaskingKey(key)))
}

/// A header as the row of a frame tells it.
pub(super) fn header(frame: &LoggedFrame, payload_len: u64) -> FrameHeader {
    FrameHeader {
        fin: frame.fin,
        rsv: crate::model::Rsv(frame.rsv),
        opcode: Opcode::from_bits(frame.opcode),
        masking_key: frame.masking_key.map(MaskingKey),
        length_form: LengthForm::of(payload_len),
        payload_len,
    }
}
