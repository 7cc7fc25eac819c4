//! What HTTP/2 shows of a connection, in a line.

use crate::model::{Conversation, ConversationId, Http2Facts, Role};
use crate::redact::Shown;
use crate::views::{units, wording};

/// Others that are named.
const NAMED: usize = 8;

/// The stream, what shared its connection with it, and what flow control held back; `None` for a connection of HTTP/1.1.
pub(super) fn line(report: &Conversation<Shown>) -> Option<String> {
    let (http2, stream) = (report.http2.as_deref()?, report.id.stream?);
    let mut parts = vec![format!("HTTP/2: stream {stream} (Wireshark: http2.streamid=={stream})")];
    match http2.was_invited {
        Some(true) => {}
        Some(false) => parts.push("the server had not announced extended CONNECT".to_owned()),
        None => parts.push("the server's SETTINGS are not in the recording".to_owned()),
    }
    parts.extend(shared(report, http2));
    if http2.requests > 0 {
        parts.push(units::count(http2.requests, "ordinary request"));
    }
    for role in Role::BOTH {
        if http2.stalled[role] {
            parts.push(format!("flow control let the {} send no more", role.name()));
        }
        if let Some(going) = &http2.going[role] {
            let (last, of) = (going.last_stream, role.name());
            let packet = wording::packet(report, going.packet);
            parts.push(format!("GOAWAY {} of the {of}, last stream {last} ({packet})", going.error));
        }
    }
    Some(parts.join(" · "))
}

/// `shared with 7/3 and 7/9`.
fn shared(report: &Conversation<Shown>, http2: &Http2Facts<Shown>) -> Option<String> {
    let names: Vec<_> = http2
        .others
        .iter()
        .take(NAMED)
        .map(|stream| format!("#{}", ConversationId { stream: Some(*stream), ..report.id }))
        .collect();
    match (http2.others.len(), names.as_slice()) {
        (_, []) => None,
        (all, _) if all > NAMED => {
            Some(format!("shared with {} and {} more WebSocket connections", names.join(", "), all - NAMED))
        }
        (_, [one]) => Some(format!("shared with {one}")),
        (_, [names @ .., last]) => Some(format!("shared with {} and {last}", names.join(", "))),
    }
}
