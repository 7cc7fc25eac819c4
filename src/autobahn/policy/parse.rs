//! A policy file: TOML in which an unknown key or word is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::autobahn::policy::{ANY, Allowance, Expected, ExpectedFailure, Pattern, Policy, Severity};
use crate::error::Error;
use crate::model::Role;
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::run::BreachKind;
use crate::model::suite::Version;

pub(crate) type Word = Spanned<String>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawPolicy {
    agents: Vec<String>,
    pass: RawPass,
    allow: Vec<RawAllow>,
    warn: Vec<RawAllow>,
    severity: BTreeMap<Word, Word>,
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
    testee_is: Option<Word>,
    #[serde(default)]
    cases: Vec<Word>,
    #[serde(default)]
    behavior: Vec<Word>,
    #[serde(default)]
    close: Vec<Word>,
    #[serde(default)]
    any_close: bool,
    not_clean_reason: Option<Word>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawExpect {
    agents: Vec<String>,
    no_others: bool,
    testee_is: Vec<Word>,
    cases: Vec<Word>,
    suite: Option<Word>,
    count: Option<u64>,
    total: Option<u64>,
    uneven: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawXfail {
    agent: Option<String>,
    testee_is: Option<Word>,
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
            agents: raw.agents,
            expect: Expected {
                agents: raw.expect.agents,
                no_others: raw.expect.no_others,
                roles: raw.expect.testee_is.iter().map(|word| file.role(word)).collect::<Result<_, _>>()?,
                cases: file.patterns(&raw.expect.cases)?,
                suite: raw.expect.suite.map(|word| file.version(&word)).transpose()?,
                count: raw.expect.count,
                total: raw.expect.total,
                uneven: raw.expect.uneven,
            },
            allow: file.allowances(raw.allow)?,
            warn: file.allowances(raw.warn)?,
            severity: file.severities(raw.severity)?,
            ..usual
        };
        let mut listed = BTreeSet::new();
        for raw in raw.xfail {
            let case = CaseId::new(raw.case.get_ref())
                .ok_or_else(|| file.word(&raw.case, "is not a case number"))?;
            if raw.reason.get_ref().trim().is_empty() {
                return Err(file.word(&raw.reason, "is not a reason: say why the case fails"));
            }
            let entry = ExpectedFailure {
                agent: raw.agent,
                role: raw.testee_is.map(|word| file.role(&word)).transpose()?,
                case,
                behavior: raw.behavior.map(|word| file.behavior(&word)).transpose()?,
                close: raw.close.map(|word| file.close(&word)).transpose()?,
                result: raw.result,
                reason: raw.reason.into_inner(),
                may_pass: raw.may_pass,
            };
            if !listed.insert((entry.agent.clone(), entry.role, entry.case.clone())) {
                return Err(file.word(&raw.case, "is listed twice"));
            }
            policy.xfail.push(entry);
        }
        Ok(policy)
    }
}

/// The file that is read, to say where something is wrong.
pub(crate) struct File<'a> {
    pub(crate) text: &'a str,
    pub(crate) path: &'a Path,
}

