//! From text to a tree of nodes that know where they stand.
//!
//! Built from the parser's events with a stack of its own, so that deep nesting costs no call
//! stack, and with what aliases repeat counted before it is visited.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Mark, Tag};

use crate::model::{Code, Finding, Span};

use super::lines::{Extent, Position, narrow};
use super::report::{Report, quote};
use super::scalar::{self, Meaning};

/// The deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 64;

/// The most nodes that all aliases of a file together may repeat.
const MAX_REPEATED: usize = 10_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    /// Where findings about the value point.
    pub(super) span: Span,
    pub(super) value: Value<'a>,
}

/// What a node holds. Aliases share what they repeat.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Scalar(Scalar<'a>),
    List(Rc<[Node<'a>]>),
    Mapping(Rc<[Entry<'a>]>),
}

/// A scalar as written and what it means.
#[derive(Debug, Clone)]
pub(super) struct Scalar<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) meaning: Meaning,
    /// Where it is spelled; for an alias, where the anchor's scalar is.
    pub(super) extent: Extent,
    /// Whether it is a literal block (`|`) and nothing else, so that `extent` begins at its first
    /// character: before an anchor or a tag it would begin there.
    pub(super) literal: bool,
}

/// A key and its value. Keys are texts, as in JSON: `1: x` has the key `"1"`.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) key_span: Span,
    pub(super) value: Node<'a>,
}

impl Node<'_> {
    /// Returns the type's name as findings spell it.
    pub(super) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) => scalar.meaning.describe(),
            Value::List(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// Tells whether nothing stands there, or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.meaning == Meaning::Null)
    }
}

/// Returns the documents of a text that are not empty, up to the first fault of syntax.
pub(super) fn read<'a>(text: &'a str, report: &mut Report) -> Vec<Node<'a>> {
    let mut builder = Builder::new(report);
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, mark)) => builder.take(event, mark),
            Err(error) => Err(builder.syntax(&error)),
        };
        if step.is_err() {
            break;
        }
    }
    builder.documents
}

/// Says that nothing more of the file is read; why has been reported.
struct Stop;

struct Builder<'r, 'a> {
    report: &'r mut Report,
    documents: Vec<Node<'a>>,
    open: Vec<Frame<'a>>,
    anchors: HashMap<usize, Measured<'a>>,
    repeated: usize,
}

/// A list or mapping that has not ended.
struct Frame<'a> {
    span: Span,
    anchor: usize,
    items: Items<'a>,
    nodes: usize,
    height: usize,
}

enum Items<'a> {
    List(Vec<Node<'a>>),
    Mapping(Vec<Entry<'a>>, Next<'a>),
}

/// What the next node of a mapping is.
enum Next<'a> {
    Key,
    /// The value of a key, or of something that can be no key.
    Value(Option<(Cow<'a, str>, Span)>),
}

/// A node with how many nodes it has, itself included, and how deep it nests.
#[derive(Clone)]
struct Measured<'a> {
    node: Node<'a>,
    nodes: usize,
    height: usize,
}

impl<'r, 'a> Builder<'r, 'a> {
    fn new(report: &'r mut Report) -> Self {
        let (documents, open) = (Vec::new(), Vec::new());
        Self { report, documents, open, anchors: HashMap::new(), repeated: 0 }
    }

    fn take(&mut self, event: Event<'a>, mark: Mark) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(text, style, (anchor, tag.as_deref()), mark);
                self.finish(Measured { node, nodes: 1, height: 0 }, anchor);
            }
            Event::Alias(anchor) => {
                let copy = self.repeat(anchor, mark)?;
                self.finish(copy, 0);
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", mark);
                self.begin(anchor, Items::List(Vec::new()), mark)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", mark);
                self.begin(anchor, Items::Mapping(Vec::new(), Next::Key), mark)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, items: Items<'a>, mark: Mark) -> Result<(), Stop> {
        let span = self.span(mark);
        if self.open.len() == MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        self.open.push(Frame { span, anchor, items, nodes: 1, height: 1 });
        Ok(())
    }

    fn end(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let value = match frame.items {
            Items::List(items) => Value::List(items.into()),
            Items::Mapping(entries, _) => {
                self.check_keys(&entries);
                Value::Mapping(entries.into())
            }
        };
        let node = Node { span: frame.span, value };
        let measured = Measured { node, nodes: frame.nodes, height: frame.height };
        self.finish(measured, frame.anchor);
    }

