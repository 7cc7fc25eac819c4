//! The notation of exchanges: what two endpoints do, in a line of text. The examples of `wslog explain` are written in it,
//! and the tables that hold the reference to its rules.
//!
//! What is done is parted by `|`: `C:` or `S:` (on another connection `C2:`, `S2:`, up to 9), then one of
//!
//! ```text
//! 81 02 68 69            a frame in hex before masking: masked if the client sends it; 61*126 is a byte repeated
//! raw 81 02 68 69        bytes as they are
//! text hi  binary hi  ping x  pong x  close  close 1000 bye
//! zip Hello <3,2; as-is  a compressed message, see Blocks::of
//! request EDITS  101 EDITS  status 403 Forbidden & EDITS    heads of the opening handshake
//! fin  rst  bare-rst     TCP; the last is without acknowledgement number
//! foreign-rst            an RST in its name that something between sent: another TTL and IP identification
//! refuse                 the server's host answers the client's SYN with RST: TCP is not established
//! shut  open             its receive window is 0 from here on, and is no longer
//! ack  again  probe      an acknowledgement, the last payload once more, a keep-alive probe
//! late 2                 what it sent last is recorded behind the next two packets
//! hold  release          what the peer sends stays under way to this side, arrives now
//! wait 1500              milliseconds go by
//! with ACT               bytes in the same segment as what it sent before
//! uncaptured ACT         the recording lacks it; whoever acknowledges later has received it
//! ```
//!
//! EDITS, parted by ` & `, change the head of a sound handshake: `!GET / HTTP/1.0` its first line, `-Host` leaves
//! fields out, `Host: a` replaces or adds a field, `+Host: a` adds another; `\t \r \n \0 \\` as in Rust. An exchange
//! without a head begins behind the opening handshake.
//!
//! Shorter, `4x C: ping a` is done four times, and with `CLOSE` the client closes, with `FAIL` the server fails the
//! connection, with `FAILED` the client does; `CLOSE 1001` with another code.
//!
//! Settings come first:
//!
//! ```text
//! deflate                                  permessage-deflate was agreed, without parameters
//! offers pd; server_max_window_bits=9 & x -> pd    what was offered, in two fields, and taken; `pd` for
//!                                                  permessage-deflate, `none` for nothing
//! port 8080                                the server's
//! strangers                                each connection has a client of its own
//! ```
//!
//! ```
//! use wslog::model::Role;
//! use wslog::notation::parse;
//!
//! let exchange = parse("C: text hi | S: close 1001 | C: close 1001 | S: fin | C: fin")?;
//! assert_eq!(exchange.acts[1].from, Role::Server);
//!
//! let error = parse("C: text hi | S: close soon").unwrap_err();
//! assert_eq!(error.to_string(), "1:23: a close code belongs where \"soon\" stands");
//! # Ok::<(), wslog::notation::NotationError>(())
//! ```

mod blocks;
mod frames;
mod heads;
mod hex;
mod parser;

use std::fmt;

pub use blocks::{Blocks, Symbols};
pub(crate) use frames::shown;
pub use parser::parse;

/// Why a text is no exchange, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotationError {
    /// Line of the text, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// What stands there.
    pub found: String,
    /// What belongs there.
    pub expected: &'static str,
}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, found, expected } = self;
        write!(f, "{line}:{column}: {expected} belongs where ")?;
        if found.is_empty() { f.write_str("nothing stands") } else { write!(f, "{found:?} stands") }
    }
}

impl std::error::Error for NotationError {}
