//! Captures and reports in every container: the same conversation, whole, cut, joined, damaged, and without end.

use std::io::{Cursor, Read};
use std::path::Path;

use wslog::limits::Limits;
use wslog::model::{Compression, WeirdKind};
use wslog::source::file::{Input, Stop};

use crate::support::capture_file::Pcap;
use crate::support::essence::analyse_file;
use crate::support::pack::{ALL, pack};
use crate::support::rng::Rng;
use crate::support::script::play;

/// What an input came to.
#[derive(Debug, PartialEq, Eq)]
struct Unpacked {
    bytes: Vec<u8>,
    compression: Compression,
    weirds: Vec<(WeirdKind, u64)>,
}

/// A capture of many frames, long enough for several blocks of every format.
fn capture() -> Vec<u8> {
    let mut rng = Rng::new(5);
    let mut script = String::new();
    for _ in 0..250 {
        let side = if rng.below(2) == 0 { "C" } else { "S" };
        script.push_str(&format!("{side}: text {} | ", rng.below(1 << 30)));
    }
    script.push_str("C: close 1000 done | S: close 1000 done | S: fin | C: fin");
    Pcap::default().write(&play(&script, false))
}

/// A source that gives a byte at a time.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(1);
        self.0.read(&mut out[..len])
    }
}

fn unpack_with(packed: Vec<u8>, limits: &Limits) -> Unpacked {
    read_all(Input::of(Path::new("x"), Box::new(Cursor::new(packed)), limits, &Stop::new()), 1 << 20)
}

/// The same out of a source that trickles, a byte at a time.
fn unpack_slowly(packed: Vec<u8>) -> Unpacked {
    let source = Box::new(Slow(Cursor::new(packed)));
    read_all(Input::of(Path::new("x"), source, &Limits::default(), &Stop::new()), 1)
}

fn read_all(mut input: Input, step: usize) -> Unpacked {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; step]);
    while let n @ 1.. = input.source.read(&mut piece).expect("what is wrong inside is no error") {
        bytes.extend_from_slice(&piece[..n]);
    }
    let weirds = input.source.weirds().as_slice().iter().map(|weird| (weird.kind, weird.count)).collect();
    Unpacked { bytes, compression: input.source.compression(), weirds }
}

fn unpack(packed: Vec<u8>) -> Unpacked {
    unpack_with(packed, &Limits::default())
}

#[test]
fn every_container_gives_the_bytes_it_holds() {
    let capture = capture();
    for compression in [Compression::None].into_iter().chain(ALL) {
        for held in [&capture[..], b""] {
            let unpacked = unpack(pack(compression, held));
            let expected = Unpacked { bytes: held.to_vec(), compression, weirds: Vec::new() };
            assert_eq!(unpacked, expected, "{compression} {}", held.len());
        }
    }
}

#[test]
fn members_are_read_as_one_whatever_each_is() {
    let capture = capture();
    let (first, rest) = capture.split_at(capture.len() / 3);
    for one in ALL {
        for other in ALL {
            for padding in [0, 4] {
                let packed =
                    [pack(one, first), vec![0; padding], pack(other, rest), vec![0; padding]].concat();
                let expected = Unpacked { bytes: capture.clone(), compression: one, weirds: Vec::new() };
                assert_eq!(unpack(packed), expected, "{one}, {other}");
            }
        }
    }
}

#[test]
fn frames_to_skip_are_skipped() {
    let skip = |len: u8| [&[0x5a, 0x2a, 0x4d, 0x18, len, 0, 0, 0][..], &vec![7; usize::from(len)]].concat();
    let packed =
        [skip(3), pack(Compression::Zstd, b"first "), skip(0), pack(Compression::Zstd, b"second"), skip(9)];
    let expected =
        Unpacked { bytes: b"first second".to_vec(), compression: Compression::Zstd, weirds: Vec::new() };
    assert_eq!(unpack(packed.concat()), expected);
    let cut = [pack(Compression::Lz4, b"first"), skip(9)[..12].to_vec()].concat();
    assert_eq!(unpack(cut).weirds, [(WeirdKind::CutCompression, 1)]);
    // A deep stack would not survive a million of them.
    let many = [skip(0).repeat(1_000_000), pack(Compression::Zstd, b"end")].concat();
    assert_eq!(unpack(many).bytes, b"end");
}

