//! Frames.

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::FrAfterFail,
        peer: None,
        text: "Who fails the connection stops reading: neither a later Ping nor the answering Close is processed. A Pong \
               or a second Close after the own one shows that it went on.",
        next: &[
            "whether the answer was to something from before the fault: the acknowledgement numbers tell",
        ],
        shows: &[
            found(
                "a Ping from after the fault is answered",
                "C: c1 00 | S: close 1002 | C: ping x | S: pong x",
            ),
            legal("a Ping from before it is", "C: ping x | C: c1 00 | S: close 1002 | S: pong x"),
        ],
    },
    More {
        rule: RuleId::FrContOrphan,
        peer: None,
        text: "Opcode 0 continues a message; with none open there is nothing to add it to, and its type is not known.",
        next: &[
            "the frames of that side before it: did the message end too early, or was its first frame lost?",
        ],
        shows: &[
            found("nothing to continue", "C: 80 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
            legal("the second of two fragments", "C: 01 01 68 | C: 80 01 69"),
        ],
    },
    More {
        rule: RuleId::FrCtlBetween,
        peer: Some("must handle it before the message is complete"),
        text: "Control frames keep a long message from blocking Ping and Close, so they may stand between its fragments. \
               Receivers that overlook this lose the message or fail the connection, which is why it is noted.",
        next: &["whether the receiver broke down right after it"],
        shows: &[
            found("a Ping inside a message", "C: 01 01 68 | C: ping x | S: pong x | C: 80 01 69"),
            legal("the Ping comes behind the message", "C: 01 01 68 | C: 80 01 69 | C: ping x | S: pong x"),
        ],
    },
    More {
        rule: RuleId::FrCtlFrag,
        peer: None,
        text: "A control frame is short and stands alone, so that it can be handled at once between the fragments of a \
               message.",
        next: &["the library of the sender: FIN is written by it, not by the application"],
        shows: &[
            found("a Ping with FIN clear", "C: 09 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
            legal("a Ping with FIN set", "C: 89 00 | S: pong"),
        ],
    },
    More {
        rule: RuleId::FrCtlLen,
        peer: None,
        text: "125 bytes is what the seven-bit length can hold. Of a Close two are the code, so its reason has 123 at the \
               most, counted in bytes of UTF-8.",
        next: &[
            "a Close: the length of the reason that the application passed",
            "a Ping: the payload it was given",
        ],
        shows: &[
            found("126 bytes", "C: 89 7e 00 7e 61*126 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
            legal("125 bytes", "C: 89 7d 61*125 | S: 8a 7d 61*125"),
        ],
    },
    More {
        rule: RuleId::FrCut,
        peer: Some("drops what came of the frame"),
        text: "TCP ended while a frame was on its way: what came of it is a fragment of a message that no application \
               will get.",
        next: &[
            "who ended TCP, and whether its peer was still sending",
            "a proxy with a limit on bytes or time",
        ],
        shows: &[
            found("one of five bytes came", "C: 82 05 61 | C: fin | S: fin"),
            legal("all five", "C: 82 05 61*5 | C: fin | S: fin"),
        ],
    },
    More {
        rule: RuleId::FrInterleave,
        peer: None,
        text: "Fragments carry no number of their message: two messages at a time could not be told apart.",
        next: &["two threads or tasks of the sender that write to one connection"],
        shows: &[
            found(
                "a message begins inside another one",
                "C: 01 01 61 | C: 81 01 62 | S: close 1002 | C: close 1002 | S: fin | C: fin",
            ),
            legal("the messages of the two sides do overlap", "C: 01 01 61 | S: text b | C: 80 01 62"),
        ],
    },
    More {
        rule: RuleId::FrLenMin,
        peer: None,
        text: "A length has one form only: up to 125 in seven bits, up to 65535 in sixteen, beyond that in sixty-four. \
               Receivers that check it fail the connection, others take the frame.",
        next: &["the library of the sender: it writes the length"],
        shows: &[
            found(
                "125 in sixteen bits",
                "C: 82 7e 00 7d 61*125 | S: close 1002 | C: close 1002 | S: fin | C: fin",
            ),
            legal("126 in sixteen bits", "C: 82 7e 00 7e 61*126"),
        ],
    },
    More {
        rule: RuleId::FrLenMsb,
        peer: None,
        text: "The length is below 2^63, so that a signed number can hold it. A frame that claims more is broken, or its \
               bytes are no frame at all.",
        next: &["the bytes before it: the sender's stream may have lost its framing"],
        shows: &[
            found("2^63", "C: 82 7f 80 00*7 61 | S: close 1002 | S: fin | C: fin"),
            legal("2^62, of which one byte has come", "C: 82 7f 40 00*7 61"),
        ],
    },
    More {
        rule: RuleId::FrMaskC,
        peer: None,
        text: "Masking keeps what a script sends from looking like HTTP to a proxy. It holds for every frame of a client, \
               Close, Ping and Pong included, over TLS too. The server must close the connection; a Close frame with \
               1002 is optional.",
        next: &[
            "a client that is no browser: does it mask control frames too?",
            "whether wslog was told the right roles: both sides of a proxy can look alike",
        ],
        shows: &[
            found("MASK clear", "C: raw 81 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
            legal("MASK set, and no payload to mask", "C: 81 00"),
        ],
    },
    More {
        rule: RuleId::FrMaskKey,
        peer: None,
        text: "A key that can be foretold gives a script the bytes on the wire back, which masking is there to prevent. \
               The same key a few times in a row can be chance; wslog reports four.",
        next: &[
            "the source of the keys: it has to be a random generator made for secrets, asked for each frame",
        ],
        shows: &[
            found(
                "the key 00000000 in four frames in a row",
                "C: raw 81 81 00 00 00 00 61 | C: raw 81 81 00 00 00 00 62 | C: raw 81 81 00 00 00 00 63 | \
                 C: raw 81 81 00 00 00 00 64",
            ),
            legal("a fresh key for each frame", "C: text a | C: text b | C: text c | C: text d"),
        ],
    },
    More {
        rule: RuleId::FrMaskS,
        peer: None,
        text: "Only clients mask. A client that receives a masked frame must close the connection; a Close frame with 1002 \
               is optional.",
        next: &["a server built from the code of a client, or a proxy that passes a client's frames back"],
        shows: &[
            found(
                "MASK set",
                "S: raw 81 82 37 fa 21 3d 5f 93 | C: close 1002 | S: close 1002 | S: fin | C: fin",
            ),
            legal("MASK clear", "S: text hi"),
        ],
    },
    More {
        rule: RuleId::FrMsgUnfinished,
        peer: Some("drops what came of the message"),
        text: "An endpoint may close in the middle of a message. That is legal; the receiver's application never sees \
               the message.",
        next: &["what made the sender close: its application, or a fault of the other side"],
        shows: &[
            found("the Close comes before the last fragment", "C: 01 01 68 | C: close 1000 | S: close 1000"),
            legal("and behind it", "C: 01 01 68 | C: 80 01 69 | C: close 1000 | S: close 1000"),
        ],
    },
    More {
        rule: RuleId::FrOpcode,
        peer: None,
        text: "What a reserved opcode means, an extension would have to define, and both sides to negotiate. Without one \
               the receiver must fail the connection.",
        next: &[
            "the bytes before the frame: an odd opcode with an odd length is often a stream that has lost its framing",
            "the extensions of the opening handshake",
        ],
        shows: &[
            found("opcode 3", "C: 83 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
            legal("opcode 2, binary", "C: 82 00"),
        ],
    },
    More {
        rule: RuleId::FrPongData,
        peer: None,
        text: "A Pong that is to answer a Ping carries the payload of the Ping. One with other data may still be a \
               heartbeat nobody asked for, so the finding is likely at best.",
        next: &[
            "whether a Pong with the right payload came later, and whether the sender of the Ping gave up before",
        ],
        shows: &[
            found(
                "half of the payload comes back",
                "C: ping abcd | S: pong ab | C: close 1000 | S: close 1000 | S: fin | C: fin",
            ),
            legal("a heartbeat, then the answer", "C: ping a | S: pong zz | S: pong a"),
        ],
    },
    More {
        rule: RuleId::FrPongUnsol,
        peer: Some("owes no answer"),
        text: "A Pong may be sent at any time, as a heartbeat in one direction. Nothing is owed for it.",
        next: &["nothing, unless the receiver closed because of it: then the receiver is wrong"],
        shows: &[
            found("no Ping came before", "S: pong x"),
            legal("it answers a Ping", "C: ping x | S: pong x"),
        ],
    },
    More {
        rule: RuleId::FrRsv,
        peer: None,
        text: "The three bits belong to extensions. permessage-deflate gives RSV1 a meaning on the first frame of a \
               message, and only if the response of the server took it: an offer alone counts for nothing. The receiver \
               must fail the connection, for it cannot know what the bit does to the payload.",
        next: &[
            "Sec-WebSocket-Extensions in both heads: RSV1 and an offer that was not taken means a sender that compresses \
             all the same",
            "a proxy that removed the field from one of the heads",
        ],
        shows: &[
            found(
                "RSV1 on a text frame without an extension",
                "S: c1 02 68 69 | C: close 1002 | S: close 1002 | S: fin | C: fin",
            ),
            legal("the same bit on a compressed message", "S: c1 07 f2 48 cd c9 c9 07 00").deflate(),
        ],
    },
    More {
        rule: RuleId::FrTextUtf8,
        peer: None,
        text: "A text message is UTF-8 as a whole; a fragment may end inside a character. With permessage-deflate the \
               inflated text counts. The receiver fails the connection with 1007, at the first bad byte or at the end.",
        next: &[
            "the byte the finding names: a lone byte above 7f is another encoding, ed a0 80 to ed bf bf a surrogate",
            "a text cut at a byte count before it was sent",
        ],
        shows: &[
            found(
                "a byte that is never part of UTF-8",
                "C: 81 02 61 ff | S: close 1007 | C: close 1007 | S: fin | C: fin",
            ),
            legal("a fragment that ends inside a character", "C: 01 01 c3 | C: 80 01 a9"),
        ],
    },
    More {
        rule: RuleId::FrTooBig,
        peer: Some("answers the Close like any other"),
        text: "A limit is the receiver's own choice and no fault of the sender. The RFC ties no size to it and orders no \
               code; 1009 is the one that fits.",
        next: &[
            "the limit in the configuration of the side that sent 1009",
            "the size of the largest frame it was sent",
        ],
        shows: &[
            found("Close 1009", "S: binary 0123456789 | C: close 1009 | S: close 1009 | S: fin | C: fin"),
            legal("Close 1008", "S: binary 0123456789 | C: close 1008 | S: close 1008 | S: fin | C: fin"),
        ],
    },
];
