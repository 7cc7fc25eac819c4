//! A row of `wslog frames`: an entry of `frames` with the connection it is of.

use crate::model::{ConversationId, FrameRecord};
use crate::redact::Shown;
use crate::views::json::frame::{Frame, Payload};
use crate::views::json::number;
use crate::views::row::{Displayed, Encoder, Field, Row, Text, Type, Value, ValueKind};

/// A frame, the index of its packet's input where it is elsewhere, and what is shown of its payload.
pub(super) struct FrameRow<'a>(
    pub(super) ConversationId,
    pub(super) Option<usize>,
    pub(super) &'a FrameRecord<Shown>,
    pub(super) (&'a [u8], bool),
);

const OWN: &[Field] = &[Field::new::<Text>("connection", "`id` of its connection.")];

impl FrameRow<'_> {
    pub(super) const FIELDS: &'static [Field] =
        &Field::joined::<{ OWN.len() + Frame::FIELDS.len() }>(OWN, Frame::FIELDS);
}

impl Type for FrameRow<'_> {
    const KIND: &'static ValueKind = &ValueKind::Object(FrameRow::FIELDS);
}

impl Value<Self> for FrameRow<'_> {
    fn encode(self, to: &mut impl Encoder) {
        let Self(id, elsewhere, frame, (shown, is_cut)) = self;
        to.object(|to| {
            to.field::<Text>(",\"connection\":", Displayed(id));
            let packet = frame.packet.map(number);
            Frame(packet, elsewhere, frame, Payload::shown(frame, shown, is_cut)).encode_fields(to);
        });
    }
}
