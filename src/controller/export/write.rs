//! Live resources as the files of a project.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::name::suffix;
use super::read::{Candidate, Content};
use crate::manifest::{
    self, File, Parsed, ScriptFile, name_with_suffix, write_data_action, write_data_action_beside,
    write_data_store, write_flow,
};
use crate::model::{
    Connector, DataActionContent, DataStoreContent, Element, Exported, Flow, FlowContent, Item,
    ItemPolicy, Kind, LiveDataStore, ProjectText, ResourceId,
};

/// Names that some systems give to devices.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// A resource with its files.
pub(super) struct Written {
    pub(super) id: ResourceId,
    pub(super) of: Candidate,
    pub(super) manifest: ProjectText,
    pub(super) script: Option<ProjectText>,
    /// The manifest, read back.
    pub(super) parsed: Arc<Parsed>,
}

impl Written {
    fn new(id: ResourceId, of: Candidate, path: String) -> Self {
        let (text, script) = texts(&id.name, &of.content, &path);
        let parsed = Arc::new(manifest::parse(file(&path, &text)));
        Self { id, of, manifest: ProjectText { path, text }, script, parsed }
    }

    /// The same store without its records, which are left to others.
    pub(super) fn without_items(mut self, why: &str) -> Self {
        if let Content::DataStore { policy, .. } = &mut self.of.content {
            *policy = ItemPolicy::Ignore;
        }
        let note =
            format!("its records are not written and left to others (`policy: ignore`): {why}");
        self.of.notes.push(note);
        Self::new(self.id, self.of, self.manifest.path)
    }

    /// Tells whether there are records that could be left out.
    pub(super) fn has_items(&self) -> bool {
        match &self.of.content {
            Content::DataStore { live, policy } => {
                *policy != ItemPolicy::Ignore && !live.items.is_empty()
            }
            Content::Flow { .. } | Content::DataAction(_) => false,
        }
    }

    /// Tells whether one of its files lies there.
    pub(super) fn lies_at(&self, path: &str) -> bool {
        self.manifest.path == path || self.script.as_ref().is_some_and(|script| script.path == path)
    }

    /// The script as it would be read from its file.
    pub(super) fn script_file(&self) -> Option<(String, ScriptFile)> {
        let script = self.script.as_ref()?;
        Some((script.path.clone(), manifest::script(file(&script.path, &script.text))))
    }

    pub(super) fn files(&self) -> impl Iterator<Item = ProjectText> + use<> {
        [Some(self.manifest.clone()), self.script.clone()].into_iter().flatten()
    }

    pub(super) fn into_exported(self) -> Exported {
        Exported {
            id: self.id,
            display_name: self.of.display_name,
            path: self.manifest.path,
            notes: self.of.notes,
        }
    }
}

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), content: manifest::Content::Bytes(text.as_bytes().to_vec()) }
}

/// Writes every resource into a file of its own, below the folder of its kind.
pub(super) fn all(paths: &[String], named: Vec<(ResourceId, Candidate)>) -> Vec<Written> {
    let mut spellings: BTreeMap<(Kind, String), usize> = BTreeMap::new();
    for (id, _) in &named {
        *spellings.entry((id.kind, id.name.to_lowercase())).or_default() += 1;
    }
    let write = |(id, of): (ResourceId, Candidate)| {
        let lower = id.name.to_lowercase();
        let shared = spellings.get(&(id.kind, lower.clone())).is_some_and(|count| *count > 1);
        // Not every file system tells upper from lower case.
        let stem = if shared || DEVICES.contains(&lower.as_str()) {
            name_with_suffix(&id.name, &suffix(&of.platform_id))
        } else {
            id.name.clone()
        };
        let path = format!("{}/{stem}.yaml", folder(paths, id.kind));
        Written::new(id, of, path)
    };
    named.into_iter().map(write).collect()
}

