//! Names for names: a report, or a recording, that shows everything but whose it is.
//!
//! Addresses ([`address`]) and words ([`words`](mod@words)) are replaced by others that take as much room and are of the same kind. What
//! stands for one depends on the key and on the original alone, so that it is the same wherever it stands, in reports and in
//! packets, for any number of threads. Without the key nobody can go back.
//!
//! What a name is, is told by where it stands ([`texts`]): in the places for names every word that is not common ([`common`]) is
//! one. In other texts those are looked for that stood in such places somewhere in the recording.

mod address;
mod common;
mod heads;
mod prf;
mod texts;
mod words;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::limits::Limits;
use crate::redact::search::Place;
use prf::Prf;
use texts::{Level, Marked};
use words::{folded, words};

/// Letters that a name has which is looked for elsewhere: shorter ones would be found everywhere.
const SHORTEST: usize = 3;

/// The same of numbers, most of which are counted or measured.
const SHORTEST_NUMBER: usize = 6;

/// The same of bytes that are no text.
const SHORTEST_IN_BYTES: usize = 8;

/// Characters of an address at the most.
const ADDRESS: usize = 45;

/// What stands for the names of a run.
///
/// ```
/// use wslog::redact::Pseudonyms;
///
/// let pseudonyms = Pseudonyms::new(b"what nobody else knows");
/// let to = pseudonyms.ip("192.168.1.10".parse()?);
/// assert!(to.to_string().starts_with("192.168."));
/// assert_eq!(to.to_string().len(), "192.168.1.10".len());
/// assert_eq!(pseudonyms.host("192.168.1.10:8080"), format!("{to}:8080"));
/// assert!(pseudonyms.host("gw.acme.com").ends_with(".com"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone)]
pub struct Pseudonyms {
    prf: Prf,
    originals: Originals,
    table: Option<Table>,
    shows_payloads: bool,
    limits: (usize, usize),
}

/// What stands for what.
#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<String, String>,
    bytes: usize,
    is_full: bool,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").field("originals", &self.originals.words.len()).finish_non_exhaustive()
    }
}

/// Names that were found, to be looked for.
#[derive(Clone, Debug)]
struct Originals {
    /// Without their case.
    words: HashSet<Box<[u8]>>,
    /// Keys and accept values of opening handshakes, and what stands for them.
    pairs: HashMap<Box<str>, Box<str>>,
    bytes: usize,
    most: usize,
    /// There was no room for some.
    is_full: bool,
}

impl Originals {
    fn has(&self, word: &[u8], shortest: usize) -> bool {
        word.len() >= shortest && self.words.contains(&*folded(word))
    }

    fn new(most: usize) -> Self {
        Self { words: HashSet::new(), pairs: HashMap::new(), bytes: 0, most, is_full: false }
    }

    fn insert(&mut self, word: &[u8]) {
        let is_number = word.iter().all(u8::is_ascii_digit);
        let shortest = if is_number { SHORTEST_NUMBER } else { SHORTEST };
        let folded = folded(word);
        if word.len() < shortest || common::is_common(word) || self.words.contains(&*folded) {
            return;
        }
        if self.has_room(word.len()) {
            self.words.insert(folded.into());
        }
    }

    fn pair(&mut self, from: &str, to: &str) {
        if self.pairs.contains_key(from) || self.has_room(from.len() + to.len()) {
            self.pairs.insert(from.into(), to.into());
        }
    }

    /// Whether so many bytes more have room; they are counted, or what they are of is.
    const fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.bytes.saturating_add(bytes) <= self.most;
        if has_room {
            self.bytes += bytes;
        } else {
            self.is_full = true;
        }
        has_room
    }
}

/// What stands at a place of a text.
enum Found {
    /// An address, and what stands for it.
    Address(String),
    /// A value that something else stands for as a whole.
    Pair(String),
    Word(Level),
}

