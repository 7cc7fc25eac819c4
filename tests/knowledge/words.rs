//! Every sentence that is printed about a connection or a case, once: those of all exchanges of the tables, of the examples of
//! causes and rules, of the scripts of the summaries and of the cases of the suite, with figures left out. The golden file
//! is to be read as a native engineer would: `WSLOG_BLESS=1 cargo test --test knowledge words`.
//!
//! What holds for all of them is asserted of each: see `Told::wrong`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wslog::autobahn::cases::{self, Case};
use wslog::explain;
use wslog::knowledge::{CAUSES, CauseId, RULES, Tone};
use wslog::model::case::{Behavior, BehaviorClose, CaseReport};
use wslog::model::suite::Version;
use wslog::model::{Certainty, Conversation, Outcome};
use wslog::redact::{self, Redaction, Shown};
use wslog::views::{self, FrameList, summary};

use crate::support::bless::bless;
use crate::support::scene;
use crate::support::script::analyse;
use crate::{autobahn_account, causes, reference, sentences as scripts};

/// Arms that no row of the tables shows.
const MORE: &[&str] = &[
    "C: text a | S: wait 4000 | S: rst",
    "C: 02 03 61 62 63 | S: wait 60000 | S: rst",
    "S: ping a | S: ping b | C: text x | S: wait 30000 | S: rst",
    "C: close | S: close 4001 why | S: fin | C: fin",
    "S: close 3000 | C: ack | S: wait 9000 | C: close 3000 | S: fin | C: fin",
    "C: text a | C: shut | S: text b | S: wait 5000 | S: probe | C: ack | S: wait 5000 | C: open | S: close 1000 | C: close 1000 | S: fin | C: fin",
    "C: close 1013 | S: close 1013 | S: fin | C: fin",
    "C: close 1012 | S: close 1012 | S: fin | C: fin",
    "C: close 1002 | S: close 1002 | S: fin | C: fin",
    "C: request | C: wait 5000 | C: rst",
    "C: request | S: status 302 Found & Location: /elsewhere | S: fin | C: fin",
    "C: request | S: status 200 OK & Content-Type: text/html | S: fin | C: fin",
    "C: request | S: status 401 Unauthorized | S: fin | C: fin",
    "C: request | S: status 404 Not Found | S: fin | C: fin",
    "C: request | S: status 426 Upgrade Required | S: fin | C: fin",
    "C: request | S: status 502 Bad Gateway & Server: nginx | S: fin | C: fin",
    "C: request | S: status 500 Internal Server Error & Via: 1.1 squid | S: fin | C: fin",
    "C: request | S: ack",
    "S: ping a | C: ack | S: wait 5000 | S: fin | C: pong a | C: fin",
    "S: ping a | C: pong x | S: ping b | C: pong y | S: wait 20000 | S: close 1001 ping timeout | C: close 1001 | S: fin | C: fin",
    "C: text a | S: text b | S: hold | C: close 1000 | C: wait 300 | C: again | C: wait 600 | C: again | C: wait 1200 | C: again",
    "C: text a | S: close 1008 no | S: close 1008 no | C: close 1008 | S: fin | C: fin",
];

