//! Which conversations are asked for.

mod glob;
mod peer;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

pub use glob::{BadGlob, Glob};
pub use peer::{BadPeer, Peer};

use crate::autobahn::policy::Pattern;
use crate::knowledge::{CauseId, Level, RuleId};
use crate::model::{
    CloseCode, Conversation, ConversationId, IdRange, Moment, Outcome, Role, Timestamp, UpgradeRequest,
};

/// What a conversation has to be for it to reach the sinks. Of one field any value will do, of the fields each has to fit;
/// an empty one asks for nothing. All conversations are analysed and compared with one another, whatever is asked for.
///
/// What a recording does not show fits nothing: without a request there is no host, without a clock no time.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Numbers.
    pub ids: Vec<IdRange>,
    /// The Host of the request, with or without its port; under TLS that cannot be read, the name in the hello (SNI).
    pub hosts: Vec<Glob>,
    /// The target of the request, with or without its query.
    pub paths: Vec<Glob>,
    /// The client's address.
    pub clients: Vec<Peer>,
    /// The server's.
    pub servers: Vec<Peer>,
    /// How it ended.
    pub outcomes: Vec<Outcome>,
    /// Why.
    pub causes: Vec<CauseId>,
    /// Status codes: of a Close that a side sent; 1005, 1006 and 1015, which nobody sends, as a side will have been told.
    pub codes: Vec<RangeInclusive<u16>>,
    /// The HTTP status of the response.
    pub statuses: Vec<RangeInclusive<u16>>,
    /// Rules of findings, undetermined ones too.
    pub rules: Vec<RuleId>,
    /// The least level of a finding that is not undetermined.
    pub level: Option<Level>,
    /// It went on at this time, or later.
    pub since: Option<Moment>,
    /// It had begun by this time.
    pub until: Option<Moment>,
    /// The agent of a case.
    pub agents: Vec<Glob>,
    /// Cases of the Autobahn Testsuite.
    pub cases: Vec<Pattern>,
    /// Whole ids, as [`Self::exactly`] takes them.
    pub only: Option<Arc<HashSet<ConversationId>>>,
}

/// What became of a [`Selection`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selected {
    /// Conversations there were.
    pub of: u64,
    /// Those that were asked for.
    pub taken: u64,
    /// The lowest and the highest id there was.
    pub ids: Option<(ConversationId, ConversationId)>,
    /// Numbers asked for that no conversation has.
    pub missing: Vec<IdRange>,
}

/// What is known of a conversation from its opening on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) id: ConversationId,
    pub(super) client: Option<SocketAddr>,
    pub(super) server: Option<SocketAddr>,
    pub(super) request: Option<&'a UpgradeRequest>,
    pub(super) sni: Option<&'a str>,
    pub(super) at: Option<Timestamp>,
}

impl Selection {
    /// These and no others.
    #[must_use]
    pub fn exactly(ids: impl IntoIterator<Item = ConversationId>) -> Self {
        Self { only: Some(Arc::new(ids.into_iter().collect())), ..Self::default() }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.ids.is_empty() && self.is_known_at_start_alone() && !self.needs_the_end()
    }

    const fn is_known_at_start_alone(&self) -> bool {
        self.hosts.is_empty()
            && self.paths.is_empty()
            && self.clients.is_empty()
            && self.servers.is_empty()
            && self.until.is_none()
            && self.only.is_none()
    }

    /// Whether it asks for what is only known of a conversation that is over.
    #[must_use]
    pub const fn needs_the_end(&self) -> bool {
        let Self { outcomes, causes, codes, statuses, rules, level, since, agents, cases, .. } = self;
        !(outcomes.is_empty()
            && causes.is_empty()
            && codes.is_empty()
            && statuses.is_empty()
            && rules.is_empty()
            && level.is_none()
            && since.is_none()
            && agents.is_empty()
            && cases.is_empty())
    }

    /// Whether a conversation that begins like this may be one of those asked for.
    pub(super) fn takes_start(&self, start: &Start<'_>) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&start.id))
            && any(&self.ids, |range| range.means(&start.id))
            && any(&self.clients, |peer| start.client.is_some_and(|client| peer.is(client)))
            && any(&self.servers, |peer| start.server.is_some_and(|server| peer.is(server)))
            && any(&self.hosts, |glob| {
                let host = start.request.and_then(|request| request.host()).map(|host| *host.as_sent());
                host.or(start.sni).is_some_and(|host| is_host(glob, host))
            })
            && any(&self.paths, |glob| start.request.is_some_and(|r| is_path(glob, r.target.as_sent())))
            && self.until.is_none_or(|until| start.at.is_some_and(|at| at <= until.near(at)))
    }

