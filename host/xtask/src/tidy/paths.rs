//! The repository names no machine and no registry: it builds where others check it out, from where they say.

use super::Violation;
use super::tree::Tree;

/// Cargo writes the host into its lock file, and this file lists what it looks for.
const EXEMPT: [&str; 2] = ["Cargo.lock", "host/xtask/src/tidy/paths.rs"];

const HOSTS: [&str; 7] = [
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "index.crates.io",
    "static.crates.io",
    "proxy.golang.org",
];

/// Folders that exist on one machine or for one person.
const FOLDERS: [&str; 5] = ["/root/", "/home/", "/Users/", "/work/", "C:\\"];

/// A path of one machine or a registry's host, in any text file.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
                let message = format!("names the registry host `{host}`");
                violations.push(Violation::new(&file.path, number, message));
            }
            if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                let message = format!("names a path of one machine, in `{folder}`");
                violations.push(Violation::new(&file.path, number, message));
            }
        }
    }
    violations
}

/// Whether an absolute path in the line begins with the folder; `a/b/` is not such a path, nor is one in a URL.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|before| before.is_alphanumeric() || "_-.~/}*>".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::super::broken;
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found() {
        let text = format!("x\nlet a = \"{}me\";\nserved at /mcp{}x\n", FOLDERS[1], FOLDERS[3]);
        assert_eq!(broken(check, &[("a.toml", &text)]), ["a.toml:2"]);
    }

    #[test]
    fn registry_hosts_are_found() {
        let text = format!("\"resolved\": \"https://{}/a.tgz\"\n", HOSTS[0]);
        let files = [("package-lock.json", text.as_str()), ("Cargo.lock", &text)];
        assert_eq!(broken(check, &files), ["package-lock.json:1"]);
    }
}
