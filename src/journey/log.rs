//! The log of a tester, and the recording of the same connection.

use crate::journey::Map;
use crate::journey::footprint::{Footprint, Key};
use crate::journey::footprints::{Footprints, Head};
use crate::journey::hops;
use crate::journey::link::Group;
use crate::journey::same::ender;
use crate::journey::words;
use crate::model::{Certainty, Difference, Journey, JourneyKind, Leg, Role, StreamEnd};

/// One for each log whose key one connection has.
pub(super) fn journeys(all: &Footprints, groups: &[Group]) -> Vec<Journey> {
    let key_of = |at: usize| all.head(at).filter(Head::is_log)?.key;
    let logs: Vec<(Key, usize)> = (0..all.len()).filter_map(|at| Some((key_of(at)?, at))).collect();
    if logs.is_empty() {
        return Vec::new();
    }
    let mut by_key: Map<Key, Vec<&Group>> = Map::default();
    for group in groups {
        if let Some(key) = group.key(all) {
            by_key.entry(key).or_default().push(group);
        }
    }
    let mut times: Map<Key, usize> = Map::default();
    logs.iter().for_each(|(key, _)| *times.entry(*key).or_default() += 1);
    let only = logs.into_iter().filter(|(key, _)| times.get(key) == Some(&1));
    only.filter_map(|(key, log)| match by_key.get(&key)?.as_slice() {
        [group] => journey(all, all.get(log)?, group),
        _ => None,
    })
    .collect()
}

fn journey(all: &Footprints, log: &Footprint, group: &Group) -> Option<Journey> {
    let wires = hops::legs(all, group);
    let tester = log.tester.unwrap_or(Role::Client);
    // What the tester saw is recorded best near it.
    let wire = *if tester == Role::Client { wires.first() } else { wires.last() }?;
    let (blame, logged) = (wire.blame(), log.blame());
    let by = blame.or(logged).map(|(by, _)| ender(by));
    let certainty = blame.or(logged).map_or(Certainty::Undetermined, |(_, certainty)| certainty);
    let differences = differences(log, wire);
    let text = words::log(tester, blame.map(|(by, _)| by), logged.map(|(by, _)| by), &differences);
    let leg = |of: &Footprint| Leg { id: of.id, path: of.path.clone(), hop: 0 };
    Some(Journey {
        legs: wires.iter().map(|wire| leg(wire)).chain([leg(log)]).collect(),
        kind: JourneyKind::LogAndWire,
        by,
        certainty,
        began: wire.began,
        clock: None,
        passages: Vec::new(),
        text,
        next: None,
        differences,
    })
}

fn differences(log: &Footprint, wire: &Footprint) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut add = |what, text| all.push(Difference { what, legs: vec![wire.id, log.id], text });
    if let (Some((logged, StreamEnd::Dropped)), Some((sent, how))) = (log.first_end, wire.first_end)
        && logged != sent
        && !matches!(how, StreamEnd::Unobserved)
    {
        add("tcp_end", words::other_end(logged, sent, how));
    }
    for role in Role::BOTH {
        let (logged, sent) = (&log.sides[role], &wire.sides[role]);
        match (logged.sent_close, sent.sent_close) {
            (Some(true), Some(false)) => {
                add("close_only_logged", words::close_only_logged(role, logged.code));
            }
            (Some(false), Some(true)) => {
                add("close_only_sent", words::close_only_sent(role, sent.code));
            }
            (Some(true), Some(true)) if logged.code != sent.code => {
                add("close_code", words::other_code(role, logged.code, sent.code));
            }
            _ => {}
        }
    }
    all
}
