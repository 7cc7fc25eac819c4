//! JUnit XML as its readers want it: the element and attribute sets of three schemas, and their order, as rules.

use std::collections::BTreeMap;

/// An element of XML.
#[derive(Debug, Default)]
pub struct Node {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Self>,
    pub text: String,
}

/// Reads a document: elements, attributes in double quotes, text; anything else is an error.
pub fn parse(document: &str) -> Result<Node, String> {
    let mut rest =
        document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").ok_or("no declaration")?;
    let mut open = vec![Node::default()];
    while !rest.is_empty() {
        let (text, after) = rest.split_once('<').unwrap_or((rest, ""));
        open.last_mut().expect("the document").text.push_str(&unescaped(text)?);
        if after.is_empty() {
            break;
        }
        let end = after.find('>').ok_or("a tag that does not end")?;
        let (tag, behind) = after.split_at(end);
        rest = &behind[1..];
        if let Some(name) = tag.strip_prefix('/') {
            let node = open
                .pop()
                .filter(|node| node.name == name)
                .ok_or_else(|| format!("</{name}> ends nothing"))?;
            open.last_mut().ok_or("more ends than begins")?.children.push(node);
        } else {
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let node = element(tag)?;
            if is_empty {
                open.last_mut().expect("the document").children.push(node);
            } else {
                open.push(node);
            }
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty()).ok_or("an element that does not end")?;
    match (document.children.len(), document.text.trim()) {
        (1, "") => Ok(document.children.remove(0)),
        _ => Err("not one element".to_owned()),
    }
}

fn element(tag: &str) -> Result<Node, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut node = Node { name: name.to_owned(), ..Node::default() };
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").ok_or_else(|| format!("<{tag}>"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("<{tag}>"))?;
        if node.attributes.insert(key.to_owned(), unescaped(value)?).is_some() {
            return Err(format!("{key} twice in <{tag}>"));
        }
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok(node)
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, behind) = after.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        let stands_for = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
        let c = stands_for.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("&{name};"))?.1;
        out.push_str(before);
        out.push(c);
        rest = behind;
    }
    out.push_str(rest);
    let is_fit =
        |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match out.chars().find(|c| !is_fit(*c)) {
        Some(c) => Err(format!("{c:?} is no character of XML")),
        None => Ok(out),
    }
}

/// What the value of an attribute must be.
#[derive(Clone, Copy)]
enum Kind {
    Any,
    Int,
    Decimal,
    /// Seconds, thousands parted by commas, at most three digits behind the point.
    Time,
    /// To the second, without a zone.
    Stamp,
    /// Not empty; white space around and twice counts as none.
    Token,
}

impl Kind {
    fn takes(self, value: &str) -> bool {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Any => true,
            Self::Int => !value.is_empty() && value.len() < 10 && digits(value),
            Self::Decimal => {
                let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
                !whole.is_empty() && digits(whole) && !part.is_empty() && digits(part)
            }
            Self::Time => {
                let (whole, part) = value.split_once('.').unwrap_or((value, ""));
                whole.split(',').all(digits) && digits(part) && part.len() <= 3
            }
            Self::Stamp => {
                value.len() == 19 && value.parse::<jiff::civil::DateTime>().is_ok() && value.contains('T')
            }
            Self::Token => {
                let words: Vec<_> = value.split(' ').collect();
                !value.is_empty()
                    && words.iter().all(|word| !word.is_empty())
                    && !value.contains(['\n', '\t'])
            }
        }
    }
}

enum Content {
    /// Text, no elements.
    Text,
    /// Neither.
    Nothing,
    /// These in this order, each so many times.
    Sequence(&'static [(&'static str, usize, usize)]),
    /// Any of these, in any order, at most so many in all.
    Choice(&'static [&'static str], usize),
}

struct Rule {
    element: &'static str,
    /// Name, whether it must be there, what it is.
    attributes: &'static [(&'static str, bool, Kind)],
    content: Content,
}

const MANY: usize = usize::MAX;

