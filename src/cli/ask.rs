//! Asking the person at the terminal.

use std::{
    io::{self, IsTerminal, Read},
    path::Path,
};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::{CliError, Config, aside, aside_open};
use crate::texts::say;

/// To the terminal's second screen, which has no scrollback, and back from it.
const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[2J\x1b[?1049l";
pub const CLEAR: &str = "\x1b[H\x1b[2J";
/// More than is typed in a line as a rule: a string that grows leaves copies behind.
const LINE_BYTES: usize = 4096;
/// What a terminal makes of Ctrl-C when it is no signal.
const CTRL_C: u8 = 3;

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on stderr and reads a line; `None` when there is no more input.
pub fn line(question: &str) -> Result<Option<String>, CliError> {
    aside_open(format_args!("{question} "));
    let no_text = || CliError::user("what was typed is no text", "type it again");
    let mut answer = Zeroizing::new(Vec::with_capacity(LINE_BYTES));
    for byte in io::stdin().lock().bytes() {
        answer.push(byte.map_err(|_| no_text())?);
        match answer.last() {
            Some(&CTRL_C) => return Err(CliError::left()),
            Some(b'\n') => break,
            _ => {}
        }
    }
    if answer.is_empty() {
        // Nobody pressed Enter: what comes next has a line of its own.
        aside("");
        return Ok(None);
    }
    let answer = std::str::from_utf8(&answer).map_err(|_| no_text())?;
    Ok(Some(answer.trim().to_owned()))
}

/// Asks until the answer is yes or no; no more input is a no.
pub fn yes(question: &str) -> Result<bool, CliError> {
    Ok(yes_or_no(question)?.unwrap_or(false))
}

/// The same where no answer is none; `None` when there is no more input.
pub fn yes_or_no(question: &str) -> Result<Option<bool>, CliError> {
    loop {
        let Some(answer) = line(&format!("{question} [yes/no]"))? else { return Ok(None) };
        match answer.to_lowercase().as_str() {
            "y" | "yes" => return Ok(Some(true)),
            "n" | "no" => return Ok(Some(false)),
            _ => aside(say!("ask-yes-no")),
        }
    }
}

/// Asks on the terminal's second screen: nothing of it stays to be scrolled back to.
pub fn apart<T>(questions: impl FnOnce() -> Result<T, CliError>) -> Result<T, CliError> {
    let _screen = Screen::enter();
    questions()
}

/// The terminal's second screen, until it is dropped. A signal from the keyboard would end this program, or stop it, with the
/// words still there: meanwhile Ctrl-C ends a line, which [`line()`] takes as leaving, and Ctrl-Z means nothing.
struct Screen {
    /// How the terminal was.
    before: Option<Termios>,
}

impl Screen {
    fn enter() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut meanwhile) = before.clone() {
            meanwhile.local_modes.remove(LocalModes::ISIG);
            meanwhile.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &meanwhile);
        }
        aside_open(format_args!("{ENTER}{CLEAR}"));
        Self { before }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        aside_open(format_args!("{LEAVE}"));
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// What somebody wrote instead of being asked: a file's text, or that on standard input for `-`.
pub fn text_of(file: &Path, config: &Config) -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    let read = if file == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut open| open.read_to_string(&mut text))
    };
    read.map_err(|error| CliError::file(file, &error))?;
    if file != Path::new("-") {
        config.remark(say!("ask-in-clear", file = file.display().to_string()));
    }
    Ok(text)
}
