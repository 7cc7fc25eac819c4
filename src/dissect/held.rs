//! What a direction brought and nothing can be made of before the other direction has spoken.

use std::collections::VecDeque;

use crate::dissect::Item;
use crate::model::{Carrier, GapCause, StreamEnd};

/// Items in order. The bytes of all of them lie in one buffer.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    /// Where in `bytes` the first item begins.
    at: usize,
    items: VecDeque<Waiting>,
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Data { offset: u64, len: usize, carrier: Carrier },
    Gap { offset: u64, len: u64, cause: GapCause, carrier: Carrier },
    End { how: StreamEnd, carrier: Option<Carrier> },
}

impl Waiting {
    const fn with<'a>(&self, bytes: &'a [u8]) -> Item<'a> {
        match *self {
            Self::Data { offset, carrier, .. } => Item::Data { offset, bytes, carrier },
            Self::Gap { offset, len, cause, carrier } => Item::Gap { offset, len, cause, carrier },
            Self::End { how, carrier } => Item::End { how, carrier },
        }
    }
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Bytes kept, and one for each item.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len().saturating_sub(self.at).saturating_add(self.items.len())
    }

    /// Bytes of memory behind it.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.items.capacity() * size_of::<Waiting>()
    }

    /// The bytes that wait.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, item: Item<'_>) {
        self.items.push_back(match item {
            Item::Data { offset, bytes, carrier } => {
                // Where there is always something that waits, what was used would pile up.
                if self.at > self.bytes.len() / 2 {
                    self.bytes.drain(..self.at.min(self.bytes.len()));
                    self.at = 0;
                }
                self.bytes.extend_from_slice(bytes);
                Waiting::Data { offset, len: bytes.len(), carrier }
            }
            Item::Gap { offset, len, cause, carrier } => Waiting::Gap { offset, len, cause, carrier },
            Item::End { how, carrier } => Waiting::End { how, carrier },
        });
    }

    /// Keeps only the length of `more` bytes for which there is no room: they become a gap. True where that gap
    /// begins.
    pub(super) fn push_dropped(&mut self, offset: u64, more: u64, carrier: Carrier) -> bool {
        if let Some(Waiting::Gap { len, cause: GapCause::BufferFull, .. }) = self.items.back_mut() {
            *len = len.saturating_add(more);
            return false;
        }
        self.items.push_back(Waiting::Gap { offset, len: more, cause: GapCause::BufferFull, carrier });
        true
    }

    /// Index among the bytes at which each item begins that has bytes, and its segment.
    pub(super) fn starts(&self) -> impl Iterator<Item = (usize, Carrier)> {
        let mut at = 0;
        self.items.iter().filter_map(move |item| {
            let Waiting::Data { len, carrier, .. } = *item else { return None };
            let start = at;
            at += len;
            Some((start, carrier))
        })
    }

    /// Items that wait, and their bytes.
    pub(super) fn len(&self) -> (usize, usize) {
        (self.items.len(), self.bytes().len())
    }

    /// All items in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Item<'_>> {
        self.iter_behind((0, 0))
    }

    /// Those behind the first so many, which have so many bytes.
    pub(super) fn iter_behind(&self, (items, bytes): (usize, usize)) -> impl Iterator<Item = Item<'_>> {
        let mut rest = self.bytes().get(bytes..).unwrap_or_default();
        self.items.range(items.min(self.items.len())..).map(move |item| {
            if let Waiting::Data { len, .. } = *item {
                let (bytes, behind) = rest.split_at_checked(len).unwrap_or_default();
                rest = behind;
                item.with(bytes)
            } else {
                item.with(&[])
            }
        })
    }

    pub(super) fn front(&self) -> Option<Item<'_>> {
        let item = self.items.front()?;
        let len = if let Waiting::Data { len, .. } = *item { len } else { 0 };
        Some(item.with(self.bytes().get(..len).unwrap_or_default()))
    }

    /// Takes `used` bytes off the first item, and the item where nothing of it is left.
    pub(super) fn consume(&mut self, used: usize) {
        if let Some(Waiting::Data { offset, len, .. }) = self.items.front_mut() {
            let used = used.min(*len);
            self.at = self.at.saturating_add(used);
            *len -= used;
            *offset = offset.saturating_add(used as u64);
            if *len > 0 {
                return;
            }
        }
        self.items.pop_front();
    }

    /// The segment of the first item.
    pub(super) fn carrier(&self) -> Option<Carrier> {
        match *self.items.front()? {
            Waiting::Data { carrier, .. } | Waiting::Gap { carrier, .. } => Some(carrier),
            Waiting::End { carrier, .. } => carrier,
        }
    }

    /// Whether what comes is only counted, for want of room.
    pub(super) fn is_dropping(&self) -> bool {
        matches!(self.items.back(), Some(Waiting::Gap { cause: GapCause::BufferFull, .. }))
    }

    /// Whether the last item is the end of the direction.
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.items.back(), Some(Waiting::End { .. }))
    }

    /// Place of the first item in the capture; what the recording does not show comes last.
    pub(super) fn turn(&self) -> Option<u64> {
        Some(match self.items.front()? {
            Waiting::Data { carrier, .. }
            | Waiting::Gap { carrier, .. }
            | Waiting::End { carrier: Some(carrier), .. } => carrier.packet.0,
            Waiting::End { carrier: None, .. } => u64::MAX,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PacketNo;

    #[test]
    fn what_was_used_is_not_kept_though_something_always_waits() {
        let carrier = Carrier { packet: PacketNo(1), at: None, acked: None };
        let mut held = Held::default();
        for n in 0..1_000_u64 {
            held.push(Item::Data { offset: n * 100, bytes: &[n as u8; 100], carrier });
            if n < 3 {
                continue;
            }
            let Some(Item::Data { offset, bytes, .. }) = held.front() else { panic!("nothing waits") };
            assert_eq!((offset, bytes), ((n - 3) * 100, &[(n - 3) as u8; 100][..]));
            held.consume(100);
            assert_eq!((held.weight(), held.bytes().len()), (303, 300));
        }
        assert!(held.bytes.len() <= 1_000, "{} bytes", held.bytes.len());
    }
}
