//! Few connections, each in a row.

use std::collections::BTreeMap;

use crate::knowledge::Tone;
use crate::knowledge::words::shorten;
use crate::model::{Conversation, ConversationId, InputReport, Role};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::text::layout::{Paint, Style};
use crate::views::text::{cases, connection};
use crate::views::wording;

/// One connection in the overview.
#[derive(Debug)]
pub(in crate::views) struct Row {
    pub(in crate::views) id: ConversationId,
    pub(in crate::views) input: usize,
    pub(in crate::views) tone: Tone,
    pub(in crate::views) is_case: bool,
    cells: BTreeMap<Column, String>,
}

/// What a row says, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::views) enum Column {
    Tone,
    Id,
    File,
    Case,
    Agent,
    Verdict,
    Client,
    Server,
    Target,
    Status,
    Frames,
    What,
    Codes,
}

impl Column {
    const ALL: [Self; 13] = [
        Self::Tone,
        Self::Id,
        Self::File,
        Self::Case,
        Self::Agent,
        Self::Verdict,
        Self::Client,
        Self::Server,
        Self::Target,
        Self::Status,
        Self::Frames,
        Self::What,
        Self::Codes,
    ];

    pub(in crate::views) const fn header(self) -> &'static str {
        match self {
            Self::Tone => "",
            Self::Id => "#",
            Self::File => "file",
            Self::Case => "case",
            Self::Agent => "agent",
            Self::Verdict => "verdict / closing",
            Self::Client => "client",
            Self::Server => "server",
            Self::Target => "target",
            Self::Status => "status",
            Self::Frames => "frames",
            Self::What => "what happened",
            Self::Codes => "codes c/s",
        }
    }

    const fn gives_way(self) -> bool {
        matches!(self, Self::File | Self::Agent | Self::Target | Self::What)
    }
}

/// From so many columns of the page on there is room for addresses, and for status and frames.
const ADDRESSES: usize = 110;
const FIGURES: usize = 140;

impl Row {
    pub(super) fn new(report: &Conversation<Shown>) -> Self {
        let closing = &report.closing;
        let codes = |close: &crate::model::SideClose<Shown>| match (close.sent_close, close.code) {
            (None, _) => "?".to_owned(),
            (Some(false), _) => "–".to_owned(),
            (Some(true), None) => "empty".to_owned(),
            (Some(true), Some(code)) => code.to_string(),
        };
        let target = report.request.as_ref().map_or("–", |r| &*r.target);
        let mut tone = connection::tone(report);
        let headline = match &closing.cause {
            Some(cause) => format!("{} · {}", cause.headline(report), cause.id()),
            None => wording::outcome_of(report).to_owned(),
        };
        let traffic = &report.traffic;
        let mut cells = BTreeMap::from([
            (Column::Id, report.id.to_string()),
            (Column::Client, wording::address(report, Role::Client)),
            (Column::Server, wording::address(report, Role::Server)),
            (Column::Target, shorten(&visible(target), 40)),
            (Column::Status, report.response.as_ref().map_or("–".to_owned(), |r| r.status.to_string())),
            (Column::Frames, format!("{}+{}", traffic.client.frame_count(), traffic.server.frame_count())),
            (Column::What, headline),
            (Column::Codes, format!("{} / {}", codes(&closing.sides.client), codes(&closing.sides.server))),
        ]);
        if let Some(record) = report.case.as_deref() {
            let case = &record.report;
            tone = cases::tone(&case.behavior, &case.behavior_close, record.recomputed.agrees);
            let verdict = [case.behavior.as_str(), case.behavior_close.as_str()].map(visible).join(" / ");
            cells.insert(Column::Case, case.id.to_string());
            cells.insert(Column::Agent, shorten(&visible(&case.agent), 40));
            cells.insert(Column::Verdict, verdict);
        }
        Self { id: report.id, input: report.input, tone, is_case: report.case.is_some(), cells }
    }
}

impl Row {
    /// What it says in a column; a dash where that is nothing.
    pub(in crate::views) fn cell(&self, column: Column) -> &str {
        self.cells.get(&column).map_or("–", String::as_str)
    }
}

/// A row a connection, with its file where there is more than one.
pub(super) fn table(rows: &[Row], inputs: &[InputReport], style: &Style) -> String {
    let are_cases = rows.iter().any(|row| row.is_case);
    let in_files = inputs.iter().filter(|input| input.unused.is_none()).count() > 1;
    let is_shown = |column: &Column| match column {
        Column::File => in_files && (!are_cases || style.columns() >= FIGURES),
        Column::Case | Column::Agent | Column::Verdict => are_cases,
        Column::Client | Column::Server => style.columns() >= ADDRESSES && !are_cases,
        Column::Status | Column::Frames => style.columns() >= FIGURES,
        Column::Target => !are_cases,
        _ => true,
    };
    let columns: Vec<Column> = Column::ALL.into_iter().filter(is_shown).collect();
    let cells = rows.iter().map(|row| {
        let cell = |column: &Column| match column {
            Column::Tone => style.cell(Paint::from(row.tone), sign(row.tone)),
            Column::File => inputs.get(row.input).map_or("–".to_owned(), |input| {
                let name = input.path.rsplit('/').next().unwrap_or(&input.path);
                shorten(&visible(name), 40)
            }),
            column => row.cell(*column).to_owned(),
        };
        columns.iter().map(cell).collect()
    });
    let header: Vec<_> = columns.iter().map(|column| column.header()).collect();
    let flexible: Vec<_> =
        columns.iter().enumerate().filter(|(_, column)| column.gives_way()).map(|(i, _)| i).collect();
    style.table(&header, cells, &[1], &flexible)
}

/// What stands beside a connection, so that colour is not the only sign.
pub(in crate::views) const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Normal => "✓",
        Tone::Unknown => "?",
        Tone::Odd => "!",
        Tone::Fault => "✗",
    }
}
