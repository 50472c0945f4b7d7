//! What an operator reads of a command that failed: its exit code and its complaints, and never a token.

use mcpmux_sdk::exec::Output;

/// The most that is shown of the complaints, in characters.
const SHOWN: usize = 500;

/// The text.
pub(crate) fn complaint(name: &str, output: &Output) -> String {
    let end = match output.code {
        Some(code) => format!("`{name}` failed with exit code {code}"),
        None => format!("`{name}` was ended by a signal"),
    };
    let said = said(output);
    if said.is_empty() { end } else { format!("{end}: {said}") }
}

/// What it complained about, on one line; whatever it also wrote to its output is masked.
fn said(output: &Output) -> String {
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    let written = String::from_utf8_lossy(&output.stdout);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let mut secrets: Vec<&str> =
        written.split(|c| !is_part(c)).filter(|word| word.len() >= 6).collect();
    secrets.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for secret in secrets {
        said = said.replace(secret, "****");
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = words(&said).chars().filter(|c| !c.is_control()).collect();
    match plain.char_indices().nth(SHOWN) {
        None => plain,
        Some((end, _)) => format!("{} ...", plain.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(code: Option<i32>, stdout: &str, stderr: &str) -> Output {
        Output { code, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn the_exit_code_and_the_complaints_are_shown() {
        let failed = output(Some(4), "", "  not logged in\n\trun `x login`\u{1b}\n");
        assert_eq!(
            complaint("x", &failed),
            "`x` failed with exit code 4: not logged in run `x login`"
        );
        assert_eq!(complaint("x", &output(None, "", "")), "`x` was ended by a signal");
        let long = complaint("x", &output(Some(1), "", &"ä".repeat(600)));
        assert!(long.ends_with("ä ...") && long.chars().count() < 550, "{long}");
    }

    #[test]
    fn what_it_wrote_is_never_shown() {
        let failed = output(Some(1), "s3cr3t-t0ken\n", "cannot store s3cr3t-t0ken, s3cr3t");
        assert_eq!(
            complaint("x", &failed),
            "`x` failed with exit code 1: cannot store ****, s3cr3t"
        );
        let json = output(Some(1), r#"{"token": "s3cr3t-t0ken"}"#, r#"refused "s3cr3t-t0ken""#);
        assert!(!complaint("x", &json).contains("s3cr3t"));
    }
}
