//! The table of the matrix in `host/docs`, from what the tests expect; `cargo xtask codegen` writes it through here.

use std::fmt::Write as _;

use super::cells::Era;
use super::table::{EXCEPTIONS, End, Ends, FEATURES, exception};
use super::{BACKENDS, DIRECT, backends, clients};
use crate::harness::paths;

/// The variable under which the file is written instead of compared.
const WRITE: &str = "MCPMUX_WRITE_DOCS";

#[test]
fn the_table_in_the_docs_is_of_these_tests() {
    let file = paths::root().join("host/docs/matrix.md");
    let table = table();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(file, table).unwrap();
        return;
    }
    let there = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(there, table, "it is stale; run `cargo xtask codegen`");
}

/// What works between two ends: everything, or everything but the exceptions of these numbers.
fn works(client: End, server: End, direct: bool) -> String {
    let numbers: Vec<String> = FEATURES
        .iter()
        .filter_map(|feature| exception(feature, client, server, direct))
        .map(|found| EXCEPTIONS.iter().position(|other| std::ptr::eq(other, found)).unwrap() + 1)
        .map(|number| number.to_string())
        .collect();
    if numbers.is_empty() { "all".to_owned() } else { format!("all but {}", numbers.join(", ")) }
}

fn table() -> String {
    let mut text = String::from(
        "<!-- Written by `cargo xtask codegen` from what `cargo test -p mcpmux --test it matrix` expects and checks. -->\n\
         # Who works with whom\n\n\
         Each cell is tested with real SDKs at both ends: a client on one mcpmux, which has a backend of each era and\n\
         transport. Legacy is 2025-11-25, modern is 2026-07-28; the SDKs are Python `mcp`, TypeScript\n\
         `@modelcontextprotocol/sdk` (1) and `@modelcontextprotocol/client` and `server` (2), and Rust `rmcp`.\n\n\
         In each cell every one of these is tried, and each as that SDK has it in that era: ",
    );
    writeln!(
        text,
        "{}.\n",
        FEATURES.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )
    .unwrap();

    text +=
        "## Through mcpmux\n\nA cell names the SDK of the backend, and what works.\n\n| client |";
    for (era, way, _) in BACKENDS {
        write!(text, " {} {} backend |", era.name(), way.name()).unwrap();
    }
    text += "\n|---|---|---|---|---|---|\n";
    for client in clients() {
        write!(text, "| {} {}, {} |", client.era.name(), client.way.name(), client.sdk.name())
            .unwrap();
        for server in backends(client) {
            write!(text, " {}: {} |", server.sdk.name(), works(client, server, false)).unwrap();
        }
        text.push('\n');
    }

    text += "\n## Without mcpmux\n\nThe same clients on the same servers, which must be of one era then.\n\n\
             | era and transport | client | servers |\n|---|---|---|\n";
    for &(era, way, clients, servers) in DIRECT {
        for &client in clients {
            let [era_name, way_name] = [era.name(), way.name()];
            write!(text, "| {era_name} {way_name} | {} |", client.name()).unwrap();
            let each = servers.iter().map(|&server| {
                let [one, other] = [client, server].map(|sdk| End { sdk, era, way });
                format!("{}: {}", server.name(), works(one, other, true))
            });
            writeln!(text, " {} |", each.collect::<Vec<_>>().join("; ")).unwrap();
        }
    }

    text += "\n## What does not work\n\n";
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        let number = index + 1;
        let [client, server] = [ends(exception.client), ends(exception.server)];
        let direct = if exception.direct { "with and without mcpmux" } else { "through mcpmux" };
        writeln!(
            text,
            "{number}. `{}`, {client} client on {server} backend, {direct}: {}.",
            exception.feature, exception.why
        )
        .unwrap();
    }
    text += "\nWorks, but not as if mcpmux were not there: while a legacy client subscribes to a second resource of a modern backend\n\
             or ends a subscription, one change may be told twice, as the stream before goes on until the next is sure to be\n\
             heard; and for two seconds after a modern HTTP client cancelled a call, a message of the same backend that names no\n\
             call reaches no modern client, as it could be of the cancelled one.\n";
    text += "\nNot in the table, as no such SDK is there: TypeScript 1 has no modern era; TypeScript 2 and Rust serve no HTTP+SSE.\n";
    text
}

/// Which ends these are, in words.
fn ends(ends: Ends) -> String {
    let era = ends.era.map(Era::name);
    let way = ends.way.map(super::cells::Way::name);
    let sdk = ends.sdk.map(super::cells::Sdk::name);
    let words: Vec<&str> = [sdk, era, way].into_iter().flatten().collect();
    if words.is_empty() { "any".to_owned() } else { format!("a {}", words.join(" ")) }
}
