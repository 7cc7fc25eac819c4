//! Rules that rest on times. The RFC names none: every number here is wslog's own.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::ClBackoff,
        peer: Some("gets all its clients back at the same moment, often while it is still starting"),
        text: "A server that restarts drops all its connections at once; clients that return without a random pause all \
               return together. wslog looks at ends that came from the server or the network without a Close: a new \
               connection within 100 ms, or four short pauses in a row that do not grow. The same address, server, \
               target and User-Agent may still be two programs, so it is likely at best.",
        next: &[
            "the reconnect settings of the client's library: first delay, factor, jitter",
            "what ends the connections: every pause of the same length points to a timer without backoff",
        ],
        shows: &[
            found(
                "a new connection at once",
                "C: request | S: 101 | S: fin | C: fin | C2: request | S2: 101",
            ),
            legal(
                "after a pause",
                "C: request | S: 101 | S: fin | C: fin | C2: wait 2300 | C2: request | S2: 101",
            ),
        ],
    },
    More {
        rule: RuleId::ClHalfOpen,
        peer: Some(
            "goes on until its own retransmissions or a missing Pong make it give up; it then reports 1006",
        ),
        text: "A host without power, an unplugged cable or a firewall that forgot the connection sends no FIN and no RST: \
               the other side sends again and again, and nothing comes back. wslog notes it after three segments \
               sent again over three seconds or more. That a Ping goes unanswered by an application that hangs is \
               something else: there the host still acknowledges.",
        next: &[
            "whether other connections to the same host went silent at the same time",
            "a recording at the silent host: do the segments arrive, do its answers leave?",
            "the state table of a firewall or NAT between them, and how long it keeps an idle connection",
        ],
        shows: &[
            found(
                "sent again three times, never acknowledged",
                "C: text hi | C: wait 1000 | C: again | C: wait 2000 | C: again | C: wait 4000 | C: again",
            ),
            legal(
                "acknowledged in the end",
                "C: text hi | C: wait 1000 | C: again | C: wait 2000 | C: again | C: wait 4000 | C: again | S: ack",
            ),
        ],
    },
    More {
        rule: RuleId::ClIdle,
        peer: Some("reports 1006"),
        text: "They mostly do it without a Close, and neither application learns who it was. wslog notes an end without a Close after a silence as long as a well-known one (nginx and AWS load \
               balancers 60 s, Heroku 55 s and others). That is consistent with it and no more: the length alone does \
               not say whose timer it was.",
        next: &[
            "the idle time-out of every hop on the way, in its configuration",
            "Pings: one side has to send them more often than the shortest of these time-outs",
            "a recording on the other side of the proxy: which of its two connections ended first?",
        ],
        shows: &[
            found("60 s of silence, then FIN", "C: text a | S: text b | S: wait 60000 | S: fin | C: fin"),
            legal(
                "a Close that tells why",
                "C: text a | S: text b | S: wait 60000 | S: close 1001 | C: close 1001 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClNewMsg,
        peer: Some("may ignore it (1.4)"),
        text: "A message may be sent until the own Close is out (5.1), but sending one starts in state OPEN (6.1), which \
               a received Close ends. The host had received the Close; whether its application had read it nothing \
               shows, so this is a note. The message is mostly lost: who has sent a Close seldom reads on.",
        next: &[
            "whether that message mattered: its sender got no error for it",
            "an application that writes without looking at the state of the connection",
        ],
        shows: &[
            found(
                "a text between the two Closes",
                "S: close 1000 | C: text a | C: close 1000 | S: fin | C: fin",
            ),
            legal(
                "the last fragment of a message that had begun",
                "C: 01 01 61 | S: close 1000 | C: 80 01 62 | C: close 1000 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClReplyLate,
        peer: Some("may give up waiting and end TCP; it then reports 1006"),
        text: "Closing libraries wait some seconds for the answer; one that comes later finds nobody. wslog takes 5 s from \
               the acknowledgement of the Close for late. A message that is open may be finished first, however long \
               that takes.",
        next: &[
            "what kept the side busy: an application that blocks the thread which reads frames",
            "a proxy that answers only after the server behind it has",
        ],
        shows: &[
            found("after 5 s", "C: close 1000 | S: ack | S: wait 5000 | S: close 1000 | S: fin | C: fin"),
            legal(
                "as late, but behind the rest of a message",
                "S: 01 01 61 | C: close 1000 | S: ack | S: wait 5000 | S: 80 01 62 | S: close 1000 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClServerImmediate,
        peer: Some("may end TCP itself after a while; its application may get its close event only then"),
        text: "With both Closes exchanged nothing is left to say, and the server is to end TCP (FIN) so that it, not the \
               client, keeps the port in TIME-WAIT. wslog takes 5 s for late, or 1 s if the client has then given up. A \
               connection is closed only when TCP is: until then both APIs may still say CLOSING.",
        next: &[
            "a server that leaves the end of TCP to the client, or to a time-out of its own",
            "a proxy that keeps the connection open for another request",
        ],
        shows: &[
            found("FIN after 5 s", "C: close 1000 | S: close 1000 | C: ack | S: wait 5000 | S: fin | C: fin"),
            legal(
                "after half a second",
                "C: close 1000 | S: close 1000 | C: ack | S: wait 500 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClTcpNever,
        peer: Some(
            "has ended its half; its host keeps the connection in FIN-WAIT-2 until a timer of its own ends it",
        ),
        text: "Both Closes are exchanged and the other side has ended TCP: the own FIN is all that is missing. The process \
               has kept the socket open, and such sockets add up (CLOSE-WAIT). wslog takes 10 s for never; where the \
               recording ends sooner it says nothing.",
        next: &[
            "sockets in CLOSE-WAIT on that host, and the process that holds them",
            "an application that drops its connection object without closing it",
        ],
        shows: &[
            found(
                "11 s behind the server's FIN there is none of the client",
                "C: close 1000 | S: close 1000 | S: fin | C: ack | S: wait 11000 | S: ack",
            ),
            legal(
                "it comes after 2 s",
                "C: close 1000 | S: close 1000 | S: fin | C: ack | C: wait 2000 | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::ClTls,
        peer: Some("cannot tell an end of the stream from a connection that was cut"),
        text: "A FIN can be forged or come from something on the way; close_notify comes from the peer itself, under its \
               keys. For a WebSocket connection both Closes already say as much, so little is lost here after a clean \
               closing handshake. wslog does not report this yet.",
        next: &["a library that closes the socket without shutting TLS down first: many do"],
        shows: &[],
    },
    More {
        rule: RuleId::FrPingPong,
        peer: Some(
            "may take the connection for dead and end it; a Close with 1011 or an end of TCP is usual",
        ),
        text: "Libraries answer a Ping by themselves, so an unanswered one mostly means that nobody reads: a thread that \
               blocks, a buffer that is full, a process that was stopped. The host had acknowledged the Ping, so it was \
               not lost on the way. A Pong for a later Ping covers the earlier ones, and after a Close none is owed. \
               wslog takes 10 s for never; it is proven where the side went on sending.",
        next: &[
            "what that side was doing meanwhile: a long computation, a debugger, an event loop that was blocked",
            "a proxy that answers or swallows Pings itself: a recording behind it shows whether they pass",
            "the sender's Ping time-out, if it closed because of this",
        ],
        shows: &[
            found(
                "no Pong in 10 s, though a text was sent",
                "S: ping x | C: ack | C: wait 10000 | C: text a | C: close 1000 | S: close 1000 | S: fin | C: fin",
            ),
            legal(
                "a Pong for the later of two Pings",
                "S: ping x | C: ack | C: wait 4000 | S: ping y | C: pong y | C: wait 10000 | \
                 C: close 1000 | S: close 1000 | S: fin | C: fin",
            ),
        ],
    },
    More {
        rule: RuleId::FrPongLate,
        peer: Some("may have given up by then"),
        text: "A Pong waits behind whatever its sender is busy with, and the time it takes is a measure of that. wslog \
               takes 5 s from the acknowledgement of the Ping for late: the way there is then not counted, nor is what \
               a lost segment cost.",
        next: &[
            "the times of the other Pongs: one outlier is a pause, a growing row is an overload",
            "a large message that was on its way before the Pong: it cannot overtake a frame",
        ],
        shows: &[
            found("5 s after the Ping was acknowledged", "S: ping x | C: ack | C: wait 5000 | C: pong x"),
            legal(
                "as late, but nothing shows that the Ping had arrived sooner",
                "S: ping x | C: wait 5000 | C: pong x",
            ),
        ],
    },
];
