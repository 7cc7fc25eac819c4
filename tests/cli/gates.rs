//! Gates as they are found: roles in directories, files that an index does not name, pages of the suite, policies made of a run.
//! `published.rs`: the gates of other projects, and JUnit for their readers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

mod published;

/// A directory of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gates").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    folder
}

fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
    fs::write(path, content).expect("writable");
}

fn wslog<S: AsRef<str>>(folder: &Path, arguments: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments.iter().map(AsRef::as_ref))
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("wslog runs")
}

/// Arguments parted by spaces: exit code, the document, standard error.
#[track_caller]
fn ask(folder: &Path, arguments: &str) -> (i32, Value, String) {
    let arguments: Vec<_> = arguments.split(' ').chain(["--format", "json"]).collect();
    let output = wslog(folder, &arguments);
    let document = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code().expect("no signal"), document, told)
}

/// `agent (role) case kind: detail` of violations or warnings.
fn told(list: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let one = |told: &Value| {
        let [agent, role, case, kind, detail] =
            ["agent", "testee_is", "case", "kind", "detail"].map(|key| word(&told[key]));
        format!("{agent} ({role}) {case} {kind}: {detail}")
    };
    list.as_array().expect("a list").iter().map(one).collect()
}

fn entry(behavior: &str, close: &str, file: &str) -> Value {
    json!({"behavior": behavior, "behaviorClose": close, "duration": 1, "remoteCloseCode": 1000, "reportfile": file})
}

/// A case file. `server` is whether the tester is one.
fn case(agent: &str, id: &str, behavior: &str, server: Option<bool>) -> String {
    let mut case = json!({"agent": agent, "id": id, "behavior": behavior, "behaviorClose": "OK", "duration": 1,
        "remoteCloseCode": 1000, "started": "2026-01-11T08:00:39.867Z", "result": "R.", "resultClose": "C."});
    if let Some(server) = server {
        case["isServer"] = server.into();
    }
    case.to_string()
}

/// An index of an agent's cases, all in files of their own: id and behavior.
fn index_of(agent: &str, cases: &[(&str, &str)]) -> String {
    let entries: serde_json::Map<_, _> =
        cases.iter().map(|(id, behavior)| ((*id).to_owned(), entry(behavior, "OK", &file_of(id)))).collect();
    json!({agent: entries}).to_string()
}

fn file_of(id: &str) -> String {
    format!("a_case_{}.json", id.replace('.', "_"))
}

#[test]
fn directories_of_both_roles_are_two_runs() {
    let folder = folder("roles");
    let write_run = |run: &str, clients: &[(&str, &str)], servers: &[(&str, &str)]| {
        write(&folder.join(run).join("clients/index.json"), index_of("a", clients));
        write(&folder.join(run).join("servers/index.json"), index_of("a", servers));
    };
    let good = [("1.1.1", "OK"), ("1.1.2", "OK")];
    write_run("good", &good, &good);
    write_run("cut", &good[..1], &good);
    write_run("worse", &[("1.1.1", "FAILED"), ("1.1.2", "OK")], &good);
    let (code, checked, _) = ask(&folder, "check good");
    assert_eq!((code, &checked["totals"]["cases"]), (0, &4.into()));
    let roles: Vec<_> =
        checked["agents"].as_array().unwrap().iter().map(|agent| &agent["testee_is"]).collect();
    assert_eq!(roles, ["client", "server"]);
    let (code, checked, _) = ask(&folder, "check cut");
    assert_eq!(
        (code, told(&checked["violations"])),
        (1, vec!["a (client) - missing: case 1.1.2 did not run, but did with this agent as server: 1 cases and 2; was the run cut short?".to_owned()])
    );
    assert_eq!(ask(&folder, "check cut --uneven").0, 0);
    assert_eq!(ask(&folder, "check cut/clients").0, 0);
    let (code, compared, _) = ask(&folder, "diff good cut");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 missing"])));
    let (code, compared, _) = ask(&folder, "diff good worse");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 regression"])));
    assert_eq!(compared["agents"][0]["testee_is"], "client");
    // The name of the directory is that which the path comes to.
    for (place, path) in [
        ("good/clients", "index.json"),
        ("good/clients", "."),
        ("good/servers", "../clients"),
        ("good", "clients/../clients"),
    ] {
        let (_, checked, _) = ask(&folder.join(place), &format!("check {path}"));
        assert_eq!(checked["agents"][0]["testee_is"], "client", "{place} {path}");
    }
    // An option tells what no name does, and outranks a name.
    let (_, checked, _) = ask(&folder, "check good/clients --testee server");
    assert_eq!(checked["agents"][0]["testee_is"], "server");
    fs::rename(folder.join("good/clients"), folder.join("good/some")).expect("renamed");
    let (_, checked, _) = ask(&folder, "check good/some");
    assert_eq!(checked["agents"][0]["testee_is"], Value::Null);
}

