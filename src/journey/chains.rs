//! Which connections a proxy took and passed on on others.

use crate::journey::Map;
use crate::journey::clock::Clocks;
use crate::journey::footprint::{Footprint, Opening};
use crate::journey::footprints::{Footprints, Head};
use crate::journey::link::{Group, MAX_ALIKE, alike, common};
use crate::model::Role;

/// Connections that were passed on, one to the next.
#[derive(Debug)]
pub(super) struct Chain {
    /// Places in the list of groups, from the client to the server.
    pub(super) groups: Vec<usize>,
    /// A key, or bytes that no other connection has, link them; else that nothing else fits.
    pub(super) is_sure: bool,
}

/// Of a connection that was passed on, that on which it was; places in the list of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    front: usize,
    back: usize,
}

/// Which connection is passed on on which, as far as it is known.
struct Links<'a> {
    all: &'a Footprints,
    groups: &'a [Group],
    next: Vec<Option<usize>>,
    is_back: Vec<bool>,
    /// The link to the next rests on nothing that only these two have.
    is_guess: Vec<bool>,
}

/// Chains of connections that were passed on.
pub(super) fn chains(all: &Footprints, groups: &[Group], clocks: &mut Clocks) -> Vec<Chain> {
    let mut links = Links::new(all, groups);
    let (pairs, many): (Vec<_>, Vec<_>) =
        links.with_one_key().into_iter().partition(|alike| alike.len() == 2);
    let pairs: Vec<[usize; 2]> = pairs.into_iter().filter_map(|pair| pair.try_into().ok()).collect();
    // Each teaches how the clocks differ, which the next need more: so that the order of the inputs decides nothing.
    let named: Vec<Link> = pairs.iter().filter_map(|pair| links.facing(*pair, by_names)).collect();
    links.learn(&named, clocks);
    let unnamed = pairs.iter().filter(|pair| links.facing(**pair, by_names).is_none());
    let timed: Vec<Link> =
        unnamed.filter_map(|pair| links.facing(*pair, |forth, back| by_times(forth, back, clocks))).collect();
    links.learn(&timed, clocks);
    let nested: Vec<Link> = many.iter().flat_map(|alike| links.nested(alike, clocks)).collect();
    links.learn(&nested, clocks);
    let is_forth = |forth: AtProxy<'_>, back: AtProxy<'_>| {
        by_names(forth, back).or_else(|| by_times(forth, back, clocks))
    };
    let alike = links.alike_inside();
    let alike: Vec<Link> = alike.into_iter().filter_map(|pair| links.facing(pair, is_forth)).collect();
    links.add(&alike);
    let alone = links.alone(clocks);
    links.add(&alone);
    alone.iter().for_each(|link| links.is_guess[link.front] = true);
    links.chains()
}

impl<'a> Links<'a> {
    fn new(all: &'a Footprints, groups: &'a [Group]) -> Self {
        let len = groups.len();
        Self { all, groups, next: vec![None; len], is_back: vec![false; len], is_guess: vec![false; len] }
    }

    fn add(&mut self, links: &[Link]) {
        for link in links {
            self.next[link.front] = Some(link.back);
            self.is_back[link.back] = true;
        }
    }

    /// Adds them, and learns from them how clocks differ.
    fn learn(&mut self, links: &[Link], clocks: &mut Clocks) {
        self.add(links);
        for link in links {
            if let Some(AtProxy { front, back }) = self.at_proxy(*link) {
                clocks.hops(front, back);
            }
        }
        clocks.settle();
    }

