//! `mcpmux serve`: start, serve, reload, and stop in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcpmux_core::config::Config;
use mcpmux_frontends::http::{self, Socket};
use mcpmux_frontends::stdio;
use mcpmux_manage::cli::{Global, LogFormat, Serve};
use mcpmux_manage::print;
use mcpmux_vault::Store;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::admin::{self, About};
use crate::failure::Failure;
use crate::host::Host;
use crate::reload::Reloading;
use crate::settings::Settings;
use crate::signals::told_to_stop;
use crate::vault;

/// The frontends, running.
type Frontends = JoinSet<Result<(), Failure>>;

pub(crate) async fn run(global: &Global, options: &Serve) -> Result<(), Failure> {
    let settings = Settings::find(global, &options.which, options.http)?;
    let config = settings.read()?;
    let vault = open_vault(&config, options)?;
    let (listener, socket) = match (options.stdio, options.http) {
        (true, None) => (None, None),
        _ => {
            let socket = config.listen.unix.as_deref().map(Socket::bind).transpose();
            let socket = socket.map_err(|error| {
                Failure::failed(format!("{error}\nhint: choose another path with [listen] unix"))
            })?;
            (Some(bind(config.listen.http).await?), socket)
        }
    };
    let since = Instant::now();
    let host = Host::start(config.limits, config.audit.as_ref(), Arc::clone(&vault))?;
    let host = Arc::new(host);
    let plugins = host.load(&config).await?;
    host.apply(&config, plugins).await;

    let drain = config.limits.drain;
    let mut frontends = Frontends::new();
    let mut url = None;
    if let Some(listener) = listener {
        url = Some(format!("http://{}{}", listener.local_addr()?, http::PATH));
        let silent = options.stdio || global.quiet || global.log_format == LogFormat::Json;
        let path = socket.as_ref().map(|socket| socket.path().to_owned());
        announce(&host, listener.local_addr()?, path, silent);
        frontends.spawn(serve_http(Arc::clone(&host), config.clone(), listener));
    }
    if let Some(socket) = socket {
        let (door, hosts) = (host.door(), config.listen.hosts.clone());
        frontends.spawn(async move {
            http::serve_unix(door, &hosts, socket).await;
            Ok(())
        });
    }
    if options.stdio {
        frontends.spawn(serve_stdio(Arc::clone(&host)));
    }
    // A reload at a time is under way; who asks for more waits.
    let (reloads, asked) = mpsc::channel(1);
    let admin = admin::bind(&settings.file).map(|socket| {
        let about = About { config: settings.file.clone(), url, since, vault };
        tokio::spawn(admin::serve(socket, about, host.mux().clone(), reloads, host.stop.clone()))
    });
    let reloading = Reloading::new(Arc::clone(&host), settings, config);
    let reloading = tokio::spawn(reloading.run(asked));
    let result = tokio::select! {
        signalled = told_to_stop() => signalled,
        // A frontend ends by itself only when its client does (stdio) or it fails.
        Some(ended) = frontends.join_next() => ended.map_err(Failure::failed).flatten(),
    };
    reloading.abort();
    // Whoever waits for it has been told by the abort; a reload that is under way is dropped whole.
    let _aborted = reloading.await;
    let stopped = async {
        stop(host, frontends, drain).await;
        if let Some(admin) = admin
            && let Err(error) = admin.await
        {
            tracing::error!("the task that answers the operator ended badly: {error}");
        }
    };
    tokio::select! {
        () = stopped => result,
        again = told_to_stop() => again.and(Err(Failure::failed("stopped at once, at the second signal"))),
    }
}

/// The vault: it may be locked, which is no reason not to start, but not open to others. A client that started this on its
/// own terminal is not asked for a passphrase there.
fn open_vault(config: &Config, options: &Serve) -> Result<Arc<Store>, Failure> {
    let vault = vault::of(config);
    vault.is_private().map_err(Failure::wrong)?;
    if !options.stdio && vault::is_wanted(&vault, config) {
        vault::ask(&vault)?;
    }
    Ok(Arc::new(vault))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "\nhint: another mcpmux may be running; choose another address with --http or [listen] http"
            }
            _ => "",
        };
        Failure::failed(format!("cannot listen on {address}: {error}{hint}"))
    })
}

/// Says where the endpoint is once the backends have come up or failed.
fn announce(host: &Arc<Host>, address: SocketAddr, socket: Option<PathBuf>, silent: bool) {
    let url = format!("http://{address}{}", http::PATH);
    tracing::info!(%url, "listening");
    if let Some(socket) = &socket {
        tracing::info!(socket = %socket.display(), "listening");
    }
    if silent {
        return;
    }
    let mux = host.mux().clone();
    tokio::spawn(async move {
        mux.settled().await;
        print::note(&print::banner(&url, socket.as_deref(), &mux.status()));
    });
}

async fn serve_http(host: Arc<Host>, config: Config, listener: TcpListener) -> Result<(), Failure> {
    http::serve(host.door(), &config.listen.hosts, listener).await;
    Ok(())
}

async fn serve_stdio(host: Arc<Host>) -> Result<(), Failure> {
    let served = stdio::serve(Arc::new(host.door()), tokio::io::stdin(), tokio::io::stdout()).await;
    match served {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other
            .map_err(|error| Failure::failed(format!("standard input or output failed: {error}"))),
    }
}

/// How long links may take to end, and answers to be written, once the drain time is over.
const LAST: Duration = Duration::from_secs(2);

/// Stops in order: no new requests, those under way are finished within the drain time, the rest is ended with
/// an answer that says so, then the backends go.
async fn stop(host: Arc<Host>, mut frontends: Frontends, drain: Duration) {
    host.stop.cancel();
    if !join(&mut frontends, drain).await {
        tracing::warn!("calls were still under way when the drain time was over");
        host.leave(LAST).await;
        if !join(&mut frontends, LAST).await {
            tracing::warn!("some clients did not take their last answers");
        }
    }
    frontends.shutdown().await;
    match Arc::try_unwrap(host) {
        Ok(host) => host.stop().await,
        Err(_) => {
            tracing::error!(
                "something still uses the host; its backends are ended with the process"
            );
        }
    }
}

/// Waits for the frontends to end; `false` if they did not within `patience`.
async fn join(frontends: &mut Frontends, patience: Duration) -> bool {
    let ended = async { while frontends.join_next().await.is_some() {} };
    tokio::time::timeout(patience, ended).await.is_ok()
}
