//! What several recordings show together: the way from client to server, as a diagram with whoever stands between.

use std::collections::BTreeMap;

use crate::knowledge::words::bare_code;
use crate::model::{ConversationId, Journey, JourneyKind, Leg, Outcome, Passage, Role, StreamEnd, Timestamp};
use crate::redact::{Ending, Sealed};
use crate::views::markdown::diagram::{Arrow, Diagram};
use crate::views::markdown::page::{Md, Page};
use crate::views::text::journeys::{self as words, TOLD, seconds};
use crate::views::{units, wording};

/// Connections whose ends are kept, to be drawn.
const KEPT: usize = 4_096;
/// Proxies of a diagram: of a longer way only the words are told.
const PROXIES: [&str; 4] = ["proxy", "proxy2", "proxy3", "proxy4"];

/// How connections ended that may turn out to be legs.
#[derive(Debug, Default)]
pub(super) struct Endings(BTreeMap<ConversationId, Ending>);

impl Endings {
    pub(super) fn add(&mut self, sealed: &Sealed) {
        if self.0.len() < KEPT {
            self.0.insert(sealed.id(), sealed.ending());
        }
    }
}

/// What stands above a page about one way.
pub(super) fn title(journey: &Journey) -> Md {
    let what = match journey.kind {
        JourneyKind::SameConnection => "One connection, recorded at several points",
        JourneyKind::Proxied => "One connection through a proxy",
        JourneyKind::LogAndWire => "One connection and the log of a tester",
    };
    let by = journey.by.map_or_else(String::new, |by| {
        format!(", ended by {} ({})", words::ended_by(by), journey.certainty.name())
    });
    Md::ours(what).then(&Md::said(&by))
}

/// All of them; of many how many of which kind, and those that only another recording explains.
pub(super) fn told(journeys: &[Journey], endings: &Endings) -> Page {
    let mut page = Page::new(super::page::MOST);
    if journeys.len() <= TOLD {
        journeys.iter().for_each(|journey| one(&mut page, journey, endings));
    } else {
        page.list(&words::counts(journeys).iter().map(|line| Md::said(line)).collect::<Vec<_>>());
        words::notable(journeys).take(TOLD).for_each(|journey| one(&mut page, journey, endings));
    }
    page
}

fn one(page: &mut Page, journey: &Journey, endings: &Endings) {
    let legs = journey.legs.iter().map(|leg| Md::code(&format!("#{}", leg.id)));
    let legs = Md::join(legs, words::sign(journey));
    page.paragraph(&legs.then(&Md::ours(": ")).then(&Md::said(&words::what(journey))).then(&Md::ours(".")));
    page.paragraph(&Md::said(&journey.text));
    if let Some(next) = &journey.next {
        page.paragraph(&Md::ours("**Where to look:** ").then(&Md::said(next)));
    }
    let drawn = match journey.kind {
        JourneyKind::SameConnection => passages(journey),
        JourneyKind::Proxied => hops(journey, endings),
        JourneyKind::LogAndWire => String::new(),
    };
    page.diagram(&drawn);
    let mut rest: Vec<_> = words::differences(journey).map(Md::said).collect();
    rest.extend(words::clocks(journey).map(|clocks| Md::said(&clocks)));
    page.list(&rest);
}

/// Closes and ends of TCP from one end to the other; empty where there is none.
fn passages(journey: &Journey) -> String {
    if journey.passages.is_empty() {
        return String::new();
    }
    let mut diagram = Diagram::default();
    let client = diagram.party("client", "client's host");
    let is_forged = |passage: &Passage| passage.left.is_none() && passage.is_whole;
    let between =
        journey.passages.iter().any(is_forged).then(|| diagram.party("between", "something between"));
    let server = diagram.party("server", "server's host");
    let mut before = None;
    for passage in &journey.passages {
        let (from, to) = if passage.from == Role::Client { (client, server) } else { (server, client) };
        let what = match (passage.close, passage.end) {
            (Some(code), _) => format!("Close {}", bare_code(code)),
            (None, Some(how)) => wording::end(how).to_string(),
            (None, None) => "end".to_owned(),
        };
        let at = passage.left.or(passage.arrived);
        let time =
            at.zip(journey.began).map_or_else(String::new, |(at, began)| format!("{} s", seconds(at, began)));
        diagram.pause([client, server], before, at);
        before = at.or(before);
        match (passage.left, passage.arrived, between) {
            (Some(left), Some(arrived), _) => {
                let way = units::duration(arrived.since(left).max(0));
                diagram.arrow(from, arrow(passage), to, &format!("{what} ({time}, {way} on its way)"));
            }
            (Some(_), None, _) if passage.is_whole => {
                diagram.arrow(from, Arrow::Crossed, to, &format!("{what} ({time}) - never arrives"));
            }
            (None, Some(_), Some(between)) if passage.is_whole => {
                let name = passage.from.name();
                let said = format!("{what} in the {name}'s name ({time}), which the {name} never sent");
                diagram.arrow(between, arrow(passage), to, &said);
            }
            (Some(_), None, _) => {
                diagram.arrow(from, arrow(passage), to, &format!("{what} ({time}), arrival not recorded"));
            }
            (None, _, _) => {
                diagram.arrow(from, arrow(passage), to, &format!("{what} ({time}), sending not recorded"));
            }
        }
    }
    diagram.into_lines()
}

