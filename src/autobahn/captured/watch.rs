//! Takes note of what a case may be about, while a connection goes on. What it keeps is bounded.

use std::collections::{BTreeSet, VecDeque};
use std::sync::LazyLock;

use crate::autobahn::captured::asked::{self, Asked};
use crate::autobahn::captured::conclude;
use crate::autobahn::captured::exchange::{
    Act, Content, Deflate, Differs, Echo, Exchange, Fault, Frame, Message, Pieces, Wanted, What,
};
use crate::autobahn::{cases, suite};
use crate::model::case::{CapturedCase, CaseStep, RunPart};
use crate::model::suite::{Suite, SuiteSource, Version};
use crate::model::{
    CloseCode, ClosePayload, Event, EventKind, Evidence, Extension, Fact, FrameFacts, Negotiated,
    Observation, Observed, Opcode, PerRole, Piece, Reason, Role, StreamEnd, Timestamp, Undecodable,
    UpgradeRequest, UpgradeResponse,
};

/// More frames than any case has that is judged by its frames, of both sides.
const ACTS: usize = 512;
/// Bytes of a payload that tell cases apart.
pub(super) const HEAD: usize = 128;
/// Bytes of the first message that tell the files of the suite apart.
const START: usize = 16;
/// Bytes of an answer to a question about the run.
const ANSWER: usize = 64 << 10;
/// Messages on the way at a time; the suite sends the next after the echo of the one before.
const ON_THE_WAY: usize = 16;
/// A pause that is one of the tester's timers, which take a second: half of it.
const PAUSE_NS: i64 = 500_000_000;

/// Watches a connection that may be one of a run.
#[derive(Debug, Default)]
pub struct Watch {
    /// The version of the suite, whatever the tester says.
    given: Option<Version>,
    asked: Option<Asked>,
    suite: Option<Suite>,
    /// The tester calls itself the suite.
    calls_itself: bool,
    offered: Deflate,
    answered: Deflate,
    is_switched: bool,
    accepts: bool,
    opened_at: Option<Timestamp>,
    acts: Vec<Act>,
    has_more: bool,
    has_hole: bool,
    ended: PerRole<bool>,
    /// Nothing of it is like a case.
    is_refuted: bool,
    has_begun: bool,
    running: Running,
    on_the_way: VecDeque<Message>,
    echo: Echo,
    pieces: Pieces,
    counts: PerRole<[u64; 16]>,
    answer: Vec<u8>,
    open: Open,
    has_closed: bool,
    testee_closed: bool,
    has_ragged_end: bool,
    /// First octet of a frame of the tester of which no more came.
    cut_header: Option<u8>,
}

/// The frame of the tester that is open.
#[derive(Debug, Default)]
struct Open {
    len: u64,
    /// Bytes of its payload that came, and when the last did: those of a segment, or of a record of TLS, at a time.
    offset: u64,
    at: Option<Timestamp>,
}

/// Messages that are not whole yet, by their numbers.
type Running = PerRole<(u64, Content)>;

/// Kind and length of every first frame of a case.
static FIRST: LazyLock<BTreeSet<(u8, u64)>> = LazyLock::new(|| {
    let first = |case: &cases::Case| {
        let frame = case.sends.iter().find_map(CaseStep::frame)?;
        Some((
            frame.opcode.bits(),
            frame.fragment_size.unwrap_or(frame.payload.len()).min(frame.payload.len()),
        ))
    };
    // Where permessage-deflate was not agreed on, a Close is all that is sent.
    cases::every().iter().filter_map(first).chain([(Opcode::CLOSE.bits(), 2)]).collect()
});

impl Watch {
    /// Whatever the tester says of itself, it is this version of the suite.
    #[must_use]
    pub fn of_suite(version: Option<Version>) -> Self {
        Self { given: version, ..Self::default() }
    }

    /// The side that is the tester, if one is.
    fn tester(&self) -> Role {
        match self.asked.is_some() || self.suite.is_some_and(|suite| suite.from == SuiteSource::ServerHeader)
        {
            true => Role::Server,
            false => Role::Client,
        }
    }

    const fn is_named(&self) -> bool {
        self.asked.is_some() || self.calls_itself
    }

