//! The request hook: what it is shown, and each thing that it can do.

use super::*;

const FAILED: &str = "plugin.failed";

fn fixed(name: &str, action: RequestAction) -> Hooks {
    requesting(name, move |_, _| Ok(action.clone()))
}

#[tokio::test]
async fn a_call_goes_on_changed_answered_or_refused_as_the_hook_says() {
    for (client, backend) in ERAS.into_iter().flat_map(|client| ERAS.map(|era| (client, era))) {
        let answer = Raw::literal(r#"{"content":[]}"#);
        let forward = Scene::new(backend, [fixed("p", RequestAction::Forward)]).await;
        forward.tool(client, "a__t", json!({ "n": 1 })).await.unwrap();
        assert_eq!(forward.a.params(), json!({ "arguments": { "n": 1 } }));
        assert_eq!(forward.ledger.decisions(), ["p request: forward"]);
        let change = RequestAction::Change(set("/n", &json!(2)));
        let change = Scene::new(backend, [fixed("p", change)]).await;
        change.tool(client, "a__t", json!({ "m": 1.5 })).await.unwrap();
        assert_eq!(change.a.params(), json!({ "arguments": { "m": 1.5, "n": 2 } }));
        assert_eq!(change.ledger.take()[0].1, r#"{"m":1.5,"n":2}"#);
        let answering = Scene::new(backend, [fixed("p", RequestAction::Answer(answer))]).await;
        let answered = answering.tool(client, "a__t", json!({})).await;
        assert_eq!(result(answered), json!({ "content": [] }));
        assert_eq!(answering.ledger.decisions(), ["p request: answer"]);
        let refuse = Scene::new(backend, [fixed("p", RequestAction::Refuse(denial("no")))]).await;
        let refused = fault(refuse.tool(client, "a__t", json!({})).await);
        assert_eq!((refused.kind, refused.public.as_str()), (Kind::PolicyDenied, "because of no"));
        assert!(!refused.public.contains("`p`") && refused.to_string().contains("`p`"));
        assert_eq!(refuse.ledger.decisions(), ["p request: refuse (no)"]);
        assert_eq!((answering.a.sent().len(), refuse.a.sent().len()), (0, 0));
    }
}

#[tokio::test]
async fn a_shadow_is_asked_and_not_followed() {
    let reroute = RequestAction::Reroute { exposed: "a__u".into(), arguments: Raw::literal("{}") };
    let actions = [
        (RequestAction::Change(set("/n", &json!(2))), "change shadow"),
        (RequestAction::Answer(Raw::literal("{}")), "answer shadow"),
        (RequestAction::Refuse(denial("no")), "refuse shadow (no)"),
        (reroute, "reroute shadow (a__u)"),
    ];
    for (action, word) in actions {
        let scene = Scene::new(Era::Legacy, [shadow(fixed("p", action))]).await;
        scene.tool(Era::Modern, "a__t", json!({ "n": 1 })).await.unwrap();
        assert_eq!(scene.a.sent(), ["tools/call t"]);
        assert_eq!(scene.a.params(), json!({ "arguments": { "n": 1 } }));
        assert_eq!(scene.ledger.decisions(), [format!("p request: {word}")]);
    }
}

#[tokio::test]
async fn what_cannot_be_done_and_who_cannot_say_refuse_the_call_unless_they_fail_open() {
    let not_there = RequestAction::Change(set("/no/n", &json!(2)));
    let elsewhere = |name: &str| RequestAction::Reroute {
        exposed: name.to_owned(),
        arguments: Raw::literal("[]"),
    };
    let wrong: [(&str, Result<RequestAction, String>); 5] = [
        ("broken", Err("broken".to_owned())),
        ("nothing at `/no/n`", Ok(not_there)),
        ("no JSON object", Ok(RequestAction::Change(Rewrite::Replace(Raw::literal("7"))))),
        ("no JSON object", Ok(RequestAction::Answer(Raw::literal("[]")))),
        ("no JSON object", Ok(elsewhere("a__u"))),
    ];
    for (why, said) in wrong {
        let hook = || {
            let said = said.clone();
            requesting("p", move |_, _| said.clone())
        };
        let closed = Scene::new(Era::Legacy, [hook()]).await;
        let refused = fault(closed.tool(Era::Legacy, "a__t", json!({})).await);
        assert_eq!((refused.kind, refused.code.as_deref()), (Kind::PluginFailed, Some(FAILED)));
        assert!(refused.to_string().contains(why) && !refused.public.contains(why), "{refused}");
        assert!(closed.a.sent().is_empty());
        let decided = closed.ledger.decisions();
        assert!(decided[0].starts_with("p request: error ("), "{decided:?}");
        for lenient in [open(HookKind::Request, hook()), shadow(hook())] {
            let scene = Scene::new(Era::Legacy, [lenient]).await;
            scene.tool(Era::Legacy, "a__t", json!({})).await.unwrap();
            assert_eq!(scene.a.sent(), ["tools/call t"]);
            assert!(scene.ledger.decisions()[0].starts_with("p request: error"));
        }
    }
}

#[tokio::test]
async fn the_first_refusal_wins_and_each_sees_what_the_one_before_left() {
    let notes = Notes::default();
    let noting = |name: &'static str, action: RequestAction| {
        let notes = notes.clone();
        requesting(name, move |_, document| {
            notes.note(format!("{name} {}", of_raw(document)));
            Ok(action.clone())
        })
    };
    let plugins = [
        noting("one", RequestAction::Change(set("/n", &json!(1)))),
        noting("two", RequestAction::Refuse(denial("two"))),
        noting("three", RequestAction::Refuse(denial("three"))),
    ];
    let scene = Scene::new(Era::Legacy, plugins).await;
    let refused = scene.tool(Era::Legacy, "a__t", json!({})).await;
    assert_eq!(reason(refused), (Kind::PolicyDenied, "two".to_owned()));
    assert_eq!(notes.take(), ["one {}", r#"two {"n":1}"#]);
}

#[tokio::test]
async fn each_method_has_its_document_and_a_change_reaches_the_backend() {
    let notes = Notes::default();
    let noted = notes.clone();
    let adding = requesting("p", move |subject, document| {
        noted.note(format!("{} {}", subject.to.native.as_str(), of_raw(document)));
        Ok(RequestAction::Change(set("/context", &json!({ "v": 1 }))))
    });
    let scene = Scene::new(Era::Legacy, [adding]).await;
    let arguments = json!({ "k": "v" });
    let complete = json!({
        "ref": { "type": "ref/prompt", "name": "a__p" }, "argument": { "name": "k" }, "other": 1,
    });
    for (method, name, params, document) in [
        (Method::ToolsCall, "a__t", json!({}), "t {}"),
        (Method::PromptsGet, "a__p", json!({ "arguments": arguments }), r#"p {"k":"v"}"#),
        (
            Method::Complete,
            "a__p",
            complete,
            r#"p {"ref":{"name":"p","type":"ref/prompt"},"argument":{"name":"k"}}"#,
        ),
        (Method::ResourcesRead, "x:1", json!({ "requestState": "s", "k": 1 }), r#"x:1 {"k":1}"#),
        (Method::ResourcesRead, "y:7", json!({}), "y:7 {}"),
        (Method::TasksGet, "a~7", json!({}), "7 {}"),
        (Method::TasksUpdate, "a~7", json!({ "inputResponses": {} }), r#"7 {"inputResponses":{}}"#),
    ] {
        scene.ask(method, name, params.clone()).await.unwrap();
        let shown = notes.take();
        let sorted = |text: &str| {
            let (native, document) = text.split_once(' ').unwrap();
            (native.to_owned(), serde_json::from_str::<Value>(document).unwrap())
        };
        assert_eq!(sorted(&shown[0]), sorted(document), "{method:?}");
        let sent = scene.a.params();
        let changed = match method {
            Method::ToolsCall | Method::PromptsGet => &sent["arguments"]["context"],
            _ => &sent["context"],
        };
        assert_eq!(changed, &json!({ "v": 1 }), "{method:?} {sent}");
        if method == Method::Complete {
            assert_eq!(sent["other"], 1);
        }
    }
    let guest = Arc::default();
    let seat = scene.stage.join(Era::Legacy, "{}", &guest);
    for method in [Method::Subscribe, Method::Unsubscribe] {
        let call = request(Era::Legacy, method, "x:1", json!({}));
        match method {
            Method::Subscribe => seat.subscribe(call, Flight::default()).await.unwrap(),
            _ => seat.unsubscribe(call, Flight::default()).await.unwrap(),
        };
        assert_eq!(
            (notes.take(), scene.a.params()),
            (vec!["x:1 {}".to_owned()], json!({ "context": { "v": 1 } }))
        );
    }
}

#[tokio::test]
async fn no_change_says_otherwise_where_the_call_goes() {
    let reference = json!({ "ref": { "type": "ref/prompt", "name": "a__p" } });
    for (at, method, name, params) in [
        ("/ref/name", Method::Complete, "a__p", reference.clone()),
        ("/name", Method::Complete, "a__p", reference),
        ("/uri", Method::ResourcesRead, "x:1", json!({})),
        ("/_meta", Method::ResourcesRead, "x:1", json!({})),
        ("/requestState", Method::ResourcesRead, "x:1", json!({})),
        ("/taskId", Method::TasksGet, "a~7", json!({})),
    ] {
        let change = RequestAction::Change(set(at, &json!("x:2")));
        let scene = Scene::new(Era::Legacy, [fixed("p", change)]).await;
        assert_eq!(reason(scene.ask(method, name, params).await).0, Kind::PluginFailed, "{at}");
        assert!(scene.a.sent().is_empty());
    }
}

#[tokio::test]
async fn a_refused_or_answered_subscription_is_none() {
    for action in [RequestAction::Refuse(denial("no")), RequestAction::Answer(Raw::literal("{}"))] {
        let scene = Scene::new(Era::Legacy, [fixed("p", action)]).await;
        let seat = scene.stage.join(Era::Legacy, "{}", &Arc::default());
        let call = request(Era::Legacy, Method::Subscribe, "x:1", json!({}));
        let _outcome = seat.subscribe(call, Flight::default()).await;
        assert!(scene.a.sent().is_empty() && scene.a.wanted().is_empty());
    }
}

/// Sends calls of `t` to this tool, and notes what it sees.
fn rerouting(name: &str, to: &str, notes: &Notes) -> Hooks {
    let (to, notes) = (to.to_owned(), notes.clone());
    requesting(name, move |subject, document| {
        notes.note(format!("{} {}", subject.exposed, of_raw(document)));
        if subject.to.native.as_str() != "t" {
            return Ok(RequestAction::Forward);
        }
        let arguments = Raw::literal(r#"{"r":1}"#);
        Ok(RequestAction::Reroute { exposed: to.clone(), arguments })
    })
}

#[tokio::test]
async fn a_call_is_sent_to_another_entry_and_meets_that_ones_plugins_from_the_start() {
    let notes = Notes::default();
    let judge = notes.clone();
    let of_u = only(
        "",
        "u",
        "",
        judging("judge", move |subject, document| {
            judge.note(format!("judge {} {}", subject.to.native.as_str(), of_raw(document)));
            Ok(Verdict::Allow)
        }),
    );
    let of_t = only("", "t", "", judging("other", |_, _| panic!("nothing is called there")));
    let plugins = [of_u, of_t, rerouting("p", "a__u", &notes)];
    for era in ERAS {
        let plugins = plugins.clone();
        let scene = Scene::new(era, plugins).await;
        let params = json!({ "arguments": { "n": 1 }, "task": {} });
        scene.of_tool(Era::Legacy, "{}", "a__t", params, None).await.unwrap();
        assert_eq!(scene.a.sent(), ["tools/call u"]);
        assert_eq!(scene.a.params(), json!({ "arguments": { "r": 1 }, "task": {} }));
        let seen = [r#"a__t {"n":1}"#, r#"a__u {"r":1}"#, r#"judge u {"r":1}"#];
        assert_eq!(notes.take(), seen);
        let (record, arguments) = scene.ledger.take().remove(0);
        assert_eq!((record.subject.exposed.as_str(), arguments.as_str()), ("a__u", r#"{"r":1}"#));
        let decided: Vec<_> = record.decisions.iter().map(described).collect();
        let expected =
            ["p request: reroute (a__u)", "p request: forward", "judge authorize: allow"];
        assert_eq!(decided, expected);
    }
}

#[tokio::test]
async fn a_call_is_sent_elsewhere_once_and_only_to_what_its_client_could_call() {
    let notes = Notes::default();
    let back = requesting("back", |subject, _| {
        if subject.to.native.as_str() != "u" {
            return Ok(RequestAction::Forward);
        }
        let arguments = Raw::literal("{}");
        Ok(RequestAction::Reroute { exposed: "a__t".into(), arguments })
    });
    let scene = Scene::new(Era::Legacy, [rerouting("p", "a__u", &notes), back]).await;
    assert_eq!(reason(scene.tool(Era::Legacy, "a__t", json!({})).await).0, Kind::PluginFailed);
    let itself = Scene::new(Era::Legacy, [rerouting("p", "a__t", &notes)]).await;
    assert_eq!(reason(itself.tool(Era::Legacy, "a__t", json!({})).await).0, Kind::PluginFailed);
    let hiding = listing_by("h", |_, entries| {
        Ok(entries.iter().map(|entry| entry.native.as_str() != "u").collect())
    });
    for (to, plugins) in [("nowhere", vec![]), ("a__u", vec![hiding])] {
        let plugins = plugins.into_iter().chain([rerouting("p", to, &notes)]);
        let scene = Scene::new(Era::Legacy, plugins).await;
        let unknown = fault(scene.tool(Era::Legacy, "a__t", json!({})).await);
        assert_eq!(
            (unknown.kind, unknown.public),
            (Kind::InvalidParams, format!("Unknown tool: {to}"))
        );
        assert!(scene.a.sent().is_empty());
    }
    let elsewhere =
        RequestAction::Reroute { exposed: "a__p".into(), arguments: Raw::literal("{}") };
    let prompt = Scene::new(Era::Legacy, [fixed("p", elsewhere)]).await;
    let refused = prompt.ask(Method::PromptsGet, "a__p", json!({})).await;
    assert_eq!(reason(refused).0, Kind::PluginFailed);
}

#[tokio::test]
async fn arguments_that_can_be_read_in_two_ways_go_past_no_plugin() {
    let twice = Raw::literal(r#"{"a":[{"path":"/x","b":{},"path":"/etc"}]}"#);
    let forward = || fixed("p", RequestAction::Forward);
    let allow = || judging("p", |_, _| Ok(Verdict::Allow));
    for (plugin, refused) in [
        (forward(), true),
        (allow(), true),
        // Nobody judges it.
        (shadow(forward()), false),
        (only("", "u", "", allow()), false),
        (replying("p", |_, _, _| Ok(ResponseAction::Deliver)), false),
    ] {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        let mut call = request(Era::Legacy, Method::ToolsCall, "a__t", json!({}));
        call.params.set("arguments", twice.clone());
        let outcome = scene.stage.mux.call(call, Flight::default()).await;
        if !refused {
            outcome.unwrap();
            continue;
        }
        let why = fault(outcome);
        assert_eq!((why.kind, why.kind.code()), (Kind::InvalidParams, -32602));
        assert_eq!(why.public, "the arguments name the member `path` twice in one object");
        assert!(scene.a.sent().is_empty());
        assert_eq!(scene.ledger.take()[0].0.status, Status::Error);
    }
}
