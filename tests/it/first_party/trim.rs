//! `trim`: a large result is cut, and its rest can be read by the tool that the plugin adds.

use serde_json::{Value, json};

use super::{BACKENDS, Stage, Tool, first, plugin, text};
use crate::harness::http::Client;

const CONFIG: &str = r#"
grant = ["kv", "random"]
limits = { kv = 8388608 }
[plugins.config]
max_bytes = 2048
[plugins.config.schemas]
tool_description = 40
"#;

/// A text of many lines, one of them with a secret.
fn long() -> String {
    let lines: Vec<String> = (0..700).map(|line| format!("line {line} of a long file")).collect();
    lines.join("\n").replace("line 500 ", "line 500 AKIAIOSFODNN7EXAMPLE ")
}

fn tools() -> [Tool; 3] {
    let rows: Vec<Value> = (0..500).map(|row| json!({"row": row, "name": "some name"})).collect();
    let described = "Reads a file, from its beginning to its end. It may be as long as it likes.";
    [
        Tool::says("read", text(&long())).with("description", described),
        Tool::says("rows", json!({"content": [], "structuredContent": {"rows": rows, "n": 1.5}})),
        Tool::says("short", text("short")),
    ]
}

/// What is between two parts of a text.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after} in {rest}")).0
}

/// Reads all that is kept under a handle.
async fn rest(client: &Client, handle: &str) -> String {
    let (mut all, mut offset) = (String::new(), 0);
    loop {
        let answer = client.call("trim_rest", json!({"handle": handle, "offset": offset})).await;
        let (piece, note) = first(&answer).rsplit_once("\n[bytes ").unwrap();
        assert!(piece.len() <= 2048, "{} bytes at once", piece.len());
        all.push_str(piece);
        if note.ends_with("this is the end]") {
            return all;
        }
        let next = between(note, "read on with offset ", "]").parse().unwrap();
        assert!(next > offset, "{note}");
        offset = next;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_result_is_cut_and_the_rest_is_read_by_its_handle() {
    let config = format!("{}{}", plugin("redact", ""), plugin("trim", CONFIG));
    let stage = Stage::new(&tools(), &config).await;
    let [legacy, modern] = stage.clients().await;
    let whole = long().replace("AKIAIOSFODNN7EXAMPLE", "[redacted:aws-key]");
    for (client, other) in [(&legacy, &modern), (&modern, &legacy)] {
        assert!(client.names().await.contains(&"trim_rest".to_owned()));
        for backend in BACKENDS {
            let answer = client.call(&format!("{backend}__read"), json!({})).await;
            let (shown, note) = first(&answer).rsplit_once("\n[cut: ").unwrap();
            assert!(shown.len() <= 2048 && whole.starts_with(shown), "{shown}");
            assert!(note.contains(&format!("of {} bytes are shown", whole.len())), "{note}");
            let handle = between(note, "handle \"", "\"");
            let told = &answer["result"]["_meta"]["mcpmux/trimmed"]["text"];
            let expected = json!({"bytes": whole.len(), "shown": shown.len(), "handle": handle});
            assert_eq!(*told, expected, "{answer}");
            // No client is told from another yet; the next call reads what this one left.
            assert_eq!(format!("{shown}{}", rest(client, handle).await), whole);
            assert_eq!(rest(other, handle).await, whole[shown.len()..]);
            let guessed = format!("{}-{}", handle.split_once('-').unwrap().0, "0".repeat(32));
            let nothing = client.call("trim_rest", json!({ "handle": guessed })).await;
            assert_eq!(nothing["result"]["isError"], true, "{nothing}");
            assert!(first(&nothing).starts_with("there is nothing under this handle"), "{nothing}");
            let short = client.call(&format!("{backend}__short"), json!({})).await;
            assert_eq!(first(&short), "short");
            assert_eq!(short["result"]["_meta"]["mcpmux/trimmed"], Value::Null, "{short}");
        }
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn structured_content_stays_json_of_its_shape_and_descriptions_become_short() {
    let stage = Stage::new(&tools(), &plugin("trim", CONFIG)).await;
    for client in stage.clients().await {
        for tool in client.tools().await {
            let described = tool["description"].as_str().unwrap_or_default();
            let of_plugin = tool["name"] == "trim_rest";
            assert!(of_plugin || described.chars().count() <= 40, "{described}");
        }
        for backend in BACKENDS {
            let answer = client.call(&format!("{backend}__rows"), json!({})).await;
            let content = &answer["result"]["structuredContent"];
            let rows = content["rows"].as_array().unwrap();
            assert!(!rows.is_empty() && rows.len() < 500, "{answer}");
            assert!(content.to_string().len() <= 2048, "{answer}");
            assert_eq!(
                (&rows[0], &content["n"]),
                (&json!({"row": 0, "name": "some name"}), &json!(1.5))
            );
            let told = &answer["result"]["_meta"]["mcpmux/trimmed"]["structuredContent"];
            let cut = json!([{"at": "/rows", "kept": rows.len(), "of": 500}]);
            assert_eq!(told["shortened"], cut, "{told}");
            let all = rest(&client, told["handle"].as_str().unwrap()).await;
            let all: Value = serde_json::from_str(&all).unwrap();
            assert_eq!(all["rows"].as_array().unwrap().len(), 500);
        }
    }
    stage.stop().await;
}