/// What may not stand in any sentence, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    (" behind it ", "after"),
    ("right behind", "right after"),
    ("behind frame", "after frame"),
    ("parted by", "separated by"),
    ("judged again", "whose judgement?"),
    ("seen again", "retransmitted"),
    ("speaks of", "says"),
    ("whose is none", "not English"),
    ("not reported yet", "it is"),
    ("as the log has it", "a log is not a witness"),
    ("as a server should", "what is normal is not told"),
    ("leaves that to the server", "what is normal is not told"),
    ("leaves to the server", "what is normal is not told"),
    ("has it answer", "has to answer"),
    ("is nothing more", "nothing came"),
    ("the own Close", "its own"),
    ("the own FIN", "its own"),
    ("the own one", "its own"),
    (", started by the", "who did it comes first"),
    ("left for it", "because of"),
    ("connection for it", "because of"),
    ("FIN for it", "because of"),
    ("reset TCP for it", "because of"),
    ("probably for that", "because of"),
    ("'s name", "posing as it, or in its place"),
    ("in its name", "posing as it, or in its place"),
    ("came down to", "downgraded"),
    ("certainly the same", "who can be certain?"),
    ("connection at all", "of an answered request there was one"),
    ("a sound connection", "valid"),
    ("has the clause", "shows the clause"),
    ("for which browsers", "browsers must"),
    ("no fitting Pong", "none that repeats the data"),
    ("such a one", "a time-out of that length"),
    ("left the page", "nobody saw who left"),
    ("closed cleanly", "what the programs were told is not the outcome"),
    ("where it has not", "if"),
    ("sent its bytes again", "retransmitted what?"),
    ("had been silent for", "last heard from"),
    ("to which no negotiated", "which no negotiated extension uses"),
    ("keep-alive of", "the Engine.IO keep-alive"),
    ("no range in use", "not assigned"),
    ("is no token", "is not a token"),
    ("none may stand", "takes none"),
    ("pass over the field", "ignore"),
    ("took an offer", "accepted"),
    ("took the extension", "accepted"),
    ("follow its grammar", "malformed"),
    ("record of TLS", "a TLS record"),
    ("too much to do", "overloaded"),
    ("by FIN", "(FIN)"),
    ("by RST", "(RST)"),
    ("because of it with", "that is why"),
    ("cannot be told", "the recording does not show"),
    ("Look in the log", "Check the log"),
    ("Look at ", "Check"),
    ("on the way", "on the path"),
    ("the way to ", "the path to"),
    ("time-out", "timeout"),
    ("that is no ", "is not a"),
    ("which is no ", "is not a"),
    ("that is none", "is not one"),
    ("took it out", "removed"),
    ("takes it out", "removes"),
    ("taken off", "removed"),
    ("puts it back", "appends"),
    ("sent again", "retransmitted"),
    ("in its place", "on its behalf, or in front of it"),
    (" by itself", "on its own, or automatically"),
    (" by themselves", "on their own, or automatically"),
    ("of its own accord", "unprompted"),
    ("has to ", "must"),
    ("have to ", "must"),
    ("what came of", "the result"),
    ("are had", "how to get"),
    ("window had been shut", "closed"),
    ("window was shut", "closed"),
    ("does not validate", "is not valid"),
    ("of another kind", "different how?"),
    ("in an orderly way", "normally"),
    ("asked for the upgrade", "requested"),
    ("left at once", "disconnected"),
    ("in the name of", "forged, or posing as"),
    ("let go of", "released, or gave up"),
    ("none of which", "two sentences"),
    ("goes by ", "is decided by"),
    ("foretold", "predictable"),
    ("to be told from", "distinguished"),
    (" heeds ", "supports"),
    ("nobody asked for", "unsolicited"),
    ("octet by octet", "one octet at a time"),
    ("whose is ", "which side's"),
    ("not, or not wholly", "at least in part"),
    ("  ", "two blanks"),
    (" ,", "a blank before a comma"),
    (" .", "a blank before a full stop"),
    (" ; ", "a blank before a semicolon"),
    (" :", "a blank before a colon"),
    (",,", "two commas"),
    (";.", "a semicolon before the end"),
    (" -", "a negative figure"),
    (" 0 bytes", "unknown is not 0"),
    (" 0 s", "nothing takes no time"),
    (" 1 times", "1 time"),
    (" 1 bytes", "1 byte"),
    ("frame 0", "an unknown frame"),
    ("a an ", "an article too many"),
    ("None", "a value of the program"),
    ("Some(", "a value of the program"),
    ("{", "a placeholder"),
];

/// What a peer wrote stands between them.
const QUOTES: char = '"';

/// Where something stands behind something else in the network, and not after it in time.
const RIGHTLY: &[&str] = &["server behind it", "recording behind it", "stands behind it"];

#[derive(Default)]
struct All {
    /// By kind, without figures; with the first that was like it.
    said: BTreeMap<&'static str, BTreeSet<String>>,
    wrong: BTreeSet<String>,
    causes: BTreeSet<(CauseId, Certainty)>,
}

impl All {
    /// Whole sentences.
    fn sentence(&mut self, kind: &'static str, text: &str) {
        let bare = without_quotes(text);
        let begins = bare.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
        if !begins || !bare.ends_with('.') {
            self.wrong.insert(format!("{kind}: no sentence: {text}"));
        }
        self.part(kind, text);
    }

