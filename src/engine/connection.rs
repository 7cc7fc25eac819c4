//! What becomes of one TCP connection: it is followed, over and concluded, or carries something else.

use crate::dissect::Status;
use crate::engine::carried;
use crate::engine::concluded::{BoxedConcluded, Concluded, complete, trails};
use crate::engine::followed::Followed;
use crate::engine::recorder::Common;
use crate::engine::shards::Terms;
use crate::model::{Direction, Segment, Timestamp, Weirds};
use crate::tcp::Connection;

/// What is known about a TCP connection.
#[derive(Debug)]
pub(super) enum Watched {
    /// It carries WebSocket, or may still turn out to.
    Followed(Box<Followed>),
    /// TCP is over and so is what can be concluded: the stages are gone while the connection waits for what the
    /// capture may have late.
    Concluded {
        /// But for the end and the counts of the whole connection.
        concluded: Box<Concluded>,
        /// Who sent the request.
        client: Direction,
    },
    /// It carries something else.
    Ignored {
        /// Oddities until then.
        weirds: Weirds,
    },
}

/// What a segment made of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It goes on as it was.
    Goes,
    /// It has turned out not to be WebSocket.
    Left,
}

/// What a watched flow came to.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// In the order of their streams.
    pub(super) concluded: Vec<BoxedConcluded>,
    /// Oddities that are of none of them.
    pub(super) weirds: Weirds,
}

impl Watched {
    /// `whole`: it begins with a SYN.
    pub(super) fn new(whole: bool) -> Self {
        Self::Followed(Box::new(Followed::new(whole)))
    }

    /// Takes the next segment; what somebody wants to hear of at once goes to `common`.
    pub(super) fn segment(
        &mut self,
        connection: &mut Connection,
        segment: &Segment<'_>,
        terms: &Terms,
        common: &mut Common,
    ) -> Turn {
        let limits = &terms.limits;
        match self {
            Self::Followed(followed) => {
                let mut tcp_weirds = std::mem::take(&mut followed.weirds);
                connection.push(segment, limits, &mut tcp_weirds, &mut |event| {
                    followed.step(&event, terms, common);
                });
                followed.introduce(connection, common);
                tcp_weirds.merge(std::mem::take(&mut followed.weirds));
                followed.weirds = tcp_weirds;
                // What comes behind the end of a stream is told with it, unless there are too many.
                if followed.carried.is_some() && followed.dissector.count_over() >= carried::MAX_OVER {
                    let listed = followed.conclude_streams(connection, None, limits, false);
                    common.listed = common.listed.saturating_sub(listed);
                }
                if followed.is_lost() {
                    let weirds = std::mem::take(&mut followed.weirds);
                    followed.unlist(common);
                    connection.forget_facts();
                    *self = Self::Ignored { weirds };
                    return Turn::Left;
                } else if connection.is_complete() && !followed.waits_for_keys() {
                    self.conclude(connection, terms, common);
                }
            }
            Self::Concluded { concluded, .. } => {
                connection.push(segment, limits, &mut concluded.conversation.weirds, &mut |_| {});
            }
            Self::Ignored { weirds } => connection.push(segment, limits, weirds, &mut |_| {}),
        }
        Turn::Goes
    }

    /// Streams of it that are over and do not wait for its end.
    pub(super) fn take_done(&mut self) -> Vec<BoxedConcluded> {
        match self {
            Self::Followed(followed) => {
                followed.carried.as_mut().map_or_else(Vec::new, |carried| carried.excess())
            }
            Self::Concluded { .. } | Self::Ignored { .. } => Vec::new(),
        }
    }

    /// Draws the conclusions of a connection that is complete.
    fn conclude(&mut self, connection: &mut Connection, terms: &Terms, common: &mut Common) {
        connection.forget_bytes();
        let Self::Followed(followed) = self else { return };
        followed.end_tls(terms, common);
        followed.introduce(connection, common);
        if let Some((concluded, client)) = followed.conclude(connection, connection.ended_at(), &terms.limits)
        {
            *self = Self::Concluded { concluded, client };
        }
    }

