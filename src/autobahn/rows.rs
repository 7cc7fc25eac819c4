//! The wire log of a page: numbered lines, each followed by the lines its payload was wrapped into.
//!
//! ```text
//! row     = number SP ( octets / frame / timer / switch / end )
//! octets  = ( "RX" / "TX" ) " OCTETS: " hex
//! frame   = ( "RX" / "TX" ) " FRAME : " name "=" value *( ", " name "=" value )
//! timer   = "DELAY " seconds " sec for TAG " tag / "DELAY TIMEOUT on TAG " tag
//!         / "FAIL CONNECTION AFTER " seconds " sec" / "FAILING CONNECTION"
//!         / "CLOSE CONNECTION AFTER " seconds " sec" / "CLOSING CONNECTION"
//! switch  = "WIRELOG " ( "ENABLED" / "DISABLED" )
//! end     = "TCP DROPPED BY " ( "ME" / "PEER" )
//! ```

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while_m_n, take_while1};
use nom::character::complete::{char as character, digit1, multispace0, space0};
use nom::combinator::{all_consuming, map, map_opt, rest, value};
use nom::multi::separated_list1;
use nom::number::complete::double;
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

use crate::autobahn::data;
use crate::autobahn::notes::Notes;
use crate::model::case::{LoggedData, LoggedFrame, WireRow};

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Blanks in front of a wrapped line.
const INDENT: usize = 15;
/// Columns at which the suite wraps.
const COLUMNS: usize = 100;
/// Rows of 0 octets stand on no line; so many missing numbers in a row are taken for them.
const MAX_SKIPPED: u64 = 16;
/// Characters kept of a row that cannot be read.
const MAX_ROW_CHARS: usize = 256;

/// A row whose wrapped lines are still to come.
enum Open<'a> {
    Octets { sent: bool },
    Frame { sent: bool, fields: Vec<(&'a [u8], &'a [u8])> },
    Done(WireRow),
}

/// Whether the line is the last row of a log.
pub(super) fn is_last(line: &[u8]) -> bool {
    matches!(row(line), Ok((_, (_, Open::Done(WireRow::TcpDropped { .. }), _))))
}

/// Whether the line begins a row, were it cut behind its first words.
pub(super) fn is_row(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"RX OCTETS", b"TX OCTETS", b"RX FRAME", b"TX FRAME", b"DELAY ", b"FAIL", b"CLOS", b"WIRELOG "];
    let indent = line.iter().take_while(|byte| **byte == b' ').count();
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = line.get(digits..).unwrap_or_default();
    let words = rest.trim_ascii_start();
    indent < INDENT
        && digits >= 3
        && rest.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        && (WORDS.iter().any(|known| words.starts_with(known)) || words.starts_with(b"TCP DROPPED"))
}

/// Reads the lines of the section. Where it is cut, of its last row nothing counts that may have gone on.
pub(super) fn read<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    is_cut: bool,
    notes: &mut Notes,
) -> Vec<WireRow> {
    let mut log = Log { rows: Vec::new(), notes };
    let mut open: Option<(u64, Open<'a>, Vec<&'a [u8]>)> = None;
    for line in lines {
        if matches!(open, Some((_, Open::Done(WireRow::TcpDropped { .. }), _))) {
            // Whatever stands behind the last row is none.
            continue;
        }
        match row(line) {
            Ok((_, (number, begun, shown))) if open.as_ref().is_none_or(|(last, ..)| number > *last) => {
                log.close(open.take());
                log.number(number);
                open = Some((number, begun, shown.into_iter().collect()));
            }
            Err(_) if is_row(line) && open.is_some() => {
                log.close(open.take());
                log.notes.add(format!("row {} of the wire log cannot be read", log.rows.len()));
                log.rows.push(WireRow::Unknown(visible(line)));
            }
            _ => match &mut open {
                Some((_, _, shown)) => shown.push(unindent(line)),
                None if line.trim_ascii().is_empty() => {}
                None => {
                    log.notes.add(format!("a line before the first row of the wire log: {}", visible(line)));
                }
            },
        }
    }
    if is_cut {
        log.close_cut(open);
    } else {
        log.close(open);
    }
    log.rows
}

