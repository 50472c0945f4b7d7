//! URIs: which backend they belong to, and what clients see in their place.

use serde_json::{Value, json};

use super::stage::*;
use super::*;

const NO: &str = "ResourceNotFound";

async fn read(stage: &Stage, uri: &str) -> String {
    stage.ask(Method::ResourcesRead, uri, json!({})).await
}

fn templates(templates: &[&'static str]) -> Lists {
    Lists { templates: templates.to_vec(), ..resources(&[]) }
}

fn tools() -> Lists {
    Lists { tools: vec!["t"], ..Lists::default() }
}

#[tokio::test]
async fn a_uri_goes_to_who_lists_it_is_named_in_it_has_its_template_or_handed_it_out() {
    let (a, b, c) = (actor("a", Era::Legacy), actor("b", Era::Legacy), actor("c", Era::Legacy));
    let listed = resources(&["x:1", "t://b"]);
    let with_template = Lists { templates: vec!["t://{id}"], ..resources(&["x:1"]) };
    let stage = Stage::of(&[(&a, with_template), (&b, listed), (&c, tools())]).await;
    let link = r#"{"content":[{"type":"resource_link","name":"l","uri":"h:1"}]}"#;
    c.answers(Method::ToolsCall, Line::Result(link));
    assert_eq!(stage.ask(Method::ToolsCall, "c__t", json!({})).await, link);
    for (uri, actor, native) in [
        ("x:1", &a, "x:1"),
        ("mcpmux+b+x:1", &b, "x:1"),
        ("mcpmux+b+any:1", &b, "any:1"),
        ("ui://mcpmux.b/view", &b, "ui://view"),
        ("t://b", &b, "t://b"),
        ("t://7", &a, "t://7"),
        ("h:1", &c, "h:1"),
    ] {
        assert_eq!(read(&stage, uri).await, "{}", "{uri}");
        assert_eq!(actor.sent().pop().unwrap(), format!("resources/read {native}"), "{uri}");
    }
    // Two have resources, and nothing tells whose these are.
    for uri in ["none:1", "mcpmux+gone+x:1", "t://7/8", ""] {
        assert_eq!(read(&stage, uri).await, NO, "{uri}");
    }
}

#[tokio::test]
async fn what_nobody_lists_is_of_the_only_backend_that_has_resources() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let stage = Stage::of(&[(&a, tools()), (&b, resources(&[]))]).await;
    assert_eq!(read(&stage, "x:1").await, "{}");
    assert_eq!(b.sent(), ["resources/read x:1"]);
    let stage = Stage::of(&[(&a, tools())]).await;
    assert_eq!(read(&stage, "x:1").await, NO);
}

#[tokio::test]
async fn what_is_hidden_is_reached_on_no_way() {
    let a = actor("a", Era::Legacy);
    let lists = Lists {
        prompts: vec!["secret:p"],
        tools: vec!["secret:t", "t"],
        templates: vec!["{+any}"],
        ..resources(&["secret:1"])
    };
    let named = [(&a, lists, hiding("secret:*"))];
    let stage = Stage::named(&named, Limits::default()).await;
    let link = r#"{"content":[{"type":"resource_link","name":"l","uri":"secret:2"}]}"#;
    a.answers(Method::ToolsCall, Line::Result(link));
    stage.ask(Method::ToolsCall, "a__t", json!({})).await;
    let guest = Arc::default();
    let seat = stage.join(Era::Legacy, "{}", &guest);
    for uri in ["secret:1", "secret:2", "mcpmux+a+secret:1"] {
        assert_eq!(read(&stage, uri).await, NO, "{uri}");
        let outcome = seat
            .subscribe(request(Era::Legacy, Method::Subscribe, uri, json!({})), Flight::default());
        assert_eq!(text(outcome.await), NO, "{uri}");
        let complete = json!({"ref":{"type":"ref/resource","uri":uri}});
        assert_eq!(stage.ask(Method::Complete, uri, complete).await, "InvalidParams", "{uri}");
    }
    assert_eq!(stage.ask(Method::PromptsGet, "a__secret:p", json!({})).await, "InvalidParams");
    assert_eq!(a.sent().len(), 1);
}

