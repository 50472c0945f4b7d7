//! What plugins do to calls: hooks written here, on a stage with backends that answer as they are bid.

use mcpmux_core::config::{Match, Mode, OnError};
use mcpmux_core::fault::Fault;
use mcpmux_core::hook::Status;
use mcpmux_core::hook::*;
use mcpmux_core::json::pointer::{Patch, Pointer};
use mcpmux_core::pattern::Pattern;
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Audit;
use serde_json::{Value, json};

use super::stage::*;
use super::*;

mod asks;
mod catalog;
mod judges;
mod lists;
mod notices;
mod records;
mod replies;
mod requests;
mod swaps;

const ERAS: [Era; 2] = [Era::Legacy, Era::Modern];
/// A client that can be asked.
const ABLE: &str = r#"{"elicitation":{}}"#;

/// A hook that is a function.
struct Hook<F>(F);

impl<F> RequestHook for Hook<F>
where
    F: Fn(&Subject, &Raw) -> Result<RequestAction, String> + Send + Sync,
{
    fn on_request(&self, subject: &Subject, arguments: &Raw) -> Result<RequestAction, String> {
        self.0(subject, arguments)
    }
}

impl<F> AuthorizeHook for Hook<F>
where
    F: Fn(&Subject, &Raw) -> Result<Verdict, String> + Send + Sync,
{
    fn check(&self, subject: &Subject, arguments: &Raw) -> Result<Verdict, String> {
        self.0(subject, arguments)
    }
}

impl<F> AuthorizeListHook for Hook<F>
where
    F: Fn(&Client, &[Seen]) -> Result<Vec<bool>, String> + Send + Sync,
{
    fn check_list(&self, client: &Client, entries: &[Seen]) -> Result<Vec<bool>, String> {
        self.0(client, entries)
    }
}

impl<F> ResponseHook for Hook<F>
where
    F: Fn(&Subject, Source, &Raw) -> Result<ResponseAction, String> + Send + Sync,
{
    fn on_response(
        &self,
        subject: &Subject,
        source: Source,
        document: &Raw,
    ) -> Result<ResponseAction, String> {
        self.0(subject, source, document)
    }
}

impl<F> NotifyHook for Hook<F>
where
    F: Fn(&Notice, &Raw) -> Result<NotifyAction, String> + Send + Sync,
{
    fn on_notification(&self, notice: &Notice, params: &Raw) -> Result<NotifyAction, String> {
        self.0(notice, params)
    }
}

fn plain(name: &str) -> Hooks {
    let (version, sha256) = ("1.2.3".to_owned(), format!("{name}0"));
    Hooks { version, sha256, ..Hooks::new(PluginName::new(name).unwrap()) }
}

fn requesting<F>(name: &str, hook: F) -> Hooks
where
    F: Fn(&Subject, &Raw) -> Result<RequestAction, String> + Send + Sync + 'static,
{
    Hooks { request: Some(Arc::new(Hook(hook))), ..plain(name) }
}

fn judging<F>(name: &str, hook: F) -> Hooks
where
    F: Fn(&Subject, &Raw) -> Result<Verdict, String> + Send + Sync + 'static,
{
    Hooks { authorize: Some(Arc::new(Hook(hook))), ..plain(name) }
}

fn listing_by<F>(name: &str, hook: F) -> Hooks
where
    F: Fn(&Client, &[Seen]) -> Result<Vec<bool>, String> + Send + Sync + 'static,
{
    Hooks { authorize_list: Some(Arc::new(Hook(hook))), ..plain(name) }
}

fn replying<F>(name: &str, hook: F) -> Hooks
where
    F: Fn(&Subject, Source, &Raw) -> Result<ResponseAction, String> + Send + Sync + 'static,
{
    Hooks { response: Some(Arc::new(Hook(hook))), ..plain(name) }
}

fn noticing<F>(name: &str, hook: F) -> Hooks
where
    F: Fn(&Notice, &Raw) -> Result<NotifyAction, String> + Send + Sync + 'static,
{
    Hooks { notify: Some(Arc::new(Hook(hook))), ..plain(name) }
}

fn shadow(hooks: Hooks) -> Hooks {
    Hooks { mode: Mode::Shadow, ..hooks }
}

/// Fails open in this hook.
fn open(kind: HookKind, hooks: Hooks) -> Hooks {
    Hooks { on_error: OnError { open: vec![kind] }, ..hooks }
}

/// Is asked about what fits these patterns only; an empty text is no pattern.
fn only(backend: &str, entry: &str, client: &str, hooks: Hooks) -> Hooks {
    let patterns = |text: &str| if text.is_empty() { vec![] } else { vec![Pattern::new(text)] };
    let (backends, entries) = (patterns(backend), patterns(entry));
    Hooks { matches: Match { backends, entries, clients: patterns(client) }, ..hooks }
}

fn denial(code: &str) -> Denial {
    Denial { code: code.to_owned(), message: format!("because of {code}") }
}

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

fn set(at: &str, value: &Value) -> Rewrite {
    Rewrite::Patch(vec![Patch::Set(pointer(at), Raw::of(value))])
}

/// What was noted, one text after the other.
#[derive(Default, Clone)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn of_raw(raw: &Raw) -> String {
    String::from_utf8(raw.as_bytes().to_vec()).unwrap()
}

/// Keeps what it hears, with the arguments.
#[derive(Default)]
struct Ledger(Mutex<Vec<(Record, String)>>);

impl Audit for Ledger {
    fn record(&self, record: &Record, arguments: &Raw) {
        self.0.lock().unwrap().push((record.clone(), of_raw(arguments)));
    }
}

