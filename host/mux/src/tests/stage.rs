//! A stage for tests: backends that note what they are sent and answer as they are bid, clients that note what they
//! hear, and a mux between them.

use std::collections::HashMap;

use mcpmux_core::fault::Fault;
use mcpmux_core::level::Level;
use mcpmux_core::peer::{Ask, Event, Peer};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::*;

/// Waits until something holds; what it waits for has to be brought about by others.
pub(super) async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.unwrap();
}

/// What an actor answers.
#[derive(Clone)]
pub(super) enum Line {
    Result(&'static str),
    Error(&'static str),
    Fault(Fault),
}

/// A backend that answers `{}` unless it was bid otherwise.
pub(super) struct Actor {
    pub(super) name: BackendName,
    era: Era,
    lines: Mutex<HashMap<&'static str, Line>>,
    /// The methods, the native names and the parameters of what it was sent.
    sent: Mutex<Vec<(&'static str, String, Value)>>,
    wants: Mutex<Wants>,
    pub(super) roots: AtomicUsize,
    /// Calls wait for a permit of this, if it is there.
    held: Mutex<Option<Arc<Semaphore>>>,
}

pub(super) fn actor(name: &str, era: Era) -> Arc<Actor> {
    Arc::new(Actor {
        name: BackendName::new(name).unwrap(),
        era,
        lines: Mutex::default(),
        sent: Mutex::default(),
        wants: Mutex::default(),
        roots: AtomicUsize::new(0),
        held: Mutex::default(),
    })
}

impl Actor {
    /// From now on it answers this method so.
    pub(super) fn answers(&self, method: Method, line: Line) {
        self.lines.lock().unwrap().insert(method.as_str(), line);
    }

    /// From now on its calls wait for what is returned.
    pub(super) fn hold(&self) -> Arc<Semaphore> {
        let held = Arc::new(Semaphore::new(0));
        *self.held.lock().unwrap() = Some(Arc::clone(&held));
        held
    }

    /// The methods and native names of what it was sent.
    pub(super) fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(method, native, _)| format!("{method} {native}")).collect()
    }

    /// The parameters of what it was sent last.
    pub(super) fn params(&self) -> Value {
        self.sent.lock().unwrap().last().unwrap().2.clone()
    }

    pub(super) fn wanted(&self) -> Vec<String> {
        self.wants.lock().unwrap().uris.iter().cloned().collect()
    }

    pub(super) fn level(&self) -> Option<Level> {
        self.wants.lock().unwrap().level
    }
}

impl Backend for Actor {
    fn name(&self) -> &BackendName {
        &self.name
    }

    fn request(&self, call: Permitted, _flight: Flight) -> Pending<'static, Outcome> {
        let Routed { call, to } = call.routed();
        let params = call.params.to_raw().read().unwrap();
        self.sent.lock().unwrap().push((
            call.method.as_str(),
            to.native.as_str().to_owned(),
            params,
        ));
        let line = self.lines.lock().unwrap().get(call.method.as_str()).cloned();
        let (held, era) = (self.held.lock().unwrap().clone(), self.era);
        Box::pin(async move {
            if let Some(held) = held {
                held.acquire().await.unwrap().forget();
            }
            let body = match line.unwrap_or(Line::Result("{}")) {
                Line::Result(text) => Body::Result(Raw::literal(text)),
                Line::Error(text) => Body::Error(Raw::literal(text)),
                Line::Fault(fault) => return Err(fault),
            };
            Ok(Answer { body, era })
        })
    }

    fn want(&self, wants: Wants) {
        *self.wants.lock().unwrap() = wants;
    }

    fn roots_changed(&self) {
        self.roots.fetch_add(1, Ordering::Relaxed);
    }
}

/// A client that notes what it hears, and answers everything with the same result if it has one.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) heard: Mutex<Vec<Value>>,
    pub(super) asked: AtomicUsize,
    pub(super) says: Option<&'static str>,
    /// Whether it never answers.
    pub(super) silent: bool,
}

impl Guest {
    /// What it has heard since this was asked last: `params`, or the method and `params` of what is not known.
    pub(super) fn heard(&self) -> Vec<Value> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

impl Peer for Guest {
    fn event(&self, event: Event) {
        let heard = match event {
            Event::Progress(params) | Event::Message(params) | Event::Updated(params) => {
                params.to_raw().read().unwrap()
            }
            Event::Other { method, params } => {
                json!({ "method": method, "params": params.map(|raw| raw.read::<Value>().unwrap()) })
            }
        };
        self.heard.lock().unwrap().push(heard);
    }

