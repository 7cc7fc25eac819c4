//! Random messages, cut at random: the numbers are those of the message taken whole.

use proptest::prelude::*;

use super::deflate::Sender;
use super::{Run, frame};
use crate::limits::Limits;
use crate::model::{Fact, MessageFacts, MessageKind, Role};

/// A message and how it is sent.
#[derive(Clone, Debug)]
struct Sent {
    text: bool,
    compressed: bool,
    finish: bool,
    data: Vec<u8>,
    /// Lengths of the fragments but the last.
    fragments: Vec<usize>,
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
        // Text with a fault somewhere, perhaps.
        ("\\PC{0,30}", prop::collection::vec(any::<u8>(), 0..4), "\\PC{0,30}").prop_map(|(a, bytes, b)| [
            a.as_bytes(),
            &bytes,
            b.as_bytes()
        ]
        .concat()),
        // Several steps of the inflater, one character in its way.
        ("[aé😀]{1,12}", 1_usize..9_000).prop_map(|(a, times)| a.repeat(times).into_bytes()),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let fragments = prop::collection::vec(0_usize..60, 0..6);
    (any::<bool>(), any::<bool>(), prop::bool::weighted(0.1), data(), fragments).prop_map(
        |(text, compressed, finish, data, fragments)| Sent { text, compressed, finish, data, fragments },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn messages_are_what_was_sent(
        messages in prop::collection::vec(sent(), 1..6),
        takeover: bool,
        cut in 1_usize..2_000,
    ) {
        let parameters = if takeover { "" } else { "client_no_context_takeover" };
        let mut run = Run::new(Some(parameters), &Limits::default());
        let mut sender = Sender::new();
        for (n, message) in (1..).zip(&messages) {
            if !takeover {
                sender = Sender::new();
            }
            let wire = match (message.compressed, message.finish) {
                (false, _) => message.data.clone(),
                (true, false) => sender.message(&message.data),
                (true, true) => sender.last(&message.data),
            };
            let (mut rest, mut first) = (wire.as_slice(), if message.text { 1 } else { 2 });
            first |= if message.compressed { 0x40 } else { 0 };
            for len in &message.fragments {
                let (fragment, behind) = rest.split_at(rest.len().min(*len));
                run.step(&frame(Role::Client, first, fragment), cut);
                run.step(&frame(Role::Client, 0x89, b"ping"), cut);
                (rest, first) = (behind, 0);
            }
            run.step(&frame(Role::Client, first | 0x80, rest), cut);

            let facts = std::mem::take(&mut run.facts);
            let utf8 = std::str::from_utf8(&message.data);
            let ended = MessageFacts {
                n,
                kind: if message.text { MessageKind::Text } else { MessageKind::Binary },
                frames: message.fragments.len() as u64 + 1,
                compressed: message.compressed,
                wire_bytes: wire.len() as u64,
                bytes: Some(message.data.len() as u64),
                utf8_valid: message.text.then_some(utf8.is_ok()),
            };
            let mut expected = Vec::new();
            if let (true, Err(fault)) = (message.text, utf8) {
                expected.push(Fact::InvalidUtf8 { offset: fault.valid_up_to() as u64 });
            }
            expected.push(Fact::Message(ended));
            let is_final = |fact: &Fact| *fact == Fact::FinalBlock;
            let finals = facts.iter().filter(|fact| is_final(fact)).count();
            prop_assert_eq!(finals, usize::from(message.compressed && message.finish));
            let facts: Vec<_> = facts.into_iter().filter(|fact| !is_final(fact)).collect();
            prop_assert_eq!(facts, expected);
        }
        prop_assert!(run.weirds.is_empty());
    }

    /// Any bytes under permessage-deflate: no panic, and pieces make no difference.
    #[test]
    fn garbage_is_the_same_however_it_is_cut(
        payloads in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..300)), 1..5),
        spoilt in prop::collection::vec((0_usize..200, any::<u8>()), 0..3),
        cut in 1_usize..40,
    ) {
        let mut sender = Sender::new();
        let garbage = payloads.iter().map(|(first, data)| frame(Role::Server, *first, data));
        let mut steps: Vec<_> = garbage.collect();
        for (_, data) in &payloads {
            let mut wire = sender.message(&data.repeat(3));
            for (at, byte) in &spoilt {
                if let Some(target) = wire.get_mut(*at) {
                    *target = *byte;
                }
            }
            steps.push(frame(Role::Server, 0xc1, &wire));
        }
        let outcome = |cut| {
            let mut run = Run::new(Some("server_no_context_takeover"), &Limits::default());
            for step in &steps {
                run.step(step, cut);
            }
            (std::mem::take(&mut run.previews), run.outcome())
        };
        prop_assert_eq!(outcome(usize::MAX), outcome(cut));
    }
}
