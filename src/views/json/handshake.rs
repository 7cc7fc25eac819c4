//! The `handshake` object of a connection.

use crate::model::{self, Conversation};
use crate::redact::Shown;
use crate::views::json::place;
use crate::views::row::{Boolean, Integer, List, Nanoseconds, OrAbsent, Text, row};

row! {
    /// The opening handshake, as sent.
    pub(super) struct Handshake<'a>(r: &'a Conversation<Shown>);

    let request = r.request.as_deref();
    let response = r.response.as_deref();
    let [asked, answered] = [r.handshake_at.client, r.handshake_at.server];
    let (request_packet, request_packet_input) = place(r, asked.map(|(packet, _)| packet));
    let (response_packet, response_packet_input) = place(r, answered.map(|(packet, _)| packet));
    let times = asked.and_then(|(_, at)| at).zip(answered.and_then(|(_, at)| at));

    /// Whether the server switched protocols.
    complete: Boolean = response.is_some_and(|r| r.switches),
    /// Whether it is missing from the recording, at least in part: the missing part is unknown.
    assumed: Boolean = r.assumed,
    /// Method of the request.
    method: Option<Text> = request.map(|r| &*r.method),
    /// Request target as sent; null if the request is not in the recording.
    target: Option<Text> = request.map(|r| &*r.target),
    /// Value of the first `Host`.
    host: Option<Text> = request.and_then(|r| r.host()),
    /// Status of the response.
    status: Option<Integer> = response.map(|r| r.status),
    /// Value of the first `Sec-WebSocket-Key`.
    key: Option<Text> = request.and_then(|r| r.key()),
    /// Value of the first `Sec-WebSocket-Accept`.
    accept: Option<Text> = response.and_then(|r| r.accept()),
    /// Whether that is the value the key requires.
    accept_valid: Option<Boolean> = response.and_then(|r| r.accept_valid()),
    /// The value the key requires.
    accept_expected: Option<Text> = response.and_then(|r| Some(r.expected_accept.as_ref()?.as_str())),
    /// Value of the first `Sec-WebSocket-Version` of the request.
    version: Option<Text> = request.and_then(|r| r.version()),
    /// Value of the first `Sec-WebSocket-Protocol` of the response.
    subprotocol: Option<Text> = response.and_then(|r| r.subprotocol()),
    /// Value of the first `Origin`.
    origin: Option<Text> = request.and_then(|r| r.origin()),
    /// Extensions of the response.
    extensions: List<Extension> = response.into_iter().flat_map(|r| &r.extensions).map(Extension),
    /// Extensions that the request offered.
    offered_extensions: List<Extension> = request.into_iter().flat_map(|r| &r.extensions).map(Extension),
    /// Subprotocols that the request offered, in order of preference.
    offered_subprotocols: List<Text> = request.into_iter().flat_map(|r| &r.subprotocols),
    /// Packet in which the request began.
    request_packet: Option<Integer> = request_packet,
    /// Index of the input with that packet, if it is not the connection's.
    request_packet_input: OrAbsent<Integer> = request_packet_input,
    /// Packet in which the response began.
    response_packet: Option<Integer> = response_packet,
    /// Index of the input with that packet, if it is not the connection's.
    response_packet_input: OrAbsent<Integer> = response_packet_input,
    /// From the request to the response; also `null` if the response was recorded first.
    response_after_ns: Option<Nanoseconds> =
        times.map(|(asked, answered)| answered.since(asked)).filter(|ns| *ns >= 0),
    /// Names and values of the field lines of the request, in order.
    request_headers: List<(Text, Text)> = request.into_iter().flat_map(|r| r.fields.iter()),
    /// Names and values of the field lines of the response, in order.
    response_headers: List<(Text, Text)> = response.into_iter().flat_map(|r| r.fields.iter()),
}

impl<'a> Handshake<'a> {
    pub(super) fn of(r: &'a Conversation<Shown>) -> Option<Self> {
        (r.request.is_some() || r.assumed).then_some(Self(r))
    }
}

row! {
    /// An extension of the WebSocket protocol, offered or accepted.
    pub(super) struct Extension<'a>(extension: &'a model::Extension<Shown>);

    let parameters = extension.parameters.iter();

    /// Its token, as sent.
    name: Text = &extension.name,
    /// Names and values of its parameters, in order; null for those without a value.
    parameters: List<(Text, Option<Text>)> = parameters.map(|(name, value)| (name, value.as_ref())),
}