/// Returns the folder of a kind: the first path that is called after it, else one of that name below
/// the first path.
fn folder(paths: &[String], kind: Kind) -> String {
    let name = match kind {
        Kind::Flow => "flows",
        Kind::DataAction => "data-actions",
        Kind::DataStore => "data-stores",
    };
    let called = paths.iter().find(|path| path.rsplit('/').next() == Some(name));
    match (called, paths.first()) {
        (Some(path), _) => path.clone(),
        (None, Some(first)) if first != "." => format!("{first}/{name}"),
        (None, _) => name.to_owned(),
    }
}

fn texts(name: &str, content: &Content, path: &str) -> (String, Option<ProjectText>) {
    match content {
        Content::Flow { flow, .. } => {
            let flow = Flow { content: in_order(&flow.content), ..Flow::clone(flow) };
            (write_flow(name, &flow), None)
        }
        Content::DataAction(live) => action(name, &live.content, path),
        Content::DataStore { live, policy } => {
            (write_data_store(name, &store(live), *policy), None)
        }
    }
}

/// A file would lose the byte order mark that a script begins with.
fn action(name: &str, content: &DataActionContent, path: &str) -> (String, Option<ProjectText>) {
    if content.script.starts_with('\u{feff}') {
        return (write_data_action(name, content), None);
    }
    let stem = path.strip_suffix(".yaml").unwrap_or(path);
    let script = ProjectText { path: format!("{stem}.js"), text: content.script.to_string() };
    let beside = script.path.rsplit('/').next().unwrap_or(&script.path);
    (write_data_action_beside(name, content, beside), Some(script))
}

fn store(live: &LiveDataStore) -> DataStoreContent {
    let mut fields = live.fields.clone();
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    let item = |item: &Item| {
        let mut item = item.clone();
        item.fields.retain(|_, value| !value.is_null());
        item.relations.retain(|_, relation| !relation.children.is_empty());
        item
    };
    let items = live.items.values().map(|live| item(&live.item)).collect();
    DataStoreContent { description: live.description.clone(), fields, items }
}

/// Puts elements into the order in which a caller meets them, and connectors into that of their ends:
/// the platform's own order means nothing.
fn in_order(content: &FlowContent) -> FlowContent {
    let mut connectors: Vec<&Connector> = content.connectors.iter().collect();
    connectors.sort_by_key(|one| (&one.label, &one.id));
    let places = places(&content.elements, &connectors);
    let place = |id: &String| places.get(id.as_str()).copied();
    connectors.sort_by_key(|one| (place(&one.source_id), place(&one.target_id)));
    let mut elements = content.elements.clone();
    elements.sort_by_key(|element| place(&element.id));
    FlowContent { elements, connectors: connectors.into_iter().cloned().collect() }
}

