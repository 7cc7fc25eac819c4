//! Packets of some connections, copied to a pcapng file: what is written of each.
//!
//! ```text
//!   packet as it was ─────────────────────────────────────────► pcapng
//!   packet ─► edit: bytes of the stream replaced by others ────►
//!   stream of plain text ─► forge: TCP that would carry it ────►
//! ```

pub mod edit;
pub mod forge;
pub mod pcapng;
