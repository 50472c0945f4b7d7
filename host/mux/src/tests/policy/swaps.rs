//! Plugins that are swapped while calls are under way: no call sees two of them.

use super::*;

/// Notes in every hook of a call which version it is.
fn versioned(version: &'static str, notes: &Notes) -> Arc<Hooks> {
    let note = |hook: &'static str| {
        let notes = notes.clone();
        move || notes.note(format!("{version} {hook}"))
    };
    let (request, authorize, response) = (note("request"), note("authorize"), note("response"));
    let hooks = requesting("p", move |_, _| {
        request();
        Ok(RequestAction::Forward)
    });
    let authorize = judging("p", move |_, _| {
        authorize();
        Ok(Verdict::Allow)
    });
    let response = replying("p", move |_, _, _| {
        response();
        Ok(ResponseAction::Deliver)
    });
    Arc::new(Hooks {
        authorize: authorize.authorize,
        response: response.response,
        sha256: version.to_owned(),
        ..hooks
    })
}

async fn swap(mux: &Mux, setup: Setup) {
    let wanted = setup.plugins[0].sha256.clone();
    mux.apply(setup).await;
    until(|| mux.status().plugins.first().is_some_and(|plugin| plugin.sha256 == wanted)).await;
}

#[tokio::test]
async fn a_call_under_way_finishes_on_the_plugins_that_it_began_with() {
    for era in ERAS {
        let notes = Notes::default();
        let a = actor("a", era);
        let setup = |version| Setup {
            plugins: vec![versioned(version, &notes)],
            ..members(&[(&a, Naming::default())])
        };
        let stage = Stage::with(&[(&a, everything())], setup("one").plugins).await;
        let held = a.hold();
        let call = move || request(era, Method::ToolsCall, "a__t", json!({}));
        let mux = stage.mux.clone();
        let under_way = tokio::spawn(async move { mux.call(call(), Flight::default()).await });
        until(|| a.sent().len() == 1).await;
        swap(&stage.mux, setup("two")).await;
        held.add_permits(2);
        under_way.await.unwrap().unwrap();
        assert_eq!(notes.take(), ["one request", "one authorize", "one response"]);
        stage.mux.call(call(), Flight::default()).await.unwrap();
        assert_eq!(notes.take(), ["two request", "two authorize", "two response"]);
    }
}

#[tokio::test]
async fn a_parked_call_finishes_on_the_plugins_that_it_began_with() {
    let notes = Notes::default();
    let (mux, _inbox) = chatting([]).await;
    let name = BackendName::new("a").unwrap();
    let member = Member { backend: Arc::new(Chatty(name.clone())), naming: Naming::default() };
    let setup = |version| Setup {
        members: vec![member.clone()],
        plugins: vec![versioned(version, &notes)],
    };
    swap(&mux, setup("one")).await;
    _inbox.state(&name, State::Ready(everything().listing(Era::Legacy)));
    mux.settled().await;
    let call = async |params: Value| {
        let mut call = request(Era::Modern, Method::ToolsCall, "a__t", params);
        Arc::make_mut(&mut call.client).capabilities = Raw::literal(ABLE);
        result(mux.call(call, Flight::default()).await)
    };
    let parked = call(json!({})).await;
    assert_eq!(
        notes.take(),
        ["one request", "one authorize", "one response"],
        "that is the question"
    );
    swap(&mux, setup("two")).await;
    let answers = json!({ "ask-1": { "action": "accept" } });
    let back = json!({ "requestState": parked["requestState"], "inputResponses": answers });
    assert_eq!(call(back).await, json!({ "result": { "action": "accept" } }));
    assert_eq!(notes.take(), ["one authorize", "one response"]);
}
