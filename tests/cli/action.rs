//! The action in `.github/actions/autobahn`: what GitHub wants of such files, and its steps as a shell runs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::junit;
use crate::support::yaml::{self, Yaml};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> Yaml {
    let path = root().join(".github/actions/autobahn").join(name);
    let text = fs::read_to_string(&path).expect("readable");
    yaml::parse(&text).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()))
}

/// The keys of a mapping: those that must be there, those that may.
#[track_caller]
fn keys(of: &Yaml, what: &str, must: &[&str], may: &[&str]) {
    let there: Vec<&str> = of.entries().iter().map(|(key, _)| key.as_str()).collect();
    assert!(!there.is_empty(), "{what} is no mapping: {of:?}");
    for key in must {
        assert!(there.contains(key), "{what} lacks {key}");
    }
    for key in there {
        assert!(must.contains(&key) || may.contains(&key), "{what} has {key}");
    }
}

#[track_caller]
fn text<'y>(of: &'y Yaml, key: &str) -> &'y str {
    of.get(key).and_then(Yaml::text).unwrap_or_else(|| panic!("no {key} in {of:?}"))
}

/// What stands between `${{` and `}}`.
fn expressions(text: &str) -> Vec<&str> {
    let parts = text.split("${{").skip(1);
    parts.map(|part| part.split_once("}}").expect("an expression that ends").0.trim()).collect()
}

fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

/// A step of an action, or of a job, which needs no shell.
fn step(step: &Yaml, in_action: bool) {
    let common = ["name", "id", "if", "env", "continue-on-error"];
    if step.get("uses").is_some() {
        keys(step, "a step", &["uses"], &[&common[..], &["with"]].concat());
        let uses = text(step, "uses");
        assert!(
            uses.starts_with("./")
                || uses.split_once('@').is_some_and(|(name, at)| name.contains('/') && !at.is_empty()),
            "{uses}"
        );
    } else {
        let must: &[&str] = if in_action { &["run", "shell"] } else { &["run"] };
        keys(step, "a step", must, &[&common[..], &["working-directory", "shell"]].concat());
        // What somebody gives goes through the environment, never into the script.
        assert_eq!(expressions(text(step, "run")), [""; 0], "{step:?}");
    }
    for name in ["env", "with"] {
        for (key, value) in step.get(name).map(Yaml::entries).unwrap_or_default() {
            assert!(is_name(key) && value.text().is_some(), "{key}: {value:?}");
        }
    }
}

/// As the schema of actions has it (github-action.json of SchemaStore), and no expression names what is not there.
#[test]
fn the_action_is_one() {
    let action = read("action.yml");
    keys(
        &action,
        "the action",
        &["name", "description", "runs"],
        &["author", "inputs", "outputs", "branding"],
    );
    let inputs = action.get("inputs").expect("inputs");
    for (name, input) in inputs.entries() {
        assert!(is_name(name), "{name}");
        keys(input, name, &["description"], &["required", "default", "deprecationMessage"]);
        let is_required = text(input, "required");
        assert!(["true", "false"].contains(&is_required), "{name}: {is_required}");
        assert_eq!(is_required == "false", input.get("default").is_some(), "{name}");
    }
    let runs = action.get("runs").expect("runs");
    keys(runs, "runs", &["using", "steps"], &[]);
    assert_eq!(text(runs, "using"), "composite");
    let steps = runs.get("steps").expect("steps").items();
    assert!(!steps.is_empty());
    let mut ids: Vec<&str> = Vec::new();
    for one in steps {
        step(one, true);
        let places = ["if", "env", "with"].iter().filter_map(|key| one.get(key));
        let texts = places.flat_map(|place| match place {
            Yaml::Map(entries) => entries.iter().filter_map(|(_, value)| value.text()).collect(),
            other => other.text().into_iter().collect::<Vec<_>>(),
        });
        for expression in texts.flat_map(expressions) {
            known(expression, inputs, &ids, steps);
        }
        ids.extend(one.get("id").and_then(Yaml::text));
    }
    for (name, output) in action.get("outputs").expect("outputs").entries() {
        assert!(is_name(name), "{name}");
        keys(output, name, &["description", "value"], &[]);
        expressions(text(output, "value"))
            .into_iter()
            .for_each(|expression| known(expression, inputs, &ids, steps));
    }
}

