//! `wslog diff` and `wslog check` as they are used: the sample runs in every format against `golden/runs/`
//! (`WSLOG_BLESS=1` writes them), exit codes, and the corpus where it is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::corpus;

const BEFORE: &str = "samples/autobahn/before";
const AFTER: &str = "samples/autobahn/after";
const POLICY: &str = "samples/autobahn/policy.toml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs wslog in the root of the project; arguments are parted by spaces.
fn wslog(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments.split(' '))
        .current_dir(root())
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("wslog runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Exit code, and what a document of `--format json` says.
fn json(arguments: &str) -> (i32, Value) {
    let output = wslog(&format!("{arguments} --format json"));
    let value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().expect("no signal"), value)
}

/// A file for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: Option<&[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("wslog-runs-{}-{name}", std::process::id()));
        if let Some(content) = content {
            fs::write(&path, content).expect("a file can be written");
        }
        Self(path)
    }

    fn folder(name: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = Self::new(name, None);
        fs::create_dir_all(&folder.0).expect("a folder can be made");
        for (name, content) in files {
            fs::write(folder.0.join(name), content).expect("a file can be written");
        }
        folder
    }

    fn name(&self) -> &str {
        self.0.to_str().expect("a plain name")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0).or_else(|_| fs::remove_file(&self.0));
    }
}

#[test]
fn sample_runs_in_every_format() {
    for (format, ending) in
        [("text", "txt"), ("json", "json"), ("markdown", "md"), ("junit", "xml"), ("github", "github")]
    {
        for (name, arguments, code) in [
            ("diff", format!("diff {BEFORE} {AFTER}"), 1),
            ("diff-accepted", format!("diff {BEFORE} {AFTER} --accept samples/autobahn/accepted.toml"), 0),
            ("check", format!("check {AFTER} --policy {POLICY}"), 1),
            ("check-warned", format!("check {AFTER} --policy {POLICY} --warn unexpected-pass,absent"), 1),
        ] {
            let output = wslog(&format!("{arguments} --format {format}"));
            assert_eq!(output.status.code(), Some(code), "{name} {format}");
            assert_eq!(text(&output.stderr), "", "{name} {format}");
            let golden = root().join(format!("tests/golden/runs/{name}.{ending}"));
            if std::env::var_os("WSLOG_BLESS").is_some() {
                fs::write(&golden, &output.stdout).expect("a golden file can be written");
            }
            let expected = fs::read_to_string(&golden).expect("a golden file");
            assert_eq!(text(&output.stdout), expected, "{}", golden.display());
        }
    }
}

#[test]
fn exit_codes_of_diff() {
    #[track_caller]
    fn check(arguments: &str, code: i32) {
        let output = wslog(&format!("diff {arguments}"));
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", text(&output.stderr));
    }
    check(&format!("{BEFORE} {BEFORE}"), 0);
    check(&format!("{BEFORE}/index.json {AFTER}/index.json"), 1);
    check(&format!("{BEFORE}/alpha_case_3_2.json {AFTER}/alpha_case_3_2.json"), 1);
    check(&format!("{BEFORE}/alpha_case_7_1_5.json {AFTER}/alpha_case_7_1_5.json"), 0);
    check(&format!("{BEFORE}/alpha_case_7_1_5.json {AFTER} --fail-on added"), 1);
    check(&format!("{BEFORE}/alpha_case_7_1_5.json {AFTER} --fail-on missing,changed"), 0);
    check(&format!("{BEFORE} {AFTER} --agent alpha=gamma"), 2);
    check(&format!("{BEFORE} {AFTER} --agent alpha"), 2);
    check(&format!("{BEFORE} {AFTER} --duration-factor 0.5"), 2);
    check(&format!("{BEFORE} no-such-run"), 2);
    check(&format!("{BEFORE} src"), 2);
    check(&format!("{BEFORE} Cargo.toml"), 2);
}

#[test]
fn agents_and_durations_of_diff() {
    let one = format!("diff {BEFORE}/alpha_case_7_1_5.json {BEFORE}/beta_2_case_7_1_5.json");
    let (code, apart) = json(&one);
    assert_eq!((code, &apart["totals"]["missing"], &apart["totals"]["added"]), (1, &1.into(), &1.into()));
    assert_eq!(apart["failed_on"], serde_json::json!(["1 missing", "nothing was compared"]));
    let (code, renamed) = json(&format!("{one} --agent alpha=beta/2"));
    assert_eq!(code, 1);
    assert_eq!(renamed["agents"][0]["old_agent"], "alpha");
    assert_eq!(renamed["agents"][0]["changes"][0]["kind"], "regression");
    let (_, durations) = json(&format!("diff {BEFORE} {AFTER} --duration-factor 100"));
    assert_eq!(durations["agents"][0]["changes"][0]["why"], "took 1 ms → 900 ms");
}

