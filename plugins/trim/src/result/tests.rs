//! Results as clients would get them, with the rest read through the tool.

use std::time::{Duration, UNIX_EPOCH};

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::testing::Host;
use mcpmux_sdk::{Action, Call, Client, Method, Source};

use crate::Trim;

const SMALL: &str = r#"{"max_bytes": 1024}"#;

fn host(config: &str) -> Host<Trim> {
    Host::new(config).unwrap()
}

/// Numbered lines.
fn lines(count: usize) -> String {
    (0..count).map(|number| format!("line {number}\n")).collect()
}

fn text(text: impl Into<String>) -> Value {
    json!({"type": "text", "text": text.into()})
}

fn answered(host: &mut Host<Trim>, result: &Value) -> Value {
    let call = Call::tool("files", "read");
    host.response(&call, Source::Success, result.clone()).unwrap().document
}

fn reader() -> Call {
    Call::tool("trim", "trim_rest").with_exposed("trim_rest")
}

/// What the tool says, and whether that is an error.
fn read(host: &mut Host<Trim>, call: &Call, arguments: Value) -> (String, bool) {
    let Action::Answer(answer) = host.request(call, arguments).unwrap().action else {
        panic!("no answer");
    };
    (answer["content"][0]["text"].as_str().unwrap().to_owned(), answer["isError"] == true)
}

/// Reads a text to its end from offset 0, by the notes alone.
fn read_all(host: &mut Host<Trim>, handle: &Value) -> String {
    let (mut all, mut offset) = (String::new(), 0);
    loop {
        let (piece, is_error) = read(host, &reader(), json!({"handle": handle, "offset": offset}));
        assert!(!is_error, "{piece}");
        let (piece, note) = piece.rsplit_once("\n[bytes ").unwrap();
        all.push_str(piece);
        match note.split_once("offset ") {
            Some((_, next)) => offset = next.trim_end_matches(']').parse().unwrap(),
            None => return all,
        }
    }
}

#[test]
fn small_results_are_left_as_they_are() {
    let mut host = host(SMALL);
    let result = json!({"content": [text(lines(100))]});
    assert_eq!(answered(&mut host, &result), result);
    let many = json!({"content": [text("a"), text("b")], "other": "x".repeat(2000)});
    assert_eq!(answered(&mut host, &many), many, "its texts are not what is large");
    assert!(host.kv().is_empty());
}

#[test]
fn a_long_text_is_cut_at_a_line_and_read_to_its_end() {
    let mut host = host(SMALL);
    let whole = lines(1000);
    let result = answered(
        &mut host,
        &json!({"content": [text(whole.as_str())], "isError": false, "x": 1.5}),
    );
    let shown = result["content"][0]["text"].as_str().unwrap();
    let (kept, note) = shown.split_once("\n[cut: ").unwrap();
    assert!(kept.len() <= 1024 && whole.starts_with(kept) && kept.ends_with('\n'), "{kept}");
    let told = &result["_meta"]["mcpmux/trimmed"]["text"];
    assert_eq!((&told["bytes"], &told["shown"]), (&json!(whole.len()), &json!(kept.len())));
    let handle = told["handle"].as_str().unwrap();
    assert_eq!(
        note,
        format!(
            "{} of {} bytes are shown; the rest can be read with the tool `trim_rest`, handle \"{handle}\", for 10m]",
            kept.len(),
            whole.len()
        )
    );
    assert_eq!((&result["isError"], &result["x"]), (&json!(false), &json!(1.5)));
    assert_eq!(format!("{kept}{}", read_all(&mut host, &json!(handle))), whole);
}

#[test]
fn several_texts_share_the_room_and_images_take_of_it() {
    let mut host = host(SMALL);
    let image = json!({"type": "image", "data": "A".repeat(600), "mimeType": "image/png"});
    let resource = |text: &str| json!({"type": "resource", "resource": {"uri": "x:///", "text": text, "n": 1}});
    let (first, second, third) = (lines(20), lines(100), lines(10));
    let result = answered(
        &mut host,
        &json!({"content": [text(first.as_str()), image.clone(), text(second.as_str()), resource(&third), text("end")]}),
    );
    let content = result["content"].as_array().unwrap();
    assert_eq!(content.len(), 4, "the last text is in the rest");
    assert_eq!((&content[0], &content[1]), (&text(first.as_str()), &image));
    let shown = content[2]["text"].as_str().unwrap();
    assert!(shown.starts_with("line 0\n") && shown.len() < 500, "{shown}");
    assert_eq!(content[3], resource(""));
    let handle = &result["_meta"]["mcpmux/trimmed"]["text"]["handle"];
    let kept = shown.split_once("\n[cut: ").unwrap().0;
    assert_eq!(format!("{kept}{}", read_all(&mut host, handle)), format!("{second}\n{third}\nend"));
}

