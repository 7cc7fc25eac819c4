//! In which of its roles an agent was tested. An index does not say; a case file does.

use std::collections::btree_map::Entry;

use crate::autobahn::index::{Parts, merge};
use crate::model::Role;
use crate::model::case::Run;
use crate::model::run::{Contradiction, Testee};

/// The role of what is tested, by the name of a directory or a file (without its ending): the suite's own settings write to
/// `clients` what a fuzzing server found, to `servers` what a fuzzing client found. `None` for any name that is not just that.
#[must_use]
pub fn of_name(name: &str) -> Option<Role> {
    match name.to_ascii_lowercase().as_str() {
        "clients" | "client" | "fuzzingserver" => Some(Role::Client),
        "servers" | "server" | "fuzzingclient" => Some(Role::Server),
        _ => None,
    }
}

/// Gives the agents whose role is not known the one that `role` tells. What comes together so is told as of `parts`.
#[must_use]
pub fn with_roles(
    run: &mut Run,
    role: impl Fn(&str) -> Option<Role>,
    parts: Parts<'_>,
) -> Vec<Contradiction> {
    let unknown: Vec<Testee> = run.agents.keys().filter(|testee| testee.role.is_none()).cloned().collect();
    let mut contradictions = Vec::new();
    for testee in unknown {
        let Some(role) = role(&testee.agent) else { continue };
        let Some(cases) = run.agents.remove(&testee) else { continue };
        let known = Testee::new(&testee.agent, Some(role));
        match run.agents.entry(known.clone()) {
            Entry::Vacant(place) => {
                place.insert(cases);
            }
            Entry::Occupied(_) => {
                contradictions.extend(merge(run, Run { agents: [(known, cases)].into() }, parts));
            }
        }
    }
    contradictions
}
