//! What there is to say of a rule beyond its row.

/// More about a rule.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// What the other side does about a breach, where the reaction of the row does not say it all.
    pub peer: Option<&'static str>,
    /// Why it is there, and what follows when it is broken.
    pub text: &'static str,
    /// Where to look then.
    pub next: &'static [&'static str],
    /// An exchange that breaks it, and one that nearly does.
    pub shows: &'static [WrittenExample],
}

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
