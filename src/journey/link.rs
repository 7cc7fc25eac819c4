//! Which legs are recordings of one connection.

use std::hash::{BuildHasher, Hash};
use std::net::SocketAddr;

use crate::journey::Map;
use crate::journey::footprint::{Footprint, Key};
use crate::journey::footprints::Footprints;
use crate::model::{PerRole, Role, Sample, Trail};

/// One connection: its legs, from the client to the server.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) legs: Vec<usize>,
}

impl Group {
    /// Its leg that is nearest to the client.
    pub(super) fn first(&self) -> Option<usize> {
        self.legs.first().copied()
    }

    /// Its leg that is nearest to the server.
    pub(super) fn last(&self) -> Option<usize> {
        self.legs.last().copied()
    }

    /// The key of the first leg that is no log and has one.
    pub(super) fn key(&self, all: &Footprints) -> Option<Key> {
        self.legs.iter().filter_map(|leg| all.head(*leg)).filter(|leg| !leg.is_log()).find_map(|leg| leg.key)
    }
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
pub(super) fn groups(all: &Footprints) -> Vec<Group> {
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
    let mut groups: Vec<Group> = Vec::new();
    let mut places = vec![0; all.len()];
    for leg in 0..all.len() {
        // The least leg of each.
        let root = sets.root(leg);
        if root == leg {
            places[leg] = groups.len();
            groups.push(Group { legs: vec![leg] });
        } else if let Some(group) = groups.get_mut(places[root]) {
            group.legs.push(leg);
        }
    }
    groups.iter_mut().for_each(|group| in_order(all, &mut group.legs));
    groups
}

/// Pairs of legs that have something in common that few have.
fn candidates(all: &Footprints) -> Vec<(usize, usize)> {
    let mut by_key: Vec<(Key, usize)> = Vec::new();
    let mut by_number: Vec<(u64, usize)> = Vec::new();
    let mut by_mark: Vec<(u64, usize)> = Vec::new();
    let mut by_ends: Vec<((SocketAddr, SocketAddr), usize)> = Vec::new();
    // In one recording the same ends are two connections.
    let has_several = all.captures().len() > 1;
    for at in 0..all.len() {
        let Some((head, samples)) = all.with_samples(at) else { continue };
        let Some(isns) = head.isns else { continue };
        by_key.extend(head.key.map(|key| (key, at)));
        if let Some(ends) = head.ends.filter(|_| has_several) {
            by_ends.push(((ends.client, ends.server), at));
        }
        if let (Some(client), Some(server)) = (isns.client, isns.server) {
            by_number.push((u64::from(client.0) << 32 | u64::from(server.0), at));
        }
        // Those of the client are masked, and so no two alike.
        by_mark.extend(samples.client.iter().take(8).map(|sample| (sample.mark, at)));
        by_mark.extend(samples.server.iter().take(4).map(|sample| (sample.mark.rotate_left(1), at)));
    }
    let several = [by_number, by_mark].into_iter().flat_map(|by| alike(by, MAX_ALIKE));
    let several = alike(by_key, MAX_ALIKE).into_iter().chain(several).chain(alike(by_ends, MAX_ALIKE));
    let mut pairs = Vec::new();
    for alike in several {
        let heads: Vec<_> = alike.iter().filter_map(|at| Some((*at, all.head(*at)?))).collect();
        for (n, (a, one)) in heads.iter().enumerate() {
            let others = heads.iter().skip(n + 1).filter(|(b, other)| b != a && one.may_be(other));
            pairs.extend(others.map(|(b, _)| (*a.min(b), *a.max(b))));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Those that have something in common, from two to so many of them.
pub(super) fn alike<K: Ord + Hash>(mut all: Vec<(K, usize)>, max: usize) -> Vec<Vec<usize>> {
    leave_out_singles(&mut all);
    all.sort_unstable();
    let alike = all.chunk_by(|one, other| one.0 == other.0).filter(|alike| (2..=max).contains(&alike.len()));
    alike.map(|alike| alike.iter().map(|(_, at)| *at).collect()).collect()
}

/// Leaves out most of those that have nothing in common with another, of which sorting would take long.
fn leave_out_singles<K: Hash>(all: &mut Vec<(K, usize)>) {
    let bits = all.len().saturating_mul(16).next_power_of_two();
    let hasher = foldhash::fast::FixedState::default();
    let place = |key: &K| {
        let at = hasher.hash_one(key) as usize & (bits - 1);
        (at / 64, 1_u64 << (at % 64))
    };
    let words = bits.div_ceil(64);
    let (mut once, mut again) = (vec![0_u64; words], vec![0_u64; words]);
    for (key, _) in all.iter() {
        let (word, bit) = place(key);
        again[word] |= once[word] & bit;
        once[word] |= bit;
    }
    all.retain(|(key, _)| {
        let (word, bit) = place(key);
        again[word] & bit != 0
    });
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
fn in_order(all: &Footprints, legs: &mut [usize]) {
    let nearness = |leg: &usize| {
        let footprint = all.get(*leg)?;
        let ttl = |role: Role| i64::from(footprint.sides[role].ttl.1);
        // The nearer to the client, the more of its packets' time to live is left, and the less of the server's.
        let nearness = (ttl(Role::Server) - ttl(Role::Client), waits(footprint).unwrap_or(0));
        // Where nothing tells, the order of the inputs does not either.
        Some((nearness, footprint.path.clone(), footprint.id))
    };
    legs.sort_by_cached_key(nearness);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_are_those_that_sorting_alone_finds() {
        for (n, keys) in [(0, 1), (1, 1), (2, 1), (50, 9), (3_000, 40), (3_000, 2_000), (3_000, u64::MAX)] {
            let mut number = 7_u64;
            let all: Vec<(u64, usize)> = (0..n)
                .map(|at| {
                    number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    (number % keys, at)
                })
                .collect();
            let mut sorted = all.clone();
            sorted.sort_unstable();
            let expected: Vec<Vec<usize>> = sorted
                .chunk_by(|one, other| one.0 == other.0)
                .filter(|alike| (2..=MAX_ALIKE).contains(&alike.len()))
                .map(|alike| alike.iter().map(|(_, at)| *at).collect())
                .collect();
            assert_eq!(alike(all, MAX_ALIKE), expected, "{n} of {keys}");
        }
    }
}
