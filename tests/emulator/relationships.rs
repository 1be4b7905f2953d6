use serde_json::{Value, json};

use crate::server::{Answer, Server, uuid};

/// A data store whose records lie in households, and know each other.
struct Family {
    server: Server,
    store: String,
}

fn link(children: &[u32], cascade: &str) -> Value {
    let ids: Vec<_> = children.iter().map(|&child| uuid(child)).collect();
    json!({"ids": ids, "cascade_action": cascade})
}

impl Family {
    /// With records 1 to `size`.
    async fn of(size: u32) -> Self {
        let server = Server::start().await;
        let fields = json!([
            {"name": "household", "type": "relationship", "constraints": {"max_depth": 3}},
            {"name": "knows", "type": "relationship"},
            {"name": "name", "type": "string"}
        ]);
        let store = server.store("family", fields).await;
        server.settings(json!({"requestsPerSecond": 0})).await;
        for number in 1..=size {
            server.record(&store, &uuid(number), json!({})).await;
        }
        Self { server, store }
    }

    fn path(&self, record: u32) -> String {
        format!("{}/records/{}", self.store, uuid(record))
    }

    async fn set(&self, record: u32, field: &str, value: Value) -> Answer {
        self.server.send("PATCH", &self.path(record), json!({"fields": {field: value}})).await
    }

    async fn link(&self, record: u32, field: &str, children: &[u32]) -> Answer {
        self.set(record, field, link(children, "none")).await
    }

