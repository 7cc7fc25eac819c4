use crate::knowledge::prelude::*;

/// PMD-WINDOW: A reference reaches farther back than the window agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdWindow {
    /// How far back the reference goes, in bytes.
    pub distance: u32,
    /// Base-2 logarithm of the window.
    pub bits: u8,
}

pub(super) const ROW: Row = Row {
    name: "PMD-WINDOW",
    clauses: &[rfc7692("7.1.2.1"), rfc7692("7.1.2.2")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "references go back no farther than the window agreed for their direction",
    peer: Some(
        "cannot inflate the message if its window is as small as agreed; one with a larger window does not notice",
    ),
    text: "The agreed window is what the receiver must keep. A reference beyond it works with a receiver that keeps \
        more, as most do, and fails with one that does not: a fault that shows up with another client or after an \
        update. With 8 bits it is often an old zlib, which used 9 when asked for 8.",
    next: &[
        "the distance that the finding gives, and the window in the handshake response",
        "whether the sender's compressor was set to this window, or only its handshake",
    ],
    shows: &[
        found(
            "257 bytes back, with a window of 256",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
             S: c1 7e 01 0a 00 01 01 fe fe 61*257 02 06 00 00",
        ),
        legal(
            "256 bytes back",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
             S: c1 7e 01 09 00 00 01 ff fe 61*256 02 fa 1f 00",
        ),
    ],
};

impl Told for PmdWindow {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { distance, bits } = self;
        say.words(
            format!("no reference farther back than {}: {bits} window bits were agreed", window(*bits)),
            format!("a reference {} back", count(u64::from(*distance), "byte")),
            format!(
                "compressed a message with a reference {} back, beyond the {} of the agreed {bits} window bits",
                count(u64::from(*distance), "byte"),
                window(*bits)
            ),
        )
    }
}

fn window(bits: u8) -> String {
    count(1 << bits.min(15), "byte")
}
