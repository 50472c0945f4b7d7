//! A D-Bus and GNOME's keychain on it, both of a test's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use zbus::fdo::DBusProxy;

use crate::harness::{PATIENCE, paths};

/// The name that a keychain has on a D-Bus.
const NAME: &str = "org.freedesktop.secrets";

/// A bus, and what may be on it. Dropping it ends both.
pub struct Bus {
    child: Child,
    folder: PathBuf,
    pub address: String,
    keychain: Option<Child>,
}

impl Bus {
    /// A bus without a keychain; all of it is in this folder.
    pub async fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join("run")).unwrap();
        let address = format!("unix:path={}", folder.join("bus").display());
        let config = folder.join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>"
        );
        std::fs::write(&config, text).unwrap();
        let child = program("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let bus = Self { child, folder: folder.to_owned(), address, keychain: None };
        bus.until("the bus is there", async || bus.has_keychain().await.is_some()).await;
        bus
    }

    /// Starts a keychain that is unlocked with this passphrase, if it is the right one or none was there before; without
    /// one it has no keyring.
    pub async fn keychain(&mut self, passphrase: Option<&str>) {
        let mut daemon = program("gnome-keyring-daemon");
        daemon
            .args(["--foreground", "--components=secrets"])
            .arg(format!("--control-directory={}", self.folder.join("run").display()))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", &self.folder)
            .env("XDG_DATA_HOME", self.folder.join("data"))
            .env("XDG_RUNTIME_DIR", self.folder.join("run"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(passphrase) = passphrase {
            // No line end: it would be part of the passphrase.
            std::fs::write(self.folder.join("passphrase"), passphrase).unwrap();
            daemon.arg("--unlock");
            daemon.stdin(std::fs::File::open(self.folder.join("passphrase")).unwrap());
        } else {
            daemon.stdin(Stdio::null());
        }
        self.keychain = Some(daemon.spawn().unwrap());
        self.until("the keychain is there", async || self.has_keychain().await == Some(true)).await;
    }

    /// Kills the keychain.
    pub async fn kill_keychain(&mut self) {
        end(self.keychain.take().as_mut());
        self.until("the keychain is gone", async || self.has_keychain().await == Some(false)).await;
    }

    /// Whether a keychain is on the bus; `None`: there is no bus.
    async fn has_keychain(&self) -> Option<bool> {
        let builder = zbus::connection::Builder::address(self.address.as_str()).ok()?;
        let connection = builder.build().await.ok()?;
        let bus = DBusProxy::new(&connection).await.ok()?;
        bus.name_has_owner(NAME.try_into().ok()?).await.ok()
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let holding = async {
            while !holds().await {
                tick.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, holding).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        end(self.keychain.as_mut());
        end(Some(&mut self.child));
    }
}

fn end(child: Option<&mut Child>) {
    if let Some(child) = child {
        let _gone = child.kill();
        let _collected = child.wait();
    }
}

/// A program that `cargo xtask deps` has put there, with its libraries.
fn program(name: &str) -> Command {
    let folder = paths::keyring();
    let mut command = Command::new(folder.join("bin").join(name));
    let libraries = std::fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
    let libraries: Vec<_> = libraries.map(|entry| entry.path()).collect();
    if !libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap());
    }
    command
}
