//! The roots of all clients, asked for at once and merged.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::Body;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::{Ask, Peer};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{INTERNAL_ERROR, refusal};

/// The roots of all these clients together, each asked in its own words; one that fails to answer in time counts as one without roots, if another answers.
pub(super) async fn of_all(asks: Vec<(Arc<dyn Peer>, Ask)>, patience: Duration) -> Body {
    let mut asked = JoinSet::new();
    // Who is alone may take its time: nobody else waits for it.
    let patience = if asks.len() == 1 { Duration::MAX } else { patience };
    for (at, (peer, ask)) in asks.into_iter().enumerate() {
        let answer = peer.ask(ask);
        asked.spawn(async move {
            let late = |_| refusal(INTERNAL_ERROR, "the client did not say its roots in time");
            (at, timeout(patience, answer).await.unwrap_or_else(late))
        });
    }
    let mut answers: Vec<(usize, Body)> = Vec::new();
    while let Some(answer) = asked.join_next().await {
        answers.extend(answer.ok());
    }
    answers.sort_by_key(|(at, _)| *at);
    let mut answers = answers.into_iter().map(|(_, body)| body);
    match (answers.next(), answers.len()) {
        (Some(only), 0) => only,
        (first, _) => merged(first.into_iter().chain(answers)),
    }
}

fn merged(answers: impl Iterator<Item = Body>) -> Body {
    let (mut roots, mut refused): (Vec<Raw>, Option<Body>) = (Vec::new(), None);
    let mut answered = false;
    for answer in answers {
        let listed = match &answer {
            Body::Result(result) => result.object().ok(),
            Body::Error(_) => None,
        };
        let listed = listed.and_then(|object| object.get("roots")?.elements().ok());
        match listed {
            Some(listed) => {
                answered = true;
                for root in listed {
                    if !roots.contains(&root) {
                        roots.push(root);
                    }
                }
            }
            None => refused = Some(answer),
        }
    }
    if !answered && let Some(refused) = refused {
        return refused;
    }
    let mut text = vec![b'['];
    for (at, root) in roots.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(root.as_bytes());
    }
    text.push(b']');
    let mut result = Object::default();
    result.set("roots", Raw::trusted(text.into()));
    Body::Result(result.to_raw())
}
