//! From what a text says to what it is to say, with as few edits as can be.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value as Json;

use crate::model::pointer_step;

use super::super::template;
use super::Left;
use super::edits::Edits;
use super::layout::{Entry, Node, Style, Value};
use super::render::{self, Around, Lines};
use super::tree::{Identity, Tree, same};

/// Why a text cannot be edited in place.
#[derive(Debug)]
pub(super) struct Fault(pub(super) &'static str);

const MARKED: Fault = Fault("an anchor, an alias or a tag stands where it changes");
const LAYOUT: Fault = Fault("its layout leaves no place for the change");

/// Where a value stands.
#[derive(Clone, Copy)]
enum Holder<'n> {
    Entry(&'n Entry, Style),
    Item(&'n Node, Style),
}

/// What is being changed.
pub(super) struct Change<'t> {
    pub(super) edits: Edits<'t>,
    pub(super) left: Vec<Left>,
    path: Vec<String>,
}

impl<'t> Change<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { edits: Edits::new(text), left: Vec::new(), path: Vec::new() }
    }

    /// Makes an entry of a document say `after`; returns what it says then.
    pub(super) fn spec(
        &mut self,
        entry: &Entry,
        before: &Tree,
        after: &Tree,
    ) -> Result<Tree, Fault> {
        // It is changed within, never replaced.
        self.value(Holder::Entry(entry, Style::Block), before, after)
    }

    fn value(&mut self, holder: Holder<'_>, before: &Tree, after: &Tree) -> Result<Tree, Fault> {
        if same(before, after) {
            return Ok(before.clone());
        }
        let node = holder.node();
        if node.marked {
            return Err(MARKED);
        }
        match (&node.value, before, after) {
            (Value::Mapping(entries, style), Tree::Map(was), Tree::Map(is))
                if !is.is_empty() && node.entry("valueFrom").is_none() =>
            {
                self.mapping(holder, (entries, *style), was, is)
            }
            (Value::List(items, style), Tree::List(was, identity), Tree::List(is, _))
                if !is.is_empty() && !was.is_empty() =>
            {
                match identity {
                    Identity::Place => self.row(holder, (items, *style), was, is),
                    _ => self.named(holder, (items, *style), (was, is), *identity),
                }
            }
            _ => self.replace(holder, before, after),
        }
    }

    fn below(
        &mut self,
        step: &str,
        holder: Holder<'_>,
        before: &Tree,
        after: &Tree,
    ) -> Result<Tree, Fault> {
        self.path.push(step.to_owned());
        let said = self.value(holder, before, after);
        self.path.pop();
        said
    }

    /// Notes what is filled in from elsewhere, and tells whether that is so.
    fn leaves(&mut self, node: &Node) -> bool {
        let Some(reason) = (!self.is_literal()).then(|| filled(node)).flatten() else {
            return false;
        };
        let pointer =
            self.path.iter().flat_map(|step| ["/".to_owned(), pointer_step(step)]).collect();
        self.left.push(Left { pointer, reason });
        true
    }

    fn leaves_below(&mut self, step: &str, node: &Node) -> bool {
        self.path.push(step.to_owned());
        let left = self.leaves(node);
        self.path.pop();
        left
    }

    /// Tells whether `${…}` means nothing here.
    fn is_literal(&self) -> bool {
        let first = self.path.first().map(String::as_str);
        matches!(first, Some("script" | "trigger" | "dependencies" | "fields"))
    }

    fn replace(&mut self, holder: Holder<'_>, before: &Tree, after: &Tree) -> Result<Tree, Fault> {
        let node = holder.node();
        if node.marked {
            return Err(MARKED);
        }
        if self.leaves(node) {
            return Ok(before.clone());
        }
        match (&node.value, after) {
            (Value::Scalar(_), Tree::Leaf(value)) => self.scalar(holder, value)?,
            // What stands on one line stays there, so a list in brackets does not grow over the page.
            _ if holder.style() == Style::Flow || node.style() == Some(Style::Flow) => {
                self.edits.replace(node.range.clone(), &render::flow(after));
            }
            _ => self.lines(holder, after)?,
        }
        Ok(after.clone())
    }

    fn scalar(&mut self, holder: Holder<'_>, value: &Json) -> Result<(), Fault> {
        let node = holder.node();
        let Value::Scalar(scalar) = &node.value else { return Err(LAYOUT) };
        let alone = holder.style() == Style::Block && self.edits.ends_line(node.range.end);
        let block = match (alone, scalar.column) {
            (false, _) => None,
            (true, column) if is_block(scalar.style) && column > 0 => Some(column),
            (true, _) => Some(self.indent(holder)? + 2),
        };
        let around = Around { style: scalar.style, block, flow: holder.style() == Style::Flow };
        let text = render::scalar(value, around);
        let gap = if node.range.is_empty() { " " } else { "" };
        // Blanks behind a block would be its content.
        let last = node.range.end;
        let end = if text.contains('\n') { self.edits.past_blanks(last) } else { last };
        self.edits.replace(node.range.start..end, &format!("{gap}{text}"));
        Ok(())
    }

    /// Returns how far the lines of what holds a value are indented.
    fn indent(&self, holder: Holder<'_>) -> Result<usize, Fault> {
        let start = match holder {
            Holder::Entry(entry, _) => self.key(entry)?,
            Holder::Item(node, _) => self.edits.dash(node.range.start).ok_or(LAYOUT)?,
        };
        Ok(self.edits.column(start))
    }

    /// Returns where a key of a block begins.
    fn key(&self, entry: &Entry) -> Result<usize, Fault> {
        let start = entry.key_range.start;
        let plain = self.edits.begins_line(start) || self.edits.follows_dash(start);
        if plain { Ok(start) } else { Err(LAYOUT) }
    }

    /// Writes a value of a block anew, key or dash included.
    fn lines(&mut self, holder: Holder<'_>, after: &Tree) -> Result<(), Fault> {
        let node = holder.node();
        let alone = self.edits.ends_line(node.range.end);
        let lines = if alone { Lines::Blocks } else { Lines::Quoted };
        let indent = self.indent(holder)?;
        let (start, text) = match holder {
            Holder::Entry(entry, _) => {
                (entry.key_range.start, render::entry(&entry.key, after, indent, lines))
            }
            Holder::Item(node, _) => {
                let dash = self.edits.dash(node.range.start).ok_or(LAYOUT)?;
                (dash, render::item(after, indent, lines))
            }
        };
        let end = if alone { self.edits.past_blanks(node.range.end) } else { node.range.end };
        self.edits.replace(start..end, &text);
        Ok(())
    }

    fn mapping(
        &mut self,
        holder: Holder<'_>,
        (entries, style): (&[Entry], Style),
        was: &[(String, Tree)],
        is: &[(String, Tree)],
    ) -> Result<Tree, Fault> {
        let (before, after) = (Tree::Map(was.to_vec()), Tree::Map(is.to_vec()));
        let goes =
            |entry: &Entry| before.get(&entry.key).is_some() && after.get(&entry.key).is_none();
        let kept: Vec<bool> = entries.iter().map(|entry| !goes(entry)).collect();
        let headless = style == Style::Block
            && entries
                .first()
                .is_some_and(|entry| goes(entry) && !self.edits.begins_line(entry.key_range.start));
        if headless || !kept.contains(&true) {
            return self.replace(holder, &before, &after);
        }
        let mut removed = vec![false; entries.len()];
        let mut said = self.known((entries, style), was, &after, &mut removed)?;
        self.missing((entries, style), &kept, &after, &mut said)?;
        let ranges: Vec<_> = entries.iter().map(Entry::range).collect();
        self.remove(&ranges, &removed, style, |edits, at| edits.begins_line(at).then_some(at))?;
        Ok(Tree::Map(said))
    }

    /// Changes the keys that are said already, and marks the entries of those that go.
    fn known(
        &mut self,
        (entries, style): (&[Entry], Style),
        was: &[(String, Tree)],
        after: &Tree,
        removed: &mut [bool],
    ) -> Result<Vec<(String, Tree)>, Fault> {
        let mut said = Vec::new();
        for (key, was) in was {
            let entry = entries.iter().zip(removed.iter_mut()).find(|(entry, _)| entry.key == *key);
            match (after.get(key), entry) {
                (Some(is), Some((entry, _))) => {
                    let it = self.below(key, Holder::Entry(entry, style), was, is)?;
                    said.push((key.clone(), it));
                }
                (Some(is), None) if same(was, is) => said.push((key.clone(), was.clone())),
                (None, Some((entry, _))) if self.leaves_below(key, &entry.value) => {
                    said.push((key.clone(), was.clone()));
                }
                (None, Some((_, removed))) => *removed = true,
                (_, None) => {}
            }
        }
        Ok(said)
    }

    /// Says the keys that are not said yet.
    fn missing(
        &mut self,
        (entries, style): (&[Entry], Style),
        kept: &[bool],
        after: &Tree,
        said: &mut Vec<(String, Tree)>,
    ) -> Result<(), Fault> {
        let Tree::Map(is) = after else { return Ok(()) };
        for (key, is) in is {
            if said.iter().any(|(known, _)| known == key) {
                continue;
            }
            let it = if let Some(entry) = entries.iter().find(|entry| entry.key == *key) {
                let nothing = Tree::Leaf(Json::Null);
                self.below(key, Holder::Entry(entry, style), &nothing, is)?
            } else {
                let place = (kept, earlier(after, key));
                self.add_entry((entries, style), place, (key, is))?;
                is.clone()
            };
            said.push((key.clone(), it));
        }
        Ok(())
    }

    /// Adds an entry behind the one that it comes after, else in front.
    fn add_entry(
        &mut self,
        (entries, style): (&[Entry], Style),
        (kept, earlier): (&[bool], Vec<String>),
        (key, tree): (&str, &Tree),
    ) -> Result<(), Fault> {
        let stays = || entries.iter().zip(kept).filter(|(_, kept)| **kept).map(|(entry, _)| entry);
        let before = stays().rfind(|entry| earlier.contains(&entry.key));
        let (first, last) = (stays().next().ok_or(LAYOUT)?, stays().next_back().ok_or(LAYOUT)?);
        if style == Style::Flow {
            let at = before.unwrap_or(last).value.range.end;
            self.edits.replace(at..at, &format!(", {}", render::flow_entry(key, tree)));
            return Ok(());
        }
        let indent = self.edits.column(self.key(first)?);
        let lines = render::entry(key, tree, indent, Lines::Blocks);
        match before {
            None if self.edits.begins_line(first.key_range.start) => {
                self.edits.insert_before(first.key_range.start, indent, &lines);
            }
            before => {
                let at = before.unwrap_or(last).value.range.end;
                self.edits.insert_after(at, indent, &lines);
            }
        }
        Ok(())
    }

    /// Changes a list whose items have names.
    fn named(
        &mut self,
        holder: Holder<'_>,
        (items, style): (&[Node], Style),
        (was, is): (&[Tree], &[Tree]),
        identity: Identity,
    ) -> Result<Tree, Fault> {
        let places: BTreeMap<_, _> = items
            .iter()
            .enumerate()
            .filter_map(|(place, node)| Some((raw(node).id(identity)?, place)))
            .collect();
        let after: BTreeMap<_, _> =
            is.iter().filter_map(|item| Some((item.id(identity)?, item))).collect();
        let before: BTreeMap<_, _> =
            was.iter().filter_map(|item| Some((item.id(identity)?, item))).collect();
        if places.len() != items.len() || before.len() != was.len() || after.len() != is.len() {
            return Err(LAYOUT);
        }
        if !before.keys().any(|id| after.contains_key(id)) {
            let whole = Tree::List(is.to_vec(), identity);
            return self.replace(holder, &Tree::List(was.to_vec(), identity), &whole);
        }
        let (mut said, mut removed, mut last) = (Vec::new(), vec![false; items.len()], None);
        for (id, was) in was.iter().filter_map(|item| Some((item.id(identity)?, item))) {
            let place = *places.get(&id).ok_or(LAYOUT)?;
            let node = items.get(place).ok_or(LAYOUT)?;
            match after.get(&id) {
                None => removed[place] = true,
                Some(_) if identity == Identity::Own => said.push(was.clone()),
                Some(is) => said.push(self.below(&id, Holder::Item(node, style), was, is)?),
            }
            if !removed[place] {
                last = last.max(Some(place));
            }
        }
        let anchor = last.and_then(|last| items.get(last)).ok_or(LAYOUT)?;
        for (id, item) in is.iter().filter_map(|item| Some((item.id(identity)?, item))) {
            if !before.contains_key(&id) {
                self.add_item(anchor, style, item)?;
                said.push(item.clone());
            }
        }
        self.remove_items(items, &removed, style)?;
        Ok(Tree::List(said, identity))
    }

    /// Changes a list whose items are told apart by their places.
    fn row(
        &mut self,
        holder: Holder<'_>,
        (items, style): (&[Node], Style),
        was: &[Tree],
        is: &[Tree],
    ) -> Result<Tree, Fault> {
        if items.len() != was.len() {
            let (was, is) = (was.to_vec(), is.to_vec());
            let list = |items| Tree::List(items, Identity::Place);
            return self.replace(holder, &list(was), &list(is));
        }
        let front = was.iter().zip(is).take_while(|(a, b)| same(a, b)).count();
        let most = was.len().min(is.len()) - front;
        let back = was.iter().rev().zip(is.iter().rev()).take(most);
        let back = back.take_while(|(a, b)| same(a, b)).count();
        // Something must stand before what is inserted.
        let back = if front == 0 && was.len() < is.len() && most == back { 0 } else { back };
        let paired = front + (was.len().min(is.len()) - front - back);
        let mut said: Vec<Tree> = Vec::with_capacity(is.len());
        for (place, (was, is)) in was.iter().zip(is).take(paired).enumerate() {
            let node = items.get(place).ok_or(LAYOUT)?;
            said.push(self.below(&place.to_string(), Holder::Item(node, style), was, is)?);
        }
        let inserted = is.len().saturating_sub(was.len());
        for item in is.iter().skip(paired).take(inserted) {
            let anchor = paired.checked_sub(1).and_then(|place| items.get(place)).ok_or(LAYOUT)?;
            self.add_item(anchor, style, item)?;
            said.push(item.clone());
        }
        let gone = was.len().saturating_sub(is.len());
        let removed: Vec<bool> =
            (0..items.len()).map(|place| (paired..paired + gone).contains(&place)).collect();
        self.remove_items(items, &removed, style)?;
        said.extend(was.iter().skip(paired + gone).cloned());
        Ok(Tree::List(said, Identity::Place))
    }

    /// Adds an item behind another, spelled like it.
    fn add_item(&mut self, anchor: &Node, style: Style, item: &Tree) -> Result<(), Fault> {
        let at = anchor.range.end;
        if style == Style::Flow {
            self.edits.replace(at..at, &format!(", {}", render::flow(item)));
            return Ok(());
        }
        let indent = self.indent(Holder::Item(anchor, style))?;
        let braces = matches!(&anchor.value, Value::Mapping(_, Style::Flow));
        let lines = match item {
            Tree::Map(_) if braces => format!("- {}", render::flow(item)),
            _ => render::item(item, indent, Lines::Blocks),
        };
        self.edits.insert_after(at, indent, &lines);
        Ok(())
    }

    fn remove_items(
        &mut self,
        items: &[Node],
        removed: &[bool],
        style: Style,
    ) -> Result<(), Fault> {
        let ranges: Vec<_> = items.iter().map(|item| item.range.clone()).collect();
        self.remove(&ranges, removed, style, |edits, at| {
            edits.dash(at).filter(|dash| edits.begins_line(*dash))
        })
    }

    /// Removes some of a collection's parts; `begin` says where the line of a block's part begins.
    fn remove(
        &mut self,
        ranges: &[Range<usize>],
        removed: &[bool],
        style: Style,
        begin: impl Fn(&Edits<'_>, usize) -> Option<usize>,
    ) -> Result<(), Fault> {
        let gone = || ranges.iter().zip(removed).filter(|(_, gone)| **gone);
        if style == Style::Block {
            for (range, _) in gone() {
                let start = begin(&self.edits, range.start).ok_or(LAYOUT)?;
                self.edits.remove_lines(start..range.end);
            }
            return Ok(());
        }
        let first = removed.iter().position(|gone| !gone).ok_or(LAYOUT)?;
        for (place, (range, gone)) in ranges.iter().zip(removed).enumerate() {
            let (edge, gap) = match place.checked_sub(1).and_then(|earlier| ranges.get(earlier)) {
                _ if !gone => continue,
                Some(earlier) if place > first => {
                    (earlier.end..range.end, earlier.end..range.start)
                }
                _ => {
                    let later = ranges.get(place + 1).ok_or(LAYOUT)?;
                    (range.start..later.start, range.end..later.start)
                }
            };
            // A comment stands between the two.
            if self.edits.text[gap].contains('#') {
                return Err(LAYOUT);
            }
            self.edits.remove(edge);
        }
        Ok(())
    }
}

