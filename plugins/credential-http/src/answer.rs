//! What an endpoint's refusal means, and what of it an operator reads.

use mcpmux_sdk::serde_json::{self, Value};
use mcpmux_sdk::{Problem, http};

/// The most that is shown of what an endpoint says, in characters.
const SHOWN: usize = 300;

/// The problem that an answer without success is; `mask` takes secrets out of what the endpoint says.
pub(crate) fn refusal(
    url: &str,
    response: &http::Response,
    mask: impl Fn(&str) -> String,
) -> Problem {
    let status = response.status;
    if (300..400).contains(&status) {
        let text = format!(
            "`{url}` answered with a redirect ({status}), which is not followed; write the URL that it leads to"
        );
        return Problem::Permanent(text);
    }
    let (error, said) = said(response);
    let mut text = format!("`{url}` answered with status {status}");
    if !said.is_empty() {
        text.push_str(&format!(": {}", mask(&said)));
    }
    let passes = matches!(status, 408 | 425 | 429 | 500..=599)
        || ["temporarily_unavailable", "server_error", "slow_down"].contains(&error.as_str());
    if passes { Problem::Temporary(text) } else { Problem::Permanent(text) }
}

/// The error as OAuth has it (RFC 6749, section 5.2), and what of it to show. Other answers are not shown: nobody knows
/// what is in them.
fn said(response: &http::Response) -> (String, String) {
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let text = |key: &str| {
        let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
        let plain: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        plain
    };
    let (error, description) = (text("error"), text("error_description"));
    let parts: Vec<_> = [error.as_str(), description.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let said = parts.join(": ");
    (error, said)
}
