//! What `mcpmux status` and `mcpmux plugin list` print. They read JSON, because the mcpmux that runs may be of another
//! version than the one that asks.

use serde_json::Value;

use super::table;

/// A running mcpmux: where it is, its backends, its plugins, and what is odd.
#[must_use]
pub fn status(status: &Value) -> String {
    let mut out = format!("mcpmux {}", text(status, "version"));
    let url = text(status, "url");
    let at = if url.is_empty() { "on standard input and output".to_owned() } else { url };
    out.push_str(&format!(", serving {at}\n"));
    out.push_str(&format!(
        "  process {}, up {}, {}\n",
        number(status, "pid"),
        age(number(status, "seconds")),
        text(status, "config")
    ));
    section(&mut out, "backends", backends(status));
    section(&mut out, "plugins", plugins(status.get("plugins").unwrap_or(&Value::Null)));
    if let Some(found) = status.get("vault") {
        section(&mut out, "vault", vault(found));
    }
    let warnings = list(status.get("warnings"));
    let warnings = warnings.iter().filter_map(Value::as_str);
    let warnings: Vec<[String; 1]> = warnings.map(|warning| [warning.replace('\n', " ")]).collect();
    if !warnings.is_empty() {
        section(&mut out, "warnings", table(&warnings));
    }
    out
}

/// The vault: where its key comes from, where it is, and whether it works.
#[must_use]
pub fn vault(vault: &Value) -> String {
    let state = match (text(vault, "problem"), vault.get("records").and_then(Value::as_u64)) {
        (problem, _) if !problem.is_empty() => format!("does not work: {problem}"),
        (_, Some(records)) => count(records, "record"),
        (_, None) => "nothing in it yet".to_owned(),
    };
    let mut lines = state.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let mut out = table(&[[text(vault, "key"), text(vault, "file"), first]]);
    lines.for_each(|line| out.push_str(&format!("{}\n", super::harmless(line))));
    out
}

fn section(out: &mut String, title: &str, lines: String) {
    out.push_str(&format!("\n{title}\n"));
    for line in lines.lines() {
        out.push_str(&format!("  {line}\n"));
    }
}

fn backends(status: &Value) -> String {
    let rows: Vec<[String; 3]> = list(status.get("backends"))
        .iter()
        .map(|backend| {
            let state = text(backend, "state");
            let more = match state.as_str() {
                "ready" => text(backend, "revision"),
                _ => text(backend, "why"),
            };
            let tools = count(number(backend, "tools"), "tool");
            [text(backend, "name"), tools, format!("{state} {more}").trim_end().to_owned()]
        })
        .collect();
    if rows.is_empty() { "none\n".to_owned() } else { table(&rows) }
}

/// Plugins: name, version, mode, hooks, how they do, and the beginning of the hash of their bytes.
#[must_use]
pub fn plugins(plugins: &Value) -> String {
    let rows: Vec<[String; 6]> = list(Some(plugins)).iter().map(plugin).collect();
    if rows.is_empty() { "none\n".to_owned() } else { table(&rows) }
}

fn plugin(plugin: &Value) -> [String; 6] {
    let hooks = list(plugin.get("hooks"));
    let hooks: Vec<&str> = hooks.iter().filter_map(Value::as_str).collect();
    let health = plugin.get("health").unwrap_or(&Value::Null);
    let calls = count(number(health, "calls"), "call");
    let failures = count(number(health, "failures"), "failure");
    let quarantined = text(health, "quarantined");
    let doing = if quarantined.is_empty() {
        format!("{calls}, {failures}")
    } else {
        let again = number(health, "retry_ms").div_ceil(1_000);
        format!("quarantined, tried again in {again}s: {quarantined}")
    };
    let sha256: String = text(plugin, "sha256").chars().take(12).collect();
    let version = text(plugin, "version");
    let version = if version.is_empty() { "-".to_owned() } else { version };
    [text(plugin, "name"), version, text(plugin, "mode"), hooks.join(","), sha256, doing]
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn count(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn age(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, hours, ..) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_reads_as_a_page() {
        let plugin = json!({
            "name": "guard", "version": "0.1.0", "sha256": "0123456789abcdef", "mode": "shadow",
            "hooks": ["request", "authorize"],
            "health": { "quarantined": null, "retry_ms": null, "calls": 2, "failures": 1, "dropped": 0 },
        });
        let ill = json!({
            "name": "b", "version": "", "sha256": "ff", "mode": "enforce", "hooks": [],
            "health": { "quarantined": "it traps", "retry_ms": 1500, "calls": 9, "failures": 9, "dropped": 0 },
        });
        let all = json!({
            "version": "1.2.3", "pid": 7, "config": "/a/mcpmux.toml", "url": "http://127.0.0.1:1/mcp",
            "seconds": 3_700,
            "backends": [
                { "name": "one", "tools": 1, "state": "ready", "revision": "2026-07-28" },
                { "name": "other", "tools": 0, "state": "down", "why": "gone\u{1b}[2J" },
            ],
            "plugins": [plugin, ill],
            "warnings": ["odd\nhint: mend it"],
        });
        assert_eq!(
            status(&all),
            "mcpmux 1.2.3, serving http://127.0.0.1:1/mcp\n  process 7, up 1h 1m, /a/mcpmux.toml\n\
             \nbackends\n  one    1 tool   ready 2026-07-28\n  other  0 tools  down gone\u{fffd}[2J\n\
             \nplugins\n  guard  0.1.0  shadow   request,authorize  0123456789ab  2 calls, 1 failure\n  \
             b      -      enforce                     ff            quarantined, tried again in 2s: it traps\n\
             \nwarnings\n  odd hint: mend it\n"
        );
    }

    #[test]
    fn what_another_version_does_not_say_is_left_out() {
        assert!(status(&json!({})).starts_with("mcpmux , serving on standard input and output\n"));
        assert_eq!(plugins(&Value::Null), "none\n");
    }
}