struct Log<'n> {
    rows: Vec<WireRow>,
    notes: &'n mut Notes,
}

impl Log<'_> {
    /// Puts rows of 0 octets where numbers are missing: only the sender logs such.
    fn number(&mut self, number: u64) {
        let next = self.rows.len() as u64;
        let skipped = number.saturating_sub(next);
        if skipped > MAX_SKIPPED || number < next {
            self.notes.add(format!("the wire log has row {number} where row {next} should be"));
            return;
        }
        for _ in 0..skipped {
            self.rows.push(WireRow::TxOctets(LoggedData { len: Some(0), known: Vec::new() }));
        }
    }

    /// The last row of a log that was cut.
    fn close_cut(&mut self, open: Option<(u64, Open<'_>, Vec<&[u8]>)>) {
        let before = self.rows.len();
        let is_told = matches!(&open, Some((_, Open::Frame { fields, .. }, _))
            if fields.iter().any(|(name, _)| *name == b"PAYLOAD-LEN"));
        let mut unheard = Notes::default();
        let mut log = Log { rows: std::mem::take(&mut self.rows), notes: &mut unheard };
        log.close(open);
        self.rows = log.rows;
        match self.rows.get_mut(before) {
            Some(WireRow::RxOctets(data) | WireRow::TxOctets(data)) => data.len = None,
            Some(WireRow::RxFrame(frame) | WireRow::TxFrame(frame)) if !is_told => frame.data.len = None,
            Some(WireRow::Unknown(_)) => self.rows.truncate(before),
            _ => {}
        }
    }

    fn close(&mut self, open: Option<(u64, Open<'_>, Vec<&[u8]>)>) {
        let Some((number, open, mut shown)) = open else { return };
        while shown.last().is_some_and(|line| line.trim_ascii().is_empty()) {
            shown.pop();
        }
        let label = match &open {
            Open::Octets { sent: true } => "TX OCTETS: ",
            Open::Octets { sent: false } => "RX OCTETS: ",
            Open::Frame { sent: true, .. } => "TX FRAME ",
            Open::Frame { sent: false, .. } => "RX FRAME ",
            Open::Done(_) => "",
        };
        let read = match open {
            Open::Done(row) if shown.is_empty() => Ok(row),
            Open::Done(row) => {
                let extra = shown.first().copied().unwrap_or_default();
                self.notes.add(format!("after row {number} of the wire log: {}", visible(extra)));
                Ok(row)
            }
            Open::Octets { sent } => octets(&shown)
                .map(|data| if sent { WireRow::TxOctets(data) } else { WireRow::RxOctets(data) }),
            Open::Frame { sent, ref fields } => frame(sent, fields, &shown).map(|(frame, odd)| {
                if let Some(odd) = odd {
                    self.notes.add(format!("row {number} of the wire log: {odd}"));
                }
                if sent { WireRow::TxFrame(frame) } else { WireRow::RxFrame(frame) }
            }),
        };
        self.rows.push(read.unwrap_or_else(|why| {
            self.notes.add(format!("row {number} of the wire log: {why}"));
            WireRow::Unknown(label.to_owned() + &visible(&shown.join(&b' ')))
        }));
    }
}

fn visible(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim().chars().take(MAX_ROW_CHARS).collect()
}

/// Takes off the blanks the suite put there, and none of the payload.
fn unindent(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|b| **b == b' ').count();
    line.get(blanks.min(INDENT)..).unwrap_or_default()
}

/// A page does not tell the length: what it shows as cut had as many bytes as it shows, or more.
fn octets(shown: &[&[u8]]) -> Result<LoggedData, String> {
    let data = data::octets(None, &join_hex(shown))?;
    Ok(match data.known.len() {
        len @ 61..=63 => LoggedData { len: Some(len as u64), ..data },
        _ => data,
    })
}

/// Hex is broken anywhere; the mark of a cut is a word of its own.
fn join_hex(lines: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::new();
    for line in lines.iter().map(|line| line.trim_ascii()) {
        if line == b"..." && !joined.is_empty() {
            joined.push(b' ');
        }
        joined.extend_from_slice(line);
    }
    joined
}

