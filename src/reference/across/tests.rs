//! Times that no exchange of the tables meets to the nanosecond.

use super::*;

fn ms(ms: i64) -> Timestamp {
    Timestamp(ms * 1_000_000)
}

/// The `n`th connection, whose first packet has that number.
fn trace(n: u64, [asked, settled]: [i64; 2], life: (i64, i64, bool)) -> Trace {
    let first_packet = PacketNo(n);
    let (began, ended, is_abnormal) = life;
    Trace {
        client: [192, 0, 2, 10].into(),
        server: ([192, 0, 2, 20], 80).into(),
        first_packet,
        life: Life { first_packet, began: Some(ms(began)), ended: Some(ms(ended)), is_abnormal },
        asked: Some((first_packet, ms(asked))),
        settled: Some(ms(settled)),
        key: None,
        program: None,
        target: 0,
        is_forwarded: false,
    }
}

/// Handshakes with one key, each with its client's address, its server and its times in milliseconds: which of them, from 1, are noted.
#[test]
fn keys_again_4_1() {
    use Certainty::{Likely, Undetermined};
    let check = |uses: &[(&str, &str, [i64; 2])], expected: &[(u64, Certainty)]| {
        let mut keys: Option<KeyUse> = None;
        let noted = (1..).zip(uses).filter_map(|(n, (client, server, times))| {
            let ends = (client.parse().expect("an address"), server.parse().expect("an address and a port"));
            let this = Trace { client: ends.0, server: ends.1, ..trace(n, *times, (0, 0, false)) };
            match &mut keys {
                Some(known) => Some((n, known.again(&this)?.certainty)),
                None => {
                    keys = Some(KeyUse::new(&this));
                    None
                }
            }
        });
        assert_eq!(noted.collect::<Vec<_>>(), expected, "{uses:?}");
    };
    let (front, back) = (("10.0.0.1", "10.0.0.2:80"), ("10.0.0.2", "10.0.0.3:90"));
    let at = |(client, server): (&'static str, &'static str), times: [i64; 2]| (client, server, times);
    check(&[at(front, [0, 9]), at(front, [20, 29])], &[(2, Likely)]);
    // A proxy's other hop, whichever of both was opened first.
    check(&[at(front, [0, 9]), at(back, [1, 8])], &[]);
    check(&[at(back, [1, 8]), at(front, [0, 9])], &[]);
    check(&[at(front, [0, 9]), at(back, [1, 8]), ("10.0.0.3", "10.0.0.4:99", [2, 7])], &[]);
    // Once more, and that one's other hop.
    check(&[at(front, [0, 9]), at(back, [1, 8]), at(front, [20, 29]), at(back, [21, 28])], &[(3, Likely)]);
    // What the other did not have to wait for is none.
    check(&[at(front, [0, 9]), at(back, [10, 18])], &[(2, Undetermined)]);
    check(&[at(front, [0, 9]), at(back, [1, 10])], &[(2, Undetermined)]);
    // All on one host; and a client that asks two servers at once.
    check(&[("127.0.0.1", "127.0.0.1:80", [0, 9]), ("127.0.0.1", "127.0.0.1:90", [1, 8])], &[]);
    check(&[at(front, [0, 9]), ("10.0.0.1", "10.0.0.9:80", [1, 8])], &[(2, Undetermined)]);
}

/// Handshakes from request to response in milliseconds: which of them, from 1, was under way beside which.
#[test]
fn handshakes_at_once_4_1() {
    let check = |handshakes: &[[i64; 2]], expected: &[(u64, u64)]| {
        let mut under_way = UnderWay::default();
        let found = (1..).zip(handshakes).filter_map(|(n, times)| {
            let violation = under_way.next(&trace(n, *times, (0, 0, false)))?.violation;
            Some((n, violation.earlier().expect("another connection").0))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{handshakes:?}");
    };
    check(&[[0, 10], [10, 20]], &[]);
    check(&[[0, 10], [9, 20]], &[(2, 1)]);
    // The one that began first may have asked last.
    check(&[[10, 20], [0, 10]], &[]);
    check(&[[10, 20], [0, 11]], &[(2, 1)]);
    // The one that was settled last counts.
    check(&[[0, 30], [5, 10], [20, 40]], &[(2, 1), (3, 1)]);
    check(&[[0, 10], [5, 30], [20, 40]], &[(2, 1), (3, 2)]);
    check(&[[0, 10], [5, 10], [7, 12]], &[(2, 1), (3, 1)]);
}

/// Connections from beginning to end in milliseconds, and whether the server or the network ended them: which of them, from
/// 1, came too soon, behind which, as the how manieth.
#[test]
fn attempts_7_2_3() {
    use Certainty::{Likely, Undetermined};
    let check = |lives: &[(i64, i64, bool)], expected: &[(u64, u64, u32, Certainty)]| {
        let mut attempts = Attempts::default();
        let found = (1..).zip(lives).filter_map(|(n, life)| {
            let Finding { violation, certainty, .. } = attempts.next(&trace(n, [0, 0], *life))?;
            let Violation::ClBackoff(ClBackoff { times, earlier, .. }) = violation else { return None };
            Some((n, earlier.0, times, certainty))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{lives:?}");
    };
    check(&[(0, 50, true), (149, 200, false)], &[(2, 1, 1, Undetermined)]);
    check(&[(0, 50, true), (150, 200, false)], &[]);
    check(&[(0, 50, true), (50, 200, false)], &[(2, 1, 1, Undetermined)]);
    check(&[(0, 50, true), (49, 200, false)], &[]);
    check(&[(0, 50, false), (60, 200, true)], &[]);
    // After one that held it is the first again.
    let held = |lasted: i64| [(0, 10, true), (20, 20 + lasted, true), (30 + lasted, 40 + lasted, true)];
    check(&held(4_999), &[(2, 1, 1, Undetermined), (3, 2, 2, Undetermined)]);
    check(&held(5_000), &[(2, 1, 1, Undetermined), (3, 2, 1, Undetermined)]);
    // Four pauses that do not grow by more than a quarter.
    let row = |pauses: [i64; 4]| {
        let mut lives = vec![(0, 10, true)];
        for pause in pauses {
            let began = lives.last().map_or(0, |last| last.1) + pause;
            lives.push((began, began + 10, true));
        }
        lives
    };
    check(&row([1_000, 1_000, 1_000, 1_250]), &[(5, 4, 4, Likely)]);
    check(&row([1_000, 1_000, 1_000, 1_251]), &[]);
    check(&row([4_999; 4]), &[(5, 4, 4, Likely)]);
    check(&row([5_000; 4]), &[]);
    // Of several at a time the last to end counts.
    check(&[(0, 90, true), (10, 50, false), (100, 200, false)], &[(3, 1, 1, Undetermined)]);
    check(&[(0, 50, false), (10, 90, true), (100, 200, false)], &[(3, 2, 1, Undetermined)]);
    check(&[(0, 90, true), (10, 90, false), (100, 200, false)], &[(3, 1, 1, Undetermined)]);
}

/// As its authors give it, so that a program has the same number wherever it is read.
#[test]
fn fnv_1a() {
    for (text, sum) in [("", SEED), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)] {
        assert_eq!(hash(SEED, text.as_bytes()), sum, "{text}");
    }
}
