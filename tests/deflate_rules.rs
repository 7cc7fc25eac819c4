//! The rules of permessage-deflate (RFC 7692) as rows, each there broken and nearly broken but legal: the
//! negotiation as text, the messages by blocks under the test's control. Random messages of a real compressor
//! come last.

#[path = "support/support.rs"]
mod support;

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use support::conversation::{Client, Conversation, Server, Side};
use support::deflate::Blocks;
use support::deflate::Symbols::{Back, Literals};
use support::frame::Frame;
use support::rng::Rng;
use support::script::{acts, analyse, findings};

const CLOSE: &str = "C: close 1000 | S: close 1000 | S: fin | C: fin";
const FIELD: &str = "Sec-WebSocket-Extensions";

/// A connection with these extensions: `offers -> answer`, field lines parted by `|`, `pd` for
/// `permessage-deflate`.
fn connected(negotiation: &str) -> Conversation {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let mut upgrade = talk.upgrade();
    let (offers, answer) = negotiation.split_once("->").expect("offers and answer");
    let lines = |list: &str| -> Vec<String> {
        let lines = list.split('|').map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| line.replace("pd", "permessage-deflate")).collect()
    };
    for line in lines(offers) {
        upgrade = upgrade.ask(FIELD, &line);
    }
    for line in lines(answer) {
        upgrade = upgrade.answer(FIELD, &line);
    }
    talk.open_with(&upgrade);
    talk
}

/// What is found of these rules and of a client that does not fail; the rest is tests/rules.rs's.
fn found(talk: &Conversation) -> String {
    let reports = analyse(&talk.packets());
    assert_eq!(reports.len(), 1);
    let all = findings(&reports[0]);
    let ours = all.split(", ").filter(|one| one.contains(" PMD-") || one.contains("HS-NOT-FAILED"));
    ours.collect::<Vec<_>>().join(", ")
}

/// A negotiation by itself. `!` before what is expected: the client must fail, and one that goes on is told so.
#[track_caller]
fn check(clause: &str, negotiation: &str, expected: &str) {
    let (invalid, expected) = expected.strip_prefix('!').map_or((false, expected), |rest| (true, rest));
    let mut failed = connected(negotiation);
    acts(&mut failed, "C: fin | S: fin");
    assert_eq!(found(&failed), expected, "{clause}: {negotiation}, the client fails");

    let mut went_on = connected(negotiation);
    acts(&mut went_on, &format!("C: text hi | {CLOSE}"));
    let not_failed = if invalid { "C HS-NOT-FAILED, " } else { "" };
    let all = format!("{not_failed}{expected}");
    assert_eq!(found(&went_on), all.trim_end_matches(", "), "{clause}: {negotiation}, it goes on");
}

#[test]
fn parameters_7_1() {
    let answer = |parameter: &str| format!("pd; client_max_window_bits -> pd; {parameter}");
    let offer = |parameter: &str| format!("pd; {parameter} ->");
    check("7.1 none", "pd -> pd", "");
    check("7.1 declined", "pd; server_max_window_bits=8 ->", "");
    check(
        "9.1 names without case",
        "PerMessage-Deflate; Client_Max_Window_Bits -> pd; CLIENT_max_window_bits=9",
        "",
    );

    for value in ["8", "9", "15", "\"10\"", "\"1\\0\""] {
        for name in ["server_max_window_bits", "client_max_window_bits"] {
            check("7.1.2 a number from 8 to 15", &answer(&format!("{name}={value}")), "");
            check("7.1.2 a number from 8 to 15", &offer(&format!("{name}={value}")), "");
        }
    }
    for value in ["7", "16", "08", "010", "+9", "9.0", "x", "256", "264", "\"08\"", "99999999999999999999"] {
        for name in ["server_max_window_bits", "client_max_window_bits"] {
            check("7.1.2 any other value", &answer(&format!("{name}={value}")), "!S PMD-PARAM");
            check("7.1.2 any other value", &offer(&format!("{name}={value}")), "C PMD-PARAM");
        }
    }
    check("7.1.2.1 a value is needed", &offer("server_max_window_bits"), "C PMD-PARAM");
    check("7.1.2.1 a value is needed", &answer("server_max_window_bits"), "!S PMD-PARAM");
    check("7.1.2.2 no value is needed in an offer", &offer("client_max_window_bits"), "");
    check("7.1.2.2 a value is needed in an answer", &answer("client_max_window_bits"), "!S PMD-PARAM");
    for name in ["server_no_context_takeover", "client_no_context_takeover"] {
        check("7.1.1 no value", &offer(name), "");
        check("7.1.1 no value", &answer(name), "");
        check("7.1.1 a value", &offer(&format!("{name}=1")), "C PMD-PARAM");
        check("7.1.1 a value", &answer(&format!("{name}=true")), "!S PMD-PARAM");
        check("7.1 twice", &offer(&format!("{name}; {name}")), "C PMD-PARAM");
        check("7.1 twice", &answer(&format!("{name}; {name}")), "!S PMD-PARAM");
    }
    check(
        "7.1 twice, other values",
        &answer("server_max_window_bits=9; server_max_window_bits=8"),
        "!S PMD-PARAM",
    );
    check("7.1 not defined", &offer("max_window_bits=9"), "C PMD-PARAM");
    check("7.1 not defined", &answer("mem_level=8"), "!S PMD-PARAM");
    check("another extension's", "x-webkit-deflate-frame; no_context_takeover ->", "");
}

