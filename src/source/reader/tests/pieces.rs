//! Files that are cut, and sources that give a few bytes at a time or fail.

use std::cell::Cell;

use super::*;

/// Cuts a file at every byte: what is given is a prefix, and only a cut inside a record is one.
fn check_cuts(file: &[u8], boundaries: &[usize], expected: &[Sample]) {
    for cut in 0..=file.len() {
        match read_from(&file[..cut]) {
            Err(error) => {
                assert!(cut < boundaries[0], "cut at {cut}: {error}");
                assert_eq!(matches!(error, Error::Empty { .. }), cut == 0, "cut at {cut}");
            }
            Ok(read) => {
                let whole = boundaries.contains(&cut);
                assert_eq!(read.truncated, !whole, "cut at {cut}");
                assert_eq!(read.samples, expected[..read.samples.len()], "cut at {cut}");
                assert_eq!(read.weirds.len(), usize::from(!whole), "cut at {cut}");
                assert!(read.weirds.iter().all(|w| w.starts_with("truncated_file: ")), "cut at {cut}");
                assert_eq!(read.bytes, cut as u64);
            }
        }
    }
    assert_eq!(read_from(file).unwrap().samples, expected);
}

#[test]
fn cut_anywhere() {
    let expected = samples();
    for endian in BOTH {
        let file = pcap_file(endian, 0xa1b2_3c4d, 1, &expected);
        let boundaries: Vec<_> =
            (0..=4).map(|n| pcap_file(endian, 0xa1b2_3c4d, 1, &expected[..n]).len()).collect();
        check_cuts(&file, &boundaries, &expected);

        let skipped = Writer::new(endian).block(99, Writer::new(endian).u64(1)).bytes;
        let mut file = Writer::new(endian).section().bytes;
        let mut boundaries = vec![file.len()];
        file.extend(Writer::new(endian).interface(1, 0, Some((9, 0))).bytes);
        boundaries.push(file.len());
        for s in &expected {
            file.extend(Writer::new(endian).enhanced(0, s.at.unwrap() as u64, s.orig_len, &s.data).bytes);
            boundaries.push(file.len());
            file.extend(&skipped);
            boundaries.push(file.len());
        }
        check_cuts(&file, &boundaries, &expected);
    }
}

#[test]
fn a_short_read_is_not_the_end() {
    let pcap = pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &samples());
    let pcapng = pcapng_file(Endian::Big, 6, 1_000_000, 0, &samples());
    for file in [pcap, pcapng] {
        for step in [1, 2, 3, 5, 7, 100] {
            let pipe = Pipe { left: &file, step, interrupted: false, fails: false };
            let read = read_from(pipe).unwrap();
            assert_eq!((read.samples, read.truncated), (samples(), false), "{step} at a time");
        }
    }
}

#[test]
fn a_failing_source_is_an_error_behind_the_packets_it_gave() {
    let file = pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &samples());
    let open = |left| Reader::open(Pipe { left, step: 10, interrupted: false, fails: true }, Path::new("-"));
    let mut weirds = Weirds::default();
    let mut reader = open(&file[..file.len() - 1]).unwrap();
    for _ in 0..3 {
        assert!(reader.next(&mut weirds).unwrap().is_some());
    }
    let Err(Error::Read { offset, source, .. }) = reader.next(&mut weirds) else { panic!("no error") };
    assert_eq!((offset, source.to_string()), (file.len() as u64 - 1, "the cable was cut".to_owned()));
    assert!(reader.next(&mut weirds).unwrap().is_none());
    assert!(weirds.is_empty());
    assert!(matches!(open(&file[..3]), Err(Error::Read { offset: 3, .. })));
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end(
        start in 0..5,
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        step in 1_usize..50,
    ) {
        let mut file = match start {
            0 => Vec::new(),
            1 => pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &[]),
            2 => pcap_file(Endian::Big, 0xa1b2_3c4d, 1, &samples()),
            3 => Writer::new(Endian::Big).section().bytes,
            _ => Writer::new(Endian::Little).section().interface(1, 0, None).bytes,
        };
        file.extend(noise);
        let _ = read_from(Pipe { left: &file, step, interrupted: false, fails: false });
    }

    /// A good file with a few octets changed reaches further than noise does.
    #[test]
    fn a_spoilt_file_comes_to_an_end(
        is_pcap: bool, changes in proptest::collection::vec((0_usize..400, any::<u8>()), 0..5)
    ) {
        let mut file = if is_pcap {
            pcap_file(Endian::Big, 0xa1b2_c3d4, 1, &samples())
        } else {
            pcapng_file(Endian::Little, 9, 1_000_000_000, 0, &samples())
        };
        for (at, value) in changes {
            if let Some(octet) = file.get_mut(at) {
                *octet = value;
            }
        }
        if let Ok(read) = read_from(&file[..]) {
            let given: usize = read.samples.iter().map(|s| s.data.len()).sum();
            prop_assert!(given <= file.len());
        }
    }
}

/// Gives pieces of so many bytes, and counts how often it was asked.
struct Pieces<'a> {
    left: &'a [u8],
    len: usize,
    asked: &'a Cell<usize>,
}

impl io::Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.asked.set(self.asked.get() + 1);
        let len = self.len.min(out.len());
        io::Read::read(&mut self.left, &mut out[..len])
    }
}

#[test]
fn what_was_taken_of_a_pipe_is_given_before_more_is_waited_for() {
    let samples = samples();
    let pcap = pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &samples);
    let pcapng = pcapng_file(Endian::Big, 9, 1_000_000_000, 0, &samples);
    for (file, name) in [(&pcap, "pcap"), (&pcapng, "pcapng")] {
        for len in [1, 2, 3, 7, 16, 40, 61, 100, file.len()] {
            let asked = Cell::new(0);
            let source = Pieces { left: file, len, asked: &asked };
            let mut reader = Reader::open(source, Path::new("-")).expect("a sound file");
            reader.keep_blocks(0);
            // Packets whose block was not given: where they lie in it, and their bytes.
            let mut open: Vec<(usize, Vec<u8>)> = Vec::new();
            let mut packets = 0;
            loop {
                let before = asked.get();
                let placed = reader.next_placed(&mut Weirds::default()).expect("a sound file");
                let has_waited = asked.replace(before) > before;
                assert!(!has_waited || open.is_empty(), "{name} by {len} bytes, behind packet {packets}");
                let Some(Placed { retired, offset, packet }) = placed else { break };
                if let Some(block) = retired {
                    for (at, data) in open.drain(..) {
                        assert_eq!(block[at..][..data.len()], data, "{name} by {len} bytes");
                    }
                }
                if let Some(packet) = packet {
                    packets += 1;
                    open.push((offset, packet.data.to_vec()));
                }
            }
            assert_eq!(packets, samples.len(), "{name} by {len} bytes");
        }
    }
}
