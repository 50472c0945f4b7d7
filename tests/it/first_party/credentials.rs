//! `credential-exec` and `credential-http`: what a backend is shown, how often it is fetched, and why again.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{Tool, backend, first, plugin};
use crate::harness::http::{Client, LEGACY};
use crate::harness::peer::{Over, Peer};
use crate::harness::{Home, PATIENCE};
use crate::peers::server::Server;

/// A backend at this URL that is shown what a plugin says.
fn shown(name: &str, url: &str, by: &str) -> String {
    format!("[backends.{name}]\nurl = \"{url}\"\n{}", auth(by))
}

fn auth(by: &str) -> String {
    format!("auth = {{ type = \"plugin\", plugin = \"{by}\" }}\n")
}

/// Gives the token `t-1` when it is asked first, then `t-2`, and so on, good for so many seconds; notes each question.
const TOKEN: &str = r#"read -r query
echo "$query" >> "$1"
printf '{"token": "t-%d", "expires_in": %d}\n' "$(wc -l < "$1")" "$2"
"#;
const LOGIN: &str = "echo t-secret\necho 'run the login first, not t-secret' >&2\nexit 4\n";

const EXEC: &str = r#"
grant = ["clock", "exec:sh {here}/token.sh * 3600", "exec:sh {here}/token.sh * 1", "exec:sh {here}/login.sh"]

[[plugins.config.backends]]
backend = "brief"
command = ["sh", "{here}/token.sh", "{here}/{backend}.asked", "1"]
stdin = true

[[plugins.config.backends]]
backend = "locked"
command = ["sh", "{here}/login.sh"]
login_exit_codes = [4]

[[plugins.config.backends]]
command = ["sh", "{here}/token.sh", "{here}/{backend}.asked", "3600"]
stdin = true
"#;

/// What the command was asked about a backend so far.
fn asked(home: &Home, backend: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path().join(format!("{backend}.asked")));
    text.unwrap_or_default().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Calls `echo` of a backend, which has to answer.
async fn echo(client: &Client, backend: &str, arguments: Value) {
    let answer = client.call(&format!("{backend}__echo"), arguments.clone()).await;
    let given: Value = serde_json::from_str(first(&answer)).unwrap();
    assert_eq!(given, arguments, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_run_once_for_a_token_and_again_when_it_ends_or_is_refused() {
    let name = "credential-exec";
    let (kept, locked) = tokio::join!(Server::bearer(&["t-1", "t-2"]), Server::bearer(&["none"]));
    let brief = backend("brief", LEGACY, Over::Http, &[Tool::new("echo")]).await;
    let config = [
        shown("kept", &kept.url, name),
        shown("locked", &locked.url, name),
        brief + &auth(name),
        plugin(name, EXEC),
    ];
    let home = Home::new(&config.concat());
    home.write("token.sh", TOKEN);
    home.write("login.sh", LOGIN);
    let served = home.serve().await;
    let [legacy, modern] = [Client::legacy(&served.url).await, Client::modern(&served.url)];

    for client in [&legacy, &modern] {
        echo(client, "kept", json!({"n": 1})).await;
    }
    let initial = json!({"backend": "kept", "url": kept.url, "why": "initial", "challenge": null});
    assert_eq!(asked(&home, "kept"), [initial]);
    // The next token counts from here on.
    echo(&modern, "kept", json!({"rotate": true})).await;
    for client in [&legacy, &modern] {
        echo(client, "kept", json!({"n": 2})).await;
    }
    let again = asked(&home, "kept");
    assert_eq!((again.len(), &again[1]["why"]), (2, &json!("refused")), "{again:?}");
    assert_eq!(again[1]["challenge"], r#"Bearer error="invalid_token""#);

    let ended = async {
        while asked(&home, "brief").len() < 2 {
            echo(&legacy, "brief", json!({})).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("it is never renewed");
    assert_eq!(asked(&home, "brief")[1]["why"], "expired");

    let log = served.said("backend `locked` wants a login").await;
    assert!(log.contains("`sh` failed with exit code 4: run the login first, not ****"), "{log}");
    assert!(!log.contains("t-secret"), "what a command wrote is shown: {log}");
    assert_eq!(served.stop().await, 0);
}

/// An endpoint that gives out tokens, and what it was asked.
struct Endpoint {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::default());
        let noting = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&noting)));
            }
        });
        Self { address, asked }
    }

    /// The requests to a path, each with its head in lower case.
    fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|request| request.contains(path)).cloned().collect()
    }
}