    /// The leg of a connection that is nearest to its client.
    fn first(&self, group: usize) -> Option<&'a Footprint> {
        self.all.get(self.groups.get(group)?.first()?)
    }

    /// The leg of a connection that is nearest to its server.
    fn last(&self, group: usize) -> Option<&'a Footprint> {
        self.all.get(self.groups.get(group)?.last()?)
    }

    fn first_head(&self, group: usize) -> Option<Head> {
        self.all.head(self.groups.get(group)?.first()?)
    }

    fn last_head(&self, group: usize) -> Option<Head> {
        self.all.head(self.groups.get(group)?.last()?)
    }

    /// Connections that have a key with others in common, those that begin first in front.
    fn with_one_key(&self) -> Vec<Vec<usize>> {
        let key = |(at, group): (usize, &Group)| Some((group.key(self.all)?, at));
        let mut alike = alike(self.groups.iter().enumerate().filter_map(key).collect(), MAX_ALIKE);
        alike.sort_unstable();
        alike
    }

    /// Two connections as though the first were passed on on the second: their legs at the proxy.
    fn at_proxy(&self, link: Link) -> Option<AtProxy<'a>> {
        Some(AtProxy { front: self.last(link.front)?, back: self.first(link.back)? })
    }

    /// Which of two is in front, as `is_forth` has it of one direction and the other.
    fn facing(
        &self,
        [one, other]: [usize; 2],
        is_forth: impl Fn(AtProxy<'a>, AtProxy<'a>) -> Option<bool>,
    ) -> Option<Link> {
        let (forth, back) = (Link { front: one, back: other }, Link { front: other, back: one });
        let is_forth = is_forth(self.at_proxy(forth)?, self.at_proxy(back)?)?;
        Some(if is_forth { forth } else { back })
    }

    /// Of connections with one key, which was passed on on which: the innermost of those that it stands in, if no other stands there.
    fn nested(&self, alike: &[usize], clocks: &Clocks) -> Vec<Link> {
        let asked = |front: usize| self.last(front)?.handshake.client;
        let front_of = |&back: &usize| {
            let stands = |front: &usize| {
                let at_proxy = self.at_proxy(Link { front: *front, back });
                *front != back && at_proxy.is_some_and(|at| at.is_nested(clocks) == Some(true))
            };
            let fronts = alike.iter().copied().filter(stands);
            let front = fronts.filter_map(|front| Some((asked(front)?, front))).max()?.1;
            Some(Link { front, back })
        };
        only_ones(alike.iter().filter_map(front_of).collect())
    }

    /// Pairs of connections that carry the same bytes of the client, which are masked, so that no two have the same by chance.
    fn alike_inside(&self) -> Vec<[usize; 2]> {
        let mut marked: Vec<(u64, usize)> = Vec::new();
        for at in (0..self.groups.len()).filter(|at| self.next[*at].is_none() && !self.is_back[*at]) {
            let samples = self.groups[at].last().and_then(|leg| self.all.with_samples(leg));
            let samples = samples.into_iter().flat_map(|(_, samples)| samples.client);
            marked.extend(samples.filter(|sample| !sample.is_ambiguous).map(|sample| (sample.mark, at)));
        }
        let pairs = alike(marked, 2).into_iter().filter_map(|alike| <[usize; 2]>::try_from(alike).ok());
        let mut pairs: Vec<Link> = pairs
            .map(|[one, other]| Link { front: one.min(other), back: one.max(other) })
            // Whoever passes on has a server of its own; a client that sends the same twice has not.
            .filter(|pair| {
                let ends = |at: usize| self.last_head(at)?.ends;
                ends(pair.front).zip(ends(pair.back)).is_some_and(|(one, other)| one.server != other.server)
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        only_ones(pairs).into_iter().map(|pair| [pair.front, pair.back]).collect()
    }

    /// Connections that were passed on without their key: the handshake stands inside, asks for the same, and what followed is as much.
    fn alone(&self, clocks: &Clocks) -> Vec<Link> {
        let mut asked: Vec<((u64, [u64; 6]), usize)> = Vec::new();
        for at in (0..self.groups.len()).filter(|at| self.next[*at].is_none() || !self.is_back[*at]) {
            let head = self.last_head(at).filter(|head| !head.is_log());
            let target = head.and_then(|head| Some((head.target?, head.carried)));
            asked.extend(target.map(|target| (target, at)));
        }
        let fits = |link: &Link| {
            let is_open = self.next[link.front].is_none() && !self.is_back[link.back];
            let is_of_one = |at: AtProxy<'_>| at.is_of_one_proxy();
            is_open && link.front != link.back && self.at_proxy(*link).is_some_and(is_of_one)
        };
        let mut found = Vec::new();
        for alike in alike(asked, MAX_ALIKE) {
            let heads = alike.iter().filter_map(|&at| Some((at, self.last_head(at)?, self.first_head(at)?)));
            let heads: Vec<_> = heads.collect();
            for (front, one, _) in &heads {
                let may = |other: &Head| {
                    one.may_go_on(other) && is_nested(one.opening(), other.opening(), clocks) == Some(true)
                };
                let backs = heads.iter().filter(|(_, _, other)| may(other));
                found.extend(backs.map(|(back, ..)| Link { front: *front, back: *back }).filter(&fits));
            }
        }
        found.sort_unstable();
        only_ones(found)
    }

    /// All of them, from those that nobody passed on.
    fn chains(&self) -> Vec<Chain> {
        let begins = |at: &usize| !self.is_back[*at] && self.next[*at].is_some();
        let chain = |at: usize| {
            let mut groups = vec![at];
            while let Some(&Some(back)) = groups.last().and_then(|last| self.next.get(*last)) {
                if groups.len() > self.groups.len() {
                    break;
                }
                groups.push(back);
            }
            let is_sure = !groups.iter().any(|group| self.is_guess[*group]);
            Chain { groups, is_sure }
        };
        (0..self.groups.len()).filter(begins).map(chain).collect()
    }
}

/// Those whose front and back no other has.
fn only_ones(links: Vec<Link>) -> Vec<Link> {
    let mut times: Map<usize, usize> = Map::default();
    let mut times_of_back: Map<usize, usize> = Map::default();
    for link in &links {
        *times.entry(link.front).or_default() += 1;
        *times_of_back.entry(link.back).or_default() += 1;
    }
    let is_only =
        |link: &Link| times.get(&link.front) == Some(&1) && times_of_back.get(&link.back) == Some(&1);
    links.into_iter().filter(is_only).collect()
}

/// Two connections, perhaps one passed on on the other: the leg of each that is nearest to the proxy.
#[derive(Clone, Copy, Debug)]
struct AtProxy<'a> {
    front: &'a Footprint,
    back: &'a Footprint,
}

