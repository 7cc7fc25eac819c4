//! What TLS shows of a connection, in a few lines.

use crate::model::{Conversation, Role, TlsFacts, TlsKeys, TlsVersion};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::events::alert_name;
use crate::views::{units, wording};

/// The lines about TLS; none without it.
pub(super) fn lines(report: &Conversation<Shown>) -> Vec<String> {
    let Some(tls) = report.tls.as_deref() else { return Vec::new() };
    let mut lines = vec![format!("TLS: {}", agreed(tls).join(" · "))];
    if !tls.decrypted {
        lines.extend(
            Role::BOTH.map(|role| format!("{} sent in TLS: {}", role.name(), sent(report, tls, role))),
        );
    }
    lines.extend(last(report, tls).filter(|_| !tls.decrypted));
    let ends = ends(report, tls);
    if !ends.is_empty() {
        lines.push(format!("TLS ended: {}", ends.join(" · ")));
    }
    lines
}

/// What was offered, chosen and opened.
fn agreed(tls: &TlsFacts<Shown>) -> Vec<String> {
    let mut parts = Vec::new();
    match (tls.version.and_then(TlsVersion::name), tls.offer.as_ref().and_then(|offer| offer.version)) {
        (Some(version), _) => parts.push(format!("version {version}")),
        (None, Some(offered)) => {
            let offered = offered.name().unwrap_or("unknown");
            parts.push(format!("up to version {offered} offered, none chosen"));
        }
        (None, None) => parts.push("its handshake is not in the recording".to_owned()),
    }
    parts.extend(tls.cipher.and_then(|cipher| cipher.name()).map(str::to_owned));
    if let Some(offer) = &tls.offer {
        match &offer.sni {
            Some(sni) => parts.push(format!("host {}", visible(sni))),
            None => parts.push("no host named (no SNI)".to_owned()),
        }
        let offered: Vec<_> = offer.alpn.iter().map(|name| visible(name)).collect();
        match &tls.alpn {
            Some(chosen) => parts.push(format!("ALPN {}", visible(chosen))),
            None if !offered.is_empty() => parts.push(format!("ALPN {} offered", offered.join(", "))),
            None => {}
        }
        if offer.ech {
            parts.push("Encrypted Client Hello: the host named is for show".to_owned());
        }
    }
    if tls.hello_retry {
        parts.push("another hello was asked for".to_owned());
    }
    if tls.resumed == Some(true) {
        parts.push("session resumed".to_owned());
    }
    if tls.early_records > 0 {
        parts.push(format!("{} of early data, not decrypted", units::count(tls.early_records, "record")));
    }
    if tls.renegotiations > 0 {
        parts.push(format!("negotiated again {}", units::count(u64::from(tls.renegotiations), "time")));
    }
    let updates = u64::from(tls.key_updates.client) + u64::from(tls.key_updates.server);
    if updates > 0 {
        parts.push(units::count(updates, "key update"));
    }
    parts.push(match (tls.decrypted, tls.keys) {
        (true, TlsKeys::Dsb) => "decrypted with keys of the capture".to_owned(),
        (true, _) => "decrypted with the key log".to_owned(),
        (false, _) => match tls.undecrypted {
            Some(why) => format!("not decrypted: {}", wording::undecrypted(why)),
            None => "not decrypted".to_owned(),
        },
    });
    parts
}

/// What shows of one side's records.
fn sent(report: &Conversation<Shown>, tls: &TlsFacts<Shown>, role: Role) -> String {
    let records = tls.records[role];
    if records.application == 0 {
        return match records.count {
            0 => "no whole record".to_owned(),
            count => format!("{} of the handshake and alerts, no data", units::count(count, "record")),
        };
    }
    let last = records.last.and_then(|mark| mark.at).zip(report.started_at);
    let last = last.map_or_else(String::new, |(at, start)| {
        format!(", the last {} after the start", units::duration(at.since(start)))
    });
    let count = units::count(records.application, "encrypted record");
    format!("{count}, at most {} of data{last}", units::bytes(records.bytes))
}

/// Whose record was the last, and how long before the end of TCP.
fn last(report: &Conversation<Shown>, tls: &TlsFacts<Shown>) -> Option<String> {
    let last = tls.last.last()?;
    let ended = report.closing.first_end.and_then(|end| end.at).zip(last.mark.at);
    let before = ended
        .map(|(end, at)| end.since(at))
        .filter(|ns| *ns >= 0)
        .map_or_else(String::new, |ns| format!(", {} before TCP ended", units::duration(ns)));
    let len = units::bytes(u64::from(last.len));
    Some(format!("last encrypted record: of the {}, {len}{before}", last.by.name()))
}

/// Alerts, and the close_notify of each side.
fn ends(report: &Conversation<Shown>, tls: &TlsFacts<Shown>) -> Vec<String> {
    let place = |packet| wording::packet(report, packet);
    let mut parts: Vec<_> = tls
        .alerts
        .iter()
        .map(|alert| format!("{} by the {} ({})", alert_name(alert), alert.by.name(), place(alert.packet)))
        .collect();
    for role in Role::BOTH {
        if let Some(mark) = tls.close_notify[role] {
            parts.push(format!("close_notify by the {} ({})", role.name(), place(mark.packet)));
        }
    }
    parts
}
