//! Durations, sizes, shares and times of day for people: three significant digits, rounded, never cut.

use crate::model::Timestamp;
pub use crate::model::count;

/// A unit: its name, and how many of the smallest it holds.
type Unit = (&'static str, u64);

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// From the smallest to the largest, each with the number of nanoseconds from which on it is the one. Time-outs are set in
/// seconds: these go up to a thousand.
const TIMES: &[(u64, Unit)] = &[
    (0, ("ns", 1)),
    (1_000, ("µs", 1_000)),
    (1_000_000, ("ms", 1_000_000)),
    (SECOND, ("s", SECOND)),
    (1_000 * SECOND, ("min", MINUTE)),
    (100 * MINUTE, ("h", HOUR)),
    (100 * HOUR, ("d", DAY)),
];

/// Powers of 1000.
const SIZES: &[(u64, Unit)] = &[
    (1_000, ("kB", 1_000)),
    (1_000_000, ("MB", 1_000_000)),
    (1_000_000_000, ("GB", 1_000_000_000)),
    (1_000_000_000_000, ("TB", 1_000_000_000_000)),
    (1_000_000_000_000_000, ("PB", 1_000_000_000_000_000)),
    (1_000_000_000_000_000_000, ("EB", 1_000_000_000_000_000_000)),
];

/// `n` as a multiple of `per` with three significant digits, or as many as stand before the point, in multiples of the last
/// digit shown: `(601, 10)` are 60.1.
fn rounded(n: u64, per: u64) -> (u64, u64) {
    let digits = |scale: u64| {
        let exact = u128::from(n) * u128::from(scale);
        let half_up = (exact + u128::from(per) / 2) / u128::from(per);
        u64::try_from(half_up).unwrap_or(u64::MAX)
    };
    // What rounds up to one digit more has one less behind the point.
    [100, 10]
        .into_iter()
        .map(|scale| (digits(scale), scale))
        .find(|(n, _)| *n < 1_000)
        .unwrap_or((digits(1), 1))
}

/// A number with its unit, the next where it rounds up to that.
fn in_units(n: u64, units: &[(u64, Unit)]) -> String {
    let at = units.iter().rposition(|(from, _)| *from <= n).unwrap_or_default();
    for (at, (_, (name, per))) in units.iter().enumerate().skip(at) {
        let (digits, scale) = rounded(n, *per);
        let reaches = |(from, _): &(u64, Unit)| {
            u128::from(digits) * u128::from(*per) >= u128::from(*from) * u128::from(scale)
        };
        if units.get(at + 1).is_some_and(reaches) {
            continue;
        }
        return match scale {
            // Nothing is shorter than what a recording can tell apart.
            _ if *per == 1 => format!("{n} {name}"),
            100 => format!("{}.{:02} {name}", digits / 100, digits % 100),
            10 => format!("{}.{} {name}", digits / 10, digits % 10),
            _ => format!("{digits} {name}"),
        };
    }
    n.to_string()
}

/// A duration in the unit that suits it: `45.7 µs`, `1.25 s`, `60.1 s`, `25.5 min`.
#[must_use]
pub fn duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    match ns.unsigned_abs() {
        0 => "0 s".to_owned(),
        ns => format!("{sign}{}", in_units(ns, TIMES)),
    }
}

/// A duration that is a whole number of its unit: `100 ms`, `5 s`.
#[must_use]
pub fn whole(ns: i64) -> String {
    let ms = ns / 1_000_000;
    if ms % 1_000 == 0 { format!("{} s", ms / 1_000) } else { format!("{ms} ms") }
}

/// A size: `640 bytes`, `4.22 kB`, `1.30 GB` (powers of 1000).
#[must_use]
pub fn bytes(n: u64) -> String {
    if n < 1_000 { count(n, "byte") } else { in_units(n, SIZES) }
}

/// A size to the byte, where it is compared with another: `65,537 bytes`.
#[must_use]
pub fn exact_bytes(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if n == 1 { "byte" } else { "bytes" })
}

