//! TLS as it comes: records, handshakes and key logs that are anything, and the traces of RFC 8448 with pieces missing,
//! doubled and changed. What comes out keeps the contract of `StreamEvent`, and of a trace nothing comes out but what was
//! written.
//!
//! Input: a byte for what it is. Any bytes: a key log, then what client and server send. A trace: which one, then what
//! becomes of each of its segments.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::limits::Limits;
use wslog::model::{
    Carrier, Direction, GapCause, PacketNo, PerDirection, StreamEnd, StreamEvent, Timestamp, Weirds,
};
use wslog::tls::{Begins, Keys, Origin, Status, Tls};
use wslog_fuzz::{Input, pieces};

const TRACES: &str = include_str!("../../../src/tls/tests/rfc8448.txt");

fn limits() -> Limits {
    Limits { max_tls_handshake_bytes: 2_000, max_tls_waiting_bytes: 4_000, ..Limits::DEFAULT }
}

/// What a reader of events relies on.
#[derive(Debug, Default)]
struct Contract {
    sides: PerDirection<Side>,
}

#[derive(Debug, Default)]
struct Side {
    next: u64,
    acked: u64,
    ended: bool,
    /// What came, with holes as 0xff.
    text: Vec<u8>,
}

impl Contract {
    fn event(&mut self, event: &StreamEvent<'_>) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                let side = &mut self.sides[dir];
                assert!(!side.ended && !bytes.is_empty());
                assert_eq!(offset, side.next);
                side.next += bytes.len() as u64;
                side.text.extend_from_slice(bytes);
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                let side = &mut self.sides[dir];
                assert!(!side.ended && len > 0);
                assert_eq!(offset, side.next);
                side.next += len;
                side.text.push(0xff);
            }
            StreamEvent::Acked { dir, offset, .. } => {
                let side = &mut self.sides[dir];
                assert!(offset > side.acked && offset <= side.next);
                side.acked = offset;
            }
            StreamEvent::End { dir, .. } => {
                assert!(!self.sides[dir].ended);
                self.sides[dir].ended = true;
            }
            StreamEvent::Conflict { .. } => panic!("of no use inside"),
        }
    }
}

/// A connection that is read.
struct Reading {
    tls: Tls,
    contract: Contract,
    weirds: Weirds,
    offsets: PerDirection<u64>,
    packet: u64,
}

impl Reading {
    fn new() -> Self {
        Self {
            tls: Tls::new(),
            contract: Contract::default(),
            weirds: Weirds::default(),
            offsets: PerDirection::default(),
            packet: 0,
        }
    }

    fn carrier(&mut self, dir: Direction) -> Carrier {
        self.packet += 1;
        Carrier {
            packet: PacketNo(self.packet),
            at: Some(Timestamp(self.packet as i64)),
            acked: Some(self.offsets[dir.flip()]),
        }
    }

    fn push(&mut self, event: &StreamEvent<'_>, keys: &Keys) {
        let Self { tls, contract, weirds, .. } = self;
        tls.push(event, keys, &limits(), weirds, &mut |event| contract.event(&event));
    }

    fn data(&mut self, dir: Direction, bytes: &[u8], keys: &Keys) {
        let (carrier, offset) = (self.carrier(dir), self.offsets[dir]);
        self.offsets[dir] += bytes.len() as u64;
        self.push(&StreamEvent::Data { dir, offset, bytes, carrier }, keys);
    }

    fn gap(&mut self, dir: Direction, len: u64, keys: &Keys) {
        let (carrier, offset) = (self.carrier(dir), self.offsets[dir]);
        self.offsets[dir] += len;
        self.push(&StreamEvent::Gap { dir, offset, len, cause: GapCause::NotCaptured, carrier }, keys);
    }

    fn acked(&mut self, dir: Direction, keys: &Keys) {
        let offset = self.offsets[dir];
        let carrier = Carrier { acked: Some(offset), ..self.carrier(dir.flip()) };
        self.push(&StreamEvent::Acked { dir, offset, carrier }, keys);
    }

    fn finish(mut self, keys: &Keys) -> Self {
        for dir in [Direction::Orig, Direction::Resp] {
            let carrier = Some(self.carrier(dir));
            self.push(&StreamEvent::End { dir, how: StreamEnd::Fin, carrier }, keys);
        }
        let Self { tls, contract, weirds, .. } = &mut self;
        tls.finish(keys, &limits(), weirds, &mut |event| contract.event(&event));
        assert_ne!(self.tls.status(), Status::Waiting);
        let facts = self.tls.facts();
        assert!(facts.decrypted || self.contract.sides.orig.text.is_empty());
        self
    }
}

