//! The page of a run: what stands in it, and how it is written.

use std::collections::BTreeMap;

use askama::Template;

use crate::model::case::CaseId;
use crate::model::run::RunSource;
use crate::views::escape::visible;
use crate::views::html::shell;
use crate::views::run::{doubts, whose};
use crate::views::units;

/// What the page lacks without a script.
const PLAIN: &str = "With JavaScript it is searched, filtered and sorted.";
/// More entries than these have a place of their own to scroll in.
const MANY: usize = 30;

/// All but head and foot.
#[derive(Debug, Default, Template)]
#[template(path = "run.html", config = "src/views/html/askama.toml")]
pub(super) struct Page {
    pub(super) summary: String,
    /// How it came out, as the class of its colour, and what the gate says.
    pub(super) tone: &'static str,
    pub(super) gate: String,
    pub(super) hint: Option<String>,
    pub(super) sources: Vec<Source>,
    /// Accepted changes that are not there.
    pub(super) stale: Vec<String>,
    /// Names of the counts of an agent, its own first.
    pub(super) totals: Vec<&'static str>,
    pub(super) agents: Vec<Agent>,
    /// Counts by section of the suite: header and rows.
    pub(super) sections: (Vec<&'static str>, Vec<Vec<String>>),
    pub(super) kinds: Vec<Kind>,
    /// What entries are, and what stands in them behind kind, case and agent.
    pub(super) of: &'static str,
    pub(super) heads: &'static [&'static str],
    pub(super) entries: Vec<Entry>,
    /// Cells by case and place of the agent.
    pub(super) cells: BTreeMap<CaseId, BTreeMap<usize, Cell>>,
}

/// How something looks: the class of its colour, and a sign for those who see none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
}

/// Where a run came from.
#[derive(Debug)]
pub(super) struct Source {
    name: &'static str,
    path: String,
    cases: String,
    pub(super) remarks: Vec<String>,
    pub(super) contradictions: Vec<(String, String)>,
}

/// A column of the matrix, and the counts of its cases, each with its class.
#[derive(Debug)]
pub(super) struct Agent {
    name: String,
    counts: Vec<(u64, &'static str)>,
}

/// A kind of entries.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) look: Look,
    pub(super) name: &'static str,
    pub(super) count: u64,
}

/// What is told of a case, or of a run.
#[derive(Debug)]
pub(super) struct Entry {
    /// Place of its kind, and of its agent.
    pub(super) kind: usize,
    pub(super) agent: Option<usize>,
    pub(super) section: Option<u32>,
    pub(super) look: Look,
    /// The kind in words.
    pub(super) told: &'static str,
    pub(super) case: String,
    pub(super) whose: String,
    pub(super) verdicts: Vec<String>,
    pub(super) why: String,
    pub(super) is_accepted: bool,
}

/// A case of an agent.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// Place of the entry that tells more.
    pub(super) entry: Option<usize>,
    pub(super) look: Look,
    pub(super) text: String,
    pub(super) title: String,
    pub(super) is_accepted: bool,
}

/// Text of a report, made fit to be seen; the template escapes it.
pub(super) fn shown(text: &str) -> String {
    visible(text).into_owned()
}

impl Source {
    pub(super) fn new(name: &'static str, source: &RunSource) -> Self {
        let told = source.contradictions.iter();
        let told = told.map(|told| (shown(&whose(&told.testee, told.case.as_ref())), shown(&told.detail)));
        Self {
            name,
            path: shown(&source.path),
            cases: units::count(source.cases, "case"),
            remarks: doubts(source).into_iter().collect(),
            contradictions: told.collect(),
        }
    }

    fn contradicted(&self) -> String {
        units::count(self.contradictions.len() as u64, "contradiction")
    }
}

impl Page {
    /// The next column, with the counts of its cases.
    pub(super) fn agent(&mut self, name: &str, counts: impl IntoIterator<Item = (u64, &'static str)>) {
        let counts = counts.into_iter().map(|(count, class)| (count, if count > 0 { class } else { "" }));
        self.agents.push(Agent { name: shown(name), counts: counts.collect() });
    }

    /// A case of the agent at that place.
    pub(super) fn put(&mut self, case: &CaseId, agent: usize, cell: Cell) {
        self.cells.entry(case.clone()).or_default().insert(agent, cell);
    }

    /// The entry that comes next is about that case, which need not have run. Of several the first is the one to see.
    pub(super) fn mark(&mut self, case: &CaseId, agent: usize, look: Look, title: &str) {
        let entry = Some(self.entries.len());
        let cell = self.cells.entry(case.clone()).or_default().entry(agent);
        let cell = cell.or_insert_with(|| Cell { text: "·".to_owned(), ..Cell::default() });
        if cell.entry.is_none() {
            *cell = Cell {
                entry,
                look,
                title: shown(title),
                text: std::mem::take(&mut cell.text),
                ..Cell::default()
            };
        }
    }

    /// The whole page; `about` is its name.
    pub(super) fn written(self, about: &str) -> String {
        shell::RUN.head(Some(about)) + &self.to_string() + &shell::RUN.foot(PLAIN)
    }

    fn counted(&self) -> String {
        let cases = units::count(self.cells.len() as u64, "case");
        format!("{cases}, {}", units::count(self.agents.len() as u64, "agent"))
    }

    fn is_long(&self) -> bool {
        self.entries.len() > MANY
    }

    /// The cells of a case, one for each column.
    fn row<'p>(&'p self, cells: &'p BTreeMap<usize, Cell>) -> impl Iterator<Item = Option<&'p Cell>> {
        (0..self.agents.len()).map(|agent| cells.get(&agent))
    }
}