impl Ledger {
    fn take(&self) -> Vec<(Record, String)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// What was decided on the only call since.
    fn decisions(&self) -> Vec<String> {
        let [(record, _)] = &self.take()[..] else { panic!("not one record") };
        record.decisions.iter().map(described).collect()
    }
}

fn described(decision: &Decision) -> String {
    let Decision { plugin, version, hook, verdict, detail, shadow, .. } = decision;
    assert_eq!(version, "1.2.3");
    let shadow = if *shadow { " shadow" } else { "" };
    let detail = detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{plugin} {}: {verdict}{shadow}{detail}", hook.as_str())
}

/// One backend `a` of an era with two tools `t` and `u`, a prompt `p`, resources and a template, plugins, and an audit.
struct Scene {
    stage: Stage,
    a: Arc<Actor>,
    ledger: Arc<Ledger>,
}

fn everything() -> Lists {
    Lists {
        tools: vec!["t", "u"],
        prompts: vec!["p"],
        templates: vec!["y:{id}"],
        ..resources(&["x:1", "x:2"])
    }
}

impl Scene {
    async fn new(era: Era, plugins: impl IntoIterator<Item = Hooks>) -> Self {
        let (inbox, mux) = start(Limits::default());
        let ledger = Arc::new(Ledger::default());
        let mux = mux.audited(Arc::clone(&ledger) as _);
        let a = actor("a", era);
        let plugins = plugins.into_iter().map(Arc::new).collect();
        let named = [(&a, everything(), Naming::default())];
        let stage = Stage::set(inbox, mux, &named, plugins).await;
        Self { stage, a, ledger }
    }

    /// A call of this tool by a client without any capability.
    async fn tool(&self, era: Era, name: &str, arguments: Value) -> Outcome {
        self.of_tool(era, "{}", name, json!({ "arguments": arguments }), None).await
    }

    async fn of_tool(
        &self,
        era: Era,
        capabilities: &'static str,
        name: &str,
        params: Value,
        guest: Option<&Arc<Guest>>,
    ) -> Outcome {
        let mut call = request(era, Method::ToolsCall, name, params);
        Arc::make_mut(&mut call.client).capabilities = Raw::literal(capabilities);
        let peer = guest.map(|guest| Arc::clone(guest) as Arc<dyn Peer>);
        self.stage.mux.call(call, Flight { peer, progress: true }).await
    }

    /// Any call, as a legacy client makes it.
    async fn ask(&self, method: Method, name: &str, params: Value) -> Outcome {
        let call = request(Era::Legacy, method, name, params);
        self.stage.mux.call(call, Flight::default()).await
    }
}

#[track_caller]
fn fault(outcome: Outcome) -> Fault {
    outcome.expect_err("it was answered")
}

/// Its kind and its reason.
#[track_caller]
fn reason(outcome: Outcome) -> (Kind, String) {
    let fault = fault(outcome);
    (fault.kind, fault.code.unwrap_or_default())
}

#[track_caller]
fn result(outcome: Outcome) -> Value {
    match outcome.unwrap().body {
        Body::Result(raw) | Body::Error(raw) => raw.read().unwrap(),
    }
}

/// A backend that tells and asks its client things during a call, and answers with what it was told.
struct Chatty(BackendName);

impl Backend for Chatty {
    fn name(&self) -> &BackendName {
        &self.0
    }

    fn request(&self, _: Permitted, flight: Flight) -> Pending<'static, Outcome> {
        let peer = flight.peer.unwrap();
        Box::pin(async move {
            let object = |text: &'static str| Raw::literal(text).object().unwrap();
            peer.event(Event::Progress(object(r#"{"progress":0.50}"#)));
            peer.event(Event::Message(object(r#"{"level":"info","data":"d"}"#)));
            peer.event(Event::Other { method: "vendor/x".to_owned(), params: None });
            let params = Some(Raw::literal(r#"{"message":"Who?"}"#));
            let ask = Ask { method: "elicitation/create".to_owned(), params, report: None };
            let told = match peer.ask(ask).await {
                Body::Result(result) => json!({ "result": result.read::<Value>().unwrap() }),
                Body::Error(error) => json!({ "error": error.read::<Value>().unwrap() }),
            };
            Ok(Answer { body: Body::Result(Raw::of(&told)), era: Era::Legacy })
        })
    }

    fn want(&self, _: Wants) {}

    fn roots_changed(&self) {}
}

/// A mux with a backend `a` that chats when its tool `t` is called.
async fn chatting(plugins: impl IntoIterator<Item = Hooks>) -> (Mux, Arc<Inbox>) {
    let (inbox, mux) = start(Limits::default());
    let name = BackendName::new("a").unwrap();
    let member = Member { backend: Arc::new(Chatty(name.clone())), naming: Naming::default() };
    let plugins = plugins.into_iter().map(Arc::new).collect();
    mux.apply(Setup { members: vec![member], plugins }).await;
    inbox.state(&name, State::Ready(everything().listing(Era::Legacy)));
    mux.settled().await;
    (mux, inbox)
}

/// Calls it for a client that is told everything and answers `{"action":"accept"}`.
async fn chat(mux: &Mux, guest: &Arc<Guest>) -> Value {
    let mut call = request(Era::Legacy, Method::ToolsCall, "a__t", json!({}));
    Arc::make_mut(&mut call.client).capabilities = Raw::literal(ABLE);
    let peer = Some(Arc::clone(guest) as Arc<dyn Peer>);
    result(mux.call(call, Flight { peer, progress: true }).await)
}

fn listener() -> Arc<Guest> {
    Arc::new(Guest { says: Some(r#"{"action":"accept"}"#), ..Guest::default() })
}
