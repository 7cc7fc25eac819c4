//! wslog

pub mod error;
pub mod limits;
pub mod model;
