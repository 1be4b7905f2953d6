//! Where each value of a YAML text stands, in bytes, so that it can be replaced.
//!
//! The parser's places count characters, and some of them reach over trailing blanks and comments;
//! here they end where the value ends.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Number, Value as Json};

use super::super::scalar::{self, Meaning};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// From its first character (quote, bracket or block header) to the one after its last.
    pub(super) range: Range<usize>,
    pub(super) value: Value,
    /// Whether an anchor, an alias or a tag stands at it: then it is not only what it seems.
    pub(super) marked: bool,
}

#[derive(Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>, Style),
    Mapping(Vec<Entry>, Style),
    /// What an anchor elsewhere says.
    Alias,
}

#[derive(Debug)]
pub(super) struct Scalar {
    /// What it means; text as it is written, references not filled in.
    pub(super) value: Json,
    pub(super) style: ScalarStyle,
    /// Of a block, how far its lines are indented.
    pub(super) column: usize,
}

/// How a list or mapping is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// By indentation.
    Block,
    /// Between brackets.
    Flow,
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_range: Range<usize>,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries, _) => entries,
            _ => &[],
        }
    }

    pub(super) fn style(&self) -> Option<Style> {
        match &self.value {
            Value::List(_, style) | Value::Mapping(_, style) => Some(*style),
            Value::Scalar(_) | Value::Alias => None,
        }
    }

    /// Returns the text of a scalar that is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => scalar.value.as_str(),
            _ => None,
        }
    }
}

impl Entry {
    pub(super) fn range(&self) -> Range<usize> {
        self.key_range.start..self.end()
    }

    fn end(&self) -> usize {
        self.value.range.end.max(self.key_range.end)
    }
}

/// Returns the documents of a text; `None` when it is not YAML, or has a key that is no scalar.
pub(super) fn read(text: &str) -> Option<Vec<Node>> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        builder.take(event, span)?;
    }
    Some(builder.documents)
}

struct Builder<'t> {
    text: &'t str,
    /// The byte of each character, and of the end.
    bytes: Vec<usize>,
    documents: Vec<Node>,
    open: Vec<Open>,
}

