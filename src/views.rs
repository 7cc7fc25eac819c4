//! Values to bytes, one renderer a file. What is said is worded once, in [`wording`] and [`summary`], and every
//! renderer says the same. Of what peers wrote they see what [`redact`](crate::redact) shows them, and nothing else.

pub mod case;
pub mod escape;
pub mod explain;
pub mod json;
pub mod run;
pub mod summary;
pub mod text;
pub mod units;
pub mod wording;

/// Which frames a report lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameList {
    /// The first and the last of each connection.
    #[default]
    Ends,
    /// All.
    All,
    /// None.
    None,
}