    /// Takes the next observation: when the pieces of a frame came.
    pub fn observation(&mut self, observation: &Observation<'_>) {
        if self.is_refuted || observation.from != self.tester() {
            return;
        }
        let at = observation.evidence.as_ref().and_then(Evidence::at);
        match &observation.what {
            Observed::Frame(header) => self.open = Open { len: header.payload_len, at, ..Open::default() },
            Observed::Payload(Piece::Bytes(bytes)) => {
                let Open { offset, at: before, len } = self.open;
                if offset > 0 && at.zip(before).is_some_and(|(at, before)| at.since(before) >= PAUSE_NS) {
                    self.act(observation.from, observation.evidence, What::Pause(offset));
                }
                let piece = bytes.len() as u64;
                // A frame that came whole says nothing of pieces.
                if piece < len {
                    self.pieces.add(piece);
                }
                self.open = Open { len, at, offset: offset.saturating_add(piece) };
            }
            _ => {}
        }
    }

    /// Takes the next event.
    pub fn event(&mut self, event: &Event<'_>) {
        if self.is_refuted {
            return;
        }
        let Event { from, ref what, evidence } = *event;
        match what {
            EventKind::Request(request) => self.request(request),
            EventKind::Response(response) => self.response(response, evidence),
            EventKind::MessageBytes { n, bytes } => self.bytes(from, *n, bytes),
            EventKind::Frame(frame) => self.frame(from, frame),
            EventKind::StreamEnd(StreamEnd::Unobserved | StreamEnd::Dropped) => {}
            EventKind::StreamEnd(how) => {
                self.ended[from] = true;
                self.act(from, evidence, What::End(*how));
            }
            EventKind::Undecodable(Undecodable::CutHeader { bytes }) if from == self.tester() => {
                self.has_begun = true;
                self.cut_header = bytes.first().copied();
                self.has_ragged_end = true;
            }
            EventKind::Undecodable(Undecodable::CutHeader { .. }) => {}
            // What the tester had not finished to send when the testee closed runs into its Close.
            EventKind::Undecodable(_) if from == self.tester() && self.testee_closed => {
                self.has_ragged_end = true;
            }
            EventKind::HandshakeUnseen
            | EventKind::Encrypted
            | EventKind::Undecodable(_)
            | EventKind::Gap { .. }
            | EventKind::Resumed { .. }
            | EventKind::LogPaused
            | EventKind::LogResumed => self.has_hole = true,
            EventKind::Upgraded | EventKind::Acked(_) => {}
        }
    }

    fn request(&mut self, request: &UpgradeRequest) {
        *self = Self::of_suite(self.given);
        self.asked = asked::asked(request.target.as_sent());
        self.offered = offers(&request.extensions, Role::Client);
        let agent = request.fields.as_sent().first("User-Agent").unwrap_or_default();
        self.tells(agent, SuiteSource::UserAgent);
    }

    fn response(&mut self, response: &UpgradeResponse, evidence: Option<Evidence>) {
        self.is_switched = response.switches;
        self.accepts = response.accept_valid() == Some(true);
        self.opened_at = evidence.as_ref().and_then(Evidence::at);
        self.answered = offers(&response.extensions, Role::Server);
        self.answered.is_agreed = Negotiated::from_response(&response.extensions).deflate.is_some();
        let server = response.fields.as_sent().first("Server").unwrap_or_default();
        self.tells(server, SuiteSource::ServerHeader);
    }

    /// Takes what a side calls itself.
    fn tells(&mut self, product: &str, from: SuiteSource) {
        if product.starts_with("AutobahnTestSuite/") {
            self.calls_itself = true;
            self.suite = suite::of_product(product).map(|version: Version| Suite { version, from });
        }
    }

