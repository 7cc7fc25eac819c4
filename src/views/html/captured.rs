//! Runs of the Autobahn Testsuite that captures show: what the matrix of the page has of them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::engine::Verdicts;
use crate::model::case::{Behavior, CaseId};
use crate::model::run::{CapturedEntry, CapturedRun, Testee};
use crate::model::{Conversation, Role};
use crate::redact::Shown;
use crate::views::html::told::named;
use crate::views::row::{Displayed, List, Text, row};
use crate::views::text::cases;
use crate::views::{units, verdicts};

/// Gathers them, each input for itself: of two runs with one agent, each has its verdicts.
#[derive(Debug)]
pub(super) struct Captured {
    /// How many more connections there is room for, and how many found none.
    room: usize,
    omitted: u64,
    /// By index of the input.
    gathers: BTreeMap<usize, Gather>,
    runs: Vec<Run>,
}

/// What comes from one input.
#[derive(Debug)]
struct Gather {
    /// The capture that the input is, or is a part of.
    capture: Option<NonZeroU32>,
    path: Option<String>,
    verdicts: Verdicts,
}

/// What a capture shows.
#[derive(Debug)]
pub(super) struct Run {
    path: Option<String>,
    run: CapturedRun,
}

impl Captured {
    pub(super) const fn new(room: usize) -> Self {
        Self { room, omitted: 0, gathers: BTreeMap::new(), runs: Vec::new() }
    }

    /// Takes the next conversation.
    pub(super) fn see(&mut self, conversation: &Conversation<Shown>) {
        let Some(room) = self.room.checked_sub(1) else {
            self.omitted += 1;
            return;
        };
        let gather = self.gathers.entry(conversation.input).or_insert_with(|| Gather {
            capture: conversation.id.input,
            path: conversation.path.as_deref().map(str::to_owned),
            verdicts: Verdicts::new(self.room),
        });
        gather.verdicts.see(conversation);
        self.room = room;
    }

    /// All have been seen. What goes on in the next file of a capture is one run, as long as no case comes again.
    pub(super) fn finish(&mut self) {
        let mut last: BTreeMap<(Option<NonZeroU32>, Testee), usize> = BTreeMap::new();
        for Gather { capture, path, verdicts } in std::mem::take(&mut self.gathers).into_values() {
            let mut run = verdicts.finish();
            for (testee, cases) in std::mem::take(&mut run.agents) {
                let known = last.get(&(capture, testee.clone())).and_then(|at| self.runs.get_mut(*at));
                let known = known.and_then(|run| run.run.agents.get_mut(&testee));
                match known.filter(|known| cases.keys().all(|case| !known.contains_key(case))) {
                    Some(known) => known.extend(cases),
                    None => {
                        last.insert((capture, testee.clone()), self.runs.len());
                        run.agents.insert(testee, cases);
                    }
                }
            }
            self.runs.push(Run { path, run });
        }
        if let Some(run) = self.runs.last_mut() {
            run.run.omitted += self.omitted;
        }
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// What is said of them where no script draws the matrix.
    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        self.runs.iter().flat_map(|Run { path, run }| {
            let place = path.as_ref().map_or_else(String::new, |path| format!("{path}, "));
            run.agents
                .iter()
                .map(move |(testee, cases)| format!("{place}{}: {}", testee.label(), counted(cases)))
        })
    }

    /// What the matrix does not say.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> {
        self.runs.iter().flat_map(|run| verdicts::remarks(&run.run, "matrix"))
    }
}

/// `100 cases: 97 OK, 3 FAILED`.
fn counted(cases: &BTreeMap<CaseId, CapturedEntry>) -> String {
    let mut by_verdict: BTreeMap<&Behavior, u64> = BTreeMap::new();
    for entry in cases.values() {
        *by_verdict.entry(&entry.entry.behavior).or_default() += 1;
    }
    let parts = by_verdict.into_iter().map(|(behavior, cases)| match behavior.told() {
        Some(word) => format!("{cases} {word}"),
        None => format!("{cases} without a verdict"),
    });
    let parts: Vec<String> = parts.collect();
    format!("{}: {}", units::count(cases.len() as u64, "case"), parts.join(", "))
}

row! {
    /// What a capture shows of a testee.
    pub(super) struct Column<'a>(run: &'a Run, testee: &'a Testee, cases: &'a BTreeMap<CaseId, CapturedEntry>);

    /// The path of the capture.
    path: Option<Text> = run.path.as_deref(),
    /// What was tested.
    agent: Text = &testee.agent,
    /// Its role, `client` or `server`.
    testee_is: Option<Text> = testee.role.map(Role::name),
    /// Its cases.
    cases: List<Case> = cases.iter().map(|(id, entry)| Case(id, entry)),
}

impl<'a> Column<'a> {
    pub(super) fn all(runs: &'a [Run]) -> impl Iterator<Item = Self> {
        runs.iter().flat_map(|run| run.run.agents.iter().map(move |(testee, cases)| Self(run, testee, cases)))
    }
}

row! {
    /// A case of a run, from a capture.
    struct Case<'a>(case: &'a CaseId, entry: &'a CapturedEntry);

    /// Its number.
    case: Text = case.as_str(),
    /// The connection.
    id: Text = Displayed(entry.id),
    /// What its verdicts amount to.
    tone: Text = named(cases::tone(&entry.entry.behavior, &entry.entry.behavior_close, true)),
    /// Verdict on what the testee did; null where the wire gives none.
    behavior: Option<Text> = entry.entry.behavior.told(),
    /// Verdict on how it closed; null where the wire gives none.
    behavior_close: Option<Text> = entry.entry.behavior_close.told(),
    /// Why there is no verdict.
    why: Option<Text> = verdicts::reason(entry),
}
