//! Whatever comes in whatever order.

use proptest::prelude::*;

use super::*;

/// Anything in any order, ends last: nothing panics or hangs, and each side of a candidate ends once.
fn any_step() -> impl Strategy<Value = Step> {
    let dir = || prop_oneof![Just(Orig), Just(Resp)];
    let piece = prop_oneof![
        Just(ASK.as_bytes().to_vec()),
        Just(YES.as_bytes().to_vec()),
        Just(NO.as_bytes().to_vec()),
        Just(b"CONNECT h:1 HTTP/1.1\r\n\r\n".to_vec()),
        Just(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n".to_vec()),
        Just(b"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(up(Opcode::TEXT, "hello")),
        Just(down(Opcode::CLOSE, "")),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop_oneof![
        12 => (dir(), piece, 0..300_usize).prop_map(|(dir, bytes, cut)| data(dir, &bytes[..cut.min(bytes.len())])),
        1 => (dir(), 0..400_u64).prop_map(|(dir, len)| Gap(dir, len)),
        1 => (dir(), any::<u64>()).prop_map(|(dir, offset)| Acked(dir, offset)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn anything_in_any_order(
        asked in any::<bool>(),
        steps in prop::collection::vec(any_step(), 0..20),
        cap in 1..600_usize,
        acks in prop_oneof![Just(Acks::All), Just(Acks::Captured), Just(Acks::Unknown)],
    ) {
        let start = [data(Orig, ASK), data(Resp, YES)];
        let ends = [End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Unobserved)];
        let steps: Vec<Step> = start.into_iter().take(usize::from(asked) * 2).chain(steps).chain(ends).collect();
        let limits = Limits { max_handshake_bytes: cap, ..Limits::default() };
        let seen = play_with(&steps, &limits, acks);
        let ends = seen.log.iter().filter(|line| line.contains("Fin") || line.contains("Unobserved")).count();
        prop_assert_ne!(seen.status, Status::Undecided);
        prop_assert_eq!(ends, if seen.status == Status::NotWebSocket { 0 } else { 2 });
    }
}
