//! Durations and sizes as people write them.

use std::time::Duration;

/// Units of time and their milliseconds, smallest first.
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
/// Units of size and their bytes, smallest first.
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads `30s`, `500ms`, `10m` or `1h`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    measure(text, &TIMES).map(Duration::from_millis)
}

/// Reads `4MiB`, `64KiB`, `1GiB` or `100B`; in bytes.
pub(crate) fn size(text: &str) -> Option<u64> {
    measure(text, &SIZES)
}

/// Writes a duration in the largest unit that needs no fraction.
pub(crate) fn show_duration(duration: Duration) -> String {
    show(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), &TIMES)
}

/// Writes a size in the largest unit that needs no fraction.
pub(crate) fn show_size(bytes: u64) -> String {
    show(bytes, &SIZES)
}

fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

fn show(amount: u64, units: &[(&str, u64)]) -> String {
    let fits = |(_, factor): &&(&str, u64)| amount != 0 && amount.is_multiple_of(*factor);
    units.iter().rev().find(fits).or(units.first()).map_or_else(
        || amount.to_string(),
        |(name, factor)| format!("{}{name}", amount.checked_div(*factor).unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_whole_number_and_a_unit() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(duration(text), expected.map(Duration::from_millis), "{text}");
        };
        check("500ms", Some(500));
        check("30s", Some(30_000));
        check("10m", Some(600_000));
        check("2h", Some(7_200_000));
        for wrong in ["", "30", "s", "1.5s", "-1s", "30 s", "1m30s", "30S", "99999999999999999999h"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn sizes_are_binary() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(size(text), expected, "{text}");
        check("4MiB", Some(4 << 20));
        check("64KiB", Some(64 << 10));
        check("7B", Some(7));
        for wrong in ["4MB", "4M", "4", "18446744073709551615GiB"] {
            check(wrong, None);
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["1ms", "1500ms", "90s", "1h"] {
            assert_eq!(show_duration(duration(text).unwrap()), text);
        }
        for text in ["1B", "1KiB", "1025B", "4GiB"] {
            assert_eq!(show_size(size(text).unwrap()), text);
        }
    }
}
