//! Calls between the eras, with backends that ask something before they answer.

use mcpmux_core::peer::{Ask, Event, Peer};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;

const BOTH: &str = r#"{"elicitation":{},"roots":{}}"#;

/// A backend of one era that asks for an elicitation and the roots at once, and answers with what it was told.
struct Asking {
    name: BackendName,
    era: Era,
    /// What it was sent.
    sent: Mutex<Vec<Value>>,
    /// Says when a call of it is dropped.
    dropped: mpsc::UnboundedSender<()>,
}

struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl Backend for Asking {
    fn name(&self) -> &BackendName {
        &self.name
    }

    fn request(&self, call: Permitted, flight: Flight) -> Pending<'static, Outcome> {
        let params: Value = call.routed().call.params.to_raw().read().unwrap();
        self.sent.lock().unwrap().push(params.clone());
        let (era, dropped) = (self.era, Dropped(self.dropped.clone()));
        Box::pin(async move {
            let result = match era {
                Era::Legacy => ask_both(flight.peer.unwrap()).await,
                Era::Modern => need_both(&params),
            };
            drop(dropped);
            Ok(Answer { body: Body::Result(Raw::of(&result)), era })
        })
    }

    fn want(&self, _wants: Wants) {}

    fn roots_changed(&self) {}
}

async fn ask_both(peer: Arc<dyn Peer>) -> Value {
    let ask = |method: &str| Ask { method: method.to_owned(), params: None, report: None };
    let (form, roots) =
        tokio::join!(peer.ask(ask("elicitation/create")), peer.ask(ask("roots/list")));
    json!({ "form": shown(&form), "roots": shown(&roots) })
}

fn shown(body: &Body) -> Value {
    match body {
        Body::Result(result) => result.read().unwrap(),
        Body::Error(error) => error.read::<Value>().unwrap()["code"].clone(),
    }
}

fn need_both(params: &Value) -> Value {
    if params["requestState"] == "mine" {
        return json!({ "resultType": "complete", "told": params["inputResponses"] });
    }
    json!({
        "resultType": "input_required",
        "requestState": "mine",
        "inputRequests": {
            "form": { "method": "elicitation/create", "params": { "message": "?" } },
            "roots": { "method": "roots/list" },
        },
    })
}

/// A legacy client that answers everything.
struct Answering;

impl Peer for Answering {
    fn event(&self, _event: Event) {}

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        Box::pin(async move { Body::Result(Raw::of(&json!({ "to": ask.method }))) })
    }
}

/// One asking backend behind a mux.
struct Bench {
    mux: Mux,
    backend: Arc<Asking>,
    dropped: mpsc::UnboundedReceiver<()>,
}

async fn bench(era: Era) -> Bench {
    bench_within(era, Limits::default()).await
}

async fn bench_within(era: Era, limits: Limits) -> Bench {
    bench_with(era, limits, Vec::new()).await
}

async fn bench_with(era: Era, limits: Limits, plugins: Vec<Arc<Hooks>>) -> Bench {
    let (inbox, mux) = start(limits);
    let (dropped, drops) = mpsc::unbounded_channel();
    let name = BackendName::new("a").unwrap();
    let backend = Arc::new(Asking { name: name.clone(), era, sent: Mutex::default(), dropped });
    let member = Member { backend: Arc::clone(&backend) as _, naming: Naming::default() };
    mux.apply(Setup { members: vec![member], plugins }).await;
    let State::Ready(mut listing) = listing(&["x"]) else { unreachable!() };
    if era == Era::Modern {
        listing.revision = Revision::NEWEST_MODERN;
    }
    inbox.state(&name, State::Ready(listing));
    assert_eq!(names(&mux).await, ["a__x"]);
    Bench { mux, backend, dropped: drops }
}

impl Bench {
    async fn call(
        &self,
        revision: Revision,
        capabilities: &'static str,
        params: Value,
    ) -> Result<Value, Kind> {
        let call = Call {
            method: Method::ToolsCall,
            name: "a__x".to_owned(),
            params: Raw::of(&params).object().unwrap(),
            meta: Object::default(),
            level: None,
            client: Arc::new(Client {
                revision,
                info: None,
                capabilities: Raw::literal(capabilities),
                session: None,
            }),
        };
        let peer = (revision.era() == Era::Legacy).then(|| Arc::new(Answering) as Arc<dyn Peer>);
        let outcome = self.mux.call(call, Flight { peer, progress: false }).await;
        outcome.map(|answer| shown(&answer.body)).map_err(|fault| fault.kind)
    }
}

