//! Registries that break off, send too much, send something else, or are not there.

use std::net::TcpListener;

use super::faulty::{self, Answers, ok};
use super::*;
use mcpmux_registry::{Digest, SIZE_LIMIT};

/// A manifest of a component with this digest and size.
fn manifest(digest: &str, size: u64) -> Vec<u8> {
    let descriptor = |kind: &str, digest: &str, size: u64| serde_json::json!({ "mediaType": kind, "digest": digest, "size": size });
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.wasm.config.v0+json", "sha256:00", 2),
        "layers": [descriptor("application/wasm", digest, size)],
    });
    manifest.to_string().into_bytes()
}

/// A registry with one component at `guard:1`, of which this is answered for the layer.
fn registry(manifest: &[u8], digest: &str, blob: Vec<u8>) -> String {
    faulty::start(Answers::from([
        ("/v2/".to_owned(), ok(2, b"{}")),
        ("/v2/guard/manifests/1".to_owned(), ok(manifest.len(), manifest)),
        (format!("/v2/guard/blobs/{digest}"), blob),
    ]))
}

#[test]
fn a_connection_that_is_cut_writes_nothing() {
    let digest = Digest::of(b"component").to_string();
    let address = registry(&manifest(&digest, 9), &digest, ok(9, b"comp"));
    check_refused(
        &source(&address, "guard:1"),
        &NOBODY,
        &["broke off", "nothing was written; try again"],
    );
}

#[test]
fn a_component_that_is_too_large_is_refused_before_it_is_fetched_and_while_it_is() {
    let digest = Digest::of(b"component").to_string();
    let said = registry(&manifest(&digest, SIZE_LIMIT + 1), &digest, ok(0, b""));
    check_refused(
        &source(&said, "guard:1"),
        &NOBODY,
        &["has 134217729 bytes, more than the 134217728"],
    );
    let flood = vec![0; usize::try_from(SIZE_LIMIT).unwrap() + 1];
    let silent = registry(&manifest(&digest, 9), &digest, ok(flood.len(), &flood));
    check_refused(
        &source(&silent, "guard:1"),
        &NOBODY,
        &["has 134217729 bytes, more than the 134217728"],
    );
}

#[test]
fn what_is_no_component_is_refused() {
    let image = manifest("sha256:00", 1).to_vec();
    let image =
        String::from_utf8(image).unwrap().replace("vnd.wasm.config.v0", "vnd.oci.image.config.v1");
    let address = registry(image.as_bytes(), "", Vec::new());
    let words = [
        "is no component: its configuration is of type `application/vnd.oci.image.config.v1+json`",
    ];
    check_refused(&source(&address, "guard:1"), &NOBODY, &words);
    let address = registry(&manifest("sha512:00", 1), "", Vec::new());
    check_refused(&source(&address, "guard:1"), &NOBODY, &["its layer's digest is `sha512:00`"]);
    let address = registry(b"<html>", "", Vec::new());
    check_refused(&source(&address, "guard:1"), &NOBODY, &["its manifest is not understood"]);
}

#[test]
fn another_manifest_than_the_digest_says_is_refused() {
    let (right, wrong) = (manifest("sha256:00", 1), manifest("sha256:01", 1));
    let digest = Digest::of(&right).to_string();
    let address = faulty::start(Answers::from([
        ("/v2/".to_owned(), ok(2, b"{}")),
        (format!("/v2/guard/manifests/{digest}"), ok(wrong.len(), &wrong)),
    ]));
    let found = Digest::of(&wrong).to_string();
    check_refused(
        &source(&address, &format!("guard@{digest}")),
        &NOBODY,
        &["another manifest", &found],
    );
}

#[test]
fn what_a_registry_says_cannot_forge_a_line() {
    let body = b"bad\r\nhint: all is well\x1b[2K";
    let head = format!("500 Oops\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let address = faulty::start(Answers::from([
        ("/v2/".to_owned(), ok(2, b"{}")),
        ("/v2/guard/manifests/1".to_owned(), [head.as_bytes(), body].concat()),
    ]));
    let words = [r"status 500: bad\r\nhint: all is well\u{1b}[2K"];
    check_refused(&source(&address, "guard:1"), &NOBODY, &words);
}

#[test]
fn a_registry_that_is_not_there_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    check_refused(
        &source(&address, "guard:1"),
        &NOBODY,
        &[&format!("{address} cannot be reached")],
    );
}

#[test]
fn a_place_that_cannot_be_written_is_said() {
    let digest = Digest::of(b"component").to_string();
    let address = registry(&manifest(&digest, 9), &digest, ok(9, b"component"));
    let place = Place::new();
    fs::create_dir_all(place.target()).unwrap();
    let error =
        pull(&source(&address, "guard:1"), &NOBODY, &place.target()).unwrap_err().to_string();
    assert!(
        error.contains("cannot write") && error.contains("guard.wasm: is a directory"),
        "{error}"
    );
}
