//! One row of the table, and how its values are written.

use thiserror::Error;

use crate::limits::{LIMITS, Limits};
use crate::model::WeirdKind;

/// A cap on memory or work: a row of [`LIMITS`].
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What its values count.
    pub unit: Unit,
    /// What holds unless told otherwise.
    pub default: u64,
    /// The smallest value that makes sense.
    pub least: u64,
    /// The largest one that is told apart from others.
    pub most: u64,
    /// What is capped, in a sentence.
    pub what: &'static str,
    /// Why there, in sentences.
    pub reason: &'static str,
    /// How it shows that the cap was reached.
    pub reached: Reached,
    pub(super) get: fn(&Limits) -> u64,
    pub(super) put: fn(&mut Limits, u64),
}

/// What the values of a limit count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes, the only ones that may be given with k, M or G.
    Bytes,
    /// Seconds, of capture time.
    Seconds,
    /// Things, named in the plural; of a ratio `to one`.
    Count(&'static str),
}

/// How it shows that a cap was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// By a weird, which counts how often.
    Counted(WeirdKind),
    /// Otherwise, in a sentence.
    Seen(&'static str),
}

/// Why a limit cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LimitError {
    /// There is none of that name.
    #[error("there is no limit {name:?}")]
    Unknown {
        /// The name as it was given.
        name: String,
    },
    /// The value is no number in the notation of [`Limit::parse`].
    #[error("{name} takes a whole number ({unit}{more})", unit = .unit.name(), more = .unit.notation())]
    NotANumber {
        /// Which limit.
        name: &'static str,
        /// What its values count.
        unit: Unit,
    },
    /// The value is smaller or larger than makes sense.
    #[error("{name} must be from {} to {}", .unit.show(*.least), .unit.show(*.most))]
    OutOfRange {
        /// Which limit.
        name: &'static str,
        /// What its values count.
        unit: Unit,
        /// Smallest value it takes, in that unit.
        least: u64,
        /// Largest value it takes.
        most: u64,
    },
}

/// Letters behind numbers of bytes, the largest first.
const SUFFIXES: [(char, u32); 3] = [('G', 30), ('M', 20), ('k', 10)];

impl Unit {
    /// In the plural.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Count(things) => things,
        }
    }

    /// `value` as [`Limit::parse`] takes it: `1_000_000`, and of bytes `64k`, `4M`, `1G` where they are whole.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        let whole = |&&(_, bits): &&(char, u32)| value > 0 && value.is_multiple_of(1 << bits);
        let suffix = if self == Self::Bytes { SUFFIXES.iter().find(whole) } else { None };
        let digits = (value >> suffix.map_or(0, |(_, bits)| *bits)).to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push('_');
            }
            text.push(digit);
        }
        text.extend(suffix.map(|(letter, _)| *letter));
        text
    }

    const fn notation(self) -> &'static str {
        match self {
            Self::Bytes => ", or KiB, MiB, GiB with k, M, G",
            Self::Seconds | Self::Count(_) => "",
        }
    }
}

