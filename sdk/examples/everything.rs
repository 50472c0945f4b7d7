//! A plugin with all hooks, for the tests of the SDK: each does a little, and together they use most services.

use std::time::{Duration, SystemTime};

use mcpmux_sdk::serde_json::json;
use mcpmux_sdk::{
    Action, Call, Catalog, Client, Delivery, Description, Doc, Grant, ListEntry, NoConfig, Notice,
    Obligations, Outcome, Plugin, Problem, Query, Question, Reason, Reply, Result, Source, Verdict,
    VirtualTool, ask, clock, deny, exec, http, kv, plugin, refuse, secrets, withhold,
};

/// The plugin.
#[derive(Debug)]
pub struct Everything;

#[plugin]
impl Plugin for Everything {
    type Config = NoConfig;

    fn describe() -> Description {
        Description::new("does a bit of everything")
            .schema("{}")
            .wants("kv", "counts calls")
            .wants("clock", "says when")
            .wants("catalog", "looks up definitions")
            .wants("secrets:TOKEN", "shows it")
            .wants("http:auth.example.com", "asks for a token")
            .wants("exec:token *", "prints a token")
    }

    fn new(NoConfig {}: NoConfig) -> Result<Self> {
        Ok(Self)
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        for tool in entries.tools_mut() {
            if tool.definition::<bool>("/annotations/destructiveHint")? == Some(true) {
                tool.unlist();
            }
            tool.set("/_meta", json!({"seen": true}));
        }
        entries.add(VirtualTool::new("time").description("The time"));
        Ok(())
    }

    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        Ok(match call.name.as_str() {
            "time" => {
                let now = clock::now().duration_since(SystemTime::UNIX_EPOCH)?;
                Action::text(now.as_secs().to_string())
            }
            "never" => refuse("everything.never", "never"),
            "old" => Action::reroute("files__new", arguments.value()?),
            _ => {
                arguments
                    .set("/path", format!("/srv{}", arguments.str("/path").unwrap_or_default()));
                arguments.remove("/force");
                Action::Forward
            }
        })
    }

    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        let paths = arguments.many(&["/path", "/paths/1"]);
        Ok(match paths.as_slice() {
            [Some(_), Some(second)] if second == "\"/etc\"" => deny("everything.etc", "not there"),
            [Some(_), _] => {
                Obligations { redact: vec!["/secret".to_owned()], ..Default::default() }.into()
            }
            _ if call.client.principal.is_none() => ask("May I?"),
            _ => Question::new("May I?").remember("may", Duration::from_secs(60)).into(),
        })
    }

    fn authorize_list(&mut self, _: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        Ok(entries.iter().map(|entry| entry.read_only == Some(true)).collect())
    }

    fn response(&mut self, _: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        if source == Source::Question {
            return Ok(withhold("everything.question", "no questions"));
        }
        document.set("/content/-", json!({"type": "text", "text": "seen"}));
        Ok(Reply::Deliver)
    }

    fn notify(&mut self, notice: &Notice, params: &mut Doc) -> Result<Delivery> {
        params.replace(r#"{"replaced": true}"#);
        Ok(if notice.method == "notifications/message" {
            Delivery::Drop
        } else {
            Delivery::Deliver
        })
    }

    fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        kv::increment(&outcome.call.exposed, 1, None)?;
        Ok(())
    }

    fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        match query.why {
            Reason::Initial => Ok(Grant::bearer(secrets::get("TOKEN")?.unwrap_or_default())),
            Reason::Expired => {
                let request = http::Request::post("https://auth.example.com/token");
                let answer = http::send(request.form(&[("grant_type", "refresh token")]))?;
                Ok(Grant::bearer(answer.json::<String>()?))
            }
            Reason::Refused => {
                let output = exec::run(&["token", &query.backend], b"")?;
                Ok(Grant::header("x-token", output.text()?.trim()).expires_at(clock::now()))
            }
        }
    }
}
