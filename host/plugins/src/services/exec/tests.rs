//! Programs as plugins run them, with real processes.

use std::future::Future;

use super::*;

/// Everything in a test happens within this time.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs a script of the shell, which the test grants; the host itself knows no shell.
fn shell(timeout: Duration) -> Exec {
    let grants = Grants::parse(&["exec:sh -c *".into(), "exec:sh -c * sh *".into()]).unwrap();
    Exec { timeout, ..Exec::new(Arc::new(grants)) }
}

fn script(text: &str) -> Vec<String> {
    vec!["sh".into(), "-c".into(), text.into()]
}

async fn run(text: &str, stdin: &[u8]) -> Result<Output, Error> {
    within(shell(DEADLINE).run(script(text), stdin.to_vec())).await
}

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens in time")
}

#[tokio::test]
async fn a_program_gets_its_words_and_input_and_gives_its_output() {
    let output = run("cat; echo oops >&2; exit 3", b"in").await.unwrap();
    assert_eq!(
        (output.code, &output.stdout[..], &output.stderr[..]),
        (Some(3), &b"in"[..], &b"oops\n"[..])
    );
    let mut argv = script("printf '%s' \"$1\"");
    argv.extend(["sh".into(), "a b; $(c)".into()]);
    let output = within(shell(DEADLINE).run(argv, Vec::new())).await.unwrap();
    assert_eq!(output.stdout, b"a b; $(c)");
    assert_eq!(run("kill -9 $$", b"").await.unwrap().code, None);
    assert_eq!(format!("{output:?}"), "Output(code Some(0), 9 bytes of output, 0 of errors)");
}

#[tokio::test]
async fn a_program_gets_only_the_variables_that_every_process_gets() {
    let output = run("exec env", b"").await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The shell itself sets two or three.
    let allowed = |name: &str| {
        mcpmux_core::process::INHERITED.contains(&name)
            || ["PWD", "SHLVL", "_", "OLDPWD"].contains(&name)
    };
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.contains(&"PATH"), "{names:?}");
    assert!(names.iter().all(|name| allowed(name)), "{names:?}");
    assert!(std::env::vars().any(|(name, _)| !allowed(&name)), "there was something to hold back");
}

#[tokio::test]
async fn what_is_not_granted_does_not_run() {
    let exec = shell(DEADLINE);
    for argv in [vec!["sh".to_owned()], vec!["env".to_owned()], script("x y")[..2].to_vec(), vec![]]
    {
        match within(exec.run(argv.clone(), Vec::new())).await {
            Err(Error::NotAllowed(why)) => assert!(why.contains("hint: "), "{why}"),
            other => panic!("{argv:?}: {other:?}"),
        }
    }
    let long = within(exec.run(script("cat"), vec![0; STDIN + 1])).await;
    assert!(matches!(long, Err(Error::NotAllowed(why)) if why.contains("1048577 bytes")));
    let why = refusal(&["login".into(), "--password=hunter2".into()]);
    assert!(why.contains("\"exec:login *\"") && !why.contains("hunter2"), "{why}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let names = ["mcpmux-no-such-program", "/no/such/program", "/tmp", "/etc/passwd"];
    let grants: Vec<String> = names.iter().map(|name| format!("exec:{name}")).collect();
    let exec = Exec::new(Arc::new(Grants::parse(&grants).unwrap()));
    for name in names {
        match within(exec.run(vec![name.to_owned()], Vec::new())).await {
            Err(Error::Failed(why)) => {
                assert!(why.contains(&format!("no program `{name}`")), "{why}")
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_input_that_nobody_reads_is_no_fault() {
    let output = run("exec <&-; echo done", &vec![b'x'; STDIN]).await.unwrap();
    assert_eq!((output.code, &output.stdout[..]), (Some(0), &b"done\n"[..]));
}

#[tokio::test]
async fn long_output_is_refused_and_of_long_errors_the_end_is_kept() {
    let fill = |size: usize| format!("head -c {size} /dev/zero");
    assert_eq!(run(&fill(STDOUT), b"").await.unwrap().stdout.len(), STDOUT);
    assert_eq!(run(&fill(STDOUT + 1), b"").await, Err(Error::TooLarge));
    assert_eq!(run("cat /dev/zero", b"").await, Err(Error::TooLarge));
    let errors = format!("{} >&2; printf end >&2", fill(STDERR * 3));
    let output = run(&errors, b"").await.unwrap();
    assert_eq!(output.stderr.len(), STDERR);
    assert!(output.stderr.ends_with(b"\0end"));
}

#[tokio::test]
async fn large_input_and_output_go_at_the_same_time() {
    let input = vec![b'x'; STDOUT];
    assert_eq!(run("cat", &input).await.unwrap().stdout, input);
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_its_children() {
    let file = tempfile("timeout");
    let text = format!("sleep 1000 & echo $! $$ > {}; wait", file.display());
    // A busy machine may not even have started the shell in the shortest of these.
    for timeout in [500, 4_000, 15_000].map(Duration::from_millis) {
        let run = shell(timeout);
        assert_eq!(within(run.run(script(&text), Vec::new())).await, Err(Error::Timeout));
        if file.exists() {
            break;
        }
    }
    gone(&file).await;
}

#[tokio::test]
async fn a_program_whose_call_is_given_up_is_killed_with_its_children() {
    let file = tempfile("dropped");
    let text = format!("sleep 1000 & echo $! $$ > {}; wait", file.display());
    let running = tokio::spawn(async move { run(&text, b"").await });
    noted(&file).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    gone(&file).await;
}

#[tokio::test]
async fn what_a_program_leaves_running_is_killed_and_its_output_kept() {
    let file = tempfile("left");
    let text = format!("sleep 1000 & echo $! > {}; echo done", file.display());
    let output = run(&text, b"").await.unwrap();
    assert_eq!((output.code, &output.stdout[..]), (Some(0), &b"done\n"[..]));
    gone(&file).await;
}

/// A file of this test's own that does not exist yet.
fn tempfile(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("mcpmux-exec-{}-{name}", std::process::id()));
    // It is there only if an earlier test process of the same number was killed.
    let _ = std::fs::remove_file(&path);
    path
}

/// The process numbers in a file, once they are there.
async fn noted(file: &Path) -> String {
    until(|| std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n'))).await
}

/// Waits until the processes noted in a file run no more.
async fn gone(file: &Path) {
    let noted = noted(file).await;
    until(|| noted.split_whitespace().all(|pid| !alive(pid)).then_some(())).await;
    std::fs::remove_file(file).unwrap();
}

/// Whether a process runs; one that only waits to be collected does not.
fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim();
    !state.is_empty() && !state.starts_with('Z')
}

async fn until<T>(check: impl Fn() -> Option<T>) -> T {
    within(async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        loop {
            tick.tick().await;
            if let Some(found) = check() {
                return found;
            }
        }
    })
    .await
}
