//! Which legs are recordings of one connection.

use std::hash::Hash;
use std::net::SocketAddr;

use crate::journey::Map;
use crate::journey::footprint::{Footprint, Key};
use crate::model::{PerRole, Role, Sample, Trail};

/// One connection: its legs, from the client to the server.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) legs: Vec<usize>,
}

/// Legs that share a mark or a key and are compared with one another: what more have is no sign of anything.
pub(super) const MAX_ALIKE: usize = 64;

/// How two legs are one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sameness {
    /// Segments that both have.
    pub(super) common: usize,
    /// Their numbers are the same.
    pub(super) same_numbers: bool,
    /// Addresses and ports are the same.
    pub(super) same_ends: bool,
}

/// Connections: legs that are one, and each log by itself.
pub(super) fn groups(all: &[Footprint]) -> Vec<Group> {
    let mut best: Vec<(usize, usize, Sameness)> = Vec::new();
    for (a, b) in candidates(all) {
        if let (Some(one), Some(other)) = (all.get(a), all.get(b))
            && let Some(sameness) = same(one, other)
        {
            best.push((a, b, sameness));
        }
    }
    // What fits two legs of one recording equally well fits neither.
    let rank = |s: &Sameness| (s.same_numbers, s.same_ends, s.common);
    let mut taken: Map<(usize, usize), Vec<(usize, Sameness)>> = Map::default();
    for &(a, b, sameness) in &best {
        for (this, that) in [(a, b), (b, a)] {
            if let Some(that_one) = all.get(that) {
                taken.entry((this, that_one.capture)).or_default().push((that, sameness));
            }
        }
    }
    let chosen = |this: usize, that: usize| {
        let capture = all.get(that)?.capture;
        let rivals = taken.get(&(this, capture))?;
        let top = rivals.iter().map(|(_, sameness)| rank(sameness)).max()?;
        let mut tops = rivals.iter().filter(|(_, sameness)| rank(sameness) == top);
        let only = tops.next()?.0;
        Some(only == that && tops.next().is_none())
    };
    let mut sets = Sets::new(all.len());
    for &(a, b, _) in &best {
        if chosen(a, b) == Some(true) && chosen(b, a) == Some(true) {
            sets.join(a, b);
        }
    }
    let mut groups: Map<usize, Vec<usize>> = Map::default();
    for leg in 0..all.len() {
        groups.entry(sets.root(leg)).or_default().push(leg);
    }
    let mut groups: Vec<Group> =
        groups.into_values().map(|legs| Group { legs: in_order(all, legs) }).collect();
    groups.sort_by_key(|group| group.legs.iter().copied().min());
    groups
}

