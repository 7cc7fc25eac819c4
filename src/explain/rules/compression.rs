//! permessage-deflate (RFC 7692).

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::PmdBomb,
        peer: None,
        text: "A few bytes can inflate to very many. wslog stops at its caps (inflated-message-bytes, and a ratio that \
               DEFLATE itself cannot exceed) and counts the rest; it accuses nobody.",
        next: &["the size of the message, and the cap: --limit inflated-message-bytes=1G raises it"],
        shows: &[],
    },
    More {
        rule: RuleId::PmdBfinal,
        peer: Some("must decode it"),
        text: "A block with BFINAL set ends a DEFLATE stream; another may follow it inside the same message. It is legal, \
               and receivers that stop at the first such block lose the rest.",
        next: &["whether the receiver broke down right after it"],
        shows: &[
            found("an empty block with BFINAL set", "S: c2 02 03 00").deflate(),
            legal("BFINAL clear", "S: c1 07 f2 48 cd c9 c9 07 00").deflate(),
        ],
    },
    More {
        rule: RuleId::PmdCmwbUnasked,
        peer: None,
        text: "client_max_window_bits in an offer says that the client is able to use a smaller window. A client that does \
               not say so may not be able to, and must not be told to. Servers do it that answer with a fixed set of \
               parameters.",
        next: &[
            "the offer as it reached the server: a proxy may have taken the parameter out",
            "a server whose answer is the same for every client",
        ],
        shows: &[
            found(
                "answered, not offered",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15 | C: fin | S: fin",
            ),
            legal(
                "offered without a value",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12",
            ),
        ],
    },
    More {
        rule: RuleId::PmdCnct,
        peer: Some(
            "need not have kept anything to refer to: it may fail the connection with Close 1007 or 1002 when the \
             message does not inflate; one that kept the window does not notice",
        ),
        text: "Once client_no_context_takeover stands in the answer each message of the client is compressed by itself: \
               no reference begins before it. In the offer alone the parameter is a hint and binds nobody. Typical is \
               that the first message is read and the second fails.",
        next: &[
            "whether the client reads the parameters of the answer at all, or only those it offered",
            "a compressor that is not reset between messages",
        ],
        shows: &[
            found(
                "the second \"Hello\" refers to the first",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover | \
                 C: c1 07 f2 48 cd c9 c9 07 00 | C: c1 05 f2 00 11 00 00",
            )
            .deflate(),
            legal(
                "both are compressed alike",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover | \
                 C: c1 07 f2 48 cd c9 c9 07 00 | C: c1 07 f2 48 cd c9 c9 07 00",
            )
            .deflate(),
        ],
    },
    More {
        rule: RuleId::PmdCtxLost,
        peer: None,
        text: "With context takeover a message may refer to the ones before it. Where one of them is missing from the \
               recording, those behind it cannot be read here; the endpoints had no such trouble.",
        next: &["a recording without gaps", "no_context_takeover, if messages are to be read one by one"],
        shows: &[
            found(
                "a byte of a compressed message was not recorded",
                "S: raw c1 07 f2 48 | S: uncaptured raw cd | S: raw c9 c9 07 00 | C: ack | S: c1 05 f2 00 11 00 00",
            )
            .deflate(),
            legal("nothing is missing", "S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 05 f2 00 11 00 00").deflate(),
        ],
    },
    More {
        rule: RuleId::PmdInflate,
        peer: None,
        text: "The receiver appends 00 00 ff ff and inflates. Where that fails the message is lost, and with context \
               takeover all that follow. The RFC prescribes no code; libraries use 1007 or 1002.",
        next: &[
            "whether sender and receiver agree on context takeover and window: the first message inflates, the second \
             does not",
            "a proxy that decompresses and leaves RSV1 set",
        ],
        shows: &[
            found(
                "a block of the reserved type 3",
                "C: c1 04 ff ff ff ff | S: close 1007 | C: close 1007 | S: fin | C: fin",
            )
            .deflate(),
            legal("\"Hello\" in one fixed Huffman block", "C: c1 07 f2 48 cd c9 c9 07 00").deflate(),
        ],
    },
    More {
        rule: RuleId::PmdParam,
        peer: Some(
            "a server declines such an offer: it answers without the extension, or takes another offer; a client must \
             fail the connection for such an answer, before it is established",
        ),
        text: "There are client_ and server_no_context_takeover, without a value, and client_ and server_max_window_bits, \
               from 8 to 15 without a leading zero; only an offer may have client_max_window_bits without one. An \
               offer with anything else is as good as none, so compression is off and nothing else tells why.",
        next: &[
            "the parameter the finding names: a misspelt name, 16, or a value like true",
            "the response: without the extension no message is compressed, and that is legal",
        ],
        shows: &[
            found(
                "a window of 7 bits is offered, and declined",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7 | S: 101",
            ),
            legal(
                "8 bits, and taken",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8",
            ),
        ],
    },
    More {
        rule: RuleId::PmdRsv1Cont,
        peer: None,
        text: "RSV1 marks a message as compressed, and stands on its first fragment only.",
        next: &["a sender that compresses each fragment by itself, as an old extension did"],
        shows: &[
            found(
                "RSV1 on the second fragment",
                "C: 41 03 f2 48 cd | C: c0 04 c9 c9 07 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
            )
            .deflate(),
            legal("RSV1 on the first one only", "C: 41 03 f2 48 cd | C: 80 04 c9 c9 07 00").deflate(),
        ],
    },
    More {
        rule: RuleId::PmdRsv1Ctl,
        peer: None,
        text: "Control frames are not compressed: they have to be readable between the fragments of a compressed message.",
        next: &["the library of the sender: it sets the bit on every frame"],
        shows: &[
            found("RSV1 on a Ping", "C: c9 00 | S: close 1002 | C: close 1002 | S: fin | C: fin").deflate(),
            legal("a Ping between compressed fragments", "C: 41 03 f2 48 cd | C: 89 00 | S: pong | C: 80 04 c9 c9 07 00")
                .deflate(),
        ],
    },
    More {
        rule: RuleId::PmdSmwb,
        peer: None,
        text: "A client that offers server_max_window_bits has memory for that window and no more. A server that takes the \
               offer says that it keeps to it, with the same value or a smaller one; one that cannot declines. Leaving \
               the parameter out stands for 15 bits, even where 15 was offered.",
        next: &[
            "a server library that cannot limit its window: it has to decline the offer",
            "several offers: the answer has to fit one of them as a whole",
        ],
        shows: &[
            found(
                "10 offered, 11 answered",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10 | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=11 | C: fin | S: fin",
            ),
            legal(
                "9 answered",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10 | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9",
            ),
        ],
    },
    More {
        rule: RuleId::PmdSnct,
        peer: None,
        text: "A client that offers server_no_context_takeover will not keep what it needs to read a message that refers to \
               an earlier one. The answer has to repeat the parameter; a server may also send it unasked.",
        next: &[
            "a server whose answer is the same for every client",
            "several offers: the answer has to fit one of them as a whole",
        ],
        shows: &[
            found(
                "offered, and not in the answer",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate | C: fin | S: fin",
            ),
            legal(
                "in the answer, and not offered",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
            ),
        ],
    },
    More {
        rule: RuleId::PmdSnctUse,
        peer: Some(
            "need not have kept anything to refer to: it may fail the connection with Close 1007 or 1002 when the \
             message does not inflate; one that kept the window does not notice",
        ),
        text: "With server_no_context_takeover in the answer each message of the server is compressed by itself: no \
               reference begins before it. Typical is that the first message is read and the second fails.",
        next: &[
            "a compressor that is not reset between messages",
            "a proxy that writes the parameter into the answer of a server which does not know of it",
        ],
        shows: &[
            found(
                "the second \"Hello\" refers to the first",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | \
                 S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 05 f2 00 11 00 00",
            )
            .deflate(),
            legal(
                "both are compressed alike",
                "C: request Sec-WebSocket-Extensions: permessage-deflate | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | \
                 S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 07 f2 48 cd c9 c9 07 00",
            )
            .deflate(),
        ],
    },
    More {
        rule: RuleId::PmdTail,
        peer: Some("appends its own 00 00 ff ff behind it; the message inflates all the same"),
        text: "A compressor that is flushed ends with 00 00 ff ff; the sender takes these four bytes off and the receiver \
               puts them back. Left on they are an empty block more: nothing is lost but four bytes a message.",
        next: &["the library of the sender: it sends what its compressor gave it as it is"],
        shows: &[
            found("the four bytes are left on", "S: c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff").deflate(),
            legal("and taken off", "S: c1 07 f2 48 cd c9 c9 07 00").deflate(),
        ],
    },
    More {
        rule: RuleId::PmdWindow,
        peer: Some("cannot inflate the message if its window is as small as agreed; one with a larger window notices nothing"),
        text: "The window agreed is what the receiver has to keep. A reference beyond it works with a receiver that keeps \
               more, as most do, and fails with one that does not: a fault that appears with another client or after an \
               update. With 8 bits it is often an old zlib, which used 9 where 8 were asked for.",
        next: &[
            "the distance the finding names, and the window in the answer of the opening handshake",
            "whether the sender's compressor was given the window, or only its handshake was",
        ],
        shows: &[
            found(
                "257 bytes back, with a window of 256",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
                 S: c1 7e 01 0a 00 01 01 fe fe 61*257 02 06 00 00",
            )
            .deflate(),
            legal(
                "256 bytes back",
                "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
                 S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
                 S: c1 7e 01 09 00 00 01 ff fe 61*256 02 fa 1f 00",
            )
            .deflate(),
        ],
    },
];
