//! Capture files to packets, packets to TCP segments.
//!
//! ```text
//!   source ─► buffer ─► pcap | pcapng ─► Packet ─► link, ether, ppp, wifi ─► ip ─► Segment
//!             refill     one step a block   (reader)   ▲                       │ ▲ │
//!                                                      └───── tunnel, udp ◄────┘ │ ▼
//!                                                                             fragments
//! ```
//!
//! Packets and segments borrow the buffer of the [`Reader`]; nothing is copied on the way, except IP fragments.

mod decoder;
pub mod file;
mod keylog;
pub(crate) mod pipe;
mod reader;

pub use decoder::Decoder;
pub use keylog::KeyLog;
pub(crate) use reader::Placed;
pub use reader::Reader;
