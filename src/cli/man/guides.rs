//! wslog-capture(7) and wslog-recipes(7).

use std::fmt::{self, Write};

use wslog::knowledge::guides::{GUIDES, Guide};

use crate::cli::man::{name, roff, see_also};

const CAPTURE: &str = "\
How to make a recording say more. `wslog explain` with the name of a guide shows the same text.";

const RECIPES: &str = "\
Common tasks, a command each. `wslog help recipes` shows the same text.";

/// The guide of common tasks, which has a page of its own.
const TASKS: &str = "recipes";

/// Every guide to recordings.
pub(super) fn capture() -> Result<String, fmt::Error> {
    let what = "how to record WebSocket so that it can be read";
    page("wslog-capture", what, CAPTURE, GUIDES.iter().filter(|guide| guide.name != TASKS))
}

/// The recipes.
pub(super) fn recipes() -> Result<String, fmt::Error> {
    page(
        "wslog-recipes",
        "common tasks, a command each",
        RECIPES,
        GUIDES.iter().filter(|guide| guide.name == TASKS),
    )
}

fn page(
    page: &str,
    what: &str,
    about: &str,
    guides: impl Iterator<Item = &'static Guide>,
) -> Result<String, fmt::Error> {
    let mut out = String::new();
    roff::title(&mut out, page, 7)?;
    name(&mut out, page, what)?;
    roff::section(&mut out, "DESCRIPTION")?;
    roff::paragraph(&mut out, about)?;
    for guide in guides {
        roff::section(&mut out, &guide.name.to_uppercase())?;
        roff::paragraph(&mut out, &format!("`wslog explain {}`: {}.", guide.name, guide.about))?;
        for part in guide.parts {
            roff::part(&mut out, part.title)?;
            for text in part.text {
                roff::paragraph(&mut out, text)?;
            }
            for way in part.ways {
                roff::entry(&mut out, way.of, way.source, way.text)?;
                if !way.lines.is_empty() {
                    // Under the term, not beside it.
                    writeln!(out, ".sp")?;
                    roff::lines(&mut out, way.lines)?;
                }
            }
        }
    }
    see_also(&mut out, page)?;
    Ok(out)
}
