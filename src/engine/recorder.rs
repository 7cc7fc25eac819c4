//! Counts, and the frames kept for display.

use std::collections::VecDeque;

use crate::engine::body::Body;
use crate::engine::shards::Terms;
use crate::limits::Limits;
use crate::model::{
    Bytes, EarlierHandshake, Evidence, Fact, FrameFacts, FrameRecord, MessageKind, MessageRecord, Opcode,
    Opening, PacketNo, PerRole, Role, RuleId, Timestamp, Traffic, UpgradeRequest, UpgradeResponse, WeirdKind,
    Weirds,
};
use crate::redact::Shown;

/// What to keep of the frames of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// So many of the first frames.
    pub first: usize,
    /// So many of the last ones, besides.
    pub last: usize,
    /// Bytes of each payload; of a data frame more than [`Limits::max_preview_bytes`] can be had.
    pub payload_bytes: usize,
    /// Frames and messages as they happen, each as a [`Happening`].
    pub live: bool,
    /// Bytes of each message for its [`Happening`]; one is kept up to [`Limits::max_message_bytes`].
    pub message_bytes: usize,
    /// What conversations of several recordings have to do with one another.
    pub journeys: bool,
    /// Conversations as soon as they are over and in that order, not in the order of their ids. What their hosts send
    /// after that is not in them.
    pub as_they_end: bool,
    /// Each connection is held against the cases of the Autobahn Testsuite, as one of a run.
    pub cases: bool,
    /// What TCP shows at single moments: what was sent again, gaps, windows that were shut.
    pub moments: bool,
}

impl Keep {
    /// Nothing.
    pub const NOTHING: Self = Self {
        first: 0,
        last: 0,
        payload_bytes: 0,
        live: false,
        message_bytes: 0,
        journeys: false,
        as_they_end: false,
        cases: false,
        moments: false,
    };

    /// Whether payloads of data frames are to be gathered, not only begun.
    const fn gathers(&self, limits: &Limits) -> bool {
        self.payload_bytes > limits.max_preview_bytes && (self.live || self.first > 0 || self.last > 0)
    }

    /// Whether bytes of messages have to be told.
    pub(super) const fn tells_bytes(&self, limits: &Limits) -> bool {
        self.message_bytes > 0 || self.cases || self.gathers(limits)
    }

    /// What both want.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            last: self.last.max(other.last),
            payload_bytes: self.payload_bytes.max(other.payload_bytes),
            live: self.live || other.live,
            message_bytes: self.message_bytes.max(other.message_bytes),
            journeys: self.journeys || other.journeys,
            as_they_end: self.as_they_end || other.as_they_end,
            cases: self.cases || other.cases,
            moments: self.moments || other.moments,
        }
    }
}

/// What happens on a conversation while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// It has begun: the first that is heard of it, before its first frame.
    Opened(Box<Opening<Shown>>),
    /// A frame is over. Its packet is numbered as in its file.
    Frame {
        /// It.
        frame: FrameRecord<Shown>,
        /// Index of the input with its packet, where that is another than the conversation's.
        elsewhere: Option<usize>,
    },
    /// A message is over, and its last frame was told. Its packet is numbered as in its file.
    Message {
        /// It.
        message: MessageRecord<Shown>,
        /// Index of the input with its packet, where that is another than the conversation's.
        elsewhere: Option<usize>,
    },
    /// Nothing more happens on it. The conversation itself may still wait for one that began before it.
    Over,
}

/// What is to become a [`Happening`].
#[derive(Debug)]
pub(super) enum Told {
    Opened(Box<Opening>),
    /// The second is its payload, where that was gathered.
    Frame(FrameRecord, Body),
    /// Without its payload.
    Message(MessageRecord, Body),
}

impl Told {
    /// The packet that it says.
    pub(super) const fn packet_mut(&mut self) -> Option<&mut PacketNo> {
        match self {
            Self::Opened(_) => None,
            Self::Frame(frame, _) => frame.packet.as_mut(),
            Self::Message(message, _) => message.packet.as_mut(),
        }
    }
}

/// Where a message of one side began, and what is kept of it.
#[derive(Debug, Default)]
struct OpenMessage {
    n: u64,
    began: Option<(Option<Timestamp>, Option<PacketNo>)>,
    body: Body,
}

