//! A policy file: TOML in which an unknown key or word is an error.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::autobahn::policy::{Allowance, Expected, ExpectedFailure, Pattern, Policy};
use crate::error::Error;
use crate::model::case::{Behavior, BehaviorClose, CaseId};

type Word = Spanned<String>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawPolicy {
    pass: RawPass,
    allow: Vec<RawAllow>,
    skip: Vec<Word>,
    expect: RawExpect,
    xfail: Vec<RawXfail>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawPass {
    behavior: Option<Vec<Word>>,
    close: Option<Vec<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAllow {
    agent: Option<String>,
    #[serde(default)]
    cases: Vec<Word>,
    #[serde(default)]
    behavior: Vec<Word>,
    #[serde(default)]
    close: Vec<Word>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawExpect {
    agents: Vec<String>,
    cases: Vec<Word>,
    count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawXfail {
    agent: Option<String>,
    case: Word,
    behavior: Option<Word>,
    close: Option<Word>,
    result: Option<String>,
    reason: Word,
    #[serde(default)]
    may_pass: bool,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::BadPolicy`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let file = File { text, path };
        let raw: RawPolicy = toml::from_str(text)
            .map_err(|e| file.bad(e.span().map(|span| span.start), e.message().to_owned()))?;
        let usual = Self::default();
        let mut policy = Self {
            behavior: raw.pass.behavior.map_or(Ok(usual.behavior), |words| file.behaviors(&words))?,
            close: raw.pass.close.map_or(Ok(usual.close), |words| file.closes(&words))?,
            skip: file.patterns(&raw.skip)?,
            expect: Expected {
                agents: raw.expect.agents,
                cases: file.patterns(&raw.expect.cases)?,
                count: raw.expect.count,
            },
            ..usual
        };
        for raw in raw.allow {
            policy.allow.push(Allowance {
                agent: raw.agent,
                cases: file.patterns(&raw.cases)?,
                behavior: file.behaviors(&raw.behavior)?,
                close: file.closes(&raw.close)?,
            });
        }
        let mut listed = BTreeSet::new();
        for raw in raw.xfail {
            let case = CaseId::new(raw.case.get_ref())
                .ok_or_else(|| file.word(&raw.case, "is not a case number"))?;
            if raw.reason.get_ref().trim().is_empty() {
                return Err(file.word(&raw.reason, "is not a reason: say why the case fails"));
            }
            let entry = ExpectedFailure {
                agent: raw.agent,
                case,
                behavior: raw.behavior.map(|word| file.behavior(&word)).transpose()?,
                close: raw.close.map(|word| file.close(&word)).transpose()?,
                result: raw.result,
                reason: raw.reason.into_inner(),
                may_pass: raw.may_pass,
            };
            if !listed.insert((entry.agent.clone(), entry.case.clone())) {
                return Err(file.word(&raw.case, "is listed twice"));
            }
            policy.xfail.push(entry);
        }
        Ok(policy)
    }
}

/// The file that is read, to say where something is wrong.
struct File<'a> {
    text: &'a str,
    path: &'a Path,
}

impl File<'_> {
    fn bad(&self, offset: Option<usize>, detail: String) -> Error {
        let before = offset.map(|at| self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes()));
        let line = before.map(|before| before.iter().filter(|b| **b == b'\n').count() + 1);
        Error::BadPolicy { path: self.path.to_owned(), line, detail }
    }

    fn word(&self, word: &Word, what: &str) -> Error {
        self.bad(Some(word.span().start), format!("{:?} {what}", word.get_ref()))
    }

    fn patterns(&self, words: &[Word]) -> Result<Vec<Pattern>, Error> {
        let pattern = |word: &Word| {
            Pattern::new(word.get_ref())
                .ok_or_else(|| self.word(word, "does not match any case: write 7.9.3, 7.* or *"))
        };
        words.iter().map(pattern).collect()
    }

    fn behaviors(&self, words: &[Word]) -> Result<Vec<Behavior>, Error> {
        words.iter().map(|word| self.behavior(word)).collect()
    }

    fn closes(&self, words: &[Word]) -> Result<Vec<BehaviorClose>, Error> {
        words.iter().map(|word| self.close(word)).collect()
    }

    fn behavior(&self, word: &Word) -> Result<Behavior, Error> {
        match Behavior::new(word.get_ref()) {
            Behavior::Other(_) => Err(self.word(
                word,
                "is not a behavior: write OK, INFORMATIONAL, NON-STRICT, UNIMPLEMENTED or FAILED",
            )),
            known => Ok(known),
        }
    }

    fn close(&self, word: &Word) -> Result<BehaviorClose, Error> {
        match BehaviorClose::new(word.get_ref()) {
            BehaviorClose::Other(_) => Err(self.word(
                word,
                "is not a close verdict: write OK, INFORMATIONAL, FAILED BY CLIENT, WRONG CODE, UNCLEAN or FAILED",
            )),
            known => Ok(known),
        }
    }
}
