//! A year of a fictional pair, in a real vault, day by day: each session is stored by a writer whose clock says that day.

use std::path::Path;

use jiff::{ToSpan, Zoned, civil::Date};
use sidetone::{
    measures::{Directiveness, Interval, Numbers, RoleSpan, WordNumbers},
    seal::Recipient,
    session::{Consent, Role, Session, SessionId},
    units::{Sample, Span},
    vault::{KeepAudio, Writer},
};

/// Minutes of every session of the year.
pub const MINUTES: u64 = 45;

pub fn today() -> Date {
    Zoned::now().date()
}

pub fn days_ago(days: i64) -> Date {
    today().saturating_sub(days.days())
}

/// The id of the session with that number: they sort by it.
pub fn id(number: usize) -> SessionId {
    format!("01ARZ3NDEKTSV4RRFFQ69G{number:04}").parse().unwrap()
}

/// A writer on that day, at noon.
pub fn writer_on(data: &Path, day: Date) -> Writer {
    let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::system()).unwrap();
    Writer::open_at(data, noon.timestamp()).unwrap()
}

/// `coach_percent` of every minute is the coach's, and half as many per cent of what the coach said was telling.
pub fn numbers(coach_percent: u64) -> Numbers {
    let span = |start_s: u64, end_s: u64, role| RoleSpan {
        span: Span::new(Sample(start_s * 16_000), Sample(end_s * 16_000)).unwrap(),
        role: Some(role),
        confidence: 1.0,
    };
    let minute = |minute: u64| {
        let (start, coach) = (minute * 60, coach_percent * 50 / 100);
        [span(start, start + coach, Role::Coach), span(start + coach, start + 50, Role::Coachee)]
    };
    let telling = coach_percent as f64 / 200.0;
    let index = Some(Interval { value: telling, low: telling - 0.1, high: telling + 0.1 });
    let directiveness = Directiveness { utterances: 90, index, ..Directiveness::default() };
    let words = || WordNumbers { directiveness, ..WordNumbers::default() };
    Numbers {
        duration_s: (MINUTES * 60) as f64,
        tracks: 2,
        spans: (0..MINUTES).flat_map(minute).collect(),
        by_words: Some(Box::new([words(), words()])),
        ..Numbers::default()
    }
}

/// A session that both held on that day, and that is over.
pub fn session(data: &Path, number: usize, coachee: &str, day: Date, coach_percent: u64) -> SessionId {
    let mut writer = writer_on(data, day);
    let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::system()).unwrap().timestamp().to_string();
    let session = Session {
        id: id(number),
        coachee: coachee.to_owned(),
        started_at: noon.clone(),
        coach_stance: None,
        coachee_stance: None,
        tracks: 2,
        consent: Consent { given_at: noon, wording: 1, asserted: true, retention_days: 30 },
        model: String::new(),
    };
    writer.begin(&session, KeepAudio::No).unwrap();
    writer.finish(session.id, &numbers(coach_percent), &[], false).unwrap();
    session.id
}

/// Twelve sessions between the 336th day before today and the 14th, a fortnight or a month apart, the coach's share falling;
/// returns their days.
pub fn of_sessions(data: &Path, first: usize, coachee: &str) -> Vec<Date> {
    let days: Vec<Date> = [336, 322, 308, 280, 252, 224, 154, 126, 98, 70, 42, 14].map(days_ago).into();
    for (at, day) in days.iter().enumerate() {
        session(data, first + at, coachee, *day, 70 - 3 * at as u64);
    }
    days
}

/// Adds somebody whose key is kept elsewhere.
pub fn add(data: &Path, name: &str, recipient: &Recipient) {
    writer_on(data, days_ago(340)).add_coachee(name, recipient, None).unwrap();
}