impl Limit {
    /// The row of that name. Underscores are as good as hyphens.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let same = |limit: &&Self| {
            limit.name.len() == name.len()
                && limit.name.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a, b) == (b'-', b'_'))
        };
        LIMITS.iter().find(same)
    }

    /// The value that `text` says: decimal digits, with `_` between them where that reads better. Of bytes `k`, `M` or
    /// `G` in either case, with or without `iB`, may follow: KiB, MiB and GiB.
    ///
    /// # Errors
    /// [`LimitError::NotANumber`], [`LimitError::OutOfRange`].
    pub fn parse(&self, text: &str) -> Result<u64, LimitError> {
        let not_a_number = LimitError::NotANumber { name: self.name, unit: self.unit };
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        if !(number.starts_with(|c: char| c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit()))
        {
            return Err(not_a_number);
        }
        let is_it = |&&(letter, _): &&(char, u32)| {
            let mut rest = suffix.chars();
            rest.next().is_some_and(|c| c.eq_ignore_ascii_case(&letter)) && matches!(rest.as_str(), "" | "iB")
        };
        let bits = match SUFFIXES.iter().find(is_it) {
            Some((_, bits)) if self.unit == Unit::Bytes => *bits,
            None if suffix.is_empty() => 0,
            _ => return Err(not_a_number),
        };
        // Of digits alone only too many are no number.
        let number = number.replace('_', "").parse::<u64>().ok();
        self.check(number.and_then(|number| number.checked_mul(1 << bits)))
    }

    /// The value in `limits`.
    #[must_use]
    pub fn get(&self, limits: &Limits) -> u64 {
        (self.get)(limits)
    }

    /// Changes the value in `limits`.
    ///
    /// # Errors
    /// [`LimitError::OutOfRange`]; nothing is changed then.
    pub fn set(&self, limits: &mut Limits, value: u64) -> Result<(), LimitError> {
        (self.put)(limits, self.check(Some(value))?);
        Ok(())
    }

    /// The weird that counts how often it was reached, if one does.
    #[must_use]
    pub const fn weird(&self) -> Option<WeirdKind> {
        match self.reached {
            Reached::Counted(weird) => Some(weird),
            Reached::Seen(_) => None,
        }
    }

    /// `None` is more than 64 bits hold.
    fn check(&self, value: Option<u64>) -> Result<u64, LimitError> {
        let &Self { name, unit, least, most, .. } = self;
        let out_of_range = LimitError::OutOfRange { name, unit, least, most };
        value.filter(|value| (least..=most).contains(value)).ok_or(out_of_range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str, text: &str) -> Result<u64, String> {
        Limit::named(name).expect("a limit").parse(text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_as_people_write_them() {
        for (name, text, value) in [
            ("flows", "7", 7),
            ("flows", "1_000_000", 1_000_000),
            ("flows", "007", 7),
            ("findings", "4294967296", 1 << 32),
            ("preview-bytes", "0", 0),
            ("preview_bytes", "64k", 64 << 10),
            ("preview-bytes", "64K", 64 << 10),
            ("preview-bytes", "1_0M", 10 << 20),
            ("inflated-file-bytes", "2GiB", 2 << 30),
            ("inflated-file-bytes", "17179869183g", 17_179_869_183 << 30),
            ("inflated-file-bytes", "18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parsed(name, text), Ok(value), "{name}={text}");
        }
    }

    #[test]
    fn values_that_are_none() {
        for text in
            ["", "x", "-1", "+1", " 1", "1 ", "1.5", "_1", "1_", "_", "0x10", "1k", "1e6", "१", "1,000"]
        {
            assert_eq!(
                parsed("flows", text),
                Err("flows takes a whole number (connections)".into()),
                "{text:?}"
            );
        }
        for text in ["k", "1kB", "1kk", "1T", "1iB", "1k1", "4 M", "1_k"] {
            assert_eq!(
                parsed("history-bytes", text),
                Err("history-bytes takes a whole number (bytes, or KiB, MiB, GiB with k, M, G)".into()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn values_out_of_range() {
        let big = "99999999999999999999999999";
        for (name, text, range) in [
            ("flows", "0", "1 to 4_294_967_295"),
            ("flows", "4294967296", "1 to 4_294_967_295"),
            ("flows", big, "1 to 4_294_967_295"),
            ("idle-seconds", "4294967296", "1 to 4_294_967_295"),
            ("nesting", "4294967296", "0 to 4_294_967_295"),
            ("inflate-ratio", "0", "1 to 18_446_744_073_709_551_615"),
            ("inflated-bytes", "18446744073709551616", "0 to 18_446_744_073_709_551_615"),
            ("inflated-bytes", "17179869184G", "0 to 18_446_744_073_709_551_615"),
            ("block-bytes", "27", "28 to 18_446_744_073_709_551_615"),
        ] {
            assert_eq!(parsed(name, text), Err(format!("{name} must be from {range}")), "{name}={text}");
        }
    }

    #[test]
    fn what_is_shown_is_what_can_be_given() {
        assert_eq!(Unit::Bytes.show(64 << 10), "64k");
        assert_eq!(Unit::Bytes.show(1_024 << 30), "1_024G");
        assert_eq!(Unit::Bytes.show(1_500), "1_500");
        assert_eq!(Unit::Bytes.show(0), "0");
        assert_eq!(Unit::Seconds.show(86_400), "86_400");
        assert_eq!(Unit::Count("x").show(1_024), "1_024");
        for limit in LIMITS {
            for value in [limit.default, limit.least, limit.most] {
                assert_eq!(limit.parse(&limit.unit.show(value)), Ok(value), "{}", limit.name);
            }
        }
    }

    #[test]
    fn every_limit_is_set_and_read_by_its_name() {
        for limit in LIMITS {
            let mut limits = Limits::DEFAULT;
            assert_eq!(limits.get(limit.name), Some(limit.default), "{}", limit.name);
            let other = limit.default + 1;
            assert_eq!(limits.set(limit.name, &other.to_string()), Ok(()), "{}", limit.name);
            let differing: Vec<_> =
                LIMITS.iter().filter(|row| row.get(&limits) != row.default).map(|row| row.name).collect();
            assert_eq!(differing, [limit.name]);
            assert_eq!(limit.get(&limits), other);
        }
    }

    #[test]
    fn a_limit_that_cannot_be_set_stays() {
        let mut limits = Limits::DEFAULT;
        for (name, text) in [("flows", "0"), ("flows", "many"), ("flow", "1"), ("", "1"), ("max-flows", "1")]
        {
            assert!(limits.set(name, text).is_err(), "{name}={text}");
        }
        assert!(Limit::named("flows").expect("a limit").set(&mut limits, 0).is_err());
        assert_eq!(limits, Limits::DEFAULT);
        assert_eq!(limits.get("flow"), None);
    }

    /// One scheme of names, and sentences that fit into a listing.
    #[test]
    fn rows_are_of_one_make() {
        let fields = format!("{:?}", Limits::DEFAULT);
        let fields = fields.trim_start_matches("Limits { ").trim_end_matches(" }").split(", ");
        let names: Vec<_> = fields
            .map(|field| {
                field.split(':').next().expect("a name").trim_start_matches("max_").replace('_', "-")
            })
            .collect();
        assert_eq!(LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>(), names);
        for limit in LIMITS {
            let mut sentences = vec![limit.what, limit.reason];
            if let Reached::Seen(how) = limit.reached {
                sentences.push(how);
            }
            for text in sentences {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text:?}", limit.name);
                assert!(
                    text.starts_with(char::is_uppercase) || text.starts_with(char::is_numeric),
                    "{text:?}"
                );
            }
            assert!(!limit.what.contains('`'), "{}: shells complete with it", limit.name);
            assert!(limit.least <= limit.default && limit.default <= limit.most, "{}", limit.name);
            let unit = limit.name.rsplit('-').next().expect("a word");
            assert_eq!(unit == "bytes", limit.unit == Unit::Bytes, "{}", limit.name);
            assert_eq!(unit == "seconds", limit.unit == Unit::Seconds, "{}", limit.name);
        }
    }
}
