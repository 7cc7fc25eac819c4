//! What a cause is: when it is one, on what evidence, and what must never be made of it.

use std::fmt;

use crate::knowledge::WrittenExample;
use crate::knowledge::causes::{CAUSES, CauseId, Grounds};
use crate::model::{Certainty, PacketNo, Role, RuleId, Timestamp, named};

named! {
    /// Whose behaviour ended the connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Blame {
        /// The client's.
        Client = "client",
        /// The server's.
        Server = "server",
        /// Both sides' at once.
        Both = "both",
        /// That of something that is neither.
        Between = "between",
    }
}

/// What an end amounts to: the colour of its headline, never the only sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Somebody ended it on purpose, and it took its course.
    Normal,
    /// The recording does not have the end.
    Unknown,
    /// It ended otherwise than it should, and nobody need be at fault.
    Odd,
    /// Something is broken, at one side or on the way.
    Fault,
}

impl From<Role> for Blame {
    fn from(role: Role) -> Self {
        match role {
            Role::Client => Self::Client,
            Role::Server => Self::Server,
        }
    }
}

/// Why a connection ended, judged from evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// Whose behaviour ended it; `None` where that is nobody's or cannot be told.
    pub by: Option<Blame>,
    /// How far the recording shows it.
    pub certainty: Certainty,
    /// The rule that was broken, where one was.
    pub rule: Option<RuleId>,
    /// Number of the frame that shows it.
    pub frame: Option<u64>,
    /// The packet that shows it.
    pub packet: Option<PacketNo>,
    /// When that was captured; `None` where the recording has no clock.
    pub at: Option<Timestamp>,
    /// What it rests on; which cause it is.
    pub grounds: Grounds,
    /// What else the evidence fits, in the order of precedence.
    pub also: Vec<RunnerUp>,
}

impl Cause {
    /// Whether its sentence has told of a breach of that rule.
    #[must_use]
    pub fn tells_of(&self, rule: RuleId, by: Option<Role>) -> bool {
        let by = by.map(Blame::from);
        // Of a handshake the other side's breach is the same fact.
        let in_handshake = self.id() < CauseId::ExtensionMismatch;
        let is_its_own = self.by == by || self.by == Some(Blame::Between) || in_handshake;
        self.rule == Some(rule) && self.by == by || is_its_own && self.id().info().tells.contains(&rule)
    }

    /// Which one it is.
    #[must_use]
    pub const fn id(&self) -> CauseId {
        self.grounds.id()
    }
}

/// Another cause that the evidence fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunnerUp {
    /// Which one.
    pub id: CauseId,
    /// Whose behaviour it would be.
    pub by: Option<Blame>,
    /// How far the recording shows it.
    pub certainty: Certainty,
}

/// A cause as its file declares it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CauseRow {
    pub(super) name: &'static str,
    pub(super) tone: Tone,
    pub(super) tells: &'static [RuleId],
    pub(super) when: &'static str,
    pub(super) proven: Option<&'static str>,
    pub(super) likely: Option<&'static str>,
    pub(super) undetermined: Option<&'static str>,
    pub(super) never: &'static str,
    pub(super) next: &'static [&'static str],
    pub(super) shows: &'static [WrittenExample],
}

/// A reason for which connections end.
#[derive(Clone, Copy, Debug)]
pub struct CauseInfo {
    /// By what code names it; people and JSON use `name`.
    pub id: CauseId,
    /// Stable name, as in `abrupt_end`.
    pub name: &'static str,
    /// What such an end amounts to, if nothing in the conversation says otherwise.
    pub tone: Tone,
    /// Rules whose breach by the side that it blames its sentence tells, beside the one that it names.
    pub tells: &'static [RuleId],
    /// When it is the one.
    pub when: &'static str,
    /// What makes it proven; `None` where nothing in a recording does.
    pub proven: Option<&'static str>,
    /// What makes it likely.
    pub likely: Option<&'static str>,
    /// What leaves it undetermined.
    pub undetermined: Option<&'static str>,
    /// What must not be concluded from it.
    pub never: &'static str,
    /// Where to look then.
    pub next: &'static [&'static str],
    /// An exchange that ends for it, and one that nearly does.
    pub shows: &'static [WrittenExample],
}

impl CauseInfo {
    pub(super) const fn new(id: CauseId, row: CauseRow) -> Self {
        let CauseRow { name, tone, tells, when, proven, likely, undetermined, never, next, shows } = row;
        Self { id, name, tone, tells, when, proven, likely, undetermined, never, next, shows }
    }

    /// Whether nothing but `undetermined` is ever said of it: how sure it is goes without saying.
    pub(super) const fn is_never_sure(&self) -> bool {
        self.proven.is_none() && self.likely.is_none()
    }
}

impl CauseId {
    /// The row of the table.
    #[must_use]
    pub fn info(self) -> &'static CauseInfo {
        &CAUSES[self as usize]
    }

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
