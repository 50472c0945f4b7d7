//! Orders that people would expect, and that they are always the same.

use mcpmux_sdk::entries::Entry;

use super::{Cache, Index};

fn tools() -> Vec<Entry> {
    [
        ("github", "search_issues", "Searches issues and pull requests of all repositories"),
        ("github", "create_issue", "Opens a new issue in a repository"),
        ("github", "list_repositories", "Lists repositories"),
        ("github", "mergePullRequest", "Merges a pull request"),
        ("files", "read_text_file", "Reads a file as text"),
        ("files", "write_file", "Writes a file. Existing files are overwritten. Searches nothing"),
        ("files", "list_directory", "Lists what is in a directory"),
        ("mail", "sendMessage", "Sends an e-mail to one or more people"),
        ("weather", "forecast", "Weather of the coming days for a city"),
        ("db", "run_query", "Runs an SQL query against the database"),
    ]
    .map(|(backend, name, description)| Entry::tool(backend, name).with_description(description))
    .to_vec()
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let tools = tools();
    let found = Index::new(&tools).search(query);
    let names: Vec<&str> =
        found.iter().take(expected.len().max(1)).map(|place| tools[*place].name.as_str()).collect();
    assert_eq!(names, expected, "{query}");
}

#[test]
fn names_count_more_than_descriptions() {
    check("search", &["search_issues", "write_file"]);
    check("read file", &["read_text_file", "write_file"]);
    check("issues", &["create_issue", "search_issues"]);
}

#[test]
fn sentences_lead_to_the_right_tool() {
    check("I want to open a new issue in my repository", &["create_issue"]);
    check("how will the weather be tomorrow?", &["forecast"]);
    check("send an email", &["sendMessage"]);
    check("query the database with SQL", &["run_query"]);
    check("merge PR: pull requests", &["mergePullRequest"]);
}

#[test]
fn cases_plurals_and_beginnings_make_no_difference() {
    check("REPOSITORY list", &["list_repositories"]);
    check("repo", &["list_repositories", "create_issue", "search_issues"]);
    check("directories", &["list_directory"]);
    check("mergepullrequest merge_pull_request", &["mergePullRequest"]);
}

#[test]
fn mistakes_are_forgiven_where_nothing_else_matches() {
    check("forcast", &["forecast"]);
    check("serach isues", &["search_issues"]);
    check("xyzzy", &[]);
    check("", &[]);
    check("it is the", &[]);
}

#[test]
fn the_backend_counts() {
    check("github list", &["list_repositories"]);
    check("files list", &["list_directory"]);
}

#[test]
fn what_was_renamed_is_found_by_its_new_name() {
    let mut tools = tools();
    tools[8].exposed = "wetter".to_owned();
    assert_eq!(Index::new(&tools).search("wetter"), [8]);
}

#[test]
fn equals_stay_in_order() {
    let same: Vec<Entry> = (0..5).map(|_| Entry::tool("a", "same")).collect();
    assert_eq!(Index::new(&same).search("same"), [0, 1, 2, 3, 4]);
    assert_eq!(Index::new(&[]).search("same"), [0_usize; 0]);
}

#[test]
fn the_cache_notices_other_tools() {
    let mut cache = Cache::default();
    let mut tools = tools();
    assert_eq!(cache.index(&tools).search("forecast"), [8]);
    assert_eq!(cache.index(&tools).search("forecast"), [8]);
    tools.remove(0);
    assert_eq!(cache.index(&tools).search("forecast"), [7]);
    tools[0].description = Some("forecast forecast".to_owned());
    assert_eq!(cache.index(&tools).search("forecast"), [7, 0]);
}
