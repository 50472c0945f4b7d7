//! Each revision of the suite against backends of each era, over stdio and HTTP, compared with the backend alone.

use std::fmt;

use tokio::process::Command;
use tokio::sync::OnceCell;

use super::expected;
use super::suite::{self, Found, Revision};
use crate::harness::{Home, paths};
use crate::peers::filled;
use crate::peers::server::Server;

/// What the first backend speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// 2025-11-25 only.
    Legacy,
    /// 2026-07-28 only.
    Modern,
    /// Whichever its client speaks; mcpmux prefers the newer.
    Both,
}

/// How the first backend is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Stdio,
    Http,
}

/// One run of the suite through mcpmux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// What the suite speaks.
    pub(super) suite: Revision,
    pub(super) era: Era,
    pub(super) way: Way,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, era, way } = self;
        write!(f, "{} on a backend of {era:?} over {way:?}", suite.name())
    }
}

/// One test a cell, so that one can be run alone: `conformance::servers::legacy_suite_on::modern_stdio`.
macro_rules! cells {
    ($($module:ident, $suite:ident: $($name:ident $era:ident $way:ident,)*;)*) => {
        $(mod $module {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                check(Cell { suite: Revision::$suite, era: Era::$era, way: Way::$way }).await;
            })*
        })*
    };
}

cells! {
    legacy_suite_on, Legacy:
        legacy_stdio Legacy Stdio,
        legacy_http Legacy Http,
        modern_stdio Modern Stdio,
        modern_http Modern Http,
        both_stdio Both Stdio,
        both_http Both Http,;
    modern_suite_on, Modern:
        legacy_stdio Legacy Stdio,
        legacy_http Legacy Http,
        modern_stdio Modern Stdio,
        modern_http Modern Http,
        both_stdio Both Stdio,
        both_http Both Http,;
}

/// What the suite finds of the backend alone, once a revision.
async fn direct(revision: Revision) -> &'static Found {
    static LEGACY: OnceCell<Found> = OnceCell::const_new();
    static MODERN: OnceCell<Found> = OnceCell::const_new();
    let once = match revision {
        Revision::Legacy => &LEGACY,
        Revision::Modern => &MODERN,
    };
    once.get_or_init(|| async {
        let (server, home) = (listening(Era::Both).await, Home::new(""));
        let found = suite::of_server(revision, &server.url, home.path()).await;
        let passed = |name: &String| found.get(name).is_some_and(suite::Verdict::passed);
        let failed: Vec<_> =
            suite::scored(revision, "server").into_iter().filter(|name| !passed(name)).collect();
        assert!(failed.is_empty(), "the backend itself fails {failed:?}\n{found:#?}");
        found
    })
    .await
}

/// The scenarios that differ from the backend alone are those listed, each way.
async fn check(cell: Cell) {
    let direct = direct(cell.suite).await;
    let through = through(cell).await;
    let nothing = suite::Verdict::default();
    let (mut lost, mut all) = (Vec::new(), 0);
    for (name, alone) in direct.iter().filter(|(_, alone)| alone.passed()) {
        let lacks = through.get(name).unwrap_or(&nothing).lacks(alone);
        all += 1;
        if !lacks.is_empty() {
            lost.push((name.as_str(), lacks));
        }
    }
    let scored = suite::scored(cell.suite, "server");
    let passed = |name: &&String| through.get(*name).is_some_and(suite::Verdict::passed);
    let (score, kept) = (scored.iter().filter(passed).count(), all - lost.len());
    let of = format!("{score} of {} scored scenarios, {kept} of {all} just as alone", scored.len());
    suite::say(&format!("conformance {cell}: {of}"));

    let listed: Vec<&str> = expected::differences(cell).collect();
    let gained: Vec<_> =
        listed.iter().filter(|name| lost.iter().all(|(other, _)| other != *name)).collect();
    lost.retain(|(name, _)| !listed.contains(name));
    let names: Vec<_> = lost.iter().map(|(name, _)| name).collect();
    assert!(lost.is_empty(), "{cell}: differs from the backend alone: {names:?}\n{lost:#?}");
    assert!(gained.is_empty(), "{cell}: no longer differs, not to be listed: {gained:?}");
}

/// What the suite finds of mcpmux with this backend, whose names stay as they are, and another behind it.
async fn through(cell: Cell) -> Found {
    let other_way = if cell.way == Way::Stdio { Way::Http } else { Way::Stdio };
    // The second claims the same resources, in the other era; or is a real server that has little in common.
    let second = match cell.era {
        Era::Legacy => Some(Era::Modern),
        Era::Modern => Some(Era::Legacy),
        Era::Both => None,
    };
    let (first, _one) = backend(cell.era, cell.way).await;
    let (second, _two) = match second {
        Some(era) => backend(era, other_way).await,
        None => {
            let everything = r#"["{node}", "{npm}/server-everything/dist/index.js", "stdio"]"#;
            (format!("command = {}", filled(everything)), None)
        }
    };
    let config =
        format!("[backends.first]\nprefix = \"\"\n{first}\n\n[backends.second]\n{second}\n");
    let home = Home::new(&config);
    let served = home.serve().await;
    let found = suite::of_server(cell.suite, &served.url, home.path()).await;
    let log = served.log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(served.stop().await, 0);
    found
}

/// What the configuration says of a backend, and the server if it is not mcpmux that starts it.
async fn backend(era: Era, way: Way) -> (String, Option<Server>) {
    match way {
        Way::Stdio => {
            let [script, stdio, option, era] = fixture("--stdio", era);
            (
                format!(
                    "command = [{:?}, {script:?}, {stdio:?}, {option:?}, {era:?}]",
                    paths::python()
                ),
                None,
            )
        }
        Way::Http => {
            let server = listening(era).await;
            (format!("url = {:?}", server.url), Some(server))
        }
    }
}

async fn listening(era: Era) -> Server {
    let mut command = Command::new(paths::python());
    command.args(fixture("--http", era));
    Server::start(command).await
}

pub(super) fn fixture(way: &str, era: Era) -> [String; 4] {
    let era = match era {
        Era::Legacy => "legacy",
        Era::Modern => "modern",
        Era::Both => "both",
    };
    [&filled("{peers}/conformance_backend.py"), way, "--era", era].map(str::to_owned)
}
