//! An authorization server and an MCP server in one, which keep to the rules but for what a test twists. They note all
//! that they are asked.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is not as it should be. `{me}` stands for the server's own origin.
#[derive(Clone, Default)]
pub(super) struct Twist {
    /// Members of the protected resource's metadata.
    pub(super) resource: Vec<(&'static str, Value)>,
    /// Members of the authorization server's metadata; `null` takes one away.
    pub(super) server: Vec<(&'static str, Value)>,
    /// What follows `Bearer` in the challenge.
    pub(super) challenge: Option<&'static str>,
    /// What the login's reply says of its issuer, and more.
    pub(super) reply: &'static str,
    /// Where these paths redirect to.
    pub(super) redirects: Vec<(&'static str, String)>,
    /// How whoever shows the right token is refused.
    pub(super) refuses: Option<Refuses>,
    /// No refresh token is given.
    pub(super) once: bool,
    /// The name that tokens and clients have here.
    pub(super) mark: &'static str,
    /// Where the backend has moved its logins to.
    pub(super) moved: Option<String>,
}

/// A refusal of what was just given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refuses {
    /// 401.
    Token,
    /// 403: other scopes are wanted.
    Scopes,
}

/// The server.
pub(super) struct Evil {
    pub(super) origin: String,
    twist: Arc<Mutex<Twist>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Evil {
    pub(super) async fn start(twist: Twist) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (twist, seen) = (Arc::new(Mutex::new(twist)), Arc::new(Mutex::new(Vec::new())));
        let (own, twists, sees) = (origin.clone(), Arc::clone(&twist), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (own, twists, sees) = (own.clone(), Arc::clone(&twists), Arc::clone(&sees));
                tokio::spawn(async move { talk(stream, &own, &twists, &sees).await });
            }
        });
        Self { origin, twist, seen }
    }

    /// Its section of a configuration.
    pub(super) fn section(&self) -> String {
        format!("[backends.b]\nurl = \"{}/mcp\"\nauth.type = \"oauth\"\n", self.origin)
    }

    /// Twists it otherwise from now on.
    pub(super) fn twist(&self, change: impl FnOnce(&mut Twist)) {
        change(&mut self.twist.lock().unwrap());
    }

    /// The requests so far: method and path, headers, body.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Those whose first line begins like this.
    pub(super) fn asked(&self, begins: &str) -> usize {
        self.seen().iter().filter(|request| request.starts_with(begins)).count()
    }
}

async fn talk(mut stream: TcpStream, me: &str, twist: &Mutex<Twist>, seen: &Mutex<Vec<String>>) {
    let mut bytes = Vec::new();
    loop {
        let Some(request) = request(&mut stream, &mut bytes).await else { return };
        seen.lock().unwrap().push(request.clone());
        let twist = twist.lock().unwrap().clone();
        let answer = answer(&request, me, &twist);
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request, whole.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            let length: usize = length.unwrap_or(0);
            if body.len() >= length {
                let whole = head.len() + 4 + length;
                bytes.drain(..whole);
                return Some(text[..whole].to_owned());
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn answer(request: &str, me: &str, twist: &Twist) -> String {
    let target = request.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if let Some((_, to)) = twist.redirects.iter().find(|(from, _)| *from == path) {
        return reply("307 Temporary Redirect", &format!("location: {to}\r\n"), "");
    }
    let mark = if twist.mark.is_empty() { "one" } else { twist.mark };
    let issuer = twist.moved.as_deref().unwrap_or(me);
    match path {
        "/.well-known/oauth-protected-resource/mcp" | "/elsewhere" => {
            let whole =
                json!({ "resource": format!("{me}/mcp"), "authorization_servers": [issuer] });
            json_reply(&twisted(whole, &twist.resource, me))
        }
        "/.well-known/oauth-authorization-server" => {
            let at = |path: &str| format!("{me}/{path}");
            let whole = json!({
                "issuer": me, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
                "registration_endpoint": at("register"), "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["client_secret_post"],
            });
            json_reply(&twisted(whole, &twist.server, me))
        }
        "/register" => json_reply(&json!({
            "client_id": format!("client-{mark}"), "client_secret": format!("secret-{mark}"),
            "token_endpoint_auth_method": "client_secret_post",
        })),
        "/authorize" => {
            let value = |name: &str| {
                let pairs = reqwest::Url::parse(&format!("http://h/?{query}")).unwrap();
                pairs
                    .query_pairs()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.into_owned())
                    .unwrap_or_default()
            };
            let more = twist.reply.replace("{me}", me);
            let mut code = reqwest::Url::parse("http://h/").unwrap();
            code.query_pairs_mut().append_pair("code", &format!("code-{mark}"));
            let to = format!(
                "{}?state={}&{}{more}",
                value("redirect_uri"),
                value("state"),
                if more.contains("error=") { "" } else { code.query().unwrap() }
            );
            reply("302 Found", &format!("location: {to}\r\n"), "")
        }
        "/token" => {
            let refresh = (!twist.once).then(|| format!("refresh-{mark}"));
            json_reply(&json!({
                "access_token": format!("access-{mark}"), "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh,
            }))
        }
        "/mcp" => serve(request, issuer, me, twist, mark),
        _ => reply("404 Not Found", "", ""),
    }
}

/// The MCP server.
fn serve(request: &str, issuer: &str, me: &str, twist: &Twist, mark: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let good =
        if issuer == me { format!("Bearer access-{mark}") } else { "Bearer access-two".to_owned() };
    if !head.contains(&good) {
        let more = twist.challenge.unwrap_or("").replace("{me}", me);
        return reply("401 Unauthorized", &format!("www-authenticate: Bearer {more}\r\n"), "");
    }
    let challenge = r#"www-authenticate: Bearer error="insufficient_scope", scope="more""#;
    match twist.refuses {
        Some(Refuses::Token) => {
            return reply("401 Unauthorized", "www-authenticate: Bearer\r\n", "");
        }
        Some(Refuses::Scopes) => return reply("403 Forbidden", &format!("{challenge}\r\n"), ""),
        None => {}
    }
    let Ok(message) = serde_json::from_str::<Value>(body) else {
        return reply("405 Method Not Allowed", "", "");
    };
    let result = match message["method"].as_str().unwrap() {
        "initialize" => {
            json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": { "name": "e", "version": "1" } })
        }
        "tools/list" => {
            json!({ "tools": [{ "name": "read", "inputSchema": { "type": "object" } }] })
        }
        "tools/call" => json!({ "content": [{ "type": "text", "text": "read done" }] }),
        _ if message.get("id").is_none() => return reply("202 Accepted", "", ""),
        _ => {
            return json_reply(
                &json!({ "jsonrpc": "2.0", "id": message["id"], "error": { "code": -32601, "message": "no" } }),
            );
        }
    };
    json_reply(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
}

fn twisted(whole: Value, twists: &[(&'static str, Value)], me: &str) -> Value {
    let mut members: Map<String, Value> = whole.as_object().unwrap().clone();
    for (name, value) in twists {
        let value = serde_json::from_str(&value.to_string().replace("{me}", me)).unwrap();
        members.insert((*name).to_owned(), value);
    }
    members.retain(|_, value| !value.is_null());
    Value::Object(members)
}

fn json_reply(body: &Value) -> String {
    reply("200 OK", "content-type: application/json\r\n", &body.to_string())
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
