//! HTTP/2 as it comes: frames and field blocks that are anything, on streams that are, chopped, with holes. What is told of a
//! stream keeps the contract of `StreamEvent`, memory keeps its caps, what is chopped says the same as what is not, and so does the
//! connection that is made anew.
//!
//! Input: whether it begins with the preface, then acts: who, what (a frame of some type on some stream, a request, an answer,
//! raw bytes, a hole, an acknowledgement, an end) and its bytes.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use wslog::http2::{Caps, Field, Http2, Remake, Rewrite, Step};
use wslog::model::{Carrier, Direction, GapCause, PacketNo, PerDirection, StreamEnd, StreamEvent};
use wslog_fuzz::Input;

const CAPS: Caps =
    Caps { streams: 16, block_bytes: 512, list_bytes: 1_024, table_bytes: 1_024, early_bytes: 128 };

/// What was told of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stream {
    heads: Vec<String>,
    sides: PerDirection<Side>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Side {
    next: Option<u64>,
    acked: u64,
    ended: bool,
    bytes: Vec<u8>,
}

fn told(streams: &mut BTreeMap<u32, Stream>, id: u32, step: &Step<'_>) {
    let stream = streams.entry(id).or_default();
    match step {
        Step::Request { fields, is_sure, .. } => stream.heads.push(format!("{is_sure} {fields:?}")),
        Step::Response { status, fields, .. } => stream.heads.push(format!("{status:?} {fields:?}")),
        Step::Event(event) => match *event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                let side = &mut stream.sides[dir];
                assert!(!bytes.is_empty() && !side.ended);
                assert!(side.next.is_none_or(|next| next <= offset));
                side.next = Some(offset + bytes.len() as u64);
                side.bytes.extend_from_slice(bytes);
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                let side = &mut stream.sides[dir];
                assert!(len > 0 && !side.ended && side.next.is_none_or(|next| next <= offset));
                side.next = Some(offset.saturating_add(len));
                side.bytes.push(0xff);
            }
            StreamEvent::Acked { dir, offset, .. } => {
                assert!(offset > stream.sides[dir].acked);
                stream.sides[dir].acked = offset;
            }
            StreamEvent::End { dir, .. } => assert!(!std::mem::replace(&mut stream.sides[dir].ended, true)),
            StreamEvent::Conflict { .. } => panic!("of no use inside"),
        },
    }
}

/// A block of literals that no table takes.
fn literals(fields: &[(&str, &str)]) -> Vec<u8> {
    let string = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], string(name), string(value)].concat()).collect()
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

enum Act {
    Data(Direction, Vec<u8>),
    Gap(Direction, u64),
    Acked(Direction),
    End(Direction, StreamEnd),
}

