//! From a packet to the TCP segments in it.

mod ether;
mod ip;
mod ip_fragments;
mod link;
mod odd;
mod ppp;
mod tunnel;
mod udp;
mod view;
mod wifi;

use crate::limits::Limits;
use crate::model::{Packet, PacketNo, Segment, Timestamp, Weirds};
use crate::source::decoder::ip_fragments::{Fragment, Fragments, Whole};
use crate::source::decoder::odd::Odd;
use crate::source::decoder::view::View;

/// Finds the TCP segments of the packets of one capture, below link layers, tunnels and IP fragments.
///
/// A segment has the addresses of the innermost IP header. What carried it (VLAN, MPLS label, VXLAN and Geneve
/// network, GRE key, GTP tunnel, outer addresses) is no part of them: a connection seen inside and outside of a
/// tunnel is one connection, whose second copies are retransmissions; two tenants with the same addresses, ports and
/// time are taken for one, as by `tcp.stream` of Wireshark.
#[derive(Debug)]
pub struct Decoder {
    fragments: Fragments,
    /// What became of fragments in the last packet.
    pieces: Pieces,
    max_nesting: u32,
}

/// Fragments of a packet.
#[derive(Debug, Default)]
struct Pieces {
    /// Packets before it whose fragments it made whole.
    packets: Vec<PacketNo>,
    /// One of it waits for others.
    waits: bool,
}

impl Decoder {
    /// A decoder that has seen no packet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { fragments: Fragments::new(limits), pieces: Pieces::default(), max_nesting: limits.max_nesting }
    }

    /// Gives the TCP segments of a packet to `sink`: none, one, or those of an aggregate of 802.11. Checksums are
    /// not verified: offload leaves them blank on the sending host.
    ///
    /// Nothing is said of what holds no TCP (ARP, UDP that is no tunnel …). Counted is a header that is cut or
    /// contradicts itself, and what is encrypted or not decoded. A segment whose payload, or whose TCP options, the
    /// snap length cut is given with [`Segment::cut_off`] and counted as
    /// [`WeirdKind::CutPayload`](crate::model::WeirdKind::CutPayload). A segment that came in IP fragments has
    /// number and time of the packet that made it whole.
    #[inline(always)]
    pub fn decode(&mut self, packet: &Packet<'_>, weirds: &mut Weirds, sink: &mut dyn FnMut(&Segment<'_>)) {
        self.pieces.waits = false;
        self.pieces.packets.clear();
        let mut walk = Walk {
            no: packet.no,
            at: packet.at,
            nesting_left: self.max_nesting,
            fragments: &mut self.fragments,
            pieces: &mut self.pieces,
            weirds,
            sink,
        };
        if let Err(odd) = link::packet(&mut walk, packet.link, View::of(packet)) {
            walk.count(&odd);
        }
    }

    /// Packets before the last whose fragments that one made whole.
    pub(crate) fn pieces(&self) -> &[PacketNo] {
        &self.pieces.packets
    }

    /// Whether a fragment of the last packet waits for others.
    pub(crate) const fn waits(&self) -> bool {
        self.pieces.waits
    }

    /// Ends the capture: counts the datagrams of which fragments are missing.
    pub fn finish(&mut self, weirds: &mut Weirds) {
        self.fragments.finish(weirds);
    }
}

/// One packet on its way down the layers.
struct Walk<'w> {
    no: PacketNo,
    at: Option<Timestamp>,
    /// How many more tunnels may be entered. Every way back to a layer that was met before passes one.
    nesting_left: u32,
    fragments: &'w mut Fragments,
    pieces: &'w mut Pieces,
    weirds: &'w mut Weirds,
    sink: &'w mut dyn FnMut(&Segment<'_>),
}

impl Walk<'_> {
    /// Enters a tunnel.
    fn descend(&mut self) -> Result<(), Odd> {
        self.nesting_left = self.nesting_left.checked_sub(1).ok_or(Odd::Nesting)?;
        Ok(())
    }

    /// Does `steps` for one of several parts; what is odd in it is counted and does not touch the others.
    fn apart(&mut self, steps: impl FnOnce(&mut Self) -> Result<(), Odd>) {
        let nesting_left = self.nesting_left;
        if let Err(odd) = steps(self) {
            self.count(&odd);
        }
        self.nesting_left = nesting_left;
    }

    /// Takes a fragment; the datagram, once it is whole.
    fn fragment(&mut self, fragment: &Fragment<'_>) -> Result<Option<Whole>, Odd> {
        let whole = self.fragments.add(fragment, self.no, self.at, self.weirds)?;
        match &whole {
            Some(whole) => self.pieces.packets.extend_from_slice(&whole.packets),
            None => self.pieces.waits = true,
        }
        if let Some(Whole { unused: unused @ 1.., .. }) = whole {
            self.count(&Odd::BehindCut { len: unused });
        }
        Ok(whole)
    }

    #[cold]
    fn count(&mut self, odd: &Odd) {
        let no = self.no;
        self.weirds.add(odd.kind(), Some(no), || odd.to_string());
    }
}
