//! A project in Rust, with the SDK.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mcpmux_manage::cli::plugin::Hook;

use super::{File, Project, wit};
use crate::failure::Failure;

/// The SDK's manifest in a checkout, and the line in it by which it is known.
const MANIFEST: (&str, &str) = ("sdk/Cargo.toml", "name = \"mcpmux-sdk\"");

/// Where the SDK comes from, as the value of a dependency in `Cargo.toml`.
pub(super) fn sdk(asked: Option<&str>, folder: &Path) -> Result<String, Failure> {
    match asked {
        Some(url) if url.contains("://") || url.starts_with("git@") => {
            Ok(format!("{{ git = {url:?} }}"))
        }
        Some(path) => {
            let found = [Path::new(path), &Path::new(path).join("..")]
                .into_iter()
                .find_map(|root| checkout(root).then(|| root.canonicalize().ok()).flatten());
            found.map(|root| dependency(&root)).ok_or_else(|| {
                Failure::wrong(format!(
                    "`--sdk {path}` is no mcpmux checkout: it has no `{}`\nhint: name the folder that `sdk` is in",
                    MANIFEST.0
                ))
            })
        }
        None => around(folder).map(|root| dependency(&root)).ok_or_else(|| {
            Failure::wrong(
                "neither the new folder nor this program lies in an mcpmux checkout, so the SDK is not found\n\
                 hint: name a checkout or the URL of its Git repository with --sdk",
            )
        }),
    }
}

fn dependency(root: &Path) -> String {
    format!("{{ path = {:?} }}", root.join("sdk").display().to_string())
}

fn checkout(root: &Path) -> bool {
    std::fs::read_to_string(root.join(MANIFEST.0))
        .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == MANIFEST.1))
}

/// The checkout that the folder, or this program, lies in.
fn around(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok();
    let program = std::env::current_exe().ok();
    let places = [folder, program];
    let above = places.iter().flatten().flat_map(|place| place.ancestors());
    above.into_iter().find(|root| checkout(root)).map(Path::to_owned)
}

/// The files, the one to edit first.
pub(super) fn files(project: &Project, sdk: &str) -> Vec<File> {
    vec![
        File::new("src/lib.rs", source(project)),
        File::new("src/tests.rs", tests(project)),
        File::new("Cargo.toml", manifest(project, sdk)),
        File::new("config.schema.json", wit::SCHEMA),
        File::new(".gitignore", "/target\n/*.wasm\n"),
    ]
}

fn manifest(project: &Project, sdk: &str) -> String {
    let name = &project.name;
    format!(
        r#"[package]
name = "{name}"
description = "What it decides, in a line: the operator reads it"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
mcpmux-sdk = {sdk}
serde = {{ version = "1", features = ["derive"] }}

# A small component.
[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
strip = true
panic = "abort"

# It is a workspace of its own, wherever it lies.
[workspace]
"#
    )
}

/// What a hook's example needs, and the example.
struct Example {
    imports: &'static [&'static str],
    code: &'static str,
    test: &'static str,
}

