//! What keys of TLS were good for.

/// What became of keys of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyReport {
    /// Key logs that were named.
    pub key_logs: usize,
    /// Their keys.
    pub named: KeyUse,
    /// Keys that captures brought along.
    pub inside: KeyUse,
}

/// Keys of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyUse {
    /// Lines that are keys.
    pub keys: u64,
    /// Lines of secrets that decryption does not take, or of a kind that is not known.
    pub passed_over: u64,
    /// Lines that are none of a key log.
    pub malformed: u64,
    /// Keys that had no room any more.
    pub over_cap: u64,
    /// Connections that there are keys of.
    pub connections: usize,
    /// Those among them that were seen.
    pub seen: usize,
}
