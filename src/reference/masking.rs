//! Masking keys that an attacker could foresee (RFC 6455 5.3, 10.3).

use crate::knowledge::rules::KeyPattern;
use crate::knowledge::thresholds::SAME_KEYS;
use crate::model::MaskingKey;

/// Watches the keys of one endpoint.
#[derive(Debug, Default)]
pub(super) struct KeyWatch {
    last: Option<u32>,
    same: u64,
    counting: u64,
    told: bool,
}

impl KeyWatch {
    /// Takes the next key; a pattern is returned once.
    pub(super) fn next(&mut self, key: MaskingKey) -> Option<(KeyPattern, u64)> {
        let key = u32::from_be_bytes(key.0);
        match self.last.replace(key) {
            Some(last) if last == key => (self.same, self.counting) = (self.same + 1, 0),
            Some(last) if is_next(last, key) => (self.same, self.counting) = (0, self.counting + 1),
            _ => (self.same, self.counting) = (0, 0),
        }
        let pattern = if self.same + 1 >= SAME_KEYS {
            Some((if key == 0 { KeyPattern::Zero } else { KeyPattern::Same }, self.same + 1))
        } else if self.counting + 1 >= SAME_KEYS {
            Some((KeyPattern::Counter, self.counting + 1))
        } else {
            None
        };
        pattern.filter(|_| !std::mem::replace(&mut self.told, true))
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
}
