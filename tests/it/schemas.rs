//! Whatever mcpmux writes is what the revision's own JSON Schema allows, to clients and to backends, in each
//! revision and on each transport.
//!
//! `MCPMUX_SCHEMAS` names the folder of the schemas, `mcp-REVISION.schema.json`, as `cargo xtask conformance` does.
//! Without it only the envelopes are checked, and the test says so.

mod definitions;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::lossless;
use definitions::{Definitions, envelope};

/// What mcpmux wrote.
pub struct Written {
    pub way: String,
    pub revision: &'static str,
    pub to: To,
    pub text: String,
    /// The method of the request that it answers.
    pub answers: Option<String>,
}

/// To whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    Client,
    Backend,
}

/// What must be among what was written, or the check looked at too little; by the names of the definitions.
const LEGACY: &[(To, &str)] = &[
    (To::Backend, "InitializeRequest"),
    (To::Backend, "InitializedNotification"),
    (To::Backend, "ListToolsRequest"),
    (To::Backend, "CallToolRequest"),
    (To::Backend, "CancelledNotification"),
    (To::Backend, "EmptyResult"),
    (To::Client, "InitializeResult"),
    (To::Client, "EmptyResult"),
    (To::Client, "ListToolsResult"),
    (To::Client, "CallToolResult"),
    (To::Client, "ProgressNotification"),
    (To::Client, "error -32602"),
    (To::Client, "error -32601"),
    (To::Client, "error 1003"),
];
const MODERN: &[(To, &str)] = &[
    (To::Backend, "DiscoverRequest"),
    (To::Backend, "SubscriptionsListenRequest"),
    (To::Backend, "ListToolsRequest"),
    (To::Backend, "CallToolRequest"),
    (To::Client, "DiscoverResultResponse"),
    (To::Client, "ListToolsResultResponse"),
    (To::Client, "CallToolResultResponse"),
    (To::Client, "SubscriptionsAcknowledgedNotification"),
    (To::Client, "SubscriptionsListenResultResponse"),
    (To::Client, "ProgressNotification"),
    (To::Client, "error -32602"),
    (To::Client, "error -32601"),
    (To::Client, "error -32022"),
    (To::Client, "error -32020"),
    (To::Client, "error 1003"),
];

#[tokio::test]
#[allow(clippy::print_stderr, reason = "says what was not checked")]
async fn every_message_that_is_written_is_valid() {
    let (recorded, own) = tokio::join!(lossless::recorded(), traffic::record());
    let mut all = own;
    for run in recorded {
        for (to, texts) in [(To::Client, run.to_client), (To::Backend, run.to_backend)] {
            let (way, revision) = (&run.way, run.revision);
            all.extend(texts.into_iter().map(|text| {
                let answers = answered(&text, to, &run.asked);
                Written { way: way.clone(), revision, to, text, answers }
            }));
        }
    }
    // Whoever the backend turns out to be, it is first asked in the modern era, and one that takes long to
    // answer in the legacy era as well.
    for it in all.iter_mut().filter(|it| it.to == To::Backend) {
        if it.text.contains(r#""method":"server/discover""#) {
            it.revision = crate::harness::http::MODERN;
        } else if it.revision == crate::harness::http::MODERN
            && it.text.contains(r#""method":"initialize""#)
        {
            it.revision = crate::harness::http::LEGACY;
        }
    }
    let mut wrong = BTreeSet::new();
    let wrong_envelopes = all.iter().filter_map(|it| {
        let why = envelope(&it.text).err()?;
        Some(format!("{} to the {:?}: {why}: {}", it.revision, it.to, it.text))
    });
    wrong.extend(wrong_envelopes);
    match std::env::var_os("MCPMUX_SCHEMAS").filter(|folder| !folder.is_empty()) {
        None => eprintln!(
            "MCPMUX_SCHEMAS is not set: of {} messages only the envelopes were checked",
            all.len()
        ),
        Some(folder) => {
            let folder = PathBuf::from(folder);
            for revision in BTreeSet::from_iter(all.iter().map(|it| it.revision)) {
                let mut definitions = Definitions::read(&folder, revision);
                let mut seen = BTreeSet::new();
                for it in all.iter().filter(|it| it.revision == revision) {
                    match definitions.judge(it) {
                        Ok(name) => _ = seen.insert((it.to, name)),
                        Err(why) => {
                            wrong.insert(format!("{} to the {:?}: {why}", it.way, it.to));
                        }
                    }
                }
                let expected =
                    if revision < crate::harness::http::MODERN { LEGACY } else { MODERN };
                let seen = |it: &&(To, &str)| seen.contains(&(it.0, it.1.to_owned()));
                let missing: Vec<_> = expected.iter().filter(|it| !seen(it)).collect();
                if !missing.is_empty() {
                    wrong.insert(format!("{revision}: never written: {missing:?}"));
                }
            }
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// The method of the request that a message answers: a client's by its id, a backend's says it in its id.
fn answered(text: &str, to: To, asked: &BTreeMap<String, String>) -> Option<String> {
    let id = crate::harness::peer::part(text, "id");
    match to {
        To::Client => asked.get(&id).cloned(),
        To::Backend => Some(id.strip_prefix("\"ask ")?.strip_suffix('"')?.to_owned()),
    }
}