#[test]
fn an_image_never_takes_all_the_room() {
    let mut host = host(SMALL);
    let image = json!({"type": "image", "data": "A".repeat(90_000), "mimeType": "image/png"});
    let result = json!({"content": [image.clone(), text(lines(30))]});
    assert_eq!(answered(&mut host, &result), result, "a quarter is left for texts");
    let result = answered(&mut host, &json!({"content": [image.clone(), text(lines(100))]}));
    assert_eq!(result["content"][0], image);
    assert!(result["content"][1]["text"].as_str().unwrap().contains("[cut: "));
}

#[test]
fn structured_content_stays_json_and_can_be_read_whole() {
    let mut host = host(SMALL);
    let items: Vec<_> =
        (0..300).map(|id| json!({"id": id, "name": format!("item {id}")})).collect();
    let whole = json!({"items": items, "total": 300});
    let result =
        answered(&mut host, &json!({"content": [text("300 items")], "structuredContent": whole}));
    let short = &result["structuredContent"];
    assert!(short.to_string().len() <= 1100 && short["total"] == 300);
    let kept = short["items"].as_array().unwrap().len();
    let told = &result["_meta"]["mcpmux/trimmed"]["structuredContent"];
    assert_eq!(told["shortened"], json!([{"at": "/items", "kept": kept, "of": 300}]));
    assert_eq!(result["content"][0], text("300 items"));
    let note = result["content"][1]["text"].as_str().unwrap();
    assert!(note.starts_with("[structuredContent is shortened to "), "{note}");
    let read: Value =
        mcpmux_sdk::serde_json::from_str(&read_all(&mut host, &told["handle"])).unwrap();
    assert_eq!(read, whole);
}

#[test]
fn structured_content_that_the_text_repeats_is_kept_once() {
    let mut host = host(SMALL);
    let whole = json!({"lines": vec!["some text"; 300]});
    let pretty = mcpmux_sdk::serde_json::to_string_pretty(&whole).unwrap();
    let result = answered(
        &mut host,
        &json!({"content": [text(pretty.as_str())], "structuredContent": whole}),
    );
    assert_eq!(result["content"].as_array().unwrap().len(), 1, "one note is enough");
    assert_eq!(result["_meta"]["mcpmux/trimmed"]["structuredContent"]["handle"], Value::Null);
    let rests = host.kv().keys().filter(|key| key.starts_with("rest:")).count();
    assert_eq!(rests, 1);
}

