use std::cell::Cell;
use std::io::ErrorKind;

use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

/// What a reader must give, whatever the container.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sample {
    at: Option<i64>,
    link: u16,
    orig_len: u32,
    data: Vec<u8>,
}

/// Times are multiples of 125 ms, so that milliseconds and 2^-10 seconds hold them.
fn samples() -> Vec<Sample> {
    let sample = |eighths: i64, link, orig_len, data: &[u8]| Sample {
        at: Some((1_700_000_000 * 8 + eighths) * 125_000_000),
        link,
        orig_len,
        data: data.to_vec(),
    };
    vec![
        sample(0, 1, 5, b"first"),
        sample(1, 1, 0, b""),
        sample(7, 1, 9000, b"cut by a snap length"),
        sample(4, 1, 4, b"back"),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Endian {
    Big,
    Little,
}

/// Bytes in one byte order.
struct Writer {
    endian: Endian,
    bytes: Vec<u8>,
}

impl Writer {
    fn new(endian: Endian) -> Self {
        Self { endian, bytes: Vec::new() }
    }

    fn u16(mut self, n: u16) -> Self {
        match self.endian {
            Endian::Big => self.bytes.extend(n.to_be_bytes()),
            Endian::Little => self.bytes.extend(n.to_le_bytes()),
        }
        self
    }

    fn u32(mut self, n: u32) -> Self {
        match self.endian {
            Endian::Big => self.bytes.extend(n.to_be_bytes()),
            Endian::Little => self.bytes.extend(n.to_le_bytes()),
        }
        self
    }

    fn u64(self, n: u64) -> Self {
        let (high, low) = ((n >> 32) as u32, n as u32);
        match self.endian {
            Endian::Big => self.u32(high).u32(low),
            Endian::Little => self.u32(low).u32(high),
        }
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    fn padded(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0xee);
        self
    }

    fn block(self, block_type: u32, body: Self) -> Self {
        let len = u32::try_from(body.bytes.len() + 12).unwrap();
        self.u32(block_type).u32(len).raw(&body.bytes).u32(len)
    }

    fn part(&self) -> Self {
        Self::new(self.endian)
    }

    fn section(self) -> Self {
        let body = self.part().u32(0x1a2b_3c4d).u16(1).u16(0).u64(u64::MAX);
        self.block(0x0a0d_0d0a, body)
    }

    /// With a name and a terminator round the options, as writers do.
    fn interface(self, link: u16, snap_len: u32, clock: Option<(u8, i64)>) -> Self {
        let mut body = self.part().u16(link).u16(0).u32(snap_len);
        if let Some((resolution, offset)) = clock {
            body = body.u16(2).u16(3).padded(b"lo0").u16(9).u16(1).padded(&[resolution]);
            body = body.u16(14).u16(8).u64(offset as u64).u32(0);
        }
        self.block(1, body)
    }

    fn enhanced(self, interface: u32, ticks: u64, orig_len: u32, data: &[u8]) -> Self {
        let body = self.part().u32(interface).u32((ticks >> 32) as u32).u32(ticks as u32);
        let body = body.u32(data.len() as u32).u32(orig_len).padded(data).u16(2).u16(4).u32(1).u32(0);
        self.block(6, body)
    }

    fn obsolete(self, interface: u16, ticks: u64, orig_len: u32, data: &[u8]) -> Self {
        let body = self.part().u16(interface).u16(0xffff).u32((ticks >> 32) as u32).u32(ticks as u32);
        let body = body.u32(data.len() as u32).u32(orig_len).padded(data);
        self.block(2, body)
    }

    fn simple(self, orig_len: u32, data: &[u8]) -> Self {
        let body = self.part().u32(orig_len).padded(data);
        self.block(3, body)
    }
}

fn pcap_file(endian: Endian, magic: u32, network: u32, samples: &[Sample]) -> Vec<u8> {
    let nanoseconds = if magic == 0xa1b2_3c4d { 1 } else { 1_000 };
    let mut file = Writer::new(endian).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65_535).u32(network);
    for sample in samples {
        let at = sample.at.unwrap() as u64;
        file = file.u32((at / 1_000_000_000) as u32).u32((at % 1_000_000_000 / nanoseconds) as u32);
        file = file.u32(sample.data.len() as u32).u32(sample.orig_len);
        if magic == 0xa1b2_cd34 {
            file = file.u32(1).u32(2);
        }
        file = file.raw(&sample.data);
    }
    file.bytes
}

/// `units` ticks a second, counted from `offset` seconds after 1970.
fn pcapng_file(endian: Endian, resolution: u8, units: u128, offset: i64, samples: &[Sample]) -> Vec<u8> {
    let file = Writer::new(endian).section().interface(1, 0, Some((resolution, offset)));
    samples
        .iter()
        .fold(file, |file, s| {
            let since = s.at.unwrap() as u128 - offset as u128 * 1_000_000_000;
            let ticks = u64::try_from(since * units / 1_000_000_000).unwrap();
            file.enhanced(0, ticks, s.orig_len, &s.data)
        })
        .bytes
}

struct Read {
    samples: Vec<Sample>,
    numbers: Vec<u64>,
    truncated: bool,
    bytes: u64,
    /// `kind: detail`, in the order counted.
    weirds: Vec<String>,
}

fn read_from(source: impl io::Read) -> Result<Read, Error> {
    let mut reader = Reader::open(source, Path::new("x"))?;
    let mut weirds = Weirds::default();
    let (mut samples, mut numbers) = (Vec::new(), Vec::new());
    while let Some(packet) = reader.next(&mut weirds)? {
        numbers.push(packet.no.0);
        samples.push(Sample {
            at: packet.at.map(|at| at.0),
            link: packet.link.0,
            orig_len: packet.orig_len,
            data: packet.data.to_vec(),
        });
    }
    assert!(reader.next(&mut weirds)?.is_none(), "the end is final");
    Ok(Read {
        samples,
        numbers,
        truncated: reader.truncated(),
        bytes: reader.bytes(),
        weirds: weirds.as_slice().iter().map(|w| format!("{}: {}", w.kind.name(), w.detail)).collect(),
    })
}

/// The file is read to its end, holds these packets and nothing odd.
fn check(name: &str, file: &[u8], expected: &[Sample]) {
    let read = read_from(file).unwrap();
    assert_eq!(read.samples, expected, "{name}");
    assert_eq!(read.numbers, (1..=expected.len() as u64).collect::<Vec<_>>(), "{name}");
    assert_eq!(read.weirds, [""; 0], "{name}");
    assert_eq!((read.truncated, read.bytes), (false, file.len() as u64), "{name}");
}

/// The file gives this many packets, then this weird.
fn check_weird(name: &str, file: &[u8], packets: usize, expected: &str) {
    let read = read_from(file).unwrap();
    assert_eq!((read.samples.len(), read.weirds), (packets, vec![expected.to_owned()]), "{name}");
}

fn check_error(name: &str, file: &[u8], expected: &str) {
    match read_from(file) {
        Ok(_) => panic!("{name}: opened"),
        Err(error) => assert_eq!(error.to_string(), expected, "{name}"),
    }
}

const BOTH: [Endian; 2] = [Endian::Big, Endian::Little];

#[test]
fn pcap_in_every_order_and_resolution() {
    for endian in BOTH {
        for magic in [0xa1b2_c3d4, 0xa1b2_3c4d] {
            let file = pcap_file(endian, magic, 1, &samples());
            check(&format!("{endian:?} {magic:x}"), &file, &samples());
            assert_eq!(Reader::open(&file[..], Path::new("x")).unwrap().kind(), "pcap");
        }
    }
    check("Kuznetzov", &pcap_file(Endian::Little, 0xa1b2_cd34, 1, &samples()), &samples());
    check("FCS flags", &pcap_file(Endian::Big, 0xa1b2_c3d4, 0x2400_0001, &samples()), &samples());
    check("no packet", &pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &[]), &[]);
}

