//! Real servers end with mcpmux, however it ends.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::json;
use tokio::io::unix::AsyncFd;

use super::{SERVERS, THREE, home};
use crate::harness::PATIENCE;
use crate::harness::lines::Process;

#[tokio::test]
async fn no_server_is_left_after_an_orderly_stop() {
    let home = home(THREE);
    let served = home.serve().await;
    assert_eq!(processes(home.path()).len(), 1 + SERVERS.len());
    assert_eq!(served.stop().await, 0);
    assert_eq!(processes(home.path()), Vec::<String>::new());
}

#[tokio::test]
async fn no_server_is_left_when_the_client_has_gone() {
    let home = home(THREE);
    let mut process = Process::start(home.mcpmux(&["serve", "--stdio"]));
    process.initialize().await;
    process.request(1, "tools/list", json!({})).await;
    assert_eq!(processes(home.path()).len(), 1 + SERVERS.len());
    assert_eq!(process.close().await, 0);
    assert_eq!(processes(home.path()), Vec::<String>::new());
}

#[tokio::test]
#[allow(deprecated, reason = "its successor is unsafe; with an owned descriptor either is sound")]
async fn no_server_is_left_after_mcpmux_was_killed() {
    let home = home(THREE);
    let mut served = home.serve().await;
    let found = pids(home.path());
    assert_eq!(found.len(), 1 + SERVERS.len());
    let watched: Vec<_> = found
        .iter()
        .map(|(pid, _)| pidfd_open(*pid, PidfdFlags::NONBLOCK).unwrap())
        .map(|process| AsyncFd::new(process).unwrap())
        .collect();
    served.child.kill().await.unwrap();
    for process in watched {
        // It becomes readable when the process ends.
        let ended = tokio::time::timeout(PATIENCE, process.readable()).await;
        drop(ended.expect("a server outlives mcpmux").unwrap());
    }
    assert_eq!(processes(home.path()), Vec::<String>::new());
}

/// The processes that have to do with a test's folder, for messages.
fn processes(folder: &Path) -> Vec<String> {
    pids(folder)
        .into_iter()
        .map(|(pid, line)| format!("{}: {line}", pid.as_raw_nonzero()))
        .collect()
}

/// The processes that have to do with a test's folder: by command line, environment or working directory.
fn pids(folder: &Path) -> Vec<(Pid, String)> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        let text = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
        let line = String::from_utf8_lossy(&text("cmdline")).replace('\0', " ");
        let environment = String::from_utf8_lossy(&text("environ")).into_owned();
        let place = fs::read_link(process.path().join("cwd")).unwrap_or_else(|_| PathBuf::new());
        let folder_text = folder.to_str().unwrap();
        if line.contains(folder_text) || environment.contains(folder_text) || place == folder {
            found.push((pid, line));
        }
    }
    found
}
