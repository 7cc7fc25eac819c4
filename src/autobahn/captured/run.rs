//! The run that connections of captures make: which case each was, and the last verdict of each case.

mod names;
mod place;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::autobahn::captured::list::List;
use crate::autobahn::captured::run::names::Names;
use crate::autobahn::captured::run::place::{Placed, by_order, by_place};
use crate::model::case::{
    Behavior, BehaviorClose, CapturedCase, CapturedVerdict, CaseId, CaseSet, Fits, IndexEntry, NoVerdict,
};
use crate::model::run::{CapturedEntry, CapturedRun, Testee, Unplaced};
use crate::model::suite::Version;
use crate::model::{ConversationId, Role, Timestamp};

/// A connection of a run.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Which it is.
    pub id: ConversationId,
    /// Index of its capture.
    pub input: usize,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Address of the client.
    pub client: Option<SocketAddr>,
    /// Address of the server.
    pub server: Option<SocketAddr>,
    /// Name of the testee, where it has one.
    pub agent: Option<String>,
    /// What the capture shows of it.
    pub case: CapturedCase,
}

/// Gathers the connections of runs. Each takes some hundred bytes, two thousand where any case fits.
#[derive(Debug)]
pub struct Gather {
    connections: Vec<Connection>,
    max: usize,
    omitted: u64,
}

impl Connection {
    /// The version of the suite, where the tester says it.
    fn version(&self) -> Option<Version> {
        self.case.suite.map(|suite| suite.version)
    }

    /// The ranks that it may have.
    fn ranks(&self, list: &List) -> CaseSet {
        match &self.case.fits {
            Fits::These(alike) => {
                list.ranks(alike.iter().fold(CaseSet::default(), |all, alike| all.or(alike.cases)))
            }
            Fits::Unjudged(_) | Fits::NeverOpen => CaseSet::below(list.len()),
        }
    }

    /// The ranks of the cases that are written as it was written.
    fn written_so(&self, list: &List) -> CaseSet {
        match &self.case.fits {
            Fits::These(alike) => {
                list.ranks(alike.iter().fold(CaseSet::default(), |all, alike| all.or(alike.written_so)))
            }
            Fits::Unjudged(_) | Fits::NeverOpen => CaseSet::default(),
        }
    }

    /// What is said of it, if it was the case of that rank.
    fn verdict(&self, list: &List, rank: usize) -> Option<CapturedVerdict> {
        let plan = list.plan(rank)?;
        Some(match &self.case.fits {
            Fits::These(alike) => {
                alike.iter().find(|alike| alike.cases.contains(plan.number))?.verdict.clone()
            }
            Fits::Unjudged(why) => CapturedVerdict::none(*why),
            Fits::NeverOpen if plan.case.informational => {
                CapturedVerdict::of(Behavior::Informational, BehaviorClose::Informational)
            }
            Fits::NeverOpen => CapturedVerdict::of(Behavior::Failed, BehaviorClose::Failed),
        })
    }

    fn entry(&self, verdict: CapturedVerdict) -> CapturedEntry {
        let CapturedVerdict { behavior, behavior_close, remote_close_code, close_unsent } = verdict;
        let lacks = [behavior.as_ref().err().copied(), behavior_close.as_ref().err().copied()];
        CapturedEntry {
            entry: IndexEntry {
                behavior: behavior.unwrap_or(Behavior::Unknown),
                behavior_close: behavior_close.unwrap_or(BehaviorClose::Unknown),
                duration_ms: self.case.duration_ms,
                remote_close_code,
                report_file: None,
            },
            id: self.id,
            close_unsent,
            lacks,
        }
    }

    /// Whether both are one connection, seen at two points.
    fn is_also(&self, other: &Self) -> bool {
        let is_known = self.client.is_some() && self.server.is_some();
        is_known && self.input != other.input && (self.client, self.server) == (other.client, other.server)
    }
}

/// What a list of cases is of: a capture, the tester as client, and the server.
type ListKey = (usize, Option<IpAddr>, Option<SocketAddr>);

impl Gather {
    /// Of so many connections; those that come later are counted only.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { connections: Vec::new(), max, omitted: 0 }
    }

    /// Takes the next connection.
    pub fn see(&mut self, connection: Connection) {
        if self.connections.len() < self.max {
            let agent = connection.agent.map(names::cut);
            self.connections.push(Connection { agent, ..connection });
        } else {
            self.omitted += 1;
        }
    }

    /// The run they make.
    #[must_use]
    pub fn finish(self) -> CapturedRun {
        let mut lists: BTreeMap<ListKey, Vec<&Connection>> = BTreeMap::new();
        for held in &self.connections {
            let client = match held.case.tester {
                Role::Client => held.client.map(|client| client.ip()),
                Role::Server => None,
            };
            lists.entry((held.input, client, held.server)).or_default().push(held);
        }
        let mut placed = Vec::new();
        for list in lists.into_values() {
            let (as_client, as_server): (Vec<_>, Vec<_>) =
                list.into_iter().partition(|held| held.case.tester == Role::Client);
            placed.extend(by_place(&as_server));
            placed.extend(by_order(&as_client));
        }
        // The last of a case counts.
        placed.sort_by_key(|(held, _)| (held.started_at, held.input, held.id));
        let mut run = gathered(placed, &Names::new(&self.connections));
        run.omitted = self.omitted;
        run
    }
}

/// A connection, and what is said of it.
type Seen<'c> = (&'c Connection, CapturedVerdict);

fn gathered(placed: Vec<Placed<'_>>, names: &Names) -> CapturedRun {
    let mut run = CapturedRun::default();
    let mut last: BTreeMap<(Testee, CaseId), Seen<'_>> = BTreeMap::new();
    for (held, place) in placed {
        let (id, verdict) = match place {
            Ok(place) => place,
            Err(why) => {
                run.unplaced.push(Unplaced { id: held.id, why });
                continue;
            }
        };
        run.unversioned += u64::from(held.version().is_none() && verdict.is_whole());
        let key = (names.testee(held), id);
        let taken = match last.get(&key) {
            Some((other, known)) if held.is_also(other) => {
                seen_twice((held, verdict), (*other, known.clone()))
            }
            _ => (held, verdict),
        };
        last.insert(key, taken);
    }
    for ((testee, id), (held, verdict)) in last {
        run.agents.entry(testee).or_default().insert(id, held.entry(verdict));
    }
    run.unplaced.sort_by_key(|unplaced| unplaced.id);
    run
}

/// What two captures of one connection come to.
fn seen_twice<'c>(this: Seen<'c>, other: Seen<'c>) -> Seen<'c> {
    let is_same = (&this.1.behavior, &this.1.behavior_close) == (&other.1.behavior, &other.1.behavior_close);
    match (this.1.is_whole(), other.1.is_whole()) {
        (true, true) if !is_same => (this.0, CapturedVerdict::none(NoVerdict::Contradicted)),
        (true, _) => this,
        (false, _) => other,
    }
}
