//! Ticks of a capture to integer nanoseconds.

use crate::model::Timestamp;

const NANOSECONDS: u64 = 1_000_000_000;

/// How an interface counts time (pcapng `if_tsresol` and `if_tsoffset`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    tick: Tick,
    /// Added to every time.
    offset_seconds: i64,
}

/// Length of a tick.
#[derive(Clone, Copy, Debug)]
enum Tick {
    /// So many nanoseconds.
    Nanoseconds(u64),
    /// One nanosecond divided by this.
    Fraction(u128),
    /// 2 to the minus so many seconds, at most 127.
    Binary(u32),
}

impl Clock {
    /// Microseconds since 1970, what holds without `if_tsresol`.
    pub(super) const MICROSECONDS: Self = Self { tick: Tick::Nanoseconds(1_000), offset_seconds: 0 };
    /// Nanoseconds since 1970.
    pub(super) const NANOSECONDS: Self = Self { tick: Tick::Nanoseconds(1), offset_seconds: 0 };

    /// The same clock with ticks of `if_tsresol`: the top bit chooses between powers of 2 and of 10, the
    /// others are the negative exponent. Any octet is a resolution.
    pub(super) fn with_resolution(self, tsresol: u8) -> Self {
        let exponent = u32::from(tsresol & 0x7f);
        let tick = if tsresol & 0x80 != 0 {
            Tick::Binary(exponent)
        } else if exponent <= 9 {
            Tick::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            Tick::Fraction(10_u128.saturating_pow(exponent - 9))
        };
        Self { tick, ..self }
    }

    /// The same clock shifted by `if_tsoffset`.
    pub(super) const fn with_offset(self, seconds: i64) -> Self {
        Self { offset_seconds: seconds, ..self }
    }

    /// Nanoseconds since 1970, rounded down. Cannot overflow: 2^64 seconds and 2^63 more are below 2^96.
    pub(super) fn nanoseconds(self, ticks: u64) -> i128 {
        // Every arm is below 2^64 * 10^9, so the conversions to i128 keep the value.
        let ticks = match self.tick {
            Tick::Nanoseconds(each) => i128::from(ticks) * i128::from(each),
            Tick::Fraction(parts) => (u128::from(ticks) / parts) as i128,
            Tick::Binary(exponent) => ((u128::from(ticks) * u128::from(NANOSECONDS)) >> exponent) as i128,
        };
        ticks + i128::from(self.offset_seconds) * i128::from(NANOSECONDS)
    }

    /// The same for a time in seconds and ticks within the second; ticks of more than a second carry over.
    pub(super) fn seconds_and_ticks(self, seconds: u32, ticks: u32) -> i128 {
        i128::from(seconds) * i128::from(NANOSECONDS) + self.nanoseconds(u64::from(ticks))
    }
}

/// The timestamp nearest to `nanoseconds`, and whether it is the same.
pub(super) fn clamp(nanoseconds: i128) -> (Timestamp, bool) {
    match i64::try_from(nanoseconds) {
        Ok(exact) => (Timestamp(exact), true),
        Err(_) => (Timestamp(if nanoseconds < 0 { i64::MIN } else { i64::MAX }), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolution_and_offset() {
        let rows: &[(&str, u8, i64, u64, i128)] = &[
            ("seconds", 0, 0, 7, 7_000_000_000),
            ("milliseconds", 3, 0, 1_500, 1_500_000_000),
            ("microseconds", 6, 0, 1, 1_000),
            ("nanoseconds", 9, 0, 1, 1),
            ("picoseconds round down", 12, 0, 1_999, 1),
            ("10^-20, the last with a nanosecond in 2^64 ticks", 20, 0, u64::MAX, 184_467_440),
            ("10^-29 never reaches a nanosecond", 29, 0, u64::MAX, 0),
            ("10^-127", 127, 0, u64::MAX, 0),
            ("2^0", 0x80, 0, 3, 3_000_000_000),
            ("2^-10 rounds down", 0x8a, 0, 1, 976_562),
            ("2^-32, as in NTP", 0xa0, 0, 1 << 31, 500_000_000),
            ("2^-127", 0xff, 0, u64::MAX, 0),
            ("offset forward", 6, 10, 5, 10_000_005_000),
            ("offset back", 9, -1, 5, -999_999_995),
            ("the widest sum", 0, i64::MAX, u64::MAX, 27_670_116_110_564_327_422 * 1_000_000_000),
        ];
        for (name, resolution, offset, ticks, expected) in rows {
            let clock = Clock::MICROSECONDS.with_resolution(*resolution).with_offset(*offset);
            assert_eq!(clock.nanoseconds(*ticks), *expected, "{name}");
        }
    }

    #[test]
    fn clamped_outside_64_bits() {
        let max = i128::from(i64::MAX);
        for (nanoseconds, expected) in [
            (max, (Timestamp(i64::MAX), true)),
            (max + 1, (Timestamp(i64::MAX), false)),
            (-max - 1, (Timestamp(i64::MIN), true)),
            (-max - 2, (Timestamp(i64::MIN), false)),
        ] {
            assert_eq!(clamp(nanoseconds), expected);
        }
    }
}
