//! What a catalog hook changed, as the host is told.

use serde_json::json;

use super::*;
use crate::doc::Change;

#[track_caller]
fn check(change: impl Fn(&mut Entry), edits: &[Edit]) {
    let mut entries = Catalog::new(vec![
        Entry::new("files", "untouched"),
        Entry::new("files", "read").with_title("Read").with_annotations(Annotations {
            title: Some("Read".to_owned()),
            read_only: Some(false),
            ..Annotations::default()
        }),
    ]);
    entries.iter_mut().filter(|entry| entry.name() == "read").for_each(change);
    assert_eq!(entries.finish().unwrap(), edits);
}

#[test]
fn an_entry_left_as_it_was_has_no_edit() {
    check(|_| (), &[]);
    check(|entry| entry.rename("files__read"), &[]);
    check(
        |entry| {
            entry.rename("other");
            entry.set_title("Other");
            entry.rename("files__read");
            entry.set_title("Read");
            entry.set_read_only(false);
        },
        &[],
    );
}

#[test]
fn an_edit_holds_only_what_changed() {
    let exposed = Some("read".to_owned());
    check(
        |entry| entry.rename("read"),
        &[Edit::Update(1, EntryEdit { exposed, ..EntryEdit::default() })],
    );
    let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
    check(
        |entry| entry.set_read_only(true),
        &[Edit::Update(1, EntryEdit { annotations, ..EntryEdit::default() })],
    );
    let patches = vec![
        Change { at: "/_meta".to_owned(), json: Some("{\"a\":1}".to_owned()) },
        Change { at: "/title".to_owned(), json: None },
    ];
    check(
        |entry| {
            entry.set("/_meta", json!({"a": 1}));
            entry.remove("/title");
        },
        &[Edit::Update(1, EntryEdit { patches: patches.clone(), ..EntryEdit::default() })],
    );
}

#[test]
fn a_title_is_set_wherever_the_entry_has_one() {
    let title = Some("Open".to_owned());
    let annotations = Annotations { title: title.clone(), ..Annotations::default() };
    check(
        |entry| entry.set_title("Open"),
        &[Edit::Update(1, EntryEdit { title, annotations, ..EntryEdit::default() })],
    );
}

#[test]
fn what_is_hidden_is_not_changed_as_well_but_what_is_unlisted_is() {
    let rename = |entry: &mut Entry| entry.rename("x");
    let exposed = Some("x".to_owned());
    let update = Edit::Update(1, EntryEdit { exposed, ..EntryEdit::default() });
    check(
        |entry| {
            rename(entry);
            entry.hide();
        },
        &[Edit::Hide(1)],
    );
    check(
        |entry| {
            rename(entry);
            entry.unlist();
        },
        &[update, Edit::Unlist(1)],
    );
}

#[test]
fn a_definition_is_read_by_pointer_with_the_changes_to_it() {
    let mut entry = Entry::new("files", "read")
        .with_description("Reads")
        .with_definition(json!({"inputSchema": {"type": "object", "required": ["path"]}}));
    assert_eq!(entry.definition::<String>("/name").unwrap().as_deref(), Some("read"));
    assert_eq!(entry.definition::<String>("/description").unwrap().as_deref(), Some("Reads"));
    assert_eq!(
        entry.definition::<Vec<String>>("/inputSchema/required").unwrap().unwrap(),
        ["path"]
    );
    assert_eq!(entry.definition::<bool>("/annotations/readOnlyHint").unwrap(), None);
    entry.set("/inputSchema/required/-", "mode");
    assert_eq!(
        entry.definition::<String>("/inputSchema/required/1").unwrap().as_deref(),
        Some("mode")
    );
    assert!(entry.definition::<u8>("/name").is_err());
    assert!(entry.definition::<u8>("name").is_err());
}

#[test]
fn an_entry_used_wrongly_fails_the_hook() {
    #[track_caller]
    fn check(entry: Entry, wrong: impl Fn(&mut Entry), text: &str) {
        let mut entries = Catalog::new(vec![entry]);
        entries.iter_mut().for_each(wrong);
        assert_eq!(entries.finish().unwrap_err().to_string(), text);
    }
    let rename = |entry: &mut Entry| entry.rename("x");
    check(
        Entry::resource("a", "file:///x"),
        rename,
        "`file:///x` is a resource, which cannot be renamed",
    );
    check(Entry::template("a", "x:{y}"), rename, "`x:{y}` is a template, which cannot be renamed");
    check(
        Entry::new("a", "b"),
        |entry| entry.set("title", 1),
        "`title` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1",
    );
}

#[test]
fn added_tools_stand_at_the_end() {
    let mut entries = Catalog::new(vec![Entry::new("a", "b"), Entry::prompt("a", "p")]);
    let tool =
        VirtualTool::new("find").title("Find").with("annotations", json!({"readOnlyHint": true}));
    entries.add(tool.clone());
    assert_eq!(entries.names(), ["a__b", "a__p", "find"]);
    assert_eq!(entries.tools().count(), 1);
    assert!(
        entries.get(Kind::Prompt, "a__p").is_some() && entries.get(Kind::Tool, "a__p").is_none()
    );
    assert_eq!(
        *tool.definition(),
        json!({"title": "Find", "annotations": {"readOnlyHint": true}, "inputSchema": {"type": "object"}})
    );
    assert_eq!(entries.finish().unwrap(), [Edit::Add(tool)]);
}
