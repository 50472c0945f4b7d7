//! Each hook of version 0.2: what it is shown, what it may answer, and how a wrong answer is told.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::catalog::{Annotations, Definition, EntryKind};
use mcpmux_core::hook::{
    Denial, EntryEdit, EntryView, ListEdit, Notice, NotifyAction, Obligations, Question,
    RequestAction, ResponseAction, Rewrite, Source, Verdict, VirtualTool,
};
use mcpmux_core::json::Raw;
use mcpmux_core::json::pointer::{Patch, Pointer};
use mcpmux_core::names::BackendName;

use crate::guests::modern::{Guest, answer};
use crate::stage::{Something, about, arguments, call, client, hooks, load, seen, try_load};

/// What a request hook that answers these words makes of a call; `texts` are put into its memory first.
fn request(
    texts: &[&str],
    words: impl FnOnce(&[(u32, u32)]) -> Vec<u32>,
) -> Result<RequestAction, String> {
    let mut guest = Guest::new();
    let places: Vec<_> = texts.iter().map(|text| guest.text(text)).collect();
    let words = words(&places);
    let hooks = hooks(&guest.moody("request", &words));
    let hook = hooks.request.as_ref().unwrap();
    let first = hook.on_request(&call("read"), &arguments());
    assert_eq!(hook.on_request(&call("read"), &arguments()), first, "the next call works as well");
    first
}

fn request_failed(why: &str) -> Result<RequestAction, String> {
    Err(format!("the request hook of plugin `guest` failed: {why}"))
}

fn changed(text: &'static str) -> Result<RequestAction, String> {
    Ok(RequestAction::Change(Rewrite::Replace(Raw::literal(text))))
}

