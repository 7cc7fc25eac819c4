//! A row of `wslog messages`.

use crate::model::{ConversationId, MessageKind, MessageRecord};
use crate::redact::Shown;
use crate::views::escape::as_text;
use crate::views::json::frame::{InCell, in_cell};
use crate::views::json::number;
use crate::views::messages::kind;
use crate::views::row::{Boolean, Displayed, Hex, Integer, OrAbsent, Text, Time, row};

row! {
    /// A message.
    pub(super) struct MessageRow<'a>(
        id: ConversationId,
        elsewhere: Option<usize>,
        message: &'a MessageRecord<Shown>,
        shown: (&'a [u8], bool),
    );

    let facts = &message.facts;

    /// `id` of its connection.
    connection: Text = Displayed(id),
    /// Its number in the connection, both sides together, by its first frame, from 1.
    n: Integer = facts.n,
    /// Who sent it: `client` or `server`.
    from: Text = message.from.name(),
    /// Time of its first byte.
    started_at: Option<Time> = message.started_at,
    /// Time at which it was whole.
    at: Option<Time> = message.at,
    /// Packet of its first byte.
    packet: Option<Integer> = message.packet.map(number),
    /// Index of the input of that packet, where it is another than the connection's.
    packet_input: OrAbsent<Integer> = elsewhere,
    /// `text` or `binary`, by its first frame.
    r#type: Text = kind(facts.kind),
    /// Number of frames it came in.
    frames: Integer = facts.frames,
    /// Whether it was compressed (permessage-deflate).
    compressed: Boolean = facts.compressed,
    /// Bytes of payload on the wire.
    wire_bytes: Integer = facts.wire_bytes,
    /// Bytes for the application; null where they are not known (bytes are missing, or it does not inflate).
    bytes: Option<Integer> = facts.bytes,
    /// What the application gets; null where it is empty, not known or not shown.
    payload: Option<Payload> = Payload::of(message, shown),
    /// Of text, whether it is UTF-8; null where that is not known.
    utf8_valid: Option<Boolean> = facts.utf8_valid,
}

row! {
    /// The payload of a message, as text, in hex, or by its length alone.
    pub(super) struct Payload<'a>(
        message: &'a MessageRecord<Shown>,
        shown: (&'a [u8], bool),
        text: Option<&'a str>,
    );
    in columns PayloadColumns;

    let is_shown = !message.redacted;

    /// Bytes of it, all of which were left out; null where their number is not known.
    redacted: OrAbsent<Option<Integer>> = message.redacted.then_some(message.facts.bytes),
    /// It as text, where the message is text.
    text: OrAbsent<Text> = text.filter(|_| is_shown),
    /// It, in hex.
    hex: OrAbsent<Hex> = (is_shown && text.is_none()).then_some(shown.0),
    /// There is more than is shown.
    cut: OrAbsent<Boolean> = (is_shown && shown.1).then_some(true),
}

row! {
    /// The payload of a message in a table.
    pub(super) struct PayloadColumns<'a>(payload: Payload<'a>);

    let Payload(message, (shown, is_cut), text) = payload;
    let is_shown = !message.redacted;

    /// What is shown of it: text, or two hexadecimal digits a byte.
    what: Option<Text> = is_shown.then_some(Displayed(InCell { shown, text })),
    /// Which of them: `text` or `hex`; `redacted` where it was left out.
    r#as: Text = in_cell(is_shown, text),
    /// Whether there is more than is shown.
    cut: Boolean = is_shown && is_cut,
}

impl<'a> Payload<'a> {
    fn of(message: &'a MessageRecord<Shown>, shown: (&'a [u8], bool)) -> Option<Self> {
        let is_text = message.facts.kind == MessageKind::Text;
        let text = as_text(shown.0, shown.1).filter(|_| is_text);
        (message.redacted || !shown.0.is_empty()).then_some(Self(message, shown, text))
    }
}