    /// Puts a whole node where it belongs.
    fn finish(&mut self, measured: Measured<'a>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, measured.clone());
        }
        let Measured { mut node, nodes, height } = measured;
        let Some(frame) = self.open.last_mut() else {
            if !node.is_null() {
                self.documents.push(node);
            }
            return;
        };
        frame.nodes += nodes;
        frame.height = frame.height.max(height + 1);
        match &mut frame.items {
            Items::List(items) => {
                point_empty_at(&mut node, None);
                items.push(node);
            }
            Items::Mapping(entries, next) => match std::mem::replace(next, Next::Key) {
                Next::Key => *next = Next::Value(read_key(self.report, node)),
                Next::Value(None) => {}
                Next::Value(Some((key, key_span))) => {
                    point_empty_at(&mut node, Some(key_span));
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
    }

    fn repeat(&mut self, anchor: usize, mark: Mark) -> Result<Measured<'a>, Stop> {
        let span = self.span(mark);
        let Some(mut measured) = self.anchors.get(&anchor).cloned() else {
            let message = "the alias has no anchor that ends before it in this document";
            self.report.add(Code::YamlSyntax, span, message);
            return Err(Stop);
        };
        self.repeated += measured.nodes;
        if self.repeated > MAX_REPEATED {
            let message = "the file's aliases repeat more than 10,000 nodes";
            let hint = "write out what differs, or use values of the environment";
            self.report.add_hinted(Code::YamlAliases, span, message, hint);
            return Err(Stop);
        }
        if self.open.len() + measured.height > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        measured.node.span = span;
        Ok(measured)
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        (anchor, tag): (usize, Option<&Tag>),
        mark: Mark,
    ) -> Node<'a> {
        let span = self.span(mark);
        let meaning = match tag {
            None if style == ScalarStyle::Plain => scalar::plain(&text),
            None => Meaning::Text,
            Some(tag) => self.tagged(&text, style, tag, span),
        };
        let extent = Extent { from: position(mark.start), to: position(mark.end) };
        let literal = style == ScalarStyle::Literal && anchor == 0 && tag.is_none();
        Node { span, value: Value::Scalar(Scalar { text, meaning, extent, literal }) }
    }

    fn tagged(&mut self, text: &str, style: ScalarStyle, tag: &Tag, span: Span) -> Meaning {
        let natural = scalar::plain(text);
        let meaning = match (core_name(tag), natural) {
            (Some("" | "str"), _) => Some(Meaning::Text),
            (Some("null"), Meaning::Null)
            | (Some("bool"), Meaning::Bool(_))
            | (Some("int"), Meaning::Integer(_) | Meaning::TooLarge | Meaning::LeadingZero)
            | (Some("float"), Meaning::Float(_) | Meaning::NotFinite | Meaning::TooLarge) => {
                Some(natural)
            }
            #[expect(clippy::cast_precision_loss, reason = "integers stay below 2^53")]
            (Some("float"), Meaning::Integer(value)) => Some(Meaning::Float(value as f64)),
            (Some("null" | "bool" | "int" | "float" | "seq" | "map"), _) => {
                self.tag_mismatch(tag, span);
                None
            }
            _ => {
                self.unknown_tag(tag, span);
                None
            }
        };
        let untagged = if style == ScalarStyle::Plain { natural } else { Meaning::Text };
        meaning.unwrap_or(untagged)
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, mark: Mark) {
        let Some(tag) = tag else { return };
        let span = self.span(mark);
        match core_name(tag) {
            Some(name) if name.is_empty() || name == expected => {}
            Some("str" | "null" | "bool" | "int" | "float" | "seq" | "map") => {
                self.tag_mismatch(tag, span);
            }
            _ => self.unknown_tag(tag, span),
        }
    }

    fn tag_mismatch(&mut self, tag: &Tag, span: Span) {
        let message = format!("the value is not what its tag {} says", quote(&spell(tag)));
        self.report.add_hinted(Code::WrongType, span, message, "leave the tag out");
    }

    fn unknown_tag(&mut self, tag: &Tag, span: Span) {
        let message = format!("the tag {} is not known", quote(&spell(tag)));
        self.report.add_hinted(Code::UnknownTag, span, message, "leave the tag out");
    }

