//! Any frames through `message` and `reference`, with and without permessage-deflate: the same frames in other pieces
//! give the same events, and every cap holds.
//!
//! Input: a byte for the negotiation, one for the cuts, then frames: four bytes and a payload each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::limits::Limits;
use wslog::message::Messages;
use wslog::model::{
    Carrier, Evidence, Fact, FrameHeader, GapCause, LengthForm, MaskingKey, Missing, Observation, Observed,
    Opcode, PacketNo, Piece, Role, Rsv, StreamEnd, Timestamp, Weirds, EventKind,
};
use wslog::reference::Reference;
use wslog_fuzz::{Input, pieces};

/// One frame to be sent, or the hole in its place.
#[derive(Clone, Copy, Debug)]
struct Sent<'a> {
    from: Role,
    header: FrameHeader,
    payload: &'a [u8],
    /// Bytes missing at the end of the payload.
    missing: u64,
    /// Bytes behind those that were not sent.
    cut: u64,
    /// The frame is lost, whatever it was.
    hole: bool,
}

fn limits() -> Limits {
    Limits {
        max_preview_bytes: 20,
        max_inflated_message_bytes: 70_000,
        max_inflate_ratio: 100,
        max_findings: 8,
        max_pending_pings: 3,
        ..Limits::default()
    }
}

