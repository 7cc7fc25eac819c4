//! What a compressor wrote, read again: every byte of output is counted, and distances are its own.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::{Reach, Scanner, State};

fn compressed(data: &[u8], level: u32, bits: u8, flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 1024);
    let mut compress = Compress::new_with_window_bits(Compression::new(level), false, bits);
    compress.compress_vec(data, &mut out, flush).expect("compresses");
    assert!(out.len() < out.capacity());
    out
}

/// A scanner that has read `wire` in pieces of `cut` bytes.
fn scanned(wire: &[u8], cut: usize) -> Scanner {
    let mut scanner = Scanner::default();
    scanner.start();
    wire.chunks(cut).for_each(|piece| scanner.push(piece));
    scanner
}

#[test]
fn blocks_of_rfc_7692_7_2_3() {
    for (name, wire, position, back, before_start) in [
        ("fixed", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..], 5, 0, 0),
        ("refers back", &[0xf2, 0x00, 0x11, 0x00, 0x00], 5, 5, 4),
        ("stored", &[0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0], 5, 0, 0),
        ("final", &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], 5, 0, 0),
        ("two blocks", &[0xf2, 0x48, 5, 0, 0, 0, 0xff, 0xff, 0xca, 0xc9, 0xc9, 7, 0], 5, 0, 0),
        ("nothing", &[0], 0, 0, 0),
        ("reserved block type", &[7, 0xf2, 0x48], 0, 0, 0),
    ] {
        for cut in 1..=wire.len() {
            let scanner = scanned(wire, cut);
            assert_eq!(scanner.position(), position, "{name}");
            assert_eq!(scanner.reach(), Reach { back, before_start }, "{name}");
        }
    }
}

#[test]
fn garbage_ends_or_starves() {
    let mut x = 0x9e37_79b9_u32;
    for _ in 0..2_000 {
        let wire: Vec<u8> = (0..200)
            .map(|_| {
                x ^= x << 13;
                x ^= x >> 17;
                x ^= x << 5;
                x as u8
            })
            .collect();
        let whole = scanned(&wire, wire.len());
        assert!(whole.reach().back <= 1 << 15);
        for cut in [1, 7] {
            let pieces = scanned(&wire, cut);
            assert_eq!((pieces.position(), pieces.reach()), (whole.position(), whole.reach()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn all_of_it_is_read(
        words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..30),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..1_500),
        level in 0_u32..=9,
        bits in 9_u8..=15,
        finish: bool,
        cut in 1_usize..400,
    ) {
        let data: Vec<u8> = picks.iter().flat_map(|pick| pick.get(&words).iter().copied()).collect();
        let flush = if finish { FlushCompress::Finish } else { FlushCompress::Sync };
        let wire = compressed(&data, level, bits, flush);
        let scanner = scanned(&wire, cut);
        prop_assert!(!matches!(scanner.state, State::Stopped));
        prop_assert_eq!(scanner.position(), data.len() as u64);
        prop_assert!(scanner.reach().back <= 1 << bits);
        prop_assert_eq!(scanner.reach().before_start, 0);
    }
}
