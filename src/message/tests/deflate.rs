//! permessage-deflate (RFC 7692): data made with a real compressor.

use flate2::{Compress, Compression, FlushCompress};

use super::{Part, Run, Step, frame, outcome, parse};
use crate::limits::Limits;
use crate::model::Role::{self, Client, Server};

const NO_TAKEOVER: &str = "client_no_context_takeover; server_no_context_takeover";

/// Text that repeats words at a distance.
const LOREM: &[u8] = b"a message about messages: a message that repeats what a message says about messages";

/// One sender's compressor.
pub(super) struct Sender(Compress);

impl Sender {
    pub(super) fn new() -> Self {
        Self(Compress::new(Compression::new(6), false))
    }

    /// Compressed with a sync flush, the last four bytes taken off (RFC 7692 7.2.1).
    pub(super) fn message(&mut self, data: &[u8]) -> Vec<u8> {
        if data.is_empty() {
            // A second flush in a row gives nothing (RFC 7692 7.2.3.6).
            return vec![0];
        }
        let mut out = self.run(data, FlushCompress::Sync);
        assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
        out.truncate(out.len() - 4);
        out
    }

    /// Compressed with BFINAL=1 on the last block; the window is gone.
    pub(super) fn last(&mut self, data: &[u8]) -> Vec<u8> {
        let out = self.run(data, FlushCompress::Finish);
        self.0.reset();
        out
    }

    fn run(&mut self, data: &[u8], flush: FlushCompress) -> Vec<u8> {
        let start = self.0.total_in();
        let mut out = Vec::with_capacity(data.len() + 1024);
        loop {
            let read = (self.0.total_in() - start) as usize;
            self.0.compress_vec(&data[read..], &mut out, flush).expect("compress");
            if out.len() < out.capacity() {
                return out;
            }
            out.reserve(1024);
        }
    }
}

fn once(data: &[u8]) -> Vec<u8> {
    Sender::new().message(data)
}

