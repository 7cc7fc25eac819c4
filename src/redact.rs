//! What a report leaves out, since it goes into tickets: secrets by default, payloads on request.
//!
//! A secret is known by its name (`names`), by its looks (`looks`), or by having been found elsewhere (`known`). Texts are
//! taken apart to find what of them has a name (`search`). It stands as `<redacted 24 bytes, no. 2>`: its length often tells
//! what is wrong with it, and the number is the same wherever it stood.
//!
//! Two passes make the same way through a conversation. The first finds what is secret in it, the second hides that, wherever
//! it stands, in whatever encoding. Words that anybody may say are hidden in their place and not looked for elsewhere.
//!
//! Where a report leaves the house, names go first: two more passes on the same way put others in the place of addresses, hosts, ids
//! and users ([`Pseudonyms`]), as if they had been recorded, and secrets are looked for in what is left.
//!
//! # No place is forgotten
//!
//! * What a peer wrote is [`Quoted`] in the model, and cannot be displayed ([`model::wire`](crate::model::wire)).
//! * Views take [`Shown`] only, and only this module makes it: what gives the right to is private to it.
//! * It makes a `Conversation<Shown>` of a `Conversation<Quoted>` place by place, by patterns without `..` and `_`. A
//!   new field or variant does not compile before it stands there, a text in it not before it went through a decision.
//!   `tests/layering.rs` sees to it that the patterns stay so.
//!
//! A view that wants the conversation itself does not compile:
//!
//! ```compile_fail,E0308
//! # use wslog::{model::Conversation, views::{FrameList, json}};
//! fn leak(conversation: &Conversation) {
//!     json::connection(&mut Vec::new(), conversation, FrameList::None);
//! }
//! ```
//!
//! It has to be sealed, which says what is to be left out:
//!
//! ```
//! # use wslog::{model::Conversation, redact, views::{FrameList, json}};
//! fn write(conversation: Box<Conversation>) -> Vec<u8> {
//!     let mut out = Vec::new();
//!     let shown = redact::seal(conversation, redact::Redaction::Secrets).open();
//!     json::connection(&mut out, &shown, FrameList::None);
//!     out
//! }
//! ```
//!
//! Nobody else has the right to what may be seen:
//!
//! ```compile_fail,E0603
//! wslog::model::Wire::write("s3cr3t", wslog::redact::Shown(()));
//! ```

mod gist;
mod known;
mod live;
mod looks;
mod names;
mod pass;
mod piece;
mod pseudonyms;
mod search;
mod secrets;

use std::sync::Arc;

use crate::knowledge::{Blame, CauseId};
use crate::limits::Limits;
use crate::model::{
    Conversation, ConversationId, Finding, Level, Outcome, Quoted, Readable, RuleId, Stage, Wire,
};
pub(crate) use gist::{CaseGist, Ending, Gist};
pub use live::Live;
use pass::Pass;
use pseudonyms::Names;
pub use pseudonyms::Pseudonyms;
use secrets::Secrets;

/// What to leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redaction {
    /// Nothing is left out: what peers wrote is shown as it came.
    Nothing,
    /// Secrets.
    #[default]
    Secrets,
    /// Payloads of frames and reasons of Close frames, too.
    Payloads,
}

/// What may be seen: it has been decided about, and displays like any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown(());

/// The right to it.
const SHOWN: Shown = Shown(());

impl Stage for Shown {
    const IS_DECIDED: bool = true;
}

impl Readable for Shown {}

impl<T> Wire<T, Shown> {
    /// What may be seen of it.
    #[must_use]
    pub fn shown(self) -> T {
        self.take(SHOWN)
    }
}

/// A conversation on its way to a view, which sees of it what no peer wrote, until it opens it: most of many are only
/// counted, and looking through them all would be for nothing.
#[derive(Clone, Debug)]
pub struct Sealed {
    conversation: Box<Conversation<Quoted>>,
    redaction: Redaction,
    pseudonyms: Option<Arc<Pseudonyms>>,
    nesting: usize,
}

/// Readies a conversation for a view, which gets to see it without what is to be left out.
#[must_use]
pub const fn seal(conversation: Box<Conversation<Quoted>>, redaction: Redaction) -> Sealed {
    Sealed { conversation, redaction, pseudonyms: None, nesting: Limits::DEFAULT.max_secret_nesting }
}

impl Sealed {
    /// To be opened within such limits.
    #[must_use]
    pub fn within(self, limits: &Limits) -> Self {
        Self { nesting: limits.max_secret_nesting, ..self }
    }

    /// To be opened with others for its names.
    #[must_use]
    pub fn anonymized(self, pseudonyms: Option<Arc<Pseudonyms>>) -> Self {
        Self { pseudonyms, ..self }
    }

    /// Takes note of its names, which may stand in other conversations too.
    pub fn teach(&self, pseudonyms: &mut Pseudonyms) {
        let mut names = Names::new(Arc::new(pseudonyms.bare()), self.nesting);
        let conversation = (*self.conversation).clone();
        let conversation = Pass::meeting(&mut names, &mut Secrets::new(0)).conversation(conversation);
        let ends = conversation.tcp.map(|tcp| [tcp.client, tcp.server]);
        ends.iter().flatten().for_each(|end| pseudonyms.note_address(end.as_sent().ip()));
        names.teach(pseudonyms);
    }

    /// The id, which no peer wrote.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.conversation.id
    }

    /// Whether a capture shows it as a connection of a run of the Autobahn Testsuite.
    #[must_use]
    pub const fn is_captured_case(&self) -> bool {
        self.conversation.captured_case.is_some()
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.conversation.closing.outcome
    }

    /// Why it ended, and whose behaviour that was.
    #[must_use]
    pub fn cause(&self) -> Option<(CauseId, Option<Blame>)> {
        self.conversation.closing.cause.as_ref().map(|cause| (cause.id(), cause.by))
    }

    /// Level and rule of each finding that counts: none of what is undetermined, nor of what a tester did on purpose.
    pub fn rules(&self) -> impl Iterator<Item = (Level, RuleId)> {
        self.counted().map(|finding| (finding.level, finding.violation.rule()))
    }

    /// Findings that count in totals and gates.
    fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.conversation.findings.iter().filter(|finding| self.conversation.counts(finding))
    }

    /// What may be seen of it.
    #[must_use]
    pub fn open(self) -> Box<Conversation<Shown>> {
        let Self { mut conversation, redaction, pseudonyms, nesting } = self;
        let mut secrets = Secrets::new(nesting);
        if let Some(pseudonyms) = pseudonyms {
            let mut names = Names::new(pseudonyms, nesting);
            *conversation = Pass::meeting(&mut names, &mut secrets).conversation(*conversation);
            *conversation = Pass::renaming(&mut names, &mut secrets).conversation(*conversation);
        }
        if redaction != Redaction::Nothing {
            *conversation = Pass::first(redaction, &mut secrets).conversation(*conversation);
            secrets.ready();
        }
        Box::new(Pass::last(redaction, &mut secrets).conversation(*conversation))
    }
}

/// What stands for so many bytes.
fn mark(bytes: usize) -> String {
    format!("<redacted {bytes} bytes>")
}

/// What stands for so many bytes of a secret: the same number, the same secret. Those beyond a cap have 0.
fn numbered(bytes: usize, number: u32) -> String {
    if number == 0 {
        return mark(bytes);
    }
    format!("<redacted {bytes} bytes, no. {number}>")
}
