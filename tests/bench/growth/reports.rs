//! Reports of the Autobahn Testsuite, runs and policies made to hurt what reads and compares them.

use std::fmt::Write;

use super::{INSPECT, Made, Shape};

const CASE: &str = include_str!("../../../samples/autobahn/before/alpha_case_3_2.json");
const PAGE: &str = include_str!("../../../samples/case_3_2.txt");

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    let check = |index: String, policy: String| {
        let files = vec![("run/index.json".to_owned(), index), ("policy.toml".to_owned(), policy)];
        made(&["check", "--index-only", "--format", "json", "--policy", "policy.toml", "run"], files)
    };
    let case =
        |part: &str, with: String| made(INSPECT, vec![("case.json".to_owned(), with_part(part, &with))]);
    let page = |rows: String| {
        let end = PAGE.find("014 TCP DROPPED").expect("the sample has it");
        made(INSPECT, vec![("case.txt".to_owned(), [&PAGE[..end], &rows, &PAGE[end..]].concat())])
    };
    let copied = |text: String| {
        let name = if text.starts_with('{') { "case.json" } else { "case.txt" };
        made(INSPECT, vec![(name.to_owned(), text)])
    };
    [
        Shape::new("cases of an index", 1_000, move |n| check(index(1, n, "OK"), String::new())),
        Shape::new("agents of an index", 1_000, move |n| check(index(n, 1, "OK"), String::new())),
        Shape::new("failed cases", 1_000, move |n| check(index(1, n, "FAILED"), String::new())),
        Shape::new("entries of a policy", 1_000, move |n| check(index(1, n, "FAILED"), policy(n))),
        Shape::new("entries of a policy for many cases", 60, move |n| {
            let entry =
                |n| format!("[[allow]]\nagent = \"agent {n}\"\ncases = [\"*\"]\nbehavior = [\"FAILED\"]\n");
            check(index(1, n * 10, "FAILED"), (0..n).map(entry).collect())
        }),
        Shape::new("cases that are expected, and skipped", 1_000, move |n| {
            let cases =
                (0..n).map(|n| format!("\"{}.*\", \"{}\"", id(n), id(n + 7))).collect::<Vec<_>>().join(",");
            check(index(1, n, "OK"), format!("skip = [{cases}]\n[expect]\ncases = [{cases}]\n"))
        }),
        Shape::new("entries of a policy written anew", 300, move |n| {
            let files = vec![
                ("run/index.json".to_owned(), index(1, n, "OK")),
                ("policy.toml".to_owned(), policy(2 * n)),
            ];
            made(
                &["check", "--index-only", "--update", "--format", "json", "--policy", "policy.toml", "run"],
                files,
            )
        }),
        Shape::new("cases of two runs", 1_000, |n| diff(&index(1, n, "OK"), &index(1, n, "FAILED"))),
        Shape::new("agents of two runs", 1_000, |n| diff(&index(n, 1, "OK"), &index(n, 1, "FAILED"))),
        Shape::new("cases that are missing, and new ones", 1_000, |n| {
            diff(&index(1, n, "OK"), &index(1, n, "OK").replace("agent 0", "agent 1"))
        }),
        Shape::new("reports of a run", 60, |n| {
            let files = (0..n.max(1)).map(|n| (format!("run/a_case_{n}.json"), CASE.replace("3.2", &id(n))));
            let files = files.chain([("run/index.json".to_owned(), index(1, n, "OK"))]);
            made(&["check", "--format", "json", "run"], files.collect())
        }),
        Shape::new("rows of a wire log", 4_000, move |n| {
            case("wirelog", format!("[{}]", vec!["[\"RO\", [2, \"8900\"]]"; n].join(",")))
        }),
        Shape::new("rows of frames, and no octets", 4_000, move |n| {
            let row = "[\"RF\", [1, \"a\"], 1, true, 0, false, null]";
            case("wirelog", format!("[{}]", vec![row; n].join(",")))
        }),
        Shape::new("rows of no known kind", 4_000, move |n| {
            case("wirelog", format!("[{}]", vec!["[\"??\"]"; n].join(",")))
        }),
        Shape::new("octets of a row", 100_000, move |n| {
            case("wirelog", format!("[[\"RO\", [{n}, \"{}\"]]]", "81026869".repeat(n / 4)))
        }),
        Shape::new("events that were expected", 4_000, move |n| {
            case("expected", format!("{{\"OK\": [{}]}}", vec!["[\"message\", \"a\", false]"; n].join(",")))
        }),
        Shape::new("kinds of what was expected", 2_000, move |n| {
            let kinds = (0..n).map(|n| format!("\"kind {n}\": []")).collect::<Vec<_>>();
            case("expected", format!("{{{}}}", kinds.join(",")))
        }),
        Shape::new("tokens of a report", 400, move |n| {
            let tokens = (0..n).map(|n| format!("eyJhbGciOiJ9.eyJhIjp7fX0.Zq9xSe{n}rEt7w"));
            case("expectation", format!("\"{}\"", tokens.collect::<Vec<_>>().join(" ")))
        }),
        Shape::new("sizes that are counted", 4_000, move |n| {
            let sizes = (0..n).map(|n| format!("\"{n}\": 1")).collect::<Vec<_>>();
            case("rxOctetStats", format!("{{{}}}", sizes.join(",")))
        }),
        Shape::new("rows of a page", 2_000, move |n| {
            page((0..n).map(|n| format!("{:03} RX OCTETS: 8900\n", 14 + n)).collect())
        }),
        Shape::new("lines of a row of a page", 4_000, move |n| {
            page(format!("014 RX OCTETS: 8900\n{}", "               8900\n".repeat(n)))
        }),
        Shape::new("lines of a page that are no rows", 4_000, move |n| page("no row\n".repeat(n))),
        Shape::new("sizes, and octets of each", 2_000, move |n| {
            let rows = (0..n).map(|n| format!("[\"RO\", [{}, \"\"]]", 65 + n)).collect::<Vec<_>>();
            let sizes = (0..n).map(|n| format!("\"{}\": 1", 65 + n)).collect::<Vec<_>>();
            let log = with_part("wirelog", &format!("[{}]", rows.join(",")));
            let sizes = format!("\"rxOctetStats\": {{{}}}", sizes.join(","));
            copied(log.replacen("\"rxOctetStats\": {", &format!("{sizes}, \"odd\": {{"), 1))
        }),
        Shape::new("quoted lines of a page", 2_000, move |n| copied(long_page(n, "> > "))),
        Shape::new("lines of a page with other prefixes", 2_000, move |n| {
            let page = long_page(n, "");
            let line = |(n, line): (usize, &str)| format!("2026-01-11T08:00:{n} {line}\n");
            copied(page.lines().enumerate().map(line).collect())
        }),
        Shape::new("rows of a Markdown table", 2_000, move |n| {
            let rows: String = (0..n).map(|n| format!("| {n} | 1 | {n} |\n")).collect();
            let heading = "Octets Received by Chop Size\n";
            copied(PAGE.replacen(heading, &format!("{heading}| a | b | c |\n|---|---|---|\n{rows}"), 1))
        }),
        Shape::new("references in a page", 4_000, move |n| {
            page(format!("014 RX OCTETS: {}\n", "&amp;&#39;&quot;".repeat(n)))
        }),
        Shape::new("fences in a page", 2_000, move |n| copied(format!("```\n{PAGE}{}", "```\n".repeat(n)))),
        Shape::new("pieces of a literal", 2_000, move |n| {
            let events = "('message', u'a', False), \n".repeat(n);
            copied(PAGE.replacen("Observed:\n", &format!("Observed:\n[{events}]\n"), 1))
        }),
    ]
    .into_iter()
}