impl Pseudonyms {
    /// Made with a key: who has it can tell which original stands behind what, by trying those that come into question. The same key
    /// makes the same names.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let prf = Prf::new(&Prf::new(b"wslog: names for names").block(&[key]));
        let Limits { max_name_bytes, max_name_table_bytes, .. } = Limits::DEFAULT;
        let limits = (max_name_bytes, max_name_table_bytes);
        Self { prf, originals: Originals::new(limits.0), table: None, shows_payloads: false, limits }
    }

    /// Of which so many names are kept.
    #[must_use]
    pub fn within(self, limits: &Limits) -> Self {
        let limits = (limits.max_name_bytes, limits.max_name_table_bytes);
        let originals = Originals { most: limits.0, ..self.originals };
        Self { originals, limits, ..self }
    }

    /// Whether there were too many names for all to be looked for everywhere, and too many for the table.
    #[must_use]
    pub fn is_full(&self) -> (bool, bool) {
        (self.originals.is_full, self.table.as_ref().is_some_and(|table| table.is_full))
    }

    /// Keeps what was replaced by what, of what is [learnt](crate::redact::Sealed::teach), for [`Self::table`].
    #[must_use]
    pub fn with_table(self) -> Self {
        Self { table: Some(Table::default()), ..self }
    }

    /// Payloads may be shown, with names replaced that are known, or have the form of one. Otherwise what quotes a payload, and the body of a
    /// refusal, is left out; of Close reasons names are replaced either way.
    #[must_use]
    pub fn showing_payloads(self, shows_payloads: bool) -> Self {
        Self { shows_payloads, ..self }
    }

    /// Each original with what stands for it, as far as a table [was asked for](Self::with_table), in order.
    pub fn table(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.table.iter().flat_map(|table| &table.rows);
        rows.map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// An address for an address. Two that share octets, or hexadecimal digits of IPv6, from the front share as many afterwards;
    /// loopback, private, link-local, documentation, multicast and other special networks (RFC 6890) stay such; and each is written
    /// in as many characters.
    #[must_use]
    pub fn ip(&self, ip: IpAddr) -> IpAddr {
        address::ip(&self.prf, ip)
    }

    /// The same with its port, which stays.
    #[must_use]
    pub fn address(&self, mut address: SocketAddr) -> SocketAddr {
        address.set_ip(self.ip(address.ip()));
        address
    }

    /// A MAC for a MAC: those that share bytes from the front share as many afterwards, and broadcast, multicast and locally
    /// administered ones stay such.
    #[must_use]
    pub fn mac(&self, mac: [u8; 6]) -> [u8; 6] {
        address::mac(&self.prf, mac)
    }

    /// A host for a host, in as many bytes, label by label, whatever its case. Addresses are replaced as such; a port stays, as
    /// `localhost` and generic ends (`.com`, `.local`) do.
    #[must_use]
    pub fn host(&self, host: &str) -> String {
        self.written(&Marked::host(host), &[&self.originals]).unwrap_or_else(|| host.to_owned())
    }

    /// The name of a file, or a path, for another.
    #[must_use]
    pub fn file(&self, path: &str) -> String {
        if path == "-" {
            return path.to_owned();
        }
        self.written(&Marked::file(path), &[&self.originals]).unwrap_or_else(|| path.to_owned())
    }

    /// A target of a request for another, in as many bytes.
    #[must_use]
    pub fn target(&self, target: &str) -> String {
        let marked = Marked::at(Place::Target, target, 0);
        self.written(&marked, &[&self.originals]).unwrap_or_else(|| target.to_owned())
    }

    /// The value of a field so called for another, in as many bytes. Of `Sec-WebSocket-Key` it is a sound key again; an accept value
    /// is the right one for the new key, if it was [learnt](crate::redact::Sealed::teach) with its key and was right.
    #[must_use]
    pub fn field(&self, name: &str, value: &str) -> String {
        let originals = [&self.originals];
        if name.eq_ignore_ascii_case(crate::model::field::KEY) {
            return self.key(value);
        }
        self.written(&Marked::at(Place::Field(name), value, 0), &originals)
            .unwrap_or_else(|| value.to_owned())
    }

    /// What is left of any bytes, as many: names that are known and addresses are replaced, of text also what has the form of a URI, a host,
    /// or a mailbox. In time that grows with the bytes alone.
    #[must_use]
    pub fn rewrite<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.rewritten(bytes, &[&self.originals]).map_or(Cow::Borrowed(bytes), Cow::Owned)
    }

    /// A sentence of wslog's own, which may name addresses.
    #[must_use]
    pub(crate) fn sentence(&self, text: &str) -> String {
        let marked = Marked::at(Place::Told, text, 0);
        self.written(&marked, &[]).unwrap_or_else(|| text.to_owned())
    }

    /// A key of an opening handshake for another: of a sound one a sound one (RFC 6455 4.1).
    fn key(&self, key: &str) -> String {
        let is_sound = key.len() == 24 && STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16);
        if !is_sound {
            return self.opaque(key);
        }
        let block = self.prf.block(&[b"key", key.as_bytes()]);
        STANDARD.encode(block.get(..16).unwrap_or_default())
    }

    /// A value for another, each word of it replaced.
    fn opaque(&self, value: &str) -> String {
        let mut out = value.as_bytes().to_vec();
        for word in words(value.as_bytes()) {
            let to = words::word(&self.prf, &value.as_bytes()[word.clone()]);
            out[word].copy_from_slice(&to);
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// What is left of a text; `None` where that is all of it.
    fn written(&self, marked: &Marked<'_>, originals: &[&Originals]) -> Option<String> {
        let levels = Levels { of: &marked.levels, has_products: marked.has_products };
        let out = self.replaced(marked.text.as_bytes(), &levels, originals, SHORTEST)?;
        Some(String::from_utf8(out).unwrap_or_else(|fault| "x".repeat(fault.as_bytes().len())))
    }

    fn rewritten(&self, bytes: &[u8], originals: &[&Originals]) -> Option<Vec<u8>> {
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            // A character that is cut off.
            Err(fault) if fault.error_len().is_none() => {
                bytes.get(..fault.valid_up_to()).and_then(|whole| str::from_utf8(whole).ok())?
            }
            Err(_) => {
                let levels = Levels { of: &[], has_products: false };
                return self.replaced(bytes, &levels, originals, SHORTEST_IN_BYTES);
            }
        };
        let mut out = self.written(&Marked::at(Place::Payload, text, 0), originals)?.into_bytes();
        out.extend_from_slice(bytes.get(text.len()..).unwrap_or_default());
        Some(out)
    }

    fn replaced(
        &self,
        bytes: &[u8],
        levels: &Levels<'_>,
        originals: &[&Originals],
        shortest: usize,
    ) -> Option<Vec<u8>> {
        let mut out: Option<Vec<u8>> = None;
        self.look(bytes, levels, originals, |range, found| {
            let word = bytes.get(range.clone()).unwrap_or_default();
            let to = match found {
                Found::Address(to) | Found::Pair(to) => to.into_bytes(),
                Found::Word(level) => {
                    let is_known = || originals.iter().any(|originals| originals.has(word, shortest));
                    let is_name = match level {
                        Level::All => true,
                        Level::Names => !common::is_common(word),
                        Level::Known => is_known(),
                        Level::Kept => false,
                    };
                    if !is_name {
                        return;
                    }
                    words::word(&self.prf, word)
                }
            };
            let Some(place) = out.get_or_insert_with(|| bytes.to_vec()).get_mut(range) else { return };
            // It is as long; if it were not, nothing of the original may stay either.
            if place.len() == to.len() {
                place.copy_from_slice(&to);
            } else {
                place.fill(b'x');
            }
        });
        out
    }

    /// Goes through what could be replaced.
    fn look(
        &self,
        bytes: &[u8],
        levels: &Levels<'_>,
        originals: &[&Originals],
        mut see: impl FnMut(Range<usize>, Found),
    ) {
        let has_pairs = originals.iter().any(|originals| !originals.pairs.is_empty());
        let mut all = words(bytes).peekable();
        let mut at = 0;
        while let Some(start) = next_start(bytes, at, all.peek()) {
            let level = levels.at(start);
            if level != Level::Kept {
                if has_pairs
                    && let Some((range, to)) =
                        originals.iter().find_map(|originals| pair_at(bytes, start, originals))
                {
                    at = range.end;
                    see(range, Found::Pair(to));
                    while all.next_if(|word| word.start < at).is_some() {}
                    continue;
                }
                if let Some((len, to)) = self.address_at(bytes, start, levels) {
                    see(start..start + len, Found::Address(to));
                    at = start + len;
                    // A port behind it stays.
                    if bytes.get(at) == Some(&b':') {
                        at += 1 + digits(bytes, at + 1);
                    }
                    while all.next_if(|word| word.start < at).is_some() {}
                    continue;
                }
            }
            match all.next_if(|word| word.start <= start) {
                Some(word) => {
                    at = word.end;
                    see(word, Found::Word(level));
                }
                None => at = start + 1,
            }
        }
    }

    /// An address, or a MAC, that stands at `at`: how long it is, and what stands for it.
    fn address_at(&self, bytes: &[u8], at: usize, levels: &Levels<'_>) -> Option<(usize, String)> {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied();
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'_'))
            && !is_escape(bytes, at)
        {
            return None;
        }
        let is_of_address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
        let rest = bytes.get(at..)?;
        let len = rest.iter().take(ADDRESS + 8).take_while(|b| is_of_address(b)).count();
        let text = str::from_utf8(rest.get(..len)?).ok()?;
        let is_end = |len: usize| rest.get(len).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
        let mac = rest.get(..17).filter(|_| is_end(17)).and_then(|text| str::from_utf8(text).ok());
        if let Some(to) = mac.and_then(|text| address::written_mac(&self.prf, text)) {
            return Some((17, to));
        }
        if text.len() < 2 || !text.contains(':') && text.bytes().filter(|b| *b == b'.').count() < 3 {
            return None;
        }
        let is_product = levels.has_products && before == Some(b'/');
        let whole = text.trim_end_matches('.');
        // With a port behind it, or with the colon of a sentence.
        let short = whole.rsplit_once(':').map_or("", |(short, _)| short);
        for text in [whole, short] {
            if is_end(text.len())
                && (text.contains(':') || !is_product)
                && let Some(to) = address::written(&self.prf, text)
            {
                return (to.len() == text.len()).then_some((to.len(), to));
            }
        }
        None
    }
}

