//! Words as they are compared: what was said with what was heard.

/// Lower case, letters, digits and apostrophes.
pub fn plain(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '\'', " ");
    text.split_whitespace().map(str::to_owned).collect()
}
