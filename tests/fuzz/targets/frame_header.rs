//! Any bytes as one direction of frames: the decoder says the same whole and in pieces, its offsets follow one
//! another, a header written back gives the bytes it was read from, and a hole keeps the rest in its place.
//!
//! Input: a byte for the cuts, two for a hole, then the stream.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::model::{FrameHeader, GapCause, LengthForm, Piece};
use wslog::websocket::{Decoded, Decoder, Ending, Incomplete, parse_header};
use wslog_fuzz::{Input, pieces};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Frame(FrameHeader),
    Bytes(Vec<u8>),
    Missing(u64),
    End,
    Gap(u64),
}

/// What came, neighbouring pieces joined, each with its offset.
#[derive(Debug, Default)]
struct Log {
    said: Vec<(u64, Said)>,
    /// Where the next step has to begin, and payload still due.
    next: u64,
    left: u64,
}

impl Log {
    fn add(&mut self, decoded: Decoded<'_>) {
        let (offset, said, len) = match decoded {
            Decoded::Frame { offset, header } => {
                assert_eq!(self.left, 0, "a frame inside a payload");
                self.left = header.payload_len;
                (offset, Said::Frame(header), header.wire_len())
            }
            Decoded::Payload { offset, piece: Piece::Bytes(bytes) } => {
                assert!(!bytes.is_empty());
                self.left -= bytes.len() as u64;
                (offset, Said::Bytes(bytes.to_vec()), bytes.len() as u64)
            }
            Decoded::Payload { offset, piece: Piece::Missing { len, .. } } => {
                assert!(len > 0);
                self.left -= len;
                (offset, Said::Missing(len), len)
            }
            Decoded::FrameEnd { offset } => {
                assert_eq!(self.left, 0, "the end comes behind the payload");
                (offset, Said::End, 0)
            }
            Decoded::Gap { offset, len, .. } => {
                assert!(len > 0 && offset >= self.next);
                self.next = offset;
                (offset, Said::Gap(len), len)
            }
        };
        assert_eq!(offset, self.next, "{said:?}");
        self.next += len;
        match (self.said.last_mut(), said) {
            (Some((_, Said::Bytes(known))), Said::Bytes(more)) => known.extend(more),
            (_, said) => self.said.push((offset, said)),
        }
    }
}

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Log, Decoder) {
    let (mut log, mut decoder) = (Log::default(), Decoder::new(0));
    for chunk in chunks {
        decoder.push(chunk, &mut |decoded| log.add(decoded));
    }
    (log, decoder)
}

/// The header on the wire.
fn encode(header: &FrameHeader) -> Vec<u8> {
    let mask = if header.masking_key.is_some() { 0x80 } else { 0 };
    let len = header.payload_len;
    let mut bytes = vec![u8::from(header.fin) << 7 | header.rsv.0 << 4 | header.opcode.bits()];
    match header.length_form {
        LengthForm::Seven => bytes.push(mask | len as u8),
        LengthForm::Sixteen => bytes.extend([&[mask | 126], &(len as u16).to_be_bytes()[..]].concat()),
        LengthForm::SixtyFour => bytes.extend([&[mask | 127], &len.to_be_bytes()[..]].concat()),
    }
    bytes.extend(header.masking_key.iter().flat_map(|key| key.0));
    bytes
}

/// A header in the bytes is the one they spell, and no shorter part of it is one.
fn round_trip(bytes: &[u8]) {
    match parse_header(bytes) {
        Ok(header) => {
            let wire = encode(&header);
            assert_eq!(wire.len() as u64, header.wire_len());
            assert_eq!(bytes.get(..wire.len()), Some(&wire[..]), "{header:?}");
            for cut in 0..wire.len() {
                assert_eq!(parse_header(&wire[..cut]), Err(Incomplete));
            }
        }
        Err(Incomplete) => assert!(bytes.len() < 14),
    }
}

/// The same stream with a hole: what lies behind it inside the same payload, and all after that, is unchanged.
fn with_hole(bytes: &[u8], at: usize, len: usize, whole: &Log) {
    let at = at.min(bytes.len());
    let end = at.saturating_add(len).min(bytes.len());
    let (mut log, mut decoder) = decode([&bytes[..at]]);
    decoder.gap((end - at) as u64, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
    decoder.push(&bytes[end..], &mut |decoded| log.add(decoded));
    assert_eq!(decoder.position(), bytes.len() as u64);
    let frames = |log: &Log| -> Vec<_> {
        log.said.iter().filter(|(_, said)| matches!(said, Said::Frame(_))).cloned().collect()
    };
    let (seen, known) = (frames(&log), frames(whole));
    match decoder.ending() {
        Ending::Lost { offset, skipped } => {
            assert_eq!(offset + skipped, bytes.len() as u64);
            assert!(known.starts_with(&seen), "frames before the hole");
        }
        _ => assert_eq!(seen, known),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let [seed, at, len] = input.array();
    let bytes = input.0;
    round_trip(bytes);
    let (whole, decoder) = decode([bytes]);
    let (cut, other) = decode(pieces(bytes, seed));
    assert_eq!(whole.said, cut.said);
    assert_eq!(decoder.ending(), other.ending());
    assert_eq!(decoder.position(), bytes.len() as u64);
    assert_eq!(other.position(), decoder.position());
    for (_, said) in &whole.said {
        if let Said::Frame(header) = said {
            assert_eq!(parse_header(&encode(header)), Ok(*header));
        }
    }
    with_hole(bytes, usize::from(at), usize::from(len), &whole);
});
