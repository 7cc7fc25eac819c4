//! Times asked for.

use crate::model::Timestamp;

const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// A time, of a day or of any day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// That one.
    At(Timestamp),
    /// So many nanoseconds into a day (UTC).
    OfDay(i64),
}

impl Moment {
    /// The time meant, on the day of `at`.
    #[must_use]
    pub const fn near(self, at: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::OfDay(ns) => Timestamp(at.0.saturating_sub(at.0.rem_euclid(DAY_NS)).saturating_add(ns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_any_day() {
        let noon = Moment::OfDay(DAY_NS / 2);
        for (at, near) in [(5, DAY_NS / 2), (DAY_NS + 5, DAY_NS + DAY_NS / 2), (-5, -DAY_NS / 2)] {
            assert_eq!(noon.near(Timestamp(at)), Timestamp(near));
        }
        assert_eq!(Moment::At(Timestamp(3)).near(Timestamp(DAY_NS)), Timestamp(3));
        // The first day that there is began before what 64 bits reach.
        assert!(noon.near(Timestamp(i64::MIN + 1)) <= Timestamp(i64::MIN + DAY_NS));
    }
}
