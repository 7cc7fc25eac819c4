//! An entry of `frames`.

use crate::model::{Conversation, FrameRecord};
use crate::redact::Shown;
use crate::views::escape::as_text;
use crate::views::json::place;
use crate::views::row::{Boolean, Hex, Integer, OrAbsent, Text, Time, row};

row! {
    /// A frame.
    pub(super) struct Frame<'a>(r: &'a Conversation<Shown>, frame: &'a FrameRecord<Shown>);

    let header = &frame.header;
    let (packet, packet_input) = place(r, frame.packet);

    /// Its number in the connection, from 1.
    n: Integer = frame.n,
    /// Who sent it: `client` or `server`.
    from: Text = frame.from.name(),
    /// Time of its first byte.
    at: Option<Time> = frame.at,
    /// Packet of its first byte.
    packet: Option<Integer> = packet,
    /// Index of the input of that packet, where it is another than the connection's.
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
    /// Length of the payload as its header has it, in bytes.
    length: Integer = header.payload_len,
    /// Its payload, unmasked; null where it is empty or not shown.
    payload: Option<Payload> = Payload::of(frame),
    /// Whether every byte of the payload is in the recording.
    complete: Boolean = frame.complete,
    /// Number of the message it is a part of, from 1.
    message: Option<Integer> = frame.message,
    /// Whether that message is compressed.
    compressed: Boolean = frame.compressed,
}

row! {
    /// A payload, as text, in hex, or by its length alone.
    pub(super) struct Payload<'a>(frame: &'a FrameRecord<Shown>, text: Option<&'a str>);

    let is_shown = !frame.redacted;

    /// Bytes of it, all of which were left out.
    redacted: OrAbsent<Integer> = frame.redacted.then_some(frame.header.payload_len),
    /// The first bytes of it as text, where the message is text.
    text: OrAbsent<Text> = text.filter(|_| is_shown),
    /// The first bytes of it.
    hex: OrAbsent<Hex> = (is_shown && text.is_none()).then_some(&*frame.preview),
    /// They are shown inflated.
    inflated: OrAbsent<Boolean> = (is_shown && frame.inflated).then_some(true),
    /// There is more than is shown.
    cut: OrAbsent<Boolean> = (is_shown && frame.preview_cut).then_some(true),
}

impl<'a> Payload<'a> {
    fn of(frame: &'a FrameRecord<Shown>) -> Option<Self> {
        let text = || if frame.text { as_text(&frame.preview, frame.preview_cut) } else { None };
        (frame.redacted || !frame.preview.is_empty()).then(|| Self(frame, text()))
    }
}
