//! The opening handshake.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::HsAccept,
        peer: Some("must fail the connection: it ends TCP, and sends no Close, for none is open yet (4.1)"),
        text: "The value proves that the server has read this request and speaks WebSocket: a cache or a plain HTTP \
               server cannot answer it by chance. White space round it does not count.",
        next: &[
            "whether a proxy or cache answered with the response to another request",
            "whether the server hashes the key as sent, not decoded, and appends the GUID in upper case",
        ],
        shows: &[
            found(
                "the value belongs to another key",
                "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: fin | S: fin",
            ),
            legal(
                "white space round the value",
                "C: request | S: 101 Sec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  | S: text hi",
            ),
        ],
    },
    More {
        rule: RuleId::HsCoalesced,
        peer: Some("handles the frames like any others"),
        text: "TCP has no borders of messages: what the server sends right behind its 101 may share a segment with it. \
               A client that throws away what follows the response loses these frames.",
        next: &["whether the client handled the first message; if not, its HTTP reader has kept the bytes"],
        shows: &[
            found("a frame in the segment of the 101", "C: request | S: 101 | S: with text hi"),
            legal("the frame has a segment of its own", "C: request | S: 101 | S: text hi"),
        ],
    },
    More {
        rule: RuleId::HsNoResponse,
        peer: Some("fails the connection"),
        text: "A client whose request gets no response can only guess, and a browser reports 1006. A server that refuses \
               says why with an HTTP status, unless the request is so broken that it cannot be answered.",
        next: &[
            "the log of the server, or of the proxy that ended TCP",
            "whether the port speaks TLS: a plain request to it is dropped",
        ],
        shows: &[
            found("TCP ends after the request", "C: request | S: fin | C: fin"),
            legal("the refusal is told", "C: request | S: status 503 Service Unavailable | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::HsNotFailed,
        peer: None,
        text: "A response that does not validate comes from a server that does not speak WebSocket, or not on this \
               connection. What the client sends then, something else may read.",
        next: &["which check of the response the client's library skips"],
        shows: &[
            found(
                "frames after a wrong Sec-WebSocket-Accept",
                "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: text hi",
            ),
            legal(
                "TCP is ended instead",
                "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: fin | S: fin",
            ),
        ],
    },
    More {
        rule: RuleId::HsStatus,
        peer: Some("follows HTTP; a browser fails the connection"),
        text: "Only 101 opens a WebSocket connection. A browser does not follow a redirect here, shows no body, and \
               reports 1006 whatever the status was.",
        next: &[
            "the status and the body of the response",
            "401, 403: credentials or Origin; 404: the path; 200: something took the request for plain HTTP; 426: the \
             version; 502, 504: the server behind a proxy",
        ],
        shows: &[
            found("refused", "C: request | S: status 403 Forbidden | S: fin | C: fin"),
            legal("accepted", "C: request | S: 101 | S: text hi"),
        ],
    },
];
