//! Grants as they are written, and what each of them lets through.

use super::*;

fn grants(texts: &[&str]) -> Grants {
    Grants::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
}

#[track_caller]
fn refused(text: &str, part: &str) {
    let error = Grants::parse(&["kv".to_owned(), text.to_owned()]).unwrap_err();
    assert!(error.contains(part), "{text}: {error}");
}

#[test]
fn a_name_is_had_only_if_it_is_granted() {
    let some = grants(&["clock", "kv"]);
    for (name, had) in
        [("clock", true), ("kv", true), ("log", true), ("random", false), ("http", false)]
    {
        assert_eq!((some.has(name), some.covers(name)), (had, had), "{name}");
    }
    let others = grants(&["secrets:A", "http:a.example", "exec:true"]);
    for name in ["secrets", "http", "exec"] {
        assert!(others.has(name) && others.covers(name) && !some.covers(name), "{name}");
    }
    assert!(!some.has("nonsense") && !some.covers("nonsense"));
}

#[test]
fn a_misspelt_grant_is_refused_with_the_name_that_was_meant() {
    refused("kvs", "did you mean `kv`?");
    refused("clok", "did you mean `clock`?");
    refused("Random", "did you mean `random`?");
    refused("secret:A", "did you mean the name of a secret: `secrets:NAME`?");
    refused("htp:a", "`http:HOST`");
    refused("filesystem", "there are `clock`, `random`, `kv`, `catalog`, `approvals`, `secrets`");
    refused("", "there is no grant ``");
    refused("kv:1", "nothing may follow `kv`");
    refused("kv\n", "there is no grant `kv\\n`");
    for bare in ["http", "http:", "exec: ", "secrets"] {
        refused(bare, "must be followed by");
    }
}

#[test]
fn a_secret_is_granted_by_its_own_name() {
    let grants = grants(&["secrets:TOKEN"]);
    assert!(grants.secret("TOKEN") && grants.covers("secrets:TOKEN"));
    assert!(!grants.secret("token") && !grants.covers("secrets:OTHER") && !grants.secret(""));
    refused("secrets:A B", "no spaces");
}

#[track_caller]
fn asks(granted: &str, url: &str, expected: Option<Reach>) {
    let url = url::Url::parse(url).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port_or_known_default().unwrap());
    let found = grants(&[granted]).http(url.scheme(), host, port);
    assert_eq!(found, expected, "{granted} {url}");
}

#[test]
fn a_host_is_asked_only_as_granted() {
    use Reach::{Near, Public};
    asks("http:a.example", "https://A.example/x", Some(Public));
    asks("http:A.Example", "https://a.example:443/", Some(Public));
    for other in [
        "http://a.example/",
        "http://a.example:443/",
        "https://a.example:8443/",
        "https://b.a.example/",
        "https://xa.example/",
        "https://a.example./",
        "https://a.example.evil.test/",
    ] {
        asks("http:a.example", other, None);
    }
    asks("http:a.example:8443", "https://a.example:8443/", Some(Public));
    asks("http:a.example:8443", "https://a.example/", None);
    asks("http:http://a.example:8080", "http://a.example:8080/", Some(Public));
    asks("http:http://a.example:8080", "https://a.example:8080/", None);
    asks("http:http://a.example", "http://a.example/", Some(Public));
    asks("http:https://a.example", "https://a.example/", Some(Public));
    asks("http:*.a.example", "https://b.a.example/", Some(Public));
    asks("http:*.a.example", "https://c.b.a.example/", Some(Public));
    asks("http:*.a.example", "https://a.example/", None);
    asks("http:*.a.example", "https://xa.example/", None);
    asks("http:bücher.example", "https://xn--bcher-kva.example/", Some(Public));
    asks("http:localhost", "https://localhost/", Some(Near));
    asks("http:localhost", "https://a.localhost/", None);
    asks("http:http://127.0.0.1:8080", "http://127.0.0.1:8080/", Some(Near));
    asks("http:http://127.0.0.1:8080", "http://2130706433:8080/", Some(Near));
    asks("http:http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080/", None);
    asks("http:[fd00::1]:8443", "https://[fd00:0::1]:8443/", Some(Near));
    asks("http:10.0.0.1", "https://10.0.0.2/", None);
}

#[test]
fn what_names_no_host_is_refused() {
    refused("http:*", "`*` can only stand in front");
    refused("http:a*.example", "`*` can only stand in front");
    refused("http:*.*.example", "`*` can only stand in front");
    refused("http:*.com", "too much");
    refused("http:*.com.", "too much");
    refused("http:*.10.0.0.1", "nothing is under");
    refused("http:a.example/path", "leave out the path");
    refused("http:http://u:p@a.example", "leave out the user");
    refused("http:ftp://a.example", "only `http` and `https`");
    refused("http:a.example:0", "1 to 65535");
    refused("http:a.example:", "1 to 65535");
    refused("http:a b", "is no host");
    refused("http:::1", "brackets");
    refused("http:[::1", "without");
    refused("http:[::1]x", "only a port");
    refused("http:0x7f.1", "write the address as `127.0.0.1`");
    refused("http:2130706433", "write the address as `127.0.0.1`");
    refused("http:169.254.169.254", "a cloud's metadata service, which no plugin may ask");
    refused("http:[::ffff:169.254.169.254]", "which no plugin may ask");
    refused("http:0.0.0.0", "which no plugin may ask");
}

#[test]
fn what_a_plugin_wants_is_covered_by_as_much_or_more() {
    let some = grants(&["http:*.a.example", "http:b.example", "exec:gh auth token --hostname *"]);
    for (want, covered) in [
        ("http:x.a.example", true),
        ("http:*.a.example", true),
        ("http:*.x.a.example", true),
        ("http:a.example", false),
        ("http:b.example:443", true),
        ("http:http://b.example", false),
        ("http:*.b.example", false),
        ("exec:gh auth token --hostname github.com", true),
        ("exec:gh auth token --hostname *", true),
        ("exec:gh auth token", false),
        ("exec:gh auth logout --hostname *", false),
        ("exec:*", false),
    ] {
        assert_eq!(some.covers(want), covered, "{want}");
    }
}

#[test]
fn a_program_is_run_only_with_the_words_granted() {
    let some = grants(&["exec:gh auth  token --hostname *", "exec:/usr/bin/true"]);
    let check = |argv: &[&str], expected: bool| {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(some.exec(&argv), expected, "{argv:?}");
    };
    check(&["gh", "auth", "token", "--hostname", "github.com"], true);
    check(&["gh", "auth", "token", "--hostname", "two words"], true);
    check(&["gh", "auth", "token", "--hostname", ""], false);
    check(&["gh", "auth", "token", "--hostname"], false);
    check(&["gh", "auth", "token", "--hostname", "a", "b"], false);
    check(&["gh", "auth", "logout", "--hostname", "a"], false);
    check(&["/tmp/gh", "auth", "token", "--hostname", "a"], false);
    check(&["/usr/bin/true"], true);
    check(&["true"], false);
    check(&[], false);
    refused("exec:* x", "would be any program");
    refused("exec:a --x=*", "cannot be a part");
    refused("exec:a 'b c'", "quotes are no quotes");
    refused("exec:./a", "working directory");
    refused("exec:a\u{1}", "cannot be seen");
}

#[test]
fn grants_print_as_they_are_written() {
    let all = ["kv", "secrets:A", "http:a.example", "exec:gh *"];
    let expected = r#"["kv", "secrets:A", "http:https://a.example:443", "exec:gh *"]"#;
    assert_eq!(format!("{:?}", grants(&all)), expected);
}