fn acts(mut input: Input<'_>) -> Vec<Act> {
    let mut acts = Vec::new();
    if input.byte() & 1 == 0 {
        acts.push(Act::Data(Direction::Orig, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()));
    }
    while !input.is_empty() && acts.len() < 200 {
        let what = input.byte();
        let dir = if what & 1 == 0 { Direction::Orig } else { Direction::Resp };
        let stream = input.byte() & 0x1f;
        acts.push(match what >> 1 & 0xf {
            0..=5 => {
                let (kind, flags, len) = (input.byte() % 12, input.byte(), usize::from(input.byte()));
                Act::Data(dir, frame(kind, flags, stream, input.bytes(len)))
            }
            6 | 7 => {
                let connect = [(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/")];
                Act::Data(Direction::Orig, frame(1, 4, stream | 1, &literals(&connect)))
            }
            8 | 9 => Act::Data(Direction::Resp, frame(1, 4, stream | 1, &literals(&[(":status", "200")]))),
            10 | 11 => {
                let len = usize::from(input.byte());
                Act::Data(dir, input.bytes(len).to_vec())
            }
            12 => Act::Gap(dir, u64::from(input.byte()) + 1),
            13 | 14 => Act::Acked(dir),
            _ => Act::End(dir, if stream & 1 == 0 { StreamEnd::Fin } else { StreamEnd::Rst }),
        });
    }
    acts
}

/// Leaves all as it was.
struct Same;

impl Rewrite for Same {
    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field> {
        fields
    }

    fn content(&mut self, _: u32, _: Direction, _: u64, _: &mut [u8]) {}

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }
}

/// A connection made anew: what it carries, and how far each direction goes.
struct Anew {
    remake: Remake,
    http2: Http2,
    streams: BTreeMap<u32, Stream>,
    next: PerDirection<u64>,
}

impl Anew {
    fn push(&mut self, event: &StreamEvent<'_>) {
        let Self { remake, http2, streams, next } = self;
        remake.push(event, &mut Same, &mut |event| {
            match event {
                StreamEvent::Data { dir, offset, bytes, .. } => {
                    assert!(!bytes.is_empty() && offset == next[dir]);
                    next[dir] += bytes.len() as u64;
                }
                StreamEvent::Gap { dir, offset, len, .. } => {
                    assert!(offset == next[dir]);
                    next[dir] += len;
                }
                StreamEvent::Acked { dir, offset, .. } => assert!(offset <= next[dir] + 1),
                _ => {}
            }
            http2.push(&event, &mut |id, step| told(streams, id, &step));
        });
    }
}

/// What is told where each piece has so many bytes, and of the connection made anew; how many bytes came early and were not kept.
fn play(acts: &[Act], whole: bool, size: usize) -> (BTreeMap<u32, Stream>, BTreeMap<u32, Stream>, u64) {
    let new = || if whole { Http2::new(Direction::Orig, CAPS) } else { Http2::mid_stream(CAPS) };
    let mut http2 = new();
    let mut anew = Anew {
        remake: Remake::new(CAPS),
        http2: new(),
        streams: BTreeMap::new(),
        next: PerDirection::default(),
    };
    let mut streams = BTreeMap::new();
    let (mut sent, mut ended, mut packet) = (PerDirection::<u64>::default(), PerDirection::<bool>::default(), 0);
    for act in acts {
        let mut carrier = |sent: PerDirection<u64>, dir: Direction| {
            packet += 1;
            Carrier { packet: PacketNo(packet), at: None, acked: Some(sent[dir.flip()]) }
        };
        let mut push = |event: &StreamEvent<'_>| {
            http2.push(event, &mut |id, step| told(&mut streams, id, &step));
            anew.push(event);
        };
        match act {
            Act::Data(dir, bytes) if !ended[*dir] => {
                for piece in bytes.chunks(size) {
                    let (offset, carrier) = (sent[*dir], carrier(sent, *dir));
                    sent[*dir] += piece.len() as u64;
                    push(&StreamEvent::Data { dir: *dir, offset, bytes: piece, carrier });
                }
            }
            Act::Gap(dir, len) if !ended[*dir] => {
                let (offset, carrier) = (sent[*dir], carrier(sent, *dir));
                sent[*dir] += len;
                push(&StreamEvent::Gap { dir: *dir, offset, len: *len, cause: GapCause::NotCaptured, carrier });
            }
            Act::Acked(dir) => {
                let carrier = carrier(sent, dir.flip());
                push(&StreamEvent::Acked { dir: *dir, offset: sent[*dir], carrier });
            }
            Act::End(dir, how) if !ended[*dir] => {
                ended[*dir] = true;
                let carrier = Some(carrier(sent, *dir));
                push(&StreamEvent::End { dir: *dir, how: *how, carrier });
            }
            _ => {}
        }
        assert!(http2.held() < 1 << 20, "{}", http2.held());
    }
    assert!(http2.count_over() == http2.over().count());
    let ids: Vec<u32> = http2.streams().collect();
    assert!(ids.len() <= CAPS.streams);
    for id in ids {
        assert!(http2.take(id).is_some());
    }
    assert_eq!(http2.count_over(), 0);
    (streams, anew.streams, http2.counts().early_bytes_dropped)
}

fuzz_target!(|data: &[u8]| {
    let whole = data.first().is_none_or(|byte| byte & 1 == 0);
    let acts = acts(Input(data));
    let (one, anew, lost) = play(&acts, whole, usize::MAX);
    // What is found again, and when, rests on what the other direction has shown by then.
    if whole && !acts.iter().any(|act| matches!(act, Act::Gap(..))) {
        let text = |streams: &BTreeMap<u32, Stream>| {
            let of = |stream: &Stream| {
                let side = |dir: Direction| (stream.sides[dir].bytes.clone(), stream.sides[dir].ended);
                (stream.heads.clone(), side(Direction::Orig), side(Direction::Resp))
            };
            streams.iter().map(|(id, stream)| (*id, of(stream))).collect::<Vec<_>>()
        };
        // What a table of more than the cap held cannot be told again.
        let is_known = one.values().all(|stream| stream.heads.iter().all(|head| !head.contains("None")));
        // Nor is content told of a stream that something odd had ended before: it is filled.
        let shape = |streams: &BTreeMap<u32, Stream>| {
            let len = |(bytes, ended): (Vec<u8>, bool)| (bytes.len(), ended);
            let of = text(streams).into_iter().map(|(id, (heads, a, b))| (id, heads, len(a), len(b)));
            of.collect::<Vec<_>>()
        };
        if lost == 0 && is_known {
            assert_eq!(shape(&one), shape(&anew));
        }
        for size in [1, 7] {
            let (chopped, _, dropped) = play(&acts, whole, size);
            // More pieces take more memory of the same cap.
            if dropped > 0 {
                continue;
            }
            assert_eq!(text(&one), text(&chopped));
        }
    } else {
        play(&acts, whole, 3);
    }
});
