//! What is told of a conversation that stays sealed: what connections of many are alike by, none of it text of a peer.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::knowledge::{Blame, CauseId, Tone};
use crate::model::case::{Behavior, BehaviorClose};
use crate::model::{
    CaseRecord, Certainty, CloseCode, Finding, Level, Outcome, PerRole, Role, RuleId, Starter, StreamEnd,
    TcpEnd, Timestamp,
};
use crate::redact::Sealed;

/// What tells one kind of end from another. Connections with the same are one story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gist {
    pub(crate) tone: Tone,
    pub(crate) cause: Option<CauseId>,
    pub(crate) by: Option<Blame>,
    pub(crate) certainty: Option<Certainty>,
    /// The rule that was broken, where that is the cause.
    pub(crate) rule: Option<RuleId>,
    /// The first other MUST that was broken, and by whom.
    pub(crate) broke: Option<(RuleId, Option<Role>)>,
    pub(crate) outcome: Outcome,
    /// Closes of client and server: sent or not, and with which code.
    pub(crate) closes: [(Option<bool>, Option<CloseCode>); 2],
    /// The first end of TCP; `None` where both ends crossed, or none was seen.
    pub(crate) end: Option<(Role, StreamEnd)>,
    pub(crate) crossed: bool,
    /// Status of the response, where it refuses.
    pub(crate) status: Option<u16>,
}

/// What a report says of a case, and what wslog makes of it.
#[derive(Clone, Debug)]
pub(crate) struct CaseGist {
    pub(crate) behavior: Behavior,
    pub(crate) close: BehaviorClose,
    /// Nothing that could be judged again differs.
    pub(crate) agrees: bool,
    pub(crate) testee: Role,
}

/// How a conversation began and ended, for a picture of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub(crate) began: Option<Timestamp>,
    /// Request and response.
    pub(crate) handshake: PerRole<Option<Timestamp>>,
    pub(crate) status: Option<u16>,
    /// The first Close of each side: its code, and when it was sent.
    pub(crate) closes: PerRole<Option<(Option<CloseCode>, Option<Timestamp>)>>,
    /// The first end of each side.
    pub(crate) ends: PerRole<Option<TcpEnd>>,
    pub(crate) outcome: Outcome,
}

impl Sealed {
    /// How it began and ended.
    pub(crate) fn ending(&self) -> Ending {
        let conversation = &*self.conversation;
        let closing = &conversation.closing;
        let close = |role: Role| {
            let side = &closing.sides[role];
            (side.sent_close == Some(true)).then_some((side.code, side.at))
        };
        let asked = |role: Role| conversation.handshake_at[role].and_then(|(_, at)| at);
        Ending {
            began: conversation.started_at,
            handshake: PerRole { client: asked(Role::Client), server: asked(Role::Server) },
            status: conversation.response.as_ref().map(|response| response.status),
            closes: PerRole { client: close(Role::Client), server: close(Role::Server) },
            ends: closing.ends,
            outcome: closing.outcome,
        }
    }

    /// By what it is like others.
    pub(crate) fn gist(&self) -> Gist {
        let conversation = &*self.conversation;
        let closing = &conversation.closing;
        let cause = closing.cause.as_ref();
        let broke = self.counted().filter(|f| f.level == Level::Must).find(|f| {
            let rule = f.violation.rule();
            let is_answer = self.is_missing_answer(f);
            !is_answer && !cause.is_some_and(|cause| cause.tells_of(rule, f.by))
        });
        let broke = broke.map(|finding| (finding.violation.rule(), finding.by));
        let tone = match (cause.map_or(Tone::Unknown, |cause| cause.tone(conversation)), broke) {
            (Tone::Normal | Tone::Unknown, Some(_)) => Tone::Odd,
            (tone, _) => tone,
        };
        let refused = conversation.response.as_ref().filter(|_| closing.outcome == Outcome::HandshakeFailed);
        Gist {
            tone,
            cause: cause.map(|cause| cause.id()),
            by: cause.and_then(|cause| cause.by),
            certainty: cause.map(|cause| cause.certainty),
            rule: cause.and_then(|cause| cause.rule),
            broke,
            outcome: closing.outcome,
            closes: Role::BOTH.map(|role| (closing.sides[role].sent_close, closing.sides[role].code)),
            end: closing.first_end.filter(|_| !closing.ends_crossed).map(|end| (end.by, end.how)),
            crossed: closing.ends_crossed,
            status: refused.map(|response| response.status),
        }
    }

    /// A first Close that was not answered is told with the closing, and is no breach besides.
    fn is_missing_answer(&self, finding: &Finding) -> bool {
        let closing = &self.conversation.closing;
        finding.violation.rule() == RuleId::ClReply
            && matches!(closing.started_by, Some(Starter::One(role)) if finding.by == Some(role.peer())
                && closing.sides[role.peer()].sent_close == Some(false))
    }

    fn record(&self) -> Option<&CaseRecord> {
        self.conversation.case.as_ref().map(|record| &**record.as_sent())
    }

    /// Level, rule and side of each finding that counts, and of those that are the test of a case.
    pub(crate) fn breaches(&self) -> impl Iterator<Item = (Level, RuleId, Option<Role>)> {
        let counted = self.conversation.findings.iter().filter(|f| f.certainty != Certainty::Undetermined);
        counted.map(|finding| (finding.level, finding.violation.rule(), finding.by))
    }

    /// The verdicts, where a report tells of it.
    pub(crate) fn case(&self) -> Option<CaseGist> {
        self.record().map(|record| CaseGist {
            behavior: known(&record.report.behavior),
            close: known_close(&record.report.behavior_close),
            agrees: record.recomputed.agrees,
            testee: record.account.testee,
        })
    }

    /// The agent of the case, so that a new one is noticed: equal for equal names, and nothing else is known of it.
    pub(crate) fn agent_mark(&self) -> Option<u64> {
        self.record().map(|record| mark(&record.report.agent))
    }

    /// Host and path that were asked for, in the same way. What comes behind a `?` is another one each time.
    pub(crate) fn place_mark(&self) -> Option<u64> {
        let conversation = &*self.conversation;
        if let Some(request) = &conversation.request {
            let target = request.target.as_sent();
            let path = target.split('?').next().unwrap_or_default();
            return Some(mark((request.host().map(|host| *host.as_sent()), path)));
        }
        let offer = conversation.tls.as_ref().and_then(|tls| tls.offer.as_ref());
        let sni = offer.and_then(|offer| offer.sni.as_ref()).map(|sni| sni.as_sent());
        sni.map(mark).or_else(|| conversation.tcp.map(|tcp| mark(tcp.server.as_sent())))
    }

    /// Time of its first packet and of its last.
    pub(crate) const fn span(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.conversation.started_at, self.conversation.ended_at)
    }
}

/// The same for the same on every machine: no random keys.
fn mark<T: Hash>(of: T) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// A verdict without what somebody else may have written.
fn known(verdict: &Behavior) -> Behavior {
    match verdict {
        Behavior::Other(_) => Behavior::Other(String::new()),
        known => known.clone(),
    }
}

fn known_close(verdict: &BehaviorClose) -> BehaviorClose {
    match verdict {
        BehaviorClose::Other(_) => BehaviorClose::Other(String::new()),
        known => known.clone(),
    }
}