/// Levels of the bytes of a text; of none, where there are none.
struct Levels<'l> {
    of: &'l [Level],
    has_products: bool,
}

impl Levels<'_> {
    fn at(&self, at: usize) -> Level {
        self.of.get(at).copied().unwrap_or(Level::Known)
    }
}

/// Where the next word begins, or an address that begins with a colon.
fn next_start(bytes: &[u8], at: usize, word: Option<&Range<usize>>) -> Option<usize> {
    let end = word.map_or(bytes.len(), |word| word.start);
    let colons =
        bytes.get(at..end).and_then(|rest| memchr::memmem::find(rest, b"::")).map(|colons| at + colons);
    colons.or(word.map(|word| word.start))
}

/// Whether an escape ends before `at`, of which what stands there is no part.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    let digits =
        |from: usize| bytes.get(from..at).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    at.checked_sub(3).is_some_and(|from| bytes.get(from) == Some(&b'%') && digits(from + 1))
        || at.checked_sub(2).is_some_and(|from| bytes.get(from) == Some(&b'\\'))
        || at.checked_sub(6).is_some_and(|from| bytes.get(from..from + 2) == Some(b"\\u") && digits(from + 2))
}

fn digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
}

/// A key or an accept value that stands at `at`: its length, and what stands for it.
fn pair_at(bytes: &[u8], at: usize, originals: &Originals) -> Option<(Range<usize>, String)> {
    // It may begin with a digit of base64 that parts words.
    let before = bytes.get(..at)?.iter().rev().take(22).take_while(|b| matches!(b, b'+' | b'/')).count();
    (at - before..=at).find_map(|start| {
        let rest = bytes.get(start..)?;
        let value = rest.get(..28).into_iter().chain(rest.get(..24));
        value.filter_map(|value| str::from_utf8(value).ok()).find_map(|value| {
            originals.pairs.get(value).map(|to| (start..start + value.len(), to.clone().into_string()))
        })
    })
}