#[tokio::test]
async fn every_way_to_a_backend_passes_the_authorizers() {
    let a = actor("a", Era::Legacy);
    let lists = Lists { tools: vec!["t"], prompts: vec!["p"], ..resources(&["x:1"]) };
    let deny = Arc::new(Deny(AtomicBool::new(true), Mutex::default()));
    let stage = Stage::with(&[(&a, lists)], vec![deny.plugin()]).await;
    let reference = json!({"ref":{"type":"ref/prompt","name":"a__p"}});
    for (method, name, params) in [
        (Method::ToolsCall, "a__t", json!({})),
        (Method::PromptsGet, "a__p", json!({})),
        (Method::ResourcesRead, "x:1", json!({})),
        (Method::Complete, "a__p", reference),
        (Method::TasksGet, "a~1", json!({})),
        (Method::TasksResult, "a~1", json!({})),
        (Method::TasksUpdate, "a~1", json!({})),
        (Method::TasksCancel, "a~1", json!({})),
    ] {
        assert_eq!(stage.ask(method, name, params).await, "PolicyDenied", "{name}");
    }
    let guest = Arc::default();
    let seat = stage.join(Era::Legacy, "{}", &guest);
    let of = |method| request(Era::Legacy, method, "x:1", json!({}));
    assert!(seat.subscribe(of(Method::Subscribe), Flight::default()).await.is_err());
    assert!(seat.unsubscribe(of(Method::Unsubscribe), Flight::default()).await.is_err());
    assert_eq!((a.sent().len(), deny.asked().len(), a.wanted().len()), (0, 10, 0));
}

/// What two backends with the same resource answer, and what clients read of the second.
#[track_caller]
fn same(actual: &str, said: &str, changes: &[(&str, &str)]) {
    let expected = changes.iter().fold(said.to_owned(), |text, (from, to)| text.replace(from, to));
    assert_eq!(actual, expected);
}

#[tokio::test]
async fn links_in_answers_change_where_they_must_and_nothing_else_does() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let both = || Lists { tools: vec!["t"], prompts: vec!["p"], ..resources(&["x:1", "ui://v"]) };
    let stage = Stage::of(&[(&a, both()), (&b, both())]).await;
    let result = r#"{"content":[{"type":"resource_link","uri":"x:1","n":1e400},{"type":"text","text":"\"uri\""},{"type":"resource","resource":{"uri":"ui://v","text":"x:1"}},{"type":"resource_link","uri":"own:1"},{"type":"resource_link","uri":"https://x.y/"}],"structuredContent":{"uri":"x:1"},"taskId":"v"}"#;
    let prompt = r#"{"messages":[{"role":"user","content":{"type":"resource_link","uri":"x:1"}},{"role":"user","content":[{"type":"resource_link","uri":"x:1"}]}]}"#;
    let contents = r#"{"contents":[{"uri":"x:1","text":"a","_meta":{"taskId":1.0}},{"uri":"x:1/z","blob":""}]}"#;
    for actor in [&a, &b] {
        actor.answers(Method::ToolsCall, Line::Result(result));
        actor.answers(Method::PromptsGet, Line::Result(prompt));
        actor.answers(Method::ResourcesRead, Line::Result(contents));
    }
    assert_eq!(stage.ask(Method::ToolsCall, "a__t", json!({})).await, result);
    assert_eq!(stage.ask(Method::PromptsGet, "a__p", json!({})).await, prompt);
    assert_eq!(read(&stage, "x:1").await, contents);
    let changes = [
        (r#"link","uri":"x:1""#, r#"link","uri":"mcpmux+b+x:1""#),
        ("ui://v", "ui://mcpmux.b/v"),
        ("own:1", "mcpmux+b+own:1"),
    ];
    let tool = stage.ask(Method::ToolsCall, "b__t", json!({})).await;
    same(&tool, result, &changes);
    same(&stage.ask(Method::PromptsGet, "b__p", json!({})).await, prompt, &changes);
    let expected = [(r#""uri":"x:1"#, r#""uri":"mcpmux+b+x:1"#)];
    same(&read(&stage, "mcpmux+b+x:1").await, contents, &expected);
    let spaced = r#"{ "uri" : 1 , "content" : [ { "type":"resource_link" } ], "x":  2 }"#;
    b.answers(Method::ToolsCall, Line::Result(spaced));
    assert_eq!(stage.ask(Method::ToolsCall, "b__t", json!({})).await, spaced);
    let error = r#"{"code":1,"message":"x","data":{"uri":"x:1"}}"#;
    b.answers(Method::ToolsCall, Line::Error(error));
    assert_eq!(stage.ask(Method::ToolsCall, "b__t", json!({})).await, error);
}

#[tokio::test]
async fn what_was_handed_out_by_a_backend_that_is_gone_is_free() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let stage = Stage::of(&[(&a, tools()), (&b, tools())]).await;
    let link = r#"{"content":[{"type":"resource_link","uri":"h:1"}]}"#;
    a.answers(Method::ToolsCall, Line::Result(link));
    b.answers(Method::ToolsCall, Line::Result(link));
    assert_eq!(stage.ask(Method::ToolsCall, "a__t", json!({})).await, link);
    assert!(stage.ask(Method::ToolsCall, "b__t", json!({})).await.contains("mcpmux+b+h:1"));
    let mut changes = stage.mux.changes();
    stage.mux.apply(members(&[(&b, Naming::default())])).await;
    changes.changed().await.unwrap();
    assert_eq!(read(&stage, "h:1").await, NO);
    assert_eq!(stage.ask(Method::ToolsCall, "b__t", json!({})).await, link);
    assert_eq!(read(&stage, "h:1").await, "{}");
}

#[tokio::test]
async fn no_backend_passes_its_resources_off_as_those_of_another() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let posing = resources(&["x:1", "mcpmux+b+x:1", "mcpmux+other+y:1"]);
    let stage = Stage::of(&[(&a, posing), (&b, resources(&["x:1"]))]).await;
    read(&stage, "mcpmux+b+x:1").await;
    assert_eq!((a.sent().len(), b.sent()), (0, vec!["resources/read x:1".to_owned()]));
    read(&stage, "mcpmux+a+mcpmux+b+x:1").await;
    read(&stage, "mcpmux+other+y:1").await;
    assert_eq!(a.sent(), ["resources/read mcpmux+b+x:1", "resources/read mcpmux+other+y:1"]);
}

