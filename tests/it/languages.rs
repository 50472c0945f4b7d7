//! Projects that `mcpmux plugin new` writes in other languages than Rust: each is built with an example of every hook, by
//! the compiler that the tests pin, and has to do what its golden calls say. Nothing is fetched.

use std::os::unix::fs::symlink;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{HOOKS, Home, ended, paths};

/// A language's compiler starts, and the engine that it brings is compiled: some 15 MB of code.
const COMPILING: Duration = Duration::from_secs(300);

/// Runs a command with the tests' Node; without the compiler and the package index of whoever runs them.
async fn run(home: &Home, args: &[&str], compiler: Option<&str>) -> (i32, String, String) {
    let mut path = vec![paths::node().parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = home.mcpmux(args);
    command
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PIP_NO_INDEX", "1")
        .env("npm_config_offline", "true")
        .env_remove("CC");
    command.envs(compiler.map(|compiler| ("CC", compiler)));
    ended(command, COMPILING).await
}

async fn passes(home: &Home, args: &[&str]) -> String {
    let (code, out, said) = run(home, args, None).await;
    assert_eq!(code, 0, "{args:?}: {out}\n{said}");
    out
}

/// Makes the project `every`, whose tools are already where it looks for them.
async fn every(lang: &str, tools: &str, place: &str) -> Home {
    let home = Home::new("");
    let all = HOOKS.iter().flat_map(|hook| ["--hook", hook]);
    let new: Vec<&str> =
        ["plugin", "new", "every", "--lang", lang].into_iter().chain(all).collect();
    passes(&home, &new).await;
    let tools = paths::installed(tools);
    symlink(tools, home.path().join("every").join(place)).unwrap();
    home
}

/// Builds the project once, and tests what was built: each hook's golden calls pass, and all that any plugin must stand.
async fn builds_and_passes(home: &Home) {
    let built = passes(home, &["plugin", "build", "every"]).await;
    assert!(built.contains(&format!("hooks: lifecycle, {}", HOOKS.join(", "))), "{built}");
    assert!(built.contains("grant = [\"secrets:TOKEN\"]"), "{built}");
    let left: Vec<_> = std::fs::read_dir(home.path().join("every")).unwrap().collect();
    let part = |name: &str| name.starts_with('.') && name.ends_with(".part");
    assert!(
        left.iter().flatten().all(|file| !part(file.file_name().to_str().unwrap())),
        "{left:?}"
    );
    let test = ["plugin", "test", "every/every.wasm", "--golden", "every/golden", "--json"];
    let tested: Value = serde_json::from_str(&passes(home, &test).await).unwrap();
    let checks = tested["checks"].as_array().unwrap();
    for hook in HOOKS {
        let golden = |check: &&Value| {
            check["group"] == "golden calls"
                && check["name"].as_str().unwrap().ends_with(&format!(" {hook}"))
        };
        assert!(checks.iter().any(|check| golden(&check)), "{hook}: {tested:#}");
    }
    assert!(checks.iter().all(|check| check["result"] == "passed"), "{tested:#}");
}

#[tokio::test]
async fn a_project_in_javascript_builds_and_does_what_its_golden_calls_say() {
    builds_and_passes(&every("js", "node_modules", "node_modules").await).await;
}

#[tokio::test]
async fn a_project_in_python_builds_and_does_what_its_golden_calls_say() {
    builds_and_passes(&every("python", "py", ".venv").await).await;
}

#[tokio::test]
async fn a_project_in_c_builds_and_does_what_its_golden_calls_say_or_says_why_it_cannot() {
    let home = every("c", "py", ".venv").await;
    builds_and_passes(&home).await;
    let build = ["plugin", "build", "every"];
    let before = std::fs::read(home.path().join("every/every.wasm")).unwrap();

    // All files are compiled, by whichever compiler is named; one that asks the system for something is not taken.
    let other = home.path().join("every/other.c");
    std::fs::write(&other, "#include <stdio.h>\n__attribute__((constructor)) static void hello(void) { puts(\"hello\"); }\n")
        .unwrap();
    let zig = format!("{} cc", paths::installed("py/bin/python-zig").display());
    let (code, out, said) = run(&home, &build, Some(&zig)).await;
    assert_eq!((code, out.as_str()), (1, ""), "{said}");
    assert!(said.contains("ask the system for") && said.contains("`fd_write`"), "{said}");
    assert!(said.contains("hint: leave out files, `printf`"), "{said}");

    // What is wrong in a file or about the compiler is said, and what was built before stays.
    std::fs::write(&other, "int broken(void) { return; }\n").unwrap();
    let (code, _, said) = run(&home, &build, None).await;
    assert!(code == 1 && said.contains("other.c:1:") && !said.contains("`CC`"), "{said}");
    std::fs::remove_file(&other).unwrap();
    let (code, _, said) = run(&home, &build, Some("false")).await;
    assert!(code == 1 && said.contains("hint: `CC` has to name a clang"), "{said}");
    let (code, _, said) = run(&home, &build, Some("no-such-compiler")).await;
    assert!(code == 1 && said.contains("cannot run `no-such-compiler`"), "{said}");
    let world = home.path().join("every/wit/world.wit");
    let text = std::fs::read_to_string(&world).unwrap();
    std::fs::write(&world, text.replace("plugin/log@", "plugin/lgo@")).unwrap();
    let (code, _, said) = run(&home, &build, None).await;
    assert!(code == 2 && said.contains("cannot make bindings") && said.contains("lgo"), "{said}");
    assert_eq!(std::fs::read(home.path().join("every/every.wasm")).unwrap(), before);
}
