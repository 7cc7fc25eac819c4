//! One page, as many programs copy it: what is read of it is the same.

use std::path::Path;

use crate::autobahn::{ReportKind, read_case, sniff};
use crate::limits::Limits;
use crate::model::case::{CaseReport, ReportForm};

const PAGE: &str = include_str!("../../../samples/case_3_2.txt");

fn read(bytes: &[u8]) -> Result<CaseReport, String> {
    assert_eq!(sniff(bytes), Some(ReportKind::Case(ReportForm::Text)));
    read_case(ReportForm::Text, bytes, Path::new("x"), &Limits::DEFAULT).map_err(|error| error.to_string())
}

/// Of the whole page all is read; `undone` stands in one of the notes.
#[track_caller]
fn check(copy: impl AsRef<[u8]>, undone: &str) {
    let mut case = read(copy.as_ref()).unwrap();
    let notes = std::mem::take(&mut case.notes);
    assert!(notes.iter().any(|note| note.contains(undone)), "{notes:?}");
    same(&case, &read(PAGE.as_bytes()).unwrap());
}

/// Shows what differs of two reports.
#[track_caller]
fn same(found: &CaseReport, expected: &CaseReport) {
    let [found, expected] = [found, expected].map(|case| format!("{case:#?}"));
    let differs = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None);
    assert_eq!(found, expected);
}

fn each_line(line: impl Fn(usize, &str) -> String) -> String {
    PAGE.lines().enumerate().map(|(n, text)| line(n, text) + "\n").collect()
}

#[test]
fn a_page_as_it_is_needs_nothing() {
    assert_eq!(read(PAGE.as_bytes()).unwrap().notes, [""; 0]);
    let mut case = read(PAGE.replace('\n', "\r\n").as_bytes()).unwrap();
    assert_eq!(case, read(PAGE.as_bytes()).unwrap());
    case = read(PAGE.replace('\n', "\r").as_bytes()).unwrap();
    assert_eq!(case, read(PAGE.as_bytes()).unwrap());
}

#[test]
fn prefixes() {
    for prefix in ["> ", "> > ", ">> ", "    ", "\t", "| ", "bq. ", "fuzz_1  | ", "[fuzz] ", "INFO:root: "] {
        check(each_line(|_, line| format!("{prefix}{line}")), "taken off");
        check(each_line(|_, line| format!("{prefix}{line}").trim_end().to_owned()), "taken off");
    }
    check(each_line(|n, line| format!("2026-01-01T00:{:02}:{:02}.{n}Z {line}", n / 60, n % 60)), "taken off");
    check(each_line(|n, line| format!("#12 {}.{n:03} {line}", n / 10)), "taken off");
    check(each_line(|n, line| format!("test\tRun it\t2026-01-01T00:00:{:02}Z {line}", n % 60)), "taken off");
    let mail = format!(
        "On Monday somebody wrote:\n{}\nThat is it.\n-- \nName\n",
        each_line(|_, line| format!("> {line}"))
    );
    check(mail, "taken off");
}

#[test]
fn a_prefix_that_some_lines_lack_is_none() {
    let copy = each_line(|n, line| if n == 33 { line.to_owned() } else { format!("> {line}") });
    let error = read(copy.as_bytes()).unwrap_err();
    assert!(error.contains("none of the headings"), "{error}");
}

#[test]
fn fences() {
    for (begin, end) in
        [("```", "```"), ("~~~text", "~~~"), ("{noformat}", "{noformat}"), ("{code:title=log}", "{code}")]
    {
        check(format!("Hi, this fails:\n\n{begin}\n{PAGE}\n{end}\nAny idea?\n"), "fences");
    }
    check(format!("<details>\n<summary>report</summary>\n\n```\n{PAGE}\n```\n</details>\n"), "fences");
}

#[test]
fn encodings_and_blanks() {
    let units = || PAGE.encode_utf16();
    check([&b"\xff\xfe"[..], &units().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat(), "UTF-16");
    check([&b"\xfe\xff"[..], &units().flat_map(u16::to_be_bytes).collect::<Vec<_>>()].concat(), "UTF-16");
    check(units().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), "UTF-16");
    check(PAGE.replace("  ", "\u{a0} "), "no-break");
    check(PAGE.replace(' ', "\u{a0}"), "no-break");
}

#[test]
fn markdown() {
    let headings = |mark: fn(&str) -> String| {
        each_line(|_, line| match line {
            "Opening Handshake" | "Closing Behavior" | "Wire Statistics" | "Wire Log" | "Case Outcome" => {
                mark(line)
            }
            _ => line.to_owned(),
        })
    };
    check(headings(|line| format!("## {line}")), "Markdown");
    check(headings(|line| format!("**{line}**  ")), "Markdown");
    check(headings(|line| format!("h2. {line}")), "Markdown");
    check(headings(|line| format!("*{line}*")), "Markdown");
    let underlined = headings(|line| format!("{line}\n{}", "-".repeat(line.len())));
    assert_eq!(read(underlined.as_bytes()).unwrap(), read(PAGE.as_bytes()).unwrap());
}

