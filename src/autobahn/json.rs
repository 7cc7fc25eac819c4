//! The JSON file of a case. Nothing but agent and number must be there: suites differ in what they write.

use std::path::Path;

use serde_json::Value;

use crate::autobahn::data;
use crate::autobahn::document::{Document, Object};
use crate::autobahn::html;
use crate::autobahn::notes::Notes;
use crate::autobahn::tester;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, ClosingBehavior, ExpectedClose, LoggedData,
    LoggedFrame, ReportForm, ReportPart, WireRow, WireStatistics,
};

const WHAT: &str = "Autobahn case";
/// Characters kept of a row that cannot be read.
const MAX_ROW_CHARS: usize = 256;

pub(super) fn read(bytes: &[u8], path: &Path, limits: &Limits) -> Result<CaseReport, Error> {
    let document = Document::parse(bytes, path, WHAT, limits)?;
    let bad = |detail: &str| Error::BadReport {
        path: path.to_owned(),
        what: WHAT,
        line: None,
        detail: detail.to_owned(),
        advice: "give the JSON file of one case, such as agent_case_3_2.json",
    };
    let object = document.value.as_object().ok_or_else(|| bad("not a JSON object"))?;
    let mut case = Case { document: &document, object, notes: Notes::default() };
    let id = case.text("id").ok_or_else(|| bad("it has no case number (\"id\")"))?;
    let id = CaseId::new(&id).ok_or_else(|| bad(&format!("{id:?} is not a case number")))?;
    Ok(case.report(id))
}

/// A case being read.
struct Case<'a> {
    document: &'a Document,
    object: &'a Object,
    notes: Notes,
}

impl<'a> Case<'a> {
    fn report(mut self, id: CaseId) -> CaseReport {
        let expected = self.value("expected", Value::as_object).map(|verdicts| {
            verdicts.iter().map(|(verdict, list)| (Behavior::new(verdict), self.events(list))).collect()
        });
        let lacks = self.lacks();
        let rows = self.value("wirelog", Value::as_array);
        let wire_log = rows.map(|rows| rows.iter().enumerate().map(|(n, row)| self.row(n, row)).collect());
        let mut case = CaseReport {
            form: ReportForm::Json,
            suite: None,
            agent: self.text("agent").unwrap_or_default(),
            id,
            index: self.value("case", Value::as_u64),
            started: self.text("started"),
            duration_ms: self.value("duration", Value::as_u64),
            description: self.plain("description").unwrap_or_default(),
            expectation: self.plain("expectation").unwrap_or_default(),
            behavior: Behavior::new(&self.text("behavior").unwrap_or_default()),
            behavior_close: BehaviorClose::new(&self.text("behaviorClose").unwrap_or_default()),
            result: self.plain("result"),
            result_close: self.plain("resultClose"),
            expected,
            received: self.value("received", Some).map(|list| self.events(list)),
            expected_close: self.value("expectedClose", Value::as_object).map(expected_close),
            closing: self.closing(),
            http_request: self.text("httpRequest").filter(|text| text != "?"),
            http_response: self.text("httpResponse").filter(|text| text != "?"),
            statistics: WireStatistics {
                rx_octets: self.counts("rxOctetStats"),
                tx_octets: self.counts("txOctetStats"),
                rx_frames: self.counts("rxFrameStats"),
                tx_frames: self.counts("txFrameStats"),
            },
            wire_log,
            lacks,
            is_cut: false,
            notes: Vec::new(),
            inconsistencies: Vec::new(),
        };
        if !case.has(ReportPart::Tester) {
            let heads = (case.http_request.as_deref(), case.http_response.as_deref());
            if let Some(is_server) = tester::is_server(heads, case.wire_log.as_deref().unwrap_or_default()) {
                case.closing.is_server = is_server;
                case.lacks.retain(|part| *part != ReportPart::Tester);
            }
        }
        for part in case.lacks.iter().filter(|part| **part != ReportPart::WireLog) {
            self.notes.remark(format!("the source has no {}", part.name().replace('_', " ")));
        }
        (case.notes, case.inconsistencies) = self.notes.into_lists();
        case
    }

    /// Parts that the file has no key of.
    fn lacks(&self) -> Vec<ReportPart> {
        let has = |keys: &[&str]| {
            keys.iter().any(|key| self.object.get(*key).is_some_and(|value| !value.is_null()))
        };
        [
            (ReportPart::Outcome, &["expected", "received"][..]),
            (ReportPart::ClosingVerdict, &["behaviorClose"]),
            (ReportPart::Handshake, &["httpRequest", "httpResponse"]),
            (ReportPart::Tester, &["isServer"]),
            (ReportPart::Closing, &["closedByMe", "droppedByMe", "wasClean"]),
            (ReportPart::Statistics, &["rxOctetStats", "txOctetStats", "rxFrameStats", "txFrameStats"]),
            (ReportPart::WireLog, &["wirelog"]),
        ]
        .into_iter()
        .filter(|(_, keys)| !has(keys))
        .map(|(part, _)| part)
        .collect()
    }

