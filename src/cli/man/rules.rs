//! wslog-rules(7).

use std::fmt;

use wslog::model::RULES;
use wslog::views::explain::{reaction, rule_who};

use crate::cli::man::{name, roff, see_also};

const ABOUT: &str = "\
What a finding of `wslog inspect` can be about. For each rule: its level, who can break it, the clauses it is based on, what \
it says, and how the other side reacts to a breach. `wslog explain RULE` says more: what is behind a breach, where to look \
next, and what it looks like on the wire.";

const LEVELS: [(&str, &str); 3] = [
    ("must", "A MUST of an RFC; the side that breaks it is at fault."),
    ("should", "A SHOULD of an RFC."),
    ("note", "Legal, or nobody's fault, but worth knowing."),
];

pub(super) const CERTAINTY: [(&str, &str); 3] = [
    ("proven", "It follows from what the recording shows of the sender's own bytes and their order."),
    (
        "likely",
        "It also depends on something else: on timing, on a host's acknowledgement (which says nothing about its application), \
         on an RST or FIN that could be forged, or on the order in the recording.",
    ),
    (
        "undetermined",
        "One of several interpretations: shown, never counted, and never a reason to fail a build.",
    ),
];

/// Every rule, in the order of the table.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-rules", String::new());
    roff::title(&mut out, page, 7)?;
    name(&mut out, page, "the rules that WebSocket connections are judged by")?;
    roff::section(&mut out, "DESCRIPTION")?;
    roff::paragraph(&mut out, ABOUT)?;
    roff::section(&mut out, "LEVELS")?;
    roff::paragraph(&mut out, "The level of a rule; a finding can have a lower one.")?;
    for (level, what) in LEVELS {
        roff::entry(&mut out, level, "", what)?;
    }
    roff::section(&mut out, "CERTAINTY")?;
    roff::paragraph(&mut out, "How certain a finding is.")?;
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