impl File<'_> {
    pub(crate) fn bad(&self, offset: Option<usize>, detail: String) -> Error {
        let before = offset.map(|at| self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes()));
        let line = before.map(|before| before.iter().filter(|b| **b == b'\n').count() + 1);
        Error::BadPolicy { path: self.path.to_owned(), line, detail }
    }

    pub(crate) fn word(&self, word: &Word, what: &str) -> Error {
        self.bad(Some(word.span().start), format!("{:?} {what}", word.get_ref()))
    }

    pub(crate) fn pattern(&self, word: &Word) -> Result<Pattern, Error> {
        Pattern::new(word.get_ref())
            .ok_or_else(|| self.word(word, "does not match any case: write 7.9.3, 7.* or *"))
    }

    fn patterns(&self, words: &[Word]) -> Result<Vec<Pattern>, Error> {
        words.iter().map(|word| self.pattern(word)).collect()
    }

    pub(crate) fn role(&self, word: &Word) -> Result<Role, Error> {
        let role = Role::BOTH.into_iter().find(|role| role.name() == word.get_ref());
        role.ok_or_else(|| self.word(word, "is not a role: write client or server"))
    }

    fn version(&self, word: &Word) -> Result<Version, Error> {
        let version = word.get_ref().parse();
        version.map_err(|_| self.word(word, "is not a version of the suite: write 0.8.2 or 25.10.1"))
    }

    fn allowances(&self, raw: Vec<RawAllow>) -> Result<Vec<Allowance>, Error> {
        raw.into_iter().map(|raw| self.allowance(raw)).collect()
    }

    fn allowance(&self, raw: RawAllow) -> Result<Allowance, Error> {
        if let Some(empty) = raw.not_clean_reason.as_ref().filter(|reason| reason.get_ref().is_empty()) {
            return Err(self.word(empty, "is in every reason: write a part of one"));
        }
        Ok(Allowance {
            agent: raw.agent,
            role: raw.testee_is.map(|word| self.role(&word)).transpose()?,
            cases: self.patterns(&raw.cases)?,
            behavior: self.behaviors(&raw.behavior)?,
            close: self.closes(&raw.close)?,
            any_close: raw.any_close,
            not_clean_reason: raw.not_clean_reason.map(Spanned::into_inner),
        })
    }

    fn severities(&self, raw: BTreeMap<Word, Word>) -> Result<BTreeMap<BreachKind, Severity>, Error> {
        let one = |(name, word): (Word, Word)| {
            let kind = BreachKind::by_name(name.get_ref()).ok_or_else(|| {
                let names: Vec<_> = BreachKind::ALL.into_iter().map(BreachKind::name).collect();
                self.word(&name, &format!("is not a kind of violation: write one of {}", names.join(", ")))
            })?;
            let severity = match word.get_ref().as_str() {
                "fail" => Severity::Fail,
                // A gate that judged nothing never passes.
                _ if kind == BreachKind::NoReport => {
                    return Err(self.word(&word, "cannot be: without a report nothing is judged"));
                }
                "warn" => Severity::Warn,
                "ignore" if !matches!(kind, BreachKind::Failed | BreachKind::CloseFailed) => Severity::Ignore,
                "ignore" => return Err(self.word(&word, "cannot be: skip the cases, or warn")),
                _ => return Err(self.word(&word, "is not a severity: write fail, warn or ignore")),
            };
            Ok((kind, severity))
        };
        raw.into_iter().map(one).collect()
    }

    fn behaviors(&self, words: &[Word]) -> Result<Vec<Behavior>, Error> {
        words.iter().map(|word| self.behavior(word)).collect()
    }

    fn closes(&self, words: &[Word]) -> Result<Vec<BehaviorClose>, Error> {
        words.iter().map(|word| self.close(word)).collect()
    }

    fn behavior(&self, word: &Word) -> Result<Behavior, Error> {
        match Behavior::new(word.get_ref()) {
            Behavior::Other(any) if any == ANY => Ok(Behavior::Other(any)),
            Behavior::Other(_) => Err(self.word(
                word,
                "is not a behavior: write OK, INFORMATIONAL, NON-STRICT, UNIMPLEMENTED, FAILED or *",
            )),
            known => Ok(known),
        }
    }

    fn close(&self, word: &Word) -> Result<BehaviorClose, Error> {
        match BehaviorClose::new(word.get_ref()) {
            BehaviorClose::Other(any) if any == ANY => Ok(BehaviorClose::Other(any)),
            BehaviorClose::Other(_) => Err(self.word(
                word,
                "is not a close verdict: write OK, INFORMATIONAL, FAILED BY CLIENT, WRONG CODE, UNCLEAN, FAILED or *",
            )),
            known => Ok(known),
        }
    }
}
