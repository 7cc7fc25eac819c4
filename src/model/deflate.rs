//! permessage-deflate (RFC 7692): what can be wrong with its negotiation, and with what is compressed under it.

use crate::model::{Quoted, Role, RuleId, Stage, Text};

/// A clause of RFC 7692 broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeflateFault<S: Stage = Quoted> {
    /// An offer or an answer has a parameter it may not have.
    Parameter {
        /// Its name.
        name: Text<S>,
        /// Its value.
        value: Option<Text<S>>,
        /// What is wrong with it.
        why: BadParameter,
    },
    /// The answer takes an offer that a server must decline.
    OfferNotDeclined,
    /// `client_max_window_bits` in the answer and not in the offer.
    ClientWindowUnasked {
        /// Its value.
        bits: u8,
    },
    /// `server_max_window_bits` was offered, and the answer does not keep to it.
    ServerWindow {
        /// As offered.
        offered: u8,
        /// As answered.
        answered: Option<u8>,
    },
    /// `server_no_context_takeover` was offered, and the answer lacks it.
    ServerTakeover,
    /// A message refers back to those before it, though its sender agreed to keep nothing of them.
    ContextKept {
        /// Who sent it.
        sender: Role,
        /// The most bytes by which a reference begins before the message.
        before: u32,
    },
    /// A reference reaches farther back than the window agreed.
    BeyondWindow {
        /// Its distance.
        distance: u32,
        /// Base-2 logarithm of the window.
        bits: u8,
    },
    /// A message ends with the 00 00 ff ff that its sender has to take off.
    TailKept,
}

/// What is wrong with a parameter of permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadParameter {
    /// No such parameter is defined.
    Unknown,
    /// It stands there more than once.
    Repeated,
    /// Its value is no number from 8 to 15 without leading zeros.
    NoWindowBits,
    /// It has no value and needs one.
    ValueMissing,
    /// It has a value and may have none.
    ValueUnwanted,
}

impl<S: Stage> DeflateFault<S> {
    /// The clause it is about.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self {
            Self::Parameter { .. } | Self::OfferNotDeclined => RuleId::PmdParam,
            Self::ClientWindowUnasked { .. } => RuleId::PmdCmwbUnasked,
            Self::ServerWindow { .. } => RuleId::PmdSmwb,
            Self::ServerTakeover => RuleId::PmdSnct,
            Self::ContextKept { sender: Role::Client, .. } => RuleId::PmdCnct,
            Self::ContextKept { sender: Role::Server, .. } => RuleId::PmdSnctUse,
            Self::BeyondWindow { .. } => RuleId::PmdWindow,
            Self::TailKept => RuleId::PmdTail,
        }
    }
}
