//! `mcpmux plugin`: its commands, one a file.

mod bench;
mod build;
mod component;
mod inspect;
mod list;
mod new;
mod pull;
mod push;
mod reload;
mod replay;
mod test;

use mcpmux_manage::cli::Global;
use mcpmux_manage::cli::plugin::Plugin;

use crate::failure::Failure;

pub(crate) async fn run(global: &Global, command: &Plugin) -> Result<(), Failure> {
    match command {
        Plugin::New(options) => new::run(options),
        Plugin::Build(options) => build::run(options),
        Plugin::Test(options) => test::run(options).await,
        Plugin::Inspect(options) => inspect::run(options),
        Plugin::Bench(options) => bench::run(global, options).await,
        Plugin::Replay(options) => replay::run(global, options).await,
        Plugin::List(options) => list::run(global, options).await,
        Plugin::Reload(options) => reload::run(global, options).await,
        Plugin::Pull(options) => pull::run(global, options).await,
        Plugin::Push(options) => push::run(options).await,
    }
}
