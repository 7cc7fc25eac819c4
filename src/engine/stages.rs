//! What stands behind `dissect`: messages, the reference, what is recorded of both.

use crate::autobahn::captured::Watch;
use crate::engine::recorder::{Common, Keep, Recorder};
use crate::engine::shards::Terms;
use crate::limits::Limits;
use crate::message::Messages;
use crate::model::{
    Conversation, ConversationId, Course, EventKind, Finding, LostHow, Observation, Observed, Opening,
    RuleId, Tail, Undecodable, WeirdKind, Weirds, count,
};
use crate::reference::Reference;

/// The stages behind `dissect`, from the first observation on. Each in a box of its own: allocators keep pieces
/// of up to a kilobyte at hand, and connections come by the thousand.
#[derive(Debug)]
pub(super) struct Stages {
    messages: Box<Messages>,
    reference: Box<Reference>,
    pub(super) recorder: Box<Recorder>,
    broke: Vec<RuleId>,
    /// Looks whether it is a case of a run.
    watch: Option<Box<Watch>>,
}

impl Stages {
    pub(super) fn new(limits: &Limits, keep: &Keep) -> Self {
        Self {
            messages: Box::new(Messages::new().telling_bytes(keep.tells_bytes(limits))),
            reference: Box::new(Reference::new(limits)),
            recorder: Box::default(),
            broke: Vec::new(),
            watch: None,
        }
    }

    /// Those of a connection in a capture, which may be one of a run.
    pub(super) fn watching(terms: &Terms) -> Self {
        let Terms { limits, keep, suite, .. } = terms;
        let watch = keep.cases.then(|| Box::new(Watch::of_suite(*suite)));
        Self { watch, ..Self::new(limits, keep) }
    }

    pub(super) fn observe(
        &mut self,
        observation: Observation<'_>,
        terms: &Terms,
        weirds: &mut Weirds,
        common: &mut Common,
    ) {
        let Self { messages, reference, recorder, broke, watch } = self;
        let Terms { limits, keep, .. } = terms;
        if let Some(watch) = watch {
            watch.observation(&observation);
        }
        messages.observe(&observation, limits, weirds, &mut |event| {
            if let Some(watch) = watch {
                watch.event(&event);
            }
            if let EventKind::MessageBytes { n, bytes } = event.what {
                return recorder.message_bytes(event.from, n, bytes, terms);
            }
            broke.clear();
            reference.observe(&event, limits, broke);
            match event.what {
                EventKind::Frame(ref frame) => {
                    recorder.frame(event.from, frame, broke, keep, limits.max_listed_frame_bytes, common);
                }
                EventKind::Undecodable(Undecodable::NotFrames { how: LostHow::CutShort { .. }, .. }) => {
                    recorder.cut_short[event.from] = true;
                }
                _ => {}
            }
        });
        match observation.what {
            Observed::Request(request) => recorder.request(request, observation.evidence, limits, weirds),
            Observed::HandshakeUnseen => recorder.assumed = true,
            Observed::Response(response) => recorder.response(response, observation.evidence),
            _ => {}
        }
    }

    /// What is known of the opening, as far as it was said in it.
    pub(super) fn opening(&self) -> Opening {
        self.recorder.opening()
    }

    /// What they conclude; number, place and time are left to the caller.
    pub(super) fn report(self, mut weirds: Weirds, tail: &Tail) -> (Box<Conversation>, Box<Course>) {
        let Self { reference, recorder, watch, .. } = self;
        let conclusion = reference.finish(tail);
        findings_left_out(&mut weirds, conclusion.findings.len(), conclusion.findings_omitted);
        if conclusion.pings_given_up > 0 {
            weirds.add_many(WeirdKind::PingsCap, conclusion.pings_given_up, None, || {
                "the oldest Pings without a Pong were dropped for newer ones".to_owned()
            });
        }
        if recorder.frames.yielded > 0 {
            weirds.add_many(WeirdKind::ListedCap, recorder.frames.yielded, None, || {
                "the frames listed for all connections reached their limit: some of this one were left out or cut \
                 shorter; raise --limit all-listed-frame-bytes"
                    .to_owned()
            });
        }
        let (frames, frames_resume, frames_omitted) = recorder.frames.into_list();
        let conversation = Box::new(Conversation {
            id: ConversationId::flow(0),
            input: 0,
            path: None,
            parts: Vec::new(),
            parts_before: Vec::new(),
            tcp: None,
            tcp_facts: Box::default(),
            http2: None,
            connect: None,
            tls: None,
            started_at: None,
            ended_at: None,
            request: recorder.request,
            response: recorder.response,
            assumed: recorder.assumed,
            handshake_at: recorder.handshake_at,
            earlier: recorder.earlier,
            traffic: recorder.traffic,
            frames,
            frames_resume,
            frames_omitted,
            findings: conclusion.findings,
            findings_omitted: conclusion.findings_omitted,
            closing: Box::new(conclusion.closing),
            timing: Box::new(conclusion.timing),
            weirds,
            tester: None,
            case: None,
            captured_case: watch.and_then(|watch| watch.finish()),
        });
        (conversation, conclusion.course)
    }
}

/// Counts findings over the cap.
fn findings_left_out(weirds: &mut Weirds, kept: usize, omitted: u64) {
    if omitted > 0 {
        weirds.add_many(WeirdKind::FindingsCap, omitted, None, || {
            format!("only {} kept", count(kept as u64, "finding"))
        });
    }
}

/// Adds a finding in its place among those of the connection, up to their cap.
pub(super) fn file(report: &mut Conversation, finding: Finding, max: usize) {
    if report.findings.len() >= max {
        findings_left_out(&mut report.weirds, report.findings.len(), 1);
        report.findings_omitted += 1;
        return;
    }
    let place = |f: &Finding| (f.packet, f.frame);
    let at = report.findings.partition_point(|known| place(known) <= place(&finding));
    report.findings.insert(at, finding);
}
