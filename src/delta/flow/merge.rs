//! Three sides of a flow, merged element by element.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::delta::canonical::keys;
use crate::delta::part::FlowPart;
use crate::model::{Conflict, Connector, Element, Flow, FlowContent, Part, pointer_step};

/// What git and the tenant made of a flow, together.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowMerge {
    /// What both changed, with the platform's own properties as they are live. Where the two collide
    /// it holds git's value: nobody may read it as settled.
    pub flow: Flow,
    /// Where both changed to different values: elements by id, connectors by id, then the flow's own.
    pub conflicts: Vec<Conflict>,
}

/// Merges what was changed live and in git since `base`.
///
/// Elements and connectors are matched by id, and within one each field by itself: objects member by
/// member, everything else as one value. A part that one side removed goes if the other left it as it
/// was, and is a conflict if not. A connector whose end the other side removed is a conflict; git's
/// form of it stays, and with it the elements that it joins. Merging with a side that did not move
/// gives the other side. A description of which git says nothing stays out of it.
pub fn merge_flow(base: &Flow, live: &Flow, git: &Flow) -> FlowMerge {
    let sides = Sides { base: &base.content, live: &live.content, git: &git.content };
    let (content, mut conflicts) = sides.merge();
    let mut own = Fields { part: None, conflicts: Vec::new() };
    let name = own.text("/displayName", [base, live, git].map(|flow| Some(&flow.display_name)));
    let description = git.description.as_ref().and_then(|_| {
        own.text("/description", [base, live, git].map(|flow| flow.description.as_ref()))
    });
    conflicts.extend(own.conflicts);
    let flow = Flow {
        display_name: name.unwrap_or_else(|| git.display_name.clone()),
        description: description.or_else(|| git.description.clone()),
        version: git.version.clone(),
        content,
    };
    FlowMerge { flow, conflicts }
}

/// The fields of one part, as they are merged.
struct Fields {
    part: Option<(Part, String)>,
    conflicts: Vec<Conflict>,
}

/// A value on the three sides: base, live and git.
type Values<'a> = [Option<&'a Value>; 3];

impl Fields {
    fn text(&mut self, pointer: &str, texts: [Option<&String>; 3]) -> Option<String> {
        let texts = texts.map(|text| text.map(|text| Value::from(text.as_str())));
        match self.value(pointer, texts.each_ref().map(Option::as_ref)) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Merges a value; where both moved it to different ones it is git's.
    fn value(&mut self, pointer: &str, [base, live, git]: Values<'_>) -> Option<Value> {
        if live == git || live == base {
            return git.cloned();
        }
        if git == base {
            return live.cloned();
        }
        // A base that is no object never had the members that both added.
        match (live, git) {
            (Some(Value::Object(live)), Some(Value::Object(git)))
                if base.is_none_or(Value::is_object) =>
            {
                Some(self.object(pointer, base.and_then(Value::as_object), live, git))
            }
            _ => {
                self.collide(pointer, [base, live, git]);
                git.cloned()
            }
        }
    }

    fn object(
        &mut self,
        pointer: &str,
        base: Option<&Map<String, Value>>,
        live: &Map<String, Value>,
        git: &Map<String, Value>,
    ) -> Value {
        let names: BTreeSet<&String> =
            base.into_iter().chain([live, git]).flat_map(Map::keys).collect();
        let member = |name: &String| {
            let below = format!("{pointer}/{}", pointer_step(name));
            let sides = [base.and_then(|base| base.get(name)), live.get(name), git.get(name)];
            Some((name.clone(), self.value(&below, sides)?))
        };
        names.into_iter().filter_map(member).collect::<Map<_, _>>().into()
    }

    fn collide(&mut self, pointer: &str, sides: Values<'_>) {
        let [base, live, git] = sides.map(Option::<&Value>::cloned);
        let (part, pointer) = (self.part.clone(), pointer.to_owned());
        self.conflicts.push(Conflict { part, pointer, base, live, git });
    }
}

/// The parts of one kind by key, in their order, with their canonical form.
struct Parts<'a, P> {
    order: Vec<Cow<'a, str>>,
    by_key: HashMap<Cow<'a, str>, (&'a P, Value)>,
}

impl<'a, P: FlowPart> Parts<'a, P> {
    fn of(parts: &'a [P]) -> Self {
        let order = keys(parts);
        let forms = parts.iter().map(|part| (part, part.canonical()));
        let by_key = order.iter().cloned().zip(forms).collect();
        Self { order, by_key }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.by_key.get(key).map(|(_, value)| value)
    }

    fn extra(&self, key: &str) -> Map<String, Value> {
        self.by_key.get(key).map(|(part, _)| part.extra().clone()).unwrap_or_default()
    }
}

/// Parts of one kind on the three sides, and what they come to.
struct Merging<'a, P> {
    part: Part,
    base: Parts<'a, P>,
    live: Parts<'a, P>,
    git: Parts<'a, P>,
    merged: BTreeMap<String, Value>,
    conflicts: BTreeMap<String, Vec<Conflict>>,
}

