//! HTTP/1.x (RFC 9112) as far as an opening handshake needs it: heads, where a message ends, the upgrade.
//!
//! Everything here borrows the bytes it is given; only [`upgrade`] makes owned values, once a connection.
//! Grammars are as lenient as servers in use are, so that a faulty handshake is read and can be judged.

pub mod body;
pub mod extensions;
pub mod grammar;
pub mod upgrade;

pub use body::{Body, Length};
pub use grammar::{FieldLine, Fields, RequestHead, ResponseHead, Start, request_head, response_head};

/// Why bytes are not what a grammar asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They may become it with more bytes.
    Incomplete,
    /// No more bytes can make them so.
    Malformed,
}

/// Bytes for a person to read: what is not UTF-8 stands as U+FFFD.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
