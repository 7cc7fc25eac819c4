//! YAML as workflows and actions are written here: mappings and lists by indentation, plain and quoted scalars, blocks of text.
//! What else YAML has is an error.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yaml {
    Map(Vec<(String, Self)>),
    List(Vec<Self>),
    /// A scalar, and whether it was written in quotes or as a block.
    Text(String, bool),
    Null,
}

impl Yaml {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text, _) = self { Some(text) } else { None }
    }
}

struct Line<'a> {
    no: usize,
    indent: usize,
    text: &'a str,
}

struct Reader<'a> {
    /// As they are, for blocks of text.
    raw: Vec<&'a str>,
    lines: Vec<Line<'a>>,
    at: usize,
}

/// Reads a document.
pub fn parse(text: &str) -> Result<Yaml, String> {
    let raw: Vec<&str> = text.lines().collect();
    let lines = raw.iter().enumerate().map(|(no, line)| {
        let text = line.trim_start_matches(' ');
        Line { no, indent: line.len() - text.len(), text: text.trim_end() }
    });
    let lines = lines.filter(|line| !line.text.is_empty() && !line.text.starts_with('#')).collect();
    let mut reader = Reader { raw, lines, at: 0 };
    if text.contains('\t') {
        return Err("a tab".to_owned());
    }
    let value = reader.value(0)?;
    match reader.lines.get(reader.at) {
        None => Ok(value),
        Some(line) => Err(format!("line {}: out of place", line.no + 1)),
    }
}

impl Reader<'_> {
    fn value(&mut self, least: usize) -> Result<Yaml, String> {
        let Some(line) = self.lines.get(self.at).filter(|line| line.indent >= least) else {
            return Ok(Yaml::Null);
        };
        let indent = line.indent;
        if line.text == "-" || line.text.starts_with("- ") { self.list(indent) } else { self.map(indent) }
    }

    fn list(&mut self, indent: usize) -> Result<Yaml, String> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get_mut(self.at).filter(|line| line.indent == indent) {
            let Some(rest) = line.text.strip_prefix("- ") else { break };
            let rest = rest.trim_start();
            if key(rest).is_some() {
                // The mapping begins behind the dash.
                line.indent = indent + (line.text.len() - rest.len());
                line.text = rest;
                let inner = line.indent;
                items.push(self.map(inner)?);
            } else {
                items.push(scalar(rest, line.no)?);
                self.at += 1;
            }
        }
        Ok(Yaml::List(items))
    }

    fn map(&mut self, indent: usize) -> Result<Yaml, String> {
        let mut entries: Vec<(String, Yaml)> = Vec::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) {
            let no = line.no;
            let Some((name, rest)) = key(line.text) else { return Err(format!("line {}: no key", no + 1)) };
            if entries.iter().any(|(known, _)| known == name) {
                return Err(format!("line {}: {name} twice", no + 1));
            }
            self.at += 1;
            let value = match rest {
                "" => {
                    // A list may stand as far left as its key.
                    let is_list = self.lines.get(self.at).is_some_and(|line| line.text.starts_with("- "));
                    self.value(if is_list { indent } else { indent + 1 })?
                }
                "|" => self.block(no, indent),
                rest => scalar(rest, no)?,
            };
            entries.push((name.to_owned(), value));
        }
        match self.lines.get(self.at) {
            Some(line) if line.indent > indent => Err(format!("line {}: indented too far", line.no + 1)),
            _ => Ok(Yaml::Map(entries)),
        }
    }

    /// The lines behind a bar: as deep as the first of them, blank ones included.
    fn block(&mut self, no: usize, indent: usize) -> Yaml {
        let mut lines = Vec::new();
        let mut depth = None;
        for line in self.raw.iter().skip(no + 1) {
            let text = line.trim_start_matches(' ');
            let own = line.len() - text.len();
            if !text.is_empty() && own <= indent {
                break;
            }
            let depth = *depth.get_or_insert(own);
            lines.push(line.get(depth..).unwrap_or_default());
        }
        while self.lines.get(self.at).is_some_and(|line| line.no <= no + lines.len()) {
            self.at += 1;
        }
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        Yaml::Text(lines.join("\n") + "\n", true)
    }
}

/// A key and what follows it.
fn key(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    (is_name && (rest.is_empty() || rest.starts_with(' '))).then(|| (name, rest.trim()))
}

fn scalar(text: &str, no: usize) -> Result<Yaml, String> {
    if let Some(inside) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        let is_plain = !inside.contains(['"', '\\']);
        return if is_plain {
            Ok(Yaml::Text(inside.to_owned(), true))
        } else {
            Err(format!("line {}: {text}", no + 1))
        };
    }
    let is_other = text
        .starts_with(['"', '\'', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '#', ',', '?']);
    let is_cut = text.contains(" #") || text.contains(": ") || text.ends_with(':');
    if is_other || is_cut {
        return Err(format!("line {}: {text} means something else than it says", no + 1));
    }
    Ok(Yaml::Text(text.to_owned(), false))
}
