//! One direction: where its records stand, and what opens them.

use crate::model::{Carrier, GapCause};
use crate::tls::crypt::{Opened, Opener, Suite};
use crate::tls::inner::Inner;
use crate::tls::messages::Messages;
use crate::tls::record::{ContentType, Header};
use crate::tls::schedule::Material;
use crate::tls::seek::Seek;
use crate::tls::stream::Place;

/// Where the next byte stands.
#[derive(Debug, Default)]
pub(super) enum Framing {
    /// In a record, or before one.
    #[default]
    Whole,
    /// In a record that nothing opens, so that its bytes are not kept; so many are left.
    Passing(Place, usize),
    /// In a record of which bytes are missing.
    Torn(Torn),
    /// Behind a hole in which a record began: where the next one begins is looked for.
    Seeking(Box<Seek>),
    /// It was not found: no records from here on.
    Lost(GapCause),
}

/// A record of which bytes are missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Torn {
    pub(super) header: Header,
    /// Offset behind it.
    pub(super) end: u64,
    pub(super) cause: GapCause,
    pub(super) carrier: Carrier,
}

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// The handshake of TLS 1.3.
    Handshake,
    /// Application data, and up to TLS 1.2 all that is encrypted.
    Application,
}

/// What opens the records of a direction.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) opener: Opener,
    pub(super) suite: Suite,
    pub(super) epoch: Epoch,
    /// Number of the next record.
    pub(super) number: u64,
    /// What a KeyUpdate goes on from.
    pub(super) secret: Option<Material>,
    /// It has opened a record.
    pub(super) is_proven: bool,
    /// Records that it did not open before it opened any.
    pub(super) tries: u64,
    /// The number of the next record is one of the first `tries`.
    pub(super) is_blind: bool,
}

/// How a direction is protected.
#[derive(Debug, Default)]
pub(super) enum Protection {
    /// Not.
    #[default]
    Plain,
    /// In a way that is not opened.
    Opaque,
    Keyed(Box<Keyed>),
}

#[derive(Debug, Default)]
pub(super) struct Half {
    /// Offset of the next byte in TCP.
    pub(super) position: u64,
    pub(super) framing: Framing,
    /// What came of the record that is open.
    pub(super) record: Vec<u8>,
    /// What brought its first byte.
    pub(super) opened: Option<Carrier>,
    pub(super) messages: Messages,
    /// Messages of the handshake may be missing.
    pub(super) is_torn: bool,
    /// How many records may be missing while it was not encrypted, as far as one knew.
    pub(super) missed: u64,
    pub(super) protection: Protection,
    /// What comes after it.
    pub(super) next: Option<Box<Keyed>>,
    pub(super) inner: Inner,
}

impl Half {
    /// Whether a record with this header is one that nothing opens.
    pub(super) fn is_sealed(&self, header: Header, is_13: bool) -> bool {
        let is_plain = match header.content {
            ContentType::APPLICATION_DATA => false,
            ContentType::CHANGE_CIPHER_SPEC => true,
            _ => is_13,
        };
        !is_plain && matches!(self.protection, Protection::Opaque)
    }
}

impl Keyed {
    pub(super) fn new(opener: Opener, suite: Suite, epoch: Epoch, secret: Option<Material>) -> Box<Self> {
        Box::new(Self {
            opener,
            suite,
            epoch,
            number: 0,
            secret,
            is_proven: false,
            tries: 0,
            is_blind: false,
        })
    }

    /// Opens the record if it is the next one.
    #[inline]
    pub(super) fn open(&mut self, header: Header, body: &mut [u8]) -> Option<Opened> {
        let opened = self.opener.open(self.number, header, body)?;
        self.number += 1;
        self.is_proven = true;
        Some(opened)
    }

    /// Opens the record if it is one of the first that are missing, or the one after them.
    pub(super) fn open_blind(&mut self, header: Header, body: &mut [u8]) -> Option<Opened> {
        let copy = self.opener.is_destructive().then(|| body.to_vec());
        for number in 0..=self.tries {
            if let Some(copy) = &copy {
                body.copy_from_slice(copy);
            }
            if let Some(opened) = self.opener.open(number, header, body) {
                (self.number, self.is_proven, self.is_blind) = (number + 1, true, false);
                return Some(opened);
            }
        }
        if let Some(copy) = &copy {
            body.copy_from_slice(copy);
        }
        None
    }

    /// The keys after a KeyUpdate (RFC 8446 7.2); `None` where there is none.
    pub(super) fn updated(&self) -> Option<Box<Self>> {
        let secret = self.suite.next_secret(self.secret.as_deref()?)?;
        let opener = self.suite.opener_13(&secret)?;
        let mut updated = Self::new(opener, self.suite, self.epoch, Some(secret));
        updated.is_proven = self.is_proven;
        Some(updated)
    }

    /// Bytes of plain text in a record of such a length, padding aside.
    pub(super) fn plain_len(&self, header: Header) -> u64 {
        u64::from(header.len).saturating_sub(self.suite.overhead() as u64)
    }

    /// Whether what it cannot open could have held application data.
    pub(super) fn may_be_application(&self, header: Header) -> bool {
        self.epoch == Epoch::Application && header.content == ContentType::APPLICATION_DATA
    }
}
