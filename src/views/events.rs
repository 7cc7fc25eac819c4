//! What happened at the end of a connection, in its order: frames, with alerts of TLS and the ends of TCP among them.

use crate::knowledge::rules::in_place_of_a_frame;
use crate::model::{
    AlertDescription, Conversation, FrameRecord, PacketNo, Role, SideTcp, TcpEnd, Timestamp, TlsAlert,
};
use crate::redact::Shown;
use crate::views::{FrameList, units, wording};

/// Frames before the end, where not all are asked for.
pub(super) const LAST: usize = 12;

/// One of them.
#[derive(Clone, Debug)]
pub(super) enum Event<'a> {
    /// A frame.
    Frame(&'a FrameRecord<Shown>),
    /// In the place of so many frames that were not kept.
    Omitted(u64),
    /// An alert of TLS, a close_notify, what is no frame, or what was sent again in vain, in words.
    Other { by: Role, at: Option<Timestamp>, packet: PacketNo, said: String, note: String, arrives: bool },
    /// A side ends its direction of TCP, or of the stream; `note`: what came before and after that.
    End { end: TcpEnd, note: String },
}

impl Event<'_> {
    /// Where it is; `None` where no packet shows it.
    pub(super) const fn packet(&self) -> Option<PacketNo> {
        match self {
            Self::Frame(frame) => frame.packet,
            Self::Omitted(_) => None,
            Self::Other { packet, .. } => Some(*packet),
            Self::End { end, .. } => end.packet,
        }
    }

    /// When it was.
    pub(super) const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Frame(frame) => frame.at,
            Self::Omitted(_) => None,
            Self::Other { at, .. } => *at,
            Self::End { end, .. } => end.at,
        }
    }
}

/// All of them, and how many frames stand before these.
pub(super) fn of(report: &Conversation<Shown>, list: FrameList) -> (Vec<Event<'_>>, u64) {
    let (from, left_out) = match list {
        FrameList::All => (0, 0),
        FrameList::None => (report.frames.len(), report.frames_omitted + report.frames.len() as u64),
        FrameList::Ends => {
            let from = report.frames.len().saturating_sub(LAST);
            (from, report.frames_omitted + from as u64)
        }
    };
    let frames = report.frames.get(from..).unwrap_or_default();
    let mut events: Vec<_> =
        frames.iter().map(|frame| (frame.packet.unwrap_or(PacketNo(0)), Event::Frame(frame))).collect();
    if list == FrameList::All && report.frames_omitted > 0 {
        let at = report.frames_resume.min(events.len());
        let packet = events.get(at.wrapping_sub(1)).map_or(PacketNo(0), |(packet, _)| *packet);
        events.insert(at, (packet, Event::Omitted(report.frames_omitted)));
    }
    events.extend(goodbyes(report));
    for role in Role::BOTH {
        if let Some(end) = report.closing.ends[role] {
            events.push((end.packet.unwrap_or(PacketNo(u64::MAX)), Event::End { end, note: String::new() }));
        }
        events.extend(reset(report, role));
        events.extend(no_frame(report, role));
        events.extend(in_vain(report, role));
    }
    // By packet: frames of one packet keep their order, ends of TCP come after the frames of theirs.
    events.sort_by_key(|(packet, _)| *packet);
    (events.into_iter().map(|(_, event)| event).collect(), left_out)
}

/// Alerts and the close_notify of each side.
fn goodbyes<'a>(report: &Conversation<Shown>) -> impl Iterator<Item = (PacketNo, Event<'a>)> {
    let tls = report.tls.as_deref();
    let alerts = tls
        .into_iter()
        .flat_map(|tls| &tls.alerts)
        .map(|alert| (alert.packet, alert.at, alert.by, format!("TLS {}", alert_name(alert))));
    let leaves = Role::BOTH.into_iter().filter_map(move |role| {
        let mark = tls?.close_notify[role]?;
        Some((mark.packet, mark.at, role, "TLS close_notify".to_owned()))
    });
    let all: Vec<_> = alerts.chain(leaves).collect();
    all.into_iter().map(|(packet, at, by, said)| {
        (packet, Event::Other { by, at, packet, said, note: String::new(), arrives: true })
    })
}

/// What stands where a frame should begin.
fn no_frame<'a>(report: &Conversation<Shown>, by: Role) -> Option<(PacketNo, Event<'a>)> {
    let lost = report.closing.framing_lost[by]?;
    let (packet, at) = (lost.packet?, lost.at);
    let (said, note) = ("no frame".to_owned(), in_place_of_a_frame(lost.how));
    Some((packet, Event::Other { by, at, packet, said, note, arrives: true }))
}

/// What was sent again and never acknowledged.
fn in_vain<'a>(report: &Conversation<Shown>, by: Role) -> Option<(PacketNo, Event<'a>)> {
    let lost = report.tcp_facts[by].unacknowledged?;
    let times = units::count(u64::from(lost.times), "time");
    let for_ns = lost.again_at.zip(lost.last_at).map(|(first, last)| last.since(first)).filter(|ns| *ns > 0);
    let within = for_ns.map_or_else(String::new, |ns| format!(" in {}", units::duration(ns)));
    let (packet, at) = (lost.packet, lost.again_at);
    let (said, note) = ("sent again".to_owned(), format!("{times}{within}, never acknowledged"));
    Some((packet, Event::Other { by, at, packet, said, note, arrives: false }))
}

/// An alert by its name and number.
pub(super) fn alert_name(alert: &TlsAlert) -> String {
    let level = alert.level.map_or("", |level| level.name());
    let said = match alert.description {
        Some(description) => match AlertDescription::name(description) {
            Some(name) => format!("alert {name} ({})", description.0),
            None => format!("alert {}", description.0),
        },
        None => "encrypted alert".to_owned(),
    };
    format!("{level} {said}").trim_start().to_owned()
}

/// An RST of a side that had sent its FIN.
fn reset<'a>(report: &Conversation<Shown>, role: Role) -> Option<(PacketNo, Event<'a>)> {
    let ends = &report.tcp_facts[role].ends;
    let (fin, own) = ends.iter().enumerate().find(|(_, end)| end.how.is_orderly())?;
    let mut resets = ends.iter().skip(fin).filter(|end| end.how.is_reset());
    let first = resets.next()?;
    let more = match resets.count() {
        0 => String::new(),
        more if ends.len() == SideTcp::MAX_ENDS => format!(", at least {more} more after it"),
        more => format!(", {more} more after it"),
    };
    let note = format!("after its own {}{more}", wording::end(own.how));
    let end = TcpEnd { by: role, how: first.how, at: first.at, packet: Some(first.packet) };
    Some((first.packet, Event::End { end, note }))
}

/// Seconds since the first packet.
pub(super) fn since_start(report: &Conversation<Shown>, at: Option<Timestamp>) -> String {
    match (at, report.started_at) {
        (Some(at), Some(start)) if at < start => "before".to_owned(),
        (Some(at), Some(start)) => units::offset(at.since(start)),
        _ => String::new(),
    }
}
