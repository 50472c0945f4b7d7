//! The key in a keychain, in every state that a keychain can be in.

use super::keyring::Bus;
use super::{backend, json, noting, run};
use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::scripted::noted;

fn home() -> Home {
    Home::new("[vault]\nkey = \"keychain\"\n")
}

/// Where the bus is: in no other folder than the test's own.
fn at(address: &str) -> [(&str, &str); 1] {
    [("DBUS_SESSION_BUS_ADDRESS", address)]
}

/// A command fails because the keychain is in this state, and leaves no vault and no key anywhere else.
async fn fails(home: &Home, address: &str, why: &str) {
    let (code, out, said) = run(home, &at(address), &["secret", "set", "a"], "s3cret").await;
    assert_eq!((code, out.as_str()), (1, ""), "{said}");
    assert!(said.contains(why) && said.contains("\nhint: "), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    assert!(
        !home.path().join("state/mcpmux/vault.mcv").exists(),
        "there is no other place for the key"
    );
}

async fn sets(home: &Home, address: &str) {
    let (code, _, said) = run(home, &at(address), &["secret", "set", "a"], "s3cret").await;
    assert_eq!(code, 0, "{said}");
}

async fn lists(home: &Home, address: &str) {
    let (code, out, said) = run(home, &at(address), &["secret", "list"], "").await;
    assert_eq!((code, out.as_str()), (0, "a  secret\n"), "{said}");
}

/// What is there cannot be opened, and is left as it is.
async fn stays_shut(home: &Home, address: &str, why: &str) {
    let file = home.path().join("state/mcpmux/vault.mcv");
    let before = std::fs::read(&file).unwrap();
    for args in [&["secret", "list"][..], &["secret", "set", "a"], &["secret", "remove", "a"]] {
        let (code, _, said) = run(home, &at(address), args, "other").await;
        assert_eq!(code, 1, "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read(file).unwrap(), before);
}

#[tokio::test]
async fn without_a_bus_or_a_keychain_or_a_keyring_nothing_is_kept_elsewhere() {
    let home = home();
    let none = format!("unix:path={}", home.path().join("none").display());
    fails(&home, &none, "the keychain cannot be reached").await;
    let mut bus = Bus::start(&home.path().join("dbus")).await;
    let address = bus.address.clone();
    fails(&home, &address, "the keychain cannot be reached").await;
    bus.keychain(None).await;
    fails(&home, &address, "the keychain is locked, or has no keyring yet").await;
}

#[tokio::test]
async fn a_keychain_that_works_keeps_the_key_over_sessions_and_one_that_is_locked_does_not_give_it()
{
    let home = home();
    let folder = home.path().join("dbus");
    let mut bus = Bus::start(&folder).await;
    bus.keychain(Some("right")).await;
    sets(&home, &bus.address).await;
    lists(&home, &bus.address).await;
    let file = std::fs::read_to_string(home.path().join("state/mcpmux/vault.mcv")).unwrap();
    assert!(!file.contains("s3cret") && !file.contains("named"), "{file}");

    bus.kill_keychain().await;
    stays_shut(&home, &bus.address, "the keychain cannot be reached").await;
    bus.keychain(Some("wrong")).await;
    stays_shut(&home, &bus.address, "the keychain is locked").await;
    bus.kill_keychain().await;
    bus.keychain(Some("right")).await;
    lists(&home, &bus.address).await;

    // Another keychain that works, and does not have the key: it is not made anew for what is sealed already.
    let mut other = Bus::start(&home.path().join("other")).await;
    other.keychain(Some("right")).await;
    stays_shut(&home, &other.address, "the vault's key is not in it").await;
    lists(&home, &bus.address).await;
}

#[tokio::test]
async fn a_keychain_that_dies_takes_nothing_from_an_mcpmux_that_runs() {
    let home = Home::new(&format!("{}{}", backend("ok", "ok"), noting("has", "${secret:a}")));
    let mut bus = Bus::start(&home.path().join("dbus")).await;
    bus.keychain(Some("right")).await;
    sets(&home, &bus.address).await;
    let served = home.serve_with(&at(&bus.address)).await;
    noted(&home.path().join("has.seen"), "s3cret").await;
    bus.kill_keychain().await;
    let client = Client::modern(&served.url);
    client.call("has__die", serde_json::json!({})).await;
    noted(&home.path().join("has.seen"), "s3crets3cret").await;
    let status = json(&home, &["status", "--json"]).await;
    assert_eq!(
        (&status["vault"]["key"], &status["vault"]["records"]),
        (&"keychain".into(), &1.into())
    );
    assert_eq!(served.stop().await, 0);
    stays_shut(&home, &bus.address, "the keychain cannot be reached").await;
}

#[tokio::test]
async fn a_locked_keychain_holds_up_only_who_needs_it_and_only_until_it_is_unlocked() {
    let home = Home::new(&format!("{}{}", backend("ok", "ok"), noting("has", "${secret:a}")));
    let folder = home.path().join("dbus");
    let mut bus = Bus::start(&folder).await;
    bus.keychain(Some("right")).await;
    sets(&home, &bus.address).await;
    bus.kill_keychain().await;
    bus.keychain(Some("wrong")).await;
    let served = home.serve_with(&at(&bus.address)).await;
    let said = served.said("backend=has why=").await;
    assert!(said.contains("the keychain is locked"), "{said}");
    let client = Client::modern(&served.url);
    assert!(client.names().await.iter().any(|name| name == "ok__echo"));
    let (code, out, _) = run(&home, &[], &["status"], "").await;
    assert_eq!(code, 0);
    assert!(out.contains("does not work: the keychain is locked"), "{out}");
    bus.kill_keychain().await;
    bus.keychain(Some("right")).await;
    noted(&home.path().join("has.seen"), "s3cret").await;
    assert_eq!(served.stop().await, 0);
}
