//! What peers wrote: text and bytes from the wire, in which secrets may stand.
//!
//! A [`Wire`] says in its type what has become of its value. [`Quoted`] is as it came: it has neither `Display` nor
//! `Deref`, its `Debug` tells nothing of it, and analysis reads it by a name to look for, [`as_sent`](Wire::as_sent).
//! What may be seen is of a stage that only `redact` can give, [`Shown`](crate::redact::Shown), and displays as any
//! text does.
//!
//! What holds a `Wire` is generic over the stage, all the way up to [`Conversation`](crate::model::Conversation), and
//! views take `Conversation<Shown>`. `redact` makes one of a `Conversation<Quoted>` by taking each structure apart with
//! patterns that name every field and every variant. So a new field does not compile before `redact` names it, and one
//! that quotes the wire not before `redact` has decided about it.
//!
//! ```compile_fail,E0277
//! let target = wslog::model::Text::from("/chat?token=s3cr3t");
//! let shown = format!("{target}");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

/// What has become of something from the wire. A value of a stage is the right to write and read at it.
pub trait Stage: Copy + Eq + fmt::Debug {
    /// What may be seen of it has been decided.
    const IS_DECIDED: bool;
}

/// As it came from the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quoted;

impl Stage for Quoted {
    const IS_DECIDED: bool = false;
}

/// At this stage text displays as any text does, and is read as such. Only `redact` has one.
pub trait Readable: Stage {}

/// Something that a peer wrote, at a stage.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wire<T, S = Quoted> {
    value: T,
    stage: PhantomData<S>,
}

/// Text; borrowed where it is one of a few words that nearly every peer writes.
pub type Text<S = Quoted> = Wire<Cow<'static, str>, S>;

/// A stretch of a longer text.
pub type Excerpt<'a, S = Quoted> = Wire<&'a str, S>;

/// Where an endpoint is: its address and port. No peer wrote it, but it may say whose it is, so views get it from `redact` only, as
/// they get what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub SocketAddr);

impl Deref for Address {
    type Target = SocketAddr;

    fn deref(&self) -> &SocketAddr {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address at a stage.
pub type At<S = Quoted> = Wire<Address, S>;

impl From<SocketAddr> for At {
    fn from(address: SocketAddr) -> Self {
        Self::new(Address(address))
    }
}

/// The name of a file, at a stage.
pub type FileName<S = Quoted> = Wire<Arc<str>, S>;

/// Bytes from the wire, at a stage.
pub type Bytes<S = Quoted> = Wire<Vec<u8>, S>;

impl<T> Wire<T> {
    /// Marks a value as written by a peer: it stays quoted until `redact` has decided about it.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self::at(value)
    }

    /// The value for analysis; it is not for anybody's eyes.
    #[must_use]
    pub const fn as_sent(&self) -> &T {
        &self.value
    }

    /// To be written anew.
    #[must_use]
    pub const fn as_sent_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// To be analysed, given away.
    #[must_use]
    pub fn into_sent(self) -> T {
        self.value
    }
}

impl<T, S: Stage> Wire<T, S> {
    /// Of a stage: in the model, for parts of what is at that stage.
    pub(super) const fn at(value: T) -> Self {
        Self { value, stage: PhantomData }
    }

    /// To take parts of, in the model.
    pub(super) const fn value(&self) -> &T {
        &self.value
    }

    /// At a stage, for whoever has the right to it.
    #[must_use]
    pub const fn write(value: T, _right: S) -> Self {
        Self::at(value)
    }

    /// For whoever has the right to its stage.
    #[must_use]
    pub const fn read(&self, _right: S) -> &T {
        &self.value
    }

    /// The same, given away.
    #[must_use]
    pub fn take(self, _right: S) -> T {
        self.value
    }
}

impl<T: Deref, S: Readable> Deref for Wire<T, S> {
    type Target = T::Target;

    fn deref(&self) -> &T::Target {
        &self.value
    }
}

impl<T: fmt::Display, S: Readable> fmt::Display for Wire<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Debug, S: Stage> fmt::Debug for Wire<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if S::IS_DECIDED { self.value.fmt(f) } else { Quoted.fmt(f) }
    }
}

impl<T: Default> Default for Wire<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Whether it is a certain text.
impl<T: AsRef<str>, S: Stage> PartialEq<str> for Wire<T, S> {
    fn eq(&self, other: &str) -> bool {
        self.value.as_ref() == other
    }
}

impl<T: AsRef<str>, S: Stage> PartialEq<&str> for Wire<T, S> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(Cow::Owned(text))
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}
