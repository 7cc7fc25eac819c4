//! Times on the command line.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use wslog::model::{Moment, Timestamp};

/// A time as people write it: RFC 3339, a date, a date and a time (UTC), or a time of any day (UTC).
pub(super) fn parse(text: &str) -> Result<Moment, &'static str> {
    let at = |at: jiff::Timestamp| i64::try_from(at.as_nanosecond()).map(|ns| Moment::At(Timestamp(ns)));
    let utc = |civil: DateTime| civil.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    // Of a date and a time the parser of times takes the time alone.
    let moment = if let Ok(time) = text.parse::<jiff::Timestamp>() {
        at(time).ok()
    } else if let Ok(civil) = bare.parse::<DateTime>() {
        utc(civil).ok().and_then(|time| at(time).ok())
    } else {
        // The parser would pass over an offset, which a time of any day cannot have.
        let has_offset = bare.contains(['+', '-']);
        let time = bare
            .parse::<Time>()
            .ok()
            .filter(|_| !has_offset)
            .map(|time| time.duration_since(Time::midnight()));
        time.and_then(|time| i64::try_from(time.as_nanos()).ok()).map(Moment::OfDay)
    };
    moment.ok_or("write 2026-11-28T10:49:35.123Z, 2026-11-28T11:49:35+01:00, 2026-11-28, '2026-11-28 10:49', or 10:49:35 (UTC)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        const SECOND: i64 = 1_000_000_000;
        let at = |seconds: i64| Some(Moment::At(Timestamp(seconds * SECOND)));
        for (text, moment) in [
            ("1970-01-02T00:00:01Z", at(86_401)),
            ("1970-01-02T02:00:01+02:00", at(86_401)),
            ("1970-01-02", at(86_400)),
            ("1970-01-02 00:01", at(86_460)),
            ("1970-01-02T00:01:01", at(86_461)),
            ("10:49", Some(Moment::OfDay((10 * 60 + 49) * 60 * SECOND))),
            ("10:49:35.5Z", Some(Moment::OfDay(((10 * 60 + 49) * 60 + 35) * SECOND + SECOND / 2))),
            ("25:00", None),
            ("10:49+01:00", None),
            ("10:49:35-03:00", None),
            ("yesterday", None),
            ("", None),
            ("9999-01-01", None),
        ] {
            assert_eq!(parse(text).ok(), moment, "{text}");
        }
    }
}
