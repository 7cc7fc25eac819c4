//! Reads captures once more and copies what belongs to the connections that were picked.
//!
//! A packet belongs to a connection whose addresses and ports a segment in it has, from the first packet of that to its last; so do
//! the packets of fragments that it made whole, which are written before it. What was read under TLS is carried by TCP that is made
//! for it, unless its keys go along.
//!
//! With other names every packet is made anew of what is known of its segment, so that nothing of what carried it is left: link and
//! tunnel, options, fragments, ARP and ICMP.

mod flow;
mod frames;
mod inside;
mod numbers;
mod pieces;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::engine::slicing::flow::{Flow, Means, Wants};
use crate::engine::slicing::pieces::Waiting;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{FlowKey, InputReport, LinkType, Packet, PacketNo, Pick, Role, Segment, Weirds};
use crate::redact::Pseudonyms;
use crate::slice::forge::Forged;
use crate::slice::pcapng::{Record, Writer};
use crate::source::file::{Input, Stop};
use crate::source::{Decoder, KeyLog, Reader};
use crate::tls::{Keys, Origin};

pub use frames::Frames;

/// What is to be copied.
#[derive(Debug)]
pub struct Slicing<'a> {
    /// What was picked, in the order of ids.
    pub picks: &'a [Pick],
    /// What was read when they were, in that order.
    pub inputs: &'a [InputReport],
    /// Key logs that were given.
    pub key_logs: &'a [PathBuf],
    /// Keys of TLS go along.
    pub with_keys: bool,
    /// What is said of all of it.
    pub comment: &'a str,
    /// The caps under which they were found.
    pub limits: &'a Limits,
    /// Other names for all that tells whose it is, under which connections were picked.
    pub renaming: Option<Renaming<'a>>,
}

/// Other names, and where what they stand for may be.
#[derive(Clone, Copy, Debug)]
pub struct Renaming<'a> {
    /// What was [learnt](crate::redact::Sealed::teach) of the inputs.
    pub names: &'a Pseudonyms,
    /// The frames of what was picked.
    pub frames: &'a Frames,
}

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sliced {
    /// Packets written.
    pub packets: u64,
    /// TCP connections.
    pub connections: usize,
    /// Those of them whose packets were made for what was inside TLS.
    pub forged: usize,
}

impl Slicing<'_> {
    /// Reads the inputs again and writes to `out`.
    ///
    /// # Errors
    /// If an input cannot be read any more, or `out` not be written to.
    pub fn run(&self, out: impl Write) -> Result<Sliced, Error> {
        let keys = self.keys()?;
        let mut writer = Writer::new(out, self.comment)?;
        let mut sliced = Sliced::default();
        let mut at = 0;
        while let Some(first) = self.inputs.get(at) {
            // Files that are one capture follow one another.
            let more = self.inputs.iter().skip(at + 1).take_while(|next| next.set == first.set);
            let files = if first.set.is_some() { 1 + more.count() } else { 1 };
            let capture = at..at + files;
            at += files;
            let picks: Vec<_> = self.picks.iter().filter(|pick| capture.contains(&pick.input)).collect();
            let files = self.inputs.get(capture).unwrap_or_default();
            if picks.is_empty() || files.iter().any(|file| file.unused.is_some()) {
                continue;
            }
            let mut copy = Copy::new(self, &picks, &keys, &mut writer);
            copy.look_ahead(files)?;
            copy.run(files)?;
            sliced.connections += copy.flows.len();
            sliced.forged += copy.flows.iter().filter(|flow| flow.is_forged()).count();
        }
        sliced.packets = writer.finish()?;
        Ok(sliced)
    }

    /// The keys of TLS, those given and those that captures bring along, wherever they stand in them.
    fn keys(&self) -> Result<Keys, Error> {
        let mut keys = Keys::new();
        keys.set_most(self.limits.max_tls_keys);
        if !self.picks.iter().any(|pick| pick.is_decrypted) {
            return Ok(keys);
        }
        for path in self.key_logs {
            let mut log = KeyLog::open(path, self.limits.max_key_log_bytes)?;
            while let Some(lines) = log.lines(true)? {
                keys.add(&lines, Origin::Keylog);
            }
        }
        for input in self.inputs.iter().filter(|input| input.kind == "pcapng" && input.unused.is_none()) {
            let mut reader = open(input, self.limits)?;
            loop {
                let goes_on = match reader.next(&mut Weirds::default()) {
                    Ok(packet) => packet.is_some(),
                    Err(_) if input.truncated => false,
                    Err(error) => return Err(error),
                };
                if let Some(log) = reader.take_key_log() {
                    keys.add(&log, Origin::Dsb);
                }
                if !goes_on {
                    break;
                }
            }
        }
        Ok(keys)
    }
}