    async fn linked(&self, record: u32, field: &str, children: &[u32], cascade: &str) {
        let answer = self.set(record, field, link(children, cascade)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn version(&self, record: u32) -> Value {
        self.server.get(&self.path(record)).await.body["_version"].clone()
    }

    async fn delete(&self, record: u32) -> Answer {
        self.server.send("DELETE", &self.path(record), Value::Null).await
    }
}

#[tokio::test]
async fn a_relationship_is_kept_as_it_was_given() {
    let family = Family::of(3).await;
    let answer = family.set(1, "household", link(&[3, 2], "update")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["fields"], json!({"household": link(&[3, 2], "update")}));
    assert_eq!(family.server.get(&family.path(1)).await.body, answer.body);
    let emptied = family.set(1, "household", Value::Null).await;
    assert_eq!(emptied.body["fields"], json!({}));
}

#[tokio::test]
async fn a_relationship_that_makes_no_sense_is_refused() {
    let family = Family::of(2).await;
    for (value, path) in [
        (json!("x"), "/fields/household"),
        (json!({"cascade_action": "none"}), "/fields/household/ids"),
        (link(&[2], "destroy"), "/fields/household/cascade_action"),
        (json!({"ids": ["2"]}), "/fields/household/ids/0"),
        (link(&[2, 9], "none"), "/fields/household/ids/1"),
        (link(&[2, 2], "none"), "/fields/household/ids/1"),
        (json!({"ids": [], "cascadeAction": "none"}), "/fields/household/cascadeAction"),
    ] {
        let answer = family.set(1, "household", value).await;
        answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
        assert_eq!(answer.detail_paths(), [path]);
    }
    let orphan = family.link(1, "household", &[9]).await;
    assert!(orphan.text("/details/0/message").contains(&uuid(9)), "{orphan:?}");
    let body = json!({"fields": {"household": link(&[9], "none")}});
    let created = family.server.send("POST", &format!("{}/records", family.store), body).await;
    assert_eq!(created.detail_paths(), ["/fields/household/ids/0"]);
}

#[tokio::test]
async fn a_child_of_another_data_store_is_unknown() {
    let family = Family::of(1).await;
    let other = family.server.store("others", json!([])).await;
    family.server.record(&other, &uuid(5), json!({})).await;
    let answer = family.link(1, "household", &[5]).await;
    answer.assert_refused(400, "SCHEMA_VALIDATION_FAILED");
}

#[tokio::test]
async fn no_circle_is_closed_over_all_relationship_fields_together() {
    let family = Family::of(3).await;
    family.linked(1, "household", &[2], "none").await;
    family.linked(2, "knows", &[3], "none").await;
    let answer = family.link(3, "household", &[1]).await;
    answer.assert_refused(409, "CIRCULAR_REFERENCE");
    let circle = [3, 1, 2, 3].map(uuid).join(" → ");
    assert!(answer.text("/message").contains(&circle), "{answer:?}");
    family.link(1, "knows", &[1]).await.assert_refused(409, "CIRCULAR_REFERENCE");
    let body = json!({"id": uuid(4), "fields": {"knows": link(&[4], "none")}});
    let created = family.server.send("POST", &format!("{}/records", family.store), body).await;
    created.assert_refused(409, "CIRCULAR_REFERENCE");
    family.linked(1, "household", &[], "none").await;
    family.linked(3, "household", &[1], "none").await;
}

#[tokio::test]
async fn a_chain_is_no_longer_than_its_field_allows() {
    let family = Family::of(5).await;
    // One link at either end, then the one between them: the chain is seen from its middle.
    for (parent, child) in [(1, 2), (3, 4), (2, 3)] {
        family.linked(parent, "household", &[child], "none").await;
    }
    for (parent, child) in [(4, 5), (5, 1)] {
        let answer = family.link(parent, "household", &[child]).await;
        answer.assert_refused(400, "MAX_DEPTH_EXCEEDED");
        assert_eq!(answer.detail_paths(), ["/fields/household/ids"]);
        assert!(answer.text("/details/0/message").contains("at most 3"), "{answer:?}");
    }
    family.linked(4, "knows", &[5], "none").await;
}

#[tokio::test]
async fn a_parent_has_no_more_children_than_its_field_allows() {
    let family = Family::of(7).await;
    family.linked(1, "household", &[2, 3, 4], "none").await;
    let answer = family.link(1, "household", &[2, 3, 4, 5]).await;
    answer.assert_refused(400, "MAX_DEPTH_EXCEEDED");
    assert!(answer.text("/details/0/message").contains("4 children"), "{answer:?}");
    family.linked(1, "knows", &[2, 3, 4, 5, 6], "none").await;
    let answer = family.link(1, "knows", &[2, 3, 4, 5, 6, 7]).await;
    assert!(answer.text("/details/0/message").contains("at most 5"), "where silent: {answer:?}");
}

#[tokio::test]
async fn a_record_that_another_names_is_not_deleted() {
    let family = Family::of(2).await;
    family.linked(1, "household", &[2], "none").await;
    let answer = family.delete(2).await;
    answer.assert_refused(409, "RECORD_REFERENCED");
    assert!(answer.text("/message").contains(&uuid(1)), "{answer:?}");
    assert_eq!(family.delete(1).await.status, 204);
    assert_eq!(family.version(2).await, 1, "a child stays when its parent goes");
    assert_eq!(family.delete(2).await.status, 204);
}

#[tokio::test]
async fn children_are_deleted_with_their_parent_when_it_says_so() {
    let family = Family::of(4).await;
    family.linked(1, "household", &[2], "delete").await;
    family.linked(2, "household", &[3], "delete").await;
    family.linked(4, "knows", &[3], "none").await;
    family.delete(1).await.assert_refused(409, "RECORD_REFERENCED");
    assert_eq!(family.version(1).await, 2, "nothing is deleted");
    family.linked(4, "knows", &[], "none").await;
    assert_eq!(family.delete(1).await.status, 204);
    let left = family.server.get(&format!("{}/records", family.store)).await.body;
    assert_eq!((&left["totalCount"], &left["records"][0]["id"]), (&json!(1), &json!(uuid(4))));
}

#[tokio::test]
async fn children_move_with_their_parent_when_it_says_so() {
    let family = Family::of(3).await;
    family.linked(2, "household", &[3], "update").await;
    family.linked(1, "household", &[2], "update").await;
    assert_eq!((family.version(2).await, family.version(3).await), (json!(3), json!(2)));
    family.set(1, "name", json!("Ada")).await;
    assert_eq!((family.version(2).await, family.version(3).await), (json!(4), json!(2)));
    let lock = format!("/_emulator/data-stores/family/records/{}/lock", uuid(2));
    family.server.control("PUT", &lock, json!({"heldBy": "ada"})).await;
    family.set(1, "name", json!("Bob")).await.assert_refused(409, "RECORD_LOCKED");
}
