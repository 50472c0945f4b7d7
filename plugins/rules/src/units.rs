//! Durations and sizes, as the configuration of mcpmux itself writes them.

use std::time::Duration;

const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads `500ms`, `30s`, `10m` or `2h`.
///
/// # Errors
/// What should have been written.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is no duration; write a whole number and a unit: `500ms`, `30s`, `10m`, `2h`"
        )
    };
    measure(text, &TIMES).map(Duration::from_millis).ok_or_else(wrong)
}

/// Reads `100B`, `64KiB`, `4MiB` or `1GiB`; in bytes.
///
/// # Errors
/// What should have been written.
pub fn size(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("`{text}` is no size; write a whole number and a unit: `100B`, `64KiB`, `4MiB`");
    measure(text, &SIZES).ok_or_else(wrong)
}

fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        assert_eq!(size("64KiB"), Ok(65_536));
        for wrong in ["", "30", "s", "1.5s", "-1s", "30 s", "1m30s", "99999999999999999999h"] {
            assert!(duration(wrong).unwrap_err().contains("`10m`"), "{wrong}");
        }
        assert!(size("4MB").unwrap_err().contains("`4MiB`"));
    }
}
