//! The response hook: answers, errors, and what backends ask.

use super::*;

fn fixed(name: &str, action: ResponseAction) -> Hooks {
    replying(name, move |_, _, _| Ok(action.clone()))
}

/// Notes what it is shown.
fn noting(name: &'static str, notes: &Notes) -> Hooks {
    let notes = notes.clone();
    replying(name, move |_, source, document| {
        notes.note(format!("{name} {source:?} {}", of_raw(document)));
        Ok(ResponseAction::Deliver)
    })
}

#[tokio::test]
async fn an_answer_is_delivered_changed_or_withheld_as_the_hook_says() {
    let notes = Notes::default();
    let change = ResponseAction::Change(set("/message", &json!("m2")));
    for (client, backend) in ERAS.into_iter().flat_map(|client| ERAS.map(|era| (client, era))) {
        let plugins = [fixed("p", change.clone()), noting("after", &notes)];
        let scene = Scene::new(backend, plugins).await;
        scene.a.answers(Method::ToolsCall, Line::Result(r#"{"n":1.0}"#));
        let changed = scene.tool(client, "a__t", json!({})).await;
        assert_eq!(text(changed), r#"{"n":1.0,"message":"m2"}"#);
        assert_eq!(notes.take(), [r#"after Success {"n":1.0,"message":"m2"}"#]);
        assert_eq!(scene.ledger.decisions(), ["p response: change", "after response: deliver"]);
        scene.a.answers(Method::ToolsCall, Line::Error(r#"{"code":-1,"message":"m"}"#));
        let changed = scene.tool(client, "a__t", json!({})).await;
        assert_eq!(text(changed), r#"{"code":-1,"message":"m2"}"#);
        assert_eq!(notes.take(), [r#"after Error {"code":-1,"message":"m2"}"#]);
        let withhold = fixed("p", ResponseAction::Withhold(denial("no")));
        let scene = Scene::new(backend, [withhold, noting("after", &notes)]).await;
        let withheld = fault(scene.tool(client, "a__t", json!({})).await);
        assert_eq!(
            (withheld.kind, withheld.public.as_str()),
            (Kind::PolicyWithheld, "because of no")
        );
        assert_eq!((scene.a.sent().len(), notes.take()), (1, vec![]));
        let (record, _) = scene.ledger.take().remove(0);
        assert_eq!((record.status, record.code), (Status::Refused, Some(1006)));
    }
}

#[tokio::test]
async fn all_methods_answers_pass_it_and_faults_of_mcpmux_do_not() {
    let notes = Notes::default();
    let scene = Scene::new(Era::Legacy, [noting("p", &notes)]).await;
    for (method, name) in
        [(Method::PromptsGet, "a__p"), (Method::ResourcesRead, "x:1"), (Method::TasksResult, "a~1")]
    {
        scene.ask(method, name, json!({})).await.unwrap();
        assert_eq!(notes.take(), ["p Success {}"], "{method:?}");
    }
    let seat = scene.stage.join(Era::Legacy, "{}", &Arc::default());
    let of = |method| request(Era::Legacy, method, "x:1", json!({}));
    seat.subscribe(of(Method::Subscribe), Flight::default()).await.unwrap();
    seat.unsubscribe(of(Method::Unsubscribe), Flight::default()).await.unwrap();
    assert_eq!(notes.take(), ["p Success {}", "p Success {}"]);
    let down = Fault::new(Kind::BackendUnavailable, "down");
    scene.a.answers(Method::ToolsCall, Line::Fault(down));
    assert_eq!(
        fault(scene.tool(Era::Legacy, "a__t", json!({})).await).kind,
        Kind::BackendUnavailable
    );
    assert_eq!(notes.take(), [""; 0]);
}

#[tokio::test]
async fn who_cannot_say_withholds_unless_it_fails_open_and_a_shadow_changes_nothing() {
    let wrong: [(&str, Result<ResponseAction, String>); 2] = [
        ("broken", Err("broken".to_owned())),
        ("no JSON object", Ok(ResponseAction::Change(Rewrite::Replace(Raw::literal("[]"))))),
    ];
    for (why, said) in wrong {
        let hook = || {
            let said = said.clone();
            replying("p", move |_, _, _| said.clone())
        };
        let scene = Scene::new(Era::Legacy, [hook()]).await;
        let withheld = fault(scene.tool(Era::Legacy, "a__t", json!({})).await);
        assert_eq!(
            (withheld.kind, withheld.code.as_deref()),
            (Kind::PolicyWithheld, Some("plugin.failed"))
        );
        assert!(withheld.to_string().contains(why) && !withheld.public.contains(why));
        for lenient in [open(HookKind::Response, hook()), shadow(hook())] {
            let scene = Scene::new(Era::Legacy, [lenient]).await;
            assert_eq!(result(scene.tool(Era::Legacy, "a__t", json!({})).await), json!({}));
            assert!(scene.ledger.decisions()[0].starts_with("p response: error"));
        }
    }
    for action in [
        ResponseAction::Withhold(denial("no")),
        ResponseAction::Change(Rewrite::Replace(Raw::literal(r#"{"a":1}"#))),
    ] {
        let scene = Scene::new(Era::Legacy, [shadow(fixed("p", action))]).await;
        assert_eq!(result(scene.tool(Era::Legacy, "a__t", json!({})).await), json!({}));
        assert!(scene.ledger.decisions()[0].contains(" shadow"));
    }
    // What was an error stays one that a client can read.
    let nonsense = ResponseAction::Change(Rewrite::Replace(Raw::literal("{}")));
    let scene = Scene::new(Era::Legacy, [fixed("p", nonsense)]).await;
    scene.a.answers(Method::ToolsCall, Line::Error(r#"{"code":-1,"message":"m"}"#));
    assert_eq!(fault(scene.tool(Era::Legacy, "a__t", json!({})).await).kind, Kind::PolicyWithheld);
}

#[tokio::test]
async fn what_a_plugin_answers_passes_the_others() {
    let notes = Notes::default();
    let answer = requesting("p", |_, _| Ok(RequestAction::Answer(Raw::literal("{}"))));
    let own = Hooks { response: noting("own", &notes).response, ..answer };
    let plugins = [noting("one", &notes), own, noting("two", &notes)];
    let scene = Scene::new(Era::Legacy, plugins).await;
    scene.tool(Era::Legacy, "a__t", json!({})).await.unwrap();
    assert_eq!(notes.take(), ["one Success {}", "two Success {}"]);
    let answer = requesting("p", |_, _| Ok(RequestAction::Answer(Raw::literal("{}"))));
    let withhold = fixed("w", ResponseAction::Withhold(denial("no")));
    let scene = Scene::new(Era::Legacy, [answer, withhold]).await;
    let withheld = scene.tool(Era::Legacy, "a__t", json!({})).await;
    assert_eq!(reason(withheld), (Kind::PolicyDenied, "no".to_owned()), "no backend has seen it");
}

/// Does this to questions, and nothing to answers.
fn questioning(action: ResponseAction, notes: &Notes) -> Hooks {
    let notes = notes.clone();
    replying("p", move |_, source, document| {
        if source != Source::Question {
            return Ok(ResponseAction::Deliver);
        }
        notes.note(of_raw(document));
        Ok(action.clone())
    })
}

#[tokio::test]
async fn what_a_legacy_backend_asks_can_be_changed_and_withheld() {
    let notes = Notes::default();
    let asked = r#"{"method":"elicitation/create","params":{"message":"Who?"}}"#;
    let change = ResponseAction::Change(set("/params/message", &json!("Changed")));
    let (mux, _inbox) = chatting([questioning(change.clone(), &notes)]).await;
    let guest = listener();
    assert_eq!(chat(&mux, &guest).await, json!({ "result": { "action": "accept" } }));
    assert_eq!(notes.take(), [asked]);
    // A modern client reads the changed question in its result.
    let mut call = request(Era::Modern, Method::ToolsCall, "a__t", json!({}));
    Arc::make_mut(&mut call.client).capabilities = Raw::literal(ABLE);
    let parked = result(mux.call(call, Flight::default()).await);
    assert_eq!(parked["inputRequests"]["ask-1"]["params"]["message"], "Changed");
    for (action, code) in [
        (ResponseAction::Withhold(denial("no")), "no"),
        (ResponseAction::Change(set("/method", &json!("roots/list"))), "plugin.failed"),
    ] {
        let (mux, _inbox) = chatting([questioning(action, &notes)]).await;
        let guest = listener();
        let told = chat(&mux, &guest).await;
        assert_eq!(
            (&told["error"]["code"], &told["error"]["data"]["code"]),
            (&json!(1006), &json!(code))
        );
        assert_eq!(guest.asked.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test]
async fn each_question_of_a_modern_backend_can_be_changed_and_withheld() {
    let needs = r#"{"resultType":"input_required","inputRequests":{"f":{"method":"elicitation/create","params":{"message":"?"}},"r":{"method":"roots/list"}},"v":1.0}"#;
    let notes = Notes::default();
    let change = ResponseAction::Change(set("/params", &json!({ "message": "Changed" })));
    let scene = Scene::new(Era::Modern, [questioning(change, &notes)]).await;
    scene.a.answers(Method::ToolsCall, Line::Result(needs));
    let asked = scene.of_tool(Era::Modern, ABLE, "a__t", json!({}), None).await;
    let expected = r#"{"resultType":"input_required","inputRequests":{"f":{"method":"elicitation/create","params":{"message":"Changed"}},"r":{"method":"roots/list","params":{"message":"Changed"}}},"v":1.0}"#;
    assert_eq!((text(asked), notes.take().len()), (expected.to_owned(), 2));
    let withhold = questioning(ResponseAction::Withhold(denial("no")), &notes);
    let scene = Scene::new(Era::Modern, [withhold]).await;
    scene.a.answers(Method::ToolsCall, Line::Result(needs));
    for era in ERAS {
        let guest = listener();
        let withheld = scene.of_tool(era, ABLE, "a__t", json!({}), Some(&guest)).await;
        assert_eq!(reason(withheld), (Kind::PolicyWithheld, "no".to_owned()));
        assert_eq!(guest.asked.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test]
async fn a_request_for_input_is_one_in_whatever_letters_and_hides_nothing_beside_its_questions() {
    let plain = r#"{"resultType":"input_required","requestState":"s","inputRequests":{"r":{"method":"roots/list"}},"content":[1.0]}"#;
    let escaped = r#"{"result\u0054ype":"input\u005frequired","inputRequests":{"r":{"method":"roots/list"}},"content":[1.0]}"#;
    let notes = Notes::default();
    for (needs, kind) in [(plain, "input_required"), (escaped, r"input\u005frequired")] {
        let scene = Scene::new(Era::Modern, [noting("p", &notes)]).await;
        scene.a.answers(Method::ToolsCall, Line::Result(needs));
        let asked = result(scene.of_tool(Era::Modern, ABLE, "a__t", json!({}), None).await);
        assert_eq!(asked["resultType"], "input_required");
        let rest = format!(r#"p Success {{"resultType":"{kind}","content":[1.0]}}"#);
        assert_eq!(notes.take(), [r#"p Question {"method":"roots/list"}"#.to_owned(), rest]);
    }
    // It is followed in what it says of the rest, and cannot make something else of the whole.
    let other = ResponseAction::Change(Rewrite::Replace(Raw::literal(r#"{"content":[]}"#)));
    for (action, expected) in [
        (other, Ok(json!([]))),
        (ResponseAction::Withhold(denial("no")), Err((Kind::PolicyWithheld, "no".to_owned()))),
    ] {
        let hook = replying("p", move |_, source, _| {
            Ok(if source == Source::Success { action.clone() } else { ResponseAction::Deliver })
        });
        let scene = Scene::new(Era::Modern, [hook]).await;
        scene.a.answers(Method::ToolsCall, Line::Result(plain));
        let outcome = scene.of_tool(Era::Modern, ABLE, "a__t", json!({}), None).await;
        match expected {
            Err(expected) => assert_eq!(reason(outcome), expected),
            Ok(content) => {
                let asked = result(outcome);
                assert_eq!(
                    (&asked["content"], &asked["resultType"]),
                    (&content, &json!("input_required"))
                );
                assert_eq!(asked["inputRequests"], json!({ "r": { "method": "roots/list" } }));
                assert!(asked["requestState"].is_string());
            }
        }
    }
}

#[tokio::test]
async fn what_is_asked_outside_of_calls_passes_with_an_empty_name() {
    let notes = Notes::default();
    let noted = notes.clone();
    let withholding = |code: &'static str| {
        let noted = noted.clone();
        replying("p", move |subject, source, document| {
            noted.note(format!(
                "{source:?} {} {:?} {}",
                subject.to.backend,
                subject.exposed,
                of_raw(document)
            ));
            Ok(match code {
                "" => ResponseAction::Change(set("/params", &json!({ "n": 1 }))),
                code => ResponseAction::Withhold(denial(code)),
            })
        })
    };
    let ask = |method: &str| Ask { method: method.to_owned(), params: None, report: None };
    let name = BackendName::new("a").unwrap();
    for method in ["elicitation/create", "roots/list"] {
        for (plugin, asked) in [
            (withholding(""), 1),
            (withholding("no"), 0),
            (shadow(withholding("no")), 1),
            (only("b", "", "", withholding("no")), 1),
        ] {
            let matches = plugin.matches.backends.is_empty();
            let scene = Scene::new(Era::Legacy, [plugin]).await;
            let guest = listener();
            let _seat = scene.stage.join(Era::Legacy, r#"{"elicitation":{},"roots":{}}"#, &guest);
            let answer = scene.stage.inbox.asked(&name, ask(method)).await;
            assert_eq!(guest.asked.load(Ordering::Relaxed), asked);
            assert_eq!(matches!(answer, Body::Result(_)), asked == 1);
            let shown = format!(r#"Question a "" {{"method":"{method}"}}"#);
            assert_eq!(notes.take(), if matches { vec![shown] } else { vec![] });
        }
    }
}

#[tokio::test]
async fn roots_are_asked_of_the_clients_from_which_no_plugin_withholds_it() {
    let told = |name: &str| {
        let mut client = client(Era::Legacy, r#"{"roots":{}}"#);
        Arc::make_mut(&mut client).info = Some(Raw::of(&json!({ "name": name, "version": "1" })));
        client
    };
    let says = [r#"{"roots":[{"uri":"file:///a"}]}"#, r#"{"roots":[{"uri":"file:///b"}]}"#];
    let name = BackendName::new("a").unwrap();
    for (from, expected) in [("one", [0, 1]), ("two", [1, 0]), ("", [0, 0])] {
        let withhold = fixed("p", ResponseAction::Withhold(denial("no")));
        let scene = Scene::new(Era::Legacy, [only("", "", from, withhold)]).await;
        let guests = says.map(|says| Arc::new(Guest { says: Some(says), ..Guest::default() }));
        let seats = ["one", "two"].into_iter().zip(&guests);
        let _seats: Vec<_> = seats
            .map(|(name, guest)| scene.stage.mux.join(told(name), Arc::clone(guest) as _))
            .collect();
        let ask = Ask { method: "roots/list".to_owned(), params: None, report: None };
        let answer = scene.stage.inbox.asked(&name, ask).await;
        assert_eq!(guests.each_ref().map(|guest| guest.asked.load(Ordering::Relaxed)), expected);
        let of = expected.iter().position(|asked| *asked == 1);
        match (answer, of.and_then(|at| says.get(at))) {
            (Body::Result(result), Some(says)) => assert_eq!(of_raw(&result), *says),
            (Body::Error(_), None) => {}
            (answer, _) => panic!("{answer:?}"),
        }
    }
}
