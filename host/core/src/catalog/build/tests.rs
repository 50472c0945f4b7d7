//! What a catalog holds for which backends, filters and plugins.

use std::sync::Arc;

use super::*;
use crate::config::{Match, Mode, OnError};
use crate::hook::{CatalogHook, EntryEdit, EntryView, HookKind, ListEdit, VirtualTool};
use crate::json::Raw;
use crate::json::pointer::{Patch, Pointer};
use crate::names::NativeName;
use crate::pattern::Pattern;

fn source(backend: &str, naming: Naming, tools: &[&str]) -> Source {
    let read = |name: &&str| {
        Definition::read(EntryKind::Tool, &Raw::of(&serde_json::json!({ "name": name })))
    };
    let tools = Arc::new(tools.iter().map(read).collect());
    let entries = Entries { tools, ..Entries::default() };
    Source { backend: BackendName::new(backend).unwrap(), naming, entries }
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.shelf(EntryKind::Tool).entries().iter().map(|entry| entry.exposed.to_string()).collect()
}

#[track_caller]
fn check(sources: &[Source], plugins: &[Arc<Hooks>], expected: &[&str], reported: &[&str]) {
    let (catalog, reports) = build(sources, plugins);
    assert_eq!(names(&catalog), expected);
    let reports: Vec<String> = reports.iter().map(ToString::to_string).collect();
    assert_eq!(reports.len(), reported.len(), "{reports:?}");
    for (report, part) in reports.iter().zip(reported) {
        assert!(report.contains(part), "{report}");
    }
}

#[test]
fn order_is_that_of_backends_and_then_of_names() {
    let sources =
        [source("zoo", Naming::default(), &["b", "a"]), source("ant", Naming::default(), &["c"])];
    check(&sources, &[], &["zoo__a", "zoo__b", "ant__c"], &[]);
}

#[test]
fn filters_aliases_and_an_empty_prefix() {
    let naming = Naming {
        prefix: Some(String::new()),
        only: vec![Pattern::new("read_*"), Pattern::new("stat")],
        except: vec![Pattern::new("*_secret")],
        alias: [("stat".to_owned(), "info".to_owned())].into(),
    };
    let sources = [source("files", naming, &["read_a", "read_secret", "stat", "write"])];
    check(&sources, &[], &["info", "read_a"], &[]);
}

#[test]
fn a_collision_goes_to_the_earlier_backend_and_is_reported() {
    let bare = Naming { prefix: Some(String::new()), ..Naming::default() };
    let sources = [source("a", bare.clone(), &["x"]), source("b", bare, &["x", "y"])];
    check(&sources, &[], &["x", "y"], &["`x` of `a` and `x` of `b` are both to be `x`"]);
}

#[test]
fn names_out_of_bounds_are_reported_with_the_alias_to_write() {
    let (long, longer) = ("n".repeat(70), "n".repeat(130));
    let sources = [source("a", Naming::default(), &[&long, &longer, "sp ace"])];
    check(
        &sources,
        &[],
        &[&format!("a__{long}")],
        &["hint: [backends.a] alias = { \"nnnn", "more than 128", "`a__sp ace` holds ' '"],
    );
}

#[test]
fn one_odd_tool_does_not_spoil_the_list() {
    let mut odd = source("a", Naming::default(), &["x", "x"]);
    let tools = Arc::make_mut(&mut odd.entries.tools);
    tools.push(Definition::read(EntryKind::Tool, &Raw::literal("7")));
    check(&[odd], &[], &["a__x"], &["lists the tool `x` twice", "is left out: invalid type"]);
}

/// A hook that gives fixed edits, and notes what it was shown.
struct Fixed(PluginName, Vec<ListEdit>, std::sync::Mutex<Vec<String>>);