#[test]
fn exit_codes_of_check() {
    #[track_caller]
    fn check(arguments: &str, code: i32, kinds: &[&str]) {
        let (found, value) = json(&format!("check {arguments}"));
        let violations = value["violations"].as_array().map_or(&[][..], Vec::as_slice);
        let said: Vec<_> = violations.iter().map(|v| v["kind"].as_str().unwrap()).collect();
        assert_eq!((found, said.as_slice()), (code, kinds), "{arguments}");
        assert_eq!(value["passed"].as_bool(), (code < 2 || !kinds.is_empty()).then_some(code == 0));
    }
    check(&format!("{BEFORE} --policy {POLICY}"), 0, &[]);
    check(BEFORE, 1, &["failed", "failed", "close_failed"]);
    check(&format!("{BEFORE} --allow non-strict,unclean"), 1, &["failed"]);
    check(&format!("{BEFORE} --allow non-strict --skip 7.1.5"), 0, &[]);
    check(&format!("{BEFORE} --policy {POLICY} --expect-cases 5"), 1, &["missing"]);
    check(&format!("{BEFORE} --policy {POLICY} --require-agent gamma"), 1, &["no_report"]);
    check(&format!("{BEFORE}/beta_2_case_7_1_5.json --allow unclean --case 7.1.5"), 0, &[]);
    check(&format!("{BEFORE}/beta_2_case_7_1_5.json --allow unclean --case 7.5.*"), 1, &["extra", "missing"]);
    check("no-such-run", 2, &["no_report"]);
    check(&format!("no-such-run {BEFORE} --policy {POLICY}"), 2, &["no_report"]);
    check(&format!("{BEFORE} --policy no-such-policy"), 2, &[]);
    check(&format!("{BEFORE} --policy Cargo.toml"), 2, &[]);
    check(&format!("{BEFORE} --update"), 2, &[]);
    let empty = Scratch::new("empty.json", Some(b"{}"));
    check(empty.name(), 1, &["no_report"]);
    let nothing = Scratch::new("nothing.json", Some(b""));
    check(nothing.name(), 2, &["no_report"]);
}

#[test]
fn shards_are_merged_and_contradictions_told() {
    let [alpha, beta] =
        [("alpha", "3_2"), ("beta_2", "7_1_5")].map(|(a, c)| format!("{BEFORE}/{a}_case_{c}.json"));
    let (code, value) = json(&format!("check {alpha} {beta} --allow unclean"));
    assert_eq!((code, &value["totals"]["cases"]), (0, &2.into()));
    let (code, value) = json(&format!("check {alpha} {AFTER}/alpha_case_3_2.json"));
    let kinds: Vec<_> =
        value["violations"].as_array().unwrap().iter().map(|v| v["kind"].as_str().unwrap()).collect();
    assert_eq!((code, kinds.as_slice()), (1, ["failed", "inconsistent"].as_slice()));
}

#[test]
fn the_index_is_held_against_its_cases() {
    let read = |path: &str| fs::read(root().join(path)).expect("a sample");
    let index = read(&format!("{BEFORE}/index.json"));
    let [right, wrong] = [BEFORE, AFTER].map(|run| read(&format!("{run}/alpha_case_3_2.json")));
    let check = |name: &str, case: &[u8], expected: &str| {
        let folder = Scratch::folder(name, &[("index.json", &index), ("alpha_case_3_2.json", case)]);
        let (_, value) = json(&format!("check {} --policy {POLICY}", folder.name()));
        let details = value["violations"].as_array().unwrap().iter().map(|v| v["detail"].as_str().unwrap());
        let details: Vec<_> = details.map(|d| d.replace(folder.name(), "RUN")).collect();
        assert_eq!(details.join(" | "), expected, "{name}");
        let (code, _) = json(&format!("check {} --policy {POLICY} --index-only", folder.name()));
        assert_eq!(code, 0, "{name}");
    };
    check("right", &right, "");
    check(
        "wrong",
        &wrong,
        "behavior: the index says OK, alpha_case_3_2.json FAILED; close: the index says OK, alpha_case_3_2.json WRONG CODE; code of the testee's Close: the index says 1002, alpha_case_3_2.json 1000; duration: the index says 1 ms, alpha_case_3_2.json 1003 ms",
    );
    check(
        "cut",
        &right[..100],
        "its case file cannot be read: RUN/alpha_case_3_2.json is not a usable Autobahn case, line 7: EOF while parsing a string at line 7 column 2",
    );
}

