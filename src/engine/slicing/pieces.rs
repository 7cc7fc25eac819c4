//! Packets of fragments that wait until it shows whose they are.

use std::collections::BTreeMap;

use crate::model::{LinkType, Packet, PacketNo, Timestamp};
use crate::slice::pcapng::Record;

/// Those packets.
#[derive(Debug)]
pub(super) struct Waiting {
    packets: BTreeMap<PacketNo, Kept>,
    bytes: usize,
    /// Bytes that they may have; the oldest are given up, as the datagrams are.
    most: usize,
}

/// A packet.
#[derive(Debug)]
pub(super) struct Kept {
    at: Option<Timestamp>,
    link: LinkType,
    orig_len: u32,
    data: Vec<u8>,
}

impl Kept {
    pub(super) fn record<'a>(&'a self, interface: &'a str) -> Record<'a> {
        let Self { at, link, orig_len, ref data, .. } = *self;
        Record { interface, link, at, orig_len, data }
    }
}

impl Waiting {
    pub(super) const fn new(most: usize) -> Self {
        Self { packets: BTreeMap::new(), bytes: 0, most }
    }

    pub(super) fn push(&mut self, packet: &Packet<'_>) {
        let Packet { no, at, link, orig_len, data } = *packet;
        self.bytes = self.bytes.saturating_add(data.len());
        self.packets.insert(no, Kept { at, link, orig_len, data: data.to_vec() });
        while self.bytes > self.most
            && let Some((_, oldest)) = self.packets.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(oldest.data.len());
        }
    }

    /// Those of these numbers.
    pub(super) fn take(&mut self, numbers: &[PacketNo]) -> Vec<Kept> {
        let taken: Vec<_> = numbers.iter().filter_map(|number| self.packets.remove(number)).collect();
        let bytes: usize = taken.iter().map(|kept| kept.data.len()).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        taken
    }
}
