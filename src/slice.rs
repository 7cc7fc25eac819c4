//! Packets of some connections, copied to a pcapng file: what is written of each.
//!
//! ```text
//!   packet as it was ─────────────────────────────────────────► pcapng
//!   packet ─► edit: bytes of the stream replaced by others ────►
//!   stream ─► disguise: what stands for its bytes where nobody is to know whose it is ─► edit
//!   stream of plain text ─► forge: TCP that would carry it ────►
//! ```

pub mod disguise;
pub mod edit;
pub mod forge;
pub mod pcapng;
