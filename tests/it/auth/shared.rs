//! Two mcpmux of one user that share a login whose refresh tokens count once each.

use super::real::Guarded;
use super::{appears, home, opened, serve, text};
use crate::harness::{PATIENCE, Served, http};

/// How many times the login is refreshed because its token has ended.
const ROTATIONS: usize = 8;
/// How many times, because it was refused.
const REFUSALS: usize = 1000;

/// Calls until the authorization server has refreshed the login so many times; every call succeeds.
async fn call_until(served: &Served, guarded: &Guarded, rotations: usize) {
    let calling = async {
        while guarded.grants("refresh_token").await < rotations {
            let answer = text(served, "one__read").await;
            assert_eq!(answer, "read done", "{}", served.log());
        }
    };
    let called = tokio::time::timeout(2 * PATIENCE, calling).await;
    assert!(called.is_ok(), "it is not refreshed any more:\n{}", served.log());
}

#[tokio::test]
async fn two_processes_refresh_one_login_many_times_and_show_no_refresh_token_twice() {
    // So that it ends all the time.
    let guarded = Guarded::start(&["--ttl", "1"]).await;
    let home = home(&guarded.section("one", ""));
    let first = serve(&home).await;
    appears(&first, "one__read").await;
    let used = guarded.tokens("RefreshToken").await.swap_remove(0);
    let second = serve(&home).await;
    appears(&second, "one__read").await;
    tokio::join!(call_until(&first, &guarded, ROTATIONS), call_until(&second, &guarded, ROTATIONS));
    let asked = guarded.asked("/token").await;
    assert!(asked.iter().all(|asked| asked["status"] == 200), "{asked:?}");
    assert_eq!(opened(&home).len(), 1, "a person was asked once");
    assert_eq!((first.stop().await, second.stop().await), (0, 0));

    // Had one been shown twice, the server would have noticed, and ended the login.
    let login = opened(&home)[0].clone();
    let issuer = login.split("/auth").next().unwrap();
    let client = asked[0]["client"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&refresh_token={used}&client_id={client}");
    let again = http::client()
        .post(format!("{issuer}/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    assert_eq!(again.send().await.unwrap().status(), 400);
    assert_eq!(guarded.tokens("RefreshToken").await, Vec::<String>::new());
}

#[tokio::test]
async fn two_processes_outlive_a_thousand_refusals_with_one_refresh_for_each() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let first = serve(&home).await;
    appears(&first, "one__read").await;
    let second = serve(&home).await;
    appears(&second, "one__read").await;
    let said = |served: &Served| format!("{}\n{}", served.log(), first.log());
    let deadline = std::time::Instant::now() + 20 * PATIENCE;
    for round in 0..REFUSALS {
        assert!(std::time::Instant::now() < deadline, "{round} rounds: {}", said(&second));
        guarded.tell("expire").await;
        let answers = tokio::join!(text(&first, "one__read"), text(&second, "one__read"));
        let done = ("read done".to_owned(), "read done".to_owned());
        assert_eq!(answers, done, "round {round}: {}", said(&second));
    }
    let asked = guarded.asked("/token").await;
    assert!(asked.iter().all(|asked| asked["status"] == 200), "{asked:?}");
    assert_eq!(guarded.grants("refresh_token").await, REFUSALS);
    assert_eq!(opened(&home).len(), 1, "a person was asked once");
    assert_eq!((first.stop().await, second.stop().await), (0, 0));

    // The last token that was given is the one that rests: nothing is asked for after a restart.
    let third = serve(&home).await;
    assert_eq!(text(&third, "one__read").await, "read done");
    assert_eq!(guarded.grants("refresh_token").await, REFUSALS);
}
