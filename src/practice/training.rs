//! What keeps a coach in training: the coach's own notes about themselves, and a date for the next refresher.

use jiff::civil::Date;

use super::months_after;

/// Months after a course or a refresher until the next is due: once a school year. Our choice.
pub const REFRESHER_MONTHS: i64 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Course,
    Refresher,
    /// Coaching together with another coach.
    CoCoaching,
    /// Watching somebody coach, or being watched.
    Modelling,
    /// Three who take turns as coach, coachee and observer.
    Trio,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Course, Self::Refresher, Self::CoCoaching, Self::Modelling, Self::Trio];

    /// As it is stored, typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Refresher => "refresher",
            Self::CoCoaching => "co-coaching",
            Self::Modelling => "modelling",
            Self::Trio => "trio",
        }
    }

    /// Practising with others keeps what was learnt alive; it does not replace learning it.
    fn refreshes(self) -> bool {
        matches!(self, Self::Course | Self::Refresher)
    }
}

/// One note: what, when, with whom, what was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    pub number: i64,
    pub on: Date,
    pub kind: Kind,
    /// Empty when nobody was named.
    pub with: String,
    /// Empty when nothing was noted.
    pub tried: String,
}

/// When to be taught again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresher {
    /// The latest course or refresher.
    pub last_on: Option<Date>,
    /// `None` when no course was ever noted: nobody is reminded of a thing they do not use.
    pub due_on: Option<Date>,
    pub due: bool,
}

/// When the next refresher is due, from notes in any order.
pub fn refresher(notes: &[Training], today: Date) -> Refresher {
    let last_on = notes.iter().filter(|note| note.kind.refreshes()).map(|note| note.on).max();
    let due_on = last_on.map(|last| months_after(last, REFRESHER_MONTHS));
    Refresher { last_on, due_on, due: due_on.is_some_and(|due| due <= today) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_refresher_is_due_a_year_after_the_latest_course_whatever_else_was_done() {
        let note = |kind, on| Training { number: 1, on, kind, with: String::new(), tried: String::new() };
        let (spring, leap) = (date(2025, 3, 1), date(2024, 2, 29));
        type Case<'a> = (&'a [(Kind, Date)], Date, Option<Date>, bool);
        let table: &[Case<'_>] = &[
            (&[], spring, None, false),
            (&[(Kind::Trio, spring)], date(2029, 1, 1), None, false),
            (&[(Kind::Course, spring)], date(2026, 2, 28), Some(date(2026, 3, 1)), false),
            (&[(Kind::Course, spring)], date(2026, 3, 1), Some(date(2026, 3, 1)), true),
            (
                &[(Kind::Course, spring), (Kind::Modelling, date(2026, 2, 1))],
                date(2026, 3, 1),
                Some(date(2026, 3, 1)),
                true,
            ),
            (&[(Kind::Refresher, spring), (Kind::Course, leap)], date(2025, 3, 2), Some(date(2026, 3, 1)), false),
            (&[(Kind::Course, leap)], date(2025, 2, 28), Some(date(2025, 2, 28)), true),
            // Noted before the clock was set back.
            (&[(Kind::Course, spring)], date(2020, 1, 1), Some(date(2026, 3, 1)), false),
        ];
        for (notes, today, due_on, due) in table {
            let notes: Vec<Training> = notes.iter().map(|&(kind, on)| note(kind, on)).collect();
            let seen = refresher(&notes, *today);
            assert_eq!((seen.due_on, seen.due), (*due_on, *due), "{notes:?} on {today}");
        }
    }
}