    /// The value of a key; null is none, and so is one of another type, which is noted.
    fn value<T>(&mut self, key: &str, of: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.object.get(key).filter(|value| !value.is_null())?;
        let read = of(value);
        if read.is_none() {
            self.notes.add(format!("{key} has an unexpected type"));
        }
        read
    }

    /// A text that is not empty.
    fn text(&mut self, key: &str) -> Option<String> {
        let text = self.value(key, Value::as_str)?;
        Some(self.document.text(text)).filter(|text| !text.is_empty())
    }

    /// A text with markup, without it.
    fn plain(&mut self, key: &str) -> Option<String> {
        self.text(key).map(|text| html::plain(text.as_bytes())).filter(|text| !text.is_empty())
    }

    fn flag(&mut self, key: &str) -> bool {
        self.value(key, Value::as_bool).unwrap_or(false)
    }

    fn code(&mut self, key: &str) -> Option<u16> {
        self.value(key, |value| u16::try_from(value.as_u64()?).ok())
    }

    fn closing(&mut self) -> ClosingBehavior {
        ClosingBehavior {
            is_server: self.flag("isServer"),
            closed_by_me: self.flag("closedByMe"),
            failed_by_me: self.flag("failedByMe"),
            dropped_by_me: self.flag("droppedByMe"),
            was_clean: self.flag("wasClean"),
            was_not_clean_reason: self.text("wasNotCleanReason"),
            was_server_connection_drop_timeout: self.flag("wasServerConnectionDropTimeout"),
            was_open_handshake_timeout: self.flag("wasOpenHandshakeTimeout"),
            was_close_handshake_timeout: self.flag("wasCloseHandshakeTimeout"),
            local_close_code: self.code("localCloseCode"),
            local_close_reason: self.text("localCloseReason"),
            remote_close_code: self.code("remoteCloseCode"),
            remote_close_reason: self.text("remoteCloseReason"),
        }
    }

    /// Counts by a number, in its order.
    fn counts(&mut self, key: &str) -> Vec<(u64, u64)> {
        let Some(object) = self.value(key, Value::as_object) else { return Vec::new() };
        let pair = |(size, count): (&String, &Value)| Some((size.parse().ok()?, count.as_u64()?));
        let mut counts: Vec<_> = object.iter().filter_map(pair).collect();
        if counts.len() != object.len() {
            self.notes.add(format!("{key} holds something that is not a count"));
        }
        counts.sort_unstable();
        counts
    }

    fn events(&self, list: &Value) -> Vec<CaseEvent> {
        list.as_array().into_iter().flatten().map(|event| self.event(event)).collect()
    }