impl<'n> Holder<'n> {
    fn node(self) -> &'n Node {
        match self {
            Self::Entry(entry, _) => &entry.value,
            Self::Item(node, _) => node,
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Entry(_, style) | Self::Item(_, style) => style,
        }
    }
}

fn is_block(style: saphyr_parser::ScalarStyle) -> bool {
    matches!(style, saphyr_parser::ScalarStyle::Literal | saphyr_parser::ScalarStyle::Folded)
}

/// Returns the keys that come before a key.
fn earlier(tree: &Tree, key: &str) -> Vec<String> {
    let Tree::Map(entries) = tree else { return Vec::new() };
    entries.iter().map(|(name, _)| name.clone()).take_while(|name| name != key).collect()
}

/// Returns what a text says by itself; nothing stands for what an anchor elsewhere says.
fn raw(node: &Node) -> Tree {
    match &node.value {
        Value::Scalar(scalar) => Tree::Leaf(scalar.value.clone()),
        Value::List(items, _) => Tree::List(items.iter().map(raw).collect(), Identity::Place),
        Value::Mapping(entries, _) => {
            let entry = |entry: &Entry| (entry.key.clone(), raw(&entry.value));
            Tree::Map(entries.iter().map(entry).collect())
        }
        Value::Alias => Tree::Leaf(Json::Null),
    }
}

/// Says where a value comes from, if not from the manifest alone.
fn filled(node: &Node) -> Option<String> {
    match &node.value {
        Value::Scalar(_) => {
            let text = node.text().filter(|text| template::refers(text))?;
            Some(format!("{text:?} is filled in by each environment"))
        }
        Value::List(items, _) => items.iter().find_map(filled),
        Value::Mapping(entries, _) => {
            let external = node.entry("valueFrom").map(|_| "it comes from an external source");
            let inner = || entries.iter().find_map(|entry| filled(&entry.value));
            external.map(str::to_owned).or_else(inner)
        }
        Value::Alias => None,
    }
}