#[test]
fn pcapng_in_every_order_and_resolution() {
    for endian in BOTH {
        for (name, resolution, units, offset) in [
            ("10^-6", 6, 1_000_000, 0),
            ("10^-9", 9, 1_000_000_000, 0),
            ("10^-3", 3, 1_000, 0),
            ("2^-10", 0x8a, 1 << 10, 0),
            ("2^-32", 0xa0, 1 << 32, 0),
            ("10^-6 with offset", 6, 1_000_000, 1_600_000_000),
            ("10^-12 with offset", 12, 1_000_000_000_000, 1_699_999_999),
        ] {
            let file = pcapng_file(endian, resolution, units, offset, &samples());
            check(&format!("{endian:?} {name}"), &file, &samples());
            assert_eq!(Reader::open(&file[..], Path::new("x")).unwrap().kind(), "pcapng");
        }
    }
}

#[test]
fn pcapng_blocks_of_all_kinds() {
    let at = 1_700_000_000_000_000;
    let seen = |at: Option<i64>, link, data: &[u8]| Sample { at, link, orig_len: 4, data: data.to_vec() };
    let expected = [
        seen(Some(at * 1_000), 1, b"eth0"),
        seen(Some(at + 5_000_000_000), 276, b"any!"),
        seen(None, 1, b"spb!"),
        seen(Some((at + 1) * 1_000), 1, b"opb"),
    ];
    for endian in BOTH {
        let file = Writer::new(endian).section().interface(1, 0, None);
        let unknown = file.part().padded(b"whatever it is");
        let file = file
            .block(0x0bad_cafe, unknown)
            .enhanced(0, at as u64, 4, b"eth0")
            .interface(276, 96, Some((9, 5)))
            .enhanced(1, at as u64, 4, b"any!")
            .simple(4, b"spb!")
            .obsolete(0, at as u64 + 1, 4, b"opb");
        let statistics = file.part().u32(0).u64(0);
        let file = file.block(5, statistics);
        check(&format!("{endian:?}"), &file.bytes, &expected);
    }
}

