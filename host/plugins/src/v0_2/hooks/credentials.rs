//! The credentials hook.

use std::time::Duration;

use mcpmux_core::config::Secret;
use mcpmux_core::headers;
use mcpmux_core::hook::{CredentialsHook, Granted, HookKind, Problem, Query, Reason};
use mcpmux_core::ports::Pending;

use super::Hook;
use crate::state::Around;
use crate::v0_2::bindings::exports::mcpmux::plugin::credentials as wit;
use crate::v0_2::check;
use crate::v0_2::guests::exported;

/// Headers of one credential.
const HEADERS: usize = 16;
/// Characters of what a person is told.
const TOLD: usize = 4_000;

impl CredentialsHook for Hook {
    fn fetch<'a>(&'a self, query: &'a Query) -> Pending<'a, Result<Granted, Problem>> {
        let asked = wit::Query {
            backend: query.backend.as_str().to_owned(),
            url: query.url.clone(),
            why: match query.why {
                Reason::Initial => wit::Reason::Initial,
                Reason::Expired => wit::Reason::Expired,
                Reason::Refused => wit::Reason::Refused,
            },
            challenge: query.challenge.clone(),
        };
        Box::pin(async move {
            let fetching = self.0.call_waiting(HookKind::Credentials, Around::default(), |live| {
                Box::pin(async move {
                    let guest = exported(live.guests.v0_2()?.credentials.as_ref())?;
                    guest.call_fetch(&mut live.store, &asked).await
                })
            });
            let said = |why: String| self.0.failed(HookKind::Credentials, &why);
            match fetching.await {
                Ok(Ok(grant)) => granted(grant).map_err(|why| Problem::Permanent(said(why))),
                Ok(Err(problem)) => Err(problem_of(problem)),
                Err(why) => Err(Problem::Temporary(why)),
            }
        })
    }
}

fn problem_of(problem: wit::Problem) -> Problem {
    let told = |text: String| check::clean(&text, TOLD);
    match problem {
        wit::Problem::NeedsLogin(text) => Problem::NeedsLogin(told(text)),
        wit::Problem::Temporary(text) => Problem::Temporary(told(text)),
        wit::Problem::Permanent(text) => Problem::Permanent(told(text)),
    }
}

/// The credential, if all of it can be sent. Values are never quoted: they are secrets.
fn granted(grant: wit::Grant) -> Result<Granted, String> {
    if grant.headers.len() > HEADERS {
        return Err(format!("it gave {} headers; at most {HEADERS} are sent", grant.headers.len()));
    }
    let mut list: Vec<(String, Secret)> = Vec::with_capacity(grant.headers.len());
    for (name, value) in grant.headers {
        if name.is_empty() || !name.bytes().all(is_token) {
            let name = name.escape_debug();
            return Err(format!("`{name}` cannot be the name of a header"));
        }
        let name = name.to_ascii_lowercase();
        if headers::is_ours(&name) {
            return Err(format!("the header `{name}` is written by mcpmux"));
        }
        if list.iter().any(|(known, _)| *known == name) {
            return Err(format!("the header `{name}` is there twice"));
        }
        if !value.bytes().all(|byte| byte == b'\t' || (b' '..0x7f).contains(&byte) || byte >= 0x80)
        {
            return Err(format!(
                "the value of the header `{name}` holds a character that no header can"
            ));
        }
        list.push((name, Secret::new(value)));
    }
    let expires = grant.expires_at.map(Duration::from_millis);
    Ok(Granted { headers: list, expires })
}

/// A character of a token (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
