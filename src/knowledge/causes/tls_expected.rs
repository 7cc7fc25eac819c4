use crate::knowledge::causes::prelude::*;
use crate::knowledge::rules::HsHttpResp;

/// `tls_expected`: one side speaks TLS, the other does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsExpected {
    /// Who speaks it.
    pub speaker: Role,
    /// What the other side sent is HTTP.
    pub is_http: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "tls_expected",
    tone: Tone::Fault,
    tells: &[RuleId::HsHttpResp],
    when: "one side speaks TLS and the other plain HTTP",
    proven: Some(
        "a TLS record answers the plain request, or something other than a TLS record answers the ClientHello, going \
         by the first bytes",
    ),
    likely: None,
    undetermined: None,
    never: "that a certificate is wrong: no TLS was begun",
    next: &["ws:// where the server expects wss://, or the other way round", "the port: 80 or 443"],
    shows: &[
        found(
            "a TLS alert answers a plain request",
            "C: request | S: raw 15 03 01 00 02 02 46 | S: fin | C: fin",
        ),
        legal(
            "something else that is not HTTP",
            "C: request | S: raw 53 53 48 2d 32 2e 30 0d 0a 0d 0a | S: fin | C: fin",
        ),
    ],
};

impl Judge for TlsExpected {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        if let Some(answer) = facts.conversation.tls.as_deref().and_then(|tls| tls.plain_answer) {
            let mark = Mark { packet: Some(answer.mark.packet), at: answer.mark.at, frame: None };
            let grounds = Self { speaker: Role::Client, is_http: answer.is_http };
            return Some(Judged::new(grounds, Blame::Client, Proven).at(mark));
        }
        let finding = facts.finding(Role::Server, RuleId::HsHttpResp)?;
        let Violation::HsHttpResp(HsHttpResp::NotHttp { start, .. }) = &finding.violation else {
            return None;
        };
        // A record: its type, and the major version of everything since SSL 3.0 (RFC 8446 5.1).
        let [0x14..=0x17, 0x03, ..] = start.as_sent().as_slice() else { return None };
        let mark = Mark { packet: finding.packet, at: finding.at, frame: None };
        let grounds = Self { speaker: Role::Server, is_http: true };
        Some(Judged::new(grounds, Blame::Client, Proven).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        match self.speaker {
            Role::Server => "The client spoke plain HTTP to a TLS port".to_owned(),
            Role::Client => "The client spoke TLS to a non-TLS port".to_owned(),
        }
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        let look =
            format!("Check the client's log{} for the URL", at_clock(conversation, conversation.started_at));
        match (self.speaker, self.is_http) {
            (Role::Server, _) => Said::whole(
                "The client sent its request in plain HTTP to a port where the server speaks TLS: the answer was a TLS \
                    record.",
                format!("{look}: ws:// where it should be wss://, or the wrong port."),
            ),
            (Role::Client, is_http) => {
                let answer = if is_http { "plain HTTP" } else { "not TLS" };
                Said::whole(
                    format!(
                        "The client started TLS on a port where the server does not speak it: the answer to its \
                         ClientHello was {answer}."
                    ),
                    format!(
                        "{look}: wss:// where it should be ws://, or the wrong port; or check the server, where TLS \
                         should have been enabled."
                    ),
                )
            }
        }
    }
}