/// The names of one conversation, with those of all.
#[derive(Clone, Debug)]
pub(super) struct Names {
    of_all: Arc<Pseudonyms>,
    own: Originals,
    nesting: usize,
}

impl Names {
    pub(super) fn new(of_all: Arc<Pseudonyms>, nesting: usize) -> Self {
        Self { own: Originals::new(of_all.limits.0), of_all, nesting }
    }

    /// Whether payloads may be shown.
    pub(super) fn shows_payloads(&self) -> bool {
        self.of_all.shows_payloads
    }

    pub(super) fn address(&self, address: SocketAddr) -> SocketAddr {
        self.of_all.address(address)
    }

    pub(super) fn file(&self, path: &str) -> String {
        self.of_all.file(path)
    }

    pub(super) fn sentence(&self, text: &str) -> String {
        self.of_all.sentence(text)
    }

    /// Takes note of the names in a text that stands at `place`.
    pub(super) fn learn(&mut self, place: Place<'_>, text: &str) {
        learn(&self.of_all, &Marked::at(place, text, self.nesting), |word| self.own.insert(word));
    }

    /// The same of a host.
    pub(super) fn learn_host(&mut self, text: &str) {
        learn(&self.of_all, &Marked::host(text), |word| self.own.insert(word));
    }

    /// What stands for a key, which is taken note of.
    pub(super) fn learn_key(&mut self, key: &str) -> String {
        let to = self.of_all.key(key);
        self.own.pair(key, &to);
        to
    }

