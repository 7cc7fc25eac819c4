//! Examples of rules.

/// An example as it is written down.
#[derive(Clone, Copy, Debug)]
pub struct WrittenExample {
    /// What it shows.
    pub title: &'static str,
    /// It makes a finding of the rule.
    pub reported: bool,
    /// In the [notation](crate::notation) of exchanges.
    pub script: &'static str,
}

/// An example that makes a finding of the rule.
pub(super) const fn found(title: &'static str, script: &'static str) -> WrittenExample {
    WrittenExample { title, reported: true, script }
}

/// One that comes near to it and is legal.
pub(super) const fn legal(title: &'static str, script: &'static str) -> WrittenExample {
    WrittenExample { title, reported: false, script }
}