/// Every name in an expression is an input, or an output that an earlier step writes.
fn known(expression: &str, inputs: &Yaml, ids: &[&str], steps: &[Yaml]) {
    for word in expression.split([' ', '(', ')', '!', '=', '&', '|']).filter(|word| word.contains('.')) {
        match word.split('.').collect::<Vec<_>>().as_slice() {
            ["inputs", name] => assert!(inputs.get(name).is_some(), "no input {name}"),
            ["steps", id, "outputs", name] => {
                assert!(ids.contains(id), "no step {id} before");
                let step = steps
                    .iter()
                    .find(|step| step.get("id").and_then(Yaml::text) == Some(id))
                    .expect("a step");
                assert!(text(step, "run").contains(&format!("echo \"{name}=")), "{id} does not write {name}");
            }
            _ => panic!("{expression}"),
        }
    }
}

/// As the schema of workflows has it, as far as the example goes; and it gives the action what that takes.
#[test]
fn the_example_is_a_workflow() {
    let workflow = read("example.yml");
    keys(
        &workflow,
        "the workflow",
        &["on", "jobs"],
        &["name", "permissions", "env", "defaults", "concurrency"],
    );
    let events: Vec<&str> =
        workflow.get("on").expect("on").entries().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(events, ["push", "pull_request"]);
    let (action, mut uses) = (read("action.yml"), 0);
    let inputs = action.get("inputs").expect("inputs");
    for (name, job) in workflow.get("jobs").expect("jobs").entries() {
        assert!(is_name(name));
        keys(
            job,
            name,
            &["runs-on", "steps"],
            &["name", "needs", "if", "env", "timeout-minutes", "strategy", "permissions"],
        );
        assert!(text(job, "timeout-minutes").parse::<u32>().is_ok());
        for one in job.get("steps").expect("steps").items() {
            step(one, false);
            if one.get("uses").and_then(Yaml::text) == Some("./tools/wslog/.github/actions/autobahn") {
                let with = one.get("with").expect("inputs").entries();
                let given: Vec<&str> = with.iter().map(|(key, _)| key.as_str()).collect();
                assert!(given.iter().all(|key| inputs.get(key).is_some()), "{given:?}");
                for (key, input) in inputs.entries() {
                    assert!(text(input, "required") == "false" || given.contains(&key.as_str()), "{key}");
                }
                uses += 1;
            }
        }
    }
    assert_eq!(uses, 1);
}

/// What a shell makes of the steps, as far as they need one.
#[derive(Debug)]
struct Ran {
    code: i32,
    log: String,
    summary: String,
    /// What goes into the artifact, as the upload would be told.
    junit: Option<String>,
}

