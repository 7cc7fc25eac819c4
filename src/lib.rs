//! wslog

pub mod error;
pub mod limits;
pub mod model;
pub mod tcp;
