//! The README of a project: what to do with it, in its language.

use mcpmux_manage::cli::plugin::{Hook, Lang};

use super::Project;

/// `README.md`
pub(super) fn text(project: &Project) -> String {
    let name = &project.name;
    let hooks: Vec<String> =
        project.hooks.iter().map(|hook| format!("`{}`", hook.as_str())).collect();
    let (source, needs) = match project.lang {
        Lang::Rust => {
            ("src/lib.rs", "[rustup](https://rustup.rs), and `rustup target add wasm32-wasip2`")
        }
        Lang::Js => ("plugin.js", "Node 22 or later; the first build runs `npm install`"),
        Lang::Python => ("plugin.py", "Python 3.10 or later; the first build makes a `.venv`"),
        Lang::C => (
            "plugin.c",
            "Python 3.10 or later: the first build makes a `.venv` with Zig in it, which compiles C; or, named in `CC`, \
             another clang that has a C library for WASI. The build makes `bindings/policy.h` of `wit`, and compiles \
             every `.c` file of this folder",
        ),
    };
    let grant = if project.has(Hook::Credentials) {
        "grant = [\"secrets:TOKEN\"]\nsecrets = { TOKEN = \"${TOKEN}\" }\n"
    } else {
        ""
    };
    format!(
        "# {name}\n\nA plugin of mcpmux with {hooks}. Say here what it decides, and why.\n\n\
         ```sh\nmcpmux plugin test      # its tests, its golden calls, and the conformance checks\n\
         mcpmux plugin build     # makes {name}.wasm\n```\n\
         It needs {needs}. The source is `{source}`; `golden/*.json` says what the component is to answer.\n\n\
         In `mcpmux.toml`:\n```toml\n[[plugins]]\nname = \"{name}\"\npath = \"{name}.wasm\"\n{grant}[plugins.config]\n\
         word = \"delete\"\n```\n\
         A running mcpmux takes up a new `{name}.wasm` by itself; `mode = \"shadow\"` records what it would decide.\n",
        hooks = hooks.join(", "),
    )
}
