//! Message by message, what a client gets of a backend through mcpmux, compared with what it gets of the backend alone.

mod asked;
pub(super) mod rewrites;

use std::collections::BTreeSet;

use serde_json::Value;

use self::asked::Answers;
use self::rewrites::REWRITES;
use super::servers::{Era, fixture};
use super::suite::{self, Revision};
use crate::harness::{Home, paths};
use crate::peers::server::Server;

/// Who asks, and what the backend speaks behind mcpmux. Alone it speaks what the client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    client: Revision,
    backend: Revision,
}

#[tokio::test]
async fn what_a_client_gets_differs_in_nothing_but_what_the_docs_name() {
    let (legacy, modern) = tokio::join!(server(Era::Legacy), server(Era::Modern));
    let alone = |client| match client {
        Revision::Legacy => &legacy.url,
        Revision::Modern => &modern.url,
    };
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (backend, twin) in
        [(Revision::Legacy, Revision::Modern), (Revision::Modern, Revision::Legacy)]
    {
        let [first, twin] = [alone(backend), alone(twin)];
        let home = Home::new(&format!(
            "[backends.first]\nprefix = \"\"\nurl = {first:?}\n\n[backends.twin]\nurl = {twin:?}\n"
        ));
        let served = home.serve().await;
        for client in [Revision::Legacy, Revision::Modern] {
            let expected = asked::everything(client, alone(client)).await;
            let found = asked::everything(client, &served.url).await;
            wrong.extend(compare(Pair { client, backend }, &expected, &found, &mut used));
        }
        assert_eq!(served.stop().await, 0);
    }
    assert!(wrong.is_empty(), "{} differences that are not named: {wrong:#?}", wrong.len());
    let docs = std::fs::read_to_string(paths::root().join("host/docs/differences.md")).unwrap();
    let mut unused = Vec::new();
    for (index, rewrite) in REWRITES.iter().enumerate() {
        let row = format!("| {} |", rewrite.named);
        assert!(docs.contains(&row), "`host/docs/differences.md` has no row that begins {row}");
        if !used.contains(&index) {
            unused.push(rewrite);
        }
    }
    assert!(unused.is_empty(), "nothing differs any more as in {unused:#?}");
}

/// The differences that have no name.
fn compare(
    pair: Pair,
    alone: &Answers,
    through: &Answers,
    used: &mut BTreeSet<usize>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, expected) in alone {
        let mut found = Vec::new();
        differ(expected, through.get(what).unwrap_or(&Value::Null), String::new(), &mut found);
        for (at, how) in found {
            let covering = REWRITES.iter().enumerate().filter(|(_, it)| it.covers(pair, what, &at));
            let covering: Vec<usize> = covering.map(|(index, _)| index).collect();
            if covering.is_empty() {
                wrong.push(format!("{pair:?} {what}: {at}: {how}"));
            }
            used.extend(covering);
        }
    }
    check_added(alone, through);
    let (count, differ) = (alone.len(), wrong.len());
    suite::say(&format!("surface {pair:?}: {count} answers, {differ} differences without a name"));
    wrong
}

/// What only mcpmux lists is the other backend's, as its name or URI says.
fn check_added(alone: &Answers, through: &Answers) {
    let added: Vec<_> = through.keys().filter(|what| !alone.contains_key(*what)).collect();
    assert!(!added.is_empty(), "the other backend is not seen");
    let nameless: Vec<_> = added.iter().filter(|what| !what.contains("twin")).collect();
    assert!(nameless.is_empty(), "of which backend are {nameless:?}?");
}

/// Where the second differs from the first: paths with dots, and how.
fn differ(first: &Value, second: &Value, at: String, found: &mut Vec<(String, String)>) {
    let step = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (first, second) {
        (Value::Object(one), Value::Object(two)) => {
            for key in one.keys().chain(two.keys().filter(|key| !one.contains_key(*key))) {
                match (one.get(key), two.get(key)) {
                    (Some(one), Some(two)) => differ(one, two, step(key), found),
                    (Some(one), None) => found.push((step(key), format!("{one} is lost"))),
                    (None, two) => found.push((step(key), format!("{two:?} is added"))),
                }
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (index, (one, two)) in one.iter().zip(two).enumerate() {
                differ(one, two, step(&index.to_string()), found);
            }
        }
        _ if first == second => {}
        _ => found.push((at, format!("{first} becomes {second}"))),
    }
}

async fn server(era: Era) -> Server {
    let mut command = tokio::process::Command::new(paths::python());
    // What a server seals it then seals as the others do.
    command.args(fixture("--http", era)).env("BACKEND_STATE_KEY", "the same for all");
    Server::start(command).await
}
