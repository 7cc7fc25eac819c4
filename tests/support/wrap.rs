//! Link layers, tunnels and fragments around IP packets: what lies between a wire and the same TCP.

use wslog::model::LinkType;

use super::capture_file::{Endian, packet_bytes};
use super::conversation::TestPacket;

mod fragments;
mod layers;
mod links;
pub mod table;

pub use fragments::fragments;
pub use layers::*;
pub use links::*;

/// Something that an Ethernet type announces.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The type.
    pub ether_type: u16,
    /// What it announces.
    pub bytes: Vec<u8>,
}

/// A layer around what is inside it.
pub type Layer = fn(Typed) -> Typed;

/// How a packet is carried.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// For messages.
    pub name: &'static str,
    /// Link type of the file.
    pub link: LinkType,
    /// The layer that the link type announces.
    pub begin: fn(Typed) -> Vec<u8>,
    /// The others, outermost first.
    pub layers: &'static [Layer],
}

impl Wrapping {
    /// Whether it can carry the packet: some links have one version of IP.
    pub fn carries(&self, packet: &TestPacket) -> bool {
        match self.link {
            LinkType::IPV4 => packet.from.is_ipv4(),
            LinkType::IPV6 => packet.from.is_ipv6(),
            _ => true,
        }
    }

    /// The packet as captured.
    pub fn around(&self, packet: &TestPacket) -> Vec<u8> {
        self.around_ip(ip_packet(packet))
    }

    /// The same of an IP packet.
    pub fn around_ip(&self, packet: Vec<u8>) -> Vec<u8> {
        (self.begin)(self.layers.iter().rev().fold(typed(packet), |inner, layer| layer(inner)))
    }
}

/// The packet from its IP header on.
pub fn ip_packet(packet: &TestPacket) -> Vec<u8> {
    packet_bytes(packet, LinkType::RAW, Endian::Big)
}

/// An IP packet with the type of its version.
pub fn typed(packet: Vec<u8>) -> Typed {
    Typed { ether_type: if packet[0] >> 4 == 4 { IPV4 } else { IPV6 }, bytes: packet }
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn len16(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).expect("less than 64 KiB").to_be_bytes()
}
