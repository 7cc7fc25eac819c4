//! Connections end in any order and are reported in the order of their first packets.

use std::collections::BTreeMap;

use crate::model::PacketNo;

/// Values that wait until nothing older can come. Memory is capped: beyond the cap the oldest go ahead.
#[derive(Debug)]
pub struct Order<T> {
    waiting: BTreeMap<(usize, PacketNo), (T, usize)>,
    bytes: usize,
    max_bytes: usize,
    next_id: u64,
    last: Option<(usize, PacketNo)>,
    /// Values that were released after one with a later first packet.
    pub out_of_order: u64,
}

impl<T> Order<T> {
    /// An empty queue that keeps about `max_bytes`.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        Self { waiting: BTreeMap::new(), bytes: 0, max_bytes, next_id: 1, last: None, out_of_order: 0 }
    }

    /// Takes a value of about `bytes` bytes whose connection, in input `input`, began with packet `first`.
    pub fn push(&mut self, input: usize, first: PacketNo, value: T, bytes: usize) {
        self.bytes += bytes;
        self.waiting.insert((input, first), (value, bytes));
    }

    /// Gives out, with its number from 1, what no connection of input `input` that began before `open` can
    /// precede any more (`None`: the input is over), and what memory has no room for.
    ///
    /// # Errors
    /// Whatever `release` returns.
    pub fn release<E>(
        &mut self,
        input: usize,
        open: Option<PacketNo>,
        mut release: impl FnMut(u64, T) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((&key, _)) = self.waiting.first_key_value() {
            let due = key.0 < input || key.0 == input && open.is_none_or(|open| key.1 < open);
            if !due && self.bytes <= self.max_bytes {
                break;
            }
            let Some((_, (value, bytes))) = self.waiting.pop_first() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
            if self.last.is_some_and(|last| last > key) {
                self.out_of_order += 1;
            }
            self.last = self.last.max(Some(key));
            let id = self.next_id;
            self.next_id += 1;
            release(id, value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(order: &mut Order<&'static str>, open: Option<u64>) -> Vec<(u64, &'static str)> {
        let mut out = Vec::new();
        let done: Result<(), ()> = order.release(0, open.map(PacketNo), |id, value| {
            out.push((id, value));
            Ok(())
        });
        assert!(done.is_ok());
        out
    }

    #[test]
    fn waits_for_older_connections_but_not_for_ever() {
        let mut order = Order::new(100);
        order.push(0, PacketNo(5), "b", 40);
        assert_eq!(drain(&mut order, Some(1)), []);
        order.push(0, PacketNo(9), "c", 40);
        assert_eq!(drain(&mut order, Some(6)), [(1, "b")]);
        order.push(0, PacketNo(12), "d", 90);
        assert_eq!(drain(&mut order, Some(6)), [(2, "c")], "the cap lets the oldest go ahead");
        assert_eq!(order.out_of_order, 0);
        order.push(0, PacketNo(6), "a", 1);
        assert_eq!(drain(&mut order, None), [(3, "a"), (4, "d")]);
        assert_eq!(order.out_of_order, 1);
    }
}
