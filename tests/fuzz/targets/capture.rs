//! Any bytes as a capture file: `Reader` ends, says the same however its source cuts the bytes, and gives packets
//! and segments no longer than they are.

#![no_main]

use std::io::Read;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::source::{Decoder, Reader};
use wslog::limits::Limits;
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
    let mut decoder = Decoder::new(&Limits::default());
    while let Some(packet) = reader.next(&mut weirds).expect("the source never fails") {
        assert!(packet.no > last && packet.no.0 <= len as u64, "{} after {last}", packet.no);
        last = packet.no;
        seen.push(format!("{packet:?}"));
        decoder.decode(&packet, &mut odd, &mut |segment| {
            assert!(segment.payload.len() <= len, "a payload longer than the file");
            assert_eq!((segment.no, segment.at), (packet.no, packet.at));
            seen.push(format!("{segment:?}"));
        });
    }
    decoder.finish(&mut odd);
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
