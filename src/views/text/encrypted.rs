//! Connections that nobody can read.

use std::collections::BTreeMap;

use crate::knowledge::words::shorten;
use crate::knowledge::{Blame, CauseId};
use crate::model::{Conversation, ConversationId, Role};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::text::layout::Style;
use crate::views::{units, wording};

/// Connections that nobody can read, by host and by how they ended: in a capture of everything they are the most.
#[derive(Debug, Default)]
pub(in crate::views) struct Encrypted {
    pub(in crate::views) connections: u64,
    groups: BTreeMap<(String, CauseId, Option<Blame>), (u64, ConversationId)>,
    /// Those that found no group, of as many as are kept.
    others: u64,
}

impl Encrypted {
    /// Groups that are told apart.
    const MAX_GROUPS: usize = 1_000;
    /// Groups that are shown.
    const SHOWN: usize = 20;

    pub(super) fn add(&mut self, report: &Conversation<Shown>) {
        self.connections += 1;
        let Some(cause) = &report.closing.cause else { return };
        let named = report.tls.as_deref().and_then(|tls| tls.offer.as_deref()?.sni.as_deref());
        let host =
            named.map_or_else(|| wording::address(report, Role::Server), |sni| visible(sni).into_owned());
        let key = (shorten(&host, 60), cause.id(), cause.by);
        if self.groups.len() >= Self::MAX_GROUPS && !self.groups.contains_key(&key) {
            self.others += 1;
            return;
        }
        self.groups.entry(key).or_insert((0, report.id)).0 += 1;
    }

    /// The most frequent first, in sentences and a table.
    pub(super) fn table(&self, style: &Style) -> String {
        let (head, rows, rest) = self.told();
        let mut out = style.wrap(&format!("{head}:"), 0);
        out.push_str(&style.table(
            &["connections", "host", "cause", "that is", "first #"],
            rows.into_iter().map(Vec::from),
            &[0],
            &[3],
        ));
        out.extend(rest.map(|rest| style.wrap(&rest, 0)));
        format!("\n{out}")
    }

    /// A sentence, the rows, the most frequent first, and what has none.
    pub(in crate::views) fn told(&self) -> (String, Vec<[String; 5]>, Option<String>) {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(_, (n, first))| (std::cmp::Reverse(*n), *first));
        let shown = groups.iter().take(Self::SHOWN);
        let rows = shown.clone().map(|((host, cause, by), (n, first))| {
            [
                n.to_string(),
                host.clone(),
                wording::cause(*cause, *by),
                cause.info().when.to_owned(),
                first.to_string(),
            ]
        });
        let told: u64 = shown.map(|(_, (n, _))| n).sum();
        let head = format!(
            "{} under TLS cannot be read without keys, and may be WebSocket (wslog explain tls; --tls for one by one)",
            units::count(self.connections, "connection")
        );
        let more = self.connections - told;
        let rest = (more > 0).then(|| format!("and {more} more to other hosts, or that ended otherwise."));
        (head, rows.collect(), rest)
    }
}
