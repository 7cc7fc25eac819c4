//! Durations, sizes and counts for people.

pub use crate::model::count;

/// A duration in the unit that suits it: `0.4 ms`, `1.250 s`, `3 min 20 s`.
#[must_use]
pub fn duration(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let (us, ms, s) = (ns / 1_000, ns / 1_000_000, ns / 1_000_000_000);
    match ns {
        0..1_000_000 => format!("{sign}{}.{:03} ms", ms, us % 1_000),
        1_000_000..1_000_000_000 => format!("{sign}{}.{} ms", ms, us % 1_000 / 100),
        1_000_000_000..60_000_000_000 => format!("{sign}{}.{:03} s", s, ms % 1_000),
        60_000_000_000..3_600_000_000_000 => format!("{sign}{} min {} s", s / 60, s % 60),
        _ => format!("{sign}{} h {} min", s / 3_600, s / 60 % 60),
    }
}

/// A duration that is a whole number of its unit: `100 ms`, `5 s`.
#[must_use]
pub fn whole(ns: i64) -> String {
    let ms = ns / 1_000_000;
    if ms % 1_000 == 0 { format!("{} s", ms / 1_000) } else { format!("{ms} ms") }
}

/// A size: `640 bytes`, `4.2 kB`, `1.3 GB` (powers of 1000).
#[must_use]
pub fn bytes(n: u64) -> String {
    if n < 1_000 {
        return count(n, "byte");
    }
    let (unit, name) = match n {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", n / unit, n % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes() {
        for (ns, text) in [
            (0, "0.000 ms"),
            (45_678, "0.045 ms"),
            (1_234_567, "1.2 ms"),
            (1_250_000_000, "1.250 s"),
            (200_000_000_000, "3 min 20 s"),
            (7_260_000_000_000, "2 h 1 min"),
            (-45_000, "-0.045 ms"),
        ] {
            assert_eq!(duration(ns), text);
        }
        for (n, text) in
            [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (4_224, "4.2 kB"), (1_999_999_999, "1.9 GB")]
        {
            assert_eq!(bytes(n), text);
        }
    }
}