#[tokio::test]
async fn a_completion_names_its_entry_as_the_backend_does() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let both = || Lists { prompts: vec!["p"], ..templates(&["t://{id}"]) };
    let stage = Stage::of(&[(&a, both()), (&b, both())]).await;
    let complete = async |name: &str, reference: Value| {
        let params = json!({"ref":reference,"argument":{"name":"id","value":"7"}});
        stage.ask(Method::Complete, name, params).await
    };
    let prompt = |name: &str| json!({"type":"ref/prompt","name":name,"title":"T"});
    assert_eq!(complete("b__p", prompt("b__p")).await, "{}");
    let argument = json!({"name":"id","value":"7"});
    assert_eq!(b.params(), json!({"ref":prompt("p"),"argument":argument}));
    let template = |uri: &str| json!({"type":"ref/resource","uri":uri});
    for uri in ["mcpmux+b+t://{id}", "mcpmux+b+t://9"] {
        assert_eq!(complete(uri, template(uri)).await, "{}");
        assert_eq!(b.params()["ref"], template(uri.strip_prefix("mcpmux+b+").unwrap()));
    }
    assert_eq!(complete("t://{id}", template("t://{id}")).await, "{}");
    assert_eq!(a.sent(), ["completion/complete t://{id}"]);
    // What is judged must be what the backend reads.
    let two = json!({"type":"ref/prompt","name":"hidden","uri":"t://{id}"});
    assert_eq!(complete("t://{id}", two).await, "InvalidParams");
    assert_eq!(complete("b__p", prompt("hidden")).await, "InvalidParams");
    let sent = (a.sent().len(), b.sent().len());
    for (kind, key, name) in [
        (json!("ref/resource"), "name", "b__p"),
        (json!("ref/prompt"), "uri", "mcpmux+b+t://{id}"),
        (json!("ref/other"), "name", "b__p"),
        (json!(7), "name", "b__p"),
    ] {
        let refused = complete(name, json!({ "type": kind, key: name })).await;
        assert_eq!(refused, "InvalidParams", "{key}");
    }
    assert_eq!((a.sent().len(), b.sent().len()), sent);
}

#[tokio::test]
async fn what_a_new_configuration_hides_is_not_reached_while_a_plugin_keeps_the_old_catalog() {
    let a = actor("a", Era::Legacy);
    let lists = Lists { tools: vec!["secret", "t", "u"], ..Lists::default() };
    let stage = Stage::of(&[(&a, lists.clone())]).await;
    let hide = Arc::new(Hide(AtomicBool::new(false)));
    let plugins = vec![hide.plugin()];
    let works = Setup { plugins: plugins.clone(), ..members(&[(&a, Naming::default())]) };
    stage.mux.apply(works).await;
    while stage.ask(Method::ToolsCall, "a__secret", json!({})).await != "InvalidParams" {
        tokio::task::yield_now().await;
    }
    hide.0.store(true, Ordering::Relaxed);
    stage.mux.apply(Setup { plugins, ..members(&[(&a, hiding("t"))]) }).await;
    until(|| !stage.mux.status().warnings.is_empty()).await;
    assert_eq!(stage.ask(Method::ToolsCall, "a__t", json!({})).await, "InvalidParams");
    assert_eq!(stage.ask(Method::ToolsCall, "a__u", json!({})).await, "{}");
    // What is announced meanwhile is told when it can be seen.
    let mut changes = stage.mux.changes();
    let before = changes.borrow_and_update().prompts;
    let mut listing = lists.listing(Era::Legacy);
    listing.announced.prompts = true;
    stage.inbox.state(&a.name, State::Ready(listing));
    hide.0.store(false, Ordering::Relaxed);
    changes.changed().await.unwrap();
    assert_eq!(changes.borrow_and_update().prompts, before + 1);
}
