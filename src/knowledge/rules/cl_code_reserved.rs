use crate::knowledge::prelude::*;

/// CL-CODE-RESERVED: A code that may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClCodeReserved {
    /// The code it carried.
    pub code: CloseCode,
}

pub(super) const ROW: Row = Row {
    name: "CL-CODE-RESERVED",
    clauses: &[rfc6455("7.4.1")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "1005, 1006 and 1015 name local conclusions and are not sent; 1004 is reserved",
    peer: None,
    text: "1005, 1006 and 1015 are what an API reports when there was no code, no Close or no TLS. On the wire they \
        would contradict themselves. 1004 is reserved without a meaning, so it is only a note.",
    next: &["a library or proxy that passes the code its API reported on to another connection"],
    shows: &[
        found("1006 in a Close", "C: close 1006 | S: close 1002 | S: fin | C: fin"),
        legal("an empty Close, which makes the server report 1005", "C: close | S: close | S: fin | C: fin"),
    ],
};

impl Told for ClCodeReserved {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { code } = self;
        say.words(
            "a code that may be sent",
            format!("code {code}"),
            format!(
                "sent a Close with the code {code}, which {}",
                match code.0 {
                    1004 => "is reserved and has no meaning",
                    _ => "is for local use and must never be sent",
                }
            ),
        )
    }
}
