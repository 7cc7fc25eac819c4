//! Random segments against a plain array, and against what [`StreamEvent`] promises.

use proptest::prelude::*;

use super::OwnedSegment;
use crate::limits::Limits;
use crate::model::{Direction, PerDirection, Segment, StreamEnd, StreamEvent, TcpFlags, WeirdKind, Weirds};
use crate::tcp::Connection;

/// What came out; panics at once where the contract of [`StreamEvent`] is broken.
#[derive(Debug, Default, PartialEq)]
struct Output {
    /// `None` in gaps.
    streams: PerDirection<Stream>,
}

#[derive(Debug, Default, PartialEq)]
struct Stream {
    bytes: Vec<Option<u8>>,
    end: Option<StreamEnd>,
    acked: u64,
    conflicts: u64,
    gaps: u64,
}

impl Output {
    fn take(&mut self, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                assert!(!bytes.is_empty());
                self.extend(dir, offset, bytes.iter().copied().map(Some));
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                assert!(len > 0);
                self.streams[dir].gaps += 1;
                self.extend(dir, offset, (0..len).map(|_| None));
            }
            StreamEvent::Conflict { dir, offset, len, .. } => {
                assert!(len > 0);
                self.streams[dir].conflicts += 1;
                let Stream { bytes, end, .. } = &self.streams[dir];
                assert!(end.is_none() || offset + len <= bytes.len() as u64);
            }
            StreamEvent::Acked { dir, offset, carrier } => {
                assert!(offset > self.streams[dir].acked);
                assert_eq!(carrier.acked, Some(offset));
                self.streams[dir].acked = offset;
            }
            StreamEvent::End { dir, how, carrier } => {
                assert_eq!(carrier.is_none(), how == StreamEnd::Unobserved);
                assert_eq!(self.streams[dir].end.replace(how), None, "two ends");
            }
        }
    }

    fn extend(&mut self, dir: Direction, offset: u64, more: impl Iterator<Item = Option<u8>>) {
        let stream = &mut self.streams[dir];
        assert_eq!(stream.end, None, "bytes behind the end");
        assert_eq!(stream.bytes.len() as u64, offset, "hole or overlap");
        stream.bytes.extend(more);
    }
}

/// All of it through one connection and to its end; counts are compared with what came out.
fn reassemble(segments: &[OwnedSegment], limits: &Limits) -> (Output, Connection) {
    let mut output = Output::default();
    let mut weirds = Weirds::default();
    let mut connection = Connection::new(&segments[0].borrow());
    for segment in segments {
        connection.push(&segment.borrow(), limits, &mut weirds, &mut |event| output.take(event));
    }
    connection.finish(&mut weirds, &mut |event| output.take(event));
    let count = |kind| weirds.as_slice().iter().find(|w| w.kind == kind).map_or(0, |w| w.count);
    let mut gaps = 0;
    for dir in [Direction::Orig, Direction::Resp] {
        let (stream, stats) = (&output.streams[dir], connection.stats(dir));
        assert!(stream.end.is_some());
        assert_eq!(stats.stream_bytes, stream.bytes.iter().flatten().count() as u64);
        assert_eq!(stats.gap_bytes, stream.bytes.iter().filter(|byte| byte.is_none()).count() as u64);
        let from_orig = |s: &Segment<'_>| s.src == connection.endpoints().orig;
        let sent =
            segments.iter().map(OwnedSegment::borrow).filter(|s| from_orig(s) == (dir == Direction::Orig));
        let payload: usize = sent.map(|s| s.payload.len()).sum();
        assert_eq!(
            payload as u64,
            stats.stream_bytes + stats.retransmitted_bytes + stats.ignored_bytes,
            "a byte without a count: {stats:?}"
        );
        gaps += stream.gaps;
    }
    assert_eq!(count(WeirdKind::Gap), gaps);
    (output, connection)
}

/// A copy of part of the stream, in the order captured.
#[derive(Clone, Debug)]
struct Copy {
    start: usize,
    len: usize,
    /// Added to every byte.
    differs: u8,
}

fn stream_byte(i: usize) -> u8 {
    (i.wrapping_mul(31) >> 3) as u8
}

fn client(seq: u32, flags: TcpFlags, payload: Vec<u8>) -> OwnedSegment {
    OwnedSegment { from_client: true, seq, flags, payload, ..OwnedSegment::default() }
}

