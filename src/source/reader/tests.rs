mod faults;
mod losses;
mod pieces;
mod secrets;

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
            "unknown_interface: packet 3 names interface 0, of 0 described",
        );
    }
}

#[test]
fn a_packet_of_an_unknown_interface_keeps_its_number() {
    let file = Writer::new(Endian::Big).section().simple(1, b"a").interface(1, 0, None);
    let read = read_from(&file.enhanced(1, 0, 1, b"b").enhanced(0, 0, 1, b"c").bytes[..]).unwrap();
    assert_eq!((read.numbers, read.truncated), (vec![3], false));
    assert_eq!(read.weirds, ["unknown_interface: packet 1 names interface 0, of 0 described"]);
}

#[test]
fn interfaces_over_the_cap_are_unknown() {
    let mut file = Writer::new(Endian::Little).section();
    for _ in 0..=Limits::DEFAULT.max_interfaces {
        file = file.interface(1, 0, None);
    }
    let last = u32::try_from(Limits::DEFAULT.max_interfaces).unwrap();
    let file = file.enhanced(last - 1, 0, 1, b"a").enhanced(last, 0, 1, b"b");
    let expected = "unknown_interface: packet 2 names interface 65536, of 65537 described";
    check_weird("one too many", &file.bytes, 1, expected);
}
