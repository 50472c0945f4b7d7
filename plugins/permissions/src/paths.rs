//! Whether a path lies within a folder, by its text alone: no file system is asked, so links are not seen.

use crate::truth::Truth;

/// A folder of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    kind: Kind,
    steps: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `/data`
    Posix,
    /// `C:/data`
    Drive(char),
    /// `docs`, from wherever the backend runs
    Relative,
}

impl Root {
    /// Reads a folder: absolute, with or without a drive, or relative.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err(
                "must not be empty; write `.` for the folder that the backend runs in".to_owned()
            );
        }
        if text.contains("://") {
            return Err(format!("`{text}` is no folder; write the path alone"));
        }
        if text.starts_with('~') || text.contains('\0') {
            return Err(format!(
                "`{}` is no folder that can be compared; write it out",
                text.escape_debug()
            ));
        }
        let (kind, rest) = split(text);
        if !matches!(kind, Kind::Drive(_)) && text.contains('\\') {
            return Err(format!("`{text}` holds `\\`; write `C:/folder`, `/folder` or `folder`"));
        }
        let steps =
            walk(kind, rest).ok_or_else(|| format!("`{text}` leads out of itself with `..`"))?;
        Ok(Self { kind, steps })
    }

    /// Whether the path, as a backend would most likely read it, lies in the folder or is it.
    pub(crate) fn holds(&self, path: &str) -> Truth {
        let Some(path) = plain(path) else { return Truth::Unknown };
        let (kind, rest) = split(&path);
        // A relative path depends on where the backend runs, one of the other system on what it runs on.
        if kind != self.kind && !matches!((kind, self.kind), (Kind::Drive(_), Kind::Drive(_))) {
            return Truth::Unknown;
        }
        if path.contains('\\') && !matches!(kind, Kind::Drive(_)) {
            return Truth::Unknown;
        }
        if matches!(kind, Kind::Drive(_)) && rest.split(is_separator).any(is_strange_on_windows) {
            return Truth::Unknown;
        }
        let Some(steps) = walk(kind, rest) else { return Truth::No };
        Truth::from(
            kind == self.kind && self.steps.len() <= steps.len() && {
                self.steps.iter().zip(&steps).all(|(ours, theirs)| ours == theirs)
            },
        )
    }
}

/// The path itself: of a `file:` URI what it names. None if it says more than a path, or less.
fn plain(text: &str) -> Option<String> {
    let is_strange = |text: &str| {
        text.starts_with('~') || text.trim() != text || text.chars().any(char::is_control)
    };
    if text.is_empty() || is_strange(text) || holds_escaped_step(text) {
        return None;
    }
    let scheme = text.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let Some((scheme, rest)) = scheme.filter(|(scheme, _)| is_scheme(scheme)) else {
        return Some(text.to_owned());
    };
    let rest = rest.strip_prefix("//").filter(|_| scheme == "file")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    if !rest.starts_with('/') || rest.contains(['?', '#']) {
        return None;
    }
    let path = decode(rest)?;
    // `file:///C:/data` names `C:/data`.
    let drive = path.strip_prefix('/').filter(|path| matches!(split(path).0, Kind::Drive(_)));
    let path = drive.unwrap_or(&path).to_owned();
    (!is_strange(&path) && !holds_escaped_step(&path)).then_some(path)
}

/// Whether it starts as a URI does; one letter is a drive.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// Whether something that decodes once more than we do would find a `.`, `/`, `\`, `%` or an end of the text.
fn holds_escaped_step(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|escape| text.contains(escape))
}

/// The text with its `%XX` decoded.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn split(text: &str) -> (Kind, &str) {
    let mut chars = text.chars();
    if let (Some(drive), Some(':'), Some(separator)) = (chars.next(), chars.next(), chars.next())
        && drive.is_ascii_alphabetic()
        && is_separator(separator)
    {
        return (Kind::Drive(drive.to_ascii_lowercase()), chars.as_str());
    }
    match text.strip_prefix('/') {
        Some(rest) => (Kind::Posix, rest),
        None => (Kind::Relative, text),
    }
}

