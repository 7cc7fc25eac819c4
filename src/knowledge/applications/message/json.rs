//! The values of a JSON text, as they come: as much of it as is there, whatever its faults.

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    /// In how many objects and arrays.
    pub(super) depth: usize,
    /// Of a member, as it was sent.
    pub(super) name: Option<&'a str>,
    /// Inside the quotes of a string, as it was sent; of another value its characters; empty of an object or an array.
    pub(super) text: &'a str,
    /// It is a string.
    pub(super) is_quoted: bool,
    /// It is an object or an array, whose values follow.
    pub(super) is_open: bool,
}

impl Value<'_> {
    pub(super) fn is_string(&self, name: &str, text: &str) -> bool {
        self.is_quoted && self.name == Some(name) && self.text == text
    }

    pub(super) fn is_number(&self, name: &str, number: u64) -> bool {
        !self.is_quoted && self.name == Some(name) && self.text.parse() == Ok(number)
    }
}

/// One pass over a text.
#[derive(Debug)]
pub(super) struct Values<'a> {
    rest: &'a str,
    depth: usize,
    name: Option<&'a str>,
}

impl<'a> Values<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text, depth: 0, name: None }
    }

    /// Takes a string behind its first quote; `None` where it does not end.
    fn string(&mut self) -> Option<&'a str> {
        let mut escaped = false;
        let end = self.rest.bytes().position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            byte => byte == b'"',
        })?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            let behind = self.rest.get(first.len_utf8()..)?;
            match first {
                '{' | '[' => {
                    self.rest = behind;
                    let (depth, name) = (self.depth, self.name.take());
                    self.depth += 1;
                    return Some(Value { depth, name, text: "", is_quoted: false, is_open: true });
                }
                '}' | ']' => {
                    self.rest = behind;
                    self.depth = self.depth.saturating_sub(1);
                    self.name = None;
                }
                ',' | ':' => self.rest = behind,
                '"' => {
                    self.rest = behind;
                    let text = self.string()?;
                    if self.name.is_none() && self.rest.trim_start().starts_with(':') {
                        self.name = Some(text);
                        continue;
                    }
                    let (depth, name) = (self.depth, self.name.take());
                    return Some(Value { depth, name, text, is_quoted: true, is_open: false });
                }
                _ => {
                    let end =
                        self.rest.find([',', ':', '{', '}', '[', ']', '"', ' ', '\n', '\r', '\t', '\x1e']);
                    let (text, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
                    // A lone separator is no value.
                    self.rest = if text.is_empty() { behind } else { rest };
                    if !text.is_empty() {
                        let (depth, name) = (self.depth, self.name.take());
                        return Some(Value { depth, name, text, is_quoted: false, is_open: false });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Depth, name and text of each.
    #[track_caller]
    fn check(text: &str, expected: &[(usize, Option<&str>, &str)]) {
        let found: Vec<_> = Values::new(text).map(|value| (value.depth, value.name, value.text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_come_with_their_place() {
        check(
            "{\"a\":1,\"b\":{\"c\":\"x\"},\"d\":[true,null]}",
            &[
                (0, None, ""),
                (1, Some("a"), "1"),
                (1, Some("b"), ""),
                (2, Some("c"), "x"),
                (1, Some("d"), ""),
                (2, None, "true"),
                (2, None, "null"),
            ],
        );
        check(
            "[ 6 , {} , \"wamp\\\"x\" ]",
            &[(0, None, ""), (1, None, "6"), (1, None, ""), (1, None, "wamp\\\"x")],
        );
        check("{\"type\":7}\x1e", &[(0, None, ""), (1, Some("type"), "7")]);
        check("", &[]);
    }

    /// What is cut or is no JSON gives what there is of it.
    #[test]
    fn whatever_comes_is_read_to_its_end() {
        check("{\"a\":\"cut", &[(0, None, "")]);
        check("}}}]{\"a\":1", &[(0, None, ""), (1, Some("a"), "1")]);
        check("\"", &[]);
        check("é", &[(0, None, "é")]);
        check("\x1e\x1e", &[]);
        assert_eq!(Values::new(&"[".repeat(10_000)).count(), 10_000);
        assert_eq!(Values::new(&"\"a\":".repeat(10_000)).count(), 5_000);
    }
}
