//! Closing.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::ClAbnormal,
        peer: Some("reports 1006; a client must also fail the connection (7.2.1)"),
        text: "The end of TCP says nothing of the reason: both applications report 1006. It is legal where something \
               failed, and what a killed process, a crash or a proxy's time-out look like.",
        next: &[
            "who ended TCP, and how long there was silence before",
            "the log of that side's process and host; a FIN that its host did not send came from between",
        ],
        shows: &[
            found("the server ends TCP", "C: text hi | S: fin | C: fin"),
            legal("a Close comes first", "C: text hi | S: close 1001 | C: close 1001 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::Cl1010Reason,
        peer: None,
        text: "1010 is of use only if it says what was missing; the reason is where the client writes it.",
        next: &["Sec-WebSocket-Extensions in request and response: what was offered and not taken"],
        shows: &[
            found("no reason", "C: close 1010 | S: close 1000"),
            legal("the extension is named", "C: close 1010 permessage-deflate | S: close 1000"),
        ],
    },
    More {
        rule: RuleId::ClCodeRange,
        peer: None,
        text: "Below 1000 no code is used, 1016 to 2999 are not assigned, from 5000 on none is defined. Applications have \
               4000 to 4999.",
        next: &[
            "what the application of the sender passed to close()",
            "the byte order of the code: e8 03 is 1000 reversed",
        ],
        shows: &[
            found("999", "C: close 999 | S: close 1002 | S: fin | C: fin"),
            legal("4999", "C: close 4999 | S: close 4999 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClCodeReserved,
        peer: None,
        text: "1005, 1006 and 1015 are what an API reports where there was no code, no Close, or no TLS. On the wire they \
               would say that what is there is not there. 1004 is set aside without a meaning: a note.",
        next: &["a library or proxy that passes the code its API reported on to another connection"],
        shows: &[
            found("1006 in a Close", "C: close 1006 | S: close 1002 | S: fin | C: fin"),
            legal(
                "an empty Close, which makes the server report 1005",
                "C: close | S: close | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClCodeRole,
        peer: None,
        text: "The meaning of these codes fits one role only: a client lacks an extension (1010), a service restarts, is \
               overloaded or stands before another (1012 to 1014). No clause forbids the other role to send them.",
        next: &["a proxy or a library that hands a code through"],
        shows: &[
            found("1012 from a client", "C: close 1012 | S: close 1012 | S: fin | C: fin"),
            legal("1012 from a server", "S: close 1012 | C: close 1000 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClCross,
        peer: Some("owes no further Close"),
        text: "Neither side had received the other's Close when it sent its own: both started, and nobody owes another \
               Close. Each application reports the code of the other side. Acknowledgement numbers tell it from an answer.",
        next: &[
            "two time-outs of the same length, one at each end",
            "an application message to which both sides close",
        ],
        shows: &[
            found(
                "both leave before the other has arrived",
                "S: hold | C: close 1000 | S: close 1001 | S: release | S: fin | C: fin",
            ),
            legal("the second is an answer", "C: close 1000 | S: close 1001 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClDataAfter,
        peer: Some("may ignore it (1.4)"),
        text: "The Close is the last thing an application says: what comes behind it the receiver may ignore. Ping and Pong \
               stay legal.",
        next: &["two threads or tasks of the sender: one closed while the other was writing"],
        shows: &[
            found("a text behind the Close", "C: close 1000 | C: text x | S: close 1000 | S: fin | C: fin"),
            legal("a Ping behind it", "C: close 1000 | C: ping x | S: close 1000 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClDouble,
        peer: Some("ignores it: the first Close counts (7.1.5)"),
        text: "The first Close decides code and reason; the receiver ignores what follows.",
        next: &["an application that calls close() again when the answer arrives"],
        shows: &[
            found(
                "two Closes of the client",
                "C: close 1000 | C: close 1001 | S: close 1000 | S: fin | C: fin",
            ),
            legal("one Close of each side", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClEcho,
        peer: Some("reports the code as received"),
        text: "The answer typically carries the code it answers, and may carry any other. So the two applications can \
               report different codes for a clean end.",
        next: &["nothing: it explains why the two logs differ"],
        shows: &[
            found("1001 answered with 1000", "C: close 1001 | S: close 1000 | S: fin | C: fin"),
            legal("1001 answered with 1001", "C: close 1001 | S: close 1001 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClFailCode,
        peer: None,
        text: "The code is all that the side at fault gets to read about its fault. 1002 fits a breach of the framing, \
               1007 a text that is not UTF-8, 1009 a length.",
        next: &[
            "whether the Close was for this fault at all: an application can close for a reason of its own",
        ],
        shows: &[
            found("1011 for RSV1", "C: c1 00 | S: close 1011 | C: close 1011 | S: fin | C: fin"),
            legal("1002 for RSV1", "C: c1 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClFailSilent,
        peer: Some("reports 1006"),
        text: "Without a Close the side at fault reports 1006 and does not learn what was wrong. For a missing or a wrong \
               mask the Close is optional (5.1).",
        next: &[
            "the log of the side that ended TCP: it knows why",
            "the finding against the other side just before",
        ],
        shows: &[
            found("TCP is ended for RSV1", "C: c1 00 | S: fin | C: fin"),
            legal("and for a missing mask", "C: raw 81 02 68 69 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClLen1,
        peer: None,
        text: "A code has two bytes; one byte is neither a code nor an empty body.",
        next: &["the library of the sender, or an application that writes the body of the Close itself"],
        shows: &[
            found("one byte", "C: 88 01 03 | S: close 1002 | S: fin | C: fin"),
            legal("no byte", "C: 88 00 | S: close | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClNoCode,
        peer: Some("reports 1005"),
        text: "The code is optional. Where there is none the receiver's application reports 1005, and a browser's close() \
               without arguments sends just that.",
        next: &["nothing is wrong; a code and a reason would tell more"],
        shows: &[
            found("an empty Close", "C: close | S: close 1000 | S: fin | C: fin"),
            legal("a Close with a code", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClNotFailed,
        peer: None,
        text: "Some faults make what follows meaningless: the RFC has the receiver fail the connection (reserved bits and \
               opcodes, masking, text that is not UTF-8). Who goes on shows it by answering what came later. After a \
               fault for which failing is only allowed it is a note.",
        next: &["the receiver's library: is the check switched off, or missing?"],
        shows: &[
            found("the Ping behind the fault is answered", "C: a1 02 68 69 | C: ping x | S: pong x"),
            legal(
                "the Ping came before the fault",
                "C: ping x | C: a1 02 68 69 | S: pong x | S: close 1002 | C: close 1002 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClReasonUtf8,
        peer: None,
        text: "The reason is text for people, and as such UTF-8. It may be cut to 123 bytes only between characters.",
        next: &["a reason that was cut at a byte count before it was sent"],
        shows: &[
            found("ff behind the code", "C: 88 03 03 e8 ff | S: close 1007 | S: fin | C: fin"),
            legal("a letter of two bytes", "C: 88 04 03 e8 c3 a9 | S: close 1000 | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClReply,
        peer: Some("may give up waiting and end TCP; it reports 1006"),
        text: "The closing handshake is two Closes. Where the second one is missing the side that started reports 1006, \
               though the other had read its code.",
        next: &[
            "the side that did not answer: a process that ended, or a library that closes the socket on a Close",
            "whether its host had received the Close when it ended TCP: wslog reports it only then",
        ],
        shows: &[
            found("TCP ends in place of the answer", "C: close 1000 | S: fin | C: fin"),
            legal(
                "TCP had ended before the Close came",
                "S: hold | C: close 1000 | S: fin | S: release | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClRst,
        peer: Some("reports the code of the Close that it had read before, else 1006"),
        text: "RST throws away what the receiver has not read, a Close included: its application then reports 1006 though \
               the Close had arrived. A host also sends RST where a process closes a socket with unread data. A middlebox \
               can send one in the name of either side, so the finding is never proven.",
        next: &[
            "what the side that reset had not read: data behind its last acknowledgement",
            "a second capture at the other end: did the RST leave that host?",
        ],
        shows: &[
            found("before any Close", "C: text x | S: rst"),
            legal("FIN", "C: text x | S: fin | C: fin"),
        ],
    },
    More {
        rule: RuleId::ClTcpServerFirst,
        peer: None,
        text: "The side that ends TCP first keeps the port for minutes (TIME-WAIT). That is to be the client, which has one \
               connection, not the server; so after both Closes the client waits for the server's FIN. It may go first \
               after a wait of its own.",
        next: &["a client that ends TCP as soon as it has both Closes: nothing is lost by it"],
        shows: &[
            found("the client's FIN is first", "C: close 1000 | S: close 1000 | C: fin | S: fin"),
            legal("the server's is", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
        ],
    },
];
