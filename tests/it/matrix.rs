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

/// Fails if what a client says of a backend is not what the table says.
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

/// Every client of an era and a transport on every server of the same, without mcpmux.
async fn direct(era: Era, way: Way, clients: &[Sdk], servers: &[Sdk]) {
    let mut wrong = String::new();
    for &sdk in clients {
        for &other in servers {
            let server = Server::start(other, era, way, "it").await;
            let lines = client(sdk, era, &server.reach, &[("it".to_owned(), String::new())]).await;
            let [one, two] = [sdk, other].map(|sdk| End { sdk, era, way });
            wrong += &check(&lines, "it", one, two, true);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The backends of one mcpmux with this client.
fn backends(client: End) -> impl Iterator<Item = End> {
    let turn = CLIENTS.iter().position(|other| *other == client).unwrap();
    BACKENDS.iter().map(move |&(era, way, sdks)| End { sdk: sdks[turn % sdks.len()], era, way })
}

/// One client on one mcpmux, with a backend of each era and transport.
async fn through(one: End) {
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
    let mut wrong = String::new();
    for (name, server, _) in &servers {
        wrong += &check(&lines, name, one, *server, false);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

macro_rules! directly {
    ($($name:ident: $era:ident, $way:ident, $clients:expr, $servers:expr;)*) => {
        /// The cells without mcpmux: era, transport, clients and servers.
        const DIRECT: &[(Era, Way, &[Sdk], &[Sdk])] = &[$(($era, $way, &$clients, &$servers)),*];

        mod directly {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                direct($era, $way, &$clients, &$servers).await;
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
    ($($name:ident: $sdk:ident, $era:ident, $way:ident;)*) => {
        /// The clients of mcpmux; the place of each is its turn.
        const CLIENTS: &[End] = &[$(End { sdk: $sdk, era: $era, way: $way }),*];

        mod through_mcpmux {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                through(End { sdk: $sdk, era: $era, way: $way }).await;
            })*
        }
    };
}

through_mcpmux! {
    legacy_python_over_stdio: Python, Legacy, Stdio;
    legacy_typescript1_over_stdio: TypeScript1, Legacy, Stdio;
    legacy_typescript2_over_stdio: TypeScript2, Legacy, Stdio;
    legacy_rust_over_stdio: Rust, Legacy, Stdio;
    modern_python_over_stdio: Python, Modern, Stdio;
    modern_typescript2_over_stdio: TypeScript2, Modern, Stdio;
    modern_rust_over_stdio: Rust, Modern, Stdio;
    legacy_python_over_http: Python, Legacy, Http;
    legacy_typescript1_over_http: TypeScript1, Legacy, Http;
    legacy_typescript2_over_http: TypeScript2, Legacy, Http;
    legacy_rust_over_http: Rust, Legacy, Http;
    modern_python_over_http: Python, Modern, Http;
    modern_typescript2_over_http: TypeScript2, Modern, Http;
    modern_rust_over_http: Rust, Modern, Http;
    legacy_python_over_unix: Python, Legacy, Unix;
    legacy_typescript1_over_unix: TypeScript1, Legacy, Unix;
    legacy_typescript2_over_unix: TypeScript2, Legacy, Unix;
    legacy_rust_over_unix: Rust, Legacy, Unix;
    modern_python_over_unix: Python, Modern, Unix;
    modern_typescript2_over_unix: TypeScript2, Modern, Unix;
    modern_rust_over_unix: Rust, Modern, Unix;
}