    /// What stands for a key, or for an accept value: of one that is known that, also where more stands beside it, of another something as
    /// long.
    pub(super) fn of_handshake(&self, value: &str) -> String {
        self.rest(Place::Field(crate::model::field::ACCEPT), value).unwrap_or_else(|| value.to_owned())
    }

    /// That `to` stands for the accept value `from`.
    pub(super) fn learn_accept(&mut self, from: &str, to: &str) {
        self.own.pair(from, to);
    }

    /// What is left of a text that stands at `place`; `None` where that is all of it.
    pub(super) fn rest(&self, place: Place<'_>, text: &str) -> Option<String> {
        self.written(&Marked::at(place, text, self.nesting))
    }

    /// The same of a host.
    pub(super) fn rest_of_host(&self, text: &str) -> Option<String> {
        self.written(&Marked::host(text))
    }

    /// The same of bytes.
    pub(super) fn rest_of_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.of_all.rewritten(bytes, &[&self.own, &self.of_all.originals])
    }

    fn written(&self, marked: &Marked<'_>) -> Option<String> {
        self.of_all.written(marked, &[&self.own, &self.of_all.originals])
    }

    /// Adds what was learnt here to what is known of all.
    pub(super) fn teach(self, all: &mut Pseudonyms) {
        all.originals.is_full |= self.own.is_full;
        for word in &self.own.words {
            all.originals.insert(word);
            all.note(word, &words::word(&all.prf, word));
        }
        for (from, to) in &self.own.pairs {
            all.originals.pair(from, to);
            all.note(from.as_bytes(), to.as_bytes());
        }
    }
}

impl Pseudonyms {
    /// The same without what is known.
    pub(super) fn bare(&self) -> Self {
        Self {
            prf: self.prf.clone(),
            originals: Originals::new(self.limits.0),
            table: None,
            shows_payloads: self.shows_payloads,
            limits: self.limits,
        }
    }

    fn note(&mut self, from: &[u8], to: &[u8]) {
        let Some(table) = &mut self.table else { return };
        let [from, to] = [from, to].map(|text| String::from_utf8_lossy(text).into_owned());
        if table.rows.contains_key(&from) {
            return;
        }
        if table.bytes + from.len() + to.len() > self.limits.1 {
            table.is_full = true;
            return;
        }
        table.bytes += from.len() + to.len();
        table.rows.insert(from, to);
    }

    /// Notes an address for the table.
    pub(super) fn note_address(&mut self, ip: IpAddr) {
        let to = self.ip(ip);
        self.note(ip.to_string().as_bytes(), to.to_string().as_bytes());
    }
}

fn learn(of: &Pseudonyms, marked: &Marked<'_>, mut insert: impl FnMut(&[u8])) {
    let levels = Levels { of: &marked.levels, has_products: marked.has_products };
    let bytes = marked.text.as_bytes();
    of.look(bytes, &levels, &[], |range, found| {
        if let Found::Word(Level::Names | Level::All) = found {
            insert(bytes.get(range).unwrap_or_default());
        }
    });
}
