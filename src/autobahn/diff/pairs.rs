//! Which testee of one run is compared with which of another.

use std::collections::BTreeSet;

use crate::autobahn::diff::Options;
use crate::model::Role;
use crate::model::case::Run;
use crate::model::run::Testee;

/// Two that are compared, of which one may not be there.
pub(super) struct Pair {
    /// As it is called in the report.
    pub(super) shown: Testee,
    pub(super) old: Option<Testee>,
    pub(super) new: Option<Testee>,
}

/// Every testee of either run, each role with its like.
pub(super) fn pairs(old: &Run, new: &Run, options: &Options) -> Vec<Pair> {
    let gone = |agent: &str| options.renamed.iter().any(|(from, _)| from == agent);
    let names =
        |run: &Run| -> BTreeSet<String> { run.agents.keys().map(|testee| testee.agent.clone()).collect() };
    // An old agent that was renamed is compared under its new name only.
    let kept = names(old).into_iter().filter(|agent| !gone(agent));
    let targets = options.renamed.iter().map(|(_, to)| to.clone());
    let all: BTreeSet<String> = names(new).into_iter().chain(kept).chain(targets).collect();
    let mut pairs = Vec::new();
    for agent in all {
        let before = match options.renamed.iter().find(|(_, to)| *to == agent) {
            Some((from, _)) => Some(from.clone()),
            None => (!gone(&agent)).then(|| agent.clone()),
        };
        let roles_old = before.as_ref().map(|before| roles(old, before)).unwrap_or_default();
        for (of_old, of_new) in matched(&roles_old, &roles(new, &agent)) {
            let testee = |name: &str, role: Option<Told>| role.map(|role| Testee::new(name, role));
            pairs.push(Pair {
                shown: Testee::new(&agent, of_new.flatten().or(of_old.flatten())),
                old: before.as_ref().and_then(|before| testee(before, of_old)),
                new: testee(&agent, of_new),
            });
        }
    }
    pairs
}

/// A role, or that none is told.
type Told = Option<Role>;
type Roles = BTreeSet<Told>;
/// A role of the old run and one of the new; `None` where it is not there.
type Match = (Option<Told>, Option<Told>);

/// Client, server, or unknown: the roles in which an agent is there.
fn roles(run: &Run, agent: &str) -> Roles {
    let from = Testee::new(agent, None);
    let to = Testee::new(agent, Some(Role::Server));
    run.agents.range(from..=to).map(|(testee, _)| testee.role).collect()
}

/// Which role is compared with which. A role that is not known is that of the
/// other run. Of an old run it stands for either: one list of results kept for both.
fn matched(old: &Roles, new: &Roles) -> Vec<Match> {
    let unknown = [None].into();
    if *old == unknown && !new.is_empty() {
        return new.iter().map(|role| (Some(None), Some(*role))).collect();
    }
    if *new == unknown && old.len() == 1 {
        return old.iter().map(|role| (Some(*role), Some(None))).collect();
    }
    let all: Roles = old.union(new).copied().collect();
    let there = |roles: &Roles, role| roles.contains(&role).then_some(role);
    all.into_iter().map(|role| (there(old, role), there(new, role))).collect()
}
