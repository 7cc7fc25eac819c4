//! Standard input as a pipe that somebody may still be writing to.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::source::file::Stop;

/// What a pipe gives at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that may wait.
const CHUNKS: usize = 4;
/// How long to go on reading after Ctrl-C. The terminal tells every program of the pipeline at once, and tcpdump
/// writes what it still holds back when it is told.
const GRACE: Duration = Duration::from_secs(1);
/// How often to look whether somebody asked to stop while nothing comes.
const TICK: Duration = Duration::from_millis(50);

/// Standard input, read by a thread of its own: a read that waits for a pipe cannot be called off.
pub(crate) fn stdin(stop: &Stop) -> Live {
    let (sender, chunks) = sync_channel(CHUNKS);
    thread::spawn(move || copy(&mut io::stdin().lock(), &sender));
    Live { chunks, current: Vec::new(), at: 0, stop: stop.clone(), deadline: None }
}

/// Sends what `source` gives until it ends, or nobody listens.
fn copy(source: &mut impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let sent = match source.read(&mut chunk) {
            Ok(0) => return,
            Ok(n) => {
                chunk.truncate(n);
                sender.send(Ok(chunk))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => sender.send(Err(error)),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The receiving end. Asked to stop, it gives what still comes for a while, then it ends; where nobody would take that,
/// it ends at once.
pub(crate) struct Live {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
    at: usize,
    stop: Stop,
    deadline: Option<Instant>,
}

impl Live {
    /// The next chunk; `None` at the end.
    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            if self.stop.is_given_up() {
                self.stop.heed();
                return None;
            }
            let mut wait = TICK;
            if self.stop.is_asked() {
                let now = Instant::now();
                wait = self.deadline.get_or_insert(now + GRACE).saturating_duration_since(now);
                if wait.is_zero() {
                    self.stop.heed();
                    return None;
                }
            }
            match self.chunks.recv_timeout(wait) {
                Ok(chunk) => return Some(chunk),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Live {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.current.len() {
            match self.next() {
                None => return Ok(0),
                Some(chunk) => (self.current, self.at) = (chunk?, 0),
            }
        }
        let n = out.len().min(self.current.len() - self.at);
        self.stop.count(n);
        out[..n].copy_from_slice(&self.current[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
