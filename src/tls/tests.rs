//! Connections that are written here, those of RFC 8448 and of OpenSSL, and what becomes of them where something is missing.

mod gaps;
mod keylog;
mod kit;
mod openssl;
mod rfc8448;
mod story;
mod trace;
