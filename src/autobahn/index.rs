//! `index.json`: every verdict of a run.

use std::path::Path;

use serde_json::Value;

use crate::autobahn::document::{Document, Object};
use crate::error::Error;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};

const WHAT: &str = "Autobahn index";

/// Reads `index.json`. Suites before 0.5.3 wrote none.
///
/// # Errors
/// [`Error::BadReport`] if it is not JSON, or not agents, cases and verdicts.
pub fn read_index(bytes: &[u8], path: &Path) -> Result<Run, Error> {
    let document = Document::parse(bytes, path, WHAT)?;
    run(&document).map_err(|detail| Error::BadReport {
        path: path.to_owned(),
        what: WHAT,
        line: None,
        detail,
        advice: "name the index.json of a run, or one of its cases",
    })
}

fn run(document: &Document) -> Result<Run, String> {
    let mut run = Run::default();
    for (agent, cases) in document.value.as_object().ok_or("no object")? {
        let agent = document.text(agent);
        let cases =
            cases.as_object().ok_or_else(|| format!("what {agent} stands for is no list of cases"))?;
        let entries = run.agents.entry(agent.clone()).or_default();
        for (case, value) in cases {
            let id = CaseId::new(case).ok_or_else(|| format!("{case:?} of {agent} is no case number"))?;
            let entry = value.as_object().and_then(|object| entry(document, object));
            entries.insert(id, entry.ok_or_else(|| format!("case {case} of {agent} has no verdict"))?);
        }
    }
    Ok(run)
}

fn entry(document: &Document, object: &Object) -> Option<IndexEntry> {
    let word = |key: &str| object.get(key).and_then(Value::as_str);
    Some(IndexEntry {
        behavior: Behavior::new(word("behavior")?),
        // The oldest indices tell nothing of the closing.
        behavior_close: BehaviorClose::new(word("behaviorClose").unwrap_or_default()),
        duration_ms: object.get("duration").and_then(Value::as_u64),
        remote_close_code: object
            .get("remoteCloseCode")
            .and_then(Value::as_u64)
            .and_then(|n| u16::try_from(n).ok()),
        report_file: word("reportfile").map(|name| document.text(name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_come_by_number() {
        let json = br#"{"b": {"10.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 9,
            "remoteCloseCode": 1000, "reportfile": "b_case_10_1_1.json"},
            "2.1": {"behavior": "NO_CLOSE", "behaviorClose": "WRONG CODE", "remoteCloseCode": null},
            "1.2.10": {"behavior": "NON-STRICT"}}, "a": {}}"#;
        let run = read_index(json, Path::new("index.json")).unwrap();
        assert_eq!(run.agents.keys().collect::<Vec<_>>(), ["a", "b"]);
        let cases: Vec<_> = run.agents["b"].keys().map(CaseId::as_str).collect();
        assert_eq!(cases, ["1.2.10", "2.1", "10.1.1"]);
        let entry = &run.agents["b"][&CaseId::new("10.1.1").unwrap()];
        assert_eq!((entry.duration_ms, entry.remote_close_code), (Some(9), Some(1000)));
        assert_eq!(entry.report_file.as_deref(), Some("b_case_10_1_1.json"));
        let old = &run.agents["b"][&CaseId::new("2.1").unwrap()];
        assert_eq!(old.behavior, Behavior::Other("NO_CLOSE".to_owned()));
        assert_eq!((&old.behavior_close, old.remote_close_code), (&BehaviorClose::WrongCode, None));
    }

    #[test]
    fn what_is_no_index_is_an_error() {
        for (json, says) in [
            ("[]", "no object"),
            (r#"{"a": 1}"#, "a stands for is no list"),
            (r#"{"a": {"x": {}}}"#, "\"x\" of a is no case number"),
            (r#"{"a": {"1.1": {}}}"#, "case 1.1 of a has no verdict"),
            (r#"{"a": {"#, "line 1"),
        ] {
            let error = read_index(json.as_bytes(), Path::new("x")).unwrap_err().to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