fn example(hook: Hook) -> Example {
    match hook {
        Hook::Catalog => Example {
            imports: &["Catalog"],
            code: r#"
    /// Builds the lists that clients see: rename, hide, change or add entries.
    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        for entry in entries.iter_mut().filter(|entry| entry.name().contains(&self.config.word)) {
            entry.hide();
        }
        Ok(())
    }
"#,
            test: r#"
#[test]
fn entries_are_hidden() {
    let mut host = host();
    let list = vec![Tool::new("files", "read_file"), Tool::new("files", "delete_file")];
    assert_eq!(host.catalog(list).unwrap().names(), ["files__read_file"]);
}
"#,
        },
        Hook::Request => Example {
            imports: &["Action", "Call", "Doc"],
            code: r#"
    /// Filters what clients ask: forward, change, answer or refuse it, or call another tool.
    fn request(&mut self, _call: &Call, arguments: &mut Doc) -> Result<Action> {
        if arguments.get::<f64>("/limit")?.is_some_and(|limit| limit > 100.0) {
            arguments.set("/limit", 100);
        }
        Ok(Action::Forward)
    }
"#,
            test: r#"
#[test]
fn limits_are_cut() {
    let call = Call::tool("files", "search");
    let asked = host().request(&call, json!({ "limit": 500 })).unwrap();
    assert_eq!((asked.action, asked.arguments), (Action::Forward, json!({ "limit": 100 })));
}
"#,
        },
        Hook::Authorize => Example {
            imports: &["Call", "Doc", "Verdict", "deny"],
            code: r#"
    /// Judges each call, after all filters: allow, allow with obligations, deny, or ask a person.
    fn authorize(&mut self, call: &Call, _arguments: &Doc) -> Result<Verdict> {
        if call.name.contains(&self.config.word) {
            return Ok(deny("policy.word", format!("`{}` is not allowed here", call.name)));
        }
        Ok(Verdict::Allow)
    }
"#,
            test: r#"
#[test]
fn calls_are_judged() {
    let mut host = host();
    let read = host.authorize(&Call::tool("files", "read_file"), json!({})).unwrap();
    assert_eq!(read, Verdict::Allow);
    let delete = host.authorize(&Call::tool("files", "delete_file"), json!({})).unwrap();
    assert!(matches!(delete, Verdict::Deny(denial) if denial.code == "policy.word"));
}
"#,
        },
        Hook::AuthorizeList => Example {
            imports: &["Client", "ListEntry"],
            code: r#"
    /// Judges what a client sees in its lists, and so what it can call at all: one answer for each entry.
    fn authorize_list(&mut self, _client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        let word = &self.config.word;
        Ok(entries.iter().map(|entry| !entry.name.contains(word)).collect())
    }
"#,
            test: "",
        },
        Hook::Response => Example {
            imports: &["Call", "Doc", "Reply", "Source"],
            code: r#"
    /// Filters what comes back: deliver, change or withhold it.
    fn response(&mut self, _call: &Call, _source: Source, document: &mut Doc) -> Result<Reply> {
        if let Some(text) = document.str("/content/0/text").filter(|text| text.contains(&self.config.word)) {
            document.set("/content/0/text", text.replace(&self.config.word, "****"));
        }
        Ok(Reply::Deliver)
    }
"#,
            test: r#"
#[test]
fn results_are_redacted() {
    let result = json!({ "content": [{ "type": "text", "text": "please delete it" }] });
    let call = Call::tool("files", "read_file");
    let answered = host().response(&call, Source::Success, result).unwrap();
    assert_eq!(answered.document["content"][0]["text"], "please **** it");
}
"#,
        },
        Hook::Notify => Example {
            imports: &["Delivery", "Doc", "Notice"],
            code: r#"
    /// Filters what backends say without being asked: deliver, change or drop it.
    fn notify(&mut self, _notice: &Notice, params: &mut Doc) -> Result<Delivery> {
        let harmful = params.str("/data").is_some_and(|text| text.contains(&self.config.word));
        Ok(if harmful { Delivery::Drop } else { Delivery::Deliver })
    }
"#,
            test: "",
        },
        Hook::Observe => Example {
            imports: &["Level", "Outcome", "log"],
            code: r#"
    /// Sees how each call ended. It may wait, and nobody waits for it.
    fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        if outcome.call.name.contains(&self.config.word) {
            log(Level::Info, &format!("{} took {} us", outcome.call.name, outcome.micros));
        }
        Ok(())
    }
"#,
            test: "",
        },
        Hook::Credentials => Example {
            imports: &["Grant", "Problem", "Query", "secrets"],
            code: r#"
    /// Says which headers a backend is shown: `auth = { type = "plugin", plugin = "NAME" }`. It may wait.
    fn credentials(&mut self, _query: &Query) -> Result<Grant, Problem> {
        let token = secrets::get("TOKEN")?;
        token.map(Grant::bearer).ok_or(Problem::NeedsLogin("set the secret TOKEN".to_owned()))
    }
"#,
            test: "",
        },
    }
}

fn source(project: &Project) -> String {
    let (name, type_name) = (&project.name, project.type_name());
    let mut imports = vec!["Description", "Plugin", "Result", "plugin"];
    imports.extend(project.hooks.iter().flat_map(|hook| example(*hook).imports));
    imports.sort_unstable();
    imports.dedup();
    let wants = if project.has(Hook::Credentials) {
        "\n            .wants(\"secrets:TOKEN\", \"it is what the backend is shown\")"
    } else {
        ""
    };
    let hooks: String = project.hooks.iter().map(|hook| example(*hook).code).collect();
    let imports = imports.join(", ");
    format!(
        r#"//! {name}: a plugin of mcpmux. Each hook below is an example that does something small; make it yours.

use mcpmux_sdk::{{{imports}}};

#[cfg(test)]
mod tests;

/// What `[plugins.config]` in `mcpmux.toml` may say.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {{
    /// The word that the examples look for.
    #[serde(default = "word")]
    word: String,
}}

fn word() -> String {{
    "delete".to_owned()
}}

/// One instance. mcpmux keeps several and drops them when it likes: what has to last goes into `kv`.
pub struct {type_name} {{
    config: Config,
}}

#[plugin]
impl Plugin for {type_name} {{
    type Config = Config;

    /// What the operator reads before using it. Its name, version and description are those of `Cargo.toml`.
    fn describe() -> Description {{
        Description::default()
            .schema(include_str!("../config.schema.json")){wants}
    }}

    fn new(config: Config) -> Result<Self> {{
        Ok(Self {{ config }})
    }}
{hooks}}}
"#
    )
}

fn tests(project: &Project) -> String {
    let type_name = project.type_name();
    let mut out = format!(
        r##"//! Tests that run natively, without WebAssembly. `mcpmux plugin test` runs them, and `cargo test` does.

use mcpmux_sdk::serde_json::json;
use mcpmux_sdk::testing::Host;

#[allow(unused_imports, reason = "which are needed depends on the hooks")]
use super::*;
#[allow(unused_imports, reason = "which are needed depends on the hooks")]
use mcpmux_sdk::{{Tool, Verdict}};

fn host() -> Host<{type_name}> {{
    Host::new(&json!({{ "word": "delete" }}).to_string()).unwrap()
}}

#[test]
fn golden_calls() -> mcpmux_sdk::Result<()> {{
    mcpmux_sdk::testing::golden::<{type_name}>("golden")
}}

#[test]
fn a_misspelt_key_is_found() {{
    assert!(Host::<{type_name}>::new(r#"{{"wrod": "delete"}}"#).is_err());
}}
"##
    );
    for hook in &project.hooks {
        // Writing to a string cannot fail.
        let _infallible = write!(out, "{}", example(*hook).test);
    }
    out
}
