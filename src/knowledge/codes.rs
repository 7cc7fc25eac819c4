//! Close codes: the "WebSocket Close Code Number" registry of IANA and the ranges of RFC 6455 7.4.2, and what is known of
//! each.

use crate::knowledge::{Clause, Who, rfc6455};
use crate::model::topic::{CodeEntry, Registration};

use Registration::{Assigned, OutOfRange, Private, Reserved, Unassigned};

const AS_RECEIVED: &str = "the code and reason as received; wasClean is true if the receiver's own Close had gone \
    out when TCP ended. The sender reports the code of the Close that came back (1006 if none did; RFC 6455 7.1.5); \
    some libraries report the code they sent";
const STRICT: &str = "the RFC leaves it open: a strict receiver fails the connection and reports 1006, a lenient one \
    passes the code on";

/// Sets up the registry of IANA, which alone has the codes that cite nothing else.
pub(crate) const REGISTRY: Clause = rfc6455("11.7");

/// Every range, and every code with a meaning of its own.
pub const CODES: &[CodeEntry] = &[
    CodeEntry {
        codes: 0..=999,
        name: None,
        registration: OutOfRange,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.4.2")],
        meaning: "Not used by the protocol.",
        reported: STRICT,
        causes: &[
            "an application passed an HTTP status, an errno or an exit code to close()",
            "the first two bytes of a Close body are text: the code was left out and the body begins with the reason",
            "the code was written in little-endian order: 1000 becomes 59395, 1001 becomes 59651",
        ],
        next: &[
            "the bytes of the Close frame (--payload full), and what the sender's application passed to close()",
        ],
    },
    CodeEntry {
        codes: 1000..=1000,
        name: Some("normal closure"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The purpose of the connection has been fulfilled.",
        reported: AS_RECEIVED,
        causes: &[
            "the application closed with 1000, or its library sends 1000 when the application gives no code",
            "a library answers every Close with 1000: echoing the code received is typical, not required (RFC 6455 \
             5.5.1)",
            "not close() without arguments in a browser: that sends an empty Close, and the other side reports 1005",
        ],
        next: &[
            "who started the closing handshake: closing.started_by, and the evidence for it",
            "an unexpected 1000: closing.idle_before_close_ns compared with the timeouts of both applications",
        ],
    },
    CodeEntry {
        codes: 1001..=1001,
        name: Some("going away"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The sender is going away: a server shuts down, or a browser leaves the page.",
        reported: AS_RECEIVED,
        causes: &[
            "the page was left or reloaded, or its tab closed: the browser itself sends 1001",
            "the server process was told to stop, as in a deployment",
            "some server libraries send it on an idle timeout; the reason then says so",
        ],
        next: &[
            "the reason of the Close",
            "whether many connections to one server closed at the same moment (a restart) or just one (a page was \
             left)",
        ],
    },
    CodeEntry {
        codes: 1002..=1002,
        name: Some("protocol error"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The sender fails the connection because of a protocol error by the other side.",
        reported: AS_RECEIVED,
        causes: &[
            "the other side broke one of the rules that call for 1002",
            "the sender received a code that may not be sent, or a Close body of one byte",
            "foreign bytes in the stream: a proxy that speaks another protocol, or two writers on one socket",
            "the sender lacks an extension that the other side believes was negotiated",
        ],
        next: &[
            "the must-level finding against the other side just before the Close, and its frame",
            "if there is none: gaps in the recording, then whether the sender of the 1002 is wrong",
        ],
    },
    CodeEntry {
        codes: 1003..=1003,
        name: Some("unsupported data"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The sender received a type of data that it cannot accept, such as binary when it takes only text.",
        reported: AS_RECEIVED,
        causes: &[
            "a binary message to an endpoint that takes text, or a text message to one that takes binary",
            "an application that uses 1003 for messages it cannot parse",
        ],
        next: &["the type and content of the last message that the sender of the 1003 had received"],
    },
    CodeEntry {
        codes: 1004..=1004,
        name: Some("reserved"),
        registration: Reserved,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.4.1")],
        meaning: "Reserved; a meaning might be defined in the future. The RFC does not forbid sending it, so wslog \
            only notes it; Autobahn (case 7.9.3) expects it to be refused.",
        reported: STRICT,
        causes: &[
            "a code for \"too large\" from a draft of RFC 6455: that is 1009 today",
            "a server that passes on a number from elsewhere",
        ],
        next: &["the library and its version on the side that sent it"],
    },
    CodeEntry {
        codes: 1005..=1005,
        name: Some("no status rcvd"),
        registration: Reserved,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.1.5"), rfc6455("7.4.1")],
        meaning: "The receiver's own conclusion, never sent: it received a Close frame without a code.",
        reported: "1005 with an empty reason; wasClean is true if the receiver's own Close had gone out when TCP ended",
        causes: &[
            "close() without arguments in a browser: it sends an empty Close, and the server reports 1005",
            "a library that sends an empty Close by default, or answers with one: the other side reports 1005",
            "a side that sent 1000 and got an empty Close back reports 1005, not its own 1000",
        ],
        next: &["which side's Close was empty: CL-NOCODE names its sender and its frame"],
    },
    CodeEntry {
        codes: 1006..=1006,
        name: Some("abnormal closure"),
        registration: Reserved,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.1.5"), rfc6455("7.4.1")],
        meaning: "One side's own conclusion, never sent: the connection ended before this side had processed a Close \
            frame. The two sides need not agree: one often reports 1006 while the other reports 1000 or 1001.",
        reported: "1006 with an empty reason, wasClean false; a browser first fires an error event if it failed the \
            connection itself",
        causes: &[
            "TCP ended with a FIN and without a Close: a process ended and its kernel closed the socket, or a proxy \
             timed out (outcome no_close_frame)",
            "TCP was reset: a crash, unread data when the socket was closed, or a firewall or load balancer that had \
             forgotten the connection (outcome reset)",
            "this side sent a Close, and the other ended TCP without answering, or this side gave up waiting (outcome \
             close_unanswered): it reports 1006, the other side the code of the Close if it read it",
            "this side failed the connection because of the other side's fault: browsers, ws, undici and python \
             websockets report 1006 whatever comes back; aiohttp's client, Tomcat and uvicorn report their own code \
             (1002, 1007, 1009)",
            "the opening handshake failed: DNS, TCP, TLS, an HTTP status other than 101, or an invalid response; \
             browsers report 1006 for each of these and tell scripts nothing more",
            "the other side's Close was sent but not read: TCP had already ended, or an RST came right after it; a \
             browser built on Chromium then reports 1006, while most libraries still report its code",
            "the network failed: retransmissions go unanswered, TCP gives up, and neither side receives anything",
        ],
        next: &[
            "closing.outcome, and the first FIN or RST: who ended TCP, and when",
            "CL-ABNORMAL, CL-RST, CL-REPLY and CL-FAIL-SILENT among the findings",
            "closing.idle_before_close_ns: a silence of {timeouts} s is consistent with the default timeout of a \
             well-known proxy",
            "a second capture at the other end: a FIN or RST that its host did not send came from something on the \
             path",
        ],
    },
    CodeEntry {
        codes: 1007..=1007,
        name: Some("invalid frame payload data"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1"), rfc6455("8.1")],
        meaning: "The sender received data that does not fit the type of its message: text that is not UTF-8.",
        reported: AS_RECEIVED,
        causes: &[
            "a text message in another encoding, or with a lone surrogate",
            "binary data sent as text",
            "a text split at a byte count, inside a character, and sent as whole messages instead of fragments",
            "a compressed message that does not inflate: some libraries use 1007 for it, others 1002",
        ],
        next: &["FR-TEXT-UTF8 among the findings, which gives the byte; otherwise PMD-INFLATE"],
    },
    CodeEntry {
        codes: 1008..=1008,
        name: Some("policy violation"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The sender received a message that violates its policy; also used if no other code fits or the \
            details should stay hidden.",
        reported: AS_RECEIVED,
        causes: &[
            "a token that is missing, wrong or expired, checked after the opening handshake",
            "a rate limit, or too many connections from one user",
            "a library that uses 1008 for a rule of its own, such as an Origin that is not allowed, checked after \
             the handshake",
        ],
        next: &[
            "the reason of the Close",
            "the last message that the sender of the 1008 had received, then its log",
        ],
    },
    CodeEntry {
        codes: 1009..=1009,
        name: Some("message too big"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1"), rfc6455("10.4")],
        meaning: "The sender received a message, or a frame header announcing one, larger than it is willing to \
            accept.",
        reported: AS_RECEIVED,
        causes: &[
            "a message over the limit of the receiving library; many defaults lie between 64 KiB and 100 MiB",
            "a compressed message that exceeds the limit when inflated",
            "bytes that are not frames, read as a header with a huge length",
        ],
        next: &[
            "FR-TOO-BIG: the largest frame that the sender of the 1009 had received",
            "the limit in its configuration",
        ],
    },
    CodeEntry {
        codes: 1010..=1010,
        name: Some("mandatory extension"),
        registration: Assigned,
        sent_by: Who::Client,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The client needs an extension that the server did not accept; the reason should list it. A server \
            does not need this code: it can refuse the opening handshake.",
        reported: AS_RECEIVED,
        causes: &[
            "a client that insists on permessage-deflate, and a server or proxy that does not support it",
        ],
        next: &[
            "Sec-WebSocket-Extensions in request and response",
            "the reason: CL-1010-REASON if it names none",
        ],
    },
    CodeEntry {
        codes: 1011..=1011,
        name: Some("internal error"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.1")],
        meaning: "The sender met an unexpected condition and cannot continue. The RFC mentions only servers; erratum \
            3227 extends it to both sides.",
        reported: AS_RECEIVED,
        causes: &[
            "an uncaught exception in a message handler",
            "some libraries close with 1011 when a keep-alive Ping is not answered in time; the reason then says so",
            "a backend that failed",
        ],
        next: &[
            "the log of the side that sent it, at the time of its Close",
            "an unanswered Ping before it: how long the other side had been silent",
        ],
    },
    CodeEntry {
        codes: 1012..=1012,
        name: Some("service restart"),
        registration: Assigned,
        sent_by: Who::Server,
        clauses: &[REGISTRY],
        meaning: "The service is restarting. A client may reconnect; the registration asks for a random delay of 5 \
            to 30 s.",
        reported: AS_RECEIVED,
        causes: &["a deployment or restart of the server or of a gateway in front of it"],
        next: &[
            "whether the connections of one server closed together",
            "whether the client waited before it reconnected",
        ],
    },
    CodeEntry {
        codes: 1013..=1013,
        name: Some("try again later"),
        registration: Assigned,
        sent_by: Who::Server,
        clauses: &[REGISTRY],
        meaning: "The server is overloaded. A client reconnects only to another address, or when its user asks for \
            it.",
        reported: AS_RECEIVED,
        causes: &["a server or gateway that sheds load", "a backend that is not ready yet"],
        next: &["the load on the server at that time", "whether the client reconnected at once"],
    },
    CodeEntry {
        codes: 1014..=1014,
        name: Some("bad gateway"),
        registration: Assigned,
        sent_by: Who::Server,
        clauses: &[REGISTRY],
        meaning: "The sender is a gateway or proxy that received an invalid response from the server behind it. The \
            counterpart of HTTP 502.",
        reported: AS_RECEIVED,
        causes: &["the server behind the gateway is gone, refuses the upgrade or broke the protocol"],
        next: &[
            "a capture between the gateway and the server behind it: that is the connection whose end needs \
             explaining",
        ],
    },
    CodeEntry {
        codes: 1015..=1015,
        name: Some("TLS handshake"),
        registration: Reserved,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.4.1")],
        meaning: "One side's own conclusion, never sent: the TLS handshake failed, for instance because a \
            certificate could not be verified. There was no WebSocket connection.",
        reported: "1015 if a library distinguishes it; a browser reports 1006 here too",
        causes: &[
            "a certificate that has expired, is for another name, or was issued by an authority the client does not \
             trust",
            "no TLS version or cipher in common",
            "wss:// to a port that does not speak TLS, or a proxy that intercepts TLS",
        ],
        next: &[
            "the TLS alert in the capture, and who sent it",
            "the certificate chain as the client received it",
        ],
    },
    CodeEntry {
        codes: 1016..=2999,
        name: None,
        registration: Unassigned,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.4.2")],
        meaning: "Reserved for the protocol, its revisions and extensions; nothing is assigned here today. A later \
            registration could make a code legal, so wslog calls a finding for it likely, not proven.",
        reported: STRICT,
        causes: &[
            "an application that made up a code; 4000 to 4999 are meant for that",
            "a code registered after this table was compiled",
        ],
        next: &["the IANA registry, then what the sender's application passed to close()"],
    },
    CodeEntry {
        codes: 3000..=3999,
        name: None,
        registration: Unassigned,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.2"), rfc6455("11.7")],
        meaning: "For libraries, frameworks and applications, registered with IANA on a first-come, first-served \
            basis. Few of those in use are registered: only the sender's software defines what one means.",
        reported: AS_RECEIVED,
        causes: &[
            "a library, framework or application closed with a code of its own",
            "close(3000 to 3999) in a browser",
        ],
        next: &["the reason of the Close", "the documentation of the sender's library or framework"],
    },
    CodeEntry {
        codes: 3000..=3000,
        name: Some("unauthorized"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[REGISTRY],
        meaning: "The other side must be authorized for what it asked of the application. The counterpart of HTTP \
            401.",
        reported: AS_RECEIVED,
        causes: &[
            "a token that is missing, wrong or expired",
            "a library that uses 3000 for something else: not all libraries register their codes",
        ],
        next: &[
            "the reason of the Close",
            "the first messages from the other side, which often carry tokens",
        ],
    },
    CodeEntry {
        codes: 3003..=3003,
        name: Some("forbidden"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[REGISTRY],
        meaning: "The other side is known but has no permission for what it asked of the application. The \
            counterpart of HTTP 403.",
        reported: AS_RECEIVED,
        causes: &[
            "the user lacks a permission",
            "a library that uses 3003 for something else: not all libraries register \
            their codes",
        ],
        next: &["the reason of the Close", "the last message that the sender of the 3003 had received"],
    },
    CodeEntry {
        codes: 3008..=3008,
        name: Some("timeout"),
        registration: Assigned,
        sent_by: Who::Either,
        clauses: &[REGISTRY],
        meaning: "The other side took too long to answer the application. The counterpart of HTTP 408.",
        reported: AS_RECEIVED,
        causes: &[
            "a request from the application that was not answered",
            "a library that uses 3008 for something else: not all libraries register their codes",
        ],
        next: &["the last message before the silence, and how long that was: closing.idle_before_close_ns"],
    },
    CodeEntry {
        codes: 4000..=4999,
        name: None,
        registration: Private,
        sent_by: Who::Either,
        clauses: &[rfc6455("7.4.2")],
        meaning: "For private use, never registered: the meaning is agreed between the two sides.",
        reported: AS_RECEIVED,
        causes: &[
            "the sender's application closed with a code of its own",
            "close(4000 to 4999) in a browser",
        ],
        next: &["the reason of the Close", "the source or the documentation of the application that sent it"],
    },
    CodeEntry {
        codes: 5000..=65535,
        name: None,
        registration: OutOfRange,
        sent_by: Who::Nobody,
        clauses: &[rfc6455("7.4.2")],
        meaning: "No meaning is defined from 5000 on.",
        reported: STRICT,
        causes: &[
            "the code was written in little-endian order: 59395 is 1000, 59651 is 1001, 59907 is 1002",
            "the first two bytes of a Close body are text: the code was left out and the body begins with the reason",
            "an application that made up a code; 4000 to 4999 are meant for that",
        ],
        next: &[
            "the bytes of the Close frame (--payload full), and what the sender's application passed to close()",
        ],
    },
];
