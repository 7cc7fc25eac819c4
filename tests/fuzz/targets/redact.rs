//! An opening handshake of any fields, with a secret in a place of its own: nothing of the secret is left.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::limits::Limits;
use wslog::engine::{Keep, analyze_capture, present};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog_fuzz::support::capture_file::Pcap;
use wslog_fuzz::support::conversation::Talk;
use wslog_fuzz::support::upgrade::Upgrade;

const SECRET: &str = "Zq9xSeCrEt7wPlmK4711";

fn planted(upgrade: Upgrade, how: u8, text: &str) -> Upgrade {
    // What is around it keeps to one line and one field.
    let text: String = text.chars().filter(|c| !c.is_control() && !" ,".contains(*c)).collect();
    match how % 9 {
        0 => upgrade.ask("Authorization", &format!("{text} {SECRET}")),
        1 => upgrade.ask("Cookie", &format!("{text}={SECRET}; {text}")),
        2 => upgrade.ask("X-Token", SECRET).ask("X-Note", &text),
        3 => upgrade.ask("Sec-WebSocket-Protocol", &format!("{text}, bearer, {SECRET}, {text}")),
        4 => {
            let text = text.replace(['#', '?', '&', '=', '%'], "");
            Upgrade { target: format!("/{text}?{text}&token={SECRET}"), ..upgrade }
        }
        // By its looks.
        5 => upgrade.ask("X-Note", &format!("{text} {SECRET} {text}")),
        6 => Upgrade { target: format!("/{text}/{SECRET}?{text}"), ..upgrade },
        // Known from another place.
        7 => upgrade.ask("Cookie", &format!("a={SECRET}")).ask("X-Note", &format!("{text}{SECRET}{text}")),
        _ => upgrade.ask("Cookie", &format!("a={SECRET}")).ask(&format!("X-{SECRET}"), &text),
    }
}

fuzz_target!(|data: &[u8]| {
    let [how, rest @ ..] = data else { return };
    let text = String::from_utf8_lossy(rest);
    if text.contains("Zq9x") {
        return;
    }
    let mut talk = Talk::new("192.0.2.1:5000", "192.0.2.2:80");
    let upgrade = planted(talk.upgrade(), *how, &text);
    talk.open_with(&upgrade);
    let file = Pcap::default().write(&talk.packets());
    let mut json = Vec::new();
    let mut report = JsonReport::new(&mut json, FrameList::All);
    let keep = Keep { first: 3, last: 3, payload_bytes: 40, live: false };
    let mut connections = Vec::new();
    analyze_capture(&file[..], "fuzz".as_ref(), &Limits::default(), keep, &mut |connection| {
        connections.push(connection);
        Ok(())
    })
    .expect("a sound capture");
    present(connections, &[], Redaction::Secrets, &mut report).expect("memory takes it");
    let json = String::from_utf8(json).expect("JSON is text");
    assert!(!json.contains(SECRET), "{json}");
});
