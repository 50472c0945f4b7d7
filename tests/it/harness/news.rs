//! A stream that stays open, on which a client hears that the list of tools has changed.

use serde_json::{Value, json};

use super::PATIENCE;
use super::http::Client;

const CHANGED: &str = "notifications/tools/list_changed";

/// An open stream and the client it belongs to.
pub struct News {
    client: Client,
    response: reqwest::Response,
    text: String,
}

impl News {
    /// Opens the stream of the client's era: GET with a session, `subscriptions/listen` without.
    pub async fn of(client: &Client, url: &str) -> Self {
        let http = super::http::client();
        let request = match client.session() {
            Some(session) => http.get(url).header("mcp-session-id", session),
            None => {
                let params = json!({"notifications": {"toolsListChanged": true}});
                let (body, headers) = client.request_parts("subscriptions/listen", params);
                let request = http.post(url).header("content-type", "application/json").body(body);
                headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
            }
        };
        let request = request.header("accept", "application/json, text/event-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{response:?}");
        let mut news = Self { client: client.clone(), response, text: String::new() };
        if client.session().is_none() {
            let first = news.next().await;
            assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
        }
        news
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let message = data.map(|text| serde_json::from_str(text).unwrap());
                self.text = rest.to_owned();
                match message {
                    Some(message) => return message,
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("nothing is heard").unwrap().expect("the stream has ended");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Hears that the list has changed, until it is this one.
    pub async fn until(&mut self, expected: &[&str]) {
        loop {
            let message = self.next().await;
            assert_eq!(message["method"], CHANGED, "{message}");
            if self.client.names().await == expected {
                return;
            }
        }
    }
}