/// Any bytes as a key log and as what both sides send.
fn anything(mut input: Input<'_>) {
    let seed = input.byte();
    let (len_of_log, len_of_client) = (input.byte(), input.word());
    let mut keys = Keys::new();
    keys.set_may_grow(seed & 1 != 0);
    let log = input.bytes(usize::from(len_of_log));
    let lines = keys.add(log, Origin::Keylog);
    assert_eq!(keys.is_empty(), lines.keys == 0);
    assert!(lines.keys + lines.passed_over + lines.malformed <= log.len() as u64 + 1);
    let client = input.bytes(usize::from(len_of_client));
    let server = input.0;
    // What was decided about a start stays so with more of it.
    let mut known = Begins::Open;
    for end in 0..client.len().min(100) {
        let begins = Begins::of(&client[..end]);
        let may_change = matches!(known, Begins::Open | Begins::Record);
        assert!(may_change || known == begins, "{known:?}, then {begins:?}");
        known = begins;
    }
    let mut reading = Reading::new();
    let (mut of_client, mut of_server) = (pieces(client, seed), pieces(server, seed ^ 0x55));
    loop {
        let (one, other) = (of_client.next(), of_server.next());
        if let Some(bytes) = one {
            reading.data(Direction::Orig, bytes, &keys);
        }
        if let Some(bytes) = other {
            reading.data(Direction::Resp, bytes, &keys);
        }
        if one.is_none() && other.is_none() {
            break;
        }
    }
    let reading = reading.finish(&keys);
    // Nobody has sealed anything with them.
    assert!(reading.contract.sides.orig.text.is_empty() && reading.contract.sides.resp.text.is_empty());
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks_exact(2).map(|two| u8::from_str_radix(str::from_utf8(two).expect("ASCII"), 16).expect("hex")).collect()
}

/// A trace of which each segment meets with something.
fn trace(mut input: Input<'_>) {
    let text = TRACES.replace("\n  ", "");
    let section = text.split("## ").nth(usize::from(input.byte() % 5) + 1).expect("five");
    let how = input.byte();
    let mut log = String::new();
    let mut sent = Vec::new();
    for line in section.lines() {
        match line.split_once(' ') {
            Some(("K", line)) => log = log + line + "\n",
            Some(("C", hex)) => sent.push((Direction::Orig, unhex(hex))),
            Some(("S", hex)) => sent.push((Direction::Resp, unhex(hex))),
            _ => {}
        }
    }
    let mut keys = Keys::new();
    keys.set_may_grow(how & 1 != 0);
    let mut later = keys.clone();
    later.add(log.as_bytes(), Origin::Dsb);
    let from = if how & 1 != 0 { usize::from(how >> 4) } else { 0 };
    let mut reading = Reading::new();
    for (n, (dir, mut bytes)) in sent.into_iter().enumerate() {
        let keys = if n >= from { &later } else { &keys };
        let (what, at, len) = (input.byte(), usize::from(input.word()), usize::from(input.byte()));
        let (at, len) = (at % bytes.len(), len % bytes.len() + 1);
        match what % 8 {
            1 => bytes[at] ^= what.rotate_left(3) | 1,
            2 => {
                reading.data(dir, &bytes[..at], keys);
                let end = (at + len).min(bytes.len());
                reading.gap(dir, (end - at).max(1) as u64, keys);
                bytes.drain(..end);
            }
            3 => bytes.truncate(at),
            4 => bytes = [&bytes[..], &bytes].concat(),
            5 => bytes.extend_from_slice(input.bytes(len)),
            _ => {}
        }
        for piece in pieces(&bytes, what) {
            reading.data(dir, piece, keys);
        }
        if what & 0x80 != 0 {
            reading.acked(dir, keys);
        }
    }
    let reading = reading.finish(&later);
    // Both sides count from 0 to 49, or say nothing; early data are not read.
    for side in [&reading.contract.sides.orig, &reading.contract.sides.resp] {
        let mut words = side.text.split(|byte| *byte == 0xff).filter(|part| !part.is_empty());
        assert!(words.all(|part| part.iter().copied().eq(0..50)), "{:?}", side.text);
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    match input.byte() % 2 {
        0 => anything(input),
        _ => trace(input),
    }
});
