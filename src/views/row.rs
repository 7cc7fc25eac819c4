//! Rows: what programs read, whatever the format. The fields of a row are declared once, by `row!`: name, type, what each
//! holds, and how it is got. The declaration hands the values to any `Encoder`, and it is the table of [`Field`]s that
//! schemas and columns are made of.

use std::fmt;

use crate::model::{PerRole, Timestamp, wire};
use crate::redact::Shown;
use crate::views::units::Decimal;

/// A field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name, the same in every format.
    pub name: &'static str,
    /// What its values are.
    pub kind: &'static ValueKind,
    /// Whether it is left out of an object where there is no value.
    pub optional: bool,
    /// What it holds.
    pub doc: &'static str,
    /// What a table has in its place, where one column is not enough: these, of which the first is named like the field, the
    /// others with an underscore behind that name.
    pub columns: &'static [Self],
}

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A whole number that fits 64 bits, with or without sign.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// Bytes, as text two hexadecimal digits each.
    Hex,
    /// A time in nanoseconds; as text in RFC 3339, UTC, nine digits.
    Time,
    /// A length of time in nanoseconds, as a whole number.
    Nanoseconds,
    /// What the kind says, or null where it is unknown or empty.
    OrNull(&'static Self),
    /// Any number of one kind, in order.
    List(&'static Self),
    /// One of each, in this order.
    Tuple(&'static [&'static Self]),
    /// One of several kinds.
    Either(&'static [&'static Self]),
    /// Values of one kind by names that are not known beforehand.
    Map(&'static Self),
    /// A row of its own.
    Object(&'static [Field]),
}

/// The type of a field as a declaration has it, which no value is of: those are [`Value`]s of it.
pub(super) trait Type {
    /// What its values are.
    const KIND: &'static ValueKind;
    /// Whether a field is left out where it has none.
    const OPTIONAL: bool = false;
    /// The columns of a field in a table; none where it has one like any other.
    const COLUMNS: &'static [Field] = &[];
}

/// What can be encoded where a declaration says `T`.
pub(super) trait Value<T> {
    /// Hands itself on.
    fn encode(self, to: &mut impl Encoder);

    /// Whether the field is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// Hands on what stands in the columns of a table, as the fields of a row; nothing where all are empty.
    fn encode_columns(self, to: &mut impl Encoder)
    where
        Self: Sized,
    {
        self.encode(to);
    }
}

/// What `row!` declares.
pub(super) trait Row: Copy {
    /// Hands on the values of all of them.
    fn encode_fields(self, to: &mut impl Encoder);
}

/// What takes the values: a format.
pub(super) trait Encoder: Sized {
    /// No value.
    fn null(&mut self);
    /// True or false.
    fn boolean(&mut self, value: bool);
    /// A number from 0 on.
    fn unsigned(&mut self, value: u64);
    /// A number.
    fn signed(&mut self, value: i64);
    /// A number that need not be whole.
    fn decimal(&mut self, value: Decimal);
    /// Text, which may hold any character.
    fn text(&mut self, text: &str);
    /// Text that is not put together before.
    fn display(&mut self, text: impl fmt::Display);
    /// Bytes.
    fn hex(&mut self, bytes: &[u8]);
    /// A time.
    fn time(&mut self, at: Timestamp);
    /// A list, each of whose elements is handed on by [`Self::element`].
    fn list(&mut self, elements: impl FnOnce(&mut Self));
    /// The next of a list.
    fn element<T>(&mut self, value: impl Value<T>);
    /// A row or a map, each of whose fields is handed on by [`Self::field`] or [`Self::entry`].
    fn object(&mut self, fields: impl FnOnce(&mut Self));
    /// The next field of a row, in the order of the declaration. `key` is its name with the punctuation of JSON, `,"name":`.
    fn field<T: Type>(&mut self, key: &'static str, value: impl Value<T>);
    /// The next of a map.
    fn entry<T>(&mut self, name: &str, value: impl Value<T>);
}

impl Field {
    pub(super) const fn new<T: Type>(name: &'static str, doc: &'static str) -> Self {
        Self { name, kind: T::KIND, optional: T::OPTIONAL, doc: doc.trim_ascii(), columns: T::COLUMNS }
    }

    /// `first`, then `more`: fields, as many as there are together.
    pub(super) const fn joined<const N: usize>(first: &[Self], more: &[Self]) -> [Self; N] {
        assert!(first.len() + more.len() == N, "not so many fields");
        let mut all =
            [Self { name: "", kind: &ValueKind::Boolean, optional: false, doc: "", columns: &[] }; N];
        let mut at = 0;
        while at < N {
            all[at] = if at < first.len() { first[at] } else { more[at - first.len()] };
            at += 1;
        }
        all
    }
}

impl ValueKind {
    /// Whether a value of it is made of others.
    pub(super) const fn is_nested(&self) -> bool {
        match self {
            Self::OrNull(kind) => kind.is_nested(),
            Self::List(_) | Self::Tuple(_) | Self::Either(_) | Self::Map(_) | Self::Object(_) => true,
            Self::Integer
            | Self::Number
            | Self::Boolean
            | Self::Text
            | Self::Hex
            | Self::Time
            | Self::Nanoseconds => false,
        }
    }
}

/// Declares a row: a tuple struct of what its values are made of, and below it the fields.
///
/// ```text
/// row! {
///     /// A ping.
///     pub(super) struct Ping<'a>(talk: &'a Conversation, ping: &'a PingRecord);
///
///     let (packet, input) = place(talk, ping.packet);     // what several fields need
///
///     /// Packet it began in.
///     packet: Option<Integer> = packet,                   // null where there is none
///     /// Index of its input, where it is another than the connection's.
///     input: OrAbsent<Integer> = input,                   // left out where there is none
///     /// Its payload.
///     payload: Hex = &ping.payload,
/// }
/// ```
///
/// The types are those of [`row`](self): `Integer`, `Boolean`, `Text`, `Hex`, `Time`, `Nanoseconds`, `List<T>`, `Map<T>`,
/// `PerRole<T>`, tuples, other rows, and of these `Option` and `OrAbsent`.
///
/// In a table a field that is a row is its JSON in one cell, unless the row names another one, made of it, whose fields are
/// the columns: the first is named like the field, and `as` is `payload_as` where the field is `payload`.
///
/// ```text
/// row! {
///     /// A payload.
///     pub(super) struct Payload<'a>(frame: &'a FrameRecord<Shown>);
///     in columns PayloadColumns;
///     …
/// }
///
/// row! {
///     /// A payload in a table.
///     pub(super) struct PayloadColumns<'a>(payload: Payload<'a>);
///
///     /// The first bytes of it, as text or in hex.
///     what: Option<Text> = …,
///     /// Which: `text`, `hex` or `redacted`.
///     as: Option<Text> = …,
/// }
/// ```
macro_rules! row {
    (
        $(#[doc = $about:literal])+
        $vis:vis struct $Row:ident $(<$life:lifetime>)? ($($source:ident: $Source:ty),+ $(,)?);
        $(in columns $Columns:ident;)?
        $(let $shared:pat = $of:expr;)*
        $($(#[doc = $doc:literal])+ $name:ident: $Type:ty = $value:expr),+ $(,)?
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug)]
        $vis struct $Row $(<$life>)? ($($vis $Source),+);

        impl $(<$life>)? $Row $(<$life>)? {
            /// Its fields, in the order they are written in.
            $vis const FIELDS: &'static [$crate::views::row::Field] =
                &[$($crate::views::row::Field::new::<$Type>($crate::views::row::plain(stringify!($name)), concat!($($doc),+))),+];
        }

        impl $(<$life>)? $crate::views::row::Type for $Row $(<$life>)? {
            const KIND: &'static $crate::views::row::ValueKind = &$crate::views::row::ValueKind::Object(Self::FIELDS);
            $(const COLUMNS: &'static [$crate::views::row::Field] = $Columns::FIELDS;)?
        }

        impl $(<$life>)? $crate::views::row::Row for $Row $(<$life>)? {
            fn encode_fields(self, to: &mut impl $crate::views::row::Encoder) {
                let Self($($source),+) = self;
                $(let $shared = $of;)*
                $(to.field::<$Type>($crate::views::row::key!($name), $value);)+
            }
        }

        impl $(<$life>)? $crate::views::row::Value<Self> for $Row $(<$life>)? {
            // Not by `encode_fields`: a document is made of very many rows, and each would be one call more.
            fn encode(self, to: &mut impl $crate::views::row::Encoder) {
                let Self($($source),+) = self;
                $(let $shared = $of;)*
                to.object(|to| {
                    $(to.field::<$Type>($crate::views::row::key!($name), $value);)+
                });
            }

            $(fn encode_columns(self, to: &mut impl $crate::views::row::Encoder) {
                to.object(|to| $crate::views::row::Row::encode_fields($Columns(self), to));
            })?
        }
    };
}

pub(super) use row;

/// The name of a field with the punctuation of JSON.
macro_rules! key {
    (r#type) => {
        ",\"type\":"
    };
    (r#as) => {
        ",\"as\":"
    };
    ($name:ident) => {
        concat!(",\"", stringify!($name), "\":")
    };
}

pub(super) use key;

/// A name, which Rust may have to be told is one.
pub(super) const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// A whole number.
#[derive(Debug)]
pub(super) enum Integer {}

/// Any number.
#[derive(Debug)]
pub(super) enum Number {}

/// True or false.
#[derive(Debug)]
pub(super) enum Boolean {}

/// Text.
#[derive(Debug)]
pub(super) enum Text {}

/// Bytes.
#[derive(Debug)]
pub(super) enum Hex {}

/// A time.
#[derive(Debug)]
pub(super) enum Time {}

/// A length of time.
#[derive(Debug)]
pub(super) enum Nanoseconds {}

/// `T`, or no field at all.
#[derive(Debug)]
pub(super) struct OrAbsent<T>(T);

/// Any number of `T`.
#[derive(Debug)]
pub(super) struct List<T>(T);

/// `T` by names.
#[derive(Debug)]
pub(super) struct Map<T>(T);

/// A value that is text when it is displayed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Displayed<D>(pub(super) D);

macro_rules! types {
    ($($Type:ty: $kind:expr),+ $(,)?) => { $(impl Type for $Type { const KIND: &'static ValueKind = &$kind; })+ };
}

types! {
    Integer: ValueKind::Integer,
    Number: ValueKind::Number,
    Boolean: ValueKind::Boolean,
    Text: ValueKind::Text,
    Hex: ValueKind::Hex,
    Time: ValueKind::Time,
    Nanoseconds: ValueKind::Nanoseconds,
}

impl<T: Type> Type for Option<T> {
    const KIND: &'static ValueKind = &ValueKind::OrNull(T::KIND);
    const COLUMNS: &'static [Field] = T::COLUMNS;
}

impl<T: Type> Type for OrAbsent<T> {
    const KIND: &'static ValueKind = T::KIND;
    const OPTIONAL: bool = true;
    const COLUMNS: &'static [Field] = T::COLUMNS;
}

impl<T: Type> Type for List<T> {
    const KIND: &'static ValueKind = &ValueKind::List(T::KIND);
}

impl<T: Type> Type for Map<T> {
    const KIND: &'static ValueKind = &ValueKind::Map(T::KIND);
}

impl<A: Type, B: Type> Type for (A, B) {
    const KIND: &'static ValueKind = &ValueKind::Tuple(&[A::KIND, B::KIND]);
}

impl<A: Type, B: Type, C: Type> Type for (A, B, C) {
    const KIND: &'static ValueKind = &ValueKind::Tuple(&[A::KIND, B::KIND, C::KIND]);
}

impl<T: Type> Type for PerRole<T> {
    const KIND: &'static ValueKind = &ValueKind::Object(
        const { &[Field::new::<T>("client", "The client's."), Field::new::<T>("server", "The server's.")] },
    );
}

macro_rules! unsigned {
    ($($Int:ty),+) => {
        $(impl Value<Integer> for $Int {
            fn encode(self, to: &mut impl Encoder) {
                to.unsigned(self.into());
            }
        })+
    };
}

unsigned!(u8, u16, u32, u64);

impl Value<Integer> for usize {
    fn encode(self, to: &mut impl Encoder) {
        to.unsigned(self as u64);
    }
}

impl Value<Number> for Decimal {
    fn encode(self, to: &mut impl Encoder) {
        to.decimal(self);
    }
}

impl Value<Nanoseconds> for i64 {
    fn encode(self, to: &mut impl Encoder) {
        to.signed(self);
    }
}

impl Value<Boolean> for bool {
    fn encode(self, to: &mut impl Encoder) {
        to.boolean(self);
    }
}

impl Value<Text> for &str {
    fn encode(self, to: &mut impl Encoder) {
        to.text(self);
    }
}

impl Value<Text> for &String {
    fn encode(self, to: &mut impl Encoder) {
        to.text(self);
    }
}

impl Value<Text> for String {
    fn encode(self, to: &mut impl Encoder) {
        to.text(&self);
    }
}

impl Value<Text> for &wire::Text<Shown> {
    fn encode(self, to: &mut impl Encoder) {
        to.text(self);
    }
}

impl Value<Text> for wire::Excerpt<'_, Shown> {
    fn encode(self, to: &mut impl Encoder) {
        to.text(self.shown());
    }
}

impl<D: fmt::Display> Value<Text> for Displayed<D> {
    fn encode(self, to: &mut impl Encoder) {
        to.display(self.0);
    }
}

impl Value<Hex> for &[u8] {
    fn encode(self, to: &mut impl Encoder) {
        to.hex(self);
    }
}

impl<const N: usize> Value<Hex> for [u8; N] {
    fn encode(self, to: &mut impl Encoder) {
        to.hex(&self);
    }
}

impl Value<Time> for Timestamp {
    fn encode(self, to: &mut impl Encoder) {
        to.time(self);
    }
}

impl<T, V: Value<T>> Value<Option<T>> for Option<V> {
    fn encode(self, to: &mut impl Encoder) {
        match self {
            Some(value) => value.encode(to),
            None => to.null(),
        }
    }

    fn encode_columns(self, to: &mut impl Encoder) {
        if let Some(value) = self {
            value.encode_columns(to);
        }
    }
}

impl<T, V: Value<T>> Value<OrAbsent<T>> for Option<V> {
    fn encode(self, to: &mut impl Encoder) {
        if let Some(value) = self {
            value.encode(to);
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn encode_columns(self, to: &mut impl Encoder) {
        if let Some(value) = self {
            value.encode_columns(to);
        }
    }
}

impl<T, I: IntoIterator<Item: Value<T>>> Value<List<T>> for I {
    fn encode(self, to: &mut impl Encoder) {
        to.list(|to| self.into_iter().for_each(|value| to.element(value)));
    }
}

impl<T, K: AsRef<str>, V: Value<T>, I: IntoIterator<Item = (K, V)>> Value<Map<T>> for I {
    fn encode(self, to: &mut impl Encoder) {
        to.object(|to| self.into_iter().for_each(|(name, value)| to.entry(name.as_ref(), value)));
    }
}

impl<T, V: Value<T>> Value<PerRole<T>> for PerRole<V>
where
    T: Type,
{
    fn encode(self, to: &mut impl Encoder) {
        to.object(|to| {
            to.field::<T>(",\"client\":", self.client);
            to.field::<T>(",\"server\":", self.server);
        });
    }
}

impl<A, B, X: Value<A>, Y: Value<B>> Value<(A, B)> for (X, Y) {
    fn encode(self, to: &mut impl Encoder) {
        to.list(|to| {
            to.element(self.0);
            to.element(self.1);
        });
    }
}

impl<A, B, C, X: Value<A>, Y: Value<B>, Z: Value<C>> Value<(A, B, C)> for (X, Y, Z) {
    fn encode(self, to: &mut impl Encoder) {
        to.list(|to| {
            to.element(self.0);
            to.element(self.1);
            to.element(self.2);
        });
    }
}