    fn event(&self, event: &Value) -> CaseEvent {
        let fields = event.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(|text| self.document.text(text));
        let known = match fields {
            [name, payload, Value::Bool(binary)] if name == "message" => {
                text(payload).map(|payload| CaseEvent::Message(payload, *binary))
            }
            [name, payload] if name == "ping" => text(payload).map(CaseEvent::Ping),
            [name, payload] if name == "pong" => text(payload).map(CaseEvent::Pong),
            [name, tag] if name == "timeout" => text(tag).map(CaseEvent::Timeout),
            _ => None,
        };
        known.unwrap_or_else(|| {
            let name = fields.first().and_then(text).unwrap_or_default();
            let rest = fields.get(1..).unwrap_or_default();
            CaseEvent::Other(name, rest.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
        })
    }

    fn row(&mut self, n: usize, row: &Value) -> WireRow {
        match self.read_row(row.as_array().map(Vec::as_slice).unwrap_or_default()) {
            Ok(row) => row,
            Err(why) => {
                self.notes.add(format!("row {n} of the wire log: {why}"));
                WireRow::Unknown(row.to_string().chars().take(MAX_ROW_CHARS).collect())
            }
        }
    }

    fn read_row(&self, row: &[Value]) -> Result<WireRow, String> {
        let (tag, fields) = row.split_first().ok_or("it is not a list")?;
        let seconds = || fields.first().and_then(Value::as_f64).ok_or("it has no seconds");
        let name = |at: usize| fields.get(at).and_then(Value::as_str).map(str::to_owned);
        Ok(match tag.as_str().unwrap_or_default() {
            "RO" => WireRow::RxOctets(self.octets(fields)?),
            "TO" => WireRow::TxOctets(self.octets(fields)?),
            "RF" => WireRow::RxFrame(LoggedFrame {
                masked: fields.get(4).and_then(Value::as_bool),
                masking_key: masking_key(fields.get(5))?,
                ..self.frame(fields)?
            }),
            "TF" => {
                let masking_key = masking_key(fields.get(4))?;
                WireRow::TxFrame(LoggedFrame {
                    masked: Some(masking_key.is_some()),
                    masking_key,
                    repeat_len: fields.get(5).and_then(Value::as_u64),
                    chop_size: fields.get(6).and_then(Value::as_u64),
                    ..self.frame(fields)?
                })
            }
            "CT" => WireRow::Delay(seconds()?, name(1)),
            "CTE" => WireRow::DelayTimeout(name(0)),
            "KL" => WireRow::FailAfter(seconds()?),
            "KLE" => WireRow::Failing,
            "TI" => WireRow::CloseAfter(seconds()?),
            "TIE" => WireRow::Closing,
            "WLM" => WireRow::Log(fields.first().and_then(Value::as_bool).ok_or("neither on nor off")?),
            _ => return Err("of an unknown kind".to_owned()),
        })
    }

    /// `[length, text]`, or the bare text of old suites.
    fn data(&self, fields: &[Value]) -> Result<(Option<u64>, Vec<u8>), String> {
        let (len, text) = match fields.first() {
            Some(Value::Array(pair)) => {
                (Some(pair.first().and_then(Value::as_u64).ok_or("it has no length")?), pair.get(1))
            }
            other => (None, other),
        };
        let text = text.and_then(Value::as_str).ok_or("it has no data")?;
        Ok((len, self.document.bytes(text)))
    }

    fn octets(&self, fields: &[Value]) -> Result<LoggedData, String> {
        let (len, shown) = self.data(fields)?;
        data::octets(len, &shown)
    }

    /// What both kinds of frame rows have.
    fn frame(&self, fields: &[Value]) -> Result<LoggedFrame, String> {
        let (len, shown) = self.data(fields)?;
        let small = |at: usize, max: u8| {
            fields.get(at).and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= max)
        };
        let data = data::payload(len, &shown)?;
        Ok(LoggedFrame {
            fin: fields.get(2).and_then(Value::as_bool).ok_or("it has no FIN")?,
            rsv: small(3, 7).ok_or("it has no reserved bits")?,
            ..LoggedFrame::plain(small(1, 15).ok_or("it has no opcode")?, data)
        })
    }
}

fn masking_key(digits: Option<&Value>) -> Result<Option<[u8; 4]>, String> {
    match digits.and_then(Value::as_str) {
        Some(digits) => {
            data::masking_key(digits.as_bytes()).map(Some).ok_or("an invalid masking key".to_owned())
        }
        None => Ok(None),
    }
}

