//! Changes that are known and accepted, each with its reason.

use std::path::Path;

use serde::Deserialize;

use crate::autobahn::policy::{File, Pattern, Word};
use crate::error::Error;
use crate::model::Role;
use crate::model::run::{Change, ChangeKind, DiffCounts, RunDiff, Testee};

/// Changes that fail nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Of these cases.
    pub cases: Pattern,
    /// Of this agent; `None` for any.
    pub agent: Option<String>,
    /// In this role; `None` for either.
    pub role: Option<Role>,
    /// Of this kind; `None` for any.
    pub kind: Option<ChangeKind>,
    /// Why they are accepted.
    pub reason: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawFile {
    accept: Vec<RawAccepted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccepted {
    case: Word,
    agent: Option<String>,
    testee_is: Option<Word>,
    kind: Option<Word>,
    reason: Word,
}

impl Accepted {
    /// Reads a file of accepted changes: TOML, `[[accept]]` each.
    ///
    /// # Errors
    /// [`Error::BadPolicy`].
    pub fn parse(text: &str, path: &Path) -> Result<Vec<Self>, Error> {
        let file = File { text, path };
        let raw: RawFile = toml::from_str(text)
            .map_err(|e| file.bad(e.span().map(|span| span.start), e.message().to_owned()))?;
        raw.accept.into_iter().map(|raw| Self::of(&file, raw)).collect()
    }

    fn of(file: &File<'_>, raw: RawAccepted) -> Result<Self, Error> {
        if raw.reason.get_ref().trim().is_empty() {
            return Err(file.word(&raw.reason, "is not a reason: say why the change is accepted"));
        }
        let kind = |word: &Word| {
            let kind = ChangeKind::ALL.into_iter().find(|kind| kind.name() == word.get_ref());
            kind.ok_or_else(|| {
                let names = ChangeKind::ALL.map(ChangeKind::name).join(", ");
                file.word(word, &format!("is not a kind of change: write one of {names}"))
            })
        };
        Ok(Self {
            cases: file.pattern(&raw.case)?,
            agent: raw.agent,
            role: raw.testee_is.map(|word| file.role(&word)).transpose()?,
            kind: raw.kind.as_ref().map(kind).transpose()?,
            reason: raw.reason.into_inner(),
        })
    }

    fn is_of(&self, testee: &Testee, change: &Change) -> bool {
        self.agent.as_ref().is_none_or(|agent| *agent == testee.agent)
            && self.role.is_none_or(|role| testee.role == Some(role))
            && self.kind.is_none_or(|kind| kind == change.kind)
            && self.cases.matches(&change.case)
    }

    /// `7.1.5 of ws (client), regression: reason`.
    fn said(&self) -> String {
        let mut said = self.cases.as_str().to_owned();
        if let Some(agent) = &self.agent {
            said.push_str(&format!(" of {}", Testee::new(agent, self.role).label()));
        } else if let Some(role) = self.role {
            said.push_str(&format!(" of a {}", role.name()));
        }
        if let Some(kind) = self.kind {
            said.push_str(&format!(", {}", kind.name()));
        }
        format!("{said}: {}", self.reason)
    }
}

/// Marks the changes that are accepted, with the reason of the first entry that speaks of each; keeps the entries that speak
/// of none.
pub fn accept(diff: &mut RunDiff, accepted: &[Accepted]) {
    let mut is_used = vec![false; accepted.len()];
    let mut counts = DiffCounts::default();
    for agent in &mut diff.agents {
        for change in &mut agent.changes {
            for (accepted, is_used) in accepted.iter().zip(&mut is_used) {
                if accepted.is_of(&agent.testee, change) {
                    *is_used = true;
                    change.accepted.get_or_insert_with(|| accepted.reason.clone());
                }
            }
            if change.accepted.is_some() {
                counts.add(Some(change.kind));
            }
        }
    }
    let stale = accepted.iter().zip(is_used).filter(|(_, is_used)| !is_used);
    diff.stale = stale.map(|(accepted, _)| accepted.said()).collect();
    diff.accepted = counts;
}
