//! Connections end in any order and are reported in the order in which they began.

use std::collections::BTreeMap;

use crate::model::ConversationId;

/// Values that wait until nothing older can come. Memory is capped: beyond the cap the oldest go ahead.
#[derive(Debug)]
pub(super) struct Order<T> {
    waiting: BTreeMap<ConversationId, (T, usize)>,
    bytes: usize,
    max_bytes: usize,
    last: Option<ConversationId>,
    /// Values that were released after one with a later number.
    pub(super) out_of_order: u64,
}

impl<T> Order<T> {
    /// An empty queue that keeps about `max_bytes`.
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self { waiting: BTreeMap::new(), bytes: 0, max_bytes, last: None, out_of_order: 0 }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether more waits than memory has room for.
    pub(super) const fn is_full(&self) -> bool {
        self.bytes > self.max_bytes
    }

    /// Takes the value with an id, of about `bytes` bytes.
    pub(super) fn push(&mut self, id: ConversationId, value: T, bytes: usize) {
        self.bytes += bytes;
        self.waiting.insert(id, (value, bytes));
    }

    /// Gives out what nothing can precede any more while the first flow that something may still come of is `open`
    /// (`None`: there is none), and what memory has no room for.
    ///
    /// # Errors
    /// Whatever `release` returns.
    pub(super) fn release<E>(
        &mut self,
        open: Option<u64>,
        mut release: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((&id, _)) = self.waiting.first_key_value() {
            let is_due = open.is_none_or(|open| id.flow < open);
            if !is_due && self.bytes <= self.max_bytes {
                break;
            }
            let Some((_, (value, bytes))) = self.waiting.pop_first() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
            if self.last > Some(id) {
                self.out_of_order += 1;
            }
            self.last = self.last.max(Some(id));
            release(value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(order: &mut Order<&'static str>, open: Option<u64>) -> Vec<&'static str> {
        let mut out = Vec::new();
        let done: Result<(), ()> = order.release(open, |value| {
            out.push(value);
            Ok(())
        });
        assert!(done.is_ok());
        out
    }

    #[test]
    fn waits_for_older_connections_but_not_for_ever() {
        let mut order = Order::new(100);
        order.push(ConversationId::flow(5), "b", 40);
        assert_eq!(drain(&mut order, Some(1)), Vec::<&str>::new());
        order.push(ConversationId::flow(9), "c", 40);
        assert_eq!(drain(&mut order, Some(6)), ["b"]);
        order.push(ConversationId::flow(12), "d", 90);
        assert_eq!(drain(&mut order, Some(6)), ["c"], "the cap lets the oldest go ahead");
        assert_eq!(order.out_of_order, 0);
        order.push(ConversationId::flow(6), "a", 1);
        assert_eq!(drain(&mut order, None), ["a", "d"]);
        assert_eq!(order.out_of_order, 1);
    }

    #[test]
    fn a_flow_can_carry_several() {
        let mut order = Order::new(1_000);
        let stream = |stream| ConversationId { stream: Some(stream), ..ConversationId::flow(2) };
        for (id, value) in [(stream(9), "c"), (stream(5), "b"), (ConversationId::flow(1), "a")] {
            order.push(id, value, 1);
        }
        assert_eq!(drain(&mut order, Some(2)), ["a"]);
        assert_eq!(drain(&mut order, Some(3)), ["b", "c"]);
        assert_eq!(order.out_of_order, 0);
    }
}
