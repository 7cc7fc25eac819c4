use crate::knowledge::prelude::*;

/// HS-TARGET: A request target that is none of a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsTarget<S: Stage = Quoted> {
    /// The request target as sent, cut to what is shown.
    pub target: Text<S>,
    /// What it is.
    pub form: TargetForm,
}

pub(super) const ROW: Row = Row {
    name: "HS-TARGET",
    clauses: &[rfc6455("3"), rfc6455("4.1"), rfc6455("4.2.1")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400]),
    says: "the request target is a path or an absolute http or https URI, without a fragment",
    peer: None,
    text: "The request line has the path and query, as in any HTTP request, or a complete http or https URI. ws and \
        wss are for people and APIs; they do not appear in the request. A fragment stays with the client: a '#' that \
        is part of a name is written %23.",
    next: &[
        "a client that puts the URI it was given into the request line unchanged",
        "a '#' in a path or query that was not escaped",
    ],
    shows: &[
        found(
            "a ws URI",
            "C: request !GET ws://server.example.com/chat HTTP/1.1 | S: status 400 Bad Request | S: fin | \
             C: fin",
        ),
        legal("the http URI", "C: request !GET http://server.example.com/chat HTTP/1.1 | S: 101"),
    ],
};

impl<S: Readable> Told for HsTarget<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { target, form } = self;
        let what = match form {
            TargetForm::Fragment => "a target with a fragment",
            _ => "a target that is neither a path nor an http or https URI",
        };
        let target = visible(target);
        say.words(
            "a path, or an absolute http or https URI, without #",
            format!("request target {target}"),
            format!("requested {what}: {target}"),
        )
    }
}

impl<S: Stage> HsTarget<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsTarget<To> {
        let Self { target, form } = self;
        HsTarget { target: by.uri(target), form }
    }
}
