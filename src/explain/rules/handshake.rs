//! The opening handshake as a whole.

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
        rule: RuleId::HsAssumed,
        peer: None,
        text: "A recording that began after the connection did shows neither who asked for it nor what was agreed. The \
               mask tells clients from servers, but what RSV1 means depends on a response that is not there. \
               wslog does not report this yet.",
        next: &["a recording that begins before the connection does"],
        shows: &[],
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
        rule: RuleId::HsEarlyData,
        peer: Some("may read it as frames after its 101, or drop it; after a refusal it is no frame at all"),
        text: "Until the 101 is there the client does not know whether frames are understood. If the server refuses, or a \
               plain HTTP server stands there, these bytes are read as the next request. The acknowledgement number \
               tells what the client had received when it sent them, the order of the recording does not.",
        next: &[
            "a client that counts the connection as open once its request is sent",
            "whether the server handled the first message: some throw away what came before their 101",
        ],
        shows: &[
            found("a message right behind the request", "C: request | C: text hi | S: 101"),
            legal("once the response is there", "C: request | S: 101 | C: text hi"),
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
        rule: RuleId::HsSerial,
        peer: None,
        text: "One at a time keeps a page from flooding a server with handshakes. Browsers queue them by address. \
               wslog compares only requests with the same User-Agent, leaves out those that name a proxy, and is never \
               sure.",
        next: &[
            "whether the two are one program: the ports, the targets, the times",
            "a pool or a test that opens all its connections at once",
        ],
        shows: &[
            found(
                "a second request before the first response",
                "C: request | C2: request | S: 101 | S2: 101",
            ),
            legal("behind it", "C: request | S: 101 | C2: request | S2: 101"),
        ],
    },
    More {
        rule: RuleId::HsSni,
        peer: Some("without a name can only present its default certificate, or end the TLS handshake"),
        text: "Many names share one address; the TLS server learns from server_name which certificate is asked for. \
               Without it the client may be shown the certificate of another name, and its application then reports \
               1006, or 1015 where the library tells it apart. A server named by its IP address has no such name. \
               wslog does not report this yet.",
        next: &[
            "the ClientHello in the recording: server_name can be read there, unless the client encrypts it (ECH)",
            "a client that was given an address and sets Host itself",
        ],
        shows: &[],
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
