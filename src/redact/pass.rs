//! Every place of a conversation where something from the wire can stand, and what is decided about it.
//!
//! No pattern here has a `..` or a `_` that stands for more than one: what the model gains has to be named.

mod case;
mod payloads;

use std::borrow::Cow;

use crate::http::upgrade::expected_accept;
use crate::knowledge::Decide;
use crate::model::{
    AcceptValue, Address, At, Bytes, Closing, Conversation, EarlierHandshake, Extension, FieldLines,
    FileName, Finding, GoAway, Http2Facts, LastWords, Lines, LocalView, Opening, PerRole, Quoted, SetFile,
    SideClose, Spoken, Stage, TcpRecord, Text, TlsFacts, TlsOffer, UpgradeRequest, UpgradeResponse, Weirds,
    Wire, field,
};
use crate::redact::names::Grade;
use crate::redact::pseudonyms::Names;
use crate::redact::search::Place;
use crate::redact::secrets::Secrets;
use crate::redact::{Redaction, SHOWN, Shown, mark};

/// What a pass does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// It looks at nothing.
    Away,
    /// It looks for secrets and lets them stand.
    Find,
    /// It hides them, and what is known.
    Hide,
    /// It looks for names and lets them stand.
    Meet,
    /// It puts others in their place.
    Rename,
}

/// Of messages whose last fragments have not come, what was shown before.
pub(super) type Begun = PerRole<String>;

/// One look at everything that is from the wire, by which it gets from one stage to another. What stays is moved, not
/// copied.
#[derive(Debug)]
pub(super) struct Pass<'a, From, To> {
    from: From,
    to: To,
    look: Look,
    redaction: Redaction,
    secrets: &'a mut Secrets,
    /// Of the passes that meet names and replace them.
    names: Option<&'a mut Names>,
    /// The accept value that a key asks for which was replaced.
    accept: Option<AcceptValue>,
    begun: Begun,
}

impl<'a> Pass<'a, Quoted, Quoted> {
    /// The first: what is secret is learnt, and nothing is changed.
    pub(super) fn first(redaction: Redaction, secrets: &'a mut Secrets) -> Self {
        Self::new(Quoted, Quoted, Look::Find, redaction, secrets)
    }

    /// One before the first, without secrets: names are learnt, and nothing is changed.
    pub(super) fn meeting(names: &'a mut Names, secrets: &'a mut Secrets) -> Self {
        let mut pass = Self::new(Quoted, Quoted, Look::Meet, Redaction::Nothing, secrets);
        pass.names = Some(names);
        pass
    }

    /// Another one: others stand in the place of names, as if they had been recorded.
    pub(super) fn renaming(names: &'a mut Names, secrets: &'a mut Secrets) -> Self {
        let mut pass = Self::new(Quoted, Quoted, Look::Rename, Redaction::Nothing, secrets);
        pass.names = Some(names);
        pass
    }
}

impl<'a> Pass<'a, Quoted, Shown> {
    /// The last: what is secret is hidden, wherever it stands.
    pub(super) fn last(redaction: Redaction, secrets: &'a mut Secrets) -> Self {
        let look = if secrets.is_empty() { Look::Away } else { Look::Hide };
        Self::new(Quoted, SHOWN, look, redaction, secrets)
    }
}

impl<'a, From: Stage, To: Stage> Pass<'a, From, To> {
    fn new(from: From, to: To, look: Look, redaction: Redaction, secrets: &'a mut Secrets) -> Self {
        Self { from, to, look, redaction, secrets, names: None, accept: None, begun: PerRole::default() }
    }
}

