//! What a catalog holds for which backends, filters and plugins.

use std::sync::Arc;

use super::*;
use crate::json::Raw;
use crate::names::PluginName;
use crate::pattern::Pattern;

fn source(backend: &str, naming: Naming, tools: &[&str]) -> Source {
    let read = |name: &&str| Definition::read(&Raw::of(&serde_json::json!({ "name": name })));
    Source {
        backend: BackendName::new(backend).unwrap(),
        naming,
        tools: Arc::new(tools.iter().map(read).collect()),
    }
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.tools().iter().map(|entry| entry.exposed.to_string()).collect()
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
    Arc::make_mut(&mut odd.tools).push(Definition::read(&Raw::literal("7")));
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
