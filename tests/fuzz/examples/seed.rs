//! Writes first inputs for every target: the samples, the corpus and the captures made to hurt where they are present, and what
//! is inside them.
//!
//! `cargo run --manifest-path tests/fuzz/Cargo.toml --example seed`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wslog::limits::Limits;
use wslog::model::{PerDirection, StreamEvent, TcpFlags, Weirds};
use wslog::source::{Decoder, Reader};
use wslog::tcp::FlowTable;
use wslog_fuzz::is_capture;
use wslog_fuzz::support::pack::{ALL, pack};

const TARGETS: [&str; 12] = [
    "unpack",
    "capture",
    "assembler",
    "http",
    "frame_header",
    "message",
    "pipeline",
    "report",
    "explain",
    "redact",
    "sets",
    "sinks",
];

/// Files longer than this are not taken from the corpus: targets read less.
const MAX_FILE: u64 = 16 << 10;
/// And so many of a folder at most, which has more of a kind.
const MAX_OF_FOLDER: usize = 40;

/// Streams longer than this are left to the whole captures.
const MAX_STREAM: usize = 4096;

/// The two streams of a connection, and its segments as `assembler` reads them.
#[derive(Default)]
struct Flow {
    streams: PerDirection<Vec<u8>>,
    segments: Vec<u8>,
    first: [Option<u32>; 2],
}

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("corpus");
    for target in TARGETS {
        fs::create_dir_all(corpus.join(target))?;
    }
    let mut seeds = captures(&here.join("../../samples"), &corpus)?;
    for folder in ["../../../shared/corpus", "../../../shared/hostile"] {
        seeds += shared(&here.join(folder), &corpus)?;
    }
    // A script for `pipeline`: TCP and upgrade with compression, a message each way, both Closes, FIN.
    let script = *b"\0\0\0\0\0\x01\x01\0\x0e\x05Hello\x90\x01x\x0f\0\0\x8f\0\0\x8d\0";
    fs::write(corpus.join("pipeline").join("script"), script)?;
    fs::write(corpus.join("sinks").join("script"), [&[0][..], &script].concat())?;
    for (how, name) in [(0, "one"), (3, "joined"), (4, "folder"), (16, "two")] {
        let plans = [0, 0, 0, 1, 4, 0, 2, 16, 9, 0, 3, 0];
        let file = [&[how, 3, how][..], &plans, &script[1..], &script[1..]].concat();
        fs::write(corpus.join("sets").join(name), file)?;
    }
    for n in 0..8_u8 {
        let run: Vec<u8> =
            (0..200_u8).map(|at| at.wrapping_mul(n * 2 + 7).rotate_left(u32::from(n))).collect();
        fs::write(corpus.join("sinks").join(format!("run-{n}")), [&[0x80 | n][..], &run].concat())?;
    }
    for compression in ALL {
        let packed = [pack(compression, &script.repeat(9)), pack(compression, b"another member")].concat();
        fs::write(corpus.join("unpack").join(compression.to_string()), packed)?;
        let bomb = pack(compression, &[7; 60_000]);
        fs::write(corpus.join("unpack").join(format!("{compression}-much")), bomb)?;
    }
    reports(&here.join("../../samples"), &corpus.join("report"))?;
    for what in ["1006", "4000-4999", "going away", "FR-RSV", "CL-*", "3.2", "9.*"] {
        fs::write(corpus.join("explain").join(what.replace('*', "all")), what)?;
    }
    for place in 0..24_u8 {
        for (how, text) in (0_u8..).zip(["Bearer", "a=1;b", "{\"a\":", "room%3D"]) {
            let plant = [&[how, place, text.len() as u8][..], text.as_bytes()].concat();
            fs::write(corpus.join("redact").join(format!("{place}-{how}")), plant)?;
        }
    }
    println!("{seeds} connections, in {}", corpus.display());
    Ok(())
}

/// The captures of a folder, and the connections in them; gives how many these are.
fn captures(folder: &Path, corpus: &Path) -> io::Result<u32> {
    let mut seeds = 0;
    for entry in sorted(folder)? {
        seeds += capture(&entry, corpus)?;
    }
    Ok(seeds)
}

/// What is small in a folder and in those below it: captures, and reports.
fn shared(folder: &Path, corpus: &Path) -> io::Result<u32> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut seeds = 0;
    let mut taken = 0;
    for path in sorted(folder)? {
        if path.is_dir() {
            seeds += shared(&path, corpus)?;
        } else if taken < MAX_OF_FOLDER && path.metadata()?.len() <= MAX_FILE {
            taken += 1;
            seeds += capture(&path, corpus)?;
            report(&path, &corpus.join("report"))?;
        }
    }
    Ok(seeds)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort_unstable();
    Ok(paths)
}

/// Name of a seed: that of the file, and of the folder where others have such too.
fn name_of(path: &Path) -> String {
    let name: Vec<_> =
        path.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    name.join("-")
}

