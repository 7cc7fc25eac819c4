//! What several recordings show together, and the hops of proxied connections: before the connections themselves.

use std::collections::BTreeMap;

use crate::knowledge::words::bare_code;
use crate::model::{Ender, Journey, JourneyKind, Passage, Role, StreamEnd, Timestamp};
use crate::views::text::layout::{Paint, Style};
use crate::views::units;

/// Of an end whose recording is over by then.
const NOT_RECORDED: &str = "not recorded";

/// Few enough to be told one by one.
pub(in crate::views) const TOLD: usize = 5;

/// All of them.
pub(super) fn told(journeys: &[Journey], style: &Style) -> String {
    if journeys.len() <= TOLD {
        return journeys.iter().map(|journey| one(journey, style)).collect();
    }
    let mut out: String = counts(journeys).iter().map(|line| style.wrap(line, 0)).collect();
    for journey in notable(journeys).take(TOLD) {
        out.push('\n');
        out.push_str(&one(journey, style));
    }
    out.push('\n');
    out
}

/// Many in lines: how many of which kind, and who ended them.
pub(in crate::views) fn counts(journeys: &[Journey]) -> Vec<String> {
    let mut counts: BTreeMap<(JourneyKind, Option<Ender>), u64> = BTreeMap::new();
    for journey in journeys {
        *counts.entry((journey.kind, journey.by)).or_default() += 1;
    }
    let line = |((kind, by), count): ((JourneyKind, Option<Ender>), u64)| {
        let (what, plural) = match kind {
            JourneyKind::SameConnection => {
                ("connection is in several recordings", "connections are in several recordings")
            }
            JourneyKind::Proxied => ("connection goes through a proxy", "connections go through a proxy"),
            _ => ("connection has a log", "connections have a log"),
        };
        let by =
            by.map_or("ended by nobody that they show".to_owned(), |by| format!("ended by {}", ended_by(by)));
        format!("{count} {}, {by}", if count == 1 { what } else { plural })
    };
    counts.into_iter().map(line).collect()
}

/// Those that only the other recording explains.
pub(in crate::views) fn notable(journeys: &[Journey]) -> impl Iterator<Item = &Journey> {
    let mut notable: Vec<&Journey> = journeys
        .iter()
        .filter(|journey| {
            matches!(journey.by, Some(Ender::Between | Ender::Proxy)) || !journey.differences.is_empty()
        })
        .collect();
    notable.sort_by_key(|journey| {
        (
            !matches!(journey.by, Some(Ender::Between | Ender::Proxy)),
            std::cmp::Reverse(journey.differences.len()),
        )
    });
    notable.into_iter()
}

pub(in crate::views) const fn ended_by(by: Ender) -> &'static str {
    match by {
        Ender::Client => "the client",
        Ender::Server => "the server",
        Ender::Proxy => "the proxy",
        Ender::Between => "something between",
        Ender::Both => "both sides",
    }
}

/// What stands between legs.
pub(in crate::views) const fn sign(journey: &Journey) -> &'static str {
    if matches!(journey.kind, JourneyKind::Proxied) { " → " } else { " = " }
}

/// What the legs are, and who ended it.
pub(in crate::views) fn what(journey: &Journey) -> String {
    let what = match journey.kind {
        JourneyKind::SameConnection => "one connection, recorded at several points",
        JourneyKind::Proxied => "one way through a proxy",
        JourneyKind::LogAndWire => "a connection and its log",
    };
    let by = journey
        .by
        .map_or_else(String::new, |by| format!(" · by {} ({})", by.name(), journey.certainty.name()));
    format!("{what}{by}")
}

