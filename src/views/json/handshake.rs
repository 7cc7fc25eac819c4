//! The `handshake` object of a connection.

use serde::Serialize;

use crate::model::{Conversation, Extension, FieldLines, PacketNo, Text, Timestamp, Wire};
use crate::redact::Shown;
use crate::views::json::place;

#[derive(Serialize)]
pub(super) struct Handshake<'a> {
    complete: bool,
    assumed: bool,
    method: Option<&'a str>,
    target: Option<&'a str>,
    host: Option<&'a str>,
    status: Option<u16>,
    key: Option<&'a str>,
    accept: Option<&'a str>,
    accept_valid: Option<bool>,
    accept_expected: Option<&'a str>,
    version: Option<&'a str>,
    subprotocol: Option<&'a str>,
    origin: Option<&'a str>,
    extensions: Vec<ExtensionEntry<'a>>,
    offered_extensions: Vec<ExtensionEntry<'a>>,
    offered_subprotocols: &'a [Text<Shown>],
    request_packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_packet_input: Option<usize>,
    response_packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_packet_input: Option<usize>,
    response_after_ns: Option<i64>,
    request_headers: Vec<(&'a str, &'a str)>,
    response_headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Handshake<'a> {
    pub(super) fn new(r: &'a Conversation<Shown>) -> Option<Self> {
        let request = r.request.as_ref();
        if request.is_none() && !r.assumed {
            return None;
        }
        let response = r.response.as_ref();
        let times =
            (r.handshake_at.client.and_then(|(_, at)| at), r.handshake_at.server.and_then(|(_, at)| at));
        let packet = |seen: Option<(PacketNo, Option<Timestamp>)>| place(r, seen.map(|(packet, _)| packet));
        let (request_packet, request_packet_input) = packet(r.handshake_at.client);
        let (response_packet, response_packet_input) = packet(r.handshake_at.server);
        Some(Self {
            complete: response.is_some_and(|r| r.switches),
            assumed: r.assumed,
            method: request.map(|r| &*r.method),
            target: request.map(|r| &*r.target),
            host: request.and_then(|r| r.host()).map(Wire::shown),
            status: response.map(|r| r.status),
            key: request.and_then(|r| r.key()).map(Wire::shown),
            accept: response.and_then(|r| r.accept()).map(Wire::shown),
            accept_valid: response.and_then(|r| r.accept_valid()),
            accept_expected: response.and_then(|r| Some(r.expected_accept.as_ref()?.as_str())),
            version: request.and_then(|r| r.version()).map(Wire::shown),
            subprotocol: response.and_then(|r| r.subprotocol()).map(Wire::shown),
            origin: request.and_then(|r| r.origin()).map(Wire::shown),
            extensions: response.map_or_else(Vec::new, |r| extensions(&r.extensions)),
            offered_extensions: request.map_or_else(Vec::new, |r| extensions(&r.extensions)),
            offered_subprotocols: request.map_or(&[], |r| &r.subprotocols),
            request_packet,
            request_packet_input,
            response_packet,
            response_packet_input,
            response_after_ns: times.0.zip(times.1).map(|(asked, answered)| answered.since(asked)),
            request_headers: request.map_or_else(Vec::new, |r| fields(&r.fields)),
            response_headers: response.map_or_else(Vec::new, |r| fields(&r.fields)),
        })
    }
}

#[derive(Serialize)]
struct ExtensionEntry<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, Option<&'a str>)>,
}

fn extensions(list: &[Extension<Shown>]) -> Vec<ExtensionEntry<'_>> {
    list.iter()
        .map(|e| ExtensionEntry {
            name: &e.name,
            parameters: e.parameters.iter().map(|(n, v)| (&**n, v.as_deref())).collect(),
        })
        .collect()
}

fn fields(lines: &FieldLines<Shown>) -> Vec<(&str, &str)> {
    lines.iter().map(|(name, value)| (name.shown(), value.shown())).collect()
}