/// The frame, and what is odd about it.
fn frame(
    sent: bool,
    fields: &[(&[u8], &[u8])],
    shown: &[&[u8]],
) -> Result<(LoggedFrame, Option<String>), String> {
    let field = |name: &str| {
        fields.iter().find(|(n, _)| *n == name.as_bytes()).map(|(_, value)| *value).filter(|v| *v != b"None")
    };
    let number = |name: &str| field(name).and_then(|v| std::str::from_utf8(v).ok()?.parse::<u64>().ok());
    let small = |name: &str, max: u64| number(name).filter(|n| *n <= max).and_then(|n| u8::try_from(n).ok());
    let flag = |name: &str| field(name).and_then(truth);
    let masking_key = match field("MASK") {
        Some(digits) => Some(data::masking_key(digits).ok_or("an invalid masking key")?),
        None => None,
    };
    let (data, odd) = payload(number("PAYLOAD-LEN"), shown);
    let frame = LoggedFrame {
        data,
        opcode: small("OPCODE", 15).ok_or("it has no opcode")?,
        fin: flag("FIN").ok_or("it has no FIN")?,
        rsv: small("RSV", 7).ok_or("it has no reserved bits")?,
        masked: if sent { Some(masking_key.is_some()) } else { flag("MASKED") },
        masking_key,
        repeat_len: number("PAYLOAD-REPEAT-LEN"),
        chop_size: number("CHOPSIZE"),
    };
    Ok((frame, odd))
}

/// `True` or `False`.
pub(super) fn truth(word: &[u8]) -> Option<bool> {
    match word {
        b"True" => Some(true),
        b"False" => Some(false),
        _ => None,
    }
}

/// A payload as wrapped, which loses blanks at line ends and makes every white space a blank.
fn payload(len: Option<u64>, shown: &[&[u8]]) -> (LoggedData, Option<String>) {
    let first = shown.first().copied().unwrap_or_default();
    let is_hex = first.starts_with(b"0x") && first.len() >= COLUMNS;
    if !is_hex && len.is_none() && shown.len() > 1 {
        // Only a length tells whether a blank was lost where it is wrapped.
        return (LoggedData { len: None, known: first.to_vec() }, None);
    }
    let text = if is_hex { join_hex(shown) } else { shown.join(&b' ') };
    match data::payload(len, &text) {
        Ok(data) => (data, None),
        Err(why) => {
            // Whatever the page lost, it lost it at white space: what stands before that is sound.
            let sound = text.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            let most = len.and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX);
            let is_short = !text.is_empty() && text.len() > most;
            let known = if is_short { &[][..] } else { sound };
            let blanks = len.is_some_and(|len| (text.len() as u64) < len) && known.len() == text.len();
            let lost_blanks = blanks || known.len() < text.len() && !is_short;
            (LoggedData { len, known: known.to_vec() }, (!lost_blanks).then_some(why))
        }
    }
}