impl<From: Stage, To: Stage> Pass<'_, From, To> {
    /// Goes on where another pass left off, and leaves off for the next.
    pub(super) fn going_on<T>(mut self, begun: &mut Begun, go: impl FnOnce(&mut Self) -> T) -> T {
        std::mem::swap(&mut self.begun, begun);
        let done = go(&mut self);
        std::mem::swap(&mut self.begun, begun);
        done
    }

    pub(super) fn opening(&mut self, opening: Opening<From>) -> Opening<To> {
        let Opening { input, client, server, started_at, request, response, sni } = opening;
        Opening {
            request: request.map(|request| Box::new(self.request(*request))),
            response: response.map(|response| Box::new(self.response(*response))),
            sni: sni.map(|sni| self.host(sni)),
            client: client.map(|client| self.address(client)),
            server: server.map(|server| self.address(server)),
            input,
            started_at,
        }
    }

    pub(super) fn conversation(&mut self, conversation: Conversation<From>) -> Conversation<To> {
        let Conversation {
            id,
            input,
            path,
            parts,
            parts_before,
            tcp,
            tcp_facts,
            http2,
            connect,
            tls,
            started_at,
            ended_at,
            request,
            response,
            assumed,
            handshake_at,
            earlier,
            traffic,
            frames,
            frames_resume,
            frames_omitted,
            findings,
            findings_omitted,
            closing,
            timing,
            weirds,
            tester,
            case,
            captured_case,
        } = conversation;
        Conversation {
            earlier: earlier.into_iter().map(|earlier| self.earlier(earlier)).collect(),
            request: request.map(|request| Box::new(self.request(*request))),
            response: response.map(|response| Box::new(self.response(*response))),
            findings: findings.into_iter().map(|finding| self.finding(finding)).collect(),
            closing: Box::new(self.closing(*closing)),
            frames: frames.into_iter().map(|frame| self.frame(frame)).collect(),
            case: case.map(|case| self.case(case)),
            tls: tls.map(|tls| Box::new(self.tls(*tls))),
            http2: http2.map(|http2| Box::new(self.http2(*http2))),
            path: path.map(|path| self.file(path)),
            parts: parts.into_iter().map(|part| self.part(part)).collect(),
            parts_before: parts_before.into_iter().map(|part| self.part(part)).collect(),
            tcp: tcp.map(|tcp| self.tcp(tcp)),
            weirds: self.weirds(weirds),
            // Numbers, and words of our own.
            id,
            input,
            tcp_facts,
            connect,
            started_at,
            ended_at,
            assumed,
            handshake_at,
            traffic,
            frames_resume,
            frames_omitted,
            findings_omitted,
            timing,
            tester,
            captured_case,
        }
    }

    fn tcp(&mut self, tcp: TcpRecord<From>) -> TcpRecord<To> {
        let TcpRecord { client, server, first_packet, last_packet } = tcp;
        TcpRecord { client: self.address(client), server: self.address(server), first_packet, last_packet }
    }

    fn address(&mut self, address: At<From>) -> At<To> {
        let Address(mut address) = address.take(self.from);
        if let Some(names) = self.renaming_with() {
            address = names.address(address);
        }
        Wire::write(Address(address), self.to)
    }

    fn part(&mut self, part: SetFile<From>) -> SetFile<To> {
        let SetFile { input, before, file } = part;
        SetFile { input, before, file: self.file(file) }
    }

    fn file(&mut self, name: FileName<From>) -> FileName<To> {
        let mut name = name.take(self.from);
        if let Some(names) = self.renaming_with() {
            name = names.file(&name).into();
        }
        Wire::write(name, self.to)
    }

    /// Words of our own, which may name an address.
    fn weirds(&mut self, mut weirds: Weirds) -> Weirds {
        if let Some(names) = self.renaming_with() {
            weirds.details_mut().for_each(|detail| *detail = names.sentence(detail));
        }
        weirds
    }

    fn http2(&mut self, http2: Http2Facts<From>) -> Http2Facts<To> {
        let Http2Facts { packets, was_invited, stalled, going, others, open, requests } = http2;
        let PerRole { client, server } = going;
        let going = PerRole {
            client: client.map(|going| self.go_away(going)),
            server: server.map(|going| self.go_away(going)),
        };
        Http2Facts { packets, going, was_invited, stalled, others, open, requests }
    }

    fn go_away(&mut self, going: GoAway<From>) -> GoAway<To> {
        let GoAway { last_stream, error, debug, packet, at } = going;
        GoAway { debug: self.reason(debug), last_stream, error, packet, at }
    }

    fn tls(&mut self, tls: TlsFacts<From>) -> TlsFacts<To> {
        let TlsFacts {
            offer,
            hello,
            version,
            cipher,
            alpn,
            keys,
            decrypted,
            undecrypted,
            resumed,
            hello_retry,
            early_records,
            early_accepted,
            certificate,
            finished,
            alerts,
            close_notify,
            key_updates,
            renegotiations,
            records,
            last,
            cut,
            plain_answer,
        } = tls;
        TlsFacts {
            offer: offer.map(|offer| Box::new(self.offer(*offer))),
            alpn: alpn.map(|alpn| self.text(alpn, Place::Words)),
            hello,
            version,
            cipher,
            keys,
            decrypted,
            undecrypted,
            resumed,
            hello_retry,
            early_records,
            early_accepted,
            certificate,
            finished,
            alerts,
            close_notify,
            key_updates,
            renegotiations,
            records,
            last,
            cut,
            plain_answer,
        }
    }

    fn offer(&mut self, offer: TlsOffer<From>) -> TlsOffer<To> {
        let TlsOffer { random, sni, alpn, version, suites, session_id, ticket, psk, early_data, ech } = offer;
        TlsOffer {
            random,
            sni: sni.map(|sni| self.host(sni)),
            alpn: alpn.into_iter().map(|name| self.text(name, Place::Words)).collect(),
            version,
            suites,
            session_id,
            ticket,
            psk,
            early_data,
            ech,
        }
    }

    fn earlier(&mut self, earlier: EarlierHandshake<From>) -> EarlierHandshake<To> {
        let EarlierHandshake { target, status } = earlier;
        EarlierHandshake { target: self.text(target, Place::Target), status }
    }

    fn request(&mut self, request: UpgradeRequest<From>) -> UpgradeRequest<To> {
        let UpgradeRequest {
            method,
            target,
            http_version,
            fields,
            subprotocols,
            extensions,
            extensions_malformed,
            facts,
        } = request;
        self.meet_key(&fields);
        let mut before = Grade::Neutral;
        UpgradeRequest {
            method: self.text(method, Place::Words),
            target: self.text(target, Place::Target),
            http_version: self.text(http_version, Place::Words),
            // Before the fields, since a token may stand in another line than what announces it.
            subprotocols: subprotocols
                .into_iter()
                .map(|element| self.text(element, Place::Element(&mut before)))
                .collect(),
            fields: self.fields(fields),
            extensions: self.extensions(extensions),
            extensions_malformed,
            facts,
        }
    }

    fn response(&mut self, response: UpgradeResponse<From>) -> UpgradeResponse<To> {
        let UpgradeResponse {
            http_version,
            status,
            phrase,
            fields,
            expected_accept,
            extensions,
            extensions_malformed,
            switches,
            body_start,
            facts,
        } = response;
        let expected_accept = expected_accept.map(|accept| self.expected_accept(accept));
        UpgradeResponse {
            http_version: self.text(http_version, Place::Words),
            fields: self.fields(fields),
            phrase: self.text(phrase, Place::Words),
            extensions: self.extensions(extensions),
            body_start: self.body(body_start),
            // The accept value is a digest of our own making.
            expected_accept,
            status,
            extensions_malformed,
            switches,
            facts,
        }
    }

    fn fields(&mut self, fields: FieldLines<From>) -> FieldLines<To> {
        let lines = fields.take(self.from);
        let rest = match self.look {
            Look::Away => None,
            Look::Find => {
                for (name, value) in lines.iter() {
                    self.secrets.learn(Place::Field(name), value);
                    self.secrets.learn(Place::Name, name);
                }
                None
            }
            Look::Meet => {
                if let Some(names) = &mut self.names {
                    let others = lines.iter().filter(|(name, _)| !is_key_or_accept(name));
                    for (name, value) in others {
                        names.learn(Place::Field(name), value);
                        names.learn(Place::Name, name);
                    }
                }
                None
            }
            Look::Rename => self.names.as_ref().and_then(|names| {
                rewritten(&lines, |name, value| {
                    let rest = if is_key_or_accept(name) {
                        Some(names.of_handshake(value))
                    } else {
                        names.rest(Place::Field(name), value)
                    };
                    (names.rest(Place::Name, name), rest)
                })
            }),
            Look::Hide => rewritten(&lines, |name, value| {
                let is_of_the_handshake = is_of_the_handshake(name, value);
                let rest =
                    if is_of_the_handshake { None } else { self.secrets.without(Place::Field(name), value) };
                (self.secrets.without(Place::Name, name), rest)
            }),
        };
        Wire::write(rest.unwrap_or(lines), self.to)
    }

    fn extensions(&mut self, extensions: Vec<Extension<From>>) -> Vec<Extension<To>> {
        let extension = |extension| {
            let Extension { name, parameters } = extension;
            let name = self.text(name, Place::Name);
            let parameters = parameters.into_iter().map(|(name, value)| self.parameter(name, value));
            Extension { name, parameters: parameters.collect() }
        };
        extensions.into_iter().map(extension).collect()
    }

    /// A parameter of an extension.
    fn parameter(&mut self, name: Text<From>, value: Option<Text<From>>) -> (Text<To>, Option<Text<To>>) {
        let called = name.read(self.from);
        let value = value.map(|value| self.text(value, Place::Parameter(called)));
        (self.text(name, Place::Name), value)
    }

    /// Takes note of the key of a request, and of the accept value that what stands for it asks for.
    fn meet_key(&mut self, fields: &FieldLines<From>) {
        let Some(names) = &mut self.names else { return };
        self.accept = None;
        let lines = fields.read(self.from);
        for (_, key) in lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case(field::KEY)) {
            let to = names.learn_key(key);
            self.accept.get_or_insert_with(|| expected_accept(&to));
        }
    }

    /// The accept value that the key asks for, which stands for a key of its own once that is replaced.
    fn expected_accept(&mut self, accept: AcceptValue) -> AcceptValue {
        let Some((names, to)) = self.names.as_mut().zip(self.accept) else { return accept };
        names.learn_accept(accept.as_str(), to.as_str());
        if self.look == Look::Rename { to } else { accept }
    }

    /// The body of a refusal, read as text.
    fn body(&mut self, start: Bytes<From>) -> Bytes<To> {
        let mut start = start.take(self.from);
        if let Some(names) = self.renaming_with() {
            if names.shows_payloads() {
                start = names.rest_of_bytes(&start).unwrap_or(start);
            } else if !start.is_empty() {
                start = mark(start.len()).into_bytes();
            }
        } else if let Some(rest) = self.rest(&String::from_utf8_lossy(&start), Place::Words) {
            start = rest.into_bytes();
        }
        Wire::write(start, self.to)
    }

    fn finding(&mut self, finding: Finding<From>) -> Finding<To> {
        let Finding { violation, level, by, certainty, frame, packet, at } = finding;
        Finding { violation: violation.decided(self), level, by, certainty, frame, packet, at }
    }

    fn closing(&mut self, closing: Closing<From>) -> Closing<To> {
        let Closing {
            outcome,
            started_by,
            evidence,
            sides,
            first_end,
            ends_crossed,
            ends,
            sees,
            idle_before_close_ns,
            steps,
            failed_for,
            cause,
            spoken,
            framing_lost,
        } = closing;
        Closing {
            sides: PerRole { client: self.side(sides.client), server: self.side(sides.server) },
            sees: PerRole { client: self.view(sees.client), server: self.view(sees.server) },
            outcome,
            started_by,
            evidence,
            first_end,
            ends_crossed,
            ends,
            idle_before_close_ns,
            steps,
            failed_for,
            cause,
            spoken: spoken.map(|spoken| Box::new(self.spoken(*spoken))),
            framing_lost,
        }
    }

    fn side(&mut self, side: SideClose<From>) -> SideClose<To> {
        let SideClose { sent_close, code, reason, at, frame, packet, reached, reached_at, state } = side;
        let reason = self.reason(reason);
        SideClose { sent_close, code, reason, at, frame, packet, reached, reached_at, state }
    }

    fn spoken(&mut self, spoken: Spoken<From>) -> Spoken<To> {
        let Spoken { application, codes, last_words } = spoken;
        let last_words = last_words.map(|words| {
            let LastWords { by, frame, ending, text } = words;
            let text = if self.hides_payloads() { self.marked(text) } else { self.reason(text) };
            LastWords { by, frame, ending, text }
        });
        Spoken { application, codes, last_words }
    }

    fn view(&mut self, view: LocalView<From>) -> LocalView<To> {
        let LocalView { code, reason, was_clean, certainty, situation, library, convention, or } = view;
        let reason = self.reason(reason);
        LocalView { code, reason, was_clean, certainty, situation, library, convention, or }
    }

    /// Whether names are replaced, and what quotes payloads is left out, which may hold others.
    fn hides_payloads(&self) -> bool {
        self.renaming_with().is_some_and(|names| !names.shows_payloads())
    }

    /// The names, where they are replaced.
    fn renaming_with(&self) -> Option<&Names> {
        self.names.as_deref().filter(|_| self.look == Look::Rename)
    }

    /// What stands for a text.
    fn marked(&mut self, text: Option<Text<From>>) -> Option<Text<To>> {
        Some(Wire::write(mark(text?.take(self.from).len()).into(), self.to))
    }

    fn reason(&mut self, reason: Option<Text<From>>) -> Option<Text<To>> {
        let reason = reason?;
        if self.redaction < Redaction::Payloads {
            return Some(self.text(reason, Place::Payload));
        }
        let reason = reason.take(self.from);
        Some(Wire::write(if self.look == Look::Find { reason } else { mark(reason.len()).into() }, self.to))
    }

    /// Text of a report.
    fn told(&mut self, text: &mut String) {
        if let Some(rest) = self.rest(text, Place::Told) {
            *text = rest;
        }
    }

    fn text(&mut self, text: Text<From>, place: Place<'_>) -> Text<To> {
        let text = text.take(self.from);
        let rest = self.rest(&text, place);
        Wire::write(rest.map_or(text, Cow::Owned), self.to)
    }

    /// A host, which TLS names.
    fn host(&mut self, host: Text<From>) -> Text<To> {
        let host = host.take(self.from);
        let rest = match &mut self.names {
            Some(names) if self.look == Look::Rename => names.rest_of_host(&host),
            Some(names) => {
                names.learn_host(&host);
                None
            }
            None => self.rest(&host, Place::Words),
        };
        Wire::write(rest.map_or(host, Cow::Owned), self.to)
    }

    /// The name of an agent, which somebody gave it.
    fn agent(&mut self, name: &mut String) {
        match &mut self.names {
            Some(names) if self.look == Look::Rename => {
                if let Some(rest) = names.rest(Place::Name, name) {
                    *name = rest;
                }
            }
            Some(names) => names.learn(Place::Name, name),
            None => self.told(name),
        }
    }

    /// What is left of `text`; `None` where that is all.
    fn rest(&mut self, text: &str, place: Place<'_>) -> Option<String> {
        match self.look {
            Look::Meet => {
                // What applications and reports say is theirs: names are not known from there.
                if let Some(names) =
                    self.names.as_mut().filter(|_| !matches!(place, Place::Payload | Place::Told))
                {
                    names.learn(place, text);
                }
                None
            }
            Look::Rename => self.names.as_ref().and_then(|names| names.rest(place, text)),
            Look::Away => None,
            Look::Find => {
                self.secrets.learn(place, text);
                None
            }
            Look::Hide => self.secrets.without(place, text),
        }
    }

    /// Bytes that are shown as numbers, in which nothing could stand for a part of them.
    fn numbers(&mut self, bytes: Bytes<From>, place: Place<'_>) -> (Bytes<To>, bool) {
        let bytes = bytes.take(self.from);
        if let Some(names) = self.renaming_with() {
            let rest = names.rest_of_bytes(&bytes);
            return (Wire::write(rest.unwrap_or(bytes), self.to), false);
        }
        match self.rest(&String::from_utf8_lossy(&bytes), place) {
            None => (Wire::write(bytes, self.to), false),
            Some(_) => (Wire::write(mark(bytes.len()).into_bytes(), self.to), true),
        }
    }
}