#[test]
fn case_files_tell_roles_before_names_do() {
    let folder = folder("told");
    let run = folder.join("clients");
    write(&run.join("index.json"), index_of("a", &[("1.1.1", "OK")]));
    write(&run.join(file_of("1.1.1")), case("a", "1.1.1", "OK", Some(false)));
    for arguments in ["check clients", "check clients --index-only"] {
        let (code, checked, _) = ask(&folder, arguments);
        assert_eq!((code, &checked["agents"][0]["testee_is"]), (0, &"server".into()), "{arguments}");
    }
    let (code, compared, _) = ask(&folder, "diff clients clients");
    assert_eq!((code, &compared["agents"][0]["testee_is"]), (0, &"server".into()));
    let (code, checked, _) = ask(&folder, "check clients --testee client");
    assert_eq!(
        (code, told(&checked["violations"])),
        (
            1,
            vec!["a (server) - inconsistent: --testee says client, a_case_1_1_1.json says server".to_owned()]
        )
    );
    // Files of both roles beside one index.
    write(&run.join("index.json"), index_of("a", &[("1.1.1", "OK"), ("1.1.2", "OK")]));
    write(&run.join(file_of("1.1.2")), case("a", "1.1.2", "OK", Some(true)));
    let (code, checked, _) = ask(&folder, "check clients");
    assert_eq!(
        (code, told(&checked["violations"])),
        (1, vec!["a (server) 1.1.2 inconsistent: this is a run with the testee as server, a_case_1_1_2.json has it as client".to_owned()])
    );
}

#[test]
fn the_same_case_twice_is_a_violation_unless_shards_are_meant() {
    let folder = folder("twice");
    let run = |path: &str, cases: &[(&str, &str)]| write(&folder.join(path), index_of("a", cases));
    run("runs/monday/index.json", &[("1.1.1", "OK"), ("1.1.2", "OK")]);
    run("runs/tuesday/index.json", &[("1.1.1", "OK")]);
    let said = "a (-) - inconsistent: runs/monday and runs/tuesday both have case 1.1.1: give one of them, say that they are shards of one run (--shards), or name their directories clients and servers if they are its two roles";
    let (code, checked, _) = ask(&folder, "check runs");
    assert_eq!((code, told(&checked["violations"])), (1, vec![said.to_owned()]));
    let (code, compared, _) = ask(&folder, "diff runs runs");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["2 inconsistent"])));
    for meant in ["check runs --shards", "check runs/monday runs/tuesday", "diff runs runs --shards"] {
        assert_eq!(ask(&folder, meant).0, 0, "{meant}");
    }
    run("runs/tuesday/index.json", &[("1.1.1", "FAILED")]);
    let (code, checked, _) = ask(&folder, "check runs --shards");
    let kinds: Vec<_> = checked["violations"].as_array().unwrap().iter().map(|v| &v["kind"]).collect();
    assert_eq!((code, kinds), (1, vec![&json!("failed"), &json!("inconsistent")]));
    // Directories that have nothing in common are one run.
    run("parts/x/1/index.json", &[("1.1.1", "OK")]);
    run("parts/x/2/index.json", &[("1.1.2", "OK")]);
    let (code, checked, _) = ask(&folder, "check parts --expect-cases 2");
    assert_eq!((code, &checked["totals"]["cases"]), (0, &2.into()));
    // A link to one of them is that one.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("parts/x"), folder.join("parts/latest")).expect("linked");
        std::os::unix::fs::symlink(folder.join("parts"), folder.join("parts/x/back")).expect("linked");
        let (code, checked, _) = ask(&folder, "check parts --expect-cases 2");
        assert_eq!((code, &checked["totals"]["cases"]), (0, &2.into()));
    }
    // A shard of which nothing tells the role has that of the others.
    run("mixed/clients/index.json", &[("1.1.1", "OK")]);
    run("mixed/more/index.json", &[("1.1.2", "OK")]);
    let (code, checked, _) = ask(&folder, "check mixed/clients mixed/more --expect-cases 2");
    assert_eq!((code, checked["agents"].as_array().map(Vec::len)), (0, Some(1)));
}

