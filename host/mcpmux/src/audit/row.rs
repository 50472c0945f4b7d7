//! One row of an audit file: what a call was and what became of it, as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::hook::{Decision, Record};
use mcpmux_core::json::Raw;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One call.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// When it ended, by RFC 3339, in UTC.
    pub(crate) time: String,
    pub(crate) id: u64,
    pub(crate) client: Asker,
    pub(crate) method: String,
    pub(crate) backend: String,
    pub(crate) name: String,
    pub(crate) exposed: String,
    pub(crate) status: String,
    pub(crate) code: Option<i64>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) micros: u64,
    pub(crate) decisions: Vec<Decided>,
    /// The final ones, as they were sent, if that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arguments: Option<Box<RawValue>>,
}

/// Who asked, by its own words.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Asker {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) era: String,
}

/// What a plugin decided.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) plugin: String,
    pub(crate) version: String,
    pub(crate) hook: String,
    pub(crate) verdict: String,
    pub(crate) detail: Option<String>,
    pub(crate) micros: u64,
    pub(crate) shadow: bool,
}

impl Row {
    pub(crate) fn new(record: &Record, arguments: Option<&Raw>, ended: SystemTime) -> Self {
        let subject = &record.subject;
        Self {
            time: rfc3339(ended),
            id: subject.id,
            client: Asker::new(&subject.client),
            method: subject.method.as_str().to_owned(),
            backend: subject.to.backend.as_str().to_owned(),
            name: subject.to.native.as_str().to_owned(),
            exposed: subject.exposed.clone(),
            status: record.status.as_str().to_owned(),
            code: record.code,
            sent: record.sent,
            received: record.received,
            micros: micros(record.took),
            decisions: record.decisions.iter().map(Decided::new).collect(),
            arguments: arguments.and_then(line),
        }
    }
}

/// JSON on one line: a client may have written line ends between its tokens.
fn line(raw: &Raw) -> Option<Box<RawValue>> {
    let text = str::from_utf8(raw.as_bytes()).ok()?;
    if !text.contains(['\n', '\r']) {
        return RawValue::from_string(text.to_owned()).ok();
    }
    // Between tokens only: within a string they are escaped.
    RawValue::from_string(text.replace(['\n', '\r'], " ")).ok()
}

impl Asker {
    fn new(client: &Client) -> Self {
        let info = client.info.as_ref().and_then(|info| info.object().ok()).unwrap_or_default();
        let text = |key: &str| {
            info.get(key).and_then(|raw| Some(raw.as_string()?.into_owned())).unwrap_or_default()
        };
        let era = match client.era() {
            Era::Legacy => "legacy",
            Era::Modern => "modern",
        };
        Self { name: text("name"), version: text("version"), era: era.to_owned() }
    }
}

impl Decided {
    fn new(decision: &Decision) -> Self {
        Self {
            plugin: decision.plugin.as_str().to_owned(),
            version: decision.version.clone(),
            hook: decision.hook.as_str().to_owned(),
            verdict: decision.verdict.to_owned(),
            detail: decision.detail.clone(),
            micros: micros(decision.took),
            shadow: decision.shadow,
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A time as `2026-01-02T03:04:05.678Z`; before 1970 it is 1970.
fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let millis = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar: its years are counted from March,
/// so that the day that some lack is the last, and its centuries by fours, after which all repeats.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_and_programs_read_them() {
        let check = |millis: u64, expected: &str| {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(millis)), expected);
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_399_999, "2000-02-28T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(1_767_323_045_678, "2026-01-02T03:04:05.678Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(4_107_456_000_000, "2100-02-28T00:00:00.000Z");
    }

    #[test]
    fn arguments_are_one_line_and_keep_their_bytes() {
        let raw = Raw::literal("{\n \"a\":\r\n 1.50, \"b\": \"x\\ny\" }");
        assert_eq!(line(&raw).unwrap().get(), r#"{  "a":   1.50, "b": "x\ny" }"#);
        assert_eq!(line(&Raw::literal("{\"a\":1e0}")).unwrap().get(), "{\"a\":1e0}");
    }
}
