//! Asking the person at the terminal.

use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    path::Path,
};

use zeroize::Zeroizing;

use super::{CliError, Config};
use crate::texts::say;

/// To the terminal's second screen, which has no scrollback, and back from it.
pub const ENTER: &str = "\x1b[?1049h\x1b[H\x1b[2J";
pub const LEAVE: &str = "\x1b[2J\x1b[?1049l";

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on stderr and reads a line; `None` when there is no more input.
pub fn line(question: &str) -> Result<Option<String>, CliError> {
    eprint!("{question} ");
    io::stderr().flush()?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer)?;
    if read == 0 {
        // Nobody pressed Enter: what comes next has a line of its own.
        eprintln!();
    }
    Ok((read > 0).then(|| answer.trim().to_owned()))
}

/// Asks until the answer is yes or no; no more input is a no.
pub fn yes(question: &str) -> Result<bool, CliError> {
    loop {
        let Some(answer) = line(&format!("{question} [yes/no]"))? else { return Ok(false) };
        match answer.to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => eprintln!("{}", say!("ask-yes-no")),
        }
    }
}

/// Asks on the terminal's second screen: nothing of it stays to be scrolled back to.
pub fn apart<T>(questions: impl FnOnce() -> Result<T, CliError>) -> Result<T, CliError> {
    eprint!("{ENTER}");
    let answers = questions();
    eprint!("{LEAVE}");
    io::stderr().flush()?;
    answers
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