fn open(input: &InputReport, limits: &Limits) -> Result<Reader<impl Read + use<>>, Error> {
    let path = Path::new(&input.path);
    let Input { source, .. } = Input::open(path, limits, &Stop::new())?;
    Ok(Reader::open(source, path)?.within(limits))
}

/// Addresses whose replacements are remembered.
const MAX_ADDRESSES: usize = 1 << 16;

/// Takes a packet, and the name of its file.
type Take<'t, T> = dyn FnMut(&mut T, &Packet<'_>, &mut Decoder, &str) -> Result<(), Error> + 't;

/// Copies from one capture.
struct Copy<'c, W> {
    means: Means<'c>,
    with_keys: bool,
    /// What stands for addresses.
    addresses: HashMap<IpAddr, IpAddr>,
    flows: Vec<Flow>,
    /// Those between two ends, one after another.
    by_ends: HashMap<FlowKey, Vec<usize>>,
    waiting: Waiting,
    writer: &'c mut Writer<W>,
}

impl<'c, W: Write> Copy<'c, W> {
    fn new(order: &Slicing<'c>, picks: &[&Pick], keys: &'c Keys, writer: &'c mut Writer<W>) -> Self {
        let Slicing { limits, with_keys, renaming, .. } = *order;
        let mut flows: Vec<Flow> = Vec::new();
        let mut by_ends: HashMap<FlowKey, Vec<usize>> = HashMap::new();
        let mut picks = picks.to_vec();
        picks.sort_by_key(|pick| pick.packets);
        let frames = renaming.map(|renaming| renaming.frames);
        let is_filled =
            order.picks.iter().any(|pick| Role::BOTH.into_iter().any(|role| !pick.fills[role].is_empty()));
        for pick in picks {
            let between = by_ends.entry(FlowKey::new(pick.client, pick.server)).or_default();
            // Streams of HTTP/2 have one connection.
            match between.last().and_then(|at| flows.get_mut(*at)).filter(|flow| flow.is_of(pick)) {
                Some(flow) => flow.join(pick, frames),
                None => {
                    between.push(flows.len());
                    flows.push(Flow::new(pick, with_keys, is_filled, limits, frames));
                }
            }
        }
        let waiting = Waiting::new(limits.max_fragment_bytes);
        let means = Means { with: (keys, limits), names: renaming.map(|renaming| renaming.names) };
        Self { means, with_keys, addresses: HashMap::new(), flows, by_ends, waiting, writer }
    }

    /// Where streams that are to be filled begin is known only once they have gone on for a while.
    fn look_ahead(&mut self, files: &[InputReport]) -> Result<(), Error> {
        if !self.flows.iter().any(Flow::looks_ahead) {
            return Ok(());
        }
        self.read(files, &mut |this, packet, decoder, _| {
            let Self { flows, by_ends, addresses, means, .. } = this;
            decoder.decode(packet, &mut Weirds::default(), &mut |segment| {
                let segment = &renamed(addresses, means, segment);
                if let Some(flow) = of(flows, by_ends, segment).and_then(|at| flows.get_mut(at)) {
                    flow.look_ahead(segment, means);
                }
            });
            Ok(())
        })?;
        self.flows.iter_mut().for_each(|flow| flow.ready(&self.means));
        Ok(())
    }

