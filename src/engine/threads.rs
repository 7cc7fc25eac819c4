//! The line of many threads: the reader slices packets and deals segments out by shard, workers do all the rest, and
//! the collector puts together what came of them.
//!
//! ```text
//!              ┌─ segments of a block ─► worker ─┐
//!   reader ────┼─ segments of a block ─► worker ─┼─► collector ───► sinks
//!              └──────────── steps ──────────────┘ │   ▲
//!                                    worker ◄──────┘   │ what it forms
//!                                       └──────────────┘
//! ```
//!
//! Blocks of the capture are shared, not copied: whoever is the last to need one gives it back. A worker answers each
//! block with one parcel, so the collector can merge the parcels of a block by the places of their segments, and gets
//! what one thread alone would have got. Conversations go back, numbered, to the worker that made them, which fills the
//! forms and lets go of them. The reader waits when it is a few steps ahead of the collector; nobody else waits for
//! anything but work, so that nothing can wait in a circle.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::engine::delivery::{Formed, Forms, HandOver};
use crate::engine::line::{Collector, Line, Step};
use crate::engine::shards::{self, Happened, Happenings, Shards, Start, Terms};
use crate::error::Error;
use crate::model::{HeaderSigns, PacketNo, Segment, SeqNo, TcpFlags, Timestamp};
use crate::redact::Sealed;
use crate::source::file::Stop;
use crate::tls::Keys;

/// Steps the collector may be behind the reader, most of them blocks.
const STEPS: usize = 8;
/// Bytes taken out of a block before it is dealt out, where the source has more.
const BLOCK_BYTES: usize = 128 << 10;
/// Conversations in a parcel at the end of a capture.
const PARCEL: usize = 32;

/// Bytes that segments of one batch lie in.
#[derive(Debug)]
struct Bytes {
    /// As they stand in the capture.
    block: Vec<u8>,
    /// What does not stand there as a whole.
    apart: Apart,
}

/// What segments have that lies in no block as a whole.
#[derive(Debug, Default)]
struct Apart {
    /// Payloads: datagrams put together from fragments.
    bytes: Vec<u8>,
    /// Addresses that are long: a place of their own keeps the others short.
    ends: Vec<(SocketAddr, SocketAddr)>,
}

/// A segment on its way to a worker. Small, for there is one a packet, written by one core and read by another.
#[derive(Debug)]
struct Sent {
    no: PacketNo,
    at: Option<Timestamp>,
    ends: Ends,
    seq: SeqNo,
    ack: SeqNo,
    flags: TcpFlags,
    is_apart: bool,
    /// Place of its shard among those of the worker.
    index: u8,
    nth: u32,
    cut_off: u32,
    /// Where its payload lies.
    from: u32,
    len: u32,
    window: u16,
    /// Of IPv4, which its addresses tell.
    ip_id: u16,
    ttl: u8,
}

/// Its addresses.
#[derive(Debug)]
enum Ends {
    V4 {
        src: [u8; 4],
        dst: [u8; 4],
        src_port: u16,
        dst_port: u16,
    },
    /// Any others, by their place in [`Apart::ends`].
    Apart(u32),
}

const _: () = assert!(size_of::<Sent>() <= 72);

/// What a worker is to do.
#[derive(Debug)]
enum Work {
    /// A capture begins.
    Begin,
    /// Segments of a block, and behind how many of them which keys are known.
    Block(Arc<Bytes>, Vec<Sent>, Vec<(usize, Keys)>),
    /// The capture is over.
    End(Option<Timestamp>),
    /// Conversations that it made, to be formed.
    Form(Vec<Sealed>),
}

/// What a worker has to say; at the end of a capture several in a row, the last one empty.
type Parcel = Happenings;

