//! The compatibility matrix: real SDK clients of both eras on real SDK servers of both eras, over every transport, through
//! mcpmux and without it; in each cell, every feature.
//!
//! What does not work is in `table.rs`, with the reason. Something else that does not work fails the test, and so does
//! something listed there that does.

mod cells;
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

/// One client on one mcpmux, with a backend of each era and transport; `turn` says which SDKs these are of.
async fn through(sdk: Sdk, era: Era, way: Way, turn: usize) {
    let (mut config, mut servers, mut names) = (String::new(), Vec::new(), Vec::new());
    for (other, by, sdks) in BACKENDS {
        let name = format!("{}-{}", other.name(), by.name());
        let end = End { sdk: sdks[turn % sdks.len()], era: other, way: by };
        let server = Server::start(end.sdk, other, by, &name).await;
        let reached = match &server.reach {
            Reach::Stdio(words) => format!("command = {words:?}"),
            Reach::Http(url) | Reach::Sse(url) => format!("url = {url:?}"),
            Reach::Unix(_) => unreachable!("no backend listens on a socket"),
        };
        writeln!(config, "[backends.{name}]\n{reached}\n").unwrap();
        names.push((name.clone(), format!("{name}__")));
        servers.push((name, end, server));
    }
    let home = Home::new(&config);
    let lines = match way {
        Http => {
            let served = home.serve().await;
            let lines = client(sdk, era, &Reach::Http(served.url.clone()), &names).await;
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
        wrong += &check(&lines, name, End { sdk, era, way }, *server, false);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

macro_rules! directly {
    ($($name:ident: $era:ident, $way:ident, $clients:expr, $servers:expr;)*) => {
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
    ($($name:ident: $sdk:ident, $era:ident, $way:ident, $turn:expr;)*) => {
        mod through_mcpmux {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                through($sdk, $era, $way, $turn).await;
            })*
        }
    };
}

through_mcpmux! {
    legacy_python_over_stdio: Python, Legacy, Stdio, 0;
    legacy_typescript1_over_stdio: TypeScript1, Legacy, Stdio, 1;
    legacy_typescript2_over_stdio: TypeScript2, Legacy, Stdio, 2;
    legacy_rust_over_stdio: Rust, Legacy, Stdio, 3;
    modern_python_over_stdio: Python, Modern, Stdio, 4;
    modern_typescript2_over_stdio: TypeScript2, Modern, Stdio, 5;
    modern_rust_over_stdio: Rust, Modern, Stdio, 6;
    legacy_python_over_http: Python, Legacy, Http, 7;
    legacy_typescript1_over_http: TypeScript1, Legacy, Http, 8;
    legacy_typescript2_over_http: TypeScript2, Legacy, Http, 9;
    legacy_rust_over_http: Rust, Legacy, Http, 10;
    modern_python_over_http: Python, Modern, Http, 11;
    modern_typescript2_over_http: TypeScript2, Modern, Http, 12;
    modern_rust_over_http: Rust, Modern, Http, 13;
}
