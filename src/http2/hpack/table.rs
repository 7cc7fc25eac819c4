//! The tables of HPACK: the static one (RFC 7541 Appendix A), and the one that both ends fill (2.3.2).

use std::collections::VecDeque;
use std::sync::Arc;

/// What an entry takes besides its bytes (RFC 7541 4.1).
const OVERHEAD: u64 = 32;

/// A name or a value. A byte of a block can stand for thousands of these, so they are shared.
pub(super) type Text = Arc<[u8]>;

/// An entry; `None` is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Option<Text>,
    pub(super) value: Option<Text>,
}

impl Entry {
    /// What it counts for in the table.
    pub(super) fn size(&self) -> u64 {
        size(self.name.as_ref(), self.value.as_ref())
    }
}

/// What a name and a value count for.
pub(super) fn size(name: Option<&Text>, value: Option<&Text>) -> u64 {
    let len = |part: Option<&Text>| part.map_or(0, |text| text.len()) as u64;
    OVERHEAD + len(name) + len(value)
}

/// The table that grows.
#[derive(Debug)]
pub(super) struct Table {
    /// The newest first.
    entries: VecDeque<Entry>,
    size: u64,
    max: u64,
}

impl Table {
    pub(super) const fn new(max: u64) -> Self {
        Self { entries: VecDeque::new(), size: 0, max }
    }

    #[cfg(test)]
    pub(super) const fn max(&self) -> u64 {
        self.max
    }

    /// The entry of an index, which counts from 1 through the static table.
    pub(super) fn get(&self, index: u64) -> Option<Entry> {
        let index = usize::try_from(index.checked_sub(1)?).ok()?;
        match STATIC.get(index) {
            Some((name, value)) => {
                let bytes = |text: &str| Some(Arc::from(text.as_bytes()));
                Some(Entry { name: bytes(name), value: bytes(value) })
            }
            None => self.entries.get(index - STATIC.len()).cloned(),
        }
    }

    /// Puts an entry in front; one that is larger than the table empties it (RFC 7541 4.4).
    pub(super) fn add(&mut self, entry: Entry) {
        self.size = self.size.saturating_add(entry.size());
        self.entries.push_front(entry);
        self.evict();
    }

    /// Bytes of memory behind it.
    pub(super) fn held(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    pub(super) fn resize(&mut self, max: u64) {
        self.max = max;
        self.evict();
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.size = 0;
    }

    fn evict(&mut self) {
        while self.size > self.max {
            let Some(oldest) = self.entries.pop_back() else { break };
            self.size = self.size.saturating_sub(oldest.size());
        }
    }
}

/// Names and values of RFC 7541 Appendix A, in its order.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