fn noise(len: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_u32;
    let next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[track_caller]
fn check(name: &str, deflate: &str, steps: &[Step], expected: &str) {
    assert_eq!(outcome(Some(deflate), steps, &Limits::default()), expected, "{name}");
}

#[test]
fn examples_of_rfc_7692_7_2_3() {
    for (name, wire, expected) in [
        ("7.2.3.1 one block", "C: c1 07 f2 48 cd c9 c9 07 00", "C1 Text-z#1 1f 7w 5b valid"),
        ("7.2.3.1 two fragments", "C: 41 03 f2 48 cd | C: 80 04 c9 c9 07 00", "C2 Text-z#1 2f 7w 5b valid"),
        (
            "7.2.3.2 with the window of the first",
            "S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 05 f2 00 11 00 00",
            "S1 Text-z#1 1f 7w 5b valid | S2 Text-z#2 1f 5w 5b valid",
        ),
        ("7.2.3.3 stored", "C: c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", "C1 Text-z#1 1f 11w 5b valid"),
        ("7.2.3.4 BFINAL", "C: c1 08 f3 48 cd c9 c9 07 00 00", "C1 final Text-z#1 1f 8w 5b valid"),
        ("7.2.3.4 without the 00", "C: c1 07 f3 48 cd c9 c9 07 00", "C1 final Text-z#1 1f 7w 5b valid"),
        (
            "7.2.3.5 two blocks",
            "C: c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
            "C1 Text-z#1 1f 13w 5b valid",
        ),
        ("7.2.3.6 empty", "C: c1 01 00", "C1 Text-z#1 1f 1w 0b valid"),
        ("empty, as zlib makes it", "C: c1 02 02 00", "C1 Text-z#1 1f 2w 0b valid"),
        (
            "control frames between, RSV1 or not",
            "C: 41 03 f2 48 cd | C: c9 01 ff | C: 89 00 | C: 80 04 c9 c9 07 00",
            "C4 Text-z#1 2f 7w 5b valid",
        ),
        ("without RSV1 it is plain", "C: 81 02 61 62", "C1 Text#1 1f 2w 2b valid"),
        ("RSV1 on a later fragment means nothing", "C: 01 01 61 | C: c0 01 62", "C2 Text#1 2f 2w 2b valid"),
    ] {
        check(name, "", &parse(wire), expected);
    }
}

#[test]
fn context_takeover_7_1_1() {
    let mut sender = Sender::new();
    let (first, kept) = (sender.message(LOREM), sender.message(LOREM));
    assert!(kept.len() * 3 < first.len(), "the second leans on the first");
    let ok = |who: char, n: u8, wire: usize| format!("{who}{n} Text-z#{n} 1f {wire}w {}b valid", LOREM.len());
    let two = |role: Role, second: &[u8]| [frame(role, 0xc1, &first), frame(role, 0xc1, second)];
    let good = |who, second: &[u8]| format!("{} | {}", ok(who, 1, first.len()), ok(who, 2, second.len()));

    for (role, who) in [(Client, 'C'), (Server, 'S')] {
        check("kept", "", &two(role, &kept), &good(who, &kept));
        check("afresh is legal too", "", &two(role, &first), &good(who, &first));
        check("not kept", NO_TAKEOVER, &two(role, &first), &good(who, &first));
    }
    // Each parameter governs what its own side sends (7.1.1.1, 7.1.1.2).
    for (parameter, keeps, fresh) in
        [("client_no_context_takeover", Server, Client), ("server_no_context_takeover", Client, Server)]
    {
        let who = |role| if role == Client { 'C' } else { 'S' };
        check(parameter, parameter, &two(keeps, &kept), &good(who(keeps), &kept));
        let wrong = outcome(Some(parameter), &two(fresh, &kept), &Limits::default());
        let (one, two) = (ok(who(fresh), 1, first.len()), ok(who(fresh), 2, kept.len()));
        let (id, rest) = two.split_at(2);
        assert!(wrong.starts_with(&format!("{one} | {id} context-kept(")), "{parameter}: {wrong}");
        assert!(wrong.ends_with(rest), "{parameter}: {wrong}");
    }
    // Each side has its own window.
    let mut other = Sender::new();
    let (theirs, then) = (other.message(b"something else"), other.message(b"something else"));
    let steps = [
        frame(Client, 0xc1, &first),
        frame(Server, 0xc1, &theirs),
        frame(Client, 0xc1, &kept),
        frame(Server, 0xc1, &then),
    ];
    let expected = [
        ok('C', 1, first.len()),
        format!("S2 Text-z#2 1f {}w 14b valid", theirs.len()),
        ok('C', 3, kept.len()),
        format!("S4 Text-z#4 1f {}w 14b valid", then.len()),
    ];
    check("two windows", "", &steps, &expected.join(" | "));
}

#[test]
fn plain_messages_stay_out_of_the_window() {
    let mut sender = Sender::new();
    let (first, kept) = (sender.message(LOREM), sender.message(LOREM));
    let steps =
        [frame(Client, 0xc1, &first), frame(Client, 0x82, &noise(40_000)), frame(Client, 0xc1, &kept)];
    let n = LOREM.len();
    let expected = format!(
        "C1 Text-z#1 1f {}w {n}b valid | C2 Binary#2 1f 40000w 40000b | C3 Text-z#3 1f {}w {n}b valid",
        first.len(),
        kept.len()
    );
    check("between", "", &steps, &expected);
}

#[test]
fn fragments_may_cut_compressed_data_anywhere() {
    let text = "Größe: 1 m² – 😀😀 – Größe".as_bytes();
    let mut sender = Sender::new();
    let messages = [sender.message(text), sender.message(text)];
    for data in &messages {
        for cut in 0..=data.len() {
            let steps = [
                frame(Server, 0xc1, &messages[0]),
                frame(Server, 0x41, &messages[1][..cut.min(messages[1].len())]),
                frame(Server, 0x00, &[]),
                frame(Server, 0x80, &messages[1][cut.min(messages[1].len())..]),
            ];
            let (n, m) = (text.len(), messages[1].len());
            let expected =
                format!("S1 Text-z#1 1f {}w {n}b valid | S4 Text-z#2 3f {m}w {n}b valid", messages[0].len());
            check(&format!("cut at {cut}"), "", &steps, &expected);
        }
    }
}

#[test]
fn text_is_judged_inflated() {
    let text = [b"ab".repeat(20_000), b"\xed\xa0\x80".to_vec(), b"ab".repeat(20_000)].concat();
    let data = once(&text);
    let expected = format!("C1 utf8@40000 Text-z#1 1f {}w 80003b invalid", data.len());
    check("surrogate", "", &[frame(Client, 0xc1, &data)], &expected);

    // The 32 KiB steps of the inflater cut every character.
    let text = [b"a".to_vec(), "😀".repeat(50_000).into_bytes()].concat();
    let data = once(&text);
    let expected = format!("C1 Text-z#1 1f {}w 200001b valid", data.len());
    check("characters across steps", "", &[frame(Client, 0xc1, &data)], &expected);

    let data = once(b"caf\xc3");
    let expected = format!("C1 utf8@3 Text-z#1 1f {}w 4b invalid", data.len());
    check("ends inside a character", "", &[frame(Client, 0xc1, &data)], &expected);
}

#[test]
fn final_blocks_7_2_3_4() {
    let n = LOREM.len();
    let last = Sender::new().last(LOREM);
    let closed = [&last[..], &[0]].concat();
    for (name, data) in [("bare", &last), ("with 00", &closed)] {
        for parameters in ["", NO_TAKEOVER] {
            let steps = [frame(Client, 0xc1, data), frame(Client, 0xc1, data)];
            let len = data.len();
            let expected =
                format!("C1 final Text-z#1 1f {len}w {n}b valid | C2 final Text-z#2 1f {len}w {n}b valid");
            check(name, parameters, &steps, &expected);
        }
    }
    let mut sender = Sender::new();
    let more = [sender.last(b"one "), sender.last(b"two "), sender.message(b"three")].concat();
    let expected = format!("C1 final | C2 Text-z#1 2f {}w 13b valid", more.len());
    let (a, b) = more.split_at(8);
    check("twice, then more", "", &[frame(Client, 0x41, a), frame(Client, 0x80, b)], &expected);
}

#[test]
fn a_final_block_is_told_before_the_text_however_the_payload_is_cut() {
    let wire = [Sender::new().last(b"ab"), once(b"\xff")].concat();
    let expected = format!("C1 final utf8@2 Text-z#1 1f {}w 3b invalid", wire.len());
    check("7.2.3.4", "", &[frame(Client, 0xc1, &wire)], &expected);
}

/// A final block resets the decoder, not the window: later data may refer back across it.
#[test]
fn the_window_survives_a_final_block() {
    let data = noise(50_000);
    let mut behind = Compress::new(Compression::new(6), false);
    behind.set_dictionary(&data[data.len() - 32_768..]).expect("dictionary");
    let mut behind = Sender(behind);
    let copy = behind.message(&data[data.len() - 32_000..]);
    assert!(copy.len() < 1_000, "leans on what stands before the final block");
    let first = Sender::new().last(&data);

    let steps = [frame(Server, 0xc2, &first), frame(Server, 0xc2, &copy)];
    let expected =
        format!("S1 final Binary-z#1 1f {}w 50000b | S2 Binary-z#2 1f {}w 32000b", first.len(), copy.len());
    check("from message to message", "", &steps, &expected);

    let both = [first, copy].concat();
    let expected = format!("S1 final Binary-z#1 1f {}w 82000b", both.len());
    check("inside a message", NO_TAKEOVER, &[frame(Server, 0xc2, &both)], &expected);
}

#[test]
fn broken_data() {
    let good = once(LOREM);
    let ok = format!("{}w {}b valid", good.len(), LOREM.len());
    let garbage = frame(Client, 0xc1, &[0x07, 1, 2, 3]);
    check(
        "reserved block type",
        NO_TAKEOVER,
        &[garbage.clone(), frame(Client, 0xc1, &good)],
        &format!("C1 broken@1 Text-z#1 1f 4w ?b | C2 Text-z#2 1f {ok}"),
    );
    check(
        "under takeover",
        "",
        &[garbage.clone(), frame(Client, 0xc1, &good), frame(Client, 0xc1, &good)],
        &format!(
            "C1 broken@1 Text-z#1 1f 4w ?b | C2 context-lost Text-z#2 1f {0}w ?b | \
            C3 context-lost Text-z#3 1f {0}w ?b",
            good.len()
        ),
    );
    check(
        "plain messages go on",
        "",
        &[garbage.clone(), frame(Client, 0x81, b"ok")],
        "C1 broken@1 Text-z#1 1f 4w ?b | C2 Text#2 1f 2w 2b valid",
    );
    check(
        "the other side goes on",
        "",
        &[garbage, frame(Server, 0xc1, &good)],
        &format!("C1 broken@1 Text-z#1 1f 4w ?b | S2 Text-z#2 1f {ok}"),
    );
    check(
        "told once",
        "",
        &parse("C: 41 01 07 | C: 00 01 07 | C: 80 01 07"),
        "C1 broken@1 | C3 Text-z#1 3f 3w ?b",
    );
    check(
        "the bytes after a final block",
        "",
        &parse("C: c1 09 f3 48 cd c9 c9 07 00 07 00"),
        "C1 final broken@8 Text-z#1 1f 9w ?b",
    );
    check("no byte at all", "", &parse("C: c1 00"), "C1 broken@0 Text-z#1 1f 0w ?b");
    check(
        "ends behind the length of a stored block",
        "",
        &parse("C: c1 04 02 00 07 00"),
        "C1 broken@4 Text-z#1 1f 4w ?b",
    );
    check(
        "a message broken off by the next",
        "",
        &[frame(Client, 0x41, &good), frame(Client, 0xc1, &good)],
        &format!("C2 inside context-lost Text-z#2 1f {}w ?b", good.len()),
    );
    check(
        "and without takeover",
        NO_TAKEOVER,
        &[frame(Client, 0x41, &good), frame(Client, 0xc1, &good)],
        &format!("C2 inside Text-z#2 1f {ok}"),
    );
}

/// Told from the blocks, not from the four bytes; however they are cut.
#[test]
fn the_end_left_on_7_2_1() {
    for (name, wire, expected) in [
        ("whole", "C: c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff", "C1 tail Text-z#1 1f 11w 5b valid"),
        ("nothing else", "C: c1 05 00 00 00 ff ff", "C1 tail Text-z#1 1f 5w 0b valid"),
        (
            "in a fragment of its own, and the window is kept",
            "S: 41 05 f2 48 cd c9 c9 | S: 00 03 07 00 00 | S: 80 03 00 ff ff | S: c1 05 f2 00 11 00 00",
            "S3 tail Text-z#1 3f 11w 5b valid | S4 Text-z#2 1f 5w 5b valid",
        ),
        (
            "twice",
            "C: c1 10 f2 48 cd c9 c9 07 00 00 00 ff ff 00 00 00 ff ff",
            "C1 tail Text-z#1 1f 16w 5b valid",
        ),
        ("behind a final block", "C: c2 07 03 00 00 00 00 ff ff", "C1 final tail Binary-z#1 1f 7w 0b"),
        ("its own block follows", "C: c2 06 00 00 00 ff ff 00", "C1 Binary-z#1 1f 6w 0b"),
        ("a final empty block", "C: c2 05 01 00 00 ff ff", "C1 final Binary-z#1 1f 5w 0b"),
        ("data that looks like it", "C: c2 0a 00 04 00 fb ff 00 00 ff ff 00", "C1 Binary-z#1 1f 10w 4b"),
        ("and no block behind", "C: c2 09 00 04 00 fb ff 00 00 ff ff", "C1 broken@9 Binary-z#1 1f 9w ?b"),
        ("no block at all", "C: c2 04 00 00 ff ff", "C1 broken@4 Binary-z#1 1f 4w ?b"),
        ("half of it", "C: c2 03 00 00 00", "C1 broken@3 Binary-z#1 1f 3w ?b"),
        ("in a plain message", "C: 82 05 00 00 00 ff ff", "C1 Binary#1 1f 5w 5b"),
    ] {
        check(name, "", &parse(wire), expected);
    }
}

/// Wherever a message is cut short, its end is not one.
#[test]
fn truncated_data() {
    let mixed = [LOREM.repeat(4), noise(300)].concat();
    let mut stored = vec![1, 40, 0, !40, 0xff];
    stored.extend(noise(40));
    for (name, data) in [
        ("fixed codes", once(b"Hello")),
        ("dynamic codes", once(&mixed)),
        ("long", once(&[mixed.clone(), noise(900), mixed].concat())),
        ("stored", stored),
        ("final block", Sender::new().last(LOREM)),
    ] {
        for len in 0..data.len() {
            let mut run = Run::new(Some(""), &Limits::default());
            run.step(&frame(Client, 0xc2, &data[..len]), usize::MAX);
            let told = run.outcome();
            assert!(told.contains("broken@") && told.ends_with("?b"), "{name} cut at {len}: {told}");
        }
    }
}

#[test]
fn caps() {
    let zeros = once(&vec![0; 4 << 20]);
    let len = zeros.len();
    let good = once(LOREM);
    let n = good.len();
    let steps = [frame(Client, 0xc2, &zeros), frame(Client, 0xc1, &good)];
    let limits = |bytes, ratio| Limits {
        max_inflated_message_bytes: bytes,
        max_inflate_ratio: ratio,
        ..Limits::default()
    };
    let capped = format!("C1 capped Binary-z#1 1f {len}w ?b");
    let lost = format!("{capped} | C2 context-lost Text-z#2 1f {n}w ?b | inflate_cap x1");
    let fresh = format!("{capped} | C2 Text-z#2 1f {n}w {}b valid | inflate_cap x1", LOREM.len());
    let all = format!("C1 Binary-z#1 1f {len}w 4194304b | C2 Text-z#2 1f {n}w {}b valid", LOREM.len());
    for (name, parameters, limits, expected) in [
        ("ratio", "", limits(u64::MAX, 100), &lost),
        ("ratio without takeover", NO_TAKEOVER, limits(u64::MAX, 100), &fresh),
        ("no DEFLATE is denser than the default", NO_TAKEOVER, limits(u64::MAX, 1_100), &all),
        ("bytes, one too many", "", limits((4 << 20) - 1, u64::MAX), &lost),
        ("bytes, as many", NO_TAKEOVER, limits(4 << 20, u64::MAX), &all),
        ("no byte", "", limits(0, u64::MAX), &lost),
    ] {
        assert_eq!(outcome(Some(parameters), &steps, &limits), *expected, "{name}");
    }
    // Small messages may be as dense as they like.
    let small = once(&vec![0; 1 << 20]);
    let expected = format!("C1 Binary-z#1 1f {}w 1048576b", small.len());
    assert_eq!(outcome(Some(""), &[frame(Client, 0xc2, &small)], &limits(u64::MAX, 1)), expected);
}

#[test]
fn holes() {
    let mut sender = Sender::new();
    let data: Vec<_> = (0..3).map(|_| sender.message(LOREM)).collect();
    let fresh = once(LOREM);
    let (n, w) = (LOREM.len(), fresh.len());
    let holed = |data: &[u8]| {
        let (a, b) = data.split_at(4);
        let parts = vec![Part::Bytes(a.to_vec()), Part::Missing(2), Part::Bytes(b[2..].to_vec())];
        Step::Frame { from: Client, first: 0xc1, claimed: data.len() as u64, parts }
    };
    let steps = [holed(&data[0]), frame(Client, 0xc1, &data[1]), frame(Client, 0xc1, &data[2])];
    let (a, b, c) = (data[0].len(), data[1].len(), data[2].len());
    check(
        "in a message",
        "",
        &steps,
        &format!(
            "C1 missing Text-z#1 1f {a}w ?b | C2 context-lost Text-z#2 1f {b}w ?b | \
             C3 context-lost Text-z#3 1f {c}w ?b | \
         inflate_context_lost x1"
        ),
    );
    check(
        "in a message without takeover",
        NO_TAKEOVER,
        &[holed(&fresh), frame(Client, 0xc1, &fresh)],
        &format!("C1 missing Text-z#1 1f {w}w ?b | C2 Text-z#2 1f {w}w {n}b valid"),
    );
    let gap = [frame(Client, 0xc1, &data[0]), Step::Gap(Client), frame(Client, 0xc1, &data[1])];
    check(
        "between messages",
        "",
        &gap,
        &format!(
            "C1 Text-z#1 1f {a}w {n}b valid | C2 context-lost Text-z#2 1f {b}w ?b | inflate_context_lost x1"
        ),
    );
    let gap = [frame(Client, 0xc1, &fresh), Step::Gap(Client), frame(Client, 0xc1, &fresh)];
    check(
        "between messages without takeover",
        NO_TAKEOVER,
        &gap,
        &format!("C1 Text-z#1 1f {w}w {n}b valid | C2 Text-z#2 1f {w}w {n}b valid"),
    );
    let (head, tail) = fresh.split_at(5);
    let gap = [
        frame(Client, 0x41, head),
        Step::Gap(Client),
        frame(Client, 0x80, tail),
        frame(Client, 0xc1, &fresh),
    ];
    check(
        "between fragments without takeover",
        NO_TAKEOVER,
        &gap,
        &format!("C2 missing Text-z#1 2f {w}w ?b | C3 Text-z#2 1f {w}w {n}b valid"),
    );
    let gap = [Step::Gap(Server), frame(Client, 0xc1, &fresh)];
    check("the other role's", "", &gap, &format!("C2 Text-z#1 1f {w}w {n}b valid").replace("C2", "C1"));
    let mut plain = parse("C: 82 03 ?3");
    plain.insert(0, frame(Client, 0xc1, &data[0]));
    plain.push(frame(Client, 0xc1, &data[1]));
    check(
        "in a plain message",
        "",
        &plain,
        &format!(
            "C1 Text-z#1 1f {a}w {n}b valid | C2 missing Binary#2 1f 3w ?b | C3 Text-z#3 1f {b}w {n}b valid"
        ),
    );
}

#[test]
fn previews_show_what_a_frame_added() {
    let limits = Limits { max_preview_bytes: 4, ..Limits::default() };
    let mut run = Run::new(Some(""), &limits);
    let wire = "C: 41 03 f2 48 cd | C: 00 00 | C: 80 04 c9 c9 07 00 | C: 81 01 61 | C: c1 01 07 | C: c1 01 00 | \
        S: c1 01 00";
    for step in parse(wire) {
        run.step(&step, 1);
    }
    let inflated: Vec<_> = run.previews.iter().map(|(_, inflated)| inflated.as_deref()).collect();
    let [first, second, third, ..] = inflated[..] else { panic!("{inflated:?}") };
    assert_eq!([first.unwrap(), third.unwrap()].concat(), b"Hello");
    assert_eq!(second, Some(&b""[..]));
    // Plain; broken; context lost; empty.
    assert_eq!(inflated[3..], [None, None, None, Some(&b""[..])]);
}
