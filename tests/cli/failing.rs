//! What goes wrong around wslog, by what a shell can do to it: the exit code, and one clear sentence.
// Where there is a /dev/full.
#![cfg(target_os = "linux")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::live::capture;

/// A situation: what it is, the script, how it ends, and what is said, or stands on standard output.
struct Situation(&'static str, &'static str, i32, &'static str);

/// `$wslog` is the binary, `$samples` the samples, `$long` a capture longer than all pipes and queues; each script runs in an
/// empty folder.
const SITUATIONS: &[Situation] = &[
    Situation(
        "standard error is closed",
        "$wslog diff gone gone 2>&-; code=$?; echo told: nothing; exit $code",
        2,
        "told: nothing",
    ),
    Situation(
        "standard error is full",
        "$wslog diff gone gone 2>/dev/full; code=$?; echo told: nothing; exit $code",
        2,
        "told: nothing",
    ),
    Situation(
        "it is full where usage would be told",
        "$wslog inspect --bogus 2>/dev/full; code=$?; echo told: nothing; exit $code",
        2,
        "told: nothing",
    ),
    Situation(
        "it is full where a remark would be made",
        "head -c 2580 $samples/reset.pcap >cut; $wslog inspect cut 2>/dev/full",
        0,
        "still_open",
    ),
    Situation(
        "standard output is full",
        "$wslog inspect $samples/reset.pcap >/dev/full",
        2,
        "cannot write the report: No space left on device",
    ),
    Situation(
        "standard output is closed from the start, as if for /dev/null",
        "$wslog explain 1006 >&-; code=$?; echo told: nothing >&2; exit $code",
        0,
        "told: nothing",
    ),
    Situation(
        "nobody reads standard output",
        "{ $wslog explain --list; echo $? >code; } | head -n 1; read code <code; exit $code",
        0,
        "",
    ),
    Situation(
        "the disk of the report is full",
        "trap '' XFSZ; ulimit -f 0; $wslog inspect -o report $samples/reset.pcap",
        2,
        "cannot write the report",
    ),
    Situation(
        "the disk is full, and there is a report",
        "echo old >report; trap '' XFSZ; ulimit -f 0; $wslog inspect -o report $samples/reset.pcap; code=$?; cat report; exit $code",
        2,
        "old\n",
    ),
    Situation(
        "the disk of the policy is full",
        "echo 'skip = [\"9.*\"]' >policy; cp -r $samples/autobahn run; trap '' XFSZ; ulimit -f 0; $wslog check --policy policy --update run; code=$?; cat policy; exit $code",
        2,
        "skip = [\"9.*\"]\n",
    ),
    Situation(
        "there is no folder for the report",
        "$wslog inspect -o gone/report $samples/reset.pcap",
        2,
        "cannot create gone/report: No such file or directory",
    ),
    Situation(
        "the report would be a folder",
        "mkdir report; $wslog inspect -o report $samples/reset.pcap",
        2,
        "cannot create report",
    ),
    Situation(
        "the report is an input, by a link",
        "cp $samples/reset.pcap a; ln -s a b; $wslog inspect -o b a",
        2,
        "b is an input: write the report to another file",
    ),
    Situation(
        "the report is an input, by its folder",
        "cp $samples/reset.pcap a; $wslog inspect -o a .",
        2,
        "a is a capture: not overwritten",
    ),
    Situation(
        "the report is the policy",
        "cp -r $samples/autobahn run; echo >policy; $wslog check --policy policy -o policy run",
        2,
        "policy is an input: write the report to another file",
    ),
    Situation(
        "the input is not there",
        "$wslog inspect gone.pcap",
        2,
        "cannot open gone.pcap: No such file or directory",
    ),
    Situation(
        "the input is a folder without a capture",
        "mkdir d; echo >d/notes; $wslog inspect d",
        2,
        "no capture in directory d",
    ),
    Situation(
        "a gate has an empty capture",
        "head -c 24 $samples/reset.pcap >none; $wslog inspect --fail-on must none",
        1,
        "no WebSocket connection in the input: nothing was judged",
    ),
    Situation(
        "a gate has a folder with a damaged file",
        "mkdir d; cp $samples/clean-close.pcap d; head -c 3 $samples/reset.pcap >d/cut; $wslog inspect --fail-on must d",
        2,
        "wslog: d/cut is neither pcap nor pcapng: it begins with a1 b2 c3\n",
    ),
    Situation(
        "a gate has a capture that is cut",
        "head -c 1180 $samples/clean-close.pcap >cut; $wslog inspect --fail-on must cut",
        0,
        "wslog: cut: cut off in the middle; analysed up to the cut",
    ),
    Situation(
        "SIGTERM",
        "mkfifo p; $wslog inspect - <p & exec 3>p; cat $long >&3; kill -TERM $!; wait $!",
        0,
        "stopped; reporting what was read so far",
    ),
];

#[test]
fn each_failing_situation_has_its_exit_code_and_one_clear_sentence() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("failing");
    let long = folder.with_extension("pcap");
    fs::create_dir_all(&folder).and_then(|()| fs::write(&long, capture())).expect("it can be written");
    let mut wrong = String::new();
    for Situation(what, script, code, said) in SITUATIONS {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("it can be made");
        let ran = Command::new("bash")
            .args(["-c", script])
            .current_dir(&folder)
            .env("wslog", env!("CARGO_BIN_EXE_wslog"))
            .env("long", &long)
            .env("samples", Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"))
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let told =
            [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        if ran.status.code() != Some(*code) || !told.contains(said) || told.contains("panicked") {
            let _ = writeln!(wrong, "{what}: {:?}, not {code} and {said:?}: {told}", ran.status.code());
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
