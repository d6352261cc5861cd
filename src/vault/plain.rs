//! What may stand in the clear. Strings in [`Numbers`] are codes and names of models: whatever else a caller put there is
//! not stored.

use jiff::Timestamp;

use super::VaultError;
use crate::measures::Numbers;

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
    for span in &mut numbers.spans {
        span.confidence = if span.confidence.is_finite() { span.confidence } else { 0.0 };
    }
    serde_json::to_string(&numbers).map_err(|error| VaultError::Database(error.to_string()))
}

/// A moment as it is stored: to the second, so that texts compare as times do.
pub fn time(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

fn code(text: &str) -> String {
    let is_code =
        text.len() <= CODE_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_code { text.to_owned() } else { "unknown".to_owned() }
}