    fn ask(&self, _: Ask) -> Pending<'static, Body> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent {
            return Box::pin(std::future::pending());
        }
        let body = match self.says {
            Some(says) => Body::Result(Raw::literal(says)),
            None => Body::Error(Raw::literal(r#"{"code":1,"message":"no"}"#)),
        };
        Box::pin(std::future::ready(body))
    }
}

pub(super) fn client(era: Era, capabilities: &'static str) -> Arc<Client> {
    let legacy = era == Era::Legacy;
    Arc::new(Client {
        revision: if legacy { Revision::NEWEST_LEGACY } else { Revision::NEWEST_MODERN },
        info: None,
        capabilities: Raw::literal(capabilities),
        session: legacy.then(|| "s".into()),
    })
}

pub(super) fn request(era: Era, method: Method, name: &str, params: Value) -> Call {
    Call {
        method,
        name: name.to_owned(),
        params: Raw::of(&params).object().unwrap(),
        meta: Object::default(),
        level: None,
        client: client(era, "{}"),
    }
}

/// Actors, and what they listed.
pub(super) struct Stage {
    pub(super) mux: Mux,
    pub(super) inbox: Arc<Inbox>,
}

/// What an actor lists: tools, prompts, resources and templates by what identifies them.
#[derive(Clone, Default)]
pub(super) struct Lists {
    pub(super) tools: Vec<&'static str>,
    pub(super) prompts: Vec<&'static str>,
    pub(super) resources: Vec<&'static str>,
    pub(super) templates: Vec<&'static str>,
    pub(super) capabilities: Option<&'static str>,
}

impl Lists {
    pub(super) fn listing(&self, era: Era) -> Listing {
        let read = |kind: EntryKind, names: &[&str]| {
            let one = |name: &&str| Definition::read(kind, &Raw::of(&json!({ kind.key(): name })));
            Arc::new(names.iter().map(one).collect::<Vec<_>>())
        };
        let legacy = era == Era::Legacy;
        Listing {
            revision: if legacy { Revision::NEWEST_LEGACY } else { Revision::NEWEST_MODERN },
            info: None,
            capabilities: Raw::literal(self.capabilities.unwrap_or("{}")).object().unwrap(),
            instructions: None,
            entries: Entries {
                tools: read(EntryKind::Tool, &self.tools),
                prompts: read(EntryKind::Prompt, &self.prompts),
                resources: read(EntryKind::Resource, &self.resources),
                templates: read(EntryKind::Template, &self.templates),
            },
            caching: mcpmux_core::ports::Caching::UNSAID,
            announced: Changed::default(),
        }
    }
}

pub(super) fn resources(uris: &[&'static str]) -> Lists {
    let capabilities = Some(r#"{"resources":{"subscribe":true}}"#);
    Lists { resources: uris.to_vec(), capabilities, ..Lists::default() }
}

pub(super) fn hiding(pattern: &str) -> Naming {
    Naming { except: vec![mcpmux_core::pattern::Pattern::new(pattern)], ..Naming::default() }
}

pub(super) fn members(actors: &[(&Arc<Actor>, Naming)]) -> Setup {
    let member = |(actor, naming): &(&Arc<Actor>, Naming)| Member {
        backend: Arc::clone(*actor) as _,
        naming: naming.clone(),
    };
    Setup { members: actors.iter().map(member).collect(), ..Setup::default() }
}

impl Stage {
    /// A mux with these actors, all of which have listed.
    pub(super) async fn of(actors: &[(&Arc<Actor>, Lists)]) -> Self {
        let named: Vec<_> = actors
            .iter()
            .map(|(actor, lists)| (*actor, lists.clone(), Naming::default()))
            .collect();
        Self::named(&named, Limits::default()).await
    }

    /// The same with plugins.
    pub(super) async fn with(actors: &[(&Arc<Actor>, Lists)], plugins: Vec<Arc<Hooks>>) -> Self {
        let named: Vec<_> = actors
            .iter()
            .map(|(actor, lists)| (*actor, lists.clone(), Naming::default()))
            .collect();
        let (inbox, mux) = start(Limits::default());
        Self::set(inbox, mux, &named, plugins).await
    }

    pub(super) async fn named(actors: &[(&Arc<Actor>, Lists, Naming)], limits: Limits) -> Self {
        let (inbox, mux) = start(limits);
        Self::set(inbox, mux, actors, Vec::new()).await
    }

    pub(super) async fn set(
        inbox: Arc<Inbox>,
        mux: Mux,
        actors: &[(&Arc<Actor>, Lists, Naming)],
        plugins: Vec<Arc<Hooks>>,
    ) -> Self {
        let all: Vec<_> =
            actors.iter().map(|(actor, _, naming)| (*actor, naming.clone())).collect();
        mux.apply(Setup { plugins, ..members(&all) }).await;
        for (actor, lists, _) in actors {
            inbox.state(&actor.name, State::Ready(lists.listing(actor.era)));
        }
        mux.settled().await;
        Self { mux, inbox }
    }

    /// Takes a client in.
    pub(super) fn join(&self, era: Era, capabilities: &'static str, guest: &Arc<Guest>) -> Seat {
        self.mux.join(client(era, capabilities), Arc::clone(guest) as _)
    }

    /// The body of an answer, or the kind of the fault.
    pub(super) async fn ask(&self, method: Method, name: &str, params: Value) -> String {
        let outcome =
            self.mux.call(request(Era::Legacy, method, name, params), Flight::default()).await;
        text(outcome)
    }

    pub(super) fn updated(&self, actor: &Actor, uri: &str) {
        let params = Raw::of(&json!({ "uri": uri })).object().unwrap();
        self.inbox.heard(&actor.name, Event::Updated(params));
    }
}

/// What a client would read.
pub(super) fn text(outcome: Outcome) -> String {
    match outcome {
        Ok(Answer { body: Body::Result(raw) | Body::Error(raw), .. }) => {
            String::from_utf8(raw.as_bytes().to_vec()).unwrap()
        }
        Err(fault) => format!("{:?}", fault.kind),
    }
}
