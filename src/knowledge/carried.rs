//! What a finding of a rule carries: how it is told, and what of it may be seen.

use crate::knowledge::words::{Say, Words};
use crate::model::{AcceptValue, Bytes, Stage, Text};

/// What can be told of a finding.
pub(super) trait Told {
    /// What the rule asks for here, what was there instead, and what its breaker did.
    fn words(&self, say: &Say<'_>) -> Words;
}

/// Whoever decides what may be seen of what a finding quotes, by what it is. It may be cut short.
pub(crate) trait Decide<From: Stage, To: Stage> {
    /// Any text.
    fn text(&mut self, text: Text<From>) -> Text<To>;
    /// A request target.
    fn uri(&mut self, text: Text<From>) -> Text<To>;
    /// A line of a head.
    fn line(&mut self, text: Text<From>) -> Text<To>;
    /// A list of elements.
    fn list(&mut self, text: Text<From>) -> Text<To>;
    /// The value of a field.
    fn value(&mut self, field: &'static str, text: Text<From>) -> Text<To>;
    /// The accept value that a key asks for.
    fn accept(&mut self, value: AcceptValue) -> AcceptValue;
    /// An element of a list, and the one before it, which may say what it is.
    fn elements(
        &mut self,
        before: Option<Text<From>>,
        element: Option<Text<From>>,
    ) -> (Option<Text<To>>, Option<Text<To>>);
    /// A parameter of an extension.
    fn parameter(&mut self, name: Text<From>, value: Option<Text<From>>) -> (Text<To>, Option<Text<To>>);
    /// Bytes, and whether what stands for them is a text.
    fn bytes(&mut self, bytes: Bytes<From>) -> (Bytes<To>, bool);
    /// Bytes behind the opening handshake, the first line of HTTP or not, and whether what stands for them is a text.
    fn stream(&mut self, bytes: Bytes<From>, is_http: bool) -> (Bytes<To>, bool);
}
