//! The tools of the clock: what they are called, take, give and do.

use std::time::{SystemTime, UNIX_EPOCH};

use mcpmux_plugin_server::{Failure, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::moment::{Moment, OFFSET_LIMIT};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NowArguments {
    #[serde(default)]
    utc_offset_minutes: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddArguments {
    time: String,
    #[serde(default)]
    days: i64,
    #[serde(default)]
    hours: i64,
    #[serde(default)]
    minutes: i64,
    #[serde(default)]
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceArguments {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Time {
    time: String,
    unix_ms: i64,
    weekday: &'static str,
}

#[derive(Serialize)]
struct Difference {
    seconds: f64,
    text: String,
}

/// `now`
pub(crate) fn now() -> Tool {
    let offset = json!({
        "type": "integer",
        "minimum": -OFFSET_LIMIT,
        "maximum": OFFSET_LIMIT,
        "default": 0,
        "description": "Minutes east of UTC, as 120 for +02:00.",
    });
    Tool {
        name: "now",
        title: "Current time",
        description: "Returns the current date and time, at UTC or at a given offset.",
        input_schema: object(json!({ "utc_offset_minutes": offset }), &[]),
        output_schema: time_schema(),
        idempotent: false,
        code: Tool::code(|NowArguments { utc_offset_minutes }| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| beyond())?;
            let unix_ms = i64::try_from(since.as_millis()).map_err(|_| beyond())?;
            if utc_offset_minutes.unsigned_abs() > OFFSET_LIMIT.unsigned_abs() {
                return Err(Failure(format!("`utc_offset_minutes` is beyond ±{OFFSET_LIMIT}")));
            }
            Moment::new(unix_ms, utc_offset_minutes).map(Time::from).ok_or_else(beyond)
        }),
    }
}

/// `add_duration`
pub(crate) fn add_duration() -> Tool {
    let count = |unit: &str| {
        let description = format!("How many {unit} to add; negative ones are taken away.");
        json!({ "type": "integer", "default": 0, "description": description })
    };
    let properties = json!({
        "time": time_argument("The time to begin with."),
        "days": count("days"),
        "hours": count("hours"),
        "minutes": count("minutes"),
        "seconds": count("seconds"),
    });
    Tool {
        name: "add_duration",
        title: "Add to a time",
        description: "Adds days, hours, minutes and seconds to a time. Days have 24 hours.",
        input_schema: object(properties, &["time"]),
        output_schema: time_schema(),
        idempotent: true,
        code: Tool::code(|AddArguments { time, days, hours, minutes, seconds }| {
            let start = read("time", &time)?;
            let units =
                [(days, 86_400_000), (hours, 3_600_000), (minutes, 60_000), (seconds, 1000)];
            let ms = units.into_iter().try_fold(0_i64, |sum, (count, unit): (i64, i64)| {
                sum.checked_add(count.checked_mul(unit)?)
            });
            ms.and_then(|ms| start.plus(ms)).map(Time::from).ok_or_else(beyond)
        }),
    }
}

/// `difference`
pub(crate) fn difference() -> Tool {
    let properties = json!({
        "from": time_argument("The time to count from."),
        "to": time_argument("The time to count to."),
    });
    let result = json!({
        "seconds": { "type": "number", "description": "Negative if `to` comes before `from`." },
        "text": { "type": "string", "description": "In words, as `2 days 3 hours`." },
    });
    Tool {
        name: "difference",
        title: "Time between",
        description: "Returns how much time lies between two times.",
        input_schema: object(properties, &["from", "to"]),
        output_schema: object(result, &["seconds", "text"]),
        idempotent: true,
        code: Tool::code(|DifferenceArguments { from, to }| {
            let ms = read("to", &to)?.unix_ms() - read("from", &from)?.unix_ms();
            #[expect(clippy::cast_precision_loss, reason = "10,000 years in ms need 49 of 53 bits")]
            let seconds = ms as f64 / 1000.0;
            Ok(Difference { seconds, text: in_words(ms) })
        }),
    }
}

impl From<Moment> for Time {
    fn from(moment: Moment) -> Self {
        Self { time: moment.to_string(), unix_ms: moment.unix_ms(), weekday: moment.weekday() }
    }
}

fn read(key: &str, text: &str) -> Result<Moment, Failure> {
    let why =
        || Failure(format!("`{key}` is no time of RFC 3339, as `2026-07-28T09:30:00Z`: `{text}`"));
    Moment::parse(text).ok_or_else(why)
}

fn beyond() -> Failure {
    Failure("the time is beyond the years 0000 to 9999".to_owned())
}

fn in_words(ms: i64) -> String {
    let mut rest = ms.unsigned_abs();
    let mut words = Vec::new();
    let units = [
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1000, "second"),
        (1, "millisecond"),
    ];
    for (unit, name) in units {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            words.push(format!("{count} {name}{plural}"));
        }
    }
    match (words.is_empty(), ms < 0) {
        (true, _) => "no time".to_owned(),
        (false, false) => words.join(" "),
        (false, true) => format!("{} earlier", words.join(" ")),
    }
}

