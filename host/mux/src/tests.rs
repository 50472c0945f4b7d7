//! The mux with backends that answer at once: what clients see after a setup, a failure, a denial.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mcpmux_core::call::{Answer, Body, Call, Method, Outcome, Permitted, Routed};
use mcpmux_core::catalog::{Changed, Definition, Edit, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::config::{Limits, Naming};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::gate::Authorizer;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{
    Backend, BackendEvents, CatalogHook, Entries, Listing, Pending, State, ToolView, Wants,
};
use tokio_util::sync::CancellationToken;

use super::*;

mod bridge;
mod links;
mod offer;
mod seats;
mod stage;
mod tasks;

/// A backend that answers every call with `{}`, and counts them.
struct Fake {
    name: BackendName,
    calls: AtomicUsize,
}

impl Backend for Fake {
    fn name(&self) -> &BackendName {
        &self.name
    }

    fn request(&self, _call: Permitted, _flight: Flight) -> Pending<'static, Outcome> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = Answer { body: Body::Result(Raw::literal("{}")), era: Era::Legacy };
        Box::pin(async { Ok(answer) })
    }

    fn want(&self, _wants: Wants) {}

    fn roots_changed(&self) {}
}

fn fake(name: &str) -> Arc<Fake> {
    Arc::new(Fake { name: BackendName::new(name).unwrap(), calls: AtomicUsize::new(0) })
}

fn setup(backends: &[&Arc<Fake>], hooks: Vec<Arc<dyn CatalogHook>>) -> Setup {
    let member = |backend: &&Arc<Fake>| Member {
        backend: Arc::clone(*backend) as Arc<dyn Backend>,
        naming: Naming::default(),
    };
    Setup { members: backends.iter().map(member).collect(), hooks, plugins: Vec::new() }
}

fn listing(tools: &[&str]) -> State {
    let read = |name: &&str| {
        Definition::read(EntryKind::Tool, &Raw::of(&serde_json::json!({ "name": name })))
    };
    let tools = Arc::new(tools.iter().map(read).collect());
    State::Ready(Listing {
        revision: Revision::NEWEST_LEGACY,
        info: None,
        capabilities: Object::default(),
        instructions: None,
        entries: Entries { tools, ..Entries::default() },
        caching: mcpmux_core::ports::Caching::UNSAID,
        announced: Changed::default(),
    })
}

fn start(limits: Limits) -> (Arc<Inbox>, Mux) {
    let inbox = Arc::new(Inbox::default());
    let (mux, _task) = Mux::start(Arc::clone(&inbox), limits, CancellationToken::new());
    (inbox, mux)
}

async fn names(mux: &Mux) -> Vec<String> {
    let tools = mux.list(EntryKind::Tool, None).await.unwrap().entries.elements().unwrap();
    let name =
        |tool: &Raw| tool.object().unwrap().get("name").unwrap().as_string().unwrap().into_owned();
    tools.iter().map(name).collect()
}

async fn call(mux: &Mux, name: &str) -> Outcome {
    let client = Client {
        revision: Revision::NEWEST_LEGACY,
        info: None,
        capabilities: Raw::literal("{}"),
        session: None,
    };
    let call = Call {
        method: Method::ToolsCall,
        name: name.to_owned(),
        params: Object::default(),
        meta: Object::default(),
        level: None,
        client: Arc::new(client),
    };
    mux.call(call, Flight::default()).await
}

#[tokio::test]
async fn another_backend_of_the_same_name_does_not_inherit_its_list() {
    let (inbox, mux) = start(Limits::default());
    let (old, new) = (fake("a"), fake("a"));
    mux.apply(setup(&[&old], Vec::new())).await;
    inbox.state(&old.name, listing(&["x"]));
    assert_eq!(names(&mux).await, ["a__x"]);
    mux.hold();
    // It is faster than the setup that it belongs to.
    inbox.state(&new.name, listing(&["y"]));
    let mut changes = mux.changes();
    mux.apply(setup(&[&new], Vec::new())).await;
    while names(&mux).await != ["a__y"] {
        tokio::time::timeout(std::time::Duration::from_secs(10), changes.changed())
            .await
            .unwrap()
            .unwrap();
    }
}

