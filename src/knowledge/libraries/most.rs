use super::prelude::*;
use Clean::{IfSent, No, Unknown, Yes};
use Reported::{Abnormal, Nothing, Own, Peers};

const OWN_CODE: &str = "its library reports the code it sent itself";
const CHROMIUM: &[LibraryId] = &[LibraryId::Chromium];
const KEEPS: &[LibraryId] = &[LibraryId::Undici, LibraryId::Websockets];

/// What holds where the library is not known, or was not measured there.
pub const MOST: &[Convention] = &[
    does(&[At::Answered, At::ClosedFirst, At::Crossed], Peers, Yes, ""),
    does(&[At::Unanswered, At::NoClose], Abnormal, No, ""),
    does(&[At::NotEstablished], Abnormal, No, ""),
    does(&[At::NoConnection, At::NotRecorded, At::Encrypted, At::Open], Nothing, Unknown, ""),
    does(&[At::AwaitsAnswer], Nothing, Unknown, "").open().or(&[other(
        Abnormal,
        No,
        "it had given up waiting",
    )]),
    does(&[At::Unheard], Abnormal, No, "report 1006 once they give up, which this recording does not show")
        .open()
        .or(&[other(Nothing, Unknown, "it had not given up by then")]),
    does(&[At::ClosesExchanged], Peers, Unknown, "").likely(),
    // 1003 is the code of programs that take no such data, more often than of libraries that fail.
    does(&[At::FailedUnfounded], Peers, IfSent, "report the code that came back if it was the program that closed")
        .after(&[1003])
        .or(&[other(Abnormal, No, "it was the library that failed the connection")]),
    does(
        &[At::Failed, At::FailedToInflate, At::FailedForClose],
        Abnormal,
        No,
        "report 1006, whatever comes back; some report their own code",
    )
    .or(&[other(Own, Unknown, OWN_CODE)]),
    does(&[At::FailedUnfounded], Abnormal, No, "report 1006, whatever comes back; some report their own code").or(
        &[other(
            Own,
            Unknown,
            "its library reports the code it sent itself or its program closed with it",
        )],
    ),
    does(&[At::AnsweredFaulty], Peers, Yes, "treat the Close as valid if they answer it that way").or(&[other(
        Abnormal,
        No,
        "its library failed the connection because of the fault in the Close",
    )]),
    does(&[At::FailedSilently], Abnormal, No, "").likely(),
    does(&[At::NotAnswered], Peers, No, "report its code").likely().or(&[of(
        KEEPS,
        Peers,
        Yes,
        "its library (undici, python websockets) counts an answer that could not be sent",
    )]),
    does(&[At::Unread], Peers, No, "report its code if they still read it").open().or(STOPPED),
    does(&[At::MaybeAnswered], Peers, Unknown, "").likely(),
    does(&[At::MoreBehind], Peers, Yes, "report the first Close").or(&[other(
        Abnormal,
        No,
        "what follows the Close makes its library fail the connection, as it does in browsers built on Chromium",
    )]),
    does(&[At::ResetBehind], Peers, IfSent, "still read the Close and report its code").open().or(&[
        other(Abnormal, No, "the RST came before it had read the Close"),
        of(KEEPS, Peers, Yes, "its library (undici, python websockets) counts its own answer as sent"),
    ]),
    does(&[At::ResetAfterCloses], Peers, Yes, "report the code, clean").likely().or(&[of(
        CHROMIUM,
        Peers,
        No,
        "it is a browser built on Chromium, which does not count a reset as clean",
    )]),
    does(&[At::HalfShut], Peers, IfSent, "go on reading and report the code").or(&[other(
        Abnormal,
        No,
        "it was no longer reading",
    )]),
    does(&[At::Left], Abnormal, No, "").likely(),
    does(&[At::Undelivered], Abnormal, No, "").likely(),
    does(&[At::EndedItself], Abnormal, No, "").likely(),
    does(&[At::PageLeft], Nothing, Unknown, "").likely(),
];