fn one(journey: &Journey, style: &Style) -> String {
    let legs: Vec<String> = journey.legs.iter().map(|leg| format!("#{}", leg.id)).collect();
    let heading = format!("{}  {}", legs.join(sign(journey)), what(journey));
    let mut out = style.paint_lines(Paint::Heading, &style.wrap(&heading, 0));
    out.push('\n');
    out.push_str(&style.wrap(&journey.text, 2));
    if let Some(next) = &journey.next {
        out.push('\n');
        out.push_str(&style.wrap(&format!("next: {next}"), 2));
    }
    let rows = passages(journey);
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&style.table(&PASSAGE, rows, &[], &[1, 3]));
    }
    let mut rest = differences(journey).peekable();
    if rest.peek().is_some() {
        out.push('\n');
    }
    for difference in rest {
        out.push_str(&style.wrap(difference, 2));
    }
    if let Some(clocks) = clocks(journey) {
        out.push('\n');
        out.push_str(&style.wrap(&clocks, 2));
    }
    out.push('\n');
    out
}

/// In what the legs differ, as far as its sentences have not said it.
pub(in crate::views) fn differences(journey: &Journey) -> impl Iterator<Item = &str> {
    let texts = journey.differences.iter().map(|difference| difference.text.as_str());
    texts.filter(|text| !journey.text.contains(*text))
}

/// How the clocks of both ends differ; `None` where nothing shows it.
pub(in crate::views) fn clocks(journey: &Journey) -> Option<String> {
    journey.clock.map(|clock| {
        let ahead = match clock.offset_ns {
            0 => "The clocks of both recordings agree".to_owned(),
            ns => format!(
                "The clock at the server's end is {} {}",
                units::duration(ns.saturating_abs()),
                if ns > 0 { "ahead" } else { "behind" }
            ),
        };
        let drift = clock.drift_ppb.map_or_else(String::new, |ppb| {
            format!(
                ", and runs {:.1} ppm {}",
                ppb.unsigned_abs() as f64 / 1e3,
                if ppb > 0 { "fast" } else { "slow" }
            )
        });
        format!(
            "{ahead} (± {}){drift}; times are those of the client's end.",
            units::duration(clock.error_ns)
        )
    })
}

/// What stands over [`passages`].
pub(in crate::views) const PASSAGE: [&str; 4] = ["time", "client's host", "between", "server's host"];

/// Closes and ends of TCP, a row each.
pub(in crate::views) fn passages(journey: &Journey) -> Vec<Vec<String>> {
    let row = |passage: &Passage| {
        let what = match (passage.close, passage.end) {
            (Some(code), _) => format!("Close {}", bare_code(code)),
            (None, Some(StreamEnd::Rst)) => "RST".to_owned(),
            (None, Some(StreamEnd::Fin)) => "FIN".to_owned(),
            (None, _) => "end".to_owned(),
        };
        let at = passage.left.or(passage.arrived);
        let time = at.zip(journey.began).map_or_else(String::new, |(at, began)| seconds(at, began));
        let sent = match (passage.left, passage.arrived) {
            (Some(_), _) => format!("sends {what}"),
            (None, _) if passage.is_whole => format!("sends no {what}"),
            (None, _) => NOT_RECORDED.to_owned(),
        };
        let came = match passage.arrived {
            Some(_) => format!("gets {what}"),
            None if passage.is_whole => "gets nothing".to_owned(),
            None => NOT_RECORDED.to_owned(),
        };
        let way = match (passage.left, passage.arrived) {
            (Some(left), Some(arrived)) => units::duration(arrived.since(left).max(0)),
            (Some(_), None) if passage.is_whole => "lost".to_owned(),
            (None, Some(_)) if passage.is_whole => "forged".to_owned(),
            _ => "?".to_owned(),
        };
        match passage.from {
            Role::Client => vec![time, sent, format!("{way} →"), came],
            Role::Server => vec![time, came, format!("← {way}"), sent],
        }
    };
    journey.passages.iter().map(row).collect()
}

pub(in crate::views) fn seconds(at: Timestamp, began: Timestamp) -> String {
    let us = at.since(began) / 1_000;
    format!("{}{}.{:06}", if us < 0 { "-" } else { "+" }, us.abs() / 1_000_000, us.abs() % 1_000_000)
}
