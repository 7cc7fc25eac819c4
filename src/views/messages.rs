//! Rows of messages, put together and inflated, in the order in which they were whole.

mod follow;
mod row;

use std::io::Write;

pub use follow::Follow;

use crate::engine::Happening;
use crate::error::Error;
use crate::model::{ConversationId, MessageKind, MessageRecord, Opcode};
use crate::redact::Shown;
use crate::views::RowFormat;
use crate::views::going_on::{self, Candidate, Page, Payloads, RowOptions, UNKNOWN, formats};
use crate::views::har;
use crate::views::row::Field;
use row::MessageRow;

/// Name and version of the rows.
pub const SCHEMA: &str = "wslog.messages/1";

/// The formats of `wslog messages`.
pub const FORMATS: &[RowFormat] = formats!(of_messages, tell, row, FIELDS, har::FORMAT);

/// The fields of a row.
pub const FIELDS: &[Field] = MessageRow::FIELDS;

/// Whether a message is asked for.
#[must_use]
pub fn is_wanted(options: &RowOptions, message: &MessageRecord<Shown>) -> bool {
    options.takes(&Candidate {
        from: message.from,
        opcode: match message.facts.kind {
            MessageKind::Text => Opcode::TEXT,
            MessageKind::Binary => Opcode::BINARY,
        },
        bytes: message.facts.bytes,
        at: message.at,
        payload: &message.payload,
    })
}

/// The message, if that is what happened and it is asked for.
fn wanted<'h>(
    options: &RowOptions,
    happening: &'h Happening,
) -> Option<(&'h MessageRecord<Shown>, Option<usize>)> {
    let Happening::Message { message, elsewhere } = happening else { return None };
    is_wanted(options, message).then_some((message, *elsewhere))
}

fn row<'h>(options: &RowOptions, id: ConversationId, happening: &'h Happening) -> Option<MessageRow<'h>> {
    let (message, elsewhere) = wanted(options, happening)?;
    Some(MessageRow(id, elsewhere, message, shown(options, message)))
}

/// What is shown of a message.
pub(super) fn shown<'m>(options: &RowOptions, message: &'m MessageRecord<Shown>) -> (&'m [u8], bool) {
    let (shown, is_cut) = options.payloads.of(&message.payload);
    (shown, is_cut || message.cut)
}

const fn kind(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Binary => "binary",
    }
}

fn tell<W: Write>(page: &mut Page<W>, id: ConversationId, happening: &Happening) -> Result<(), Error> {
    let Some((message, _)) = wanted(&page.options, happening) else { return Ok(()) };
    let MessageRecord { from, facts, packet, at, redacted, .. } = message;
    let line = |page: &Page<W>, first: [&str; 5], [kind, frames, bytes, payload]: [&str; 4]| {
        format!("{}  {kind:<6}  {frames:>6}  {bytes:>8}  {payload}", page.begin(first))
    };
    let time = page.clock.tell(id, *at);
    let (payload, is_cut) = shown(&page.options, message);
    let is_below = page.options.payloads == Payloads::Whole;
    let is_text = facts.kind == MessageKind::Text;
    let bytes = facts.bytes.map_or_else(|| UNKNOWN.to_owned(), |bytes| bytes.to_string());
    let mut last = match () {
        () if page.options.payloads == Payloads::None => String::new(),
        () if *redacted => format!("<redacted {bytes} bytes>"),
        () if is_below => String::new(),
        () => going_on::in_line(payload, is_text, is_cut, page.room(53)),
    };
    if facts.utf8_valid == Some(false) {
        last.push_str(" ✗ not UTF-8");
    }
    let packet = packet.map_or_else(|| UNKNOWN.to_owned(), |packet| packet.to_string());
    let first = [&*id.to_string(), &*facts.n.to_string(), &*packet, &*time, from.name()];
    let text = line(page, first, [kind(facts.kind), &facts.frames.to_string(), &bytes, last.trim_start()]);
    page.row(id, &text, |page| {
        let first = ["#", "n", "packet", page.clock.column().0, "from"];
        line(page, first, ["type", "frames", "bytes", "payload"])
    })?;
    if is_below && !redacted && !payload.is_empty() {
        going_on::block(&mut page.out, &page.options.style, payload, is_text, is_cut)?;
    }
    Ok(())
}