/// What the connections of a shard have in common.
#[derive(Debug)]
pub(super) struct Common {
    /// What somebody wants to hear of at once, and on which stream of HTTP/2.
    pub(super) told: Vec<(Option<u32>, Told)>,
    /// The stream that is being told of.
    pub(super) stream: Option<u32>,
    /// About how many bytes their listed frames take, and may take together.
    pub(super) listed: usize,
    pub(super) max_listed: usize,
}

impl Common {
    pub(super) const fn new(max_listed: usize) -> Self {
        Self { told: Vec::new(), stream: None, listed: 0, max_listed }
    }
}

/// Packet and time of a handshake message.
type Seen = Option<(PacketNo, Option<Timestamp>)>;

/// What is remembered of a connection besides the reference's conclusions.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) request: Option<Box<UpgradeRequest>>,
    pub(super) response: Option<Box<UpgradeResponse>>,
    pub(super) assumed: bool,
    /// The next frame begins inside the payload of the one that is open: the stream does not end inside it.
    pub(super) cut_short: PerRole<bool>,
    pub(super) handshake_at: PerRole<Seen>,
    pub(super) earlier: Vec<EarlierHandshake>,
    /// Bytes of memory behind the handshakes.
    pub(super) held: usize,
    pub(super) traffic: PerRole<Traffic>,
    pub(super) frames: Frames,
    messages: PerRole<OpenMessage>,
    /// What is gathered of the data frame that is open.
    gathered: PerRole<Body>,
}

/// The frames kept.
#[derive(Debug, Default)]
pub(super) struct Frames {
    first: Vec<FrameRecord>,
    /// About how many bytes those take.
    bytes: usize,
    last: VecDeque<FrameRecord>,
    /// The same of these.
    last_bytes: usize,
    omitted: u64,
    /// How many were left out or cut shorter for what those of all connections take.
    pub(super) yielded: u64,
    text_open: PerRole<bool>,
}

impl Recorder {
    pub(super) fn request(
        &mut self,
        request: Box<UpgradeRequest>,
        evidence: Option<Evidence>,
        limits: &Limits,
        weirds: &mut Weirds,
    ) {
        self.held += request.weight();
        if let Some(earlier) = self.request.replace(request) {
            self.held = self.held.saturating_sub(earlier.weight());
            let response = self.response.take();
            self.held = self.held.saturating_sub(response.as_ref().map_or(0, |response| response.weight()));
            let status = response.map(|response| response.status);
            if self.earlier.len() < limits.max_earlier_handshakes {
                self.held += earlier.target.as_sent().len();
                self.earlier.push(EarlierHandshake { target: earlier.target, status });
            } else {
                weirds.add(WeirdKind::HandshakeCap, evidence.and_then(|e| e.packet()), || {
                    format!(
                        "at most {} opening handshakes before the last one are listed",
                        self.earlier.len()
                    )
                });
            }
        }
        self.handshake_at = PerRole { client: place(evidence), server: None };
    }

    /// What is known of the opening; the rest is left to the caller.
    pub(super) fn opening(&self) -> Opening {
        Opening {
            input: 0,
            client: None,
            server: None,
            started_at: None,
            request: self.request.clone(),
            response: self.response.clone(),
            sni: None,
        }
    }

    pub(super) fn response(&mut self, response: Box<UpgradeResponse>, evidence: Option<Evidence>) {
        self.held += response.weight();
        if let Some(before) = self.response.replace(response) {
            self.held = self.held.saturating_sub(before.weight());
        }
        self.handshake_at.server = place(evidence);
    }

    pub(super) fn frame(
        &mut self,
        from: Role,
        frame: &FrameFacts<'_>,
        broke: &[RuleId],
        keep: &Keep,
        max_listed_bytes: usize,
        common: &mut Common,
    ) {
        let traffic = &mut self.traffic[from];
        let header = &frame.header;
        if frame.cut > 0 && !self.cut_short[from] {
            traffic.frames_cut += 1;
        } else {
            traffic.frames[usize::from(header.opcode.bits())] += 1;
        }
        let present = header.payload_len.saturating_sub(frame.missing).saturating_sub(frame.cut);
        traffic.frame_payload_bytes = traffic.frame_payload_bytes.saturating_add(present);
        for fact in frame.facts {
            if let Fact::Message(message) = fact {
                match message.kind {
                    MessageKind::Text => traffic.text_messages += 1,
                    MessageKind::Binary => traffic.binary_messages += 1,
                }
                match message.bytes {
                    Some(bytes) => traffic.message_bytes = traffic.message_bytes.saturating_add(bytes),
                    None => traffic.unsized_messages += 1,
                }
            }
        }
        let (whole, body) = self.take_gathered(from, frame, keep);
        self.frames.keep(from, (frame, whole.as_deref()), broke, keep, max_listed_bytes, common);
        if keep.live {
            self.tell(from, (frame, whole.as_deref(), body), broke, keep, common);
        }
    }

