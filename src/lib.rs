//! wslog

pub mod error;
pub mod limits;
pub mod message;
pub mod model;
