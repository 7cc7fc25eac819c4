//! Heads to the opening handshake of RFC 6455 section 4.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::http::{Fields, RequestHead, ResponseHead, extensions, facts, familiar, text};
use crate::model::field::{ACCEPT, EXTENSIONS, PREFIX, PROTOCOL, UPGRADE};
use crate::model::handshake::facts::{RequestFacts, ResponseFacts};
use crate::model::{AcceptValue, Bytes, Extension, FieldLines, Lines, Text, UpgradeRequest, UpgradeResponse};

/// Bytes of a refusal's body kept for display.
pub(crate) const MAX_BODY_START: usize = 256;

/// What a server appends to the key (RFC 6455 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether the request asks for the WebSocket protocol: `websocket` among the tokens of `Upgrade`, or any field
/// that only this protocol has, where the request is faulty or lost its `Upgrade` on the way.
#[must_use]
pub fn is_asked(head: &RequestHead<'_>) -> bool {
    head.fields.has_token(UPGRADE, "websocket") || head.fields.has_name_with(PREFIX)
}

/// Whether frames follow the response (RFC 6455 4.2.2): status 101 with `websocket` among the tokens of `Upgrade`,
/// or with a `Sec-WebSocket-Accept`, which leaves no doubt what the server switches to.
#[must_use]
pub fn switches(head: &ResponseHead<'_>) -> bool {
    head.status == 101
        && (head.fields.has_token(UPGRADE, "websocket") || head.fields.values(ACCEPT).next().is_some())
}

/// Whether the owned form of a head would hold more than `max` values: its field lines, and what commas and semicolons
/// part in its lists.
#[must_use]
pub(crate) fn has_more_parts(fields: Fields<'_>, max: usize) -> bool {
    // Each takes a byte: for nearly every head that is the answer.
    fields.raw().len() > max && parts(fields) > max
}

fn parts(fields: Fields<'_>) -> usize {
    let lists = [EXTENSIONS, PROTOCOL].into_iter().flat_map(|name| fields.values(name));
    let marks = lists.flatten().filter(|b| matches!(b, b',' | b';')).count();
    fields.count().saturating_add(marks)
}

/// The value `Sec-WebSocket-Accept` must have (RFC 6455 4.2.2, item 5.4).
#[must_use]
pub fn expected_accept(key: &str) -> AcceptValue {
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize();
    let mut value = [0; AcceptValue::LEN];
    let written = STANDARD.encode_slice(digest, &mut value);
    debug_assert_eq!(written, Ok(AcceptValue::LEN));
    AcceptValue(value)
}

/// Extensions and subprotocols of a request, and whether the extensions are malformed.
fn offers(fields: &Lines) -> (Vec<Extension>, Vec<Text>, bool) {
    let (extensions, malformed) = extensions::parse(fields.values(EXTENSIONS).map(str::as_bytes));
    let lists = fields.values(PROTOCOL).flat_map(|list| list.split(',')).map(str::trim_ascii);
    let subprotocols = lists.filter(|e| !e.is_empty()).map(|e| Text::from(e.to_owned())).collect();
    (extensions, subprotocols, malformed)
}

/// An extended CONNECT of HTTP/2 (RFC 8441 4) with these fields, pseudo-header fields among them; `was_invited` as in
/// [`RequestFacts`].
#[must_use]
pub fn connect(fields: Lines, was_invited: Option<bool>) -> UpgradeRequest {
    let (extensions, subprotocols, extensions_malformed) = offers(&fields);
    let facts = RequestFacts { is_connect: true, was_invited, ..RequestFacts::default() };
    UpgradeRequest {
        facts: facts::with_request(facts, &fields, &subprotocols),
        method: Text::new(Cow::Borrowed("CONNECT")),
        target: Text::from(fields.first(":path").unwrap_or_default().to_owned()),
        http_version: Text::new(Cow::Borrowed("HTTP/2")),
        subprotocols,
        extensions,
        extensions_malformed,
        fields: FieldLines::new(fields),
    }
}

/// The server's answer to such a request. Any 2xx accepts it (RFC 9110 9.3.6).
#[must_use]
pub fn connected(status: u16, fields: Lines) -> UpgradeResponse {
    let (extensions, extensions_malformed) = extensions::parse(fields.values(EXTENSIONS).map(str::as_bytes));
    let facts = ResponseFacts { is_connect: true, ..ResponseFacts::default() };
    UpgradeResponse {
        facts: facts::with_response(facts, &fields),
        http_version: Text::new(Cow::Borrowed("HTTP/2")),
        status,
        phrase: Text::new(Cow::Borrowed("")),
        expected_accept: None,
        extensions,
        extensions_malformed,
        switches: (200..300).contains(&status),
        body_start: Bytes::new(Vec::new()),
        fields: FieldLines::new(fields),
    }
}

