//! Messages of a real compressor, `flate2`, over random data: one that keeps to what was agreed breaks no rule, one
//! with a larger window than agreed breaks that one. Single messages, block by block, are rows of
//! `tests/reference/deflate.txt`.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use crate::support::conversation::{Client, Server, Side, Talk};
use crate::support::frame::Frame;
use crate::support::rng::Rng;
use crate::support::script::{acts, analyse, findings};

/// A connection with permessage-deflate offered and taken with these parameters.
fn connected(offered: &str, taken: &str) -> Talk {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let field = "Sec-WebSocket-Extensions";
    let upgrade = talk.upgrade();
    let upgrade = upgrade.ask(field, &format!("permessage-deflate{offered}"));
    talk.open_with(&upgrade.answer(field, &format!("permessage-deflate{taken}")));
    talk
}

/// What is found once the connection has closed; whatever it is, each message is shown inflated.
fn found(mut talk: Talk) -> String {
    acts(&mut talk, "C: close 1000 | S: close 1000 | S: fin | C: fin");
    let reports = analyse(&talk.packets());
    assert_eq!(reports.len(), 1);
    assert!(
        reports[0].frames.iter().all(|frame| frame.inflated || !frame.compressed),
        "a message is not shown"
    );
    findings(&reports[0])
}

fn message(talk: &mut Talk, side: Side, payload: &[u8]) {
    // Binary: its bytes are free.
    talk.send(side, Frame::binary(payload).rsv(4));
}

/// One sender's compressor, made by `flate2` with a window of so many bits.
struct Sender(Compress);

impl Sender {
    fn new(level: u32, bits: u8) -> Self {
        Self(Compress::new_with_window_bits(Compression::new(level), false, bits))
    }

    fn message(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 1024);
        let before = self.0.total_in();
        // A flush is whole once a call leaves room in its output.
        loop {
            let read = (self.0.total_in() - before) as usize;
            self.0.compress_vec(&data[read..], &mut out, FlushCompress::Sync).expect("compresses");
            if out.len() < out.capacity() {
                break;
            }
            out.reserve(4096);
        }
        assert!(out.ends_with(b"\0\0\xff\xff"), "{}", out.len());
        out.truncate(out.len() - 4);
        out
    }
}

/// Text that repeats itself at all distances.
fn text(rng: &mut Rng, len: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(len + 300);
    while out.len() < len {
        if out.len() > 8 && rng.below(3) > 0 {
            let distance = 1 + rng.below(out.len());
            for at in out.len() - distance..out.len() - distance + 3 + rng.below(80) {
                out.push(out[at]);
            }
        } else {
            (0..1 + rng.below(30)).for_each(|_| out.push(b' ' + rng.below(90) as u8));
        }
    }
    out
}

fn noise(rng: &mut Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.word() as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// A compressor that keeps to what was agreed is not accused.
    #[test]
    fn sound_senders(
        seed: u64,
        bits in 9_u8..=15,
        takeover: bool,
        from_client: bool,
        level in 1_u32..=9,
        lengths in prop::collection::vec(1_usize..30_000, 1..5),
    ) {
        let mut rng = Rng::new(seed);
        let (side, who) = if from_client { (Client, "client") } else { (Server, "server") };
        let keeps = if takeover { String::new() } else { format!("; {who}_no_context_takeover") };
        let taken = format!("; {who}_max_window_bits={bits}{keeps}");
        let mut talk = connected("; client_max_window_bits", &taken);
        let all = text(&mut rng, lengths.iter().sum());
        let mut sender = Sender::new(level, bits);
        let mut at = 0;
        for length in lengths {
            if !takeover {
                sender = Sender::new(level, bits);
            }
            message(&mut talk, side, &sender.message(&all[at..at + length]));
            at += length;
        }
        assert_eq!(found(talk), "");
    }

    /// One with a larger window than agreed, on data that repeats only beyond it, is accused of that alone.
    #[test]
    fn senders_with_too_large_a_window(
        seed: u64,
        bits in 8_u8..=14,
        beyond in 1_usize..10_000,
        level in 1_u32..=9,
        halves: bool,
    ) {
        let mut rng = Rng::new(seed);
        // The compressor uses a little less than its window.
        let once = noise(&mut rng, ((1 << bits) + beyond).min(32_000));
        let mut sender = Sender::new(level, 15);
        let mut talk = connected("", &format!("; server_max_window_bits={bits}"));
        let messages = if halves { vec![once.clone(), once] } else { vec![once.repeat(2)] };
        for data in messages {
            message(&mut talk, Server, &sender.message(&data));
        }
        assert_eq!(found(talk), "S PMD-WINDOW");
    }
}