    /// Whether a conversation that is over is one of those asked for.
    pub(super) fn takes(&self, conversation: &Conversation) -> bool {
        let tls = conversation.tls.as_deref();
        let sni = tls.and_then(|tls| tls.offer.as_deref()?.sni.as_ref()).map(|sni| &**sni.as_sent());
        let start = Start {
            id: conversation.id,
            client: conversation.tcp.map(|tcp| tcp.client.as_sent().0),
            server: conversation.tcp.map(|tcp| tcp.server.as_sent().0),
            request: conversation.request.as_deref(),
            sni,
            at: conversation.started_at,
        };
        self.takes_start(&start) && (!self.needs_the_end() || self.takes_end(conversation))
    }

    fn takes_end(&self, conversation: &Conversation) -> bool {
        let closing = &conversation.closing;
        let case = conversation.case.as_ref().map(|case| &case.as_sent().report);
        let status = conversation.response.as_ref().map(|response| response.status);
        let cause = closing.cause.as_ref().map(|cause| cause.id());
        any(&self.outcomes, |outcome| closing.outcome == *outcome)
            && any(&self.causes, |wanted| cause == Some(*wanted))
            && any(&self.codes, |range| has_code(conversation, range))
            && any(&self.statuses, |range| status.is_some_and(|status| range.contains(&status)))
            && any(&self.rules, |rule| conversation.findings.iter().any(|f| f.violation.rule() == *rule))
            && self.level.is_none_or(|level| {
                conversation.findings.iter().any(|f| f.level >= level && conversation.counts(f))
            })
            && self.since.is_none_or(|since| conversation.ended_at.is_some_and(|at| at >= since.near(at)))
            && any(&self.agents, |glob| case.is_some_and(|case| glob.is_match(&case.agent)))
            && any(&self.cases, |pattern| case.is_some_and(|case| pattern.matches(&case.id)))
    }
}

/// Whether one of those wanted fits; where none is, all does.
fn any<T>(wanted: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

fn has_code(conversation: &Conversation, range: &RangeInclusive<u16>) -> bool {
    let closing = &conversation.closing;
    Role::BOTH.into_iter().any(|role| {
        let sent = closing.sides[role].code;
        let told = closing.sees[role].code.filter(|code| is_never_sent(*code));
        // A Close without a body is 1005 to whoever receives it.
        [sent, told].into_iter().flatten().any(|code| range.contains(&code.0))
    })
}

const fn is_never_sent(code: CloseCode) -> bool {
    matches!(code.0, 1005 | 1006 | 1015)
}

/// `*.example.com` is `api.example.com:8080`, too.
fn is_host(glob: &Glob, host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    glob.is_match(host) || name != host && glob.is_match(name)
}

fn is_path(glob: &Glob, target: &str) -> bool {
    glob.is_match(target) || target.split_once('?').is_some_and(|(path, _)| glob.is_match(path))
}

/// What was seen of what was asked for.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) selected: Selected,
    met: Vec<bool>,
}

impl Tally {
    pub(super) fn new(selection: &Selection) -> Self {
        Self { selected: Selected::default(), met: vec![false; selection.ids.len()] }
    }

    pub(super) fn see(&mut self, selection: &Selection, id: ConversationId, is_taken: bool) {
        let Selected { of, taken, ids, .. } = &mut self.selected;
        *of += 1;
        *taken += u64::from(is_taken);
        *ids = Some(ids.map_or((id, id), |(first, last)| (first.min(id), last.max(id))));
        for (met, range) in self.met.iter_mut().zip(&selection.ids) {
            *met |= range.means(&id);
        }
    }

    pub(super) fn finish(&self, selection: &Selection) -> Selected {
        let missing = selection.ids.iter().zip(&self.met).filter(|(_, met)| !**met).map(|(range, _)| *range);
        Selected { missing: missing.collect(), ..self.selected.clone() }
    }
}
