//! The gate on cost (`bench/cost.rs`): what is said of figures, and when they are taken for recorded.

use std::fs;
use std::path::Path;

use crate::support::cost::{Counted, Figure, Record, Verdict};
use crate::support::profile;

fn figure(profile: &str, format: &str, instructions: u64) -> Figure {
    let [profile, format] = [profile, format].map(str::to_owned);
    Figure { capture: format!("the capture of {profile}"), profile, format, instructions }
}

fn on(machine: &str, tools: &str) -> Counted {
    Counted { machine: machine.into(), tools: tools.into() }
}

/// A record of chat, in text and JSON.
fn record(text: u64, json: u64) -> Record {
    let file = "# What this is.\ncounted\tx\ty\nreason\t0\tnone yet\n";
    let empty = Record::parse(file).expect("a record without figures");
    let figures = [figure("chat", "text", text), figure("chat", "json", json)];
    empty.anew(on("x", "y"), &figures, "the first figures").expect("a reason is given")
}

#[test]
fn figures_may_grow_by_three_percent() {
    for (recorded, counted, expected) in [
        (1_000, 1_000, Verdict::Holds),
        (1_000, 1_029, Verdict::Holds),
        (1_000, 1_030, Verdict::Holds),
        (1_000, 1_031, Verdict::Grew),
        (1_000, 2_000, Verdict::Grew),
        (1_000, 971, Verdict::Holds),
        (1_000, 970, Verdict::Holds),
        (1_000, 969, Verdict::Shrank),
        (0, 1, Verdict::Grew),
        (u64::MAX / 2, u64::MAX, Verdict::Grew),
        (7_640_123_456, 7_869_327_160, Verdict::Grew),
        (7_640_123_456, 7_869_327_159, Verdict::Holds),
    ] {
        let now = [figure("chat", "text", 5), figure("chat", "json", counted)];
        let judged = record(5, recorded).judge(&now);
        assert_eq!(judged[0].verdict, Verdict::Holds);
        assert_eq!(judged[1].verdict, expected, "{recorded} → {counted}");
    }
    let fails = [
        (Verdict::Holds, false),
        (Verdict::Shrank, false),
        (Verdict::Grew, true),
        (Verdict::NotRecorded, true),
        (Verdict::OtherCapture, true),
        (Verdict::NotCounted, true),
    ];
    fails.iter().for_each(|(verdict, fails)| assert_eq!(verdict.fails(), *fails, "{verdict:?}"));
}

#[test]
fn a_figure_is_held_against_that_of_its_profile_format_and_capture() {
    let other = Figure { capture: "another".into(), ..figure("chat", "json", 100) };
    let judged = record(100, 100).judge(&[other, figure("bulk", "text", 100)]);
    let said: Vec<_> = judged
        .iter()
        .map(|row| (row.profile.as_str(), row.format.as_str(), row.recorded, row.counted, row.verdict))
        .collect();
    assert_eq!(
        said,
        [
            ("chat", "json", Some(100), Some(100), Verdict::OtherCapture),
            ("bulk", "text", None, Some(100), Verdict::NotRecorded),
            ("chat", "text", Some(100), None, Verdict::NotCounted),
        ]
    );
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let record = record(100, 200);
    let text = record.text();
    assert_eq!(
        text,
        "# What this is.\ncounted\tx\ty\nreason\t0\tnone yet\nreason\t300\tthe first figures\n\
         cost\tchat\ttext\t100\tthe capture of chat\ncost\tchat\tjson\t200\tthe capture of chat\n"
    );
    assert_eq!(Record::parse(&text), Ok(record));
}

#[test]
fn figures_are_not_changed_without_a_reason() {
    let text = record(100, 200).text();
    for (from, to, error) in [
        ("text\t100", "text\t103", "without a reason"),
        ("300", "303", "without a reason"),
        ("cost\tchat\tjson\t200\tthe capture of chat\n", "", "without a reason"),
        ("the first figures", " ", "no line of a record"),
        ("reason\t0\tnone yet\nreason\t300\tthe first figures\n", "", "no reason"),
        ("json\t200", "text\t200", "the second of its kind"),
        ("json\t200", "json\t-1", "invalid digit"),
        ("counted\tx\ty\n", "", "what was counted on"),
        ("reason\t0", "because\t0", "no line of a record"),
    ] {
        assert!(text.contains(from), "{from:?}");
        let found = Record::parse(&text.replacen(from, to, 1)).expect_err("no record");
        assert!(found.contains(error), "{found:?} for {from:?} → {to:?}");
    }
}

#[test]
fn figures_are_recorded_for_a_reason() {
    let record = record(1_000, 1_000);
    let now = [figure("chat", "text", 2_000), figure("chat", "json", 1_000)];
    for why in ["", " \t", "two\nlines", "two\tparts"] {
        assert!(record.anew(on("x", "y"), &now, why).is_err(), "{why:?}");
    }
    let anew = record.anew(on("x", "y"), &now, " frames are checked twice ").expect("a reason is given");
    let reasons: Vec<_> = anew.reasons.iter().map(|reason| (reason.sum, reason.why.as_str())).collect();
    let expected = [(0, "none yet"), (2_000, "the first figures"), (3_000, "frames are checked twice")];
    assert_eq!(reasons, expected);
    assert!(anew.judge(&now).iter().all(|row| row.verdict == Verdict::Holds));
    assert_eq!(Record::parse(&anew.text()), Ok(anew));
}

#[test]
fn growth_that_is_allowed_does_not_come_in_with_a_reason_for_another() {
    let of = |record: &Record| record.figures.iter().map(|figure| figure.instructions).collect::<Vec<_>>();
    let now = |text, json| [figure("chat", "text", text), figure("chat", "json", json)];
    let record = record(1_000, 1_000);
    let anew =
        |now: &[Figure], counted| of(&record.anew(counted, now, "it pays").expect("a reason is given"));
    assert_eq!(anew(&now(1_030, 1_031), on("x", "y")), [1_000, 1_031]);
    assert_eq!(anew(&now(999, 900), on("x", "y")), [999, 900]);
    // Of other tools or another machine or capture they have nothing to do with those recorded.
    assert_eq!(anew(&now(1_030, 1_030), on("x", "z")), [1_030, 1_030]);
    assert_eq!(anew(&now(1_030, 1_030), on("z", "y")), [1_030, 1_030]);
    let other = Figure { capture: "another".into(), ..figure("chat", "text", 1_030) };
    assert_eq!(anew(&[other, figure("chat", "json", 1_030)], on("x", "y")), [1_030, 1_000]);
}

#[test]
fn the_record_has_each_profile_in_each_format() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/cost.tsv");
    let text = fs::read_to_string(path).expect("the record");
    let record = Record::parse(&text).expect("a record, changed with a reason");
    let recorded: Vec<_> =
        record.figures.iter().map(|figure| (figure.profile.as_str(), figure.format.as_str())).collect();
    let expected: Vec<_> =
        profile::ALL.iter().flat_map(|profile| [(profile.name, "text"), (profile.name, "json")]).collect();
    assert_eq!(recorded, expected);
    assert_eq!(record.text(), text);
}
