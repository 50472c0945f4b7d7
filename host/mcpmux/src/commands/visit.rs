//! A visit: the backends of a configuration, or an endpoint that is already served, for one command.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::catalog::EntryKind;
use mcpmux_core::client::Client;
use mcpmux_core::config::{Auth, Backend, Config, Naming, Patience, Transport};
use mcpmux_core::era::Revision;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_frontends::http::PATH;
use mcpmux_manage::cli::{Global, Target, Which};
use mcpmux_manage::print;
use mcpmux_mux::Mux;
use tokio::net::TcpStream;

use crate::failure::Failure;
use crate::host::Host;
use crate::settings::Settings;
use crate::signals::told_to_stop;
use crate::vault;

/// How long an endpoint may take to let us connect before it counts as not there.
const CONNECT: Duration = Duration::from_millis(500);

/// What a command talks to.
pub(super) struct Visit {
    host: Host,
    /// Whether without its one backend there is nothing to do.
    alone: bool,
}

impl Visit {
    /// Connects to the endpoint named, or to the configured one if it is served, or starts the backends.
    pub(super) async fn start(global: &Global, target: &Target) -> Result<Self, Failure> {
        let config = match &target.url {
            Some(url) => endpoint(url.clone(), Config::default()),
            None => {
                let config = Settings::find(global, &Which::default(), None)?.read()?;
                let http = config.listen.http;
                if is_served(http).await {
                    if global.config.is_some() && !global.quiet {
                        print::note(&format!("asking the mcpmux that serves http://{http}{PATH}"));
                    }
                    endpoint(format!("http://{http}{PATH}"), config)
                } else {
                    tracing::debug!(
                        "no mcpmux serves {http}; the backends are started for this command"
                    );
                    config
                }
            }
        };
        let config = without_logins(config);
        let vault = Arc::new(vault::of(&config));
        if vault::keeps_logins(&config) || !vault::needed(&config).is_empty() {
            vault::ask_to_open(&vault)?;
        }
        let host = Host::start(config.limits, config.audit.as_ref(), vault)?;
        let plugins = host.load(&config).await?;
        host.apply(&config, plugins).await;
        let alone = target.url.is_some() || config.backends.len() == 1;
        Ok(Self { host, alone })
    }

    /// Does a command's work once the backends have come up, and ends what was started for it, also if the
    /// person stops it.
    pub(super) async fn during<T>(
        self,
        work: impl AsyncFnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let worked = tokio::select! {
            worked = async { self.ready().await?; work(&self).await } => worked,
            stopped = told_to_stop() => stopped.and(Err(Failure::failed("stopped"))),
        };
        self.host.stop().await;
        worked
    }

    async fn ready(&self) -> Result<(), Failure> {
        self.mux().settled().await;
        for backend in self.mux().status().backends {
            if let Some(why) = backend.state.why() {
                let text = format!("`{}` is not available: {why}", backend.name);
                if self.alone {
                    return Err(Failure::failed(text));
                }
                print::error(&text);
            }
        }
        Ok(())
    }

    pub(super) const fn mux(&self) -> &Mux {
        self.host.mux()
    }

    /// All tools, over all pages.
    pub(super) async fn tools(&self) -> Result<Vec<Raw>, Failure> {
        let (client, mut all, mut cursor) = (client(), Vec::new(), None);
        loop {
            let page = self.mux().list(&client, EntryKind::Tool, cursor.as_deref()).await;
            let page = page.map_err(Failure::failed)?;
            all.extend(page.entries.elements().map_err(Failure::failed)?);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}

/// The command line as a client.
pub(super) fn client() -> Arc<Client> {
    let info = concat!(r#"{"name":"mcpmux-cli","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
    Arc::new(Client {
        revision: Revision::NEWEST_MODERN,
        info: Some(Raw::literal(info)),
        capabilities: Raw::literal("{}"),
        session: None,
    })
}

/// A configuration whose only backend is the endpoint, under its own names.
fn endpoint(url: String, config: Config) -> Config {
    let Ok(name) = BackendName::new("endpoint") else { return config };
    let transport = Transport::Url { url, headers: Default::default(), auth: Auth::None };
    let naming = Naming { prefix: Some(String::new()), ..Naming::default() };
    let limits = mcpmux_core::config::Limits { tools: usize::MAX, ..config.limits };
    let backends = vec![Backend { name, transport, naming, patience: Patience::default() }];
    Config { backends, plugins: Vec::new(), limits, audit: None, ..config }
}

/// The same, without browsers that open by themselves: a command ends before anybody could log in.
fn without_logins(mut config: Config) -> Config {
    for backend in &mut config.backends {
        if let Transport::Url { auth: Auth::OAuth(oauth), .. } = &mut backend.transport {
            oauth.open_browser = false;
        }
    }
    config
}

async fn is_served(address: SocketAddr) -> bool {
    tokio::time::timeout(CONNECT, TcpStream::connect(address))
        .await
        .is_ok_and(|stream| stream.is_ok())
}
