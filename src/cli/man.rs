//! The manual: a page a command, made of the definitions that `--help` is made of, and pages of what is declared: the
//! rules, the causes, the guides, and the documents for programs.

mod causes;
mod guides;
mod inspect;
mod json;
mod limits;
mod roff;
mod rules;

use std::fmt::Write;
use std::io;

use clap::{Command, CommandFactory, ValueEnum};
use clap_mangen::Man;

use crate::cli::args::{Args, Page};

/// The source of a page.
pub(super) fn page(page: Page) -> anyhow::Result<String> {
    let mut command = Args::command();
    command.build();
    match page {
        Page::Wslog => overview(&command),
        Page::WslogInspect => one(&command, "inspect"),
        Page::WslogList => one(&command, "list"),
        Page::WslogFrames => one(&command, "frames"),
        Page::WslogMessages => one(&command, "messages"),
        Page::WslogDiff => one(&command, "diff"),
        Page::WslogCheck => one(&command, "check"),
        Page::WslogExplain => one(&command, "explain"),
        Page::WslogJson => Ok(json::page()?),
        Page::WslogRules => Ok(rules::page()?),
        Page::WslogCauses => Ok(causes::page()?),
        Page::WslogCapture => Ok(guides::capture()?),
        Page::WslogRecipes => Ok(guides::recipes()?),
    }
}

/// All commands, a line each.
fn overview(command: &Command) -> anyhow::Result<String> {
    let mut out = String::new();
    head(&mut out, "wslog", command)?;
    roff::section(&mut out, "SYNOPSIS")?;
    out.push_str("\\fBwslog\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]\n");
    of_clap(&mut out, |to| Man::new(command.clone()).render_description_section(to))?;
    roff::section(&mut out, "COMMANDS")?;
    for sub in command.get_subcommands() {
        roff::entry(&mut out, sub.get_name(), "", &about(sub))?;
    }
    further(&mut out, command)?;
    see_also(&mut out, "wslog")?;
    Ok(out)
}

/// One command in full.
fn one(command: &Command, name: &str) -> anyhow::Result<String> {
    let sub = command.find_subcommand(name).ok_or_else(|| anyhow::anyhow!("no command {name}"))?;
    let (page, mut out) = (format!("wslog-{name}"), String::new());
    head(&mut out, &page, sub)?;
    // clap_mangen leaves out what the short help leaves out.
    let man = Man::new(sub.clone().mut_args(|arg| arg.hide_short_help(false)));
    of_clap(&mut out, |to| man.render_synopsis_section(to))?;
    of_clap(&mut out, |to| man.render_description_section(to))?;
    of_clap(&mut out, |to| man.render_options_section(to))?;
    if name == "inspect" {
        inspect::sections(&mut out)?;
        limits::section(&mut out)?;
    }
    further(&mut out, sub)?;
    see_also(&mut out, &page)?;
    Ok(out)
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn head(out: &mut String, page: &str, command: &Command) -> std::fmt::Result {
    roff::title(out, page, 1)?;
    name(out, page, &about(command))
}

/// What whatis(1) tells.
fn name(out: &mut String, page: &str, about: &str) -> std::fmt::Result {
    roff::section(out, "NAME")?;
    writeln!(out, "{} \\- {}", roff::text(page), roff::text(about))
}

/// A section as clap makes it, without the preamble that it gives to each.
fn of_clap(out: &mut String, render: impl Fn(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut section = Vec::new();
    render(&mut section)?;
    out.push_str(&String::from_utf8_lossy(&section).replace(roff::PREAMBLE, ""));
    Ok(())
}

/// What `--help` has before and behind the options: headings that end in a colon, and below each its lines.
fn further(out: &mut String, command: &Command) -> std::fmt::Result {
    let parts = [command.get_before_long_help(), command.get_after_long_help()];
    let help: String = parts.into_iter().flatten().map(|part| format!("{part}\n")).collect();
    let mut block = Vec::new();
    for line in help.lines() {
        match line.strip_suffix(':').filter(|heading| !heading.starts_with(' ')) {
            Some(heading) => {
                literal(out, &mut block)?;
                roff::section(out, &heading.to_uppercase())?;
            }
            None => block.push(line.strip_prefix("  ").unwrap_or(line)),
        }
    }
    literal(out, &mut block)
}

/// Writes the lines of a section and takes them away.
fn literal(out: &mut String, lines: &mut Vec<&str>) -> std::fmt::Result {
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    if !lines.is_empty() {
        roff::lines(out, lines)?;
        lines.clear();
    }
    Ok(())
}

/// All pages but this one.
fn see_also(out: &mut String, page: &str) -> std::fmt::Result {
    roff::section(out, "SEE ALSO")?;
    let others = Page::value_variants().iter().filter_map(|other| {
        let name = other.to_possible_value()?.get_name().to_owned();
        (name != page).then(|| format!("\\fB{}\\fR({})", roff::text(&name), other.section()))
    });
    let others: Vec<_> = others.collect();
    writeln!(out, "{}", others.join(",\n"))
}
