//! Nothing is lost: every type of message of every revision goes through mcpmux, between a client and a backend that
//! show each byte, and what leaves equals what came but for the listed rewrites.

mod compare;
mod drawn;
mod messages;
mod rewrites;
pub mod stage;

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::peer::Over;
use messages::{CASES, ODD};
use rewrites::NOT_ONE_TO_ONE;
use stage::{Outcome, Stage};

/// A type of message, with all that it can hold.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// The first and the last revision that has it.
    since: &'static str,
    until: &'static str,
    kind: Kind,
}

/// Which way it goes, and its text: members of `params` and `params._meta`, or whole values.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A client asks and the backend answers.
    Request { params: &'static str, meta: &'static str, result: &'static str },
    /// A client calls and the backend answers with an error.
    Fails { error: &'static str },
    /// The backend lists it, and the client sees it.
    List { key: &'static str, entry: &'static str },
    /// The backend asks the client in the middle of a call.
    Ask { params: &'static str, result: &'static str },
    /// The backend tells the client in the middle of a call.
    InCall { params: &'static str },
    /// The backend tells the client at any time.
    News { params: &'static str },
    /// The client tells the backend.
    Said { params: &'static str },
}

/// Members of a vendor's that any parser keeps, and such that only one keeps that does not read them.
pub const PLAIN: &str = r#","x-vendor":{"kept":[1.50,null,"\u00e9 \/"],"":{}}"#;
const STRANGE: &str = r#","x-vendor":{"kept":[-0.0,1e400,1E+2,9007199254740993,18446744073709551616,"\ud83d\ude00"]}"#;

/// Revisions, and how client and backend are reached. A backend of 2024-11-05 over HTTP has a transport of its own.
pub const WAYS: &[(&str, Over, Over)] = &[
    ("2024-11-05", Over::Lines, Over::Lines),
    ("2024-11-05", Over::Http, Over::Lines),
    ("2025-03-26", Over::Lines, Over::Http),
    ("2025-03-26", Over::Http, Over::Lines),
    ("2025-06-18", Over::Lines, Over::Lines),
    ("2025-06-18", Over::Http, Over::Http),
    ("2025-11-25", Over::Lines, Over::Lines),
    ("2025-11-25", Over::Lines, Over::Http),
    ("2025-11-25", Over::Http, Over::Lines),
    ("2025-11-25", Over::Http, Over::Http),
    ("2026-07-28", Over::Lines, Over::Lines),
    ("2026-07-28", Over::Lines, Over::Http),
    ("2026-07-28", Over::Http, Over::Lines),
    ("2026-07-28", Over::Http, Over::Http),
];

impl Case {
    fn method(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or(self.name)
    }

    fn is_in(&self, revision: &str) -> bool {
        (self.since..=self.until).contains(&revision)
    }

    /// Whether it is known not to leave as it came in the era of this revision.
    fn is_changed(&self, revision: &str) -> bool {
        let name = self.name.trim_end_matches(" drawn");
        NOT_ONE_TO_ONE.iter().any(|(of, in_era, _)| (*of, *in_era) == (name, era(revision)))
    }
}

fn era(revision: &str) -> &'static str {
    if revision >= crate::harness::http::MODERN { "modern" } else { "legacy" }
}

#[tokio::test]
async fn every_message_leaves_as_it_came() {
    judge(all(PLAIN, |_| CASES.to_vec()).await);
}

#[tokio::test]
async fn what_no_schema_allows_leaves_as_it_came() {
    judge(all(STRANGE, |_| CASES.iter().chain(ODD).copied().collect()).await);
}

/// What the schemas know, whether or not someone thought of it.
#[tokio::test]
#[allow(clippy::print_stderr, reason = "says what was not checked")]
async fn what_the_schemas_know_leaves_as_it_came() {
    match std::env::var_os("MCPMUX_SCHEMAS").filter(|folder| !folder.is_empty()) {
        None => eprintln!("MCPMUX_SCHEMAS is not set: no messages were made from the schemas"),
        Some(folder) => {
            let lists = || CASES.iter().filter(|case| matches!(case.kind, Kind::List { .. }));
            let cases = |revision: &str| drawn::cases(folder.as_ref(), revision);
            judge(all(PLAIN, |it| lists().copied().chain(cases(it)).collect()).await);
        }
    }
}

/// Plays the cases on every way at once.
pub async fn all(vendor: &'static str, cases: impl Fn(&str) -> Vec<Case>) -> Vec<Outcome> {
    let mut playing = tokio::task::JoinSet::new();
    for (revision, client, backend) in WAYS {
        let mut cases = cases(revision);
        cases.retain(|case| case.is_in(revision));
        playing.spawn(async move {
            let mut stage = Stage::open(revision, *client, *backend, &cases, vendor).await;
            stage.play(&cases).await
        });
    }
    playing.join_all().await
}

/// All cases as they are meant, to be recorded.
pub async fn recorded() -> Vec<Outcome> {
    all(PLAIN, |_| CASES.to_vec()).await
}

#[track_caller]
fn judge(outcomes: Vec<Outcome>) {
    let mut wrong = Vec::new();
    let mut ways = BTreeMap::<_, BTreeSet<bool>>::new();
    for Outcome { way, revision, results, .. } in outcomes {
        for (case, result) in results {
            ways.entry((case.name, era(revision))).or_default().insert(result.is_ok());
            match result {
                Err(why) if !case.is_changed(revision) => {
                    wrong.push(format!("{way}: {}: {why}", case.name));
                }
                _ => {}
            }
        }
    }
    let stale = NOT_ONE_TO_ONE
        .iter()
        .filter(|(name, era, _)| ways.get(&(*name, *era)) == Some(&BTreeSet::from([true])));
    wrong.extend(stale.map(|it| format!("{it:?} leaves as it came: take it off the list")));
    assert!(wrong.is_empty(), "{} messages:\n{}", wrong.len(), wrong.join("\n"));
}
