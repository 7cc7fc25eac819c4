//! Captures, in one file or in several, through the stages.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use crate::engine::{Analysis, Keep};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Conversation, InputReport, LinkType, PacketNo, Timestamp, WeirdKind, Weirds};
use crate::source::{Decoder, Reader};

/// Takes each connection when it has ended, together with the first packet of the oldest one that is still open;
/// `None` after the last.
pub type CaptureSink<'a> = dyn FnMut(Option<Box<Conversation>>, Option<PacketNo>) -> Result<(), Error> + 'a;

/// One capture, read file by file. Connections go on from file to file, and so do the numbers of the packets;
/// [`Conversation::place`] leads back to file and number.
#[derive(Debug)]
pub struct Capture {
    analysis: Analysis,
    /// One for all files: what a tunnel or a datagram began in one may go on in the next.
    decoder: Decoder,
    inputs: Vec<InputReport>,
    names: bool,
    /// Packets of the files read so far.
    packets: u64,
}

/// How a capture file begins: what decides whether it goes on where another ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// `pcap` or `pcapng`.
    pub kind: &'static str,
    /// Link type of its first packet.
    pub link: LinkType,
    /// Time of its first packet.
    pub at: Timestamp,
}

impl Beginning {
    /// Reads as far as the first packet. `None` for what is no capture, is empty, or has no times.
    #[must_use]
    pub fn of<R: Read>(source: R, path: &Path, limits: &Limits) -> Option<Self> {
        let mut reader = Reader::open(source, path).ok()?.within(limits);
        let kind = reader.kind();
        let packet = reader.next(&mut Weirds::default()).ok()??;
        Some(Self { kind, link: packet.link, at: packet.at? })
    }
}

impl Capture {
    /// A capture whose first file is input number `input`. With `names` its connections say which files they are in.
    #[must_use]
    pub fn new(input: usize, names: bool, limits: &Limits, keep: Keep) -> Self {
        Self {
            analysis: Analysis::new(input, limits, keep),
            decoder: Decoder::new(limits),
            inputs: Vec::new(),
            names,
            packets: 0,
        }
    }

    /// Files read so far.
    #[must_use]
    pub fn files(&self) -> usize {
        self.inputs.len()
    }

    /// Reads a file to its end, or its cut; its counts of connections are known in the end only.
    ///
    /// # Errors
    /// If nothing can be read, and those of `sink`.
    pub fn read<R: Read>(
        &mut self,
        source: R,
        path: &Path,
        sink: &mut CaptureSink<'_>,
    ) -> Result<&mut InputReport, Error> {
        let mut reader = Reader::open(source, path)?.within(&self.analysis.limits);
        let mut report =
            InputReport { path: path.display().to_string(), kind: reader.kind(), ..InputReport::default() };
        let before = self.packets;
        if self.names || !self.inputs.is_empty() {
            let file = path.file_name().unwrap_or(path.as_os_str());
            self.analysis.next_file(PacketNo(before), &file.to_string_lossy());
        }
        // The reader numbers packets by file, the decoder gets them as the capture does.
        let (mut weirds, mut decoded) = (Weirds::default(), Weirds::default());
        let mut ended = Vec::new();
        let (mut last_link, mut known_links) = (None, BTreeSet::new());
        let failed = loop {
            let mut packet = match reader.next(&mut weirds) {
                Ok(Some(packet)) => packet,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            report.packets += 1;
            report.first_at = report.first_at.or(packet.at);
            report.last_at = packet.at.or(report.last_at);
            if last_link.replace(packet.link) != Some(packet.link) && known_links.insert(packet.link) {
                report.link_types.push(packet.link);
            }
            self.packets = before + packet.no.0;
            packet.no = PacketNo(self.packets);
            let analysis = &mut self.analysis;
            let mut pushed = Ok(());
            self.decoder.decode(&packet, &mut decoded, &mut |segment| {
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
                sink(Some(connection), self.analysis.oldest_open())?;
            }
        };
        report.bytes = reader.bytes();
        report.truncated = reader.truncated();
        report.weirds = weirds;
        self.analysis.odd(decoded);
        if let Some(error) = failed {
            // Nothing read so far is lost.
            if report.packets == 0 && self.inputs.is_empty() {
                return Err(error);
            }
            report.truncated = true;
            report.weirds.add(WeirdKind::TruncatedFile, Some(PacketNo(report.packets)), || {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |e| format!(": {e}"));
                format!("{error}{cause}")
            });
        }
        self.inputs.push(report);
        let last = self.inputs.len() - 1;
        Ok(&mut self.inputs[last])
    }

    /// Ends the capture: what is still open is reported as such. Returns the reports of its files.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(mut self, sink: &mut CaptureSink<'_>) -> Result<Vec<InputReport>, Error> {
        let mut decoded = Weirds::default();
        self.decoder.finish(&mut decoded);
        self.analysis.odd(decoded);
        let mut last = |connection| sink(Some(connection), Some(PacketNo(0)));
        self.analysis.finish(&mut self.inputs, &mut last)?;
        sink(None, None)?;
        Ok(self.inputs)
    }
}

/// Reads a capture in one file to its end; see [`Capture::read`].
///
/// # Errors
/// If the capture cannot be read, and those of `sink`. A capture cut off in the middle is no error.
pub fn analyze_capture<R: Read>(
    source: R,
    path: &Path,
    input: usize,
    limits: &Limits,
    keep: Keep,
    sink: &mut CaptureSink<'_>,
) -> Result<InputReport, Error> {
    let mut capture = Capture::new(input, false, limits, keep);
    capture.read(source, path, sink)?;
    Ok(capture.finish(sink)?.into_iter().next().unwrap_or_default())
}
