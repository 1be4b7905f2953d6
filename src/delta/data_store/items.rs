//! The items and the edges between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compared::{DataStoreComparison, ItemChange, Moved, RelationChange};
use super::normal;
use crate::delta::fields::Fields;
use crate::delta::side::{Base, Recorded, side};
use crate::delta::{FieldChange, PartChange, PartDelta};
use crate::model::{
    Conflict, DataStoreContent, FieldType, Item, ItemId, ItemPolicy, LiveDataStore, LiveItem, Part,
    Prune, Relation, Side, pointer_step,
};

/// Compares items and relations; returns the rows that git changed.
pub(super) fn compare(
    wanted: &DataStoreContent,
    live: &LiveDataStore,
    base: Base<'_, DataStoreContent>,
    (policy, prune, moved): (ItemPolicy, Prune, Moved),
    compared: &mut DataStoreComparison,
) -> [(Part, Vec<PartDelta>); 2] {
    let mut comparing = Comparing {
        policy,
        overruled: moved == Moved::Overruled,
        declared: wanted.fields.iter().map(|field| field.name.as_str()).collect(),
        types: types(wanted, live),
        compared,
        items: Vec::new(),
        relations: Vec::new(),
    };
    let before = base.map(|base| by_id(&base.items));
    let should = by_id(&wanted.items);
    for (id, item) in &should {
        let known = before.get(|before| before.get(id).copied());
        match (live.items.get(*id), known) {
            (None, Recorded::Part(Some(base))) => comparing.gone(base, item),
            (None, _) => comparing.create(item),
            (Some(is), known) => comparing.change(is, item, known),
        }
    }
    let unlisted = live.items.values().filter(|is| !should.contains_key(&is.item.id));
    for is in unlisted {
        let known = before.get(|before| before.get(&is.item.id).copied());
        comparing.leave(is, &known, policy, prune);
    }
    let Comparing { items, mut relations, .. } = comparing;
    relations.sort_by(|a, b| a.id.cmp(&b.id));
    [(Part::Item, sorted(items)), (Part::Relation, relations)]
}

fn sorted(mut rows: Vec<PartDelta>) -> Vec<PartDelta> {
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

pub(super) fn by_id(items: &[Item]) -> BTreeMap<&ItemId, &Item> {
    items.iter().map(|item| (&item.id, item)).collect()
}

/// Types of fields by name.
pub(super) type Types<'a> = BTreeMap<&'a str, &'a FieldType>;

/// Returns the types of all fields; what git says of one counts.
pub(super) fn types<'a>(wanted: &'a DataStoreContent, live: &'a LiveDataStore) -> Types<'a> {
    let fields = wanted.fields.iter().chain(&live.fields).rev();
    fields.map(|field| (field.name.as_str(), &field.field_type)).collect()
}

/// Returns what a field of an item holds, in its one spelling; `null` for nothing.
pub(super) fn value(types: &Types<'_>, item: &Item, name: &str) -> Value {
    let value = item.fields.get(name).unwrap_or(&Value::Null);
    normal::value(types.get(name).copied(), value)
}

struct Comparing<'a> {
    policy: ItemPolicy,
    /// Whether git's is written over what someone changed.
    overruled: bool,
    /// The fields of git's schema.
    declared: BTreeSet<&'a str>,
    types: Types<'a>,
    compared: &'a mut DataStoreComparison,
    items: Vec<PartDelta>,
    relations: Vec<PartDelta>,
}

/// Tells whether two items say the same.
fn same(comparing: &Comparing<'_>, a: &Item, b: &Item) -> bool {
    let names: BTreeSet<&String> = a.fields.keys().chain(b.fields.keys()).collect();
    let fields: BTreeSet<&String> = a.relations.keys().chain(b.relations.keys()).collect();
    names.into_iter().all(|name| comparing.value(a, name) == comparing.value(b, name))
        && fields.into_iter().all(|field| relation(a, field) == relation(b, field))
}

/// Returns the children in a field; none where there is no relation.
pub(super) fn relation(item: &Item, field: &str) -> Relation {
    let said = item.relations.get(field).filter(|relation| !relation.children.is_empty());
    said.cloned().unwrap_or_default()
}

