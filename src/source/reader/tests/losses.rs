//! What the capture lost, as statistics of interfaces and counts of packets tell it.

use super::*;

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
                "packets that the capture itself lost ({words}): bytes missing from streams may be from these"
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
                 interface 0: isb_ifdrop 2; and 2 more interfaces",
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
