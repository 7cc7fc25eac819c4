use crate::knowledge::prelude::*;

/// PMD-PARAM: An offer or an answer of permessage-deflate has no parameters but its four, each at most once, with its
/// kind of value; a server declines any other offer, a client fails for any other answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PmdParam<S: Stage = Quoted> {
    /// An offer or an answer has a parameter it may not have.
    Parameter {
        /// Name of the parameter.
        name: Text<S>,
        /// Its value without quotes; `None` where it has none.
        value: Option<Text<S>>,
        /// What is wrong with it.
        why: BadParameter,
    },
    /// The answer takes an offer that a server must decline.
    NotDeclined,
}

/// What is wrong with a parameter of permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadParameter {
    /// No such parameter is defined.
    Unknown,
    /// It stands there more than once.
    Repeated,
    /// Its value is no number from 8 to 15 without leading zeros.
    NoWindowBits,
    /// It has no value and needs one.
    ValueMissing,
    /// It has a value and may have none.
    ValueUnwanted,
}

pub(super) const ROW: Row = Row {
    name: "PMD-PARAM",
    clauses: &[rfc7692("7"), rfc7692("7.1")],
    level: Must,
    who: Who::Either,
    reaction: FailHandshake,
    says: "a permessage-deflate offer or response has only the four defined parameters, each at most once and with a \
        valid value; a server declines any other offer, and a client fails the connection over any other response",
    peer: Some(
        "a server declines such an offer: it answers without the extension, or accepts another offer; a client must \
         fail the connection over such a response, before it is established",
    ),
    text: "There are client_ and server_no_context_takeover, without a value, and client_ and \
        server_max_window_bits, from 8 to 15 without a leading zero; only an offer may have client_max_window_bits \
        without a value. An offer with anything else is ignored, so compression is off and nothing else says why.",
    next: &[
        "the parameter that the finding names: a misspelt name, 16, or a value like true",
        "the response: without the extension no message is compressed, which is legal",
    ],
    shows: &[
        found(
            "a window of 7 bits is offered, and declined",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7 | S: 101",
        ),
        legal(
            "8 bits, and accepted",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8 | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8",
        ),
    ],
};

impl<S: Readable> Told for PmdParam<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::Parameter { name, value, why } => parameter(say, name, value.as_deref(), *why),
            Self::NotDeclined => say.words(
                "the permessage-deflate offer declined because of a parameter in it",
                "it was accepted",
                "accepted an offer of permessage-deflate that it must decline because of a parameter in it",
            ),
        }
    }
}

fn parameter(say: &Say<'_>, name: &str, value: Option<&str>, why: BadParameter) -> Words {
    let shown = match value {
        Some(value) => format!("{}={}", shortened(&visible(name)), shortened(&visible(value))),
        None => shortened(&visible(name)),
    };
    let expected = match why {
        BadParameter::Unknown => "a parameter of permessage-deflate",
        BadParameter::Repeated => "each parameter once",
        BadParameter::NoWindowBits => "a number from 8 to 15 without leading zeros",
        BadParameter::ValueMissing => "a number from 8 to 15 as its value",
        BadParameter::ValueUnwanted => "no value",
    };
    let what = match why {
        BadParameter::Unknown => ", which the extension does not define",
        BadParameter::Repeated => " twice",
        BadParameter::NoWindowBits => ", whose value must be a number from 8 to 15 without leading zeros",
        BadParameter::ValueMissing => " without the value it needs",
        BadParameter::ValueUnwanted => " with a value, though it takes none",
    };
    let did = format!("sent the permessage-deflate parameter {shown}{what}");
    say.words(expected, shown, did)
}

impl<S: Stage> PmdParam<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> PmdParam<To> {
        match self {
            Self::Parameter { name, value, why } => {
                let (name, value) = by.parameter(name, value);
                PmdParam::Parameter { name, value, why }
            }
            Self::NotDeclined => PmdParam::NotDeclined,
        }
    }
}
