//! The plugin through the test kit: the list that clients see, what the tools answer, and what operators would read.

use mcpmux_sdk::entries;
use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::{Host, golden};
use mcpmux_sdk::{Action, Call, Entry, Kind, Method};

use super::Search;

fn host(config: &str) -> Host<Search> {
    let mut host = Host::<Search>::new(config).unwrap();
    host.entries(vec![
        entries::Entry::tool("files", "read_file")
            .with_description("Reads a file.\n\nMore about it"),
        entries::Entry::tool("files", "write_file").with_description("Writes a file"),
        entries::Entry::tool("github", "search_issues"),
    ]);
    let definition =
        json!({"name": "files__read_file", "inputSchema": {"type": "object"}, "x-other": 1.50});
    host.definition(Kind::Tool, "files__read_file", &definition);
    host
}

fn call(name: &str) -> Call {
    Call::tool("search", name).with_exposed(name)
}

fn action(host: &mut Host<Search>, name: &str, arguments: Value) -> Action {
    host.request(&call(name), arguments).unwrap().action
}

/// The text of an answer, and whether it is an error.
fn answer(host: &mut Host<Search>, name: &str, arguments: Value) -> (String, bool) {
    match action(host, name, arguments) {
        Action::Answer(answer) => {
            (answer["content"][0]["text"].as_str().unwrap().to_owned(), answer["isError"] == true)
        }
        other => panic!("no answer: {other:?}"),
    }
}

#[track_caller]
fn check_text(name: &str, arguments: Value, expected: &str) {
    assert_eq!(answer(&mut host("{}"), name, arguments), (expected.to_owned(), false));
}

#[track_caller]
fn check_error(name: &str, arguments: Value, expected: &str) {
    assert_eq!(answer(&mut host("{}"), name, arguments), (expected.to_owned(), true));
}

#[track_caller]
fn check_mistakes(config: &Value, mistakes: &[&str]) {
    let error = Host::<Search>::new(&config.to_string()).err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(error.lines().collect::<Vec<_>>(), mistakes, "{config}");
}