impl AtProxy<'_> {
    /// How much in addresses and header fields speaks for it.
    fn signs(&self) -> Option<u8> {
        let (front, back) = (self.front.ends?, self.back.ends?);
        let is_for = self.back.passed_on_for.contains(&front.client.ip());
        let is_there = front.server.ip() == back.client.ip();
        Some(u8::from(is_for) * 4 + u8::from(is_there) * 2 + u8::from(self.is_marked()))
    }

    /// Only the second has what proxies add.
    const fn is_marked(&self) -> bool {
        self.back.is_forwarded && !self.front.is_forwarded
    }

    /// Whether the second may be of the proxy that is the server of the first.
    fn is_of_one_proxy(&self) -> bool {
        let (front, back) = (self.front, self.back);
        let is_other = (front.key.is_none() || front.key != back.key) && front.ends != back.ends;
        is_other && self.signs().is_some_and(|signs| signs > 0)
    }

    fn is_nested(&self, clocks: &Clocks) -> Option<bool> {
        is_nested(self.front.opening(), self.back.opening(), clocks)
    }

    /// Whether what both carry was seen on the first sooner, as far as it is the client's.
    fn is_seen_first(&self, clocks: &Clocks) -> Option<bool> {
        let fit = clocks.between(self.front.capture, self.back.capture);
        let quickest = |role: Role| {
            common(self.front, self.back, role).map(|(here, there)| there.at.since(here.at)).min()
        };
        let late = match (fit, quickest(Role::Client), quickest(Role::Server)) {
            (Some(fit), Some(client), _) => client.saturating_sub(fit.at(None).offset_ns),
            (Some(fit), None, Some(server)) => fit.at(None).offset_ns.saturating_sub(server),
            // Whatever the clocks say, the way there and the way back together take time.
            (None, Some(client), Some(server)) => client.saturating_sub(server),
            _ => return None,
        };
        (late != 0).then_some(late > 0)
    }
}

/// Whether a handshake stands inside the other: its request came later, its response sooner. `None` where the clocks do not tell.
fn is_nested(outer: Opening, inner: Opening, clocks: &Clocks) -> Option<bool> {
    let fit = clocks.between(outer.capture, inner.capture)?;
    let (outer, inner) = (outer.handshake, inner.handshake);
    let asked = fit.back(inner.client?);
    let slack = fit.error_ns();
    let is_later = asked.since(outer.client?).saturating_add(slack) >= 0;
    let is_sooner = match (inner.server, outer.server) {
        (Some(inner), Some(outer)) => outer.since(fit.back(inner)).saturating_add(slack) >= 0,
        (None, Some(outer)) => outer.since(asked).saturating_add(slack) >= 0,
        _ => true,
    };
    Some(is_later && is_sooner)
}

/// Whether the client's connection is the first, by addresses and header fields.
fn by_names(forth: AtProxy<'_>, back: AtProxy<'_>) -> Option<bool> {
    let (forth, back) = (forth.signs()?, back.signs()?);
    (forth != back).then_some(forth > back)
}

/// The same by times.
fn by_times(forth: AtProxy<'_>, back: AtProxy<'_>, clocks: &Clocks) -> Option<bool> {
    match (forth.is_nested(clocks), back.is_nested(clocks)) {
        (Some(true), Some(false)) => return Some(true),
        (Some(false), Some(true)) => return Some(false),
        // Each has its time: two connections that have only the key in common.
        (Some(false), Some(false)) => return None,
        _ => {}
    }
    // Whoever passes a request on waits less long for the response than whoever sent it.
    let waited = |of: &Footprint| Some(of.handshake.server?.since(of.handshake.client?));
    match (waited(forth.front), waited(forth.back)) {
        (Some(one), Some(other)) if one != other => Some(one > other),
        _ => forth.is_seen_first(clocks),
    }
}
