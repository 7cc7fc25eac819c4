//! Masking keys that an attacker could foresee (RFC 6455 5.3, 10.3).

use crate::knowledge::rules::KeyPattern;
use crate::knowledge::thresholds::{KEYS_IN_TURN, SAME_KEYS};
use crate::model::MaskingKey;

/// Watches the keys of one endpoint.
#[derive(Debug, Default)]
pub(super) struct KeyWatch {
    /// The last keys, newest first.
    recent: [u32; KEYS_IN_TURN],
    /// How many of them there are.
    known: usize,
    same: u64,
    counting: u64,
    /// Where in `recent` the keys come from that come again in turn, and how many did.
    turn: usize,
    turned: u64,
    told: bool,
}

impl KeyWatch {
    /// Takes the next key; a pattern is returned once.
    pub(super) fn next(&mut self, key: MaskingKey) -> Option<(KeyPattern, u64)> {
        if self.told {
            return None;
        }
        let key = u32::from_be_bytes(key.0);
        match self.recent.first().filter(|_| self.known > 0) {
            Some(&last) if last == key => (self.same, self.counting) = (self.same + 1, 0),
            Some(&last) if is_next(last, key) => (self.same, self.counting) = (0, self.counting + 1),
            _ => (self.same, self.counting) = (0, 0),
        }
        self.turn(key);
        let keys = self.turn as u64 + 1;
        let pattern = if self.same + 1 >= SAME_KEYS {
            Some((if key == 0 { KeyPattern::Zero } else { KeyPattern::Same }, self.same + 1))
        } else if self.counting + 1 >= SAME_KEYS {
            Some((KeyPattern::Counter, self.counting + 1))
        } else if self.turn > 0 && self.turned >= keys {
            Some((KeyPattern::InTurn(u8::try_from(keys).unwrap_or(u8::MAX)), self.turned + keys))
        } else {
            None
        };
        self.told = pattern.is_some();
        pattern
    }

    /// What comes from now on may be no keys.
    pub(super) const fn give_up(&mut self) {
        self.told = true;
    }

    /// Counts the keys that come again as far back as the one before did.
    fn turn(&mut self, key: u32) {
        // Nearly always none is: all are compared at once.
        let is_among = self.recent.iter().fold(false, |found, known| found | (*known == key));
        let known = self.recent.get(..self.known).unwrap_or_default();
        if !is_among {
            (self.turn, self.turned) = (0, 0);
        } else if known.get(self.turn) == Some(&key) {
            self.turned += 1;
        } else {
            let before = known.iter().position(|known| *known == key);
            (self.turn, self.turned) = before.map_or((0, 0), |before| (before, 1));
        }
        let [first, second, third, fourth, fifth, sixth, seventh, _] = self.recent;
        self.recent = [key, first, second, third, fourth, fifth, sixth, seventh];
        self.known = (self.known + 1).min(KEYS_IN_TURN);
    }
}

/// One more, in either byte order.
fn is_next(last: u32, key: u32) -> bool {
    key == last.wrapping_add(1) || key.swap_bytes() == last.swap_bytes().wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[u32], expected: Option<(KeyPattern, u64)>) {
        let mut watch = KeyWatch::default();
        let found = keys.iter().filter_map(|k| watch.next(MaskingKey(k.to_be_bytes()))).next();
        assert_eq!(found, expected, "{keys:x?}");
    }

    #[test]
    fn predictable_keys_5_3() {
        check(&[0, 0, 0, 0, 0], Some((KeyPattern::Zero, 4)));
        check(&[7, 7, 7, 7], Some((KeyPattern::Same, 4)));
        check(&[7, 7, 7, 9], None);
        check(&[5, 6, 7, 8], Some((KeyPattern::Counter, 4)));
        check(&[0x0100_0000, 0x0200_0000, 0x0300_0000, 0x0400_0000], Some((KeyPattern::Counter, 4)));
        check(&[0xffff_ffff, 0, 1, 2], Some((KeyPattern::Counter, 4)));
        check(&[0x1234, 0x9999, 0x1234, 0x1235], None);
    }

    #[test]
    fn keys_in_turn_5_3() {
        check(&[3, 9, 3, 9], Some((KeyPattern::InTurn(2), 4)));
        check(&[3, 9, 3, 8], None);
        check(&[1, 50, 3, 9, 20, 3, 9, 20], Some((KeyPattern::InTurn(3), 6)));
        check(&[3, 9, 20, 3, 9], None);
        // One of them stands twice in a turn.
        check(&[3, 9, 3, 20, 3, 9, 3, 20, 3], Some((KeyPattern::InTurn(4), 8)));
        check(&[3, 3, 9, 3, 3, 9, 3, 3], Some((KeyPattern::InTurn(3), 6)));
        let turn =
            |keys: u32| [(0..keys), (0..keys)].into_iter().flatten().map(|n| n * 77).collect::<Vec<_>>();
        check(&turn(8), Some((KeyPattern::InTurn(8), 16)));
        check(&turn(9), None);
    }
}
