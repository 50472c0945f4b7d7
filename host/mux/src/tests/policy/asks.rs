//! Questions to the person at the client, before a call goes ahead.

use std::time::Duration;

use super::*;

const YES: &str = r#"{"action":"accept","content":{"answer":"yes"}}"#;

fn asking(name: &str, remember: Option<(&str, Duration)>) -> Hooks {
    let remember = remember.map(|(key, time)| (key.to_owned(), time));
    judging(name, move |_, _| {
        Ok(Verdict::Ask(Question { text: "May it?".to_owned(), remember: remember.clone() }))
    })
}

fn guest(says: Option<&'static str>) -> Arc<Guest> {
    Arc::new(Guest { says, ..Guest::default() })
}

const ARGUMENTS: &str = r#"{"arguments":{"n":1}}"#;

fn params() -> Value {
    serde_json::from_str(ARGUMENTS).unwrap()
}

#[tokio::test]
async fn the_person_at_a_legacy_client_is_asked_and_the_answer_decides() {
    for backend in ERAS {
        let scene = Scene::new(backend, [asking("p", None)]).await;
        let person = guest(Some(YES));
        for asked in 1..=2 {
            let outcome = scene.of_tool(Era::Legacy, ABLE, "a__t", params(), Some(&person)).await;
            assert_eq!((result(outcome), person.asked.load(Ordering::Relaxed)), (json!({}), asked));
        }
        assert_eq!(scene.a.sent().len(), 2);
        for (says, code) in [
            (Some(r#"{"action":"accept","content":{"answer":"no"}}"#), "approval.declined"),
            (Some(r#"{"action":"accept"}"#), "approval.declined"),
            (Some(r#"{"action":"decline","content":{"answer":"yes"}}"#), "approval.declined"),
            (Some(r#"{"action":"cancel"}"#), "approval.declined"),
            (None, "approval.unavailable"),
        ] {
            let outcome =
                scene.of_tool(Era::Legacy, ABLE, "a__t", params(), Some(&guest(says))).await;
            assert_eq!(reason(outcome), (Kind::PolicyDenied, code.to_owned()), "{says:?}");
        }
        assert_eq!(scene.a.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_reads_that() {
    let scene = Scene::new(Era::Legacy, [asking("p", None)]).await;
    let person = guest(Some(YES));
    let unable = scene.of_tool(Era::Legacy, "{}", "a__t", params(), Some(&person)).await;
    let alone = scene.of_tool(Era::Legacy, ABLE, "a__t", params(), None).await;
    let modern = scene.of_tool(Era::Modern, "{}", "a__t", params(), None).await;
    // A modern client can be asked in the results of three methods only.
    let mut call =
        request(Era::Modern, Method::Complete, "a__p", json!({ "ref": { "name": "a__p" } }));
    Arc::make_mut(&mut call.client).capabilities = Raw::literal(ABLE);
    let completion = scene.stage.mux.call(call, Flight::default()).await;
    for (outcome, part) in [
        (unable, "does not declare the capability `elicitation`"),
        (alone, "cannot be asked"),
        (modern, "does not declare the capability `elicitation`"),
        (completion, "cannot be asked"),
    ] {
        let refused = fault(outcome);
        assert_eq!(refused.code.as_deref(), Some("approval.unavailable"));
        assert!(refused.public.contains(part), "{refused}");
    }
    assert_eq!((person.asked.load(Ordering::Relaxed), scene.a.sent().len()), (0, 0));
}

#[tokio::test]
async fn nobody_is_asked_about_what_another_plugin_refuses() {
    let deny = judging("deny", |_, _| Ok(Verdict::Deny(denial("no"))));
    let scene = Scene::new(Era::Legacy, [asking("p", None), deny]).await;
    let person = guest(Some(YES));
    let refused = scene.of_tool(Era::Legacy, ABLE, "a__t", params(), Some(&person)).await;
    assert_eq!(reason(refused), (Kind::PolicyDenied, "no".to_owned()));
    assert_eq!(person.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_yes_is_remembered_for_its_key_until_it_is_forgotten() {
    let forget = Arc::new(AtomicBool::new(false));
    let (forgets, hour) = (Arc::clone(&forget), Duration::from_secs(3600));
    let forgetful = requesting("q", move |subject, _| {
        let (own, p) = (PluginName::new("q").unwrap(), PluginName::new("p").unwrap());
        assert!(!subject.scope.remembered(&own, "k"));
        if subject.scope.remembered(&p, "k") && forgets.load(Ordering::Relaxed) {
            subject.scope.forget(&p, "k");
        }
        Ok(RequestAction::Forward)
    });
    let plugins =
        [forgetful, asking("p", Some(("k", hour))), asking("r", Some(("k", Duration::ZERO)))];
    let scene = Scene::new(Era::Legacy, plugins).await;
    let person = guest(Some(YES));
    let mut counts = Vec::new();
    for at in 0..3 {
        forget.store(at == 2, Ordering::Relaxed);
        scene.of_tool(Era::Legacy, ABLE, "a__t", params(), Some(&person)).await.unwrap();
        counts.push(person.asked.swap(0, Ordering::Relaxed));
    }
    assert_eq!(counts, [2, 1, 2], "that of `r` is for no time");
    let said = scene.ledger.take().remove(1).0.decisions;
    let said: Vec<_> = said.iter().map(described).collect();
    assert_eq!(said[1..], ["p authorize: ask (answered with yes)", "r authorize: ask (k)"]);
}

#[tokio::test]
async fn a_modern_client_is_asked_by_a_result_and_its_call_waits_unsent() {
    for backend in ERAS {
        // It is changed on its way, and is still the same call when its client comes back.
        let change = requesting("c", |_, _| Ok(RequestAction::Change(set("/m", &json!(2)))));
        let scene = Scene::new(backend, [change, asking("p", None), asking("q", None)]).await;
        let first = result(scene.of_tool(Era::Modern, ABLE, "a__t", params(), None).await);
        assert_eq!(
            (first["resultType"].as_str(), scene.a.sent().len()),
            (Some("input_required"), 0)
        );
        let question = &first["inputRequests"]["ask-1"];
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "May it?");
        let answers = question["params"]["requestedSchema"]["properties"]["answer"]["enum"].clone();
        assert_eq!(answers, json!(["yes", "no"]));
        assert!(scene.ledger.take().is_empty(), "it has not ended");
        let back = |state: &Value, answers: Value| {
            let mut params = params();
            params["requestState"] = state.clone();
            params["inputResponses"] = answers;
            params
        };
        let yes: Value = serde_json::from_str(YES).unwrap();
        let half = back(&first["requestState"], json!({ "ask-1": yes }));
        let second = result(scene.of_tool(Era::Modern, ABLE, "a__t", half, None).await);
        let open = second["inputRequests"].as_object().unwrap().keys();
        let open: Vec<_> = open.map(String::as_str).collect();
        assert_eq!((open, scene.a.sent().len()), (vec!["ask-2"], 0));
        let rest = back(&second["requestState"], json!({ "ask-2": yes }));
        assert_eq!(result(scene.of_tool(Era::Modern, ABLE, "a__t", rest, None).await), json!({}));
        assert_eq!(scene.a.params(), json!({ "arguments": { "n": 1, "m": 2 } }));
        assert_eq!((scene.a.sent().len(), scene.ledger.take()[0].0.status), (1, Status::Success));
        let first = result(scene.of_tool(Era::Modern, ABLE, "a__t", params(), None).await);
        let no = back(&first["requestState"], json!({ "ask-1": { "action": "decline" } }));
        let declined = scene.of_tool(Era::Modern, ABLE, "a__t", no, None).await;
        assert_eq!(reason(declined), (Kind::PolicyDenied, "approval.declined".to_owned()));
        assert_eq!((scene.a.sent().len(), scene.ledger.take()[0].0.status), (1, Status::Refused));
    }
}

#[tokio::test]
async fn who_has_said_yes_is_not_asked_again_when_the_backend_asks_for_input() {
    let needs = r#"{"resultType":"input_required","requestState":"mine","inputRequests":{"k":{"method":"roots/list"}}}"#;
    let yes: Value = serde_json::from_str(YES).unwrap();
    let scene = Scene::new(Era::Modern, [asking("p", None)]).await;
    scene.a.answers(Method::ToolsCall, Line::Result(needs));
    let mut state = Value::Null;
    for (answers, asked) in
        [(json!(null), "ask-1"), (json!({ "ask-1": yes }), "k"), (json!({ "k": {} }), "k")]
    {
        let mut params = params();
        if !state.is_null() {
            params["requestState"] = state;
            params["inputResponses"] = answers;
        }
        let answer = result(scene.of_tool(Era::Modern, ABLE, "a__t", params, None).await);
        assert!(answer["inputRequests"][asked].is_object(), "{answer}");
        state = answer["requestState"].clone();
    }
    assert_eq!(scene.a.sent().len(), 2);
    assert_eq!(scene.a.params()["requestState"], "mine");
    // The same for a legacy client, which answers the backend's question on the way.
    let person = guest(Some(YES));
    let able = r#"{"elicitation":{},"roots":{}}"#;
    let outcome = scene.of_tool(Era::Legacy, able, "a__t", params(), Some(&person)).await;
    assert_eq!(fault(outcome).kind, Kind::BackendProtocolError, "it asks without an end");
    assert_eq!(person.asked.load(Ordering::Relaxed), 1 + 16);
}

#[tokio::test]
async fn a_call_that_waits_for_a_person_is_judged_again_when_its_client_comes_back() {
    let yes: Value = serde_json::from_str(YES).unwrap();
    for (other, expected) in [
        (Verdict::Allow, None),
        (Verdict::Deny(denial("no")), Some("no")),
        (
            Verdict::Ask(Question { text: "And?".to_owned(), remember: None }),
            Some("approval.unavailable"),
        ),
    ] {
        for backend in ERAS {
            let (later, other) = (Arc::new(AtomicBool::new(false)), other.clone());
            let set = Arc::clone(&later);
            let judge = judging("q", move |_, _| {
                Ok(if later.load(Ordering::Relaxed) { other.clone() } else { Verdict::Allow })
            });
            let scene = Scene::new(backend, [asking("p", None), judge]).await;
            let first = result(scene.of_tool(Era::Modern, ABLE, "a__t", params(), None).await);
            set.store(true, Ordering::Relaxed);
            let mut back = params();
            back["requestState"] = first["requestState"].clone();
            back["inputResponses"] = json!({ "ask-1": yes });
            let outcome = scene.of_tool(Era::Modern, ABLE, "a__t", back, None).await;
            match expected {
                None => assert_eq!(result(outcome), json!({})),
                Some(code) => assert_eq!(reason(outcome), (Kind::PolicyDenied, code.to_owned())),
            }
            assert_eq!(scene.a.sent().len(), usize::from(expected.is_none()));
        }
    }
}