/// A list or mapping that has not ended.
struct Open {
    start: usize,
    marked: bool,
    style: Style,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Mapping(Vec<Entry>, Option<(String, Range<usize>)>),
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, bytes, documents: Vec::new(), open: Vec::new() }
    }

    fn byte(&self, character: usize) -> usize {
        self.bytes.get(character).copied().unwrap_or(self.text.len())
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let (from, to) = (self.byte(span.start.index()), self.byte(span.end.index()));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let marked = anchor > 0 || tag.is_some();
                let range = self.extent(style, from, to);
                let value = value(&text, style);
                let scalar = Scalar { value, style, column: span.start.col() };
                self.finish(Node { range, value: Value::Scalar(scalar), marked })
            }
            Event::Alias(_) => {
                self.finish(Node { range: from..to, value: Value::Alias, marked: true })
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(from, to, anchor > 0 || tag.is_some(), Items::List(Vec::new()));
                Some(())
            }
            Event::MappingStart(anchor, tag) => {
                let items = Items::Mapping(Vec::new(), None);
                self.begin(from, to, anchor > 0 || tag.is_some(), items);
                Some(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Some(()),
        }
    }

    /// The mark of a block collection is empty, that of a flow collection has its bracket and blanks.
    fn begin(&mut self, from: usize, to: usize, marked: bool, items: Items) {
        let bracket = self.text[from..to].rfind(['[', '{']).map(|found| from + found);
        let style = if bracket.is_some() { Style::Flow } else { Style::Block };
        let start = bracket.unwrap_or(from);
        self.open.push(Open { start, marked, style, items });
    }

    fn end(&mut self) -> Option<()> {
        let Open { start, marked, style, items } = self.open.pop()?;
        let last = match &items {
            Items::List(items) => items.last().map(|item| item.range.end),
            Items::Mapping(entries, _) => entries.last().map(Entry::end),
        };
        let last = last.unwrap_or(start + usize::from(style == Style::Flow));
        let end = match style {
            Style::Flow => closed(self.text, last)?,
            Style::Block => last,
        };
        let value = match items {
            Items::List(items) => Value::List(items, style),
            Items::Mapping(entries, _) => Value::Mapping(entries, style),
        };
        self.finish(Node { range: start.min(end)..end, value, marked })
    }

    fn finish(&mut self, mut node: Node) -> Option<()> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Some(());
        };
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Mapping(_, next @ None) => {
                let Value::Scalar(scalar) = &node.value else { return None };
                let key = match &scalar.value {
                    Json::String(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.to_string()),
                };
                *next = Some((key.into_owned(), node.range));
            }
            Items::Mapping(entries, next) => {
                let (key, key_range) = next.take()?;
                if let Some(after) = empty(&node).then(|| colon(self.text, key_range.end)).flatten()
                {
                    node.range = after..after;
                }
                entries.push(Entry { key, key_range, value: node });
            }
        }
        Some(())
    }

    /// Returns what a scalar covers, from a place that may begin late or end late.
    fn extent(&self, style: ScalarStyle, from: usize, to: usize) -> Range<usize> {
        let end = match style {
            ScalarStyle::Plain => to,
            ScalarStyle::SingleQuoted => quoted(self.text, from, to, '\''),
            ScalarStyle::DoubleQuoted => quoted(self.text, from, to, '"'),
            ScalarStyle::Literal | ScalarStyle::Folded => return self.block(from, to),
        };
        from..end
    }

    /// A block begins with its header, which the parser does not count.
    fn block(&self, from: usize, to: usize) -> Range<usize> {
        let since = match self.open.last().map(|open| &open.items) {
            Some(Items::Mapping(_, Some((_, key)))) => key.end,
            _ => self.text[..from].trim_end().rfind('\n').map_or(0, |at| at + 1),
        };
        let header = self.text[since..].find(['|', '>']).map_or(from, |at| since + at);
        let first = self.text[header..].lines().next().unwrap_or_default();
        let keeps = first.split('#').next().unwrap_or_default().contains('+');
        let whole = &self.text[header..to.max(header)];
        let blank = |c: char| c == ' ' || c == '\t';
        let kept = whole.trim_end_matches(blank);
        let kept = kept.strip_suffix('\n').unwrap_or(kept);
        let kept = kept.strip_suffix('\r').unwrap_or(kept);
        let kept = if keeps { kept } else { kept.trim_end() };
        header..header + kept.len()
    }
}

fn value(text: &str, style: ScalarStyle) -> Json {
    let meaning = if style == ScalarStyle::Plain { scalar::plain(text) } else { Meaning::Text };
    match meaning {
        Meaning::Null => Json::Null,
        Meaning::Bool(flag) => flag.into(),
        Meaning::Integer(value) => value.into(),
        Meaning::Float(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
        _ => text.into(),
    }
}

fn empty(node: &Node) -> bool {
    node.range.is_empty() && matches!(node.value, Value::Scalar(_))
}

/// Returns where the value of a key would begin.
fn colon(text: &str, key_end: usize) -> Option<usize> {
    let rest = &text[key_end..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[blanks..].starts_with(':').then_some(key_end + blanks + 1)
}

/// Returns the byte after the bracket that closes a collection, from the end of its last part on.
fn closed(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        match rest.chars().next()? {
            ']' | '}' => return Some(at + 1),
            '#' => at += rest.find('\n')?,
            c => at += c.len_utf8(),
        }
    }
}

/// Returns where a quoted scalar ends.
fn quoted(text: &str, from: usize, to: usize, quote: char) -> usize {
    text[from..to].rfind(quote).map_or(to, |at| closing(text, from, quote).unwrap_or(from + at + 1))
}

/// Returns the byte after the quote that closes the scalar at `from`.
fn closing(text: &str, from: usize, quote: char) -> Option<usize> {
    let begin = from + text[from..].find(quote)? + 1;
    let mut characters = text[begin..].char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let pair =
            (quote == '"' && c == '\\') || (quote == '\'' && c == '\'' && next == Some('\''));
        if pair {
            characters.next();
        } else if c == quote {
            return Some(begin + at + 1);
        }
    }
    None
}
