//! Any fragments against a plain array in which the first copy of each byte stays.

use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const TOTAL: usize = 160;

fn fragment<'a>(offset: usize, more: bool, bytes: &'a [u8], on_wire: usize) -> Fragment<'a> {
    let address = Ipv4Addr::LOCALHOST.into();
    Fragment {
        key: Key { src: address, dst: address, identification: 7, protocol: Some(6) },
        protocol: 6,
        offset,
        more,
        payload: View { bytes, on_wire },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Units of 8 bytes; a fragment that reaches the end is the last. Each has bytes of its own.
    #[test]
    fn first_copies_stay(cuts in vec((0..20_usize, 1..20_usize, any::<u8>(), 0..200_usize), 1..40)) {
        let limits = Limits::default();
        let (mut pool, mut weirds) = (Fragments::new(&limits), Weirds::default());
        let mut oracle: Vec<Option<Option<u8>>> = vec![None; TOTAL];
        for (n, (at, len, fill, captured)) in (1_u64..).zip(cuts) {
            let (start, end) = (at * 8, ((at + len) * 8).min(TOTAL));
            let bytes = vec![fill; captured.min(end - start)];
            let fragment = fragment(start, end < TOTAL, &bytes, end - start);
            for (i, place) in oracle.iter_mut().enumerate().take(end).skip(start) {
                place.get_or_insert(bytes.get(i - start).copied());
            }
            let whole = pool.add(&fragment, PacketNo(n), None, &mut weirds).expect("sound fragments");
            if oracle.iter().all(Option::is_some) {
                let whole = whole.expect("all of it is there");
                let known: Vec<u8> = oracle.iter().map_while(|place| place.flatten()).collect();
                let later = oracle.iter().skip(known.len()).filter(|place| place.flatten().is_some()).count();
                prop_assert_eq!((whole.on_wire, whole.protocol), (TOTAL, 6));
                prop_assert_eq!(&whole.bytes, &known);
                prop_assert!(whole.unused <= later);
                pool.finish(&mut weirds);
                prop_assert!(!weirds.as_slice().iter().any(|weird| weird.kind == WeirdKind::IpFragment));
                prop_assert_eq!((pool.cost, pool.datagrams.len(), pool.order.len()), (0, 0, 0));
                break;
            }
            prop_assert!(whole.is_none());
        }
    }

    /// Caps hold whatever comes, and nothing is left behind.
    #[test]
    fn caps_hold(
        cuts in vec((0..6_u32, 0..20_usize, 1..20_usize, any::<bool>(), any::<u8>(), -9..9_i64), 1..200)
    ) {
        let limits = Limits {
            max_fragment_bytes: 2_000,
            max_fragmented_datagrams: 3,
            fragment_expiry_seconds: 5,
            ..Limits::default()
        };
        let (mut pool, mut weirds) = (Fragments::new(&limits), Weirds::default());
        for (n, (identification, at, len, more, fill, seconds)) in (1_u64..).zip(cuts) {
            let bytes = vec![fill; len * 8];
            let mut fragment = fragment(at * 8, more, &bytes, len * 8);
            fragment.key.identification = identification;
            let at = Timestamp(seconds * 1_000_000_000);
            let _ = pool.add(&fragment, PacketNo(n), Some(at), &mut weirds);
            prop_assert!(pool.datagrams.len() <= 3 && pool.order.len() == pool.datagrams.len());
            prop_assert_eq!(pool.cost, pool.datagrams.values().map(|datagram| datagram.cost).sum::<usize>());
            // One fragment may fill several holes, each a piece of its own.
            prop_assert!(pool.cost <= 2_000 + 20 * size_of::<Piece>());
        }
        pool.finish(&mut weirds);
        prop_assert_eq!((pool.cost, pool.datagrams.len(), pool.order.len()), (0, 0, 0));
    }
}
