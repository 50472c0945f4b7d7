//! The ids of tasks: as clients know them, and as their backends do.

use mcpmux_core::peer::{Ask, Event, Peer};
use serde_json::json;
use tokio::sync::mpsc;

use super::stage::*;
use super::*;

fn tool() -> Lists {
    Lists { tools: vec!["t"], ..Lists::default() }
}

#[tokio::test]
async fn a_task_is_found_again_by_the_id_that_its_client_was_given() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let stage = Stage::of(&[(&a, tool()), (&b, tool())]).await;
    b.answers(
        Method::ToolsCall,
        Line::Result(r#"{"task":{"taskId":"7~x","status":"working","n":1.0},"taskId":"v"}"#),
    );
    let made = stage.ask(Method::ToolsCall, "b__t", json!({"task":{"ttl":1}})).await;
    let expected = r#"{"task":{"taskId":"b~7~x","status":"working","n":1.0},"taskId":"v"}"#;
    assert_eq!(made, expected);
    for method in [Method::TasksGet, Method::TasksUpdate, Method::TasksCancel] {
        b.answers(method, Line::Result(r#"{"taskId":"7~x","status":"completed"}"#));
        let shown = stage.ask(method, "b~7~x", json!({})).await;
        assert_eq!(shown, r#"{"taskId":"b~7~x","status":"completed"}"#);
        assert_eq!(b.sent().pop().unwrap(), format!("{} 7~x", method.as_str()));
    }
    for unknown in ["7", "c~7", "B~7", "~7", ""] {
        assert_eq!(stage.ask(Method::TasksGet, unknown, json!({})).await, "InvalidParams");
    }
    assert!(a.sent().is_empty());
}

#[tokio::test]
async fn the_result_of_a_task_names_it_and_keeps_its_links() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let stage = Stage::of(&[(&a, resources(&["x:1"])), (&b, resources(&["x:1"]))]).await;
    let result = r#"{"content":[{"type":"resource_link","uri":"x:1"}],"taskId":"v","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"7"},"k":1.0}}"#;
    b.answers(Method::TasksResult, Line::Result(result));
    let expected = result.replace("x:1", "mcpmux+b+x:1").replace(r#"Id":"7"#, r#"Id":"b~7"#);
    assert_eq!(stage.ask(Method::TasksResult, "b~7", json!({})).await, expected);
    let odd =
        r#"{"x": "taskId","_meta":{"io.modelcontextprotocol/related-task":{}}, "taskId" : 1}"#;
    b.answers(Method::TasksResult, Line::Result(odd));
    assert_eq!(stage.ask(Method::TasksResult, "b~7", json!({})).await, odd);
}

#[tokio::test]
async fn a_modern_result_is_a_task_if_its_type_says_so() {
    let a = actor("a", Era::Modern);
    let stage = Stage::of(&[(&a, tool())]).await;
    let call = || request(Era::Modern, Method::ToolsCall, "a__t", json!({}));
    let made = r#"{"resultType":"task","taskId":"7"}"#;
    a.answers(Method::ToolsCall, Line::Result(made));
    let shown = text(stage.mux.call(call(), Flight::default()).await);
    assert_eq!(shown, r#"{"resultType":"task","taskId":"a~7"}"#);
    let whole = r#"{"resultType":"complete","taskId":"7"}"#;
    a.answers(Method::ToolsCall, Line::Result(whole));
    assert_eq!(text(stage.mux.call(call(), Flight::default()).await), whole);
}

/// A backend that speaks of a task during the call that made it.
struct Telling(BackendName, mpsc::UnboundedSender<Body>);

impl Backend for Telling {
    fn name(&self) -> &BackendName {
        &self.0
    }

    fn request(&self, _: Permitted, flight: Flight) -> Pending<'static, Outcome> {
        let (peer, answers) = (flight.peer.unwrap(), self.1.clone());
        Box::pin(async move {
            let meta = r#"{"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"7"}}}"#;
            peer.event(Event::Progress(Raw::literal(meta).object().unwrap()));
            peer.event(Event::Message(Raw::literal(meta).object().unwrap()));
            let method = "notifications/tasks/status".to_owned();
            let params = Some(Raw::literal(r#"{"taskId":"7","status":"working"}"#));
            peer.event(Event::Other { method, params });
            let params = Some(Raw::literal(meta));
            let ask = Ask { method: "elicitation/create".to_owned(), params, report: None };
            let _ = answers.send(peer.ask(ask).await);
            Ok(Answer { body: Body::Result(Raw::literal("{}")), era: Era::Legacy })
        })
    }

    fn want(&self, _: Wants) {}

    fn roots_changed(&self) {}
}

#[tokio::test]
async fn what_is_said_of_a_task_names_it_as_its_client_does() {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let (inbox, mux) = start(Limits::default());
    let name = BackendName::new("a").unwrap();
    let telling = Arc::new(Telling(name.clone(), answers));
    let member = Member { backend: telling, naming: Naming::default() };
    mux.apply(Setup { members: vec![member], ..Setup::default() }).await;
    inbox.state(&name, State::Ready(tool().listing(Era::Legacy)));
    mux.settled().await;
    let guest = Arc::new(Guest { says: Some("{}"), ..Guest::default() });
    let peer = Some(Arc::clone(&guest) as Arc<dyn Peer>);
    let call = request(Era::Legacy, Method::ToolsCall, "a__t", json!({"task":{}}));
    mux.call(call, Flight { peer, progress: true }).await.unwrap();
    assert!(matches!(answered.recv().await, Some(Body::Result(_))));
    let related = json!({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"a~7"}}});
    let status =
        json!({"method":"notifications/tasks/status","params":{"taskId":"a~7","status":"working"}});
    assert_eq!(guest.heard(), [related.clone(), related, status.clone()]);
    // And so outside of the call.
    let _seat = mux.join(client(Era::Legacy, "{}"), Arc::clone(&guest) as _);
    let method = "notifications/tasks/status".to_owned();
    let params = Some(Raw::literal(r#"{"taskId":"7","status":"working"}"#));
    let event = Event::Other { method, params };
    inbox.heard(&name, event.clone());
    // Who cannot have a task is not meant.
    let other = Arc::new(Guest::default());
    let join = |revision| {
        let mut client = client(Era::Legacy, "{}");
        Arc::make_mut(&mut client).revision = revision;
        mux.join(client, Arc::clone(&other) as _)
    };
    let _older = join(Revision::V2025_06_18);
    inbox.heard(&name, event.clone());
    assert_eq!(guest.heard(), [status.clone(), status]);
    // Of two who can have it, neither is told of what may be the other's.
    let _equal = join(Revision::V2025_11_25);
    inbox.heard(&name, event);
    assert_eq!((guest.heard(), other.heard()), (vec![], vec![]));
}
