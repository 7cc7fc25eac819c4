use crate::knowledge::prelude::*;

/// HS-HOST: The request has one Host, with the port where that is not the default one; forwarding changes the port of
/// TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HsHost {
    /// No `Host`, or more than one.
    Count(u16),
    /// `Host` names another port than TCP has.
    Port {
        /// The one named; `None` where it names none, which stands for the default one.
        named: Option<u16>,
        /// The one of TCP.
        tcp: u16,
    },
}

pub(super) const ROW: Row = Row {
    name: "HS-HOST",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1"), rfc9112("3.2")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400]),
    says: "the request has one Host field, with the port unless it is the default; forwarding changes the TCP port",
    peer: None,
    text: "Host tells a server with several names which one is meant; HTTP/1.1 itself requires it exactly once in \
        every request. A port other than the TCP port is a note: port forwarding, containers and load balancers \
        cause it, and servers that build URIs or compare Origin with Host then get it wrong.",
    next: &[
        "a client that writes the request itself",
        "for a port other than the TCP port: what forwards, and whether the server compares Host with Origin",
    ],
    shows: &[
        found("no Host", "C: request -Host | S: status 400 Bad Request | S: fin | C: fin"),
        legal("the default port written out", "C: request Host: server.example.com:80 | S: 101"),
    ],
};

impl Told for HsHost {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::Count(count) => {
                let found = times("Host", *count);
                say.words("Host once", found.as_str(), format!("sent a request {}", having(&found)))
            }
            Self::Port { named, tcp } => {
                let found = named.map_or_else(
                    || "Host without a port".to_owned(),
                    |port| format!("Host with port {port}"),
                );
                say.words(
                    format!("Host with port {tcp}, the TCP port"),
                    found.as_str(),
                    format!(
                        "sent {found} to TCP port {tcp}: a proxy or a forwarded port in between does that"
                    ),
                )
            }
        }
    }
}
