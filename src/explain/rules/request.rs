//! The request of the opening handshake.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::HsConnectionReq,
        peer: None,
        text: "Connection names the fields that are meant for the next hop only, and Upgrade is one of them. A proxy that \
               was not told about WebSocket takes both away and writes a Connection of its own: the server sees a plain \
               GET, and the client's application reports 1006.",
        next: &[
            "the same request on both sides of the proxy: what the client sent tells whose fault it is",
            "nginx: proxy_http_version 1.1, and proxy_set_header for Upgrade and Connection; Apache httpd: mod_proxy_wstunnel, or upgrade= of mod_proxy_http",
        ],
        shows: &[
            found(
                "the value of a proxy",
                "C: request Connection: close | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal(
                "beside another token, in small letters",
                "C: request Connection: keep-alive, upgrade | S: 101",
            ),
        ],
    },
    More {
        rule: RuleId::HsExtSyntax,
        peer: Some(
            "a server must refuse such a request with an HTTP error (4.2.1), such as 400; a client must fail the \
             connection for such a response (9.1): no frame, and TCP ended",
        ),
        text: "The value is a list parted by commas; parameters follow their extension behind semicolons, and a quoted \
               value is a token inside the quotes. An empty field is no list: who offers or takes nothing leaves the \
               field out.",
        next: &[
            "the byte that the finding names",
            "code that puts the value together from parts: a separator too many, or an empty list",
        ],
        shows: &[
            found(
                "a semicolon with nothing behind it",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal(
                "a value in quotes",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"10\" | S: 101",
            ),
        ],
    },
    More {
        rule: RuleId::HsExtUnreg,
        peer: Some("a server leaves it out of its response; the connection goes on without it"),
        text: "IANA registers names of extensions, and the RFC has nobody use others. Few keep to it, and an offer that \
               the server does not know does no harm, so this is a note. wslog does not know what such an extension does \
               to frames.",
        next: &[
            "whether the response took it: then reserved bits and payloads can mean something else than they say",
            "an old name: x-webkit-deflate-frame and deflate-frame came before permessage-deflate",
        ],
        shows: &[
            found(
                "a name that was never registered",
                "C: request Sec-WebSocket-Extensions: x-webkit-deflate-frame | S: 101",
            ),
            legal("a registered one", "C: request Sec-WebSocket-Extensions: permessage-deflate | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsHost,
        peer: None,
        text: "Host tells a server with several names which one is meant; HTTP/1.1 itself wants it once in every request. \
               That it names another port than TCP has is a note: port forwarding, containers and load balancers do \
               that, and servers that build URIs or compare Origin with Host then go wrong.",
        next: &[
            "a client that writes the request itself",
            "a port other than that of TCP: what forwards, and whether the server compares Host with Origin",
        ],
        shows: &[
            found("no Host", "C: request -Host | S: status 400 Bad Request | S: fin | C: fin"),
            legal("the default port written out", "C: request Host: server.example.com:80 | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsHttpReq,
        peer: None,
        text: "A request that each hop reads in its own way can be smuggled past one of them, so servers and proxies \
               refuse it: a blank before the colon, a line without a colon, a control character. What HTTP lets a \
               server pass over (a bare LF, a folded line) breaks the clause too, but need not be refused.",
        next: &[
            "the line that the finding quotes: a value set by the application may hold a line break",
            "a client that writes the request itself",
        ],
        shows: &[
            found(
                "a blank before the colon",
                "C: request +X-Trace : 1 | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal("no blank behind it", "C: request +X-Trace:1 | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsKey,
        peer: Some(
            "must refuse a request without a key, or with two, with an HTTP error (4.2.1), such as 400; it need not \
             decode the value (4.2.2), so granting one of a wrong length breaks nothing",
        ),
        text: "The key ties the response to this request; it is no secret and authenticates nobody. 16 bytes in base64 are 24 \
               characters, the last two of them '='. The same key on two connections is a note: the recording may show \
               both sides of a proxy, or the client does not draw a fresh one.",
        next: &[
            "the length of the key as sent: base64url, a missing '=' or a text in place of 16 bytes",
            "a script or load generator with the key of the RFC written into it",
        ],
        shows: &[
            found(
                "15 bytes",
                "C: request Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal(
                "the key of the RFC's own example, whose unused bits are not 0",
                "C: request Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC== | \
                 S: 101 Sec-WebSocket-Accept: OfS0wDaT5NoxF2gqm7Zj2YtetzM=",
            ),
        ],
    },
    More {
        rule: RuleId::HsMethod,
        peer: None,
        text: "HTTP/1.0 has no Upgrade. A client seldom sends it; a proxy does that speaks HTTP/1.0 to the servers behind \
               it, and then every WebSocket connection through it fails with 1006 while plain requests work.",
        next: &[
            "HTTP/1.0: the proxy before the server (nginx: proxy_http_version 1.1)",
            "POST or another method: something that is no WebSocket client, or a redirect followed as POST",
        ],
        shows: &[
            found("HTTP/1.0", "C: request !GET /chat HTTP/1.0 | S: status 400 Bad Request | S: fin | C: fin"),
            legal("a later HTTP/1: at least 1.1 is asked", "C: request !GET /chat HTTP/1.2 | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsOrigin,
        peer: Some("may refuse a request without Origin, with 403 for example (4.2.2, 10.2)"),
        text: "Browsers send Origin with every opening handshake and scripts cannot leave it out; servers check it against \
               connections from foreign pages. User-Agent names a browser here, which any program can claim to be.",
        next: &[
            "User-Agent: a test tool or a scraper that copies the one of a browser",
            "a proxy that removes Origin, if the client is a browser",
        ],
        shows: &[
            found(
                "the User-Agent of a browser, no Origin",
                "C: request User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 | S: 101",
            ),
            legal(
                "a page without an origin that can be named",
                "C: request User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 & \
                 Origin: null | S: 101",
            ),
        ],
    },
    More {
        rule: RuleId::HsProtoReq,
        peer: None,
        text: "The field lists what the client can speak, best first. A browser refuses a bad list before anything is \
               sent (SyntaxError), so this comes from other clients. Names have no blank, slash, comma or quote in them.",
        next: &[
            "the list that the application passed: a name twice, an empty one, or a URI in place of a token",
            "a token for authentication sent in this field: base64 with '/' or '=' is no token; base64url without \
             padding is",
        ],
        shows: &[
            found(
                "the same name twice",
                "C: request Sec-WebSocket-Protocol: chat, chat | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal(
                "two fields",
                "C: request Sec-WebSocket-Protocol: chat & +Sec-WebSocket-Protocol: superchat | \
                 S: 101 Sec-WebSocket-Protocol: chat",
            ),
        ],
    },
    More {
        rule: RuleId::HsTarget,
        peer: None,
        text: "The request line has the path and the query, as in any request to a server, or a whole http or https URI. \
               ws and wss are names for people and APIs; they do not stand in the request. A fragment stays with the \
               client: a '#' that is part of a name is written %23.",
        next: &[
            "a client that puts the URI it was given into the request line as it is",
            "a '#' in a path or query that was not escaped",
        ],
        shows: &[
            found(
                "a ws URI",
                "C: request !GET ws://server.example.com/chat HTTP/1.1 | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal("the http URI", "C: request !GET http://server.example.com/chat HTTP/1.1 | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsUpgradeReq,
        peer: None,
        text: "Without it this is a plain GET, and a server that is not only for WebSocket answers it as such: a page, a \
               404, or 426. Proxies remove Upgrade together with Connection unless they are told to pass both on.",
        next: &[
            "the same request on both sides of the proxy: what the client sent tells whose fault it is",
            "a status 200: the server took the request for plain HTTP",
        ],
        shows: &[
            found(
                "a proxy has taken the field away",
                "C: request -Upgrade | S: status 426 Upgrade Required | S: fin | C: fin",
            ),
            legal("beside another protocol, in any case", "C: request Upgrade: h2c, WebSocket | S: 101"),
        ],
    },
    More {
        rule: RuleId::HsVersion,
        peer: None,
        text: "13 is the only version that was ever standard; 7 and 8 were drafts that browsers of 2011 sent. The field \
               stands once and has one number. Another number is no fault but another protocol: a note, and wslog does \
               not judge its frames.",
        next: &[
            "a client that writes the request itself",
            "a field that is there twice: a proxy or a script that adds what the library sends already",
        ],
        shows: &[
            found(
                "the field is missing",
                "C: request -Sec-WebSocket-Version | S: status 400 Bad Request | S: fin | C: fin",
            ),
            legal("its name in small letters, and no blank", "C: request sec-websocket-version:13 | S: 101"),
        ],
    },
];
