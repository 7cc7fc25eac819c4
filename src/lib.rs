//! wslog

pub mod dissect;
pub mod error;
pub mod http;
pub mod limits;
pub mod model;
pub mod websocket;