/// Returns the place of each element id: breadth first from every `Begin`, then what is left, by id.
fn places<'a>(elements: &'a [Element], connectors: &[&'a Connector]) -> BTreeMap<&'a str, usize> {
    let mut targets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in connectors {
        targets.entry(&one.source_id).or_default().push(&one.target_id);
    }
    let begins = |element: &&Element| element.element_type == "Begin";
    let begins: BTreeSet<&str> = elements.iter().filter(begins).map(|one| &*one.id).collect();
    let rest: BTreeSet<&str> = elements.iter().map(|one| &*one.id).collect();
    let mut places = BTreeMap::new();
    for start in begins.into_iter().chain(rest) {
        let mut open = VecDeque::from([start]);
        while let Some(id) = open.pop_front() {
            if places.contains_key(id) {
                continue;
            }
            places.insert(id, places.len());
            open.extend(targets.get(id).into_iter().flatten());
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn a_kind_has_the_folder_that_is_called_after_it_or_one_below_the_first() {
        let table: &[(&[&str], &str)] = &[
            (&["flows", "data-actions", "data-stores"], "data-actions"),
            (&["."], "data-actions"),
            (&["team/care", "shared/data-actions"], "shared/data-actions"),
            (&["team/care"], "team/care/data-actions"),
        ];
        for (paths, expected) in table {
            let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
            assert_eq!(folder(&paths, Kind::DataAction), *expected);
        }
    }

    fn action(name: &str, script: &str) -> (ResourceId, Candidate) {
        let content = DataActionContent {
            action_type: "SCRIPT".to_owned(),
            language: "JavaScript".to_owned(),
            enabled: true,
            script: script.into(),
            ..DataActionContent::default()
        };
        let live = crate::model::LiveDataAction {
            id: crate::model::DataActionId::new(name),
            name: name.to_owned(),
            content,
            modified: crate::model::ModifiedTimestamp(0),
        };
        let of = Candidate {
            kind: Kind::DataAction,
            platform_id: name.to_owned(),
            display_name: name.to_owned(),
            content: Content::DataAction(Box::new(live)),
            notes: Vec::new(),
        };
        (ResourceId::data_action(name), of)
    }

    #[test]
    fn files_have_names_that_every_file_system_tells_apart() {
        let named = ["Lookup", "lookup", "CON", "other"].map(|name| action(name, "main")).into();
        let written = all(&["data-actions".to_owned()], named);
        let paths: Vec<_> = written.iter().map(|one| one.manifest.path.as_str()).collect();
        insta::assert_snapshot!(paths.join("\n"), @"
        data-actions/Lookup-caf514.yaml
        data-actions/lookup-38c0e1.yaml
        data-actions/CON-f88307.yaml
        data-actions/other.yaml
        ");
    }

    #[test]
    fn a_script_lies_beside_its_manifest_unless_a_file_would_lose_some_of_it() {
        let written =
            all(&[".".to_owned()], vec![action("abc", "x\r\n"), action("bom", "\u{feff}x")]);
        let script = written[0].script.as_ref().expect("a file");
        assert_eq!((&*script.path, &*script.text), ("data-actions/abc.js", "x\r\n"));
        assert!(written[0].manifest.text.contains("file: abc.js\n"));
        assert!(written[1].script.is_none() && written[1].manifest.text.contains("content: "));
    }

    fn element(id: &str, element_type: &str) -> Element {
        Element {
            id: id.to_owned(),
            element_type: element_type.to_owned(),
            configuration: Map::new().into(),
            extra: Map::new(),
        }
    }

    fn connector(id: &str, source: &str, target: &str) -> Connector {
        Connector {
            id: id.to_owned(),
            source_id: source.to_owned(),
            target_id: target.to_owned(),
            label: None,
            condition: None,
            extra: Map::new(),
        }
    }

    #[test]
    fn elements_come_in_the_order_in_which_a_caller_meets_them() {
        let mut elements = vec![
            element("a-end", "End"),
            element("b-menu", "IVR"),
            element("c-begin", "Begin"),
            element("d-lost", "IVR"),
            element("e-queue", "Queue"),
        ];
        let mut connectors = vec![
            connector("3", "e-queue", "b-menu"),
            connector("2", "b-menu", "e-queue"),
            connector("1", "c-begin", "b-menu"),
            connector("4", "b-menu", "a-end"),
        ];
        let ids = |content: &FlowContent| {
            let elements = content.elements.iter().map(|one| one.id.clone());
            elements.chain(content.connectors.iter().map(|one| one.id.clone())).collect::<Vec<_>>()
        };
        let of = |elements: &[Element], connectors: &[Connector]| {
            in_order(&FlowContent { elements: elements.to_vec(), connectors: connectors.into() })
        };
        let ordered = of(&elements, &connectors);
        let expected = ["c-begin", "b-menu", "e-queue", "a-end", "d-lost", "1", "2", "4", "3"];
        assert_eq!(ids(&ordered), expected);
        elements.reverse();
        connectors.reverse();
        assert_eq!(of(&elements, &connectors), ordered);
    }
}
