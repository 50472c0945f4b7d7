//! `mcpmux call`: one call, its result on standard output, its progress on standard error.

use std::io::Read;
use std::sync::Arc;

use mcpmux_core::call::{Body, Call as CoreCall, Method};
use mcpmux_core::fault::Kind;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::peer::{Ask, Event, Flight, Peer};
use mcpmux_core::ports::Pending;
use mcpmux_manage::cli::{Call, Global};
use mcpmux_manage::print;

use super::visit::{Visit, client};
use crate::failure::Failure;

pub(crate) async fn run(global: &Global, options: &Call) -> Result<(), Failure> {
    let arguments = arguments(&options.arguments)?;
    let visit = Visit::start(global, &options.target).await?;
    let called = visit.during(async |visit| call(visit, options, arguments, global.quiet).await);
    let (text, failed) = called.await?;
    print::data(&text)?;
    if failed { Err(Failure::said()) } else { Ok(()) }
}

fn arguments(text: &str) -> Result<Raw, Failure> {
    let mut read = String::new();
    let text = if text == "-" {
        std::io::stdin().lock().read_to_string(&mut read)?;
        read
    } else {
        text.to_owned()
    };
    let wrong = |why: String| {
        Failure::wrong(format!(
            "the arguments must be a JSON object: {why}\nhint: '{{\"key\": \"value\"}}'"
        ))
    };
    let raw = Raw::parse(text.into()).map_err(|error| wrong(error.to_string()))?;
    raw.object().map_err(|error| wrong(error.to_string()))?;
    Ok(raw)
}

/// The result's text, and whether the tool says that it failed.
async fn call(
    visit: &Visit,
    options: &Call,
    arguments: Raw,
    quiet: bool,
) -> Result<(String, bool), Failure> {
    let mut params = Object::default();
    params.set("arguments", arguments);
    let call = CoreCall {
        method: Method::ToolsCall,
        name: options.tool.clone(),
        params,
        meta: Object::default(),
        level: None,
        client: client(),
    };
    let peer = (!quiet).then(|| Arc::new(Progress) as Arc<dyn Peer>);
    match visit.mux().call(call, Flight { peer, progress: !quiet }).await {
        Ok(answer) => Ok(match answer.body {
            Body::Error(error) => return Err(Failure::failed(message(&error))),
            Body::Result(result) => {
                let failed = result.object().is_ok_and(|result| {
                    result.get("isError").is_some_and(|flag| flag.as_bytes() == b"true")
                });
                let text = if options.json {
                    format!("{}\n", String::from_utf8_lossy(result.as_bytes()))
                } else {
                    print::result(&result)
                };
                (text, failed)
            }
        }),
        Err(fault) if fault.kind == Kind::InvalidParams => {
            Err(Failure::failed(format!("{fault}{}", nearest(visit, &options.tool).await)))
        }
        Err(fault) => Err(Failure::failed(fault)),
    }
}

/// A backend's error as a line.
fn message(error: &Raw) -> String {
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    error
        .object()
        .ok()
        .and_then(|error| Some(error.get("message")?.as_string()?.into_owned()))
        .unwrap_or(text)
}

/// A hint at the tool that may be meant.
async fn nearest(visit: &Visit, wanted: &str) -> String {
    let tools = visit.tools().await.unwrap_or_default();
    let names = tools
        .iter()
        .filter_map(|tool| Some(tool.object().ok()?.get("name")?.as_string()?.into_owned()));
    let close = |name: &String| strsim::jaro_winkler(name, wanted);
    let best = names.max_by(|a, b| close(a).total_cmp(&close(b))).filter(|name| close(name) > 0.8);
    best.map_or_else(
        || "\nhint: `mcpmux list` shows the tools".to_owned(),
        |name| format!("\nhint: did you mean `{name}`?"),
    )
}

/// Shows progress as it comes.
struct Progress;

impl Peer for Progress {
    fn event(&self, event: Event) {
        let Event::Progress(params) = event else { return };
        let text = |key: &str| {
            params.get(key).map(|raw| String::from_utf8_lossy(raw.as_bytes()).into_owned())
        };
        let total = text("total").map(|total| format!("/{total}")).unwrap_or_default();
        let note = params
            .get("message")
            .and_then(|raw| Some(raw.as_string()?.into_owned()))
            .unwrap_or_default();
        print::note(
            format!("progress {}{total} {note}", text("progress").unwrap_or_default()).trim_end(),
        );
    }

    fn ask(&self, ask: Ask) -> Pending<'static, Body> {
        let mut error = Object::default();
        error.set("code", Raw::literal("-32601"));
        let why = format!("`mcpmux call` cannot be asked for `{}`", ask.method);
        error.set("message", Raw::string(&why));
        Box::pin(std::future::ready(Body::Error(error.to_raw())))
    }
}
