//! Processes that are killed while they write: the vault opens, and each record holds what was written last or what was
//! being written.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also outside the functions that clippy knows as tests"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use mcpmux_core::config::{self, Secret, VaultKey};
use mcpmux_core::ports::{Record, Vault as _};
use mcpmux_vault::Store;

/// Says to a process what it is to do: the vault's folder, the record, and the number to begin with, or another word.
const WRITER: &str = "MCPMUX_TEST_VAULT_WRITER";
/// Writes in sum, at least.
const WRITES: u64 = 10_000;
/// Rounds at least, in each of which two processes are killed.
const ROUNDS: usize = 60;
/// Turns of each process that counts.
const TURNS: u64 = 100;
/// How long a turn may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

fn store(folder: &Path) -> Store {
    let key = VaultKey::Keyfile(folder.join("key"));
    Store::new(&config::Vault { key, path: Some(folder.join("vault.mcv")) }, None)
}

fn record(name: &str) -> Record {
    Record::Named(name.to_owned())
}

/// A value whose length differs from one number to the next.
fn value(number: u64) -> Secret {
    let tail = usize::try_from(number % 700).unwrap();
    Secret::new(format!("{number}:{}", "x".repeat(tail)))
}

/// Not a test by itself: what the processes do that the test below kills.
#[test]
fn writer() {
    let Ok(task) = std::env::var(WRITER) else { return };
    let [folder, name, what] = task.split('|').collect::<Vec<_>>().try_into().unwrap();
    let (store, record) = (store(Path::new(folder)), record(name));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match what {
        "hold" => {
            let _turn = runtime.block_on(store.turn(&record)).unwrap();
            println!("\nheld");
            std::io::stdout().flush().unwrap();
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        "count" => (0..TURNS).for_each(|_| runtime.block_on(count(&store, &record))),
        first => write(&runtime, &store, &record, first),
    }
}

/// Writes one number after the other, and says so.
fn write(runtime: &tokio::runtime::Runtime, store: &Store, record: &Record, first: &str) {
    for number in first.parse::<u64>().unwrap().. {
        runtime.block_on(store.write(record, value(number))).unwrap();
        println!("\nwritten {number}");
        std::io::stdout().flush().unwrap();
    }
}

/// Adds one to a record, in its turn.
async fn count(store: &Store, record: &Record) {
    let _turn = store.turn(record).await.unwrap();
    let found = store.read(record).await.unwrap();
    let number = found.map_or(0, |found| found.reveal().parse::<u64>().unwrap());
    store.write(record, Secret::new((number + 1).to_string())).await.unwrap();
}

/// A process that does this.
fn process(folder: &Path, name: &str, what: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
        .env(WRITER, format!("{}|{name}|{what}", folder.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

struct Writer {
    child: Child,
    said: BufReader<ChildStdout>,
    last: u64,
}

impl Writer {
    fn start(folder: &Path, name: &str, first: u64) -> Self {
        let mut child = process(folder, name, &first.to_string()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said, last: first - 1 }
    }

    /// Reads what it says it has written, up to this many or its end.
    fn read(&mut self, count: u64) {
        let until = self.last + count;
        let mut line = String::new();
        while self.last < until {
            line.clear();
            if self.said.read_line(&mut line).unwrap() == 0 {
                return;
            }
            if let Some(number) = line.strip_prefix("written ") {
                self.last = number.trim().parse().unwrap();
            }
        }
    }

    /// Kills it in the middle of whatever it does, and gives what it said last.
    fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.read(u64::MAX - self.last);
        self.last
    }
}

/// A folder in memory where there is one: what is killed is the process, not the machine.
fn folder() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    let folder = tempfile::Builder::new();
    let made = if memory.is_dir() { folder.tempdir_in(memory) } else { folder.tempdir() };
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

#[test]
fn nothing_is_torn_or_lost_when_writers_are_killed() {
    let folder = folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (names, mut last) = (["a", "b"], [0_u64; 2]);
    let mut round = 0_usize;
    while last.iter().sum::<u64>() < WRITES || round < ROUNDS {
        round += 1;
        let mut writers = [0, 1].map(|at| Writer::start(folder.path(), names[at], last[at] + 1));
        // How far they get differs from round to round.
        writers[round % 2].read(40 + (round as u64 * 37) % 160);
        let said = writers.map(Writer::kill);
        let store = store(folder.path());
        for at in [0, 1] {
            let found = runtime.block_on(store.read(&record(names[at]))).unwrap();
            let number = found.as_ref().map_or(0, |found| {
                let number = found.reveal().split(':').next().unwrap().parse().unwrap();
                assert_eq!(*found, value(number), "round {round}");
                number
            });
            // What was under way when it was killed is there or not.
            assert!(
                number == said[at] || number == said[at] + 1,
                "round {round}: {number} is there after {}",
                said[at]
            );
            last[at] = number;
        }
        assert_eq!(store.condition().problem, None);
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(left.len() <= 4, "key, vault, lock and at most one that was being written: {left:?}");
}

#[test]
fn processes_that_take_turns_lose_nothing() {
    let folder = folder();
    let children = [0, 1, 2].map(|_| process(folder.path(), "n", "count").spawn().unwrap());
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let found = runtime.block_on(store(folder.path()).read(&record("n"))).unwrap().unwrap();
    assert_eq!(found.reveal(), (3 * TURNS).to_string());
}

#[test]
fn a_turn_goes_back_when_its_process_is_killed() {
    let folder = folder();
    let mut child = process(folder.path(), "n", "hold").spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    assert!(said.lines().any(|line| line.unwrap() == "held"));
    let (store, record) = (store(folder.path()), record("n"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let take = |patience| {
        runtime.block_on(async { tokio::time::timeout(patience, store.turn(&record)).await })
    };
    assert!(take(Duration::from_millis(200)).is_err(), "the other has it");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(take(PATIENCE).expect("it comes").is_ok());
}
