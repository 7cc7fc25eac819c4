//! HTTP/1.x (RFC 9112) as far as an opening handshake needs it: heads, where a message ends, the upgrade.
//!
//! Everything here borrows the bytes it is given; only [`upgrade`] makes owned values, once a connection.
//! Grammars are as lenient as servers in use are, so that a faulty handshake is read and can be judged.
//!
//! The request of RFC 6455 1.3, and what the answer to its key must be:
//!
//! ```
//! use wslog::http::{Fault, request_head, upgrade};
//!
//! let request = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
//! let (head, len) = request_head(request)?;
//! assert_eq!((head.method, head.target, len), (&b"GET"[..], &b"/chat"[..], request.len()));
//! assert!(upgrade::is_asked(&head));
//! assert_eq!(upgrade::expected_accept("dGhlIHNhbXBsZSBub25jZQ==").0, *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//!
//! assert_eq!(request_head(&request[..40]).err(), Some(Fault::Incomplete));
//! # Ok::<(), Fault>(())
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::model::Text;

mod alt_svc;
mod body;
pub mod extensions;
mod facts;
pub mod grammar;
pub mod upgrade;

pub use alt_svc::{HTTP3_OFFERED, offers_http3};
pub use body::{Body, Length};
pub use grammar::{FieldLine, Fields, RequestHead, ResponseHead, Start, request_head, response_head};

/// Why bytes are not what a grammar asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// They may become it with more bytes.
    Incomplete,
    /// No more bytes can make them so.
    Malformed,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "the bytes end too early",
            Self::Malformed => "not what the grammar asks for",
        })
    }
}

impl Error for Fault {}

/// Bytes for a person to read: what is not UTF-8 stands as U+FFFD.
fn text(bytes: &[u8]) -> Text {
    Text::from(readable(bytes).into_owned())
}

/// The same for what is nearly always one of a few words, which then cost no allocation.
fn familiar(bytes: &[u8]) -> Text {
    const WORDS: [&str; 4] = ["GET", "HTTP/1.1", "Switching Protocols", "Web Socket Protocol Handshake"];
    let word = WORDS.into_iter().find(|word| word.as_bytes() == bytes);
    word.map_or_else(|| text(bytes), |word| Text::new(Cow::Borrowed(word)))
}

/// Text, borrowed where it can be. The strict check comes first: it is the faster one, and seldom fails.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
