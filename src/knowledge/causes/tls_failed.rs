use crate::knowledge::causes::prelude::*;
use crate::model::{AlertDescription, Stage, TlsAlert, TlsFacts, TlsMark, TlsUndecrypted, TlsVersion};

/// `tls_failed`: the TLS handshake, or TLS after it, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsFailed {
    /// How.
    pub how: TlsFailure,
    /// The handshake was over by then, and data had been sent.
    pub established: bool,
}

/// How TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// A side said so by an alert; `None` where it is encrypted, and known by its place and length only.
    Alert(Option<AlertDescription>),
    /// The server sent nothing to the client's hello, and TCP ended.
    Unanswered(StreamEnd),
    /// A side ended TCP in the middle of the handshake, without an alert that could be read.
    Left {
        /// By what.
        how: StreamEnd,
        /// It is the client, which had got the server's certificate and had sent nothing since: there it checks it.
        at_certificate: bool,
    },
    /// The client ended TCP as soon as the handshake was over, without an alert or close_notify, and nothing had been sent.
    LeftUnused(StreamEnd),
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "tls_failed",
    tone: Tone::Fault,
    tells: &[],
    when: "the TLS handshake failed, or a side ended TLS with an alert",
    proven: Some("an alert says so, in the clear or decrypted"),
    likely: Some(
        "TCP ended before the handshake was complete, or an encrypted record where the client's last handshake \
         message was due is as long as an alert",
    ),
    undetermined: Some("the client ended TCP as soon as the handshake was complete, and had sent nothing"),
    never: "that a certificate is bad because a side refused it: that side may lack the issuer that others trust; or \
        whose program it was, if a proxy terminates TLS",
    next: &[
        "the log of the side that sent the alert: it knows why",
        "the certificate served under that name, which openssl s_client -servername shows",
    ],
    shows: &[],
};

/// Whether a side ended TLS in its orderly way, as far as that shows: an alert behind the handshake that cannot be read, or in
/// TLS 1.3 a last record as long as one, is taken for close_notify.
pub(super) fn took_leave<S: Stage>(tls: &TlsFacts<S>, role: Role) -> bool {
    leave(tls, role).is_some()
}

/// Where it did.
pub(super) fn leave<S: Stage>(tls: &TlsFacts<S>, role: Role) -> Option<TlsMark> {
    let sealed = |alert: &&TlsAlert| alert.by == role && alert.encrypted && alert.description.is_none();
    let sealed = tls.alerts.iter().find(sealed).map(|alert| TlsMark { at: alert.at, packet: alert.packet });
    let last = tls.last.iter().rev().find(|record| record.by == role);
    let hidden = last.filter(|record| tls.hides_types() && u64::from(record.len) == TlsAlert::LEN);
    tls.close_notify[role].or(sealed).or(hidden.map(|record| record.mark))
}

/// The side that did so first, where it did.
pub(super) fn first_leave<S: Stage>(tls: &TlsFacts<S>) -> Option<(Role, TlsMark)> {
    let leaves = Role::BOTH.into_iter().filter_map(|role| Some((role, leave(tls, role)?)));
    leaves.min_by_key(|(_, mark)| mark.packet)
}

/// Whether a side's close_notify was read: who sends it has the keys, and lives.
pub(super) fn said_goodbye<S: Stage>(tls: Option<&TlsFacts<S>>, role: Role) -> bool {
    tls.is_some_and(|tls| tls.decrypted && tls.close_notify[role].is_some())
}

/// Whether it would show if that side had ended TLS in its orderly way.
pub(super) fn shows_leave<S: Stage>(conversation: &Conversation<S>, tls: &TlsFacts<S>, role: Role) -> bool {
    let is_known = tls.version.is_some() && tls.undecrypted != Some(TlsUndecrypted::KeysWrong);
    is_known && conversation.traffic[role].gap_bytes == 0 && tls.records[role].lost == 0 && !tls.cut[role]
}

/// Whether all that the client encrypted is one record as long as an alert.
fn is_hidden_alert<S: Stage>(tls: &TlsFacts<S>) -> bool {
    let client = &tls.records.client;
    tls.hides_types() && client.application == 1 && client.bytes == TlsAlert::LEN
}