const LEGACY: Revision = Revision::NEWEST_LEGACY;
const MODERN: Revision = Revision::NEWEST_MODERN;

#[tokio::test]
async fn a_modern_client_answers_a_legacy_backend_by_coming_back_to_its_parked_call() {
    let bench = bench(Era::Legacy).await;
    let first = bench.call(MODERN, BOTH, json!({ "arguments": { "n": 1 } })).await.unwrap();
    assert_eq!(first["resultType"], "input_required");
    assert_eq!(first["inputRequests"]["ask-1"]["method"], "elicitation/create");
    assert_eq!(first["inputRequests"]["ask-2"]["method"], "roots/list");
    // Half of the answers: the rest is asked for again.
    let half = json!({
        "arguments": { "n": 1 }, "requestState": first["requestState"],
        "inputResponses": { "ask-1": { "action": "accept" }, "unknown": {} },
    });
    let second = bench.call(MODERN, BOTH, half.clone()).await.unwrap();
    assert_eq!(second["inputRequests"], json!({ "ask-2": { "method": "roots/list" } }));
    assert_ne!(second["requestState"], first["requestState"]);
    // A state is good once, and for its own request only.
    assert_eq!(bench.call(MODERN, BOTH, half).await, Err(Kind::InvalidParams));
    let mut rest = json!({
        "arguments": { "n": 2 }, "requestState": second["requestState"],
        "inputResponses": { "ask-2": { "roots": [] } },
    });
    assert_eq!(bench.call(MODERN, BOTH, rest.clone()).await, Err(Kind::InvalidParams));
    rest["arguments"]["n"] = json!(1);
    let last = bench.call(MODERN, BOTH, rest).await.unwrap();
    assert_eq!(last, json!({ "form": { "action": "accept" }, "roots": { "roots": [] } }));
    assert_eq!(bench.backend.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_modern_client_cannot_answer_is_refused_to_the_backend() {
    let bench = bench(Era::Legacy).await;
    let result = bench.call(MODERN, "{}", json!({})).await.unwrap();
    assert_eq!(result, json!({ "form": -32021, "roots": -32021 }));
}

#[tokio::test]
async fn a_parked_call_whose_client_does_not_come_back_is_cancelled() {
    let parked_time = std::time::Duration::from_millis(50);
    let mut bench = bench_within(Era::Legacy, Limits { parked_time, ..Limits::default() }).await;
    let first = bench.call(MODERN, BOTH, json!({})).await.unwrap();
    assert_eq!(first["resultType"], "input_required");
    bench.dropped.recv().await.unwrap();
    let late = json!({ "requestState": first["requestState"] });
    assert_eq!(bench.call(MODERN, BOTH, late).await, Err(Kind::InvalidParams));
}

#[tokio::test]
async fn a_legacy_client_is_asked_for_what_a_modern_backend_needs() {
    let bench = bench(Era::Modern).await;
    let result = bench.call(LEGACY, BOTH, json!({ "arguments": {} })).await.unwrap();
    let told = json!({ "form": { "to": "elicitation/create" }, "roots": { "to": "roots/list" } });
    assert_eq!(result["told"], told);
    let sent = bench.backend.sent.lock().unwrap().clone();
    assert_eq!(sent[1], json!({ "arguments": {}, "inputResponses": told, "requestState": "mine" }));
    assert_eq!(bench.call(LEGACY, "{}", json!({})).await, Err(Kind::ClientDidNotAnswer));
}

#[tokio::test]
async fn between_modern_sides_the_state_is_sealed_and_the_rest_passed_on() {
    let bench = bench(Era::Modern).await;
    let first = bench.call(MODERN, BOTH, json!({})).await.unwrap();
    assert_eq!(first["inputRequests"]["roots"]["method"], "roots/list");
    assert_ne!(first["requestState"], "mine");
    let retry = json!({ "requestState": first["requestState"], "inputResponses": { "roots": 1 } });
    let last = bench.call(MODERN, BOTH, retry).await.unwrap();
    assert_eq!(last["told"], json!({ "roots": 1 }));
    let plain = json!({ "requestState": "mine" });
    assert_eq!(bench.call(MODERN, BOTH, plain).await, Err(Kind::InvalidParams));
    assert_eq!(bench.backend.sent.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn only_so_many_calls_are_parked() {
    let bench = bench_within(Era::Legacy, Limits { parked: 1, ..Limits::default() }).await;
    assert!(bench.call(MODERN, BOTH, json!({})).await.is_ok());
    assert_eq!(bench.call(MODERN, BOTH, json!({})).await, Err(Kind::ClientDidNotAnswer));
}

#[tokio::test]
async fn a_client_that_comes_back_and_leaves_cancels_its_call() {
    let mut bench = bench(Era::Legacy).await;
    let first = bench.call(MODERN, BOTH, json!({})).await.unwrap();
    // A mistake loses nothing.
    let mistake = json!({ "requestState": first["requestState"], "inputResponses": [] });
    assert_eq!(bench.call(MODERN, BOTH, mistake).await, Err(Kind::InvalidParams));
    let half = json!({
        "requestState": first["requestState"], "inputResponses": { "ask-1": {} },
    });
    // It waits for what else may be asked, and is dropped there.
    assert!(begun(bench.call(MODERN, BOTH, half.clone())).await.is_none());
    bench.dropped.recv().await.unwrap();
    assert_eq!(bench.call(MODERN, BOTH, half).await, Err(Kind::InvalidParams));
}

/// Begins something and drops it.
async fn begun<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = future => Some(done),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn a_parked_call_that_is_no_longer_permitted_ends() {
    let deny = Arc::new(Deny::default());
    let mut bench = bench_with(Era::Legacy, Limits::default(), vec![deny.plugin()]).await;
    let first = bench.call(MODERN, BOTH, json!({})).await.unwrap();
    deny.0.store(true, Ordering::Relaxed);
    let retry = json!({ "requestState": first["requestState"], "inputResponses": {} });
    assert_eq!(bench.call(MODERN, BOTH, retry).await, Err(Kind::PolicyDenied));
    bench.dropped.recv().await.unwrap();
}

#[tokio::test]
async fn a_modern_client_is_asked_to_visit_what_a_legacy_backend_needs_visited() {
    use super::stage::{Line, Lists, Stage, actor, request, text};
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, Lists { tools: vec!["t"], ..Lists::default() })]).await;
    let needed = r#"{"code":-32042,"message":"m","data":{"elicitations":[{"mode":"url","url":"https://x.y/","message":"v"}]}}"#;
    let call = async |era, capabilities, params| {
        let mut call = request(era, Method::ToolsCall, "a__t", params);
        Arc::make_mut(&mut call.client).capabilities = Raw::literal(capabilities);
        text(stage.mux.call(call, Flight::default()).await)
    };
    let able = r#"{"elicitation":{"url":{}}}"#;
    a.answers(Method::ToolsCall, Line::Error(needed));
    assert_eq!(call(Era::Legacy, able, json!({})).await, needed);
    assert!(call(Era::Modern, "{}", json!({})).await.contains("-32021"));
    let asked: Value = serde_json::from_str(&call(Era::Modern, able, json!({})).await).unwrap();
    assert_eq!(asked["inputRequests"]["visit-1"]["params"]["url"], "https://x.y/");
    a.answers(Method::ToolsCall, Line::Result("{}"));
    let answers = json!({ "visit-1": { "action": "accept" } });
    let retry = json!({ "requestState": asked["requestState"], "inputResponses": answers });
    assert_eq!(call(Era::Modern, able, retry).await, "{}");
    assert_eq!(a.params(), json!({}));
    // With nothing to visit there is nothing to ask.
    let empty = r#"{"code":-32042,"message":"m","data":{"elicitations":[]}}"#;
    a.answers(Method::ToolsCall, Line::Error(empty));
    assert_eq!(call(Era::Modern, able, json!({})).await, empty);
}

#[tokio::test]
async fn a_legacy_client_cannot_pose_as_one_that_comes_back() {
    let bench = bench(Era::Modern).await;
    let forged = json!({ "requestState": "mine", "inputResponses": {} });
    let result = bench.call(LEGACY, BOTH, forged).await.unwrap();
    assert_eq!(result["told"]["roots"]["to"], "roots/list");
    assert_eq!(bench.backend.sent.lock().unwrap()[0], json!({}));
}
