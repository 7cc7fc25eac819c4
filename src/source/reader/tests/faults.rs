//! Files that are damaged, or larger than what is read of them.

use super::*;

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
    let why = "the modified format a1b2cd34 is supported in little-endian order only";
    check_error("Kuznetzov", &kuznetzov, &unusable("pcap", why));
    let pcapng = Writer::new(Endian::Big).section().bytes;
    check_error("cut", &pcapng[..27], &unusable("pcapng", "the file ends after 27 of at least 28 bytes"));
    for (at, value, why) in [
        (7, 27, "its section header claims 27 bytes, fewer than the minimum of 28"),
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
        (
            "length 0",
            part().u32(6).u32(0).u32(0),
            "a block of type 0x6 claims 0 bytes, fewer than the minimum of 32",
        ),
        (
            "length 4 GiB",
            part().u32(6).u32(0xffff_fff0).u32(0),
            "it claims 4294967280 bytes, more than the 16777216 allowed",
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
    let expected = "malformed_block: at byte 45: it claims 4294967311 bytes, more than the 16777216 allowed; reading stopped";
    check_weird("pcap record", &file, 1, expected);
}

#[test]
fn large_blocks() {
    let data = vec![7; 3 << 20];
    let large = Sample { at: None, link: 1, orig_len: 3 << 20, data };
    let file = Writer::new(Endian::Little).section().interface(1, 0, None).simple(3 << 20, &large.data);
    let skipped = file.part().raw(&vec![1; Limits::DEFAULT.max_block_bytes]);
    let file = file.block(11, skipped).simple(3 << 20, &large.data);
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
