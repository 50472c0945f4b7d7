//! Reloading: when the configuration or a plugin's file changes, or someone asks for it, the new state is made whole
//! aside, then applied.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::config::Config;
use mcpmux_core::names::PluginName;
use mcpmux_manage::admin::{Change, Reloaded, ReloadedPlugin};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};

use crate::admin::Asked;
use crate::failure::Failure;
use crate::host::{self, Host, Loaded};
use crate::settings::Settings;

/// How long the files must have been quiet: editors and builds write in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// What is served now, and what it takes to serve something else.
pub(crate) struct Reloading {
    host: Arc<Host>,
    settings: Settings,
    config: Config,
    changed: Arc<Notify>,
    /// `None`: files cannot be watched.
    watch: Option<Watch>,
}

impl Reloading {
    /// Takes over what has just been applied.
    pub(crate) fn new(host: Arc<Host>, settings: Settings, config: Config) -> Self {
        Self { host, settings, config, changed: Arc::new(Notify::new()), watch: None }
    }

    /// Applies what changes in the files, and what is asked for, until it is dropped.
    pub(crate) async fn run(mut self, mut asked: mpsc::Receiver<Asked>) {
        let config = self.config.clone();
        self.watch(&config, "files cannot be watched, so edits need `mcpmux plugin reload`");
        if self.settings.read().is_ok_and(|now| now != self.config) {
            // It was edited between being read and being watched.
            self.changed.notify_one();
        }
        loop {
            tokio::select! {
                () = self.changed.notified() => {
                    while tokio::time::timeout(QUIET, self.changed.notified()).await.is_ok() {}
                    if let Err(Refused { stays, why }) = self.reload(None).await {
                        tracing::error!("the change is not applied, the old {stays}: {why}");
                    }
                }
                Some(Asked { plugin, answer }) = asked.recv() => {
                    let reloaded = self.reload(plugin.as_deref()).await;
                    // If nobody waits any more, it is done all the same.
                    let _gone = answer.send(reloaded.map_err(|refused| refused.why));
                }
            }
        }
    }

    /// Reads everything again and applies it whole, or not at all; says what that has changed.
    async fn reload(&mut self, only: Option<&str>) -> Result<Reloaded, Refused> {
        let wanted = self.settings.read().map_err(Refused::configuration)?;
        // The files are watched before they are read, even if they turn out to be wrong: then their
        // mending is noticed.
        self.watch(&wanted, "some files cannot be watched");
        if let Some(only) = only {
            named(&wanted, only)?;
        }
        let plugins = self.host.load(&wanted).await.map_err(Refused::plugins)?;
        if wanted.listen != self.config.listen
            || wanted.limits != self.config.limits
            || wanted.audit != self.config.audit
            || wanted.vault != self.config.vault
        {
            tracing::warn!(
                "changes of [listen], [limits], [audit] and [vault] are taken up at the next start"
            );
        }
        let mut changes = compare(&self.host.plugins(), &plugins);
        self.host.apply(&wanted, plugins).await;
        changes.retain(|change| only.is_none_or(|only| change.name == only));
        tracing::info!(
            backends = wanted.backends.len(),
            plugins = wanted.plugins.len(),
            "the change is applied"
        );
        let reloaded = Reloaded { plugins: changes, backends: wanted.backends.len() };
        self.config = wanted;
        Ok(reloaded)
    }

    /// Watches the files of a configuration in the place of those of the last.
    fn watch(&mut self, config: &Config, trouble: &str) {
        match Watch::new(&self.settings.file, config, &self.changed) {
            Ok(new) => {
                tracing::debug!(folders = new.folders, "watching");
                self.watch = Some(new);
            }
            Err(error) => tracing::warn!("{trouble}: {error}"),
        }
    }
}

/// A change that is not applied.
struct Refused {
    /// What is wrong, and so stays what it was.
    stays: &'static str,
    why: String,
}

impl Refused {
    fn configuration(failure: Failure) -> Self {
        Self { stays: "configuration stays", why: failure.text }
    }

    fn plugins(failure: Failure) -> Self {
        Self { stays: "plugins stay", why: failure.text }
    }
}

/// Makes sure that a plugin is configured.
fn named(config: &Config, name: &str) -> Result<(), Refused> {
    let names: Vec<&str> = config.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let name = name.escape_debug();
    Err(Refused::configuration(Failure::wrong(format!(
        "there is no plugin `{name}`\nhint: the configuration has {known}"
    ))))
}

/// What became of each plugin.
fn compare(old: &[Loaded], new: &[Loaded]) -> Vec<ReloadedPlugin> {
    let find = |list: &'_ [Loaded], name: &PluginName| {
        list.iter().position(|plugin| plugin.settings.name == *name)
    };
    let report = |plugin: &Loaded, change: Change| ReloadedPlugin {
        name: plugin.settings.name.as_str().to_owned(),
        change,
        sha256: plugin.hooks.sha256.clone(),
    };
    let now = new.iter().map(|plugin| {
        let before = find(old, &plugin.settings.name).and_then(|at| old.get(at));
        let change = match before {
            None => Change::Added,
            Some(before) if Arc::ptr_eq(&before.hooks, &plugin.hooks) => Change::Unchanged,
            Some(_) => Change::Swapped,
        };
        report(plugin, change)
    });
    let gone = old.iter().filter(|plugin| find(new, &plugin.settings.name).is_none());
    now.chain(gone.map(|plugin| report(plugin, Change::Removed))).collect()
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
