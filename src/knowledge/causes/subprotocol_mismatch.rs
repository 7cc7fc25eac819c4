use crate::knowledge::causes::prelude::*;

/// `subprotocol_mismatch`: the client left since none of its subprotocols was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubprotocolMismatch {
    /// From the 101 to its end of TCP.
    pub after_ns: Option<i64>,
    /// The client names the engine of a browser, which has to leave.
    pub browser: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "subprotocol_mismatch",
    tone: Tone::Fault,
    tells: &[],
    when: "the client disconnected at once; the server had chosen none of the subprotocols offered, or one that was \
        not",
    proven: None,
    likely: Some("it sent no frame, or only a Close, and nothing but the server's choice is wrong"),
    undetermined: None,
    never: "that a server that chose none broke a rule: that is legal, but browsers must then fail the connection",
    next: &[
        "the subprotocols that the server supports and those that the client offers: they must have one in common",
        "a proxy that removes Sec-WebSocket-Protocol from the response",
    ],
    shows: &[
        found(
            "none of those offered was chosen",
            "C: request Sec-WebSocket-Protocol: graphql-transport-ws | S: 101 | C: fin | S: fin",
        ),
        legal(
            "one was chosen",
            "C: request Sec-WebSocket-Protocol: graphql-transport-ws | S: 101 Sec-WebSocket-Protocol: graphql-transport-ws | C: fin | S: fin",
        ),
    ],
};

impl Judge for SubprotocolMismatch {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let rule = [RuleId::HsProtoNone, RuleId::HsProtoUnreq]
            .into_iter()
            .find(|rule| facts.finding(Role::Server, *rule).is_some())?;
        let client = facts.side(Role::Client);
        let left = client.frames == u64::from(client.close.is_some());
        let quit = facts.quit_of(Role::Client).filter(|_| left)?;
        let other = facts.conversation.findings.iter().any(|f| {
            f.by == Some(Role::Server) && f.level == crate::model::Level::Must && f.violation.rule() != rule
        });
        let answered = facts.conversation.handshake_at.server?;
        let after_ns = facts.between(answered.1, quit.mark.at);
        let soon = after_ns.is_none_or(|ns| ns <= 10 * facts.round_trip_ns);
        if other || !soon || facts.side(Role::Server).close.is_some_and(|close| close.is_answer != Some(true))
        {
            return None;
        }
        let mark = Mark { packet: Some(answered.0), at: answered.1, frame: None };
        let grounds = Self { after_ns, browser: facts.is_browser() };
        Some(Judged::new(grounds, Blame::Server, Likely).at(mark).breaks(rule))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        match cause.rule {
            Some(RuleId::HsProtoNone) => "The server chose none of the client's subprotocols".to_owned(),
            _ => "The server chose a subprotocol that the client had not offered".to_owned(),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let chosen = conversation.response.as_ref().and_then(|response| response.subprotocol());
        let chosen = chosen.map(|name| format!(" \"{}\"", shortened(&visible(&name)))).unwrap_or_default();
        let offered = conversation.request.as_ref().map_or_else(Vec::new, |request| {
            request.subprotocols.iter().map(|name| visible(name).into_owned()).collect::<Vec<_>>()
        });
        let offered = match offered.as_slice() {
            [] => String::new(),
            all => format!(" (\"{}\")", shortened(&all.join(", "))),
        };
        let chose = if cause.rule == Some(RuleId::HsProtoNone) {
            format!("the server chose none of the subprotocols it had offered{offered}")
        } else if offered.is_empty() {
            format!("the server chose the subprotocol{chosen}, and it had offered none")
        } else {
            format!(
                "the server chose the subprotocol{chosen}, which is not among those it had offered{offered}"
            )
        };
        let after = self.after_ns.map_or_else(String::new, |ns| {
            format!(" {} after the {}", duration(ns), success_of(conversation))
        });
        let browsers = if self.browser { "; browsers must then fail the connection" } else { "" };
        let look = look(conversation, Role::Server, cause);
        Said::whole(
            format!("The client disconnected{after}, probably because {chose}{browsers}."),
            if cause.rule == Some(RuleId::HsProtoNone) {
                format!(
                    "{look}, and compare the subprotocols it supports with those the client offers: they must have \
                     one in common."
                )
            } else {
                format!(
                    "{look} to see why it chose that one: it may choose only one that the client has offered."
                )
            },
        )
    }
}
