//! The rules through the test kit: what clients would see, and what operators would read.

use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Catalog, Entry, Result, serde_json};

use super::Rename;

fn tools() -> Vec<Entry> {
    vec![
        Entry::new("files", "read_file"),
        Entry::new("files", "list_dir"),
        Entry::new("github", "search").with_exposed("github__code_search"),
        Entry::new("bare", "ping").with_exposed("ping"),
        Entry::new("short", "get_user").with_exposed("s.get_user"),
        Entry::new("moved", "old").with_exposed("elsewhere"),
    ]
}

fn run(rules: &str) -> Catalog {
    let mut host = Host::<Rename>::new(&format!(r#"{{"rules": [{rules}]}}"#)).unwrap();
    host.catalog(tools()).unwrap()
}

/// Checks the names that change, by the place of the tool.
#[track_caller]
fn check(rules: &str, changed: &[(usize, &str)]) {
    let mut expected: Vec<String> = tools().iter().map(|tool| tool.exposed().to_owned()).collect();
    for (at, name) in changed {
        expected[*at] = (*name).to_owned();
    }
    assert_eq!(run(rules).names(), expected, "{rules}");
}

#[track_caller]
fn check_mistakes(rules: &str, mistakes: &[&str]) {
    let error = Host::<Rename>::new(&format!(r#"{{"rules": [{rules}]}}"#)).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{rules}");
}

#[test]
fn exact_names_one_tool() {
    check(r#"{"exact": "read_file", "to": "open"}"#, &[(0, "files__open")]);
    check(r#"{"exact": "read", "to": "open"}"#, &[]);
    check(r#"{"exact": "read.file", "to": "open"}"#, &[]);
}

#[test]
fn each_star_of_a_glob_is_a_group() {
    check(
        r#"{"glob": "*_*", "backend": "files", "to": "$2.${1}s"}"#,
        &[(0, "files__file.reads"), (1, "files__dir.lists")],
    );
    check(r#"{"glob": "rea?_*", "to": "open_$1"}"#, &[(0, "files__open_file")]);
    check(r#"{"glob": "read", "to": "open"}"#, &[]);
}

#[test]
fn a_regex_matches_the_whole_name_and_fills_groups() {
    let rule = r#"{"regex": "(?<verb>read|list)_(\\w+)", "to": "$2_${verb}"}"#;
    check(rule, &[(0, "files__file_read"), (1, "files__dir_list")]);
    check(r#"{"regex": "read", "to": "open"}"#, &[]);
    check(r#"{"regex": "read|read_file", "to": "open"}"#, &[(0, "files__open")]);
    check(r#"{"regex": "^(.+)_file$", "to": "${1}_it"}"#, &[(0, "files__read_it")]);
    check(r#"{"regex": "read(x)?_file", "to": "open$1"}"#, &[(0, "files__open")]);
}

#[test]
fn a_prefix_is_stripped_or_replaced() {
    check(r#"{"strip_prefix": "read_"}"#, &[(0, "files__file")]);
    check(r#"{"strip_prefix": "read_file"}"#, &[]);
    check(r#"{"replace_prefix": "read_", "to": "open_"}"#, &[(0, "files__open_file")]);
    check(r#"{"replace_prefix": "read_", "to": ""}"#, &[(0, "files__file")]);
    check(r#"{"backend": "bare", "replace_prefix": "", "to": "net_"}"#, &[(3, "net_ping")]);
}

#[test]
fn what_stands_before_the_native_name_stays_unless_told_otherwise() {
    check(r#"{"exact": "search", "to": "find"}"#, &[(2, "github__find")]);
    check(r#"{"exact": "ping", "to": "pong"}"#, &[(3, "pong")]);
    check(r#"{"exact": "get_user", "to": "user"}"#, &[(4, "s.user")]);
    check(r#"{"exact": "old", "to": "new"}"#, &[(5, "new")]);
    check(r#"{"exact": "search", "to": "find", "keep_backend_prefix": false}"#, &[(2, "find")]);
    check(r#"{"strip_prefix": "get_", "keep_backend_prefix": false}"#, &[(4, "user")]);
}

#[test]
fn only_the_backends_of_a_rule_are_touched_and_the_first_match_wins() {
    check(r#"{"backend": "git*", "glob": "*", "to": "x"}"#, &[(2, "github__x")]);
    check(
        r#"{"exact": "read_file", "to": "first"}, {"backend": "files", "glob": "*", "to": "second_$1"}"#,
        &[(0, "files__first"), (1, "files__second_list_dir")],
    );
}

#[test]
fn a_rule_hides_or_re_describes() {
    let catalog = run(r#"{"glob": "*_*", "hide": true}"#);
    assert_eq!(catalog.names(), ["github__code_search", "ping", "elsewhere"]);
    let catalog =
        run(r#"{"exact": "ping", "title": "Ping", "description": "Asks for a sign of life"}"#);
    let tool = catalog.iter().find(|tool| tool.name() == "ping").unwrap();
    assert_eq!((tool.exposed(), tool.title()), ("ping", Some("Ping")));
    assert_eq!(tool.description(), Some("Asks for a sign of life"));
    assert_eq!(catalog.edits().len(), 1);
}

#[test]
fn a_rule_is_for_tools_unless_it_says_otherwise() {
    let entries = || {
        vec![
            Entry::new("a", "x_t"),
            Entry::prompt("a", "x_p"),
            Entry::resource("a", "x_r"),
            Entry::template("a", "x_{t}"),
        ]
    };
    #[track_caller]
    fn check(entries: Vec<Entry>, rule: &str, names: [&str; 3]) {
        let mut host = Host::<Rename>::new(&format!(r#"{{"rules": [{rule}]}}"#)).unwrap();
        assert_eq!(host.catalog(entries).unwrap().names(), names, "{rule}");
    }
    check(entries(), r#"{"glob": "x_*", "hide": true}"#, ["a__x_p", "x_r", "x_{t}"]);
    let hide = |kind: &str| format!(r#"{{"kind": "{kind}", "glob": "x_*", "hide": true}}"#);
    check(entries(), &hide("prompt"), ["a__x_t", "x_r", "x_{t}"]);
    check(entries(), &hide("resource"), ["a__x_t", "a__x_p", "x_{t}"]);
    check(entries(), &hide("template"), ["a__x_t", "a__x_p", "x_r"]);
    let rename = r#"{"kind": "prompt", "strip_prefix": "x_"}"#;
    let mut host = Host::<Rename>::new(&format!(r#"{{"rules": [{rename}]}}"#)).unwrap();
    assert_eq!(host.catalog(entries()).unwrap().names(), ["a__x_t", "a__p", "x_r", "x_{t}"]);
    let kept = "resources and templates keep their names";
    check_mistakes(
        r#"{"kind": "resource", "exact": "x", "to": "y"}, {"kind": "template", "strip_prefix": "x"},
           {"kind": "resource", "replace_prefix": "x", "to": "y"}, {"kind": "thing", "exact": "x", "hide": true}"#,
        &[
            &format!("rules[0].to: {kept}"),
            &format!("rules[1].strip_prefix: {kept}"),
            &format!("rules[2].to: {kept}"),
            "rules[3].kind: unknown variant `thing`, expected one of `tool`, `prompt`, `resource`, `template`",
        ],
    );
}

#[test]
fn the_golden_calls_are_decided_as_written() -> Result<()> {
    golden::<Rename>("golden")
}

#[test]
fn it_is_described_with_a_schema_that_names_its_keys() {
    let description = Host::<Rename>::describe();
    assert_eq!((description.id.as_str(), description.wants.len()), ("rename", 0));
    let schema: serde_json::Value =
        serde_json::from_str(&description.config_schema.unwrap()).unwrap();
    let keys = schema["properties"]["rules"]["items"]["properties"].as_object().unwrap();
    let error = Host::<Rename>::new(r#"{"rules": [{"": 1}]}"#).unwrap_err().to_string();
    let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(
        known.len() == keys.len() && known.iter().all(|key| keys.contains_key(*key)),
        "{error}"
    );
}

#[test]
fn an_empty_name_is_not_given_but_reported() {
    let mut host = Host::<Rename>::new(r#"{"rules": [{"glob": "ping*", "to": "$1"}]}"#).unwrap();
    host.take_log();
    assert_eq!(host.catalog(tools()).unwrap().edits(), []);
    assert_eq!(host.take_log()[0].1, "`ping` keeps its name: nothing is left of it");
}

#[test]
fn the_mistakes_of_all_rules_are_reported_at_once() {
    check_mistakes(
        r#"{"exact": "a", "to": "b"}, {"exact": 5}, {"regex": "(", "to": "b", "backend": ""}, {"pattern": "x"}"#,
        &[
            "rules[1].exact: invalid type: integer `5`, expected a string",
            "rules[2].backend: must not be empty",
            "rules[2].regex: found open group without closing ')'",
            "rules[3].pattern: unknown key `pattern`, expected one of `kind`, `backend`, `exact`, `glob`, `regex`, \
             `strip_prefix`, `replace_prefix`, `to`, `keep_backend_prefix`, `title`, `description`, `hide`",
        ],
    );
}

#[test]
fn exactly_one_kind_of_match_is_given() {
    let kinds = "`exact`, `glob`, `regex`, `strip_prefix`, `replace_prefix`";
    check_mistakes(r#"{"to": "b"}"#, &[&format!("rules[0]: give one of {kinds}")]);
    check_mistakes(
        r#"{"exact": "a", "glob": "b", "to": "c"}"#,
        &["rules[0]: give only one of `exact`, `glob`"],
    );
    for kind in ["exact", "glob", "regex"] {
        let text = format!("rules[0].{kind}: must not be empty");
        check_mistakes(&format!(r#"{{"{kind}": "", "to": "b"}}"#), &[&text]);
    }
    check_mistakes(r#"{"strip_prefix": ""}"#, &["rules[0].strip_prefix: must not be empty"]);
}

#[test]
fn a_rule_must_have_something_to_do_and_only_one_thing() {
    let nothing = "rules[0]: nothing to do; give `to`, `title`, `description` or `hide = true`";
    check_mistakes(r#"{"exact": "a"}"#, &[nothing]);
    check_mistakes(r#"{"exact": "a", "hide": false}"#, &[nothing]);
    check_mistakes(
        r#"{"exact": "a", "hide": true, "to": "b", "title": "c"}"#,
        &["rules[0].to: what is hidden needs none", "rules[0].title: what is hidden needs none"],
    );
    check_mistakes(
        r#"{"strip_prefix": "a", "hide": true}"#,
        &["rules[0].hide: `strip_prefix` renames, so it cannot hide; match with `glob`"],
    );
    check_mistakes(
        r#"{"strip_prefix": "a", "to": "b"}"#,
        &["rules[0].to: `strip_prefix` takes none; for another prefix use `replace_prefix`"],
    );
    check_mistakes(
        r#"{"replace_prefix": "a"}"#,
        &["rules[0].to: missing; `replace_prefix` needs the new prefix"],
    );
    check_mistakes(
        r#"{"exact": "a", "title": "b", "keep_backend_prefix": false}"#,
        &["rules[0].keep_backend_prefix: has no effect without `to`"],
    );
}

#[test]
fn a_new_name_uses_only_groups_that_exist() {
    #[track_caller]
    fn check_to(to: &str, mistake: &str) {
        let rule = format!(r#"{{"glob": "a*", "to": "{to}"}}"#);
        check_mistakes(&rule, &[&format!("rules[0].to: {mistake}")]);
    }
    check_to("", "must not be empty");
    check_to("$2", "there is no group `$2`: the last one is `$1`");
    check_to("${x}", "the pattern has no group named `x`");
    check_to("${1", "`${` has no `}`");
    check_to("a$", "`$` is followed by a number or `{name}`");
    check_to("$$", "`$` is followed by a number or `{name}`");
    let none = "rules[0].to: there is no group `$1`: the pattern has none";
    check_mistakes(r#"{"regex": "a", "to": "$1"}"#, &[none]);
}

#[test]
fn a_configuration_without_rules_is_a_mistake() {
    let error = Host::<Rename>::new("{}").unwrap_err().to_string();
    assert_eq!(error, "missing key `rules`");
}
