//! The compatibility matrix: real SDK clients of both eras on real SDK servers of both eras, over every transport, through
//! mcpmux and without it; in each cell, every feature.
//!
//! What does not work is in `table.rs`, with the reason. Something else that does not work fails the test, and so does
//! something listed there that does.

mod cells;
mod document;
mod rust_client;
mod rust_server;
mod table;

use std::fmt::Write as _;

use tokio::task::JoinSet;

use cells::{Era, Line, Reach, Sdk, Server, Way, client};
use table::{End, FEATURES, exception};

use crate::harness::Home;

use Era::{Legacy, Modern};
use Sdk::{Python, Rust, TypeScript1, TypeScript2};
use Way::{Http, Sse, Stdio, Unix};

/// The backends of one mcpmux: era, transport, and the SDKs that take turns as the server. The first generation of the
/// TypeScript SDK has no modern era; of the others, its second generation and rmcp have no HTTP+SSE.
const BACKENDS: [(Era, Way, &[Sdk]); 5] = [
    (Legacy, Stdio, &[Python, TypeScript1, TypeScript2, Rust]),
    (Legacy, Http, &[TypeScript1, TypeScript2, Rust, Python]),
    (Legacy, Sse, &[Python, TypeScript1]),
    (Modern, Stdio, &[TypeScript2, Rust, Python]),
    (Modern, Http, &[Rust, Python, TypeScript2]),
];

/// What a client says of a backend, and the table does not.
fn check(lines: &[Line], name: &str, client: End, server: End, direct: bool) -> String {
    let lines: Vec<&Line> = lines.iter().filter(|line| line.backend == name).collect();
    let said: Vec<&str> = lines.iter().map(|line| line.feature.as_str()).collect();
    assert_eq!(said, FEATURES, "{client:?} on {server:?}");
    let mut wrong = String::new();
    for line in lines {
        match exception(&line.feature, client, server, direct) {
            None if !line.ok => {
                writeln!(wrong, "{client:?} on {server:?}: {}: {}", line.feature, line.detail)
                    .unwrap();
            }
            Some(listed) if line.ok => {
                writeln!(
                    wrong,
                    "{client:?} on {server:?}: {} works, though {}",
                    line.feature, listed.why
                )
                .unwrap();
            }
            _ => (),
        }
    }
    wrong
}

