//! What the host does for plugins that are granted it: state, secrets, HTTP, programs. How a component calls it is
//! its WIT version's folder's; the log and random numbers need nothing of this.

pub mod exec;
pub mod http;
pub mod kv;
pub mod secrets;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use mcpmux_core::config;
use mcpmux_core::ports::Outbound;

use crate::grants::Grants;
use exec::{Exec, Programs};
use http::Web;
use kv::{Kv, Store};
use secrets::Secrets;

/// What all plugins of a host share; it outlives each of them.
#[derive(Clone)]
pub struct Shared {
    /// What plugins keep.
    pub store: Arc<Store>,
    /// The way out.
    pub outbound: Arc<dyn Outbound>,
    /// The wall clock, in milliseconds since 1970-01-01 UTC.
    pub clock: WallClock,
    /// What runs programs once they are granted; `None`: this machine.
    pub programs: Option<Arc<dyn Programs>>,
}

/// Tells the time of day.
pub type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

impl Shared {
    /// Nothing kept yet, the machine's clock and programs, and this way out.
    #[must_use]
    pub fn new(outbound: Arc<dyn Outbound>) -> Self {
        Self { store: Arc::default(), outbound, clock: Arc::new(now), programs: None }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The services of one plugin. What is not granted is refused by each of them.
pub struct Services {
    /// What it may use.
    pub grants: Arc<Grants>,
    /// What it keeps.
    pub kv: Arc<Kv>,
    /// Its secrets.
    pub secrets: Secrets,
    /// Its HTTP requests.
    pub web: Web,
    /// Its programs.
    pub exec: Exec,
    /// Its clock.
    pub clock: WallClock,
    /// What it may keep, in bytes, once it is put to work.
    quota: usize,
}

impl Services {
    /// Its plugin is put to work: what it may keep counts from now on.
    pub fn begin(&self) {
        self.kv.allow(self.quota);
    }

    /// Those of this plugin.
    ///
    /// # Errors
    /// What is wrong with its grants.
    pub fn new(plugin: &config::Plugin, shared: &Shared) -> Result<Self, String> {
        let grants = Arc::new(Grants::parse(&plugin.grant)?);
        let quota = plugin.limits.kv.unwrap_or(kv::QUOTA);
        Ok(Self {
            kv: shared.store.of(&plugin.name, quota),
            quota,
            secrets: Secrets::new(&plugin.secrets, &grants),
            web: Web::new(Arc::clone(&grants), Arc::clone(&shared.outbound)),
            exec: Exec::run_by(Arc::clone(&grants), shared.programs.clone()),
            clock: Arc::clone(&shared.clock),
            grants,
        })
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("grants", &self.grants).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What an operator can do about a grant that is missing.
fn hint(grant: &str) -> String {
    format!("\nhint: if it may, add \"{}\" to its `grant`", grant.escape_debug())
}
