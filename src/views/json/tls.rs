//! The `tls` object of a connection.

use crate::model::{
    AlertDescription, AlertLevel, Conversation, PerRole, TlsAlert, TlsFacts, TlsMark, TlsRecords, TlsVersion,
};
use crate::redact::Shown;
use crate::views::json::{place, sides};
use crate::views::row::{Boolean, Integer, List, OrAbsent, Text, Time, row};

row! {
    /// What TLS shows about a connection.
    pub(super) struct Tls<'a>(r: &'a Conversation<Shown>, tls: &'a TlsFacts<Shown>);

    let offer = tls.offer.as_deref();

    /// Version that the server chose: `1.3`, `1.2` …; null if its ServerHello is not in the recording.
    version: Option<Text> = tls.version.and_then(TlsVersion::name),
    /// Cipher suite that it chose, by its IANA name; null if its ServerHello is not in the recording.
    cipher: Option<Text> = tls.cipher.and_then(|cipher| cipher.name()),
    /// Host that the client named (SNI); null if it named none, or its ClientHello is not in the recording.
    sni: Option<Text> = offer.and_then(|offer| offer.sni.as_deref()),
    /// Protocol that the server chose (ALPN): `http/1.1`, `h2` …; null if there is none or it is encrypted.
    alpn: Option<Text> = tls.alpn.as_deref(),
    /// Protocols that the client offered, in its order of preference.
    alpn_offered: List<Text> = offer.map_or(&[][..], |offer| &offer.alpn).iter().map(|name| &**name),
    /// Whether what the connection carried was decrypted.
    decrypted: Boolean = tls.decrypted,
    /// Where its keys came from: `keylog`, `dsb` (inside the capture), `wrong` (they decrypt nothing) or `none`.
    keys: Text = tls.keys.name(),
    /// Why it was not decrypted: `no_keys`, `keys_missing`, `keys_wrong`, `hello_unseen`, `unsupported` or `given_up`.
    undecrypted: Option<Text> = tls.undecrypted.map(|why| why.name()),
    /// Whether the session resumes an earlier one; null before the server's answer.
    resumed: Option<Boolean> = tls.resumed,
    /// Whether the server asked for a second ClientHello (HelloRetryRequest).
    hello_retry: Boolean = tls.hello_retry,
    /// Records of early data (0-RTT), which are not decrypted.
    early_records: Integer = tls.early_records,
    /// Number of renegotiations.
    renegotiations: Integer = tls.renegotiations,
    /// How often each side updated its keys.
    key_updates: PerRole<Integer> = sides(&tls.key_updates, |updates| *updates),
    /// Alerts other than close_notify.
    alerts: List<Alert> = tls.alerts.iter().map(|alert| Alert(r, alert)),
    /// The close_notify of each side; null if none is known, which in TLS 1.3 takes the keys.
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
    /// `warning` or `fatal`; null if it is encrypted.
    level: Option<Text> = alert.level.map(AlertLevel::name),
    /// Its IANA name; null if it is encrypted or has none.
    name: Option<Text> = alert.description.and_then(AlertDescription::name),
    /// Its number; null if it is encrypted.
    number: Option<Integer> = alert.description.map(|alert| alert.0),
    /// When it was captured.
    at: Option<Time> = alert.at,
    /// The packet it was captured in.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// When and where something was captured.
    pub(super) struct Mark<'a>(r: &'a Conversation<Shown>, mark: &'a TlsMark);

    let (packet, packet_input) = place(r, Some(mark.packet));

    /// When it was captured.
    at: Option<Time> = mark.at,
    /// The packet it was captured in.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// Records of one side.
    pub(super) struct Records<'a>(records: &'a TlsRecords);

    /// Number of complete records, of any type.
    count: Integer = records.count,
    /// Number of application data records; in TLS 1.3 without keys, all encrypted records.
    application: Integer = records.application,
    /// Bytes in these: the plain text if decrypted, otherwise their length less the overhead of encryption.
    bytes: Integer = records.bytes,
    /// When the first of them was captured.
    first_at: Option<Time> = records.first.and_then(|mark| mark.at),
    /// When the last of them was captured.
    last_at: Option<Time> = records.last.and_then(|mark| mark.at),
    /// Number of records missing or damaged.
    lost: Integer = records.lost,
}
