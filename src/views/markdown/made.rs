//! How a page was made: from what, by which command, and what was left out of it.

use crate::model::{ConversationId, InputReport, Unused};
use crate::views::escape::visible;
use crate::views::markdown::connection::Lacks;
use crate::views::markdown::page::{Md, Page};
use crate::views::text::inputs::oddities;
use crate::views::{FrameList, Options, units};

/// Files that are named.
const NAMED: usize = 4;
/// Oddities of recordings that are told.
const ODDITIES: usize = 20;

/// The name of a file: in which directory it lay is nobody's business.
pub(super) fn name(path: &str) -> &str {
    match path {
        "-" => "standard input",
        path => path.rsplit(['/', '\\']).next().unwrap_or(path),
    }
}

/// What is odd about recordings, and what was not read.
pub(super) fn recordings(page: &mut Page, inputs: &[InputReport]) {
    let named = |input: &InputReport| Md::code(&visible(name(&input.path))).then(&Md::ours(": "));
    let mut items = Vec::new();
    for input in inputs {
        let odd = oddities(&input.weirds, |packet| format!("packet {packet}"));
        items.extend(odd.iter().map(|line| named(input).then(&Md::said(line))));
        if let Some(Unused::Failed(why)) = &input.unused {
            let why = why.replace(&input.path, name(&input.path));
            items.push(named(input).then(&Md::said(&format!("not read: {why}"))));
        }
    }
    let more = items.len().saturating_sub(ODDITIES);
    items.truncate(ODDITIES);
    if more > 0 {
        items.push(Md::said(&format!("… and {more} more")));
    }
    let mut inside = Page::new(page.room());
    inside.list(&items);
    page.fold("What the recordings lack", &inside);
}

/// The line at the end.
pub(super) fn line(
    options: &Options,
    inputs: &[InputReport],
    ids: &[ConversationId],
    lacks: Lacks,
    no_room: usize,
) -> Md {
    let read: Vec<_> = inputs.iter().filter(|input| input.unused.is_none()).collect();
    let mut files: Vec<_> = read.iter().take(NAMED).map(|input| file(input)).collect();
    if read.len() > NAMED {
        files.push(Md::said(&units::count((read.len() - NAMED) as u64, "more file")));
    }
    let made = Md::said(&format!("Made by wslog {} with ", env!("CARGO_PKG_VERSION")));
    let made = made.then(&Md::code(&command(options, ids, lacks.keys)));
    let of_some =
        if options.some && ids.is_empty() { ", of those connections that were asked for" } else { "" };
    let made = made.then(&Md::ours(of_some)).then(&Md::ours(" from ")).then(&Md::join(files, ", "));
    let mut out = Vec::new();
    if lacks.payloads {
        out.push(
            Md::ours("payloads of data frames (")
                .then(&Md::code("--payload preview"))
                .then(&Md::ours(" has them)")),
        );
    }
    if !options.secrets {
        out.push(Md::ours("secrets, where they are recognised"));
    }
    if lacks.frames > 0 {
        let frames = units::count(lacks.frames, "earlier frame");
        out.push(
            Md::said(&frames)
                .then(&Md::ours(" ("))
                .then(&Md::code("--frames all"))
                .then(&Md::ours(" has more)")),
        );
    }
    if lacks.details {
        out.push(
            Md::ours("fields of the handshake (").then(&Md::code("--details")).then(&Md::ours(" has them)")),
        );
    }
    if no_room > 0 {
        let parts =
            format!("{} for which there is no room in an issue", units::count(no_room as u64, "part"));
        out.push(Md::said(&parts));
    }
    let left_out = if out.is_empty() {
        Md::default()
    } else {
        Md::ours(" Left out: ").then(&Md::join(out, "; ")).then(&Md::ours("."))
    };
    let replaced = match options.anonymized {
        true => Md::ours(" Addresses, hosts, ids and names are replaced by others."),
        false => Md::default(),
    };
    Md::ours("<sub>")
        .then(&made)
        .then(&Md::ours("."))
        .then(&replaced)
        .then(&left_out)
        .then(&Md::ours("</sub>"))
}

/// A file that was read, and what is in it.
fn file(input: &InputReport) -> Md {
    let mut parts = vec![input.kind.to_owned()];
    if input.packets > 0 {
        parts.push(units::count(input.packets, "packet"));
    }
    parts.push(units::bytes(input.bytes));
    if let (Some(first), Some(last)) = (input.first_at, input.last_at) {
        parts.push(units::date_time(first));
        parts.push(units::duration(last.since(first).max(0)));
    }
    Md::code(&visible(name(&input.path))).then(&Md::said(&format!(" ({})", parts.join(", "))))
}

/// What has the same result, without the names of files.
fn command(options: &Options, ids: &[ConversationId], keys: bool) -> String {
    let mut command = "wslog inspect --format markdown".to_owned();
    if options.some && !ids.is_empty() {
        let ids: Vec<_> = ids.iter().map(ConversationId::to_string).collect();
        command.push_str(&format!(" --connection {}", ids.join(",")));
    }
    if keys {
        command.push_str(" --keylog FILE");
    }
    if options.details {
        command.push_str(" --details");
    }
    match options.frames {
        FrameList::Ends => {}
        FrameList::All => command.push_str(" --frames all"),
        FrameList::None => command.push_str(" --frames none"),
    }
    match (options.payloads, options.whole) {
        (false, _) => {}
        (true, false) => command.push_str(" --payload preview"),
        (true, true) => command.push_str(" --payload full"),
    }
    if options.secrets {
        command.push_str(" --no-redact");
    }
    if options.anonymized {
        command.push_str(" --anonymize");
    }
    command
}
