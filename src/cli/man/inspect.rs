//! What wslog-inspect(1) says beyond its options.

use std::fmt;

use crate::cli::man::roff;

const SECRETS: &[&str] = &[
    "Reports go into tickets, so secrets are hidden in text and JSON. A value is a secret by its name: Authorization, cookies, whatever \
     is called like a password, token, key or signature, in fields, in parameters of URIs and extensions, in JSON (also in payloads, and \
     in STOMP), in a part of a path (`/token/...`) or among subprotocols (`bearer, ...`).",
    "Or by its looks: JSON Web Tokens and keys of well-known services anywhere; in the opening handshake also what is long and random, \
     whatever it is called, except identifiers of requests and traces, tags and digests.",
    "Or because it was found elsewhere: in other fields, findings, refusals, Close reasons and payloads, as it is, percent-encoded, \
     escaped, in hexadecimal digits or in base64. Short values and ordinary words are not looked for.",
    "What is structured is taken apart: URIs inside URIs, JSON, base64 of JSON, credentials with parameters. Names of cookies, schemes, \
     attributes, realms, scopes and SignedHeaders are shown. `<redacted 24 bytes, no. 2>` stands for a secret, with one number for one \
     secret throughout a connection. `--redact` hides payloads and Close reasons too, `--no-redact` nothing.",
    "No control, bidirectional or invisible character that a peer sent reaches a terminal, in any format.",
];

const PROOF: &[&str] = &[
    "A side is judged by what it sent, in its own order. What it had received by then follows from acknowledgement numbers: a Close that \
     acknowledges the peer's is an answer, one that does not crosses it. That a host has acknowledged something does not prove that its \
     application has read it: what rests on that, on timing, or on an RST, which anybody can send, is likely and not proven. What a side \
     still had to do when the recording ends is unobserved, not broken, and a gap never makes a finding.",
    "The RFC asks for Pongs, answers and ends of TCP \"as soon as practical\" or \"immediately\" and names no time. The thresholds are wslog's \
     own: late after 5 s, never after 10 s, both counted from the acknowledgement that shows that the host had what was to be answered; \
     a client may end TCP once it has waited 1 s for the server; a silence of 60 s, or another well-known timeout, before an end of TCP is \
     called consistent with it, never caused by it. What rests on such a number alone is likely.",
];

const NAMES: &[&str] = &[
    "With `--anonymize` a report shows everything but whose the recording is. Others stand for names, of the same length and kind: \
     digits for digits, letters for letters, hexadecimal digits for such, capitals for capitals. The same name has the same replacement \
     wherever it stands, whatever its case: in a Host, a URL, a Close reason, in rows of another command. Causes, outcomes, findings \
     and counts are those of the report without it, since nothing is judged by other names.",
    "Addresses: octets of IPv4 and hexadecimal digits of IPv6 that two share from the front they share afterwards. Loopback, private, \
     link-local, documentation, multicast and other special networks (RFC 6890) stay such; an octet keeps its number of digits. Ports \
     stay. In fields, and in sentences of wslog's own, an address is replaced as in packets.",
    "Words: in request targets, subprotocols and fields, names of fields included, every word is replaced that is not one of some thousand of \
     which routes and protocols are made (`api`, `rooms`, `websocket`); in hosts, users, cookies, tokens and credentials all are, but for \
     `localhost` and generic ends such as `.com`. Numbers are replaced, except ports, versions and the cases of the Autobahn \
     Testsuite. Fields of which the protocol says what they hold, User-Agent and Server among them, keep what is not known as a name from \
     elsewhere and has not the form of an address, a URL or a mailbox. A Sec-WebSocket-Key becomes another one, and a right \
     Sec-WebSocket-Accept is right for that. Names of agents and of input files are words too: `capture.pcap` stays, `acme-7.pcap` does not.",
    "Payloads may hold anything, so they are left out, and so are bodies of refusals, unless `--payload`, `--follow` or `--extract` asks for \
     them. There, and in Close reasons, words are replaced that are known from elsewhere in the recording, and what has the form of an address, a \
     URL, a host, a mailbox, or a secret. A name that stands nowhere else is not recognised: read such texts before you hand them on. \
     Secrets are hidden as ever; with `--no-redact` a replacement is shown in their place.",
    "What stands for what follows from a key, with HMAC-SHA-256: the first MiB of the first input, so that the parts of a ticket agree \
     and the same command writes the same bytes. Who has the recording can tell what the names stand for. Nobody else can, unless all of \
     that MiB but its names is published and those can be guessed, all at once. To rule that out, and to give several recordings the \
     same names, `--anonymize-key FILE` takes a secret of yours (`head -c 32 /dev/urandom > FILE`). A pipe is read once, so its names are random without one. \
     `--anonymize-table FILE` writes what stands for what; it is not for others. What goes to standard error names inputs as they are.",
    "A copy of packets (`--slice`) with `--anonymize` has the same connections under these names, and gives the same report. Its packets \
     are made anew of addresses, ports, numbers, flags, windows, times and what is said: nothing is left of link and tunnel, MACs, TCP \
     options, fragments, and other protocols. Heads of HTTP/1.1 keep their length, field blocks of HTTP/2 are written without \
     compression, and Pings and Pongs have other bytes, equal ones the same. Payloads of messages and bodies are replaced whatever `--payload` \
     says, equal payloads by equal ones. What was decrypted is in plain; of TLS without keys only the form stays: record headers, \
     handshake types, and hellos with another server name.",
];

/// Sections: secrets, names, and what a recording proves.
pub(super) fn sections(out: &mut String) -> fmt::Result {
    for (heading, paragraphs) in
        [("SECRETS", SECRETS), ("ANONYMIZED REPORTS", NAMES), ("WHAT A RECORDING PROVES", PROOF)]
    {
        roff::section(out, heading)?;
        for paragraph in paragraphs {
            roff::paragraph(out, paragraph)?;
        }
    }
    Ok(())
}