    /// What it came to, once it is closed: for whoever does not wait for what the capture may have late, of which nothing
    /// is seen any more.
    #[cold]
    pub(super) fn give(
        &mut self,
        connection: &mut Connection,
        terms: &Terms,
        common: &mut Common,
    ) -> Vec<BoxedConcluded> {
        match self {
            Self::Concluded { .. } => {}
            Self::Followed(followed) if connection.is_closed() && !followed.waits_for_keys() => {}
            Self::Followed(_) | Self::Ignored { .. } => return Vec::new(),
        }
        let this = std::mem::replace(self, Self::Ignored { weirds: Weirds::default() });
        let Finished { concluded, weirds } = this.finish(connection, terms, connection.ended_at(), common);
        *self = Self::Ignored { weirds };
        concluded
    }

    /// Whether its opening handshake is over, or nobody looks for one.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        match self {
            Self::Followed(followed) => followed.dissector.status() == Status::WebSocket,
            Self::Concluded { .. } | Self::Ignored { .. } => true,
        }
    }

    /// Whether nothing waits, and no more than so many bytes of the handshake are kept: what most connections are like for
    /// most of the time is seen at a glance.
    #[inline]
    pub(super) fn holds_at_most(&self, bytes: usize, connection: &Connection) -> bool {
        connection.holds_nothing()
            && match self {
                Self::Followed(followed) => {
                    followed.dissector.holds_nothing()
                        && followed.stages.as_ref().is_none_or(|stages| stages.recorder.held <= bytes)
                        && followed.secured.is_none()
                        && followed.carried.is_none()
                }
                Self::Concluded { concluded, .. } => concluded.heads <= bytes,
                Self::Ignored { .. } => true,
            }
    }

    /// About how many bytes of memory what waits takes, and what is kept of the handshake, which a peer can make large.
    #[inline]
    pub(super) fn held(&self, connection: &Connection) -> usize {
        connection.held()
            + match self {
                Self::Followed(followed) => {
                    let recorded = followed.stages.as_ref().map_or(0, |stages| stages.recorder.held);
                    let secured = followed.secured.as_ref().map_or(0, |secured| secured.held());
                    let carried = followed.carried.as_ref().map_or(0, |carried| carried.held());
                    followed.dissector.held() + recorded + secured + carried
                }
                Self::Concluded { concluded, .. } => concluded.heads,
                Self::Ignored { .. } => 0,
            }
    }

    /// Lets go of what it can do without.
    pub(super) fn relieve(&mut self) {
        if let Self::Followed(followed) = self {
            followed.dissector.relieve();
        }
    }

    /// Ends the connection; `until` is when the recording would have shown more of it. Which input it is of is left to
    /// the caller. One that never asked for WebSocket comes to nothing but oddities.
    pub(super) fn finish(
        self,
        connection: &mut Connection,
        terms: &Terms,
        until: Option<Timestamp>,
        common: &mut Common,
    ) -> Finished {
        let mut followed = match self {
            Self::Followed(followed) => followed,
            Self::Concluded { mut concluded, client } => {
                common.listed = common.listed.saturating_sub(concluded.listed);
                connection.finish(&mut concluded.conversation.weirds, &mut |_| {});
                complete(&mut concluded, connection, client, terms.limits.max_findings);
                return Finished { concluded: vec![concluded], weirds: Weirds::default() };
            }
            Self::Ignored { mut weirds } => {
                connection.finish(&mut weirds, &mut |_| {});
                return Finished { concluded: Vec::new(), weirds };
            }
        };
        let mut tcp_weirds = Weirds::default();
        connection.finish(&mut tcp_weirds, &mut |event| followed.step(&event, terms, common));
        followed.weirds.merge(tcp_weirds);
        followed.end_tls(terms, common);
        followed.introduce(connection, common);
        followed.unlist(common);
        let _ = followed.conclude_streams(connection, until, &terms.limits, true);
        let facts = followed.tls_facts();
        if let Some(carried) = followed.carried {
            let mut concluded = carried.finish(facts, connection);
            let trails = followed.dissector.client().and_then(|client| trails(connection, client));
            let streams = concluded.len();
            concluded.iter_mut().for_each(|concluded| concluded.follow(trails.clone(), streams));
            return Finished { concluded, weirds: followed.weirds };
        }
        match followed.conclude(connection, until, &terms.limits) {
            Some((mut concluded, client)) => {
                complete(&mut concluded, connection, client, terms.limits.max_findings);
                Finished { concluded: vec![concluded], weirds: Weirds::default() }
            }
            None => Finished { concluded: Vec::new(), weirds: followed.weirds },
        }
    }
}
