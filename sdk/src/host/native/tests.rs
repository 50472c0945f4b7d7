//! The services of the test kit: what they keep, and what they refuse.

use std::time::Duration;

use super::*;
use crate::{approvals, clock, kv, random, secrets};

fn mock(grants: &[&str]) -> Rc<Mock> {
    Rc::new(Mock::new(Grants::new(grants.iter().map(|&grant| grant.to_owned()))))
}

#[test]
fn what_is_kept_ends_when_it_is_said() {
    let mock = mock(&["kv", "clock"]);
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    mock.time.set(Some(at(0)));
    let minute = Some(Duration::from_secs(60));
    let start = || -> Result<()> {
        kv::set("value", "v", minute)?;
        kv::set("good", "g", None)?;
        assert_eq!(kv::increment("count", 2, minute)?, 2);
        Ok(())
    };
    mock.run("request", start).unwrap().unwrap();
    mock.time.set(Some(at(59)));
    let later = || -> Result<()> {
        assert_eq!(kv::get("value").as_deref(), Some("v"));
        assert_eq!(kv::increment("count", 3, minute)?, 5);
        assert!(kv::increment("good", 1, None).is_err());
        assert_eq!(kv::increment("most", i64::MAX, None)?, i64::MAX);
        assert!(kv::increment("most", 1, None).is_err());
        kv::delete("most");
        Ok(())
    };
    mock.run("request", later).unwrap().unwrap();
    mock.time.set(Some(at(60)));
    let ended = || -> Result<()> {
        assert_eq!((kv::get("value"), clock::now()), (None, at(60)));
        assert_eq!(kv::increment("count", 1, minute)?, 1);
        Ok(())
    };
    mock.run("request", ended).unwrap().unwrap();
    let keys: Vec<_> = mock.kv().into_keys().collect();
    assert_eq!(keys, ["count", "good"]);
}

#[test]
fn what_is_approved_can_be_forgotten() {
    let mock = mock(&["approvals"]);
    mock.approvals.borrow_mut().push("write".to_owned());
    let hook = || {
        assert!(approvals::remembered("write") && !approvals::remembered("read"));
        approvals::forget("write");
        assert!(!approvals::remembered("write"));
    };
    mock.run("authorize", hook).unwrap();
}

#[test]
fn entries_and_their_definitions_are_read() {
    let mock = mock(&["catalog"]);
    let read = entries::Entry::tool("files", "read").with_description("Reads");
    mock.entries.replace(vec![read, entries::Entry::tool("files", "write")]);
    let given = (Kind::Tool, "files__write".to_owned(), "{}".to_owned());
    mock.definitions.borrow_mut().push(given);
    let hook = || {
        assert_eq!(entries::all().len(), 2);
        let read = entries::definition(Kind::Tool, "files__read").unwrap();
        assert_eq!(
            read,
            r#"{"description":"Reads","inputSchema":{"type":"object"},"name":"read"}"#
        );
        assert_eq!(entries::definition(Kind::Tool, "files__write").as_deref(), Some("{}"));
        assert_eq!(entries::definition(Kind::Prompt, "files__read"), None);
    };
    mock.run("request", hook).unwrap();
}

#[test]
fn a_service_that_is_not_granted_fails_the_hook() {
    #[track_caller]
    fn check(right: &str, hook: impl Fn()) {
        let error = mock(&["secrets:OTHER", "http:other.example.com"]).run("credentials", hook);
        assert_eq!(error.unwrap_err().to_string(), Grants::missing(right));
    }
    check("kv", || kv::delete("a"));
    check("kv", || assert!(kv::set("a", "b", None).is_err()));
    check("kv", || assert!(kv::increment("a", 1, None).is_err()));
    check("clock", || assert_eq!(clock::now(), SystemTime::UNIX_EPOCH));
    check("random", || assert!(random::bytes(4).is_empty()));
    check("catalog", || assert!(entries::definition(Kind::Tool, "a").is_none()));
    check("approvals", || assert!(!approvals::remembered("a")));
    check("approvals", || approvals::forget("a"));
    check("secrets:TOKEN", || assert!(secrets::get("TOKEN").is_err()));
    let not_allowed = |answer| matches!(answer, Err(http::Error::NotAllowed(_)));
    check("http:example.com", || {
        assert!(not_allowed(http::send(http::Request::get("https://example.com/a"))));
    });
    check("exec:ls -l", || {
        assert!(matches!(exec::run(&["ls", "-l"], b""), Err(exec::Error::NotAllowed(_))))
    });
}

#[test]
fn a_grant_stands_for_what_it_names() {
    #[track_caller]
    fn check(grant: &str, right: &str, allowed: bool) {
        assert_eq!(Grants::new([grant.to_owned()]).allow(right), allowed, "{grant} {right}");
    }
    check("http", "http:example.com", true);
    check("http:example.com", "http:EXAMPLE.com", true);
    check("http:example.com", "http:http://example.com", false);
    check("http:example.com", "http:example.com:8080", false);
    check("exec:pass show *", "exec:pass show a", true);
    check("exec:pass show *", "exec:pass show a b", false);
    check("exec:pass show *", "exec:pass rm a", false);
    check("kv", "clock", false);
    for (url, right) in [
        ("https://example.com/a?b", "http:example.com"),
        ("https://example.com:443", "http:example.com"),
        ("https://example.com:8443/", "http:example.com:8443"),
        ("http://example.com:8080/a", "http:http://example.com:8080"),
    ] {
        assert_eq!(Grants::for_url(url).unwrap(), right);
    }
    for url in ["example.com", "ftp://example.com", "https:///a"] {
        assert!(Grants::for_url(url).is_err(), "{url}");
    }
    assert!(Grants::new(["http:a".to_owned()]).satisfy("http"));
    assert!(!Grants::new(["http:a".to_owned()]).satisfy("http:b"));
}

#[test]
fn random_bytes_are_as_many_as_asked_but_not_too_many() {
    let hook = || {
        assert_eq!((random::bytes(7).len(), random::bytes(5000).len()), (7, 1024));
        assert_ne!(random::bytes(16), random::bytes(16));
    };
    mock(&["random"]).run("request", hook).unwrap();
}
