//! wslog

pub mod capture;
pub mod error;
pub mod input;
pub mod limits;
pub mod model;