#[test]
fn a_failure_does_not_hide_behind_a_key_that_comes_twice() {
    let folder = folder("keys");
    let [failed, ok] = ["FAILED", "OK"].map(|behavior| entry(behavior, "OK", "x.json"));
    write(&folder.join("index.json"), format!(r#"{{"a": {{"1.1.1": {failed}, "1.1.1": {ok}}}}}"#));
    write(&folder.join("good.json"), format!(r#"{{"a": {{"1.1.1": {ok}}}}}"#));
    let (code, checked, _) = ask(&folder, "check index.json");
    assert_eq!(
        (code, told(&checked["violations"])),
        (
            1,
            vec![
                "a (-) 1.1.1 failed: behavior FAILED, close OK".to_owned(),
                "a (-) 1.1.1 inconsistent: the index has it twice: FAILED / OK and OK / OK".to_owned(),
            ]
        )
    );
    let (code, compared, _) = ask(&folder, "diff good.json index.json");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 regression", "1 inconsistent"])));
    // A case file of that kind is none.
    let twice =
        case("a", "1.1.1", "FAILED", None).replacen("\"behavior\"", "\"behavior\": \"OK\", \"behavior\"", 1);
    write(&folder.join("run/x_case_1_1_1.json"), twice);
    let (code, _, said) = ask(&folder, "check run");
    assert_eq!(code, 2);
    assert!(said.contains("duplicate field `behavior`"), "{said}");
}

#[test]
fn an_index_must_name_what_lies_beside_it() {
    let folder = folder("beside");
    write(&folder.join("run/index.json"), index_of("a", &[("1.1.1", "OK"), ("1.1.2", "OK")]));
    write(&folder.join("run").join(file_of("1.1.1")), case("a", "1.1.1", "OK", None));
    write(&folder.join("run").join(file_of("7.1.5")), case("a", "7.1.5", "FAILED", None));
    // Another form of a case that is named, the overview, and what is none of it.
    write(&folder.join("run/a_case_1_1_1.html"), "<!DOCTYPE html><html><body></body></html>");
    write(
        &folder.join("run/index.html"),
        "<!DOCTYPE html><html><body><div id=\"master_report_header\"></div></body></html>",
    );
    write(&folder.join("run/notes.txt"), "notes");
    let unlisted = "a (-) 7.1.5 unlisted: the index does not name a_case_7_1_5.json, which says behavior FAILED, close OK";
    let absent = "a (-) 1.1.2 absent: the index names a_case_1_1_2.json, which is not there";
    let (code, checked, _) = ask(&folder, "check run");
    assert_eq!((code, told(&checked["violations"])), (1, vec![unlisted.to_owned()]));
    assert_eq!(
        checked["totals"]["case_files"],
        json!({"held": 1, "absent": 1, "unlisted": 1, "overwritten": 0})
    );
    let (code, checked, _) = ask(&folder, "check run --require-files");
    assert_eq!((code, told(&checked["violations"])), (1, vec![absent.to_owned(), unlisted.to_owned()]));
    let (code, checked, _) = ask(&folder, "check run --warn unlisted,absent");
    assert_eq!((code, &checked["violations"]), (0, &json!([])));
    assert_eq!(told(&checked["warnings"]), [absent, unlisted]);
    assert_eq!(ask(&folder, "check run --index-only").0, 0);
    // The new run is to be whole; what lies beside the old one is said.
    write(&folder.join("old/index.json"), index_of("a", &[("1.1.1", "OK"), ("1.1.2", "OK")]));
    let (code, compared, _) = ask(&folder, "diff old run");
    assert_eq!(
        (code, &compared["failed_on"], &compared["new"]["unlisted"]),
        (1, &json!(["1 inconsistent"]), &1.into())
    );
    let (code, compared, _) = ask(&folder, "diff run old");
    assert_eq!((code, &compared["old"]["unlisted"]), (0, &1.into()));
    // A list of results that lies there under another name is not the index of it.
    write(&folder.join("run/expected-results.json"), index_of("other", &[("1.1.1", "OK")]));
    let (_, compared, _) = ask(&folder, "diff run/expected-results.json old --agent other=a");
    assert_eq!(compared["old"]["unlisted"], 0);
    // A named file that cannot be read is not absent.
    write(&folder.join("run").join(file_of("1.1.2")), "{");
    let (_, checked, _) = ask(&folder, "check run --require-files");
    let kinds: Vec<_> = checked["violations"].as_array().unwrap().iter().map(|v| &v["kind"]).collect();
    assert_eq!(kinds, ["inconsistent", "unlisted"]);
}

/// Index and each case file must say the same, and each must be there.
#[test]
fn index_and_case_files_are_bound() {
    let folder = folder("bound");
    write(&folder.join("index.json"), index_of("a", &[("1.1.1", "OK")]));
    let file = folder.join(file_of("1.1.1"));
    let good = case("a", "1.1.1", "OK", None);
    for (content, code) in [
        (Some(good.clone()), 0),
        (None, 1),
        (Some(good.replace("\"duration\":1", "\"duration\":2")), 1),
        (Some(good.replace("1000", "1001")), 1),
        (Some(good.replace("\"OK\"", "\"UNCLEAN\"")), 1),
        (Some(good.replace("\"a\"", "\"b\"")), 1),
    ] {
        let _ = fs::remove_file(&file);
        content.iter().for_each(|content| write(&file, content));
        assert_eq!(ask(&folder, "check . --require-files").0, code, "{content:?}");
    }
}

#[test]
fn the_overview_page_leads_to_the_index() {
    let folder = folder("overview");
    let page = "<!DOCTYPE html><html><head></head><body><div id=\"master_report_header\" class=\"block\"><p id=\"intro\">Summary report generated on 2026-01-11T08:00:39Z</p></div></body></html>";
    write(&folder.join("with/index.html"), page);
    write(&folder.join("with/index.json"), index_of("a", &[("1.1.1", "OK")]));
    write(&folder.join("without/index.html"), page);
    for command in ["inspect X", "check X", "diff X X"] {
        for (path, named) in [("with/index.html", true), ("without/index.html", false)] {
            let (code, _, said) = ask(&folder, &command.replace('X', path));
            assert_eq!(code, 2, "{command} {path}");
            assert!(said.contains(&format!("{path} is the overview page of an Autobahn run")), "{said}");
            assert_eq!(said.contains("; its verdicts are in with/index.json"), named, "{said}");
            assert!(said.contains("wslog check and wslog diff read the index.json of a run"), "{said}");
        }
    }
    let (code, _, said) = ask(&folder, "check without");
    assert_eq!(code, 2);
    assert!(said.contains("without/index.html is the overview page"), "{said}");
    assert_eq!(ask(&folder, "check with").0, 0);
}

#[test]
fn lists_of_results_are_read_under_any_name() {
    let folder = folder("names");
    // Without durations, as it is kept with the sources.
    let kept = index_of("a", &[("1.1.1", "OK"), ("1.1.2", "FAILED")]).replace("\"duration\":1,", "");
    write(&folder.join("autobahn/expected-results.json"), &kept);
    write(&folder.join("autobahn/fuzzingserver.json"), r#"{"url": "ws://127.0.0.1:9001", "cases": ["*"]}"#);
    write(&folder.join("reports/client/index.json"), index_of("a", &[("1.1.1", "OK"), ("1.1.2", "FAILED")]));
    write(
        &folder.join("reports/server/index.json"),
        index_of("a", &[("1.1.1", "FAILED"), ("1.1.2", "FAILED")]),
    );
    for old in ["autobahn/expected-results.json", "autobahn"] {
        assert_eq!(ask(&folder, &format!("diff {old} reports/client --fail-on any")).0, 0, "{old}");
        let (code, compared, _) = ask(&folder, &format!("diff {old} reports/server"));
        assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 regression"])), "{old}");
        // One list for both roles.
        let (code, compared, _) = ask(&folder, &format!("diff {old} reports"));
        assert_eq!(code, 1);
        let roles: Vec<_> =
            compared["agents"].as_array().unwrap().iter().map(|agent| &agent["testee_is"]).collect();
        assert_eq!(roles, ["client", "server"]);
        assert_eq!(compared["totals"]["unchanged"], 3);
    }
    // A run that never wrote its index is its case files, whatever list lies beside them.
    write(&folder.join("cut/expected-results.json"), &kept);
    write(&folder.join("cut").join(file_of("1.1.1")), case("a", "1.1.1", "OK", None));
    let (code, checked, said) = ask(&folder, "check cut --expect-cases 2");
    assert_eq!((code, &checked["totals"]["cases"]), (1, &1.into()));
    assert_eq!(said, "wslog: cut/expected-results.json is not read: there are case reports beside it\n");
    // A run in the directory of a run is not read, and that is said.
    write(&folder.join("merged/index.json"), index_of("a", &[("1.1.1", "OK")]));
    write(&folder.join("merged/clients/index.json"), index_of("a", &[("1.1.1", "FAILED")]));
    let (code, _, said) = ask(&folder, "check merged");
    let told = "wslog: merged/clients is not read: the directory that it is in is a run itself\n";
    assert_eq!((code, said.as_str()), (0, told));
    // A directory of lists, each named for what it is of.
    write(&folder.join("kept/clients.json"), index_of("a", &[("1.1.1", "OK")]));
    write(&folder.join("kept/servers.json"), index_of("a", &[("1.1.1", "OK")]));
    let (code, checked, _) = ask(&folder, "check kept --require-role client,server");
    assert_eq!((code, &checked["totals"]["cases"]), (0, &2.into()));
}

/// What `--fail-on` adds to, and how to do without.
#[test]
fn missing_cases_fail_unless_told_otherwise() {
    let folder = folder("fail-on");
    let run = |name: &str, cases: &[(&str, &str)]| write(&folder.join(name), index_of("a", cases));
    run("old.json", &[("1.1.1", "OK"), ("1.1.2", "OK"), ("1.1.3", "FAILED")]);
    run("cut.json", &[("1.1.1", "OK")]);
    run("worse.json", &[("1.1.1", "FAILED"), ("1.1.2", "OK"), ("1.1.3", "FAILED")]);
    run("fixed.json", &[("1.1.1", "OK"), ("1.1.2", "OK"), ("1.1.3", "OK")]);
    write(&folder.join("other.json"), index_of("b", &[("1.1.1", "OK")]));
    for (arguments, code, failed_on) in [
        ("old.json old.json", 0, json!([])),
        ("old.json cut.json", 1, json!(["2 missing"])),
        ("old.json worse.json", 1, json!(["1 regression"])),
        ("old.json worse.json --fail-on missing", 1, json!(["1 regression"])),
        ("old.json worse.json --fail-on none,missing", 0, json!([])),
        ("old.json cut.json --fail-on none,regression", 0, json!([])),
        ("old.json cut.json --fail-on none", 0, json!([])),
        ("old.json fixed.json", 0, json!([])),
        ("old.json fixed.json --fail-on fixed", 1, json!(["1 fixed"])),
        ("old.json fixed.json --fail-on any", 1, json!(["1 fixed"])),
        ("cut.json old.json --fail-on added", 1, json!(["2 added"])),
        ("old.json other.json", 1, json!(["3 missing", "nothing was compared"])),
        ("cut.json other.json --fail-on none,fixed", 1, json!(["nothing was compared"])),
        ("cut.json other.json --fail-on none", 0, json!([])),
        ("old.json cut.json --fail-on worst", 2, Value::Null),
    ] {
        let (found, compared, _) = ask(&folder, &format!("diff {arguments}"));
        assert_eq!((found, &compared["failed_on"]), (code, &failed_on), "{arguments}");
        assert_eq!(compared["passed"].as_bool(), (code < 2).then_some(code == 0), "{arguments}");
    }
}

#[test]
fn accepted_changes_fail_nothing() {
    let folder = folder("accept");
    write(&folder.join("old.json"), index_of("a", &[("1.1.1", "OK"), ("7.1.5", "OK")]));
    write(&folder.join("new.json"), index_of("a", &[("7.1.5", "FAILED")]));
    let accept = |case: &str, reason: &str| format!("[[accept]]\ncase = \"{case}\"\nreason = \"{reason}\"\n");
    write(&folder.join("one.toml"), accept("7.1.5", "issue 12"));
    let (code, compared, _) = ask(&folder, "diff old.json new.json --accept one.toml");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 missing"])));
    assert_eq!(compared["agents"][0]["changes"][1]["accepted"], "issue 12");
    write(
        &folder.join("all.toml"),
        accept("7.1.5", "issue 12") + &accept("1.*", "excluded") + &accept("9.*", "slow"),
    );
    let (code, compared, _) = ask(&folder, "diff old.json new.json --accept all.toml");
    assert_eq!((code, &compared["stale"]), (0, &json!(["9.*: slow"])));
    assert_eq!(
        (&compared["accepted"]["regression"], &compared["accepted"]["missing"]),
        (&1.into(), &1.into())
    );
    let (code, compared, _) = ask(&folder, "diff old.json new.json --accept all.toml --fail-on stale");
    assert_eq!((code, &compared["failed_on"]), (1, &json!(["1 stale"])));
    write(&folder.join("bad.toml"), "[[accept]]\ncase = \"7.1.5\"\n");
    let (code, _, said) = ask(&folder, "diff old.json new.json --accept bad.toml");
    assert_eq!(code, 2);
    assert!(said.contains("missing field `reason`") && said.contains("wslog diff --help"), "{said}");
    // It is no place to write to.
    assert_eq!(ask(&folder, "diff old.json new.json --accept one.toml -o one.toml").0, 2);
}

/// A policy is made of a run by one command, which says what it wrote and what no policy can cover.
#[test]
fn a_policy_is_made_of_a_run() {
    let folder = folder("update");
    write(
        &folder.join("clients/index.json"),
        index_of("a", &[("1.1.1", "OK"), ("7.1.5", "FAILED"), ("9.1.1", "NON-STRICT")]),
    );
    let (code, _, said) = ask(&folder, "check clients --policy new.toml --update");
    assert_eq!((code, said.as_str()), (0, "wslog: new.toml: 2 expected failures added, 0 removed, 0 kept\n"));
    let text = fs::read_to_string(folder.join("new.toml")).expect("it was written");
    assert!(text.starts_with("[expect]\nagents = [\"a\"]\ntestee_is = [\"client\"]\ncount = 3\n"), "{text}");
    assert_eq!(ask(&folder, "check clients --policy new.toml").0, 0);
    // Of a run that was cut short the policy says so, and an update does not take that for good.
    write(&folder.join("clients/index.json"), index_of("a", &[("1.1.1", "OK"), ("7.1.5", "OK")]));
    let (code, _, said) = ask(&folder, "check clients --policy new.toml --update");
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "wslog: new.toml: 0 expected failures added, 1 removed, 1 kept (1 did not run)\n  not covered, since no expected failure can be: 2 missing\n"
        )
    );
    let (_, _, said) = ask(&folder, "check clients --policy allowed.toml --update --allow non-strict -q");
    assert_eq!(said, "");
    let (_, _, said) = ask(&folder, "check clients --policy allowed.toml --update --allow non-strict");
    assert!(said.ends_with("  not written: what --allow, --warn and --skip let pass; give them again, or add them to the policy\n"), "{said}");
}

/// All formats of one run at once.
#[test]
fn reports_are_written_in_several_formats() {
    let folder = folder("also");
    write(&folder.join("index.json"), index_of("a", &[("1.1.1", "FAILED")]));
    let arguments = [
        "check",
        "index.json",
        "--also",
        "junit=junit.xml",
        "--also",
        "markdown=summary.md",
        "--format",
        "github",
    ];
    let output = wslog(&folder, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.starts_with(b"::error title=Autobahn::"));
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
    assert!(read("junit.xml").contains("<failure type=\"failed\""));
    assert!(read("summary.md").starts_with("### ❌ Autobahn: policy broken"));
    for (wrong, says) in [
        ("junit", "write FORMAT=FILE"),
        ("pdf=x", "invalid variant"),
        ("junit=", "write FORMAT=FILE"),
        ("junit=index.json", "is an input"),
    ] {
        let output = wslog(&folder, &["check", "index.json", "--also", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(says), "{wrong}: {said}");
    }
}
