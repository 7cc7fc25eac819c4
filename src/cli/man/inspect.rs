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

/// Sections: secrets, and what a recording proves.
pub(super) fn sections(out: &mut String) -> fmt::Result {
    for (heading, paragraphs) in [("SECRETS", SECRETS), ("WHAT A RECORDING PROVES", PROOF)] {
        roff::section(out, heading)?;
        for paragraph in paragraphs {
            roff::paragraph(out, paragraph)?;
        }
    }
    Ok(())
}
