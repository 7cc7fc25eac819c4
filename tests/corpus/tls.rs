//! Conformance runs over TLS, with their key logs: what was inside is what the tester's side saw, as tshark has it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use wslog::limits::Limits;
use wslog::model::{Direction, Opcode, PerDirection, Role, StreamEvent, TlsFacts, TlsKeys, Weirds};
use wslog::source::{Decoder, Reader};
use wslog::tcp::{Flow, FlowTable};
use wslog::tls::{Keys, Origin, Tls};
use wslog::websocket::parse_header;

use crate::support::corpus::corpus;

/// The connection of case 2.11, whose server chops ten Pings into octets, a record each. Its report counts ten Pings and a
/// Close sent, ten Pongs and a Close of 1000 received; tshark found one frame of the server, a continuation of 97 bytes, in
/// the record behind the last Pong.
const MISREAD: &str = "PDn665Nyc3N+Q8vIOkruKg==";

/// What came out of one connection.
struct Inside {
    bytes: PerDirection<Vec<u8>>,
    gaps: u64,
    client: Option<Direction>,
    facts: TlsFacts,
    weirds: Weirds,
}

#[derive(Default)]
struct State {
    tls: Tls,
    bytes: PerDirection<Vec<u8>>,
    gaps: u64,
    weirds: Weirds,
}

impl State {
    fn push(&mut self, event: &StreamEvent<'_>, keys: &Keys) {
        let Self { tls, bytes, gaps, weirds } = self;
        tls.push(event, keys, &Limits::DEFAULT, weirds, &mut |event| match event {
            StreamEvent::Data { dir, offset, bytes: more, .. } => {
                assert_eq!(offset, bytes[dir].len() as u64);
                bytes[dir].extend_from_slice(more);
            }
            StreamEvent::Gap { .. } => *gaps += 1,
            _ => {}
        });
    }
}

/// Every connection of a capture.
fn inside(path: &Path, keys: &Keys) -> Vec<Inside> {
    let limits = Limits::DEFAULT;
    let mut reader = Reader::open(File::open(path).expect("a capture"), path).expect("a capture");
    let (mut decoder, mut table) = (Decoder::new(&limits), FlowTable::<State>::new(&limits, 1));
    let mut weirds = Weirds::default();
    let mut found = Vec::new();
    let mut end = |flow: Flow<State>| {
        let Flow { mut connection, mut state, .. } = flow;
        let mut weirds = Weirds::default();
        connection.finish(&mut weirds, &mut |event| state.push(&event, keys));
        let State { mut tls, bytes, gaps, mut weirds } = state;
        tls.finish(keys, &limits, &mut weirds, &mut |_| {});
        found.push(Inside { bytes, gaps, client: tls.client(), facts: tls.into_facts(), weirds });
    };
    while let Some(packet) = reader.next(&mut weirds).expect("readable") {
        let mut odd = Weirds::default();
        decoder.decode(&packet, &mut odd, &mut |segment| {
            let mut weirds = Weirds::default();
            let flow = table.route(segment, &mut weirds, |_| State::default());
            let Flow { connection, state, .. } = flow;
            connection.push(segment, &limits, &mut weirds, &mut |event| state.push(&event, keys));
            while let Some(flow) = table.next_ended() {
                end(flow);
            }
        });
    }
    table.finish();
    while let Some(flow) = table.next_ended() {
        end(flow);
    }
    found
}

/// The head of an HTTP message and the frames behind it: how many of each opcode, and the code of the last Close.
fn frames(bytes: &[u8]) -> (String, BTreeMap<&'static str, u64>, Option<u16>) {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let (mut counts, mut code) = (BTreeMap::new(), None);
    let mut rest = &bytes[end..];
    while let Ok(header) = parse_header(rest) {
        let name = match header.opcode {
            Opcode::CONTINUATION => "continuation",
            Opcode::TEXT => "text",
            Opcode::BINARY => "binary",
            Opcode::CLOSE => "close",
            Opcode::PING => "ping",
            Opcode::PONG => "pong",
            _ => "other",
        };
        *counts.entry(name).or_default() += 1;
        let start = header.wire_len() as usize;
        let whole = start + header.payload_len as usize;
        let payload = rest.get(start..whole.min(rest.len())).unwrap_or_default();
        if let (Opcode::CLOSE, [high, low, ..]) = (header.opcode, payload) {
            let mask = header.masking_key.map_or([0; 4], |key| key.0);
            code = Some(u16::from_be_bytes([high ^ mask[0], low ^ mask[1]]));
        }
        let Some(more) = rest.get(whole..) else { break };
        rest = more;
    }
    (head, counts, code)
}

fn key_of(head: &str) -> Option<&str> {
    head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).map(str::trim)
}

fn runs() -> Vec<PathBuf> {
    let Some(folder) = corpus("autobahn") else { return Vec::new() };
    let mut runs: Vec<_> =
        fs::read_dir(folder).expect("runs").map(|run| run.expect("a run").path()).collect();
    runs.retain(|run| run.join("keys.log").is_file());
    runs.sort();
    assert!(runs.len() >= 9, "{runs:?}");
    runs
}

fn keys_of(run: &Path) -> Keys {
    let mut keys = Keys::new();
    let lines = keys.add(&fs::read(run.join("keys.log")).expect("a key log"), Origin::Keylog);
    assert!(lines.keys > 0 && lines.malformed == 0, "{}: {lines:?}", run.display());
    keys
}

#[test]
fn what_is_inside_is_what_was_there() {
    let mut seen = 0;
    for run in runs() {
        let name = run.display();
        let found = inside(&run.join("capture.pcap"), &keys_of(&run));
        let mut by_key = BTreeMap::new();
        for one in &found {
            assert!(one.facts.decrypted, "{name}: {:?}", one.facts);
            assert_eq!((one.facts.keys, one.gaps), (TlsKeys::Keylog, 0), "{name}");
            assert!(one.weirds.is_empty(), "{name}: {:?}", one.weirds);
            let client = one.client.expect("a hello");
            let (head, counts, code) = frames(&one.bytes[client]);
            let (_, of_server, server_code) = frames(&one.bytes[client.flip()]);
            let key = key_of(&head).unwrap_or_else(|| panic!("{name}: {head}")).to_owned();
            by_key.insert(key, ([counts, of_server], [code, server_code]));
        }
        let truth = fs::read_to_string(run.join("capture.truth.json")).expect("a truth");
        let truth: Value = serde_json::from_str(&truth).expect("JSON");
        for connection in truth["connections"].as_array().expect("a list") {
            let (counts, codes) = &by_key[connection["key"].as_str().expect("a key")];
            for (at, role) in Role::BOTH.into_iter().enumerate() {
                let of = |what: &str| &connection[what][role.name()];
                let expected: BTreeMap<&str, u64> = of("frames")
                    .as_object()
                    .expect("counts")
                    .iter()
                    .map(|(k, v)| (&**k, v.as_u64().expect("a number")))
                    .collect();
                if (connection["key"].as_str(), role) == (Some(MISREAD), Role::Server) {
                    assert_eq!(counts[at], BTreeMap::from([("close", 1), ("ping", 10)]), "{name}");
                    continue;
                }
                assert_eq!(counts[at], expected, "{name}: {connection}");
                assert_eq!(codes[at].map(u64::from), of("close")["code"].as_u64(), "{name}: {connection}");
                seen += 1;
            }
        }
        println!("{name}: {} connections", found.len());
    }
    assert!(seen == 0 || seen > 100, "{seen}");
}
