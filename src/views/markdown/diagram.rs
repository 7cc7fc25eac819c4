//! Sequence diagrams in the language of Mermaid, which GitHub and GitLab draw: of how one connection ended. No text of a peer
//! stands in them, only what wslog calls things.

use std::fmt::{self, Write};

use crate::knowledge::Blame;
use crate::model::{
    CloseCode, Conversation, FrameRecord, GoAway, Opcode, Outcome, PacketNo, Role, StepVerdict, StreamEnd,
    TcpEnd, Timestamp,
};
use crate::redact::Shown;
use crate::views::events::{self, Event};
use crate::views::{FrameList, units, wording};

/// Frames, or rows of frames, that are drawn.
const DRAWN: usize = 8;
/// A pause that is worth a note.
const PAUSE_NS: i64 = 1_000_000_000;

/// Who takes part: its place from the left, and the word that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Party(usize, &'static str);

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

/// How something goes from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrow {
    /// Data.
    Solid,
    /// What is no data: ends, alerts.
    Dotted,
    /// It breaks off what it is about, or does not arrive.
    Crossed,
}

/// The lines of a diagram.
#[derive(Debug, Default)]
pub(super) struct Diagram {
    lines: String,
    parties: usize,
}

impl Diagram {
    /// The next to take part, from the left.
    pub(super) fn party(&mut self, word: &'static str, name: &str) -> Party {
        if self.parties == 0 {
            self.lines.push_str("sequenceDiagram\n");
        }
        let party = Party(self.parties, word);
        self.parties += 1;
        let _ = writeln!(self.lines, "    participant {party} as {}", plain(name));
        party
    }

    /// Something goes from one to the other.
    pub(super) fn arrow(&mut self, from: Party, arrow: Arrow, to: Party, what: &str) {
        let arrow = match arrow {
            Arrow::Solid => "->>",
            Arrow::Dotted => "-->>",
            Arrow::Crossed => "-x",
        };
        let _ = writeln!(self.lines, "    {from}{arrow}{to}: {}", plain(what));
    }

    /// A note beside one.
    pub(super) fn beside(&mut self, party: Party, note: &str) {
        let side = if party.0 == 0 { "left" } else { "right" };
        let _ = writeln!(self.lines, "    Note {side} of {party}: {}", plain(note));
    }

    /// A note over all between two.
    pub(super) fn over(&mut self, from: Party, to: Party, note: &str) {
        let _ = writeln!(self.lines, "    Note over {from},{to}: {}", plain(note));
    }

    /// A pause between two times, if it is worth a note.
    pub(super) fn pause(&mut self, [from, to]: [Party; 2], before: Option<Timestamp>, at: Option<Timestamp>) {
        let pause = before.zip(at).map(|(before, at)| at.since(before)).filter(|ns| *ns >= PAUSE_NS);
        if let Some(ns) = pause {
            self.over(from, to, &format!("{} later", units::duration(ns)));
        }
    }

    pub(super) fn into_lines(self) -> String {
        self.lines
    }
}

/// Without what could end a line or a word of the language, begin a comment, or be an entity.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " .,()[]+-–/_:'×µ·…?".contains(c);
    text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

/// How a connection began and ended, in the order of the recording; empty where there is nothing to draw.
pub(super) fn of(report: &Conversation<Shown>) -> String {
    let mut diagram = Diagram::default();
    let name = |role: Role| {
        let part = match (report.tester, report.tcp) {
            (Some(tester), _) if tester == role => " (tester)".to_owned(),
            (Some(_), _) => " (testee)".to_owned(),
            (None, Some(_)) => format!(" {}", wording::address(report, role)),
            (None, None) => String::new(),
        };
        format!("{}{part}", role.name())
    };
    let parties = Role::BOTH.map(|role| diagram.party(role.name(), &name(role)));
    let mut drawing = Drawing { report, diagram, parties, before: None };
    drawing.opening();
    drawing.end();
    drawing.rest();
    drawing.diagram.into_lines()
}

/// A diagram of one connection, as far as it is drawn.
struct Drawing<'a> {
    report: &'a Conversation<Shown>,
    diagram: Diagram,
    parties: [Party; 2],
    /// Time of what was drawn last.
    before: Option<Timestamp>,
}

