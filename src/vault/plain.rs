//! What may stand in the clear, and how coarse. Strings in [`Numbers`] are codes and names of models: whatever else a
//! caller put there is not stored. Of moves there are counts and sums, and of the coach alone the second in which they told
//! or asked. Who spoke when, and when somebody marked a moment, is as coarse as a talk ratio can be checked by; sums are
//! rounded, so that nobody can try sentences on the program until one gives the very same sum.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use super::VaultError;
use crate::{
    measures::{Numbers, RoleSpan},
    units::{SAMPLE_RATE, Sample, Span},
};

/// Who spoke when, and what was marked, is kept in steps of so many samples, a tenth of a second: about as exact as one voice is
/// told from another, and longer than the sounds that a word is made of.
const SPAN_STEP: u64 = SAMPLE_RATE as u64 / 10;
/// Steps of the confidence that one voice was told from another: it is made of what the voices are like.
const CONFIDENCE_STEPS: f32 = 10.0;
/// Steps of a second, and of a sum or a share that was made of the words: as fine as a report shows them.
const SUM_STEPS: f64 = 1000.0;

/// Longest name, and longest line of a note, in letters.
const NAME_MAX: usize = 200;
/// Longest caveat code and model name; the schema has the same limit.
const CODE_MAX: usize = 64;

/// A name that fits on a line.
pub fn name(name: &str) -> Result<&str, VaultError> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(VaultError::BadName) }
}

/// What somebody notes on one line, or nothing.
pub fn line(text: &str) -> Result<&str, VaultError> {
    let text = text.trim();
    let fits = text.chars().count() <= NAME_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(VaultError::BadLine) }
}

/// Longest next step, in letters; the schema has the same limit.
const STEP_MAX: usize = 200;

/// A coach's note of one line.
pub fn step(step: &str) -> Result<&str, VaultError> {
    let step = step.trim();
    let fits = !step.is_empty() && step.chars().count() <= STEP_MAX && !step.chars().any(char::is_control);
    if fits { Ok(step) } else { Err(VaultError::BadStep) }
}

/// A model's name, as one word.
pub fn model(name: &str) -> String {
    name.chars()
        .take(CODE_MAX)
        .map(|letter| if letter.is_whitespace() || letter.is_control() { '-' } else { letter })
        .collect()
}

/// Numbers as JSON. What has not the form of a code becomes one that says so, and no value is left that JSON cannot hold.
pub fn numbers(numbers: &Numbers) -> Result<String, VaultError> {
    let mut numbers = numbers.clone();
    numbers.doubts.iter_mut().chain(&mut numbers.word_numbers_unusable).for_each(|text| *text = code(text));
    numbers.models.whisper = model(&numbers.models.whisper);
    let others = [&mut numbers.models.speaker, &mut numbers.models.moves];
    others.into_iter().flatten().for_each(|name| *name = model(name));
    for value in [&mut numbers.duration_s, &mut numbers.dropped_s] {
        *value = if value.is_finite() { *value } else { 0.0 };
    }
    numbers.spans = numbers.spans.iter().filter_map(coarse).collect();
    numbers.marked.iter_mut().for_each(|at| *at = near(*at));
    numbers.outside = numbers.outside.iter().copied().filter_map(coarse_span).collect();
    let unwritten = |error: serde_json::Error| VaultError::Database(error.to_string());
    let mut json = serde_json::to_value(&numbers).map_err(unwritten)?;
    round(&mut json);
    serde_json::to_string(&json).map_err(unwritten)
}

/// Numbers that an earlier version stored, as this one would have; `None` for what is none.
pub fn made_coarse(stored: &str) -> Option<String> {
    numbers(&serde_json::from_str(stored).ok()?).ok()
}

/// The nearest step.
fn near(at: Sample) -> Sample {
    Sample((at.0.saturating_add(SPAN_STEP / 2) / SPAN_STEP).saturating_mul(SPAN_STEP))
}

/// Each end goes to the nearest step, so that lengths are as often longer as shorter; what lies between two steps goes.
fn coarse_span(span: Span) -> Option<Span> {
    Span::new(near(span.start()), near(span.end()))
}

fn coarse(span: &RoleSpan) -> Option<RoleSpan> {
    let confidence = if span.confidence.is_finite() { span.confidence } else { 0.0 };
    Some(RoleSpan {
        span: coarse_span(span.span)?,
        role: span.role,
        confidence: (confidence * CONFIDENCE_STEPS).round() / CONFIDENCE_STEPS,
    })
}

/// Rounds every number of a JSON value that is not whole.
fn round(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|value| (value * SUM_STEPS).round() / SUM_STEPS);
            *json = rounded.into();
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(round),
        serde_json::Value::Object(values) => values.values_mut().for_each(round),
        _ => {}
    }
}

/// A moment as it is stored: to the second, so that texts compare as times do.
pub fn time(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

const DAY: &str = "%Y-%m-%d";
const MINUTE: &str = "%Y-%m-%d %H:%M";

/// The day of a moment as it is stored, where this computer is. What is no moment is given back as it is.
pub fn day(at: &str) -> String {
    local(at, DAY, &TimeZone::system())
}

/// The same to the minute: `2026-11-24 09:00`.
pub fn minute(at: &str) -> String {
    local(at, MINUTE, &TimeZone::system())
}

/// The day of a moment as it is stored, where this computer is, to reckon with; `None` of what is no moment.
pub fn date(at: &str) -> Option<Date> {
    zoned(at, &TimeZone::system()).map(|at| at.date())
}

fn local(at: &str, format: &str, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(|| at.to_owned(), |at| at.strftime(format).to_string())
}

fn zoned(at: &str, zone: &TimeZone) -> Option<Zoned> {
    Some(at.parse::<Timestamp>().ok()?.to_zoned(zone.clone()))
}

fn code(text: &str) -> String {
    let is_code =
        text.len() <= CODE_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_code { text.to_owned() } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_place() {
        // In California words were said to go on the day after they went: the day was cut out of a time in London.
        let ahead = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        for (at, hours, day, minute) in [
            ("2026-12-25T01:00:00Z", -8, "2026-12-24", "2026-12-24 17:00"),
            ("2026-11-02T23:30:00Z", 1, "2026-11-03", "2026-11-03 00:30"),
            ("2026-11-24T09:00:00+01:00", 0, "2026-11-24", "2026-11-24 08:00"),
            ("no time", 0, "no time", "no time"),
        ] {
            assert_eq!(local(at, DAY, &ahead(hours)), day);
            assert_eq!(local(at, MINUTE, &ahead(hours)), minute);
        }
    }
}