#[test]
fn simple_packets_are_bounded_by_the_snap_length_of_the_first_interface() {
    let file = Writer::new(Endian::Little).section().interface(101, 6, None).interface(1, 2, None);
    let file = file.simple(9, b"sixsix").simple(5, b"five!");
    let seen = |orig_len, data: &[u8]| Sample { at: None, link: 101, orig_len, data: data.to_vec() };
    check("SPB", &file.bytes, &[seen(9, b"sixsix"), seen(5, b"five!")]);
}

#[test]
fn a_section_brings_its_own_order_and_interfaces() {
    for (first, second) in [(Endian::Big, Endian::Little), (Endian::Little, Endian::Big)] {
        let at = 1_700_000_000;
        let mut file =
            Writer::new(first).section().interface(1, 0, Some((0, 0))).enhanced(0, at, 1, b"a").bytes;
        file.extend(
            Writer::new(second).section().interface(113, 0, Some((0, 1))).enhanced(0, at, 1, b"b").bytes,
        );
        let seen = |at: u64, link, data: &[u8]| Sample {
            at: Some(at as i64 * 1_000_000_000),
            link,
            orig_len: 1,
            data: data.to_vec(),
        };
        check("two sections", &file, &[seen(at, 1, b"a"), seen(at + 1, 113, b"b")]);
        let orphan = Writer::new(second).section().enhanced(0, at, 1, b"c").bytes;
        file.extend(orphan);
        check_weird(
            "interfaces end with their section",
            &file,
            2,
            "unknown_interface: packet 3 is of interface 0, described are 0",
        );
    }
}

#[test]
fn a_packet_of_an_unknown_interface_keeps_its_number() {
    let file = Writer::new(Endian::Big).section().simple(1, b"a").interface(1, 0, None);
    let read = read_from(&file.enhanced(1, 0, 1, b"b").enhanced(0, 0, 1, b"c").bytes[..]).unwrap();
    assert_eq!((read.numbers, read.truncated), (vec![3], false));
    assert_eq!(read.weirds, ["unknown_interface: packet 1 is of interface 0, described are 0"]);
}

#[test]
fn interfaces_over_the_cap_are_unknown() {
    let mut file = Writer::new(Endian::Little).section();
    for _ in 0..=Limits::DEFAULT.max_interfaces {
        file = file.interface(1, 0, None);
    }
    let last = u32::try_from(Limits::DEFAULT.max_interfaces).unwrap();
    let file = file.enhanced(last - 1, 0, 1, b"a").enhanced(last, 0, 1, b"b");
    let expected = "unknown_interface: packet 2 is of interface 65536, described are 65537";
    check_weird("one too many", &file.bytes, 1, expected);
}

/// Statistics with all options that there are, those given last.
fn statistics(part: Writer, interface: u32, dropped: Option<u64>, by_system: Option<u64>) -> Writer {
    let mut body = part.u32(interface).u64(7).u16(1).u16(3).padded(b"end").u16(2).u16(8).u64(6);
    body = body.u16(4).u16(8).u64(1000).u16(6).u16(8).u64(990).u16(8).u16(8).u64(980);
    if let Some(n) = by_system {
        body = body.u16(7).u16(8).u64(n);
    }
    if let Some(n) = dropped {
        body = body.u16(5).u16(8).u64(n);
    }
    body.u32(0)
}

