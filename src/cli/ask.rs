//! Asking the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::CliError;

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
            _ => eprintln!("Please answer yes or no."),
        }
    }
}
