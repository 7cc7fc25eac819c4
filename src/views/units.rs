//! Times, durations and sizes for people and for JSON.

use std::fmt;

use crate::model::Timestamp;

pub(super) use crate::knowledge::words::units::{bytes, count, duration, shares};

/// RFC 3339, UTC, nine digits: `2013-02-26T20:07:25.123456000Z`, in ASCII.
pub(super) fn rfc3339(at: Timestamp) -> [u8; 30] {
    const SECOND: i64 = 1_000_000_000;
    let ns = at.0.rem_euclid(SECOND).unsigned_abs() as u32;
    // 64 bits of nanoseconds reach from 1677 to 2262, all of them years that jiff knows.
    let whole = jiff::Timestamp::from_second(at.0.div_euclid(SECOND)).unwrap_or_default();
    let civil = jiff::tz::Offset::UTC.to_datetime(whole);
    let year = civil.year().unsigned_abs();
    let [c0, c1, y0, y1] = four_digits(year);
    let [[m0, m1], [d0, d1]] = [civil.month(), civil.day()].map(|n| two_digits(n.unsigned_abs()));
    let [[h0, h1], [i0, i1], [s0, s1]] =
        [civil.hour(), civil.minute(), civil.second()].map(|n| two_digits(n.unsigned_abs()));
    let [n1, n2, n3, n4] = four_digits((ns / 10_000 % 10_000) as u16);
    let [n5, n6, n7, n8] = four_digits((ns % 10_000) as u16);
    let n0 = b'0' + (ns / 100_000_000) as u8;
    [
        c0, c1, y0, y1, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1, b'.', n0, n1,
        n2, n3, n4, n5, n6, n7, n8, b'Z',
    ]
}

const fn four_digits(n: u16) -> [u8; 4] {
    let [a, b] = two_digits((n / 100) as u8);
    let [c, d] = two_digits((n % 100) as u8);
    [a, b, c, d]
}

const fn two_digits(n: u8) -> [u8; 2] {
    [b'0' + n / 10, b'0' + n % 10]
}

/// `2013-02-26 20:07:25.123Z`.
pub(super) fn date_time(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0))
        .map_or_else(|_| format!("{} ns", at.0), |t| t.strftime("%Y-%m-%d %H:%M:%S.%3fZ").to_string())
}

/// `2013-02-26 20:07:25.123456`.
pub(super) fn date_time_us(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0))
        .map_or_else(|_| format!("{} ns", at.0), |t| t.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
}

/// Seconds since the start of a connection with six digits, rounded, as in a timeline: `+0.001234`.
pub(super) fn offset(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "+" };
    let us = (ns.unsigned_abs() + 500) / 1_000;
    format!("{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// A number, exactly: so many parts of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    parts: i64,
    /// Digits behind the point.
    digits: u32,
}

impl Decimal {
    /// What stands for a number that is not known, in formats that ask for one.
    pub(super) const UNKNOWN: Self = Self { parts: -1, digits: 0 };

    /// Nanoseconds in seconds.
    pub(super) const fn seconds(ns: i64) -> Self {
        Self { parts: ns, digits: 9 }
    }

    /// The number times ten, as often as it has digits behind the point.
    pub(super) const fn parts(self) -> i64 {
        self.parts
    }

    /// Nanoseconds in milliseconds.
    pub(super) const fn milliseconds(ns: i64) -> Self {
        Self { parts: ns, digits: 6 }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.saturating_pow(self.digits);
        let parts = self.parts.unsigned_abs();
        f.write_str(if self.parts < 0 { "-" } else { "" })?;
        write!(f, "{}", parts / one)?;
        match parts % one {
            0 => Ok(()),
            rest => {
                let rest = format!("{rest:0width$}", width = self.digits as usize);
                write!(f, ".{}", rest.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_those_of_jiff(at in any::<i64>()) {
            let known = jiff::Timestamp::from_nanosecond(i128::from(at)).map(|at| format!("{at:.9}"));
            prop_assert_eq!(String::from_utf8(rfc3339(Timestamp(at)).to_vec()).ok(), known.ok());
        }
    }

    #[test]
    fn decimals_are_exact() {
        for (of, text) in [
            (Decimal::seconds(1_764_374_400_123_456_789), "1764374400.123456789"),
            (Decimal::seconds(-1_500_000_000), "-1.5"),
            (Decimal::seconds(-1), "-0.000000001"),
            (Decimal::seconds(i64::MIN), "-9223372036.854775808"),
            (Decimal::milliseconds(1_234_567), "1.234567"),
            (Decimal::milliseconds(2_000_000), "2"),
            (Decimal::milliseconds(0), "0"),
            (Decimal::UNKNOWN, "-1"),
        ] {
            assert_eq!(of.to_string(), text);
        }
    }

    #[test]
    fn offsets_and_times() {
        assert_eq!(offset(1_234_567_890), "+1.234568");
        for (at, text) in [
            (1_361_909_245_123_456_000, "2013-02-26T20:07:25.123456000Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(at)), text.as_bytes());
        }
    }
}