#[test]
fn answers_7_1() {
    let bits = "server_max_window_bits";
    check("7.1.2.1 the same", &format!("pd; {bits}=10 -> pd; {bits}=10"), "");
    check("7.1.2.1 smaller", &format!("pd; {bits}=10 -> pd; {bits}=9"), "");
    check("7.1.2.1 larger", &format!("pd; {bits}=10 -> pd; {bits}=11"), "!S PMD-SMWB");
    check("7.1.2.1 left out", &format!("pd; {bits}=10 -> pd"), "!S PMD-SMWB");
    check("7.1.2.1 left out, though 15 is no limit", &format!("pd; {bits}=15 -> pd"), "!S PMD-SMWB");
    check("7.1.2.1 of its own accord", &format!("pd -> pd; {bits}=9"), "");

    let bits = "client_max_window_bits";
    check("7.1.2.2 asked", &format!("pd; {bits} -> pd; {bits}=9"), "");
    check("7.1.2.2 asked with a hint", &format!("pd; {bits}=10 -> pd; {bits}=10"), "");
    check("7.1.2.2 a hint does not bind the server", &format!("pd; {bits}=10 -> pd; {bits}=12"), "");
    check("7.1.2.2 left out", &format!("pd; {bits}=10 -> pd"), "");
    check("7.1.2.2 not asked", &format!("pd -> pd; {bits}=15"), "!S PMD-CMWB-UNASKED");
    check(
        "7.1.2.2 not asked",
        &format!("pd; server_max_window_bits=9 -> pd; server_max_window_bits=9; {bits}=9"),
        "!S PMD-CMWB-UNASKED",
    );

    let keeps = "server_no_context_takeover";
    check("7.1.1.1 answered", &format!("pd; {keeps} -> pd; {keeps}"), "");
    check("7.1.1.1 left out", &format!("pd; {keeps} -> pd"), "!S PMD-SNCT");
    check("7.1.1.1 of its own accord", &format!("pd -> pd; {keeps}"), "");
    let keeps = "client_no_context_takeover";
    check("7.1.1.2 a hint does not bind the server", &format!("pd; {keeps} -> pd"), "");
    check("7.1.1.2 of its own accord", &format!("pd -> pd; {keeps}"), "");
    check(
        "7.1 all at once",
        "pd; server_no_context_takeover; server_max_window_bits=9 -> pd; client_max_window_bits=9",
        "!S PMD-CMWB-UNASKED, S PMD-SMWB, S PMD-SNCT",
    );
    check("7.1 a faulty offer taken", "pd; server_max_window_bits=7 -> pd", "C PMD-PARAM, S PMD-PARAM");
}