fn expected_close(object: &Object) -> ExpectedClose {
    let flag = |key: &str| object.get(key).and_then(Value::as_bool).unwrap_or(false);
    let codes = object.get("closeCode").and_then(Value::as_array).into_iter().flatten();
    ExpectedClose {
        closed_by_me: flag("closedByMe"),
        codes: codes.filter_map(|code| u16::try_from(code.as_u64()?).ok()).collect(),
        require_clean: flag("requireClean"),
        wrong_endpoint_is_fatal: flag("closedByWrongEndpointIsFatal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(rest: &str) -> CaseReport {
        let json = format!(r#"{{"agent": "ws", "id": "3.2", {rest}}}"#);
        read(json.as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap()
    }

    fn frame(len: Option<u64>, known: &[u8], opcode: u8) -> LoggedFrame {
        let data = LoggedData { len, known: known.to_vec() };
        LoggedFrame { masked: Some(false), ..LoggedFrame::plain(opcode, data) }
    }

    #[test]
    fn rows() {
        let key = Some([0x8d, 0, 0x79, 0xe1]);
        for (row, expected) in [
            (r#"["RO",[2,"8900"]]"#, WireRow::RxOctets(LoggedData { len: Some(2), known: vec![0x89, 0] })),
            (r#"["TO",[0,""],false]"#, WireRow::TxOctets(LoggedData { len: Some(0), known: vec![] })),
            (r#"["RO","8900"]"#, WireRow::RxOctets(LoggedData { len: Some(2), known: vec![0x89, 0] })),
            (r#"["TO","8900 ...",true]"#, WireRow::TxOctets(LoggedData { len: None, known: vec![0x89, 0] })),
            (
                r#"["RF",[2,"0x03ea"],8,true,0,true,"8d0079e1"]"#,
                WireRow::RxFrame(LoggedFrame {
                    masked: Some(true),
                    masking_key: key,
                    ..frame(Some(2), b"\x03\xea", 8)
                }),
            ),
            (r#"["RF",[1,"a"],1,true,0,false,null]"#, WireRow::RxFrame(frame(Some(1), b"a", 1))),
            (r#"["RF","0x",1,true,0,false,null]"#, WireRow::RxFrame(frame(Some(2), b"0x", 1))),
            (
                r#"["TF",[10,"BAsd7&jh23"],1,true,0,"8d0079e1",262144,null,false]"#,
                WireRow::TxFrame(LoggedFrame {
                    masked: Some(true),
                    masking_key: key,
                    repeat_len: Some(262_144),
                    ..frame(Some(10), b"BAsd7&jh23", 1)
                }),
            ),
            (
                r#"["TF",[3,"\ud800"],2,true,0,null,null,1,true]"#,
                WireRow::TxFrame(LoggedFrame { chop_size: Some(1), ..frame(Some(3), b"\xed\xa0\x80", 2) }),
            ),
            (r#"["CT",1,"A"]"#, WireRow::Delay(1.0, Some("A".to_owned()))),
            (r#"["CT",0.5,null]"#, WireRow::Delay(0.5, None)),
            (r#"["CTE","A"]"#, WireRow::DelayTimeout(Some("A".to_owned()))),
            (r#"["KL",1]"#, WireRow::FailAfter(1.0)),
            (r#"["KLE"]"#, WireRow::Failing),
            (r#"["TI",10.0]"#, WireRow::CloseAfter(10.0)),
            (r#"["TIE"]"#, WireRow::Closing),
            (r#"["WLM",false]"#, WireRow::Log(false)),
        ] {
            let case = case(&format!(r#""wirelog": [{row}]"#));
            assert_eq!(case.wire_log, Some(vec![expected]), "{row}");
            assert_eq!(case.inconsistencies, [""; 0], "{row}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_kept_and_noted() {
        for row in [
            r#"[]"#,
            r#"7"#,
            r#"["XX",1]"#,
            r#"["RO"]"#,
            r#"["RO",[2,"89"]]"#,
            r#"["RO",[-1,""]]"#,
            r#"["RF",[1,"a"],16,true,0,false,null]"#,
            r#"["RF",[1,"a"],1,true,8,false,null]"#,
            r#"["RF",[1,"a"],1,true,0,true,"8d"]"#,
            r#"["TF",[1,"a"]]"#,
            r#"["KL"]"#,
            r#"["WLM",null]"#,
        ] {
            let case = case(&format!(r#""wirelog": [{row}]"#));
            assert!(matches!(case.wire_log.unwrap()[..], [WireRow::Unknown(_)]), "{row}");
            assert!(case.inconsistencies[0].starts_with("row 0 of the wire log: "), "{row}");
        }
    }

    #[test]
    fn what_old_suites_lack_is_not_known() {
        let case =
            case(r#""behavior": "NO_CLOSE", "httpRequest": "?", "httpResponse": null, "new key": [1]"#);
        assert_eq!(case.behavior, Behavior::Other("NO_CLOSE".to_owned()));
        assert_eq!(
            (case.wire_log, case.expected, case.received, case.expected_close),
            (None, None, None, None)
        );
        assert_eq!((case.http_request, case.http_response), (None, None));
        assert_eq!(case.inconsistencies, [""; 0]);
    }

    #[test]
    fn events() {
        let case = case(
            r#""expected": {"OK": [["message", "a\ud800", false], ["timeout", "A"]], "NON-STRICT": []},
               "received": [["ping", ""], ["pong", "x"], ["message", "b", true], ["odd", 1, null], 5]"#,
        );
        assert_eq!(
            case.expected,
            Some(vec![
                (Behavior::NonStrict, vec![]),
                (
                    Behavior::Ok,
                    vec![
                        CaseEvent::Message("a\u{fffd}".to_owned(), false),
                        CaseEvent::Timeout("A".to_owned())
                    ]
                ),
            ])
        );
        assert_eq!(
            case.received,
            Some(vec![
                CaseEvent::Ping(String::new()),
                CaseEvent::Pong("x".to_owned()),
                CaseEvent::Message("b".to_owned(), true),
                CaseEvent::Other("odd".to_owned(), "1, null".to_owned()),
                CaseEvent::Other(String::new(), String::new()),
            ])
        );
    }

    #[test]
    fn what_is_no_case_is_an_error() {
        for (json, says) in [
            ("", "line 1"),
            ("[]", "not a JSON object"),
            ("{}", "it has no case number"),
            (r#"{"id": 3}"#, "no case number"),
            (r#"{"id": "x"}"#, "\"x\" is not a case number"),
            ("{\n\"id\": ", "line 2"),
        ] {
            let error = read(json.as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap_err().to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
