use crate::knowledge::prelude::*;

/// FR-MASK-KEY: A predictable masking key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrMaskKey {
    /// How many frames in a row the pattern held.
    pub frames: u64,
    /// What the keys have in common.
    pub pattern: KeyPattern,
}

/// Why masking keys are predictable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPattern {
    /// The same key again.
    Same,
    /// Always 00 00 00 00: the payload stands unmasked on the wire.
    Zero,
    /// Each one more than the one before.
    Counter,
    /// So many keys, one after the other, over and over.
    InTurn(u8),
}

pub(super) const ROW: Row = Row {
    name: "FR-MASK-KEY",
    clauses: &[rfc6455("5.3"), rfc6455("10.3")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "the masking key is fresh and unpredictable for each frame",
    peer: None,
    text: "A predictable key lets a script choose the bytes on the wire, which masking is meant to prevent. The same \
        key a few times in a row can be chance; wslog reports {same_keys}. A few keys used in turn are as \
        predictable as one, and are reported once each of them has been used twice.",
    next: &["the source of the keys: it must be a cryptographic random generator, used for each frame"],
    shows: &[
        found(
            "the key 00000000 in four frames in a row",
            "C: raw 81 81 00 00 00 00 61 | C: raw 81 81 00 00 00 00 62 | C: raw 81 81 00 00 00 00 63 | \
             C: raw 81 81 00 00 00 00 64",
        ),
        found(
            "two keys in turn",
            "C: raw 81 81 37 fa 21 3d 56 | C: raw 81 81 9b fd 10 9e fa | C: raw 81 81 37 fa 21 3d 56 | \
             C: raw 81 81 9b fd 10 9e fa",
        ),
        legal("a fresh key for each frame", "C: text a | C: text b | C: text c | C: text d"),
    ],
};

impl Told for FrMaskKey {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { frames, pattern } = self;
        let pattern = match pattern {
            KeyPattern::Same => "the same masking key",
            KeyPattern::Zero => "the masking key 00000000",
            KeyPattern::Counter => "masking keys that count up by one",
            KeyPattern::InTurn(keys) => &format!("{keys} masking keys in turn"),
        };
        say.words(
            "a fresh, unpredictable masking key for each frame",
            format!("{pattern} in {frames} frames in a row"),
            format!("used {pattern} in {frames} frames in a row"),
        )
    }
}
