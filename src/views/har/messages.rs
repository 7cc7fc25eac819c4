//! An element of `_webSocketMessages`.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::{MessageKind, MessageRecord, Opcode, Role};
use crate::redact::Shown;
use crate::views::row::{Integer, Number, OrAbsent, Text, row};
use crate::views::units::Decimal;

row! {
    /// A message.
    pub(super) struct Message<'a>(of: &'a Prepared<'a>);

    let Prepared { message, data, comment } = of;

    /// Who sent it: `send` for the client, `receive` for the server.
    r#type: Text = match message.from {
        Role::Client => "send",
        Role::Server => "receive",
    },
    /// Seconds since 1970 at which it was whole; null where the recording has no times.
    time: Option<Number> = message.at.map(|at| Decimal::seconds(at.0)),
    /// 1 for text, 2 for binary.
    opcode: Integer = match message.facts.kind {
        MessageKind::Text => Opcode::TEXT,
        MessageKind::Binary => Opcode::BINARY,
    }.bits(),
    /// What the application gets: text as it is, binary as base64.
    data: Text = &**data,
    /// What `data` lacks, or shows otherwise than it was sent.
    comment: OrAbsent<Text> = comment.as_ref(),
}

/// What a row borrows.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    message: &'a MessageRecord<Shown>,
    data: Cow<'a, str>,
    comment: Option<String>,
}

impl<'a> Prepared<'a> {
    /// That of a message, of whose payload this is shown, and whether there is more.
    pub(super) fn of(message: &'a MessageRecord<Shown>, (shown, is_cut): (&'a [u8], bool)) -> Self {
        let bytes = message.facts.bytes.map_or_else(|| "an unknown number of".to_owned(), |n| n.to_string());
        if message.redacted {
            return Self { message, data: Cow::default(), comment: Some(format!("redacted: {bytes} bytes")) };
        }
        let mut remarks = Vec::new();
        let data = match message.facts.kind {
            MessageKind::Binary => Cow::Owned(STANDARD.encode(shown)),
            MessageKind::Text => {
                if message.facts.utf8_valid == Some(false) {
                    remarks.push("not UTF-8: what is not stands as U+FFFD".to_owned());
                }
                let whole = if is_cut { shown.get(..text_len(shown)).unwrap_or(shown) } else { shown };
                String::from_utf8_lossy(whole)
            }
        };
        if is_cut {
            remarks.push(format!("cut: it has {bytes} bytes"));
        }
        Self { message, data, comment: (!remarks.is_empty()).then(|| remarks.join("; ")) }
    }
}

/// How many bytes are left where a character that the cut went through is left out.
fn text_len(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        // Nothing says that it does not go on as a character.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
