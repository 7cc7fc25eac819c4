use crate::knowledge::causes::prelude::*;

/// `alpn_mismatch`: TLS settled on one version of HTTP (ALPN), the client spoke another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlpnMismatch {
    /// The client had offered HTTP/1.1 as well.
    pub offers_both: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "alpn_mismatch",
    tone: Tone::Fault,
    tells: &[RuleId::HsNoResponse],
    when: "ALPN selected HTTP/2, and the client requested the upgrade in HTTP/1.1",
    proven: Some(
        "the protocol that the server selected from the client's list and the request were both decrypted or in the \
         clear",
    ),
    likely: None,
    undetermined: None,
    never: "that the server does not support WebSocket: the request came in a protocol that it did not expect",
    next: &[
        "the protocols that the client offers (ALPN): only http/1.1 for WebSocket, unless it supports RFC 8441",
        "whether HTTP/2 should be disabled where WebSocket is served",
    ],
    shows: &[],
};

/// The name of HTTP/2 over TLS (RFC 9113 3.1).
const HTTP_2: &str = "h2";

impl Judge for AlpnMismatch {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let tls = facts.conversation.tls.as_deref()?;
        let chosen = tls.alpn.as_ref().filter(|chosen| chosen.as_sent() == HTTP_2)?;
        let (packet, at) = facts.conversation.handshake_at.client?;
        if facts.http2().is_some()
            || facts.conversation.request.is_none()
            || facts.conversation.response.is_some()
        {
            return None;
        }
        let offered = tls.offer.as_deref().map_or(&[][..], |offer| &offer.alpn);
        let offers_both = offered.iter().any(|name| name.as_sent() != chosen.as_sent());
        let mark = Mark { packet: Some(packet), at, frame: None };
        Some(Judged::new(Self { offers_both }, Blame::Client, Proven).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        "The client requested the upgrade in HTTP/1.1 after agreeing on HTTP/2".to_owned()
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let offered = if self.offers_both { "HTTP/2 among others" } else { "HTTP/2" };
        Said::whole(
            format!(
                "In the TLS handshake the client offered {offered} and the server selected it (ALPN h2); the client \
                 then requested the upgrade in HTTP/1.1{}, which a server that expects HTTP/2 does not understand.",
                when(conversation, cause.at)
            ),
            format!(
                "{}, and the protocols that it offers: it should offer only http/1.1, unless it can open WebSocket \
                 over HTTP/2 (RFC 8441).",
                look(conversation, Role::Client, cause)
            ),
        )
    }
}
