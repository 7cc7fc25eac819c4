//! Which cases the suite has, to tell a run that was cut short from a whole one; and which version of it made a report.

use crate::autobahn::cases;
use crate::model::case::{CaseId, CaseReport};
use crate::model::suite::{Suite, SuiteSource, Version};

/// Every case of the newest version, in order.
pub fn cases() -> impl Iterator<Item = CaseId> {
    cases_in(Version::NEWEST).into_iter()
}

/// Every case of a version, in order.
#[must_use]
pub fn cases_in(version: Version) -> Vec<CaseId> {
    let of_it = cases::every().iter().filter(|case| case.span.contains(version));
    let mut ids: Vec<CaseId> = of_it.map(|case| case.id.clone()).collect();
    ids.sort();
    ids
}

/// The suite that made `report`, by what the tester says of itself in the opening handshake.
pub(super) fn told(report: &CaseReport) -> Option<Suite> {
    let (head, name, from) = if report.closing.is_server {
        (&report.http_response, "server", SuiteSource::ServerHeader)
    } else {
        (&report.http_request, "user-agent", SuiteSource::UserAgent)
    };
    let version = head.as_deref()?.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        of_product(field.trim().eq_ignore_ascii_case(name).then(|| value.trim())?)
    })?;
    Some(Suite { version, from })
}

/// The version by which the tester calls itself.
pub(super) fn of_product(product: &str) -> Option<Version> {
    Version::begins(product.strip_prefix("AutobahnTestSuite/")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autobahn::read_case;
    use crate::limits::Limits;
    use crate::model::case::ReportForm;
    use std::path::Path;

    /// The report of a case with such heads.
    fn suite(is_server: bool, request: &str, response: &str) -> Option<String> {
        let json = serde_json::json!({
            "agent": "a", "id": "1.1.1", "case": 1, "behavior": "OK", "behaviorClose": "OK", "isServer": is_server,
            "httpRequest": request, "httpResponse": response,
        });
        let read = read_case(ReportForm::Json, json.to_string().as_bytes(), Path::new("x"), &Limits::DEFAULT);
        let told = read.expect("a case").suite?;
        Some(format!("{} {}", told.version, told.from.name()))
    }

    #[test]
    fn what_the_tester_says_of_itself() {
        let request = |by: &str| format!("GET / HTTP/1.1\r\nUser-Agent: {by}\r\n\r\n");
        let response = |by: &str| format!("HTTP/1.1 101 Switching Protocols\r\nserver:{by}\r\n\r\n");
        let (old, new) = ("AutobahnTestSuite/0.7.5-0.10.9", "AutobahnTestSuite/25.10.1-0.10.9");
        for (is_server, by_client, by_server, expected) in [
            (true, old, new, Some("25.10.1 server_header")),
            (false, old, new, Some("0.7.5 user_agent")),
            // The testee tells nothing of the suite, whatever it says.
            (true, old, "kosoku", None),
            (false, "x", old, None),
            (true, "x", "AutobahnTestSuite", None),
            (true, "x", "AutobahnTestSuite/x", None),
        ] {
            let found = suite(is_server, &request(by_client), &response(by_server));
            assert_eq!(found.as_deref(), expected, "{by_client}, {by_server}");
        }
        assert_eq!(suite(true, "?", "?"), None);
    }

    #[test]
    fn cases_are_those_of_the_newest_version() {
        assert!(cases().eq(cases::all().iter().map(|case| case.id.clone())));
        let old = cases_in("0.7.4".parse().expect("a version"));
        assert!(old.iter().any(|id| id.as_str() == "7.9.13"));
    }
}