#[test]
fn resources_and_prompts_are_trimmed_if_wished() {
    let read = Call::new(Method::ResourcesRead, "files", "file:///a").with_exposed("file:///a");
    let prompt = Call::new(Method::PromptsGet, "files", "p");
    let contents = json!({"contents": [
        {"uri": "file:///a", "text": lines(300)}, {"uri": "file:///b", "blob": "AAAA"}, {"uri": "file:///c", "text": "c"}]});
    let messages = json!({"messages": [
        {"role": "user", "content": {"type": "text", "text": lines(300)}},
        {"role": "user", "content": {"type": "resource", "resource": {"uri": "file:///c", "text": "c"}}}]});
    let mut usual = host(SMALL);
    for (call, result) in [(&read, &contents), (&prompt, &messages)] {
        let answered = usual.response(call, Source::Success, result.clone()).unwrap();
        assert_eq!(answered.document, *result);
    }
    let mut all = host(r#"{"max_bytes": 1024, "on": ["tools", "resources", "prompts"]}"#);
    let result = all.response(&read, Source::Success, contents.clone()).unwrap().document;
    assert!(result["contents"][0]["text"].as_str().unwrap().contains("[cut: "));
    assert_eq!(result["contents"][1], contents["contents"][1]);
    assert_eq!(result["contents"][2], json!({"uri": "file:///c", "text": ""}));
    let result = all.response(&prompt, Source::Success, messages.clone()).unwrap().document;
    assert!(result["messages"][0]["content"]["text"].as_str().unwrap().contains("[cut: "));
    assert_eq!(
        result["messages"][1]["content"]["resource"],
        json!({"uri": "file:///c", "text": ""})
    );
}

#[test]
fn errors_questions_and_other_answers_are_left_as_they_are() {
    let mut host = host(SMALL);
    let long = json!({"content": [text(lines(1000))]});
    for (method, source) in [
        (Method::ToolsCall, Source::Error),
        (Method::ToolsCall, Source::Question),
        (Method::Complete, Source::Success),
    ] {
        let call = Call::new(method, "files", "read");
        assert_eq!(host.response(&call, source, long.clone()).unwrap().document, long);
    }
    let odd = json!({"content": {"text": lines(1000)}, "y": [1]});
    assert_eq!(answered(&mut host, &odd), odd);
    let odd = json!({"content": [{"type": "text", "text": {"a": lines(1000)}}, 7]});
    assert_eq!(answered(&mut host, &odd), odd);
}

#[test]
fn without_a_shelf_it_says_that_nothing_is_kept() {
    let mut host = host(r#"{"max_bytes": 1024, "keep_bytes": 0}"#);
    let result = answered(&mut host, &json!({"content": [text(lines(1000))]}));
    let shown = result["content"][0]["text"].as_str().unwrap();
    assert!(shown.ends_with(" bytes are shown; the rest is not kept]"), "{shown}");
    assert!(host.kv().is_empty() && host.catalog(Vec::new()).unwrap().names().is_empty());
}

#[test]
fn of_a_very_long_text_only_the_beginning_is_kept() {
    let mut host = host(r#"{"max_bytes": 1024, "keep_bytes": 2048}"#);
    let result = answered(&mut host, &json!({"content": [text(lines(1000))]}));
    let shown = result["content"][0]["text"].as_str().unwrap();
    assert!(shown.contains("the rest can be read up to byte 2048 of "), "{shown}");
    let handle = &result["_meta"]["mcpmux/trimmed"]["text"]["handle"];
    assert_eq!(read_all(&mut host, handle).len(), 2048);
}

#[test]
fn a_handle_is_good_for_whoever_made_the_call_and_for_a_time() {
    let mut host = host(SMALL);
    let start = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    host.set_time(start);
    let mut anna = Client::new("x");
    anna.principal = Some("anna".to_owned());
    let call = Call::tool("files", "read").with_client(anna.clone());
    let result = host
        .response(&call, Source::Success, json!({"content": [text(lines(1000))]}))
        .unwrap()
        .document;
    let handle = &result["_meta"]["mcpmux/trimmed"]["text"]["handle"];
    let arguments = json!({"handle": handle});
    let hers = reader().with_client(anna.clone());
    assert!(!read(&mut host, &hers, arguments.clone()).1);
    let mut in_space = anna;
    in_space.space = Some("work".to_owned());
    for client in [Client::new("x"), in_space] {
        let (text, is_error) = read(&mut host, &reader().with_client(client), arguments.clone());
        assert!(is_error && text.starts_with("there is nothing under this handle"), "{text}");
    }
    host.set_time(start + Duration::from_secs(601));
    assert!(read(&mut host, &hers, arguments).1, "ten minutes are over");
}

#[test]
fn wrong_arguments_get_an_answer_that_helps() {
    let mut host = host(SMALL);
    let result = answered(&mut host, &json!({"content": [text(lines(1000))]}));
    let handle = &result["_meta"]["mcpmux/trimmed"]["text"]["handle"];
    let nothing = "there is nothing under this handle: the rest of a result is kept for 10m and less if others need the room. Call the tool that gave the result again, and ask it for less if it can do so";
    for (arguments, expected) in [
        (json!({"handle": "1-0123"}), nothing),
        (json!({"handle": "x"}), nothing),
        (json!({"handle": ""}), nothing),
        (
            json!({"handle": handle, "offset": 99_999}),
            "offset 99999 is after the end: there are 7866 bytes",
        ),
        (
            json!({}),
            "the arguments are wrong: ``: missing field `handle` at line 1 column 2; give `handle`, and `offset` and `bytes` as numbers",
        ),
    ] {
        let (text, is_error) = read(&mut host, &reader(), arguments.clone());
        assert_eq!((text.as_str(), is_error), (expected, true), "{arguments}");
    }
    let (text, _) =
        read(&mut host, &reader(), json!({"handle": handle, "offset": 10, "bytes": 20}));
    assert!(text.ends_with("\n[bytes 10 to 27 of 7866; read on with offset 27]"), "{text}");
}
