//! The mux with backends that answer at once: what clients see after a setup, a failure, a denial.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mcpmux_core::call::{Answer, Body, Call, Method, Outcome, Permitted, Routed};
use mcpmux_core::catalog::{Changed, Definition, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::config::{Limits, Match, Naming};
use mcpmux_core::era::{Era, Revision};
use mcpmux_core::fault::Kind;
use mcpmux_core::hook::{
    AuthorizeHook, CatalogHook, Denial, EntryView, Hooks, ListEdit, Subject, Verdict,
};
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::{BackendName, PluginName};
use mcpmux_core::pattern::Pattern;
use mcpmux_core::peer::Flight;
use mcpmux_core::ports::{Backend, BackendEvents, Entries, Listing, Pending, State, Wants};
use tokio_util::sync::CancellationToken;

use super::*;

mod bridge;
mod links;
mod offer;
mod policy;
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

fn setup(backends: &[&Arc<Fake>], plugins: Vec<Arc<Hooks>>) -> Setup {
    let member = |backend: &&Arc<Fake>| Member {
        backend: Arc::clone(*backend) as Arc<dyn Backend>,
        naming: Naming::default(),
    };
    Setup { members: backends.iter().map(member).collect(), plugins }
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

pub(crate) fn anyone() -> Client {
    Client {
        revision: Revision::NEWEST_LEGACY,
        info: None,
        capabilities: Raw::literal("{}"),
        session: None,
    }
}

async fn names(mux: &Mux) -> Vec<String> {
    let tools =
        mux.list(&anyone(), EntryKind::Tool, None).await.unwrap().entries.elements().unwrap();
    let name =
        |tool: &Raw| tool.object().unwrap().get("name").unwrap().as_string().unwrap().into_owned();
    tools.iter().map(name).collect()
}

async fn call(mux: &Mux, name: &str) -> Outcome {
    let call = Call {
        method: Method::ToolsCall,
        name: name.to_owned(),
        params: Object::default(),
        meta: Object::default(),
        level: None,
        client: Arc::new(anyone()),
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

    fn transform(&self, tools: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String> {
        if self.0.load(Ordering::Relaxed) {
            return Err("broken".to_owned());
        }
        let secret =
            |(_, tool): &(usize, &EntryView<'_>)| tool.definition.name().as_str() == "secret";
        Ok(tools.iter().enumerate().filter(secret).map(|(at, _)| ListEdit::Hide(at)).collect())
    }
}

impl Hide {
    fn plugin(self: &Arc<Self>) -> Arc<Hooks> {
        let catalog = Some(Arc::clone(self) as Arc<dyn CatalogHook>);
        Arc::new(Hooks { catalog, ..Hooks::new(PluginName::new("hide").unwrap()) })
    }
}

#[tokio::test]
async fn what_a_plugin_hides_stays_hidden_when_it_breaks() {
    let (inbox, mux) = start(Limits::default());
    let (a, hide) = (fake("a"), Arc::new(Hide(AtomicBool::new(false))));
    mux.apply(setup(&[&a], vec![hide.plugin()])).await;
    inbox.state(&a.name, listing(&["secret", "x"]));
    assert_eq!(names(&mux).await, ["a__x"]);
    hide.0.store(true, Ordering::Relaxed);
    inbox.state(&a.name, listing(&["secret", "x", "y"]));
    stage::until(|| !mux.status().warnings.is_empty()).await;
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

#[tokio::test]
async fn what_a_new_plugin_is_asked_about_is_not_offered_before_it_has_worked_once() {
    let (inbox, mux) = start(Limits::default());
    let (a, b) = (fake("a"), fake("b"));
    mux.apply(setup(&[&a, &b], Vec::new())).await;
    inbox.state(&a.name, listing(&["secret", "x"]));
    inbox.state(&b.name, listing(&["y"]));
    assert_eq!(names(&mux).await, ["a__secret", "a__x", "b__y"]);
    let hide = Arc::new(Hide(AtomicBool::new(true)));
    let matches = Match { backends: vec![Pattern::new("a")], ..Match::default() };
    let plugin = Hooks { matches, ..Hooks::clone(&hide.plugin()) };
    mux.apply(setup(&[&a, &b], vec![Arc::new(plugin)])).await;
    stage::until(|| !mux.status().warnings.is_empty()).await;
    assert_eq!(names(&mux).await, ["b__y"]);
    for name in ["a__secret", "a__x"] {
        assert_eq!(call(&mux, name).await.unwrap_err().kind, Kind::InvalidParams);
    }
    assert!(call(&mux, "b__y").await.is_ok());
    assert_eq!(a.calls.load(Ordering::Relaxed), 0);
    let mut changes = mux.changes();
    hide.0.store(false, Ordering::Relaxed);
    tokio::time::timeout(std::time::Duration::from_secs(10), changes.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(names(&mux).await, ["a__x", "b__y"]);
}

/// Denies everything once it was bid to, and notes what it was asked.
#[derive(Default)]
struct Deny(AtomicBool, Mutex<Vec<String>>);

impl AuthorizeHook for Deny {
    fn check(&self, subject: &Subject, _: &Raw) -> Result<Verdict, String> {
        self.1.lock().unwrap().push(subject.to.native.as_str().to_owned());
        if !self.0.load(Ordering::Relaxed) {
            return Ok(Verdict::Allow);
        }
        let (code, message) = ("test.no".to_owned(), "not today".to_owned());
        Ok(Verdict::Deny(Denial { code, message }))
    }
}

impl Deny {
    fn plugin(self: &Arc<Self>) -> Arc<Hooks> {
        let authorize = Some(Arc::clone(self) as Arc<dyn AuthorizeHook>);
        Arc::new(Hooks { authorize, ..Hooks::new(PluginName::new("deny").unwrap()) })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.1.lock().unwrap())
    }
}

#[tokio::test]
async fn a_denied_tool_is_not_called_and_its_client_reads_why() {
    let (inbox, mux) = start(Limits::default());
    let (a, deny) = (fake("a"), Arc::new(Deny::default()));
    mux.apply(setup(&[&a], vec![deny.plugin()])).await;
    inbox.state(&a.name, listing(&["x"]));
    assert_eq!(names(&mux).await, ["a__x"]);
    assert!(call(&mux, "a__x").await.is_ok());
    deny.0.store(true, Ordering::Relaxed);
    let denied = call(&mux, "a__x").await.unwrap_err();
    assert_eq!((denied.kind, denied.public.as_str()), (Kind::PolicyDenied, "not today"));
    assert_eq!((denied.code.as_deref(), denied.kind.code()), (Some("test.no"), 1006));
    assert_eq!(a.calls.load(Ordering::Relaxed), 1);
    assert_eq!(deny.asked(), ["x", "x"]);
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    let (inbox, mux) = start(Limits { page: 2, ..Limits::default() });
    let a = fake("a");
    mux.apply(setup(&[&a], Vec::new())).await;
    inbox.state(&a.name, listing(&["x", "y", "z"]));
    let first = mux.list(&anyone(), EntryKind::Tool, None).await.unwrap();
    assert_eq!(first.entries.as_bytes(), br#"[{"name":"a__x"},{"name":"a__y"}]"#);
    let second = mux.list(&anyone(), EntryKind::Tool, first.next.as_deref()).await.unwrap();
    assert_eq!((second.entries.as_bytes(), second.next), (&br#"[{"name":"a__z"}]"#[..], None));
    assert_eq!(
        mux.list(&anyone(), EntryKind::Tool, Some("nonsense")).await.unwrap_err(),
        ListError::Cursor
    );
}
