//! An entry of `inputs`.

use std::fmt;

use crate::model::{self, InputReport, LinkType};
use crate::views::json::number;
use crate::views::row::{Boolean, Displayed, Integer, List, Text, Time, row};

row! {
    /// What was read from one input.
    pub(super) struct Input<'a>(input: &'a InputReport);

    /// The path as given; `-` for standard input.
    path: Text = &input.path,
    /// Its format: `pcap`, `pcapng`, `autobahn-json`, `autobahn-html` or `autobahn-text`.
    kind: Text = input.kind,
    /// What was undone to read it: `none`, `gzip`, `zstd`, `lz4`, `xz` or `bzip2`.
    compression: Text = input.compression.name(),
    /// Number, from 1, of the set of files that it is read with as one capture.
    set: Option<Integer> = input.set,
    /// Packets read, of whatever protocol.
    packets: Integer = input.packets,
    /// Bytes read, as they are without compression.
    bytes: Integer = input.bytes,
    /// Its link types in the order seen; those without a name as `linktype-` and the number.
    link_types: List<Text> = input.link_types.iter().map(|link| Displayed(LinkName(*link))),
    /// Time of its first packet.
    first_at: Option<Time> = input.first_at,
    /// Latest time of its packets.
    last_at: Option<Time> = input.last_at,
    /// Whether it ends inside a record, or its compressed data could not be read to their end.
    truncated: Boolean = input.truncated,
    /// Whether its reader was stopped before the end.
    interrupted: Boolean = input.interrupted,
    /// TCP connections in it.
    tcp_connections: Integer = input.tcp_connections,
    /// WebSocket connections among them, and attempts at one that TCP did not refuse.
    websocket_connections: Integer = input.websocket_connections,
    /// What is odd about it.
    weirds: List<Weird> = input.weirds.as_slice().iter().map(Weird),
}

row! {
    /// Something odd about an input.
    pub(super) struct Weird<'a>(weird: &'a model::Weird);

    /// What, by its name.
    name: Text = weird.kind.name(),
    /// How often that was seen.
    count: Integer = weird.count,
    /// The first time in words.
    detail: Text = &weird.detail,
    /// Packet that showed it first.
    packet: Option<Integer> = weird.packet.map(number),
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