/// Runs cells, two at once, and fails if anything is wrong in any of them.
async fn all<F: Future<Output = String> + Send + 'static>(cells: impl IntoIterator<Item = F>) {
    let (mut running, mut wrong) = (JoinSet::<String>::new(), String::new());
    for cell in cells {
        if running.len() == 2 {
            wrong += &running.join_next().await.unwrap().unwrap();
        }
        running.spawn(cell);
    }
    while let Some(said) = running.join_next().await {
        wrong += &said.unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A client on a server of the same era and transport, without mcpmux: what is wrong.
async fn direct(one: End, other: End) -> String {
    let server = Server::start(other.sdk, other.era, other.way, "it").await;
    let lines = client(one.sdk, one.era, &server.reach, &[("it".to_owned(), String::new())]).await;
    check(&lines, "it", one, other, true)
}

/// All clients of mcpmux; the place of each is its turn.
fn clients() -> impl Iterator<Item = End> {
    let of = |&(era, way, sdks): &(Era, Way, &'static [Sdk])| {
        sdks.iter().map(move |&sdk| End { sdk, era, way })
    };
    CLIENTS.iter().flat_map(of)
}

/// The backends of one mcpmux with this client.
fn backends(client: End) -> impl Iterator<Item = End> {
    let turn = clients().position(|other| other == client).unwrap();
    BACKENDS.iter().map(move |&(era, way, sdks)| End { sdk: sdks[turn % sdks.len()], era, way })
}

/// One client on one mcpmux, with a backend of each era and transport: what is wrong.
async fn through(one: End) -> String {
    let End { sdk, era, way } = one;
    let (mut config, mut servers, mut names) = (String::new(), Vec::new(), Vec::new());
    for end in backends(one) {
        let name = format!("{}-{}", end.era.name(), end.way.name());
        let server = Server::start(end.sdk, end.era, end.way, &name).await;
        let reached = match &server.reach {
            Reach::Stdio(words) => format!("command = {words:?}"),
            Reach::Http(url) | Reach::Sse(url) => format!("url = {url:?}"),
            Reach::Unix(_) => unreachable!("no backend listens on a socket"),
        };
        writeln!(config, "[backends.{name}]\n{reached}\n").unwrap();
        names.push((name.clone(), format!("{name}__")));
        servers.push((name, end, server));
    }
    let home = Home::new(&format!("[listen]\nunix = \"mcpmux.sock\"\n\n{config}"));
    let lines = match way {
        Http | Unix => {
            let served = home.serve().await;
            let reach = match way {
                Http => Reach::Http(served.url.clone()),
                _ => Reach::Unix(home.path().join("mcpmux.sock")),
            };
            let lines = client(sdk, era, &reach, &names).await;
            assert_eq!(served.stop().await, 0);
            lines
        }
        _ => {
            let config = home.config().to_str().unwrap().to_owned();
            let words = [env!("CARGO_BIN_EXE_mcpmux"), "-c", &config, "serve", "--stdio"];
            let reach = Reach::Stdio(words.map(str::to_owned).to_vec());
            client(sdk, era, &reach, &names).await
        }
    };
    let said = servers.iter().map(|(name, server, _)| check(&lines, name, one, *server, false));
    said.collect()
}

macro_rules! directly {
    ($($name:ident: $era:ident, $way:ident, $clients:expr, $servers:expr;)*) => {
        /// The cells without mcpmux: era, transport, clients and servers.
        const DIRECT: &[(Era, Way, &[Sdk], &[Sdk])] = &[$(($era, $way, &$clients, &$servers)),*];

        mod directly {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let end = |sdk| End { sdk, era: $era, way: $way };
                let servers = $servers.map(end);
                let cell = |client| servers.map(|server| direct(client, server));
                all($clients.map(end).into_iter().flat_map(cell)).await;
            })*
        }
    };
}

directly! {
    legacy_stdio: Legacy, Stdio, [Python, TypeScript1, TypeScript2, Rust], [Python, TypeScript1, TypeScript2, Rust];
    legacy_http: Legacy, Http, [Python, TypeScript1, TypeScript2, Rust], [Python, TypeScript1, TypeScript2, Rust];
    legacy_sse: Legacy, Sse, [Python, TypeScript1, TypeScript2], [Python, TypeScript1];
    modern_stdio: Modern, Stdio, [Python, TypeScript2, Rust], [Python, TypeScript2, Rust];
    modern_http: Modern, Http, [Python, TypeScript2, Rust], [Python, TypeScript2, Rust];
}

macro_rules! through_mcpmux {
    ($($name:ident: $era:ident, $way:ident, $clients:expr;)*) => {
        /// The clients of mcpmux: era, transport, SDKs.
        const CLIENTS: &[(Era, Way, &[Sdk])] = &[$(($era, $way, &$clients)),*];

        mod through_mcpmux {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                all($clients.map(|sdk| through(End { sdk, era: $era, way: $way }))).await;
            })*
        }
    };
}

through_mcpmux! {
    legacy_clients_over_stdio: Legacy, Stdio, [Python, TypeScript1, TypeScript2, Rust];
    modern_clients_over_stdio: Modern, Stdio, [Python, TypeScript2, Rust];
    legacy_clients_over_http: Legacy, Http, [Python, TypeScript1, TypeScript2, Rust];
    modern_clients_over_http: Modern, Http, [Python, TypeScript2, Rust];
    legacy_clients_over_unix: Legacy, Unix, [Python, TypeScript1, TypeScript2, Rust];
    modern_clients_over_unix: Modern, Unix, [Python, TypeScript2, Rust];
}
