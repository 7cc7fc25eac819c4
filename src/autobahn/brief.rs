//! The verdict of a case file and nothing else of it: what is logged is passed over, so that thousands of files
//! are read in the time their bytes take.

use std::fmt;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::autobahn::encoding;
use crate::error::Error;
use crate::model::Role;
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::run::CaseVerdict;

const WHAT: &str = "Autobahn case";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    agent: String,
    id: String,
    behavior: String,
    behavior_close: Option<String>,
    #[serde(default, deserialize_with = "number")]
    duration: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    remote_close_code: Option<u16>,
    result: Option<String>,
    result_close: Option<String>,
    #[serde(default)]
    is_server: Option<bool>,
    #[serde(default)]
    was_not_clean_reason: Option<String>,
    #[serde(default)]
    started: Option<String>,
}

/// A number that fits; anything else is not known.
fn number<'de, D: Deserializer<'de>, T: TryFrom<u64>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(from.deserialize_any(Number)?.and_then(|n| T::try_from(n).ok()))
}

/// Takes a number, and passes over whatever else stands there without keeping it.
struct Number;

impl<'de> Visitor<'de> for Number {
    type Value = Option<u64>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Reads the verdict of one case's JSON.
///
/// # Errors
/// [`Error::BadReport`].
pub fn read(bytes: &[u8], path: &Path) -> Result<CaseVerdict, Error> {
    let bad = |line, detail| Error::BadReport {
        path: path.to_owned(),
        what: WHAT,
        line,
        detail,
        advice: "give the JSON file of a case, the index.json of a run, or its directory",
    };
    let (bytes, _) = encoding::utf8(bytes);
    let raw: Raw = serde_json::from_slice(&bytes).map_err(|e| bad(Some(e.line()), e.to_string()))?;
    let id = CaseId::new(&raw.id).ok_or_else(|| bad(None, format!("{:?} is not a case number", raw.id)))?;
    let tester = raw.is_server.map(|is_server| if is_server { Role::Server } else { Role::Client });
    Ok(CaseVerdict {
        agent: raw.agent,
        role: tester.map(Role::peer),
        id,
        behavior: Behavior::new(&raw.behavior),
        behavior_close: BehaviorClose::new(&raw.behavior_close.unwrap_or_default()),
        duration_ms: raw.duration,
        remote_close_code: raw.remote_close_code,
        result: raw.result,
        result_close: raw.result_close,
        not_clean_reason: raw.was_not_clean_reason,
        started: raw.started,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_may_be_no_unicode() {
        let start = br#"{"agent":"a","id":"6.3.1","behavior":"OK","behaviorClose":"UNCLEAN","duration":2,
            "remoteCloseCode":null,"result":"r","resultClose":null,"received":[["message","\ud800 "#;
        let bytes = [start.as_slice(), b"\xff\"]],\"wirelog\":null}"].concat();
        let verdict = read(&bytes, Path::new("x")).unwrap();
        assert_eq!((verdict.id.as_str(), verdict.behavior_close.as_str()), ("6.3.1", "UNCLEAN"));
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut], Path::new("x")).is_err(), "{cut}");
        }
    }

    #[test]
    fn the_tester_tells_the_role_of_the_testee() {
        for (rest, role) in [
            ("", None),
            (r#","isServer":null"#, None),
            (r#","isServer":true"#, Some(Role::Client)),
            (r#","isServer":false"#, Some(Role::Server)),
        ] {
            let json = format!(r#"{{"agent":"a","id":"1.1","behavior":"OK"{rest}}}"#);
            assert_eq!(read(json.as_bytes(), Path::new("x")).unwrap().role, role, "{rest}");
        }
    }

    /// An OK behind a FAILED is no OK.
    #[test]
    fn a_key_that_is_there_twice_is_an_error() {
        for twice in [r#""behavior":"OK""#, r#""id":"1.1""#, r#""agent":"b""#, r#""isServer":true"#] {
            let json = format!(r#"{{"agent":"a","id":"1.1","behavior":"FAILED","isServer":false,{twice}}}"#);
            let error = read(json.as_bytes(), Path::new("x")).unwrap_err().to_string();
            assert!(error.contains("duplicate field"), "{twice}: {error}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_known() {
        for (rest, close, duration, code) in [
            (r#""behaviorClose":"OK","duration":-3,"remoteCloseCode":70000"#, "OK", None, None),
            (r#""behaviorClose":"OK","duration":1.5,"remoteCloseCode":"x""#, "OK", None, None),
            (r#""duration":2,"remoteCloseCode":1000"#, "unknown", Some(2), Some(1000)),
            (r#""behaviorClose":null"#, "unknown", None, None),
            (r#""duration":[[1],{"a":2}],"remoteCloseCode":{"a":[1]}"#, "unknown", None, None),
            (r#""duration":true,"remoteCloseCode":null"#, "unknown", None, None),
        ] {
            let json = format!(r#"{{"agent":"a","id":"1.1","behavior":"OK",{rest}}}"#);
            let verdict = read(json.as_bytes(), Path::new("x")).unwrap();
            let said = (verdict.behavior_close.as_str(), verdict.duration_ms, verdict.remote_close_code);
            assert_eq!(said, (close, duration, code), "{rest}");
        }
    }
}