fn time_argument(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn time_schema() -> Value {
    let properties = json!({
        "time": { "type": "string", "format": "date-time" },
        "unix_ms": { "type": "integer", "description": "Milliseconds since 1970-01-01 UTC." },
        "weekday": { "type": "string", "description": "At the offset of `time`." },
    });
    object(properties, &["time", "unix_ms", "weekday"])
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::server;

    #[track_caller]
    fn check(tool: &str, arguments: Value, result: Value) {
        assert_eq!(server().call_tool(tool, arguments), Ok(result));
    }

    #[track_caller]
    fn check_failure(tool: &str, arguments: Value, part: &str) {
        let text = server().call_tool(tool, arguments).unwrap_err();
        assert!(text.contains(part), "{text}");
    }

    #[test]
    fn now_is_the_clock_of_the_machine_at_the_offset_asked_for() {
        let result = server().call_tool("now", json!({ "utc_offset_minutes": -90 })).unwrap();
        let time = result["time"].as_str().unwrap();
        assert!(time.ends_with("-01:30"), "{time}");
        let text = server().call_tool("now", json!({})).unwrap()["time"].to_string();
        assert!(text.ends_with("Z\""), "{text}");
        let moment = crate::moment::Moment::parse(time).unwrap();
        assert_eq!(moment.unix_ms(), result["unix_ms"]);
        check_failure("now", json!({ "utc_offset_minutes": 1440 }), "beyond ±1439");
        check_failure("now", json!({ "utc_offset_minutes": i64::MIN }), "beyond ±1439");
        check_failure("now", json!({ "zone": "UTC" }), "unknown field `zone`");
    }

    #[test]
    fn a_duration_is_added_at_the_offset_of_the_time() {
        check(
            "add_duration",
            json!({ "time": "2026-02-28T23:00:00+02:00", "hours": 1, "seconds": -1 }),
            json!({ "time": "2026-02-28T23:59:59+02:00", "unix_ms": 1_772_315_999_000_i64, "weekday": "Saturday" }),
        );
        check_failure(
            "add_duration",
            json!({ "time": "tomorrow" }),
            "`time` is no time of RFC 3339",
        );
        let far = json!({ "time": "2026-02-28T23:00:00Z", "days": i64::MAX });
        check_failure("add_duration", far, "beyond the years 0000 to 9999");
    }

    #[test]
    fn a_difference_is_told_in_seconds_and_in_words() {
        let difference = |from: &str, to: &str| json!({ "from": from, "to": to });
        check(
            "difference",
            difference("2026-07-28T09:30:00Z", "2026-07-30T13:30:01+01:00"),
            json!({ "seconds": 183_601.0, "text": "2 days 3 hours 1 second" }),
        );
        check(
            "difference",
            difference("2026-07-28T09:30:00.5Z", "2026-07-28T09:30:00Z"),
            json!({ "seconds": -0.5, "text": "500 milliseconds earlier" }),
        );
        let same = difference("2026-07-28T09:30:00Z", "2026-07-28T09:30:00Z");
        check("difference", same, json!({ "seconds": 0.0, "text": "no time" }));
    }
}