fn lossy(part: Writer, data: &[u8], lost: u64) -> Writer {
    let body = part.u32(0).u64(0).u32(data.len() as u32).u32(9).padded(data).u16(2).u16(4).u32(1);
    body.u16(4).u16(8).u64(lost).u32(0)
}

#[test]
fn what_the_capture_lost_is_counted_once() {
    for endian in BOTH {
        let start = || Writer::new(endian).section().interface(1, 0, None).interface(1, 0, None);
        let part = || Writer::new(endian);
        let told = |dropped, by_system| statistics(part(), 0, dropped, by_system);
        let odd = |words: &str| {
            format!(
                "packets that the capture itself lost ({words}): bytes missing from streams may be theirs"
            )
        };
        let packet = |file: Writer| file.enhanced(0, 0, 1, b"a");
        let many = (0..6)
            .fold(start(), |file, _| file.section().interface(1, 0, None).block(5, told(Some(2), None)));
        for (name, file, count, at, words) in [
            ("none", packet(start()).block(5, told(Some(0), Some(0))), 0, None, ""),
            ("no numbers", packet(start()).block(5, told(None, None)), 0, None, ""),
            (
                "interface",
                packet(start()).block(5, told(Some(30), None)),
                30,
                None,
                "interface 0: isb_ifdrop 30",
            ),
            (
                "both, above 32 bits",
                packet(start()).block(5, told(Some(1 << 40), Some(7))),
                (1 << 40) + 7,
                None,
                "interface 0: isb_ifdrop 1099511627776, isb_osdrop 7",
            ),
            (
                "twice the same",
                packet(start()).block(5, told(Some(3), None)).block(5, told(Some(9), None)),
                9,
                None,
                "interface 0: isb_ifdrop 9",
            ),
            (
                "two interfaces",
                packet(start()).block(5, told(Some(3), None)).block(5, statistics(part(), 1, None, Some(4))),
                7,
                None,
                "interface 0: isb_ifdrop 3; interface 1: isb_osdrop 4",
            ),
            (
                "an interface that is not",
                packet(start()).block(5, statistics(part(), 2, Some(4), None)),
                0,
                None,
                "",
            ),
            (
                "between packets",
                packet(start()).block(6, lossy(part(), b"abcde", 5)).block(6, lossy(part(), b"abcd", 0)),
                5,
                Some(2),
                "interface 0: epb_dropcount 5; 5 of them before packet 2",
            ),
            (
                "between packets and in all",
                start()
                    .block(6, lossy(part(), b"", 2))
                    .block(6, lossy(part(), b"b", 3))
                    .block(5, told(Some(6), None)),
                6,
                Some(1),
                "interface 0: isb_ifdrop 6, epb_dropcount 5; 2 of them before packet 1",
            ),
            (
                "many sections",
                many,
                12,
                None,
                "interface 0: isb_ifdrop 2; interface 0: isb_ifdrop 2; interface 0: isb_ifdrop 2; \
                 interface 0: isb_ifdrop 2; and 2 interfaces more",
            ),
            (
                "obsolete packet",
                start().block(2, part().u16(1).u16(3).u64(0).u32(1).u32(1).padded(b"a")),
                3,
                Some(1),
                "interface 1: epb_dropcount 3; 3 of them before packet 1",
            ),
            ("too short", packet(start()).block(5, part().u32(0)), 0, None, ""),
            (
                "an option of another length",
                packet(start()).block(5, part().u32(0).u64(0).u16(5).u16(4).u32(9)),
                0,
                None,
                "",
            ),
            (
                "an option that reaches beyond",
                packet(start()).block(5, part().u32(0).u64(0).u16(5).u16(8).u32(9)),
                0,
                None,
                "",
            ),
        ] {
            let mut reader = Reader::open(&file.bytes[..], Path::new("x")).unwrap();
            let mut weirds = Weirds::default();
            while reader.next(&mut weirds).unwrap().is_some() {}
            let found: Vec<_> = weirds
                .as_slice()
                .iter()
                .map(|w| (w.kind.name(), w.count, w.packet, w.detail.clone()))
                .collect();
            let expected = (count > 0).then(|| ("capture_dropped", count, at.map(PacketNo), odd(words)));
            assert_eq!(found, Vec::from_iter(expected), "{name}, {endian:?}");
            assert_eq!((reader.bytes(), reader.truncated()), (file.bytes.len() as u64, false), "{name}");
        }
    }
}