    /// Parts of sentences and cells of tables.
    fn part(&mut self, kind: &'static str, text: &str) {
        let bare = without_quotes(text);
        for (word, why) in forbidden(&bare) {
            self.wrong.insert(format!("{kind}: {word:?} ({why}): {text}"));
        }
        self.said.entry(kind).or_default().insert(without_figures(&bare));
    }

    fn conversation(&mut self, report: &Conversation<Shown>, has_clock: bool) {
        let cause = report.closing.cause.as_ref().expect("a cause");
        self.causes.insert((cause.id(), cause.certainty));
        let said = cause.said(report);
        self.sentence("cause", &said.text);
        self.first(report, &said.text);
        match said.next {
            Some(next) => {
                self.sentence("next", &next);
                self.next(report, &next, has_clock);
            }
            // Whoever closes with 1000 and is answered leaves nothing open.
            None => assert_eq!(cause.id(), CauseId::ApplicationClose, "{}", said.text),
        }
        self.headline(report);
        for sentence in summary::sentences(report) {
            self.sentence("summary", &sentence);
        }
        let mut json = Vec::new();
        views::json::connection(&mut json, report, FrameList::None);
        let json: Value = serde_json::from_slice(&json).expect("JSON");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        for finding in list(&json["findings"]) {
            self.sentence("finding", &text(&finding["message"]).expect("text"));
            for key in ["expected", "observed"] {
                self.part(key, &text(&finding[key]).expect("text"));
            }
        }
        for step in list(&json["closing"]["steps"]) {
            for (kind, key) in [("owed", "expected"), ("seen", "observed")] {
                self.part(kind, &text(&step[key]).expect("text"));
            }
        }
    }

    /// The first sentence: no clause, and how sure it is can be heard.
    fn first(&mut self, report: &Conversation<Shown>, text: &str) {
        let cause = report.closing.cause.as_ref().expect("a cause");
        let first = without_quotes(text);
        let first = first.split_inclusive(". ").next().unwrap_or_default();
        if first.contains("RFC ") {
            self.wrong.insert(format!("a clause in the first sentence: {text}"));
        }
        let heard = |words: &[&str]| words.iter().any(|word| first.contains(word));
        let is_hedged = heard(&["robably", "ossibly", "does not show", " may "]);
        // What is done can be proven where its reason is not.
        let guesses = heard(&["robably"]);
        match cause.certainty {
            Certainty::Proven if guesses => self.wrong.insert(format!("proven, and says probably: {text}")),
            Certainty::Likely | Certainty::Undetermined if !is_hedged => {
                self.wrong.insert(format!("{}, which cannot be heard: {text}", cause.certainty.name()))
            }
            _ => false,
        };
    }

    /// Where to look: at which side, or at what between; when; and what for.
    fn next(&mut self, report: &Conversation<Shown>, next: &str, has_clock: bool) {
        let cause = report.closing.cause.as_ref().expect("a cause");
        let ends_later = matches!(cause.id(), CauseId::StillOpen | CauseId::NotObservable);
        if has_clock && !ends_later && !next.contains(" UTC") {
            self.wrong.insert(format!("no time to look at: {next}"));
        }
        let places = ["client", "server", "both programs", "proxies", "between", "page", "path"];
        if !places.iter().any(|place| next.contains(place)) {
            self.wrong.insert(format!("nobody to look at: {next}"));
        }
    }

    /// Short, no sentence, and of a tone that fits what is said.
    fn headline(&mut self, report: &Conversation<Shown>) {
        let cause = report.closing.cause.as_ref().expect("a cause");
        let headline = cause.headline(report);
        if headline.ends_with('.') || headline.chars().count() > 80 {
            self.wrong.insert(format!("no headline: {headline}"));
        }
        let tone = cause.tone(report);
        let never_good = !matches!(cause.id(), CauseId::ApplicationClose | CauseId::GoingAway);
        if tone == Tone::Normal && (never_good || report.closing.outcome == Outcome::CloseUnanswered) {
            self.wrong.insert(format!("green: {headline}"));
        }
        self.part("headline", &format!("{headline} [{tone:?}]"));
    }
}

