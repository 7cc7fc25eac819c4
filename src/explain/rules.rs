//! What there is to say of a rule beyond its row in the table, and examples that make a finding of it or nearly so.

mod closing;
mod compression;
mod frames;
mod handshake;
mod request;
mod response;
mod timing;

use crate::explain::script;
use crate::model::RuleId;
use crate::model::topic::Example;

/// More about a rule.
#[derive(Debug)]
pub(super) struct More {
    rule: RuleId,
    /// What the other side does about it, where the reaction of the table does not say it all.
    pub(super) peer: Option<&'static str>,
    /// Why it is there, and what follows when it is broken.
    pub(super) text: &'static str,
    /// Where to look then.
    pub(super) next: &'static [&'static str],
    shows: &'static [Show],
}

/// An example as it is written down.
#[derive(Debug)]
struct Show {
    title: &'static str,
    reported: bool,
    deflate: bool,
    script: &'static str,
}

/// An example that makes a finding of the rule.
const fn found(title: &'static str, script: &'static str) -> Show {
    Show { title, reported: true, deflate: false, script }
}

/// One that comes near to it and is legal.
const fn legal(title: &'static str, script: &'static str) -> Show {
    Show { title, reported: false, deflate: false, script }
}

impl Show {
    /// The same with permessage-deflate agreed.
    const fn deflate(self) -> Self {
        Self { deflate: true, ..self }
    }
}

impl More {
    /// The examples; one that cannot be read is left out.
    pub(super) fn examples(&self) -> Vec<Example> {
        let example = |show: &Show| {
            let lines = script::parse(show.script)?;
            Some(Example { title: show.title, reported: show.reported, deflate: show.deflate, lines })
        };
        self.shows.iter().filter_map(example).collect()
    }
}

fn all() -> impl Iterator<Item = &'static More> {
    let all = [
        request::RULES,
        response::RULES,
        handshake::RULES,
        frames::RULES,
        closing::RULES,
        timing::RULES,
        compression::RULES,
    ];
    all.into_iter().flatten()
}

/// More about a rule; a test holds that there is an entry for each.
pub(super) fn find(rule: RuleId) -> Option<&'static More> {
    all().find(|more| more.rule == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_can_be_read_and_no_rule_is_there_twice() {
        for more in all() {
            assert_eq!(more.examples().len(), more.shows.len(), "{}", more.rule);
            assert_eq!(all().filter(|other| other.rule == more.rule).count(), 1, "{}", more.rule);
        }
    }
}
