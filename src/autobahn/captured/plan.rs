//! A case as a connection is held against it: what the tester sends, and what else is worked out of the table once.

use std::sync::{LazyLock, OnceLock};

use crate::autobahn::captured::exchange::{Content, Frame, Wanted};
use crate::autobahn::captured::watch::HEAD;
use crate::autobahn::captured::{own, timers};
use crate::autobahn::cases::{self, Case, ExpectedEvent};
use crate::autobahn::seen::LoggedEvent;
use crate::model::case::{Behavior, CaseFrame, CaseId, CasePayload, CaseStep, LoggedData};
use crate::model::{Opcode, Rsv};

/// What a case is judged by.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) case: &'static Case,
    /// By [`number`].
    pub(super) number: usize,
    /// Its events do not tell how it went.
    pub(super) is_own: bool,
    /// The frames it sends; of one with [`Self::is_own`] the first.
    pub(super) frames: Vec<Planned>,
    /// Where the tester pauses inside its first frame.
    pub(super) pauses: &'static [u64],
    /// What it asks of permessage-deflate.
    pub(super) deflate: Vec<Wanted>,
    pub(super) manner: Manner,
    /// The first case that is told in the same manner, by its place among all plans.
    pub(super) manner_of: usize,
    expected: OnceLock<Option<Vec<Expected>>>,
}

/// A verdict, and the events that make it, their payloads named by what they are compared by.
type Expected = (Behavior, Vec<LoggedEvent>);

/// A frame as the tester sends it, one of several where it parts a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) start: Start,
    /// First bytes of its payload, where they are known.
    pub(super) head: Option<Vec<u8>>,
    /// The tester waits before it.
    pub(super) waits: bool,
    /// It is written in small pieces.
    pub(super) is_chopped: bool,
}

/// What a header tells of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Start {
    pub(super) opcode: u8,
    pub(super) fin: bool,
    pub(super) rsv: u8,
    pub(super) len: u64,
}

/// What the tester notes of a connection depends on, beside what happened: most cases are told in one of few manners.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) is_own: bool,
    /// How many frames come before each pause between frames.
    pub(super) waits: Vec<usize>,
    /// The tags of the timers that are expected to run out, in order.
    pub(super) tags: Vec<String>,
    /// The frame inside which the tester pauses.
    pub(super) paused: Option<Planned>,
    /// The Closes that the case itself sends.
    pub(super) closes: Vec<Planned>,
    /// When the tester gives it up, from its opening on.
    pub(super) given_up_after_ms: Option<u64>,
}

/// Every number that some version has, in order.
static NUMBERS: LazyLock<Vec<CaseId>> = LazyLock::new(|| {
    let mut ids: Vec<CaseId> = cases::every().iter().map(|case| case.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
});

/// Place of a case among all that any version of the suite has, in the order of their numbers.
#[must_use]
pub fn number(id: &CaseId) -> Option<usize> {
    NUMBERS.binary_search(id).ok()
}

/// How many numbers there are.
pub(super) fn numbers() -> usize {
    NUMBERS.len()
}

/// The plan of every case of every version, in the order of [`cases::every`].
pub(super) fn every() -> &'static [Plan] {
    static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
        let mut plans: Vec<Plan> = Vec::new();
        let mut manners: Vec<usize> = Vec::new();
        for (at, mut plan) in cases::every().iter().filter_map(Plan::new).enumerate() {
            let known = manners.iter().find(|of| plans.get(**of).is_some_and(|of| of.manner == plan.manner));
            plan.manner_of = known.copied().unwrap_or(at);
            if known.is_none() {
                manners.push(at);
            }
            plans.push(plan);
        }
        plans
    });
    &PLANS
}

impl Plan {
    fn new(case: &'static Case) -> Option<Self> {
        let is_own = own::is_own(&case.id);
        let pauses = timers::pauses(&case.id);
        let frames: Vec<Planned> = planned(case).take(if is_own { 1 } else { usize::MAX }).collect();
        let is_close =
            |planned: &&Planned| planned.start.opcode == Opcode::CLOSE.bits() && planned.start.rsv == 0;
        let waits = frames.iter().enumerate().filter(|(_, planned)| planned.waits);
        let manner = Manner {
            is_own,
            waits: waits.map(|(at, _)| at).collect(),
            tags: tags(case),
            paused: frames.first().filter(|_| !pauses.is_empty()).cloned(),
            closes: frames.iter().filter(is_close).cloned().collect(),
            given_up_after_ms: timers::given_up_after_ms(&case.id),
        };
        Some(Self {
            case,
            number: number(&case.id)?,
            is_own,
            frames,
            pauses,
            deflate: case.deflate().iter().map(Wanted::of).collect(),
            manner,
            manner_of: 0,
            expected: OnceLock::new(),
        })
    }

