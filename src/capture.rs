//! Capture files to packets, packets to TCP segments.
//!
//! ```text
//!   source ─► buffer ─► pcap | pcapng ─► Packet ─► link ─► ip ─► Segment
//!             refill     one step a block   (reader)   tags   fragments, lengths
//! ```
//!
//! Packets and segments borrow the buffer of the [`Reader`]; nothing is copied on the way.

mod buffer;
mod ip;
pub mod link;
mod odd;
mod pcap;
mod pcapng;
mod reader;
mod step;
mod time;

pub use reader::Reader;
