//! Rows for people: in lines of the page's width, or as Markdown. Widths are fixed before the first row, so that rows need not
//! wait for one another.

use crate::knowledge::Blame;
use crate::knowledge::words::shorten;
use crate::model::{Conversation, Level, PerRole, Role};
use crate::redact::Shown;
use crate::views::escape::{self, visible};
use crate::views::list::{broken, frames, host};
use crate::views::text::Style;
use crate::views::text::layout::Paint;
use crate::views::units;

/// What stands for what is not known, or not there.
const NONE: &str = "–";

/// Least columns of what gives way.
const LEAST: usize = 12;

/// A column of the table.
struct Column {
    name: &'static str,
    /// Characters; 0 for the one that takes what the others leave.
    width: usize,
    /// It stands on pages that are as wide.
    from: u16,
    /// Numbers stand to the right.
    right: bool,
    cell: fn(&Conversation<Shown>) -> String,
}

/// Narrower pages have the time of day without its date, and the target without its host.
const WIDE: u16 = 110;

const fn column(
    name: &'static str,
    (width, from): (usize, u16),
    right: bool,
    cell: fn(&Conversation<Shown>) -> String,
) -> Column {
    Column { name, width, from, right, cell }
}

const COLUMNS: &[Column] = &[
    column("#", (6, 0), true, |r| r.id.to_string()),
    column("started", (19, 0), false, started),
    column("lasted", (8, 0), true, lasted),
    column("client", (21, 150), false, |r| address(r, Role::Client)),
    column("server", (21, 200), false, |r| address(r, Role::Server)),
    column("host and target", (0, 0), false, place),
    column("status", (6, 130), true, |r| known(r.response.as_ref().map(|response| response.status))),
    column("codes c/s", (9, 0), false, |r| pair(Role::BOTH.map(|role| code(r, role)))),
    column("told c/s", (9, 130), false, |r| {
        pair(Role::BOTH.map(|role| known(r.closing.sees[role].code.map(|code| code.0))))
    }),
    column("frames", (11, 160), false, |r| pair(Role::BOTH.map(|role| known(frames(r, role))))),
    column("cause", (21, 0), false, |r| known(r.closing.cause.as_ref().map(|cause| cause.id()))),
    column("by", (7, 0), false, |r| {
        known(r.closing.cause.as_ref().and_then(|cause| cause.by).map(Blame::name))
    }),
    column("broken", (6, 110), false, |r| match [Level::Must, Level::Should].map(|level| broken(r, level)) {
        [0, 0] => String::new(),
        [must, should] => format!("{must}+{should}"),
    }),
];

fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| value.to_string())
}

fn pair([client, server]: [String; 2]) -> String {
    format!("{client}/{server}")
}

fn started(r: &Conversation<Shown>) -> String {
    let to_the_second = |at| units::date_time(at).get(..19).map(str::to_owned);
    known(r.started_at.and_then(to_the_second))
}

fn lasted(r: &Conversation<Shown>) -> String {
    known(r.started_at.zip(r.ended_at).map(|(start, end)| units::duration(end.since(start).max(0))))
}

fn address(r: &Conversation<Shown>, role: Role) -> String {
    known(r.tcp.map(|tcp| PerRole { client: tcp.client, server: tcp.server }[role]))
}

/// Where it went to: as far as the request shows, else the server's address.
fn place(r: &Conversation<Shown>) -> String {
    if let Some(case) = r.case.as_deref() {
        return visible(&format!("{} {}", case.report.agent, case.report.id)).into_owned();
    }
    let host = host(r).map_or_else(|| address(r, Role::Server), |host| visible(host).into_owned());
    format!("{host}{}", target(r).unwrap_or_default())
}

fn target(r: &Conversation<Shown>) -> Option<String> {
    let target = r.request.as_ref().map(|request| visible(&request.target).into_owned());
    target.filter(|_| r.case.is_none())
}

fn code(r: &Conversation<Shown>, role: Role) -> String {
    let side = &r.closing.sides[role];
    match (side.sent_close, side.code) {
        (None, _) => "?".to_owned(),
        (Some(false), _) => NONE.to_owned(),
        (Some(true), None) => "empty".to_owned(),
        (Some(true), Some(code)) => code.to_string(),
    }
}

/// The columns that a page has room for, with their widths.
fn columns(style: &Style) -> impl Iterator<Item = (&'static Column, usize)> {
    let page = usize::from(style.width);
    let width = |column: &Column| match column.name {
        "started" if style.width < WIDE => 8,
        _ => column.width,
    };
    let shown = COLUMNS.iter().filter(|column| column.from <= style.width);
    let taken: usize = shown.clone().map(|column| width(column) + 1).sum();
    let rest = page.saturating_sub(taken).max(LEAST);
    shown.map(move |column| (column, if column.width == 0 { rest } else { width(column) }))
}

/// The line above the rows.
pub(super) fn head(style: &Style) -> Vec<u8> {
    let mut line = String::new();
    for (column, width) in columns(style) {
        let name = if column.width == 0 && style.width < WIDE { "target" } else { column.name };
        cell(&mut line, name, width, column.right);
    }
    let mut head = style.paint(Paint::Faint, line.trim_end()).into_bytes();
    head.push(b'\n');
    head
}

/// The line of a connection.
pub(super) fn row(out: &mut Vec<u8>, r: &Conversation<Shown>, style: &Style) {
    let mut line = String::new();
    for (column, width) in columns(style) {
        let text = (column.cell)(r);
        let is_wide = style.width >= WIDE;
        let text = match column.width {
            0 if is_wide => shorten(&text, width),
            0 => shorten(&target(r).unwrap_or(text), width),
            _ if !is_wide && column.name == "started" => text.get(11..).unwrap_or(&text).to_owned(),
            // What is too long here is shown all the same.
            _ => text,
        };
        cell(&mut line, &text, width, column.right);
    }
    out.extend_from_slice(line.trim_end().as_bytes());
    out.push(b'\n');
}

fn cell(line: &mut String, text: &str, width: usize, right: bool) {
    let space = width.saturating_sub(text.chars().count());
    line.extend(std::iter::repeat_n(' ', if right { space } else { 0 }));
    line.push_str(text);
    line.extend(std::iter::repeat_n(' ', if right { 1 } else { space + 1 }));
}

/// The first two lines of the table in Markdown.
pub(super) fn markdown_head() -> Vec<u8> {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    let rules: Vec<_> = COLUMNS.iter().map(|column| if column.right { "--:" } else { "---" }).collect();
    format!("| {} |\n|{}|\n", names.join(" | "), rules.join("|")).into_bytes()
}

/// The line of a connection in Markdown.
pub(super) fn markdown(out: &mut Vec<u8>, r: &Conversation<Shown>) {
    for column in COLUMNS {
        out.extend_from_slice(b"| ");
        out.extend_from_slice(escape::markdown(&(column.cell)(r)).as_bytes());
        out.push(b' ');
    }
    out.extend_from_slice(b"|\n");
}
