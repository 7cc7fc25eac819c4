//! What an endpoint made of the peer's fault: failed the connection (RFC 6455 7.1.7), or carried on.

use crate::knowledge::rules::{ClFailCode, ClFailSilent, ClNotFailed, FrAfterFail};
use crate::knowledge::thresholds::REACTS_WITHIN_NS;
use crate::model::{
    Certainty, Evidence, Handled, Level, PerRole, Reaction, Role, RuleId, Seen, Step, StepVerdict, StreamEnd,
    Violation,
};
use crate::reference::duties;
use crate::reference::endpoint::{Endpoint, Fault};
use crate::reference::findings::{Findings, Place};
use crate::reference::state::{Ended, SentClose};

/// The reaction of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// The fault of the peer for which it failed the connection.
    pub(super) failed_for: Option<Failed>,
    /// Obligations and what came of them.
    pub(super) steps: Vec<Step>,
}

/// An endpoint that failed the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    pub(super) rule: RuleId,
    pub(super) frame: u64,
    /// The fault was in the peer's Close itself.
    pub(super) in_close: bool,
}

/// Judges what `role` did about its peer's first fault, or about the last one where it passed over that.
/// `round_trip_ns` is how long the opening handshake took.
pub(super) fn judge(
    ends: &PerRole<Endpoint>,
    role: Role,
    round_trip_ns: i64,
    findings: &mut Findings,
) -> Judgement {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let Some(fault) = peer.fault.as_deref() else { return Judgement::default() };
    let mut judged = (fault, how_it_reacted(ends, role, fault, round_trip_ns));
    let mut steps = Vec::new();
    if let Some(latest) = peer.latest_fault.as_deref().filter(|_| !judged.1.is_failing(judged.0)) {
        let reacted = how_it_reacted(ends, role, latest, round_trip_ns);
        // Of those that nobody failed for, the first is told.
        if reacted.is_failing(latest) {
            steps.push(settle(side, role, fault, &judged.1, findings));
            judged = (latest, reacted);
        }
    }
    let (fault, reacted) = judged;
    let failed = reacted.is_failing(fault);
    steps.push(settle(side, role, fault, &reacted, findings));
    let failed_for =
        failed.then(|| Failed { rule: fault.rule, frame: fault.frame, in_close: fault.is_in_close() });
    if let Some(close) = side.close().filter(|_| failed && !fault.is_in_close()) {
        steps.push(nothing_more(role, close, findings));
    }
    Judgement { failed_for, steps }
}

/// The obligation to fail for a fault, and what came of it.
fn settle(
    side: &Endpoint,
    role: Role,
    fault: &Fault,
    reacted: &Reacted<'_>,
    findings: &mut Findings,
) -> Step {
    let reaction = fault.rule.rule().reaction;
    let seen = match *reacted {
        Reacted::Failed(close) => closed_seen(close, fault),
        Reacted::OtherClose(close) => {
            if !is_of_its_own(close, fault) {
                wrong_code(role, close, fault, findings);
            }
            closed_seen(close, fault)
        }
        Reacted::Echoed(close) => closed_seen(close, fault),
        Reacted::Answered(close, handled) => {
            carried_on(role, fault, handled, Certainty::Likely, close_place(close), findings);
            Seen::CarriedOn(handled)
        }
        Reacted::Dropped(how) => {
            silent(role, side, fault, how, findings);
            let end = side.end().and_then(|end| end.evidence.at());
            Seen::TcpEnd { how, after_ns: after(fault, end) }
        }
        Reacted::CarriedOn(handled, certainty, place) => {
            carried_on(role, fault, handled, certainty, place, findings);
            Seen::CarriedOn(handled)
        }
        Reacted::NotForIt(ns) => Seen::NothingFor(ns),
        Reacted::PeerEnded(how) => Seen::PeerEndedTcp(how),
        Reacted::Unobserved => Seen::Nothing,
    };
    let failed = reacted.is_failing(fault);
    let verdict = match seen {
        Seen::CarriedOn(_) if reaction.is_ordered() => StepVerdict::Broken,
        Seen::CarriedOn(_) => StepVerdict::NotApplicable,
        Seen::PeerEndedTcp(_) | Seen::Nothing | Seen::NothingFor(_) => StepVerdict::Unobserved,
        Seen::Close { .. } if !failed && !fault.is_in_close() => StepVerdict::NotApplicable,
        _ => StepVerdict::Met,
    };
    duties::fail(role, fault).settle(seen, verdict)
}