/// What may not stand in a text, what a peer wrote left out.
fn forbidden(bare: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let rest = RIGHTLY.iter().fold(bare.to_owned(), |rest, words| rest.replace(words, "there"));
    FORBIDDEN.iter().filter(move |(word, _)| rest.contains(word))
}

/// What a peer wrote is none of our words, nor are the escapes in it.
fn without_quotes(text: &str) -> String {
    let text = text.replace("\\u{", "");
    let is_odd = text.matches(QUOTES).count() % 2 == 1;
    let text = if is_odd { text.replacen(QUOTES, "", 1) } else { text };
    let mut out = String::new();
    let mut quoted = false;
    for c in text.chars() {
        if c == QUOTES {
            quoted = !quoted;
            out.push('"');
        } else if !quoted {
            out.push(c);
        }
    }
    out
}

const UNITS: &[&str] = &["ns", "µs", "ms", "s", "min", "h", "d", "kB", "MB", "GB"];
const COUNTED: &[&str] = &["byte", "bytes", "time", "times", "payload", "Pings", "more", "characters"];
const NUMBERED: &[&str] = &["frame", "packet", "byte", "frames", "packets", "TTL", "have", "only"];

/// With letters for figures that are those of one exchange alone.
fn without_figures(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let core = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '=').to_owned();
    let is_number = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || ".,".contains(c))
            || word.strip_prefix("0x").is_some_and(|hex| !hex.is_empty())
    };
    let mut out: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let this = core(word);
        let (before, after) = (
            at.checked_sub(1).map_or_else(String::new, |at| core(words[at])),
            words.get(at + 1).map_or_else(String::new, |word| core(word)),
        );
        let letter = if this.len() == 12 && this.matches(':').count() == 2 {
            "CLOCK"
        } else if this.len() == 28 && this.ends_with('=') || this.len() == 24 && this.ends_with("==") {
            "KEY"
        } else if !is_number(&this) {
            out.push((*word).to_owned());
            continue;
        } else if UNITS.contains(&after.as_str())
            || NUMBERED.contains(&before.as_str())
            || COUNTED.contains(&after.as_str())
        {
            "N"
        } else {
            out.push((*word).to_owned());
            continue;
        };
        out.push(word.replace(&this, letter));
    }
    let text = out.join(" ");
    UNITS
        .iter()
        .take(7)
        .fold(text, |text, unit| {
            [" ", ",", ".", ";", ":", ")"].iter().fold(format!("{text} "), |text, end| {
                text.replace(&format!("N {unit}{end}"), &format!("T{end}"))
            })
        })
        .trim_end()
        .to_owned()
}

fn exchanges() -> Vec<String> {
    let examples =
        CAUSES.iter().flat_map(|cause| cause.shows).chain(RULES.iter().flat_map(|rule| rule.shows));
    let examples = examples.map(|example| example.script.to_owned());
    let tables = causes::scripts().map(|(_, script)| script).chain(reference::scripts());
    tables.chain(examples).chain(MORE.iter().map(|script| (*script).to_owned())).collect()
}

/// A report of a case as it goes well, and as it goes wrong in each of the ways.
fn reports(case: &Case) -> Vec<CaseReport> {
    let events = case.expects.as_ref().and_then(|expects| expects.first());
    let events = events.map(|(_, events)| events.iter().map(|event| event.to_event()).collect::<Vec<_>>());
    let id = case.id.to_string();
    let mut passes = autobahn_account::report(&id, events, None);
    passes.closing.closed_by_me = case.close.closed_by_me;
    passes.closing.remote_close_code = case.close.codes.first().copied();
    let mut fails = passes.clone();
    fails.received = Some(Vec::new());
    fails.closing.was_clean = false;
    fails.closing.failed_by_me = true;
    fails.closing.closed_by_me = true;
    fails.closing.remote_close_code = None;
    (fails.behavior, fails.behavior_close) = (Behavior::Failed, BehaviorClose::Failed);
    let mut wrong_code = passes.clone();
    wrong_code.closing.remote_close_code = Some(4999);
    wrong_code.closing.is_server = false;
    wrong_code.behavior_close = BehaviorClose::WrongCode;
    let mut unopened = fails.clone();
    unopened.http_response = None;
    vec![passes, fails, wrong_code, unopened]
}

