//! What a side wrote of itself in the opening handshake.

use crate::model::{Lines, Role, UpgradeRequest, UpgradeResponse};

/// The head that one side wrote, and how it names itself: `User-Agent` of a request, `Server` of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a> {
    pub(super) role: Role,
    pub(super) fields: &'a Lines,
    /// Name of the first field.
    first: &'a str,
    /// Empty where it does not.
    pub(super) agent: &'a str,
    /// The reason phrase of a response.
    pub(super) phrase: &'a str,
    /// What the request asks for.
    pub(super) target: &'a str,
}

impl<'a> Heads<'a> {
    /// Of a client; `None` where a proxy has written in its head: then it is the proxy that ends TCP here.
    pub(crate) fn of_client(request: &'a UpgradeRequest) -> Option<Self> {
        let of = |fields| Self::new(Role::Client, fields, request.facts.agent);
        (!request.facts.forwarded)
            .then(|| Self { target: request.target.as_sent(), ..of(request.fields.as_sent()) })
    }

    /// The same of a server, whose place a proxy takes by its own `Server`.
    pub(crate) fn of_server(
        request: Option<&'a UpgradeRequest>,
        response: &'a UpgradeResponse,
    ) -> Option<Self> {
        let of = |fields| Self::new(Role::Server, fields, response.facts.server);
        let target = request.map_or("", |request| request.target.as_sent());
        let phrase = response.phrase.as_sent();
        (!response.facts.forwarded).then(|| Self { target, phrase, ..of(response.fields.as_sent()) })
    }

    fn new(role: Role, fields: &'a Lines, agent: Option<u16>) -> Self {
        let first = fields.get(0).map_or("", |(name, _)| name);
        let agent = agent.and_then(|at| fields.get(usize::from(at))).map_or("", |(_, value)| value);
        Self { role, fields, first, agent, phrase: "", target: "" }
    }

    /// Whether it is a client's, and begins with that field: a proxy writes its fields in an order of its own.
    pub(super) fn is_client(&self, first: &str) -> bool {
        self.role == Role::Client && self.first == first
    }

    /// Whether the names of its fields are these, spelt so, in this order, but for those of `optional`.
    pub(super) fn are(&self, names: &[&str], optional: &[&str]) -> bool {
        let mut own = self.fields.iter().map(|(name, _)| name).filter(|name| !optional.contains(name));
        names.iter().all(|name| own.next() == Some(name)) && own.next().is_none()
    }

    /// The value of a field.
    pub(super) fn value(&self, name: &str) -> &'a str {
        self.fields.first(name).unwrap_or_default()
    }
}
