//! The Unix socket: the same endpoint, for the owner of a file.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::live::Session;
use super::{text, tool, with};
use crate::harness::Home;
use crate::harness::http::{Client, LEGACY};

const URL: &str = "http://anything/mcp";

fn http(home: &Home) -> reqwest::Client {
    crate::harness::http::builder().unix_socket(home.path().join("s")).build().unwrap()
}

#[tokio::test]
async fn both_eras_are_served_on_a_socket_and_it_goes_with_the_process() {
    let home = with("[listen]\nunix = \"s\"");
    let file = home.path().join("s");
    // What a process that was killed has left behind is replaced.
    drop(std::os::unix::net::UnixListener::bind(&file).unwrap());
    let served = home.serve().await;
    assert!(served.log().contains("and on the socket"), "{}", served.log());
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let session = Session::open_with(http(&home), URL, LEGACY, json!({})).await;
    let answer = session.request("tools/call", tool("mark", json!({"a": 1}))).await;
    assert_eq!(text(&answer), r#"{"a": 1}"#);
    let modern = Client::modern(&served.url);
    let (body, headers) = modern.request_parts("tools/call", tool("mark", json!({"a": 2})));
    let request = http(&home).post(URL).header("content-type", "application/json").body(body);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    let (ours, foreign) = (request.try_clone().unwrap(), request);
    let answer = ours.send().await.unwrap().json().await.unwrap();
    assert_eq!(text(&answer), r#"{"a": 2}"#);
    let foreign = foreign.header("origin", "https://evil.test").send().await.unwrap();
    assert_eq!(foreign.status().as_u16(), 403);

    let (code, _, said) = home.run(&["serve", "--http", "127.0.0.1:0"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("another process is listening on"), "{said}");
    assert_eq!(served.stop().await, 0);
    assert!(!file.exists());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let home = with("[listen]\nunix = \"s\"");
    home.write("s", "mine");
    let (code, _, said) = home.run(&["serve", "--http", "127.0.0.1:0"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("is no socket") && said.contains("[listen] unix"), "{said}");
    assert_eq!(std::fs::read_to_string(home.path().join("s")).unwrap(), "mine");
}
