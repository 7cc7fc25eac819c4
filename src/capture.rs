//! Capture files to packets, packets to TCP segments.
//!
//! ```text
//!   source ─► buffer ─► pcap | pcapng ─► Packet ─► link, ether, ppp, wifi ─► ip ─► Segment
//!             refill     one step a block   (reader)   ▲                       │ ▲ │
//!                                                      └──────── tunnel ◄──────┘ │ ▼
//!                                                                             fragments
//! ```
//!
//! Packets and segments borrow the buffer of the [`Reader`]; nothing is copied on the way, except IP fragments.

mod buffer;
mod decoder;
mod ether;
mod fragments;
mod ip;
mod link;
mod odd;
mod pcap;
mod pcapng;
mod ppp;
mod reader;
mod step;
mod time;
mod tunnel;
mod view;
mod wifi;

pub use decoder::Decoder;
pub use reader::Reader;