    fn check_keys(&mut self, entries: &[Entry<'a>]) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for entry in entries {
            let Some(earlier) = first.get(&*entry.key) else {
                first.insert(&entry.key, entry.key_span);
                continue;
            };
            let message = format!("the key {} stands here twice", quote(&entry.key));
            let finding =
                Finding::new(Code::DuplicateKey, self.report.source(), entry.key_span, message)
                    .with_label(self.report.location(*earlier), "first here");
            self.report.push(finding);
        }
    }

    fn syntax(&mut self, error: &ScanError) -> Stop {
        let at = position(*error.marker());
        let span = Span { line: at.line, column: at.column, length: 1 };
        let (before, found) = self.report.lines().up_to(at);
        if exhausts_scanner(before, found) {
            return self.too_deep(span);
        }
        let line = before.rsplit('\n').next().unwrap_or_default();
        let unquoted_reference = line.contains("${");
        let text = &self.report.source().text;
        let unmerged = text.lines().any(|line| line.starts_with("<<<<<<< "))
            || text.lines().any(|line| line.starts_with(">>>>>>> "));
        let mut finding = Finding::new(
            Code::YamlSyntax,
            self.report.source(),
            span,
            format!("not YAML: {}", error.info()),
        );
        if unquoted_reference {
            finding = finding.with_hint("put texts with `${` between double quotes");
        }
        if unmerged {
            finding = finding.with_hint(
                "a merge is not finished here: keep the lines you want, and delete those that begin \
                 with `<<<<<<<`, `=======` and `>>>>>>>`",
            );
        }
        self.report.push(finding);
        Stop
    }

    fn too_deep(&mut self, span: Span) -> Stop {
        let message = "lists and mappings nest deeper than 64 levels";
        self.report.add(Code::YamlTooDeep, span, message);
        Stop
    }

    fn span(&self, mark: Mark) -> Span {
        let from = position(mark.start);
        let length = if mark.start.line() == mark.end.line() {
            narrow(mark.end.col().saturating_sub(mark.start.col())).max(1)
        } else {
            self.report.lines().rest_of_line(from)
        };
        Span { line: from.line, column: from.column, length }
    }
}

fn position(marker: saphyr_parser::Marker) -> Position {
    Position { line: narrow(marker.line()), column: narrow(marker.col()) + 1 }
}

/// Returns the key that a node is, or reports that it can be none.
fn read_key<'a>(report: &mut Report, node: Node<'a>) -> Option<(Cow<'a, str>, Span)> {
    let span = node.span;
    let found = node.describe();
    match node.value {
        Value::Scalar(Scalar { text, meaning, .. }) if meaning != Meaning::Null => {
            Some((text, span))
        }
        _ => {
            let message = format!("a key must be text, found {found}");
            report.add_hinted(Code::WrongType, span, message, "write the key between quotes");
            None
        }
    }
}

/// Moves the place of a value that is not written at all to its key or to its dash.
fn point_empty_at(node: &mut Node<'_>, key: Option<Span>) {
    let Value::Scalar(scalar) = &node.value else { return };
    if !scalar.text.is_empty() || scalar.meaning != Meaning::Null {
        return;
    }
    node.span = key.unwrap_or(Span {
        column: node.span.column.saturating_sub(1).max(1),
        length: 1,
        ..node.span
    });
}

/// Returns the short name of a tag of the core schema; `""` for the tag `!`.
fn core_name(tag: &Tag) -> Option<&str> {
    const CORE: &str = "tag:yaml.org,2002:";
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("", "!") => Some(""),
        ("", suffix) => suffix.strip_prefix(CORE),
        (handle, suffix) => (handle == CORE).then_some(suffix),
    }
}

fn spell(tag: &Tag) -> String {
    match core_name(tag) {
        Some(name) => format!("!!{name}"),
        None => format!("{}{}", tag.handle, tag.suffix),
    }
}

/// Tells whether the scanner gave up at an opening bracket because it counts flow nesting in a
/// byte. It then comes to the limit before the events of the levels above do.
fn exhausts_scanner(before: &str, found: Option<char>) -> bool {
    let opens = |b: &u8| matches!(b, b'[' | b'{');
    let closes = |b: &u8| matches!(b, b']' | b'}');
    let count = |is: fn(&u8) -> bool| before.bytes().filter(is).count();
    matches!(found, Some('[' | '{')) && count(opens) >= count(closes) + usize::from(u8::MAX)
}
