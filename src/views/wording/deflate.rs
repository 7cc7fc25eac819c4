//! The words for faults under permessage-deflate.

use crate::model::{BadParameter, DeflateFault};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::units;
use crate::views::wording::{Wording, say};

/// Most characters of a parameter that a sentence bears.
const MAX_PARAMETER: usize = 80;

/// The words for a fault.
pub(super) fn fault(fault: &DeflateFault<Shown>) -> Wording {
    match fault {
        DeflateFault::Parameter { name, value, why } => parameter(name, value.as_deref(), *why),
        DeflateFault::OfferNotDeclined => say(
            "the offer of permessage-deflate declined, for a parameter in it",
            "it was taken",
            "took an offer of permessage-deflate that it must decline for a parameter in it",
        ),
        DeflateFault::ClientWindowUnasked { bits } => say(
            "no client_max_window_bits: the offer had none",
            format!("client_max_window_bits={bits}"),
            format!("answered client_max_window_bits={bits}, which the client had not offered"),
        ),
        DeflateFault::ServerWindow { offered, answered: Some(answered) } => say(
            format!("server_max_window_bits={offered} or less, as offered"),
            format!("server_max_window_bits={answered}"),
            format!("answered server_max_window_bits={answered}, where the client had offered {offered}"),
        ),
        DeflateFault::ServerWindow { offered, answered: None } => say(
            format!("server_max_window_bits={offered} or less, as offered"),
            "no server_max_window_bits",
            format!(
                "took an offer with server_max_window_bits={offered} and left that parameter out of the answer"
            ),
        ),
        DeflateFault::ServerTakeover => say(
            "server_no_context_takeover, as offered",
            "left out",
            "took an offer with server_no_context_takeover and left that parameter out of the answer",
        ),
        DeflateFault::ContextKept { sender, before } => {
            let (sender, before) = (sender.name(), units::count(u64::from(*before), "byte"));
            say(
                format!("no reference before the message: {sender}_no_context_takeover was agreed"),
                format!("a reference {before} before its first byte"),
                format!(
                    "compressed a message with a reference that begins {before} before it, in what was sent earlier, \
                     although {sender}_no_context_takeover was agreed: a receiver that keeps nothing cannot inflate it"
                ),
            )
        }
        DeflateFault::BeyondWindow { distance, bits } => say(
            format!("no reference farther back than {}: window bits {bits} were agreed", window(*bits)),
            format!("a reference {} back", units::count(u64::from(*distance), "byte")),
            format!(
                "compressed a message with a reference {} back, beyond the {} of the agreed window bits {bits}",
                units::count(u64::from(*distance), "byte"),
                window(*bits)
            ),
        ),
        DeflateFault::TailKept => say(
            "the last 00 00 ff ff taken off",
            "an empty stored block, 00 00 ff ff included, at the end",
            "left the 00 00 ff ff at the end of a compressed message, which has to be taken off: a receiver that puts it \
             back and keeps its window may fail on the next message",
        ),
    }
}

fn window(bits: u8) -> String {
    units::count(1 << bits.min(15), "byte")
}

fn parameter(name: &str, value: Option<&str>, why: BadParameter) -> Wording {
    let shown = match value {
        Some(value) => format!("{}={}", shortened(name), shortened(value)),
        None => shortened(name),
    };
    let expected = match why {
        BadParameter::Unknown => "a parameter of permessage-deflate",
        BadParameter::Repeated => "each parameter once",
        BadParameter::NoWindowBits => "a number from 8 to 15 without leading zeros",
        BadParameter::ValueMissing => "a number from 8 to 15 as value",
        BadParameter::ValueUnwanted => "no value",
    };
    let what = match why {
        BadParameter::Unknown => "which is not defined there",
        BadParameter::Repeated => "a second time",
        BadParameter::NoWindowBits => "where a number from 8 to 15 without leading zeros has to stand",
        BadParameter::ValueMissing => "without the value it needs",
        BadParameter::ValueUnwanted => "with a value, where none may stand",
    };
    let did = format!("sent the parameter {shown} of permessage-deflate, {what}");
    say(expected, shown, did)
}

fn shortened(text: &str) -> String {
    let text = visible(text);
    match text.char_indices().nth(MAX_PARAMETER) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}
