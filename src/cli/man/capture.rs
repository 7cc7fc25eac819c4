//! wslog-capture(7).

use std::fmt::{self, Write};

use wslog::explain;
use wslog::model::topic::Topic;

use crate::cli::man::{name, roff, see_also};

const ABOUT: &str = "\
What is to be done for a recording to say more. `wslog explain` with the name of a guide shows the same.";

/// Every guide.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-capture", String::new());
    roff::title(&mut out, page, 7)?;
    name(&mut out, page, "recordings of WebSocket that can be read")?;
    roff::section(&mut out, "DESCRIPTION")?;
    roff::paragraph(&mut out, ABOUT)?;
    for topic in explain::all_guides() {
        let Topic::Guide(guide) = topic else { continue };
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
