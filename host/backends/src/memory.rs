//! What was learned of backends over restarts: the era that each spoke, in a file beside mcpmux's other state.
//!
//! It only saves time: a backend is found out anew if the file is not there, cannot be read, or turns out wrong.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mcpmux_core::config::Transport;
use mcpmux_core::era::Era;
use mcpmux_core::names::BackendName;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The file's name in the folder for state.
const FILE: &str = "eras.json";

/// The file.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    folder: Option<PathBuf>,
    /// Held while the file is written.
    writing: Mutex<()>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    backends: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// What the backend was reached by, as a number that tells nothing else.
    transport: String,
    era: KnownEra,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KnownEra {
    Legacy,
    Modern,
}

impl Archive {
    /// The file in this folder; `None`: nothing is kept.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, writing: Mutex::default() }
    }

    /// The era that the backend spoke when it was last found out, if it is reached as it was then.
    pub(crate) fn era(&self, name: &BackendName, transport: &Transport) -> Option<Era> {
        let contents = read(self.folder.as_deref()?);
        let known = contents.backends.get(name.as_str())?;
        let era = match known.era {
            KnownEra::Legacy => Era::Legacy,
            KnownEra::Modern => Era::Modern,
        };
        (known.transport == fingerprint(transport)).then_some(era)
    }

    /// The backend was found to speak this era. Blocks while the file is written.
    pub(crate) fn learn(&self, name: &BackendName, transport: &Transport, era: Era) {
        let Some(folder) = &self.folder else { return };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut contents = read(folder);
        let known = Known {
            transport: fingerprint(transport),
            era: match era {
                Era::Legacy => KnownEra::Legacy,
                Era::Modern => KnownEra::Modern,
            },
        };
        if contents.backends.get(name.as_str()) == Some(&known) {
            return;
        }
        contents.backends.insert(name.as_str().to_owned(), known);
        if let Err(error) = write(folder, &contents) {
            warn!(folder = ?folder, %error, "cannot keep which era the backends speak");
        }
    }
}

fn read(folder: &Path) -> Contents {
    let path = folder.join(FILE);
    let read = std::fs::read(&path).and_then(|text| Ok(serde_json::from_slice(&text)?));
    read.unwrap_or_else(|error| {
        if error.kind() != ErrorKind::NotFound {
            warn!(?path, %error, "it cannot be read; each backend's era is found out anew");
        }
        Contents::default()
    })
}

/// Writes the file whole, or leaves the old one: another mcpmux may read it at any time.
fn write(folder: &Path, contents: &Contents) -> std::io::Result<()> {
    // The vault rests there too, which takes no folder that others can write in.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let aside = folder.join(format!(".{FILE}.{}", std::process::id()));
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(&serde_json::to_vec_pretty(contents)?)?;
    file.sync_all()?;
    std::fs::rename(&aside, folder.join(FILE))
}

/// Tells ways to reach a backend apart (FNV-1a, 64 bits). Secrets are left out.
fn fingerprint(transport: &Transport) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let (cwd, path);
    match transport {
        Transport::Command { argv, env, cwd: folder } => {
            cwd = folder.as_ref().map(|folder| folder.to_string_lossy());
            parts.push("command");
            parts.extend(argv.iter().map(String::as_str));
            parts.push(cwd.as_deref().unwrap_or_default());
            parts.extend(env.keys().map(String::as_str));
        }
        Transport::Url { url, headers, .. } => {
            parts.extend(["url", url]);
            parts.extend(headers.keys().map(String::as_str));
        }
        Transport::Wasm { path: file, args, env, .. } => {
            path = file.to_string_lossy();
            parts.extend(["wasm", &path]);
            parts.extend(args.iter().map(String::as_str));
            parts.extend(env.keys().map(String::as_str));
        }
    }
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