/// Frames of one kind in a row, or something else.
enum Drawn<'a> {
    Frames { first: &'a FrameRecord<Shown>, last: &'a FrameRecord<Shown>, count: u64 },
    Other(Event<'a>),
}

impl<'a> Drawing<'a> {
    fn party(&self, role: Role) -> Party {
        let [client, server] = self.parties;
        if role == Role::Client { client } else { server }
    }

    /// A note over both.
    fn over(&mut self, note: &str) {
        let [client, server] = self.parties;
        self.diagram.over(client, server, note);
    }

    /// From one side to the other, with where and when it was behind it.
    fn sends(&mut self, by: Role, arrow: Arrow, what: &str, frame: Option<u64>, (packet, at): Place) {
        self.diagram.pause(self.parties, self.before, at);
        self.before = at.or(self.before);
        let frame = frame.map(|frame| format!("frame {frame}"));
        let packet = packet.map(|packet| format!("packet {}", self.report.place(packet).packet));
        let time = events::since_start(self.report, at);
        let time = (!time.is_empty()).then(|| if at.is_some() { format!("{time} s") } else { time });
        let place: Vec<_> = frame.into_iter().chain(packet).chain(time).collect();
        let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
        let (from, to) = (self.party(by), self.party(by.peer()));
        self.diagram.arrow(from, arrow, to, &format!("{what}{place}"));
    }

    /// The opening handshake.
    fn opening(&mut self) {
        let report = self.report;
        if let Some(connect) = report.connect {
            let place = (report.tcp.map(|tcp| tcp.first_packet), report.started_at);
            let syns = units::count(u64::from(connect.syns), "SYN");
            self.sends(Role::Client, Arrow::Crossed, &syns, None, place);
            if connect.refused {
                self.sends(Role::Server, Arrow::Dotted, "RST", None, (None, None));
            } else {
                self.over("no answer in the recording");
            }
            return;
        }
        if report.closing.outcome == Outcome::Encrypted {
            self.over("TLS without keys: what went through it cannot be read");
            self.before = report.started_at;
            return;
        }
        let place = |role: Role| {
            let at = report.handshake_at[role];
            (at.map(|(packet, _)| packet), at.and_then(|(_, at)| at))
        };
        if report.request.is_some() {
            let asks = if report.http2.is_some() { "CONNECT" } else { "request for an upgrade" };
            self.sends(Role::Client, Arrow::Solid, asks, None, place(Role::Client));
        } else if report.assumed {
            self.over("the opening handshake is not in the recording");
        }
        if let Some(response) = &report.response {
            let status = format!("status {}", response.status);
            self.sends(Role::Server, Arrow::Solid, &status, None, place(Role::Server));
        }
    }

