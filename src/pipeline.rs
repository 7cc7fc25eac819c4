//! Joins the layers: the only module that knows them all.
//!
//! [`Analysis`] is one value: `push` segments, `finish`. Connections are handed to a sink as they end, so memory
//! depends on how many are open, not on how many there were.

mod across;
mod case;
mod connection;
mod recorder;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use crate::capture::{Decoder, Reader};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{ConnectionReport, InputReport, PacketNo, Segment, TcpFlags, Timestamp, Weirds};
use crate::tcp::{Flow, FlowTable};
pub use across::Across;
pub use case::analyze_case;
use connection::Watched;
pub use recorder::Keep;

/// One input's connections.
#[derive(Debug)]
pub struct Analysis {
    table: FlowTable<Watched>,
    limits: Limits,
    keep: Keep,
    input: usize,
    /// First packets of the connections that are, or may still become, WebSocket connections.
    candidates: BTreeSet<PacketNo>,
    tcp_connections: u64,
    websocket_connections: u64,
    /// Oddities that belong to no WebSocket connection.
    weirds: Weirds,
    /// Latest time of a segment: how far the recording went on for connections that had not ended.
    last_at: Option<Timestamp>,
}

/// Takes each connection when it has ended.
pub type Sink<'a> = dyn FnMut(Box<ConnectionReport>) -> Result<(), Error> + 'a;

impl Analysis {
    /// An analysis of the segments of input number `input`.
    #[must_use]
    pub fn new(input: usize, limits: &Limits, keep: Keep) -> Self {
        Self {
            table: FlowTable::new(limits),
            limits: limits.clone(),
            keep,
            input,
            candidates: BTreeSet::new(),
            tcp_connections: 0,
            websocket_connections: 0,
            weirds: Weirds::default(),
            last_at: None,
        }
    }

    /// Takes the next segment of the recording.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn push(&mut self, segment: &Segment<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        self.last_at = self.last_at.max(segment.at);
        let mut is_new = false;
        let flow = self.table.route(segment, &mut self.weirds, |_| {
            is_new = true;
            Watched::new(segment.flags.has(TcpFlags::SYN))
        });
        if is_new {
            self.tcp_connections += 1;
            self.candidates.insert(segment.no);
        }
        flow.state.segment(&mut flow.connection, segment, &self.limits, &self.keep);
        if flow.state.has_just_left() {
            self.candidates.remove(&flow.connection.first_packet());
        }
        while let Some(flow) = self.table.next_ended() {
            self.end(flow, sink)?;
        }
        Ok(())
    }

    /// First packet of the oldest connection that may still be reported.
    #[must_use]
    pub fn oldest_open(&self) -> Option<PacketNo> {
        self.candidates.first().copied()
    }

    /// Ends the recording: what is still open is reported as such. Fills the counts of `input`.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(mut self, input: &mut InputReport, sink: &mut Sink<'_>) -> Result<(), Error> {
        self.table.finish();
        while let Some(flow) = self.table.next_ended() {
            self.end(flow, sink)?;
        }
        input.tcp_connections = self.tcp_connections;
        input.websocket_connections = self.websocket_connections;
        input.weirds.merge(self.weirds);
        Ok(())
    }

    fn end(&mut self, flow: Flow<Watched>, sink: &mut Sink<'_>) -> Result<(), Error> {
        let Flow { mut connection, state } = flow;
        self.candidates.remove(&connection.first_packet());
        // One that has ended is let go of at some later packet; which one must not show.
        let until = if connection.is_closed() { connection.ended_at() } else { self.last_at };
        match state.finish(&mut connection, self.input, &self.limits, &self.keep, until) {
            Ok(report) => {
                self.websocket_connections += 1;
                sink(report)
            }
            Err(weirds) => {
                self.weirds.merge(weirds);
                Ok(())
            }
        }
    }
}

/// Reads a capture to its end; `sink` gets each connection when it has ended, together with the first packet of
/// the oldest one that is still open (`None` after the last).
///
/// # Errors
/// If the capture cannot be read, and those of `sink`. A capture cut off in the middle is no error.
pub fn analyze_capture<R: Read>(
    source: R,
    path: &Path,
    input: usize,
    limits: &Limits,
    keep: Keep,
    sink: &mut dyn FnMut(Option<Box<ConnectionReport>>, Option<PacketNo>) -> Result<(), Error>,
) -> Result<InputReport, Error> {
    let mut reader = Reader::open(source, path)?;
    let mut report =
        InputReport { path: path.display().to_string(), kind: reader.kind(), ..InputReport::default() };
    let mut weirds = Weirds::default();
    let mut decoder = Decoder::new(limits);
    let mut analysis = Analysis::new(input, limits, keep);
    let mut ended = Vec::new();
    let mut failed = None;
    let (mut last_link, mut known_links) = (None, BTreeSet::new());
    loop {
        let packet = match reader.next(&mut weirds) {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => {
                failed = Some(error);
                break;
            }
        };
        report.packets += 1;
        report.first_at = report.first_at.or(packet.at);
        report.last_at = packet.at.or(report.last_at);
        if last_link.replace(packet.link) != Some(packet.link) && known_links.insert(packet.link) {
            report.link_types.push(packet.link);
        }
        let mut pushed = Ok(());
        decoder.decode(&packet, &mut weirds, &mut |segment| {
            let result = analysis.push(segment, &mut |connection| {
                ended.push(connection);
                Ok(())
            });
            if pushed.is_ok() {
                pushed = result;
            }
        });
        pushed?;
        for connection in ended.drain(..) {
            sink(Some(connection), analysis.oldest_open())?;
        }
    }
    decoder.finish(&mut weirds);
    report.bytes = reader.bytes();
    report.truncated = reader.truncated();
    report.weirds = weirds;
    analysis.finish(&mut report, &mut |connection| sink(Some(connection), Some(PacketNo(0))))?;
    sink(None, None)?;
    match failed {
        // Nothing read so far is lost: the connections have gone to the sink.
        Some(error) if report.packets == 0 => Err(error),
        Some(error) => {
            report.truncated = true;
            let no = PacketNo(report.packets);
            report.weirds.add(crate::model::WeirdKind::TruncatedFile, Some(no), || {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |e| format!(": {e}"));
                format!("{error}{cause}")
            });
            Ok(report)
        }
        None => Ok(report),
    }
}
