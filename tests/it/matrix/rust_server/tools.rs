//! The tools of the matrix's server on rmcp.

use rmcp::RoleServer;
use rmcp::model::*;
use rmcp::service::RequestContext;
use serde_json::{Value, json};

use super::super::cells::Era;
use super::{Matrix, made};

/// Every tool, with its arguments.
const TOOLS: [(&str, &[&str]); 13] = [
    ("echo", &["text"]),
    ("fail", &["text"]),
    ("steps", &["mark"]),
    ("go", &["mark"]),
    ("wait", &["mark"]),
    ("noticed", &["mark"]),
    ("log", &["text"]),
    ("touch", &["uri"]),
    ("change", &["kind"]),
    ("ask_form", &[]),
    ("ask_url", &[]),
    ("ask_model", &[]),
    ("ask_roots", &[]),
];

/// What a call carries through the client and back.
const STATE: &str = "the state of the call";

/// The tools' definitions.
pub(super) fn all() -> Vec<Value> {
    let defined = TOOLS.iter().map(|(name, arguments)| {
        let properties: serde_json::Map<_, _> =
            arguments.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        let schema = json!({"type": "object", "properties": properties, "required": arguments});
        json!({"name": name, "description": format!("the tool {name}"), "inputSchema": schema})
    });
    defined.collect()
}

fn said(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text.into())]).into()
}

