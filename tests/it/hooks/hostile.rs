//! A thousand traps, endless loops and memory bombs, while others call: no call of theirs fails, and the memory stays.
//! How long calls take before and meanwhile is printed, not judged: `cargo test ... -- --nocapture`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::told;
use crate::harness::http::Client;
use crate::harness::{Home, Served};
use crate::peers::server::Server;

/// The ways to fail, and how many plugins fail in each way: one that has failed twenty times is not called for a while.
const WAYS: [&str; 3] = ["trap", "loop", "bomb"];
const OF_EACH: usize = 17;
const FAILURES: usize = 20;

/// Clients that call what no hostile plugin has a say in.
const CLIENTS: usize = 4;
/// For as many calls of one more it is measured how long theirs take before anything fails.
const BASE: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traps_endless_loops_and_memory_bombs_touch_no_other_call() {
    let server = Server::python().await;
    let mut config = told(&server.url, "plain", r#"request = "change", mark = "x""#, "");
    let limits = "limits = { time = \"15ms\" }";
    for number in 0..OF_EACH {
        for how in WAYS {
            let request = format!("request = \"{how}\"");
            config += &told(&server.url, &format!("{how}-{number}"), &request, limits);
        }
    }
    let home = Home::new(&config);
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    // What is made when it is needed first is there after one round.
    fail(&client, 0).await;
    let before = measured(&client, async {
        for _ in 0..BASE {
            client.call("plain__seen", json!({})).await;
        }
    });
    let before = before.await;
    let memory = resident(&served);
    let meanwhile = measured(&client, async {
        for round in 1..FAILURES {
            fail(&client, round).await;
        }
    });
    let meanwhile = meanwhile.await;
    let grown = resident(&served).saturating_sub(memory);
    println!(
        "calls before: {before:?}; meanwhile: {meanwhile:?}; memory: {memory} KiB + {grown} KiB"
    );
    assert!(grown < 32 << 10, "it holds {grown} KiB more than before");
    assert_eq!(failures(&home).await, (FAILURES * OF_EACH * WAYS.len()) as u64);
    assert_eq!(served.stop().await, 0);
}

/// Lets each hostile plugin fail once.
async fn fail(client: &Client, round: usize) {
    for number in 0..OF_EACH {
        for how in WAYS {
            let answer = client.call(&format!("{how}-{number}__seen"), json!({})).await;
            assert_eq!(answer["error"]["data"]["code"], "plugin.failed", "{round}: {answer}");
        }
    }
}

/// How many calls there were, and how long they took.
#[derive(Debug)]
#[expect(dead_code, reason = "it is printed")]
struct Figures {
    calls: usize,
    median: Duration,
    p99: Duration,
}

/// Calls without a pause while something is done; each has to be answered, and by its own answer.
async fn measured(client: &Client, doing: impl Future<Output = ()>) -> Figures {
    let end = Arc::<AtomicBool>::default();
    let callers: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(call(client.clone(), Arc::clone(&end)))).collect();
    doing.await;
    end.store(true, Ordering::Relaxed);
    let mut took = Vec::new();
    for caller in callers {
        took.extend(caller.await.unwrap());
    }
    assert!(took.len() >= CLIENTS, "no other call was made meanwhile");
    took.sort_unstable();
    let at = |part: usize| took[(took.len() - 1) * part / 100];
    Figures { calls: took.len(), median: at(50), p99: at(99) }
}

async fn call(client: Client, end: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    while !end.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = client.call("plain__seen", json!({"n": took.len()})).await;
        let seen = &answer["result"]["structuredContent"]["arguments"];
        assert_eq!(*seen, json!({"n": took.len(), "mark": "x"}), "{answer}");
        took.push(began.elapsed());
    }
    took
}

/// How often plugins have failed, as the running mcpmux says.
async fn failures(home: &Home) -> u64 {
    let (code, out, said) = home.run(&["plugin", "list", "--json"]).await;
    assert_eq!(code, 0, "{said}");
    let list: Value = serde_json::from_str(&out).unwrap();
    let plugins = list.as_array().unwrap_or_else(|| panic!("{out}"));
    plugins.iter().map(|plugin| plugin["health"]["failures"].as_u64().unwrap()).sum()
}

/// The memory that the process holds, in KiB.
fn resident(served: &Served) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.child.id().unwrap()));
    let status = status.unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