/// A file, if it is a capture, and the connections in it; gives how many these are.
fn capture(path: &Path, corpus: &Path) -> io::Result<u32> {
    let file = fs::read(path)?;
    let name = name_of(path);
    if matches!(file[..], [0x1f, 0x8b, ..] | [0x28, 0xb5, ..]) {
        fs::write(corpus.join("unpack").join(&name), &file)?;
    }
    if !is_capture(&file) {
        return Ok(0);
    }
    for target in ["capture", "pipeline"] {
        fs::write(corpus.join(target).join(&name), &file)?;
    }
    fs::write(corpus.join("sinks").join(&name), [&[1][..], &file].concat())?;
    let mut seeds = 0;
    for (n, flow) in flows(&file, path).iter().enumerate() {
        let write =
            |target: &str, bytes: Vec<u8>| fs::write(corpus.join(target).join(format!("{name}-{n}")), bytes);
        write("assembler", flow.segments.clone())?;
        let PerDirection { orig, resp } = &flow.streams;
        if orig.len() + resp.len() > MAX_STREAM {
            continue;
        }
        let split = (orig.len() as u16).to_be_bytes();
        write("http", [&[7][..], &split, orig, resp].concat())?;
        for (stream, dir) in [(orig, "orig"), (resp, "resp")] {
            let Some(end) = wslog::http::grammar::head_end(stream, 0) else { continue };
            let frames = [&[7, 200, 3][..], &stream[end..]].concat();
            fs::write(corpus.join("frame_header").join(format!("{name}-{n}-{dir}")), frames)?;
            let frames = message(&stream[end..], dir == "resp");
            fs::write(corpus.join("message").join(format!("{name}-{n}-{dir}")), frames)?;
        }
        seeds += 1;
    }
    Ok(seeds)
}

/// Reports of cases, indexes and policies of the samples, as they are.
fn reports(folder: &Path, corpus: &Path) -> io::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            reports(&path, corpus)?;
        } else {
            report(&path, corpus)?;
        }
    }
    Ok(())
}

/// A file, if it is one by its name.
fn report(path: &Path, corpus: &Path) -> io::Result<()> {
    let ending = path.extension().unwrap_or_default();
    if ["json", "html", "txt", "toml"].iter().any(|known| ending == *known) {
        fs::copy(path, corpus.join(name_of(path)))?;
    }
    Ok(())
}

/// The connections of a capture.
fn flows(file: &[u8], path: &Path) -> Vec<Flow> {
    let (mut weirds, limits) = (Weirds::default(), Limits::default());
    let mut table: FlowTable<Flow> = FlowTable::new(&limits, 1);
    let mut decoder = Decoder::new(&limits);
    let Ok(mut reader) = Reader::open(file, path) else { return Vec::new() };
    while let Ok(Some(packet)) = reader.next(&mut weirds) {
        decoder.decode(&packet, &mut Weirds::default(), &mut |segment| {
            let flow = table.route(segment, &mut weirds, |_| Flow::default());
            let is_resp = flow.connection.endpoints().resp == segment.src;
            note(&mut flow.state, is_resp, segment);
            flow.connection.push(segment, &limits, &mut weirds, &mut |event| {
                if let StreamEvent::Data { dir, bytes, .. } = event {
                    flow.state.streams[dir].extend_from_slice(bytes);
                }
            });
        });
    }
    table.finish();
    let mut flows = Vec::new();
    while let Some(mut flow) = table.next_ended() {
        flow.connection.finish(&mut weirds, &mut |event| {
            if let StreamEvent::Data { dir, bytes, .. } = event {
                flow.state.streams[dir].extend_from_slice(bytes);
            }
        });
        flows.push(flow.state);
    }
    flows
}

/// A segment in the notation of `assembler`; numbers are relative to the first of each side.
fn note(flow: &mut Flow, is_resp: bool, segment: &wslog::model::Segment<'_>) {
    let side = usize::from(is_resp);
    let base = *flow.first[side].get_or_insert(segment.seq.0);
    let peer = flow.first[1 - side].unwrap_or(segment.ack.map_or(0, |ack| ack.0.wrapping_sub(1)));
    if flow.segments.is_empty() {
        flow.segments.push(3);
    }
    let seq = (segment.seq.0.wrapping_sub(base) as u16).to_be_bytes();
    let ack = (segment.ack.map_or(0, |ack| ack.0.wrapping_sub(peer)) as u16).to_be_bytes();
    let flags = segment.flags.0 & !TcpFlags::URG.0;
    let how = if is_resp { 4 } else { 0 };
    let len = segment.payload.len().min(255) as u8;
    flow.segments.extend([how, flags, seq[0], seq[1], ack[0], ack[1], len, 0, 1]);
}

/// Frames in the notation of `message`.
fn message(mut stream: &[u8], is_resp: bool) -> Vec<u8> {
    let mut out = vec![1, 7];
    while let Ok(header) = wslog::websocket::parse_header(stream) {
        let start = header.wire_len() as usize;
        let end = start.saturating_add(header.payload_len as usize).min(stream.len());
        let payload = &stream[start..end];
        let mut clear = Vec::new();
        match header.masking_key {
            Some(key) => {
                wslog::websocket::mask::unmask(payload, key, 0, |piece| clear.extend_from_slice(piece));
            }
            None => clear.extend_from_slice(payload),
        }
        let [high, low] = (clear.len() as u16).to_be_bytes();
        out.extend([stream[0], 2 | u8::from(is_resp), high, low]);
        out.extend(clear);
        stream = &stream[end..];
    }
    out
}
