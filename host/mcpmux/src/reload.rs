//! Reloading: when the configuration or a plugin's file changes, the new state is made whole aside, then applied.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::Config;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::host::{self, Host};
use crate::settings::Settings;

/// How long the files must have been quiet: editors and builds write in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Watches the files and applies what changes, until it is dropped.
pub(crate) async fn watch(host: Arc<Host>, settings: Settings, mut config: Config) {
    let changed = Arc::new(Notify::new());
    let mut watch = match Watch::new(&settings.file, &config, &changed) {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!("files cannot be watched, so edits need a restart: {error}");
            return std::future::pending().await;
        }
    };
    if settings.read().is_ok_and(|now| now != config) {
        // It was edited between being read and being watched.
        changed.notify_one();
    }
    loop {
        changed.notified().await;
        while tokio::time::timeout(QUIET, changed.notified()).await.is_ok() {}
        let wanted = match settings.read() {
            Ok(wanted) => wanted,
            Err(failure) => {
                let why = failure.text;
                tracing::error!("the change is not applied, the old configuration stays: {why}");
                continue;
            }
        };
        // The files are watched before they are read, even if they turn out to be wrong: then their
        // mending is noticed.
        match Watch::new(&settings.file, &wanted, &changed) {
            Ok(new) => watch = new,
            Err(error) => tracing::warn!("some files cannot be watched: {error}"),
        }
        tracing::debug!(folders = watch.folders, "watching");
        if apply(&host, &wanted, &config).await {
            config = wanted;
        }
    }
}

/// Applies a configuration; `false` if its plugins are wrong, and then nothing has changed.
async fn apply(host: &Host, wanted: &Config, old: &Config) -> bool {
    let loaded = match host.load(wanted).await {
        Ok(loaded) => loaded,
        Err(failure) => {
            let why = failure.text;
            tracing::error!("the change is not applied, the old plugins stay: {why}");
            return false;
        }
    };
    if wanted.listen != old.listen || wanted.limits != old.limits {
        tracing::warn!("changes of [listen] and [limits] are taken up at the next start");
    }
    host.apply(wanted, &loaded).await;
    let (backends, plugins) = (wanted.backends.len(), wanted.plugins.len());
    tracing::info!(backends, plugins, "the change is applied");
    true
}

/// Watches the folders of the files, since a file that is replaced is another file.
struct Watch {
    _watcher: RecommendedWatcher,
    folders: usize,
}

impl Watch {
    fn new(file: &Path, config: &Config, changed: &Arc<Notify>) -> notify::Result<Self> {
        let named = std::iter::once(file.to_owned()).chain(host::files(config));
        // A link counts, and so does what it leads to.
        let files: Vec<PathBuf> = named
            .flat_map(|file| [Some(real(&file)), file.canonicalize().ok()])
            .flatten()
            .collect();
        let mut folders: Vec<PathBuf> =
            files.iter().filter_map(|file| file.parent().map(Path::to_owned)).collect();
        folders.sort();
        folders.dedup();
        let changed = Arc::clone(changed);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if !event.kind.is_access()
                    && event.paths.iter().any(|path| files.contains(&real(path)))
                {
                    changed.notify_one();
                }
            })?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { _watcher: watcher, folders: folders.len() })
    }
}

/// A file by its folder's real name; the file itself may be gone for a moment.
fn real(file: &Path) -> PathBuf {
    // The parent of a bare file name is the empty path, which no system call takes.
    let parent = file.parent().map(|parent| match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    });
    let folder = parent.and_then(|folder| folder.canonicalize().ok());
    folder.zip(file.file_name()).map_or_else(|| file.to_owned(), |(folder, name)| folder.join(name))
}
