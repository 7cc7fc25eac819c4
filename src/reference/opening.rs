//! The opening handshake (RFC 6455 4): what each head did against a clause, and what the other side made of it.
//!
//! ```text
//! request ──sound──► response ──101, sound──► frames
//!    │                   └──101, faulty──► the client fails the connection: no frame, TCP ended
//!    └──faulty──► the server answers with an HTTP error
//! ```

mod request;
mod response;

use crate::knowledge::rules::{
    Hs426, HsAccepted, HsAssumed, HsCoalesced, HsEarlyData, HsHost, HsHttpReq, HsHttpResp, HsKey,
    HsNoResponse, HsNotFailed, HsStatus, HsVersion, HsVersionAnswer,
};
use crate::knowledge::thresholds::FAILS_WITHIN_NS;
use crate::model::handshake::facts::{KeyForm, TokenIn};
use crate::model::{
    Action, Bytes, Certainty, Evidence, Expectation, Level, Lines, PerRole, Role, RuleId, Seen, Since, Step,
    StepVerdict, Text, UpgradeRequest, UpgradeResponse, Violation,
};
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};
use crate::reference::negotiation;
use crate::reference::state::Ended;

pub(crate) use request::host_port;

/// Characters of a value that a finding shows.
const MAX_SHOWN: usize = 200;

/// Steps kept of handshakes before the last one on a connection, which are listed up to the same number.
const MAX_EARLIER_STEPS: usize = 16;

/// How far the opening handshake is.
#[derive(Debug, Default)]
pub(super) struct Opening {
    pub(super) requested: bool,
    /// Whether there was one cannot be read.
    pub(super) is_encrypted: bool,
    pub(super) status: Option<u16>,
    pub(super) switches: bool,
    /// The client ended its stream inside the head of its request.
    unfinished: bool,
    /// RSV bits may belong to an extension wslog does not know.
    pub(super) unknown_extension: bool,
    pub(super) deflate: bool,
    /// The answer sets parameters of permessage-deflate that it may not: what was agreed is not known.
    pub(super) deflate_void: bool,
    /// Of permessage-deflate, in the request.
    offers: negotiation::Offers,
    /// What was asked for is not the protocol of RFC 6455.
    other_version: Option<u8>,
    offered: Offered,
    request: Option<Evidence>,
    response: Option<Evidence>,
    /// The first rule the request broke for which a server must refuse it.
    refuse: Option<RuleId>,
    /// The first rule the response broke for which the client must fail the connection.
    fail: Option<RuleId>,
    /// Whether the client waited for the response is settled.
    waited: bool,
    /// The client's first frame after such a response.
    carried_on: Option<(u64, Evidence)>,
    /// The server sent something else than HTTP.
    not_http: bool,
    /// Whose part is not wholly in the recording: nobody is accused of what it holds or lacks.
    unseen: PerRole<bool>,
    /// What came of the handshakes before this one on the connection.
    earlier: Vec<Step>,
}

/// What the client offered. Nothing is allocated where that is no more than permessage-deflate.
#[derive(Debug, Default)]
struct Offered {
    deflate: bool,
    extensions: Vec<Text>,
    /// Not all of the list could be read.
    extensions_cut: bool,
    subprotocols: Vec<Text>,
}

impl Opening {
    /// Whether the client took the connection for established: a 101 that does not validate it must refuse,
    /// which shows in that it sends no frame (4.1).
    pub(super) const fn is_established(&self, client: &Endpoint) -> bool {
        self.switches && (self.fail.is_none() || client.frames > 0)
    }

    /// Whether what follows is the protocol of RFC 6455.
    pub(super) const fn is_judged(&self) -> bool {
        self.other_version.is_none()
    }

    /// The part of `from` is not, or not wholly, in the recording.
    pub(super) fn note_unseen(&mut self, from: Role, evidence: Option<Evidence>, findings: &mut Findings) {
        if !self.unseen.client && !self.unseen.server {
            findings.add(None, HsAssumed, Place::at(evidence));
        }
        findings.assuming = true;
        self.unseen[from] = true;
        self.unknown_extension |= from == Role::Server;
    }

    /// No response says so, but frames follow.
    pub(super) fn assume_switch(&mut self) {
        (self.requested, self.switches) = (true, true);
    }