impl CatalogHook for Fixed {
    fn plugin(&self) -> PluginName {
        self.0.clone()
    }
    fn transform(&self, entries: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String> {
        let shown = entries.iter().map(|entry| format!("{} {}", entry.backend, entry.exposed));
        self.2.lock().unwrap().extend(shown);
        Ok(self.1.clone())
    }
}

fn fixed(edits: Vec<ListEdit>) -> (Hooks, Arc<Fixed>) {
    let name = PluginName::new("fixed").unwrap();
    let hook = Arc::new(Fixed(name.clone(), edits, std::sync::Mutex::default()));
    (Hooks { catalog: Some(Arc::clone(&hook) as _), ..Hooks::new(name) }, hook)
}

fn plugin(edits: Vec<ListEdit>) -> Arc<Hooks> {
    Arc::new(fixed(edits).0)
}

fn rename(at: usize, name: &str) -> ListEdit {
    ListEdit::Update(at, EntryEdit { exposed: Some(name.to_owned()), ..EntryEdit::default() })
}

fn patched(at: usize, pointer: &str) -> ListEdit {
    let patch = Patch::Set(Pointer::parse(pointer).unwrap(), Raw::literal("1"));
    ListEdit::Update(at, EntryEdit { patches: vec![patch], ..EntryEdit::default() })
}

fn add(name: &str, definition: &'static str) -> ListEdit {
    ListEdit::Add(VirtualTool { name: name.to_owned(), definition: Raw::literal(definition) })
}

#[test]
fn a_plugin_renames_and_hides_and_later_ones_see_it() {
    let sources = [source("a", Naming::default(), &["x", "y", "z"])];
    let first = plugin(vec![ListEdit::Hide(0), rename(1, "why")]);
    let second = plugin(vec![rename(1, "zed")]);
    check(&sources, &[first, second], &["why", "zed"], &[]);
}

#[test]
fn a_plugins_nonsense_is_reported_and_changes_nothing() {
    let sources = [source("a", Naming::default(), &["x", "y"])];
    for nonsense in [ListEdit::Hide(2), patched(1, "/no/x"), patched(1, "/name"), add("t", "7")] {
        let edits = vec![ListEdit::Hide(0), rename(1, "new"), nonsense];
        check(&sources, &[plugin(edits)], &["a__x", "a__y"], &["plugin `fixed` failed"]);
    }
    let collide = plugin(vec![rename(1, "a__x")]);
    check(&sources, &[collide], &["a__x"], &["both to be `a__x`"]);
    let empty = plugin(vec![rename(1, "")]);
    check(&sources, &[empty], &["a__x"], &["at least one character"]);
}

#[test]
fn a_failing_plugin_is_passed_over_only_if_it_fails_open_or_is_a_shadow() {
    let sources = [source("a", Naming::default(), &["x"])];
    let failing = |mode, open: Vec<HookKind>| {
        let (hooks, _) = fixed(vec![ListEdit::Hide(9)]);
        let plugin = Arc::new(Hooks { mode, on_error: OnError { open }, ..hooks });
        build(&sources, &[plugin]).1
    };
    let passed_over =
        |reports: Vec<Report>| matches!(reports[..], [Report::Plugin { open, .. }] if open);
    assert!(!passed_over(failing(Mode::Enforce, vec![HookKind::Request])));
    assert!(passed_over(failing(Mode::Enforce, vec![HookKind::Catalog])));
    assert!(passed_over(failing(Mode::Shadow, Vec::new())));
    assert_eq!(failing(Mode::Off, Vec::new()), []);
}

#[test]
fn a_shadow_is_asked_and_changes_nothing() {
    let sources = [source("a", Naming::default(), &["x", "y"])];
    let edits = vec![ListEdit::Hide(0), rename(1, "z"), ListEdit::Unlist(1), add("t", "{}")];
    let (hooks, _) = fixed(edits);
    let shadow = Arc::new(Hooks { mode: Mode::Shadow, ..hooks });
    let would = "would hide 1, unlist 1, change 1 and add 1";
    check(&sources, &[shadow], &["a__x", "a__y"], &[would]);
}

#[test]
fn a_plugin_is_shown_what_it_matches_of_all_kinds_and_names_that_by_its_place() {
    let mut a = with_view("a", "x:1");
    let prompt = Definition::read(EntryKind::Prompt, &Raw::literal(r#"{"name":"p"}"#));
    a.entries.prompts = Arc::new(vec![prompt]);
    let template =
        Definition::read(EntryKind::Template, &Raw::literal(r#"{"uriTemplate":"y:{i}"}"#));
    a.entries.templates = Arc::new(vec![template]);
    let all = [a, source("b", Naming::default(), &["t", "u"])];
    let (hooks, seen) = fixed(Vec::new());
    let reports = build(&all, &[Arc::new(hooks)]).1;
    let everything = ["a a__t", "b b__t", "b b__u", "a a__p", "a x:1", "a y:{i}"];
    assert_eq!(
        (reports, &seen.2.lock().unwrap()[..]),
        (Vec::new(), &everything.map(str::to_owned)[..])
    );
    let (hooks, seen) = fixed(vec![rename(1, "mine")]);
    let pattern = |text| vec![Pattern::new(text)];
    let matches = Match { backends: pattern("b"), entries: pattern("?"), clients: pattern("no") };
    let (catalog, _) = build(&all, &[Arc::new(Hooks { matches, ..hooks })]);
    assert_eq!(*seen.2.lock().unwrap(), ["b b__t", "b b__u"]);
    assert_eq!(names(&catalog), ["a__t", "b__t", "mine"]);
}

#[test]
fn what_is_unlisted_can_be_called_and_what_has_a_uri_keeps_it() {
    let sources = [with_view("a", "x:1")];
    let (catalog, _) = build(&sources, &[plugin(vec![ListEdit::Unlist(0), ListEdit::Unlist(1)])]);
    assert_eq!((names(&catalog), catalog.count(EntryKind::Tool, &sources[0].backend)), (vec![], 0));
    let tool = catalog.shelf(EntryKind::Tool);
    assert!(tool.get("a__t").is_some_and(|entry| !entry.listed) && tool.all().count() == 1);
    assert!(catalog.resource("x:1").is_some());
    let (catalog, reports) = build(&sources, &[plugin(vec![rename(1, "y:1")])]);
    assert!(reports[0].to_string().contains("URI of the resource `x:1` cannot be changed"));
    assert!(catalog.resource("x:1").is_some());
}

#[test]
fn a_plugins_tools_come_last_and_lose_collisions_and_bad_names_are_left_out_alone() {
    let long = "n".repeat(129);
    let sources =
        [source("z", Naming { prefix: Some(String::new()), ..Naming::default() }, &["x"])];
    let definition = r#"{"name":"other","inputSchema":{},"v":1.0}"#;
    let edits = vec![add("find", definition), add("x", "{}"), add("", "{}"), add(&long, "{}")];
    let reported = ["added by the plugin `fixed`", "that plugin `fixed` adds", "more than 128"];
    check(&sources, &[plugin(edits.clone())], &["x", "find"], &reported);
    let (catalog, _) = build(&sources, &[plugin(edits)]);
    let entry = catalog.shelf(EntryKind::Tool).get("find").unwrap();
    assert_eq!((entry.backend.as_str(), entry.native.as_str()), ("fixed", "find"));
    assert_eq!(entry.plugin.as_ref().unwrap().as_str(), "fixed");
    assert_eq!(entry.definition.as_bytes(), definition.replace("other", "find").as_bytes());
}

#[test]
fn what_is_hidden_is_behind_no_uri() {
    let mut source = with_view("a", "x:1");
    let template = |text: &str| {
        Definition::read(EntryKind::Template, &Raw::of(&serde_json::json!({ "uriTemplate": text })))
    };
    source.entries.templates = Arc::new(vec![template("x:{id}"), template("x:o{id}")]);
    let a = source.backend.clone();
    let sources = [source];
    let (all, hidden) =
        (build(&sources, &[]).0, build(&sources, &[plugin(vec![ListEdit::Hide(2)])]).0);
    let hides = |uri: &str| (all.hides(&a, uri), hidden.hides(&a, uri));
    assert_eq!(hides("x:7"), (false, true), "only the hidden template has it");
    assert_eq!(hides("x:{id}"), (false, true), "the template itself");
    assert_eq!(hides("x:1"), (false, false), "it is listed");
    assert_eq!(hides("x:o1"), (false, false), "another template has it");
    assert_eq!(hides("y:1"), (false, false), "nobody spoke of it");
    let hidden = build(&sources, &[plugin(vec![ListEdit::Hide(1)])]).0;
    assert!(hidden.hides(&a, "x:1") && !hidden.hides(&a, "x:2"));
    assert_eq!(
        hidden.resource("x:1"),
        Some((a, NativeName::new("x:1"))),
        "who asks has to ask both"
    );
}

/// A backend with one resource, and a tool whose user interface is that resource.
fn with_view(backend: &str, uri: &str) -> Source {
    let mut source = source(backend, Naming::default(), &[]);
    let tool = serde_json::json!({ "name": "t", "_meta": { "ui": { "resourceUri": uri } } });
    let read =
        |kind, value: &serde_json::Value| Arc::new(vec![Definition::read(kind, &Raw::of(value))]);
    source.entries.tools = read(EntryKind::Tool, &tool);
    source.entries.resources = read(EntryKind::Resource, &serde_json::json!({ "uri": uri }));
    source
}

#[test]
fn a_uri_that_two_backends_claim_is_qualified_for_the_later_one_and_links_follow_it() {
    let sources = [with_view("a", "ui://v"), with_view("b", "ui://v"), with_view("c", "ui://w")];
    let (catalog, reports) = build(&sources, &[]);
    assert_eq!(reports, []);
    let shown = catalog.shelf(EntryKind::Resource).entries().iter();
    let shown: Vec<_> = shown.map(|entry| entry.exposed.as_str()).collect();
    assert_eq!(shown, ["ui://v", "ui://mcpmux.b/v", "ui://w"]);
    let link = |tool: &str| {
        let tool = catalog.shelf(EntryKind::Tool).get(tool).unwrap();
        String::from_utf8(tool.definition.as_bytes().to_vec()).unwrap()
    };
    assert!(link("a__t").contains(r#""ui://v""#));
    assert!(link("b__t").contains(r#""ui://mcpmux.b/v""#));
    for (exposed, backend, native) in
        [("ui://v", "a", "ui://v"), ("ui://mcpmux.b/v", "b", "ui://v"), ("ui://w", "c", "ui://w")]
    {
        let found = catalog.resource(exposed).unwrap();
        assert_eq!((found.0.as_str(), found.1.as_str()), (backend, native));
    }
    assert_eq!(catalog.resource("ui://x"), None);
}

#[test]
fn what_is_withheld_is_neither_offered_nor_behind_a_uri() {
    let mut source = with_view("a", "x:1");
    let read = |uri: &str| {
        Definition::read(EntryKind::Template, &Raw::of(&serde_json::json!({ "uriTemplate": uri })))
    };
    source.entries.templates = Arc::new(vec![read("x:{id}"), read("y:{id}")]);
    let (a, b) = (source.backend.clone(), BackendName::new("b").unwrap());
    let all = build(&[source], &[]).0;
    let matching = |backend: &str, entries: &[&str]| Match {
        backends: vec![Pattern::new(backend)],
        entries: entries.iter().map(|entry| Pattern::new(entry)).collect(),
        ..Match::default()
    };
    let of = |catalog: &Catalog| EntryKind::ALL.map(|kind| catalog.shelf(kind).entries().len());
    let some = all.without(vec![matching("a", &["x:1", "y:{id}"])]);
    let [tools, prompts, resources, templates] = of(&all);
    assert_eq!(of(&some), [tools, prompts, resources - 1, templates - 1]);
    assert!(some.shelf(EntryKind::Resource).get("x:1").is_none() && !some.same(&all));
    assert!(some.hides(&a, "x:1") && some.hides(&a, "y:7") && some.hides(&a, "y:{id}"));
    // What another template has is offered still; of what nothing is offered nobody knows whose it is.
    assert!(!some.hides(&a, "x:2") && some.hides(&a, "z:1") && !some.hides(&b, "z:1"));
    // That of a backend that is new since is none of the catalog's entries.
    assert!(Catalog::default().without(vec![matching("b", &[])]).hides(&b, "x:1"));
    assert_eq!(of(&all.without(vec![matching("a", &[])])), [0; 4]);
}
