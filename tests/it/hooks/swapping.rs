//! A plugin that takes part in every call is swapped sixty times while sixteen clients call: no call fails, and none
//! meets two versions of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

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

/// Where the plugins' instances are left alone, they leave the others' calls alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traps_endless_loops_and_memory_bombs_touch_no_other_call() {
    const HOSTILE: usize = 1_000;
    let server = Server::python().await;
    let mut config = told(&server.url, "plain", r#"request = "change", mark = "x""#, "");
    for how in ["trap", "loop", "bomb"] {
        config += &told(
            &server.url,
            how,
            &format!("request = \"{how}\""),
            "limits = { time = \"10ms\" }",
        );
    }
    let served = Home::new(&config).serve().await;
    let client = Client::modern(&served.url);
    client.call("plain__seen", json!({})).await;
    let end = Arc::<AtomicBool>::default();
    let plain: Vec<_> = (0..4)
        .map(|_| {
            let (client, end) = (client.clone(), Arc::clone(&end));
            tokio::spawn(async move {
                let mut calls = 0;
                while !end.load(Ordering::Relaxed) {
                    let answer = client.call("plain__seen", json!({"n": calls})).await;
                    let seen = &answer["result"]["structuredContent"]["arguments"];
                    assert_eq!(*seen, json!({"n": calls, "mark": "x"}), "{answer}");
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let failing = |from: usize| {
        let client = client.clone();
        tokio::spawn(async move {
            for number in (from..HOSTILE).step_by(4) {
                let how = ["trap", "loop", "bomb"][number % 3];
                let answer = client.call(&format!("{how}__seen"), json!({})).await;
                assert_eq!(answer["error"]["data"]["code"], "plugin.failed", "{answer}");
            }
        })
    };
    // The first ones show how much memory it takes.
    failing(HOSTILE - 40).await.unwrap();
    let before = resident(&served);
    for client in [0, 1, 2, 3].map(failing) {
        client.await.unwrap();
    }
    end.store(true, Ordering::Relaxed);
    for client in plain {
        assert!(client.await.unwrap() > 0, "no other call was made meanwhile");
    }
    let grown = resident(&served).saturating_sub(before);
    assert!(grown < 64 << 10, "it holds {grown} KiB more than before");
    assert_eq!(served.stop().await, 0);
}

/// The memory that the process holds, in KiB.
fn resident(served: &crate::harness::Served) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.child.id().unwrap()));
    let status = status.unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let number: Value = serde_json::from_str(line.trim().trim_end_matches(" kB")).unwrap();
    number.as_u64().unwrap()
}
