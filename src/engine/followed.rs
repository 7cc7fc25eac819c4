//! A TCP connection that is followed on its way through TLS, HTTP/2 and `dissect` to its stages.

use crate::dissect::{Dissected, Dissector, Status};
use crate::engine::carried::Carried;
use crate::engine::concluded::{self, Concluded};
use crate::engine::recorder::{Common, Told};
use crate::engine::secured::{Before, Secured, Way};
use crate::engine::shards::Terms;
use crate::engine::stages::Stages;
use crate::limits::Limits;
use crate::model::{Direction, Endpoints, Opening, StreamEvent, Timestamp, TlsFacts, Weirds};
use crate::tcp::Connection;

/// A connection that is followed.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) dissector: Dissector,
    pub(super) weirds: Weirds,
    pub(super) stages: Option<Box<Stages>>,
    /// The TLS that carries it.
    pub(super) secured: Option<Box<Secured>>,
    /// Plain text that went by, which TLS may still begin behind.
    before: Before,
    /// Who heard of its frames knows whose they are.
    is_introduced: bool,
    /// The streams of HTTP/2 that it carries.
    pub(super) carried: Option<Box<Carried>>,
}

impl Followed {
    /// `whole`: it begins with a SYN.
    pub(super) fn new(whole: bool) -> Self {
        Self {
            dissector: if whole { Dissector::new() } else { Dissector::mid_stream() },
            weirds: Weirds::default(),
            stages: None,
            secured: None,
            before: Before::new(whole),
            is_introduced: false,
            carried: None,
        }
    }

    /// What its TLS shows so far.
    pub(super) fn tls_facts(&self) -> Option<Box<TlsFacts>> {
        self.secured.as_ref().map(|secured| Box::new(secured.facts()))
    }

    /// Its listed frames leave, or go with it.
    pub(super) fn unlist(&self, common: &mut Common) {
        let bytes = self.stages.as_ref().map_or(0, |stages| stages.recorder.frames.bytes());
        let carried = self.carried.as_ref().map_or(0, |carried| carried.listed());
        common.listed = common.listed.saturating_sub(bytes + carried);
    }

    /// Takes the next event of TCP.
    #[inline]
    pub(super) fn step(&mut self, event: &StreamEvent<'_>, terms: &Terms, common: &mut Common) {
        let begins = self.secured.is_none()
            && !self.before.is_over()
            && match event {
                StreamEvent::Data { .. } => self.dissector.may_be_tls(),
                StreamEvent::Gap { .. } => true,
                _ => false,
            }
            && self.look_for_tls(event);
        let Self { dissector, weirds, stages, secured, before, carried, .. } = self;
        let Terms { limits, keys, .. } = terms;
        let mut later = Weirds::default();
        let mut observe = |Dissected { stream, observation }: Dissected<'_>| {
            let Some(stream) = stream else {
                let stages = stages.get_or_insert_with(|| Box::new(Stages::watching(terms)));
                return stages.observe(observation, terms, &mut later, common);
            };
            Carried::observe(carried, stream, observation, terms, &mut later, common);
        };
        match secured {
            None => dissector.push(event, limits, weirds, &mut observe),
            Some(secured) => {
                let mut way = Way { keys, limits, weirds };
                if begins {
                    secured.missed(*before, dissector, &mut way, &mut observe);
                }
                secured.push(event, dissector, &mut way, &mut observe);
            }
        }
        if !later.is_empty() {
            weirds.merge(later);
        }
    }

    /// Whether TLS begins here, at the start of a connection or behind what it may stand behind: a hole, too.
    #[cold]
    fn look_for_tls(&mut self, event: &StreamEvent<'_>) -> bool {
        let StreamEvent::Data { dir, bytes, .. } = *event else {
            self.before.hole(event);
            return false;
        };
        let begins = self.before.tls_begins(dir, bytes);
        if begins {
            self.secured = Some(Box::new(Secured::new(self.before)));
            self.dissector = Dissector::new();
        }
        begins
    }

    /// No more comes of its TLS.
    pub(super) fn end_tls(&mut self, terms: &Terms, common: &mut Common) {
        let Self { dissector, weirds, stages, secured, carried, .. } = self;
        let Some(secured) = secured else { return };
        let Terms { limits, keys, .. } = terms;
        let mut later = Weirds::default();
        secured.finish(
            dissector,
            &mut Way { keys, limits, weirds },
            &mut |Dissected { stream, observation }| {
                let Some(stream) = stream else {
                    let stages = stages.get_or_insert_with(|| Box::new(Stages::watching(terms)));
                    return stages.observe(observation, terms, &mut later, common);
                };
                Carried::observe(carried, stream, observation, terms, &mut later, common);
            },
        );
        weirds.merge(later);
    }

    /// Before what is told of it first, says what is known of it.
    pub(super) fn introduce(&mut self, connection: &Connection, common: &mut Common) {
        if common.told.is_empty() || self.is_introduced && self.carried.is_none() {
            return;
        }
        let mut at = 0;
        while let Some(&(stream, _)) = common.told.get(at) {
            if let Some(opening) = self.opening(stream, connection) {
                common.told.insert(at, (stream, Told::Opened(Box::new(opening))));
            }
            at += 1;
        }
    }

    /// What is known of it, or of a stream of it, the first time that somebody asks.
    fn opening(&mut self, stream: Option<u32>, connection: &Connection) -> Option<Opening> {
        let (is_introduced, stages) = match stream {
            None => (&mut self.is_introduced, self.stages.as_deref()?),
            Some(stream) => {
                let of = self.carried.as_mut()?.get_mut(stream)?;
                (&mut of.is_introduced, &*of.stages)
            }
        };
        let client = self.dissector.client()?;
        if std::mem::replace(is_introduced, true) {
            return None;
        }
        let Endpoints { orig, resp } = connection.endpoints();
        let (client, server) = if client == Direction::Orig { (orig, resp) } else { (resp, orig) };
        Some(Opening {
            client: Some(client.into()),
            server: Some(server.into()),
            started_at: connection.started_at(),
            sni: self.secured.as_ref().and_then(|secured| secured.sni().cloned()),
            ..stages.opening()
        })
    }

    /// Whether it has turned out to carry something else, and nothing can change that.
    pub(super) fn is_lost(&self) -> bool {
        let may_become_tls = self.secured.is_none() && !self.before.is_over();
        // What was empty is told by how it ended.
        let is_empty = self.secured.as_ref().is_some_and(|secured| secured.is_still_empty());
        self.dissector.status() == Status::NotWebSocket && !may_become_tls && !is_empty
    }

    /// Whether what was sent may still be read.
    pub(super) fn waits_for_keys(&self) -> bool {
        self.secured.as_ref().is_some_and(|secured| secured.is_waiting())
    }

    /// What it came to, and who sent the request; `None` where nobody asked for WebSocket.
    pub(super) fn conclude(
        &mut self,
        connection: &Connection,
        until: Option<Timestamp>,
        limits: &Limits,
    ) -> Option<(Box<Concluded>, Direction)> {
        let (stages, client) = (self.stages.take()?, self.dissector.client()?);
        let weirds = std::mem::take(&mut self.weirds);
        let tls = self.secured.take().map(|secured| Box::new(secured.into_facts()));
        let until = (until, None);
        Some((concluded::conclude(*stages, connection, client, (weirds, tls), until, limits), client))
    }
}