    /// What was gathered of the frame: for the list, if there is one, or else to be told.
    #[inline]
    fn take_gathered(&mut self, from: Role, frame: &FrameFacts<'_>, keep: &Keep) -> (Option<Vec<u8>>, Body) {
        let gathered = &mut self.gathered[from];
        if gathered.len() == 0 || frame.message.is_none() {
            return (None, Body::default());
        }
        let body = std::mem::take(gathered);
        if keep.first > 0 || keep.last > 0 {
            (Some(body.into_bytes()), Body::default())
        } else {
            (None, body)
        }
    }

    /// Takes the next bytes of message `n`.
    #[cold]
    pub(super) fn message_bytes(&mut self, from: Role, n: u64, bytes: &[u8], terms: &Terms) {
        let Terms { limits, keep, spools, .. } = terms;
        let most = limits.max_message_bytes;
        if keep.message_bytes > 0 {
            self.message(from, n).body.push(bytes, keep.message_bytes.min(most), spools.as_ref());
        }
        if keep.gathers(limits) {
            self.gathered[from].push(bytes, keep.payload_bytes.min(most), spools.as_ref());
        }
    }

    /// What is kept of message `n`; the one before is forgotten.
    fn message(&mut self, from: Role, n: u64) -> &mut OpenMessage {
        let open = &mut self.messages[from];
        if open.n != n {
            *open = OpenMessage { n, ..OpenMessage::default() };
        }
        open
    }

    #[cold]
    fn tell(
        &mut self,
        from: Role,
        (frame, whole, body): (&FrameFacts<'_>, Option<&[u8]>, Body),
        broke: &[RuleId],
        keep: &Keep,
        common: &mut Common,
    ) {
        let mut record = self.frames.record(from, (frame, whole), broke, keep);
        if body.len() > 0 {
            record.preview_cut = is_cut(frame, body.len(), keep.payload_bytes);
        }
        common.told.push((common.stream, Told::Frame(record, body)));
        let began = (frame.first.at(), frame.first.packet());
        if let Some(n) = frame.message {
            self.message(from, n).began.get_or_insert(began);
        }
        for fact in frame.facts {
            if let Fact::Message(facts) = *fact {
                let OpenMessage { began, body, .. } = std::mem::take(self.message(from, facts.n));
                let mut message = MessageRecord::new(from, facts);
                (message.started_at, message.packet) = began.unwrap_or_default();
                message.at = frame.last.and_then(|evidence| evidence.at());
                message.cut = facts.bytes.is_none_or(|bytes| bytes > body.len() as u64);
                common.told.push((common.stream, Told::Message(message, body)));
            }
        }
    }
}

/// Bytes kept of payloads where there is no room for more: all that a legal control frame has.
const SHORT: usize = 125;

impl Frames {
    /// About how many bytes they take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.last_bytes)
    }