#[test]
fn several_offers_5_1() {
    check("the first", "pd; server_max_window_bits=9, pd -> pd; server_max_window_bits=9", "");
    check("the second", "pd; server_max_window_bits=9, pd -> pd", "");
    check(
        "in two fields",
        "pd; server_no_context_takeover | pd; client_max_window_bits -> pd; client_max_window_bits=8",
        "",
    );
    check("among others", "x, pd; server_no_context_takeover, y; z=1, pd -> pd", "");
    check("the sound one", "pd; server_max_window_bits=7, pd -> pd", "C PMD-PARAM");
    // Which one it takes is not said: it broke a clause, but perhaps another.
    check("none", "pd; server_no_context_takeover, pd; server_max_window_bits=9 -> pd", "!S PMD-SNCT?");
    check(
        "the nearest",
        "pd; server_no_context_takeover; server_max_window_bits=9, pd; server_max_window_bits=9 -> pd",
        "!S PMD-SMWB?",
    );
    check("both faulty", "pd; x, pd; y -> pd", "C PMD-PARAM, S PMD-PARAM?");
    check(
        "a field that does not parse may have held the offer",
        "pd; server_max_window_bits=9, pd; = -> pd",
        "",
    );
    check("an answer cut off by a fault may have gone on", "pd; server_no_context_takeover -> pd; =", "!");
}

/// Messages of one row.
struct Row {
    talk: Conversation,
}

impl Row {
    fn new(negotiation: &str) -> Self {
        Self { talk: connected(negotiation) }
    }

    /// A compressed message, as binary: its bytes are free.
    fn message(mut self, side: Side, payload: &[u8]) -> Self {
        self.talk.send(side, Frame::binary(payload).rsv(4));
        self
    }

    fn client(self, payload: &[u8]) -> Self {
        self.message(Client, payload)
    }

    fn server(self, payload: &[u8]) -> Self {
        self.message(Server, payload)
    }

    fn frame(mut self, side: Side, frame: Frame) -> Self {
        self.talk.send(side, frame);
        self
    }

    #[track_caller]
    fn finds(mut self, clause: &str, expected: &str) {
        acts(&mut self.talk, CLOSE);
        assert_eq!(found(&self.talk), expected, "{clause}");
        let reports = analyse(&self.talk.packets());
        // Whatever was agreed, a message that inflates is shown.
        let shown = reports[0].frames.iter().filter(|frame| frame.compressed && frame.header.fin);
        let blind = shown.filter(|frame| !frame.inflated).count();
        assert!(blind == 0 || expected.contains("PMD-INFLATE"), "{clause}: {blind} messages are not shown");
    }
}

const CNCT: &str = "pd -> pd; client_no_context_takeover";
const SNCT: &str = "pd -> pd; server_no_context_takeover";
const BOTH: &str = "pd -> pd; client_no_context_takeover; server_no_context_takeover";

fn hello() -> Vec<u8> {
    Blocks::default().fixed(&[Literals(b"Hello")]).message()
}

/// `x`, then `length` bytes from `distance` back: a distance of 1 stays in the message.
fn back(length: usize, distance: usize) -> Vec<u8> {
    Blocks::default().fixed(&[Literals(b"x"), Back(length, distance)]).message()
}