fn failed(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

impl Matrix {
    pub(super) async fn tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let argument = call.arguments.iter().flatten().next().and_then(|(_, value)| value.as_str());
        let argument = argument.unwrap_or_default().to_owned();
        match call.name.as_ref() {
            "echo" => {
                let text = format!("echo: {argument}");
                let content = json!([{"type": "text", "text": text}]);
                let wire = json!({"content": content, "structuredContent": {"text": argument}});
                let result: CallToolResult = self.result(wire);
                Ok(result.into())
            }
            "fail" => {
                let content = ContentBlock::text(format!("failed: {argument}"));
                Ok(CallToolResult::error(vec![content]).into())
            }
            "steps" => {
                for (progress, message) in [(0.5, "one"), (1.25, "two"), (2.0, "three")] {
                    let told = json!({"progress": progress, "total": 2, "message": message});
                    progressed(&context, told).await?;
                }
                // Clients forget who listens to a call's progress as soon as its answer is there.
                self.marked(&argument).await;
                Ok(said("stepped"))
            }
            "go" => {
                self.mark(&argument);
                Ok(said("gone"))
            }
            "wait" => {
                progressed(&context, json!({"progress": 1, "message": "waiting"})).await?;
                context.ct.cancelled().await;
                self.mark(&argument);
                Ok(said("cancelled"))
            }
            "noticed" => {
                self.marked(&argument).await;
                Ok(said("noticed"))
            }
            "log" => self.log(&argument, &context).await,
            "touch" => self.touch(argument, &context).await,
            "change" => self.change(argument, &context).await,
            "ask_form" | "ask_url" | "ask_model" | "ask_roots" => self.ask(call, &context).await,
            other => Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
        }
    }

    fn mark(&self, mark: &str) {
        self.0.marks.send_if_modified(|marks| marks.insert(mark.to_owned()));
    }

    async fn marked(&self, mark: &str) {
        let mut marks = self.0.marks.subscribe();
        marks.wait_for(|marks| marks.contains(mark)).await.unwrap();
    }

    async fn log(
        &self,
        text: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asked = match self.0.era {
            Era::Modern => context.meta.log_level(),
            Era::Legacy => Some(*self.0.level.lock().unwrap()),
        };
        for (level, word) in [(LoggingLevel::Info, "quiet"), (LoggingLevel::Error, "loud")] {
            if asked.is_some_and(|asked| severity(level) >= severity(asked)) {
                let data = format!("{word} {text}");
                let told = made(json!({"level": level, "logger": "matrix", "data": data}));
                context.peer.notify_logging_message(told).await.map_err(failed)?;
            }
        }
        Ok(said("logged"))
    }

    async fn touch(
        &self,
        uri: String,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let listening = self.0.listening.lock().unwrap().clone();
        for (_, sink) in listening {
            // Only those who listen to this resource accept it.
            drop(sink.notify_resource_updated(uri.clone()).await);
        }
        let subscribed = self.0.subscribed.lock().unwrap().contains(&uri);
        if subscribed {
            let told = ResourceUpdatedNotificationParam::new(uri);
            context.peer.notify_resource_updated(told).await.map_err(failed)?;
        }
        Ok(said("touched"))
    }

    async fn change(
        &self,
        kind: String,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        {
            let mut extra = self.0.extra.lock().unwrap();
            if !extra.remove(&kind) {
                extra.insert(kind.clone());
            }
        }
        let listening = self.0.listening.lock().unwrap().clone();
        for (_, sink) in listening {
            // Only those who listen to this list accept it.
            drop(match kind.as_str() {
                "tools" => sink.notify_tool_list_changed().await,
                "prompts" => sink.notify_prompt_list_changed().await,
                _ => sink.notify_resource_list_changed().await,
            });
        }
        if self.0.era == Era::Legacy {
            let told = match kind.as_str() {
                "tools" => context.peer.notify_tool_list_changed().await,
                "prompts" => context.peer.notify_prompt_list_changed().await,
                _ => context.peer.notify_resource_list_changed().await,
            };
            told.map_err(failed)?;
        }
        Ok(said("changed"))
    }

    /// Asks the client: by a request in the call, or by a result that asks for a retry.
    async fn ask(
        &self,
        call: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut request = asked(&call.name);
        let answer = if self.0.era == Era::Modern {
            let Some(answer) = call.input_responses.and_then(|mut all| all.remove("asked")) else {
                let requests = json!({"asked": request});
                let state = Some(STATE.to_owned());
                return Ok(InputRequiredResult::new(Some(made(requests)), state).into());
            };
            if call.request_state.as_deref() != Some(STATE) {
                return Err(failed("another state came back"));
            }
            answer
        } else {
            if call.name == "ask_url" {
                request["params"]["elicitationId"] = "elicitation-1".into();
            }
            let sent: ServerRequest = made(request);
            json!(context.peer.send_request(sent).await.map_err(failed)?)
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(said(match call.name.as_ref() {
            "ask_form" => {
                format!("{} {}", text(&answer["action"]), text(&answer["content"]["name"]))
            }
            "ask_url" => text(&answer["action"]),
            "ask_model" => {
                let content = &answer["content"];
                let content = content.get(0).unwrap_or(content);
                format!("{}: {}", text(&answer["role"]), text(&content["text"]))
            }
            _ => {
                let roots = answer["roots"].as_array().cloned().unwrap_or_default();
                roots.iter().map(|root| text(&root["uri"])).collect::<Vec<_>>().join(" ")
            }
        }))
    }
}

/// What a tool asks the client for.
fn asked(tool: &str) -> Value {
    match tool {
        "ask_form" => {
            let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
            json!({"method": "elicitation/create",
                "params": {"mode": "form", "message": "who?", "requestedSchema": schema}})
        }
        "ask_url" => json!({"method": "elicitation/create",
            "params": {"mode": "url", "message": "go there", "url": "https://example.test/go"}}),
        "ask_model" => {
            let message = json!({"role": "user", "content": {"type": "text", "text": "say hello"}});
            json!({"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 10}})
        }
        _ => json!({"method": "roots/list"}),
    }
}

async fn progressed(
    context: &RequestContext<RoleServer>,
    mut told: Value,
) -> Result<(), ErrorData> {
    told["progressToken"] = json!(context.meta.get_progress_token());
    context.peer.notify_progress(made(told)).await.map_err(failed)
}

/// How grave a level is.
fn severity(level: LoggingLevel) -> usize {
    let levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
    levels.iter().position(|name| json!(level) == **name).unwrap()
}
