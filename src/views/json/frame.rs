//! An entry of `frames`.

use std::fmt;

use crate::model::{Conversation, FrameRecord};
use crate::redact::Shown;
use crate::views::escape::as_text;
use crate::views::json::place;
use crate::views::row::{Boolean, Displayed, Hex, Integer, OrAbsent, Text, Time, row};

row! {
    /// A frame.
    pub(in crate::views) struct Frame<'a>(
        packet: Option<u64>,
        packet_input: Option<usize>,
        frame: &'a FrameRecord<Shown>,
        payload: Option<Payload<'a>>,
    );

    let header = &frame.header;

    /// Its number in the connection, from 1.
    n: Integer = frame.n,
    /// Who sent it: `client` or `server`.
    from: Text = frame.from.name(),
    /// Time of its first byte.
    at: Option<Time> = frame.at,
    /// Packet of its first byte.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// The FIN bit: whether it is the last fragment of its message.
    fin: Boolean = header.fin,
    /// The bits RSV1 (4), RSV2 (2) and RSV3 (1).
    rsv: Integer = header.rsv.0,
    /// The opcode as a number, 0 to 15.
    opcode: Integer = header.opcode.bits(),
    /// The MASK bit: whether a masking key was sent.
    masked: Boolean = header.masking_key.is_some(),
    /// The masking key, four bytes in hex; null without one.
    masking_key: Option<Hex> = header.masking_key.map(|key| key.0),
    /// Payload length given in its header, in bytes.
    length: Integer = header.payload_len,
    /// Its payload, unmasked; null if it is empty or not shown.
    payload: Option<Payload> = payload,
    /// Whether every byte of the payload is in the recording.
    complete: Boolean = frame.complete,
    /// Number of the message it belongs to, from 1.
    message: Option<Integer> = frame.message,
    /// Whether that message is compressed.
    compressed: Boolean = frame.compressed,
}

row! {
    /// A payload: as text, in hex, or only its length.
    pub(in crate::views) struct Payload<'a>(
        frame: &'a FrameRecord<Shown>,
        shown: &'a [u8],
        is_cut: bool,
        text: Option<&'a str>,
    );
    in columns PayloadColumns;

    let is_shown = !frame.redacted;

    /// Its length in bytes; all of it was left out.
    redacted: OrAbsent<Integer> = frame.redacted.then_some(frame.header.payload_len),
    /// Its first bytes as text, if the message is text.
    text: OrAbsent<Text> = text.filter(|_| is_shown),
    /// Its first bytes.
    hex: OrAbsent<Hex> = (is_shown && text.is_none()).then_some(shown),
    /// Whether they are shown inflated.
    inflated: OrAbsent<Boolean> = (is_shown && frame.inflated).then_some(true),
    /// Whether there is more than is shown.
    cut: OrAbsent<Boolean> = (is_shown && is_cut).then_some(true),
}

row! {
    /// A payload in a table.
    pub(in crate::views) struct PayloadColumns<'a>(payload: Payload<'a>);

    let Payload(frame, shown, is_cut, text) = payload;
    let is_shown = !frame.redacted;

    /// What is shown of it: text, or two hexadecimal digits a byte.
    what: Option<Text> = is_shown.then_some(Displayed(InCell { shown, text })),
    /// Which of them: `text` or `hex`; `redacted` where it was left out.
    r#as: Text = in_cell(is_shown, text),
    /// Whether there is more than is shown.
    cut: Boolean = is_shown && is_cut,
}

/// A payload in one cell.
pub(in crate::views) struct InCell<'a> {
    pub(in crate::views) shown: &'a [u8],
    pub(in crate::views) text: Option<&'a str>,
}

impl fmt::Display for InCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text {
            Some(text) => f.write_str(text),
            None => crate::model::Hex(self.shown).fmt(f),
        }
    }
}

/// What a cell holds.
pub(in crate::views) const fn in_cell(is_shown: bool, text: Option<&str>) -> &'static str {
    match text {
        _ if !is_shown => "redacted",
        Some(_) => "text",
        None => "hex",
    }
}

impl<'a> Payload<'a> {
    /// All that was kept of it.
    pub(super) fn of(frame: &'a FrameRecord<Shown>) -> Option<Self> {
        Self::shown(frame, &frame.preview, frame.preview_cut)
    }

    /// A part of it.
    pub(in crate::views) fn shown(
        frame: &'a FrameRecord<Shown>,
        shown: &'a [u8],
        is_cut: bool,
    ) -> Option<Self> {
        let text = || if frame.text { as_text(shown, is_cut) } else { None };
        (frame.redacted || !shown.is_empty()).then(|| Self(frame, shown, is_cut, text()))
    }
}

/// An entry of a connection's `frames`.
pub(super) fn entry<'a>(r: &'a Conversation<Shown>, frame: &'a FrameRecord<Shown>) -> Frame<'a> {
    let (packet, packet_input) = place(r, frame.packet);
    Frame(packet, packet_input, frame, Payload::of(frame))
}
