//! wslog-causes(7).

use std::fmt;

use wslog::explain;
use wslog::model::topic::Topic;
use wslog::views::explain as words;

use crate::cli::man::rules::CERTAINTY;
use crate::cli::man::{name, roff, see_also};

const ABOUT: &str = "\
What `wslog inspect` says about the end of a connection: the outcome is what was seen of the end, the cause is why. For each cause: \
when it applies, on what evidence, what never to conclude from it, and where to look next. `wslog explain CAUSE` also shows what it \
looks like on the wire.";

const PRECEDENCE: &str = "\
The causes are in order of precedence: if the evidence fits several, the first that is at least likely is the cause, and the others \
are runners-up. If none is likely, the first is the cause. One exception: a browser that goes away ends TCP right after its Close, so \
a browser's going_away comes before close_cut_short.";

const BLAME: &str = "\
The side whose behaviour ended the connection: client, server, both, or between (something on the path). Nobody if the recording \
does not show it.";

const APPLICATIONS: &str = "\
Applications, and protocols inside WebSocket, that have published what their close codes mean or whose messages say why they end. \
If the opening handshake identifies one, the cause says what its code probably means there (anybody may use such a name), and what \
the last message announced.";

const OUTCOMES: &str = "\
`--fail-on` counts every outcome except clean, clean_tcp_reset, open and encrypted as unclean.";

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