enum Reacted<'a> {
    /// A Close with a fitting code.
    Failed(&'a SentClose),
    /// A Close of its own accord with another code.
    OtherClose(&'a SentClose),
    /// A Close that sends the code of the peer's back, which happens to fit.
    Echoed(&'a SentClose),
    /// A Close that answers the peer's.
    Answered(&'a SentClose, Handled),
    /// TCP ended without a Close.
    Dropped(StreamEnd),
    /// It handled what came later.
    CarriedOn(Handled, Certainty, Place),
    /// It ended the connection, but so long after it that this had another reason.
    NotForIt(i64),
    /// The peer ended TCP before it did anything.
    PeerEnded(StreamEnd),
    /// The recording shows nothing.
    Unobserved,
}

impl Reacted<'_> {
    fn is_failing(&self, fault: &Fault) -> bool {
        match self {
            Self::Failed(_) | Self::Dropped(_) => true,
            // A lenient end answers a faulty Close like any other.
            Self::OtherClose(close) => !fault.is_in_close() && !is_of_its_own(close, fault),
            _ => false,
        }
    }
}

fn how_it_reacted<'a>(
    ends: &'a PerRole<Endpoint>,
    role: Role,
    fault: &Fault,
    round_trip_ns: i64,
) -> Reacted<'a> {
    let side = &ends[role];
    let peer = &ends[role.peer()];
    let carried_on =
        |handled: (Handled, Certainty, Place)| Reacted::CarriedOn(handled.0, handled.1, handled.2);
    if let Some(handled @ (Handled::Ping { .. }, ..)) = side.handled {
        return carried_on(handled);
    }
    let close = side.close().filter(|close| fault.was_known_to(close));
    let late_by = |evidence: Evidence| late_by(side, fault, evidence, round_trip_ns);
    let fitting = close.filter(|close| fault.fits(close.payload.code()));
    if let Some(close) = fitting.filter(|close| side.handled.is_none() || late_by(close.evidence).is_none()) {
        return if side.echoes(peer) { Reacted::Echoed(close) } else { Reacted::Failed(close) };
    }
    if let Some(handled @ (Handled::Echo, ..)) = side.handled {
        return carried_on(handled);
    }
    if let Some(close) = close {
        // A Close can answer the peer's only if that one had arrived.
        let answered = peer.close().filter(|theirs| close.answers(theirs));
        return match (answered, side.handled) {
            (None, handled) => match (late_by(close.evidence), handled) {
                (late, Some(handled)) if late.is_some() || fault.went_on => carried_on(handled),
                (None, _) => Reacted::OtherClose(close),
                (Some(ns), _) => Reacted::NotForIt(ns),
            },
            (Some(_), _) if fault.is_in_close() => Reacted::OtherClose(close),
            (Some(_), Some(handled)) => carried_on(handled),
            (Some(theirs), None) => Reacted::Answered(close, Handled::Close { close: theirs.frame }),
        };
    }
    let before_peer = |end: &Ended| peer.end().is_none_or(|theirs| end.is_own(theirs));
    match (side.end(), peer.end(), side.handled) {
        (Some(end), _, _)
            if before_peer(end) && side.close().is_none() && fault.was_received(end.evidence.acked()) =>
        {
            match (late_by(end.evidence), side.handled) {
                (late, Some(handled)) if !side.has_gap() && (late.is_some() || fault.went_on) => {
                    carried_on(handled)
                }
                (None, _) => Reacted::Dropped(end.how),
                (Some(ns), _) => Reacted::NotForIt(ns),
            }
        }
        // Data sent after the fault had arrived may answer what came before it: the weakest sign, and none where
        // the Close that follows may be missing.
        (_, _, Some(handled)) if side.close().is_none() && !side.has_gap() => carried_on(handled),
        (_, Some(theirs), None) if side.close().is_none() => Reacted::PeerEnded(theirs.how),
        _ => Reacted::Unobserved,
    }
}