#[test]
fn a_container_cut_anywhere_is_read_up_to_the_cut() {
    let capture = capture();
    for compression in ALL {
        let packed = pack(compression, &capture);
        let mut longest = 0;
        // Behind the first bytes, by which it is recognised.
        let (last, step) = (packed.len() - 20, 1 + packed.len() / 200);
        for len in (10..last).step_by(step).chain(last..packed.len()) {
            let found = unpack(packed[..len].to_vec());
            assert_eq!(found.weirds, [(WeirdKind::CutCompression, 1)], "{compression} cut at {len}");
            assert!(capture.starts_with(&found.bytes), "{compression} cut at {len}: other bytes");
            assert!(found.bytes.len() >= longest, "{compression} cut at {len}: fewer bytes than before");
            longest = found.bytes.len();
        }
        assert_eq!(longest, capture.len(), "{compression}: only its trailer was missing");
    }
}

#[test]
fn what_is_behind_is_counted_and_left() {
    for compression in ALL {
        let packed = [pack(compression, b"held"), b"garbage".to_vec()].concat();
        let expected =
            Unpacked { bytes: b"held".to_vec(), compression, weirds: vec![(WeirdKind::TrailingBytes, 1)] };
        assert_eq!(unpack(packed), expected);
    }
}

#[test]
fn damage_is_no_error_and_no_panic() {
    let capture = capture();
    let mut rng = Rng::new(9);
    for compression in ALL {
        let packed = pack(compression, &capture);
        for _ in 0..50 {
            let mut damaged = packed.clone();
            for _ in 0..=rng.below(4) {
                let at = 10 + rng.below(damaged.len() - 10);
                damaged[at] ^= 1 << rng.below(8);
            }
            let found = unpack(damaged.clone());
            let slowly = unpack_slowly(damaged);
            // These give more or less of the block or piece that is damaged.
            if matches!(compression, Compression::Xz | Compression::Bzip2) {
                assert!(slowly.bytes.starts_with(&found.bytes), "{compression}: fewer one by one");
                assert_eq!(found.weirds, slowly.weirds, "{compression}");
            } else {
                assert!(found == slowly, "{compression}: {} or {}", found.bytes.len(), slowly.bytes.len());
            }
            // Bits that no checksum covers, like the time in a header of gzip, may change nothing.
            assert!(!found.weirds.is_empty() || found.bytes == capture, "{compression}: damage went unseen");
        }
    }
}

#[test]
fn damage_in_the_last_bytes_is_damage_however_they_arrive() {
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x63\x60\x60\x60\x60\xf4\x90\x80\x63\xf5\x28\x48\xcd\xc9\xc9\x9f\xc0\x58\xc1";
    let found = unpack(packed.to_vec());
    assert_eq!(found, unpack_slowly(packed.to_vec()));
    assert_eq!(found.weirds, [(WeirdKind::CorruptCompression, 1)]);
}

#[test]
fn a_file_may_not_become_endless() {
    let limits = Limits { max_inflated_file_bytes: 1_000, ..Limits::default() };
    for compression in ALL {
        for (len, weirds) in [(1_000, vec![]), (1_001, vec![(WeirdKind::FileInflateCap, 1)])] {
            let found = unpack_with(pack(compression, &vec![b'x'; len]), &limits);
            assert_eq!((found.bytes.len(), found.weirds), (1_000, weirds), "{compression}");
        }
    }
}