    pub(super) fn request(
        &mut self,
        request: &UpgradeRequest,
        evidence: Option<Evidence>,
        findings: &mut Findings,
    ) {
        let mut earlier = std::mem::take(&mut self.earlier);
        if let (Some(rule), Some(status), true) =
            (self.refuse, self.status, earlier.len() < MAX_EARLIER_STEPS)
        {
            earlier.push(refused_with(rule, status, self.request));
        }
        let unseen = self.unseen;
        // What was never sent was not left out.
        let unjudged = unseen.client || request.facts.unfinished || request.facts.partial;
        let unfinished = request.facts.unfinished;
        *self = Self { unfinished, requested: true, request: evidence, earlier, unseen, ..Self::default() };
        if !unjudged {
            request::check(request, &mut |fault| {
                if must_be_refused(&fault) {
                    self.refuse = self.refuse.or(Some(fault.rule()));
                }
                add(findings, Role::Client, fault, Certainty::Proven, Place::at(evidence));
            });
        }
        self.other_version = request.facts.version.filter(|version| *version != 13);
        let is_cut = request.extensions_malformed || unjudged;
        self.offers = negotiation::offers(&request.extensions, is_cut, |fault| {
            if !unjudged {
                findings.add(Some(Role::Client), fault, Place::at(evidence));
            }
        });
        for extension in &request.extensions {
            if negotiation::is_deflate(extension) {
                self.offered.deflate = true;
            } else {
                self.offered.extensions.push(extension.name.clone());
            }
        }
        self.offered.extensions_cut = is_cut;
        self.offered.subprotocols.clone_from(&request.subprotocols);
    }

    pub(super) fn response(
        &mut self,
        response: &UpgradeResponse,
        evidence: Option<Evidence>,
        findings: &mut Findings,
    ) {
        self.status = Some(response.status);
        self.switches = response.switches;
        self.response = evidence;
        for extension in &response.extensions {
            if negotiation::is_deflate(extension) {
                self.deflate = true;
            } else {
                self.unknown_extension = true;
            }
        }
        self.unknown_extension |= self.unseen.server;
        let place = Place::at(evidence);
        // Of a head that is cut off what follows may be the rest.
        if let Some(early) = response.facts.early.filter(|_| !self.unseen.client && !self.unseen.server) {
            // Without an acknowledgement number the order of the recording has to do, which a capture can have wrong.
            let certainty = match early.acked() {
                Some(_) => Certainty::Proven,
                None => Certainty::Undetermined,
            };
            add(findings, Role::Client, HsEarlyData, certainty, Place::at(Some(early)));
            self.waited = true;
        }
        if response.status == 101 || response.facts.is_connect && response.switches {
            if let Some(rule) = self.refuse {
                add(findings, Role::Server, HsAccepted { rule }, Certainty::Proven, place);
            }
            if self.is_judged() && !self.unseen.server {
                let offered = Some(&self.offered).filter(|_| !self.unseen.client);
                response::check(response, self.refuse, offered, &mut |fault, certainty| {
                    if must_be_failed(&fault) && certainty == Certainty::Proven {
                        self.fail = self.fail.or(Some(fault.rule()));
                    }
                    add(findings, Role::Server, fault, certainty, place);
                });
                self.deflate_answer(response, place, findings);
            }
            findings.muted = !self.is_judged();
            return;
        }
        add(
            findings,
            Role::Server,
            HsStatus { status: response.status, is_connect: response.facts.is_connect },
            Certainty::Proven,
            place,
        );
        if response.status == 426 && response.facts.upgrade == TokenIn::NoField && !self.unseen.server {
            add(findings, Role::Server, Hs426, Certainty::Proven, place);
        }
        // Other errors have other reasons: these two are what a server says to a version it does not speak.
        let names_versions = response.facts.names_versions || self.unseen.server;
        if let (Some(asked), 400 | 426, false) = (self.other_version, response.status, names_versions) {
            let fault = HsVersionAnswer { asked, status: response.status };
            add(findings, Role::Server, fault, Certainty::Likely, place);
        }
    }

    /// The answer to the offers of permessage-deflate.
    fn deflate_answer(&mut self, response: &UpgradeResponse, place: Place, findings: &mut Findings) {
        let Some(answer) = response.extensions.iter().find(|extension| negotiation::is_deflate(extension))
        else {
            return;
        };
        let mut first = None;
        let offers = self.requested.then_some(&self.offers);
        self.deflate_void =
            negotiation::answer(answer, response.extensions_malformed, offers, |fault, certainty| {
                first = first.or(Some(fault.rule()));
                findings.add_as(Some(Role::Server), fault, Level::Must, certainty, place);
            });
        if self.deflate_void {
            self.fail = self.fail.or(first);
        }
    }

    /// What stands where the response should is not HTTP.
    pub(super) fn not_http(&mut self, start: &Bytes, evidence: Option<Evidence>, findings: &mut Findings) {
        if self.requested && self.status.is_none() {
            self.not_http = true;
            let fault = HsHttpResp::NotHttp { start: start.clone(), redacted: false };
            add(findings, Role::Server, fault, Certainty::Proven, Place::at(evidence));
        }
    }