    /// The last frames, alerts and ends of TCP.
    fn end(&mut self) {
        let (mut events, mut left_out) = events::of(self.report, FrameList::Ends);
        for (by, going) in self.goings() {
            let is_before = |event: &Event<'_>| event.packet().is_some_and(|packet| packet <= going.packet);
            events.insert(
                events.iter().rposition(is_before).map_or(0, |at| at + 1),
                Event::Other {
                    by,
                    at: going.at,
                    packet: going.packet,
                    note: String::new(),
                    arrives: true,
                    said: format!("GOAWAY {}, last stream {}", going.error, going.last_stream),
                },
            );
        }
        let mut drawn: Vec<Drawn<'_>> = Vec::new();
        for event in events {
            match (event, drawn.last_mut()) {
                (Event::Frame(frame), Some(Drawn::Frames { last, count, .. })) if is_alike(last, frame) => {
                    *last = frame;
                    *count += 1;
                }
                (Event::Frame(frame), _) => drawn.push(Drawn::Frames { first: frame, last: frame, count: 1 }),
                (other, _) => drawn.push(Drawn::Other(other)),
            }
        }
        let frames = |drawn: &Drawn<'_>| match drawn {
            Drawn::Frames { count, .. } => *count,
            Drawn::Other(_) => 0,
        };
        let mut more = drawn.iter().filter(|drawn| frames(drawn) > 0).count().saturating_sub(DRAWN);
        drawn.retain(|drawn| {
            let goes = more > 0 && frames(drawn) > 0;
            if goes {
                more -= 1;
                left_out += frames(drawn);
            }
            !goes
        });
        if left_out > 0 {
            self.over(&format!("{} not drawn", units::count(left_out, "frame")));
        }
        for drawn in drawn {
            match drawn {
                Drawn::Frames { first, last, count } => self.frames(first, last, count),
                Drawn::Other(Event::Other { by, at, packet, said, note, arrives }) => {
                    let arrow = if arrives { Arrow::Dotted } else { Arrow::Crossed };
                    let said = if note.is_empty() { said } else { format!("{said}: {note}") };
                    self.sends(by, arrow, &said, None, (Some(packet), at));
                }
                Drawn::Other(Event::End { end, note }) => self.ends(end, &note),
                Drawn::Other(Event::Frame(_) | Event::Omitted(_)) => {}
            }
        }
    }

    /// GOAWAY of each side.
    fn goings(&self) -> impl Iterator<Item = (Role, &'a GoAway<Shown>)> {
        let http2 = self.report.http2.as_deref();
        Role::BOTH.into_iter().filter_map(move |role| Some((role, http2?.going[role].as_ref()?)))
    }

    fn frames(&mut self, first: &FrameRecord<Shown>, last: &FrameRecord<Shown>, count: u64) {
        let header = &first.header;
        let what = match (header.opcode, CloseCode::split(&first.preview)) {
            (Opcode::CLOSE, Some((code, _))) => wording::close(Some(code)),
            (Opcode::CLOSE, None) => "Close".to_owned(),
            (opcode, _) if count == 1 => {
                format!("{}, {}", opcode.name(), units::bytes(header.payload_len))
            }
            (opcode, _) => format!("{} ×{count}, frames {} to {}", opcode.name(), first.n, last.n),
        };
        let frame = (count == 1).then_some(first.n);
        self.sends(first.from, Arrow::Solid, &what, frame, (first.packet, first.at));
        self.before = last.at.or(self.before);
        let party = self.party(first.from);
        for rule in &first.broke {
            self.diagram.beside(party, &format!("breaks {rule}"));
        }
        if !first.complete {
            self.diagram.beside(party, "not all of it is in the recording");
        }
    }

    fn ends(&mut self, end: TcpEnd, note: &str) {
        let report = self.report;
        let is_first =
            report.closing.first_end.is_some_and(|first| first.packet == end.packet && first.by == end.by);
        let cause = report.closing.cause.as_ref();
        let is_posed = is_first && cause.is_some_and(|cause| cause.by == Some(Blame::Between));
        let posed = if is_posed && end.how.is_reset() { " in its name" } else { "" };
        let note = if note.is_empty() { String::new() } else { format!(", {note}") };
        let arrow = if end.how.is_reset() { Arrow::Crossed } else { Arrow::Dotted };
        let what = match end.how {
            StreamEnd::Unobserved => return,
            how => format!("{}{posed}{note}", wording::end(how)),
        };
        self.sends(end.by, arrow, &what, None, (end.packet, end.at));
    }

    /// What did not come, or was not recorded.
    fn rest(&mut self) {
        let report = self.report;
        for step in &report.closing.steps {
            let said = match step.verdict {
                StepVerdict::Broken => "owed, and not done",
                StepVerdict::Late => "owed, and late",
                _ => continue,
            };
            let party = self.party(step.owed_by);
            self.diagram.beside(party, &format!("{said}: {}", wording::owed(step)));
        }
        match report.closing.outcome {
            Outcome::Open => {
                self.diagram.pause(self.parties, self.before, report.ended_at);
                self.over("the recording ends while it is open");
            }
            Outcome::NotObservable => self.over("the end is not in the recording"),
            _ => {}
        }
    }
}

/// Packet and time.
type Place = (Option<PacketNo>, Option<Timestamp>);

/// Whether two frames are drawn as one arrow.
fn is_alike(one: &FrameRecord<Shown>, other: &FrameRecord<Shown>) -> bool {
    let is_sound = |frame: &FrameRecord<Shown>| frame.broke.is_empty() && frame.complete;
    let is_plain = one.header.opcode != Opcode::CLOSE && is_sound(one) && is_sound(other);
    is_plain && one.from == other.from && one.header.opcode == other.header.opcode
}
