//! Who we say we are to a registry: from the environment, or from what `docker login` left behind.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpmux_core::config::Secret;
use serde::Deserialize;

use crate::error::Error;
use crate::source::Source;

/// The environment variable with the user's name.
pub const USER: &str = "MCPMUX_REGISTRY_USER";
/// The environment variable with the password or token.
pub const PASSWORD: &str = "MCPMUX_REGISTRY_PASSWORD";

/// The names that Docker's own registry has in that file.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Credentials for one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// None; where they exist in a form that is not read, why.
    None(Option<String>),
    /// A user's name, and a password or token.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    /// The credentials for the registry: from `MCPMUX_REGISTRY_USER` and `MCPMUX_REGISTRY_PASSWORD`, else from `auths` in
    /// `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`. Credential helpers and identity tokens of that file are
    /// not used; the error of a registry that refuses us then says so.
    ///
    /// # Errors
    /// If one of the two variables is missing, or that file cannot be read.
    pub fn find(source: &Source, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        match (variable(USER), variable(PASSWORD)) {
            (Some(user), Some(password)) => {
                return Ok(Self::Basic { user, password: Secret::new(password) });
            }
            (None, None) => {}
            (user, _) => {
                let (set, missing) =
                    if user.is_some() { (USER, PASSWORD) } else { (PASSWORD, USER) };
                let why = format!("{set} is set, and {missing} is not");
                return Err(Error::Credentials { path: "the environment".into(), why });
            }
        }
        let folder = variable("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(Path::new(&variable("HOME")?).join(".docker")));
        let Some(path) = folder.map(|folder| folder.join("config.json")) else {
            return Ok(Self::None(None));
        };
        let wrong = |why: String| Error::Credentials { path: path.clone(), why };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::None(None)),
            Err(error) => return Err(wrong(error.to_string())),
        };
        // The parser's own message could quote a secret.
        let file: DockerConfig = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("line {}: it is no such JSON file", error.line())))?;
        file.credentials(source.registry()).map_err(wrong)
    }
}

/// What `docker login` writes, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfig {
    #[serde(default)]
    auths: HashMap<String, Auth>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    identitytoken: String,
}

impl DockerConfig {
    fn credentials(&self, registry: &str) -> Result<Credentials, String> {
        let entry = self.auths.iter().find(|(key, _)| is_for(key, registry));
        let helper = self.cred_helpers.get(registry).or(self.creds_store.as_ref());
        match entry {
            Some((_, entry)) if !entry.identitytoken.is_empty() => Ok(Credentials::None(Some(
                format!("the identity token that `docker login {registry}` left cannot be used"),
            ))),
            Some((key, entry)) if !entry.auth.is_empty() => {
                let pair = STANDARD.decode(&entry.auth).ok();
                let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
                let (user, password) = pair
                    .as_deref()
                    .and_then(|pair| pair.split_once(':'))
                    .ok_or_else(|| format!("`auth` of `{key}` is no USER:PASSWORD in base64"))?;
                let password = Secret::new(password.trim_end_matches('\0').to_owned());
                Ok(Credentials::Basic { user: user.to_owned(), password })
            }
            _ => Ok(Credentials::None(helper.map(|helper| {
                format!(
                    "what the credential helper `{helper}` keeps for {registry} cannot be asked for"
                )
            }))),
        }
    }
}

/// Whether a key of `auths` stands for the registry: its name, or its address of old.
fn is_for(key: &str, registry: &str) -> bool {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let same = host == registry || [host, registry].iter().all(|name| DOCKER_HUB.contains(name));
    same && matches!(path.trim_end_matches('/'), "" | "v1" | "v2")
}

#[cfg(test)]
mod tests;
