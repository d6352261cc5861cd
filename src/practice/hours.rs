//! The time that a pair set aside for a year, and how it is being used: an allowance, never a target. Nobody has to use it
//! up, and going beyond it is something to talk about, not something to mark.

use jiff::civil::Date;

use super::{Held, Pairing, months_after, pairing::loud_days};

/// Twelve hours a year: what the school that this follows gave each pair.
pub const ALLOWANCE_MIN: u32 = 12 * 60;

/// Before these many days that were not quiet, and these many sessions, a pace is not a pace.
const PACE_DAYS: usize = 28;
const PACE_SESSIONS: usize = 2;

/// One year of a pairing, counted from the day it began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hours {
    pub from: Date,
    /// The first day of the next year.
    pub until: Date,
    pub allowance_min: u32,
    pub sessions: usize,
    pub used_min: f64,
    /// What it comes to by the end of the year at the pair's own pace; `None` while there is too little to say, and once
    /// the pairing has ended.
    pub forecast_min: Option<f64>,
}

/// The hours of the pairing's year that `today` is in, or, once it has ended, of its last one.
pub fn hours(pairing: &Pairing, held: &[Held], today: Date) -> Hours {
    let today = pairing.ended_on.unwrap_or(today).max(pairing.started_on);
    let years = years_between(pairing.started_on, today);
    let (from, until) = (year(pairing.started_on, years), year(pairing.started_on, years + 1));
    // One that somebody put here from before the start belongs to the first year.
    let this_year = |on: Date| (on >= from || years == 0) && on < until;
    let held: Vec<&Held> = held.iter().filter(|session| this_year(session.on)).collect();
    // An empty sum of floats is minus nothing.
    let used_min = held.iter().map(|session| session.minutes).fold(0.0, |sum, minutes| sum + minutes);
    // A clock that was set back must not make the pace look faster than it is.
    let seen_until = held.iter().map(|session| session.on).fold(today, Date::max);
    let tomorrow = seen_until.tomorrow().unwrap_or(seen_until).min(until);
    let (gone, to_come) = (loud_days(pairing, from, tomorrow), loud_days(pairing, tomorrow, until));
    let has_pace = gone >= PACE_DAYS && held.len() >= PACE_SESSIONS && pairing.ended_on.is_none();
    Hours {
        from,
        until,
        allowance_min: pairing.allowance_min,
        sessions: held.len(),
        used_min,
        forecast_min: has_pace.then(|| used_min + used_min / gone as f64 * to_come as f64),
    }
}

fn years_between(start: Date, today: Date) -> i64 {
    let years = i64::from(today.year()) - i64::from(start.year());
    if year(start, years) > today { years - 1 } else { years }
}

fn year(start: Date, years: i64) -> Date {
    months_after(start, 12 * years)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{practice::Weeks, session::SessionId};

    fn held(on: Date, minutes: f64) -> Held {
        Held { session: SessionId::generate(), on, minutes, coach_share: None, telling: None }
    }

    fn pairing() -> Pairing {
        Pairing::new("Ana", "", date(2026, 9, 1))
    }

    #[test]
    fn a_year_is_the_pairings_own_also_from_a_leap_day() {
        let table = [
            (date(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 1), date(2027, 9, 1)),
            (date(2026, 9, 1), date(2027, 8, 31), date(2026, 9, 1), date(2027, 9, 1)),
            (date(2026, 9, 1), date(2027, 9, 1), date(2027, 9, 1), date(2028, 9, 1)),
            (date(2024, 2, 29), date(2025, 2, 27), date(2024, 2, 29), date(2025, 2, 28)),
            (date(2024, 2, 29), date(2025, 2, 28), date(2025, 2, 28), date(2026, 2, 28)),
            (date(2024, 2, 29), date(2028, 2, 28), date(2027, 2, 28), date(2028, 2, 29)),
            (date(2024, 2, 29), date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 28)),
            // Before it began: the clock was set back.
            (date(2026, 9, 1), date(2020, 1, 1), date(2026, 9, 1), date(2027, 9, 1)),
        ];
        for (start, today, from, until) in table {
            let hours = hours(&Pairing::new("Ana", "", start), &[], today);
            assert_eq!((hours.from, hours.until), (from, until), "{start} on {today}");
            assert_eq!((hours.used_min, hours.forecast_min, hours.allowance_min), (0.0, None, 720));
            assert!(hours.used_min.is_sign_positive(), "`hours show` said -0 s");
        }
    }

    #[test]
    fn the_forecast_is_the_pairs_own_pace_and_quiet_weeks_slow_nobody_down() {
        let mut pairing = pairing();
        // An hour a fortnight for eight weeks, 56 days of 365.
        let sessions: Vec<Held> = [1, 15, 29].map(|day| held(date(2026, 9, day), 60.0)).into();
        let today = date(2026, 10, 26);
        assert_eq!(hours(&pairing, &sessions[..2], date(2026, 9, 27)).forecast_min, None, "27 days are too few");
        let plain = hours(&pairing, &sessions, today).forecast_min.unwrap();
        assert!((plain - 180.0 / 56.0 * 365.0).abs() < 1e-6, "{plain}");
        // Four of the eight weeks were quiet: at the pace of the other four.
        pairing.quiet = vec![Weeks::new(date(2026, 9, 30), date(2026, 10, 26)).unwrap()];
        let after = hours(&pairing, &sessions, today).forecast_min.unwrap();
        assert!((after - (180.0 + 180.0 / 29.0 * 309.0)).abs() < 1e-6, "{after}");
        // Quiet until the year ends: there is nothing to come.
        pairing.quiet = vec![Weeks::new(date(2026, 10, 27), date(2027, 12, 31)).unwrap()];
        assert_eq!(hours(&pairing, &sessions, today).forecast_min, Some(180.0));
    }

    #[test]
    fn hours_beyond_the_allowance_are_counted_as_they_are() {
        let sessions: Vec<Held> = (1..=30).map(|day| held(date(2026, 9, day), 60.0)).collect();
        let hours = hours(&pairing(), &sessions, date(2026, 9, 30));
        assert_eq!((hours.used_min, hours.allowance_min, hours.sessions), (1800.0, 720, 30));
        assert!(hours.forecast_min.unwrap() > 1800.0);
    }

    #[test]
    fn an_ended_pairing_keeps_its_last_year_and_expects_nothing() {
        let mut pairing = pairing();
        pairing.ended_on = Some(date(2026, 12, 1));
        let sessions = [held(date(2026, 9, 1), 60.0), held(date(2026, 11, 1), 60.0)];
        let hours = hours(&pairing, &sessions, date(2029, 1, 1));
        assert_eq!((hours.from, hours.used_min, hours.forecast_min), (date(2026, 9, 1), 120.0, None));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_loses_a_session_nor_hurries_the_pace() {
        let sessions = [held(date(2026, 9, 1), 60.0), held(date(2026, 12, 1), 60.0)];
        let (right, set_back) =
            (hours(&pairing(), &sessions, date(2026, 12, 1)), hours(&pairing(), &sessions, date(2026, 9, 29)));
        assert_eq!(right, set_back);
        assert_eq!(hours(&pairing(), &sessions, date(1999, 1, 1)), right);
    }
}
