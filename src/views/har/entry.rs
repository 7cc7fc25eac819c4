//! The document and its entries.

use crate::model::Role;
use crate::views::har::facts::{self, Facts};
use crate::views::har::messages::Message;
use crate::views::har::url;
use crate::views::row::{Displayed, Integer, List, Map, Number, OrAbsent, Text, Time, row};
use crate::views::units::Decimal;

/// Without entries.
const NO_ENTRIES: [Entry<'static>; 0] = [];

/// Without messages.
const NO_MESSAGES: [Message<'static>; 0] = [];

row! {
    /// The document, whose entries are written as they come.
    pub(super) struct Root(log: Log);

    /// All of it.
    log: Log = log,
}

row! {
    /// A log.
    pub(super) struct Log(creator: Creator);

    /// Version of the format: `1.2`.
    version: Text = "1.2",
    /// What wrote it.
    creator: Creator = creator,
    /// Empty: a recording knows no pages.
    pages: List<Text> = std::iter::empty::<&str>(),
    /// WebSocket connections, and attempts at one, in the order of their first packets.
    entries: List<Entry> = NO_ENTRIES,
}

row! {
    /// What wrote a log.
    pub(super) struct Creator(version: &'static str);

    /// `wslog`.
    name: Text = "wslog",
    /// Its version.
    version: Text = version,
}

row! {
    /// A connection.
    pub(super) struct Entry<'a>(facts: &'a Facts<'a>);

    let of = facts.of;

    /// What is known of it beyond HAR.
    _wslog: About = About(facts),
    /// `websocket`.
    _resourceType: Text = "websocket",
    /// Empty.
    cache: Map<Text> = std::iter::empty::<(&str, &str)>(),
    /// Its TCP connection: several streams of HTTP/2 have one.
    connection: Text = Displayed(crate::model::ConversationId { stream: None, ..of.id }),
    /// The request of the opening handshake.
    request: Request = Request(facts),
    /// The response.
    response: Response = Response(facts),
    /// Address of the server.
    serverIPAddress: OrAbsent<Text> = facts.server.map(Displayed),
    /// Time of its first packet; the beginning of 1970 where the recording has no times.
    startedDateTime: Time = facts.started,
    /// Milliseconds from the first packet to the last; -1 where they are not known.
    time: Number = facts.duration(),
    /// Parts of that.
    timings: Timings = Timings(facts),
    /// How it ended and why, and what of the entry does not come from the recording.
    comment: Text = &facts.comment,
    /// Its messages in the order in which they were whole.
    _webSocketMessages: List<Message> = NO_MESSAGES,
}

row! {
    /// What is known of a connection beyond HAR.
    pub(super) struct About<'a>(facts: &'a Facts<'a>);

    let of = facts.of;
    let [client, server] = [Role::Client, Role::Server].map(|role| of.closing.sides[role].code.map(|code| code.0));

    /// Its number, as used by `--connection`.
    id: Text = Displayed(of.id),
    /// Path of its input.
    path: Option<Text> = of.path.as_deref(),
    /// How it ended: `clean`, `reset`, ...
    outcome: Text = of.closing.outcome.name(),
    /// Why.
    cause: Option<Text> = of.closing.cause.as_ref().map(|cause| cause.id().name()),
    /// Code of the client's Close.
    client_code: Option<Integer> = client,
    /// Code of the server's Close.
    server_code: Option<Integer> = server,
}

row! {
    /// A field line, a cookie or a part of a query.
    pub(super) struct Named<'a>(name: &'a str, value: &'a str);

    /// Its name.
    name: Text = name,
    /// Its value.
    value: Text = value,
}

fn named<'a>((name, value): (&'a str, &'a str)) -> Named<'a> {
    Named(name, value)
}

row! {
    /// A request.
    pub(super) struct Request<'a>(facts: &'a Facts<'a>);

    let request = facts.of.request.as_deref();
    let target = request.map_or("", |request| &request.target);

    /// Its method; empty where it is not in the recording.
    method: Text = request.map_or("", |request| &request.method),
    /// The URL, with `ws` or `wss`.
    url: Text = &facts.url,
    /// Its version; empty where it is not in the recording.
    httpVersion: Text = request.map_or("", |request| &request.http_version),
    /// Field lines as sent.
    headers: List<Named> = facts::lines(facts.asked()).map(named),
    /// The query of the target, as sent.
    queryString: List<Named> = url::query(target).map(named),
    /// What stands in Cookie.
    cookies: List<Named> = facts::sent_cookies(facts.asked()).map(named),
    /// -1: not known.
    headersSize: Number = Decimal::UNKNOWN,
    /// -1: not known.
    bodySize: Number = Decimal::UNKNOWN,
    /// Why something is empty.
    comment: OrAbsent<Text> = facts.on_request,
}

row! {
    /// A response.
    pub(super) struct Response<'a>(facts: &'a Facts<'a>);

    let response = facts.of.response.as_deref();

    /// Its status; 0 where there is none in the recording.
    status: Integer = response.map_or(0, |response| response.status),
    /// Its reason phrase.
    statusText: Text = response.map_or("", |response| &response.phrase),
    /// Its version; empty where there is none in the recording.
    httpVersion: Text = response.map_or("", |response| &response.http_version),
    /// Field lines as sent.
    headers: List<Named> = facts::lines(facts.answered()).map(named),
    /// What stands in Set-Cookie.
    cookies: List<Named> = facts::set_cookies(facts.answered()).map(named),
    /// Of a refusal, the beginning of its body.
    content: Content = Content(facts),
    /// What stands in Location.
    redirectURL: Text = facts::first(facts.answered(), "Location"),
    /// -1: not known.
    headersSize: Number = Decimal::UNKNOWN,
    /// -1: not known.
    bodySize: Number = Decimal::UNKNOWN,
    /// Why something is empty.
    comment: OrAbsent<Text> = facts.on_response,
}

row! {
    /// A body.
    pub(super) struct Content<'a>(facts: &'a Facts<'a>);

    let mime = facts::first(facts.answered(), "Content-Type");

    /// Bytes of what stands here.
    size: Integer = facts.body.len(),
    /// Its type; `x-unknown` where nothing says it.
    mimeType: Text = if mime.is_empty() { "x-unknown" } else { mime },
    /// It, as far as it was kept.
    text: OrAbsent<Text> = (!facts.body.is_empty()).then_some(&facts.body),
}

row! {
    /// Parts of the time, in milliseconds, -1 where they are not known.
    pub(super) struct Timings<'a>(facts: &'a Facts<'a>);

    /// -1.
    blocked: Number = Decimal::UNKNOWN,
    /// -1.
    dns: Number = Decimal::UNKNOWN,
    /// From the first packet to the request: TCP, and TLS where there is some.
    connect: Number = facts.connect(),
    /// -1: it is part of `connect`.
    ssl: Number = Decimal::UNKNOWN,
    /// -1: it is part of `wait`.
    send: Number = Decimal::UNKNOWN,
    /// From the request to the response.
    wait: Number = facts.wait(),
    /// From the response to the last packet.
    receive: Number = facts.receive(),
}
