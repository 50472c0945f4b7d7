//! The services of a plugin on trial: they answer what golden calls say, and reach nothing outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcpmux_core::catalog::EntryKind;
use mcpmux_core::client::Client;
use mcpmux_core::config;
use mcpmux_core::hook::{Scope, Seen};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, ExposedName, NativeName, PluginName, SEPARATOR};
use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse, Pending};

use mcpmux_plugins::services::Shared;
use mcpmux_plugins::services::exec::{self, Output, Programs};
use mcpmux_plugins::services::kv::{self, Store};

use super::golden::{Exec, Http, Listed, Mock};

/// A clock that stands still until it is set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, time: u64) {
        self.0.store(time, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers requests with what is written down.
pub(crate) struct Network(Vec<Http>);

impl Network {
    fn answer(&self, request: &OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let fits = |http: &&Http| is(&http.method, &request.method) && is(&http.url, &request.url);
        let Some(http) = self.0.iter().find(fits) else {
            return Err(OutboundError::Network(format!(
                "`mock.http` has no answer to {} {}",
                request.method, request.url
            )));
        };
        match http.error.as_deref().map(|error| error.split_once(':').unwrap_or((error, ""))) {
            None => Ok(OutboundResponse {
                status: http.status,
                headers: http.headers.clone().into_iter().collect(),
                body: Bytes::from(http.body.clone()),
            }),
            Some(("timeout", _)) => Err(OutboundError::Timeout),
            Some(("too-large", _)) => Err(OutboundError::TooLarge),
            Some(("not-allowed", why)) => Err(OutboundError::NotAllowed(why.trim().to_owned())),
            Some((_, why)) => Err(OutboundError::Network(why.trim().to_owned())),
        }
    }
}

impl Outbound for Network {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        Box::pin(std::future::ready(self.answer(&request)))
    }
}

/// Runs no program: says what is written down.
pub(crate) struct Shelf(Vec<Exec>);

impl Programs for Shelf {
    fn run(&self, argv: Vec<String>, _stdin: Vec<u8>) -> Pending<'_, Result<Output, exec::Error>> {
        let fits = |exec: &&Exec| exec.argv.as_ref().is_none_or(|wanted| *wanted == argv);
        let answer = match self.0.iter().find(fits) {
            None => Err(exec::Error::Failed(format!("`mock.exec` has no answer to {argv:?}"))),
            Some(exec) => ended(exec),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn ended(exec: &Exec) -> Result<Output, exec::Error> {
    match exec.error.as_deref().map(|error| error.split_once(':').unwrap_or((error, ""))) {
        None => Ok(Output {
            code: Some(exec.code),
            stdout: exec.stdout.clone().into_bytes(),
            stderr: exec.stderr.clone().into_bytes(),
        }),
        Some(("timeout", _)) => Err(exec::Error::Timeout),
        Some(("too-large", _)) => Err(exec::Error::TooLarge),
        Some(("not-allowed", why)) => Err(exec::Error::NotAllowed(why.trim().to_owned())),
        Some((_, why)) => Err(exec::Error::Failed(why.trim().to_owned())),
    }
}

/// All services, with what the plugin is to have kept already.
pub(crate) fn services(mock: &Mock, clock: &Clock, plugin: &config::Plugin) -> Shared {
    let mut shared = Shared::new(Arc::new(Network(mock.http.clone())));
    let (start, began, kept) = (Instant::now(), mock.time, clock.clone());
    let since = move || Duration::from_millis(kept.now().saturating_sub(began));
    shared.store = Arc::new(Store::new(Arc::new(move || start + since())));
    let clock = clock.clone();
    shared.clock = Arc::new(move || clock.now());
    shared.programs = Some(Arc::new(Shelf(mock.exec.clone())));
    let kv = shared.store.of(&plugin.name, plugin.limits.kv.unwrap_or(kv::QUOTA));
    for (key, value) in &mock.kv {
        if let Err(why) = kv.set(key, value, None) {
            tracing::warn!("`mock.kv` does not fit: {why}");
        }
    }
    shared
}

/// The catalog as a plugin on trial may read it. Nothing was ever approved.
#[derive(Default)]
pub(crate) struct Entries {
    seen: Arc<Vec<Seen>>,
    definitions: Vec<Raw>,
}

impl Entries {
    /// Those whose names are names; that the others' are not is said when the file is read.
    pub(crate) fn new(listed: &[Listed]) -> Self {
        let seen = listed.iter().filter_map(|listed| seen(listed).ok()).collect();
        let definition = |listed: &Listed| match &listed.definition {
            Some(definition) => Raw::of(definition),
            None => Raw::of(&serde_json::json!({ "name": listed.name })),
        };
        Self { seen: Arc::new(seen), definitions: listed.iter().map(definition).collect() }
    }
}

/// An entry as hooks see it.
pub(crate) fn seen(listed: &Listed) -> Result<Seen, String> {
    let backend = BackendName::new(&listed.backend).map_err(|error| error.to_string())?;
    let exposed = exposed(&backend, &listed.name, listed.exposed.as_deref());
    Ok(Seen {
        kind: listed.kind.into(),
        backend,
        native: NativeName::new(&listed.name),
        exposed: ExposedName::free(&exposed).map_err(|error| error.to_string())?,
        title: listed.title.clone(),
        description: listed.description.clone(),
        read_only: listed.read_only,
        destructive: listed.destructive,
        listed: listed.listed,
    })
}

/// The name that clients see, where it is not said.
pub(crate) fn exposed(backend: &BackendName, name: &str, said: Option<&str>) -> String {
    said.map_or_else(|| format!("{}{SEPARATOR}{name}", backend.as_str()), str::to_owned)
}

impl Scope for Entries {
    fn entries(&self, _client: &Client) -> Arc<Vec<Seen>> {
        Arc::clone(&self.seen)
    }

    fn definition(&self, _client: &Client, kind: EntryKind, exposed: &str) -> Option<Raw> {
        let fits = |seen: &Seen| seen.kind == kind && seen.exposed.as_str() == exposed;
        self.seen.iter().position(fits).and_then(|at| self.definitions.get(at)).cloned()
    }

    fn remembered(&self, _plugin: &PluginName, _key: &str) -> bool {
        false
    }

    fn forget(&self, _plugin: &PluginName, _key: &str) {}
}
