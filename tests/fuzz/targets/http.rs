//! Any bytes as HTTP: what a prefix of a head was found to be it stays with more bytes, bodies end at the same byte
//! however they are cut, and `dissect` observes the same from the same bytes in other pieces.
//!
//! Input: a byte for the cuts, two for where the server's bytes begin, then the client's and the server's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::dissect::Dissector;
use wslog::http::grammar::{head_end, skip_empty_lines};
use wslog::http::{Body, Fault, Length, Start, extensions, request_head, response_head, upgrade};
use wslog::limits::Limits;
use wslog::model::{
    Carrier, Direction, Observed, PacketNo, PerDirection, Piece, StreamEnd, StreamEvent, Weirds,
};
use wslog_fuzz::{Input, pieces};

/// Longer inputs are looked at up to here: every prefix is parsed.
const MAX_PREFIXES: usize = 600;

/// Parses every prefix: `Incomplete` up to some length, from there on always the same.
fn prefixes<'a, T>(
    bytes: &'a [u8],
    parse: impl Fn(&'a [u8]) -> Result<(T, usize), Fault>,
    show: impl Fn(&T) -> String,
) -> Result<usize, Fault> {
    let bytes = &bytes[..bytes.len().min(MAX_PREFIXES)];
    let mut known: Result<(String, usize), Fault> = Err(Fault::Incomplete);
    for end in 0..=bytes.len() {
        let parsed = parse(&bytes[..end]).map(|(head, len)| (show(&head), len));
        assert!(parsed.as_ref().map_or(0, |(_, len)| *len) <= end);
        if known != Err(Fault::Incomplete) {
            assert_eq!(parsed, known, "{end} bytes");
        }
        known = parsed;
    }
    known.map(|(_, len)| len)
}

fn heads(bytes: &[u8]) {
    let request = prefixes(bytes, request_head, |head| {
        let fields = upgrade::is_asked(head).then(|| upgrade::request(head));
        format!("{head:?} {fields:?} {:?}", Length::of_request(head))
    });
    let response = prefixes(bytes, response_head, |head| {
        let lengths = [false, true].map(|to_head| Length::of_response(head, to_head));
        format!(
            "{head:?} {:?} {lengths:?}",
            upgrade::response(head, Some(upgrade::expected_accept("key")), Vec::new())
        )
    });
    assert!(request.is_err() || response.is_err(), "a head is one of both");
    match Start::of(skip_empty_lines(bytes)) {
        Start::Request => assert!(response.is_err()),
        Start::Response => assert!(request.is_err()),
        Start::Open => assert_eq!((request, response), (Err(Fault::Incomplete), response)),
        Start::Neither => assert_eq!((request, response), (Err(Fault::Malformed), Err(Fault::Malformed))),
    }
    if let Ok(len) = request.or(response) {
        let message = skip_empty_lines(bytes);
        assert_eq!(head_end(message, 0), Some(len - (bytes.len() - message.len())));
    }
}

fn body(length: Length, bytes: &[u8], seed: u8) {
    let feed = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let (mut body, mut content, mut used) = (Body::new(length), Vec::new(), 0);
        for piece in pieces {
            let rest = body.push(piece, |bytes| content.extend_from_slice(bytes))?;
            used += piece.len() - rest.len();
            assert!(rest.is_empty() || body.is_done());
            if body.is_done() {
                break;
            }
        }
        assert!(content.len() <= used);
        Ok((content, used, body.is_done()))
    };
    let whole: Result<_, Fault> = feed(&mut [bytes].into_iter());
    assert_eq!(whole, feed(&mut pieces(bytes, seed)));
}

/// What `dissect` observes, neighbouring pieces of payload joined.
fn observe(
    sides: [(Direction, &[u8]); 2],
    cut: impl Fn(&[u8]) -> Vec<Vec<u8>>,
) -> (Vec<String>, Vec<String>) {
    let limits = Limits { max_handshake_bytes: 1 << 20, ..Limits::default() };
    let (mut dissector, mut weirds) = (Dissector::new(), Weirds::default());
    let mut seen = PerDirection { orig: Vec::new(), resp: Vec::new() };
    let mut payload = PerDirection { orig: Vec::new(), resp: Vec::new() };
    let mut push = |event: &StreamEvent<'_>| {
        dissector.push(event, &limits, &mut weirds, &mut |dissected| {
            let observation = dissected.observation;
            let from = match observation.from {
                wslog::model::Role::Client => Direction::Orig,
                wslog::model::Role::Server => Direction::Resp,
            };
            match observation.what {
                Observed::Payload(Piece::Bytes(bytes)) => payload[from].extend_from_slice(bytes),
                mut what => {
                    // As much of a refusal as its segment had.
                    let wrote = match &mut what {
                        Observed::Request(request) => {
                            format!("{:?} {:?}", request.target.as_sent(), request.fields.as_sent())
                        }
                        Observed::Response(response) => {
                            response.body_start.as_sent_mut().clear();
                            format!("{:?} {:?}", response.phrase.as_sent(), response.fields.as_sent())
                        }
                        _ => String::new(),
                    };
                    let payload = std::mem::take(&mut payload[from]);
                    seen[from].push(format!("{payload:x?} {what:?} {wrote}"));
                }
            }
        });
    };
    let carrier = Carrier { packet: PacketNo(1), at: None, acked: None };
    for (dir, bytes) in sides {
        let mut offset = 0;
        for piece in cut(bytes) {
            push(&StreamEvent::Data { dir, offset, bytes: &piece, carrier });
            offset += piece.len() as u64;
        }
    }
    for (dir, _) in sides {
        push(&StreamEvent::End { dir, how: StreamEnd::Fin, carrier: Some(carrier) });
    }
    (seen.orig, seen.resp)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let [seed, high, low] = input.array();
    let at = usize::from(u16::from_be_bytes([high, low])).min(input.0.len());
    let (client, server) = input.0.split_at(at);
    for bytes in [client, server] {
        heads(bytes);
        let (list, _) = extensions::parse(bytes.split(|&b| b == b'\n'));
        assert!(list.len() <= bytes.len());
        let length = Length::Bytes(u64::from(seed) * 8);
        for length in [length, Length::Chunked, Length::UntilClose] {
            body(length, bytes, seed);
        }
    }
    let sides = [(Direction::Orig, client), (Direction::Resp, server)];
    let whole = observe(sides, |bytes| if bytes.is_empty() { Vec::new() } else { vec![bytes.to_vec()] });
    let cut = observe(sides, |bytes| pieces(bytes, seed).map(<[u8]>::to_vec).collect());
    assert_eq!(whole, cut);
});
