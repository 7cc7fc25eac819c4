//! CSV (RFC 4180): a line a row, its columns those that are declared, whatever the data.
//!
//! What is null or absent is an empty cell, and so is empty text: which of them, only JSON tells. Control characters are made
//! visible, line ends among them, so that a row is a line. What a spreadsheet would run as a formula begins with an apostrophe.
//! What is nested is JSON in a cell, or has columns of its own.

use std::fmt::{self, Write as _};

use csv_core::{Terminator, Writer, WriterBuilder};

use crate::model::Timestamp;
use crate::views::escape::visible;
use crate::views::json::write;
use crate::views::row::{Encoder, Field, Type, Value};
use crate::views::units::{self, Decimal};

/// The line with the names of the columns.
pub(super) fn header(out: &mut Vec<u8>, fields: &'static [Field]) {
    let mut line = Csv::new(out);
    for name in columns(fields) {
        line.cell(name.as_bytes());
    }
    line.end();
}

/// Appends the line of a row.
pub(super) fn row<T>(out: &mut Vec<u8>, row: impl Value<T>) {
    let mut line = Csv::new(out);
    row.encode(&mut line);
    line.end();
}

/// The names of the columns of a row with these fields.
pub(super) fn columns(fields: &'static [Field]) -> impl Iterator<Item = String> {
    fields.iter().flat_map(|field| {
        let first = std::iter::once(field.name.to_owned());
        first.chain(field.columns.iter().skip(1).map(|column| format!("{}_{}", field.name, column.name)))
    })
}

/// A line at the end of a buffer.
struct Csv<'b> {
    out: &'b mut Vec<u8>,
    writer: Writer,
    /// Cells so far.
    cells: usize,
}

impl<'b> Csv<'b> {
    fn new(out: &'b mut Vec<u8>) -> Self {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).build();
        Self { out, writer, cells: 0 }
    }

    /// Appends what the writer makes with so much room, which is enough.
    fn write(&mut self, room: usize, make: impl FnOnce(&mut Writer, &mut [u8]) -> usize) {
        let begin = self.out.len();
        self.out.resize(begin + room, 0);
        let written = self.out.get_mut(begin..).map_or(0, |room| make(&mut self.writer, room));
        self.out.truncate(begin + written);
    }

    fn cell(&mut self, bytes: &[u8]) {
        if self.cells > 0 {
            self.write(2, |writer, room| writer.delimiter(room).1);
        }
        self.cells += 1;
        // Quotation marks around it, and each in it twice.
        self.write(2 + 2 * bytes.len(), |writer, room| writer.field(bytes, room).2);
    }

    fn end(&mut self) {
        self.write(3, |writer, room| writer.terminator(room).1);
    }
}

impl Encoder for Csv<'_> {
    fn null(&mut self) {
        self.cell(b"");
    }

    fn boolean(&mut self, value: bool) {
        self.cell(if value { b"true" } else { b"false" });
    }

    fn unsigned(&mut self, value: u64) {
        self.cell(itoa::Buffer::new().format(value).as_bytes());
    }

    fn signed(&mut self, value: i64) {
        self.cell(itoa::Buffer::new().format(value).as_bytes());
    }

    fn decimal(&mut self, value: Decimal) {
        self.cell(value.to_string().as_bytes());
    }

    fn text(&mut self, text: &str) {
        let text = visible(text);
        if is_formula(&text) {
            self.cell(format!("'{text}").as_bytes());
        } else {
            self.cell(text.as_bytes());
        }
    }

    fn display(&mut self, text: impl fmt::Display) {
        let mut whole = String::new();
        // A string takes whatever comes.
        let _ = write!(whole, "{text}");
        self.text(&whole);
    }

    fn hex(&mut self, bytes: &[u8]) {
        let mut digits = Vec::new();
        write::value::<crate::views::row::Hex>(&mut digits, bytes);
        self.cell(inside(&digits));
    }

    fn time(&mut self, at: Timestamp) {
        self.cell(&units::rfc3339(at));
    }

    /// [`Self::field`] has what is nested written as JSON: none comes here.
    fn list(&mut self, _: impl FnOnce(&mut Self)) {
        self.null();
    }

    fn element<T>(&mut self, value: impl Value<T>) {
        value.encode(self);
    }

    /// The row itself.
    fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        fields(self);
    }

    fn field<T: Type>(&mut self, _: &'static str, value: impl Value<T>) {
        let before = self.cells;
        if !value.is_absent() {
            if !T::COLUMNS.is_empty() {
                value.encode_columns(self);
            } else if T::KIND.is_nested() {
                let mut json = Vec::new();
                write::value::<T>(&mut json, value);
                self.cell(if json == b"null" { b"" } else { &json });
            } else {
                value.encode(self);
            }
        }
        while self.cells < before + T::COLUMNS.len().max(1) {
            self.null();
        }
    }

    fn entry<T>(&mut self, _: &str, value: impl Value<T>) {
        value.encode(self);
    }
}

