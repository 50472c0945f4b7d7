//! The suite's scenarios for clients, with mcpmux as the client and the Python SDK of either era in front of it.

use super::suite::{self, Revision, Verdict};
use crate::harness::{Home, paths};
use crate::peers::filled;

/// The scenarios of each revision: the scored ones, and one that came later. Those about authorization follow.
const LEGACY: [&str; 5] = [
    "elicitation-sep1034-client-defaults",
    "initialize",
    "json-schema-2020-12-preservation",
    "sse-retry",
    "tools_call",
];
const MODERN: [&str; 8] = [
    "http-custom-headers",
    "http-invalid-tool-headers",
    "http-standard-headers",
    "json-schema-2020-12-preservation",
    "json-schema-ref-no-deref",
    "request-metadata",
    "sep-2322-client-request-state",
    "tools_call",
];

/// Those about authorization that 2025-11-25 has, and the extensions that it may have.
const LEGACY_AUTH: [&str; 17] = [
    "auth/metadata-default",
    "auth/metadata-var1",
    "auth/metadata-var2",
    "auth/metadata-var3",
    "auth/basic-cimd",
    "auth/scope-from-www-authenticate",
    "auth/scope-from-scopes-supported",
    "auth/scope-omitted-when-undefined",
    "auth/scope-step-up",
    "auth/scope-retry-limit",
    "auth/token-endpoint-auth-basic",
    "auth/token-endpoint-auth-post",
    "auth/token-endpoint-auth-none",
    "auth/pre-registration",
    "auth/client-credentials-jwt",
    "auth/client-credentials-basic",
    "auth/enterprise-managed-authorization",
];
/// What 2026-07-28 has beside those.
const MODERN_AUTH: [&str; 11] = [
    "auth/resource-mismatch",
    "auth/metadata-issuer-mismatch",
    "auth/iss-supported",
    "auth/iss-not-advertised",
    "auth/iss-supported-missing",
    "auth/iss-wrong-issuer",
    "auth/iss-unexpected",
    "auth/iss-normalized",
    "auth/offline-access-scope",
    "auth/offline-access-not-supported",
    "auth/authorization-server-migration",
];

#[tokio::test]
async fn mcpmux_logs_in_as_2025_11_25_has_it() {
    check(Revision::Legacy, Revision::Legacy, &LEGACY_AUTH).await;
}

#[tokio::test]
async fn mcpmux_logs_in_as_2026_07_28_has_it() {
    let all = [&LEGACY_AUTH[..], &MODERN_AUTH].concat();
    check(Revision::Modern, Revision::Modern, &all).await;
}

#[tokio::test]
async fn mcpmux_is_a_client_of_2025_11_25_for_legacy_clients() {
    check(Revision::Legacy, Revision::Legacy, &LEGACY).await;
}

#[tokio::test]
async fn mcpmux_is_a_client_of_2025_11_25_for_modern_clients() {
    check(Revision::Legacy, Revision::Modern, &LEGACY).await;
}

#[tokio::test]
async fn mcpmux_is_a_client_of_2026_07_28_for_legacy_clients() {
    check(Revision::Modern, Revision::Legacy, &MODERN).await;
}

#[tokio::test]
async fn mcpmux_is_a_client_of_2026_07_28_for_modern_clients() {
    check(Revision::Modern, Revision::Modern, &MODERN).await;
}

/// All scenarios pass, one after the other, as some of them measure time.
async fn check(server: Revision, client: Revision, scenarios: &[&str]) {
    let mut all = suite::scored(server, "client");
    let auth = scenarios.iter().any(|name| name.starts_with("auth/"));
    all.retain(|name| name.starts_with("auth/") == auth);
    assert!(all.iter().all(|name| scenarios.contains(&name.as_str())), "not run: {all:?}");
    let (mut failed, mut passed) = (Vec::new(), Vec::new());
    for scenario in scenarios {
        let mut verdict = play(server, client, scenario).await;
        if !verdict.passed() {
            // Once more: a busy machine may have been late for a scenario that measures time.
            verdict = play(server, client, scenario).await;
        }
        if verdict.passed() {
            passed.push(*scenario);
        } else {
            failed.push((*scenario, verdict));
        }
    }
    let pair = (server.name(), client.name());
    let score = format!("{} of {}", passed.len(), scenarios.len());
    suite::say(&format!("conformance as a client of {} for one of {}: {score}", pair.0, pair.1));
    assert!(failed.is_empty(), "{pair:?}: {failed:#?}");
}

/// What the suite finds of mcpmux as its client.
async fn play(server: Revision, client: Revision, scenario: &str) -> Verdict {
    let home = Home::new("");
    let results = home.path().join("results");
    let mode = match client {
        Revision::Legacy => "legacy",
        Revision::Modern => Revision::Modern.name(),
    };
    let python = paths::python();
    let [python, folder] = [&python, home.path()].map(|path| path.to_str().unwrap());
    let driver = filled("{peers}/suite_client.py");
    let words = [python, &driver, folder, env!("CARGO_BIN_EXE_mcpmux"), mode];
    let mut command = suite::command(home.path());
    command.args(["client", "--scenario", scenario, "--spec-version", server.name(), "--force"]);
    command.args(["--timeout", "30000", "--command", &words.join(" "), "-o"]).arg(&results);
    // Its server would listen on all interfaces.
    command.env("NODE_OPTIONS", filled("--require {peers}/loopback.cjs"));
    let said = suite::run(command).await;
    let mut verdict = suite::verdicts(&results).remove(scenario).unwrap_or_default();
    if !verdict.passed()
        || ["CLIENT EXITED WITH ERROR", "CLIENT TIMED OUT"].iter().any(|it| said.contains(it))
    {
        verdict.failed.push(said);
    }
    verdict
}