/// `junit-10.xsd` of Jenkins' xUnit plugin.
const JENKINS: &[Rule] = &[
    Rule {
        element: "testsuites",
        attributes: &[
            ("name", false, Kind::Any),
            ("time", false, Kind::Time),
            ("tests", false, Kind::Any),
            ("failures", false, Kind::Any),
            ("errors", false, Kind::Any),
        ],
        content: Content::Sequence(&[("testsuite", 0, MANY)]),
    },
    Rule {
        element: "testsuite",
        attributes: &[
            ("name", true, Kind::Any),
            ("tests", true, Kind::Any),
            ("failures", true, Kind::Any),
            ("errors", true, Kind::Any),
            ("group", false, Kind::Any),
            ("time", false, Kind::Time),
            ("skipped", false, Kind::Any),
            ("timestamp", false, Kind::Any),
            ("hostname", false, Kind::Any),
            ("id", false, Kind::Any),
            ("package", false, Kind::Any),
            ("file", false, Kind::Any),
            ("log", false, Kind::Any),
            ("url", false, Kind::Any),
            ("version", false, Kind::Any),
        ],
        content: Content::Choice(&["testsuite", "properties", "testcase", "system-out", "system-err"], MANY),
    },
    Rule {
        element: "testcase",
        attributes: &[
            ("name", true, Kind::Any),
            ("time", false, Kind::Any),
            ("classname", false, Kind::Any),
            ("group", false, Kind::Any),
        ],
        content: Content::Choice(&["skipped", "error", "failure", "system-out", "system-err"], MANY),
    },
    Rule { element: "properties", attributes: &[], content: Content::Sequence(&[("property", 0, MANY)]) },
    Rule {
        element: "property",
        attributes: &[("name", true, Kind::Any), ("value", true, Kind::Any)],
        content: Content::Nothing,
    },
    Rule {
        element: "skipped",
        attributes: &[("type", false, Kind::Any), ("message", false, Kind::Any)],
        content: Content::Text,
    },
    Rule {
        element: "failure",
        attributes: &[("type", false, Kind::Any), ("message", false, Kind::Any)],
        content: Content::Text,
    },
    Rule { element: "system-out", attributes: &[], content: Content::Text },
    Rule { element: "system-err", attributes: &[], content: Content::Text },
];

/// `JUnit.xsd` of Ant's JUnitReport.
const ANT: &[Rule] = &[
    Rule { element: "testsuites", attributes: &[], content: Content::Sequence(&[("testsuite", 0, MANY)]) },
    Rule {
        element: "testsuite",
        attributes: &[
            ("package", true, Kind::Token),
            ("id", true, Kind::Int),
            ("name", true, Kind::Token),
            ("timestamp", true, Kind::Stamp),
            ("hostname", true, Kind::Token),
            ("tests", true, Kind::Int),
            ("failures", true, Kind::Int),
            ("errors", true, Kind::Int),
            ("skipped", false, Kind::Int),
            ("time", true, Kind::Decimal),
        ],
        content: Content::Sequence(&[
            ("properties", 1, 1),
            ("testcase", 0, MANY),
            ("system-out", 1, 1),
            ("system-err", 1, 1),
        ]),
    },
    Rule { element: "properties", attributes: &[], content: Content::Sequence(&[("property", 0, MANY)]) },
    Rule {
        element: "property",
        attributes: &[("name", true, Kind::Token), ("value", true, Kind::Any)],
        content: Content::Nothing,
    },
    Rule {
        element: "testcase",
        attributes: &[
            ("name", true, Kind::Token),
            ("classname", true, Kind::Token),
            ("time", true, Kind::Decimal),
        ],
        content: Content::Choice(&["skipped", "error", "failure"], 1),
    },
    Rule { element: "skipped", attributes: &[("message", false, Kind::Any)], content: Content::Text },
    Rule {
        element: "failure",
        attributes: &[("message", false, Kind::Any), ("type", true, Kind::Any)],
        content: Content::Text,
    },
    Rule { element: "system-out", attributes: &[], content: Content::Text },
    Rule { element: "system-err", attributes: &[], content: Content::Text },
];

