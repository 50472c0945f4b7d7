//! A disk that has no room for the vault: the old one stays whole, and the next write with room works.

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::{KEYFILE, json, run, set};
use crate::auth::real::Guarded;
use crate::auth::{home, says};
use crate::harness::Home;

/// No file may have more than 32 KiB: the kernel lets a write come that far, and fails what is beyond. Programs would be
/// ended by a signal.
const FULL: &str = "trap '' XFSZ\nulimit -S -f 64";
/// More than that.
const LARGE: usize = 40 << 10;

/// What is in the folder of the vault, and what the vault's file holds.
fn found(home: &Home) -> (Vec<String>, Vec<u8>) {
    let state = home.path().join("state/mcpmux");
    let files = std::fs::read_dir(&state).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("vault."));
    names.sort();
    (names, std::fs::read(state.join("vault.mcv")).unwrap())
}

#[tokio::test]
async fn a_secret_that_does_not_fit_on_the_disk_changes_nothing() {
    let home = Home::new(KEYFILE);
    set(&home, "a", "1").await;
    let before = found(&home);
    let large = "x".repeat(LARGE);
    std::fs::write(home.path().join("large"), &large).unwrap();
    let mut command = home.mcpmux_after(FULL, &["secret", "set", "b"]);
    command.stdin(std::fs::File::open(home.path().join("large")).unwrap());
    let output = tokio::time::timeout(crate::harness::PATIENCE, command.output()).await;
    let output = output.expect("it hangs").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot write `") && said.contains("vault.mcv`: File too large"),
        "{said}"
    );
    assert_eq!(found(&home), before);
    set(&home, "b", &large).await;
    let (code, out, said) = run(&home, &[], &["secret", "list"], "").await;
    assert_eq!((code, out.as_str()), (0, "a  secret\nb  secret\n"), "{said}");
}

#[tokio::test]
async fn a_keyfile_that_does_not_fit_on_the_disk_is_not_there() {
    let home = Home::new(KEYFILE);
    let mut command = home.mcpmux_after("trap '' XFSZ\nulimit -S -f 0", &["secret", "set", "a"]);
    // Standard input is no terminal, and so it is read to its end.
    std::fs::write(home.path().join("value"), "1").unwrap();
    command.stdin(std::fs::File::open(home.path().join("value")).unwrap());
    let output = tokio::time::timeout(crate::harness::PATIENCE, command.output()).await;
    let said = String::from_utf8(output.expect("it hangs").unwrap().stderr).unwrap();
    assert!(said.contains("cannot make the keyfile"), "{said}");
    let files = std::fs::read_dir(home.path()).unwrap();
    let mut keys = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(keys.find(|name| name.starts_with("vault.key")), None);
    set(&home, "a", "1").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_login_that_does_not_fit_on_the_disk_is_used_and_kept_once_there_is_room() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    set(&home, "large", &"x".repeat(LARGE)).await;
    let browser = home.path().join("browser");
    let (_, before) = found(&home);

    let served = home.serve_after(FULL, &[("BROWSER", browser.to_str().unwrap())]).await;
    says(&served, "one__read", "read done").await;
    let said = served.said("File too large").await;
    assert!(said.contains("the login rests nowhere yet"), "{said}");
    let (_, now) = found(&home);
    assert!(now == before, "the vault is as it was");

    let process = Pid::from_raw(served.child.id().unwrap().cast_signed());
    let unlimited = Rlimit { current: None, maximum: None };
    prlimit(process, Resource::Fsize, unlimited).unwrap();
    served.said("the login rests in the vault now").await;
    guarded.tell("expire").await;
    says(&served, "one__read", "read done").await;
    let listed = json(&home, &["secret", "list", "--json"]).await;
    assert_eq!((&listed[1]["kind"], &listed[1]["backend"]), (&"login".into(), &"one".into()));
    assert_eq!(served.stop().await, 0);
}
