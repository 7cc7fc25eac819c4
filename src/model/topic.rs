//! What is known of a close code, a rule, a cause, an outcome, an application or a case of the Autobahn Testsuite, whatever
//! recording it turns up in; and guides to recordings.

use std::ops::RangeInclusive;

use crate::knowledge::applications::{Application, ApplicationCode};
use crate::knowledge::guides::Guide;
use crate::knowledge::{CauseInfo, Clause, OutcomeInfo};
use crate::model::case::{Behavior, CaseEvent, CaseId, CaseStep, ExpectedClose};
use crate::model::suite::Span;
use crate::model::{CloseCode, Exchange, Rule, RuleId, Who, named};

/// One thing explained.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Topic {
    /// A close code, or a range of them.
    Code(CodeTopic),
    /// A rule, with examples and the cases that exercise it.
    Rule(RuleTopic),
    /// A cause for which connections end, with examples.
    Cause(CauseTopic),
    /// An outcome.
    Outcome(&'static OutcomeInfo),
    /// A case of the suite.
    Case(CaseTopic),
    /// An application, with its codes.
    Application(&'static Application),
    /// A guide.
    Guide(&'static Guide),
}

/// Codes that share all there is to say about them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeEntry {
    /// First and last; a single code is both.
    pub codes: RangeInclusive<u16>,
    /// Name of the one code in the registry of IANA, in lower case; `None` of a range.
    pub name: Option<&'static str>,
    /// How they stand in the registry of IANA.
    pub registration: Registration,
    /// Who may send them in a Close frame.
    pub sent_by: Who,
    /// Where that is written.
    pub clauses: &'static [Clause],
    /// What they stand for.
    pub meaning: &'static str,
    /// What the API of the side that receives (or concludes) them reports.
    pub reported: &'static str,
    /// What is behind them when they are seen.
    pub causes: &'static [&'static str],
    /// Where to look then.
    pub next: &'static [&'static str],
}

named! {
    /// How a code stands in the registry.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Registration {
        /// It has a name and a meaning.
        Assigned = "assigned",
        /// It is set aside and not to be sent.
        Reserved = "reserved",
        /// Free to be registered.
        Unassigned = "unassigned",
        /// For private use, and never registered.
        Private = "private",
        /// Outside of all ranges.
        OutOfRange = "out_of_range",
    }
}

/// A close code, or a range of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodeTopic {
    /// The code asked for; `None` where it was the whole range.
    pub code: Option<CloseCode>,
    /// What there is to say.
    pub entry: &'static CodeEntry,
    /// Applications that have published a meaning of the code, with that.
    pub owners: Vec<(&'static Application, &'static ApplicationCode)>,
    /// Rules whose breach is fittingly answered with the code.
    pub answers: Vec<RuleId>,
    /// The rule that sending it breaks.
    pub breaks: Option<RuleId>,
    /// How it looks on the wire.
    pub examples: Vec<Example>,
}

/// A rule, with examples and the cases that exercise it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuleTopic {
    /// The row of the table.
    pub rule: &'static Rule,
    /// Broken, and nearly so.
    pub examples: Vec<Example>,
    /// Cases of the suite that exercise it, and whether the tester breaks it there.
    pub cases: Vec<(CaseId, bool)>,
}

/// A cause for which connections end, with examples.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CauseTopic {
    /// The row of the table.
    pub cause: &'static CauseInfo,
    /// One that ends for it, and one that nearly does.
    pub examples: Vec<Example>,
}

/// What the tester asks of the testee's permessage-deflate: of a server in its offer, of a client in its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateRequest {
    /// To compress each message on its own.
    pub no_context_takeover: bool,
    /// To keep to a window of so many bits.
    pub window_bits: Option<u8>,
}

/// A case of the suite.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CaseTopic {
    /// Its number in the suite.
    pub id: CaseId,
    /// The versions of the suite that have it so.
    pub span: Span,
    /// What it was about in which versions, the first one first; empty if it has always been the same.
    pub versions: Vec<(Span, &'static str)>,
    /// What else to know of it.
    pub note: Option<&'static str>,
    /// What is asked of permessage-deflate, one offer after the other; empty where it is not used.
    pub deflate: Vec<DeflateRequest>,
    /// What it is about, in a line.
    pub about: &'static str,
    /// What the tester does of its own accord.
    pub sends: Vec<CaseStep>,
    /// The rule it breaks on purpose, and the index in `sends` of the frame that does.
    pub fault: Option<(RuleId, usize)>,
    /// Expected events by verdict, in the order of preference; `None` where the suite judges in another way.
    pub expects: Option<Vec<(Behavior, Vec<CaseEvent>)>>,
    /// What it expects of the closing.
    pub close: ExpectedClose,
    /// A wrong code fails the case itself.
    pub wrong_code_is_fatal: bool,
    /// There is nothing to pass or fail.
    pub informational: bool,
    /// Rules it exercises: name, identity if the reference checks it, whether the tester breaks it.
    pub rules: Vec<(&'static str, Option<RuleId>, bool)>,
    /// Compared with reports of real runs; otherwise it follows from the structure of its section.
    pub compared: bool,
}

/// What crosses the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// It makes a finding of the rule, or ends for the cause; `false` where it comes near to that only.
    pub reported: bool,
    /// The exchange, as it was read from the notation.
    pub exchange: Exchange,
}