fn made(arguments: &[&str], files: Vec<(String, String)>) -> Made {
    let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let mut made = Made::new(arguments, files);
    if arguments == INSPECT {
        made.arguments.extend(made.files.iter().map(|(name, _)| name.clone()));
    }
    made
}

fn diff(old: &str, new: &str) -> Made {
    let files = [("old/index.json", old), ("new/index.json", new)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    made(&["diff", "--format", "json", "old", "new"], files.into())
}

/// The sample with so many more rows, each line behind a prefix.
fn long_page(rows: usize, prefix: &str) -> String {
    let end = PAGE.find("014 TCP DROPPED").expect("the sample has it");
    let rows: String = (0..rows).map(|n| format!("{:03} RX OCTETS: 8900\n", 14 + n)).collect();
    let page = [&PAGE[..end], &rows, &PAGE[end..]].concat();
    page.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

/// The id of a case: three numbers.
fn id(n: usize) -> String {
    format!("{}.{}.{}", 1 + n / 100, 1 + n / 10 % 10, 1 + n % 10)
}

/// An index of so many agents with so many cases each, one at least.
fn index(agents: usize, cases: usize, behavior: &str) -> String {
    let case = |n| {
        format!(
            "\"{}\": {{\"behavior\": \"{behavior}\", \"behaviorClose\": \"OK\", \"duration\": 1, \
             \"remoteCloseCode\": 1000, \"reportfile\": \"a_case_{n}.json\"}}",
            id(n)
        )
    };
    let cases = (0..cases.max(1)).map(case).collect::<Vec<_>>().join(",");
    let agents = (0..agents.max(1)).map(|n| format!("\"agent {n}\": {{{cases}}}"));
    format!("{{{}}}", agents.collect::<Vec<_>>().join(","))
}

/// So many expected failures, with comments.
fn policy(n: usize) -> String {
    let mut policy = String::new();
    for n in 0..n {
        let _ = write!(policy, "\n# why {n}\n\n[[xfail]]\nagent = \"agent 0\"\ncase = \"{}\"\n", id(n));
        policy.push_str("behavior = \"FAILED\"\nreason = \"known\"\n");
    }
    policy
}

/// The sample with another value of that field.
fn with_part(name: &str, value: &str) -> String {
    let mut case: serde_json::Value = serde_json::from_str(CASE).expect("the sample is JSON");
    case[name] = serde_json::from_str(value).expect("the part is JSON");
    case.to_string()
}
