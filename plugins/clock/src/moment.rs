//! A point in time with an offset: reading and writing RFC 3339, by the Gregorian calendar.

use std::fmt;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// 9999-12-31T23:59:59.999Z; RFC 3339 has no years beyond.
const LAST: i64 = 253_402_300_799_999;
/// 0000-01-01T00:00:00Z.
const FIRST: i64 = -62_167_219_200_000;
/// The largest offset from UTC that can be written, in minutes.
pub(crate) const OFFSET_LIMIT: i64 = 23 * 60 + 59;

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A point in time, and the offset it is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    unix_ms: i64,
    offset_minutes: i64,
}

impl Moment {
    /// A point in time; `None` if the years 0000 to 9999 do not hold it, at UTC or at the offset, or the
    /// offset is a day or more.
    pub(crate) fn new(unix_ms: i64, offset_minutes: i64) -> Option<Self> {
        let years = FIRST..=LAST;
        let fits = (-OFFSET_LIMIT..=OFFSET_LIMIT).contains(&offset_minutes)
            && years.contains(&unix_ms)
            && years.contains(&(unix_ms + offset_minutes * MINUTE));
        fits.then_some(Self { unix_ms, offset_minutes })
    }

    /// Reads RFC 3339; digits beyond milliseconds are dropped, a leap second is the next second.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.trim().split_once(['T', 't', ' '])?;
        let (clock, offset_minutes) = split_offset(time)?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let [hour, minute, second] = numbers(whole, ':', [2, 2, 2])?;
        let fits = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !fits || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ms: String = fraction.chars().chain("000".chars()).take(3).collect();
        let seconds = (hour * 60 + minute) * 60 + second;
        let local =
            days_from_civil(year, month, day) * DAY + seconds * 1000 + ms.parse::<i64>().ok()?;
        Self::new(local - offset_minutes * MINUTE, offset_minutes)
    }

    /// Later by so many milliseconds, at the same offset.
    pub(crate) fn plus(self, ms: i64) -> Option<Self> {
        Self::new(self.unix_ms.checked_add(ms)?, self.offset_minutes)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) const fn unix_ms(self) -> i64 {
        self.unix_ms
    }

    /// The day of the week at its offset.
    pub(crate) fn weekday(self) -> &'static str {
        // 1970-01-01 was a Thursday.
        let day = (self.local_ms().div_euclid(DAY) + 3).rem_euclid(7);
        usize::try_from(day).ok().and_then(|day| WEEKDAYS.get(day)).copied().unwrap_or_default()
    }

    const fn local_ms(self) -> i64 {
        self.unix_ms + self.offset_minutes * MINUTE
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.local_ms().div_euclid(DAY), self.local_ms().rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let (minutes, seconds) = (ms / MINUTE, ms % MINUTE / 1000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{seconds:02}",
            minutes / 60,
            minutes % 60
        )?;
        if ms % 1000 != 0 {
            write!(f, ".{:03}", ms % 1000)?;
        }
        match self.offset_minutes {
            0 => f.write_str("Z"),
            offset => {
                let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.abs());
                write!(f, "{sign}{:02}:{:02}", offset / 60, offset % 60)
            }
        }
    }
}

/// Splits `09:30:00+02:00` into the clock and the offset in minutes.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (clock, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers(offset.get(1..)?, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 60 + minutes)))
}

/// Reads numbers of these many digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01; the year is taken to begin in March, so that the leap day is its last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse: year, month and day.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, unix_ms: i64, weekday: &str) {
        let moment = Moment::parse(text).unwrap();
        assert_eq!((moment.unix_ms(), moment.weekday()), (unix_ms, weekday));
        assert_eq!(moment.to_string(), text);
    }

    #[test]
    fn a_time_is_read_and_written_back() {
        check("1970-01-01T00:00:00Z", 0, "Thursday");
        check("2026-07-28T09:30:00Z", 1_785_231_000_000, "Tuesday");
        check("2026-07-28T23:30:00.250-10:00", 1_785_317_400_250, "Tuesday");
        check("2000-02-29T12:00:00+05:30", 951_805_800_000, "Tuesday");
        check("1969-12-31T23:59:59.999Z", -1, "Wednesday");
        check("0000-01-01T00:00:00Z", FIRST, "Saturday");
        check("9999-12-31T23:59:59.999Z", LAST, "Friday");
    }

    #[test]
    fn every_day_of_four_centuries_is_read_as_it_is_written() {
        for day in (FIRST / DAY)..(FIRST / DAY + 146_097) {
            let moment = Moment::new(day * DAY, 0).unwrap();
            assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
        }
    }

    #[test]
    fn other_spellings_of_the_standard_are_read() {
        let same = Moment::parse("2026-07-28T09:30:00Z");
        assert_eq!(Moment::parse("2026-07-28 09:30:00.0004z"), same);
        assert_eq!(Moment::parse("2026-07-28t09:29:60Z"), same);
        assert_eq!(Moment::parse("2026-07-28T09:30:00-00:00"), same);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "now",
            "2026-07-28",
            "2026-07-28T09:30:00",
            "2026-07-28T09:30Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-07-28T24:00:00Z",
            "2026-07-28T09:30:00.Z",
            "2026-07-28T09:30:00+24:00",
            "2026-07-28T09:30:00+2:00",
            "+026-07-28T09:30:00Z",
            "2026-07-28T09:30:00é",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }
}