/// Runs the steps of the action in `folder`, as the runner does: each with its environment, in a shell that ends at the first
/// mistake.
#[cfg(unix)]
fn run(folder: &Path, given: &[(&str, &str)]) -> Ran {
    let action = read("action.yml");
    let inputs = action.get("inputs").expect("inputs").entries().iter().map(|(name, input)| {
        let given = given.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
        let default = input.get("default").and_then(Yaml::text);
        (name.clone(), given.or(default).unwrap_or_else(|| panic!("no {name}")).to_owned())
    });
    let inputs: BTreeMap<String, String> = inputs.collect();
    let mut outputs: BTreeMap<String, String> = BTreeMap::new();
    let summary = folder.join("summary");
    fs::write(&summary, "before\n").expect("writable");
    let (mut code, mut log, mut artifact) = (0, String::new(), None);
    for step in action.get("runs").and_then(|runs| runs.get("steps")).expect("steps").items() {
        let value = |text: &str| {
            let mut text = text.to_owned();
            for expression in expressions(&text.clone()) {
                let found = expression.strip_prefix("inputs.").map(|name| &inputs[name]);
                let output = expression
                    .strip_prefix("steps.")
                    .and_then(|name| outputs.get(&name.replace(".outputs.", ".")));
                let found = found.or(output).map_or("", String::as_str);
                text = text.replace(&format!("${{{{ {expression} }}}}"), found);
            }
            text
        };
        if step.get("uses").is_some() {
            let path = value(text(step.get("with").expect("inputs"), "path"));
            let name = value(text(step.get("with").expect("inputs"), "name"));
            artifact = Some(path).filter(|path| !path.is_empty() && !name.is_empty());
            continue;
        }
        let script = folder.join("step.sh");
        fs::write(&script, text(step, "run")).expect("writable");
        let written = folder.join("output");
        fs::write(&written, "").expect("writable");
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).current_dir(folder);
        shell.env("GITHUB_OUTPUT", &written).env("GITHUB_STEP_SUMMARY", &summary);
        shell.env("GITHUB_ACTION_PATH", root().join(".github/actions/autobahn")).env("RUNNER_TEMP", folder);
        for (key, of) in step.get("env").map(Yaml::entries).unwrap_or_default() {
            shell.env(key, value(of.text().expect("text")));
        }
        let out = shell.output().expect("bash runs");
        log.push_str(&String::from_utf8_lossy(&out.stdout));
        log.push_str(&String::from_utf8_lossy(&out.stderr));
        let id = step.get("id").and_then(Yaml::text).unwrap_or("-");
        for line in fs::read_to_string(&written).expect("readable").lines() {
            let (name, value) = line.split_once('=').expect("name=value");
            outputs.insert(format!("{id}.{name}"), value.to_owned());
        }
        code = out.status.code().expect("no signal");
        if code != 0 {
            break;
        }
    }
    Ran {
        code,
        log,
        summary: fs::read_to_string(&summary).expect("readable"),
        junit: artifact.map(|path| fs::read_to_string(folder.join(path)).expect("what is uploaded is there")),
    }
}

#[cfg(unix)]
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("action").join(name);
    let _ = fs::remove_dir_all(&folder);
    for run in ["before", "after"] {
        let from = root().join("samples/autobahn").join(run);
        fs::create_dir_all(folder.join(run)).expect("writable");
        for file in fs::read_dir(from).expect("a run") {
            let file = file.expect("readable");
            fs::copy(file.path(), folder.join(run).join(file.file_name())).expect("writable");
        }
    }
    for file in ["policy.toml", "accepted.toml"] {
        fs::copy(root().join("samples/autobahn").join(file), folder.join(file)).expect("writable");
    }
    folder
}

#[cfg(unix)]
#[test]
fn its_steps_judge_a_run() {
    const WSLOG: (&str, &str) = ("wslog", env!("CARGO_BIN_EXE_wslog"));
    let folder = folder("judge");
    let good = run(&folder, &[WSLOG, ("reports", "before"), ("policy", "policy.toml")]);
    assert_eq!(good.code, 0, "{}", good.log);
    assert!(good.summary.starts_with("before\n### ✅ Autobahn: policy met"), "{}", good.summary);
    assert!(good.log.contains("\n::notice title=Autobahn::policy met"), "{}", good.log);
    assert!(good.log.contains("\n::group::wslog check\npolicy met: "), "{}", good.log);
    junit::validate(&good.junit.expect("an artifact")).expect("JUnit");

    let bad = run(
        &folder,
        &[WSLOG, ("reports", "after"), ("policy", "policy.toml"), ("junit", "out/of the way.xml")],
    );
    // The directory is not there: that is no reason to judge nothing, nor to pass.
    assert_eq!(bad.code, 2, "{}", bad.log);
    let bad =
        run(&folder, &[WSLOG, ("reports", "after"), ("policy", "policy.toml"), ("junit", "of the way.xml")]);
    assert_eq!(bad.code, 1, "{}", bad.log);
    assert!(bad.summary.contains("### ❌ Autobahn: policy broken"), "{}", bad.summary);
    assert!(
        bad.log.contains("\n::error title=Autobahn alpha (client)%3A 1 failed in section 3::"),
        "{}",
        bad.log
    );
    assert!(bad.junit.expect("an artifact").contains("<failure type=\"failed\""));

    let compared = run(&folder, &[WSLOG, ("reports", "after"), ("mode", "diff"), ("baseline", "before")]);
    assert_eq!(compared.code, 1, "{}", compared.log);
    assert!(compared.summary.contains("fails on: 1 regression, 1 missing"), "{}", compared.summary);
    let accepted =
        [WSLOG, ("reports", "after"), ("mode", "diff"), ("baseline", "before"), ("accept", "accepted.toml")];
    assert_eq!(run(&folder, &accepted).code, 0);
    let quiet = run(&folder, &[WSLOG, ("reports", "before"), ("policy", "policy.toml"), ("artifact", "")]);
    assert_eq!((quiet.code, quiet.junit), (0, None));
}

