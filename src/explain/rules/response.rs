//! The response of the opening handshake.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::Hs101Body,
        peer: Some("passes over the field: a 101 ends at its empty line (RFC 9112 6.3)"),
        text: "Behind the 101 frames begin. A proxy or client that believes Content-Length or Transfer-Encoding takes \
               frames for a body: with Content-Length: 0, the usual case, nothing is lost; with more the first messages \
               are.",
        next: &[
            "a framework or proxy that adds the field to every response",
            "whether the first message arrived, if the length is not 0",
        ],
        shows: &[
            found("an empty body announced", "C: request | S: 101 Content-Length: 0 | S: text hi"),
            legal("in a refusal, which has a body", "C: request | S: status 403 Forbidden | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::HsAccepted,
        peer: Some("need not notice: the response itself is in order"),
        text: "A server that grants a faulty request hides the fault of the client, which then fails at a stricter server \
               or behind a proxy. The finding for the fault itself stands beside this one. A key that does not decode is \
               not meant: the server need not look inside.",
        next: &[
            "the finding against the client: that is what has to be mended first",
            "a proxy between them: it may have asked the server in proper form",
        ],
        shows: &[
            found("a request without Host is granted", "C: request -Host | S: 101"),
            legal(
                "a key of 5 bytes is: the server need not decode it",
                "C: request Sec-WebSocket-Key: c2hvcnQ= | S: 101 Sec-WebSocket-Accept: 5mxwMKXNI9akKyJbT9Ot03A9YWg=",
            ),
        ],
    },
    More {
        rule: RuleId::HsConnectionResp,
        peer: None,
        text: "A proxy that treats the connection as plain HTTP replaces Connection by keep-alive or close, or leaves it \
               out. The client fails the connection, its application reports 1006, and the server, which sent its 101 in \
               good faith, sees TCP end without a Close and reports 1006 too.",
        next: &[
            "the response as the server sent it, on its side of the proxy",
            "a server or framework that writes Connection itself",
        ],
        shows: &[
            found("keep-alive only", "C: request | S: 101 Connection: keep-alive | C: fin | S: fin"),
            legal("beside another token", "C: request | S: 101 Connection: keep-alive, Upgrade | S: text hi"),
        ],
    },
    More {
        rule: RuleId::HsExtUnreq,
        peer: None,
        text: "What was not offered the client may not understand: with permessage-deflate it would get payloads that it \
               cannot read. Servers do this that compress by configuration, and proxies that take the offer out of the \
               request.",
        next: &[
            "the request on the server's side of a proxy: was the offer there?",
            "a server that is configured to compress always",
        ],
        shows: &[
            found(
                "permessage-deflate without an offer",
                "C: request | S: 101 Sec-WebSocket-Extensions: permessage-deflate | C: fin | S: fin",
            ),
            legal(
                "with one",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate | S: text hi",
            ),
        ],
    },
    More {
        rule: RuleId::HsHttpResp,
        peer: Some(
            "must fail the connection where HTTP leaves no way to read it (4.1): no frame, and TCP ended; it may pass \
             over a blank before a colon or a bare LF",
        ),
        text: "What comes back is not HTTP, or a 101 with a line that is none. Bytes that are no HTTP at all are often \
               another protocol on that port: 15 03 begins a TLS alert, which a plain request to a TLS port gets. A 101 \
               in HTTP/1.0 is a note: clients differ in whether they take it.",
        next: &[
            "the line or the first bytes that the finding quotes",
            "whether the port speaks TLS, and the client was given ws in place of wss",
        ],
        shows: &[
            found("a line without a colon", "C: request | S: 101 +X-Trace 1 | C: fin | S: fin"),
            legal(
                "another phrase behind the status",
                "C: request | S: 101 !HTTP/1.1 101 Web Socket Protocol Handshake | S: text hi",
            ),
        ],
    },
    More {
        rule: RuleId::HsProtoNone,
        peer: Some(
            "a browser fails the connection (WHATWG); of other clients some do and some go on without a subprotocol",
        ),
        text: "The RFC allows it. But in a browser the application reports 1006 right after a 101 that looks sound, and \
               the server sees the client leave at once.",
        next: &[
            "whether the client ended TCP right behind the 101",
            "the subprotocols the server knows, letter by letter: 'graphql-ws' and 'graphql-transport-ws' are two",
            "a server that has to be told to choose one: many libraries leave the field out by default",
        ],
        shows: &[
            found("none is chosen", "C: request Sec-WebSocket-Protocol: chat | S: 101"),
            legal(
                "the second one is",
                "C: request Sec-WebSocket-Protocol: chat, superchat | S: 101 Sec-WebSocket-Protocol: superchat",
            ),
        ],
    },
    More {
        rule: RuleId::HsProtoUnreq,
        peer: None,
        text: "The server picks one name from the list of the client, or sends no such field. A fixed answer whatever was \
               offered, the whole list sent back, or an empty field each make the client fail the connection and report \
               1006.",
        next: &[
            "a server that answers with a constant, or sends the list of the request back",
            "a client that was not given the subprotocol of this server",
        ],
        shows: &[
            found(
                "another one than offered",
                "C: request Sec-WebSocket-Protocol: chat | S: 101 Sec-WebSocket-Protocol: mqtt | C: fin | S: fin",
            ),
            legal(
                "one of two",
                "C: request Sec-WebSocket-Protocol: chat, mqtt | S: 101 Sec-WebSocket-Protocol: mqtt | S: text hi",
            ),
        ],
    },
    More {
        rule: RuleId::HsUpgradeResp,
        peer: None,
        text: "A 101 says that TCP now speaks what Upgrade names, so the value is websocket alone: with a second protocol \
               beside it the client could not know which one begins. Without the field a proxy has removed it, or the \
               server is none of WebSocket.",
        next: &[
            "the response as the server sent it, on its side of the proxy",
            "a server that sends the Upgrade field of the request back as it came",
        ],
        shows: &[
            found(
                "a second protocol beside it",
                "C: request | S: 101 Upgrade: websocket, h2c | C: fin | S: fin",
            ),
            legal("other case", "C: request | S: 101 Upgrade: WebSocket | S: text hi"),
        ],
    },
    More {
        rule: RuleId::HsVersionAnswer,
        peer: Some("has nothing to choose from, and gives up"),
        text: "A client that hears which versions the server speaks can ask again with one of them. wslog reports this \
               only for a 400 or 426 to a version other than 13; the refusal may have had another cause, so it is likely \
               and never proven.",
        next: &["the version the client asked for, and why it is not 13", "the body of the refusal"],
        shows: &[
            found(
                "refused, and none is named",
                "C: request Sec-WebSocket-Version: 14 | S: status 426 Upgrade Required | S: fin | C: fin",
            ),
            legal(
                "13 is named",
                "C: request Sec-WebSocket-Version: 14 | \
                 S: status 426 Upgrade Required & Sec-WebSocket-Version: 13 | S: fin | C: fin",
            ),
        ],
    },
];