    /// A frame of `from`, the `sent`th of that side.
    pub(super) fn frame(
        &mut self,
        from: Role,
        n: u64,
        first: Evidence,
        is_first: bool,
        findings: &mut Findings,
    ) {
        let place = Place::frame(n, first);
        // Recorded behind the 101, and yet sent without any of it: its own acknowledgement number says so.
        let waited = from == Role::Server || std::mem::replace(&mut self.waited, true);
        if !waited && !self.unseen.client && !self.unseen.server && self.was_answered(first) == Some(false) {
            add(findings, from, HsEarlyData, Certainty::Proven, place);
        }
        let with_response = || self.response?.packet();
        let is_first = is_first && !self.unseen.server;
        if from == Role::Server && is_first && with_response().is_some_and(|no| first.packet() == Some(no)) {
            add(findings, from, HsCoalesced, Certainty::Proven, place);
        }
        if from == Role::Client
            && self.fail.is_some()
            && self.carried_on.is_none()
            && self.was_answered(first) != Some(false)
        {
            self.carried_on = Some((n, first));
            let certainty = match self.was_answered(first) {
                Some(_) => Certainty::Proven,
                None => Certainty::Likely,
            };
            add(findings, from, HsNotFailed::SentFrames, certainty, place);
        }
    }

    /// Whether the sender of something had received any of the response by then.
    fn was_answered(&self, evidence: Evidence) -> Option<bool> {
        Some(evidence.acked()? > self.response?.offset()?)
    }

    /// What came of the handshake: the steps it called for.
    pub(super) fn finish(&self, ends: &PerRole<Endpoint>, findings: &mut Findings) -> Vec<Step> {
        self.no_response(ends, findings);
        let mut steps = self.earlier.clone();
        steps.extend(self.refused(ends));
        steps.extend(self.failed(ends, findings));
        steps
    }

    fn no_response(&self, ends: &PerRole<Endpoint>, findings: &mut Findings) {
        let lost = ends.client.lost || ends.server.lost;
        let silent = self.requested
            && !self.unfinished
            && self.status.is_none()
            && !self.switches
            && !self.not_http
            && !lost;
        // In HTTP/2 a reset is an answer.
        if let (true, Some(end)) = (silent, ends.server.end().filter(|end| !end.how.is_of_stream()))
            && ends.client.end().is_none_or(|client| end.is_own(client))
        {
            let place = Place::at(Some(end.evidence));
            // That its host had the request does not prove that it was read.
            let broke = self.refuse.filter(|_| self.had_request(end) != Some(false));
            let certainty =
                if broke.is_some() || end.how.is_reset() { Certainty::Likely } else { Certainty::Proven };
            add(findings, Role::Server, HsNoResponse { broke }, certainty, place);
        }
    }

    /// Whether the server's host had received any of the request when it ended TCP.
    fn had_request(&self, end: &Ended) -> Option<bool> {
        Some(end.evidence.acked()? > self.request?.offset()?)
    }

    /// What the server made of a request that it must refuse (4.2.1).
    fn refused(&self, ends: &PerRole<Endpoint>) -> Option<Step> {
        let rule = self.refuse?;
        let lost = ends.client.lost || ends.server.lost;
        let since = |end: Evidence| Some(end.at()?.since(self.request?.at()?)).filter(|ns| *ns >= 0);
        let (seen, verdict) = match (self.status, ends.server.end()) {
            (Some(status), _) => return Some(refused_with(rule, status, self.request)),
            (None, _) if self.not_http => (Seen::NotHttp, StepVerdict::Broken),
            (None, _) if lost => (Seen::Nothing, StepVerdict::Unobserved),
            (None, Some(end)) if ends.client.end().is_none_or(|client| end.is_own(client)) => {
                let verdict = match self.had_request(end) {
                    Some(false) => StepVerdict::NotApplicable,
                    _ => StepVerdict::Broken,
                };
                (Seen::TcpEnd { how: end.how, after_ns: since(end.evidence) }, verdict)
            }
            (None, _) => match ends.client.end() {
                Some(end) => (Seen::PeerEndedTcp(end.how), StepVerdict::Unobserved),
                None => (Seen::Nothing, StepVerdict::Unobserved),
            },
        };
        Some(to_refuse(rule, self.request).settle(seen, verdict))
    }

