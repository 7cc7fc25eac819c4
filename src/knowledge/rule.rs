//! What a rule is: the clauses it rests on, how they bind and whom.

use std::fmt;

use crate::knowledge::{RULES, RuleId, WrittenExample};
use crate::model::{Role, named};

named! {
    /// How strongly the clause binds (RFC 2119).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Level {
        /// Legal, or nobody's fault, but worth knowing.
        Note = "note",
        /// A SHOULD of the RFC.
        Should = "should",
        /// A MUST of the RFC.
        Must = "must",
    }
}

named! {
    /// Who can break the clause.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Who {
        /// The client alone.
        Client = "client",
        /// The server alone.
        Server = "server",
        /// Either side; the finding says which.
        Either = "either",
        /// Nobody: it says what the recording lacks.
        Nobody = "nobody",
    }
}

impl Who {
    /// Whether a side of that role can.
    #[must_use]
    pub const fn includes(self, role: Role) -> bool {
        match self {
            Self::Client => matches!(role, Role::Client),
            Self::Server => matches!(role, Role::Server),
            Self::Either => true,
            Self::Nobody => false,
        }
    }
}

/// What the RFC has the *other* side do when the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: the RFC names no consequence.
    Nothing,
    /// *Fail the WebSocket Connection* (7.1.7), fittingly with one of these codes.
    Fail(&'static [u16]),
    /// It may end the connection, after a Close with one of these codes (10.7); carrying on breaks no must.
    MayFail(&'static [u16]),
    /// It must close the connection; a Close frame is optional (5.1).
    Close(&'static [u16]),
    /// The server must refuse the request with an HTTP error (4.2.1), fittingly one of these.
    Refuse(&'static [u16]),
    /// The client must fail the connection before it is established: no frame, TCP ended (4.1, 7.1.7).
    FailHandshake,
}

impl Reaction {
    /// The codes of a Close that fit.
    #[must_use]
    pub const fn codes(self) -> &'static [u16] {
        match self {
            Self::Nothing | Self::Refuse(_) | Self::FailHandshake => &[],
            Self::Fail(codes) | Self::MayFail(codes) | Self::Close(codes) => codes,
        }
    }

    /// Whether carrying on breaks a must.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Fail(_) | Self::Close(_) | Self::Refuse(_) | Self::FailHandshake)
    }
}

/// Where something stands: a section of an RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Number of the RFC.
    pub rfc: u16,
    /// Number of the section, as in `7.1.7`.
    pub section: &'static str,
}

/// Of RFC 6455, the WebSocket Protocol.
pub(crate) const fn rfc6455(section: &'static str) -> Clause {
    Clause { rfc: 6455, section }
}

/// Of RFC 7692, Compression Extensions for WebSocket.
pub(crate) const fn rfc7692(section: &'static str) -> Clause {
    Clause { rfc: 7692, section }
}

/// Of RFC 8441, Bootstrapping WebSockets with HTTP/2.
pub(crate) const fn rfc8441(section: &'static str) -> Clause {
    Clause { rfc: 8441, section }
}

/// Of RFC 9113, HTTP/2.
pub(crate) const fn rfc9113(section: &'static str) -> Clause {
    Clause { rfc: 9113, section }
}

/// Of RFC 9110, HTTP Semantics.
pub(crate) const fn rfc9110(section: &'static str) -> Clause {
    Clause { rfc: 9110, section }
}

/// Of RFC 9112, HTTP/1.1.
pub(crate) const fn rfc9112(section: &'static str) -> Clause {
    Clause { rfc: 9112, section }
}

/// Of RFC 9293, TCP.
pub(crate) const fn rfc9293(section: &'static str) -> Clause {
    Clause { rfc: 9293, section }
}

/// Clauses in words: `RFC 6455 5.2, 7.1.7; RFC 7692 7.2.1`, the number of the RFC once where it stays the same. The
/// alternate form leaves out the letters: `6455 5.2, 7.1.7; 7692 7.2.1`.
#[derive(Clone, Copy, Debug)]
pub struct Clauses<'a>(
    /// What is to be named.
    pub &'a [Clause],
);

impl fmt::Display for Clauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rfc = if f.alternate() { "" } else { "RFC " };
        let mut before = None;
        for Clause { rfc: number, section } in self.0 {
            match before.replace(number) {
                Some(same) if same == number => write!(f, ", {section}")?,
                Some(_) => write!(f, "; {rfc}{number} {section}")?,
                None => write!(f, "{rfc}{number} {section}")?,
            }
        }
        Ok(())
    }
}

/// A rule as its file declares it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) clauses: &'static [Clause],
    pub(super) level: Level,
    pub(super) who: Who,
    pub(super) reaction: Reaction,
    pub(super) says: &'static str,
    pub(super) peer: Option<&'static str>,
    pub(super) text: &'static str,
    pub(super) next: &'static [&'static str],
    pub(super) shows: &'static [WrittenExample],
}

/// A rule: a clause that the reference checks, or a note about what is legal.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// By what code names it; people and JSON use `name`.
    pub id: RuleId,
    /// Stable name, as in `FR-RSV`.
    pub name: &'static str,
    /// Sections that it rests on.
    pub clauses: &'static [Clause],
    /// How it binds; a finding can weigh less.
    pub level: Level,
    /// Who can break it.
    pub who: Who,
    /// What the peer of the breaker does.
    pub reaction: Reaction,
    /// What it says, in our words.
    pub says: &'static str,
    /// What the other side does about a breach, where `reaction` does not say it all.
    pub peer: Option<&'static str>,
    /// Why it is there, and what follows when it is broken.
    pub text: &'static str,
    /// Where to look then.
    pub next: &'static [&'static str],
    /// An exchange that breaks it, and one that nearly does.
    pub shows: &'static [WrittenExample],
}

impl Rule {
    pub(super) const fn new(id: RuleId, row: Row) -> Self {
        let Row { name, clauses, level, who, reaction, says, peer, text, next, shows } = row;
        Self { id, name, clauses, level, who, reaction, says, peer, text, next, shows }
    }

    /// Where it stands, in words.
    #[must_use]
    pub const fn section(&self) -> Clauses<'static> {
        Clauses(self.clauses)
    }
}

impl RuleId {
    /// The row of the table.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.rule().name
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        for (i, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.id as usize, i);
            assert!(rule.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!rule.clauses.is_empty(), "{}", rule.name);
            assert_eq!(RULES.iter().filter(|r| r.name == rule.name).count(), 1, "{}", rule.name);
        }
    }

    #[test]
    fn no_clause_loses_its_rfc() {
        let clauses = [rfc6455("5.2"), rfc6455("7.1.7"), rfc7692("7.2.1"), rfc6455("10.7")];
        assert_eq!(Clauses(&clauses).to_string(), "RFC 6455 5.2, 7.1.7; RFC 7692 7.2.1; RFC 6455 10.7");
        assert_eq!(format!("{:#}", Clauses(&clauses)), "6455 5.2, 7.1.7; 7692 7.2.1; 6455 10.7");
    }
}