/// What each part is of all of them: tenths of a per cent that add up to a hundred, by the largest remainders. What is there is
/// never `0.0 %`.
#[must_use]
pub fn shares(parts: &[u64]) -> Vec<String> {
    let all: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if all == 0 {
        return parts.iter().map(|_| "–".to_owned()).collect();
    }
    let exact = |part: u64| u128::from(part) * 1_000;
    let mut tenths: Vec<u128> = parts.iter().map(|part| exact(*part) / all).collect();
    let mut by_rest: Vec<usize> = (0..parts.len()).collect();
    by_rest.sort_by_key(|at| parts.get(*at).map(|part| std::cmp::Reverse(exact(*part) % all)));
    let missing = 1_000_u128.saturating_sub(tenths.iter().sum());
    for at in by_rest.into_iter().take(usize::try_from(missing).unwrap_or_default()) {
        if let Some(tenths) = tenths.get_mut(at) {
            *tenths += 1;
        }
    }
    let shown = |(part, tenths): (&u64, u128)| match tenths {
        0 if *part > 0 => "<0.1 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    };
    parts.iter().zip(tenths).map(shown).collect()
}

/// The time of day in UTC that a log has for a moment, to the millisecond: `04:43:20.216 UTC`; with its date where that is not the
/// day of `since`.
#[must_use]
pub fn clock(at: Timestamp, since: Option<Timestamp>) -> String {
    let day_of = |at: Timestamp| at.0.div_euclid(DAY as i64);
    let ms = at.0.rem_euclid(DAY as i64) / 1_000_000;
    let (h, min, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    let time = format!("{h:02}:{min:02}:{s:02}.{ms:03} UTC");
    if since.is_some_and(|since| day_of(since) == day_of(at)) {
        return time;
    }
    let (year, month, day) = date(day_of(at));
    format!("{year:04}-{month:02}-{day:02} {time}")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar: March begins the year, so that the day that
/// is left out comes last.
fn date(day: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since_march_0 = day + 719_468;
    let (era, day) =
        (since_march_0.div_euclid(DAYS_OF_400_YEARS), since_march_0.rem_euclid(DAYS_OF_400_YEARS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations() {
        for (ns, text) in [
            (0, "0 s"),
            (850, "850 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (45_678, "45.7 µs"),
            (240_000, "240 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (1_234_567, "1.23 ms"),
            (53_740_000, "53.7 ms"),
            (999_960_000, "1.00 s"),
            (1_250_000_000, "1.25 s"),
            (59_960_000_000, "60.0 s"),
            (60_050_000_000, "60.1 s"),
            (200_000_000_000, "200 s"),
            (999_400_000_000, "999 s"),
            (999_600_000_000, "16.7 min"),
            (1_530_000_000_000, "25.5 min"),
            (3_600_000_000_000, "60.0 min"),
            (5_997_900_000_000, "1.67 h"),
            (7_260_000_000_000, "2.02 h"),
            (359_999_000_000_000, "4.17 d"),
            (i64::MAX, "106752 d"),
            (-45_000, "-45.0 µs"),
            (i64::MIN, "-106752 d"),
        ] {
            assert_eq!(duration(ns), text, "{ns}");
        }
    }

    #[test]
    fn sizes_and_shares() {
        for (n, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.00 kB"),
            (4_224, "4.22 kB"),
            (999_949, "1.00 MB"),
            (22_996_309, "23.0 MB"),
            (1_999_999_999, "2.00 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(n), text);
        }
        for (n, text) in
            [(1, "1 byte"), (999, "999 bytes"), (65_537, "65,537 bytes"), (1_000_000, "1,000,000 bytes")]
        {
            assert_eq!(exact_bytes(n), text);
        }
        assert_eq!(shares(&[1, 1, 1]), ["33.4 %", "33.3 %", "33.3 %"]);
        assert_eq!(shares(&[99_999, 1, 0]), ["100.0 %", "<0.1 %", "0.0 %"]);
        assert_eq!(shares(&[0, 0]), ["–", "–"]);
        assert_eq!(shares(&[]), [""; 0]);
    }

    #[test]
    fn times_of_day() {
        let noon = Timestamp(951_782_400_000_000_000);
        for (at, text) in [
            (951_782_400_000_000_000, "00:00:00.000 UTC"),
            (951_782_400_000_000_000 - 1, "2000-02-28 23:59:59.999 UTC"),
            (951_868_799_999_999_999, "23:59:59.999 UTC"),
            (-1, "1969-12-31 23:59:59.999 UTC"),
            (0, "1970-01-01 00:00:00.000 UTC"),
        ] {
            assert_eq!(clock(Timestamp(at), Some(noon)), text);
        }
        assert_eq!(clock(noon, None), "2000-02-29 00:00:00.000 UTC");
    }

    /// The number and the unit of what is shown.
    fn parts(text: &str) -> (f64, &str) {
        let (number, unit) = text.split_once(' ').expect("a unit");
        (number.parse().expect("a number"), unit)
    }

    fn digits(text: &str) -> usize {
        text.chars().filter(char::is_ascii_digit).count()
    }

    fn ns(text: &str) -> f64 {
        let (number, unit) = parts(text);
        let unit = TIMES.iter().find(|(_, (name, _))| *name == unit).expect("a unit").1.1;
        number * unit as f64
    }

    proptest! {
        /// Rounded: what is shown is never farther off than half of its last digit, of which there are three.
        #[test]
        fn what_is_shown_is_near_and_has_three_digits(at in 0_u32..63, low in any::<u64>()) {
            let exact = ((1_u64 << at) | (low & ((1 << at) - 1))) as i64;
            let text = duration(exact);
            prop_assert!((ns(&text) - exact as f64).abs() <= exact as f64 * 0.005_001, "{exact}: {text}");
            prop_assert!(exact < 1_000 || digits(&text) == 3 || text.ends_with(" d"), "{exact}: {text}");
            let size = bytes(exact.unsigned_abs());
            prop_assert!(exact < 1_000 || digits(&size) == 3, "{exact}: {size}");
        }

        #[test]
        fn the_longer_is_never_shown_shorter(at in 0_u32..63, low in any::<u64>(), more in 1_i64..2_000_000) {
            let exact = ((1_u64 << at) | (low & ((1 << at) - 1))) as i64;
            let longer = exact.saturating_add(more);
            prop_assert!(ns(&duration(exact)) <= ns(&duration(longer)), "{exact}, {longer}");
        }

        #[test]
        fn shares_are_of_a_hundred(parts in prop::collection::vec(any::<u64>(), 1..40)) {
            let tenths = |share: &String| if share.starts_with('<') { 0 } else {
                share.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().expect("digits")
            };
            let shares = shares(&parts);
            if parts.iter().any(|part| *part > 0) {
                prop_assert_eq!(shares.iter().map(tenths).sum::<u64>(), 1_000);
                prop_assert!(parts.iter().zip(&shares).all(|(part, share)| *part == 0 || share != "0.0 %"));
            }
        }

        #[test]
        fn dates_are_those_of_the_calendar(at in any::<i64>()) {
            let known = jiff::Timestamp::from_nanosecond(i128::from(at)).expect("in range");
            prop_assert_eq!(clock(Timestamp(at), None), known.strftime("%Y-%m-%d %H:%M:%S.%3f UTC").to_string());
        }
    }
}
