//! Releases of the Autobahn Testsuite. Its table of cases and its tests have changed from one to the next.

use std::fmt;
use std::str::FromStr;

use crate::model::named;

/// A version of the suite. Ordered as they were released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

const fn of(major: u32, minor: u32, patch: u32) -> Version {
    Version { major, minor, patch }
}

/// Every release of the suite, in order.
pub const RELEASES: [Version; 23] = [
    of(0, 5, 0),
    of(0, 5, 1),
    of(0, 5, 2),
    of(0, 5, 3),
    of(0, 5, 4),
    of(0, 5, 5),
    of(0, 5, 6),
    of(0, 5, 7),
    of(0, 6, 0),
    of(0, 6, 1),
    of(0, 6, 2),
    of(0, 6, 3),
    of(0, 7, 0),
    of(0, 7, 1),
    of(0, 7, 2),
    of(0, 7, 3),
    of(0, 7, 4),
    of(0, 7, 5),
    of(0, 7, 6),
    of(0, 8, 0),
    of(0, 8, 1),
    of(0, 8, 2),
    Version::NEWEST,
];

impl Version {
    /// The first release.
    pub const FIRST: Self = of(0, 5, 0);
    /// The first that fails a case of invalid UTF-8 for being closed by the tester.
    pub const CLOSER_IS_FATAL: Self = of(0, 5, 7);
    /// The last that did not.
    pub const BEFORE_CLOSER_IS_FATAL: Self = of(0, 5, 6);
    /// The first that compares the content of messages in sections 12 and 13, not only kind and length.
    pub const COMPARES_CONTENT: Self = of(0, 6, 1);
    /// The newest release known here.
    pub const NEWEST: Self = of(25, 10, 1);

    /// The release whose cases and tests it has: of a version that is none, the one before it, or the first.
    #[must_use]
    pub fn release(self) -> Self {
        RELEASES.into_iter().rev().find(|release| *release <= self).unwrap_or(Self::FIRST)
    }

    /// The version that `text` begins with, as in `0.7.5-0.10.9`; what follows the numbers does not count.
    #[must_use]
    pub fn begins(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        text.get(..end)?.trim_end_matches('.').parse().ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What is no version: two or three numbers parted by dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoVersion;

impl fmt::Display for NoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version of the Autobahn Testsuite is numbers with dots, such as 0.8.2")
    }
}

impl std::error::Error for NoVersion {}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let mut numbers = text.split('.').map(|part| match part.bytes().all(|b| b.is_ascii_digit()) {
            true => part.parse().map_err(|_| NoVersion),
            false => Err(NoVersion),
        });
        let mut next = || numbers.next().transpose();
        let version = match (next()?, next()?, next()?) {
            (Some(major), Some(minor), patch) => of(major, minor, patch.unwrap_or(0)),
            _ => return Err(NoVersion),
        };
        next()?.map_or(Ok(version), |_: u32| Err(NoVersion))
    }
}

/// Releases from one to another, both included; without a bound from the first, or to the newest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first release; `None` if it has been so from the beginning.
    pub since: Option<Version>,
    /// The last release; `None` if it is so today.
    pub until: Option<Version>,
}

impl Span {
    /// Whether `version` is one of them.
    #[must_use]
    pub fn contains(self, version: Version) -> bool {
        let release = version.release();
        self.since.is_none_or(|since| since <= release) && self.until.is_none_or(|until| release <= until)
    }

    /// Whether these are all releases.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.since.is_none() && self.until.is_none()
    }
}

named! {
    /// What tells the version of the suite that made a report.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum SuiteSource {
        /// The `Server` field of the tester's response.
        ServerHeader = "server_header",
        /// The `User-Agent` field of the tester's request.
        UserAgent = "user_agent",
        /// Whoever asked for it.
        Option = "option",
    }
}

/// The suite that made a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its version.
    pub version: Version,
    /// What tells it.
    pub from: SuiteSource,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_in_order() {
        assert!(RELEASES.is_sorted_by(|a, b| a < b));
        assert_eq!((RELEASES.first(), RELEASES.last()), (Some(&Version::FIRST), Some(&Version::NEWEST)));
        for release in RELEASES {
            assert_eq!(release.to_string().parse(), Ok(release));
        }
    }

    #[test]
    fn versions_as_written() {
        for (text, version) in [
            ("0.7.5", Ok("0.7.5")),
            ("0.8", Ok("0.8.0")),
            ("25.10.1", Ok("25.10.1")),
            ("", Err(NoVersion)),
            ("1", Err(NoVersion)),
            ("0.7.", Err(NoVersion)),
            ("0.7.x", Err(NoVersion)),
            ("+0.7.5", Err(NoVersion)),
            ("0.7.5.1", Err(NoVersion)),
            ("0.99999999999.1", Err(NoVersion)),
        ] {
            let read = text.parse::<Version>().map(|version| version.to_string());
            assert_eq!(read.as_deref(), version.as_deref(), "{text}");
        }
        for (text, version) in [
            ("0.7.5-0.10.9", Some("0.7.5")),
            ("0.8.3.dev1-0.10.9", Some("0.8.3")),
            ("25.10.1", Some("25.10.1")),
            ("x", None),
            ("-0.10.9", None),
        ] {
            assert_eq!(
                Version::begins(text).map(|version| version.to_string()).as_deref(),
                version,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_release_counts_as_the_one_before() {
        for (version, release) in [
            ("0.4.10", "0.5.0"),
            ("0.7.5", "0.7.5"),
            ("0.7.9", "0.7.6"),
            ("1.0", "0.8.2"),
            ("99.0", "25.10.1"),
        ] {
            let version: Version = version.parse().expect("a version");
            assert_eq!(version.release().to_string(), release, "{version}");
        }
        let span = Span { since: Some(of(0, 7, 5)), until: Some(of(0, 8, 0)) };
        for (version, within) in [
            ("0.7.4", false),
            ("0.7.4", false),
            ("0.7.5", true),
            ("0.7.99", true),
            ("0.8.0", true),
            ("0.8.1", false),
        ] {
            assert_eq!(span.contains(version.parse().expect("a version")), within, "{version}");
        }
        assert!(Span::default().contains(Version::NEWEST));
    }
}
