//! What is known of calls that ended: observers, the audit, the status; and that nobody pays for plugins that do not
//! match.

use mcpmux_core::ports::Pending;
use tokio::sync::{Semaphore, mpsc};

use super::*;

/// Hears outcomes, one for each permit.
struct Watcher(mpsc::UnboundedSender<Record>, Arc<Semaphore>);

impl ObserveHook for Watcher {
    fn on_outcome<'a>(&'a self, record: &'a Record) -> Pending<'a, Result<(), String>> {
        Box::pin(async move {
            self.1.acquire().await.map_err(|error| error.to_string())?.forget();
            self.0.send(record.clone()).map_err(|error| error.to_string())
        })
    }
}

fn watching(
    name: &str,
    permits: usize,
) -> (Hooks, mpsc::UnboundedReceiver<Record>, Arc<Semaphore>) {
    let (tell, told) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(permits));
    let watcher = Watcher(tell, Arc::clone(&permits));
    (Hooks { observe: Some(Arc::new(watcher)), ..plain(name) }, told, permits)
}

async fn next(told: &mut mpsc::UnboundedReceiver<Record>) -> Record {
    tokio::time::timeout(std::time::Duration::from_secs(10), told.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_observer_hears_how_each_call_ended_and_what_was_decided() {
    let (watcher, mut told, _) = watching("w", 100);
    let deny = judging("d", |subject, _| {
        let denied = subject.to.native.as_str() == "u";
        Ok(if denied { Verdict::Deny(denial("no")) } else { Verdict::Allow })
    });
    let scene = Scene::new(Era::Legacy, [deny, shadow(watcher)]).await;
    let lines = [
        (Line::Result(r#"{"n":1}"#), "a__t", Status::Success, None, 7),
        (Line::Result(r#"{"isError":true}"#), "a__t", Status::ToolError, None, 16),
        (Line::Result(r#"{"is\u0045rror":true}"#), "a__t", Status::ToolError, None, 21),
        (Line::Error(r#"{"code":-7,"message":""}"#), "a__t", Status::Error, Some(-7), 24),
        (Line::Fault(Fault::new(Kind::Timeout, "late")), "a__t", Status::Error, Some(1003), 0),
        (Line::Result("{}"), "a__u", Status::Refused, Some(1006), 0),
    ];
    let mut ids = Vec::new();
    for era in ERAS {
        for (line, name, status, code, received) in lines.clone() {
            scene.a.answers(Method::ToolsCall, line);
            let _outcome = scene.tool(era, name, json!({ "n": 1 })).await;
            let record = next(&mut told).await;
            assert_eq!((record.status, record.code, record.sent), (status, code, 7));
            assert_eq!((record.received, record.subject.exposed.as_str()), (received, name));
            assert_eq!(record.decisions.len(), 1);
            assert_eq!(record.subject.client.era(), era);
            ids.push(record.subject.id);
        }
    }
    assert!(ids.array_windows().all(|[one, next]| one < next), "{ids:?}");
}

#[tokio::test]
async fn a_call_that_its_client_takes_back_is_cancelled() {
    let (watcher, mut told, _) = watching("w", 100);
    for era in ERAS {
        let scene = Scene::new(era, [watcher.clone()]).await;
        let _held = scene.a.hold();
        tokio::select! {
            biased;
            _ = scene.tool(era, "a__t", json!({})) => panic!("it is held"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(next(&mut told).await.status, Status::Cancelled);
    }
}

#[tokio::test]
async fn what_comes_faster_than_it_is_heard_is_dropped_and_counted() {
    let (watcher, mut told, permits) = watching("w", 0);
    let scene = Scene::new(Era::Legacy, [watcher]).await;
    let dropped = || scene.stage.mux.status().plugins[0].health.dropped;
    let queue = u64::try_from(crate::policy::QUEUE).unwrap();
    // One may be out of the queue already, with the plugin.
    for _ in 0..queue + 10 {
        scene.tool(Era::Legacy, "a__t", json!({})).await.unwrap();
    }
    assert!((9..=10).contains(&dropped()), "{}", dropped());
    permits.add_permits(10_000);
    for _ in 0..(queue + 10 - dropped()) {
        next(&mut told).await;
    }
    scene.tool(Era::Legacy, "a__t", json!({})).await.unwrap();
    next(&mut told).await;
    assert!(dropped() <= 10);
}

#[tokio::test]
async fn all_is_heard_before_the_end() {
    let (watcher, mut told, permits) = watching("w", 0);
    let inbox = Arc::new(Inbox::default());
    let stop = CancellationToken::new();
    let (mux, task) = Mux::start(Arc::clone(&inbox), Limits::default(), stop.clone());
    let a = actor("a", Era::Legacy);
    let named = [(&a, everything(), Naming::default())];
    let stage = Stage::set(inbox, mux, &named, vec![Arc::new(watcher)]).await;
    stage.ask(Method::ToolsCall, "a__t", json!({})).await;
    stop.cancel();
    permits.add_permits(1);
    tokio::time::timeout(std::time::Duration::from_secs(10), task).await.unwrap().unwrap();
    assert_eq!(told.try_recv().unwrap().status, Status::Success);
}

#[tokio::test]
async fn a_parked_call_is_on_record_once_when_it_has_ended() {
    let (watcher, mut told, _) = watching("w", 100);
    let ask =
        judging("p", |_, _| Ok(Verdict::Ask(Question { text: "?".to_owned(), remember: None })));
    let stop = CancellationToken::new();
    let inbox = Arc::new(Inbox::default());
    let (mux, task) = Mux::start(Arc::clone(&inbox), Limits::default(), stop.clone());
    let a = actor("a", Era::Legacy);
    let named = [(&a, everything(), Naming::default())];
    let stage = Stage::set(inbox, mux, &named, vec![Arc::new(watcher), Arc::new(ask)]).await;
    let mut call = request(Era::Modern, Method::ToolsCall, "a__t", json!({}));
    Arc::make_mut(&mut call.client).capabilities = Raw::literal(ABLE);
    let parked = result(stage.mux.call(call, Flight::default()).await);
    assert_eq!(parked["resultType"], "input_required");
    assert!(told.try_recv().is_err());
    stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(10), task).await.unwrap().unwrap();
    assert_eq!(told.try_recv().unwrap().status, Status::Cancelled);
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_plugin_that_does_not_match_is_not_asked_and_nothing_is_kept_for_it() {
    let (watcher, mut told, _) = watching("w", 100);
    let never = || -> Hooks {
        let hooks = requesting("p", |_, _| panic!("asked"));
        Hooks {
            authorize: judging("p", |_, _| panic!("asked")).authorize,
            response: replying("p", |_, _, _| panic!("asked")).response,
            notify: noticing("p", |_, _| panic!("asked")).notify,
            observe: watcher.observe.clone(),
            ..hooks
        }
    };
    let off = Hooks { mode: Mode::Off, ..never() };
    let others =
        [only("b", "", "", never()), only("", "u", "", never()), only("", "", "x", never()), off];
    // There is no audit here, so nobody wants a record.
    let (mux, inbox) = chatting(others).await;
    let guest = listener();
    assert_eq!(chat(&mux, &guest).await, json!({ "result": { "action": "accept" } }));
    assert_eq!(guest.heard().len(), 3);
    drop((mux, inbox, watcher));
    // Whoever could have told it is gone, and it has heard nothing.
    let last = tokio::time::timeout(std::time::Duration::from_secs(10), told.recv()).await;
    assert!(last.unwrap().is_none());
}

#[tokio::test]
async fn an_audit_hears_of_every_call_with_and_without_plugins() {
    for plugins in [vec![], vec![judging("p", |_, _| Ok(Verdict::Allow))]] {
        let scene = Scene::new(Era::Legacy, plugins.clone()).await;
        for era in ERAS {
            scene.tool(era, "a__t", json!({ "n": 1.5 })).await.unwrap();
        }
        scene.ask(Method::TasksGet, "a~7", json!({ "k": 1 })).await.unwrap();
        let seat = scene.stage.join(Era::Legacy, "{}", &Arc::default());
        let of = |method| request(Era::Legacy, method, "x:1", json!({}));
        seat.subscribe(of(Method::Subscribe), Flight::default()).await.unwrap();
        seat.unsubscribe(of(Method::Unsubscribe), Flight::default()).await.unwrap();
        let unknown = scene.tool(Era::Legacy, "a__nothing", json!({})).await;
        assert_eq!(fault(unknown).kind, Kind::InvalidParams);
        let records = scene.ledger.take();
        let heard = records.iter().map(|(record, arguments)| {
            assert_eq!(record.decisions.len(), plugins.len());
            format!("{} {arguments}", record.subject.method.as_str())
        });
        let expected = [
            r#"tools/call {"n":1.5}"#,
            r#"tools/call {"n":1.5}"#,
            r#"tasks/get {"k":1}"#,
            "resources/subscribe {}",
            "resources/unsubscribe {}",
        ];
        assert_eq!(heard.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn the_status_tells_what_each_plugin_is_and_how_it_does() {
    let health = PluginHealth { calls: 7, dropped: 1, ..PluginHealth::default() };
    let judge =
        Hooks { health: Arc::new(health.clone()), ..judging("p", |_, _| Ok(Verdict::Allow)) };
    let both =
        Hooks { request: requesting("q", |_, _| Ok(RequestAction::Forward)).request, ..judge };
    let scene = Scene::new(Era::Legacy, [shadow(both)]).await;
    let status = scene.stage.mux.status();
    let expected = PluginStatus {
        name: "p".to_owned(),
        version: "1.2.3".to_owned(),
        sha256: "p0".to_owned(),
        mode: "shadow",
        hooks: vec!["request", "authorize"],
        health,
    };
    assert_eq!(status.plugins, [expected]);
}