impl<'a, P: FlowPart> Merging<'a, P> {
    fn of(part: Part, [base, live, git]: [&'a [P]; 3]) -> Self {
        let (base, live, git) = (Parts::of(base), Parts::of(live), Parts::of(git));
        let (merged, conflicts) = (BTreeMap::new(), BTreeMap::new());
        let mut merging = Self { part, base, live, git, merged, conflicts };
        let keys: BTreeSet<String> =
            merging.live.order.iter().chain(&merging.git.order).map(ToString::to_string).collect();
        for key in keys {
            merging.merge(key);
        }
        merging
    }

    fn sides(&self, key: &str) -> Values<'_> {
        [self.base.value(key), self.live.value(key), self.git.value(key)]
    }

    fn fields(&self, key: &str) -> Fields {
        Fields { part: Some((self.part, key.to_owned())), conflicts: Vec::new() }
    }

    fn merge(&mut self, key: String) {
        let mut fields = self.fields(&key);
        if let Some(value) = fields.value("", self.sides(&key)) {
            self.merged.insert(key.clone(), value);
        }
        if !fields.conflicts.is_empty() {
            self.conflicts.insert(key, fields.conflicts);
        }
    }

    /// Makes the part git's alone, and a conflict as a whole unless it is one in detail.
    fn settle_for_git(&mut self, key: &str) {
        match self.git.value(key).cloned() {
            Some(value) => drop(self.merged.insert(key.to_owned(), value)),
            None => drop(self.merged.remove(key)),
        }
        if !self.conflicts.contains_key(key) {
            let mut fields = self.fields(key);
            fields.collide("", self.sides(key));
            self.conflicts.insert(key.to_owned(), fields.conflicts);
        }
    }

    /// Returns the parts in git's order and behind them those that only live has.
    fn finish(self) -> (Vec<P>, Vec<Conflict>) {
        let Self { live, git, mut merged, conflicts, .. } = self;
        let restored = git.order.iter().chain(&live.order).filter_map(|key| {
            let value = merged.remove(key.as_ref())?;
            let carried = if live.by_key.contains_key(key) { &live } else { &git };
            Some(P::restore(value, carried.extra(key)))
        });
        (restored.collect(), conflicts.into_values().flatten().collect())
    }
}

/// The contents of the three sides.
struct Sides<'a> {
    base: &'a FlowContent,
    live: &'a FlowContent,
    git: &'a FlowContent,
}

impl Sides<'_> {
    fn merge(&self) -> (FlowContent, Vec<Conflict>) {
        let Self { base, live, git } = self;
        let elements = [&*base.elements, &*live.elements, &*git.elements];
        let mut elements = Merging::<Element>::of(Part::Element, elements);
        let connectors = [&*base.connectors, &*live.connectors, &*git.connectors];
        let mut connectors = Merging::<Connector>::of(Part::Connector, connectors);
        self.settle_ends(&mut elements, &mut connectors);
        let (elements, mut conflicts) = elements.finish();
        let (connectors, others) = connectors.finish();
        conflicts.extend(others);
        (FlowContent { elements, connectors: connectors.into() }, conflicts)
    }

    /// Sees to connectors that lost an end: git's form of them stays, with its ends.
    fn settle_ends(
        &self,
        elements: &mut Merging<'_, Element>,
        connectors: &mut Merging<'_, Connector>,
    ) {
        let removed = self.removed();
        let cut = |(key, value): (&String, &Value)| {
            let lost = ends(value).any(|end| {
                removed.get(end).is_some_and(|side| !connectors.names_end(*side, key, end))
            });
            lost.then(|| key.clone())
        };
        let cut: Vec<String> = connectors.merged.iter().filter_map(cut).collect();
        for key in cut {
            connectors.settle_for_git(&key);
            let ends = connectors.git.value(&key).into_iter().flat_map(ends);
            for end in ends {
                if let Some(element) = elements.git.value(end) {
                    elements.merged.entry(end.to_owned()).or_insert_with(|| element.clone());
                }
            }
        }
    }

    /// Returns the elements that one side alone removed, and which.
    fn removed(&self) -> HashMap<&str, Remover> {
        let (live, git) = (ids(self.live), ids(self.git));
        let known = ids(self.base).into_iter();
        known
            .filter_map(|id| match (live.contains(id), git.contains(id)) {
                (true, false) => Some((id, Remover::Git)),
                (false, true) => Some((id, Remover::Live)),
                _ => None,
            })
            .collect()
    }
}

/// Who removed an element.
#[derive(Debug, Clone, Copy)]
enum Remover {
    Live,
    Git,
}

impl Merging<'_, Connector> {
    /// Tells whether the side that removed an element left the connector on it: dangling by its own
    /// doing.
    fn names_end(&self, side: Remover, key: &str, end: &str) -> bool {
        let parts = match side {
            Remover::Live => &self.live,
            Remover::Git => &self.git,
        };
        parts.value(key).is_some_and(|value| ends(value).any(|one| one == end))
    }
}

fn ids(content: &FlowContent) -> HashSet<&str> {
    content.elements.iter().map(|element| element.id.as_str()).collect()
}

fn ends(connector: &Value) -> impl Iterator<Item = &str> {
    ["sourceId", "targetId"].into_iter().filter_map(|key| connector.get(key)?.as_str())
}
