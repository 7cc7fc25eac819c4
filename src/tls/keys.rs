//! Key logs (RFC 9850), as `SSLKEYLOGFILE` names them and as they stand in Decryption Secrets Blocks of pcapng.
//!
//! ```text
//! line = "#" *OCTET / label SP 64HEXDIG SP *( 2HEXDIG )
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use crate::limits::Limits;
use crate::model::{TlsKeys, hex_digit};
use crate::tls::hello::Random;

/// Longest secret in bytes: a hash of SHA-512.
const MAX_SECRET: usize = 64;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// The master secret, up to TLS 1.2.
    Master,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
    ClientEarly,
}

impl Label {
    const ALL: [Self; 6] = [
        Self::Master,
        Self::ClientHandshake,
        Self::ServerHandshake,
        Self::ClientTraffic,
        Self::ServerTraffic,
        Self::ClientEarly,
    ];

    const fn name(self) -> &'static [u8] {
        match self {
            Self::Master => b"CLIENT_RANDOM",
            Self::ClientHandshake => b"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            Self::ServerHandshake => b"SERVER_HANDSHAKE_TRAFFIC_SECRET",
            Self::ClientTraffic => b"CLIENT_TRAFFIC_SECRET_0",
            Self::ServerTraffic => b"SERVER_TRAFFIC_SECRET_0",
            Self::ClientEarly => b"CLIENT_EARLY_TRAFFIC_SECRET",
        }
    }

    fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }
}

fn hex_digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
}

/// Where a key log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A file of its own.
    Keylog,
    /// A Decryption Secrets Block of the capture.
    Dsb,
}

/// A secret and where it is from. It is wiped when the last who has it lets go.
pub(super) struct Secret {
    bytes: Zeroizing<Box<[u8]>>,
    origin: Origin,
    /// Set once a connection asked for it.
    used: OnceLock<()>,
}

impl Secret {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) const fn origin(&self) -> TlsKeys {
        match self.origin {
            Origin::Keylog => TlsKeys::Keylog,
            Origin::Dsb => TlsKeys::Dsb,
        }
    }
}

/// What the lines of a key log were; empty ones and comments are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeylogLines {
    /// Keys that can be of use.
    pub keys: u64,
    /// Lines of labels that are not needed (exporter secrets, `RSA`), or not known.
    pub passed_over: u64,
    /// Lines that are none of a key log.
    pub malformed: u64,
    /// Keys that had no room any more.
    pub over_cap: u64,
}

impl AddAssign for KeylogLines {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.passed_over += other.passed_over;
        self.malformed += other.malformed;
        self.over_cap += other.over_cap;
    }
}

/// Secrets of one or more additions.
type Layer = BTreeMap<(Random, Label), Arc<Secret>>;

/// The keys that are known at a place of the recording.
///
/// A value: a clone is as cheap as a few reference counts and does not see what is added later, so that threads which
/// have different places of a recording in hand see the keys of theirs. What was used is shared by all clones.
#[derive(Clone)]
pub struct Keys {
    /// The oldest and largest first, each less than half of the one before: an addition merges few of them.
    layers: Vec<Arc<Layer>>,
    len: usize,
    additions: u64,
    may_grow: bool,
    /// Secrets that are kept at the most, and how many had no room.
    most: usize,
    over_cap: u64,
}

/// With the cap of [`Limits::DEFAULT`].
impl Default for Keys {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            len: 0,
            additions: 0,
            may_grow: false,
            most: Limits::DEFAULT.max_tls_keys,
            over_cap: 0,
        }
    }
}

/// Tells no secret.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("len", &self.len)
            .field("may_grow", &self.may_grow)
            .finish_non_exhaustive()
    }
}

/// What a line holds.
enum Line {
    Empty,
    Key(Label, Random, Zeroizing<Box<[u8]>>),
    PassedOver,
    Malformed,
}

impl Line {
    fn of(line: &[u8]) -> Self {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return Self::Empty;
        }
        let mut words = line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default();
        if !name.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')) {
            return Self::Malformed;
        }
        let Some(label) = Label::of(name) else { return Self::PassedOver };
        let (Some(random), Some(secret), None) = (words.next(), words.next(), words.next()) else {
            return Self::Malformed;
        };
        let random = unhex(random).and_then(|random| Random::try_from(&**random).ok());
        match (random, unhex(secret)) {
            (Some(random), Some(secret)) => Self::Key(label, random, secret),
            _ => Self::Malformed,
        }
    }
}

/// Bytes of a secret, which leave no copy behind.
fn unhex(text: &[u8]) -> Option<Zeroizing<Box<[u8]>>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() || pairs.len() > MAX_SECRET {
        return None;
    }
    let mut bytes = Zeroizing::new(vec![0; pairs.len()].into_boxed_slice());
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(bytes)
}

