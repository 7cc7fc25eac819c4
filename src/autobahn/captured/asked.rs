//! What a testee asks a fuzzing server for, by the target of its request.

use crate::model::case::{CaseId, RunPart};

/// The request of a testee for something of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To run a case: its place in the list of the run, or its number in the suite.
    Case { place: Option<u64>, id: Option<CaseId> },
    /// How many there are.
    Count,
    /// What stands at a place.
    Info(Option<u64>),
    /// The verdict, or that reports be written.
    Other,
}

/// What a target asks for; `None` for a target that is none of the suite's.
pub(super) fn asked(target: &str) -> Option<Asked> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let place = || parameter(query, "case").and_then(|place| place.parse().ok());
    Some(match path {
        "/runCase" => Asked::Case {
            place: place(),
            id: parameter(query, "casetuple").and_then(|number| CaseId::new(&number)),
        },
        "/getCaseCount" => Asked::Count,
        "/getCaseInfo" => Asked::Info(place()),
        "/getCaseStatus" | "/updateReports" | "/stopServer" => Asked::Other,
        _ => return None,
    })
}

/// The name by which a testee asks for a case.
#[must_use]
pub fn agent(target: &str) -> Option<String> {
    parameter(target.split_once('?')?.1, "agent").filter(|agent| !agent.is_empty())
}

/// A parameter of a query, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })?;
    Some(decoded(value))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        bytes.push(match (first, behind) {
            (b'+', _) => b' ',
            (b'%', [high, low, further @ ..]) => {
                let digit =
                    |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match digit(high).zip(digit(low)) {
                    Some((high, low)) => {
                        rest = further;
                        high << 4 | low
                    }
                    None => b'%',
                }
            }
            (byte, _) => *byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the tester answered to the question how many, or which.
pub(super) fn answered(asked: &Asked, answer: &[u8]) -> RunPart {
    let value: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    match asked {
        Asked::Case { place, id } => RunPart::Case { place: *place, id: id.clone() },
        Asked::Count => value.as_u64().map_or(RunPart::Other, RunPart::Count),
        Asked::Info(place) => {
            let id = value.get("id").and_then(serde_json::Value::as_str).and_then(CaseId::new);
            place.zip(id).map_or(RunPart::Other, |(place, id)| RunPart::Info(place, id))
        }
        Asked::Other => RunPart::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let case = |place, id: Option<&str>| Some(Asked::Case { place, id: id.and_then(CaseId::new) });
        for (target, expected) in [
            ("/runCase?case=7&agent=ws", case(Some(7), None)),
            ("/runCase?agent=a+b&case=7", case(Some(7), None)),
            ("/runCase?casetuple=10.1.1&agent=ws", case(None, Some("10.1.1"))),
            ("/runCase?case=x", case(None, None)),
            ("/runCase", case(None, None)),
            ("/getCaseCount", Some(Asked::Count)),
            ("/getCaseInfo?case=3", Some(Asked::Info(Some(3)))),
            ("/getCaseStatus?case=3&agent=ws", Some(Asked::Other)),
            ("/updateReports?agent=ws", Some(Asked::Other)),
            ("/chat?case=7", None),
            ("/", None),
        ] {
            assert_eq!(asked(target), expected, "{target}");
        }
    }

    #[test]
    fn agents() {
        for (target, expected) in [
            ("/runCase?case=7&agent=ws", Some("ws")),
            ("/runCase?case=7&agent=a+b%2F1%2e0", Some("a b/1.0")),
            ("/runCase?case=7&agent=50%", Some("50%")),
            ("/runCase?case=7&agent=%zz", Some("%zz")),
            ("/runCase?case=7&agent=", None),
            ("/runCase?case=7", None),
            ("/runCase", None),
        ] {
            assert_eq!(agent(target).as_deref(), expected, "{target}");
        }
    }

    #[test]
    fn answers() {
        let info = Asked::Info(Some(3));
        let id = CaseId::new("1.1.3").expect("a number");
        for (asked, answer, expected) in [
            (&Asked::Count, "517", RunPart::Count(517)),
            (&Asked::Count, "many", RunPart::Other),
            (&info, r#"{"id": "1.1.3", "description": "x"}"#, RunPart::Info(3, id)),
            (&info, r#"{"id": 3}"#, RunPart::Other),
            (&Asked::Info(None), r#"{"id": "1.1.3"}"#, RunPart::Other),
            (&Asked::Other, r#"{"behavior": "OK"}"#, RunPart::Other),
        ] {
            assert_eq!(answered(asked, answer.as_bytes()), expected, "{answer}");
        }
    }
}