#[test]
fn update_makes_the_check_pass() {
    let policy = Scratch::new("policy.toml", Some(&fs::read(root().join(POLICY)).expect("the sample")));
    let check = format!("check {AFTER} --policy {}", policy.name());
    assert_eq!(wslog(&check).status.code(), Some(1));
    assert_eq!(wslog(&format!("{check} --update")).status.code(), Some(0));
    assert_eq!(wslog(&check).status.code(), Some(0));
    let written = fs::read_to_string(&policy.0).expect("the policy");
    for kept in ["# What the two sample runs", "# Text that is not UTF-8", "never answers a Close"] {
        assert!(written.contains(kept), "{kept}: {written}");
    }
    assert!(!written.contains("fails the connection instead"), "{written}");
    let new = Scratch::new("new.toml", None);
    let made = wslog(&format!("check {AFTER} --policy {} --update --allow non-strict", new.name()));
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let made = fs::read_to_string(&new.0).expect("a policy");
    assert_eq!(made.matches("[[xfail]]").count(), 2, "{made}");
}

/// Neither a file without end nor one too large is read whole.
#[test]
fn a_policy_is_of_moderate_size() {
    let longest = |more: usize| [b"# ".to_vec(), vec![b'x'; (4 << 20) - 2 + more]].concat();
    let (most, more) = (longest(0), longest(1));
    let most = Scratch::new("most.toml", Some(&most));
    let more = Scratch::new("more.toml", Some(&more));
    for (policy, code, says) in [
        ("/dev/zero", 2, "it has more than 4194304 bytes"),
        ("samples", 2, "policy samples: it is a directory"),
        (most.name(), 1, ""),
        (more.name(), 2, "it has more than 4194304 bytes"),
    ] {
        for update in ["", " --update"] {
            let output = wslog(&format!("check {BEFORE} --policy {policy}{update}"));
            let code = if update.is_empty() || code == 2 { code } else { 2 };
            assert_eq!(output.status.code(), Some(code), "{policy}{update}: {}", text(&output.stderr));
            assert!(text(&output.stderr).contains(says), "{policy}: {}", text(&output.stderr));
        }
    }
    // What an update would make too large stays as it was.
    assert_eq!(fs::metadata(&most.0).expect("the policy").len(), 4 << 20);
}

#[test]
fn output_goes_to_a_file() {
    let file = Scratch::new("out.md", None);
    let output = wslog(&format!("diff {BEFORE} {AFTER} --format markdown -o {}", file.name()));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(fs::read_to_string(&file.0).expect("the file").starts_with("### ❌ Autobahn: 1 regression"));
}