#[test]
fn context_7_1_1() {
    let row = |negotiation: &str| Row::new(negotiation);
    row(CNCT).client(&hello()).client(&back(3, 2)).finds("7.1.1.2 one byte before its start", "C PMD-CNCT");
    row(CNCT).client(&hello()).client(&back(3, 6)).finds("7.1.1.2 the byte farthest back", "C PMD-CNCT");
    row(CNCT).client(&hello()).client(&back(9, 1)).finds("7.1.1.2 its own first byte", "");
    row(CNCT).server(&hello()).server(&back(3, 2)).finds("7.1.1.2 is not about the server", "");
    row(SNCT)
        .server(&hello())
        .server(&back(3, 2))
        .finds("7.1.1.1 one byte before its start", "S PMD-SNCT-USE");
    row(SNCT).server(&hello()).server(&back(9, 1)).finds("7.1.1.1 its own first byte", "");
    row(SNCT).client(&hello()).client(&back(3, 2)).finds("7.1.1.1 is not about the client", "");
    let hint = "pd; client_no_context_takeover -> pd";
    row(hint).client(&hello()).client(&back(3, 2)).finds("7.1.1.2 in the offer alone it is a hint", "");
    row("pd -> pd").client(&hello()).client(&back(3, 2)).finds("7.1.1 not agreed", "");
    row(BOTH)
        .client(&hello())
        .server(&hello())
        .client(&back(3, 2))
        .server(&back(3, 2))
        .finds("7.1.1 both", "C PMD-CNCT, S PMD-SNCT-USE");
    row(BOTH)
        .client(&hello())
        .server(&back(3, 2))
        .finds("no message before: nothing to refer to", "S PMD-INFLATE");
    row(CNCT).client(&hello()).client(&hello()).client(&back(3, 9)).finds("two messages back", "C PMD-CNCT");
    row(CNCT).client(&hello()).client(&back(3, 7)).finds("farther than all before", "C PMD-INFLATE");

    let (whole, first) = (back(3, 2), Frame::binary(&back(3, 2)[..1]).rsv(4).not_final());
    row(CNCT)
        .client(&hello())
        .frame(Client, first)
        .frame(Client, Frame::ping("between"))
        .frame(Client, Frame::continuation(&whole[1..]))
        .finds("fragments", "C PMD-CNCT");
    let across = Blocks::default().fixed(&[Literals(b"Hello"), Back(5, 5)]).message();
    row(CNCT)
        .client(&hello())
        .frame(Client, Frame::binary(&across[..6]).rsv(4).not_final())
        .frame(Client, Frame::continuation(&across[6..]))
        .finds("from fragment to fragment", "");
    row("pd -> pd")
        .client(&hello())
        .frame(Client, Frame::binary("plain"))
        .client(&back(5, 6))
        .finds("a plain message stays out of the window", "");
    row(CNCT)
        .client(&hello())
        .frame(Client, Frame::binary("plain"))
        .client(&back(5, 6))
        .finds("a plain message stays out of the window, but the one before was kept", "C PMD-CNCT");
    let stream = Blocks::default().last_stored(b"end of a stream");
    row(CNCT)
        .client(&stream.clone().bytes())
        .client(&back(3, 2))
        .finds("7.2.3.4 a final block does not empty the window", "C PMD-CNCT, C note PMD-BFINAL");
    let both = stream.fixed(&[Literals(b"x"), Back(3, 16)]).message();
    row(CNCT)
        .client(&hello())
        .client(&both)
        .finds("7.2.3.4 across a final block, inside the message", "C note PMD-BFINAL");
    row(CNCT)
        .client(&hello())
        .client(&[7])
        .client(&hello())
        .finds("what does not inflate says nothing of its references", "C PMD-INFLATE");
    row(CNCT)
        .client(&hello())
        .client(&[back(3, 2), vec![7]].concat())
        .finds("nor does what breaks off later", "C PMD-INFLATE");
}

#[test]
fn window_7_1_2() {
    for bits in 8..=14_usize {
        let window = 1 << bits;
        let agreed = format!("pd; client_max_window_bits -> pd; client_max_window_bits={bits}");
        let limited = format!("pd -> pd; server_max_window_bits={bits}");
        let message = |distance: usize| {
            let data = vec![b'a'; window + 7];
            Blocks::default().stored(&data).fixed(&[Literals(b"b"), Back(8, distance)]).message()
        };
        let row = |negotiation: &str| Row::new(negotiation);
        row(&agreed).client(&message(window)).finds("7.1.2.2 the whole window", "");
        row(&agreed).client(&message(window + 1)).finds("7.1.2.2 one byte more", "C PMD-WINDOW");
        row(&agreed).server(&message(window + 1)).finds("7.1.2.2 is not about the server", "");
        row(&limited).server(&message(window)).finds("7.1.2.1 the whole window", "");
        row(&limited).server(&message(window + 1)).finds("7.1.2.1 one byte more", "S PMD-WINDOW");
        row(&limited).client(&message(window + 1)).finds("7.1.2.1 is not about the client", "");
        let hint = format!("pd; client_max_window_bits={bits} -> pd");
        row(&hint).client(&message(window + 1)).finds("7.1.2.2 in the offer alone it is a hint", "");
    }
    let far = Blocks::default().stored(&[b'a'; 32768]).fixed(&[Back(8, 32768)]).message();
    Row::new("pd; client_max_window_bits -> pd; client_max_window_bits=15")
        .client(&far)
        .finds("7.1.2.2 no window is larger than 15 bits", "");

    let agreed = "pd; client_max_window_bits -> pd; client_max_window_bits=8";
    let fill = Blocks::default().stored(&[b'a'; 254]).message();
    Row::new(agreed).client(&hello()).client(&fill).client(&back(3, 256)).finds("over messages", "");
    Row::new(agreed)
        .client(&hello())
        .client(&fill)
        .client(&back(3, 257))
        .finds("over messages", "C PMD-WINDOW");
    let both = "pd; client_max_window_bits -> pd; client_max_window_bits=8; client_no_context_takeover";
    Row::new(both)
        .client(&hello())
        .client(&back(3, 2))
        .finds("in the window, before the message", "C PMD-CNCT");
    let far = |distance| Blocks::default().stored(&[b'a'; 300]).fixed(&[Back(3, distance)]).message();
    Row::new(both).client(&hello()).client(&far(300)).finds("beyond it, in the message", "C PMD-WINDOW");
    Row::new(both).client(&hello()).client(&far(301)).finds("both", "C PMD-CNCT, C PMD-WINDOW");
    Row::new("pd -> pd; client_max_window_bits=8")
        .client(&far(300))
        .finds("7.1.2.2 what was not asked for was not agreed", "C HS-NOT-FAILED, S PMD-CMWB-UNASKED");
    Row::new(agreed).client(&[far(300), vec![7]].concat()).finds("what does not inflate", "C PMD-INFLATE");
}

