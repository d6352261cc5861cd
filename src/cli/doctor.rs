//! `sidetone doctor`: whether this computer can record a session, and what would make it better. Changes nothing.

mod machine;
mod models;
mod sound;

use std::io::Write;

use serde::Serialize;

use super::{CliError, Config, daemon, print_json};
use crate::{
    daemon::{Phase, Reply, Request},
    report::wrap,
    texts::{filled, say},
};

/// Columns of the states, and of the names of checks.
const STATE: usize = 7;
const NAME: usize = 12;
/// Columns with which what was found fits beside its name.
const BESIDE: usize = 60;

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
                write!(out, "{}", line(&finding, config.color, config.width))?;
                out.flush()?;
            }
            all.push(finding);
        }
        Ok(())
    };
    if recording {
        show(vec![Finding::warning("recorder", say!("doctor-recording"), say!("doctor-recording-hint"))])?;
    } else {
        config.remark(say!("doctor-listening"));
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
fn line(finding: &Finding, color: bool, width: usize) -> String {
    let (word, style) = match finding.state {
        State::Ok => (say!("doctor-ok"), "32"),
        State::Warning => (say!("doctor-warning"), "33"),
        State::Impossible => (say!("doctor-impossible"), "31"),
    };
    let word = format!("{word:STATE$}");
    let word = if color { format!("\x1b[{style}m{word}\x1b[0m") } else { word };
    let check = filled(&("doctor-check-".to_owned() + finding.check), []);
    let (mut text, indent) = if width < BESIDE {
        (format!("{word}  {check}\n  "), 2)
    } else {
        (format!("{word}  {check:NAME$}  "), STATE + NAME + 4)
    };
    text.push_str(&hanging(&finding.found, indent, width));
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("{:indent$}-> {}", "", hanging(hint, indent + 3, width)));
    }
    text
}

/// Text in lines that begin in that column, but for the first, whose beginning is there.
fn hanging(text: &str, column: usize, width: usize) -> String {
    wrap(text, width.saturating_sub(column)).join(&format!("\n{:column$}", "")) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_its_state_in_words_and_its_hint_below() {
        assert_eq!(
            line(&Finding::ok("disk", "room for a week"), false, 80),
            "ok       disk          room for a week\n"
        );
        let warning = line(&Finding::warning("swap", "it is not encrypted", "`swapoff -a`"), true, 80);
        assert!(warning.contains("warning") && warning.contains("\x1b[33m"), "{warning}");
        assert!(warning.ends_with("-> `swapoff -a`\n"), "{warning}");
    }

    #[test]
    fn lines_fit_the_terminal_and_commands_stay_whole() {
        let long = Finding::warning(
            "clock",
            "nothing keeps it right, it seems, as far as one can tell",
            "set it: `timedatectl set-ntp true`, or in the system's settings",
        );
        assert_eq!(
            line(&long, false, 66),
            "warning  clock         nothing keeps it right, it seems, as far as\n                       one can tell\n                       \
             -> set it: `timedatectl set-ntp true`, or\n                          in the system's settings\n"
        );
        assert_eq!(
            line(&long, false, 40),
            "warning  clock\n  nothing keeps it right, it seems, as\n  far as one can tell\n  \
             -> set it: `timedatectl set-ntp true`,\n     or in the system's settings\n"
        );
    }
}
