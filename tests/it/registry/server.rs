//! A real registry, Debian's `docker-registry`, with a folder and a port of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);
/// The user it knows where it knows one, and the password.
pub const USER: (&str, &str) = ("me", "s3cret");
/// The password as htpasswd writes it, with the cheapest cost there is.
const HTPASSWD: &str = "me:$2b$04$v8xqmOKe6blvnrtipVzEn.NP723iOj6HRhzeFcPyXawY9GL3E.l9i\n";

/// A registry that runs; dropping it ends it and removes what it stored.
pub struct Registry {
    /// Where it listens: `127.0.0.1:PORT`.
    pub address: String,
    process: Child,
    folder: tempfile::TempDir,
}

impl Registry {
    /// One that anybody may use.
    pub fn start() -> Self {
        Self::with("")
    }

    /// One that only [`USER`] may use.
    pub fn guarded() -> Self {
        Self::with("auth:\n  htpasswd:\n    realm: tests\n    path: htpasswd\n")
    }

    fn with(auth: &str) -> Self {
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/.deps/bin/docker-registry");
        assert!(program.is_file(), "there is no {}: run `cargo xtask deps`", program.display());
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "version: 0.1\nlog:\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
             rootdirectory: data\nhttp:\n  addr: 127.0.0.1:0\n{auth}"
        );
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        std::fs::write(folder.path().join("htpasswd"), HTPASSWD).unwrap();
        let mut process = Command::new(program)
            .args(["serve", "config.yml"])
            .current_dir(folder.path())
            .env("OTEL_TRACES_EXPORTER", "none")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tx, rx) = mpsc::channel();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        // Read to the end, so that it never waits for somebody who reads.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let address = line.split("listening on ").nth(1);
                let address = address.and_then(|rest| rest.split(['"', ' ', ',']).next());
                let _ended = address.map(|address| tx.send(address.to_owned()));
            }
        });
        let address = rx.recv_timeout(PATIENCE).expect("docker-registry listens");
        Self { address, process, folder }
    }

    /// The file in which it keeps the bytes with this digest, `sha256:..`.
    pub fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        let blobs = self.folder.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}