    fn bytes(&mut self, from: Role, n: u64, bytes: &[u8]) {
        let (open, content) = &mut self.running[from];
        if *open != n {
            (*open, *content) = (n, Content::EMPTY);
        }
        *content = content.and(bytes.iter().copied());
        let is_tester = from == self.tester();
        if is_tester && self.echo.sent == 0 {
            let room = START.saturating_sub(self.echo.start.len()).min(bytes.len());
            self.echo.start.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        if is_tester && matches!(self.asked, Some(Asked::Count | Asked::Info(_))) {
            let room = ANSWER.saturating_sub(self.answer.len()).min(bytes.len());
            self.answer.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    fn frame(&mut self, from: Role, facts: &FrameFacts<'_>) {
        let header = &facts.header;
        let is_tester = from == self.tester();
        if is_tester && !std::mem::replace(&mut self.has_begun, true) && !self.is_named() {
            let is_known = FIRST.contains(&(header.opcode.bits(), header.payload_len));
            self.is_refuted = !is_known && !facts.compressed;
            if self.is_refuted {
                self.acts = Vec::new();
                return;
            }
        }
        if let Some(count) = self.counts[from].get_mut(usize::from(header.opcode.bits())) {
            *count += 1;
        }
        self.has_hole |= facts.missing > 0;
        let message = self.message(from, facts);
        if is_tester {
            self.tester_sent(facts, message);
        } else if let Some(message) = message
            && !self.has_closed
        {
            self.came_back(message);
        }
        let frame = Frame {
            opcode: header.opcode,
            fin: header.fin,
            rsv: header.rsv,
            len: header.payload_len,
            end: facts.end_offset(),
            cut: facts.cut,
            head: facts.payload.get(..HEAD.min(facts.payload.len())).unwrap_or_default().to_vec(),
            message,
            fault: fault(from, facts),
        };
        self.has_closed |= is_tester && frame.is_close();
        self.testee_closed |= !is_tester && frame.is_close();
        self.act(from, Some(facts.first), What::Frame(Box::new(frame)));
    }

    /// The message that a frame ended.
    fn message(&self, from: Role, facts: &FrameFacts<'_>) -> Option<Message> {
        let ended = facts.facts.iter().find_map(|fact| match fact {
            Fact::Message(message) => Some(*message),
            _ => None,
        })?;
        let (n, content) = self.running[from];
        let content = if n == ended.n { content } else { Content::EMPTY };
        (ended.bytes == Some(content.len)).then_some(Message { kind: ended.kind, content })
    }

    /// Takes a frame of the tester for a message that it waits for.
    fn tester_sent(&mut self, facts: &FrameFacts<'_>, message: Option<Message>) {
        let header = &facts.header;
        let echo = &mut self.echo;
        if header.opcode.is_control() {
            return;
        }
        echo.longest = echo.longest.max(header.payload_len);
        if !header.fin {
            let (size, is_same) = echo.fragment.unwrap_or((header.payload_len, true));
            echo.fragment = Some((size, is_same && size == header.payload_len));
        }
        let Some(message) = message else { return };
        echo.sent += 1;
        let first = *echo.first.get_or_insert(message);
        echo.is_mixed |= first.kind != message.kind || first.content.len != message.content.len;
        if self.on_the_way.len() < ON_THE_WAY {
            self.on_the_way.push_back(message);
        }
    }

    /// Takes a message of the testee.
    fn came_back(&mut self, message: Message) {
        let echo = &mut self.echo;
        echo.back += 1;
        echo.first_back.get_or_insert(message);
        let differs = match self.on_the_way.pop_front() {
            Some(sent) if sent == message => return,
            Some(sent) if sent.kind == message.kind && sent.content.len == message.content.len => {
                Differs::Content
            }
            _ => Differs::Shape,
        };
        echo.differs.get_or_insert(differs);
    }

    fn act(&mut self, from: Role, evidence: Option<Evidence>, what: What) {
        // How it ends is told in any case.
        let is_end = match &what {
            What::End(_) => true,
            What::Frame(frame) => frame.opcode == Opcode::CLOSE,
            What::Pause(_) => false,
        };
        if self.acts.len() >= ACTS && (!is_end || self.acts.len() >= 2 * ACTS) {
            self.has_more = true;
            return;
        }
        let at = evidence.as_ref().and_then(Evidence::at);
        let acked = evidence.as_ref().and_then(Evidence::acked);
        let offset = evidence.as_ref().and_then(Evidence::offset);
        self.acts.push(Act { from, at, acked, offset, what });
    }

    /// What it comes to; `None` for what is no connection of a run.
    #[must_use]
    pub fn finish(self) -> Option<Box<CapturedCase>> {
        let tester = self.tester();
        let is_named = self.is_named();
        if self.is_refuted || !is_named && (!self.has_begun || !self.is_switched) {
            return None;
        }
        let has_sent = |role: Role| self.counts[role].iter().any(|count| *count > 0);
        let part = match &self.asked {
            Some(asked) => asked::answered(asked, &self.answer),
            None => RunPart::Case { place: None, id: None },
        };
        let deflate = match tester {
            Role::Client => Deflate { is_agreed: self.answered.is_agreed, ..self.offered },
            Role::Server => Deflate { takes_bits: self.offered.takes_bits, ..self.answered },
        };
        conclude(&Exchange {
            tester,
            suite: self.given.map(|version| Suite { version, from: SuiteSource::Option }).or(self.suite),
            is_named,
            part,
            is_open: has_sent(tester) || self.is_switched && self.accepts,
            deflate,
            has_more: self.has_more,
            has_hole: self.has_hole,
            has_ragged_end: self.has_ragged_end,
            cut_header: self.cut_header,
            is_over: Role::BOTH.into_iter().any(|role| self.ended[role]),
            opened_at: self.opened_at,
            echo: self.echo,
            pieces: self.pieces,
            sent: self.counts[tester],
            acts: self.acts,
        })
    }
}

/// What the extensions of a side say of permessage-deflate: what it asks of the other side, and what it lets itself be asked.
fn offers(extensions: &[Extension], from: Role) -> Deflate {
    let deflate =
        extensions.iter().filter(|one| one.name.as_sent().eq_ignore_ascii_case("permessage-deflate"));
    let mut found = Deflate::default();
    for offer in deflate {
        let value = |name: &str| {
            let named = offer.parameters.iter().find(|(key, _)| key.as_sent().eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.as_ref().map(|value| value.as_sent().as_ref()))
        };
        let (takeover, bits) = match from {
            Role::Client => ("server_no_context_takeover", "server_max_window_bits"),
            Role::Server => ("client_no_context_takeover", "client_max_window_bits"),
        };
        found.takes_bits |= from == Role::Client && value("client_max_window_bits").is_some();
        found.asked.push(Wanted {
            no_context_takeover: value(takeover).is_some(),
            window_bits: value(bits).flatten().and_then(|bits| bits.parse().ok()),
        });
    }
    found
}

/// What a tester fails the connection for.
fn fault(from: Role, frame: &FrameFacts<'_>) -> Option<Fault> {
    let header = &frame.header;
    let opcode = header.opcode;
    let rsv =
        if frame.compressed && opcode != Opcode::CONTINUATION { header.rsv.0 & 3 } else { header.rsv.0 };
    let is_masked_wrongly = header.masking_key.is_some() != (from == Role::Client);
    let is_bad_control = opcode.is_control() && (!header.fin || header.payload_len > 125);
    let is_out_of_order = frame
        .facts
        .iter()
        .any(|fact| matches!(fact, Fact::ContinuationWithoutStart | Fact::MessageInsideMessage));
    let is_short = matches!(frame.close, Some(ClosePayload::OneByte(_)));
    if is_masked_wrongly
        || rsv != 0
        || opcode.is_reserved()
        || is_bad_control
        || !header.length_is_minimal()
        || is_out_of_order
        || is_short
    {
        return Some(Fault::Header);
    }
    let is_bad_data =
        frame.facts.iter().any(|fact| matches!(fact, Fact::InvalidUtf8 { .. } | Fact::InflateFailed { .. }));
    let is_bad_close = frame.close.is_some_and(|close| match close {
        ClosePayload::Code { code, reason } => {
            !is_taken(*code) || matches!(reason, Some(Reason::Invalid { .. }))
        }
        ClosePayload::Empty | ClosePayload::OneByte(_) | ClosePayload::Partial { .. } => false,
    });
    (is_bad_data || is_bad_close).then_some(Fault::Payload)
}

/// Whether the tester takes a code for one that may be sent. 1012 to 1014, which were registered later, it takes or not by its
/// version: its own Close tells.
pub(super) const fn is_taken(code: CloseCode) -> bool {
    matches!(code.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
