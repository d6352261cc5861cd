//! Showing what is the coachee's: on a terminal so that nothing of it stays, and all of it can be read.

use std::io::{self, IsTerminal, Write};

use super::{CliError, ask};
use crate::texts::say;

/// Of a terminal that does not say how large it is, and what is left of one that is hardly there.
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
const ROWS_LEAST: u16 = 4;
const COLUMNS_LEAST: u16 = 8;

/// Shows a text: on a terminal a screenful at a time, on its second screen, which has no scrollback.
pub fn show(text: &str, out: &mut dyn Write) -> Result<(), CliError> {
    if !(io::stdout().is_terminal() && ask::can_ask()) {
        return Ok(out.write_all(text.as_bytes())?);
    }
    let size = terminal_size::terminal_size().map(|(columns, rows)| (columns.0, rows.0));
    let (columns, height) = size.unwrap_or((COLUMNS, ROWS));
    let rows = rows(text, usize::from(columns.max(COLUMNS_LEAST)));
    let show = |screen: &[(usize, &str)]| {
        write!(out, "{}", ask::CLEAR)?;
        screen.iter().try_for_each(|(indent, row)| writeln!(out, "{:indent$}{row}", ""))?;
        out.flush()?;
        ask::line(&format!("\n{}", say!("transcript-go-on"))).map(|_| ())
    };
    // Below them an empty row, and the question.
    ask::apart(|| rows.chunks(usize::from(height.max(ROWS_LEAST)) - 2).try_for_each(show))
}

/// The rows of a text, each no wider than a terminal, with how far each is indented. What a line begins with stands alone on
/// the left: it is what ends with two spaces. Nothing is copied, for it would have to be wiped.
fn rows(text: &str, columns: usize) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let begins = line.rfind("  ").map_or(0, |at| at + 2);
        let hanging = if begins <= columns / 2 { begins } else { 0 };
        let (mut indent, mut rest) = (0, line);
        loop {
            let (row, later) = rest.split_at(fitting(rest, columns - indent));
            rows.push((indent, row.trim_end()));
            rest = later.trim_start();
            indent = hanging;
            if rest.is_empty() {
                break;
            }
        }
    }
    rows
}

/// How many bytes of a text have room in so many columns, to the end of a word if there is one.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    // Wide letters take two columns, and no other takes more.
    let over = text.char_indices().find(|(_, letter)| {
        used += if letter.is_ascii() { 1 } else { 2 };
        used > columns
    });
    let Some((over, _)) = over else { return text.len() };
    let (fits, rest) = text.split_at(over);
    let word = if rest.starts_with(' ') { Some(over) } else { fits.rfind(' ') };
    let word = word.filter(|at| !fits[..*at].trim().is_empty());
    let letter = text.chars().next().map_or(0, char::len_utf8);
    word.unwrap_or(over).max(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_take_as_many_rows_as_they_need_and_lose_no_word() {
        // Lines wider than the terminal were counted as one row: the first of a screenful went over the upper edge, unread, and
        // there was no way back to them.
        let long = "and then they all went quiet again ".repeat(12);
        let text = format!(
            "  1  00:05  coach    Short.\n  2  00:07  coachee  {long}\n\nnaïve 漢字漢字漢字漢字漢字漢字漢字漢字\n{}",
            "x".repeat(100)
        );
        for columns in [8, 20, 21, 40, 80, 1_000] {
            let rows = rows(&text, columns);
            let width = |text: &str| text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
            assert!(rows.iter().all(|(indent, row)| indent + width(row) <= columns), "{columns}: {rows:?}");
            let shown: String = rows.iter().flat_map(|(_, row)| row.split_whitespace()).collect();
            assert_eq!(shown, text.split_whitespace().collect::<String>(), "{columns}");
        }
        let rows = rows(&text, 60);
        assert_eq!(rows[0], (0, "  1  00:05  coach    Short."));
        assert_eq!(rows[1], (0, "  2  00:07  coachee  and then they all went quiet again and"));
        assert_eq!(rows[2], (21, "then they all went quiet again and then"));
        assert!(rows.contains(&(0, "")));
    }
}