fn frames(mut input: Input<'_>) -> Vec<Sent<'_>> {
    let mut frames = Vec::new();
    while !input.is_empty() {
        let [first, how, high, low] = input.array();
        let from = if how & 1 == 0 { Role::Client } else { Role::Server };
        let wanted = usize::from(if how & 2 == 0 { u16::from(low) } else { u16::from_be_bytes([high, low]) });
        let payload = input.bytes(wanted);
        let missing = if how & 0x10 == 0 { 0 } else { u64::from(high) + 1 };
        let cut = if how & 0x20 == 0 { 0 } else { u64::from(high) + 1 };
        let payload_len = payload.len() as u64 + missing + cut;
        let length_form = match payload_len {
            0..=125 => LengthForm::Seven,
            126..=0xffff => LengthForm::Sixteen,
            _ => LengthForm::SixtyFour,
        };
        let masked = (from == Role::Client) != (how & 4 != 0);
        let header = FrameHeader {
            fin: first & 0x80 != 0,
            rsv: Rsv(first >> 4 & 7),
            opcode: Opcode::from_bits(first),
            masking_key: masked.then_some(MaskingKey([how, 0, 0, low])),
            length_form,
            payload_len,
        };
        frames.push(Sent { from, header, payload, missing, cut, hole: how & 0xc0 == 0xc0 });
    }
    frames
}

/// The handshake of these parameters.
fn handshake(negotiation: u8) -> [(Role, Observed<'static>); 2] {
    let request = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    let mut response = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n".to_owned();
    if negotiation & 8 == 0 {
        response += "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    }
    if negotiation & 1 != 0 {
        response += "Sec-WebSocket-Extensions: permessage-deflate";
        for (bit, parameter) in [(2, "client"), (4, "server")] {
            if negotiation & bit != 0 {
                response += &format!("; {parameter}_no_context_takeover");
            }
        }
        for (bit, window) in [(32, "client_max_window_bits=8"), (64, "server_max_window_bits=9")] {
            if negotiation & bit != 0 {
                response += &format!("; {window}");
            }
        }
        response += "\r\n";
    }
    if negotiation & 16 != 0 {
        response += "Sec-WebSocket-Extensions: x-own\r\n";
    }
    response += "\r\n";
    let (request, _) = wslog::http::request_head(request).expect("a request");
    let (response, _) = wslog::http::response_head(response.as_bytes()).expect("a response");
    let request = wslog::http::upgrade::request(&request);
    let response = wslog::http::upgrade::response(
        &response,
        request.key().map(|key| wslog::http::upgrade::expected_accept(key.as_sent())),
        Vec::new(),
    );
    [
        (Role::Client, Observed::Request(Box::new(request))),
        (Role::Server, Observed::Response(Box::new(response))),
    ]
}

/// Events and conclusion, in words.
fn run(negotiation: u8, frames: &[Sent<'_>], cut: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Vec<String> {
    let limits = limits();
    let (mut messages, mut reference) = (Messages::new(), Reference::new(&limits));
    let (mut weirds, mut broke, mut said) = (Weirds::default(), Vec::new(), Vec::new());
    let (mut packet, mut offsets) = (1, wslog::model::PerRole { client: 0_u64, server: 0 });
    let mut send = |from: Role, what: Observed<'_>, packet: u64, offset: u64, acked: u64| {
        let carrier = Carrier {
            packet: PacketNo(packet),
            at: Some(Timestamp(packet as i64 * 1_000)),
            acked: (!packet.is_multiple_of(5)).then_some(acked),
        };
        let evidence = Some(Evidence::Capture { carrier, offset });
        let observation = Observation { from, what, evidence };
        messages.observe(&observation, &limits, &mut weirds, &mut |event| {
            if let EventKind::Frame(frame) = &event.what {
                let control = frame.header.opcode.is_control();
                assert!(frame.payload.len() <= if control { 125 } else { limits.max_preview_bytes });
                assert!(frame.inflated.is_none_or(|bytes| bytes.len() <= limits.max_preview_bytes));
                assert!(frame.facts.len() <= 8, "{:?}", frame.facts);
                for fact in frame.facts {
                    if let Fact::Message(message) = fact {
                        let most = limits.max_inflated_message_bytes;
                        assert!(!message.compressed || message.bytes.is_none_or(|bytes| bytes <= most));
                    }
                }
            }
            broke.clear();
            reference.observe(&event, &limits, &mut broke);
            said.push(format!("{event:?} {broke:?}"));
        });
    };
    for (from, what) in handshake(negotiation) {
        send(from, what, packet, 0, 0);
        packet += 1;
    }
    for frame in frames {
        let Sent { from, header, payload, missing, cut: not_sent, hole } = *frame;
        let acked = offsets[from.peer()];
        let len = header.wire_len() + payload.len() as u64 + missing;
        if hole {
            let what = Observed::Gap { len, cause: GapCause::NotCaptured };
            send(from, what, packet, offsets[from], acked);
        } else {
            send(from, Observed::Frame(header), packet, offsets[from], acked);
            for piece in cut(payload) {
                let piece = Observed::Payload(Piece::Bytes(&piece));
                send(from, piece, packet, offsets[from] + header.wire_len(), acked);
            }
            if missing > 0 {
                let cause = Missing::StreamGap(GapCause::NotCaptured);
                let piece = Observed::Payload(Piece::Missing { len: missing, cause });
                send(from, piece, packet, offsets[from] + header.wire_len(), acked);
            }
            send(from, Observed::FrameEnd { cut: not_sent }, packet, offsets[from] + len, acked);
        }
        offsets[from] += len;
        packet += 1;
    }
    for from in Role::BOTH {
        let acked = offsets[from.peer()];
        send(from, Observed::StreamEnd(StreamEnd::Fin), packet, offsets[from], acked);
        packet += 1;
    }
    let conclusion = reference.finish(&Default::default());
    assert!(conclusion.findings.len() <= limits.max_findings);
    said.push(format!("{conclusion:?} {weirds:?}"));
    said
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let [negotiation, seed] = input.array();
    let frames = frames(input);
    let whole =
        run(
            negotiation,
            &frames,
            |payload| {
                if payload.is_empty() { Vec::new() } else { vec![payload.to_vec()] }
            },
        );
    let cut = run(negotiation, &frames, |payload| pieces(payload, seed).map(<[u8]>::to_vec).collect());
    assert_eq!(whole, cut);
});