/// Hides everything named `secret`, until it is broken.
struct Hide(AtomicBool);

impl CatalogHook for Hide {
    fn plugin(&self) -> PluginName {
        PluginName::new("hide").unwrap()
    }

    fn transform(&self, tools: &[ToolView<'_>]) -> Result<Vec<Edit>, String> {
        if self.0.load(Ordering::Relaxed) {
            return Err("broken".to_owned());
        }
        let secret =
            |(_, tool): &(usize, &ToolView<'_>)| tool.definition.name().as_str() == "secret";
        Ok(tools.iter().enumerate().filter(secret).map(|(at, _)| Edit::Hide(at)).collect())
    }
}

#[tokio::test]
async fn what_a_plugin_hides_stays_hidden_when_it_breaks() {
    let (inbox, mux) = start(Limits::default());
    let (a, hide) = (fake("a"), Arc::new(Hide(AtomicBool::new(false))));
    mux.apply(setup(&[&a], vec![Arc::clone(&hide) as Arc<dyn CatalogHook>])).await;
    inbox.state(&a.name, listing(&["secret", "x"]));
    assert_eq!(names(&mux).await, ["a__x"]);
    hide.0.store(true, Ordering::Relaxed);
    inbox.state(&a.name, listing(&["secret", "x", "y"]));
    let warned = async {
        while mux.status().warnings.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), warned).await.unwrap();
    assert_eq!(names(&mux).await, ["a__x"]);
    assert!(call(&mux, "a__secret").await.is_err());
    assert!(call(&mux, "a__x").await.is_ok());
    // It is tried again by itself.
    let mut changes = mux.changes();
    hide.0.store(false, Ordering::Relaxed);
    tokio::time::timeout(std::time::Duration::from_secs(10), changes.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(names(&mux).await, ["a__x", "a__y"]);
}

/// Denies everything, and notes what it was asked.
struct Deny(Mutex<Vec<String>>);

impl Authorizer for Deny {
    fn check(&self, routed: &Routed) -> Result<(), String> {
        self.0.lock().unwrap().push(routed.to.native.as_str().to_owned());
        Err("not today".to_owned())
    }
}

#[tokio::test]
async fn a_denied_tool_cannot_be_told_from_one_that_is_not_there() {
    let (inbox, mux) = start(Limits::default());
    let (a, deny) = (fake("a"), Arc::new(Deny(Mutex::default())));
    let mux = mux.guarded(vec![Arc::clone(&deny) as Arc<dyn Authorizer>]);
    mux.apply(setup(&[&a], Vec::new())).await;
    inbox.state(&a.name, listing(&["x"]));
    assert_eq!(names(&mux).await, ["a__x"]);
    let (denied, unknown) =
        (call(&mux, "a__x").await.unwrap_err(), call(&mux, "a__z").await.unwrap_err());
    assert_eq!((denied.kind, denied.public.as_str()), (unknown.kind, "Unknown tool: a__x"));
    assert_eq!(a.calls.load(Ordering::Relaxed), 0);
    assert_eq!(*deny.0.lock().unwrap(), ["x"]);
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    let (inbox, mux) = start(Limits { page: 2, ..Limits::default() });
    let a = fake("a");
    mux.apply(setup(&[&a], Vec::new())).await;
    inbox.state(&a.name, listing(&["x", "y", "z"]));
    let first = mux.list(EntryKind::Tool, None).await.unwrap();
    assert_eq!(first.entries.as_bytes(), br#"[{"name":"a__x"},{"name":"a__y"}]"#);
    let second = mux.list(EntryKind::Tool, first.next.as_deref()).await.unwrap();
    assert_eq!((second.entries.as_bytes(), second.next), (&br#"[{"name":"a__z"}]"#[..], None));
    assert_eq!(mux.list(EntryKind::Tool, Some("nonsense")).await.unwrap_err(), ListError::Cursor);
}
