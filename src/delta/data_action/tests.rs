use serde_json::json;

use super::*;

fn action(script: &str, dependencies: &[&str], description: &str) -> DataActionContent {
    DataActionContent {
        description: Some(description.to_owned()),
        action_type: "SCRIPT".to_owned(),
        trigger: json!({"type": "MANUAL"}).as_object().cloned().unwrap_or_default(),
        enabled: true,
        dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        language: "JavaScript".to_owned(),
        script: script.into(),
        extra: Map::new(),
    }
}

fn pointers(changes: &[FieldChange]) -> Vec<&str> {
    changes.iter().map(|change| change.pointer.as_str()).collect()
}

#[test]
fn equal_contents_have_one_hash_however_they_are_spelled() {
    let base = action("x", &["b", "a"], "");
    let mut same = action("x", &["a", "b"], "");
    same.description = None;
    same.extra = json!({"owner": 7}).as_object().cloned().unwrap_or_default();
    assert_eq!(hash_data_action(&base), hash_data_action(&same));
    assert_eq!(compare_data_actions(Some(&base), Some(&same)), []);
    assert_ne!(hash_data_action(&base), hash_data_action(&action("x", &["a"], "")));
}

#[test]
fn what_differs_has_a_pointer() {
    let (before, after) = (action("x", &["a"], "one"), action("y", &["b"], "two"));
    let changes = compare_data_actions(Some(&before), Some(&after));
    assert_eq!(pointers(&changes), ["/description", "/dependencies", "/script/content"]);
    assert_eq!((&changes[1].before, &changes[1].after), (&Some(json!(["a"])), &Some(json!(["b"]))));
    assert_eq!(compare_data_actions(None, Some(&after)).len(), 7);
}

/// Base, live and wanted as script and description; what is written, kept and in conflict; and what
/// is to be live.
type Case = (
    [&'static str; 2],
    [&'static str; 2],
    [&'static str; 2],
    [&'static [&'static str]; 3],
    [&'static str; 2],
);

#[test]
fn each_property_is_merged_by_itself() {
    let cases: &[Case] = &[
        (["s", "d"], ["s", "d"], ["s", "d"], [&[], &[], &[]], ["s", "d"]),
        (["s", "d"], ["s", "d"], ["t", "d"], [&["/script/content"], &[], &[]], ["t", "d"]),
        (["s", "d"], ["s", "live"], ["s", "d"], [&[], &["/description"], &[]], ["s", "live"]),
        (
            ["s", "d"],
            ["s", "live"],
            ["t", "d"],
            [&["/script/content"], &["/description"], &[]],
            ["t", "live"],
        ),
        (["s", "d"], ["u", "d"], ["t", "d"], [&[], &[], &["/script/content"]], ["t", "d"]),
        (["s", "d"], ["t", "d"], ["t", "d"], [&[], &[], &[]], ["t", "d"]),
    ];
    for (base, live, wanted, [written, kept, conflicts], result) in cases {
        let made = |[script, description]: &[&str; 2]| action(script, &[], description);
        let (base, live, wanted) = (made(base), made(live), made(wanted));
        let merge = merge_data_action(Base::Recorded(&base), &live, &wanted);
        assert_eq!(pointers(&merge.written), *written);
        assert_eq!(pointers(&merge.kept), *kept);
        assert_eq!(pointers(&merge.conflicts), *conflicts);
        assert_eq!(merge.content, made(result));
    }
}

#[test]
fn without_a_base_everything_that_differs_is_gits_and_the_platforms_own_stays() {
    let mut live = action("live", &["a"], "live");
    live.extra = json!({"owner": 7}).as_object().cloned().unwrap_or_default();
    let wanted = action("git", &[], "git");
    let merge = merge_data_action(Base::Nothing, &live, &wanted);
    assert_eq!(merge.written.len(), 3);
    assert_eq!((merge.kept, merge.conflicts), (Vec::new(), Vec::new()));
    assert_eq!(merge.content, DataActionContent { extra: live.extra, ..wanted });
}
