//! wslog-rules(7).

use std::fmt;

use wslog::model::RULES;
use wslog::views::explain::{reaction, rule_who};

use crate::cli::man::{name, roff, see_also};

const ABOUT: &str = "\
What a finding of `wslog inspect` can be about. Of each rule: its level, who can break it, the clauses it rests on, what it \
says, and what the other side does about a breach. `wslog explain` with the name of a rule tells more: what is behind a \
breach, where to look next, and what it looks like on the wire.";

const LEVELS: [(&str, &str); 3] = [
    ("must", "A MUST of an RFC; who breaks it is at fault."),
    ("should", "A SHOULD of an RFC."),
    ("note", "Legal, or nobody's fault, but worth knowing."),
];

pub(super) const CERTAINTY: [(&str, &str); 3] = [
    ("proven", "It follows from what the recording shows of the sender's own bytes and their order."),
    (
        "likely",
        "It rests on something else too: on time, on a host's acknowledgement (which says nothing of its application), on an \
         RST or FIN in somebody's name, on the order of the recording.",
    ),
    ("undetermined", "One of several readings: shown, never counted, and no reason to fail a build."),
];

/// Every rule, in the order of the table.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-rules", String::new());
    roff::title(&mut out, page, 7)?;
    name(&mut out, page, "the rules that WebSocket connections are judged by")?;
    roff::section(&mut out, "DESCRIPTION")?;
    roff::paragraph(&mut out, ABOUT)?;
    roff::section(&mut out, "LEVELS")?;
    roff::paragraph(&mut out, "How much a rule weighs; a finding can weigh less than its rule.")?;
    for (level, what) in LEVELS {
        roff::entry(&mut out, level, "", what)?;
    }
    roff::section(&mut out, "CERTAINTY")?;
    roff::paragraph(&mut out, "How sure a finding is.")?;
    for (certainty, what) in CERTAINTY {
        roff::entry(&mut out, certainty, "", what)?;
    }
    roff::section(&mut out, "RULES")?;
    for rule in RULES {
        let weight = format!("{}; {}; {}", rule.level.name(), rule_who(rule), rule.section());
        let peer = reaction(rule).map_or_else(String::new, |peer| format!(" The other side: {peer}."));
        roff::entry(&mut out, rule.name, &weight, &format!("{}.{peer}", rule.says))?;
    }
    see_also(&mut out, page)?;
    Ok(out)
}