    /// What the client made of a response for which it must fail the connection (4.1).
    fn failed(&self, ends: &PerRole<Endpoint>, findings: &mut Findings) -> Option<Step> {
        let rule = self.fail?;
        let since = |end: Evidence| Some(end.at()?.since(self.response?.at()?)).filter(|ns| *ns >= 0);
        let (seen, verdict) = match (self.carried_on, ends.client.end(), ends.server.end()) {
            (Some((frame, _)), ..) => (Seen::Frame { frame }, StepVerdict::Broken),
            (None, Some(end), server) if server.as_ref().is_none_or(|server| end.is_own(server)) => {
                let after_ns = since(end.evidence);
                let late = after_ns.filter(|ns| *ns > FAILS_WITHIN_NS && !ends.client.lost);
                if let Some(after_ns) = late {
                    let fault = HsNotFailed::KeptOpen { after_ns };
                    add(findings, Role::Client, fault, Certainty::Likely, Place::at(Some(end.evidence)));
                }
                let verdict = if late.is_some() { StepVerdict::Late } else { StepVerdict::Met };
                (Seen::TcpEnd { how: end.how, after_ns }, verdict)
            }
            (None, _, Some(server)) => (Seen::PeerEndedTcp(server.how), StepVerdict::Unobserved),
            (None, ..) => (Seen::Nothing, StepVerdict::Unobserved),
        };
        let since = Since { frame: None, at: self.response.and_then(|e| e.at()) };
        let owed = Expectation { rule, owed_by: Role::Client, action: Action::FailHandshake(rule), since };
        Some(owed.settle(seen, verdict))
    }
}

/// What a server did that answered a faulty request with this status.
fn refused_with(rule: RuleId, status: u16, request: Option<Evidence>) -> Step {
    let verdict = match status {
        101 => StepVerdict::Broken,
        400.. => StepVerdict::Met,
        // To a server that sees no upgrade in it the request is plain HTTP.
        _ => StepVerdict::NotApplicable,
    };
    to_refuse(rule, request).settle(Seen::Status(status), verdict)
}

/// What a server owes for a faulty request.
fn to_refuse(rule: RuleId, request: Option<Evidence>) -> Expectation {
    let since = Since { frame: None, at: request.and_then(|e| e.at()) };
    Expectation { rule, owed_by: Role::Server, action: Action::Refuse(rule), since }
}

fn add(findings: &mut Findings, by: Role, fault: impl Into<Violation>, certainty: Certainty, place: Place) {
    let fault = fault.into();
    let level = fault.level();
    findings.add_as(Some(by), fault, level, certainty, place);
}

/// As much of a value as a finding shows.
fn shown(value: &str) -> Text {
    Text::from(value.chars().take(MAX_SHOWN).collect::<String>())
}

/// All values of a field; `None` where there is none.
fn joined(fields: &Lines, name: &str) -> Option<Text> {
    let values: Vec<&str> = fields.values(name).collect();
    (!values.is_empty()).then(|| shown(&values.join(", ")))
}

/// A field line as sent, the start line being none of them.
fn line(fields: &Lines, number: u16) -> Text {
    let Some(index) = usize::from(number).checked_sub(1) else { return Text::default() };
    fields.iter().nth(index).map_or_else(Text::default, |(name, value)| {
        if value.is_empty() { shown(name) } else { shown(&format!("{name}: {value}")) }
    })
}

/// Whether the server must refuse a request for it (RFC 6455 4.2.1). It need not decode the key (4.2.2), and HTTP
/// itself lets it pass over some faults of syntax.
const fn must_be_refused(fault: &Violation) -> bool {
    match fault {
        Violation::HsHttpReq(HsHttpReq { kind, .. }) => !kind.is_tolerated_in_request(),
        Violation::HsKey(HsKey::Malformed { form, .. }) => matches!(form, KeyForm::Absent),
        Violation::HsMethod(_)
        | Violation::HsTarget(_)
        | Violation::HsHost(HsHost::Count(_))
        | Violation::HsUpgradeReq(_)
        | Violation::HsConnectionReq(_)
        | Violation::HsKey(HsKey::Several(_))
        | Violation::HsVersion(HsVersion::NoNumber(_) | HsVersion::Several(_))
        | Violation::HsProtoReq(_)
        | Violation::HsExtSyntax(_) => true,
        _ => false,
    }
}

/// Whether the client must fail the connection for it in a 101 (RFC 6455 4.1, 9.1).
const fn must_be_failed(fault: &Violation) -> bool {
    match fault {
        Violation::HsHttpResp(HsHttpResp::Syntax { kind, .. }) => !kind.is_tolerated_in_response(),
        Violation::HsUpgradeResp(_)
        | Violation::HsConnectionResp(_)
        | Violation::HsAccept(_)
        | Violation::HsExtSyntax(_)
        | Violation::HsExtUnreq(_)
        | Violation::HsProtoUnreq(_) => true,
        _ => false,
    }
}