/// Pairs of legs that have something in common that few have.
fn candidates(all: &[Footprint]) -> Vec<(usize, usize)> {
    let mut by_key: Map<Key, Vec<usize>> = Map::default();
    let mut by_numbers: Map<(u32, u32), Vec<usize>> = Map::default();
    let mut by_mark: Map<u64, Vec<usize>> = Map::default();
    let mut by_ends: Map<(SocketAddr, SocketAddr), Vec<usize>> = Map::default();
    for (at, footprint) in all.iter().enumerate() {
        let Some(trails) = &footprint.trails else { continue };
        if let Some(ends) = footprint.ends {
            by_ends.entry((ends.client, ends.server)).or_default().push(at);
        }
        if let Some(key) = footprint.key {
            by_key.entry(key).or_default().push(at);
        }
        if let (Some(client), Some(server)) = (trails.client.isn, trails.server.isn) {
            by_numbers.entry((client.0, server.0)).or_default().push(at);
        }
        // Those of the client are masked, and so no two alike.
        for sample in trails.client.samples.iter().take(8) {
            by_mark.entry(sample.mark).or_default().push(at);
        }
        for sample in trails.server.samples.iter().take(4) {
            by_mark.entry(sample.mark.rotate_left(1)).or_default().push(at);
        }
    }
    let mut pairs = Vec::new();
    pairs_of(by_key, all, &mut pairs);
    pairs_of(by_numbers, all, &mut pairs);
    pairs_of(by_mark, all, &mut pairs);
    pairs_of(by_ends, all, &mut pairs);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn pairs_of<K: Hash + Eq>(by: Map<K, Vec<usize>>, all: &[Footprint], pairs: &mut Vec<(usize, usize)>) {
    for alike in by.into_values().filter(|alike| (2..=MAX_ALIKE).contains(&alike.len())) {
        for (n, &a) in alike.iter().enumerate() {
            for &b in alike.iter().skip(n + 1).filter(|b| **b != a) {
                let elsewhere = |a: &Footprint, b: &Footprint| a.capture != b.capture || a.ends != b.ends;
                if let (Some(one), Some(other)) = (all.get(a), all.get(b))
                    && elsewhere(one, other)
                {
                    pairs.push((a.min(b), a.max(b)));
                }
            }
        }
    }
}

/// Whether both are one connection.
pub(super) fn same(a: &Footprint, b: &Footprint) -> Option<Sameness> {
    let (of_a, of_b) = (a.trails.as_ref()?, b.trails.as_ref()?);
    if a.key != b.key && !a.is_assumed && !b.is_assumed || a.id.stream != b.id.stream {
        return None;
    }
    let same_ends = a.ends == b.ends;
    let syns = |trails: &PerRole<Trail>| Some((trails.client.isn?, trails.server.isn?));
    let same_syns = match (syns(of_a), syns(of_b)) {
        (Some(one), Some(other)) => Some(one == other),
        _ => None,
    };
    let (mut all, mut with_numbers) = (0, 0);
    for role in Role::BOTH {
        for (here, there) in common(a, b, role) {
            all += 1;
            with_numbers += usize::from(here.seq == there.seq);
        }
    }
    let same_numbers = same_syns.unwrap_or(with_numbers > 0) && (all == 0 || with_numbers > 0);
    // The numbers of both SYNs, by chance alike, and nothing of what was sent: that is no one connection.
    let is_one = if same_numbers { same_syns == Some(true) || all > 0 } else { same_ends && all > 0 };
    is_one.then_some(Sameness { common: all, same_numbers, same_ends })
}

/// Samples of a side that both have, and what tells them apart in neither.
pub(super) fn common<'a>(
    a: &'a Footprint,
    b: &'a Footprint,
    role: Role,
) -> impl Iterator<Item = (&'a Sample, &'a Sample)> {
    let of = |footprint: &'a Footprint| {
        let samples = footprint.trails.as_ref().map_or(&[][..], |trails| trails[role].samples.as_slice());
        samples.iter().filter(|sample| !sample.is_ambiguous)
    };
    let there: Map<u64, &Sample> = of(b).map(|sample| (sample.mark, sample)).collect();
    of(a).filter_map(move |sample| Some((sample, *there.get(&sample.mark)?)))
}

/// The legs of a connection from the client to the server: on the way routers count the time to live of a packet down, and at a host
/// its own answer to a segment comes sooner than the other's.
fn in_order(all: &[Footprint], mut legs: Vec<usize>) -> Vec<usize> {
    let nearness = |leg: &usize| {
        let footprint = all.get(*leg)?;
        let ttl = |role: Role| i64::from(footprint.sides[role].ttl.1);
        // The nearer to the client, the more of its packets' time to live is left, and the less of the server's.
        let nearness = (ttl(Role::Server) - ttl(Role::Client), waits(footprint).unwrap_or(0));
        // Where nothing tells, the order of the inputs does not either.
        Some((nearness, footprint.path.clone(), footprint.id))
    };
    legs.sort_by_cached_key(nearness);
    legs
}

/// How much longer the server waited for the client in TCP's handshake than the client for the server, as far as it shows: the less,
/// the nearer to the client it was recorded.
fn waits(footprint: &Footprint) -> Option<i64> {
    let trails = footprint.trails.as_ref()?;
    let (asked, answered) = (trails.client.first_at?, trails.server.first_at?);
    Some(-answered.since(asked))
}

/// Sets of legs.
struct Sets(Vec<usize>);

impl Sets {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(&above) = self.0.get(at).filter(|above| **above != at) {
            let higher = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = higher;
            }
            at = above;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}
