//! The `http2` object of a connection.

use crate::model::{Conversation, ConversationId, Http2Facts};
use crate::redact::Shown;
use crate::views::row::{Boolean, Displayed, Integer, List, Text, row};

row! {
    /// What HTTP/2 shows about a stream that carries WebSocket.
    pub(super) struct Http2<'a>(r: &'a Conversation<Shown>, http2: &'a Http2Facts<Shown>);

    let id = |stream: &u32| Displayed(ConversationId { stream: Some(*stream), ..r.id });

    /// Whether the server had announced SETTINGS_ENABLE_CONNECT_PROTOCOL before the request (RFC 8441 3); null if that is not in the
    /// recording.
    was_invited: Option<Boolean> = http2.was_invited,
    /// Other WebSocket connections that shared the HTTP/2 connection in the recording, by their `id`; at most the last 64.
    shared_with: List<Text> = http2.others.iter().map(id),
    /// Those of them that were open when the HTTP/2 connection, or the recording, ended.
    open: List<Text> = http2.open.iter().map(id),
    /// Ordinary requests on the HTTP/2 connection.
    requests: Integer = http2.requests,
    /// Whether flow control let the client send nothing more.
    client_stalled: Boolean = http2.stalled.client,
    /// Whether flow control let the server send nothing more.
    server_stalled: Boolean = http2.stalled.server,
}