/// How long after the fault had arrived an end came that is none for it; `None` where it may be.
fn late_by(side: &Endpoint, fault: &Fault, end: Evidence, round_trip_ns: i64) -> Option<i64> {
    let after_ns = end.at()?.since(fault.had_at?);
    let keep_alive = side.pings.as_ref().and_then(|pings| pings.figures(side.has_gap()).interval_ns);
    // What it handles meanwhile may have been under way for a moment, and not for as long as a keep-alive.
    let keep_alive_ns = keep_alive.filter(|_| side.handled.is_none()).unwrap_or_default();
    let within_ns = REACTS_WITHIN_NS.max(round_trip_ns).max(keep_alive_ns);
    (after_ns > within_ns).then_some(after_ns)
}

/// Whether a Close that does not fit the fault need not be for it: where failing is only allowed (10.7), an endpoint
/// that took no notice closes later like any other, and its code tells of no error.
fn is_of_its_own(close: &SentClose, fault: &Fault) -> bool {
    let code = close.payload.code();
    let tells_of_an_error = code.is_some_and(|code| (1002..=1011).contains(&code.0));
    matches!(fault.rule.rule().reaction, Reaction::MayFail(_)) && !fault.is_in_close() && !tells_of_an_error
}

fn close_place(close: &SentClose) -> Place {
    Place::frame(close.frame, close.evidence)
}

fn after(fault: &Fault, at: Option<crate::model::Timestamp>) -> Option<i64> {
    Some(at?.since(fault.evidence.at()?)).filter(|ns| *ns >= 0)
}

fn closed_seen(close: &SentClose, fault: &Fault) -> Seen {
    Seen::Close {
        frame: close.frame,
        code: close.payload.code(),
        after_ns: after(fault, close.evidence.at()),
    }
}

fn wrong_code(role: Role, close: &SentClose, fault: &Fault, findings: &mut Findings) {
    // Answering a faulty Close is no failing: only where the RFC orders one is the code worth a word.
    if fault.is_in_close() && !fault.rule.rule().reaction.is_ordered() {
        return;
    }
    if fault.fits(close.payload.code()) {
        return;
    }
    let violation = ClFailCode { fault: fault.rule, sent: close.payload.code() };
    findings.add_as(Some(role), violation, Level::Should, Certainty::Likely, close_place(close));
}

fn carried_on(
    role: Role,
    fault: &Fault,
    handled: Handled,
    certainty: Certainty,
    place: Place,
    findings: &mut Findings,
) {
    let level = if fault.rule.rule().reaction.is_ordered() { Level::Must } else { Level::Note };
    let violation = ClNotFailed { fault: fault.rule, frame: fault.frame, handled };
    findings.add_as(Some(role), violation, level, certainty, place);
}

/// Ending TCP without a Close: fine for masking, where the Close frame is a MAY (5.1).
fn silent(role: Role, side: &Endpoint, fault: &Fault, how: StreamEnd, findings: &mut Findings) {
    let level = match fault.rule.rule().reaction {
        Reaction::Fail(_) | Reaction::MayFail(_) => Level::Should,
        Reaction::Close(_) | Reaction::Refuse(_) | Reaction::FailHandshake | Reaction::Nothing => return,
    };
    let violation = ClFailSilent { fault: fault.rule, how };
    if side.is_beyond_judgement() {
        return; // Its Close may be what the recording lacks.
    }
    let place = Place::at(side.end().map(|end| end.evidence));
    findings.add_as(Some(role), violation, level, Certainty::Likely, place);
}

/// After failing: process nothing more of what the peer sends.
fn nothing_more(role: Role, close: &SentClose, findings: &Findings) -> Step {
    let breach = findings.kept.iter().find_map(|f| match f.violation {
        Violation::FrAfterFail(FrAfterFail { handled }) if f.by == Some(role) => Some(handled),
        _ => None,
    });
    let seen = breach.map_or(Seen::NothingMore, Seen::CarriedOn);
    let verdict = if breach.is_some() { StepVerdict::Broken } else { StepVerdict::Met };
    duties::process_nothing(role, close).settle(seen, verdict)
}
