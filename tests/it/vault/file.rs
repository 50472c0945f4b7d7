//! The vault's file: who may see it, and what becomes of it when it is damaged or many write at once.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::{KEYFILE, json, run, set};
use crate::harness::scripted::backend;
use crate::harness::{Home, together};

#[tokio::test]
async fn files_that_others_can_read_are_refused_with_the_command_that_helps() {
    let home = Home::new(KEYFILE);
    set(&home, "a", "1").await;
    let state = home.path().join("state/mcpmux");
    let vault = state.join("vault.mcv");
    let mode = |path: &std::path::Path| path.metadata().unwrap().mode() & 0o777;
    assert_eq!((mode(&state), mode(&vault)), (0o700, 0o600));
    assert_eq!(mode(&home.path().join("vault.key")), 0o600);
    // The keyfile is named as the configuration names it, from its folder.
    for (path, shown) in
        [(vault.clone(), vault.to_str().unwrap()), (home.path().join("vault.key"), "vault.key")]
    {
        let change = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        change(0o644);
        let hint = format!("hint: chmod 600 {shown}\n");
        let (code, _, said) = run(&home, &[], &["secret", "list"], "").await;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&hint), "{said}");
        for args in [&["serve", "--http", "127.0.0.1:0"][..], &["check"]] {
            let (code, _, said) = run(&home, &[], args, "").await;
            assert_eq!(code, 2, "{args:?}: {said}");
            assert!(said.contains(&hint), "{args:?}: {said}");
        }
        change(0o600);
        let (code, out, _) = run(&home, &[], &["secret", "list"], "").await;
        assert_eq!((code, out.as_str()), (0, "a  secret\n"));
    }
}

#[tokio::test]
async fn a_folder_that_mcpmux_made_itself_is_good_enough_for_the_vault() {
    let home = Home::new(&format!("{KEYFILE}{}", backend("ok", "ok")));
    // As on many desktops: groups may write, and the admin socket is not in the folder for state.
    let run = home.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let served = home.serve_after("umask 002", &[("XDG_RUNTIME_DIR", run.to_str().unwrap())]).await;
    assert_eq!(served.stop().await, 0);
    let state = home.path().join("state/mcpmux");
    assert!(state.join("eras.json").exists(), "the folder was made");
    assert_eq!(state.metadata().unwrap().mode() & 0o777, 0o700);
    set(&home, "a", "1").await;
}

#[tokio::test]
async fn a_flipped_byte_spoils_one_record_which_is_named() {
    let home = Home::new(KEYFILE);
    for (name, value) in [("one", "1"), ("two", "2"), ("three", "3")] {
        set(&home, name, value).await;
    }
    let file = home.path().join("state/mcpmux/vault.mcv");
    let mut text = std::fs::read(&file).unwrap();
    let line = text.windows(9).position(|window| window == b"record 2 ").unwrap();
    text[line + 30] ^= 1;
    std::fs::write(&file, &text).unwrap();
    let checked = json(&home, &["check", "--json"]).await;
    assert_eq!(checked["vault"]["records"], 3);
    let problem = checked["vault"]["problem"].as_str().unwrap();
    assert!(problem.contains("secret `two`") && problem.contains("hint: "), "{problem}");
    set(&home, "two", "anew").await;
    assert_eq!(
        json(&home, &["check", "--json"]).await["vault"]["problem"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn processes_that_write_at_once_lose_nothing() {
    let home = Home::new(KEYFILE);
    let names: Vec<String> = (0..12).map(|number| format!("n{number:02}")).collect();
    let all = names.iter().map(|name| set(&home, name, "x"));
    together(all).await;
    let (code, out, said) = run(&home, &[], &["secret", "list"], "").await;
    let expected: String = names.iter().map(|name| format!("{name}  secret\n")).collect();
    assert_eq!((code, out), (0, expected), "{said}");
}