const fn is_separator(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// A step that Windows reads as another one: a stream, a short name, or dots and spaces that fall off.
fn is_strange_on_windows(step: &str) -> bool {
    let is_dots = matches!(step, "." | "..");
    step.contains([':', '~']) || (!is_dots && step.ends_with(['.', ' ']))
}

/// The steps from the top, without `.`, `..` and empty ones; none if a relative path leaves where it starts.
fn walk(kind: Kind, rest: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    for step in rest.split(|c| c == '/' || (c == '\\' && matches!(kind, Kind::Drive(_)))) {
        match step {
            "" | "." => {}
            ".." if steps.pop().is_none() && kind == Kind::Relative => return None,
            ".." => {}
            step if matches!(kind, Kind::Drive(_)) => steps.push(step.to_lowercase()),
            step => steps.push(step.to_owned()),
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(root: &str, paths: &[&str], expected: Truth) {
        let root = Root::new(root).unwrap();
        for path in paths {
            assert_eq!(root.holds(path), expected, "{path:?} in {root:?}");
        }
    }

    #[test]
    fn a_path_within_is_found_however_it_is_written() {
        let within = [
            "/data",
            "/data/",
            "/data/x",
            "//data//x",
            "/./data/./x",
            "/data/../data/x",
            "/x/../data",
            "/../data/x",
            "/data/..x",
            "/data/...",
            "file:///data/x",
            "FILE://localhost/data/%61",
            "/data/50%",
        ];
        check("/data", &within, Truth::Yes);
        check("/data/", &within, Truth::Yes);
        check("/", &["/", "/etc", "/..", "//"], Truth::Yes);
    }

    #[test]
    fn a_path_that_leads_out_is_out() {
        let out = [
            "/",
            "/etc",
            "/database",
            "/data/..",
            "/data/../etc",
            "/data/x/../../etc",
            "/data//../..//etc",
            "/data/./../x",
            "/Data/x",
            "file:///etc",
            "/data x/y",
        ];
        check("/data", &out, Truth::No);
        check("docs", &["..", "../docs/x", "docs/../../docs", "doc", "docs/../x"], Truth::No);
    }

    #[test]
    fn what_different_systems_read_differently_is_not_judged() {
        let unclear = [
            "",
            "x",
            "./x",
            "../data/x",
            "~/x",
            "~root",
            " /data/x",
            "/data/x\n",
            "/data/\0/x",
            "/data\\..\\..\\etc",
            "\\\\host\\share",
            "C:/data/x",
            "C:data",
            "/data/%2e%2e/etc",
            "/data/%2E./etc",
            "/data%2f..",
            "/data/%252e%252e/x",
            "file:///data/%2e%2e/etc",
            "file:///data/%252e%252e/etc",
            "file:/data/x",
            "file://host/data/x",
            "file:///data/x?y",
            "https://data/x",
            "file:///data/%ff",
        ];
        check("/data", &unclear, Truth::Unknown);
    }

    #[test]
    fn relative_folders_hold_relative_paths() {
        check("docs", &["docs", "docs/x", "./docs/x", "x/../docs/y", "docs//y"], Truth::Yes);
        check(".", &["x", "./x", "x/../y", "."], Truth::Yes);
        check("docs", &["/docs/x", "d:\\docs", "docs\\y"], Truth::Unknown);
    }

    #[test]
    fn drives_and_cases_are_as_windows_has_them() {
        check(
            "C:/Data",
            &["c:\\data\\x", "C:/DATA", "file:///c:/data/x", "C:/x/..\\data"],
            Truth::Yes,
        );
        check("C:/Data", &["D:/data", "C:/data/../etc", "c:\\database"], Truth::No);
        check(
            "c:\\Data",
            &["C:/data/x. /y", "C:/data/x:stream", "C:/PROGRA~1", "/data", "C:x"],
            Truth::Unknown,
        );
    }

    #[test]
    fn a_folder_that_cannot_be_compared_is_a_mistake() {
        for (root, why) in [
            ("", "must not be empty"),
            ("~/x", "write it out"),
            ("file:///data", "is no folder"),
            ("../x", "leads out of itself"),
            ("/a\\b", "holds `\\`"),
            ("a\\b", "write `C:/folder`"),
        ] {
            assert!(Root::new(root).unwrap_err().contains(why), "{root}");
        }
    }
}
