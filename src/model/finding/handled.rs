//! What goes on where nothing more should.

/// What an endpoint handled although it should have handled nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It answered this later Ping.
    Ping {
        /// Frame number of the Ping.
        ping: u64,
    },
    /// It answered this later Close.
    Close {
        /// Frame number of the Close.
        close: u64,
    },
    /// It sent a data frame after its host had received the fault.
    Data,
    /// It sent back the payload of the faulty frame.
    Echo,
}

impl Handled {
    /// How much it tells that its sender went on: the answer to a later Ping is beyond doubt, any data frame may
    /// answer something earlier.
    #[must_use]
    pub const fn weight(self) -> u8 {
        match self {
            Self::Ping { .. } => 3,
            Self::Close { .. } => 2,
            Self::Echo => 1,
            Self::Data => 0,
        }
    }
}
