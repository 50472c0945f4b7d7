//! The services of golden calls: they answer what is written down.

use std::time::{Duration, SystemTime};

use super::file::{Exec, Http, Mock};
use crate::testing::Host;
use crate::{entries, exec, http};

/// Sets all services.
pub(super) fn set<P>(host: &mut Host<P>, mock: &Mock) {
    set_time(host, mock.time);
    for (name, value) in &mock.secrets {
        host.secret(name, value);
    }
    for (key, value) in &mock.kv {
        host.keep(key, value);
    }
    let listed = mock.entries.iter();
    host.entries(listed.clone().map(|listed| listed.entry()).collect());
    for listed in listed {
        if let Some(definition) = &listed.definition {
            host.definition(listed.kind.into(), listed.entry().exposed, definition);
        }
    }
    let answers = mock.http.clone();
    host.on_http(move |request| respond(&answers, request));
    let programs = mock.exec.clone();
    host.on_exec(move |argv, _| run(&programs, argv));
}

/// Sets the clock to so many milliseconds since 1970.
pub(super) fn set_time<P>(host: &mut Host<P>, time: u64) {
    host.set_time(SystemTime::UNIX_EPOCH + Duration::from_millis(time));
}

fn respond(answers: &[Http], request: &http::Request) -> Result<http::Response, http::Error> {
    let fits = |answer: &&Http| {
        answer.method.as_ref().is_none_or(|method| *method == request.method)
            && answer.url.as_ref().is_none_or(|url| *url == request.url)
    };
    let Some(answer) = answers.iter().find(fits) else {
        let text = format!("`mock.http` has no answer to {} {}", request.method, request.url);
        return Err(http::Error::Network(text));
    };
    match answer.error.as_deref().map(kind) {
        None => Ok(http::Response {
            status: answer.status,
            headers: answer.headers.clone().into_iter().collect(),
            body: answer.body.clone().into_bytes(),
        }),
        Some(("timeout", _)) => Err(http::Error::Timeout),
        Some(("too-large", _)) => Err(http::Error::TooLarge),
        Some(("not-allowed", why)) => Err(http::Error::NotAllowed(why)),
        Some((_, why)) => Err(http::Error::Network(why)),
    }
}

fn run(programs: &[Exec], argv: &[String]) -> Result<exec::Output, exec::Error> {
    let fits = |program: &&Exec| program.argv.as_ref().is_none_or(|wanted| wanted == argv);
    let Some(program) = programs.iter().find(fits) else {
        return Err(exec::Error::Failed(format!(
            "`mock.exec` has no answer to {}",
            argv.join(" ")
        )));
    };
    match program.error.as_deref().map(kind) {
        None => Ok(exec::Output {
            code: Some(program.code),
            stdout: program.stdout.clone().into_bytes(),
            stderr: program.stderr.clone().into_bytes(),
        }),
        Some(("timeout", _)) => Err(exec::Error::Timeout),
        Some(("too-large", _)) => Err(exec::Error::TooLarge),
        Some(("not-allowed", why)) => Err(exec::Error::NotAllowed(why)),
        Some((_, why)) => Err(exec::Error::Failed(why)),
    }
}

/// An error's kind, and after a colon why.
fn kind(error: &str) -> (&str, String) {
    let (kind, why) = error.split_once(':').unwrap_or((error, ""));
    (kind, why.trim().to_owned())
}

impl super::file::Listed {
    fn entry(&self) -> entries::Entry {
        entries::Entry {
            kind: self.kind.into(),
            backend: self.backend.clone(),
            name: self.name.clone(),
            exposed: super::play::exposed(&self.backend, &self.name, self.exposed.as_deref()),
            title: self.title.clone(),
            description: self.description.clone(),
            listed: self.listed,
        }
    }
}