/// Rows that a terminal or a mail program wrapped.
#[test]
fn wrapped_logs() {
    for width in [60, 72, 76, 80, 100] {
        let at = PAGE.find("Wire Log").unwrap();
        let (before, log) = PAGE.split_at(at);
        let wrapped: String = log
            .lines()
            .map(|line| {
                let chars: Vec<char> = line.chars().collect();
                chars.chunks(width).map(|part| part.iter().collect::<String>() + "\n").collect::<String>()
                    + if line.is_empty() { "\n" } else { "" }
            })
            .collect();
        check(format!("{before}{wrapped}"), "wrapped were joined");
        let soft = log.replace("PAYLOAD-LEN=13, ", "PAYLOAD-LEN=13,\n");
        check(format!("{before}{soft}"), "wrapped were joined");
    }
    let at = PAGE.find("000 RX").unwrap();
    let (before, log) = PAGE.split_at(at);
    let indented: String = log.lines().map(|line| format!("    {line}\n\n")).collect();
    check(format!("{before}{indented}"), "moved left by 4");
}

/// Tables as text browsers and converters write them.
#[test]
fn tables() {
    let cells = |line: &str| -> Option<Vec<String>> {
        let keys =
            ["Key", "isServer", "closedByMe", "failedByMe", "droppedByMe", "wasClean", "local", "remote"];
        if !keys.iter().any(|key| line.starts_with(key)) {
            let digits = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect());
            return match line {
                "Chop SizeCountOctets" => digits(&["Chop Size", "Count", "Octets"]),
                "OpcodeCount" => digits(&["Opcode", "Count"]),
                "27127" => digits(&["27", "1", "27"]),
                "1791179" => digits(&["179", "1", "179"]),
                "Total2206" => digits(&["Total", "2", "206"]),
                _ => None,
            };
        }
        let value = ["Value", "True", "False", "None", "1000", "1002"];
        let (at, found) = value.iter().filter_map(|value| Some((line.find(value)?, *value))).min()?;
        let rest = &line[at + found.len()..];
        Some(vec![line[..at].to_owned(), found.to_owned(), rest.to_owned()])
    };
    let with = |between: &str| {
        each_line(|_, line| cells(line).map_or_else(|| line.to_owned(), |cells| cells.join(between)))
    };
    for between in ["\t", " ", "   ", " | ", "| "] {
        // The other statistics are glued: a table is of one kind.
        let copy = with(between);
        let copy = if between == "\t" { copy } else { glue_statistics(&copy, between) };
        let mut case = read(copy.as_bytes()).unwrap();
        case.notes.clear();
        assert_eq!(case, read(PAGE.as_bytes()).unwrap(), "{between:?}");
    }
}

/// Statistics as they were: the test parts the first table only.
fn glue_statistics(copy: &str, between: &str) -> String {
    let of = |columns: &[&str]| columns.join(between);
    copy.replace(&of(&["Chop Size", "Count", "Octets"]), "Chop SizeCountOctets")
        .replace(&of(&["Opcode", "Count"]), "OpcodeCount")
        .replace(&of(&["27", "1", "27"]), "27127")
        .replace(&of(&["179", "1", "179"]), "1791179")
        .replace(&of(&["Total", "2", "206"]), "Total2206")
}

/// A page that is cut at any line, and inside any, says nothing of what it lacks.
#[test]
fn cut_pages() {
    let whole = read(PAGE.as_bytes()).unwrap();
    for cut in 0..PAGE.len() {
        let Some(part) = PAGE.get(..cut) else { continue };
        let Ok(case) = read_case(ReportForm::Text, part.as_bytes(), Path::new("x"), &Limits::DEFAULT) else {
            continue;
        };
        if !case.is_cut {
            assert!(part.contains("TCP DROPPED BY ME"), "{part}");
            continue;
        }
        assert_eq!((&case.agent, &case.id), (&whole.agent, &whole.id));
        assert!(case.notes.iter().any(|note| note.starts_with("the source ends inside")), "{:?}", case.notes);
        assert_eq!(case.inconsistencies, [""; 0], "{part}");
        assert!(matches!(case.behavior_close.told(), None | Some("OK")), "{part}");
        for (n, row) in case.wire_log.iter().flatten().enumerate() {
            let of_whole = whole.wire_log.as_ref().and_then(|rows| rows.get(n));
            let is_last = Some(n + 1) == case.wire_log.as_ref().map(Vec::len);
            assert!(is_last || Some(row) == of_whole, "{part}");
        }
    }
}