fn arrow(passage: &Passage) -> Arrow {
    match (passage.close, passage.end) {
        (Some(_), _) => Arrow::Solid,
        (None, Some(end)) if end.is_reset() => Arrow::Crossed,
        (None, _) => Arrow::Dotted,
    }
}

/// Something that happened on a hop.
struct Seen {
    at: Option<Timestamp>,
    hop: usize,
    by: Role,
    arrow: Arrow,
    what: String,
}

/// The hops of a proxied connection, one beside the other; empty where their ends were not kept.
fn hops(journey: &Journey, endings: &Endings) -> String {
    let legs = nearest(journey);
    let kept: Vec<_> =
        legs.iter().filter_map(|leg| Some((leg.id, leg.hop, endings.0.get(&leg.id)?))).collect();
    let count = legs.len();
    if kept.len() < count || count < 2 || count > PROXIES.len() + 1 {
        return String::new();
    }
    let mut diagram = Diagram::default();
    let mut parties = vec![diagram.party("client", "client's host")];
    for (nth, word) in PROXIES.iter().enumerate().take(count - 1) {
        let name = if count == 2 { "proxy".to_owned() } else { format!("proxy {}", nth + 1) };
        parties.push(diagram.party(word, &name));
    }
    let last = diagram.party("server", "server's host");
    parties.push(last);
    let mut seen: Vec<Seen> = kept.iter().flat_map(|(_, hop, ending)| of(*hop, ending)).collect();
    // Times of several clocks have no order.
    let is_one_clock = legs.iter().all(|leg| leg.id.input == legs[0].id.input);
    if is_one_clock {
        seen.sort_by_key(|seen| seen.at);
    } else {
        seen.sort_by_key(|seen| (seen.hop, seen.at));
    }
    let began = kept.iter().filter_map(|(_, _, ending)| ending.began).min();
    let mut before: Option<(usize, Option<Timestamp>)> = None;
    for Seen { at, hop, by, arrow, what } in seen {
        let began = if is_one_clock {
            began
        } else {
            kept.iter().find(|kept| kept.1 == hop).and_then(|kept| kept.2.began)
        };
        let (Some(&client), Some(&server)) = (parties.get(hop), parties.get(hop + 1)) else { continue };
        let all = [parties[0], last];
        match before {
            Some((of, _)) if !is_one_clock && of != hop => {
                diagram.over(client, server, "by another clock, beside what stands above");
            }
            Some((_, last)) => diagram.pause(if is_one_clock { all } else { [client, server] }, last, at),
            None => {}
        }
        before = Some((hop, at));
        let time =
            at.zip(began).map_or_else(String::new, |(at, began)| format!(" ({} s)", seconds(at, began)));
        let (from, to) = if by == Role::Client { (client, server) } else { (server, client) };
        diagram.arrow(from, arrow, to, &format!("{what}{time}"));
    }
    for (_, hop, ending) in &kept {
        if let (Some(&client), Some(&server), Outcome::Open) =
            (parties.get(*hop), parties.get(hop + 1), ending.outcome)
        {
            diagram.over(client, server, "open when its recording ends");
        }
    }
    diagram.into_lines()
}

/// A leg of each hop: of several recordings those that have a clock in common, as those at the proxy do.
fn nearest(journey: &Journey) -> Vec<&Leg> {
    let hops: Vec<Vec<&Leg>> =
        journey.legs.chunk_by(|one, other| one.hop == other.hop).map(|legs| legs.iter().collect()).collect();
    let inputs = journey.legs.iter().map(|leg| leg.id.input);
    let in_all = |input: &Option<_>| hops.iter().all(|hop| hop.iter().any(|leg| leg.id.input == *input));
    let common = inputs.into_iter().find(in_all);
    let last = hops.len().saturating_sub(1);
    let nearest = |(at, legs): (usize, &Vec<&'_ Leg>)| match common {
        Some(input) => legs.iter().position(|leg| leg.id.input == input).unwrap_or_default(),
        None if at == last => legs.len().saturating_sub(1),
        None => 0,
    };
    hops.iter().enumerate().filter_map(|hop| hop.1.get(nearest(hop)).copied()).collect()
}

/// What happened on a hop, in order.
fn of(hop: usize, ending: &Ending) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut add = |at, by, arrow, what: String| seen.push(Seen { at, hop, by, arrow, what });
    if let Some(at) = ending.handshake.client {
        add(Some(at), Role::Client, Arrow::Solid, "request for an upgrade".to_owned());
    }
    if let Some(status) = ending.status {
        add(ending.handshake.server, Role::Server, Arrow::Solid, format!("status {status}"));
    }
    for role in Role::BOTH {
        if let Some((code, at)) = ending.closes[role] {
            add(at, role, Arrow::Solid, wording::close(code));
        }
        if let Some(end) = ending.ends[role].filter(|end| end.how != StreamEnd::Unobserved) {
            let arrow = if end.how.is_reset() { Arrow::Crossed } else { Arrow::Dotted };
            add(end.at, role, arrow, wording::end(end.how).to_string());
        }
    }
    seen
}