fn row(input: &[u8]) -> Parsed<'_, (u64, Open<'_>, Option<&[u8]>)> {
    let number = map_opt(digit1, |digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let sent = || terminated(alt((value(false, tag("RX")), value(true, tag("TX")))), tag(" "));
    let octets = map(
        (sent(), delimited((tag("OCTETS"), space0, character(':')), space0, multispace0), rest),
        |(sent, _, hex)| (Open::Octets { sent }, Some(hex)),
    );
    let name = take_while1(|b: u8| b.is_ascii_uppercase() || b == b'-');
    let fields = separated_list1(tag(", "), separated_pair(name, tag("="), is_not(", \t")));
    let frame = map(
        (sent(), terminated(tag("FRAME"), (space0, character(':'), space0)), terminated(fields, multispace0)),
        |(sent, _, fields)| (Open::Frame { sent, fields }, None),
    );
    let event = map(terminated(event, multispace0), |row| (Open::Done(row), None));
    let digits = nom::combinator::verify(number, |n: &u64| *n < u64::from(u32::MAX));
    let (left, (_, number, _, (open, shown))) = (
        space0,
        digits,
        take_while_m_n(1, 2, |b| matches!(b, b' ' | b'\t')),
        alt((octets, all_consuming(frame), all_consuming(event))),
    )
        .parse(input)?;
    Ok((left, (number, open, shown)))
}

fn event(input: &[u8]) -> Parsed<'_, WireRow> {
    let after = |words: &'static str| delimited(tag(words), double, tag(" sec"));
    // Python writes a timer without a tag as None.
    let name = || {
        map(rest, |name: &[u8]| {
            let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
            (name != "None").then_some(name)
        })
    };
    alt((
        map((after("DELAY "), preceded(tag(" for TAG "), name())), |(seconds, name)| {
            WireRow::Delay(seconds, name)
        }),
        map(preceded(tag("DELAY TIMEOUT on TAG "), name()), WireRow::DelayTimeout),
        map(after("FAIL CONNECTION AFTER "), WireRow::FailAfter),
        value(WireRow::Failing, tag("FAILING CONNECTION")),
        map(after("CLOSE CONNECTION AFTER "), WireRow::CloseAfter),
        value(WireRow::Closing, tag("CLOSING CONNECTION")),
        value(WireRow::Log(true), tag("WIRELOG ENABLED")),
        value(WireRow::Log(false), tag("WIRELOG DISABLED")),
        value(WireRow::TcpDropped { by_me: true }, tag("TCP DROPPED BY ME")),
        value(WireRow::TcpDropped { by_me: false }, tag("TCP DROPPED BY PEER")),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str) -> (Vec<WireRow>, Vec<String>) {
        let mut notes = Notes::default();
        let rows = read(lines.lines().map(str::as_bytes), false, &mut notes);
        (rows, notes.into_lists().1)
    }

    fn data(len: Option<u64>, known: &[u8]) -> LoggedData {
        LoggedData { len, known: known.to_vec() }
    }

    fn text(len: Option<u64>, known: &[u8]) -> LoggedFrame {
        LoggedFrame { masked: Some(false), ..LoggedFrame::plain(1, data(len, known)) }
    }

    #[test]
    fn rows_of_pages() {
        let tx = "TX FRAME : OPCODE=1, FIN=True, RSV=0, PAYLOAD-LEN=";
        let rest = "MASK=None, PAYLOAD-REPEAT-LEN=None, CHOPSIZE=None, SYNC=False";
        let key = Some([0x8d, 0, 0x79, 0xe1]);
        let hex = "ab".repeat(50);
        for (lines, expected) in [
            ("000 RX OCTETS: 8900".to_owned(), WireRow::RxOctets(data(Some(2), b"\x89\0"))),
            (
                format!("000 TX OCTETS: {hex}\n               {} ...\n", "ab".repeat(14)),
                WireRow::TxOctets(data(None, &[0xab; 64])),
            ),
            (
                format!("000 TX OCTETS: {hex}\n               {} ...", "ab".repeat(12)),
                WireRow::TxOctets(data(Some(62), &[0xab; 62])),
            ),
            (format!("000 {tx}5, {rest}\n               a < b"), WireRow::TxFrame(text(Some(5), b"a < b"))),
            (format!("000 {tx}0, {rest}"), WireRow::TxFrame(text(Some(0), b""))),
            // White space that the page has lost.
            (format!("000 {tx}4, {rest}\n               a b"), WireRow::TxFrame(text(Some(4), b"a"))),
            (format!("000 {tx}3, {rest}\n               ab"), WireRow::TxFrame(text(Some(3), b"ab"))),
            (format!("000 {tx}3, {rest}\n                 a"), WireRow::TxFrame(text(Some(3), b"  a"))),
            (
                format!("000 {tx}3, {}\n               abc", rest.replace("REPEAT-LEN=None, CHOPSIZE=None", "REPEAT-LEN=9, CHOPSIZE=1")),
                WireRow::TxFrame(LoggedFrame {
                    repeat_len: Some(9),
                    chop_size: Some(1),
                    ..text(Some(3), b"abc")
                }),
            ),
            (
                "000 RX FRAME : OPCODE=1, FIN=True, RSV=0, PAYLOAD-LEN=2, MASKED=True, MASK=3864303037396531\n\
                 \x20              0x03ea"
                    .to_owned(),
                WireRow::RxFrame(LoggedFrame {
                    masked: Some(true),
                    masking_key: key,
                    ..text(Some(2), b"\x03\xea")
                }),
            ),
            // Before 0.5.3.
            (
                "000 RX FRAME : OPCODE=1, FIN=True, RSV=0, MASKED=False, MASK=None\n               0x03ea".to_owned(),
                WireRow::RxFrame(text(None, b"\x03\xea")),
            ),
            (
                "000 RX FRAME : OPCODE=1, FIN=True, RSV=0, MASKED=False, MASK=None\n               aaa ...".to_owned(),
                WireRow::RxFrame(text(None, b"aaa")),
            ),
            (
                format!(
                    "000 RX FRAME : OPCODE=1, FIN=True, RSV=0, MASKED=False, MASK=None\n               {}\n               aaa",
                    "a".repeat(100)
                ),
                WireRow::RxFrame(text(None, "a".repeat(100).as_bytes())),
            ),
            ("000 DELAY 1.000000 sec for TAG A".to_owned(), WireRow::Delay(1.0, Some("A".to_owned()))),
            ("000 DELAY TIMEOUT on TAG None".to_owned(), WireRow::DelayTimeout(None)),
            ("000 FAIL CONNECTION AFTER 0.500000 sec".to_owned(), WireRow::FailAfter(0.5)),
            ("000 FAILING CONNECTION".to_owned(), WireRow::Failing),
            ("000 CLOSE CONNECTION AFTER 10.000000 sec".to_owned(), WireRow::CloseAfter(10.0)),
            ("000 CLOSING CONNECTION  ".to_owned(), WireRow::Closing),
            ("000 WIRELOG DISABLED".to_owned(), WireRow::Log(false)),
            ("000 WIRELOG ENABLED".to_owned(), WireRow::Log(true)),
            ("000 TCP DROPPED BY PEER".to_owned(), WireRow::TcpDropped { by_me: false }),
        ] {
            let (rows, notes) = check(&lines);
            assert_eq!(rows, [expected], "{lines}");
            assert_eq!(notes, [""; 0], "{lines}");
        }
    }

    #[test]
    fn odd_rows_are_noted() {
        for (lines, says) in [
            ("garbage\n000 RX OCTETS: 8900", "before the first row"),
            ("000 RX OCTETS: 89zz", "not in hex"),
            ("000 FAILING CONNECTION\nwhat is this", "after row 0"),
            ("000 RX OCTETS: 89\n900 TX OCTETS: 89", "the wire log has row 900 where row 1 should"),
            ("000 RX FRAME : OPCODE=17, FIN=True, RSV=0, MASKED=False, MASK=None", "no opcode"),
            ("000 RX FRAME : OPCODE=1, FIN=Maybe, RSV=0, MASKED=False, MASK=None", "no FIN"),
            ("000 RX FRAME : OPCODE=1, FIN=True, RSV=0, MASKED=True, MASK=12", "masking key"),
            (
                "000 RX FRAME : OPCODE=1, FIN=True, RSV=0, PAYLOAD-LEN=1, MASKED=False, MASK=None\n               ab",
                "1 bytes of which 2 are shown",
            ),
        ] {
            let (_, notes) = check(lines);
            assert!(notes.len() == 1 && notes[0].contains(says), "{lines}: {notes:?}");
        }
    }

    #[test]
    fn a_missing_number_is_a_row_of_no_octets() {
        let (rows, notes) = check("000 RX OCTETS: 89\n002 TX OCTETS: 8a");
        let expected = [
            WireRow::RxOctets(data(Some(1), b"\x89")),
            WireRow::TxOctets(data(Some(0), b"")),
            WireRow::TxOctets(data(Some(1), b"\x8a")),
        ];
        assert_eq!((rows.as_slice(), notes.len()), (&expected[..], 0));
    }
}
