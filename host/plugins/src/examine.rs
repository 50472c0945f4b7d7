//! Reading a component's file once, and what its outermost layer imports and exports; nothing is compiled
//! or run here.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use sha2::{Digest as _, Sha256};
use wasmparser::{Encoding, Parser, Payload};

use crate::limiter::size;
use crate::refusal::Refusal;

/// The largest file that is read; components made from Python have some 20 MiB.
const FILE_LIMIT: u64 = 128 << 20;

/// A component's bytes, and what they want and offer. What is checked here is what is run later.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The whole file.
    pub(crate) bytes: Vec<u8>,
    /// Its SHA-256, in hexadecimal.
    pub(crate) sha256: String,
    /// The names of what it imports, in its order.
    pub(crate) imports: Vec<String>,
    /// The names of what it exports, in its order.
    pub(crate) exports: Vec<String>,
}

/// Which file a path may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ways {
    /// Any: its digest says whether it is the right one, or the operator names it by hand.
    All,
    /// That of this name in this folder: no link, which could be turned to another file.
    Straight,
}

/// Reads a file and examines it.
pub(crate) fn read(path: &Path, ways: Ways) -> Result<Examined, Refusal> {
    let bytes = bytes_of(path, ways)?;
    let mut examined =
        Examined { sha256: digest(&bytes), bytes, imports: Vec::new(), exports: Vec::new() };
    let (imports, exports) = surface(&examined.bytes)?;
    examined.imports = imports;
    examined.exports = exports;
    Ok(examined)
}

fn bytes_of(path: &Path, ways: Ways) -> Result<Vec<u8>, Refusal> {
    let unread = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::Missing,
        _ => Refusal::Unreadable(error.to_string()),
    };
    // Opening a pipe would wait for its other end.
    let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    if ways == Ways::Straight {
        flags |= OFlags::NOFOLLOW;
    }
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|error| {
        let link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        if link && path.is_symlink() { Refusal::Link } else { unread(error) }
    })?;
    let metadata = file.metadata().map_err(unread)?;
    if metadata.is_dir() {
        return Err(Refusal::Directory);
    }
    if !metadata.is_file() {
        return Err(Refusal::Unreadable("it is no regular file".to_owned()));
    }
    let bytes = whole(file).map_err(unread)?;
    if bytes.len() as u64 > FILE_LIMIT {
        let limit = size(usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX));
        return Err(Refusal::Unreadable(format!("it is larger than {limit}")));
    }
    Ok(bytes)
}

fn whole(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A SHA-256, in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}

/// The names of what a core module imports from modules whose name begins with `from`, in its order.
///
/// # Errors
/// It is no WebAssembly, or malformed.
pub fn core_imports(module: &[u8], from: &str) -> Result<Vec<String>, Refusal> {
    let malformed = |error: wasmparser::BinaryReaderError| Refusal::Malformed(error.to_string());
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload.map_err(malformed)? {
            for import in section.into_imports() {
                let import = import.map_err(malformed)?;
                if import.module.starts_with(from) {
                    names.push(import.name.to_owned());
                }
            }
        }
    }
    Ok(names)
}

/// The names that the outermost component imports and exports.
fn surface(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), Refusal> {
    if !bytes.starts_with(b"\0asm") {
        return Err(Refusal::NotWasm { text: bytes.trim_ascii_start().starts_with(b"(") });
    }
    let malformed = |error: wasmparser::BinaryReaderError| Refusal::Malformed(error.to_string());
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(malformed)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(Refusal::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(malformed)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(malformed)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
