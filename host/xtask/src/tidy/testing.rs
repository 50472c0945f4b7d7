//! Tests always run and never sleep: they wait for an event with a deadline.

use super::Violation;
use super::source::{Token, begins, inline_tests, tokens};
use super::tree::{TextFile, Tree};

/// `#[ignore]` anywhere, and `sleep(` in the code of a test.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.sources() {
        let code = tokens(&file.text);
        let ignored = code
            .windows(3)
            .filter(|window| begins(window, &["#", "[", "ignore"]))
            .filter_map(<[Token]>::first);
        for token in ignored {
            let message = "an ignored test: run it or remove it";
            violations.push(Violation::new(&file.path, token.line, message));
        }
        let tested: Vec<&Token> =
            if is_test_file(file) { code.iter().collect() } else { inline_tests(&code) };
        for [name, open] in tested.array_windows() {
            if name.text == "sleep" && open.text == "(" {
                let message = "a test sleeps: wait for an event with a deadline, or pause the time";
                violations.push(Violation::new(&file.path, name.line, message));
            }
        }
    }
    violations
}

/// Files of tests only; guests are programs, which may well sleep.
fn is_test_file(file: &TextFile) -> bool {
    !file.parts().any(|part| part == "guests")
        && file.parts().any(|part| part == "tests" || part == "tests.rs" || part == "testing")
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn an_ignored_test_is_found() {
        let text = "//! #[ignore]\n#[test]\n#[ignore = \"slow\"]\nfn t() {}\n";
        assert_eq!(broken(check, &[("a.rs", text)]), ["a.rs:3"]);
    }

    #[test]
    fn a_sleeping_test_is_found_but_not_a_sleeping_program() {
        let inline =
            "fn f() { sleep(1) }\n#[cfg(test)]\nmod tests {\nfn t() { time::sleep(1) }\n}\n";
        let files = [
            ("a.rs", inline),
            ("a/tests.rs", "fn t() { sleep(1) }"),
            ("tests/it/b.rs", "fn t() { std::thread::sleep(1); sleeper(2) }"),
            ("tests/guests/spin/src/lib.rs", "fn f() { sleep(1) }"),
        ];
        assert_eq!(broken(check, &files), ["a.rs:4", "a/tests.rs:1", "tests/it/b.rs:1"]);
    }
}
