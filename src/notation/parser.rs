//! Words to acts. Everything is looked at where it stands in the text, so that an error can say where.

use super::NotationError;
use super::blocks::Blocks;
use super::frames::Frames;
use super::heads::{CONNECTIONS, Heads};
use super::hex::{bytes, is_byte};
use crate::model::{Act, Deed, Exchange, Opcode, Role};

/// What is written short, and who closes or fails first, with which code unless another is given.
const SHORT: [(&str, Role, u16); 3] =
    [("CLOSE", Role::Client, 1000), ("FAIL", Role::Server, 1002), ("FAILED", Role::Client, 1002)];

/// Reads an exchange.
///
/// # Errors
/// Where something stands that is no part of one.
pub fn parse(text: &str) -> Result<Exchange, NotationError> {
    let mut parser = Parser { text, frames: Frames::default(), exchange: Exchange::default() };
    for part in text.split('|') {
        parser.part(part.trim())?;
    }
    Ok(parser.exchange)
}

struct Parser<'a> {
    text: &'a str,
    frames: Frames,
    exchange: Exchange,
}

type Parsed<T> = Result<T, NotationError>;

impl<'a> Parser<'a> {
    /// What stands between two bars.
    fn part(&mut self, part: &'a str) -> Parsed<()> {
        if let Some(act) = self.act(part)? {
            self.exchange.acts.push(act);
            return Ok(());
        }
        let (word, rest) = first_word(part);
        if let Some(short) = SHORT.iter().find(|short| short.0 == word) {
            return self.short(short.1, if rest.is_empty() { short.2 } else { self.number(rest, CODE)? });
        }
        if let Some(times) = word.strip_suffix('x').and_then(|times| times.parse::<u16>().ok()) {
            for _ in 0..times {
                let act = self.act(rest)?.ok_or_else(|| self.error(rest, SIDE))?;
                self.exchange.acts.push(act);
            }
            return Ok(());
        }
        self.setting(part, word, rest)
    }

    /// What is agreed before the first act.
    fn setting(&mut self, part: &'a str, word: &'a str, rest: &'a str) -> Parsed<()> {
        if !self.exchange.acts.is_empty() {
            return Err(self.error(word_of(part), SIDE));
        }
        match word {
            "deflate" if rest.is_empty() => {
                self.extensions("pd; client_max_window_bits", "pd");
            }
            "offers" => {
                let (offers, taken) = rest
                    .split_once("->")
                    .ok_or_else(|| self.error(rest, "what is offered -> what is taken"))?;
                self.extensions(offers, taken);
            }
            "port" => self.exchange.port = Some(self.number(rest, "a port")?),
            "strangers" if rest.is_empty() => self.exchange.strangers = true,
            _ => return Err(self.error(word_of(part), "a setting, C: or S:")),
        }
        Ok(())
    }

    fn extensions(&mut self, offers: &str, taken: &str) {
        let fields = |list: &str| {
            let fields = list.split(" & ").map(str::trim).filter(|field| *field != "none");
            fields.map(|field| field.replace("pd", "permessage-deflate")).collect()
        };
        (self.exchange.offered, self.exchange.taken) = (fields(offers), fields(taken));
    }

    /// Both Closes, and the end of TCP.
    fn short(&mut self, first: Role, code: u16) -> Parsed<()> {
        for from in [first, first.peer()] {
            let wire = self.frames.frame(from, Opcode::CLOSE, &code.to_be_bytes());
            self.done(from, sent(wire));
        }
        self.done(Role::Server, Deed::Fin);
        self.done(Role::Client, Deed::Fin);
        Ok(())
    }

    fn done(&mut self, from: Role, what: Deed) {
        self.exchange.acts.push(Act { connection: 1, from, what, joined: false, uncaptured: false });
    }

