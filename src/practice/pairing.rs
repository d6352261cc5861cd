//! A pairing: two people who agreed to work together, until one of them would rather not.

use jiff::civil::Date;

use super::{ALLOWANCE_MIN, PracticeId, days, months_after};
use crate::{session::SessionId, transcript::Spoken, units::Share};

/// Months until both are asked whether this is the right pair, time and load: a school term. Our choice; `--review` and
/// `--next` set another day.
pub const REVIEW_MONTHS: i64 = 3;

/// How the coach stands to the coachee at work. Noted only if both wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The coach is the coachee's manager.
    Manages,
    /// The coach is senior, and not the manager.
    Senior,
    /// Neither: equals, or the coachee is the senior one.
    Level,
}

impl Standing {
    pub const ALL: [Self; 3] = [Self::Manages, Self::Senior, Self::Level];

    /// As it is stored and printed as JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manages => "manages",
            Self::Senior => "senior",
            Self::Level => "level",
        }
    }

    fn points_downwards(self) -> bool {
        self != Self::Level
    }
}

/// Days on which the pair does not expect to meet, first and last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weeks {
    from: Date,
    to: Date,
}

/// They end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quiet weeks end after they begin")]
pub struct NotWeeks;

impl Weeks {
    /// # Errors
    /// When `to` is before `from`.
    pub fn new(from: Date, to: Date) -> Result<Self, NotWeeks> {
        if from <= to { Ok(Self { from, to }) } else { Err(NotWeeks) }
    }

    pub fn from(self) -> Date {
        self.from
    }

    pub fn to(self) -> Date {
        self.to
    }

    fn hold(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// Who coaches whom, since when, and what they agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    pub id: PracticeId,
    pub coachee: String,
    /// Who coaches, where more than one does on this laptop; empty for whoever's laptop it is.
    pub coach: String,
    pub started_on: Date,
    pub review_on: Date,
    pub ended_on: Option<Date>,
    pub standing: Option<Standing>,
    /// Minutes set aside for a year, with no dates.
    pub allowance_min: u32,
    pub quiet: Vec<Weeks>,
}

impl Pairing {
    pub fn new(coachee: &str, coach: &str, started_on: Date) -> Self {
        Self {
            id: PracticeId::generate(),
            coachee: coachee.trim().to_owned(),
            coach: coach.trim().to_owned(),
            started_on,
            review_on: months_after(started_on, REVIEW_MONTHS),
            ended_on: None,
            standing: None,
            allowance_min: ALLOWANCE_MIN,
            quiet: Vec::new(),
        }
    }

    pub fn is_quiet(&self, day: Date) -> bool {
        self.quiet.iter().any(|weeks| weeks.hold(day))
    }

    /// Whether both are to be asked now. In quiet weeks nobody is: it comes up on the first day after them.
    pub fn review_is_due(&self, today: Date) -> bool {
        self.ended_on.is_none() && self.review_on <= today && !self.is_quiet(today)
    }

    /// It was talked about: when again.
    pub fn next_review_after(today: Date) -> Date {
        months_after(today, REVIEW_MONTHS)
    }

    fn ran_on(&self, day: Date) -> bool {
        self.started_on <= day && self.ended_on.is_none_or(|ended| day <= ended)
    }
}

/// What the coachee wants to work on, in their words.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub id: PracticeId,
    pub text: Spoken,
}

/// A session that took place.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub session: SessionId,
    pub on: Date,
    pub minutes: f64,
    /// The coach's share of the talk, and how much of what the coach did with words was telling; each where there is enough
    /// to say.
    pub coach_share: Option<Share>,
    pub telling: Option<Share>,
}

/// Which of one coachee's pairings a session belongs to: the one that somebody named, else the only one that ran on that
/// day. `None` with two coaches at once: nobody guesses.
pub fn belongs_to(theirs: &[Pairing], on: Date, named: Option<PracticeId>) -> Option<PracticeId> {
    if named.is_some() {
        return named.filter(|id| theirs.iter().any(|pairing| pairing.id == *id));
    }
    let mut ran = theirs.iter().filter(|pairing| pairing.ran_on(on));
    match (ran.next(), ran.next()) {
        (Some(only), None) => Some(only.id),
        _ => None,
    }
}

/// A pairing over time, in counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    pub sessions: usize,
    pub minutes: f64,
    pub last_on: Option<Date>,
    /// The most days between two sessions, quiet ones not counted; `None` with fewer than two.
    pub longest_gap_days: Option<usize>,
}

/// The picture of a pairing whose sessions are `held`, in any order.
pub fn picture(pairing: &Pairing, held: &[Held]) -> Picture {
    let mut on: Vec<Date> = held.iter().map(|session| session.on).collect();
    on.sort_unstable();
    let gap = |pair: &[Date]| match pair {
        [from, to] => loud_days(pairing, *from, *to),
        _ => 0,
    };
    Picture {
        sessions: held.len(),
        minutes: held.iter().map(|session| session.minutes).fold(0.0, |sum, minutes| sum + minutes),
        last_on: on.last().copied(),
        longest_gap_days: on.windows(2).map(gap).max(),
    }
}

/// Days from `from` up to but not including `to` that are not quiet.
pub(super) fn loud_days(pairing: &Pairing, from: Date, to: Date) -> usize {
    let all = usize::try_from(days(from, to)).unwrap_or(0);
    from.series(jiff::Span::new().days(1)).take(all).filter(|day| !pairing.is_quiet(*day)).count()
}

