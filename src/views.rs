//! Values to bytes, one renderer a file. What is said is worded once, in [`wording`] and [`summary`], and every
//! renderer says the same. What is secret is taken out of each connection before it is rendered, by [`redact`](crate::redact).

pub mod case;
pub mod escape;
pub mod explain;
pub mod json;
pub mod limits;
pub mod remarks;
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
