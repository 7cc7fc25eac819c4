//! What the reference concludes: broken clauses, obligations, and how the connection closed.

mod closing;
mod handled;
mod situation;
mod step;
mod timing;

pub use closing::{
    Alternative, Closing, Lifecycle, LocalView, Outcome, SideClose, StartEvidence, Starter, TcpEnd,
};
pub use handled::Handled;
pub use situation::Situation;
pub use step::{Action, Expectation, Seen, Since, Step, StepVerdict};
pub use timing::{Latency, PingFigures, Timing};

use crate::knowledge::{Level, Violation};
use crate::model::{PacketNo, Quoted, Role, Stage, Timestamp, named};

named! {
    /// How sure a conclusion is, given what a passive observer can know.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Certainty {
        /// One of several readings of the recording. It is shown, never counted, and never what a gate fails for.
        Undetermined = "undetermined",
        /// It rests on what can be otherwise: on time; on the acknowledgement of a host, which says nothing of its
        /// application; on an RST or a FIN in somebody's name, which a host sends for a process that is gone and a box
        /// on the way for anybody; on the order of the recording.
        Likely = "likely",
        /// It follows from what this recording shows of the sender's own bytes and their order. That a segment does
        /// not acknowledge something is of that kind: its sender did not have it then.
        Proven = "proven",
    }
}

/// A clause broken, or worth a note, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding<S: Stage = Quoted> {
    /// The rule, with the numbers that show the breach.
    pub violation: Violation<S>,
    /// How much it weighs here; the level of the rule, or less.
    pub level: Level,
    /// Who; `None` for both sides together.
    pub by: Option<Role>,
    /// How far the recording shows it.
    pub certainty: Certainty,
    /// Number of the frame that shows it.
    pub frame: Option<u64>,
    /// Packet that shows it.
    pub packet: Option<PacketNo>,
    /// Time of that packet.
    pub at: Option<Timestamp>,
}
