//! What a side wrote of itself in the opening handshake.

use crate::model::{Lines, Role, UpgradeRequest, UpgradeResponse};

/// The head that one side wrote, and how it names itself: `User-Agent` of a request, `Server` of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a> {
    pub(super) role: Role,
    pub(super) fields: &'a Lines,
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
        let fields = request.fields.as_sent();
        let agent = fields.first("User-Agent").unwrap_or_default();
        let target = request.target.as_sent();
        (!request.facts.forwarded).then_some(Self { role: Role::Client, fields, agent, phrase: "", target })
    }

    /// The same of a server, which a proxy takes the place of by its own `Server`, or adds to.
    pub(crate) fn of_server(
        request: Option<&'a UpgradeRequest>,
        response: &'a UpgradeResponse,
    ) -> Option<Self> {
        let fields = response.fields.as_sent();
        let mut servers = fields.values("Server");
        let agent = servers.next().unwrap_or_default();
        let is_alone = servers.next().is_none() && fields.first("Via").is_none();
        let phrase = response.phrase.as_sent();
        let target = request.map_or("", |request| request.target.as_sent());
        is_alone.then_some(Self { role: Role::Server, fields, agent, phrase, target })
    }

    /// Whether it is a client's, and begins with that field: a proxy writes its fields in an order of its own.
    pub(super) fn is_client(&self, first: &str) -> bool {
        let begins = self.fields.iter().next().is_some_and(|(name, _)| name == first);
        self.role == Role::Client && begins
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
