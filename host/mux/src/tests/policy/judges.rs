//! The authorize hook: its verdicts, what it judges, and what a permission asks for.

use super::*;

fn fixed(name: &str, verdict: Verdict) -> Hooks {
    judging(name, move |_, _| Ok(verdict.clone()))
}

fn oblige(name: &str, redact: &[&str], max_bytes: Option<usize>) -> Hooks {
    let redact = redact.iter().map(|at| pointer(at)).collect();
    fixed(name, Verdict::AllowWith(Obligations { redact, max_bytes, timeout: None }))
}

#[tokio::test]
async fn a_call_goes_ahead_if_nobody_objects_and_the_first_refusal_is_the_answer() {
    let notes = Notes::default();
    let noted = notes.clone();
    let allow = judging("allow", move |_, document| {
        noted.note(of_raw(document));
        Ok(Verdict::Allow)
    });
    let change = requesting("change", |_, _| Ok(RequestAction::Change(set("/n", &json!(1)))));
    for (client, backend) in ERAS.into_iter().flat_map(|client| ERAS.map(|era| (client, era))) {
        let scene = Scene::new(backend, [allow.clone(), change.clone()]).await;
        scene.tool(client, "a__t", json!({})).await.unwrap();
        assert_eq!(notes.take(), [r#"{"n":1}"#], "it judges the final bytes, wherever it stands");
        let decided = ["change request: change", "allow authorize: allow"];
        assert_eq!(scene.ledger.decisions(), decided);
        let (one, two) = (Verdict::Deny(denial("one")), Verdict::Deny(denial("two")));
        let plugins = [allow.clone(), fixed("one", one), fixed("two", two)];
        let scene = Scene::new(backend, plugins).await;
        let denied = fault(scene.tool(client, "a__t", json!({})).await);
        assert_eq!((denied.kind, denied.public.as_str()), (Kind::PolicyDenied, "because of one"));
        assert_eq!(denied.code.as_deref(), Some("one"));
        let decided = ["allow authorize: allow", "one authorize: deny (one)"];
        assert_eq!(
            (scene.ledger.decisions(), scene.a.sent().len()),
            (decided.map(str::to_owned).to_vec(), 0)
        );
        notes.take();
    }
}

#[tokio::test]
async fn who_cannot_judge_refuses_whatever_is_configured_and_a_shadow_never_does() {
    let broken = || judging("p", |_, _| Err("broken".to_owned()));
    for plugin in [broken(), open(HookKind::Authorize, broken())] {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        let refused = fault(scene.tool(Era::Legacy, "a__t", json!({})).await);
        assert_eq!(
            (refused.kind, refused.code.as_deref()),
            (Kind::PluginFailed, Some("plugin.failed"))
        );
        assert_eq!(scene.ledger.decisions(), ["p authorize: error (broken)"]);
        assert!(scene.a.sent().is_empty());
    }
    let question = Verdict::Ask(Question { text: "?".to_owned(), remember: None });
    let redact = Obligations { redact: vec![pointer("/a")], ..Obligations::default() };
    let shadows = [
        (broken(), "error shadow (broken)"),
        (fixed("p", Verdict::Deny(denial("no"))), "deny shadow (no)"),
        (fixed("p", question), "ask shadow"),
        (fixed("p", Verdict::AllowWith(redact)), "allow-with shadow"),
    ];
    for (plugin, word) in shadows {
        let scene = Scene::new(Era::Legacy, [shadow(plugin)]).await;
        scene.a.answers(Method::ToolsCall, Line::Result(r#"{"a":1}"#));
        assert_eq!(result(scene.tool(Era::Legacy, "a__t", json!({})).await), json!({ "a": 1 }));
        assert_eq!(scene.ledger.decisions(), [format!("p authorize: {word}")]);
    }
}

#[tokio::test]
async fn the_obligations_of_all_plugins_hold_together() {
    let said = r#"{"content":[{"n":0},{"n":1.0},{"n":2}],"secret":"s","keep":1e400}"#;
    let plugins = [
        oblige("one", &["/content/0", "/secret", "/not/there"], None),
        oblige("two", &["/content/2/n", "/content/2"], Some(1000)),
    ];
    for era in ERAS {
        let scene = Scene::new(era, plugins.clone()).await;
        scene.a.answers(Method::ToolsCall, Line::Result(said));
        let answered = text(scene.tool(era, "a__t", json!({})).await);
        assert_eq!(answered, r#"{"content":[{"n":1.0}],"keep":1e400}"#);
        let error = r#"{"code":1,"message":"m","secret":1}"#;
        scene.a.answers(Method::ToolsCall, Line::Error(error));
        assert_eq!(text(scene.tool(era, "a__t", json!({})).await), error, "it is no result");
    }
    let ambiguous = Scene::new(Era::Legacy, [oblige("p", &["/a"], None)]).await;
    ambiguous.a.answers(Method::ToolsCall, Line::Result(r#"{"a":1,"a":2}"#));
    let withheld = (Kind::PolicyWithheld, "obligation.redact".to_owned());
    assert_eq!(reason(ambiguous.tool(Era::Legacy, "a__t", json!({})).await), withheld);
    let whole = Scene::new(Era::Legacy, [oblige("p", &[""], None)]).await;
    assert_eq!(reason(whole.tool(Era::Legacy, "a__t", json!({})).await), withheld);
    let long =
        Scene::new(Era::Legacy, [oblige("p", &[], Some(7)), oblige("q", &[], Some(8))]).await;
    long.a.answers(Method::ToolsCall, Line::Result(r#"{"a":12}"#));
    let withheld = (Kind::PolicyWithheld, "obligation.max-bytes".to_owned());
    assert_eq!(reason(long.tool(Era::Legacy, "a__t", json!({})).await), withheld);
    long.a.answers(Method::ToolsCall, Line::Result(r#"{"a":1}"#));
    assert_eq!(text(long.tool(Era::Legacy, "a__t", json!({})).await), r#"{"a":1}"#);
}

#[tokio::test]
async fn a_call_ends_when_its_permission_does() {
    let short = Obligations {
        timeout: Some(std::time::Duration::from_millis(1)),
        ..Obligations::default()
    };
    for era in ERAS {
        let scene = Scene::new(era, [fixed("p", Verdict::AllowWith(short.clone()))]).await;
        let _held = scene.a.hold();
        let late = fault(scene.tool(era, "a__t", json!({})).await);
        assert_eq!((late.kind, late.backend.unwrap().as_str()), (Kind::Timeout, "a"));
    }
}

#[tokio::test]
async fn a_plugin_judges_what_it_matches_and_nothing_else() {
    let (notes, ledger) = (Notes::default(), Ledger::default());
    let noting = |backend: &str, entry: &str, client: &str| {
        let notes = notes.clone();
        let hook = judging("p", move |subject, _| {
            notes.note(subject.to.native.as_str());
            Ok(Verdict::Allow)
        });
        only(backend, entry, client, hook)
    };
    let calls = [
        (Method::ToolsCall, "a__t", "t"),
        (Method::ToolsCall, "a__u", "u"),
        (Method::PromptsGet, "a__p", "p"),
        (Method::ResourcesRead, "x:1", "x:1"),
        (Method::ResourcesRead, "y:7", "y:7"),
        (Method::ResourcesRead, "z:1", "z:1"),
        (Method::TasksGet, "a~7", "7"),
    ];
    let all = calls.map(|(.., native)| native).to_vec();
    for (plugin, expected) in [
        (noting("", "", ""), all.clone()),
        (noting("a", "", ""), all.clone()),
        (noting("b", "", ""), vec![]),
        // Which entry a task comes from is not known.
        (noting("", "t", ""), vec!["t", "7"]),
        (noting("a", "?", ""), vec!["t", "u", "p", "7"]),
        (noting("", "x:*", ""), vec!["x:1", "7"]),
        (noting("", "y:{id}", ""), vec!["y:7", "7"]),
        (noting("", "z:1", ""), vec!["z:1", "7"]),
        (noting("", "", "some*"), all),
        (noting("", "", "nobody"), vec![]),
        (Hooks { mode: Mode::Off, ..noting("", "", "") }, vec![]),
    ] {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        for (method, name, _) in calls {
            let mut call = request(Era::Legacy, method, name, json!({}));
            Arc::make_mut(&mut call.client).info = Some(Raw::literal(r#"{"name":"somebody"}"#));
            scene.stage.mux.call(call, Flight::default()).await.unwrap();
        }
        assert_eq!(notes.take(), expected);
        assert_eq!(scene.a.sent().len(), calls.len());
    }
    drop(ledger);
}