impl<From: Stage, To: Stage> Decide<From, To> for Pass<'_, From, To> {
    fn text(&mut self, text: Text<From>) -> Text<To> {
        self.text(text, Place::Words)
    }

    fn uri(&mut self, text: Text<From>) -> Text<To> {
        self.text(text, Place::Target)
    }

    fn line(&mut self, text: Text<From>) -> Text<To> {
        self.text(text, Place::Line)
    }

    fn list(&mut self, text: Text<From>) -> Text<To> {
        self.text(text, Place::List)
    }

    fn value(&mut self, field: &'static str, text: Text<From>) -> Text<To> {
        self.text(text, Place::Field(field))
    }

    fn accept(&mut self, value: AcceptValue) -> AcceptValue {
        let to = self.renaming_with().map(|names| names.of_handshake(value.as_str()));
        to.and_then(|to| to.as_bytes().try_into().ok()).map_or(value, AcceptValue)
    }

    fn elements(
        &mut self,
        before: Option<Text<From>>,
        element: Option<Text<From>>,
    ) -> (Option<Text<To>>, Option<Text<To>>) {
        let mut announced = Grade::Neutral;
        let mut part = |part: Option<Text<From>>| Some(self.text(part?, Place::Element(&mut announced)));
        (part(before), part(element))
    }

    fn parameter(&mut self, name: Text<From>, value: Option<Text<From>>) -> (Text<To>, Option<Text<To>>) {
        self.parameter(name, value)
    }

    fn bytes(&mut self, bytes: Bytes<From>) -> (Bytes<To>, bool) {
        self.numbers(bytes, Place::Words)
    }

    /// What may be a part of a payload goes with those.
    fn stream(&mut self, bytes: Bytes<From>, is_http: bool) -> (Bytes<To>, bool) {
        let is_hidden = self.redaction == Redaction::Payloads && self.look != Look::Find;
        if !is_http && (is_hidden || self.hides_payloads()) {
            return (Wire::write(mark(bytes.take(self.from).len()).into_bytes(), self.to), true);
        }
        self.numbers(bytes, if is_http { Place::Words } else { Place::Payload })
    }
}

