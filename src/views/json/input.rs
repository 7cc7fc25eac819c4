//! An entry of `inputs`.

use std::fmt;

use crate::model::{self, InputReport, LinkType, Unused};
use crate::views::json::number;
use crate::views::row::{Boolean, Displayed, Integer, List, Text, Time, row};

row! {
    /// One input, and what was read from it. Inputs that were not read come last, with the reason and nulls.
    pub(in crate::views) struct Input<'a>(input: &'a InputReport);

    /// The path as given; `-` for standard input.
    path: Text = &input.path,
    /// Its format: `pcap`, `pcapng`, `autobahn-json`, `autobahn-html` or `autobahn-text`.
    kind: Option<Text> = read(input, input.kind),
    /// Its compression: `none`, `gzip`, `zstd`, `lz4`, `xz` or `bzip2`.
    compression: Option<Text> = read(input, input.compression.name()),
    /// Number, from 1, of the set of files that were read together as one capture.
    set: Option<Integer> = input.set,
    /// Packets read, of any protocol.
    packets: Option<Integer> = read(input, input.packets),
    /// Bytes read, after decompression.
    bytes: Option<Integer> = read(input, input.bytes),
    /// Its link types in order of appearance; those without a name as `linktype-` and the number.
    link_types: List<Text> = input.link_types.iter().map(|link| Displayed(LinkName(*link))),
    /// Time of its first packet.
    first_at: Option<Time> = input.first_at,
    /// Latest time of its packets.
    last_at: Option<Time> = input.last_at,
    /// Whether it ends inside a record, or its compressed data could not be read to the end.
    truncated: Option<Boolean> = read(input, input.truncated),
    /// Whether its reader was stopped before the end.
    interrupted: Option<Boolean> = read(input, input.interrupted),
    /// TCP connections in it.
    tcp_connections: Option<Integer> = read(input, input.tcp_connections),
    /// WebSocket connections among them, and attempts at one that TCP did not refuse.
    websocket_connections: Option<Integer> = read(input, input.websocket_connections),
    /// TLS connections among them that could not be decrypted and may be WebSocket; null if the input was not read.
    encrypted_connections: Option<Integer> = read(input, input.encrypted_connections),
    /// Why it was skipped, if it was found in a directory and is not something wslog reads.
    skipped: Option<Text> = skipped(input),
    /// Why it could not be read.
    error: Option<Text> = error(input),
    /// What is odd about it.
    weirds: List<Weird> = input.weirds.as_slice().iter().map(Weird),
}

row! {
    /// Something odd about an input.
    pub(super) struct Weird<'a>(weird: &'a model::Weird);

    /// Its name.
    name: Text = weird.kind.name(),
    /// How often it was seen.
    count: Integer = weird.count,
    /// The first occurrence in words.
    detail: Text = &weird.detail,
    /// First packet that shows it.
    packet: Option<Integer> = weird.packet.map(number),
}

/// What is known of an input that was read only.
fn read<T>(input: &InputReport, known: T) -> Option<T> {
    input.unused.is_none().then_some(known)
}

fn skipped(input: &InputReport) -> Option<&'static str> {
    match input.unused {
        Some(Unused::Skipped(why)) => Some(why),
        _ => None,
    }
}

fn error(input: &InputReport) -> Option<&str> {
    match &input.unused {
        Some(Unused::Failed(why)) => Some(why),
        _ => None,
    }
}

struct LinkName(LinkType);

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "linktype-{}", self.0.0),
        }
    }
}
