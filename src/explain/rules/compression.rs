//! permessage-deflate (RFC 7692).

use super::{More, found, legal};
use crate::model::RuleId;

pub(super) const RULES: &[More] = &[
    More {
        rule: RuleId::PmdBomb,
        peer: None,
        text: "A few bytes can inflate to very many. wslog stops at its caps (--max-inflated, and a ratio that DEFLATE \
               itself cannot exceed) and counts the rest; it accuses nobody.",
        next: &["the size of the message, and the cap: --max-inflated raises it"],
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
];
