//! One client, mcpmux and one backend, and how a case is played between them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::compare::differences;
use super::rewrites::unexpected;
use super::{Case, Kind};
use crate::harness::peer::{Heard, Over, Peer, part};
use crate::harness::raw::RawClient;
use crate::harness::{Home, PATIENCE, Served};

/// How long a message is waited for that is known not to come.
const SOON: Duration = Duration::from_millis(150);
pub const ABILITIES: &str = r#"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}"#;
const OK: &str = r#"{"content":[{"type":"text","text":"ok"}],"resultType":"complete"}"#;

/// What came of a run.
pub struct Outcome {
    pub way: String,
    pub revision: &'static str,
    pub results: Vec<(Case, Result<(), String>)>,
    /// What mcpmux wrote to its client and to its backend.
    pub to_client: Vec<String>,
    pub to_backend: Vec<String>,
    /// The methods of the client's requests, by the text of their ids.
    pub asked: BTreeMap<String, String>,
}

pub struct Stage {
    way: String,
    revision: &'static str,
    vendor: &'static str,
    client: RawClient,
    peer: Peer,
    patience: Duration,
    /// What runs for as long as the stage is there.
    _running: (Home, Option<Served>),
}

impl Stage {
    /// Starts mcpmux between a client and a backend of this revision. The backend lists what the cases list.
    pub async fn open(
        revision: &'static str,
        client: Over,
        backend: Over,
        cases: &[Case],
        vendor: &'static str,
    ) -> Self {
        let mut lists = Vec::new();
        for (method, key, first) in [
            ("tools/list", "tools", r#"{"name":"echo","inputSchema":{"type":"object"}}"#),
            ("prompts/list", "prompts", r#"{"name":"hello-2"}"#),
            ("resources/list", "resources", r#"{"uri":"test://two","name":"two"}"#),
            (
                "resources/templates/list",
                "resourceTemplates",
                r#"{"uriTemplate":"a://{b}","name":"b"}"#,
            ),
        ] {
            let mut entries = vec![first.to_owned()];
            for case in cases {
                if let Kind::List { key: of, entry } = case.kind
                    && of == key
                {
                    entries.push(entry.replace("{v}", vendor));
                }
            }
            let own = if revision >= crate::harness::http::MODERN {
                r#","resultType":"complete","ttlMs":0,"cacheScope":"public""#
            } else {
                ""
            };
            lists.push((method, format!(r#"{{"{key}":[{}]{own}}}"#, entries.join(","))));
        }
        let answers: Vec<(&str, &str)> =
            lists.iter().map(|(method, result)| (*method, result.as_str())).collect();
        let peer = Peer::new("p", revision, backend, &answers).await;
        let home = Home::new(&peer.section);
        let served = match client {
            Over::Http => Some(home.serve().await),
            Over::Lines => None,
        };
        let url = served.as_ref().map_or("", |served| served.url.as_str());
        let way = format!("{revision} {client:?} client, {backend:?} backend");
        let client = RawClient::open(&home, url, revision, client, ABILITIES).await;
        let _running = (home, served);
        Self { way, revision, vendor, client, peer, patience: PATIENCE, _running }
    }

    /// Plays the cases one after the other.
    pub async fn play(&mut self, cases: &[Case]) -> Outcome {
        let mut results = Vec::new();
        for case in cases {
            self.patience = if case.is_changed(self.revision) { SOON } else { PATIENCE };
            results.push((*case, self.one(case).await));
        }
        Outcome {
            way: self.way.clone(),
            revision: self.revision,
            results,
            to_client: self.client.log.clone(),
            to_backend: self.peer.log(),
            asked: self.client.asked.clone(),
        }
    }

    async fn one(&mut self, case: &Case) -> Result<(), String> {
        let text = |text: &str| text.replace("{v}", self.vendor);
        match case.kind {
            Kind::Request { params, meta, result } => {
                let (params, result) = (text(params), text(result));
                self.request(case, &params, meta, &result).await
            }
            Kind::Fails { error } => {
                let error = text(error);
                let (id, heard) = self.call("").await?;
                heard.fail(&error);
                let answer = self.answer(&id).await?;
                same(case, "error", &error, &part(&answer, "error"))
            }
            Kind::List { key, entry } => {
                let entry = text(entry);
                self.list(case, key, &entry).await
            }
            Kind::Ask { params, result } => {
                let (params, result) = (text(params), text(result));
                self.ask(case, &params, &result).await
            }
            Kind::InCall { params } => {
                let params = text(params);
                self.in_call(case, &params).await
            }
            Kind::News { params } => {
                let params = format!("{{{}}}", text(params));
                let method = case.method();
                let told = self
                    .peer
                    .tell(&format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#));
                if !told {
                    return Err("mcpmux opened no stream for it".to_owned());
                }
                let came = self.notified(method).await?;
                let own = part(&came, "params");
                let subscription = "_meta/io.modelcontextprotocol/subscriptionId";
                let mut found = differences(&params, &own);
                found.retain(|it| it.path != subscription);
                report(unexpected(case.name, "params", found))
            }
            Kind::Said { params } => self.said(case, params).await,
        }
    }

    async fn request(
        &mut self,
        case: &Case,
        params: &str,
        meta: &str,
        result: &str,
    ) -> Result<(), String> {
        let id = self.client.request(case.method(), &exposed(params), meta).await;
        let sent = native(&part(&self.client.sent, "params"));
        let heard = self.heard(case.method(), &id).await?;
        let result = &if self.client.is_modern() && !result.contains("resultType") {
            result.replacen('{', r#"{"resultType":"complete","#, 1).replace(",}", "}")
        } else {
            result.to_owned()
        };
        heard.answer(result);
        same(case, "params", &sent, &heard.part("params"))?;
        if let Some((_, header)) = heard.headers.iter().find(|(name, _)| name == "mcp-name") {
            let name: String =
                serde_json::from_str(&heard.part(if case.method() == "resources/read" {
                    "params.uri"
                } else {
                    "params.name"
                }))
                .unwrap();
            if *header != name {
                return Err(format!("the header mcp-name is {header}"));
            }
        }
        let answer = self.answer(&id).await?;
        same(case, "result", result, &part(&answer, "result"))
    }

    async fn list(&mut self, case: &Case, key: &str, entry: &str) -> Result<(), String> {
        let id = self.client.request(case.method(), "", "").await;
        let answer = self.answer(&id).await?;
        let key_of = |text: &str| ["name", "uri", "uriTemplate"].map(|key| part(text, key));
        let named = key == "tools" || key == "prompts";
        let expected = if named {
            let name: String = serde_json::from_str(&part(entry, "name")).unwrap();
            entry.replacen(&format!(r#""name":"{name}""#), &format!(r#""name":"p__{name}""#), 1)
        } else {
            entry.to_owned()
        };
        let listed = part(&part(&answer, "result"), key);
        let listed: Vec<&serde_json::value::RawValue> =
            serde_json::from_str(&listed).map_err(|error| format!("{error} in {answer}"))?;
        let found = listed.iter().find(|it| key_of(it.get()) == key_of(&expected));
        let found = found.ok_or_else(|| format!("it is not in {answer}"))?;
        same(case, "entry", &expected, found.get())
    }

    async fn ask(&mut self, case: &Case, params: &str, result: &str) -> Result<(), String> {
        let method = case.method();
        let (id, call) = self.call("").await?;
        let (sent, text) = (format!("{{{params}}}"), format!(r#","params":{{{params}}}"#));
        let text = if params.is_empty() { "" } else { &text };
        call.say(&format!(r#"{{"jsonrpc":"2.0","id":"ask {method}","method":"{method}"{text}}}"#));
        let asked = self.asked(method).await;
        let outcome = match &asked {
            Err(why) => Err(why.clone()),
            Ok(asked) => {
                let reply =
                    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, part(asked, "id"));
                self.client.send(&reply).await;
                let answers = |heard: &Heard| heard.part("id").starts_with("\"ask ");
                match self.peer.until(answers, self.patience).await {
                    None => Err("the client's answer did not arrive".to_owned()),
                    Some(heard) => same(case, "result", result, &heard.part("result")),
                }
            }
        };
        call.answer(OK);
        self.answer(&id).await?;
        outcome?;
        match part(&asked?, "params") {
            none if none.is_empty() && params.is_empty() => Ok(()),
            came => same(case, "params", &sent, &came),
        }
    }

    async fn in_call(&mut self, case: &Case, params: &str) -> Result<(), String> {
        let mut meta = r#""progressToken":"own token""#.to_owned();
        if self.client.is_modern() {
            meta.push_str(r#","io.modelcontextprotocol/logLevel":"debug""#);
        }
        let (_, call) = self.call(&meta).await?;
        let method = case.method();
        call.say(&format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{{params}}}}}"#));
        call.answer(OK);
        let came = self.notified(method).await?;
        let sent = format!("{{{}}}", params.replace("$token", "\"own token\""));
        let came = part(&came, "params");
        if part(&sent, "progressToken") != part(&came, "progressToken") {
            return Err(format!("another token: {came}"));
        }
        same(case, "params", &sent, &came)
    }

    async fn said(&mut self, case: &Case, params: &str) -> Result<(), String> {
        let method = case.method();
        let call = if params.contains("$id") { Some(self.call("").await?) } else { None };
        let id = call.as_ref().map_or("", |(id, _)| id.as_str());
        let params = format!("{{{}}}", params.replace("$id", id));
        let text = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#);
        self.client.send(&text).await;
        let of_it = |heard: &Heard| heard.part("method") == format!("\"{method}\"");
        let heard = self.peer.until(of_it, self.patience).await.ok_or("it did not arrive")?;
        if call.is_some_and(|(_, call)| call.part("id") != heard.part("params.requestId")) {
            return Err(format!("of another request: {}", heard.text));
        }
        same(case, "params", &params, &heard.part("params"))
    }

    /// Begins a call: its id for the client, and as the backend heard it.
    async fn call(&mut self, meta: &str) -> Result<(String, Heard), String> {
        let id = self.client.request("tools/call", r#""name":"p__echo""#, meta).await;
        let heard = self.heard("tools/call", &id).await?;
        Ok((id, heard))
    }

    /// The backend hears a request, unless mcpmux answers it itself.
    async fn heard(&mut self, method: &str, id: &str) -> Result<Heard, String> {
        let hearing = async {
            loop {
                tokio::select! {
                    heard = self.peer.next() => if heard.part("method") == format!("\"{method}\"") {
                        return Ok(heard);
                    },
                    text = self.client.next() => if part(&text, "id") == id {
                        return Err(format!("mcpmux answered it: {text}"));
                    },
                }
            }
        };
        let heard = tokio::time::timeout(self.patience, hearing).await;
        heard.unwrap_or_else(|_| Err("it did not arrive".to_owned()))
    }

    /// The client is asked, unless mcpmux answers the backend itself.
    async fn asked(&mut self, method: &str) -> Result<String, String> {
        let asking = async {
            loop {
                tokio::select! {
                    heard = self.peer.next() => if heard.part("id").starts_with("\"ask ") {
                        return Err(format!("mcpmux answered it: {}", heard.text));
                    },
                    text = self.client.next() => if part(&text, "method") == format!("\"{method}\"") {
                        return Ok(text);
                    },
                }
            }
        };
        let asked = tokio::time::timeout(self.patience, asking).await;
        asked.unwrap_or_else(|_| Err("it did not arrive".to_owned()))
    }

    async fn answer(&mut self, id: &str) -> Result<String, String> {
        self.client.answer(id, PATIENCE).await.ok_or_else(|| "no answer".to_owned())
    }

    async fn notified(&mut self, method: &str) -> Result<String, String> {
        let of_it = |text: &str| part(text, "method") == format!("\"{method}\"");
        let told = self.client.until(of_it, self.patience).await;
        told.ok_or_else(|| "it did not arrive".to_owned())
    }
}

/// Names as the client says them, and back.
fn exposed(params: &str) -> String {
    let names = [
        (r#""name":"echo""#, r#""name":"p__echo""#),
        (r#""name":"hello""#, r#""name":"p__hello""#),
        (r#""taskId":"task-1""#, r#""taskId":"p~task-1""#),
    ];
    names.iter().fold(params.to_owned(), |params, (own, exposed)| params.replacen(own, exposed, 1))
}

fn native(params: &str) -> String {
    params.replacen("p__", "", 1).replacen("p~", "", 1)
}

/// Whether a part of a message came as it was sent, but for the rewrites.
fn same(case: &Case, part: &str, sent: &str, came: &str) -> Result<(), String> {
    report(unexpected(case.name, part, differences(sent, came)))
}

fn report(found: Vec<super::compare::Difference>) -> Result<(), String> {
    if found.is_empty() {
        return Ok(());
    }
    let all: Vec<String> =
        found.into_iter().map(|it| format!("`{}` {}", it.path, it.how)).collect();
    Err(all.join("; "))
}
