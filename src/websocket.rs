//! WebSocket framing (RFC 6455 5): bytes of one direction to headers and pieces of payload. Nothing is judged:
//! reserved bits, wrong masks and impossible lengths come out as they were sent.

pub mod chain;
pub mod decoder;
pub mod encode;
pub mod header;
pub mod mask;

pub use chain::Chain;
pub use decoder::{Decoded, Decoder, Ending};
pub use header::{Incomplete, parse_header};
