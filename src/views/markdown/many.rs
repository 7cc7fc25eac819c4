//! Several connections: a row each, or, of many, a row for each kind of end, the worst first.

use crate::knowledge::Tone;
use crate::model::{ConversationId, InputReport};
use crate::redact::Gist;
use crate::views::escape::visible;
use crate::views::markdown::made;
use crate::views::markdown::page::{Md, Page};
use crate::views::text::cases::Cases;
use crate::views::text::encrypted::Encrypted;
use crate::views::text::layout::Paint;
use crate::views::text::overview::{Column, Row, sign};
use crate::views::text::stories::{SHOWN, SOUND, Stories, Story, how};

/// Kinds that are explained in sentences.
const EXPLAINED: usize = 4;

/// A row a connection.
pub(super) fn rows(page: &mut Page, rows: &[Row], inputs: &[InputReport]) {
    let are_cases = rows.iter().any(|row| row.is_case);
    let in_files = inputs.iter().filter(|input| input.unused.is_none()).count() > 1;
    let columns = [
        (Column::Tone, true),
        (Column::Id, true),
        (Column::File, in_files && !are_cases),
        (Column::Case, are_cases),
        (Column::Agent, are_cases),
        (Column::Verdict, are_cases),
        (Column::Client, !are_cases),
        (Column::Server, !are_cases),
        (Column::Target, !are_cases),
        (Column::What, true),
        (Column::Codes, true),
    ];
    let columns = columns.into_iter().filter(|(_, is_shown)| *is_shown).map(|(column, _)| column);
    let name = |column: Column| match column {
        Column::Id => "id",
        Column::Codes => "Close codes: client / server",
        column => column.header(),
    };
    let header: Vec<_> = columns.clone().map(name).collect();
    let cell = |row: &Row, column: Column| match column {
        Column::Tone => Md::ours(sign(row.tone)),
        Column::File => {
            inputs.get(row.input).map_or(Md::ours("–"), |input| Md::code(&visible(made::name(&input.path))))
        }
        Column::Id => Md::code(&format!("#{}", row.cell(column))),
        Column::Agent | Column::Verdict | Column::Client | Column::Server | Column::Target => {
            Md::code(row.cell(column))
        }
        column => Md::said(row.cell(column)),
    };
    let rows: Vec<Vec<Md>> =
        rows.iter().map(|row| columns.clone().map(|column| cell(row, column)).collect()).collect();
    page.table(&header, &rows);
}

/// How many of which tone or verdict.
fn counts(parts: &[(String, Paint)]) -> Md {
    Md::join(parts.iter().map(|(text, _)| Md::said(text)), " · ")
}

/// Kinds of ends, the worst first; `apart` is told by itself.
pub(super) fn stories(page: &mut Page, stories: &Stories, details: bool, apart: Option<ConversationId>) {
    page.paragraph(&counts(&stories.counts()));
    let [odd, sound] = stories.kinds();
    let (most_odd, most_sound) = if details { (odd.len(), sound.len()) } else { (SHOWN, SOUND) };
    let told = odd.iter().take(most_odd).chain(sound.iter().take(most_sound));
    let row = |(gist, story): &(&Gist, &Story)| {
        vec![
            Md::ours(sign(gist.tone)),
            Md::said(&story.count.to_string()),
            Md::said(&format!("{}: {}", story.headline, how(gist))),
            story.places().map_or_else(Md::default, |places| Md::code(&places)),
            story.when().map_or_else(Md::default, |when| Md::said(&when)),
            Md::code(&format!("#{}", story.example)),
        ]
    };
    let rows: Vec<_> = told.clone().map(row).collect();
    page.table(&["", "connections", "what happened", "where", "when", "e.g."], &rows);
    let rest = [
        stories.rest(&odd, most_odd, |tone| tone >= Tone::Odd),
        stories.rest(&sound, most_sound, |tone| tone < Tone::Odd),
    ];
    let rest: Vec<_> = rest.iter().flatten().map(|rest| Md::said(rest)).collect();
    page.paragraph(&Md::join(rest, " "));
    let explained = if details { most_odd } else { EXPLAINED };
    let explained: Vec<_> = odd
        .iter()
        .take(explained)
        .filter(|(_, story)| apart != Some(story.example))
        .map(|(_, story)| {
            Md::code(&format!("#{}", story.example)).then(&Md::ours(": ")).then(&Md::said(&story.told))
        })
        .collect();
    page.list(&explained);
    let rules = stories.rules();
    if !rules.is_empty() {
        page.paragraph(&Md::said(&format!("Rules broken: {}", rules.join(", "))));
    }
}

/// Cases of the Autobahn Testsuite, those that are not OK in a row each.
pub(super) fn cases(page: &mut Page, cases: &Cases) {
    let (head, parts) = cases.counts();
    page.paragraph(&Md::said(&head));
    page.paragraph(&counts(&parts));
    let row = |row: &crate::views::text::cases::Row| {
        vec![
            Md::ours(sign(row.tone)),
            Md::code(&format!("#{}", row.id)),
            Md::code(&row.case.to_string()),
            Md::code(&row.agent),
            Md::said(&row.verdict),
            Md::said(&row.broke),
            Md::said(&row.why),
        ]
    };
    let rows: Vec<_> = cases.rows.iter().map(row).collect();
    page.table(&["", "connection", "case", "agent", "verdict / closing", "testee broke", "to fix"], &rows);
    page.paragraph(&cases.rest().map_or_else(Md::default, |rest| Md::said(&rest)));
    page.list(&cases.broken().iter().map(|line| Md::said(line)).collect::<Vec<_>>());
}

/// Those that nobody can read.
pub(super) fn encrypted(page: &mut Page, encrypted: &Encrypted) {
    let (head, rows, rest) = encrypted.told();
    page.paragraph(&Md::said(&format!("{head}.")));
    let row = |[count, host, cause, when, first]: &[String; 5]| {
        vec![Md::said(count), Md::code(host), Md::code(cause), Md::said(when), Md::code(&format!("#{first}"))]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    page.table(&["connections", "host", "cause", "that is", "the first"], &rows);
    page.paragraph(&rest.map_or_else(Md::default, |rest| Md::said(&rest)));
}
