use crate::knowledge::causes::prelude::*;

/// `upgrade_stripped`: the request, or the answer, lost its Upgrade on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeStripped {
    /// In whose head it is missing.
    pub head: Role,
    /// A proxy has left its signs.
    pub proxied: bool,
    /// It came down to HTTP/1.0.
    pub old_http: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "upgrade_stripped",
    tone: Tone::Fault,
    tells: &[
        RuleId::HsMethod,
        RuleId::HsUpgradeReq,
        RuleId::HsConnectionReq,
        RuleId::HsUpgradeResp,
        RuleId::HsConnectionResp,
    ],
    when: "a proxy on the path removed Upgrade or Connection from the request or the 101, or downgraded it to \
        HTTP/1.0",
    proven: None,
    likely: Some(
        "a request with Sec-WebSocket-Key, or a 101, lacks the fields that belong with it, and a proxy has left \
         traces: Via, X-Forwarded-*, Forwarded, HTTP/1.0, Connection: close",
    ),
    undetermined: Some("the same without such traces, as the client may have sent it that way"),
    never: "that the client is broken: Upgrade and Connection are hop-by-hop (RFC 9110 7.6.1), and a proxy not \
        configured to pass them on removes them",
    next: &[
        "the proxy between that side and the capture point: nginx needs proxy_http_version 1.1, and Upgrade and \
         Connection set",
        "a capture on the far side of that proxy",
    ],
    shows: &[
        found(
            "a proxy removed Upgrade and downgraded to HTTP/1.0",
            "C: request !GET /chat HTTP/1.0 & -Upgrade & Connection: close & X-Forwarded-For: 10.0.0.7 | S: status 400 Bad Request | S: fin | C: fin",
        ),
        legal(
            "a complete request is refused",
            "C: request X-Forwarded-For: 10.0.0.7 | S: status 400 Bad Request | S: fin | C: fin",
        ),
    ],
};

/// Fields that proxies add, in lower case.
const SIGNS: &[&str] =
    &["via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"];

impl Judge for UpgradeStripped {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let lacks = |role: Role, rules: &[RuleId]| rules.iter().find_map(|rule| facts.finding(role, *rule));
        let asked = lacks(Role::Client, &[RuleId::HsUpgradeReq, RuleId::HsConnectionReq]);
        let answered = lacks(Role::Server, &[RuleId::HsUpgradeResp, RuleId::HsConnectionResp]);
        let (head, finding) = match (asked, answered) {
            (Some(finding), _) => (Role::Client, finding),
            (None, Some(finding)) => (Role::Server, finding),
            (None, None) => return None,
        };
        if facts.course.is_established && facts.side(Role::Client).frames > 0 {
            return None;
        }
        let fields = if head == Role::Client { facts.request() } else { facts.response() }?;
        let signed = fields.iter().any(|(name, _)| SIGNS.iter().any(|sign| name.eq_ignore_ascii_case(sign)));
        let request = facts.conversation.request.as_ref();
        let old_http = head == Role::Client
            && request.is_some_and(|request| request.http_version.as_sent().ends_with("1.0"));
        let closes = fields.first("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let has_key = head == Role::Server || request.is_some_and(|request| request.key().is_some());
        let proxied = signed || old_http || closes;
        if !has_key {
            return None;
        }
        let certainty = if proxied { Likely } else { Undetermined };
        let mark = Mark { packet: finding.packet, at: finding.at, frame: None };
        let grounds = Self { head, proxied, old_http };
        Some(Judged::new(grounds, Blame::Between, certainty).at(mark).breaks(finding.violation.rule()))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        match self.head {
            Role::Client => "The request lost its Upgrade in transit".to_owned(),
            Role::Server => "The 101 lost its Upgrade in transit".to_owned(),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let head = if self.head == Role::Client { "request" } else { "101" };
        let lost = if self.old_http { ", as HTTP/1.0" } else { "" };
        let field = match cause.rule {
            Some(RuleId::HsConnectionReq | RuleId::HsConnectionResp) => "Connection: Upgrade",
            _ => "Upgrade",
        };
        let answer = conversation.response.as_ref().filter(|_| self.head == Role::Client);
        let then =
            answer.map_or_else(String::new, |response| format!("; the server answered {}", response.status));
        let why = match cause.certainty {
            Undetermined => {
                "the recording does not show whether a proxy on the path removed it or it was sent that way"
            }
            _ => "probably a proxy on the path removed it",
        };
        Said::whole(
            format!("The {head} arrived here without {field}{lost}: {why}{then}."),
            format!(
                "Check the log of the proxy between {} and this capture point{} for the same request: it must be \
                 configured to pass on Upgrade and Connection (nginx: proxy_http_version 1.1, and proxy_set_header \
                 for both).",
                a(self.head),
                at_clock(conversation, cause.at)
            ),
        )
    }
}
