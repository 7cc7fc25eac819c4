//! Any segments into a small flow table: each connection keeps the contract of `StreamEvent`, every payload byte is
//! counted once, and a byte stands where its sequence number says.
//!
//! Input: a byte for the caps, then 10 bytes a segment and perhaps a number to start from.

#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use wslog::limits::Limits;
use wslog::model::{
    Direction, HeaderSigns, PacketNo, PerDirection, Segment, SeqNo, StreamEvent, TcpFlags, Timestamp, Weirds,
};
use wslog::tcp::{Flow, FlowTable};
use wslog_fuzz::Input;

/// What a connection owes to its reader.
#[derive(Debug, Default)]
struct Contract {
    sides: PerDirection<Side>,
    /// Payload bytes that went in, of both directions.
    pushed: u64,
    /// Some segment was given other bytes than its sequence numbers call for.
    garbled: bool,
}

#[derive(Debug, Default)]
struct Side {
    next: u64,
    data: u64,
    gaps: u64,
    acked: u64,
    ended: bool,
    /// The byte that belongs to offset 0.
    origin: Option<u8>,
}

impl Contract {
    fn event(&mut self, event: &StreamEvent<'_>) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                let side = &mut self.sides[dir];
                assert!(!side.ended, "{dir:?}: data behind the end");
                assert_eq!(offset, side.next, "{dir:?}: data");
                assert!(!bytes.is_empty(), "{dir:?}: no data");
                side.next += bytes.len() as u64;
                side.data += bytes.len() as u64;
                if !self.garbled {
                    let origin = *side.origin.get_or_insert(bytes[0].wrapping_sub(offset as u8));
                    for (at, byte) in (offset..).zip(bytes) {
                        assert_eq!(*byte, origin.wrapping_add(at as u8), "{dir:?}: misplaced at {at}");
                    }
                }
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                let side = &mut self.sides[dir];
                assert!(!side.ended, "{dir:?}: a gap behind the end");
                assert_eq!(offset, side.next, "{dir:?}: gap");
                assert!(len > 0, "{dir:?}: no gap");
                side.next += len;
                side.gaps += len;
            }
            StreamEvent::Acked { dir, offset, .. } => {
                let side = &mut self.sides[dir];
                assert!(offset > side.acked, "{dir:?}: acknowledged {offset} after {}", side.acked);
                side.acked = offset;
            }
            StreamEvent::Conflict { len, .. } => {
                assert!(len > 0 && self.garbled, "a conflict of equal bytes");
            }
            StreamEvent::End { dir, .. } => {
                let side = &mut self.sides[dir];
                assert!(!std::mem::replace(&mut side.ended, true), "{dir:?}: ended twice");
            }
        }
    }

    fn finish(flow: Flow<Self>) {
        let Flow { mut connection, state: mut contract, .. } = flow;
        connection.finish(&mut Weirds::default(), &mut |event| contract.event(&event));
        connection.finish(&mut Weirds::default(), &mut |event| panic!("{event:?} after the end"));
        let mut counted = 0;
        for dir in [Direction::Orig, Direction::Resp] {
            let (side, stats) = (&contract.sides[dir], connection.stats(dir));
            assert!(side.ended, "{dir:?}: no end");
            assert_eq!((stats.stream_bytes, stats.gap_bytes), (side.data, side.gaps), "{dir:?}");
            counted += stats.stream_bytes + stats.retransmitted_bytes + stats.ignored_bytes;
        }
        assert_eq!(counted, contract.pushed, "every byte is counted once: {contract:?}");
    }
}

fn run(mut input: Input<'_>) {
    let caps = input.byte();
    let limits = Limits {
        max_flows: usize::from(caps & 3) + 1,
        max_out_of_order_bytes: if caps & 4 == 0 { 4 << 20 } else { 100 },
        max_out_of_order_segments: if caps & 8 == 0 { 16_384 } else { 4 },
        max_history_bytes: if caps & 16 == 0 { 4 << 10 } else { 20 },
        ..Limits::default()
    };
    let mut table: FlowTable<Contract> = FlowTable::new(&limits, 1);
    let mut weirds = Weirds::default();
    // By port and side.
    let mut numbers = [[0xffff_ff00_u32, 0x7fff_ffc0]; 4];
    let mut time = 0_i64;
    let mut payload = Vec::new();
    for no in 1.. {
        if input.is_empty() {
            break;
        }
        let [how, flags, seq_high, seq_low, ack_high, ack_low, len, cut] = input.array();
        let (port, is_resp) = (usize::from(how & 3), how & 4 != 0);
        let (own, peer) = (usize::from(is_resp), usize::from(!is_resp));
        if how & 0x80 != 0 {
            numbers[port][own] = input.long();
        }
        time = time.saturating_add(i64::from(input.byte() as i8) << (u32::from(how >> 3 & 3) * 12));
        let near =
            |from: u32, high, low| from.wrapping_add_signed(i32::from(i16::from_be_bytes([high, low])));
        let seq = near(numbers[port][own], seq_high, seq_low);
        let ack = near(numbers[port][peer], ack_high, ack_low);
        let flags = TcpFlags(flags & !0xc0);
        let first = seq.wrapping_add(u32::from(flags.has(TcpFlags::SYN)));
        payload.clear();
        payload.extend((0..u32::from(len)).map(|i| first.wrapping_add(i) as u8));
        let garbled = how & 0x60 == 0x60 && !payload.is_empty();
        if garbled {
            let at = usize::from(cut) % payload.len();
            payload[at] ^= 0x55;
        }
        let ends = [format!("10.0.0.1:{}", 1000 + port), "10.0.0.2:80".to_owned()]
            .map(|end| end.parse::<SocketAddr>().expect("an address"));
        let segment = Segment {
            no: PacketNo(no),
            at: (how & 0x40 == 0).then_some(Timestamp(time)),
            src: ends[own],
            dst: ends[peer],
            seq: SeqNo(seq),
            ack: flags.has(TcpFlags::ACK).then_some(SeqNo(ack)),
            flags,
            header: HeaderSigns { ttl: how, ip_id: Some(u16::from(cut)), window: u16::from(len) },
            payload: &payload,
            cut_off: if how & 0x20 == 0 { 0 } else { u32::from(cut) },
        };
        let flow = table.route(&segment, &mut weirds, |_| Contract::default());
        let Flow { connection, state, .. } = flow;
        state.pushed += payload.len() as u64;
        state.garbled |= garbled;
        connection.push(&segment, &limits, &mut weirds, &mut |event| state.event(&event));
        assert!(table.len() <= limits.max_flows);
        while let Some(flow) = table.next_ended() {
            Contract::finish(flow);
        }
    }
    table.finish();
    assert!(table.is_empty());
    while let Some(flow) = table.next_ended() {
        Contract::finish(flow);
    }
}

fuzz_target!(|data: &[u8]| run(Input(data)));
