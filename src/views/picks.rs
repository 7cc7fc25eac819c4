//! What is to be copied of a capture: the connections that were asked for, with what is said at their packets.

use std::fmt::Write;

use crate::engine::Sink;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Conversation, ConversationId, Fill, PacketNo, PerRole, Pick, Role, TlsKeys};
use crate::redact::{Sealed, Shown};
use crate::views::escape::visible;
use crate::views::worded::Worded;
use crate::views::wording;

/// Remarks on a connection.
const MAX_NOTES: usize = 64;

/// Ids that a comment lists.
const MAX_LISTED: usize = 200;

/// Takes down what of connections is copied. Their packets are found by their addresses: where an engine tells of others in their
/// place ([`Engine::anonymizing`](crate::engine::Engine::anonymizing)), by those ([`Renaming`](crate::engine::Renaming)).
#[derive(Debug)]
pub struct Picks {
    /// Those that have packets.
    pub picks: Vec<Pick>,
    /// How many have none: a report tells of them.
    pub without: u64,
    /// How many are more than are remembered.
    pub too_many: u64,
    /// How many are remembered.
    most: usize,
}

impl Default for Picks {
    fn default() -> Self {
        Self::within(&Limits::DEFAULT)
    }
}

impl Picks {
    /// None yet, of so many at the most.
    #[must_use]
    pub const fn within(limits: &Limits) -> Self {
        Self { picks: Vec::new(), without: 0, too_many: 0, most: limits.max_sliced_connections }
    }

    /// What the file begins with: of which inputs it is, and how its connections were called there. `remarks` follow, a line each.
    #[must_use]
    pub fn comment(&self, inputs: &[&str], remarks: &[&str]) -> String {
        let mut text = String::from("Connections");
        for (nth, pick) in self.picks.iter().take(MAX_LISTED).enumerate() {
            let _ = write!(text, "{} #{}", if nth == 0 { "" } else { "," }, pick.id);
        }
        if let Some(more) = self.picks.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            let _ = write!(text, " and {more} more");
        }
        let _ = write!(text, " of {}, copied by wslog inspect --slice.", visible(&inputs.join(", ")));
        for remark in remarks {
            text.push('\n');
            text.push_str(remark);
        }
        text
    }
}

impl Sink for Picks {
    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        if self.picks.len() >= self.most {
            self.too_many += 1;
            return Ok(());
        }
        let conversation = sealed.clone().open();
        match pick(&conversation) {
            Some(pick) => self.picks.push(pick),
            None => self.without += 1,
        }
        Ok(())
    }
}

fn pick(of: &Conversation<Shown>) -> Option<Pick> {
    let tcp = of.tcp?;
    let packets = of.http2.as_deref().and_then(|http2| http2.packets);
    let tls = of.tls.as_deref();
    let lost = |role: Role| of.closing.framing_lost[role].as_ref().and_then(|lost| lost.offset);
    let behind = |role| lost(role).map(Fill::behind).into_iter().collect();
    Some(Pick {
        id: of.id,
        input: of.input,
        client: *tcp.client,
        server: *tcp.server,
        packets: packets.unwrap_or((tcp.first_packet, tcp.last_packet)),
        is_stream: of.http2.is_some(),
        is_decrypted: tls.is_some_and(|tls| tls.decrypted),
        is_assumed: of.assumed,
        random: tls.and_then(|tls| Some(tls.offer.as_deref()?.random)),
        notes: notes(of, tcp.first_packet),
        fills: PerRole { client: behind(Role::Client), server: behind(Role::Server) },
    })
}

/// What is said at its packets, in their order.
fn notes(of: &Conversation<Shown>, first: PacketNo) -> Vec<(PacketNo, String)> {
    let id = of.id;
    let mut notes = vec![(first, begins(of, id))];
    for worded in Worded::all(of) {
        let finding = worded.finding;
        let Some(packet) = finding.packet else { continue };
        let by = finding.by.map_or("a side", Role::name);
        let frame = finding.frame.map_or_else(String::new, |frame| format!(" frame {frame}:"));
        let (rule, certainty) = (finding.violation.rule().name(), finding.certainty.name());
        notes.push((packet, format!("#{id}{frame} {rule}, the {by} {} ({certainty})", worded.did())));
    }
    for role in Role::BOTH {
        let side = &of.closing.sides[role];
        if let (Some(true), Some(packet)) = (side.sent_close, side.packet) {
            let frame = side.frame.map_or_else(String::new, |frame| format!(" frame {frame}:"));
            let code = side.code.map_or_else(|| "without a code".to_owned(), |code| code.0.to_string());
            notes.push((packet, format!("#{id}{frame} Close {code} of the {}", role.name())));
        }
    }
    if let Some(end) = of.closing.first_end
        && let Some(packet) = end.packet
    {
        notes.push((packet, format!("#{id} first end: the {} {}", end.by.name(), wording::ends(end.how))));
    }
    notes.truncate(MAX_NOTES);
    notes.sort_by_key(|(packet, _)| *packet);
    notes.into_iter().map(|(packet, note)| (packet, visible(&note).into_owned())).collect()
}

fn begins(of: &Conversation<Shown>, id: ConversationId) -> String {
    let cause = of.closing.cause.as_ref();
    let told = cause.map_or_else(String::new, |cause| format!(": {}", cause.headline(of)));
    let keys = of.tls.as_deref().map_or("", |tls| match tls.keys {
        TlsKeys::Keylog | TlsKeys::Dsb if tls.decrypted => " (read under TLS)",
        _ => "",
    });
    format!("#{id} {}{told}{keys}", of.closing.outcome.name())
}
