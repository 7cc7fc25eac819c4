//! Packets of fragments that wait until it shows whose they are.

use std::collections::VecDeque;

use crate::model::{LinkType, Packet, PacketNo, Timestamp};
use crate::slice::pcapng::Record;

/// Those packets, the oldest first.
#[derive(Debug)]
pub(super) struct Waiting {
    packets: VecDeque<Kept>,
    bytes: usize,
    /// Bytes that they may have; the oldest are given up, as the datagrams are.
    most: usize,
}

/// A packet.
#[derive(Debug)]
pub(super) struct Kept {
    no: PacketNo,
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
        Self { packets: VecDeque::new(), bytes: 0, most }
    }

    pub(super) fn push(&mut self, packet: &Packet<'_>) {
        let Packet { no, at, link, orig_len, data } = *packet;
        self.bytes = self.bytes.saturating_add(data.len());
        self.packets.push_back(Kept { no, at, link, orig_len, data: data.to_vec() });
        while self.bytes > self.most
            && let Some(oldest) = self.packets.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(oldest.data.len());
        }
    }

    /// Those of these numbers, which are in order.
    pub(super) fn take(&mut self, numbers: &[PacketNo]) -> Vec<Kept> {
        let mut taken = Vec::new();
        for number in numbers {
            if let Ok(at) = self.packets.binary_search_by_key(number, |kept| kept.no)
                && let Some(kept) = self.packets.remove(at)
            {
                self.bytes = self.bytes.saturating_sub(kept.data.len());
                taken.push(kept);
            }
        }
        taken
    }
}
