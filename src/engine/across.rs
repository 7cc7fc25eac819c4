//! The connections of a recording held against one another.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::engine::stages::file;
use crate::limits::Limits;
use crate::model::{Conversation, PacketNo, SetFile};
use crate::reference::across::{Attempts, Key, KeyUse, Program, Trace, UnderWay};

/// Adds to connections the findings that only several of them together show.
///
/// It must see them in the order of their first packets, as they are reported: so what it finds depends neither on
/// the order in which they ended nor on how many threads analysed them. Each is compared with the latest before
/// it, [`Limits::max_compared_connections`] of them.
#[derive(Debug)]
pub struct Across {
    capture: usize,
    /// Files in which connections began, in order.
    files: Vec<SetFile>,
    max_findings: usize,
    keys: Recent<Key, KeyUse>,
    handshakes: Recent<Program, UnderWay>,
    attempts: Recent<u64, Attempts>,
}

/// The latest values by key.
#[derive(Debug)]
struct Recent<K, V> {
    values: HashMap<K, V, foldhash::quality::RandomState>,
    order: VecDeque<K>,
    max: usize,
}

impl Across {
    /// Before the first connection.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let max = limits.max_compared_connections;
        Self {
            capture: 0,
            files: Vec::new(),
            max_findings: limits.max_findings,
            keys: Recent::new(max),
            handshakes: Recent::new(max),
            attempts: Recent::new(max),
        }
    }

    /// The next connection, of capture `capture`: any number that its files have in common and no other capture has.
    pub fn see(&mut self, capture: usize, report: &mut Conversation) {
        let trace = Trace::of(report);
        self.compare(capture, report, trace.as_ref());
    }

    /// The same, with what is compared of it at hand.
    pub(super) fn compare(&mut self, capture: usize, report: &mut Conversation, trace: Option<&Trace>) {
        if capture != self.capture {
            // Another recording may show the same connections from another place.
            self.capture = capture;
            self.files.clear();
            self.keys.clear();
            self.handshakes.clear();
            self.attempts.clear();
        }
        if let Some(part) = report.parts.first()
            && let Err(at) = self.files.binary_search_by_key(&part.before, |file| file.before)
        {
            self.files.insert(at, part.clone());
        }
        let Some(trace) = trace else { return };
        let mut found = [None, None, None];
        if let Some(key) = trace.key() {
            match self.keys.get_mut(&key) {
                Some(earlier) => found[0] = earlier.again(trace),
                None => self.keys.insert(key, KeyUse::new(trace)),
            }
        }
        if let Some(program) = trace.program() {
            found[1] = self.handshakes.or_default(program, |handshakes| handshakes.next(trace));
            // Mixed so that one target of two programs is two.
            let attempt = program.rotate_left(1) ^ trace.target();
            found[2] = self.attempts.or_default(attempt, |attempts| attempts.next(trace));
        }
        for finding in found.into_iter().flatten() {
            if let Some(earlier) = finding.violation.earlier() {
                self.tell_file(report, earlier);
            }
            file(report, finding, self.max_findings);
        }
    }

    /// Lets `report` know the file of a packet of another connection.
    fn tell_file(&self, report: &mut Conversation, packet: PacketNo) {
        let is_own = report.parts.first().is_none_or(|own| own.before < packet.0);
        let after = self.files.partition_point(|file| file.before < packet.0);
        if !is_own
            && let Some(file) = after.checked_sub(1).and_then(|at| self.files.get(at))
            && let Err(at) = report.parts_before.binary_search_by_key(&file.before, |file| file.before)
        {
            report.parts_before.insert(at, file.clone());
        }
    }
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    fn new(max: usize) -> Self {
        Self { values: HashMap::default(), order: VecDeque::new(), max }
    }

    fn clear(&mut self) {
        self.values.clear();
        self.order.clear();
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    /// Changes the value of a key, which is the default one where it was not there.
    fn or_default<T>(&mut self, key: K, change: impl FnOnce(&mut V) -> T) -> T
    where
        V: Default,
    {
        if let Some(value) = self.values.get_mut(&key) {
            return change(value);
        }
        let mut value = V::default();
        let changed = change(&mut value);
        self.insert(key, value);
        changed
    }

    /// Takes a key that is not there; the oldest one makes room.
    fn insert(&mut self, key: K, value: V) {
        if self.order.len() >= self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
        if self.max > 0 {
            self.order.push_back(key);
            self.values.insert(key, value);
        }
    }
}
