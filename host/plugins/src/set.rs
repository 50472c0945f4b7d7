//! Loading all plugins of a configuration, so that all that is wrong is said at once.

use std::sync::Arc;
use std::thread;

use mcpmux_core::config::{self, Limits};

use crate::engine::Engine;
use crate::plugin::Plugin;
use crate::refusal::LoadError;
use crate::services::Shared;

/// Loads every plugin, in parallel; blocks until all are loaded.
///
/// # Errors
/// What is wrong with each plugin that cannot be loaded, in the order of the configuration.
pub fn load_all(
    engine: &Engine,
    plugins: &[config::Plugin],
    limits: &Limits,
    shared: &Shared,
) -> Result<Vec<Arc<Plugin>>, Vec<LoadError>> {
    let results: Vec<_> = thread::scope(|scope| {
        let start = |plugin| scope.spawn(move || Plugin::load(engine, plugin, limits, shared));
        let threads: Vec<_> = plugins.iter().map(start).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect()
    });
    let (mut loaded, mut failed) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(plugin) => loaded.push(Arc::new(plugin)),
            Err(error) => failed.push(error),
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    // Not before: until all are loaded, those of before go on with what they had.
    loaded.iter().for_each(|plugin: &Arc<Plugin>| plugin.begin());
    Ok(loaded)
}
