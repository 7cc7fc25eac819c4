//! wslog-causes(7).

use std::fmt;

use wslog::explain;
use wslog::model::topic::Topic;
use wslog::views::explain as words;

use crate::cli::man::rules::CERTAINTY;
use crate::cli::man::{name, roff, see_also};

const ABOUT: &str = "\
What `wslog inspect` says of the end of a connection: the outcome is what was seen of it, the cause is why. Of each cause: \
when it is the one, on what evidence, what must never be concluded from it, and where to look next. `wslog explain` with the \
name of a cause shows what it looks like on the wire as well.";

const PRECEDENCE: &str = "\
The causes stand in the order of precedence: where the evidence fits several, the first of them that is at least likely is the \
cause, and the others are its runners-up. Where none is likely, the first is the cause. One exception: a browser that goes \
away ends TCP right behind its Close, so that going_away of a browser comes before close_cut_short.";

const BLAME: &str = "\
The side whose behaviour ended the connection: client, server, both, or between, which is something that is neither. Nobody where \
that cannot be told.";

const APPLICATIONS: &str = "\
Applications, and protocols that are spoken inside WebSocket, that have published what their close codes mean, or whose messages \
say why they end. Where one is recognised by the opening handshake, the cause says what its code means there (probably: \
anybody may use such a name), and what the last message announced.";

const OUTCOMES: &str = "\
`--fail-on` takes every outcome but clean, clean_tcp_reset and open for unclean.";

/// Every cause in the order of precedence, and every outcome.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-causes", String::new());
    roff::title(&mut out, page, 7)?;
    name(&mut out, page, "why WebSocket connections end")?;
    roff::section(&mut out, "DESCRIPTION")?;
    roff::paragraph(&mut out, ABOUT)?;
    roff::section(&mut out, "PRECEDENCE")?;
    roff::paragraph(&mut out, PRECEDENCE)?;
    roff::section(&mut out, "BLAME")?;
    roff::paragraph(&mut out, BLAME)?;
    roff::section(&mut out, "CERTAINTY")?;
    roff::paragraph(&mut out, "How sure a cause is.")?;
    for (certainty, what) in CERTAINTY {
        roff::entry(&mut out, certainty, "", what)?;
    }
    roff::section(&mut out, "CAUSES")?;
    for topic in explain::all_causes() {
        let Topic::Cause(topic) = topic else { continue };
        let cause = topic.cause;
        let evidence =
            [("Proven", cause.proven), ("Likely", cause.likely), ("Undetermined", cause.undetermined)];
        let evidence =
            evidence.into_iter().filter_map(|(certainty, what)| Some(format!(" {certainty}: {}.", what?)));
        let text = format!(
            "{}.{} Never conclude {}. Look next at: {}.",
            capital(cause.when),
            evidence.collect::<String>(),
            cause.never,
            cause.next.join("; ")
        );
        roff::entry(&mut out, cause.name, "", &text)?;
    }
    roff::section(&mut out, "APPLICATIONS")?;
    roff::paragraph(&mut out, APPLICATIONS)?;
    for topic in explain::all_applications() {
        let Topic::Application(application) = topic else { continue };
        let known_by = words::known_by(application).join("; ");
        let codes = application.codes.iter().map(|own| format!(" {}: {}.", words::own_code(own), own.means));
        let endings =
            application.endings.iter().map(|ending| format!(" {}.", capital(&words::ending(ending))));
        let said: String = codes.chain(endings).collect();
        let text = format!("Known by {known_by}.{said} Source: {}", application.source);
        roff::entry(&mut out, application.name, "", &text)?;
    }
    roff::section(&mut out, "OUTCOMES")?;
    roff::paragraph(&mut out, OUTCOMES)?;
    for topic in explain::all_outcomes() {
        let Topic::Outcome(row) = topic else { continue };
        let text = format!("{}. Look next at: {}.", capital(row.means), row.next.join("; "));
        roff::entry(&mut out, row.outcome.name(), "", &text)?;
    }
    see_also(&mut out, page)?;
    Ok(out)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}
