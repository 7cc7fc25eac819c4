//! Explains how WebSocket connections ended, from packet captures and Autobahn reports: who ended them, which clause of RFC 6455 was
//! broken, what should have come next and what did.
//!
//! A capture in, what each of its connections came to out:
//!
//! ```
//! use wslog::{engine, limits::Limits, views::summary};
//!
//! let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/crossing-closes.pcap");
//! let mut accounts = Vec::new();
//! let mut sink = engine::each(|conversation| accounts.push(summary::sentences(conversation).join(" ")));
//! engine::Engine::new(Limits::DEFAULT).sink(&mut sink).run(&[capture])?;
//! assert!(accounts[0].starts_with("Both sides closed the connection at the same time"));
//! # Ok::<(), wslog::error::Error>(())
//! ```
//!
//! [`Sink`](engine::Sink) shows how to write one of your own; [`websocket`] and [`http`] are the grammars on their own. The feature
//! `cli`, on by default, is the binary and what only it needs: to use the library, set `default-features = false`.
//!
//! The rest of this page is the architecture.
//!
//! ```text
//!    pcap, pcapng, compressed or not, in one file or rotated              Autobahn case .json, .html, pasted text
//!  bytes ─► Segment ─► StreamEvent ─► Observation ◄──────────────────────────────────────┘ autobahn
//!    source        tcp         dissect     │    (both with the grammars http, websocket)
//!              tls, http2: of one layer to those of the next
//!                                          │ message
//!                                        Event
//!                                          │ reference
//!                               Finding, Step, Closing, Course
//!                                          │ diagnosis
//!                                 Cause: a Conversation ─► journey: which of them belong together
//!                                        a Conversation ─► redact ─► what may be seen ─► views ─► bytes
//!  engine joins all of it: inputs, threads, order, comparison of conversations, sinks
//! ```
//!
//! The unit is a [`Conversation`](model::Conversation): one WebSocket connection, or one attempt at it, wherever it was
//! carried, known by its [`ConversationId`](model::ConversationId).
//!
//! # The rooms
//!
//! | room | job |
//! |---|---|
//! | [`model`] | the values that cross borders; what peers wrote as types of their own ([`model::wire`]) |
//! | [`knowledge`] | what is known whatever the recording: the rules, the causes, the conventions of libraries, the applications and the guides, a file each; outcomes; close codes; time-outs and thresholds; the words for all of it |
//! | [`limits`], [`error`] | every cap, as one table; why wslog cannot go on |
//! | [`source`] | from files and pipes to packets and their TCP segments: containers, compression, links, tunnels, fragments |
//! | [`tcp`] | segments to byte streams |
//! | [`tls`] | byte streams of TLS to those inside; what shows of them without keys |
//! | [`http`], [`websocket`] | grammars, without state |
//! | [`http2`] | a byte stream of HTTP/2 to those of its streams that ask for WebSocket: frames, header compression, flow control, how each ends |
//! | [`notation`] | exchanges in a line of text: examples, and the tables of tests |
//! | [`dissect`] | streams to observations |
//! | [`message`] | fragments, UTF-8, permessage-deflate |
//! | [`reference`](mod@reference) | the state machine of RFC 6455, both endpoints, pure |
//! | [`diagnosis`] | why it ended: the first cause that the evidence fits; what each side was told: by its situation and its library's convention; pure |
//! | [`explain`] | what a cause, an outcome, a close code, a rule, an application or a case means, whatever recording it turns up in; guides |
//! | [`autobahn`] | reports of the Autobahn Testsuite; its verdicts, also from a capture alone; runs compared, and held against a policy |
//! | [`journey`] | several recordings of one connection, the hops of a proxied one, a log and its recording: what belongs together, how the clocks differ, what the second point proves; pure |
//! | [`engine`] | [`Engine`](engine::Engine), [`Sink`](engine::Sink): what `wslog inspect` does is one call |
//! | [`slice`](mod@slice) | packets of some connections, copied: bytes of streams replaced by others, or all of them by what tells nothing of whose they are; TCP made for what was inside TLS; pcapng |
//! | [`redact`] | secrets: found once in a conversation, hidden wherever they stand; names, and others for them; the only way to a view |
//! | [`views`] | bytes out, a sink and a file a format |
//! | `main`, `cli` | arguments to an engine and its sinks, exit codes; nothing else |
//!
//! Where things go that are not there yet:
//!
//! * **Another output**: one file in [`views`] with a [`Sink`](engine::Sink) and its
//!   [`FORMAT`](views::Format), named in the one list of the command line.
//! * **Rows of something else**, in whatever format: a [declaration](views::row) of its fields, which JSON, CSV, schemas and
//!   the manual are made of, and a sink that [asks](engine::Sink::asks) to hear of it as it [happens](engine::Happening).
//!
//! # Invariants, mostly things that are absent
//!
//! * Data flows one way. A room takes values and hands values on, by return or to a sink; none calls upward.
//! * Rooms form a star round [`model`]: a room imports `model`, [`limits`], [`error`] and its own outside crates. The
//!   exceptions stand in one table, in `tests/layering.rs`, which parses every file whole and holds them to it; only [`engine`]
//!   joins the rooms.
//! * A conversation is known by its id and by nothing else: packet numbers are evidence, and one packet can begin two. A flow
//!   gets its number at its first packet, so nothing that is left out later changes another's.
//! * The same inputs give the same bytes of output, on any machine and for any number of threads. What a total is shared by
//!   (shards of flows) follows from addresses and [`limits`], never from threads; expiry goes by capture time, never by the clock.
//! * The core knows no file, clock, environment, thread, log or terminal: files and pipes are [`source`]'s, threads
//!   [`engine`]'s, all else the binary's.
//! * What peers wrote has no `Display` and no `Deref` until [`redact`] has decided about it; a field that it forgets does not compile.
//! * What no sink asks for is not kept.
//! * A slice reads the inputs again, for no run keeps packets: what one found ([`Pick`](model::Pick)) says which are copied, and the bytes
//!   that are replaced are ranges of streams ([`Fill`](model::Fill)), whatever packets carry them.
//! * Which conversations are asked for is one value, [`Selection`](engine::Selection), applied where they come to the sinks: it
//!   changes no number and no comparison. What of it is known only at the end of a conversation takes another run before rows that
//!   do not wait for that.
//! * What is shown while a conversation goes on is redacted by what was found in it until then ([`redact::Live`]): nothing that was
//!   written is taken back.
//! * A rule is one file of [`knowledge::rules`]: what a finding of it carries; its row, with explanation and examples; its words,
//!   and what of it quotes the wire. [`model`] and `knowledge` know each other, since a conversation holds findings.
//! * A cause is one file of [`knowledge::causes`]: what it rests on; its row, with evidence and examples; its judgement; its words.
//!   Clauses that were kept or broken are evidence; people read the cause first. Nothing is judged from text or bytes there.
//! * What a side was told is judged on three levels that are never mixed: what its host had (acknowledgements), what its library read
//!   (what it sends for it), what its API reports. The first two make a [`Situation`](model::Situation), by `reference`; the third is a
//!   convention, a file of [`knowledge::libraries`] each, with the version it was measured on.
//! * An application is one file of [`knowledge::applications`]: how the opening handshake shows it, the published document, what its
//!   Close codes mean, which of its messages announce an end. What it says is likely: names are anybody's.
//! * [`reference`](mod@reference) knows no text; the words are in [`knowledge`] and [`views`]; only `views` knows JSON and
//!   tables.
//! * An [`Observation`](model::Observation) says what one side was seen to do. It is the one intermediate form:
//!   whatever a recording looks like, everything after it is shared.
//! * Whose a recording is stays with it where that is asked for: names are replaced before anything is hidden, by what follows
//!   from a key and the name alone ([`redact::Pseudonyms`]). Addresses and names of files are at a stage like what peers wrote, so that no
//!   view gets them past that; inputs, errors and journeys are told under other names where they go to the sinks.
//! * What was sent is never rewritten: decoded forms are new values beside it.
//! * What a peer wrote cannot be displayed: it is [`Quoted`](model::Quoted) until [`redact`] has decided what of it may be
//!   seen, and [`views`] take [`Shown`](redact::Shown) only. A place that is forgotten does not compile.
//! * Not knowing is a value. `None`, [`Missing`](model::Missing), `Unobserved`, `Undetermined` are said as such.
//! * Three kinds of trouble, three types: [`Error`](error::Error), wslog cannot go on;
//!   [`Weird`](model::Weird), the recording is odd, counted and shown; [`Finding`](model::Finding), an endpoint
//!   broke a clause. A peer's fault is never an error, and nothing is dropped without a count.
//! * What only wslog makes is `#[non_exhaustive]`, its errors included. What others make too (limits, options, packets, frames,
//!   observations), and what they must not forget a part of (roles, levels, kinds of rows), is not.
//! * No panic, no recursion without a cap and no allocation by a claimed length on captured bytes. Every cap is in
//!   [`limits`].
//! * In-order bytes travel from the reader's block to the frame decoder without a copy, frames by pieces: memory
//!   depends on how many connections are open, not on the size of the capture.
//!
//! # What a passive reference may say
//!
//! wslog saw what crossed one point of the network. It judges an endpoint by what *it* sent, in *its* order. What
//! an endpoint had *received* when it sent something is bounded by TCP: the acknowledgement number of the segment
//! says how much of the peer's stream its host had. A Close in a segment that acknowledges the peer's Close is an
//! answer; one in a segment that does not crosses it, and both started. An obligation still open when the
//! recording ends is unobserved, not broken; a gap lowers certainty and never makes a finding.
//! Time is charged to an endpoint from the acknowledgement on that shows that its host had what was to be answered;
//! what only time says is likely, never proven. Nor does an acknowledgement prove that an application has read what its
//! host had: only what it sends in answer does. [`Certainty`](model::Certainty) has the definitions.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | client, server | roles of RFC 6455 |
//! | tester, testee | Autobahn's sides; RX and TX of its wire log are the tester's |
//! | orig, resp | who opened TCP, who answered; client and server only once the handshake proves it |
//! | packet, packet number | a captured record; "frame" is kept for WebSocket |
//! | conversation, id | one WebSocket connection or attempt, wherever it was carried; its number |
//! | engine, sink, set | what joins the rooms; what takes results; the files that are one capture |
//! | input, capture | what was named; what was recorded |
//! | block, shard | bytes of a capture that segments lie in; a part of the flows with its part of every total |
//! | member | one of the compressed streams a file is made of |
//! | segment, retransmission, out of order, gap, conflict | TCP (RFC 9293), as Wireshark and Zeek use them |
//! | frame, control frame, data frame, fragment, message | RFC 6455 section 5 |
//! | Close, status code, reason; closing handshake; *Fail the WebSocket Connection*; *cleanly* | RFC 6455 section 7 |
//! | 1005, 1006, 1015 | never on the wire: values of a conclusion |
//! | quoted, shown; sealed | what a peer wrote, as it came, and what may be seen of it; a conversation on the way from one to the other |
//! | secret, mark | what is left out of reports; what stands for it, with a number for each |
//! | name, replacement; pseudonyms | what tells whose a recording is: addresses, hosts, ids, users, files; what stands for it; what makes that, with a key |
//! | weird | an odd recording, nobody accused |
//! | observation | one thing one side was seen to do, with its evidence |
//! | evidence | packet and stream offset that show it, and what its sender had received by then |
//! | state | CONNECTING, OPEN, CLOSING, CLOSED of each endpoint (RFC 6455 4.1, 7.1.3, 7.1.4) |
//! | expectation | something an endpoint owes, opened by what its peer sent |
//! | finding, certainty | a clause broken or a note; `proven`, `likely` or `undetermined` |
//! | tester, testee; case, agent, behavior, close | the Autobahn Testsuite, what it tests, and its words |
//! | suite, version, release | the Autobahn Testsuite that made a report; its version; one that was published |
//! | run, shard; testee; regression; policy, expected failure, breach | verdicts of many cases; an agent in one of its roles, which has a run of its own; what is held against them |
//! | topic, example | what is explained without a recording; what it looks like on the wire |
//! | guide | a topic: how recordings are made that say more, or how common tasks are done |
//! | key log; keys inside | secrets of TLS that one end wrote to a file (RFC 9850); those that a capture brings along |
//! | pick-up, assumed | frames recognised by one another where the opening handshake is not in the recording: that there was one is assumed, what it settled is unknown |
//! | application; last words | a protocol spoken inside WebSocket, or who speaks it; the last message of a side, which announces the end |
//! | exchange, act; notation | what two endpoints do to one another, one thing one does; how that is written down |
//! | outcome | what was seen of the end: `clean`, `reset`, ... |
//! | situation; local view; convention | what a side had come to at the end; what its API then reports; what a library is known to report in a situation |
//! | cause, runner-up | why the connection ended, one of a table in order of precedence; another that the evidence fits |
//! | headline, tone | who did what, in a few words; what that amounts to, which is its colour: normal, unknown, odd, fault |
//! | course | what each side did, as the reference knows it when all is over: what causes are judged by |
//! | grounds | what a cause rests on in a conversation: the numbers and marks that its words are made of |
//! | step | an expectation settled: who owed what, what was seen, whether it was met |
//! | late, never, silent | by thresholds that are wslog's own: the RFC names no times |

pub mod autobahn;
pub mod diagnosis;
pub mod dissect;
pub mod engine;
pub mod error;
pub mod explain;
pub mod http;
pub mod http2;
pub mod journey;
pub mod knowledge;
pub mod limits;
pub mod message;
pub mod model;
pub mod notation;
pub mod redact;
pub mod reference;
pub mod slice;
pub mod source;
pub mod tcp;
pub mod tls;
pub mod views;
pub mod websocket;
