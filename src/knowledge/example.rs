//! Examples of rules and causes.

/// An example as it is written down.
#[derive(Clone, Copy, Debug)]
pub struct WrittenExample {
    /// What it shows.
    pub title: &'static str,
    /// It makes a finding of the rule, or ends for the cause.
    pub reported: bool,
    /// In the [notation](crate::notation) of exchanges.
    pub script: &'static str,
}

/// An example that makes a finding of the rule, or ends for the cause.
pub(super) const fn found(title: &'static str, script: &'static str) -> WrittenExample {
    WrittenExample { title, reported: true, script }
}

/// One that comes near to that: it is legal, or ends for another cause.
pub(super) const fn legal(title: &'static str, script: &'static str) -> WrittenExample {
    WrittenExample { title, reported: false, script }
}
