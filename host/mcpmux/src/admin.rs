//! The admin socket: what an operator asks of the mcpmux that runs with a configuration, served and asked here. What can
//! be asked is `mcpmux_manage::admin`'s.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcpmux_frontends::http::Socket;
use mcpmux_manage::admin::{self, Answer, LINE_LIMIT, Place, Reloaded, Request, Running};
use mcpmux_mux::Mux;
use mcpmux_vault::Store;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::host::state_folder;
use crate::settings::Settings;
use crate::vault;

/// Connections at once; more wait.
const CONNECTIONS: usize = 16;
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(30);
/// How long an answer is waited for; a reload may compile large components.
const ANSWER: Duration = Duration::from_secs(600);

/// A reload that somebody waits for.
pub(crate) struct Asked {
    /// The plugin that is meant; `None`: all.
    pub(crate) plugin: Option<String>,
    /// Where to say what has changed, or why nothing has.
    pub(crate) answer: oneshot::Sender<Result<Reloaded, String>>,
}

/// What is known of a running mcpmux beside what its mux knows.
#[derive(Clone)]
pub(crate) struct About {
    /// The configuration's file.
    pub(crate) config: PathBuf,
    /// The endpoint, where HTTP is served.
    pub(crate) url: Option<String>,
    /// When it started.
    pub(crate) since: Instant,
    /// Where its secrets rest.
    pub(crate) vault: Arc<Store>,
}

/// Listens for a configuration, or says in the log why that cannot be: everything else works without.
pub(crate) fn bind(file: &Path) -> Option<Socket> {
    let bound = place(file).and_then(|place| {
        private(&place.folder)
            .map_err(|error| format!("cannot use {}: {error}", place.folder.display()))?;
        Socket::bind(&place.socket).map_err(|error| error.to_string())
    });
    match bound {
        Ok(socket) => {
            tracing::info!(socket = %socket.path().display(), "answering the operator");
            Some(socket)
        }
        Err(why) => {
            tracing::warn!("`mcpmux status` and `mcpmux plugin reload` will find nobody: {why}");
            None
        }
    }
}

fn place(file: &Path) -> Result<Place, String> {
    let real = file
        .canonicalize()
        .map_err(|error| format!("cannot tell the real path of {}: {error}", file.display()))?;
    admin::socket(&real, std::env::var_os("XDG_RUNTIME_DIR"), state_folder())
        .ok_or_else(|| "there is neither `XDG_RUNTIME_DIR` nor a home folder".to_owned())
}

/// Makes a folder that only its owner may enter, or makes sure that it is one.
fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != rustix::process::getuid().as_raw() {
        return Err(io::Error::other("it is not a folder of this user's own"));
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Answers until it is told to stop.
pub(crate) async fn serve(
    socket: Socket,
    about: About,
    mux: Mux,
    reloads: mpsc::Sender<Asked>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_ended) = connections.join_next() => {}
            accepted = socket.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok(stream) => {
                    let (about, mux, reloads) = (about.clone(), mux.clone(), reloads.clone());
                    connections.spawn(async move {
                        if let Err(error) = converse(stream, &about, &mux, &reloads).await {
                            tracing::debug!("an operator's connection broke off: {error}");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!("cannot accept an operator's connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn converse(
    stream: UnixStream,
    about: &About,
    mux: &Mux,
    reloads: &mpsc::Sender<Asked>,
) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = String::new();
        let mut limited = (&mut read).take(LINE_LIMIT);
        if tokio::time::timeout(IDLE, limited.read_line(&mut line)).await?? == 0 {
            return Ok(());
        }
        let answer = match Request::parse(line.trim()) {
            Ok(request) => answer(request, about, mux, reloads).await,
            Err(why) => Answer::Error(why),
        };
        write.write_all(answer.line().as_bytes()).await?;
    }
}

async fn answer(
    request: Request,
    about: &About,
    mux: &Mux,
    reloads: &mpsc::Sender<Asked>,
) -> Answer {
    match request {
        Request::Status => Answer::Status(Box::new(Running {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            config: about.config.display().to_string(),
            url: about.url.clone(),
            seconds: about.since.elapsed().as_secs(),
            vault: vault::report(&about.vault).await,
            status: mux.status(),
        })),
        Request::Reload { plugin } => {
            let (answer, answered) = oneshot::channel();
            // Whoever would take it ends only when mcpmux stops.
            let _stopping = reloads.send(Asked { plugin, answer }).await;
            match answered.await {
                Ok(Ok(reloaded)) => Answer::Reload(reloaded),
                Ok(Err(why)) => Answer::Error(why),
                Err(_stopping) => Answer::Error("mcpmux is stopping".to_owned()),
            }
        }
    }
}

/// Asks the mcpmux that runs with a configuration; `wanted` is the answer's key.
pub(crate) async fn ask(
    settings: &Settings,
    request: &Request,
    wanted: &str,
) -> Result<serde_json::Value, Failure> {
    let shown = settings.shown();
    let place = place(&settings.file).map_err(Failure::failed)?;
    let stream = UnixStream::connect(&place.socket).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Failure::failed(format!(
            "no mcpmux runs with {}\nhint: start it with `mcpmux serve`, or name its configuration with `-c`",
            shown.display()
        )),
        _ => Failure::failed(format!("cannot ask on {}: {error}", place.socket.display())),
    })?;
    let broken = |why: String| Failure::failed(format!("mcpmux did not answer: {why}"));
    let line = serde_json::to_string(request).map_err(|error| broken(error.to_string()))?;
    let asking = async {
        let (read, mut write) = stream.into_split();
        write.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        BufReader::new(read.take(LINE_LIMIT)).read_line(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(ANSWER, asking).await;
    let answer = answer.map_err(|_| broken(format!("nothing came within {ANSWER:?}")))?;
    let answer = answer.map_err(|error| broken(error.to_string()))?;
    if answer.is_empty() {
        return Err(broken("it has ended".to_owned()));
    }
    admin::parse(&answer, wanted).map_err(Failure::failed)
}
