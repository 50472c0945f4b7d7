//! Asking a backend for its tools, page by page, within bounds.

use std::collections::HashSet;
use std::sync::Arc;

use mcpmux_core::call::Body;
use mcpmux_core::catalog::Definition;
use mcpmux_core::config::Patience;
use mcpmux_core::fault::Fault;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::Listing;
use mcpmux_protocol::names::{METHOD_NOT_FOUND, TOOLS_LIST};
use tracing::warn;

use crate::faults;
use crate::link::{Hello, Link};

/// Asks for all tools; a backend that has none is not asked.
pub(crate) async fn fetch(
    link: &Link,
    backend: &BackendName,
    hello: &Hello,
    limit: usize,
    patience: &Patience,
) -> Result<Listing, Fault> {
    let tools =
        if hello.has_tools() { pages(link, backend, limit, patience).await? } else { Vec::new() };
    Ok(Listing { revision: hello.revision, info: hello.info.clone(), tools: Arc::new(tools) })
}

type Tool = Result<Definition, String>;

async fn pages(
    link: &Link,
    backend: &BackendName,
    limit: usize,
    patience: &Patience,
) -> Result<Vec<Tool>, Fault> {
    let mut tools = Vec::new();
    let mut seen = HashSet::new();
    let mut params = Object::default();
    loop {
        let result = match link.ask(TOOLS_LIST, params, patience).await? {
            Body::Result(result) => result,
            Body::Error(error) if tools.is_empty() && is_unknown_method(&error) => {
                return Ok(tools);
            }
            Body::Error(_) => {
                return Err(faults::protocol(backend, "an error where its tools were asked for"));
            }
        };
        let (page, cursor) = read_page(&result).map_err(|why| faults::protocol(backend, why))?;
        tools.extend(page.iter().map(Definition::read));
        if tools.len() > limit {
            warn!(%backend, limit, "it has more tools than `limits.tools` allows; the rest is left out");
            tools.truncate(limit);
            return Ok(tools);
        }
        let Some(cursor) = cursor else {
            return Ok(tools);
        };
        if !seen.insert(cursor.as_bytes().to_vec()) {
            warn!(%backend, "its list of tools goes in circles; what came so far is taken");
            return Ok(tools);
        }
        params = Object::default();
        params.set("cursor", cursor);
    }
}

/// The tools of one page, and the cursor of the next.
fn read_page(result: &Raw) -> Result<(Vec<Raw>, Option<Raw>), String> {
    let page = result.object().map_err(|error| format!("a list that is no object: {error}"))?;
    let tools = page.get("tools").ok_or("a list without `tools`")?;
    let tools = tools.elements().map_err(|error| format!("`tools` is no array: {error}"))?;
    let cursor = page.get("nextCursor").filter(|cursor| !cursor.is_null()).cloned();
    Ok((tools, cursor))
}

fn is_unknown_method(error: &Raw) -> bool {
    let code = error.object().ok().and_then(|error| error.get("code")?.read::<i64>().ok());
    code == Some(METHOD_NOT_FOUND)
}
