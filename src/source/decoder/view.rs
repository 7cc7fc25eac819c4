//! A part of a packet.

use crate::model::Packet;
use crate::source::decoder::odd::Odd;

/// Captured bytes, and how many there were on the wire: at least as many, for a snap length cuts the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) on_wire: usize,
}

impl<'a> View<'a> {
    pub(super) fn of(packet: &Packet<'a>) -> Self {
        Self { bytes: packet.data, on_wire: packet.data.len().max(packet.orig_len as usize) }
    }

    /// The first `N` bytes and what follows; `name` is what they are a header of.
    #[inline]
    pub(super) fn header<const N: usize>(self, name: &'static str) -> Result<(&'a [u8; N], Self), Odd> {
        match self.bytes.split_first_chunk() {
            Some((head, bytes)) => Ok((head, Self { bytes, on_wire: self.on_wire - N })),
            None => Err(Odd::Short { header: name, needs: N, has: self.bytes.len() }),
        }
    }

    /// What follows the first `len` bytes.
    #[inline]
    pub(super) fn behind(self, len: usize, name: &'static str) -> Result<Self, Odd> {
        match self.bytes.get(len..) {
            Some(bytes) => Ok(Self { bytes, on_wire: self.on_wire - len }),
            None => Err(Odd::Short { header: name, needs: len, has: self.bytes.len() }),
        }
    }

    /// The part that a length field announces, without the padding behind it. A field that announces more than
    /// there was is believed: the rest counts as not captured.
    #[inline]
    pub(super) fn announced(self, len: usize) -> Self {
        Self { bytes: self.bytes.get(..len).unwrap_or(self.bytes), on_wire: len }
    }

    pub(super) const fn is_cut(self) -> bool {
        self.on_wire > self.bytes.len()
    }
}