fn listed(config: &str) -> Vec<String> {
    let mut hidden = Entry::new("files", "hidden");
    hidden.hide();
    let entries = vec![
        Entry::new("files", "read_file"),
        Entry::prompt("files", "summary"),
        Entry::new("files", "write_file"),
        Entry::new("github", "search_issues"),
        hidden,
    ];
    let catalog = Host::<Search>::new(config).unwrap().catalog(entries).unwrap();
    catalog.names().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_long_list_gives_way_to_three_tools() {
    let ours = ["find_tools", "describe_tool", "call_tool"];
    assert_eq!(listed(r#"{"threshold": 3}"#), [["files__summary"].as_slice(), &ours].concat());
    assert_eq!(
        listed(r#"{"threshold": 0, "keep": ["*__read_*"]}"#),
        [["files__read_file", "files__summary"].as_slice(), &ours].concat()
    );
}

#[test]
fn a_short_list_stays() {
    let all = ["files__read_file", "files__summary", "files__write_file", "github__search_issues"];
    assert_eq!(listed("{}"), all);
    assert_eq!(listed(r#"{"threshold": 4}"#), all);
}

#[test]
fn the_tools_have_the_names_of_the_configuration() {
    let names = listed(r#"{"threshold": 0, "keep": ["*"], "prefix": "mux_", "find": "look"}"#);
    assert_eq!(names[4..], ["mux_look", "mux_describe_tool", "mux_call_tool"]);
    let mut host = host(r#"{"prefix": "mux_", "find": "look"}"#);
    assert!(answer(&mut host, "mux_look", json!({"query": "read"})).0.contains("files__read_file"));
    assert_eq!(action(&mut host, "find_tools", json!({"query": "read"})), Action::Forward);
}

#[test]
fn other_calls_pass() {
    let mut host = host("{}");
    let native = Call::tool("other", "find_tools");
    let prompt = call("find_tools").with_method(Method::PromptsGet);
    for call in [native, prompt, call("files__read_file")] {
        assert_eq!(host.request(&call, json!({"query": "read"})).unwrap().action, Action::Forward);
    }
}

#[test]
fn tools_are_found_with_the_first_lines_of_their_descriptions() {
    check_text(
        "find_tools",
        json!({"query": "read a file"}),
        "2 of 3 tools match, the best first\n- files__read_file: Reads a file.\n- files__write_file: Writes a file",
    );
    check_text(
        "find_tools",
        json!({"query": "file", "limit": 1}),
        "2 of 3 tools match, the best first; here are 1\n- files__write_file: Writes a file",
    );
    check_text(
        "find_tools",
        json!({"query": "issue"}),
        "1 of 3 tools match, the best first\n- github__search_issues",
    );
    let mut host = host(r#"{"description": 10}"#);
    let titled = entries::Entry { title: Some("T".to_owned()), ..entries::Entry::tool("a", "b") };
    host.entries(vec![titled.with_description("one two three four five six")]);
    assert_eq!(
        answer(&mut host, "find_tools", json!({"query": "b"})).0,
        "1 of 1 tools match, the best first\n- a__b: T - one two…"
    );
}

#[test]
fn without_a_match_or_a_query_there_is_an_overview() {
    check_text(
        "find_tools",
        json!({"query": "cook dinner"}),
        "no tool matches `cook dinner`; there are 3 tools, of files (2), github (1); try other words",
    );
    for nothing in [json!({}), json!({"query": " "}), json!({"query": null})] {
        check_text(
            "find_tools",
            nothing,
            "there are 3 tools, of files (2), github (1); say in `query` what you want to do",
        );
    }
    let mut empty = Host::<Search>::new("{}").unwrap();
    assert_eq!(
        answer(&mut empty, "find_tools", json!({})).0,
        "there are no tools; say in `query` what you want to do"
    );
}

#[test]
fn a_definition_is_shown_as_it_is() {
    check_text(
        "describe_tool",
        json!({"name": "files__read_file"}),
        r#"{"inputSchema":{"type":"object"},"name":"files__read_file","x-other":1.5}"#,
    );
    let mut host = host("{}");
    host.definition(Kind::Tool, "files__write_file", &json!({"name": "write_file"}));
    let (text, _) = answer(&mut host, "describe_tool", json!({"name": "files__write_file"}));
    assert_eq!(text, r#"{"name":"files__write_file"}"#, "by the name it is called by");
}

#[test]
fn a_call_goes_to_the_tool_that_it_names() {
    let mut host = host("{}");
    for (arguments, expected) in [
        (json!({"name": "files__read_file", "arguments": {"path": "/a"}}), json!({"path": "/a"})),
        (
            json!({"name": "files__read_file", "arguments": "{\"path\": \"/a\"}"}),
            json!({"path": "/a"}),
        ),
        (json!({"name": "files__read_file", "arguments": null}), json!({})),
        (json!({"name": "files__read_file"}), json!({})),
    ] {
        let rerouted = Action::reroute("files__read_file", expected);
        assert_eq!(action(&mut host, "call_tool", arguments), rerouted);
    }
}

#[test]
fn unknown_names_get_the_nearest() {
    let text = "there is no tool `read_file`; did you mean `files__read_file`?";
    check_error("describe_tool", json!({"name": "read_file"}), text);
    check_error("call_tool", json!({"name": "read_file", "arguments": {}}), text);
    check_error(
        "call_tool",
        json!({"name": "cook"}),
        "there is no tool `cook`; look for it with `find_tools`",
    );
    let mut host = host("{}");
    let renamed =
        entries::Entry { exposed: "open".to_owned(), ..entries::Entry::tool("files", "fetch_it") };
    host.entries(vec![renamed]);
    let (text, _) = answer(&mut host, "call_tool", json!({"name": "fetch_it"}));
    assert_eq!(text, "there is no tool `fetch_it`; did you mean `open`?");
}

#[test]
fn wrong_arguments_get_an_answer_that_helps() {
    check_error("find_tools", json!({"query": 5}), "`query` must be a string");
    check_error(
        "find_tools",
        json!({"query": "a", "limit": "many"}),
        "`limit` must be a number from 1 to 50",
    );
    check_error("describe_tool", json!({}), "`name` is missing: the name of a tool");
    check_error("describe_tool", json!({"name": ""}), "`name` is missing: the name of a tool");
    check_error("describe_tool", json!({"name": ["a"]}), "`name` must be a string");
    check_error("call_tool", json!({"name": 7}), "`name` must be a string");
    for arguments in [json!([1]), json!("text"), json!("[1]"), json!(5)] {
        check_error(
            "call_tool",
            json!({"name": "files__read_file", "arguments": arguments}),
            "`arguments` must be an object with the arguments of `files__read_file`; `describe_tool` shows which it takes",
        );
    }
    check_error(
        "call_tool",
        json!({"name": "find_tools"}),
        "`find_tools` is no tool to call through this one; call it by itself",
    );
}

#[test]
fn its_own_tools_are_not_found() {
    let mut host = host("{}");
    host.entries(vec![entries::Entry {
        exposed: "find_tools".to_owned(),
        ..entries::Entry::tool("search", "find_tools")
    }]);
    assert_eq!(
        answer(&mut host, "find_tools", json!({})).0,
        "there are no tools; say in `query` what you want to do"
    );
}

#[test]
fn it_wants_to_read_the_catalog() {
    let error = Host::<Search>::granted("{}", &[]).err().unwrap().to_string();
    assert!(error.contains("`catalog`"), "{error}");
}

#[test]
fn the_schema_is_json_and_knows_every_key() {
    let schema: Value =
        mcpmux_sdk::serde_json::from_str(include_str!("../config.schema.json")).unwrap();
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["call", "describe", "description", "find", "keep", "limit", "prefix", "threshold"]
    );
}

#[test]
fn mistakes_of_the_configuration() {
    check_mistakes(&json!({"prefix": "a b"}), &["prefix: must be of `A-Z a-z 0-9 _ . -`"]);
    for key in ["find", "describe", "call"] {
        for name in ["", "a/b", "ä"] {
            let mistake = format!("{key}: must be 1 or more of `A-Z a-z 0-9 _ . -`");
            check_mistakes(&json!({ key: name }), &[&mistake]);
        }
        let long = "x".repeat(127);
        let mistake = format!("{key}: `ab{long}` is longer than 128 characters");
        check_mistakes(&json!({ key: long, "prefix": "ab" }), &[&mistake]);
    }
    check_mistakes(
        &json!({"find": "call_tool"}),
        &["find, describe, call: must be three different names"],
    );
    check_mistakes(&json!({"keep": ["a", ""]}), &["keep[1]: must not be empty"]);
    check_mistakes(&json!({"limit": 0}), &["limit: must be 1 to 50"]);
    check_mistakes(&json!({"limit": 51}), &["limit: must be 1 to 50"]);
    check_mistakes(
        &json!({"threshold": -1}),
        &["threshold: invalid value: integer `-1`, expected usize"],
    );
    check_mistakes(
        &json!({"treshold": 1}),
        &[
            "treshold: unknown key `treshold`, expected one of `threshold`, `keep`, `prefix`, `find`, `describe`, `call`, `limit`, `description`",
        ],
    );
}

#[test]
fn the_golden_calls_are_decided_as_written() -> mcpmux_sdk::Result<()> {
    golden::<Search>("golden")
}