/// What is between quotation marks.
fn inside(quoted: &[u8]) -> &[u8] {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

/// Whether a spreadsheet takes text for a formula: numbers alone it leaves as they are, and a sign alone.
fn is_formula(text: &str) -> bool {
    text.len() > 1 && text.starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::row::{Boolean, Hex, Integer, List, Map, OrAbsent, Text, Time, row};

    row! {
        /// Bytes of somebody.
        struct Payload(text: Option<&'static str>, bytes: &'static [u8]);
        in columns PayloadColumns;

        /// As text.
        text: OrAbsent<Text> = text,
        /// In hex.
        hex: OrAbsent<Hex> = text.is_none().then_some(bytes),
    }

    row! {
        /// The same in a table.
        struct PayloadColumns(payload: Payload);

        let Payload(text, bytes) = payload;

        /// Either.
        what: Text = text.map_or_else(|| format!("{} bytes", bytes.len()), str::to_owned),
        /// Which.
        as: Text = if text.is_some() { "text" } else { "hex" },
        /// Never.
        cut: OrAbsent<Boolean> = None::<bool>,
    }

    row! {
        /// One of each.
        struct All(name: Option<&'static str>, payload: Option<Payload>, count: Option<u64>);

        /// Text.
        name: Option<Text> = name,
        /// Absent, it has a column too.
        count: OrAbsent<Integer> = count,
        /// Columns of its own.
        payload: OrAbsent<Payload> = payload,
        /// The same where it is null.
        reply: Option<Payload> = payload,
        /// A list.
        names: List<Text> = name,
        /// A map.
        lengths: Map<Integer> = name.map(|name| (name, name.len())),
        /// Bytes.
        key: Hex = [0x00, 0x9f],
        /// A time.
        at: Option<Time> = count.map(|_| Timestamp(1)),
    }

    fn line(name: Option<&'static str>, payload: Option<Payload>, count: Option<u64>) -> String {
        let mut out = Vec::new();
        row(&mut out, All(name, payload, count));
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn columns_are_those_declared_and_no_others() {
        let mut out = Vec::new();
        header(&mut out, All::FIELDS);
        let names =
            "name,count,payload,payload_as,payload_cut,reply,reply_as,reply_cut,names,lengths,key,at\r\n";
        assert_eq!(String::from_utf8(out).as_deref(), Ok(names));
        assert_eq!(line(None, None, None), ",,,,,,,,[],{},009f,\r\n");
        assert_eq!(
            line(Some("a"), Some(Payload(Some("x,y"), b"")), Some(7)),
            "a,7,\"x,y\",text,,\"x,y\",text,,\"[\"\"a\"\"]\",\"{\"\"a\"\":1}\",009f,1970-01-01T00:00:00.000000001Z\r\n"
        );
        let hex = line(Some("a"), Some(Payload(None, b"\xff\x00")), None);
        assert!(hex.starts_with("a,,2 bytes,hex,,2 bytes,hex,,"), "{hex}");
    }

    #[test]
    fn no_text_leaves_its_cell() {
        for (text, cell) in [
            ("", ""),
            ("plain | text", "plain | text"),
            ("a\"b", "\"a\"\"b\""),
            ("\"", "\"\"\"\""),
            ("a\r\nb", "a\\r\\nb"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("-2+3", "'-2+3"),
            ("-2", "-2"),
            ("-", "-"),
            ("+1.5e3", "+1.5e3"),
            ("\t=1", "\\t=1"),
        ] {
            let mut out = Vec::new();
            let mut csv = Csv::new(&mut out);
            csv.text(text);
            csv.null();
            csv.end();
            assert_eq!(String::from_utf8(out), Ok(format!("{cell},\r\n")), "{text:?}");
        }
    }
}