    fn run(&mut self, files: &[InputReport]) -> Result<(), Error> {
        self.read(files, &mut |this, packet, decoder, name| this.packet(packet, decoder, name))?;
        let mut forged = Vec::new();
        for at in 0..self.flows.len() {
            if let Some(flow) = self.flows.get_mut(at) {
                flow.finish(&self.means, &mut forged);
                self.forged(at, &mut forged)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, files: &[InputReport], take: &mut Take<'_, Self>) -> Result<(), Error> {
        let limits = self.means.with.1;
        let (mut decoder, mut count) = (Decoder::new(limits), 0);
        for input in files {
            let mut reader = open(input, limits)?;
            let before = count;
            let path = Path::new(&input.path);
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            // What is odd was told when it was read first; a cut is where that ended, too.
            loop {
                let packet = match reader.next(&mut Weirds::default()) {
                    Ok(Some(packet)) => packet,
                    Ok(None) => break,
                    // It was read as far as this.
                    Err(_) if input.truncated => break,
                    Err(error) => return Err(error),
                };
                count = before + packet.no.0;
                take(self, &Packet { no: PacketNo(count), ..packet }, &mut decoder, &name)?;
            }
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, decoder: &mut Decoder, name: &str) -> Result<(), Error> {
        let mut wants = Wants::default();
        let (mut over, mut forged) = (Vec::new(), Vec::new());
        let Self { flows, by_ends, addresses, means, .. } = self;
        let mut nth_of = Vec::new();
        decoder.decode(packet, &mut Weirds::default(), &mut |segment| {
            let segment = &renamed(addresses, means, segment);
            let Some(at) = of(flows, by_ends, segment) else { return };
            if let Some(flow) = flows.get_mut(at) {
                let from = forged.len();
                flow.segment(packet, segment, means, &mut wants, &mut forged);
                nth_of.extend(std::iter::repeat_n(at, forged.len() - from));
                over.push(at);
            }
        });
        let mut comments = Vec::new();
        if wants.as_it_was {
            for at in &over {
                if let Some(flow) = self.flows.get_mut(*at).filter(|flow| !flow.is_made()) {
                    flow.notes_of(packet.no, &mut comments);
                    if let Some(random) = flow.keys_due().filter(|_| self.with_keys) {
                        let lines = self.means.with.0.lines_of(&random);
                        if !lines.is_empty() {
                            self.writer.secrets(&lines)?;
                        }
                    }
                }
            }
            for piece in self.waiting.take(decoder.pieces()) {
                self.writer.packet(&piece.record(name), &[])?;
            }
            let data = wants.changed.as_deref().unwrap_or(packet.data);
            let Packet { at, link, orig_len, .. } = *packet;
            self.writer.packet(&Record { interface: name, link, at, orig_len, data }, &comments)?;
        } else if decoder.waits() {
            self.waiting.push(packet);
        }
        for (at, forged) in nth_of.into_iter().zip(forged) {
            self.forged(at, &mut vec![forged])?;
        }
        Ok(())
    }

    /// Writes packets that were made for a flow.
    fn forged(&mut self, at: usize, forged: &mut Vec<Forged>) -> Result<(), Error> {
        let Some(flow) = self.flows.get_mut(at) else { return Ok(()) };
        for Forged { of, at, bytes, cut_off, .. } in forged.drain(..) {
            let mut comments = Vec::new();
            flow.notes_of(of, &mut comments);
            let orig_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_add(cut_off);
            let record = Record { interface: "wslog", link: LinkType::RAW, at, orig_len, data: &bytes };
            self.writer.packet(&record, &comments)?;
        }
        Ok(())
    }
}

/// A segment between other addresses, if there are other names.
fn renamed<'s>(known: &mut HashMap<IpAddr, IpAddr>, means: &Means<'_>, segment: &Segment<'s>) -> Segment<'s> {
    let mut out = *segment;
    let Some(names) = means.names else { return out };
    for end in [&mut out.src, &mut out.dst] {
        if known.len() >= MAX_ADDRESSES {
            known.clear();
        }
        let ip = end.ip();
        end.set_ip(*known.entry(ip).or_insert_with(|| names.ip(ip)));
    }
    out
}

/// The flow that a segment is of. Between two ends one connection follows another, so they are looked for in order.
fn of(flows: &[Flow], by_ends: &HashMap<FlowKey, Vec<usize>>, segment: &Segment<'_>) -> Option<usize> {
    let between = by_ends.get(&FlowKey::new(segment.src, segment.dst))?;
    let is_over = |at: &usize| flows.get(*at).is_none_or(|flow| flow.is_over(segment.no));
    let at = *between.get(between.partition_point(is_over))?;
    flows.get(at).is_some_and(|flow| flow.has(segment.no)).then_some(at)
}