/// Moves each element by less than `window` places.
fn shuffle<T>(items: Vec<T>, keys: &[usize], window: usize) -> Vec<T> {
    let mut keyed: Vec<_> =
        items.into_iter().enumerate().map(|(i, item)| (i + keys[i % keys.len()] % window, item)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// The stream cut into pieces of these lengths, as segments from SYN to FIN.
fn cut(isn: u32, len: usize, lengths: &[usize]) -> Vec<OwnedSegment> {
    let first = isn.wrapping_add(1);
    let mut segments = vec![client(isn, TcpFlags::SYN, Vec::new())];
    let mut lengths = lengths.iter().cycle();
    let mut at = 0;
    while at < len {
        let end = len.min(at + lengths.next().unwrap());
        let payload = (at..end).map(stream_byte).collect();
        segments.push(client(first.wrapping_add(at as u32), TcpFlags(0), payload));
        at = end;
    }
    segments.push(client(first.wrapping_add(len as u32), TcpFlags::FIN, Vec::new()));
    segments
}

/// Numbers near a few places; a `wild` one may be anywhere.
fn near(places: &'static [u32], wild: bool) -> impl Strategy<Value = u32> {
    let close = (prop::sample::select(places), 0_u32..40).prop_map(|(place, n)| place.wrapping_add(n));
    prop_oneof![20 => close, u32::from(wild) => any::<u32>()]
}

fn any_segment(wild: bool) -> impl Strategy<Value = OwnedSegment> {
    let flags = prop_oneof![
        60 => Just(TcpFlags(0)),
        4 => Just(TcpFlags::SYN),
        6 => Just(TcpFlags::FIN),
        1 => Just(TcpFlags::RST),
        1 => any::<u8>().prop_map(|bits| TcpFlags(bits & !TcpFlags::ACK.0)),
    ];
    let cut_off = prop_oneof![16 => Just(0), 4 => 1_u32..9, u32::from(wild) => any::<u32>()];
    let payload = prop::collection::vec(0_u8..3, 0..12);
    let seq = near(&[100, u32::MAX - 9], wild);
    let ack = prop::option::of(near(&[100], wild));
    let fields = (any::<bool>(), flags, seq, ack, payload, cut_off);
    fields.prop_map(|(from_client, flags, seq, ack, payload, cut_off)| OwnedSegment {
        from_client,
        flags,
        seq,
        ack,
        payload,
        cut_off,
        ..OwnedSegment::default()
    })
}

fn numbered(segments: Vec<OwnedSegment>) -> Vec<OwnedSegment> {
    (1..).zip(segments).map(|(no, segment)| OwnedSegment { no, ..segment }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Overlapping, repeated, differing and missing pieces in any order: the first copy of each byte comes out, and
    /// gaps are exactly the bytes that never came.
    #[test]
    fn equals_the_oracle(
        isn in any::<u32>(),
        copies in prop::collection::vec(
            (0_usize..300, 1_usize..40, prop_oneof![4 => Just(0_u8), 1 => 1_u8..3]), 1..60,
        ),
        history in 0_usize..100,
    ) {
        let copies: Vec<_> =
            copies.into_iter().map(|(start, len, differs)| Copy { start, len, differs }).collect();
        let mut oracle: Vec<Option<u8>> = Vec::new();
        let mut segments = vec![client(isn, TcpFlags::SYN, Vec::new())];
        for Copy { start, len, differs } in copies {
            let bytes: Vec<_> = (start..start + len).map(|i| stream_byte(i).wrapping_add(differs)).collect();
            oracle.resize(oracle.len().max(start + len), None);
            for (place, byte) in oracle[start..].iter_mut().zip(&bytes) {
                place.get_or_insert(*byte);
            }
            let seq = isn.wrapping_add(1).wrapping_add(start as u32);
            segments.push(client(seq, TcpFlags(0), bytes));
        }
        let limits = Limits { max_history_bytes: history, ..Limits::default() };
        let (output, _) = reassemble(&segments, &limits);
        prop_assert_eq!(&output.streams.orig.bytes, &oracle);
    }

    /// Every differing copy of more than one byte (one may be a keep-alive) is reported while history reaches.
    #[test]
    fn conflicts_are_those_of_the_oracle(
        copies in prop::collection::vec((0_usize..60, 2_usize..12, 0_u8..2), 1..30),
    ) {
        let mut oracle = [None; 80];
        let mut segments = vec![client(0, TcpFlags::SYN, Vec::new())];
        let mut differing = 0;
        for (start, len, differs) in copies {
            let bytes: Vec<_> = (start..start + len).map(|i| stream_byte(i).wrapping_add(differs)).collect();
            let mut differs = false;
            for (place, byte) in oracle[start..].iter_mut().zip(&bytes) {
                differs |= place.get_or_insert(*byte) != byte;
            }
            differing += u64::from(differs);
            segments.push(client(1 + start as u32, TcpFlags(0), bytes));
        }
        let (output, _) = reassemble(&segments, &Limits::default());
        let found = output.streams.orig.conflicts;
        prop_assert!(found >= differing && (found > 0) == (differing > 0), "{found} of {differing}");
    }

    /// Two ways to cut the stream, two orders, some segments twice, with and without SYN: one result.
    #[test]
    fn cutting_and_order_change_nothing(
        isn in any::<u32>(),
        len in 1_usize..2_000,
        lengths in prop::collection::vec(1_usize..300, 1..6),
        keys in prop::collection::vec(0_usize..100, 1..50),
        twice in prop::collection::vec(any::<bool>(), 1..20),
        with_syn in any::<bool>(),
    ) {
        let mut segments = cut(isn, len, &lengths);
        if !with_syn {
            segments.remove(0);
        }
        let segments = segments.into_iter().zip(twice.iter().cycle())
            .flat_map(|(segment, twice)| vec![segment; 1 + usize::from(*twice)]).collect();
        // Eight pieces are held, each at most twice here: the start cannot be later than the fourth.
        let segments = shuffle(segments, &keys, 4);
        let (output, _) = reassemble(&segments, &Limits::default());
        let expected: Vec<_> = (0..len).map(|i| Some(stream_byte(i))).collect();
        prop_assert_eq!(&output.streams.orig.bytes, &expected);
        prop_assert_eq!(output.streams.orig.end, Some(StreamEnd::Fin));
    }

    /// Lost segments, acknowledgements, small buffers: what comes out is right where it is not a gap, and all that
    /// was not lost comes out where nothing had to be given up for memory.
    #[test]
    fn losses_become_gaps(
        len in 1_usize..6_000,
        lengths in prop::collection::vec(1_usize..60, 1..6),
        keys in prop::collection::vec(0_usize..100, 1..50),
        lost in prop::collection::vec(prop::bool::weighted(0.1), 1..50),
        max_pieces in prop_oneof![Just(3_usize), Just(16_384)],
    ) {
        let segments = cut(9, len, &lengths);
        let mut expected = vec![None; len];
        let mut captured = Vec::new();
        for (segment, lost) in segments[1..].iter().zip(lost.iter().cycle()) {
            let is_fin = segment.flags == TcpFlags::FIN;
            if !*lost || is_fin {
                captured.push(segment.clone());
                let start = segment.seq as usize - 10;
                for (place, byte) in expected[start..].iter_mut().zip(&segment.payload) {
                    *place = Some(*byte);
                }
            }
            let ack = segment.seq + segment.payload.len() as u32 + u32::from(is_fin);
            captured.push(OwnedSegment { seq: 500, ack: Some(ack), ..OwnedSegment::default() });
        }
        let mut captured = shuffle(captured, &keys, 6);
        captured.insert(0, segments[0].clone());
        let limits = Limits { max_out_of_order_segments: max_pieces, ..Limits::default() };
        let (output, _) = reassemble(&captured, &limits);
        let got = &output.streams.orig.bytes;
        prop_assert_eq!(got.len(), len);
        prop_assert_eq!(output.streams.orig.end, Some(StreamEnd::Fin));
        for (got, expected) in got.iter().zip(&expected) {
            prop_assert!(got == expected || (got.is_none() && max_pieces == 3));
        }
    }

    /// Whatever comes, the contract holds and no byte goes without a count.
    #[test]
    fn nonsense_keeps_the_contract(
        segments in prop::collection::vec(any_segment(false), 1..200),
        max_bytes in prop_oneof![Just(20_usize), Just(4 << 20)],
        max_pieces in prop_oneof![Just(4_usize), Just(16_384)],
    ) {
        let limits = Limits {
            max_out_of_order_bytes: max_bytes,
            max_out_of_order_segments: max_pieces,
            max_history_bytes: 16,
            ..Limits::default()
        };
        reassemble(&numbered(segments), &limits);
    }

    /// The same with numbers from anywhere; gaps of a gigabyte are legal then, so only their sum is kept.
    #[test]
    fn wild_nonsense_keeps_the_contract(segments in prop::collection::vec(any_segment(true), 1..200)) {
        let segments = numbered(segments);
        let mut connection = Connection::new(&segments[0].borrow());
        let mut weirds = Weirds::default();
        let mut next = PerDirection::<u64>::default();
        let mut sink = |event: StreamEvent<'_>| {
            let (dir, offset, len) = match event {
                StreamEvent::Data { dir, offset, bytes, .. } => (dir, offset, bytes.len() as u64),
                StreamEvent::Gap { dir, offset, len, .. } => (dir, offset, len),
                _ => return,
            };
            assert_eq!(next[dir], offset);
            next[dir] += len;
        };
        for segment in &segments {
            connection.push(&segment.borrow(), &Limits::default(), &mut weirds, &mut sink);
        }
        connection.finish(&mut weirds, &mut sink);
    }
}
