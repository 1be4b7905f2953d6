//! How long comparing a data store of 10,000 records takes on one core.

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::{Bencher, black_box};
use flowgate::delta::{self, Base};
use flowgate::model::{
    Cascade, DataStoreContent, DataStoreId, DesiredDataStore, FieldType, Item, ItemId, ItemPolicy,
    ItemRevision, LiveDataStore, LiveItem, Location, Metadata, Prune, Relation, SchemaField,
    Source, Span,
};
use serde_json::{Map, json};

fn main() {
    divan::main();
}

/// Makes records as contact centres have them: six values and, for each third, two children.
fn content(records: usize, tier: &str) -> DataStoreContent {
    let field = |(name, field_type): (&str, FieldType)| SchemaField {
        name: name.into(),
        field_type,
        constraints: Map::new(),
        extra: Map::new(),
    };
    let fields = [
        ("name", FieldType::String),
        ("tier", FieldType::String),
        ("score", FieldType::Number),
        ("vip", FieldType::Boolean),
        ("since", FieldType::Datetime),
        ("profile", FieldType::Json),
        ("household", FieldType::Relationship),
    ];
    let id = |i: usize| ItemId::new(format!("550e8400-e29b-41d4-a716-{i:012}"));
    let item = |i: usize| {
        let values = json!({
            "name": format!("Customer {i}"),
            "tier": tier,
            "score": i,
            "vip": i.is_multiple_of(7),
            "since": "2026-01-15T08:00:00Z",
            "profile": {"languages": ["en", "de"], "channel": "voice"},
        });
        let children = [id(i + 1), id(i + 2)].into();
        let relation = Relation { children, cascade: Cascade::None };
        let parent = i.is_multiple_of(3) && i + 2 < records;
        let relations = parent.then(|| ("household".to_owned(), relation)).into_iter().collect();
        Item { id: id(i), fields: values.as_object().cloned().unwrap_or_default(), relations }
    };
    DataStoreContent {
        description: None,
        fields: fields.map(field).into(),
        items: (0..records).map(item).collect(),
    }
}

fn desired(content: DataStoreContent) -> DesiredDataStore {
    let source =
        Arc::new(Source { path: "data-stores/customers.yaml".into(), text: String::new() });
    DesiredDataStore {
        metadata: Metadata {
            name: "customers".into(),
            labels: BTreeMap::new(),
            drift: None,
            renamed_from: None,
            location: Location { source, span: Span::START },
        },
        content,
        policy: ItemPolicy::Partial,
        field_places: [].into(),
        item_places: [].into(),
    }
}

fn live(content: &DataStoreContent) -> LiveDataStore {
    let item = |item: &Item| {
        (item.id.clone(), LiveItem { item: item.clone(), revision: Some(ItemRevision(3)) })
    };
    LiveDataStore {
        id: DataStoreId::new("s"),
        name: "customers".into(),
        description: None,
        updated_at: None,
        fields: content.fields.clone(),
        items: content.items.iter().map(item).collect(),
    }
}

/// Four times as many records take about four times as long.
const SIZES: &[usize] = &[2_500, 10_000, 40_000];

#[divan::bench(args = SIZES)]
fn compare_unchanged_records(bencher: Bencher, records: usize) {
    let base = content(records, "gold");
    let (wanted, live) = (desired(base.clone()), live(&base));
    bencher.bench(|| {
        let base = Base::Recorded(black_box(&base));
        delta::compare_data_store(black_box(&wanted), black_box(&live), base, Prune::Never)
    });
}

#[divan::bench(args = SIZES)]
fn compare_changed_records(bencher: Bencher, records: usize) {
    let base = content(records, "gold");
    let (wanted, live) = (desired(content(records, "silver")), live(&base));
    bencher.bench(|| {
        let base = Base::Recorded(black_box(&base));
        delta::compare_data_store(black_box(&wanted), black_box(&live), base, Prune::Never)
    });
}

#[divan::bench(args = SIZES)]
fn hash_records(bencher: Bencher, records: usize) {
    let wanted = desired(content(records, "gold"));
    bencher.bench(|| delta::hash_data_store(black_box(&wanted)));
}
