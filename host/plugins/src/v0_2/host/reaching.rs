//! HTTP requests and programs, in hooks that may wait for them.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::hook::HookKind;

use crate::limits::Step;
use crate::services::{exec as programs, http as web};
use crate::state::State;
use crate::v0_2::bindings::mcpmux::plugin::{exec, http};

impl http::Host for State {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Error>> {
        self.visit.charge()?;
        let rights = Arc::clone(&self.rights);
        let services = rights.need("http")?;
        let step = self.visit.step();
        if !step.may_wait() {
            let why = "must not wait, so it cannot use `http`; `observe` and `credentials` can";
            let why = format!("`{}` {why}", step.as_str());
            return Ok(Err(http::Error::NotAllowed(why)));
        }
        let left = self.visit.left();
        let wanted = request.timeout_ms.map(|millis| Duration::from_millis(millis.into()));
        let request = web::Request {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeout: Some(wanted.unwrap_or(web::TIMEOUT).min(left)),
        };
        Ok(match services.web.send(request).await {
            Ok(web::Response { status, headers, body }) => {
                Ok(http::Response { status, headers, body: body.into() })
            }
            Err(web::Error::NotAllowed(why)) => Err(http::Error::NotAllowed(why)),
            Err(web::Error::Timeout) => Err(http::Error::Timeout),
            Err(web::Error::TooLarge) => Err(http::Error::TooLarge),
            Err(web::Error::Network(why)) => Err(http::Error::Network(why)),
        })
    }
}

impl exec::Host for State {
    async fn run(
        &mut self,
        argv: Vec<String>,
        stdin: Vec<u8>,
    ) -> wasmtime::Result<Result<exec::Output, exec::Error>> {
        self.visit.charge()?;
        let rights = Arc::clone(&self.rights);
        let services = rights.need("exec")?;
        let step = self.visit.step();
        if step != Step::Hook(HookKind::Credentials) {
            let why = format!("`{}` must not use `exec`; only `credentials` can", step.as_str());
            return Ok(Err(exec::Error::NotAllowed(why)));
        }
        Ok(match services.exec.run(argv, stdin).await {
            Ok(programs::Output { code, stdout, stderr }) => {
                Ok(exec::Output { code, stdout, stderr })
            }
            Err(programs::Error::NotAllowed(why)) => Err(exec::Error::NotAllowed(why)),
            Err(programs::Error::Timeout) => Err(exec::Error::Timeout),
            Err(programs::Error::TooLarge) => Err(exec::Error::TooLarge),
            Err(programs::Error::Failed(why)) => Err(exec::Error::Failed(why)),
        })
    }
}