/// Reads with `read` on a thread of its own, and analyses by `workers` threads. The collector works on this one.
pub(super) fn run<T: Send>(
    workers: usize,
    terms: &Terms,
    collector: &mut Collector<'_>,
    stop: &Stop,
    read: impl FnOnce(&mut Dispatcher) -> T + Send,
) -> Result<T, Error> {
    let limits = &terms.limits;
    let workers = workers.clamp(1, shards::count(limits).max(2));
    thread::scope(|scope| {
        let (give_steps, steps) = sync_channel(STEPS);
        let (give_blocks, blocks) = sync_channel(STEPS);
        let mut dispatcher = Dispatcher {
            count: shards::count(limits),
            steps: give_steps,
            workers: Vec::with_capacity(workers),
            blocks,
            apart: Apart::default(),
            last_at: None,
        };
        let (mut parcels, mut makers) = (Vec::with_capacity(workers), Vec::with_capacity(workers));
        for first in 0..workers {
            let (give_work, work) = channel();
            let (give_parcels, parcel) = channel();
            let (give_formed, formed) = channel();
            let (give_lists, lists) = sync_channel(STEPS);
            let work_of = give_work.clone();
            let hand_over: HandOver = Box::new(move |chunk| work_of.send(Work::Form(chunk)).is_ok());
            makers.push((hand_over, formed));
            dispatcher.workers.push(Worker {
                work: give_work,
                segments: Vec::new(),
                lessons: Vec::new(),
                lists,
            });
            parcels.push(parcel);
            let (blocks, forms) = (give_blocks.clone(), collector.delivery.forms());
            start(scope, move || {
                let new = || Shards::new(Terms { maker: first, ..terms.clone() }, workers);
                let desk = Desk {
                    work,
                    later: VecDeque::new(),
                    parcels: give_parcels,
                    formed: give_formed,
                    forms,
                    blocks,
                    lists: give_lists,
                };
                desk.work_on(new);
            })?;
        }
        collector.delivery.with_threads(makers.into_iter());
        let collecting = Collecting { collector, stop };
        let reader = start(scope, move || read(&mut dispatcher))?;
        let collected = collect(collecting.collector, steps, parcels)
            .and_then(|()| collecting.collector.delivery.settle());
        drop(collecting);
        let read = match reader.join() {
            Ok(read) => read,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        collected.map(|()| read)
    })
}

/// A thread that the system may refuse. A panic would not end it where memory is short: one that cannot print its backtrace
/// for that waits for itself.
fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, Error> {
    thread::Builder::new().spawn_scoped(scope, work).map_err(|source| Error::Threads { source })
}

/// The collector while it collects. When that is over, be it that a sink failed or panicked, nobody may wait: workers
/// for more to form, the reader for a pipe.
struct Collecting<'c, 's> {
    collector: &'c mut Collector<'s>,
    stop: &'c Stop,
}

impl Drop for Collecting<'_, '_> {
    fn drop(&mut self) {
        self.collector.delivery.without_threads();
        self.stop.give_up();
    }
}

/// What a worker takes its work from and gives it to.
struct Desk {
    work: Receiver<Work>,
    /// Work that was looked at while something else was to be done first.
    later: VecDeque<Work>,
    parcels: Sender<Parcel>,
    formed: Sender<Formed>,
    forms: Forms,
    /// Blocks and lists of segments that nobody needs any more, for the reader. With enough at hand already they are
    /// let go.
    blocks: SyncSender<Vec<u8>>,
    lists: SyncSender<Vec<Sent>>,
}

impl Desk {
    /// Works until there is no more to do, or nobody listens.
    fn work_on(mut self, new: impl Fn() -> Shards) {
        let mut shards = new();
        while let Some(work) = self.later.pop_front().or_else(|| self.work.recv().ok()) {
            let done = match work {
                Work::Begin => {
                    shards = new();
                    Ok(())
                }
                Work::Block(bytes, segments, lessons) => self.block(&mut shards, bytes, segments, lessons),
                Work::End(last_at) => self.end(std::mem::replace(&mut shards, new()), last_at),
                Work::Form(chunk) => self.form(chunk),
            };
            if done.is_err() {
                return;
            }
        }
    }

    fn block(
        &self,
        shards: &mut Shards,
        bytes: Arc<Bytes>,
        mut segments: Vec<Sent>,
        lessons: Vec<(usize, Keys)>,
    ) -> Result<(), Gone> {
        let mut happened = Happenings::new();
        let mut lessons = lessons.into_iter().peekable();
        for (at, sent) in segments.iter().enumerate() {
            while let Some((_, keys)) = lessons.next_if(|(before, _)| *before <= at) {
                shards.learn(keys);
            }
            shards.push(usize::from(sent.index), &sent.segment(&bytes), sent.nth, &mut happened);
        }
        lessons.for_each(|(_, keys)| shards.learn(keys));
        segments.clear();
        let _ = self.lists.try_send(segments);
        if let Some(Bytes { block, .. }) = Arc::into_inner(bytes) {
            let _ = self.blocks.try_send(block);
        }
        self.parcels.send(happened).map_err(|_| Gone)
    }

    fn end(&mut self, ended: Shards, last_at: Option<Timestamp>) -> Result<(), Gone> {
        let mut parcel = Happenings::new();
        let give = |happened: &mut Happenings| {
            parcel.append(happened);
            if parcel.len() < PARCEL {
                return Ok(());
            }
            self.parcels.send(std::mem::take(&mut parcel)).map_err(|_| Gone)?;
            // What comes back meanwhile need not pile up.
            while let Ok(work) = self.work.try_recv() {
                match work {
                    Work::Form(chunk) => self.form(chunk)?,
                    other => self.later.push_back(other),
                }
            }
            Ok(())
        };
        ended.finish(last_at, give)?;
        if !parcel.is_empty() {
            self.parcels.send(parcel).map_err(|_| Gone)?;
        }
        self.parcels.send(Happenings::new()).map_err(|_| Gone)
    }

    fn form(&self, chunk: Vec<Sealed>) -> Result<(), Gone> {
        let mut formed = Formed::default();
        chunk.into_iter().for_each(|conversation| formed.add(conversation, &self.forms));
        if self.forms.is_empty() { Ok(()) } else { self.formed.send(formed).map_err(|_| Gone) }
    }
}

/// Takes the steps, and before each what came of the segments before it.
fn collect(
    collector: &mut Collector<'_>,
    steps: Receiver<Step>,
    parcels: Vec<Receiver<Parcel>>,
) -> Result<(), Error> {
    loop {
        let step = match steps.try_recv() {
            Ok(step) => step,
            Err(TryRecvError::Disconnected) => return Ok(()),
            // A pipe may be silent for long: what is known is given on before.
            Err(TryRecvError::Empty) => {
                collector.delivery.settle()?;
                match steps.recv() {
                    Ok(step) => step,
                    Err(_) => return Ok(()),
                }
            }
        };
        match step {
            Step::Block => {
                let lists: Result<Vec<_>, _> = parcels.iter().map(Receiver::recv).collect();
                // A worker that is gone has panicked; the scope passes that on.
                let Ok(lists) = lists else { return Ok(()) };
                let lists = lists.into_iter().map(Vec::into_iter).collect();
                merge(lists, |here, what| collector.happened(here, what))?;
            }
            Step::CaptureEnds { .. } => {
                let lists = parcels.iter().map(|parcels| {
                    std::iter::from_fn(|| parcels.recv().ok().filter(|parcel| !parcel.is_empty())).flatten()
                });
                merge(lists.collect(), |here, what| collector.happened(here, what))?;
            }
            _ => {}
        }
        collector.step(step)?;
        collector.delivery.pass_on()?;
    }
}

/// Several lists in order as one.
fn merge(
    lists: Vec<impl Iterator<Item = (Start, Happened)>>,
    mut take: impl FnMut(Start, Happened) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut lists: Vec<_> = lists.into_iter().map(Iterator::peekable).collect();
    loop {
        let mut first: Option<(Start, usize)> = None;
        for (at, list) in lists.iter_mut().enumerate() {
            if let Some((here, _)) = list.peek()
                && first.is_none_or(|(earliest, _)| *here < earliest)
            {
                first = Some((*here, at));
            }
        }
        let Some((_, at)) = first else { return Ok(()) };
        if let Some((here, what)) = lists[at].next() {
            take(here, what)?;
        }
    }
}

/// Nobody takes anything any more: a sink failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

/// A worker as the reader sees it.
struct Worker {
    work: Sender<Work>,
    /// For it, in the block at hand.
    segments: Vec<Sent>,
    /// Keys that are known behind so many of these.
    lessons: Vec<(usize, Keys)>,
    /// Lists that it is done with.
    lists: Receiver<Vec<Sent>>,
}

/// The reader's end of the line.
pub(super) struct Dispatcher {
    /// Shards of all workers.
    count: usize,
    steps: SyncSender<Step>,
    workers: Vec<Worker>,
    /// Blocks that nobody needs any more.
    blocks: Receiver<Vec<u8>>,
    /// Of the segments of the block at hand.
    apart: Apart,
    last_at: Option<Timestamp>,
}

impl Dispatcher {
    fn tell(&self, mut work: impl FnMut() -> Work) -> Result<(), Gone> {
        self.workers.iter().try_for_each(|worker| worker.work.send(work()).map_err(|_| Gone))
    }
}

impl Line for Dispatcher {
    const BLOCK_BYTES: Option<usize> = Some(BLOCK_BYTES);
    type Halt = Gone;

    #[inline]
    fn segment(&mut self, segment: &Segment<'_>, nth: u32, at: Option<usize>) {
        self.last_at = self.last_at.max(segment.at);
        let shard = shards::of(segment, self.count);
        let workers = self.workers.len();
        let from = at.unwrap_or_else(|| {
            let from = self.apart.bytes.len();
            self.apart.bytes.extend_from_slice(segment.payload);
            from
        });
        self.workers[shard % workers].segments.push(Sent {
            no: segment.no,
            at: segment.at,
            ends: Ends::of(segment, &mut self.apart),
            seq: segment.seq,
            ack: segment.ack.unwrap_or(SeqNo(0)),
            flags: segment.flags,
            is_apart: at.is_none(),
            index: (shard / workers) as u8,
            nth,
            cut_off: segment.cut_off,
            from: short(from),
            len: short(segment.payload.len()),
            window: segment.header.window,
            ip_id: segment.header.ip_id.unwrap_or(0),
            ttl: segment.header.ttl,
        });
    }

    fn learn(&mut self, keys: &Keys) {
        for worker in &mut self.workers {
            worker.lessons.push((worker.segments.len(), keys.clone()));
        }
    }

    fn settle(&mut self) -> Result<(), Gone> {
        Ok(())
    }

    fn block(&mut self, block: Vec<u8>) -> Result<Option<Vec<u8>>, Gone> {
        let bytes = Arc::new(Bytes { block, apart: std::mem::take(&mut self.apart) });
        for worker in &mut self.workers {
            let list = worker.lists.try_recv().unwrap_or_default();
            let segments = std::mem::replace(&mut worker.segments, list);
            let lessons = std::mem::take(&mut worker.lessons);
            worker.work.send(Work::Block(Arc::clone(&bytes), segments, lessons)).map_err(|_| Gone)?;
        }
        self.steps.send(Step::Block).map_err(|_| Gone)?;
        Ok(self.blocks.try_recv().ok())
    }

    fn step(&mut self, step: Step) -> Result<(), Gone> {
        let step = match step {
            Step::CaptureBegins => {
                self.last_at = None;
                self.tell(|| Work::Begin)?;
                step
            }
            Step::CaptureEnds { .. } => {
                self.tell(|| Work::End(self.last_at))?;
                step
            }
            other => other,
        };
        self.steps.send(step).map_err(|_| Gone)
    }
}

impl Sent {
    fn segment<'b>(&self, bytes: &'b Bytes) -> Segment<'b> {
        let (src, dst) = self.ends.addresses(&bytes.apart);
        let bytes = if self.is_apart { &bytes.apart.bytes } else { &bytes.block };
        let payload = bytes.get(self.from as usize..).and_then(|bytes| bytes.get(..self.len as usize));
        Segment {
            no: self.no,
            at: self.at,
            src,
            dst,
            seq: self.seq,
            ack: self.flags.has(TcpFlags::ACK).then_some(self.ack),
            flags: self.flags,
            header: HeaderSigns {
                ttl: self.ttl,
                ip_id: src.is_ipv4().then_some(self.ip_id),
                window: self.window,
            },
            payload: payload.unwrap_or_default(),
            cut_off: self.cut_off,
        }
    }
}

impl Ends {
    #[inline]
    fn of(segment: &Segment<'_>, apart: &mut Apart) -> Self {
        match (segment.src, segment.dst) {
            (SocketAddr::V4(src), SocketAddr::V4(dst)) => Self::V4 {
                src: src.ip().octets(),
                dst: dst.ip().octets(),
                src_port: src.port(),
                dst_port: dst.port(),
            },
            ends => {
                apart.ends.push(ends);
                Self::Apart(short(apart.ends.len() - 1))
            }
        }
    }

    #[inline]
    fn addresses(&self, apart: &Apart) -> (SocketAddr, SocketAddr) {
        match *self {
            Self::V4 { src, dst, src_port, dst_port } => {
                (SocketAddr::from((src, src_port)), SocketAddr::from((dst, dst_port)))
            }
            Self::Apart(at) => apart.ends[at as usize],
        }
    }
}

/// A place in a block, or in what belongs to it: a block holds [`BLOCK_BYTES`], or one packet that is longer.
#[inline]
fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
