//! Body of a Close frame (RFC 6455 5.5.1).

use crate::model::{Bytes, CloseCode, ClosePayload, Reason, Text};

/// Most bytes of a Close body that are kept. More than 125 break RFC 6455 5.5; the reason is worth reading
/// all the same.
pub(super) const MAX_BODY_BYTES: usize = 4 << 10;

/// Reads `body`, the first bytes of the payload; `whole` where they are all of it.
pub(super) fn parse(body: &[u8], whole: bool) -> ClosePayload {
    match (CloseCode::split(body), body) {
        (Some((code, reason)), _) if whole => ClosePayload::Code { code, reason: parse_reason(reason) },
        (None, [byte]) if whole => ClosePayload::OneByte(*byte),
        (None, _) if whole => ClosePayload::Empty,
        (begun, _) => ClosePayload::Partial { code: begun.map(|(code, _)| code) },
    }
}

fn parse_reason(bytes: &[u8]) -> Option<Reason> {
    if bytes.is_empty() {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => Reason::Text(Text::from(text)),
        Err(fault) => Reason::Invalid { bytes: Bytes::from(bytes), valid_up_to: fault.valid_up_to() },
    })
}
