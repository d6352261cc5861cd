//! `sidetone doctor`: whether this computer can record a session, and what would make it better. Changes nothing.

mod machine;
mod models;
mod sound;

use std::io::Write;

use serde::Serialize;

use super::{CliError, Config, daemon, print_json};
use crate::daemon::{Phase, Reply, Request};

/// Columns of the names of checks.
const NAME: usize = 12;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    check: &'static str,
    state: State,
    found: String,
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    /// Nothing can be recorded.
    Impossible,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), hint: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), hint: Some(hint.into()) }
    }

    fn impossible(check: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, state: State::Impossible, found: found.into(), hint: Some(hint.into()) }
    }
}

pub fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let recording = is_recording(config);
    let mut all = Vec::new();
    let mut show = |findings: Vec<Finding>| -> Result<(), CliError> {
        for finding in findings {
            if !config.json {
                write!(out, "{}", line(&finding, config.color))?;
                out.flush()?;
            }
            all.push(finding);
        }
        Ok(())
    };
    if recording {
        show(vec![Finding::warning(
            "recorder",
            "a session is being recorded: the microphones and the speed were not tried",
            "`sidetone watch` shows what it hears; run `sidetone doctor` again afterwards",
        )])?;
    } else {
        config.remark("Listening to each input for a second: say something.");
        show(sound::systems())?;
        show(sound::inputs(&config.settings.input.value))?;
    }
    show(models::files(config)?)?;
    if !recording {
        show(models::speed(config))?;
    }
    show(machine::look(config))?;
    if config.json {
        let can_record = all.iter().all(|finding| finding.state != State::Impossible);
        print_json(out, &serde_json::json!({"can_record": can_record, "checks": all}))?;
    }
    match all.into_iter().find(|finding| finding.state == State::Impossible) {
        None => Ok(()),
        Some(Finding { check, found, hint, .. }) => Err(CliError::user(
            format!("nothing can be recorded: {check}: {found}"),
            hint.unwrap_or_else(|| "mend that, and run `sidetone doctor` again".to_owned()),
        )),
    }
}

/// Whether the microphone is somebody's now.
fn is_recording(config: &Config) -> bool {
    let reply = daemon::connect(config).and_then(|mut client| client.ask(&Request::Status));
    matches!(reply, Ok(Reply::Status(status)) if status.phase != Phase::Idle)
}

/// The state as a word, not as a colour or a sign alone: for screen readers, and for everybody else.
fn line(finding: &Finding, color: bool) -> String {
    let (word, style) = match finding.state {
        State::Ok => ("ok", "32"),
        State::Warning => ("warning", "33"),
        State::Impossible => ("NO", "31"),
    };
    let word = format!("{word:7}");
    let word = if color { format!("\x1b[{style}m{word}\x1b[0m") } else { word };
    let mut text = format!("{word}  {:NAME$}  {}\n", finding.check, finding.found);
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("{:7}  {:NAME$}  -> {hint}\n", "", ""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_its_state_in_words_and_its_hint_below() {
        assert_eq!(line(&Finding::ok("disk", "room for a week"), false), "ok       disk          room for a week\n");
        let warning = line(&Finding::warning("swap", "it is not encrypted", "`swapoff -a`"), true);
        assert!(warning.contains("warning") && warning.contains("\x1b[33m"), "{warning}");
        assert!(warning.ends_with("-> `swapoff -a`\n"), "{warning}");
    }
}
