//! The grammar of `mcpmux plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `mcpmux plugin`
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Start a plugin of your own: a project that builds, tests and says what to do next
    New(New),
    /// Build a plugin's project into a component, and print the lines for the configuration
    Build(Build),
    /// Test a plugin: its own tests, golden calls against the component, and the conformance checks
    Test(Test),
    /// Show what a component is: hooks, imports, wanted grants, sizes
    Inspect(Inspect),
    /// Measure what a plugin costs: loading, memory, and the time of each hook
    Bench(Bench),
    /// Show to a plugin the calls of an audit file, and print which decisions would be others
    Replay(Replay),
    /// List the plugins of the mcpmux that runs with this configuration
    List(Json),
    /// Let the mcpmux that runs with this configuration read it and its plugins again
    Reload(Reload),
    /// Fetch a component from an OCI registry and pin it
    Pull(Pull),
    /// Store a component in an OCI registry
    Push(Push),
}

/// How a command without other options prints.
#[derive(Debug, Clone, Copy, Args)]
pub struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A hook that a plugin can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Hook {
    /// Rename, hide, change or add entries
    Catalog,
    /// See, change, answer or refuse calls
    Request,
    /// Allow or deny calls
    Authorize,
    /// Allow or deny entries of lists
    AuthorizeList,
    /// See, change or withhold answers
    Response,
    /// See, change or drop notifications
    Notify,
    /// See how calls ended
    Observe,
    /// Fetch credentials for backends
    Credentials,
}

impl Hook {
    /// Its name in `wit/` and in golden calls.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Request => "request",
            Self::Authorize => "authorize",
            Self::AuthorizeList => "authorize-list",
            Self::Response => "response",
            Self::Notify => "notify",
            Self::Observe => "observe",
            Self::Credentials => "credentials",
        }
    }
}

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Rust, with the SDK: needs cargo
    #[default]
    Rust,
    /// JavaScript, with componentize-js: needs Node
    Js,
    /// Python, with componentize-py: needs Python
    Python,
    /// C, with Zig or another clang: needs Python, or `CC`
    C,
}

/// `mcpmux plugin new`
#[derive(Debug, Args)]
pub struct New {
    /// Its name: lower-case letters, digits and `-`
    pub name: String,
    /// A hook that it is to have; can be given several times [default: authorize]
    #[arg(long = "hook", value_enum, value_name = "HOOK")]
    pub hooks: Vec<Hook>,
    /// What it is written in
    #[arg(long, value_enum, default_value_t, value_name = "LANG")]
    pub lang: Lang,
    /// The folder to make [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The mcpmux checkout, or the URL of its Git repository, whose SDK it uses [default: the checkout that
    /// the folder, or this program, lies in]
    #[arg(long, value_name = "PATH|URL")]
    pub sdk: Option<String>,
    /// Print JSON: the folder and the files
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin build`
#[derive(Debug, Args)]
pub struct Build {
    /// The project's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Where to put the component [default: NAME.wasm in the project's folder]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Build without optimization: faster to build, larger and slower
    #[arg(long)]
    pub debug: bool,
    /// Print JSON: file, size, hash, hooks, wants
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin test`
#[derive(Debug, Args)]
pub struct Test {
    /// The project's folder, or a component
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    pub what: PathBuf,
    /// The folder of golden calls [default: `golden` in the project's folder]
    #[arg(long, value_name = "DIR")]
    pub golden: Option<PathBuf>,
    /// Leave out the project's own tests
    #[arg(long)]
    pub no_native: bool,
    /// Print JSON: every check and its result
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// The component
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which plugin is meant, and how it is set up.
#[derive(Debug, Clone, Args)]
pub struct Subject {
    /// A component, or the name of a plugin in the configuration
    #[arg(value_name = "FILE|NAME")]
    pub plugin: String,
    /// Its configuration, a JSON object [default: that of the configuration; of a file `{}`]
    #[arg(id = "set", long, value_name = "JSON")]
    pub config: Option<String>,
}

/// `mcpmux plugin bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// Which plugin.
    #[command(flatten)]
    pub subject: Subject,
    /// Measure only this hook; can be given several times
    #[arg(long = "hook", value_enum, value_name = "HOOK")]
    pub hooks: Vec<Hook>,
    /// How long each measurement takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub time: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// Which plugin.
    #[command(flatten)]
    pub subject: Subject,
    /// The audit file; its calls must have been recorded with `[audit] arguments = true`.
    /// Arguments are recorded as they were sent, so a `request` hook is not shown the calls whose arguments it, or a plugin
    /// behind it, changed; how many is said
    #[arg(long, value_name = "FILE")]
    pub audit: PathBuf,
    /// End with 1 if any decision is another one
    #[arg(long)]
    pub exit_code: bool,
    /// Print JSON: each call whose decision is another one, and the counts
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin reload`
#[derive(Debug, Args)]
pub struct Reload {
    /// The plugin that is meant [default: all]
    pub name: Option<String>,
    /// Print JSON: what was swapped
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin pull`
#[derive(Debug, Args)]
pub struct Pull {
    /// What to fetch: `HOST/REPOSITORY:TAG`, or with `@sha256:...` in the place of the tag
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Where to put the component [default: the last part of the repository's name and `.wasm`]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Speak to the registry without TLS; to one on this machine that is done anyway
    #[arg(long)]
    pub insecure: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `mcpmux plugin push`
#[derive(Debug, Args)]
pub struct Push {
    /// The component
    pub file: PathBuf,
    /// Where to store it: `HOST/REPOSITORY:TAG`
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Speak to the registry without TLS; to one on this machine that is done anyway
    #[arg(long)]
    pub insecure: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
