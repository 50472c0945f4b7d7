//! The vault through the real binary: who gets a secret, who does not, and what is said when it cannot be had.

mod file;
mod full;
mod keychain;
mod keyring;
pub(crate) mod leaks;
mod prompt;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::harness::http::Client;
use crate::harness::scripted::{backend, noted};
use crate::harness::{Home, PATIENCE, paths};

/// The section of a vault whose key is in a file.
pub(crate) const KEYFILE: &str = "[vault]\nkey = \"keyfile\"\nkeyfile = \"vault.key\"\n";

/// What a command ended with: exit code, standard output, standard error.
pub(crate) type Ended = (i32, String, String);

/// Runs a command with these variables, and this on its standard input.
pub(crate) async fn run(home: &Home, set: &[(&str, &str)], args: &[&str], input: &str) -> Ended {
    let mut command = home.mcpmux(args);
    command.envs(set.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that ends before it has read everything is judged by what it says.
    let _early = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("it hangs").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Puts a secret into the vault.
pub(crate) async fn set(home: &Home, name: &str, value: &str) {
    let (code, out, said) = run(home, &[], &["secret", "set", name], value).await;
    assert_eq!((code, out.as_str()), (0, ""), "{said}");
}

async fn json(home: &Home, args: &[&str]) -> Value {
    let (code, out, said) = run(home, &[], args, "").await;
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&out).unwrap()
}

/// The section of a backend that notes what it gets as `TOKEN` in a file of its name, then behaves as it should.
pub(crate) fn noting(name: &str, token: &str) -> String {
    let script = paths::root().join("tests/fixtures/backend.py");
    let shell = format!(
        "printf '%s' \\\"$TOKEN\\\" >> {{here}}/{name}.seen; exec python3 {} ok",
        script.display()
    );
    format!(
        "[backends.{name}]\ncommand = [\"sh\", \"-c\", \"{shell}\"]\nenv = {{ TOKEN = \"{token}\" }}\n"
    )
}

#[tokio::test]
async fn secrets_are_set_listed_and_removed_and_never_shown() {
    let home = Home::new(KEYFILE);
    assert_eq!(json(&home, &["secret", "list", "--json"]).await, serde_json::json!([]));
    let (code, out, _) = run(&home, &[], &["secret", "set", "b", "--json"], "s3cret\n").await;
    assert_eq!((code, out.as_str()), (0, "{\"name\":\"b\",\"replaced\":false}\n"));
    set(&home, "a.1", "other").await;
    let (code, out, _) = run(&home, &[], &["secret", "set", "b", "--json"], "s3cret2").await;
    assert_eq!((code, out.as_str()), (0, "{\"name\":\"b\",\"replaced\":true}\n"));
    let (code, out, said) = run(&home, &[], &["secret", "list"], "").await;
    assert_eq!((code, out.as_str(), said.as_str()), (0, "a.1  secret\nb    secret\n", ""));
    let listed = json(&home, &["secret", "list", "--json"]).await;
    assert_eq!(listed[1], serde_json::json!({"kind": "secret", "name": "b"}));
    let (code, _, said) = run(&home, &[], &["secret", "remove", "b"], "").await;
    assert_eq!((code, said.as_str()), (0, "the vault no longer holds `b`\n"));
    let (code, _, said) = run(&home, &[], &["secret", "remove", "b"], "").await;
    assert_eq!(code, 1);
    assert!(said.contains("no secret `b`\nhint: "), "{said}");
    let (code, out, _) = run(&home, &[], &["secret", "remove", "b", "--json"], "").await;
    assert_eq!((code, out.as_str()), (1, "{\"name\":\"b\",\"removed\":false}\n"));
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused_without_being_shown() {
    let home = Home::new(KEYFILE);
    let huge = "s3cret".repeat(200_000);
    for (name, value, code, why) in [
        ("two words s3cret", "x", 2, "cannot be the name of a secret"),
        ("empty", "\n", 2, "the secret `empty` is empty"),
        ("huge", huge.as_str(), 2, "has more than 1048576 bytes"),
    ] {
        let (ended, out, said) = run(&home, &[], &["secret", "set", name], value).await;
        assert_eq!((ended, out.as_str()), (code, ""), "{said}");
        assert!(said.contains(why) && !said.contains("s3cret"), "{said}");
    }
    let file = home.path().join("state/mcpmux/vault.mcv");
    assert!(!file.exists(), "nothing was written");
}

#[tokio::test]
async fn a_secret_reaches_its_backend_and_one_that_is_missing_stops_only_that() {
    let home = Home::new(&format!(
        "{KEYFILE}{}{}{}",
        backend("ok", "ok"),
        noting("has", "v1.${secret:has}"),
        noting("lacks", "${secret:lacks}")
    ));
    set(&home, "has", "s3cret").await;
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    let names = client.names().await;
    assert!(names.iter().any(|name| name == "ok__echo"), "{names:?}");
    noted(&home.path().join("has.seen"), "v1.s3cret").await;
    served.said("backend=lacks why=").await;
    served.said("hint: mcpmux secret set lacks").await;
    assert!(!home.path().join("lacks.seen").exists());
    let checked = json(&home, &["check", "--json"]).await;
    assert_eq!(checked["ok"], true);
    let problem = "the vault has no secret `lacks`\nhint: mcpmux secret set lacks";
    assert_eq!(
        (&checked["vault"]["problem"], &checked["vault"]["records"]),
        (&problem.into(), &1.into())
    );

    // It is taken up without a restart.
    set(&home, "lacks", "late").await;
    noted(&home.path().join("lacks.seen"), "late").await;
    served.said("backend is ready backend=lacks").await;
    let status = json(&home, &["status", "--json"]).await;
    assert_eq!(status["vault"]["records"], 2);
    assert_eq!(
        (&status["vault"]["key"], &status["vault"]["problem"]),
        (&"keyfile".into(), &Value::Null)
    );

    // One that is gone ends calls with a fault that says what to do.
    let (code, ..) = run(&home, &[], &["secret", "remove", "lacks"], "").await;
    assert_eq!(code, 0);
    client.call("lacks__die", serde_json::json!({})).await;
    let deadline = std::time::Instant::now() + PATIENCE;
    let fault = loop {
        let fault = client.call("lacks__echo", serde_json::json!({})).await;
        // Until it is tried again, it is just not connected.
        if fault["error"]["code"] != 1001 || std::time::Instant::now() > deadline {
            break fault;
        }
    };
    assert_eq!(fault["error"]["code"], 1008, "{fault}");
    let text = fault["error"]["message"].as_str().unwrap();
    assert!(text.contains("hint: mcpmux secret set lacks"), "{text}");
    let answer = client.call("has__echo", serde_json::json!({})).await;
    assert!(answer.get("result").is_some(), "{answer}");
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn a_passphrase_that_nobody_can_be_asked_for_holds_up_nothing() {
    let vault = "[vault]\nkey = \"passphrase\"\n";
    let backends = format!("{}{}", backend("ok", "ok"), noting("waits", "${secret:t}"));
    let home = Home::new(&format!("{vault}passphrase = \"right\"\n{backends}"));
    set(&home, "t", "1").await;
    home.write("mcpmux.toml", &format!("{vault}{backends}"));
    let served = home.serve().await;
    let said = served.said("backend=waits why=").await;
    assert!(said.contains("the vault waits for its passphrase"), "{said}");
    assert!(Client::modern(&served.url).names().await.iter().any(|name| name == "ok__echo"));
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn a_passphrase_of_a_variable_or_a_program_opens_it() {
    let home = Home::new("[vault]\nkey = \"passphrase\"\npassphrase = \"${VAULT_PASSPHRASE}\"\n");
    let variable = [("VAULT_PASSPHRASE", "correct horse")];
    let (code, _, said) = run(&home, &variable, &["secret", "set", "a"], "1").await;
    assert_eq!(code, 0, "{said}");
    let wrong = [("VAULT_PASSPHRASE", "wrong")];
    let (code, _, said) = run(&home, &wrong, &["secret", "list"], "").await;
    assert_eq!(code, 1);
    assert!(said.contains("the passphrase is not the one") && !said.contains("wrong"), "{said}");
    home.write(
        "mcpmux.toml",
        "[vault]\nkey = \"passphrase\"\npassphrase_command = [\"echo\", \"correct horse\"]\n",
    );
    let (code, out, said) = run(&home, &[], &["secret", "list"], "").await;
    assert_eq!((code, out.as_str()), (0, "a  secret\n"), "{said}");
}

#[tokio::test]
async fn a_wrong_key_is_told_to_who_calls_as_a_person_can_help() {
    let vault = "[vault]\nkey = \"passphrase\"\npassphrase = ";
    let home = Home::new(&format!("{vault}\"right\"\n"));
    set(&home, "t", "1").await;
    home.write("mcpmux.toml", &format!("{vault}\"wrong\"\n{}", noting("has", "${secret:t}")));
    let served = home.serve().await;
    let said = served.said("backend=has why=").await;
    assert!(said.contains("the passphrase is not the one"), "{said}");
    let fault = Client::modern(&served.url).call("has__echo", serde_json::json!({})).await;
    assert_eq!(fault["error"]["code"], 1008, "{fault}");
    let text = fault["error"]["message"].as_str().unwrap();
    assert!(text.contains("the vault's key is not the right one"), "{text}");
    assert!(!text.contains("vault.mcv"), "where it is is for the operator: {text}");
    assert_eq!(served.stop().await, 0);
}

#[tokio::test]
async fn a_systemd_credential_opens_it() {
    let home = Home::new("[vault]\nkey = \"systemd-credential\"\n");
    let (code, _, said) = run(&home, &[], &["secret", "set", "a"], "1").await;
    assert_eq!(code, 1);
    assert!(said.contains("LoadCredentialEncrypted=mcpmux-vault:"), "{said}");
    let credential = home.path().join("mcpmux-vault");
    std::fs::write(&credential, [7; 32]).unwrap();
    std::fs::set_permissions(credential, std::fs::Permissions::from_mode(0o440)).unwrap();
    let folder = home.path().to_str().unwrap().to_owned();
    let variable = [("CREDENTIALS_DIRECTORY", folder.as_str())];
    let (code, _, said) = run(&home, &variable, &["secret", "set", "a"], "1").await;
    assert_eq!(code, 0, "{said}");
    let (code, out, _) = run(&home, &variable, &["secret", "list"], "").await;
    assert_eq!((code, out.as_str()), (0, "a  secret\n"));
}