fn is_key_or_accept(name: &str) -> bool {
    name.eq_ignore_ascii_case(field::KEY) || name.eq_ignore_ascii_case(field::ACCEPT)
}

/// Whether it is a key or an accept value, made for this connection: no secret, whatever else repeats it.
fn is_of_the_handshake(name: &str, value: &str) -> bool {
    let digits = value.trim_end_matches('=');
    let len = (value.len(), digits.len());
    (name.eq_ignore_ascii_case(field::KEY) && len == (24, 22)
        || name.eq_ignore_ascii_case(field::ACCEPT) && len == (28, 27))
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// The lines with what stands for their names and values; `None` where all stay as they are.
fn rewritten(
    lines: &Lines,
    mut line: impl FnMut(&str, &str) -> (Option<String>, Option<String>),
) -> Option<Lines> {
    let mut out: Option<Lines> = None;
    for (n, (name, value)) in lines.iter().enumerate() {
        let rest = line(name, value);
        if out.is_none() && rest != (None, None) {
            let mut before = Lines::with_capacity(lines.weight(), lines.len());
            lines.iter().take(n).for_each(|(name, value)| before.push(name, value));
            out = Some(before);
        }
        if let Some(out) = &mut out {
            out.push(rest.0.as_deref().unwrap_or(name), rest.1.as_deref().unwrap_or(value));
        }
    }
    out
}
