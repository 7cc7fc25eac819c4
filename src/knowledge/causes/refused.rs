use crate::knowledge::causes::prelude::*;

/// `refused`: the opening handshake was answered with another status than 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "refused",
    tone: Tone::Fault,
    tells: &[],
    when: "the opening handshake was answered with a status other than 101",
    proven: Some("the response is in the recording"),
    likely: None,
    undetermined: None,
    never: "that the application refused it: whatever terminates this TCP connection did, and that may be a proxy or \
        load balancer; or that a status that comes after the client's FIN is a refusal",
    next: &[
        "Server and Via in the response: they say who answered",
        "401, 403: credentials, Origin; 404: the path; 400, 426: the request; 301 to 308: browsers do not follow \
         redirects; 502 to 504: the backend",
    ],
    shows: &[
        found("a 403", "C: request | S: status 403 Forbidden | S: fin | C: fin"),
        legal("a 101", "C: request | S: 101 | C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ],
};

/// Whether the request has what asks for the upgrade, as it was captured.
fn asks_for_upgrade<S: Readable>(conversation: &Conversation<S>) -> bool {
    let lacks = [RuleId::HsUpgradeReq, RuleId::HsConnectionReq];
    conversation.request.is_some()
        && !conversation.findings.iter().any(|f| lacks.contains(&f.violation.rule()))
}

impl Judge for Refused {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let status = facts.conversation.response.as_ref()?.status;
        let answered = facts.conversation.handshake_at.server;
        // A client that had ended TCP by then has not waited for it.
        let end = facts.side(Role::Client).end;
        let late =
            end.zip(answered).is_some_and(|(end, (packet, _))| end.is_own && end.mark.packet < Some(packet));
        if status == 101 || late {
            return None;
        }
        let mark = Mark { packet: answered.map(|at| at.0), at: answered.and_then(|at| at.1), frame: None };
        Some(Judged::new(Self { status }, Blame::Server, Proven).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        format!("The server refused the upgrade with status {}", self.status)
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let Some(response) = &conversation.response else {
            return Said::whole(
                "The server refused the upgrade.",
                look(conversation, Role::Server, cause) + " for the reason.",
            );
        };
        let phrase = visible(&response.phrase);
        let phrase = if phrase.is_empty() { String::new() } else { format!(" {phrase}") };
        let value = |name: &str| {
            response
                .fields
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, value)| shortened(&visible(&value)))
        };
        let named = ["Server", "Via"].map(|name| value(name).map(|value| format!("{name}: {value}")));
        let named: Vec<String> = named.into_iter().flatten().collect();
        let by = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
        let (more, next) = match self.status {
            300..=399 => (
                value("Location").map(|to| format!(", to {to}")),
                "for the redirect, and the URL the client was given: browsers never follow a redirect of an opening \
                 handshake, other clients only if configured to",
            ),
            401 | 407 => (
                None,
                "for the credentials it expected, and check whether the client can send them at all: scripts in a \
                 browser cannot set header fields",
            ),
            403 => (None, "for what it forbids: the Origin, the credentials, the address"),
            404 => (None, "for the path, and check the routes of the server and of any proxy in front of it"),
            200..=299 => (
                value("Content-Type").map(|of| format!(" and a {of} body")),
                "to see who answered: a plain web server, or a proxy that took it for an ordinary request",
            ),
            502..=504 => (
                None,
                "and that of the backend behind it: it answers as a gateway that got no valid answer from there, or \
                 none in time",
            ),
            400 | 426 if !asks_for_upgrade(conversation) => (
                None,
                "for what it missed, which the response body may say; the request here does not ask for the upgrade",
            ),
            400 | 426 => (
                None,
                "for what it missed, which the response body may say. The request here has Upgrade and Connection, \
                 but a proxy that does not pass them on gets this status from its backend",
            ),
            _ => (None, "for the reason"),
        };
        Said::whole(
            format!(
                "The server{by} refused the upgrade with status {}{phrase}{}.",
                self.status,
                more.unwrap_or_default()
            ),
            format!("{} {next}.", look(conversation, Role::Server, cause)),
        )
    }
}
