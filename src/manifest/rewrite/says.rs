//! What the manifest of a resource says under `spec`, as a person would write it.

use serde_json::{Map, Value};

use crate::model::{
    Cascade, Connector, DataActionContent, DataStoreContent, Element, Flow, Item, ItemId, Relation,
    SchemaField,
};

use super::super::flow::default_connector_id;
use super::super::template::escape;
use super::super::write::escaped;
use super::tree::{Identity, Tree};

/// A mapping as it is put together.
#[derive(Default)]
struct Says(Vec<(String, Tree)>);

impl Says {
    fn with(mut self, key: &str, tree: Tree) -> Self {
        self.0.push((key.to_owned(), tree));
        self
    }

    fn maybe(self, key: &str, tree: Option<Tree>) -> Self {
        match tree {
            Some(tree) => self.with(key, tree),
            None => self,
        }
    }

    fn done(self) -> Tree {
        Tree::Map(self.0)
    }
}

/// Returns a text that may hold references, so that it stands for itself; none for an empty one.
fn prose(text: Option<&String>) -> Option<Tree> {
    text.filter(|text| !text.is_empty()).map(|text| Tree::text(escape(text)))
}

fn free(map: &Map<String, Value>) -> Option<Tree> {
    (!map.is_empty()).then(|| Tree::from(&escaped(&Value::Object(map.clone()))))
}

pub(super) fn flow(flow: &Flow) -> Tree {
    let elements = flow.content.elements.iter().map(element).collect();
    let connectors = flow.content.connectors.iter().map(connector).collect();
    Says::default()
        .with("displayName", Tree::text(escape(&flow.display_name)))
        .maybe("description", prose(flow.description.as_ref()))
        .with("elements", Tree::List(elements, Identity::Key("id")))
        .with("connectors", Tree::List(connectors, Identity::Ends))
        .done()
}

fn element(element: &Element) -> Tree {
    Says::default()
        .with("id", Tree::text(&element.id))
        .with("type", Tree::text(&element.element_type))
        .maybe("configuration", free(&element.configuration))
        .done()
}

fn connector(connector: &Connector) -> Tree {
    let (source, target) = (&connector.source_id, &connector.target_id);
    let named = connector.id != default_connector_id(source, target);
    let condition = connector.condition.as_ref().filter(|condition| !condition.is_null());
    Says::default()
        .maybe("id", named.then(|| Tree::text(&connector.id)))
        .with("sourceId", Tree::text(source))
        .with("targetId", Tree::text(target))
        .maybe("label", prose(connector.label.as_ref()))
        .maybe("condition", condition.map(|condition| Tree::from(&escaped(condition))))
        .done()
}

/// Returns what is said of a data action; the script only where it stands in the manifest.
pub(super) fn data_action(content: &DataActionContent, script: Option<&str>) -> Tree {
    let names = content.dependencies.iter().map(Tree::text).collect();
    let script = Says::default()
        .with("language", Tree::text(&content.language))
        .maybe("content", script.map(Tree::text));
    Says::default()
        .maybe("description", prose(content.description.as_ref()))
        .with("type", Tree::text(&content.action_type))
        .with("trigger", Tree::from(&content.trigger))
        .with("enabled", Tree::Leaf(content.enabled.into()))
        .with("dependencies", Tree::List(names, Identity::Own))
        .with("script", script.done())
        .done()
}

pub(super) fn data_store(content: &DataStoreContent) -> Tree {
    let fields = content.fields.iter().map(field).collect();
    let items = content.items.iter().map(item).collect();
    Says::default()
        .maybe("description", prose(content.description.as_ref()))
        .with("fields", Tree::List(fields, Identity::Key("name")))
        .with("items", Tree::List(items, Identity::Uuid("id")))
        .done()
}

fn field(field: &SchemaField) -> Tree {
    let constraints = (!field.constraints.is_empty()).then(|| Tree::from(&field.constraints));
    Says::default()
        .with("name", Tree::text(&field.name))
        .with("type", Tree::text(field.field_type.as_str()))
        .maybe("constraints", constraints)
        .done()
}

fn item(item: &Item) -> Tree {
    let relations: Vec<Tree> = item.relations.iter().map(relation).collect();
    let relations = Some(relations)
        .filter(|it| !it.is_empty())
        .map(|it| Tree::List(it, Identity::Key("field")));
    Says::default()
        .with("id", Tree::text(item.id.as_str()))
        .maybe("fields", free(&item.fields))
        .maybe("relationships", relations)
        .done()
}

fn relation((field, relation): (&String, &Relation)) -> Tree {
    let children = relation.children.iter().map(ItemId::as_str).map(Tree::text).collect();
    let cascade = (relation.cascade != Cascade::default()).then(|| relation.cascade.as_str());
    Says::default()
        .with("field", Tree::text(field))
        .with("childIds", Tree::List(children, Identity::Own))
        .maybe("cascadeAction", cascade.map(Tree::text))
        .done()
}
