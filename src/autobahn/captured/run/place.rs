//! Which case each connection of a list was.
//!
//! The list of a run is sorted by number and has no case twice, so the places of cases in it bound one another: what is between
//! 1.1.6 and 1.2.1, one behind the other, is 1.1.7 and 1.1.8, though both send the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::autobahn::captured::list::List;
use crate::autobahn::captured::run::Connection;
use crate::model::case::{CapturedVerdict, CaseId, CaseSet, RunPart};

/// Connections in a row that show a tester which does not say that it is one.
const IN_A_ROW: usize = 3;

/// A connection, and the verdict of the case that it was, or why that is not known.
pub(super) type Placed<'c> = (&'c Connection, Result<(CaseId, CapturedVerdict), String>);

/// The cases of the version that ran a list.
fn list(connections: &[&Connection]) -> &'static List {
    List::of(connections.iter().find_map(|held| held.version()))
}

/// Of the cases that are left, the one that it is.
fn placed<'c>(list: &List, held: &'c Connection, left: CaseSet) -> Placed<'c> {
    let fitting = left.and(held.ranks(list));
    let of = |rank: usize| Some((list.id(rank)?.clone(), held.verdict(list, rank)?));
    let place = match fitting.len() {
        0 if held.case.fits.is_none() => {
            Err("what the tester sent is none of the cases of its suite".to_owned())
        }
        0 => Err("what the tester sent does not fit its place among the others".to_owned()),
        cases => {
            // Of several the only one that is written as it was written.
            let only = if cases == 1 { fitting } else { fitting.and(held.written_so(list)) };
            let only = only.first().filter(|_| only.len() == 1);
            only.and_then(of).ok_or_else(|| several(list, left))
        }
    };
    (held, place)
}

fn several(list: &List, left: CaseSet) -> String {
    const NAMED: usize = 4;
    let names: Vec<&str> =
        left.iter().filter_map(|rank| list.id(rank)).map(CaseId::as_str).take(NAMED).collect();
    match left.len().saturating_sub(names.len()) {
        0 => format!("the tester sends the same in {}", names.join(" and ")),
        more => format!("it may be {} or one of {more} others", names.join(", ")),
    }
}

/// A link of a list: its place, if that is known, and the ranks it may have.
struct Link {
    place: Option<u64>,
    ranks: CaseSet,
}

/// Leaves to each link what fits between the others: ranks rise, by as much as places do. `end` is where the list ends.
fn narrow(links: &mut [Link], end: Option<(u64, usize)>) {
    let step = |from: Option<u64>, to: Option<u64>| {
        from.zip(to)
            .map_or(1, |(from, to)| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX))
            .max(1)
    };
    // Before the first place stand as many cases as its number says.
    let mut before: Option<(Option<u64>, usize)> = None;
    for link in links.iter_mut() {
        let least = match before {
            Some((place, rank)) => rank.saturating_add(step(place, link.place)),
            None => {
                link.place.map_or(0, |place| usize::try_from(place).unwrap_or(usize::MAX).saturating_sub(1))
            }
        };
        // One that does not fit in at all says nothing of the others.
        link.ranks.keep(least, usize::MAX);
        if let Some(first) = link.ranks.first() {
            before = Some((link.place, first));
        }
    }
    let mut behind: Option<(Option<u64>, usize)> = end.map(|(place, rank)| (Some(place), rank));
    for link in links.iter_mut().rev().filter(|link| !link.ranks.is_empty()) {
        if let Some((place, rank)) = behind {
            let end = rank.checked_sub(step(link.place, place)).map_or(0, |last| last.saturating_add(1));
            link.ranks.keep(0, end);
        }
        if let Some(last) = link.ranks.last() {
            behind = Some((link.place, last));
        }
    }
}

/// What is known of the places of a list.
#[derive(Default)]
struct Places {
    ranks: BTreeMap<u64, CaseSet>,
    counts: BTreeSet<u64>,
    /// A place had one case, then another: they are of several lists.
    has_several: bool,
}

impl Places {
    fn new(list: &List, connections: &[&Connection]) -> Self {
        let mut places = Self::default();
        for held in connections {
            match &held.case.part {
                RunPart::Case { place: Some(place), id: None } => places.add(*place, held.ranks(list)),
                RunPart::Info(place, id) => places.add(*place, list.rank(id).into_iter().collect()),
                RunPart::Count(cases) => {
                    places.counts.insert(*cases);
                }
                RunPart::Case { .. } | RunPart::Other => {}
            }
        }
        places.has_several |= places.counts.len() > 1;
        places
    }

