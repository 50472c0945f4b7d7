//! Until when a token is good: what was said of it, what it says itself, and what the configuration allows.

use std::time::{Duration, SystemTime};

use mcpmux_sdk::serde_json::Value;

use crate::jwt;

/// The longest time that a token can be good for; what is said beyond that is cut.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// How long tokens are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifetime {
    /// At most this, whatever else is said; and this, where nothing is.
    pub most: Option<Duration>,
}

impl Lifetime {
    /// Until when a token is good that `said` to be good until then; none: until it is refused.
    ///
    /// # Errors
    /// If that is over.
    pub fn until(
        self,
        token: Option<&str>,
        said: Option<SystemTime>,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, String> {
        let own = token
            .and_then(jwt::expiry)
            .map(|seconds| SystemTime::UNIX_EPOCH + span(seconds).unwrap_or(LONGEST));
        let most = self.most.and_then(|most| now.checked_add(most.min(LONGEST)));
        let until = [own, said, most].into_iter().flatten().min();
        match until {
            Some(until) if until <= now => Err("it has expired already".to_owned()),
            until => Ok(until),
        }
    }
}

/// A point in time as services write it: seconds since 1970 (more than a hundred thousand million are milliseconds),
/// or RFC 3339 text.
///
/// # Errors
/// If it is neither.
pub fn time(value: &Value) -> Result<SystemTime, String> {
    let wrong = || "is no point in time; that is RFC 3339 text, or seconds since 1970".to_owned();
    let number = number(value);
    let after = match (number, value) {
        (Some(number), _) if number >= 1e11 => span(number / 1e3),
        (Some(number), _) => span(number),
        (None, Value::String(text)) => rfc3339(text),
        _ => None,
    };
    after.map(|after| SystemTime::UNIX_EPOCH + after.min(LONGEST)).ok_or_else(wrong)
}

/// A number of seconds from now.
///
/// # Errors
/// If it is none.
pub fn seconds(value: &Value, now: SystemTime) -> Result<SystemTime, String> {
    let after = number(value).and_then(span);
    after
        .and_then(|after| now.checked_add(after))
        .ok_or_else(|| "is no number of seconds".to_owned())
}

/// So many seconds, to the millisecond.
fn span(seconds: f64) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(seconds).ok()?.min(LONGEST);
    let millis = (time + Duration::from_micros(500)).as_millis();
    u64::try_from(millis).ok().map(Duration::from_millis)
}

/// A number, also one that is written as a text.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Time since 1970 of RFC 3339 text such as `2026-01-02T03:04:05.678+02:00`.
fn rfc3339(text: &str) -> Option<Duration> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(digits);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.splitn(3, ':').map(digits);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let offset = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign, zone) => {
            let (hours, minutes) = zone.split_once(':')?;
            let offset = digits(hours)? * 3_600 + digits(minutes)? * 60;
            if sign == "-" { -offset } else { offset }
        }
    };
    let fits = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && fraction.bytes().all(|c| c.is_ascii_digit());
    if !fits {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    let millis = fraction.chars().chain("000".chars()).take(3).collect::<String>().parse().ok()?;
    let seconds = u64::try_from(seconds).ok()?;
    Some(Duration::from_secs(seconds) + Duration::from_millis(millis))
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|c| c.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, counting years from March, so that the day that leap years
/// have more comes last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpmux_sdk::serde_json::json;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_read_as_services_write_them() {
        let check = |value: Value, millis: u64| {
            let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(time(&value), Ok(expected), "{value}");
        };
        check(json!("2026-01-01T00:00:00Z"), 1_767_225_600_000);
        check(json!("2026-01-02T03:04:05.678+02:00"), 1_767_315_845_678);
        check(json!("2024-02-29t23:59:60.5z"), 1_709_251_200_500);
        check(json!("2000-03-01 00:00:00-01:30"), 951_874_200_000);
        check(json!("1970-01-01T00:00:00Z"), 0);
        check(json!(1_767_225_600), 1_767_225_600_000);
        check(json!("1767225600"), 1_767_225_600_000);
        check(json!(1_767_225_600_123_u64), 1_767_225_600_123);
        for wrong in [
            json!("soon"),
            json!("2026-13-01T00:00:00Z"),
            json!("2026-01-01"),
            json!("2026-01-01T00:00:00"),
            json!(-1),
            json!(null),
            json!("1960-01-01T00:00:00Z"),
            json!("2026-01-01T00:00:00.xZ"),
            json!("NaN"),
        ] {
            assert!(time(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_count_from_now() {
        assert_eq!(seconds(&json!(60), at(1_000)), Ok(at(1_060)));
        assert_eq!(seconds(&json!("60"), at(1_000)), Ok(at(1_060)));
        assert!(seconds(&json!(1e300), at(1_000)).is_err());
        assert!(seconds(&json!(1e15), at(1_000)).unwrap() > at(1_000));
        assert!(seconds(&json!(-5), at(1_000)).is_err());
    }

    #[test]
    fn the_earliest_end_counts() {
        let lifetime = |most| Lifetime { most };
        let hour = Duration::from_secs(3_600);
        let now = at(1_767_222_000);
        let jwt =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ4IiwiZXhwIjoxNzY3MjI1NjAwfQ.c2ln";
        assert_eq!(lifetime(None).until(Some("opaque"), None, now), Ok(None));
        assert_eq!(lifetime(None).until(Some(jwt), None, now), Ok(Some(at(1_767_225_600))));
        assert_eq!(lifetime(Some(hour / 2)).until(Some(jwt), None, now), Ok(Some(now + hour / 2)));
        assert_eq!(lifetime(Some(hour * 2)).until(Some(jwt), None, now), Ok(Some(now + hour)));
        assert_eq!(lifetime(Some(hour)).until(Some("opaque"), None, now), Ok(Some(now + hour)));
        assert_eq!(
            lifetime(None).until(Some(jwt), Some(now + hour / 4), now),
            Ok(Some(now + hour / 4))
        );
        assert!(
            lifetime(None)
                .until(Some(jwt), None, at(1_767_225_600))
                .unwrap_err()
                .contains("expired")
        );
        assert!(lifetime(None).until(None, Some(now), now).is_err());
    }
}
