//! What a catalog holds for which backends, filters and plugins.

use std::sync::Arc;

use super::*;
use crate::json::Raw;
use crate::names::PluginName;
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
fn check(sources: &[Source], hooks: &[Arc<dyn CatalogHook>], expected: &[&str], reported: &[&str]) {
    let (catalog, reports) = build(sources, hooks);
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

/// A plugin that gives fixed edits.
struct Fixed(Vec<Edit>);

impl CatalogHook for Fixed {
    fn plugin(&self) -> PluginName {
        PluginName::new("fixed").unwrap()
    }
    fn transform(&self, _tools: &[ToolView<'_>]) -> Result<Vec<Edit>, String> {
        Ok(self.0.clone())
    }
}

fn rename(at: usize, name: &str) -> Edit {
    Edit::Update(at, ToolEdit { name: Some(name.to_owned()), ..ToolEdit::default() })
}

#[test]
fn a_plugin_renames_and_hides_and_later_ones_see_it() {
    let sources = [source("a", Naming::default(), &["x", "y", "z"])];
    let first: Arc<dyn CatalogHook> = Arc::new(Fixed(vec![Edit::Hide(0), rename(1, "why")]));
    let second: Arc<dyn CatalogHook> = Arc::new(Fixed(vec![rename(1, "zed")]));
    check(&sources, &[first, second], &["why", "zed"], &[]);
}

#[test]
fn a_plugins_nonsense_is_reported_and_changes_nothing() {
    let sources = [source("a", Naming::default(), &["x", "y"])];
    let beyond: Arc<dyn CatalogHook> = Arc::new(Fixed(vec![Edit::Hide(0), Edit::Hide(2)]));
    check(&sources, &[beyond], &["a__x", "a__y"], &["plugin `fixed` failed"]);
    let collide: Arc<dyn CatalogHook> = Arc::new(Fixed(vec![rename(1, "a__x")]));
    check(&sources, &[collide], &["a__x"], &["both to be `a__x`"]);
    let empty: Arc<dyn CatalogHook> = Arc::new(Fixed(vec![rename(1, "")]));
    check(&sources, &[empty], &["a__x"], &["at least one character"]);
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
