//! The `tls` object of a connection.

use crate::model::{
    AlertDescription, AlertLevel, Conversation, PerRole, TlsAlert, TlsFacts, TlsMark, TlsRecords, TlsVersion,
};
use crate::redact::Shown;
use crate::views::json::{place, sides};
use crate::views::row::{Boolean, Integer, List, OrAbsent, Text, Time, row};

row! {
    /// What TLS shows of a connection.
    pub(super) struct Tls<'a>(r: &'a Conversation<Shown>, tls: &'a TlsFacts<Shown>);

    let offer = tls.offer.as_deref();

    /// Version that the server chose: `1.3`, `1.2` …; null where its hello is not in the recording.
    version: Option<Text> = tls.version.and_then(TlsVersion::name),
    /// Cipher suite that it chose, as the registry of IANA has it; null where its hello is not in the recording.
    cipher: Option<Text> = tls.cipher.and_then(|cipher| cipher.name()),
    /// Host that the client named; null where it named none, or its hello is not in the recording.
    sni: Option<Text> = offer.and_then(|offer| offer.sni.as_deref()),
    /// Protocol that the server chose (ALPN): `http/1.1`, `h2` …; null without one, and where that is encrypted.
    alpn: Option<Text> = tls.alpn.as_deref(),
    /// Protocols that the client offered, in its order of preference.
    alpn_offered: List<Text> = offer.map_or(&[][..], |offer| &offer.alpn).iter().map(|name| &**name),
    /// Whether what the connection carried was decrypted.
    decrypted: Boolean = tls.decrypted,
    /// Where its keys came from: `keylog`, `dsb` (of the capture itself), `wrong` (they open nothing) or `none`.
    keys: Text = tls.keys.name(),
    /// Why it was not decrypted: `no_keys`, `keys_missing`, `keys_wrong`, `hello_unseen`, `unsupported` or `given_up`.
    undecrypted: Option<Text> = tls.undecrypted.map(|why| why.name()),
    /// Whether the session goes on from an earlier one; null before the server's answer.
    resumed: Option<Boolean> = tls.resumed,
    /// The server asked for another hello of the client.
    hello_retry: Boolean = tls.hello_retry,
    /// Records of early data (0-RTT), which are not decrypted.
    early_records: Integer = tls.early_records,
    /// Handshakes on the running connection.
    renegotiations: Integer = tls.renegotiations,
    /// Times each side changed its keys.
    key_updates: PerRole<Integer> = sides(&tls.key_updates, |updates| *updates),
    /// Alerts, but close_notify.
    alerts: List<Alert> = tls.alerts.iter().map(|alert| Alert(r, alert)),
    /// The close_notify of each side; null where none is known: in TLS 1.3 that takes keys.
    close_notify: PerRole<Option<Mark>> =
        sides(&tls.close_notify, |mark| mark.as_ref().map(|mark| Mark(r, mark))),
    /// What each side sent.
    records: PerRole<Records> = sides(&tls.records, Records),
}

row! {
    /// An alert.
    pub(super) struct Alert<'a>(r: &'a Conversation<Shown>, alert: &'a TlsAlert);

    let (packet, packet_input) = place(r, Some(alert.packet));

    /// Who sent it.
    by: Text = alert.by.name(),
    /// `warning` or `fatal`; null where it is encrypted.
    level: Option<Text> = alert.level.map(AlertLevel::name),
    /// Its name in the registry of IANA; null where it is encrypted, or has none.
    name: Option<Text> = alert.description.and_then(AlertDescription::name),
    /// Its number; null where it is encrypted.
    number: Option<Integer> = alert.description.map(|alert| alert.0),
    /// When it was captured.
    at: Option<Time> = alert.at,
    /// The packet that brought it.
    packet: Option<Integer> = packet,
    /// Index of the input of that packet, where it is another than the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// Where something stands.
    pub(super) struct Mark<'a>(r: &'a Conversation<Shown>, mark: &'a TlsMark);

    let (packet, packet_input) = place(r, Some(mark.packet));

    /// When it was captured.
    at: Option<Time> = mark.at,
    /// The packet that brought it.
    packet: Option<Integer> = packet,
    /// Index of the input of that packet, where it is another than the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// Records of one side.
    pub(super) struct Records<'a>(records: &'a TlsRecords);

    /// Whole ones, of any type.
    count: Integer = records.count,
    /// Those of application data; in TLS 1.3 without keys all that are encrypted.
    application: Integer = records.application,
    /// Their bytes: as they were written where decrypted, else what is left of their length without what encryption adds.
    bytes: Integer = records.bytes,
    /// When the first of them was captured.
    first_at: Option<Time> = records.first.and_then(|mark| mark.at),
    /// When the last was.
    last_at: Option<Time> = records.last.and_then(|mark| mark.at),
    /// Those that are missing, or damaged.
    lost: Integer = records.lost,
}
