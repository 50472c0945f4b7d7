//! What the matrix's client on rmcp does for each feature.

use rmcp::model::*;
use rmcp::service::Subscription;
use serde_json::{Value, json};

use super::super::cells::Era;
use super::{Backend, Failure, equal, made, text};
use crate::harness::http::LEGACY;

/// The tools of a server.
const TOOLS: [&str; 13] = [
    "ask_form",
    "ask_model",
    "ask_roots",
    "ask_url",
    "change",
    "echo",
    "fail",
    "go",
    "log",
    "noticed",
    "steps",
    "touch",
    "wait",
];

impl Backend<'_> {
    pub(super) async fn attempt(&self, feature: &str) -> Result<String, Failure> {
        match feature {
            "tools" => self.tools().await?,
            "pagination" => return self.pagination().await,
            "resources" => equal(sorted(self.pages("resources").await?.0), resources())?,
            "templates" => equal(self.pages("resourceTemplates").await?.0, ["item/{id}"])?,
            "read" => return self.read().await,
            "prompts" => self.prompts().await?,
            "completion" => self.completion().await?,
            "progress" => self.progress().await?,
            "cancellation" => self.cancellation().await?,
            "logging" => self.logging().await?,
            "subscription" if self.era == Era::Modern => self.listening().await?,
            "subscription" => self.subscription().await?,
            "elicitation_form" => equal(self.said("ask_form", None).await?, "accept Ada")?,
            "elicitation_url" => equal(self.said("ask_url", None).await?, "accept")?,
            "sampling" => {
                let said = self.said("ask_model", None).await?;
                equal(said, "assistant: hello from the model")?;
            }
            "roots" => {
                let said = self.said("ask_roots", None).await?;
                equal(said, "file:///matrix/one file:///matrix/two")?;
            }
            "ping" if self.era == Era::Modern => {
                return Err(format!("cannot: only up to {LEGACY}").into());
            }
            "ping" => {
                let ping = ClientRequest::PingRequest(PingRequest::default());
                self.client.send_request(ping).await?;
            }
            changed => self.changed(changed.trim_start_matches("changed_")).await?,
        }
        Ok(String::new())
    }

    async fn tools(&self) -> Result<(), Failure> {
        equal(sorted(self.pages("tools").await?.0), TOOLS)?;
        let echo = self.client.call_tool(self.request("echo", Some(("text", "höflich")))).await?;
        let echo = json!(echo);
        equal(text(&echo)?, "echo: höflich")?;
        equal(&echo["structuredContent"], &json!({"text": "höflich"}))?;
        let fail = json!(self.client.call_tool(self.request("fail", Some(("text", "x")))).await?);
        equal((text(&fail)?.as_str(), &fail["isError"]), ("failed: x", &json!(true)))
    }

    async fn pagination(&self) -> Result<String, Failure> {
        let (tools, pages) = self.pages("tools").await?;
        equal(sorted(tools), TOOLS)?;
        let (all, more) = self.pages("resources").await?;
        equal(sorted(all), resources())?;
        Ok(format!("{pages} and {more} pages"))
    }

    async fn read(&self) -> Result<String, Failure> {
        for tail in ["r7", "item/42"] {
            let asked = ReadResourceRequestParams::new(self.uri(tail));
            let read = json!(self.client.read_resource(asked).await?);
            let content = &read["contents"][0];
            let expected = (json!(self.uri(tail)), json!(format!("content of {tail}")));
            equal((content["uri"].clone(), content["text"].clone()), expected)?;
        }
        let unknown = ReadResourceRequestParams::new(format!("nowhere://{}/x", self.name));
        match self.client.read_resource(unknown).await {
            Ok(read) => Err(format!("an unknown resource was read: {read:?}").into()),
            Err(refused) => Ok(format!("unknown: {refused}")),
        }
    }

    async fn prompts(&self) -> Result<(), Failure> {
        equal(sorted(self.pages("prompts").await?.0), ["greet", "plain"])?;
        let name = format!("{}greet", self.prefix);
        let asked = made(json!({"name": name, "arguments": {"name": "Ada"}}));
        let got = json!(self.client.get_prompt(asked).await?);
        let message = &got["messages"][0];
        equal(
            (&message["role"], &message["content"]["text"]),
            (&json!("user"), &json!("hello, Ada")),
        )
    }

    async fn completion(&self) -> Result<(), Failure> {
        let name = format!("{}greet", self.prefix);
        for (of, argument, value, expected) in [
            (json!({"type": "ref/prompt", "name": name}), "name", "A", ["Ada", "Alan"]),
            (json!({"type": "ref/resource", "uri": self.uri("item/{id}")}), "id", "1", ["1", "10"]),
        ] {
            let asked = made(json!({"ref": of, "argument": {"name": argument, "value": value}}));
            equal(self.client.complete(asked).await?.completion.values, expected)?;
        }
        Ok(())
    }

    async fn progress(&self) -> Result<(), Failure> {
        let call = self.start("steps", Some(("mark", "steps")), None).await?;
        let token = json!(call.progress_token);
        let news = self.until(|news| progressed(news, &token).len() >= 3).await?;
        let told: Vec<Value> = progressed(&news, &token);
        let expected = [(0.5, "one"), (1.25, "two"), (2.0, "three")]
            .map(|(progress, message)| json!([progress, 2.0, message]));
        equal(told, expected)?;
        equal(self.said("go", Some(("mark", "steps"))).await?, "gone")?;
        equal(text(&json!(call.await_response().await?))?, "stepped")
    }

    async fn cancellation(&self) -> Result<(), Failure> {
        let call = self.start("wait", Some(("mark", "cancelled")), None).await?;
        let token = json!(call.progress_token);
        self.until(|news| !progressed(news, &token).is_empty()).await?;
        call.cancel(Some("enough".to_owned())).await?;
        equal(self.said("noticed", Some(("mark", "cancelled"))).await?, "noticed")
    }

    async fn logging(&self) -> Result<(), Failure> {
        let mut meta = None;
        if self.era == Era::Modern {
            equal(self.said("log", Some(("text", "unasked"))).await?, "logged")?;
            meta = Some(made(json!({"io.modelcontextprotocol/logLevel": "warning"})));
        } else {
            self.client.set_level(made(json!({"level": "warning"}))).await?;
        }
        let call = self.start("log", Some(("text", self.name)), meta).await?;
        equal(text(&json!(call.await_response().await?))?, "logged")?;
        let loud = json!(format!("loud {}", self.name));
        let of_us = |told: &&(&str, Value)| {
            let data = told.1["data"].as_str().unwrap_or_default();
            told.0 == "message" && (data.ends_with(self.name) || data.ends_with("unasked"))
        };
        let news = self.until(|news| news.iter().any(|told| told.1["data"] == loud)).await?;
        let logged: Vec<_> = news.iter().filter(of_us).map(|told| &told.1["data"]).collect();
        equal(logged, [&loud])
    }

    async fn touch(&self, uri: &str) -> Result<(), Failure> {
        equal(self.said("touch", Some(("uri", uri))).await?, "touched")
    }

    async fn subscription(&self) -> Result<(), Failure> {
        let (first, second) = (self.uri("r1"), self.uri("r2"));
        for uri in [&first, &second] {
            self.client.subscribe(made(json!({ "uri": uri }))).await?;
        }
        self.touch(&first).await?;
        self.until(|news| updates(news).contains(&first)).await?;
        self.client.unsubscribe(made(json!({ "uri": first }))).await?;
        self.touch(&first).await?;
        self.touch(&second).await?;
        let news = self.until(|news| updates(news).contains(&second)).await?;
        let mut told = updates(&news);
        told.retain(|uri| [&first, &second].contains(&uri));
        // One change may be told twice; what counts is that none is told of what is unsubscribed.
        told.dedup();
        equal(told, [first, second.clone()])?;
        self.client.unsubscribe(made(json!({ "uri": second }))).await?;
        Ok(())
    }

    async fn listening(&self) -> Result<(), Failure> {
        let (first, second) = (self.uri("r1"), self.uri("r2"));
        let filter = |uri: &str| made(json!({"resourceSubscriptions": [uri]}));
        let mut goes = self.client.listen(filter(&first)).await?;
        let mut stays = self.client.listen(filter(&second)).await?;
        self.touch(&first).await?;
        equal(next(&mut goes).await?["params"]["uri"].clone(), first.as_str())?;
        goes.cancel().await?;
        self.touch(&first).await?;
        self.touch(&second).await?;
        equal(next(&mut stays).await?["params"]["uri"].clone(), second.as_str())?;
        Ok(stays.cancel().await?)
    }

    async fn changed(&self, kind: &str) -> Result<(), Failure> {
        let mut listening = None;
        if self.era == Era::Modern {
            let filter = made(json!({ format!("{kind}ListChanged"): true }));
            listening = Some(self.client.listen(filter).await?);
        }
        let count = |news: &[(&str, Value)]| news.iter().filter(|told| told.0 == kind).count();
        let extra =
            async || Ok::<_, Failure>(self.pages(kind).await?.0.contains(&"extra".to_owned()));
        equal(extra().await?, false)?;
        let mut seen = count(&self.news());
        equal(self.said("change", Some(("kind", kind))).await?, "changed")?;
        loop {
            if let Some(listening) = &mut listening {
                let method = next(listening).await?["method"].clone();
                equal(method, format!("notifications/{kind}/list_changed").as_str())?;
            } else {
                seen = count(&self.until(|news| count(news) > seen).await?);
            }
            if extra().await? {
                break;
            }
        }
        if let Some(mut listening) = listening {
            listening.cancel().await?;
        }
        Ok(())
    }
}

/// The next notification of a stream.
async fn next(listening: &mut Subscription) -> Result<Value, Failure> {
    Ok(json!(listening.next().await?.ok_or("the stream has ended")?))
}

fn updates(news: &[(&str, Value)]) -> Vec<String> {
    let told = news.iter().filter(|told| told.0 == "updated");
    told.filter_map(|told| told.1["uri"].as_str().map(str::to_owned)).collect()
}

/// Progress, total and message of a call.
fn progressed(news: &[(&str, Value)], token: &Value) -> Vec<Value> {
    let told = news.iter().filter(|told| told.0 == "progress" && told.1["progressToken"] == *token);
    told.map(|(_, it)| json!([it["progress"], it["total"], it["message"]])).collect()
}

fn resources() -> Vec<String> {
    (0..8).map(|n| format!("r{n}")).collect()
}

/// In order; what came twice stays twice.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