/// Answers one request, by its path.
async fn answer(stream: TcpStream, noting: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") && read.read_line(&mut head).await.is_ok_and(|read| read > 0)
    {
        let last = head.lines().next_back().unwrap_or_default().to_ascii_lowercase();
        length = last.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.unwrap();
    let count = {
        let mut noting = noting.lock().unwrap();
        noting.push(format!("{head}{}", String::from_utf8(body).unwrap()));
        noting.iter().filter(|request| request.contains(" /token ")).count()
    };
    let (status, body) = if head.contains(" /token ") {
        ("200 OK", json!({"access_token": format!("t-{count}"), "expires_in": 3600}))
    } else if head.contains(" /login ") {
        ("200 OK", json!({"session": {"id": "s-1", "seconds": 60}}))
    } else {
        (
            "400 Bad Request",
            json!({"error": "invalid_client", "error_description": "not s3cret&more"}),
        )
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
        body.len()
    );
    let answer = format!("{head}\r\nconnection: close\r\n\r\n{body}");
    write.write_all(answer.as_bytes()).await.unwrap();
}

const HTTP: &str = r#"
grant = ["clock", "http:{endpoint}", "secrets:KEY"]
secrets = { KEY = "s3cret&more" }

[[plugins.config.backends]]
backend = "crm"
oauth = { token_url = "{endpoint}/token", client_id = "mcpmux", client_secret = "{secret:KEY}", scope = "read" }

[[plugins.config.backends]]
backend = "old"
url = "{endpoint}/login"
json = { key = "{secret:KEY}", for = "{backend}" }
token = "/session/id"
expires_in = "/session/seconds"
header = "x-session"

[[plugins.config.backends]]
backend = "shut"
url = "{endpoint}/other?for={backend}"
json = { key = "{secret:KEY}" }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_asked_once_for_a_token_and_again_when_it_is_refused() {
    let name = "credential-http";
    let (crm, endpoint) = tokio::join!(Server::bearer(&["t-1", "t-2"]), Endpoint::new());
    let tools = r#"{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}"#;
    let mut old = Peer::new("old", LEGACY, Over::Http, &[("tools/list", tools)]).await;
    let config = [
        shown("crm", &crm.url, name),
        shown("shut", &crm.url, name),
        format!("{}{}", old.section, auth(name)),
        plugin(name, &HTTP.replace("{endpoint}", &endpoint.address)),
    ];
    let home = Home::new(&config.concat());
    let served = home.serve().await;
    let clients = [Client::legacy(&served.url).await, Client::modern(&served.url)];

    for client in &clients {
        echo(client, "crm", json!({"n": 1})).await;
    }
    let asked = endpoint.asked("/token");
    assert_eq!(asked.len(), 1, "{asked:?}");
    // `mcpmux` and `s3cret%26more`, as RFC 6749, section 2.3.1, has them.
    assert!(asked[0].contains("Basic bWNwbXV4OnMzY3JldCUyNm1vcmU="), "{asked:?}");
    assert!(asked[0].ends_with("grant_type=client_credentials&scope=read"), "{asked:?}");
    echo(&clients[0], "crm", json!({"rotate": true})).await;
    for client in &clients {
        echo(client, "crm", json!({"n": 2})).await;
    }
    assert_eq!(endpoint.asked("/token").len(), 2);

    for client in &clients {
        let called = async {
            let heard = old
                .until(|heard| heard.part("method") == "\"tools/call\"", PATIENCE)
                .await
                .unwrap();
            let session = heard.headers.iter().find(|(name, _)| name == "x-session").cloned();
            heard.answer(r#"{"content":[{"type":"text","text":"{}"}]}"#);
            session
        };
        let (session, ()) = tokio::join!(called, echo(client, "old", json!({})));
        assert_eq!(session, Some(("x-session".to_owned(), "s-1".to_owned())));
    }
    let asked = endpoint.asked("/login");
    assert_eq!(asked.len(), 1, "{asked:?}");
    let sent: Value = serde_json::from_str(asked[0].split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(sent, json!({"key": "s3cret&more", "for": "old"}));

    assert!(!endpoint.asked("/other?for=shut").is_empty());
    let log = served.said("invalid_client").await;
    let said =
        format!("`{}/other` answered with status 400: invalid_client: not ****", endpoint.address);
    assert!(log.contains(&said), "{log}");
    assert!(!log.contains("s3cret") && !log.contains("for=shut"), "{log}");
    assert_eq!(served.stop().await, 0);
}
