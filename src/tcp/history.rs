//! The last bytes handed on, for comparison with retransmissions.

/// Smallest allocation: most handshakes and short connections fit, and so do the pieces allocators keep at hand.
const MIN_CAPACITY: usize = 1024;

/// A ring that grows up to its cap as bytes come: a direction without bytes allocates nothing, and a full ring
/// costs one copy of the new bytes.
///
/// Below the cap the bytes lie in order and `oldest` is 0; at the cap `oldest` is the index of the oldest byte.
#[derive(Debug, Default)]
pub(super) struct History {
    ring: Vec<u8>,
    oldest: usize,
}

impl History {
    /// Forgets everything: what comes next does not follow on.
    pub(super) fn clear(&mut self) {
        self.ring.clear();
        self.oldest = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Remembers `bytes`, and of all together the last `max`.
    pub(super) fn push(&mut self, bytes: &[u8], max: usize) {
        let surplus = bytes.len().saturating_sub(max);
        let (_, bytes) = bytes.split_at(surplus);
        let cap_changed = self.ring.len() > max || (self.oldest != 0 && self.ring.len() < max);
        if bytes.len() == max || cap_changed {
            self.clear();
        }
        let (grow, wrap) = bytes.split_at(bytes.len().min(max - self.ring.len()));
        self.reserve(grow.len(), max);
        self.ring.extend_from_slice(grow);
        if wrap.is_empty() {
            return;
        }
        // The ring is full here and `wrap` shorter than it: at most one turn.
        let (newer, older) = self.ring.split_at_mut(self.oldest);
        let (first, second) = wrap.split_at(wrap.len().min(older.len()));
        older[..first.len()].copy_from_slice(first);
        newer[..second.len()].copy_from_slice(second);
        self.oldest = if first.len() < older.len() { self.oldest + first.len() } else { second.len() };
    }

    /// Compares the bytes that begin `back` bytes before the end with as many of `bytes` as there are: index of
    /// the first that differs.
    ///
    /// `back` must not exceed [`Self::len`].
    pub(super) fn first_difference(&self, back: usize, bytes: &[u8]) -> Option<usize> {
        let (newer, older) = self.ring.split_at(self.oldest);
        let skip = self.ring.len() - back;
        older.iter().chain(newer).skip(skip).zip(bytes).position(|(a, b)| a != b)
    }

    fn reserve(&mut self, more: usize, max: usize) {
        let need = self.ring.len() + more;
        if need > self.ring.capacity() {
            let capacity = need.next_power_of_two().max(MIN_CAPACITY).min(max);
            self.ring.reserve_exact(capacity - self.ring.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn remembers_the_last_bytes(
            pushes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
            max in 0_usize..50,
        ) {
            let mut history = History::default();
            let mut all = Vec::new();
            for bytes in &pushes {
                history.push(bytes, max);
                all.extend_from_slice(bytes);
                let kept = all.len().min(max);
                prop_assert_eq!(history.len(), kept);
                for back in 0..=kept {
                    let mut tail = all[all.len() - back..].to_vec();
                    prop_assert_eq!(history.first_difference(back, &tail), None);
                    if let Some(last) = tail.last_mut() {
                        *last ^= 1;
                        prop_assert_eq!(history.first_difference(back, &tail), Some(back - 1));
                    }
                }
            }
        }
    }

    #[test]
    fn another_cap_starts_again() {
        let mut history = History::default();
        history.push(b"abcdefgh", 6);
        history.push(b"ij", 6);
        history.push(b"k", 10);
        assert_eq!((history.len(), history.first_difference(1, b"k")), (1, None));
        history.push(b"lmn", 2);
        assert_eq!((history.len(), history.first_difference(2, b"mn")), (2, None));
        history.push(b"x", 0);
        assert_eq!(history.len(), 0);
    }
}