/// The client's side of the handshake.
#[must_use]
pub fn request(head: &RequestHead<'_>) -> UpgradeRequest {
    let fields = head.fields.to_lines();
    let (extensions, subprotocols, extensions_malformed) = offers(&fields);
    UpgradeRequest {
        facts: facts::of_request(head, &fields, &subprotocols),
        method: familiar(head.method),
        target: text(head.target),
        http_version: familiar(head.version),
        subprotocols,
        extensions,
        extensions_malformed,
        fields: FieldLines::new(fields),
    }
}

/// The server's answer to a request whose key asks for that accept value.
#[must_use]
pub fn response(
    head: &ResponseHead<'_>,
    expected_accept: Option<AcceptValue>,
    body_start: Vec<u8>,
) -> UpgradeResponse {
    let fields = head.fields.to_lines();
    let (extensions, extensions_malformed) = extensions::parse(fields.values(EXTENSIONS).map(str::as_bytes));
    UpgradeResponse {
        facts: facts::of_response(head, &fields),
        http_version: familiar(head.version),
        status: head.status,
        phrase: familiar(head.phrase),
        expected_accept,
        extensions,
        extensions_malformed,
        switches: switches(head),
        body_start: Bytes::new(body_start),
        fields: FieldLines::new(fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{request_head, response_head};
    use crate::model::Wire;

    const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: WebSocket\r\n\
        Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
        Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\nsec-websocket-protocol: third\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

    #[test]
    fn accept_of_1_3() {
        assert_eq!(expected_accept("dGhlIHNhbXBsZSBub25jZQ==").as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn request_of_1_2() {
        let (head, len) = request_head(REQUEST.as_bytes()).unwrap();
        assert_eq!(len, REQUEST.len());
        assert!(is_asked(&head));
        let request = request(&head);
        assert!(request.method == "GET" && request.target == "/chat" && request.http_version == "HTTP/1.1");
        assert_eq!(request.host(), Some(Wire::new("server.example.com")));
        assert_eq!(request.key(), Some(Wire::new("dGhlIHNhbXBsZSBub25jZQ==")));
        assert_eq!(request.version(), Some(Wire::new("13")));
        assert_eq!(request.origin(), Some(Wire::new("http://example.com")));
        assert_eq!(request.subprotocols, ["chat", "superchat", "third"]);
        assert_eq!(request.extensions.len(), 1);
        assert_eq!(request.fields.as_sent().len(), 9);
        assert!(!request.extensions_malformed);
    }

    #[test]
    fn a_fold_is_a_space_in_lists_too_9112_5_2() {
        let head = b"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat,\r\n su\r\n\tper\r\n\r\n";
        let (head, _) = request_head(head).unwrap();
        assert_eq!(request(&head).subprotocols, ["chat", "su per"]);
    }

    #[test]
    fn which_requests_ask() {
        for (fields, expected) in [
            ("Upgrade: websocket", true),
            ("Upgrade: h2c, WebSocket", true),
            ("UPGRADE:\tWEBSOCKET", true),
            ("Sec-WebSocket-Key: x", true),
            ("Upgrade: tcp", false),
            ("Upgrade: h2c", false),
            ("Upgrade: websockets", false),
            ("Connection: websocket", false),
            ("Sec-WebSocket-Version: 13", true),
            ("sec-websocket-protocol: chat", true),
            ("Sec-WebSocket: x", false),
            ("X: y\r\n Sec-WebSocket-Key: in a fold", false),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(is_asked(&request_head(head.as_bytes()).unwrap().0), expected, "{fields}");
        }
    }

    #[test]
    fn responses() {
        for (head, key, switches, valid) in [
            (
                "101 x|Upgrade: websocket|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                true,
                true,
                Some(true),
            ),
            ("101 x|Upgrade: foo, WEBSOCKET|Sec-WebSocket-Accept: nonsense", true, true, Some(false)),
            ("101 x|Upgrade: websocket", true, true, None),
            (
                "101 x|Upgrade: websocket|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                false,
                true,
                None,
            ),
            ("101 x|Upgrade: h2c", true, false, None),
            ("101 x|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", true, true, Some(true)),
            ("101 x", true, false, None),
            ("200 x|Upgrade: websocket", true, false, None),
        ] {
            let bytes = format!("HTTP/1.1 {}\r\n\r\n", head.replace('|', "\r\n"));
            let (parsed, _) = response_head(bytes.as_bytes()).unwrap();
            let response =
                response(&parsed, key.then(|| expected_accept("dGhlIHNhbXBsZSBub25jZQ==")), Vec::new());
            assert_eq!(response.switches, switches, "{head}");
            assert_eq!(response.accept_valid(), valid, "{head}");
            assert_eq!(response.expected_accept.is_some(), key, "{head}");
        }
    }
}
