//! Connections that are written here, those of RFC 8448, and what becomes of them where something is missing.

mod gaps;
mod keylog;
mod kit;
mod rfc8448;
mod story;
