//! Any bytes as a capture file: `Reader` ends, says the same however its source cuts the bytes, and gives packets
//! and segments that lie inside them.

#![no_main]

use std::io::Read;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::capture::{Reader, link};
use wslog::model::{PacketNo, Weirds};
use wslog_fuzz::{Trickle, pieces};

/// What the layers behind it see of each packet, then the last words.
fn read(source: impl Read, len: usize) -> (Vec<String>, Weirds) {
    let mut weirds = Weirds::default();
    let mut reader = match Reader::open(source, Path::new("fuzz")) {
        Ok(reader) => reader,
        Err(error) => return (vec![error.to_string()], weirds),
    };
    let mut seen = Vec::new();
    let mut last = PacketNo(0);
    let mut odd = Weirds::default();
    while let Some(packet) = reader.next(&mut weirds).expect("the source never fails") {
        assert!(packet.no > last && packet.no.0 <= len as u64, "{} after {last}", packet.no);
        last = packet.no;
        let segment = link::decode(&packet, &mut odd);
        if let Some(segment) = &segment {
            let (outer, inner) = (packet.data.as_ptr_range(), segment.payload.as_ptr_range());
            let inside = outer.start <= inner.start && inner.end <= outer.end;
            assert!(inside || segment.payload.is_empty(), "a payload outside its packet");
            assert_eq!((segment.no, segment.at), (packet.no, packet.at));
        }
        seen.push(format!("{packet:?} {segment:?}"));
    }
    weirds.merge(odd);
    assert!(reader.bytes() <= len as u64, "{} of {len} bytes", reader.bytes());
    assert!(matches!(reader.next(&mut weirds), Ok(None)), "it has ended");
    seen.push(format!("{} {} {}", reader.kind(), reader.bytes(), reader.truncated()));
    (seen, weirds)
}

fuzz_target!(|data: &[u8]| {
    let whole = read(data, data.len());
    let seed = data.last().copied().unwrap_or(0);
    assert_eq!(whole, read(Trickle(pieces(data, seed)), data.len()));
});
