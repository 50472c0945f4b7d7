//! The gate: the only maker of [`Permitted`]. Every call to a backend passes here, and it fails closed.

use std::sync::Arc;

use crate::call::{Final, Method, NamedBy, Permitted};
use crate::fault::{Fault, Kind};
use crate::hook::{Obligations, Question, Verdict};
use crate::names::{BackendName, PluginName};

/// What one plugin's authorize hook says of a call on its final bytes.
#[derive(Debug)]
pub struct Opinion<'a> {
    /// Whose it is.
    pub plugin: &'a PluginName,
    /// The verdict; a plugin that could not say refuses.
    pub verdict: Result<Verdict, String>,
}

/// What all of them together say.
#[derive(Debug)]
pub enum Ruling {
    /// It may go on, if these are kept to.
    Permitted(Permitted, Obligations),
    /// It may if a person says so.
    Undecided(Undecided),
}

/// A call that nobody refused and that people have to be asked about.
#[derive(Debug)]
pub struct Undecided {
    call: Final,
    obligations: Obligations,
    questions: Vec<(PluginName, Question)>,
}

impl Undecided {
    /// What is to be asked, and by whom.
    #[must_use]
    pub fn questions(&self) -> &[(PluginName, Question)] {
        &self.questions
    }

    /// Where the call would go.
    #[must_use]
    pub const fn call(&self) -> &Final {
        &self.call
    }

    /// The call goes on: every question was answered with yes.
    #[must_use]
    pub fn agreed(self) -> (Permitted, Obligations) {
        (Permitted(Arc::new(self.call.0)), self.obligations)
    }
}

/// Lets a call through if no plugin objects. The opinions are heard in order, the first refusal is the last one heard.
///
/// # Errors
/// The refusal.
pub fn permit<'a>(
    call: Final,
    opinions: impl IntoIterator<Item = Opinion<'a>>,
) -> Result<Ruling, Fault> {
    let (obligations, questions) = hear(&call.routed().to.backend, opinions)?;
    if questions.is_empty() {
        return Ok(Ruling::Permitted(Permitted(Arc::new(call.0)), obligations));
    }
    Ok(Ruling::Undecided(Undecided { call, obligations, questions }))
}

/// What is to be kept to and asked for a call at this backend, if nobody refuses it.
///
/// # Errors
/// The first refusal.
pub fn hear<'a>(
    backend: &BackendName,
    opinions: impl IntoIterator<Item = Opinion<'a>>,
) -> Result<(Obligations, Vec<(PluginName, Question)>), Fault> {
    let (mut obligations, mut questions) = (Obligations::default(), Vec::new());
    for Opinion { plugin, verdict } in opinions {
        match verdict {
            Ok(Verdict::Allow) => {}
            Ok(Verdict::AllowWith(more)) => obligations.add(more),
            Ok(Verdict::Ask(question)) => questions.push((plugin.clone(), question)),
            Ok(Verdict::Deny(denial)) => {
                let fault = Fault::refused(Kind::PolicyDenied, backend, denial);
                return Err(fault.because(format_args!("plugin `{plugin}`")));
            }
            Err(why) => return Err(Fault::unjudged(Kind::PluginFailed, backend, plugin, &why)),
        }
    }
    Ok((obligations, questions))
}

/// The answer for an entry that is not there, or not there for this client.
#[must_use]
pub fn unknown(method: Method, name: &str) -> Fault {
    let (kind, what) = match method.named_by() {
        NamedBy::Name if method == Method::PromptsGet => (Kind::InvalidParams, "Unknown prompt"),
        NamedBy::Name => (Kind::InvalidParams, "Unknown tool"),
        NamedBy::Uri => (Kind::ResourceNotFound, "Resource not found"),
        NamedBy::Reference => (Kind::InvalidParams, "Unknown reference"),
        NamedBy::Task => (Kind::InvalidParams, "Unknown task"),
    };
    if kind == Kind::ResourceNotFound {
        return Fault::new(kind, what).about(name);
    }
    Fault::new(kind, format!("{what}: {name}"))
}
