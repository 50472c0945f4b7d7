//! One attempt to connect, whatever the transport, and what was learned from the attempts before.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcpmux_core::config::{Secret, SecretText, Transport};
use mcpmux_core::era::Era;
use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Credential, Program};

use crate::link::http::{self, Met, Mirrors};
use crate::link::{Hello, Link, handshake, stdio, wasm};
use crate::pool::Deps;

/// A link that has shaken hands.
pub(crate) struct Connected {
    pub(crate) link: Link,
    pub(crate) hello: Hello,
    pub(crate) life: Life,
}

/// What keeps a link alive; dropping it ends the link at once.
pub(crate) enum Life {
    /// A process.
    Process(stdio::Process),
    /// A sandboxed program.
    Program(wasm::Running),
    /// A session, if the backend gave one.
    Session(Arc<http::HttpLink>),
    /// A stream of events.
    Stream(http::Stream),
}

impl Life {
    /// Ends the link in an orderly way.
    pub(crate) async fn stop(self) {
        match self {
            Self::Process(process) => process.stop().await,
            Self::Program(running) => drop(running),
            Self::Session(link) => link.end_session().await,
            Self::Stream(stream) => drop(stream),
        }
    }
}

/// What is remembered of a backend while mcpmux runs.
#[derive(Default)]
pub(crate) struct Memory {
    /// Which arguments are mirrored into headers.
    mirrors: Arc<Mirrors>,
    era: Option<Era>,
    /// It was the era when mcpmux last ran, and was not seen since.
    hearsay: bool,
    /// The last attempt failed, perhaps because of the probe: the next one goes without.
    unprobed: bool,
}

impl Memory {
    /// With the era that the backend spoke when mcpmux last ran.
    pub(crate) fn of(era: Option<Era>) -> Self {
        Self { era, hearsay: era.is_some(), ..Self::default() }
    }

    /// The era to speak; `None`: find out.
    fn era(&self) -> Option<Era> {
        self.era.or_else(|| self.unprobed.then_some(Era::Legacy))
    }

    /// An attempt met this, or failed; what was known is doubted if the backend speaks otherwise. Returns the
    /// era if it is worth keeping over restarts.
    pub(crate) fn learn(&mut self, met: Result<&Hello, Kind>) -> Option<Era> {
        let guessed = self.era.is_none() && self.unprobed;
        self.unprobed = met.is_err() && !self.unprobed;
        match met {
            Ok(hello) => {
                let era = hello.revision.era();
                // Without a probe, only a modern one can be told for sure.
                let sure = hello.conclusive && (!guessed || era == Era::Modern);
                (self.era, self.hearsay) = (Some(era), false);
                sure.then_some(era)
            }
            Err(kind) => {
                if kind == Kind::BackendProtocolError || self.hearsay {
                    (self.era, self.hearsay) = (None, false);
                }
                None
            }
        }
    }
}

/// Connects and shakes hands. The caller bounds the time.
pub(crate) async fn connect(
    name: &BackendName,
    transport: &Transport,
    deps: &Deps,
    memory: &Memory,
    credential: Option<&Arc<dyn Credential>>,
) -> Result<Connected, Fault> {
    let limit = deps.limits.message;
    let events = Arc::clone(&deps.events);
    match transport {
        Transport::Command { argv, env, cwd } => {
            let env = filled(name, env, deps).await?;
            let program = stdio::Program { argv, env: &env, cwd: cwd.as_ref() };
            let (link, process) = stdio::start(name, &program, events, limit)?;
            let hello = handshake::shake(&link, memory.era()).await?;
            Ok(Connected { link: Link::Duplex(link), hello, life: Life::Process(process) })
        }
        Transport::Wasm { path, sha256, args, env } => {
            let program = Program {
                name: name.clone(),
                path: path.clone(),
                sha256: sha256.clone(),
                args: args.clone(),
                env: filled(name, env, deps).await?.into_iter().collect(),
            };
            let sandbox = Arc::clone(&deps.sandbox);
            let (link, running) = wasm::start(sandbox, program, events, limit).await?;
            let hello = handshake::shake(&link, memory.era()).await?;
            Ok(Connected { link: Link::Duplex(link), hello, life: Life::Program(running) })
        }
        Transport::Url { url, headers, .. } => {
            let headers = &filled(name, headers, deps).await?;
            let credential = credential.cloned();
            let mirrors = Arc::clone(&memory.mirrors);
            let target = http::Target { url, headers, credential, limit, events, mirrors };
            let (met, hello) = http::connect(name, target, memory.era()).await?;
            let (link, life) = match met {
                Met::Http(link) => (Link::Http(Arc::clone(&link)), Life::Session(link)),
                Met::Sse(link, stream) => (Link::Duplex(link), Life::Stream(stream)),
            };
            Ok(Connected { link, hello, life })
        }
    }
}

/// The texts, with what the vault keeps of them.
async fn filled(
    name: &BackendName,
    texts: &BTreeMap<String, SecretText>,
    deps: &Deps,
) -> Result<BTreeMap<String, Secret>, Fault> {
    let mut filled = BTreeMap::new();
    for (key, text) in texts {
        let secret = deps.credentials.fill(text).await.map_err(|problem| problem.fault(name))?;
        filled.insert(key.clone(), secret);
    }
    Ok(filled)
}
