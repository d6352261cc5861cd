//! Lines, bars and wrapped text on a sheet of a given width, with ANSI colours when wanted.

const BOLD: &str = "1";
const DIM: &str = "2";
/// Blue and yellow: the pair that every kind of colour vision tells apart.
const COACH: &str = "34";
const COACHEE: &str = "33";

/// Narrower than this nothing fits, wider than that nobody reads on.
const WIDTHS: std::ops::RangeInclusive<usize> = 48..=100;

const INDENT: &str = "  ";

/// Columns of a label before a bar or a row.
const LABEL: usize = 9;

/// Eighths of a cell, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

pub struct Sheet {
    text: String,
    width: usize,
    color: bool,
}

impl Sheet {
    pub fn new(width: usize, color: bool) -> Self {
        Self { text: String::new(), width: width.clamp(*WIDTHS.start(), *WIDTHS.end()), color }
    }

    pub fn finish(self) -> String {
        self.text
    }

    pub fn title(&mut self, title: &str) {
        self.wrapped("", title, BOLD);
    }

    pub fn heading(&mut self, heading: &str) {
        self.line("");
        self.wrapped("", heading, BOLD);
    }

    pub fn dim(&mut self, text: &str) {
        self.wrapped("", text, DIM);
    }

    pub fn say(&mut self, text: &str) {
        self.wrapped(INDENT, text, "");
    }

    /// One point of a list.
    pub fn note(&mut self, text: &str) {
        for (index, line) in wrap(text, self.width.saturating_sub(4)).iter().enumerate() {
            let bullet = if index == 0 { "- " } else { INDENT };
            self.line(&format!("{INDENT}{bullet}{line}"));
        }
    }

    /// A command to type: never broken, whatever the width.
    pub fn command(&mut self, command: &str) {
        let command = self.painted(command, BOLD);
        self.line(&format!("{INDENT}{INDENT}{command}"));
    }

    /// A labelled bar of a share, with the share and the seconds behind it.
    pub fn bar(&mut self, label: &str, share: f64, percent: &str, seconds: &str, coach: bool) {
        const BEHIND: usize = 21;
        let cells = self.width.saturating_sub(INDENT.len() + LABEL + BEHIND).max(1);
        let bar = self.painted(&blocks(share, cells), if coach { COACH } else { COACHEE });
        self.line(&format!("{INDENT}{label:<LABEL$}{bar} {percent} {seconds:>14}"));
    }

    /// The head of a table: its name and what its three columns hold.
    pub fn head(&mut self, cells: [&str; 4]) {
        self.line("");
        self.row_in(cells, BOLD);
    }

    /// A row of a table: a label and three cells to the right.
    pub fn row(&mut self, cells: [&str; 4]) {
        self.row_in(cells, "");
    }

    fn row_in(&mut self, [label, first, second, third]: [&str; 4], style: &str) {
        let indent = if style.is_empty() { INDENT } else { "" };
        let label_columns = INDENT.len() + LABEL - indent.len();
        let cell = (self.width.saturating_sub(INDENT.len() + LABEL) / 3).min(14);
        let row = format!("{indent}{label:<label_columns$}{first:>cell$}{second:>cell$}{third:>cell$}");
        self.line(&self.painted(&row, style));
    }

    fn wrapped(&mut self, indent: &str, text: &str, style: &str) {
        for line in wrap(text, self.width.saturating_sub(indent.len())) {
            self.line(&format!("{indent}{}", self.painted(&line, style)));
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn painted(&self, text: &str, style: &str) -> String {
        if self.color && !style.is_empty() { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A share as blocks, to an eighth of a cell, on a light ground so that the whole can be seen without colour.
fn blocks(share: f64, cells: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * cells as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat((eighths / 8).min(cells));
    bar.extend((eighths % 8).checked_sub(1).and_then(|part| EIGHTHS.get(part)));
    let ground = cells.saturating_sub(columns(&bar));
    bar.extend(std::iter::repeat_n('·', ground));
    bar
}

/// Breaks text at spaces, but never within `a command`. A word longer than the width stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(&word) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_command = false;
    for part in text.split_whitespace() {
        match words.last_mut() {
            Some(word) if in_command => {
                word.push(' ');
                word.push_str(part);
            }
            _ => words.push(part.to_owned()),
        }
        in_command ^= part.matches('`').count() % 2 == 1;
    }
    words
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        assert_eq!(blocks(0.0, 4), "····");
        assert_eq!(blocks(0.5, 4), "██··");
        assert_eq!(blocks(0.6, 4), "██▍·");
        assert_eq!(blocks(1.0, 4), "████");
        assert_eq!(blocks(f64::NAN, 2), "··");
    }

    #[test]
    fn text_breaks_at_spaces_and_never_within_a_command() {
        assert_eq!(wrap("one two `a b c`. three", 11), ["one two", "`a b c`.", "three"]);
        assert_eq!(wrap("incomprehensibilities go", 10), ["incomprehensibilities", "go"]);
        assert_eq!(wrap("", 10), [""; 0]);
    }
}
