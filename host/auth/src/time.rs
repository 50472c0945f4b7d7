//! Times of day as texts (RFC 3339).

use std::time::Duration;

/// The time since 1970-01-01 UTC that a text such as `2026-01-31T12:00:00Z` says; `None` if it says none, or one before.
pub(crate) fn rfc3339(text: &str) -> Option<Duration> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let marks = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    if marks.iter().any(|(at, mark)| text.get(*at..at + 1) != Some(mark)) {
        return None;
    }
    if !matches!(text.get(10..11)?, "T" | "t" | " ") {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let at = text.len().checked_sub(6).filter(|_| zone.len() == 6)?;
            let sign = match zone.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            (zone.get(3..4)? == ":").then_some(())?;
            sign * (number(at + 1, at + 3)? * 3_600 + number(at + 4, at + 6)? * 60)
        }
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// Days since 1970-01-01 in the Gregorian calendar; years start in March, so that the leap day is a year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_any_zone() {
        let check = |text: &str, seconds: u64| {
            assert_eq!(rfc3339(text), Some(Duration::from_secs(seconds)), "{text}");
        };
        check("1970-01-01T00:00:00Z", 0);
        check("2000-02-29T12:34:56.789Z", 951_827_696);
        check("2026-11-21T20:00:00+01:00", 1_795_287_600);
        check("2026-11-21T18:30:00-00:30", 1_795_287_600);
        for wrong in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-11-21T20:00:00",
            "2026-11-21T20:00:00+0100",
            "+026-11-21T20:00:00Z",
            "1969-12-31T00:00:00Z",
            "2026-11-21T20:00:00.Z1",
        ] {
            assert_eq!(rfc3339(wrong), None, "{wrong}");
        }
    }
}