    /// One act; `None` where no side stands before it.
    fn act(&mut self, part: &'a str) -> Parsed<Option<Act>> {
        let Some((side, mut what)) = part.split_once(':') else { return Ok(None) };
        let (from, number) = match (side.strip_prefix('C'), side.strip_prefix('S')) {
            (Some(number), _) => (Role::Client, number),
            (_, Some(number)) => (Role::Server, number),
            _ => return Ok(None),
        };
        let connection = match number {
            "" => 1,
            _ => number
                .parse()
                .ok()
                .filter(|n| (2..=CONNECTIONS).contains(&usize::from(*n)))
                .ok_or_else(|| self.error(side, "C, S, or one of them with 2 to 9"))?,
        };
        let (mut joined, mut uncaptured) = (false, false);
        loop {
            what = what.trim();
            match first_word(what) {
                ("with", rest) => (joined, what) = (true, rest),
                ("uncaptured", rest) => (uncaptured, what) = (true, rest),
                _ => break,
            }
        }
        let deed = self.deed(from, connection, what)?;
        if joined && !matches!(deed, Deed::Bytes { .. } | Deed::Head(_)) {
            return Err(self.error(what, "bytes that share a segment"));
        }
        Ok(Some(Act { connection, from, what: deed, joined, uncaptured }))
    }

    fn deed(&mut self, from: Role, connection: u8, what: &'a str) -> Parsed<Deed> {
        let (verb, rest) = first_word(what);
        let heads = Heads::of(connection);
        let alone =
            |deed| if rest.is_empty() { Ok(deed) } else { Err(self.error(rest, "the end of the act")) };
        let head = |head: Result<String, &'a str>| match head {
            Ok(head) => Ok(Deed::Head(head)),
            Err(at) => Err(self.error(at, r"\t, \r, \n, \0 or \\")),
        };
        let opcode = match verb {
            "fin" => return alone(Deed::Fin),
            "rst" => return alone(Deed::Rst),
            "bare-rst" => return alone(Deed::BareRst),
            "foreign-rst" => return alone(Deed::ForeignRst),
            "refuse" if from == Role::Server => return alone(Deed::Refuse),
            "shut" => return alone(Deed::Shut),
            "open" => return alone(Deed::Open),
            "ack" => return alone(Deed::Ack),
            "again" => return alone(Deed::Again),
            "probe" => return alone(Deed::Probe),
            "hold" => return alone(Deed::Hold),
            "release" => return alone(Deed::Release),
            "late" => return Ok(Deed::Late(self.number(rest, "a number of packets")?)),
            "wait" => return Ok(Deed::Wait(self.number(rest, "a number of milliseconds")?)),
            "request" => return head(heads.request(rest)),
            "101" => return head(heads.response(rest)),
            "status" => return head(heads.refusal(rest)),
            "text" => Opcode::TEXT,
            "binary" => Opcode::BINARY,
            "ping" => Opcode::PING,
            "pong" => Opcode::PONG,
            "close" => Opcode::CLOSE,
            "raw" => return Ok(sent(self.bytes(rest)?)),
            "zip" => {
                let payload = Blocks::of(rest).map_err(|at| self.error(at, "a block of DEFLATE"))?;
                return Ok(sent(self.frames.compressed(from, &payload)));
            }
            _ if is_byte(verb) => {
                let plain = self.bytes(what)?;
                return Ok(sent(self.frames.masked(from, &plain)));
            }
            _ => return Err(self.error(word_of(what), "an act")),
        };
        let payload = match first_word(rest) {
            ("", _) => Vec::new(),
            (code, reason) if opcode == Opcode::CLOSE => {
                let code: u16 = self.number(code, CODE)?;
                [&code.to_be_bytes(), reason.as_bytes()].concat()
            }
            _ => rest.as_bytes().to_vec(),
        };
        Ok(sent(self.frames.frame(from, opcode, &payload)))
    }

    /// `81 02 61*126`.
    fn bytes(&self, hex: &'a str) -> Parsed<Vec<u8>> {
        bytes(hex).map_err(|at| self.error(at, "a byte in hex"))
    }

    fn number<T: std::str::FromStr>(&self, word: &'a str, expected: &'static str) -> Parsed<T> {
        word.parse().map_err(|_| self.error(word, expected))
    }

    /// `expected` belongs where `at` stands, which is a part of the text.
    fn error(&self, at: &str, expected: &'static str) -> NotationError {
        let offset = (at.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        NotationError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            found: at.to_owned(),
            expected,
        }
    }
}