impl Comparing<'_> {
    /// Returns what a field of an item holds, in its one spelling; `null` for nothing.
    fn value(&self, item: &Item, name: &str) -> Value {
        value(&self.types, item, name)
    }

    /// Under [`ItemPolicy::Exact`] what nobody but somebody else ever said is git's to empty.
    fn unless_exact<P: PartialEq>(
        &self,
        base: Recorded<P>,
        wanted: &P,
        nothing: &P,
    ) -> Recorded<P> {
        let unsaid = base.part() == Some(nothing) && wanted == nothing;
        if unsaid && self.policy == ItemPolicy::Exact { Recorded::Nothing } else { base }
    }

    /// Under [`ItemPolicy::Exact`] an item is what the list says, in every field that git declares.
    fn all_of<'i>(&self, held: impl Iterator<Item = &'i String>) -> Vec<&'i String> {
        let exact = self.policy == ItemPolicy::Exact;
        held.filter(|name| exact && self.declared.contains(name.as_str())).collect()
    }

    /// Decides about an item that someone deleted.
    fn gone(&mut self, base: &Item, should: &Item) {
        let id = &should.id;
        let changed = !same(self, base, should);
        let side = if changed { Side::Both } else { Side::Live };
        let too = if changed { ", and git changed it" } else { "" };
        let what = format!("someone deleted the record {id}{too}");
        let values = [Some(normal::item(base)), None, Some(normal::item(should))];
        self.compared.tell(side, what, of_item(id, String::new(), values));
        if self.overruled {
            self.create(should);
        }
    }

    fn create(&mut self, item: &Item) {
        self.items.push(PartDelta {
            id: item.id.to_string(),
            label: String::new(),
            change: PartChange::Added(normal::item(item)),
        });
        for field in item.relations.keys() {
            self.edges(&item.id, field, &Relation::default(), &relation(item, field));
        }
        self.compared.created.push(item.clone());
    }

    /// Compares an item that is live, value by value and relation by relation.
    fn change(&mut self, is: &LiveItem, should: &Item, known: Recorded<Option<&Item>>) {
        let (mut before, mut after) = (Map::new(), Map::new());
        let mut lost = Map::new();
        let mut names = spoken_for(should, &known, |item| item.fields.keys());
        names.extend(self.all_of(is.item.fields.keys()));
        for name in names {
            let base = known.get(|base| base.map_or(Value::Null, |base| self.value(base, name)));
            let (held, wanted) = (self.value(&is.item, name), self.value(should, name));
            let base = self.unless_exact(base, &wanted, &Value::Null);
            let Some(side) = side(&base, &held, &wanted) else { continue };
            let said = should.fields.contains_key(name) || self.policy == ItemPolicy::Exact;
            if side != Side::Git && said {
                let what = format!("{name:?} of the record {}", should.id);
                let values = [base.part(), Some(&held), Some(&wanted)];
                let values = values.map(|value| value.filter(|value| !value.is_null()).cloned());
                let pointer = format!("/fields/{}", pointer_step(name));
                let shown = [held.to_string(), wanted.to_string()];
                self.moved(side, &what, shown, of_item(&should.id, pointer, values));
            }
            if side == Side::Git || (self.overruled && said) {
                if base.part().is_none_or(|base| *base != held) && !held.is_null() {
                    lost.insert(name.clone(), held.clone());
                }
                before.insert(name.clone(), held);
                after.insert(name.clone(), wanted);
            }
        }
        self.relate(is, should, &known);
        self.write(is, before, after, lost);
    }

    fn relate(&mut self, is: &LiveItem, should: &Item, known: &Recorded<Option<&Item>>) {
        let mut fields = spoken_for(should, known, |item| item.relations.keys());
        fields.extend(self.all_of(is.item.relations.keys()));
        for field in fields {
            let base = known.get(|base| base.map(|base| relation(base, field)).unwrap_or_default());
            let (held, wanted) = (relation(&is.item, field), relation(should, field));
            let base = self.unless_exact(base, &wanted, &Relation::default());
            let Some(side) = side(&base, &held, &wanted) else { continue };
            let said = should.relations.contains_key(field) || self.policy == ItemPolicy::Exact;
            if side != Side::Git && said {
                let what = format!("{field:?} of the record {}", should.id);
                let shown = [&held, &wanted].map(listed);
                let values =
                    [base.part(), Some(&held), Some(&wanted)].map(|one| one.and_then(edge));
                let pointer = format!("/relationships/{}", pointer_step(field));
                self.moved(side, &what, shown, of_item(&should.id, pointer, values));
            }
            if side == Side::Git || (self.overruled && said) {
                self.edges(&should.id, field, &held, &wanted);
                if base.part().is_none_or(|base| *base != held) && !held.children.is_empty() {
                    let relations = [(field.clone(), held.clone())].into();
                    self.lose(&should.id, Map::new(), relations);
                }
                self.compared.related.push(RelationChange {
                    id: should.id.clone(),
                    revision: is.revision,
                    field: field.clone(),
                    before: held,
                    after: wanted,
                });
            }
        }
    }

    fn write(
        &mut self,
        is: &LiveItem,
        before: Map<String, Value>,
        after: Map<String, Value>,
        lost: Map<String, Value>,
    ) {
        if after.is_empty() {
            return;
        }
        let id = is.item.id.clone();
        let fields = Fields::members(&present(&before), &present(&after));
        self.items.push(PartDelta {
            id: id.to_string(),
            label: String::new(),
            change: PartChange::Modified(fields),
        });
        if !lost.is_empty() {
            self.lose(&id, lost, BTreeMap::new());
        }
        self.compared.changed.push(ItemChange { id, revision: is.revision, before, after });
    }

    /// Decides about an item that git does not list.
    fn leave(
        &mut self,
        is: &LiveItem,
        known: &Recorded<Option<&Item>>,
        policy: ItemPolicy,
        prune: Prune,
    ) {
        let base = known.part().copied().flatten();
        let untouched = base.is_some_and(|base| self.holds(&is.item, base));
        match (policy, prune) {
            (ItemPolicy::Exact, _) => {
                if !untouched {
                    self.compared.overwritten.push(is.item.clone());
                }
                self.delete(&is.item);
            }
            (ItemPolicy::Partial, Prune::Owned) if untouched => self.delete(&is.item),
            (ItemPolicy::Partial, Prune::Owned) if base.is_some() => {
                let id = &is.item.id;
                let what = format!("someone changed the record {id}, which is gone from git");
                let values = [base.map(normal::item), Some(normal::item(&is.item)), None];
                // As long as it is there, nothing but its end would settle it.
                self.compared.tell(Side::Live, what, of_item(id, String::new(), values));
                if self.overruled {
                    self.compared.overwritten.push(is.item.clone());
                    self.delete(&is.item);
                }
            }
            _ => {}
        }
    }

    /// Tells whether an item still holds everything that another one says.
    fn holds(&self, is: &Item, said: &Item) -> bool {
        said.fields.keys().all(|name| self.value(is, name) == self.value(said, name))
            && said.relations.keys().all(|field| relation(is, field) == relation(said, field))
    }

    fn delete(&mut self, item: &Item) {
        self.items.push(PartDelta {
            id: item.id.to_string(),
            label: String::new(),
            change: PartChange::Removed(normal::item(item)),
        });
        for field in item.relations.keys() {
            self.edges(&item.id, field, &relation(item, field), &Relation::default());
        }
        self.compared.deleted.push(item.clone());
    }

    /// Adds a row for each edge that comes or goes, and one where only the cascade differs.
    fn edges(&mut self, id: &ItemId, field: &str, before: &Relation, after: &Relation) {
        let edge = |child: &ItemId| format!("{id} -{field}-> {child}");
        let added = after.children.difference(&before.children);
        let removed = before.children.difference(&after.children);
        let row = |id, change| PartDelta { id, label: String::new(), change };
        self.relations.extend(added.map(|child| {
            let cascade = after.cascade.as_str();
            row(edge(child), PartChange::Added(serde_json::json!({ "cascadeAction": cascade })))
        }));
        self.relations.extend(removed.map(|child| {
            let cascade = before.cascade.as_str();
            row(edge(child), PartChange::Removed(serde_json::json!({ "cascadeAction": cascade })))
        }));
        let both = !before.children.is_empty() && !after.children.is_empty();
        if both && before.cascade != after.cascade {
            let change = FieldChange {
                pointer: "/cascadeAction".to_owned(),
                before: Some(before.cascade.as_str().into()),
                after: Some(after.cascade.as_str().into()),
            };
            self.relations.push(row(format!("{id} -{field}"), PartChange::Modified(vec![change])));
        }
    }

    /// Notes what someone changed.
    fn moved(&mut self, side: Side, what: &str, [held, wanted]: [String; 2], values: Conflict) {
        let too = format!(", and git changed it to {wanted}");
        let too = if side == Side::Both { too.as_str() } else { "" };
        self.compared.tell(side, format!("someone changed {what} to {held}{too}"), values);
    }

    /// Notes what the tenant held and nobody else has.
    fn lose(
        &mut self,
        id: &ItemId,
        fields: Map<String, Value>,
        relations: BTreeMap<String, Relation>,
    ) {
        match self.compared.overwritten.last_mut().filter(|last| last.id == *id) {
            Some(last) => {
                last.fields.extend(fields);
                last.relations.extend(relations);
            }
            None => self.compared.overwritten.push(Item { id: id.clone(), fields, relations }),
        }
    }
}