/// Whether everybody whom this coach works with stands below them: a thing for the coach to think about, alone. Pairings
/// that ended, or where nothing was noted, say nothing.
pub fn all_point_downwards(pairings: &[Pairing]) -> bool {
    let mut open = pairings.iter().filter(|pairing| pairing.ended_on.is_none()).peekable();
    open.peek().is_some() && open.all(|pairing| pairing.standing.is_some_and(Standing::points_downwards))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn pairing(started_on: Date) -> Pairing {
        Pairing::new("Ana", "", started_on)
    }

    pub(super) fn held(on: Date) -> Held {
        Held { session: SessionId::generate(), on, minutes: 30.0, coach_share: None, telling: None }
    }

    #[test]
    fn a_review_comes_up_after_a_term_also_from_a_day_that_later_months_lack() {
        for (start, review) in [
            (date(2026, 9, 1), date(2026, 12, 1)),
            (date(2023, 11, 30), date(2024, 2, 29)),
            (date(2024, 11, 30), date(2025, 2, 28)),
            (date(2024, 2, 29), date(2024, 5, 29)),
        ] {
            assert_eq!(pairing(start).review_on, review);
        }
    }

    #[test]
    fn a_review_waits_for_the_quiet_weeks_to_end_and_ends_with_the_pairing() {
        let mut pairing = pairing(date(2026, 9, 1));
        pairing.quiet = vec![Weeks::new(date(2026, 11, 25), date(2026, 12, 8)).unwrap()];
        let table = [
            (date(2026, 11, 30), false),
            (date(2026, 12, 1), false),
            (date(2026, 12, 8), false),
            (date(2026, 12, 9), true),
            // The clock was set back: it is not due yet, and nothing is lost.
            (date(2025, 1, 1), false),
        ];
        for (today, due) in table {
            assert_eq!(pairing.review_is_due(today), due, "{today}");
        }
        pairing.ended_on = Some(date(2026, 12, 9));
        assert!(!pairing.review_is_due(date(2027, 1, 1)));
    }

    #[test]
    fn a_session_belongs_where_only_one_pairing_ran_or_where_somebody_said() {
        let mut first = pairing(date(2026, 9, 1));
        let mut second = Pairing { coach: "Bea".into(), ..pairing(date(2026, 11, 1)) };
        let both = [first.clone(), second.clone()];
        let day = |month, day| date(2026, month, day);
        assert_eq!(belongs_to(&both, day(8, 31), None), None);
        assert_eq!(belongs_to(&both, day(9, 1), None), Some(first.id));
        assert_eq!(belongs_to(&both, day(11, 1), None), None, "two coaches: nobody guesses");
        assert_eq!(belongs_to(&both, day(11, 1), Some(second.id)), Some(second.id));
        assert_eq!(belongs_to(&both, day(8, 1), Some(first.id)), Some(first.id), "a clock that was wrong");
        assert_eq!(belongs_to(&both, day(9, 1), Some(PracticeId::generate())), None, "of somebody else");
        first.ended_on = Some(day(10, 31));
        second.ended_on = Some(day(12, 1));
        let both = [first.clone(), second.clone()];
        for (on, owner) in [(day(10, 31), Some(first.id)), (day(11, 1), Some(second.id)), (day(12, 2), None)] {
            assert_eq!(belongs_to(&both, on, None), owner, "{on}");
        }
    }

    #[test]
    fn gaps_leave_quiet_weeks_out_and_are_never_negative() {
        let mut pairing = pairing(date(2024, 1, 8));
        assert_eq!(picture(&pairing, &[]).longest_gap_days, None);
        // Out of order, as after a clock that was set back; over a leap day.
        let sessions = [date(2024, 3, 1), date(2024, 1, 10), date(2024, 2, 28)].map(held);
        let seen = picture(&pairing, &sessions);
        assert_eq!((seen.sessions, seen.minutes, seen.last_on), (3, 90.0, Some(date(2024, 3, 1))));
        assert_eq!(seen.longest_gap_days, Some(49));
        // Overlapping weeks count once.
        let weeks = |from, to| Weeks::new(date(2024, 2, from), date(2024, 2, to)).unwrap();
        pairing.quiet = vec![weeks(5, 11), weeks(8, 18)];
        assert_eq!(picture(&pairing, &sessions).longest_gap_days, Some(35));
    }

    #[test]
    fn weeks_end_after_they_begin() {
        assert!(Weeks::new(date(2026, 1, 2), date(2026, 1, 1)).is_err());
        assert!(Weeks::new(date(2026, 1, 1), date(2026, 1, 1)).is_ok());
    }

    #[test]
    fn only_a_coach_whose_every_open_pairing_points_downwards_gets_the_note() {
        use Standing::{Level, Manages, Senior};
        let table: &[(&[Option<Standing>], bool)] = &[
            (&[], false),
            (&[None], false),
            (&[Some(Manages)], true),
            (&[Some(Manages), Some(Senior)], true),
            (&[Some(Manages), Some(Level)], false),
            (&[Some(Senior), None], false),
        ];
        for (standings, expected) in table {
            let mut pairings: Vec<Pairing> =
                standings.iter().map(|&standing| Pairing { standing, ..pairing(date(2026, 9, 1)) }).collect();
            assert_eq!(all_point_downwards(&pairings), *expected, "{standings:?}");
            // One that ended says nothing.
            let ended =
                Pairing { ended_on: Some(date(2026, 9, 2)), standing: Some(Level), ..pairing(date(2026, 9, 1)) };
            pairings.push(ended);
            assert_eq!(all_point_downwards(&pairings), *expected, "{standings:?} and one that ended");
        }
    }
}