/// `surefire-test-report.xsd` of Maven, as far as tests go: it has no document of several suites, and its suite has none of what
/// Ant's must have.
const SUREFIRE: &[Rule] = &[
    Rule { element: "properties", attributes: &[], content: Content::Sequence(&[("property", 0, MANY)]) },
    Rule {
        element: "property",
        attributes: &[("name", true, Kind::Any), ("value", true, Kind::Any)],
        content: Content::Nothing,
    },
    Rule {
        element: "testcase",
        attributes: &[
            ("name", true, Kind::Any),
            ("classname", false, Kind::Any),
            ("group", false, Kind::Any),
            ("time", true, Kind::Time),
        ],
        content: Content::Sequence(&[
            ("failure", 0, MANY),
            ("skipped", 0, 1),
            ("error", 0, 1),
            ("system-out", 0, 1),
            ("system-err", 0, 1),
        ]),
    },
    Rule {
        element: "failure",
        attributes: &[("message", false, Kind::Any), ("type", true, Kind::Any)],
        content: Content::Text,
    },
    Rule { element: "skipped", attributes: &[("message", false, Kind::Any)], content: Content::Text },
];

/// Holds a document against the schemas; what of it is wrong, and by which.
pub fn validate(document: &str) -> Result<(), String> {
    let root = parse(document)?;
    for (name, rules) in [("Jenkins", JENKINS), ("Ant", ANT)] {
        if root.name != "testsuites" {
            return Err(format!("{name}: begins with {}", root.name));
        }
        follow(&root, rules).map_err(|wrong| format!("{name}: {wrong}"))?;
    }
    let mut ids = Vec::new();
    for suite in &root.children {
        for child in
            suite.children.iter().filter(|child| ["properties", "testcase"].contains(&child.name.as_str()))
        {
            follow(child, SUREFIRE).map_err(|wrong| format!("Surefire: {wrong}"))?;
        }
        ids.push(suite.attributes["id"].clone());
        counts(suite)?;
    }
    let in_order: Vec<_> = (0..ids.len()).map(|n| n.to_string()).collect();
    if ids == in_order { Ok(()) } else { Err(format!("ids {ids:?}")) }
}

/// What a suite counts is what it has.
fn counts(suite: &Node) -> Result<(), String> {
    let cases: Vec<_> = suite.children.iter().filter(|child| child.name == "testcase").collect();
    let with =
        |name: &str| cases.iter().filter(|case| case.children.iter().any(|child| child.name == name)).count();
    for (attribute, count) in
        [("tests", cases.len()), ("failures", with("failure")), ("errors", 0), ("skipped", with("skipped"))]
    {
        if suite.attributes[attribute] != count.to_string() {
            return Err(format!("{attribute} is {}, not {count}", suite.attributes[attribute]));
        }
    }
    Ok(())
}

fn follow(node: &Node, rules: &[Rule]) -> Result<(), String> {
    let name = &node.name;
    let rule = rules.iter().find(|rule| rule.element == name).ok_or_else(|| format!("no element {name}"))?;
    for (key, value) in &node.attributes {
        let known = rule.attributes.iter().find(|(known, ..)| known == key);
        let (.., kind) = known.ok_or_else(|| format!("{name} has no attribute {key}"))?;
        if !kind.takes(value) {
            return Err(format!("{name} {key}={value:?}"));
        }
    }
    if let Some((key, ..)) =
        rule.attributes.iter().find(|(key, must, _)| *must && !node.attributes.contains_key(*key))
    {
        return Err(format!("{name} without {key}"));
    }
    let names: Vec<&str> = node.children.iter().map(|child| child.name.as_str()).collect();
    let is_blank = node.text.trim().is_empty();
    let fits = match rule.content {
        Content::Text => names.is_empty(),
        Content::Nothing => names.is_empty() && is_blank,
        Content::Choice(of, most) => {
            names.len() <= most && names.iter().all(|name| of.contains(name)) && is_blank
        }
        Content::Sequence(of) => {
            let mut left = names.as_slice();
            let taken = of.iter().all(|(next, least, most)| {
                let count = left.iter().take_while(|name| *name == next).count();
                left = &left[count..];
                (*least..=*most).contains(&count)
            });
            taken && left.is_empty() && is_blank
        }
    };
    if !fits {
        return Err(format!("{name} has {names:?}"));
    }
    node.children.iter().try_for_each(|child| follow(child, rules))
}
