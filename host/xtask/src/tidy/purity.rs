//! The pure floors do no I/O, start no tasks and read no clock.

use super::Violation;
use super::source::tokens;
use super::tree::Tree;

const PURE: [&str; 2] = ["host/core/src/", "host/protocol/src/"];

/// Names that no pure floor uses, however they are imported.
const IMPURE: [(&str, &str); 10] = [
    ("tokio", "tasks"),
    ("fs", "files"),
    ("File", "files"),
    ("TcpStream", "sockets"),
    ("TcpListener", "sockets"),
    ("UdpSocket", "sockets"),
    ("UnixStream", "sockets"),
    ("UnixListener", "sockets"),
    ("Instant", "the clock"),
    ("SystemTime", "the clock"),
];

/// A word of I/O, tasks or the clock in a pure floor, its tests included.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.sources() {
        let Some(floor) = PURE.iter().find(|floor| file.path.starts_with(*floor)) else { continue };
        for token in tokens(&file.text) {
            if let Some((name, what)) = IMPURE.iter().find(|(name, _)| token.text == *name) {
                let floor = floor.trim_end_matches("/src/");
                let message = format!("`{name}` in `{floor}`, which must not know {what}");
                violations.push(Violation::new(&file.path, token.line, message));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn io_and_clock_are_found_however_imported() {
        let files = [
            ("host/core/src/a.rs", "//! Says tokio.\nuse std::{fs, time::Instant};\n"),
            ("host/protocol/src/b.rs", "fn f() { std::net::TcpStream::connect(\"std::fs\") }\n"),
            ("host/protocol/src/c.rs", "use std::time::Duration; // not SystemTime\n"),
            ("host/mux/src/d.rs", "use tokio::sync;\n"),
        ];
        assert_eq!(
            broken(check, &files),
            ["host/core/src/a.rs:2", "host/core/src/a.rs:2", "host/protocol/src/b.rs:1"]
        );
    }
}
