//! How long the graphs of data actions and of records take on one core.

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::{Bencher, black_box};
use flowgate::model::{
    DataActionContent, DataStoreContent, Declarations, DesiredDataAction, DesiredDataStore,
    FieldType, Finding, Item, ItemId, ItemPlace, ItemPolicy, Location, Metadata, Project, Relation,
    RelationPlace, ResourceId, SchemaField, ScriptForm, ScriptPlace, Source, Span, ValuePlace,
};
use flowgate::validate;
use serde_json::{Map, json};

fn main() {
    divan::main();
}

fn project() -> Project {
    Project {
        name: "acme".into(),
        paths: Vec::new(),
        element_types: ["API".to_owned()].into(),
        external: [].into(),
        tenants: Vec::new(),
        environments: Vec::new(),
    }
}

fn metadata(path: &str, name: &str) -> Metadata {
    let source = Arc::new(Source { path: path.into(), text: String::new() });
    Metadata {
        name: name.into(),
        labels: BTreeMap::new(),
        drift: None,
        renamed_from: None,
        location: Location { source, span: Span::START },
    }
}

fn action_name(index: usize) -> String {
    format!("action-{index:05}")
}

fn action(index: usize, dependencies: &[usize]) -> DesiredDataAction {
    let metadata = metadata(&format!("data-actions/{index}.yaml"), &action_name(index));
    let dependencies = || dependencies.iter().copied().map(action_name);
    DesiredDataAction {
        script_place: ScriptPlace {
            source: Arc::clone(&metadata.location.source),
            form: ScriptForm::File,
        },
        metadata,
        content: DataActionContent {
            description: None,
            action_type: "SCRIPT".into(),
            trigger: Map::new(),
            enabled: true,
            dependencies: dependencies().collect(),
            language: "JavaScript".into(),
            script: "function main(context) {}".into(),
            extra: Map::new(),
        },
        dependency_places: dependencies().map(|name| (name, Span::START)).collect(),
        tests: Arc::default(),
    }
}

/// How the dependencies of data actions lie.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Each depends on four that come later; nothing leads back.
    Layers,
    /// All depend on each other in one circle.
    Circle,
}

impl Shape {
    fn actions(self, count: usize) -> BTreeMap<ResourceId, Arc<DesiredDataAction>> {
        let dependencies = |index: usize| match self {
            Self::Layers => [1, 7, 31, 127].map(|step| index + step).to_vec(),
            Self::Circle => vec![(index + 1) % count],
        };
        let existing = |index| dependencies(index).into_iter().filter(|to| *to < count);
        (0..count)
            .map(|index| {
                let dependencies: Vec<_> = existing(index).collect();
                (ResourceId::data_action(action_name(index)), action(index, &dependencies).into())
            })
            .collect()
    }
}

const SHAPES: &[Shape] = &[Shape::Layers, Shape::Circle];

#[divan::bench(args = SHAPES)]
fn check_5000_data_actions(bencher: Bencher, shape: Shape) {
    let declared = Declarations { data_actions: shape.actions(5_000), ..Declarations::default() };
    let project = project();
    bencher.bench(|| validate::check(black_box(&project), black_box(&declared)));
}

#[divan::bench(args = SHAPES)]
fn order_5000_data_actions(bencher: Bencher, shape: Shape) {
    let actions = shape.actions(5_000);
    bencher.bench(|| validate::dependency_order(black_box(&actions)));
}

fn item_id(index: usize) -> ItemId {
    ItemId::new(format!("550e8400-e29b-41d4-a716-{index:012}"))
}

/// A record of three values; all together are one tree in which each has two children.
fn item(index: usize, count: usize) -> (Item, ItemPlace) {
    let children = [2 * index + 1, 2 * index + 2].into_iter().filter(|child| *child < count);
    let children: Vec<_> = children.map(|child| (item_id(child), Span::START)).collect();
    let relation = Relation {
        children: children.iter().map(|(id, _)| id.clone()).collect(),
        ..Relation::default()
    };
    let values =
        [("name", json!("Ada")), ("age", json!(36)), ("since", json!("2026-03-01T09:30:00Z"))];
    let value_place = |(field, _): &(&str, _)| ValuePlace {
        field: (*field).into(),
        key: Span::START,
        value: Span::START,
    };
    let place = ItemPlace {
        whole: Span::START,
        id: Span::START,
        values: values.iter().map(value_place).collect(),
        relations: vec![RelationPlace { field: "household".into(), name: Span::START, children }],
    };
    let item = Item {
        id: item_id(index),
        fields: values.into_iter().map(|(field, value)| (field.to_owned(), value)).collect(),
        relations: BTreeMap::from([("household".to_owned(), relation)]),
    };
    (item, place)
}

fn store(count: usize) -> DesiredDataStore {
    let field = |(name, field_type, depth): (&str, _, u64)| SchemaField {
        name: name.into(),
        field_type,
        constraints: Map::from_iter([("max_depth".to_owned(), json!(depth))]),
        extra: Map::new(),
    };
    let fields = [
        ("name", FieldType::String, 1),
        ("age", FieldType::Number, 1),
        ("since", FieldType::Datetime, 1),
        ("household", FieldType::Relationship, 20),
    ];
    let (items, item_places): (Vec<_>, Vec<_>) = (0..count).map(|i| item(i, count)).unzip();
    DesiredDataStore {
        metadata: metadata("data-stores/people.yaml", "people"),
        content: DataStoreContent {
            description: None,
            fields: fields.map(field).into(),
            items: items.into(),
        },
        policy: ItemPolicy::Exact,
        field_places: Arc::default(),
        item_places: item_places.into(),
    }
}

/// Four times as many records take about four times as long.
#[divan::bench(args = [2_500, 10_000, 40_000])]
fn check_records(bencher: Bencher, count: usize) {
    let id = ResourceId::data_store("people");
    let data_stores = BTreeMap::from([(id, Arc::new(store(count)))]);
    let declared = Declarations { data_stores, ..Declarations::default() };
    let project = project();
    let check = || -> Vec<Finding> { validate::check(black_box(&project), black_box(&declared)) };
    assert_eq!(check(), []);
    bencher.bench(check);
}