    fn keep(
        &mut self,
        from: Role,
        (frame, gathered): (&FrameFacts<'_>, Option<&[u8]>),
        broke: &[RuleId],
        keep: &Keep,
        max_bytes: usize,
        common: &mut Common,
    ) {
        match frame.header.opcode {
            Opcode::TEXT => self.text_open[from] = true,
            Opcode::BINARY => self.text_open[from] = false,
            _ => {}
        }
        // None comes behind one that was left out.
        let is_first = self.first.len() < keep.first && self.last.is_empty() && self.omitted == 0;
        let has_room = common.listed < common.max_listed;
        if is_first && self.bytes < max_bytes {
            if has_room {
                let mut record = empty(from, frame);
                self.fill(&mut record, from, (frame, gathered), broke, keep.payload_bytes);
                let weight = record.weight();
                self.bytes = self.bytes.saturating_add(weight);
                common.listed = common.listed.saturating_add(weight);
                self.first.push(record);
                return;
            }
            self.yielded += 1;
        }
        if keep.last == 0 {
            self.omitted += 1;
            return;
        }
        let is_full = self.last.len() >= keep.last;
        let before = if is_full { self.last.front().map_or(0, FrameRecord::weight) } else { 0 };
        let mut record = if is_full {
            self.omitted += 1;
            self.last.pop_front().unwrap_or_else(|| empty(from, frame))
        } else {
            if self.last.capacity() == 0 {
                // Most connections have no more: one allocation instead of two.
                self.last.reserve_exact(keep.last.min(7));
            }
            empty(from, frame)
        };
        let mut payload_bytes = keep.payload_bytes;
        if !has_room && payload_bytes > SHORT {
            let shown = gathered.or(frame.inflated).unwrap_or(frame.payload);
            self.yielded += u64::from(shown.len() > SHORT);
            payload_bytes = SHORT;
            if record.preview.as_sent().capacity() > 2 * SHORT {
                record.preview = Bytes::default();
            }
        }
        self.fill(&mut record, from, (frame, gathered), broke, payload_bytes);
        let after = record.weight();
        if after != before {
            self.last_bytes = self.last_bytes.saturating_sub(before).saturating_add(after);
            common.listed = common.listed.saturating_sub(before).saturating_add(after);
        }
        self.last.push_back(record);
    }

    /// A frame by itself.
    fn record(
        &self,
        from: Role,
        (frame, whole): (&FrameFacts<'_>, Option<&[u8]>),
        broke: &[RuleId],
        keep: &Keep,
    ) -> FrameRecord {
        let mut record = empty(from, frame);
        self.fill(&mut record, from, (frame, whole), broke, keep.payload_bytes);
        record
    }

    /// Fills a record, keeping the allocations it has.
    fn fill(
        &self,
        record: &mut FrameRecord,
        from: Role,
        (frame, gathered): (&FrameFacts<'_>, Option<&[u8]>),
        broke: &[RuleId],
        payload_bytes: usize,
    ) {
        let opcode = frame.header.opcode;
        let shown = gathered.or(frame.inflated).unwrap_or(frame.payload);
        let kept = shown.get(..payload_bytes).unwrap_or(shown);
        record.n = frame.n;
        record.from = from;
        record.at = frame.first.at();
        record.packet = frame.first.packet();
        record.offset = frame.first.offset();
        record.header = frame.header;
        let preview = record.preview.as_sent_mut();
        preview.clear();
        preview.extend_from_slice(kept);
        record.inflated = frame.inflated.is_some();
        record.preview_cut = is_cut(frame, kept.len(), payload_bytes);
        record.complete = frame.is_complete();
        record.message = frame.message;
        record.compressed = frame.compressed;
        record.text = match opcode {
            Opcode::TEXT | Opcode::PING | Opcode::PONG => true,
            Opcode::CONTINUATION => self.text_open[from],
            _ => false,
        };
        record.broke.clear();
        record.broke.extend_from_slice(broke);
    }

    /// The kept frames in order of their numbers, the index behind the first ones, and how many are missing there.
    pub(super) fn into_list(mut self) -> (Vec<FrameRecord>, usize, u64) {
        // A long frame is over after shorter ones that began later.
        self.first.sort_unstable_by_key(|f| f.n);
        let resume = self.first.len();
        let mut last = Vec::from(self.last);
        last.sort_by_key(|f| f.n);
        let all = if resume == 0 {
            last
        } else {
            self.first.extend(last);
            self.first
        };
        (all, resume, self.omitted)
    }
}

/// Whether a frame has more payload than `len` bytes, of at most `most` that are kept.
fn is_cut(frame: &FrameFacts<'_>, len: usize, most: usize) -> bool {
    let stopped = |fact: &Fact| matches!(fact, Fact::InflateFailed { .. } | Fact::InflateCapped);
    match frame.inflated {
        // How much a single frame added is not told: what fills its room is taken for cut.
        Some(_) => len > 0 && (len >= most || frame.facts.iter().any(stopped)),
        None => (len as u64) < frame.header.payload_len,
    }
}

fn place(evidence: Option<Evidence>) -> Seen {
    evidence.and_then(|e| Some((e.packet()?, e.at())))
}

fn empty(from: Role, frame: &FrameFacts<'_>) -> FrameRecord {
    FrameRecord {
        n: frame.n,
        from,
        at: None,
        packet: None,
        offset: None,
        header: frame.header,
        preview: Bytes::default(),
        inflated: false,
        preview_cut: false,
        complete: false,
        message: None,
        compressed: false,
        redacted: false,
        text: false,
        broke: Vec::new(),
    }
}