/// What is printed, of every exchange and every case.
fn all() -> All {
    let mut all = All::default();
    let shown = |report: &Conversation| redact::seal(Box::new(report.clone()), Redaction::Secrets).open();
    for script in exchanges() {
        for report in analyse(&scene::play(&script)) {
            all.conversation(&shown(&report), true);
        }
    }
    for (_, _, report) in scripts::all() {
        all.conversation(&shown(&report), true);
    }
    for report in cases::all().iter().flat_map(reports) {
        for sentence in autobahn_account::told(&report) {
            all.sentence("account", &sentence);
        }
    }
    all
}

#[test]
fn every_sentence_is_one() {
    let all = all();
    let mut text = String::new();
    for (kind, said) in &all.said {
        let _ = writeln!(text, "{kind}: {}", said.len());
        said.iter().for_each(|said| text.push_str(&format!("  {said}\n")));
    }
    let wrong: Vec<&str> = all.wrong.iter().map(String::as_str).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tables/words.txt");
    if std::env::var_os("WSLOG_BLESS").is_some() {
        bless(&path, &text);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let held = fs::read_to_string(path).expect("the golden file");
    let differs = held.lines().zip(text.lines()).find(|(held, now)| held != now);
    assert!(held == text, "WSLOG_BLESS=1 cargo test --test knowledge words\n{differs:#?}");
    // Every cause as far as it can be shown, each with the certainties it is said to have.
    for cause in CAUSES.iter().filter(|cause| !["connect_failed", "undetermined"].contains(&cause.name)) {
        for (certainty, what) in [
            (Certainty::Proven, cause.proven),
            (Certainty::Likely, cause.likely),
            (Certainty::Undetermined, cause.undetermined),
        ] {
            let is_there = all.causes.contains(&(cause.id, certainty));
            assert!(what.is_some() || !is_there, "{} is never {}", cause.name, certainty.name());
        }
        assert!(all.causes.iter().any(|(id, _)| *id == cause.id), "{} is not shown", cause.name);
    }
}

/// What is explained without a recording keeps to the same words.
#[test]
fn explanations_have_no_word_that_is_forbidden() {
    let mut wrong = Vec::new();
    let topics = [
        explain::all_rules(),
        explain::all_causes(),
        explain::all_outcomes(),
        explain::all_codes(),
        explain::all_applications(),
        explain::all_guides(),
        explain::all_cases(),
        explain::all_cases_in(Version::FIRST),
        explain::all_cases_in("0.7.5".parse().expect("a version")),
    ];
    for topic in topics.iter().flatten() {
        let document = views::explain::json::document(std::slice::from_ref(topic));
        let document: Value = serde_json::from_str(&document).expect("JSON");
        let mut texts = Vec::new();
        strings(&document, &mut texts);
        // Exchanges have their own notation, and what the suite sends is data.
        let is_ours = |text: &&String| text.contains(' ') && !text.contains('\n') && !text.ends_with(" ...");
        for text in texts.iter().filter(is_ours) {
            let found = forbidden(&without_quotes(text)).collect::<Vec<_>>();
            let found = found.into_iter().filter(|(word, _)| {
                !matches!(*word, "{" | " -" | " :" | " 0 s" | " 0 bytes" | "frame 0" | "None")
            });
            wrong.extend(found.map(|(word, why)| format!("{word:?} ({why}): {text}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        // Lines of a guide are for a shell or a file.
        Value::Object(fields) => {
            let ours = fields.iter().filter(|(name, _)| *name != "lines");
            ours.for_each(|(_, item)| strings(item, out));
        }
        _ => {}
    }
}

/// What the check would catch is caught: it can fail.
#[test]
fn what_is_forbidden_is_found() {
    let mut all = All::default();
    all.sentence("x", "the client  left right behind it");
    assert_eq!(all.wrong.len(), 3, "{:?}", all.wrong);
    let mut all = All::default();
    all.sentence(
        "x",
        "The client said \"right behind  it\" 1.25 ms after frame 12, at 00:00:00.001 UTC; 13 bytes came.",
    );
    assert!(all.wrong.is_empty(), "{:?}", all.wrong);
    let said: Vec<&String> = all.said.values().flatten().collect();
    assert_eq!(said, ["The client said \"\" T after frame N, at CLOCK UTC; N bytes came."]);
}
