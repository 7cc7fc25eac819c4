//! The verdicts of runs, from the conversations of captures.

use crate::autobahn::captured::{self, Connection, Gather};
use crate::limits::Limits;
use crate::model::run::CapturedRun;
use crate::model::{Conversation, Role};
use crate::redact::Shown;

/// Gathers what captures show of runs of the Autobahn Testsuite. Conversations tell it where a sink
/// [asks](crate::engine::Keep::cases) for that.
#[derive(Debug)]
pub struct Verdicts(Gather);

impl Default for Verdicts {
    fn default() -> Self {
        Self::new(Limits::DEFAULT.max_run_connections)
    }
}

impl Verdicts {
    /// Those of so many connections: [`Limits::max_run_connections`] as a rule.
    #[must_use]
    pub const fn new(max_connections: usize) -> Self {
        Self(Gather::new(max_connections))
    }

    /// Takes the next conversation.
    pub fn see(&mut self, conversation: &Conversation<Shown>) {
        let Some(case) = conversation.captured_case.as_deref() else { return };
        self.0.see(Connection {
            id: conversation.id,
            input: conversation.input,
            started_at: conversation.started_at,
            client: conversation.tcp.map(|tcp| *tcp.client),
            server: conversation.tcp.map(|tcp| *tcp.server),
            agent: agent(conversation, case.tester.peer()),
            case: case.clone(),
        });
    }

    /// What they come to.
    #[must_use]
    pub fn finish(self) -> CapturedRun {
        self.0.finish()
    }
}

/// What the testee calls itself: the suite takes a client's name from its target, and knows a server by its settings only.
fn agent(conversation: &Conversation<Shown>, testee: Role) -> Option<String> {
    match testee {
        Role::Client => captured::agent(&conversation.request.as_ref()?.target),
        Role::Server => Some(conversation.response.as_ref()?.server()?.to_string()),
    }
}