const CODE: &str = "a close code";
const SIDE: &str = "C: or S:";

fn sent(wire: Vec<u8>) -> Deed {
    let frame = super::shown(&wire);
    Deed::Bytes { wire, frame }
}

fn first_word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or_else(|| text.split_at(text.len()))
}

fn word_of(text: &str) -> &str {
    first_word(text).0
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::model::MaskingKey;

    #[track_caller]
    fn check(script: &str, expected: &[u8]) {
        let exchange = parse(script).expect("an exchange");
        let Deed::Bytes { wire, .. } = &exchange.acts.last().expect("an act").what else {
            panic!("{script}: no bytes")
        };
        assert_eq!(wire, expected, "{script}");
    }

    /// The examples of RFC 6455 5.7.
    #[test]
    fn frames_are_those_of_the_rfc() {
        check("S: text Hello", &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        check("C: text Hello", &masked);
        check("C: 81 05 48 65 6c 6c 6f", &masked);
        check("C: raw 81 00", &[0x81, 0x00]);
        check("S: close 1000 bye", &[0x88, 0x05, 0x03, 0xe8, b'b', b'y', b'e']);
        check("S: close", &[0x88, 0x00]);
        check("S: raw 61*3 62", b"aaab");
        check("S: zip Hello", &[0xc2, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    }

    /// The first ones are those of an example that is shown; none comes again soon, nor in turn.
    #[test]
    fn keys_differ() {
        let exchange = parse("200x C: ping").expect("an exchange");
        let key = |act: &Act| match &act.what {
            Deed::Bytes { frame: Some(frame), .. } => frame.header.masking_key,
            _ => None,
        };
        let mut keys: Vec<_> = exchange.acts.iter().filter_map(key).collect();
        assert_eq!((keys.len(), keys[0]), (200, MaskingKey([0x37, 0xfa, 0x21, 0x3d])));
        keys.sort_by_key(|key| key.0);
        keys.dedup();
        assert_eq!(keys.len(), 200);
    }

    #[test]
    fn heads_are_edited() {
        let head = |script: &str| match parse(script).expect("an exchange").acts.remove(0).what {
            Deed::Head(head) => head,
            other => panic!("{other:?}"),
        };
        let request = head(r"C: request -Host & Upgrade: h2c & +X: y\tz & !GET / HTTP/1.0");
        assert!(request.starts_with("GET / HTTP/1.0\r\nUpgrade: h2c\r\nConnection"), "{request}");
        assert!(request.ends_with("\r\nX: y\tz\r\n\r\n") && !request.contains("Host"), "{request}");
        let refusal = head("S: status 426 Upgrade Required & Sec-WebSocket-Version: 13");
        assert!(refusal.starts_with("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"), "{refusal}");
        assert!(refusal.ends_with("\r\nSec-WebSocket-Version: 13\r\n\r\n"), "{refusal}");
    }

    proptest! {
        /// An exchange, or an error that points into the text.
        #[test]
        fn anything_can_be_read(words in vec(select(WORDS), 0..12)) {
            let text = words.concat();
            if let Err(error) = parse(&text) {
                prop_assert!(error.column <= text.chars().count() + 1 && text.contains(&error.found), "{error}");
            }
        }
    }

    const WORDS: &[&str] = &[
        "C: ",
        "S: ",
        "C2: ",
        "S9: ",
        " | ",
        "\n",
        "3x ",
        "CLOSE",
        "FAIL ",
        "deflate",
        "offers ",
        "->",
        " & ",
        "é",
        ":",
        "request ",
        "101 ",
        "status ",
        "-Host",
        "-GET /chat HTTP/1.1",
        "!",
        "+",
        "\\",
        "\\t",
        "with ",
        "uncaptured ",
        "zip ",
        "<3,2",
        "<0,0",
        ";",
        "stored ",
        "final ",
        "as-is",
        "raw ",
        "81 ",
        "61*9 ",
        "00*70000 ",
        "text ",
        "close ",
        "1000 ",
        "wait ",
        "late ",
        "fin",
        "shut",
        "foreign-rst",
        "refuse",
        "port ",
        "*",
    ];

    #[test]
    fn acts_of_a_host() {
        for (word, deed) in [
            ("bare-rst", Deed::BareRst),
            ("foreign-rst", Deed::ForeignRst),
            ("refuse", Deed::Refuse),
            ("shut", Deed::Shut),
            ("open", Deed::Open),
            ("wait 20", Deed::Wait(20)),
        ] {
            let exchange = parse(&format!("C: fin | S: {word}")).expect("an exchange");
            assert_eq!((exchange.acts[1].from, &exchange.acts[1].what), (Role::Server, &deed), "{word}");
        }
    }

    #[test]
    fn short_forms_stand_for_long_ones() {
        for (short, long) in [
            ("CLOSE", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
            ("CLOSE 1001", "C: close 1001 | S: close 1001 | S: fin | C: fin"),
            ("FAIL", "S: close 1002 | C: close 1002 | S: fin | C: fin"),
            ("FAILED 1007", "C: close 1007 | S: close 1007 | S: fin | C: fin"),
            ("2x C: ping a", "C: ping a | C: ping a"),
            ("deflate | C: fin", "offers pd; client_max_window_bits -> pd | C: fin"),
        ] {
            assert_eq!(parse(short), parse(long), "{short}");
        }
        let set = parse("offers pd; x=1 & y -> none | port 8080 | strangers | C2: uncaptured fin")
            .expect("an exchange");
        assert_eq!(set.offered, ["permessage-deflate; x=1", "y"]);
        assert_eq!((set.taken.len(), set.port, set.strangers), (0, Some(8080), true));
        assert_eq!((set.acts[0].connection, set.acts[0].uncaptured), (2, true));
    }

    #[test]
    fn what_is_no_exchange() {
        for (script, error) in [
            ("", "1:1: a setting, C: or S: belongs where nothing stands"),
            ("C: fin |", "1:9: C: or S: belongs where nothing stands"),
            ("X: fin", "1:1: a setting, C: or S: belongs where \"X:\" stands"),
            ("C1: fin", "1:1: C, S, or one of them with 2 to 9 belongs where \"C1\" stands"),
            ("C: fin | S9999: fin", "1:10: C, S, or one of them with 2 to 9 belongs where \"S9999\" stands"),
            ("C: fin |\nS: jump high", "2:4: an act belongs where \"jump\" stands"),
            ("C: fin | strangers", "1:10: C: or S: belongs where \"strangers\" stands"),
            ("C: shut 5", "1:9: the end of the act belongs where \"5\" stands"),
            ("C: refuse", "1:4: an act belongs where \"refuse\" stands"),
            ("C: fin now", "1:8: the end of the act belongs where \"now\" stands"),
            ("S: close soon", "1:10: a close code belongs where \"soon\" stands"),
            ("CLOSE 70000", "1:7: a close code belongs where \"70000\" stands"),
            ("S: with fin", "1:9: bytes that share a segment belongs where \"fin\" stands"),
            ("C: 81 8g", "1:7: a byte in hex belongs where \"8g\" stands"),
            ("C: wait long", "1:9: a number of milliseconds belongs where \"long\" stands"),
            ("3x ping", "1:4: C: or S: belongs where \"ping\" stands"),
            ("offers pd | C: fin", "1:8: what is offered -> what is taken belongs where \"pd\" stands"),
            ("S: zip a <3", "1:10: a block of DEFLATE belongs where \"<3\" stands"),
            (r"C: request X: \é", "1:15: \\t, \\r, \\n, \\0 or \\\\ belongs where \"\\\\é\" stands"),
        ] {
            assert_eq!(parse(script).expect_err(script).to_string(), error, "{script}");
        }
    }
}
