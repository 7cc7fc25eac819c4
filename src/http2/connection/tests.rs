use super::*;
use crate::http2::frame::PREFACE;
use crate::http2::{Field, Remake, Rewrite};
use crate::model::{Http2Error, PacketNo};

const CAPS: Caps =
    Caps { streams: 4, block_bytes: 256, list_bytes: 4096, table_bytes: 4096, early_bytes: 1024 };

/// What both sides send, and what is told of it.
struct Story {
    http2: Http2,
    /// The same connection, made anew.
    remade: (Remake, Http2, Vec<String>),
    sent: PerDirection<u64>,
    packet: u64,
    log: Vec<String>,
}

const C: Direction = Direction::Orig;
const S: Direction = Direction::Resp;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A block of literals that no table takes.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let string = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], string(name), string(value)].concat()).collect()
}

fn connect(stream: u8) -> Vec<u8> {
    frame(1, 4, stream, &block(&[(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/chat")]))
}

fn ok(stream: u8) -> Vec<u8> {
    frame(1, 4, stream, &block(&[(":status", "200")]))
}

impl Story {
    fn new() -> Self {
        let mut story = Self::of(|| Http2::new(C, CAPS));
        story.send(C, PREFACE);
        story
    }

    fn of(http2: impl Fn() -> Http2) -> Self {
        let remade = (Remake::new(CAPS), http2(), Vec::new());
        Self { http2: http2(), remade, sent: PerDirection::default(), packet: 0, log: Vec::new() }
    }

    fn carrier(&mut self, dir: Direction) -> Carrier {
        self.packet += 1;
        Carrier { packet: PacketNo(self.packet), at: None, acked: Some(self.sent[dir.flip()]) }
    }

    fn push(&mut self, event: &StreamEvent<'_>) {
        let Self { http2, log, remade: (remake, other, other_log), .. } = self;
        http2.push(event, &mut |stream, step| log.push(format!("{stream} {}", told(&step))));
        remake.push(event, &mut Same, &mut |event| {
            other.push(&event, &mut |stream, step| other_log.push(format!("{stream} {}", told(&step))));
        });
    }

    /// In a segment that acknowledges all that the other side has sent.
    fn send(&mut self, dir: Direction, bytes: &[u8]) {
        let carrier = self.carrier(dir);
        let offset = self.sent[dir];
        self.sent[dir] += bytes.len() as u64;
        self.push(&StreamEvent::Data { dir, offset, bytes, carrier });
    }

    fn lose(&mut self, dir: Direction, len: u64) {
        let carrier = self.carrier(dir);
        let offset = self.sent[dir];
        self.sent[dir] += len;
        self.push(&StreamEvent::Gap { dir, offset, len, cause: GapCause::NotCaptured, carrier });
    }

    fn end(&mut self, dir: Direction, how: StreamEnd) {
        let carrier = Some(self.carrier(dir));
        self.push(&StreamEvent::End { dir, how, carrier });
    }

    fn forget(&mut self) {
        self.log.clear();
        self.remade.2.clear();
    }

    #[track_caller]
    fn tells(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.log), expected);
        assert_eq!(std::mem::take(&mut self.remade.2), expected, "made anew");
    }
}

/// Leaves all as it was.
struct Same;

impl Rewrite for Same {
    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field> {
        fields
    }

    fn content(&mut self, _: u32, _: Direction, _: u64, _: &mut [u8]) {}

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }
}

fn told(step: &Step<'_>) -> String {
    let who = |dir: Direction| if dir == C { "C" } else { "S" };
    let value = |field: &Field| {
        let text = |part: &Option<std::sync::Arc<[u8]>>| {
            part.as_ref().map_or("?".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        format!("{}={}", text(&field.name), text(&field.value))
    };
    match step {
        Step::Request { fields, .. } => {
            format!("request {}", fields.iter().map(value).collect::<Vec<_>>().join(" "))
        }
        Step::Response { status, .. } => format!("response {status:?}"),
        Step::Event(event) => match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                let acked = carrier.acked.map_or(String::new(), |acked| format!(" had {acked}"));
                format!("{} {offset}: {}{acked}", who(dir), String::from_utf8_lossy(bytes))
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                let unknown = if len >= UNKNOWN_GAP { " or fewer" } else { "" };
                format!("{} {offset}: {}{unknown} missing", who(dir), crate::http2::at_least_missing(len))
            }
            StreamEvent::Acked { dir, offset, .. } => format!("{} acked to {offset}", who(dir)),
            StreamEvent::End { dir, how, .. } => format!("{} ends {}", who(dir), how.name()),
            StreamEvent::Conflict { .. } => "conflict".to_owned(),
        },
    }
}

#[test]
fn a_stream_is_told_as_a_connection() {
    let mut story = Story::new();
    story.send(S, &frame(4, 0, 0, &[0, 8, 0, 0, 0, 1]));
    story.send(C, &connect(1));
    story.tells(&["1 request :method=CONNECT :protocol=websocket :path=/chat"]);
    story.send(S, &ok(1));
    story.tells(&["1 response Some(200)"]);
    story.send(C, &frame(0, 0, 1, b"abc"));
    story.tells(&["1 S acked to 1", "1 C 1: abc had 1"]);
    story.send(S, &frame(0, 0, 1, b"xy"));
    story.tells(&["1 C acked to 4", "1 S 1: xy had 4"]);
    story.send(C, &frame(0, 1, 1, b"d"));
    story.tells(&["1 S acked to 3", "1 C 4: d had 3", "1 C ends end_stream"]);
    story.send(S, &frame(0, 1, 1, b""));
    story.tells(&["1 C acked to 6", "1 S ends end_stream"]);
    let facts = story.http2.take(1).expect("a stream");
    assert_eq!(facts.was_invited, Some(true));
    let endings: Vec<_> = facts.endings.iter().map(|end| (end.dir, end.how, end.carrier.acked)).collect();
    assert_eq!(endings, [(C, How::EndStream, Some(3)), (S, How::EndStream, Some(6))]);
}

#[test]
fn what_else_there_is_is_counted() {
    let mut story = Story::new();
    story.send(C, &frame(1, 5, 1, &block(&[(":method", "GET"), (":path", "/")])));
    story.send(C, &frame(1, 4, 3, &block(&[(":method", "CONNECT"), (":authority", "a:443")])));
    story.send(C, &frame(1, 4, 5, &block(&[(":method", "CONNECT"), (":protocol", "connect-udp")])));
    story.send(S, &[ok(1), frame(0, 0, 1, b"\x81\x02hi"), frame(0x0b, 9, 3, b"grease")].concat());
    story.send(S, &frame(5, 4, 1, &[&[0, 0, 0, 2], block(&[(":method", "GET")]).as_slice()].concat()));
    story.tells(&[]);
    let counts = story.http2.counts();
    assert_eq!((counts.requests, counts.tunnels, counts.other_protocols, counts.pushed), (1, 1, 1, 1));
}

#[test]
fn early_data_waits_for_the_response() {
    let mut story = Story::new();
    story.send(C, &[connect(1), frame(0, 0, 1, b"early")].concat());
    story.send(S, &frame(1, 4, 1, &block(&[(":status", "103")])));
    story.forget();
    story.send(S, &ok(1));
    story.tells(&["1 response Some(200)", "1 C 1: early had 0"]);
    assert_eq!(story.http2.counts().informational, 1);
    // Behind a refusal it is nothing, and so is the body of that.
    story.send(C, &[connect(3), frame(0, 0, 3, b"early")].concat());
    story.send(S, &[frame(1, 4, 3, &block(&[(":status", "403")])), frame(0, 1, 3, b"no")].concat());
    let said: Vec<_> = story.log.iter().filter(|line| line.starts_with('3')).cloned().collect();
    assert_eq!(
        said,
        [
            "3 request :method=CONNECT :protocol=websocket :path=/chat",
            "3 response Some(403)",
            "3 S ends end_stream"
        ]
    );
}

#[test]
fn an_end_behind_early_data_waits_with_it() {
    let refusal = frame(1, 4, 1, &block(&[(":status", "403")]));
    let reset = frame(3, 0, 1, &[0, 0, 0, 7]);
    for (answer, expected) in [
        (ok(1), &["1 response Some(200)", "1 C 1: early had 0", "1 C ends end_stream"][..]),
        // Where no response accepts what came early, the end comes without.
        (refusal, &["1 response Some(403)", "1 C ends end_stream"]),
        (reset, &["1 C ends end_stream", "1 S ends rst_stream"]),
        (Vec::new(), &["1 C ends end_stream", "1 S ends fin"]),
    ] {
        let mut story = Story::new();
        story.send(C, &[connect(1), frame(0, 1, 1, b"early")].concat());
        story.tells(&["1 request :method=CONNECT :protocol=websocket :path=/chat"]);
        if answer.is_empty() {
            story.end(S, StreamEnd::Fin);
        } else {
            story.send(S, &answer);
        }
        story.log.retain(|line| !line.contains("acked"));
        story.tells(expected);
    }
}

#[test]
fn data_behind_the_end_of_its_stream_is_left_out() {
    for is_whole in [true, false] {
        let mut story = if is_whole { Story::new() } else { Story::of(|| Http2::mid_stream(CAPS)) };
        if is_whole {
            story.send(C, &connect(1));
            story.send(S, &ok(1));
        }
        story.forget();
        story.send(S, &frame(0, 1, 1, b"last"));
        story.send(S, &[frame(0, 0, 1, b"more"), frame(0, 1, 1, b"and more")].concat());
        story.send(S, &frame(3, 0, 1, &[0, 0, 0, 7]));
        story.send(S, &frame(0, 0, 1, b"!"));
        story.log.retain(|line| !line.contains("acked"));
        let before = u8::from(is_whole);
        story.tells(&[&format!("1 S {before}: last had {before}"), "1 S ends end_stream"]);
        assert_eq!(story.http2.counts().bytes_after_end, 13);
    }
}

#[test]
fn early_data_beyond_the_cap_is_a_hole() {
    let mut story = Story::new();
    story.send(
        C,
        &[connect(1), frame(0, 0, 1, &[b'a'; 200]).repeat(2), frame(0, 0, 1, b"a").repeat(100)].concat(),
    );
    story.forget();
    story.send(S, &ok(1));
    let dropped = story.http2.counts().early_bytes_dropped;
    assert!((80..100).contains(&dropped), "{dropped}");
    assert_eq!(story.log.last(), Some(&format!("1 C {}: {dropped} missing", 501 - dropped)));
}

/// A byte of a block can stand for a field of any length; what heads take of memory is bound to what was sent.
#[test]
fn fields_that_too_few_bytes_stand_for_are_left_out() {
    let mut story = Story::of(|| Http2::new(C, Caps { list_bytes: 1 << 20, block_bytes: 1 << 20, ..CAPS }));
    let long = [&[0x40, 1, b'a', 0x7f, 0x82, 0x1e][..], &[b'v'; 3_969]].concat();
    let head = |block: &[u8], stream: u8| {
        [&(block.len() as u32).to_be_bytes()[1..], &[1, 4, 0, 0, 0, stream], block].concat()
    };
    story.send(C, &[PREFACE, &head(&long, 1)].concat());
    let asks = block(&[(":method", "CONNECT"), (":protocol", "websocket")]);
    let request = [&asks[..], &[0xbe; 250]].concat();
    for n in 1..=6 {
        story.send(C, &[head(&request, 2 * n + 1), frame(3, 0, 2 * n + 1, &[0; 4])].concat());
        story.http2.take(u32::from(2 * n + 1));
    }
    let fields: Vec<_> = story
        .log
        .iter()
        .filter(|line| line.contains("request"))
        .map(|line| line.matches('=').count())
        .collect();
    assert_eq!(fields[..4], [252; 4]);
    assert!(fields[4] < 252 && fields[5] < 10, "{fields:?}");
    assert!(
        story.log.iter().rfind(|line| line.contains("request")).is_some_and(|line| line.ends_with("?=?"))
    );
    assert_eq!(story.http2.counts().fields_left_out, 6 * 252 - (fields.iter().sum::<usize>() - 2) as u64);
}

/// What a SETTINGS changes holds for streams that are open, too.
#[test]
fn windows_go_by_the_last_settings() {
    let mut story = Story::new();
    story.send(S, &frame(4, 0, 0, &[0, 4, 0, 0, 0, 10]));
    story.send(C, &[connect(1), connect(3)].concat());
    story.send(S, &[ok(1), ok(3)].concat());
    story.send(C, &[frame(0, 0, 1, b"0123456789"), frame(0, 0, 3, b"0123456789")].concat());
    story.send(S, &frame(8, 0, 3, &[0, 0, 0, 5]));
    assert_eq!(story.http2.take(3).map(|facts| facts.stalled.orig), Some(false));
    story.send(S, &frame(4, 0, 0, &[0, 4, 0, 0, 0, 11]));
    assert_eq!(story.http2.take(1).map(|facts| facts.stalled.orig), Some(false));
    story.send(C, &[connect(5), frame(0, 0, 5, b"0123456789")].concat());
    story.send(S, &frame(4, 0, 0, &[0, 4, 0, 0, 0, 9]));
    assert_eq!(story.http2.take(5).map(|facts| facts.stalled.orig), Some(true));
}

/// A stream that has lost nobody knows how much loses no more until something comes of it.
#[test]
fn what_is_lost_again_and_again_is_told_once() {
    let mut story = Story::new();
    story.send(C, &[connect(1), connect(3)].concat());
    story.send(S, &[ok(1), ok(3)].concat());
    story.forget();
    let known = [frame(0, 0, 3, b"hi"), frame(6, 0, 0, &[0; 8])].concat();
    for _ in 0..3 {
        story.lose(C, 20);
        story.send(C, &known);
    }
    let missing: Vec<_> =
        story.log.iter().filter(|line| line.contains("missing")).map(|line| &line[..1]).collect();
    assert_eq!(missing, ["1", "3", "3", "3"]);
}

#[test]
fn what_streams_hold_is_let_go_with_them() {
    let mut story = Story::new();
    let before = story.http2.held();
    story.send(C, &[connect(1), frame(0, 0, 1, b"early"), connect(3)].concat());
    assert!(story.http2.held() > before + 2 * size_of::<Stream>());
    story.send(S, &ok(1));
    story.http2.take(1);
    story.http2.pass_over(3);
    assert_eq!(story.http2.held, 0);
}

#[test]
fn of_several_goaways_the_one_that_says_more() {
    let going = |of: &[(u32, u32)]| {
        let mut story = Story::new();
        story.send(C, &connect(1));
        for (last, error) in of {
            story.send(S, &frame(7, 0, 0, &[last.to_be_bytes(), error.to_be_bytes()].concat()));
        }
        let going = story.http2.take(1).and_then(|facts| facts.going.resp).expect("a GOAWAY");
        (going.last_stream, going.error.0, going.carrier.packet.0 - 2)
    };
    // A server that drains; one that says it twice; one that fails, and then ends the connection as usual.
    assert_eq!(going(&[(0x7fff_ffff, 0), (5, 0)]), (5, 0, 2));
    assert_eq!(going(&[(5, 0), (5, 0), (7, 0)]), (5, 0, 1));
    assert_eq!(going(&[(5, 2), (5, 0)]), (5, 2, 1));
    assert_eq!(going(&[(5, 0), (5, 11)]), (5, 11, 2));
}

#[test]
fn resets_and_the_end_of_tcp() {
    let mut story = Story::new();
    story.send(C, &[connect(1), connect(3), connect(5)].concat());
    story.send(S, &[ok(1), ok(3), ok(5)].concat());
    story.forget();
    story.send(C, &frame(3, 0, 1, &[0, 0, 0, 8]));
    story.send(S, &frame(3, 0, 1, &[0, 0, 0, 0]));
    story.send(S, &frame(0, 1, 3, b""));
    story.end(S, StreamEnd::Fin);
    story.end(C, StreamEnd::Rst);
    let ends: Vec<_> = story.log.iter().filter(|line| line.contains("ends")).cloned().collect();
    assert_eq!(
        ends,
        [
            "1 C ends rst_stream",
            "1 S ends rst_stream",
            "3 S ends end_stream",
            "5 S ends fin",
            "3 C ends rst",
            "5 C ends rst"
        ]
    );
    let first = story.http2.take(1).expect("a stream");
    let codes: Vec<_> = first.endings.iter().map(|end| end.how).collect();
    assert_eq!(codes, [How::RstStream(Some(Http2Error::CANCEL)), How::RstStream(Some(Http2Error::NO_ERROR))]);
}

#[test]
fn a_long_block_costs_its_table() {
    let mut story = Story::new();
    let mut flood = frame(1, 0, 1, &block(&[(":method", "CONNECT")]));
    for _ in 0..100 {
        flood.extend(frame(9, 0, 1, &[0x82; 100]));
    }
    flood.extend(frame(9, 4, 1, b""));
    story.send(C, &flood);
    story.send(C, &connect(3));
    story.tells(&["3 request :method=CONNECT :protocol=websocket :path=/chat"]);
    assert_eq!((story.http2.counts().blocks_too_long, story.http2.counts().blocks_unread), (1, 0));
    assert!(story.http2.held() < 4096);
}

#[test]
fn streams_have_a_cap() {
    let mut story = Story::new();
    for stream in 0..20 {
        story.send(C, &connect(2 * stream + 1));
    }
    assert_eq!((story.log.len(), story.http2.counts().streams_not_followed), (4, 16));
}

#[test]
fn a_hole_in_one_stream_is_of_that_stream() {
    let mut story = Story::new();
    story.send(C, &[connect(1), connect(3)].concat());
    story.send(S, &[ok(1), ok(3)].concat());
    let data = frame(0, 0, 1, b"abcdefgh");
    story.send(C, &data[..11]);
    story.forget();
    story.lose(C, 3);
    story.send(C, &[&data[14..], &frame(0, 0, 3, b"hi")].concat());
    story.tells(&["1 C 3: 3 missing", "1 C 6: fgh had 1", "3 C 1: hi had 1"]);
}

#[test]
fn a_hole_over_a_header_may_be_of_any() {
    let mut story = Story::new();
    story.send(C, &[connect(1), connect(3)].concat());
    story.send(S, &[ok(1), ok(3)].concat());
    let whole =
        [frame(0, 0, 1, b"abcd"), frame(0, 0, 3, b"efgh"), frame(0, 0, 1, b"ij"), frame(0, 0, 3, b"kl")]
            .concat();
    story.forget();
    story.send(C, &whole[..11]);
    story.lose(C, 20);
    story.send(C, &whole[31..]);
    story.send(C, &frame(6, 0, 0, &[0; 8]));
    let said: Vec<_> = story.log.iter().filter(|line| !line.contains("acked")).cloned().collect();
    assert_eq!(
        said,
        [
            "1 C 1: ab had 1",
            "1 C 3: 20 or fewer missing",
            "3 C 1: 20 or fewer missing",
            "3 C 1099511627797: kl had 1"
        ]
    );
}

#[test]
fn from_the_middle_streams_are_picked_up() {
    let mut story = Story::of(|| Http2::mid_stream(CAPS));
    story.send(C, &[frame(6, 0, 0, &[0; 8]), frame(0, 0, 5, b"hi"), frame(0, 0, 5, b"yo")].concat());
    let said: Vec<_> = story.log.iter().filter(|line| !line.contains("acked")).cloned().collect();
    assert_eq!(said, ["5 C 0: hi had 0", "5 C 2: yo had 0"]);
}

#[test]
fn a_window_that_is_shut() {
    let mut story = Story::new();
    story.send(C, &frame(4, 0, 0, &[0, 4, 0, 0, 0, 4]));
    story.send(C, &connect(1));
    story.send(S, &[ok(1), frame(0, 0, 1, b"abcd")].concat());
    assert!(story.http2.take(1).expect("a stream").stalled.resp);
    story.send(C, &connect(3));
    story.send(S, &[ok(3), frame(0, 0, 3, b"abcd")].concat());
    story.send(C, &frame(8, 0, 3, &[0, 0, 0, 9]));
    assert!(!story.http2.take(3).expect("a stream").stalled.resp);
}

#[test]
fn a_goaway() {
    let mut story = Story::new();
    story.send(C, &connect(1));
    story.send(
        S,
        &[ok(1), frame(7, 0, 0, b"\x7f\xff\xff\xff\0\0\0\0"), frame(7, 0, 0, b"\0\0\0\x01\0\0\0\x0bbye")]
            .concat(),
    );
    let going = story.http2.take(1).expect("a stream").going.resp.expect("a GOAWAY");
    assert_eq!(
        (going.last_stream, going.error, going.debug.as_slice()),
        (1, Http2Error::ENHANCE_YOUR_CALM, &b"bye"[..])
    );
}

#[test]
fn streams_that_are_over_are_counted_until_they_are_taken() {
    let mut story = Story::new();
    story.send(C, &[connect(1), connect(3), connect(5)].concat());
    story.send(
        S,
        &[ok(1), ok(3), ok(5), frame(0, 1, 1, b""), frame(3, 0, 3, &[0; 4]), frame(3, 0, 3, &[0; 4])]
            .concat(),
    );
    assert_eq!(story.http2.count_over(), 1);
    story.send(C, &[frame(0, 1, 1, b""), frame(3, 0, 3, &[0; 4])].concat());
    assert_eq!((story.http2.count_over(), story.http2.over().collect::<Vec<_>>()), (2, vec![1, 3]));
    let _ = (story.http2.take(1), story.http2.take(3));
    assert_eq!(story.http2.count_over(), 0);
    story.end(S, StreamEnd::Fin);
    story.end(C, StreamEnd::Fin);
    assert_eq!(story.http2.count_over(), 1);
}

#[test]
fn a_server_may_begin_with_any_frame() {
    let mut story = Story::new();
    story.send(C, &connect(1));
    // A flag that there is not.
    story.send(S, &frame(5, 5, 5, &[0, 0, 0, 6, 0x80]));
    story.send(S, &ok(1));
    story.tells(&["1 request :method=CONNECT :protocol=websocket :path=/chat", "1 response Some(200)"]);
}

#[test]
fn nothing_is_told_behind_the_end_of_a_direction() {
    for flags in [0, 1] {
        let mut story = Story::new();
        story.send(C, &connect(1));
        story.send(C, &frame(0, flags, 1, b"early"));
        story.end(C, StreamEnd::Fin);
        let how = if flags == 1 { "end_stream" } else { "fin" };
        story.tells(&[
            "1 request :method=CONNECT :protocol=websocket :path=/chat",
            &format!("1 C ends {how}"),
        ]);
        story.send(S, &ok(1));
        story.tells(&["1 response Some(200)"]);
        assert_eq!(story.http2.counts().early_bytes_dropped, 5);
    }
}