#[test]
fn a_time_outside_64_bits_is_clamped() {
    let file = Writer::new(Endian::Big).section().interface(1, 0, Some((0, i64::MIN)));
    let file = file.interface(1, 0, Some((0, 0))).enhanced(0, 1, 1, b"a").enhanced(1, u64::MAX, 1, b"b");
    let read = read_from(&file.bytes[..]).unwrap();
    let times: Vec<_> = read.samples.iter().map(|s| s.at).collect();
    assert_eq!(times, [Some(i64::MIN), Some(i64::MAX)]);
    assert_eq!(
        read.weirds,
        [
            "time_out_of_range: packet 1 was captured -9223372036854775807000000000 ns after 1970, clamped to -9223372036854775808"
        ]
    );
}

#[test]
fn unusable_starts() {
    check_error("empty", b"", "x is empty");
    check_error(
        "text",
        b"GET / HTTP/1.1",
        "x is neither pcap nor pcapng: it begins with 47 45 54 20 2f 20 48 54",
    );
    check_error("three bytes", &[0xd4, 0xc3, 0xb2], "x is neither pcap nor pcapng: it begins with d4 c3 b2");
    let unusable = |format, why| format!("x begins like {format} but its header is unusable: {why}");
    let pcap = pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &[]);
    check_error("cut", &pcap[..23], &unusable("pcap", "the file ends after 23 of its 24 bytes"));
    let mut version = pcap;
    version[4] = 3;
    check_error("version", &version, &unusable("pcap", "version 3.4, expected 2.4"));
    let kuznetzov = pcap_file(Endian::Big, 0xa1b2_cd34, 1, &[]);
    let why = "the modified format a1b2cd34 is read in little-endian order only";
    check_error("Kuznetzov", &kuznetzov, &unusable("pcap", why));
    let pcapng = Writer::new(Endian::Big).section().bytes;
    check_error("cut", &pcapng[..27], &unusable("pcapng", "the file ends after 27 of at least 28 bytes"));
    for (at, value, why) in [
        (7, 27, "its section header claims 27 bytes, at least 28"),
        (
            8,
            0,
            "the byte-order magic of a section header is [00, 2b, 3c, 4d], expected 1a2b3c4d in either order",
        ),
        (13, 2, "version 2.0, expected 1.0"),
    ] {
        let mut file = pcapng.clone();
        file[at] = value;
        check_error("section header", &file, &unusable("pcapng", why));
    }
}

#[test]
fn malformed_blocks_end_the_reading() {
    let start = Writer::new(Endian::Little).section().interface(1, 0, None).enhanced(0, 0, 1, b"a").bytes;
    let part = || Writer::new(Endian::Little);
    let short_option = part().block(1, part().u16(1).u16(0).u32(0).u16(9).u16(200).u32(6));
    let bad_resolution = part().block(1, part().u16(1).u16(0).u32(0).u16(9).u16(2).u32(6));
    let bad_offset = part().block(1, part().u16(1).u16(0).u32(0).u16(14).u16(4).u32(6));
    let big_packet = part().block(6, part().u32(0).u64(0).u32(5).u32(5).raw(b"four"));
    for (name, block, why) in [
        ("length 0", part().u32(6).u32(0).u32(0), "a block of type 0x6 claims 0 bytes, at least 32"),
        (
            "length 4 GiB",
            part().u32(6).u32(0xffff_fff0).u32(0),
            "it claims 4294967280 bytes, at most 16777216",
        ),
        (
            "trailer",
            part().u32(77).u32(16).u32(0).u32(20),
            "a block begins with the length [10, 00, 00, 00] and ends with [14, 00, 00, 00]",
        ),
        (
            "trailer of a known block",
            {
                let mut block = part().simple(4, b"four");
                *block.bytes.last_mut().unwrap() = 1;
                block
            },
            "a block begins with the length [14, 00, 00, 00] and ends with [14, 00, 00, 01]",
        ),
        ("packet", big_packet, "a packet of 5 captured bytes in a block with room for 4"),
        ("option", short_option, "an option of an interface description reaches beyond its block"),
        ("if_tsresol", bad_resolution, "if_tsresol of 2 bytes, expected 1"),
        ("if_tsoffset", bad_offset, "if_tsoffset of 4 bytes, expected 8"),
        (
            "section",
            part().u32(0x0a0d_0d0a).u32(28).u32(7).u64(0),
            "the byte-order magic of a section header is [07, 00, 00, 00], expected 1a2b3c4d in either order",
        ),
    ] {
        let mut file = start.clone();
        file.extend(block.bytes);
        file.extend(Writer::new(Endian::Little).enhanced(0, 0, 1, b"never seen").bytes);
        let expected = format!("malformed_block: at byte {}: {why}; reading stopped", start.len());
        check_weird(name, &file, 1, &expected);
    }
    let mut file = pcap_file(Endian::Little, 0xa1b2_c3d4, 1, &samples()[..1]);
    file.extend([0xff; 100]);
    let expected =
        "malformed_block: at byte 45: it claims 4294967311 bytes, at most 16777216; reading stopped";
    check_weird("pcap record", &file, 1, expected);
}