#[test]
fn tail_7_2_1() {
    let tail = |blocks: Blocks| blocks.stored(b"").bytes();
    let plain = || Blocks::default().fixed(&[Literals(b"Hello")]);
    for negotiation in ["pd -> pd", BOTH, "pd -> pd; server_max_window_bits=9"] {
        let row = || Row::new(negotiation);
        row().client(&tail(plain())).finds("the end left on", "C PMD-TAIL");
        row().server(&tail(plain())).server(&hello()).finds("the end left on, then taken off", "S PMD-TAIL");
        row().server(&tail(plain().stored(b""))).finds("two of them", "S PMD-TAIL");
        row().server(&plain().stored(b"").message()).finds("an empty block, then the one cut short", "");
        row().server(&Blocks::default().message()).finds("7.2.3.6 empty", "");
        row().server(&tail(Blocks::default())).finds("7.2.3.6 empty, the end left on", "S PMD-TAIL");
        let alike = || Blocks::default().stored(b"ends in\0\0\xff\xff");
        row().server(&alike().message()).finds("data that looks like it", "");
        row().server(&alike().bytes()).finds("data that looks like it, and nothing behind", "S PMD-INFLATE");
        let last = Blocks::default().last_stored(b"ends in\0\0\xff\xff").bytes();
        row().server(&last).finds("7.2.3.4 in a final block", "S note PMD-BFINAL");
        row().frame(Server, Frame::binary(&b"\0\0\0\xff\xff"[..])).finds("a plain message", "");
        let flushed = plain().stored(b"").bytes();
        row()
            .frame(Server, Frame::binary(&flushed[..]).rsv(4).not_final())
            .frame(Server, Frame::continuation(hello()))
            .finds("a fragment may end so", "");
        row()
            .frame(Server, Frame::binary(&flushed[..]).rsv(4).not_final())
            .frame(Server, Frame::continuation([]))
            .finds("the last one, empty, makes it the end", "S PMD-TAIL");
    }
    Row::new("pd -> pd")
        .client(&tail(plain()))
        .client(&back(3, 2))
        .finds("the window goes on behind it", "C PMD-TAIL");
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
        let mut row = Row::new(&format!("pd; client_max_window_bits -> pd; {who}_max_window_bits={bits}{keeps}"));
        let all = text(&mut rng, lengths.iter().sum());
        let mut sender = Sender::new(level, bits);
        let mut at = 0;
        for length in lengths {
            if !takeover {
                sender = Sender::new(level, bits);
            }
            row = row.message(side, &sender.message(&all[at..at + length]));
            at += length;
        }
        row.finds("", "");
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
        let mut row = Row::new(&format!("pd -> pd; server_max_window_bits={bits}"));
        if halves {
            row = row.server(&sender.message(&once)).server(&sender.message(&once));
        } else {
            row = row.server(&sender.message(&once.repeat(2)));
        }
        row.finds("", "S PMD-WINDOW");
    }
}