/// An index of one case, and its file.
fn run_of(agent: &str, behavior: &str, file_says: &str) -> [(&'static str, Vec<u8>); 2] {
    let verdict = |behavior: &str| {
        format!(r#""behavior": "{behavior}", "behaviorClose": "OK", "duration": 1, "remoteCloseCode": 1000"#)
    };
    let index = format!(r#"{{"{agent}": {{"1.1.1": {{{}, "reportfile": "c.json"}}}}}}"#, verdict(behavior));
    let case = format!(
        r#"{{"agent": "{agent}", "id": "1.1.1", {}, "received": [["message", "{file_says}", false]]}}"#,
        verdict(file_says)
    );
    [("index.json", index.into_bytes()), ("c.json", case.into_bytes())]
}

fn folder_of(name: &str, files: &[(&'static str, Vec<u8>)]) -> Scratch {
    let files: Vec<_> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    Scratch::folder(name, &files)
}

#[test]
fn a_stale_case_file_explains_nothing() {
    let old = folder_of("stale-old", &run_of("a", "OK", "OK"));
    for (name, file, says) in [("stale", "OK", false), ("fresh", "FAILED", true)] {
        let new = folder_of(name, &run_of("a", "FAILED", file));
        let (code, diff) = json(&format!("diff {} {}", old.name(), new.name()));
        let why = diff["agents"][0]["changes"][0]["why"].as_str().unwrap();
        assert_eq!((code, why.contains("event 1")), (1, says), "{why}");
    }
}

#[test]
fn an_agent_may_have_an_equals_sign() {
    let [old, new] = [("equals-old", "a=1"), ("equals-new", "b=2")]
        .map(|(name, agent)| folder_of(name, &run_of(agent, "OK", "OK")));
    let (code, diff) = json(&format!("diff {} {} --agent a=1=b=2", old.name(), new.name()));
    assert_eq!((code, &diff["totals"]["unchanged"]), (0, &1.into()), "{diff}");
    let twice = wslog(&format!("diff {} {} --agent a=1=b=2 --agent a=1=b=2", old.name(), new.name()));
    assert_eq!(twice.status.code(), Some(2));
    assert!(text(&twice.stderr).contains("two --agent options name a=1"), "{}", text(&twice.stderr));
}

#[test]
fn case_files_are_known_by_what_they_begin_with() {
    let [_, (_, case)] = run_of("a", "OK", "OK");
    let files = [("first", case.clone()), ("notes.txt", b"nothing".to_vec())];
    let folder = folder_of("by-content", &files);
    assert_eq!(json(&format!("check {}", folder.name())).0, 0);
    // A file that is named like a case is not passed over.
    let files = [("first", case), ("a_case_1_1_2.json", b"{".to_vec())];
    let folder = folder_of("by-name", &files);
    let output = wslog(&format!("check {}", folder.name()));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a_case_1_1_2.json"), "{}", text(&output.stderr));
}

#[test]
fn a_directory_of_runs_is_one_run_of_shards() {
    let shards = Scratch::folder("shards", &[]);
    for (name, agent, behavior) in [("1", "a", "OK"), ("2", "b", "OK"), ("3", "a", "FAILED")] {
        let folder = shards.0.join(name);
        fs::create_dir(&folder).expect("a folder can be made");
        for (name, bytes) in run_of(agent, behavior, behavior) {
            fs::write(folder.join(name), bytes).expect("a file can be written");
        }
        let (code, value) = json(&format!("check {}", shards.name()));
        let kinds: Vec<_> = value["violations"].as_array().unwrap().iter().map(|v| &v["kind"]).collect();
        match name {
            "1" => assert_eq!((code, &value["totals"]["cases"]), (0, &1.into())),
            "2" => assert_eq!((code, &value["totals"]["cases"]), (0, &2.into())),
            _ => assert_eq!((code, kinds), (1, vec![&"inconsistent".into(), &"failed".into()])),
        }
    }
    // The worse verdict counts, and the file that has it explains it.
    let (code, diff) = json(&format!("diff {}/1 {}", shards.name(), shards.name()));
    let why = diff["agents"][0]["changes"][0]["why"].as_str().unwrap();
    assert_eq!((code, why.contains("text \"FAILED\"")), (1, true), "{why}");
}

#[test]
fn an_empty_report_is_called_empty() {
    let empty = Scratch::new("empty-report", Some(b""));
    let output = wslog(&format!("diff {BEFORE} {}", empty.name()));
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("it is empty") && !said.contains("tcpdump"), "{said}");
}

#[test]
fn a_run_that_cannot_be_read_updates_no_policy() {
    let policy = Scratch::new("kept.toml", Some(b"# Kept.\n"));
    let output = wslog(&format!("check no-such-run {AFTER} --policy {} --update", policy.name()));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("left unchanged"), "{}", text(&output.stderr));
    assert_eq!(fs::read(&policy.0).expect("the policy"), b"# Kept.\n");
}

#[test]
fn many_case_files_are_inspected_in_their_order() {
    let [_, (_, case)] = run_of("a", "OK", "OK");
    let case = text(&case).to_owned();
    let folder = Scratch::folder("many", &[]);
    for n in 0..200 {
        let agent = format!(r#""agent": "agent {n}""#);
        let bytes = if n == 7 { "{\"agent\": 1".to_owned() } else { case.replace(r#""agent": "a""#, &agent) };
        fs::write(folder.0.join(format!("{n:03}.json")), bytes).expect("a file can be written");
    }
    let (code, value) = json(&format!("inspect {}", folder.name()));
    let connections = value["connections"].as_array().unwrap();
    assert_eq!((code, connections.len()), (2, 199));
    for (at, connection) in connections.iter().enumerate() {
        let n = at + usize::from(at >= 7);
        assert_eq!(connection["autobahn"]["agent"], format!("agent {n}"));
        assert_eq!((&connection["id"], &connection["input"]), (&(at + 1).to_string().into(), &at.into()));
        let path = value["inputs"][at]["path"].as_str().unwrap();
        assert!(path.ends_with(&format!("{n:03}.json")), "{path}");
    }
}

/// Runs of the corpus, none where it is not there.
fn real_runs() -> Vec<String> {
    let Some(runs) = corpus::corpus("autobahn") else { return Vec::new() };
    let entries = fs::read_dir(runs).expect("readable");
    let reports = entries.map(|entry| entry.expect("readable").path().join("reports"));
    let mut runs: Vec<_> = reports
        .filter(|path| path.join("index.json").is_file())
        .map(|path| path.to_str().expect("a plain name").to_owned())
        .collect();
    runs.sort_unstable();
    runs
}

/// Totals of a document: each case counted once.
fn cases(totals: &Value) -> u64 {
    totals.as_object().expect("totals").values().filter_map(Value::as_u64).sum()
}

#[test]
fn the_corpus_agrees_with_itself() {
    for run in real_runs() {
        let (code, same) = json(&format!("diff {run} {run}"));
        assert_eq!((code, &same["totals"]["unchanged"]), (0, &same["old"]["cases"]), "{run}");
        let (_, checked) = json(&format!("check {run}"));
        let counts = &checked["totals"]["violations"];
        assert_eq!(counts["inconsistent"], 0, "{run}: {}", checked["violations"]);
        assert_eq!((&counts["unlisted"], &counts["absent"]), (&0.into(), &0.into()), "{run}");
        let directory = Path::new(&run).parent().expect("a directory").file_name().expect("a name");
        let role = if directory.to_string_lossy().starts_with("client") { "client" } else { "server" };
        for agent in checked["agents"].as_array().expect("agents") {
            assert_eq!(agent["testee_is"], role, "{run}");
        }
        assert_eq!(counts["no_report"], 0, "{run}");
        let held = &checked["totals"]["case_files"]["held"];
        assert_eq!(held, &checked["totals"]["cases"], "{run}");
        // The same verdicts come from the index and from the cases alone.
        let (code, verdicts) = json(&format!("diff {run}/index.json {run}"));
        assert_eq!((code, &verdicts["totals"]["unchanged"]), (0, &same["old"]["cases"]), "{run}");
    }
}

#[test]
fn buggy_clients_of_the_corpus_against_each_other() {
    let buggy: Vec<_> = real_runs().into_iter().filter(|run| run.contains("client-buggy-")).collect();
    for old in &buggy {
        for new in &buggy {
            let agent = |run: &str| {
                let index = fs::read_to_string(Path::new(run).join("index.json")).expect("an index");
                let value: Value = serde_json::from_str(&index).expect("JSON");
                value.as_object().expect("agents").keys().next().expect("an agent").clone()
            };
            let (code, diff) = json(&format!("diff {old} {new} --agent {}={}", agent(old), agent(new)));
            assert_eq!(diff["agents"].as_array().map(Vec::len), Some(1), "{old} {new}");
            assert_eq!(cases(&diff["totals"]), diff["agents"][0]["cases"].as_u64().unwrap());
            let regressions = diff["totals"]["regression"].as_u64().unwrap();
            let missing = diff["totals"]["missing"].as_u64().unwrap();
            assert_eq!(code, i32::from(regressions + missing > 0), "{old} {new}");
            // Back again, what got worse gets better, unless it did both.
            let (_, back) = json(&format!("diff {new} {old} --agent {}={}", agent(new), agent(old)));
            for (there, here) in [("fixed", "regression"), ("missing", "added")] {
                assert!(diff["totals"][there].as_u64() <= back["totals"][here].as_u64(), "{old} {new}");
            }
            for kind in ["changed", "unchanged"] {
                assert_eq!(diff["totals"][kind], back["totals"][kind], "{old} {new}");
            }
        }
    }
}

#[test]
fn the_agents_of_one_corpus_run() {
    let Some(run) = real_runs().into_iter().find(|run| run.ends_with("client-multi/reports")) else { return };
    let (_, checked) = json(&format!(
        "check {run} --require-agent ws,websockets --require-agent ws --require-agent websockets --expect-cases 100"
    ));
    let missing: Vec<_> = checked["violations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|v| ["no_report", "missing", "extra"].contains(&v["kind"].as_str().unwrap()))
        .map(|v| v["agent"].as_str().unwrap())
        .collect();
    assert_eq!(missing, ["ws,websockets"]);
    assert_eq!(checked["agents"].as_array().map(Vec::len), Some(3));
}