    /// The message that a case with [`Self::is_own`] sends.
    pub(super) fn message(&self) -> Option<&'static CaseFrame> {
        self.case.sends.iter().find_map(CaseStep::frame)
    }

    /// The events it expects by verdict, in the order of preference.
    pub(super) fn expected(&self) -> Option<&[Expected]> {
        let named = |entry: &[ExpectedEvent]| entry.iter().map(event).collect();
        let expected = self.expected.get_or_init(|| {
            let entries = self.case.expects.as_ref()?;
            Some(entries.iter().map(|(verdict, entry)| (verdict.clone(), named(entry))).collect())
        });
        expected.as_deref()
    }

    /// Whether it writes in pieces of that size.
    pub(super) fn writes_in(&self, size: u64) -> bool {
        self.case.sends.iter().filter_map(CaseStep::frame).any(|frame| frame.chop_size == Some(size))
    }
}

/// The frames of a case, in order.
fn planned(case: &Case) -> impl Iterator<Item = Planned> {
    let mut waits = false;
    case.sends
        .iter()
        .filter_map(move |step| match step {
            CaseStep::Wait => {
                waits = true;
                None
            }
            CaseStep::Frame(frame) => Some((frame, std::mem::take(&mut waits))),
        })
        .flat_map(|(frame, waits)| fragments(frame, waits))
}

fn fragments(frame: &CaseFrame, waits: bool) -> impl Iterator<Item = Planned> {
    let whole = frame.payload.len();
    let size = frame.fragment_size.unwrap_or(whole).max(1);
    (0..whole.div_ceil(size).max(1)).map(move |at| {
        let offset = at.saturating_mul(size);
        let len = whole.saturating_sub(offset).min(size);
        let is_last = offset.saturating_add(len) >= whole;
        let opcode = if at == 0 { frame.opcode } else { Opcode::CONTINUATION };
        let known = usize::try_from(len).unwrap_or(usize::MAX).min(HEAD);
        Planned {
            start: Start { opcode: opcode.bits(), fin: frame.fin && is_last, rsv: frame.rsv.0, len },
            head: frame.payload.bytes_from(offset).map(|bytes| bytes.take(known).collect()),
            waits: waits && at == 0,
            is_chopped: frame.chop_size.is_some(),
        }
    })
}

/// The tags of the timers that a case expects to run out.
fn tags(case: &Case) -> Vec<String> {
    let timers = |entry: &[ExpectedEvent]| {
        let tag = |event: &ExpectedEvent| match event {
            ExpectedEvent::Timeout(tag) => Some(tag.clone()),
            _ => None,
        };
        entry.iter().filter_map(tag).collect::<Vec<_>>()
    };
    let entries = case.expects.iter().flatten().map(|(_, entry)| timers(entry));
    entries.max_by_key(Vec::len).unwrap_or_default()
}

/// An event that is expected, as the log would show it.
fn event(expected: &ExpectedEvent) -> LoggedEvent {
    let named = |opcode: Opcode, payload: &CasePayload| {
        let known = Content::EMPTY.and(payload.bytes().into_iter().flatten()).name();
        LoggedEvent { opcode, data: LoggedData { len: Some(known.len() as u64), known } }
    };
    match expected {
        ExpectedEvent::Message(payload, true) => named(Opcode::BINARY, payload),
        ExpectedEvent::Message(payload, false) => named(Opcode::TEXT, payload),
        ExpectedEvent::Ping(payload) => named(Opcode::PING, payload),
        ExpectedEvent::Pong(payload) => named(Opcode::PONG, payload),
        ExpectedEvent::Timeout(tag) => LoggedEvent::timeout(tag),
    }
}

impl Start {
    pub(super) const fn of(frame: &Frame) -> Self {
        let Rsv(rsv) = frame.rsv;
        Self { opcode: frame.opcode.bits(), fin: frame.fin, rsv, len: frame.len }
    }

    /// First octet of the header.
    pub(super) const fn octet(self) -> u8 {
        self.rsv << 4 | self.opcode | if self.fin { 0x80 } else { 0 }
    }
}

impl Planned {
    /// Whether a frame is it.
    pub(super) fn is(&self, frame: &Frame) -> bool {
        self.is_up_to(frame, usize::MAX)
    }

    /// Whether a frame is it, as far as so many bytes of the payload are it.
    pub(super) fn is_up_to(&self, frame: &Frame, known: usize) -> bool {
        let head = frame.head.get(..known.min(frame.head.len())).unwrap_or_default();
        self.start == Start::of(frame) && self.has(head)
    }

    /// Whether its payload can begin so.
    pub(super) fn has(&self, head: &[u8]) -> bool {
        self.head.as_ref().is_none_or(|planned| planned.starts_with(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_in_a_set_for_every_case() {
        let all: crate::model::case::CaseSet = (0..NUMBERS.len()).collect();
        assert_eq!(all.len(), NUMBERS.len());
        assert!(NUMBERS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn most_cases_are_told_in_one_of_few_manners() {
        let plans = every();
        assert_eq!(plans.len(), cases::every().len());
        for plan in plans {
            assert_eq!(plan.manner, plans[plan.manner_of].manner, "{}", plan.case.id);
        }
        let manners: std::collections::BTreeSet<usize> = plans.iter().map(|plan| plan.manner_of).collect();
        assert!(manners.len() < plans.len() / 6, "{}", manners.len());
    }
}