impl Keys {
    /// None, and none to come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether keys may be added that belong to what was recorded before them: records wait for them then.
    pub const fn set_may_grow(&mut self, may_grow: bool) {
        self.may_grow = may_grow;
    }

    /// See [`set_may_grow`](Self::set_may_grow).
    #[must_use]
    pub const fn may_grow(&self) -> bool {
        self.may_grow
    }

    /// So many secrets are kept of those added from here on; see [`Limits::max_tls_keys`].
    pub const fn set_most(&mut self, most: usize) {
        self.most = most;
    }

    /// Secrets that had no room.
    #[must_use]
    pub const fn over_cap(&self) -> u64 {
        self.over_cap
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Counts the additions that brought something, so that one who waits need not look again for nothing.
    pub(super) const fn additions(&self) -> u64 {
        self.additions
    }

    /// Adds what a key log holds: lines that end with LF, CR LF or the text. What is no key is counted and passed over; of
    /// two keys for the same the later one counts.
    pub fn add(&mut self, text: &[u8], origin: Origin) -> KeylogLines {
        let mut lines = KeylogLines::default();
        let mut layer = Layer::new();
        for line in text.split(|byte| *byte == b'\n') {
            match Line::of(line) {
                Line::Empty => {}
                Line::PassedOver => lines.passed_over += 1,
                Line::Malformed => lines.malformed += 1,
                Line::Key(..) if self.len + layer.len() >= self.most => lines.over_cap += 1,
                Line::Key(label, random, bytes) => {
                    lines.keys += 1;
                    if self.find(&random, label).is_none_or(|known| *known.bytes != *bytes) {
                        layer.insert(
                            (random, label),
                            Arc::new(Secret { bytes, origin, used: OnceLock::new() }),
                        );
                    }
                }
            }
        }
        self.over_cap = self.over_cap.saturating_add(lines.over_cap);
        if !layer.is_empty() {
            self.additions += 1;
            self.push(layer);
        }
        lines
    }

    fn push(&mut self, mut layer: Layer) {
        while let Some(below) = self.layers.pop_if(|below| below.len() < 2 * layer.len()) {
            let mut merged = Arc::unwrap_or_clone(below);
            merged.append(&mut layer);
            layer = merged;
        }
        self.layers.push(Arc::new(layer));
        self.len = self.layers.iter().map(|layer| layer.len()).sum();
    }

    fn find(&self, random: &Random, label: Label) -> Option<&Arc<Secret>> {
        self.layers.iter().rev().find_map(|layer| layer.get(&(*random, label)))
    }

    /// The secret of a connection; from then on it counts as used.
    pub(super) fn get(&self, random: &Random, label: Label) -> Option<&Secret> {
        let secret = self.find(random, label)?;
        // Another thread may have been first.
        let _ = secret.used.set(());
        Some(secret)
    }

    /// The lines of a key log that are of the connection with this random of its client.
    pub(crate) fn lines_of(&self, random: &Random) -> Zeroizing<Vec<u8>> {
        let mut lines = Zeroizing::new(Vec::new());
        for label in Label::ALL {
            if let Some(secret) = self.find(random, label) {
                lines.extend_from_slice(label.name());
                for bytes in [&random[..], secret.bytes()] {
                    lines.push(b' ');
                    lines.extend(bytes.iter().flat_map(|byte| hex_digits(*byte)));
                }
                lines.push(b'\n');
            }
        }
        lines
    }

    /// Of how many connections, by their client random, the keys of an origin are, all of these together, and how many of those
    /// came and asked.
    pub(crate) fn used<'k>(all: impl IntoIterator<Item = &'k Self>, origin: Origin) -> (usize, usize) {
        let mut connections = BTreeMap::<&Random, bool>::new();
        for ((random, _), secret) in all.into_iter().flat_map(|keys| &keys.layers).flat_map(|layer| &**layer)
        {
            if secret.origin == origin {
                *connections.entry(random).or_default() |= secret.used.get().is_some();
            }
        }
        (connections.len(), connections.values().filter(|used| **used).count())
    }

    /// Number of secrets.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Connections, by their client random, whose keys none of those has asked for that were given these.
    #[must_use]
    pub fn unused(&self) -> usize {
        let mut all = BTreeMap::<&Random, bool>::new();
        for ((random, _), secret) in self.layers.iter().flat_map(|layer| &**layer) {
            *all.entry(random).or_default() |= secret.used.get().is_some();
        }
        all.values().filter(|used| !**used).count()
    }

    /// Connections that there are keys of.
    #[must_use]
    pub fn connections(&self) -> usize {
        let randoms: BTreeSet<&Random> =
            self.layers.iter().flat_map(|layer| layer.keys()).map(|(random, _)| random).collect();
        randoms.len()
    }
}