#[test]
fn a_file_may_not_become_much_more_than_it_is() {
    let limits = Limits { file_inflate_ratio_from_bytes: 1 << 20, ..Limits::default() };
    for compression in ALL {
        let ratio_of = |len| len / pack(compression, &vec![0; len]).len();
        let capped = ratio_of(2 << 20) > 500;
        // LZ4 ends at 255.
        assert_eq!(capped, compression != Compression::Lz4, "{compression}");
        let found = unpack_with(pack(compression, &vec![0; 2 << 20]), &limits);
        let weirds = if capped { vec![(WeirdKind::FileInflateCap, 1)] } else { vec![] };
        assert_eq!((found.bytes.len() < 2 << 20, found.weirds), (capped, weirds), "{compression}");
    }
}

#[test]
fn windows_over_the_cap_are_refused_before_they_are_made() {
    // Window descriptor 0xa0: 2^30 bytes; then a block of one byte, repeated.
    let zstd = b"\x28\xb5\x2f\xfd\x00\xa0\x0b\x00\x00x".to_vec();
    // One segment of 2^40 bytes.
    let segment = b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0\x0b\x00\x00x".to_vec();
    for packed in [zstd, segment] {
        let found = unpack(packed);
        assert_eq!((found.bytes.len(), found.weirds), (0, vec![(WeirdKind::FileInflateCap, 1)]));
    }
}

#[test]
fn a_source_that_fails_is_an_error_in_every_container() {
    struct Failing(Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(std::io::Error::other("the disk is gone")),
                n => Ok(n),
            }
        }
    }
    let capture = capture();
    for compression in [Compression::None].into_iter().chain(ALL) {
        let packed = pack(compression, &capture);
        let half = packed[..packed.len() / 2].to_vec();
        let source = Box::new(Failing(Cursor::new(half)));
        let mut input = Input::of(Path::new("x"), source, &Limits::default(), &Stop::new());
        let error = std::io::copy(&mut input.source, &mut std::io::sink()).expect_err("it failed");
        assert_eq!(error.to_string(), "the disk is gone", "{compression}");
    }
}

#[test]
fn looking_ahead_takes_nothing() {
    for compression in [Compression::None].into_iter().chain(ALL) {
        let packed = pack(compression, b"0123456789");
        let source = Box::new(Cursor::new(packed));
        let mut input = Input::of(Path::new("x"), source, &Limits::default(), &Stop::new());
        let mut first = [0; 3];
        assert_eq!(input.source.peek(4).expect("no error"), b"0123");
        input.source.read_exact(&mut first).expect("no error");
        assert_eq!(input.source.peek(2).expect("no error"), b"34");
        assert_eq!(input.source.peek(99).expect("no error"), b"3456789");
        let mut rest = Vec::new();
        input.source.read_to_end(&mut rest).expect("no error");
        assert_eq!((&first, &rest[..]), (b"012", &b"3456789"[..]));
    }
}

#[test]
fn a_stop_ends_the_reading_and_is_no_cut() {
    let capture = capture();
    for compression in [Compression::None].into_iter().chain(ALL) {
        // The second half never comes: whoever writes it waits for us.
        let packed = pack(compression, &capture);
        let stop = Stop::new();
        let half = Cursor::new(packed[..packed.len() / 2].to_vec());
        let source = Box::new(half.chain(Waiting(stop.clone())));
        let mut input = Input::of(Path::new("x"), source, &Limits::default(), &stop);
        let mut bytes = Vec::new();
        input.source.read_to_end(&mut bytes).expect("no error");
        assert!(stop.is_heeded(), "{compression}");
        assert!(capture.starts_with(&bytes));
        assert!(input.source.weirds().is_empty(), "{compression}: {:?}", input.source.weirds());
    }

    /// A pipe that is silent until Ctrl-C, which comes now.
    struct Waiting(Stop);
    impl Read for Waiting {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            self.0.ask();
            self.0.heed();
            Ok(0)
        }
    }
}

#[test]
fn the_conversation_in_it_is_the_same() {
    let capture = capture();
    let plain = analyse_file(&capture);
    assert_eq!(plain.len(), 1);
    for compression in ALL {
        assert_eq!(analyse_file(&unpack(pack(compression, &capture)).bytes), plain, "{compression}");
    }
}
