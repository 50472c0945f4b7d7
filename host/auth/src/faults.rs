//! The faults of credentials, each worded in one place. Plugins are named in the log only.

use std::fmt::Display;

use mcpmux_core::fault::{Fault, Kind};
use mcpmux_core::hook::Problem;
use mcpmux_core::names::{BackendName, PluginName};

/// How much of a plugin's text is said, in characters.
const TEXT: usize = 500;

/// What a plugin says is in the way.
pub(crate) fn problem(backend: &BackendName, by: &dyn Display, problem: &Problem) -> Fault {
    let (kind, public) = match problem {
        Problem::NeedsLogin(text) => {
            (Kind::AuthRequired, format!("backend `{backend}` wants a login: {}", shown(text)))
        }
        Problem::Temporary(text) => {
            let text = shown(text);
            let public = format!(
                "backend `{backend}` cannot be called at the moment, for its credential could not be fetched: {text}"
            );
            (Kind::BackendUnavailable, public)
        }
        Problem::Permanent(text) => {
            let text = shown(text);
            let public = format!(
                "backend `{backend}` cannot be called as it is configured, for its credential could not be fetched: {text}"
            );
            (Kind::BackendUnavailable, public)
        }
    };
    Fault::at(backend, kind, public).because(format!("said {by}"))
}

/// 1008: what a plugin gave cannot be sent.
pub(crate) fn unusable(backend: &BackendName, by: &dyn Display, why: &str) -> Fault {
    let public =
        format!("backend `{backend}` wants a login: the credential fetched for it is of no use");
    Fault::at(backend, Kind::AuthRequired, public).because(format!("{by}: {why}"))
}

/// 1008: what the vault keeps cannot be sent.
pub(crate) fn unusable_secret(backend: &BackendName, why: &str) -> Fault {
    let public = format!(
        "backend `{backend}` cannot be used: what the vault keeps for it cannot be sent; set the secret anew"
    );
    Fault::at(backend, Kind::AuthRequired, public).because(why)
}

/// 1001: nobody is there who could fetch it.
pub(crate) fn nobody(backend: &BackendName, plugin: &PluginName) -> Fault {
    let public = format!(
        "backend `{backend}` cannot be called, for what fetches its credential is not loaded"
    );
    let why = format!("there is no plugin `{plugin}` with a `credentials` hook");
    Fault::at(backend, Kind::BackendUnavailable, public).because(why)
}

/// A text of a plugin's, in one line and bounded.
pub(crate) fn shown(text: &str) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.trim().chars().map(line).take(TEXT).collect();
    if text.is_empty() { "no reason was given".to_owned() } else { text }
}

/// 1008: a person has to log in.
pub(crate) fn login(backend: &BackendName, why: impl Display) -> Fault {
    let public = format!(
        "backend `{backend}` wants a login: run `mcpmux auth login {backend}` where mcpmux runs"
    );
    Fault::at(backend, Kind::AuthRequired, public).because(why)
}

/// 1008: a person has to grant more. The backend chose the scopes, and people and models are told to run the command: it
/// names none if one of them could mean something else to a shell.
pub(crate) fn more(backend: &BackendName, scopes: &str, why: impl Display) -> Fault {
    let plain = |scope: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_' | '/' | '-');
        !scope.starts_with('-') && scope.chars().all(plain)
    };
    let named = match scopes.is_empty() || !scopes.split(' ').all(plain) {
        true => String::new(),
        false => format!(" --scope \"{scopes}\""),
    };
    let public = format!(
        "backend `{backend}` wants more rights for this: run `mcpmux auth login {backend}{named}` where mcpmux runs"
    );
    Fault::at(backend, Kind::AuthRequired, public).because(why)
}

/// 1008: a login cannot begin, because something has to be configured, or because it would not be safe.
pub(crate) fn no_login(backend: &BackendName, why: impl Display) -> Fault {
    let public = format!(
        "backend `{backend}` wants a login that cannot begin: `mcpmux auth login {backend}` says why"
    );
    Fault::at(backend, Kind::AuthRequired, public).because(why)
}

/// 1001: it may work in a moment.
pub(crate) fn later(backend: &BackendName, why: impl Display) -> Fault {
    let public = format!(
        "backend `{backend}` cannot be called at the moment, for its credential could not be fetched"
    );
    Fault::at(backend, Kind::BackendUnavailable, public).because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_backend_writes_a_command_that_people_are_told_to_run() {
        let backend = BackendName::new("b").unwrap();
        let plain = "read https://api.example/auth.write a_b-c:d";
        let fault = more(&backend, plain, "it says so");
        assert!(fault.public.contains(&format!("login b --scope \"{plain}\"`")), "{fault}");
        for odd in [
            "",
            "$(id)",
            "read `id`",
            "a;b",
            "a\"b",
            "a\nb",
            "a  b|c",
            "--no-browser",
            "!!",
            "a&b",
            "\u{e4}",
        ] {
            let fault = more(&backend, odd, "it says so");
            assert!(fault.public.contains("run `mcpmux auth login b` where"), "{odd}: {fault}");
        }
    }
}
