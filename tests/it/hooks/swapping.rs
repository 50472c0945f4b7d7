//! A plugin that takes part in every call is swapped sixty times while sixteen clients call: no call fails, and none
//! meets two versions of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::told;
use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::scripted::until;
use crate::peers::server::Server;

const CLIENTS: usize = 16;
const SWAPS: usize = 60;

/// The plugin marks arguments and results with its version.
fn version(url: &str, number: usize) -> String {
    let config = format!(r#"request = "change", response = "change", mark = "{number}""#);
    told(url, "srv", &config, "")
}

/// Calls until it is told to end; keeps the newest version seen up to date.
async fn call(client: Client, newest: Arc<AtomicUsize>, end: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !end.load(Ordering::Relaxed) {
        let answer = client.call("srv__seen", json!({"n": calls})).await;
        let result = &answer["result"];
        let arguments = &result["structuredContent"]["arguments"];
        let (before, after) = (&arguments["mark"], &result["_meta"]["mark"]);
        assert_eq!(arguments["n"], calls, "{answer}");
        assert_eq!(before, after, "a call met two versions: {answer}");
        let seen = before.as_str().and_then(|mark| mark.parse().ok());
        newest.fetch_max(seen.unwrap_or_else(|| panic!("{answer}")), Ordering::Relaxed);
        calls += 1;
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_swaps_under_load_fail_no_call_and_mix_no_versions() {
    let server = Server::python().await;
    let home = Home::new(&version(&server.url, 0));
    let served = home.serve().await;
    let clients = [Client::legacy(&served.url).await, Client::modern(&served.url)];
    let (newest, end) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let start =
        |number: usize| call(clients[number % 2].clone(), Arc::clone(&newest), Arc::clone(&end));
    let load: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(start(number))).collect();
    for swap in 1..=SWAPS {
        home.write("mcpmux.toml", &version(&server.url, swap));
        let seen =
            || newest.load(Ordering::Relaxed) >= swap || load.iter().any(|it| it.is_finished());
        assert!(until(seen).await, "version {swap} is not seen\n{}", served.log());
    }
    end.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for client in load {
        calls += client.await.unwrap();
    }
    assert!(calls > SWAPS, "{calls}");
    assert_eq!(served.stop().await, 0);
}
