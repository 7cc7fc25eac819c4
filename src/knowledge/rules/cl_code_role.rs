use crate::knowledge::prelude::*;

/// CL-CODE-ROLE: A code meant for the other role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClCodeRole {
    /// The code it carried.
    pub code: CloseCode,
}

pub(super) const ROW: Row = Row {
    name: "CL-CODE-ROLE",
    clauses: &[rfc6455("7.4.1"), rfc6455("11.7")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "1010 is meant for clients, 1012 to 1014 for servers and gateways",
    peer: None,
    text: "The meaning of these codes fits one role only: a client lacks an extension (1010); a service restarts, is \
        overloaded, or is a gateway to another (1012 to 1014). No clause forbids the other role to send them, and a \
        side that echoes a code did not choose it.",
    next: &["a proxy or library that passes a code through"],
    shows: &[
        found("1012 from a client", "C: close 1012 | S: close 1012 | S: fin | C: fin"),
        legal("1012 from a server, sent back", "S: close 1012 | C: close 1012 | S: fin | C: fin"),
    ],
};

impl Told for ClCodeRole {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { code } = self;
        say.words(
            format!("{} from the other role", named_code(Some(*code))),
            format!("code {code}"),
            format!("sent a Close with {}, a code meant for the other role", named_code(Some(*code))),
        )
    }
}
