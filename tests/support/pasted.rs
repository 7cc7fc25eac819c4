//! The text of a page of the Autobahn Testsuite, as a browser's clipboard gives it.

/// Lines as a browser copies them; `between` stands between the cells of a table.
pub fn of(html: &[u8], between: &str) -> Vec<u8> {
    let html = one_line_end(html);
    let mut text = Text { out: Vec::new(), line: Vec::new(), between: between.as_bytes().to_vec(), cells: 0 };
    let mut rest = behind(&html, b"<body>").unwrap_or(&html);
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        text.flow(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'>') else { break };
        let (tag, inside) = (&rest[1..end], &rest[end + 1..]);
        let name =
            tag.split(|byte| matches!(byte, b' ' | b'/')).find(|part| !part.is_empty()).unwrap_or_default();
        // The suite writes what peers sent as it is.
        let raw: &[u8] = match name {
            _ if tag.starts_with(b"/") => b"",
            b"pre" => b"</pre>",
            b"td" => b"</td>",
            b"span" if tag.ends_with(b"\"case_pickle\"") => b"</span>",
            _ => b"",
        };
        rest = inside;
        if !raw.is_empty() {
            let end = find(rest, raw).unwrap_or(rest.len());
            let content = &rest[..end];
            match name {
                b"pre" => text.lines(content),
                b"td" => text.cell(content),
                _ => text.flow(content),
            }
            rest = rest.get(end + raw.len()..).unwrap_or_default();
            continue;
        }
        match name {
            b"p" | b"h1" | b"h2" | b"h3" | b"table" | b"div" | b"center" => {
                text.end();
                text.out.push(b'\n');
            }
            b"br" => text.end(),
            b"tr" => {
                text.end();
                text.cells = 0;
            }
            b"li" | b"ul" | b"ol" | b"hr" => text.end(),
            _ => {}
        }
    }
    text.end();
    text.out
}

struct Text {
    out: Vec<u8>,
    line: Vec<u8>,
    between: Vec<u8>,
    /// Cells of the row so far.
    cells: usize,
}

impl Text {
    /// Text outside of `pre`: white space is one blank.
    fn flow(&mut self, text: &[u8]) {
        for byte in text {
            let is_blank = matches!(byte, b' ' | b'\n' | b'\t');
            if !is_blank {
                self.line.push(*byte);
            } else if self.line.last().is_some_and(|last| *last != b' ') {
                self.line.push(b' ');
            }
        }
    }

    fn cell(&mut self, content: &[u8]) {
        if self.cells > 0 {
            let between = self.between.clone();
            self.line.extend(between);
        }
        self.cells += 1;
        self.line.extend(content.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
    }

    /// The content of `pre`.
    fn lines(&mut self, content: &[u8]) {
        self.end();
        self.out.extend_from_slice(content);
        self.out.push(b'\n');
    }

    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if !line.is_empty() {
            self.out.extend_from_slice(line);
            self.out.push(b'\n');
        }
    }
}

fn one_line_end(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            out.push(b'\n');
        } else {
            out.push(byte);
        }
    }
    out
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn behind<'a>(text: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    text.get(find(text, part)? + part.len()..)
}
