//! Pulling and pushing, against Debian's registry and against one that misbehaves.
#![allow(missing_docs, unreachable_pub, reason = "a test binary")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "a test may fail")]

mod faults;
mod faulty;
mod real;
#[path = "../../../../tests/it/registry/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};

use mcpmux_core::config::Secret;
use mcpmux_registry::{Access, Contents, Credentials, Error, Pulled, Pushed, Source};

const NOBODY: Access = Access { insecure: false, credentials: Credentials::None(None) };

fn user(name: &str, password: &str) -> Access {
    let password = Secret::new(password.to_owned());
    Access { insecure: false, credentials: Credentials::Basic { user: name.to_owned(), password } }
}

fn source(address: &str, rest: &str) -> Source {
    Source::parse(&format!("{address}/{rest}")).unwrap()
}

/// A folder with the place that components are pulled to.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("plugins/guard.wasm")
    }

    /// Nothing but what was there before is there after a failure.
    #[track_caller]
    fn check_untouched(&self, before: Option<&[u8]>) {
        assert_eq!(fs::read(self.target()).ok().as_deref(), before);
        let files = fs::read_dir(self.folder.path().join("plugins")).map_or(0, Iterator::count);
        assert_eq!(files, usize::from(before.is_some()), "a partial file stays");
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn push(
    source: &Source,
    access: &Access,
    bytes: &[u8],
    contents: &Contents,
) -> Result<Pushed, Error> {
    run(mcpmux_registry::push(source, access, bytes.to_vec(), contents))
}

fn pull(source: &Source, access: &Access, target: &Path) -> Result<Pulled, Error> {
    run(mcpmux_registry::pull(source, access, target))
}

/// That pulling fails with these words and writes nothing.
#[track_caller]
fn check_refused(source: &Source, access: &Access, expected: &[&str]) {
    let place = Place::new();
    let error = pull(source, access, &place.target()).unwrap_err().to_string();
    for expected in expected {
        assert!(error.contains(expected), "{error}");
    }
    place.check_untouched(None);
}