    fn add(&mut self, place: u64, fits: CaseSet) {
        // What fits nothing says nothing of the others.
        if fits.is_empty() {
            return;
        }
        let known = self.ranks.entry(place).or_insert(fits);
        *known = known.and(fits);
        self.has_several |= known.is_empty();
    }

    /// By the others of the list.
    fn narrowed(self, total: usize) -> BTreeMap<u64, CaseSet> {
        let end = self.counts.first().map(|count| (count.saturating_add(1), total));
        let mut links: Vec<Link> =
            self.ranks.into_iter().map(|(place, ranks)| Link { place: Some(place), ranks }).collect();
        narrow(&mut links, end);
        links.into_iter().filter_map(|link| Some((link.place?, link.ranks))).collect()
    }
}

/// Cases that testees asked a fuzzing server for, by their places in its list. It is the same for all of them, unless the server
/// was started again with another.
pub(super) fn by_place<'c>(connections: &[&'c Connection]) -> Vec<Placed<'c>> {
    let list = list(connections);
    let places = Places::new(list, connections);
    if !places.has_several {
        return of_list(list, connections, Some(&places.narrowed(list.len())));
    }
    let mut by_agent: BTreeMap<Option<&str>, Vec<&Connection>> = BTreeMap::new();
    for held in connections {
        by_agent.entry(held.agent.as_deref()).or_default().push(held);
    }
    let of_agent = |connections: Vec<&'c Connection>| {
        let places = Places::new(list, &connections);
        let left = (!places.has_several).then(|| places.narrowed(list.len()));
        of_list(list, &connections, left.as_ref())
    };
    by_agent.into_values().flat_map(of_agent).collect()
}

/// The cases of a list, by what is left to each place; `None` where places say nothing.
fn of_list<'c>(
    list: &List,
    connections: &[&'c Connection],
    left: Option<&BTreeMap<u64, CaseSet>>,
) -> Vec<Placed<'c>> {
    let cases = connections.iter().filter_map(|held| {
        let RunPart::Case { place, id } = &held.case.part else { return None };
        Some(match (id, place, left) {
            (Some(id), ..) => placed(list, held, list.rank(id).into_iter().collect()),
            (None, Some(place), Some(left)) => {
                placed(list, held, left.get(place).copied().unwrap_or_default())
            }
            (None, Some(_), None) => placed(list, held, held.ranks(list)),
            (None, None, _) => (*held, Err("the testee asked for a case without a number of one".to_owned())),
        })
    });
    cases.collect()
}

/// Cases that a fuzzing client ran with a server, one after the other.
pub(super) fn by_order<'c>(connections: &[&'c Connection]) -> Vec<Placed<'c>> {
    let list = list(connections);
    let mut placed = Vec::new();
    let mut links: Vec<(&'c Connection, Link)> = Vec::new();
    let mut least = 0;
    for held in connections {
        let fits = held.ranks(list);
        if fits.last().is_some_and(|last| last < least) {
            // The list begins anew.
            placed.extend(in_order(list, std::mem::take(&mut links)));
            least = 0;
        }
        let mut rest = fits;
        rest.keep(least, usize::MAX);
        if let Some(first) = rest.first() {
            least = first.saturating_add(1);
        }
        links.push((held, Link { place: None, ranks: fits }));
    }
    placed.extend(in_order(list, links));
    placed
}

fn in_order<'c>(list: &List, links: Vec<(&'c Connection, Link)>) -> Vec<Placed<'c>> {
    let (connections, mut links): (Vec<_>, Vec<_>) = links.into_iter().unzip();
    narrow(&mut links, None);
    let placed: Vec<Placed<'c>> =
        connections.into_iter().zip(&links).map(|(held, link)| placed(list, held, link.ranks)).collect();
    let is_named = placed.iter().any(|(held, _)| held.case.is_named);
    let cases = placed.iter().filter(|(_, place)| place.is_ok()).count();
    // What does not say that it is the suite has to show it.
    if is_named || cases >= IN_A_ROW { placed } else { Vec::new() }
}