impl Judge for TlsFailed {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let tls = facts.conversation.tls.as_deref()?;
        let established = tls.is_over();
        // A stream of HTTP/2 that ended by itself had done so before.
        if facts.is_end_of_stream() {
            return None;
        }
        if let Some(alert) = tls.failure() {
            let mark = Mark { packet: Some(alert.packet), at: alert.at, frame: None };
            let grounds = Self { how: TlsFailure::Alert(alert.description), established };
            return Some(Judged::new(grounds, Blame::from(alert.by), Proven).at(mark));
        }
        if established {
            return left_unused(facts, tls);
        }
        if let Some(mark) = tls.records.client.last.filter(|_| is_hidden_alert(tls)) {
            let mark = Mark { packet: Some(mark.packet), at: mark.at, frame: None };
            let grounds = Self { how: TlsFailure::Alert(None), established };
            return Some(Judged::new(grounds, Blame::Client, Likely).at(mark));
        }
        let end = facts.conversation.closing.first_end?;
        // What never arrived is no refusal, and what the recording lacks may have been the rest.
        let lacks = Role::BOTH.into_iter().any(|role| {
            facts.tcp(role).unacknowledged.is_some() || facts.conversation.traffic[role].gap_bytes > 0
        });
        if lacks || tls.offer.is_none() {
            return None;
        }
        let mark = Mark { packet: end.packet, at: end.at, frame: None };
        let (how, by) = if tls.records.server.count == 0 {
            (TlsFailure::Unanswered(end.how), Role::Server)
        } else {
            let at_certificate = end.by == Role::Client && is_at_certificate(tls);
            (TlsFailure::Left { how: end.how, at_certificate }, end.by)
        };
        Some(Judged::new(Self { how, established }, Blame::from(by), Likely).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        let by = side(cause.by).unwrap_or(Role::Server);
        match self.how {
            TlsFailure::Alert(Some(alert)) if speaks_of_certificate(alert) => {
                format!("{} refused {}'s certificate", the(by), a(by.peer()))
            }
            TlsFailure::Alert(_) if self.established => format!("{} ended TLS with an alert", the(by)),
            TlsFailure::Alert(_) => format!("{} refused the TLS handshake", the(by)),
            TlsFailure::Unanswered(_) => "The server did not answer the ClientHello".to_owned(),
            TlsFailure::Left { at_certificate: true, .. } => {
                "The client disconnected after the server's certificate".to_owned()
            }
            TlsFailure::Left { .. } => format!("{} disconnected in the middle of the TLS handshake", the(by)),
            TlsFailure::LeftUnused(_) => "The client disconnected right after the TLS handshake".to_owned(),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let at = when(conversation, cause.at);
        let offer = conversation.tls.as_deref().and_then(|tls| tls.offer.as_deref());
        let host = offer.and_then(|offer| offer.sni.as_ref()).map(|sni| shortened(&visible(sni)));
        let unnamed = if host.is_none() && by == Role::Server && offer.is_some() {
            "; the client named no host (SNI), which a server with several names needs"
        } else {
            ""
        };
        let text = match self.how {
            TlsFailure::Alert(alert) => {
                let did = if self.established { "ended the connection" } else { "ended the TLS handshake" };
                let (named, why) = match alert {
                    Some(alert) => {
                        let name = alert.name().map_or_else(String::new, |name| format!(" {name}"));
                        (format!("the alert{name} ({})", alert.0), meaning(alert, by, host.as_deref()))
                    }
                    None => (
                        "an encrypted record as long as an alert, where its last handshake message was due"
                            .to_owned(),
                        None,
                    ),
                };
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                format!("{} {}{did}{at} with {named}{why}{unnamed}.", the(by), probably(cause.certainty))
            }
            TlsFailure::Unanswered(how) => {
                let end = conversation.closing.first_end.map_or(Role::Server, |end| end.by);
                format!(
                    "The TLS handshake {}failed: the server did not answer the ClientHello, and {} {}{at}{unnamed}.",
                    probably(cause.certainty),
                    a(end),
                    ended_tcp(how)
                )
            }
            TlsFailure::Left { how, at_certificate: true } => format!(
                "The TLS handshake {}failed: the client {}{at}, after it had received the server's certificate and \
                 before it sent anything else: that is when a client checks the certificate, and not every client \
                 sends an alert when it refuses one.",
                probably(cause.certainty),
                ended_tcp(how)
            ),
            TlsFailure::LeftUnused(how) => format!(
                "The client {}rejected the outcome of the TLS handshake: it {}{at}, as soon as the handshake was \
                 complete, and sent nothing, not even an alert or close_notify. Some clients check the certificate \
                 only then; but a mere port check looks the same.",
                probably(cause.certainty),
                ended_tcp(how)
            ),
            TlsFailure::Left { how, .. } => format!(
                "The TLS handshake {}failed: {} {}{at}, before the handshake was complete and without a readable \
                 alert{unnamed}.",
                probably(cause.certainty),
                a(by),
                ended_tcp(how)
            ),
        };
        let next = match self.how {
            TlsFailure::Alert(Some(alert)) if speaks_of_certificate(alert) => format!(
                "{} to see which certificate it refused and why, and check the one that {} serves{}: the name, the \
                 dates, and the chain up to an issuer that {} trusts.",
                look(conversation, by, cause),
                a(by.peer()),
                host.map_or_else(String::new, |host| format!(" for {host}")),
                a(by)
            ),
            TlsFailure::Left { at_certificate: true, .. } | TlsFailure::LeftUnused(_) => format!(
                "{} to see whether it refused the certificate, and why, and check the one that the server serves{}: \
                 the name, the dates, and the chain up to an issuer that the client trusts.",
                look(conversation, by, cause),
                host.map_or_else(String::new, |host| format!(" for {host}")),
            ),
            TlsFailure::Unanswered(_) => format!(
                "{}, and check which host names and TLS versions it serves, and whether that port speaks TLS at all.",
                look(conversation, Role::Server, cause)
            ),
            _ => format!(
                "{} for the reason: it is the side that gave up on TLS.",
                look(conversation, by, cause)
            ),
        };
        Said::whole(text, next)
    }
}

/// Whether the client had got the server's certificate, as far as that shows, and had encrypted nothing yet.
fn is_at_certificate<S: Stage>(tls: &TlsFacts<S>) -> bool {
    // In TLS 1.3 all that the server encrypts before the client does is its part of the handshake.
    let hides_certificate = tls.version == Some(TlsVersion::TLS_1_3) && !tls.certificate.server;
    let has_it = tls.certificate.server || hides_certificate && tls.records.server.application > 0;
    has_it
        && tls.resumed != Some(true)
        && tls.records.client.application == 0
        && tls.finished.client.is_none()
}

/// Where the handshake was over.
fn latest<S: Stage>(tls: &TlsFacts<S>) -> Option<TlsMark> {
    [tls.finished.client, tls.finished.server].into_iter().flatten().max_by_key(|mark| mark.packet)
}

/// A client that ended TCP right behind the handshake and had sent nothing: where that shows, which in TLS 1.3 it does by
/// the number of records only.
pub(super) fn left_unused(facts: &Facts<'_>, tls: &TlsFacts) -> Option<Judged<TlsFailed>> {
    let end = facts.conversation.closing.first_end?;
    let hides_types = tls.hides_types();
    let sent = tls.records.client.application;
    let is_unused = if hides_types { sent == 1 } else { sent == 0 && tls.records.server.application == 0 };
    let done = if hides_types { tls.records.client.last } else { latest(tls) };
    let is_at_once =
        facts.between(done.and_then(|mark| mark.at), end.at).is_some_and(|ns| ns <= facts.round_trip_ns);
    let is_whole = facts.conversation.traffic[Role::Client].gap_bytes == 0;
    if end.by != Role::Client || !is_unused || !is_at_once || !is_whole || took_leave(tls, Role::Client) {
        return None;
    }
    let mark = Mark { packet: end.packet, at: end.at, frame: None };
    let grounds = TlsFailed { how: TlsFailure::LeftUnused(end.how), established: true };
    Some(Judged::new(grounds, Blame::Client, Undetermined).at(mark))
}

/// Whether it is about the certificate of the other side.
const fn speaks_of_certificate(alert: AlertDescription) -> bool {
    matches!(alert.0, 42..=46 | 48)
}

/// What an alert says, of a side and of its peer (RFC 8446 6.2); `None` where its name is all there is to say.
fn meaning(alert: AlertDescription, by: Role, host: Option<&str>) -> Option<String> {
    let peer = a(by.peer());
    Some(match alert.0 {
        10 | 47 | 50 | 109 | 110 => format!("it found a message of {peer} malformed or out of place"),
        20 | 51 => format!("it could not decrypt or verify what {peer} sent"),
        40 => "the two sides share no version, cipher or other parameter, or something that it requires is missing"
            .to_owned(),
        42 => format!("it considers {peer}'s certificate bad"),
        43 => format!("it cannot use a certificate like {peer}'s"),
        44 => format!("it says that {peer}'s certificate is revoked"),
        45 => format!("it says that {peer}'s certificate has expired or is not yet valid"),
        46 => format!("it does not accept {peer}'s certificate, for a reason that the alert does not name"),
        48 => format!("it does not know or trust the issuer of {peer}'s certificate"),
        49 => format!("it accepts {peer}'s certificate but denies access"),
        70 => format!("it accepts none of the versions that {peer} offered or selected"),
        71 => format!("it requires stronger security than {peer} offered"),
        80 => "it had an internal error".to_owned(),
        86 => format!("{peer} retried with a lower version than it supports"),
        112 => match host {
            Some(host) => format!("it serves no host named {host}"),
            None => "it does not serve that host".to_owned(),
        },
        115 => "it does not know the session or key that was offered".to_owned(),
        116 => format!("it asked {peer} for a certificate, and none was sent"),
        120 => format!("it speaks none of the protocols that {peer} offered (ALPN)"),
        _ => return None,
    })
}