#[test]
fn a_request_hook_forwards_changes_answers_refuses_and_reroutes() {
    assert_eq!(request(&[], |_| vec![0, 0]), Ok(RequestAction::Forward));
    let replaced = request(&[r#"{"a":1}"#], |at| vec![0, 1, 0, at[0].0, at[0].1]);
    assert_eq!(replaced, changed(r#"{"a":1}"#));
    let answered = request(&[r#"{"content":[]}"#], |at| vec![0, 2, at[0].0, at[0].1]);
    assert_eq!(answered, Ok(RequestAction::Answer(Raw::literal(r#"{"content":[]}"#))));
    let refused = request(&["a.b", "no"], |at| vec![0, 3, at[0].0, at[0].1, at[1].0, at[1].1]);
    let denial = Denial { code: "a.b".to_owned(), message: "no".to_owned() };
    assert_eq!(refused, Ok(RequestAction::Refuse(denial)));
    let rerouted = request(&["x__y", "{}"], |at| vec![0, 4, at[0].0, at[0].1, at[1].0, at[1].1]);
    let (exposed, arguments) = ("x__y".to_owned(), Raw::literal("{}"));
    assert_eq!(rerouted, Ok(RequestAction::Reroute { exposed, arguments }));
    let erred = request(&["cannot say"], |at| vec![1, at[0].0, at[0].1]);
    assert_eq!(erred, request_failed("cannot say"));
}

#[test]
fn what_a_request_hook_may_not_answer_is_said() {
    let answered = request(&["nope"], |at| vec![0, 2, at[0].0, at[0].1]);
    assert_eq!(
        answered,
        request_failed("its answer is no JSON: expected ident at line 1 column 2")
    );
    let answered = request(&["[]"], |at| vec![0, 2, at[0].0, at[0].1]).unwrap_err();
    assert!(answered.contains("its answer is no JSON object: "), "{answered}");
    let nowhere = request(&["", "{}"], |at| vec![0, 4, at[0].0, at[0].1, at[1].0, at[1].1]);
    assert_eq!(nowhere, request_failed("it reroutes to a tool without a name"));
    let replaced = request(&[r#"{"a":1,"a":2}"#], |at| vec![0, 1, 0, at[0].0, at[0].1]);
    assert!(replaced.unwrap_err().contains("duplicate key `a`"));
}

/// What patches, given as (set to, or remove) make of the arguments.
fn patched(patches: &[(&str, Option<&str>)]) -> Result<RequestAction, String> {
    let mut guest = Guest::new();
    let mut words = Vec::new();
    for (at, value) in patches {
        let (at, value) = (guest.text(at), value.map(|value| guest.text(value)));
        let (kind, value) = value.map_or((1, (0, 0)), |value| (0, value));
        words.extend([kind, at.0, at.1, value.0, value.1]);
    }
    let list = guest.words(&words);
    let count = u32::try_from(patches.len()).unwrap();
    let hooks = hooks(&guest.moody("request", &[0, 1, 1, list, count]));
    hooks.request.as_ref().unwrap().on_request(&call("read"), &arguments())
}

#[test]
fn patches_leave_what_they_do_not_name_byte_for_byte() {
    assert_eq!(
        patched(&[("/path", Some(r#""/tmp""#)), ("/new", Some("[1]"))]),
        changed(r#"{"path":"/tmp","n":1.50,"new":[1]}"#)
    );
    assert_eq!(patched(&[("/path", None)]), changed(r#"{"n":1.50}"#));
}

#[test]
fn a_patch_to_a_path_that_is_not_there_is_the_hooks_failure() {
    let nothing = "a patch cannot be made: there is nothing at `/no/where`";
    assert_eq!(patched(&[("/path", None), ("/no/where", Some("1"))]), request_failed(nothing));
    assert_eq!(
        patched(&[("", None)]),
        request_failed("a patch cannot be made: a document cannot be removed from itself")
    );
    let pointer =
        "`path` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1";
    assert_eq!(patched(&[("path", None)]), request_failed(pointer));
    assert!(patched(&[("/path", Some("{"))]).unwrap_err().contains("value for `/path` is no JSON"));
    assert!(patched(&[("", Some("1"))]).unwrap_err().contains("is no JSON object"));
}

/// A request hook that answers what it finds at a pointer.
fn reader(at: &str) -> Guest {
    let mut guest = Guest::new();
    let (at, length) = guest.text(at);
    let nothing = guest.text("{}");
    let body = format!(
        "(call $get (local.get $document) (i32.const {at}) (i32.const {length}) (i32.const 512))
         (if (i32.eqz (i32.load8_u (i32.const 512))) (then (br 1 {})))
         (drop {})
         (i32.store (i32.const 1032) (i32.load (i32.const 516)))
         (i32.store (i32.const 1036) (i32.load (i32.const 520)))
         (i32.const 1024)",
        answer(&[0, 2, nothing.0, nothing.1]),
        answer(&[0, 2]),
    );
    guest.hook("request", &body)
}

#[test]
fn a_document_is_read_by_pointer() {
    let read = |at: &str, document: &'static str| {
        let hooks = hooks(&reader(at));
        hooks.request.as_ref().unwrap().on_request(&call("read"), &Raw::literal(document))
    };
    let found = Ok(RequestAction::Answer(Raw::literal(r#"{"c":1.50}"#)));
    assert_eq!(read("/a/0", r#"{"a":[{"c":1.50}]}"#), found);
    assert_eq!(read("/b", "{}"), Ok(RequestAction::Answer(Raw::literal("{}"))));
    assert!(read("b", "{}").unwrap_err().contains("`b` is no JSON Pointer"));
}

#[test]
fn a_document_that_can_be_read_in_two_ways_ends_the_call_and_is_not_the_plugins_fault() {
    let hooks = hooks(&reader("/a"));
    let hook = hooks.request.as_ref().unwrap();
    for _ in 0..100 {
        let read = hook.on_request(&call("read"), &Raw::literal(r#"{"a":{},"\u0061":{}}"#));
        let why = "the document names `a` twice in one object, so what it means cannot be told";
        assert_eq!(read, request_failed(why));
    }
    let (found, health) = (Ok(RequestAction::Answer(Raw::literal("{}"))), hooks.health.health());
    assert_eq!(hook.on_request(&call("read"), &Raw::literal(r#"{"a":{}}"#)), found);
    assert_eq!((health.calls, health.failures, health.quarantined), (100, 0, None));
}

/// What an authorize hook that answers these words says.
fn verdict(
    texts: &[&str],
    words: impl FnOnce(&[(u32, u32)], u32) -> Vec<u32>,
) -> Result<Verdict, String> {
    let mut guest = Guest::new();
    let places: Vec<_> = texts.iter().map(|text| guest.text(text)).collect();
    let list: Vec<u32> = places.iter().flat_map(|(at, length)| [*at, *length]).collect();
    let list = guest.words(&list);
    let words = words(&places, list);
    let hooks = hooks(&guest.moody("authorize", &words));
    hooks.authorize.as_ref().unwrap().check(&call("read"), &arguments())
}

#[test]
fn an_authorizer_allows_denies_asks_and_obliges() {
    assert_eq!(verdict(&[], |_, _| vec![0, 0]), Ok(Verdict::Allow));
    let obliged = verdict(&["/a", "/b/c"], |_, list| vec![0, 1, list, 2, 1, 100, 1, 2_000]);
    let obligations = Obligations {
        redact: ["/a", "/b/c"].map(|at| Pointer::parse(at).unwrap()).to_vec(),
        max_bytes: Some(100),
        timeout: Some(Duration::from_secs(2)),
    };
    assert_eq!(obliged, Ok(Verdict::AllowWith(obligations)));
    let denied = verdict(&["a", "no"], |at, _| vec![0, 2, at[0].0, at[0].1, at[1].0, at[1].1]);
    let denial = Denial { code: "a".to_owned(), message: "no".to_owned() };
    assert_eq!(denied, Ok(Verdict::Deny(denial)));
    let asked = verdict(&["May it?", "k"], |at, _| {
        vec![0, 3, at[0].0, at[0].1, 1, at[1].0, at[1].1, 5_000]
    });
    let remember = Some(("k".to_owned(), Duration::from_secs(5)));
    let question = Question { text: "May it?".to_owned(), remember };
    assert_eq!(asked, Ok(Verdict::Ask(question)));
}

#[test]
fn what_an_authorizer_may_not_answer_is_said() {
    let odd = verdict(&["a"], |_, list| vec![0, 1, list, 1, 0, 0, 0, 0]).unwrap_err();
    assert!(
        odd.starts_with("the authorize hook of plugin `guest` failed: `a` is no JSON"),
        "{odd}"
    );
    let silent = verdict(&[" "], |at, _| vec![0, 3, at[0].0, at[0].1, 0, 0, 0, 0]).unwrap_err();
    assert!(silent.contains("a question without words"), "{silent}");
}

#[test]
fn a_list_has_as_many_answers_as_entries() {
    let mut guest = Guest::new();
    let (at, _) = guest.bytes(&[1, 0]);
    // As many answers as it is told, and never more than two.
    let body = format!(
        "(drop {}) (i32.store (i32.const 1032) (select (local.get 12) (i32.const 2)
           (i32.lt_u (local.get 12) (i32.const 2)))) (i32.const 1024)",
        answer(&[0, at, 2])
    );
    let hooks = hooks(&guest.hook("authorize-list", &body));
    let hook = hooks.authorize_list.as_ref().unwrap();
    let list = [seen("read"), seen("write"), seen("third")];
    assert_eq!(hook.check_list(&client(), &list[..2]), Ok(vec![true, false]));
    let why = "the authorize-list hook of plugin `guest` failed: it gave 2 answers for 3 entries";
    assert_eq!(hook.check_list(&client(), &list), Err(why.to_owned()));
}

/// What a response hook that answers these words makes of a document.
fn response(source: Source, document: &'static str, new: &str) -> Result<ResponseAction, String> {
    let mut guest = Guest::new();
    let new = guest.text(new);
    let hooks = hooks(&guest.moody("response", &[0, 1, 0, new.0, new.1]));
    hooks.response.as_ref().unwrap().on_response(&call("read"), source, &Raw::literal(document))
}

#[test]
fn a_changed_response_stays_what_it_is() {
    let new = |text| Ok(ResponseAction::Change(Rewrite::Replace(Raw::literal(text))));
    assert_eq!(response(Source::Success, "{}", r#"{"content":[]}"#), new(r#"{"content":[]}"#));
    let error = r#"{"code":1,"message":"x"}"#;
    assert_eq!(
        response(Source::Error, error, r#"{"code":2,"message":"y"}"#),
        new(r#"{"code":2,"message":"y"}"#)
    );
    let odd = response(Source::Error, error, r#"{"message":"y"}"#).unwrap_err();
    assert!(odd.contains("the changed error lacks a whole `code`"), "{odd}");
    let question = r#"{"method":"elicitation/create","params":{}}"#;
    let other = r#"{"method":"sampling/createMessage","params":{}}"#;
    assert_eq!(
        response(Source::Question, question, question),
        new(r#"{"method":"elicitation/create","params":{}}"#)
    );
    let odd = response(Source::Question, question, other).unwrap_err();
    assert!(odd.contains("the changed question has another `method`"), "{odd}");
    let odd = response(Source::Success, "{}", "{").unwrap_err();
    assert!(
        odd.starts_with("the response hook of plugin `guest` failed: the replacement is no JSON"),
        "{odd}"
    );
}

#[test]
fn a_notification_is_delivered_changed_or_dropped() {
    let notify = |words: &[u32], text: &str| {
        let mut guest = Guest::new();
        let (at, length) = guest.text(text);
        let words: Vec<u32> = words.iter().copied().chain([at, length]).collect();
        let hooks = hooks(&guest.hook("notify", &answer(&words)));
        let backend = BackendName::new("files").unwrap();
        let notice = Notice { backend, method: "notifications/message".to_owned(), call: Some(1) };
        hooks.notify.as_ref().unwrap().on_notification(&notice, &Raw::literal("{}"))
    };
    assert_eq!(notify(&[0, 0], ""), Ok(NotifyAction::Deliver));
    assert_eq!(notify(&[0, 2], ""), Ok(NotifyAction::Drop));
    let new = NotifyAction::Change(Rewrite::Replace(Raw::literal(r#"{"a":1}"#)));
    assert_eq!(notify(&[0, 1, 0], r#"{"a":1}"#), Ok(new));
    let odd = notify(&[0, 1, 0], "1").unwrap_err();
    assert!(odd.starts_with("the notify hook of plugin `guest` failed: "), "{odd}");
}

/// Shows a catalog hook that answers with one edit a tool and a resource.
fn edited(
    texts: &[&str],
    edit: impl FnOnce(&[(u32, u32)]) -> Vec<u32>,
) -> Result<Vec<ListEdit>, String> {
    let mut guest = Guest::new();
    let places: Vec<_> = texts.iter().map(|text| guest.text(text)).collect();
    let list = guest.words(&edit(&places));
    // No edits of no entries.
    let body = format!(
        "(drop {}) (i32.store (i32.const 1032) (i32.ne (local.get 1) (i32.const 0))) (i32.const 1024)",
        answer(&[0, list, 0])
    );
    let hooks = hooks(&guest.hook("catalog", &body));
    let backend = BackendName::new("files").unwrap();
    let read = |kind, text| Definition::read(kind, &Raw::literal(text)).unwrap();
    let tool = read(EntryKind::Tool, r#"{"name":"x","title":"X"}"#);
    let file = read(EntryKind::Resource, r#"{"uri":"file:///x","name":"x"}"#);
    let view = |definition, exposed| EntryView { backend: &backend, definition, exposed };
    hooks.catalog.as_ref().unwrap().transform(&[view(&tool, "files__x"), view(&file, "file:///x")])
}

#[test]
fn a_catalog_hook_hides_unlists_changes_and_adds() {
    assert_eq!(edited(&[], |_| vec![0, 1]), Ok(vec![ListEdit::Hide(1)]));
    assert_eq!(edited(&[], |_| vec![1, 0]), Ok(vec![ListEdit::Unlist(0)]));
    let added = edited(&["find", r#"{"inputSchema":{}}"#], |at| {
        vec![3, at[0].0, at[0].1, at[1].0, at[1].1]
    });
    let definition = Raw::literal(r#"{"inputSchema":{}}"#);
    assert_eq!(added, Ok(vec![ListEdit::Add(VirtualTool { name: "find".to_owned(), definition })]));
}

#[test]
fn what_a_catalog_hook_may_not_answer_is_said() {
    let beyond = edited(&[], |_| vec![0, 2]);
    assert_eq!(beyond, Err("it edits entry 2 of 2, counted from 0".to_owned()));
    let odd =
        edited(&["find", "[]"], |at| vec![3, at[0].0, at[0].1, at[1].0, at[1].1]).unwrap_err();
    assert!(odd.contains("the definition of its tool `find` is no JSON object"), "{odd}");
}

#[test]
fn a_catalog_hook_reads_definitions_and_patches_them() {
    let mut guest = Guest::new();
    let (at, length) = guest.text("/title");
    let place = guest.text("/_meta");
    // update(0, an edit without anything but one patch: set `/_meta` to the title that was read)
    let patch = guest.words(&[0, place.0, place.1, 0, 0]);
    let edit = guest.words(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let body = format!(
        "(if (i32.eqz (local.get 1)) (then (br 1 {nothing})))
         (call $definition (local.get $document) (i32.const 0) (i32.const {at}) (i32.const {length}) (i32.const 512))
         (i32.store (i32.const {value}) (i32.load (i32.const 516)))
         (i32.store (i32.const {size}) (i32.load (i32.const 520)))
         (i32.store (i32.const {patches}) (i32.const {patch}))
         (i32.store (i32.const {count}) (i32.const 1))
         {one}",
        nothing = answer(&[0, 0, 0]),
        value = patch + 12,
        size = patch + 16,
        patches = edit + 64,
        count = edit + 68,
        one = answer(&[0, edit, 1]),
    );
    let hooks = hooks(&guest.hook("catalog", &body));
    let backend = BackendName::new("files").unwrap();
    let tool =
        Definition::read(EntryKind::Tool, &Raw::literal(r#"{"name":"x","title":"X"}"#)).unwrap();
    let view = EntryView { backend: &backend, definition: &tool, exposed: "files__x" };
    let edits = hooks.catalog.as_ref().unwrap().transform(&[view]).unwrap();
    let patch = Patch::Set(Pointer::parse("/_meta").unwrap(), Raw::literal(r#""X""#));
    let edit = EntryEdit {
        annotations: Annotations::default(),
        patches: vec![patch],
        ..EntryEdit::default()
    };
    assert_eq!(edits, [ListEdit::Update(0, edit)]);
}

#[test]
fn what_is_beside_a_call_can_be_read_with_the_grants_for_it() {
    let guest = || {
        let mut guest = Guest::new();
        let key = guest.text("files__read");
        let (at, length) = key;
        let body = format!(
            "(call $all (i32.const 512))
             (call $forgets (i32.const {at}) (i32.const {length}))
             (drop {}) (i32.store (i32.const 1028) (i32.add
               (i32.mul (call $remembered (i32.const {at}) (i32.const {length})) (i32.const 2))
               (i32.const 0)))
             (if (i32.ne (i32.load (i32.const 516)) (i32.const 2)) (then unreachable))
             (call $about (i32.const 0) (i32.const {at}) (i32.const {length}) (i32.const 512))
             (i32.store (i32.const 1032) (i32.load (i32.const 516)))
             (i32.store (i32.const 1036) (i32.load (i32.const 520)))
             (i32.const 1024)",
            answer(&[0, 0])
        );
        guest
            .import("entries", "all", "(func $all (param i32))")
            .import("entries", "definition", "(func $about (param i32 i32 i32 i32))")
            .import("approvals", "remembered", "(func $remembered (param i32 i32) (result i32))")
            .import("approvals", "forget", "(func $forgets (param i32 i32))")
            .hook("request", &body)
    };
    let refused = try_load(&guest(), |_| {}).unwrap_err().to_string();
    assert_eq!(
        refused,
        "[[plugins]] name = \"guest\": grant: it needs `catalog`, `approvals`, which it is not granted\n\
         hint: if it may, set `grant = [\"catalog\", \"approvals\"]`"
    );
    let granted = vec!["catalog".to_owned(), "approvals".to_owned()];
    let plugin = try_load(&guest(), |section| section.grant = granted).unwrap();
    let (hooks, scope) = (plugin.hooks(), Arc::new(Something::default()));
    let answered = hooks
        .request
        .as_ref()
        .unwrap()
        .on_request(&about("read", Arc::clone(&scope) as _), &arguments());
    let definition = Raw::literal(r#"{"name":"files__read"}"#);
    assert_eq!(answered, Ok(RequestAction::Answer(definition)));
    assert_eq!(*scope.forgotten.lock().unwrap(), ["guest files__read"]);
}

#[test]
fn a_plugin_has_the_hooks_it_exports_and_no_others() {
    let plugin = load(&Guest::new().moody("request", &[0, 0]));
    assert_eq!((plugin.hook_names(), plugin.wit_version()), (&["request"][..], "0.2.0"));
    let hooks = plugin.hooks();
    assert!(hooks.request.is_some() && hooks.authorize.is_none() && hooks.catalog.is_none());
    assert!(plugin.credentials_hook().is_none());
}
