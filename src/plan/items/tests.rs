//! The steps run against a small store that refuses what the platform refuses.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::delta::{Base, compare_data_store};
use crate::model::{
    DataStoreContent, DataStoreId, DesiredDataStore, FieldType, ItemPolicy, LiveDataStore,
    LiveItem, Location, Metadata, Prune, Source, Span,
};

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const RELATIONS: [&str; 2] = ["household", "team"];

/// A store as the platform keeps it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Store(BTreeMap<ItemId, Item>);

impl Store {
    fn run(&mut self, steps: &[DataStoreStep]) -> Result<(), String> {
        for step in steps {
            let DataStoreStep::Items(items) = step else { continue };
            for item in items {
                self.one(item)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, step: &ItemStep) -> Result<(), String> {
        match step {
            ItemStep::Create(item) => {
                let bare = Item { relations: BTreeMap::new(), ..item.clone() };
                let taken = self.0.insert(item.id.clone(), bare).is_some();
                if taken { Err(format!("{} exists", item.id)) } else { Ok(()) }
            }
            ItemStep::Write { id, after, .. } => {
                let item = self.0.get_mut(id).ok_or("no such item")?;
                for (name, value) in after {
                    match value {
                        Value::Null => drop(item.fields.remove(name)),
                        value => drop(item.fields.insert(name.clone(), value.clone())),
                    }
                }
                Ok(())
            }
            ItemStep::Relate { id, field, after, .. } => {
                if let Some(child) = after.children.iter().find(|child| !self.0.contains_key(child))
                {
                    return Err(format!("{child} is not there yet"));
                }
                let item = self.0.get_mut(id).ok_or("no such item")?;
                if after.children.is_empty() {
                    item.relations.remove(field);
                } else {
                    item.relations.insert(field.clone(), after.clone());
                }
                if self.has_circle() { Err(format!("{id} closes a circle")) } else { Ok(()) }
            }
            ItemStep::Delete(item) => self.delete(&item.id),
        }
    }

    fn delete(&mut self, id: &ItemId) -> Result<(), String> {
        if self.0.values().any(|item| children(item).any(|child| child == id)) {
            return Err(format!("{id} is named by another one"));
        }
        // It may have gone with its parent.
        let Some(gone) = self.0.remove(id) else { return Ok(()) };
        for relation in gone.relations.values().filter(|one| one.cascade == Cascade::Delete) {
            for child in &relation.children {
                self.0.remove(child);
            }
        }
        Ok(())
    }

    fn has_circle(&self) -> bool {
        let mut left: BTreeSet<&ItemId> = self.0.keys().collect();
        loop {
            let leaf = left
                .iter()
                .copied()
                .find(|id| !children(&self.0[*id]).any(|child| left.contains(child)));
            match leaf {
                Some(leaf) => left.remove(leaf),
                None => return !left.is_empty(),
            };
        }
    }
}

fn children(item: &Item) -> impl Iterator<Item = &ItemId> {
    item.relations.values().flat_map(|relation| &relation.children)
}

/// Items whose edges follow a random order of the ids, so that there is no circle.
fn store() -> impl Strategy<Value = Store> {
    let order = Just(IDS.to_vec()).prop_shuffle();
    let there = prop::collection::vec(any::<bool>(), IDS.len());
    let edges = prop::collection::vec((0..6_usize, 0..6_usize, 0..2_usize, 0..3_usize), 0..10);
    (order, there, edges, any::<u8>()).prop_map(|(order, there, edges, value)| {
        let mut items: BTreeMap<ItemId, Item> = order
            .iter()
            .zip(&there)
            .filter(|(_, there)| **there)
            .map(|(id, _)| {
                let fields = json!({"n": value % 3}).as_object().cloned().unwrap_or_default();
                let id = ItemId::new(*id);
                (id.clone(), Item { id, fields, relations: BTreeMap::new() })
            })
            .collect();
        for (from, to, field, cascade) in edges {
            let (parent, child) = (ItemId::new(order[from]), ItemId::new(order[to]));
            if from < to
                && items.contains_key(&child)
                && let Some(item) = items.get_mut(&parent)
            {
                let relation = item.relations.entry(RELATIONS[field].to_owned()).or_default();
                relation.children.insert(child);
                relation.cascade = Cascade::ALL[cascade];
            }
        }
        Store(items)
    })
}

fn desired(store: &Store, policy: ItemPolicy) -> DesiredDataStore {
    let field = |(name, field_type): (&str, FieldType)| SchemaField {
        name: name.to_owned(),
        field_type,
        constraints: Map::new(),
        extra: Map::new(),
    };
    let relationship = |name| (name, FieldType::Relationship);
    let fields = [("n", FieldType::Number)].into_iter().chain(RELATIONS.map(relationship));
    let source = Source { path: "data-stores/a.yaml".to_owned(), text: String::new() };
    DesiredDataStore {
        metadata: Metadata {
            name: "a".to_owned(),
            labels: BTreeMap::new(),
            drift: None,
            renamed_from: None,
            location: Location { source: source.into(), span: Span::START },
        },
        content: DataStoreContent {
            description: None,
            fields: fields.map(field).collect(),
            items: store.0.values().cloned().collect(),
        },
        policy,
        field_places: [].into(),
        item_places: [].into(),
    }
}

fn live(store: &Store, schema: &DesiredDataStore) -> LiveDataStore {
    let item = |item: &Item| (item.id.clone(), LiveItem { item: item.clone(), revision: None });
    LiveDataStore {
        id: DataStoreId::new("s"),
        name: "a".to_owned(),
        description: None,
        updated_at: None,
        fields: schema.content.fields.clone(),
        items: store.0.values().map(item).collect(),
    }
}

proptest! {
    #[test]
    fn any_store_becomes_any_other_without_a_step_that_the_platform_refuses(
        before in store(),
        after in store(),
    ) {
        let (was, wanted) = (desired(&before, ItemPolicy::Exact), desired(&after, ItemPolicy::Exact));
        let found = live(&before, &was);
        for base in [Base::Recorded(&was.content), Base::Nothing] {
            let compared = compare_data_store(&wanted, &found, base, Prune::Never);
            let mut store = before.clone();
            let run = store.run(&steps(&compared));
            prop_assert_eq!(run, Ok(()));
            prop_assert_eq!(&store, &after);
            let again = compare_data_store(&wanted, &live(&store, &was), base, Prune::Never);
            prop_assert!(again.delta.is_empty());
        }
    }

    #[test]
    fn what_git_does_not_list_stays_under_partial(before in store(), after in store()) {
        let wanted = desired(&after, ItemPolicy::Partial);
        let found = live(&before, &wanted);
        let compared = compare_data_store(&wanted, &found, Base::Nothing, Prune::Owned);
        prop_assert!(compared.deleted.is_empty());
        let unlisted = before.0.keys().filter(|id| !after.0.contains_key(*id));
        let touched: BTreeSet<_> = compared
            .changed
            .iter()
            .map(|change| &change.id)
            .chain(compared.related.iter().map(|change| &change.id))
            .collect();
        prop_assert_eq!(unlisted.filter(|id| touched.contains(id)).count(), 0);
    }
}

#[test]
fn a_schema_grows_before_the_records_and_shrinks_after_them() {
    let field = |name: &str| SchemaField {
        name: name.to_owned(),
        field_type: FieldType::String,
        constraints: Map::new(),
        extra: Map::new(),
    };
    let names = |step: &Option<DataStoreStep>| match step {
        Some(DataStoreStep::PutSchema { after, .. }) => {
            after.iter().map(|field| field.name.clone()).collect::<Vec<_>>().join(" ")
        }
        _ => "-".to_owned(),
    };
    let cases: [(&[&str], &[&str], &str, &str); 4] = [
        (&["a"], &["a"], "-", "-"),
        (&["a"], &["a", "b"], "a b", "-"),
        (&["a", "b"], &["a"], "-", "a"),
        (&["a", "b"], &["a", "c"], "a c b", "a c"),
    ];
    for (live, wanted, before, after) in cases {
        let of = |names: &[&str]| names.iter().map(|name| field(name)).collect::<Vec<_>>();
        let (first, last) = schema_steps(&of(live), &of(wanted));
        assert_eq!((names(&first).as_str(), names(&last).as_str()), (before, after));
    }
}
