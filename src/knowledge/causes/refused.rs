use crate::knowledge::causes::prelude::*;

/// `refused`: the opening handshake was answered with another status than 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status; `None` where the server reset the stream of HTTP/2 instead.
    pub status: Option<u16>,
    /// With that error.
    pub error: Option<Http2Error>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "refused",
    tone: Tone::Fault,
    tells: &[],
    when: "the opening handshake was answered with a status other than 101; in HTTP/2 with one other than 2xx, or by a \
        reset of the stream (RST_STREAM)",
    proven: Some("the response, or the RST_STREAM, is in the recording"),
    likely: None,
    undetermined: None,
    never: "that the application refused it: whatever terminates this TCP connection did, and that may be a proxy or \
        load balancer; or that a status that comes after the client's FIN is a refusal",
    next: &[
        "Server and Via in the response: they say who answered",
        "401, 403: credentials, Origin; 404: the path; 400, 426: the request; 301 to 308: browsers do not follow \
         redirects; 502 to 504: the backend",
        "RST_STREAM in HTTP/2: REFUSED_STREAM was not processed and can be tried again; PROTOCOL_ERROR says that the \
         request is malformed, as a server finds it that does not take extended CONNECT (RFC 8441)",
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
        let Some(response) = facts.conversation.response.as_ref() else { return not_processed(facts) };
        let status = response.status;
        let answered = facts.conversation.handshake_at.server;
        // A client that had ended TCP by then has not waited for it.
        let end = facts.side(Role::Client).end;
        let late =
            end.zip(answered).is_some_and(|(end, (packet, _))| end.is_own && end.mark.packet < Some(packet));
        if status == 101 || response.switches || late {
            return None;
        }
        let mark = Mark { packet: answered.map(|at| at.0), at: answered.and_then(|at| at.1), frame: None };
        Some(Judged::new(Self { status: Some(status), error: None }, Blame::Server, Proven).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> String {
        let what = request_of(conversation);
        match self.status {
            Some(status) => format!("The server refused {what} with status {status}"),
            None => format!("The server refused {what} with {}", end(StreamEnd::RstStream(self.error))),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let (Some(response), Some(status)) = (&conversation.response, self.status) else {
            return self.by_reset(cause, conversation);
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
        let is_connect = response.facts.is_connect;
        let (more, next) = match status {
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
            400 | 426 if is_connect => (
                None,
                "for what it missed, which the response body may say, and that of its backend, if it is a proxy: one that \
                 turns the CONNECT of HTTP/2 into an upgrade of HTTP/1.1 has to add Upgrade, Connection and a key",
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
                "The server{by} refused {} with status {status}{phrase}{}.",
                request_of(conversation),
                more.unwrap_or_default()
            ),
            format!("{} {next}.", look(conversation, Role::Server, cause)),
        )
    }
}

/// The server reset the stream before it answered.
fn not_processed(facts: &Facts<'_>) -> Option<Judged<Refused>> {
    let end = facts.conversation.closing.first_end.filter(|end| end.by == Role::Server)?;
    let StreamEnd::RstStream(error) = end.how else { return None };
    facts.conversation.request.as_ref()?;
    let mark = Mark { packet: end.packet, at: end.at, frame: None };
    Some(Judged::new(Refused { status: None, error }, Blame::Server, Proven).at(mark))
}

impl Refused {
    /// Its words where no status tells.
    fn by_reset<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let look = look(conversation, Role::Server, cause);
        let uninvited = conversation.http2.as_ref().is_some_and(|http2| http2.was_invited == Some(false));
        let uninvited = if uninvited { "; it had not announced that it takes one" } else { "" };
        let next = match self.error {
            Some(Http2Error::REFUSED_STREAM) => format!(
                "{look} for a limit on streams or a shutdown: it did not process the request, which can be made again."
            ),
            Some(Http2Error::HTTP_1_1_REQUIRED) => {
                format!(
                    "{look} for why it asks for HTTP/1.1: the client must open a connection of that version."
                )
            }
            Some(error) if error.is_of_peer() => format!(
                "{look} for what it found wrong with the request; a server that does not support RFC 8441 takes the \
                 extended CONNECT for malformed."
            ),
            _ => format!("{look} for the reason."),
        };
        let at = later(cause.at, conversation.handshake_at.client.and_then(|at| at.1));
        Said::whole(
            format!(
                "The server refused {} with {}{at}, without a status{uninvited}.",
                request_of(conversation),
                end(StreamEnd::RstStream(self.error)),
            ),
            next,
        )
    }
}
