//! Rows in the order of one of their columns.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use crate::error::Error;
use crate::model::Timestamp;
use crate::views::Sort;
use crate::views::row::{Encoder, Type, Value};
use crate::views::units::Decimal;

/// What a row takes besides its bytes.
const ROW: usize = 48;

/// Rows that wait for the others.
pub(super) struct Sorted {
    sort: Sort,
    rows: Vec<Row>,
    bytes: usize,
}

struct Row {
    /// The key, then the row.
    bytes: Box<[u8]>,
    /// Bytes of the key; none where there is no value.
    key: usize,
}

/// Appends a row behind its key, as [`Sorted::push`] takes it.
pub(super) fn keyed<T>(
    out: &mut Vec<u8>,
    row: impl Value<T>,
    column: &'static str,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let begin = out.len();
    out.extend_from_slice(&[0; size_of::<u64>()]);
    row.encode(&mut Key { out, column, is_it: false });
    let key = (out.len() - begin) as u64 - size_of::<u64>() as u64;
    if let Some(place) = out.get_mut(begin..begin + size_of::<u64>()) {
        place.copy_from_slice(&key.to_le_bytes());
    }
    write(out);
}

impl Sorted {
    pub(super) const fn new(sort: Sort) -> Self {
        Self { sort, rows: Vec::new(), bytes: 0 }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub(super) fn push(&mut self, keyed: &[u8]) -> Result<(), Error> {
        let Some((key, bytes)) = keyed.split_first_chunk() else { return Ok(()) };
        let key = usize::try_from(u64::from_le_bytes(*key)).unwrap_or_default();
        self.bytes = self.bytes.saturating_add(bytes.len() + ROW);
        if self.bytes > self.sort.max_bytes {
            return Err(Error::TooManyRows { rows: self.rows.len(), bytes: self.sort.max_bytes });
        }
        self.rows.push(Row { bytes: bytes.into(), key });
        Ok(())
    }

    /// All of them. Those that are equal stay as they came, but for the order of numbers, which turns round too.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Vec<u8>> {
        let Self { sort, mut rows, .. } = self;
        if sort.reverse {
            rows.reverse();
        }
        rows.sort_by(|a, b| {
            let (a, b) = (a.bytes.get(..a.key).unwrap_or_default(), b.bytes.get(..b.key).unwrap_or_default());
            match (a.is_empty(), b.is_empty()) {
                (false, false) if sort.reverse => b.cmp(a),
                (false, false) => a.cmp(b),
                (true, true) => Ordering::Equal,
                (is_empty, _) => is_empty.cmp(&!is_empty),
            }
        });
        rows.into_iter().map(|row| {
            let mut bytes = row.bytes.into_vec();
            bytes.drain(..row.key);
            bytes
        })
    }
}

/// The value of a column, as bytes in the order of its values.
struct Key<'b> {
    out: &'b mut Vec<u8>,
    column: &'static str,
    /// What comes now is of that column.
    is_it: bool,
}

impl Key<'_> {
    /// No key is empty that stands for something.
    fn put(&mut self, bytes: &[u8]) {
        if self.is_it {
            self.out.push(1);
            self.out.extend_from_slice(bytes);
        }
    }
}

impl Encoder for Key<'_> {
    fn null(&mut self) {}

    fn boolean(&mut self, value: bool) {
        self.put(&[u8::from(value)]);
    }

    fn unsigned(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    fn signed(&mut self, value: i64) {
        // The sign turned round, negative numbers come first.
        self.put(&(value as u64 ^ 1 << 63).to_be_bytes());
    }

    /// A column has as many digits in all rows.
    fn decimal(&mut self, value: Decimal) {
        self.signed(value.parts());
    }

    fn text(&mut self, text: &str) {
        self.put(text.as_bytes());
    }

    fn display(&mut self, text: impl fmt::Display) {
        if self.is_it {
            let mut whole = String::new();
            let _ = write!(whole, "{text}");
            self.put(whole.as_bytes());
        }
    }

    fn hex(&mut self, bytes: &[u8]) {
        self.put(bytes);
    }

    fn time(&mut self, at: Timestamp) {
        self.signed(at.0);
    }

    /// What is nested has no order.
    fn list(&mut self, _: impl FnOnce(&mut Self)) {}

    fn element<T>(&mut self, _: impl Value<T>) {}

    fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        fields(self);
    }

    fn field<T: Type>(&mut self, key: &'static str, value: impl Value<T>) {
        let name = key.get(2..key.len().saturating_sub(2)).unwrap_or_default();
        // Numbers of connections are no text: their order is that in which they come.
        self.is_it = name == self.column && name != "id" && !T::KIND.is_nested();
        if self.is_it && !value.is_absent() {
            value.encode(self);
        }
    }

    fn entry<T>(&mut self, _: &str, _: impl Value<T>) {}
}
