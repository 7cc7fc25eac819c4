//! What is known of an end from the application that was spoken inside.

use crate::knowledge::applications::{Application, ApplicationCode, Ending};
use crate::model::{Opcode, PerRole, Quoted, Role, Stage, Text};

/// The application that was spoken, and what it has published about such an end. It follows from the handshake, by names that
/// anybody may use: likely at most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spoken<S: Stage = Quoted> {
    /// Which one.
    pub application: &'static Application,
    /// What the Close of each side means there; `None` without one, or where nothing is published.
    pub codes: PerRole<Option<&'static ApplicationCode>>,
    /// The message that announced the end.
    pub last_words: Option<LastWords<S>>,
}

/// The last message of a side, which announces an end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastWords<S: Stage = Quoted> {
    /// Who sent it.
    pub by: Role,
    /// Number of its frame.
    pub frame: u64,
    /// What such a message says.
    pub ending: &'static Ending,
    /// What this one says more.
    pub text: Option<Text<S>>,
}

/// How the last message of a side begins, where that is one whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastPayload {
    /// Number of the frame.
    pub frame: u64,
    /// Text or binary.
    pub opcode: Opcode,
    /// Its first bytes, inflated: a few hundred at most.
    pub start: Vec<u8>,
}
