//! WebSocket framing (RFC 6455 5): bytes of one direction to headers and pieces of payload. Nothing is judged:
//! reserved bits, wrong masks and impossible lengths come out as they were sent.
//!
//! The header of the first frame of RFC 6455 5.7, and of a Close with RSV2 set:
//!
//! ```
//! use wslog::model::{MaskingKey, Opcode, Rsv};
//! use wslog::websocket::{Incomplete, parse_header};
//!
//! let hello = parse_header(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])?;
//! assert_eq!((hello.fin, hello.opcode, hello.payload_len), (true, Opcode::TEXT, 5));
//! assert_eq!(hello.masking_key, Some(MaskingKey([0x37, 0xfa, 0x21, 0x3d])));
//!
//! let close = parse_header(&[0xa8, 0x02, 0x03, 0xe8])?;
//! assert_eq!((close.opcode, close.rsv, close.wire_len()), (Opcode::CLOSE, Rsv(0b010), 2));
//!
//! assert_eq!(parse_header(&[0x82, 0x7e, 0x01]), Err(Incomplete));
//! # Ok::<(), Incomplete>(())
//! ```

mod chain;
mod decoder;
pub(crate) mod encode;
mod header;
pub mod mask;

pub(crate) use chain::all::{Segments, first};
pub(crate) use chain::{Chain, Ways, whole};
pub use decoder::{Decoded, Decoder, Ending};
pub use header::{Incomplete, parse_header};
pub(crate) use header::{SOUND, can_begin, header_len};
