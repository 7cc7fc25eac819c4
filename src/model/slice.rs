//! What of a capture is to be copied.

use std::net::SocketAddr;

use crate::model::{ConversationId, MaskingKey, Opcode, PacketNo, PerRole, Role};

/// A conversation whose packets are to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Its id where it was found.
    pub id: ConversationId,
    /// Index of the input with its first packet, from 0.
    pub input: usize,
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the server.
    pub server: SocketAddr,
    /// First and last packet of its TCP connection, numbered as its capture does.
    pub packets: (PacketNo, PacketNo),
    /// It is a stream of HTTP/2.
    pub is_stream: bool,
    /// It was read under TLS.
    pub is_decrypted: bool,
    /// Its opening handshake is not, or not wholly, in the recording.
    pub is_assumed: bool,
    /// By what its keys are found: the random of the client's hello (RFC 9850).
    pub random: Option<[u8; 32]>,
    /// What is said at packets of it, in their order.
    pub notes: Vec<(PacketNo, String)>,
    /// What of the stream of each side is filled.
    pub fills: PerRole<Vec<Fill>>,
}

/// Bytes of a stream that are replaced by others, as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Offset of the first.
    pub at: u64,
    /// How many.
    pub len: u64,
    /// The key by which they are masked, from the first on.
    pub key: Option<MaskingKey>,
    /// Of a compressed message: bytes of it before these, and of all of it.
    pub deflated: Option<(u64, u64)>,
    /// Which of the different payloads it was, counted from 0: equal ones are filled alike, for an echo to stay one.
    pub said: u32,
}

impl Fill {
    /// Longest head of a frame (RFC 6455 5.2).
    const HEAD: u64 = 14;

    /// What of a stream is filled that is no frames any more from `lost` on: a head that may begin there stays.
    #[must_use]
    pub const fn behind(lost: u64) -> Self {
        Self { at: lost.saturating_add(Self::HEAD), len: u64::MAX, key: None, deflated: None, said: 0 }
    }
}

/// A frame as it lies in the stream of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Who sent it.
    pub from: Role,
    /// Offset of its first byte.
    pub begins: u64,
    /// Offset of its payload.
    pub at: u64,
    /// Bytes of that.
    pub len: u64,
    /// The key by which it is masked.
    pub key: Option<MaskingKey>,
    /// The compressed message that it is a part of.
    pub deflated: Option<u64>,
    /// Which one it is of control frames.
    pub control: Option<Opcode>,
    /// Which of the different payloads it has, counted from 0.
    pub said: u32,
}
