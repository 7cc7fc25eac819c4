use crate::knowledge::prelude::*;

/// CL-TCP-SERVER-FIRST: The client's FIN came before the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClTcpServerFirst;

pub(super) const ROW: Row = Row {
    name: "CL-TCP-SERVER-FIRST",
    clauses: &[rfc6455("5.5.1"), rfc6455("7.1.1")],
    level: Should,
    who: Who::Client,
    reaction: Nothing,
    says: "after the closing handshake the server ends TCP first; the client waits for it",
    peer: None,
    text: "The side that ends TCP first holds TIME-WAIT. That should be the server, which a new connection with a \
        higher sequence number can take out of TIME-WAIT at once; a client in TIME-WAIT cannot reopen the same \
        connection for two segment lifetimes. So after both Closes the client waits for the server's FIN. If it does \
        not come, the client may end TCP after a while.",
    next: &["a client that ends TCP as soon as it has both Closes: nothing is lost"],
    shows: &[
        found("the client's FIN is first", "C: close 1000 | S: close 1000 | C: fin | S: fin"),
        legal("the server's is", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClTcpServerFirst {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the server ends TCP first",
            "the client did not wait for it",
            "ended TCP without waiting for the server to do so",
        )
    }
}