#[cfg(unix)]
#[test]
fn its_steps_take_what_they_are_given_for_what_it_is() {
    const WSLOG: (&str, &str) = ("wslog", env!("CARGO_BIN_EXE_wslog"));
    let folder = folder("given");
    let exits = |given: &[(&str, &str)], code: i32| {
        let ran = run(&folder, &[&[WSLOG], given].concat());
        assert_eq!(ran.code, code, "{given:?}: {}", ran.log);
        ran
    };
    exits(&[("reports", "before"), ("args", "--allow non-strict --skip 7.1.5")], 0);
    // A pattern is no name of a file, and a line is one argument.
    fs::write(folder.join("7.x"), "").expect("writable");
    exits(&[("reports", "before"), ("args", "--allow non-strict --skip 7.*")], 0);
    exits(&[("reports", "before"), ("args", "--allow\nnon-strict\n--skip\n7.1.5\n--agent\nalpha\n")], 0);
    let missing = exits(&[("reports", "before"), ("args", "--agent\nno such agent\n")], 1);
    assert!(missing.log.contains("no such agent"), "{}", missing.log);
    // Nothing of it is run.
    for hostile in ["$(touch pwned)", "`touch pwned`", "; touch pwned", "' \" $(touch pwned)"] {
        exits(&[("reports", hostile)], 2);
        exits(&[("reports", "before"), ("mode", hostile)], 2);
        exits(&[("reports", "before"), ("args", hostile)], 2);
        exits(&[("reports", "before"), ("policy", hostile)], 2);
        assert!(!folder.join("pwned").exists(), "{hostile}");
    }
    let none = exits(&[("reports", "before"), ("mode", "diff")], 2);
    assert!(none.log.contains("::error title=wslog::mode diff needs a baseline"), "{}", none.log);
    let unread = exits(&[("reports", "nowhere")], 2);
    assert!(unread.log.contains("cannot open nowhere") && unread.summary.contains("no_report"), "{unread:?}");
    let wrong = exits(&[("reports", "before"), ("args", "--no-such-option")], 2);
    assert!(
        wrong.log.contains("::error title=wslog::wslog check ended with 2 and wrote no report"),
        "{}",
        wrong.log
    );
    // A program that is not there is no run that passes.
    let nothing = run(&folder, &[("wslog", "./no-such-program"), ("reports", "before")]);
    assert_ne!(nothing.code, 0, "{}", nothing.log);
}

/// The reader of these files takes no more than it knows.
#[test]
fn yaml_that_is_not_known_is_refused() {
    let read = |text: &str| {
        yaml::parse(text).map_err(|wrong| wrong.split(':').next().unwrap_or_default().to_owned())
    };
    let one = |text: &str| Yaml::Text(text.to_owned(), false);
    let map = |entries: &[(&str, Yaml)]| {
        Yaml::Map(entries.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect())
    };
    assert_eq!(
        read("a: b\n# c\nd:\n  - e: f\n    g: h\n  - i\n"),
        Ok(map(&[
            ("a", one("b")),
            ("d", Yaml::List(vec![map(&[("e", one("f")), ("g", one("h"))]), one("i")])),
        ]))
    );
    assert_eq!(
        read("a: |\n  x\n    y: # z\n\n  w\nb: \"\"\n"),
        Ok(map(&[
            ("a", Yaml::Text("x\n  y: # z\n\nw\n".to_owned(), true)),
            ("b", Yaml::Text(String::new(), true)),
        ]))
    );
    for wrong in [
        "a: b\na: c\n",
        "a: [b]\n",
        "a: b # c\n",
        "a: b: c\n",
        "a:\n\tb: c\n",
        "a: b\n   c: d\n",
        "a: 'b'\n",
        "a b\n",
        "a: >\n  b\n",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
