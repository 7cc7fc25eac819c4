//! How testees are called.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::autobahn::captured::run::Connection;
use crate::model::Role;
use crate::model::run::Testee;

/// Bytes of a name, which a testee may choose as long as it likes.
const LONGEST: usize = 256;
/// A server that says of itself nothing.
const UNNAMED: &str = "server";

/// A name, cut where it is too long.
pub(super) fn cut(mut name: String) -> String {
    if name.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or(0));
        name.push('…');
    }
    name.shrink_to_fit();
    name
}

/// The names of the testees of runs: servers that call themselves alike, or nothing, by their addresses as well.
pub(super) struct Names {
    alike: BTreeSet<String>,
}

impl Names {
    pub(super) fn new(connections: &[Connection]) -> Self {
        let mut addresses: BTreeMap<&str, BTreeSet<Option<SocketAddr>>> = BTreeMap::new();
        for held in connections.iter().filter(|held| held.case.tester == Role::Client) {
            addresses.entry(plain(held)).or_default().insert(held.server);
        }
        let alike = addresses.into_iter().filter(|(_, servers)| servers.len() > 1);
        Self { alike: alike.map(|(name, _)| name.to_owned()).collect() }
    }

    pub(super) fn testee(&self, held: &Connection) -> Testee {
        let name = plain(held);
        let role = held.case.tester.peer();
        match held.server.filter(|_| role == Role::Server && self.alike.contains(name)) {
            Some(server) => Testee::new(&format!("{name} at {server}"), Some(role)),
            None => Testee::new(name, Some(role)),
        }
    }
}

fn plain(held: &Connection) -> &str {
    let unnamed = match held.case.tester {
        Role::Client => UNNAMED,
        Role::Server => "",
    };
    held.agent.as_deref().unwrap_or(unnamed)
}