#[test]
fn large_blocks() {
    let data = vec![7; 3 << 20];
    let large = Sample { at: None, link: 1, orig_len: 3 << 20, data };
    let file = Writer::new(Endian::Little).section().interface(1, 0, None).simple(3 << 20, &large.data);
    let secrets = file.part().raw(&vec![1; Limits::DEFAULT.max_block_bytes]);
    let file = file.block(10, secrets).simple(3 << 20, &large.data);
    check("a skipped block may exceed the cap", &file.bytes, &[large.clone(), large]);
    let mut file = file.bytes;
    let start = file.len();
    file.extend(Writer::new(Endian::Little).u32(99).u32(u32::MAX).u32(0).bytes);
    let expected = format!(
        "truncated_file: the capture ends at byte {}, inside a record that begins at byte {start} and is at least 4294967295 bytes long",
        start + 12
    );
    check_weird("an unknown block of 4 GiB", &file, 2, &expected);
}

/// The cap on a block is the same whether its bytes were read ahead or have to be waited for.
#[test]
fn caps_of_ones_own() {
    let pcapng = || Writer::new(Endian::Little).section().interface(1, 0, None).simple(12, b"123456789012");
    let samples = samples();
    let pcap = pcap_file(Endian::Big, 0xa1b2_c3d4, 1, &samples[..1]);
    let longest = pcap.len() - 24;
    for (name, file, max_block_bytes, packets) in [
        ("pcap", &pcap, longest, 1),
        ("pcap", &pcap, longest - 1, 0),
        ("as long", &pcapng().bytes, 28, 1),
        ("a packet", &pcapng().simple(13, b"1234567890123").bytes, 28, 1),
        ("an orphan", &pcapng().enhanced(1, 0, 1, b"a").bytes, 28, 1),
        ("an interface", &pcapng().interface(1, 0, Some((9, 0))).simple(1, b"a").bytes, 28, 1),
    ] {
        let limits = Limits { max_block_bytes, ..Limits::DEFAULT };
        let read = |source: &mut dyn io::Read| {
            let mut reader = Reader::open(source, Path::new("x")).unwrap().within(&limits);
            let (mut weirds, mut packets) = (Weirds::default(), 0);
            while reader.next(&mut weirds).unwrap().is_some() {
                packets += 1;
            }
            (packets, weirds.into_vec())
        };
        let (given, weirds) = read(&mut &file[..]);
        assert_eq!(given, packets, "{name}");
        let kinds: Vec<_> = weirds.iter().map(|weird| weird.kind.name()).collect();
        let is_over = !(name == "as long" || max_block_bytes == longest);
        assert_eq!(kinds, if is_over { vec!["malformed_block"] } else { vec![] }, "{name}");
        assert_eq!(
            read(&mut Pipe { left: file, step: 1, interrupted: false, fails: false }),
            (given, weirds),
            "{name}"
        );
    }
}

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

/// Gives a few bytes at a time, with an interruption before each, then an error or the end.
struct Pipe<'a> {
    left: &'a [u8],
    step: usize,
    interrupted: bool,
    fails: bool,
}

impl io::Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(ErrorKind::Interrupted.into());
        }
        if self.left.is_empty() && self.fails {
            return Err(io::Error::other("the cable was cut"));
        }
        let n = self.step.min(self.left.len()).min(buffer.len());
        let (now, later) = self.left.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.left = later;
        Ok(n)
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
