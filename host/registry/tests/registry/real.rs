//! Against Debian's registry: what is stored, what comes back, and what is refused.

use super::server::{Registry, USER};
use super::*;
use mcpmux_registry::Digest;

fn contents(version: &str) -> Contents {
    Contents {
        imports: vec!["mcpmux:plugin/log@0.2.0".to_owned()],
        exports: vec!["mcpmux:plugin/authorize@0.2.0".to_owned()],
        id: Some("guard".to_owned()),
        version: Some(version.to_owned()),
        summary: Some("guards".to_owned()),
    }
}

#[test]
fn what_is_pushed_is_pulled_by_tag_and_by_digest() {
    let registry = Registry::start();
    let source = source(&registry.address, "you/guard:1.0.0");
    let pushed = push(&source, &NOBODY, b"component", &contents("1.0.0")).unwrap();
    assert_eq!((pushed.component, pushed.size), (Digest::of(b"component"), 9));
    let again = push(&source, &NOBODY, b"component", &contents("1.0.0")).unwrap();
    assert_eq!(again, pushed, "the same component has the same digests");

    for source in [source.clone(), source.pinned(pushed.manifest)] {
        let place = Place::new();
        let pulled = pull(&source, &NOBODY, &place.target()).unwrap();
        assert_eq!(fs::read(pulled.file()).unwrap(), b"component");
        assert!(!place.target().exists(), "it is not in its place before it is kept");
        assert_eq!((pulled.manifest, pulled.component), (pushed.manifest, pushed.component));
        assert_eq!(pulled.id.as_deref().zip(pulled.version.as_deref()), Some(("guard", "1.0.0")));
        pulled.keep().unwrap();
        place.check_untouched(Some(b"component"));
    }
}

#[test]
fn what_is_stored_has_the_layout_that_others_read() {
    let registry = Registry::start();
    let source = source(&registry.address, "guard:1.0.0");
    let pushed = push(&source, &NOBODY, b"component", &contents("1.0.0")).unwrap();
    let json = |digest: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(registry.blob(digest)).unwrap()).unwrap()
    };
    let manifest = json(&pushed.manifest.to_string());
    let config = manifest["config"].clone();
    let expected = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [{
            "mediaType": "application/wasm", "digest": pushed.component.to_string(), "size": 9,
        }],
        "annotations": {
            "org.opencontainers.image.title": "guard",
            "org.opencontainers.image.version": "1.0.0",
            "org.opencontainers.image.description": "guards",
        },
    });
    assert_eq!(manifest, expected);
    assert_eq!(config["mediaType"], "application/vnd.wasm.config.v0+json");
    let expected = serde_json::json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [pushed.component.to_string()],
        "component": {
            "exports": ["mcpmux:plugin/authorize@0.2.0"],
            "imports": ["mcpmux:plugin/log@0.2.0"],
        },
    });
    assert_eq!(json(config["digest"].as_str().unwrap()), expected);
}

#[test]
fn a_tag_that_moved_gives_the_other_component_and_a_digest_the_same() {
    let registry = Registry::start();
    let source = source(&registry.address, "guard:1");
    let first = push(&source, &NOBODY, b"first", &contents("1.0.0")).unwrap();
    let second = push(&source, &NOBODY, b"second", &contents("1.0.1")).unwrap();
    assert_ne!(first.manifest, second.manifest);
    let place = Place::new();
    let pulled = pull(&source, &NOBODY, &place.target()).unwrap();
    assert_eq!((pulled.manifest, pulled.component), (second.manifest, second.component));
    let pinned = pull(&source.pinned(first.manifest), &NOBODY, &place.target()).unwrap();
    assert_eq!(fs::read(pinned.file()).unwrap(), b"first");
}

#[test]
fn a_blob_that_was_edited_in_the_registry_is_found_and_the_file_stays() {
    let registry = Registry::start();
    let source = source(&registry.address, "guard:1");
    let pushed = push(&source, &NOBODY, b"component", &contents("1")).unwrap();
    let place = Place::new();
    pull(&source, &NOBODY, &place.target()).unwrap().keep().unwrap();
    fs::write(registry.blob(&pushed.component.to_string()), b"c0mponent").unwrap();
    for source in [source.clone(), source.pinned(pushed.manifest)] {
        let error = pull(&source, &NOBODY, &place.target()).unwrap_err().to_string();
        let (expected, found) = (pushed.component, Digest::of(b"c0mponent"));
        let words =
            format!("sent another component than it should have: expected {expected}, got {found}");
        assert!(error.contains(&words) && error.contains("nothing was written"), "{error}");
        place.check_untouched(Some(b"component"));
    }
}

#[test]
fn a_manifest_that_was_edited_in_the_registry_is_found() {
    let registry = Registry::start();
    let source = source(&registry.address, "guard:1");
    let pushed = push(&source, &NOBODY, b"component", &contents("1.0.0")).unwrap();
    let file = registry.blob(&pushed.manifest.to_string());
    let edited = fs::read_to_string(&file).unwrap().replace("1.0.0", "6.6.6");
    fs::write(file, &edited).unwrap();
    let found = Digest::of(edited.as_bytes()).to_string();
    check_refused(&source.pinned(pushed.manifest), &NOBODY, &["another manifest", &found]);
}

#[test]
fn what_is_not_there_is_said_to_be_not_there() {
    let registry = Registry::start();
    let address = &registry.address;
    push(&source(address, "guard:1"), &NOBODY, b"component", &contents("1")).unwrap();
    for rest in ["guard:2", "other:1", &format!("guard@{}", Digest::of(b""))] {
        check_refused(&source(address, rest), &NOBODY, &[&format!("there is no {address}/{rest}")]);
    }
}

#[test]
fn a_registry_that_asks_who_we_are_is_told_so_or_refuses() {
    let registry = Registry::guarded();
    let source = source(&registry.address, "guard:1");
    let hint = "hint: set MCPMUX_REGISTRY_USER and MCPMUX_REGISTRY_PASSWORD";
    let error = push(&source, &NOBODY, b"component", &contents("1")).unwrap_err().to_string();
    assert!(error.contains("refuses access to") && error.contains(hint), "{error}");
    let me = user(USER.0, USER.1);
    push(&source, &me, b"component", &contents("1")).unwrap();
    let place = Place::new();
    let pulled = pull(&source, &me, &place.target()).unwrap();
    assert_eq!(fs::read(pulled.file()).unwrap(), b"component");
    check_refused(&source, &NOBODY, &["refuses access to", hint]);
    check_refused(&source, &user("me", "wrong"), &["with the credentials given", hint]);
    let helped = Access {
        insecure: false,
        credentials: Credentials::None(Some("a helper has it".to_owned())),
    };
    check_refused(&source, &helped, &["hint: a helper has it; set MCPMUX_REGISTRY_USER"]);
}

#[test]
fn a_component_is_stored_under_a_tag() {
    let source = source("localhost:1", &format!("guard@{}", Digest::of(b"")));
    let error = push(&source, &NOBODY, b"component", &contents("1")).unwrap_err().to_string();
    assert!(error.contains("hint: name a tag"), "{error}");
}