fn of_item(id: &ItemId, pointer: String, [base, live, git]: [Option<Value>; 3]) -> Conflict {
    Conflict { part: Some((Part::Item, id.to_string())), pointer, base, live, git }
}

/// Returns a relation as conflicts show it; nothing for one without children.
fn edge(relation: &Relation) -> Option<Value> {
    let children: Vec<&str> = relation.children.iter().map(ItemId::as_str).collect();
    let cascade = relation.cascade.as_str();
    (!children.is_empty())
        .then(|| serde_json::json!({ "childIds": children, "cascadeAction": cascade }))
}

fn listed(relation: &Relation) -> String {
    let children: Vec<&str> = relation.children.iter().map(ItemId::as_str).collect();
    format!("[{}]", children.join(", "))
}

/// Returns the names that git says of an item or said before.
fn spoken_for<'a, I: Iterator<Item = &'a String>>(
    should: &'a Item,
    known: &Recorded<Option<&'a Item>>,
    names: impl Fn(&'a Item) -> I,
) -> BTreeSet<&'a String> {
    names(should).chain(known.part().copied().flatten().into_iter().flat_map(names)).collect()
}

fn present(fields: &Map<String, Value>) -> Map<String, Value> {
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    present.map(|(name, value)| (name.clone(), value.clone())).collect()
}
