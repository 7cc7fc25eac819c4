//! What is known whatever the recording: the [rules], the [causes] and what [libraries] tell their programs, a file each; the
//! numbers that wslog holds against what it sees; and the words for all of it.

pub mod applications;
mod carried;
mod cause;
pub mod causes;
mod codes;
mod example;
pub mod guides;
pub(crate) mod heartbeats;
pub mod libraries;
mod outcomes;
mod prelude;
mod rule;
pub mod rules;
pub mod thresholds;
pub(crate) mod timeouts;
pub mod words;

pub(crate) use carried::Decide;
pub use cause::{Blame, Cause, CauseInfo, RunnerUp, Tone};
pub use causes::{CAUSES, CauseId, Grounds, Said};
pub use codes::CODES;
pub(crate) use codes::REGISTRY;
pub use example::WrittenExample;
pub use heartbeats::{Heartbeat, Rhythm};
pub use libraries::{Convention, LIBRARIES, LibraryId, LibraryInfo};
pub use outcomes::{OUTCOMES, OutcomeInfo};
pub(crate) use rule::rfc6455;
pub use rule::{Clause, Clauses, Level, Reaction, Rule, Who};
pub use rules::{RULES, RuleId, Violation};
pub use timeouts::{IdleEnd, KnownTimeout, TIMEOUTS};
