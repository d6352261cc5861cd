//! The coachee's goals: read, asked for and shown, and never in an argument.

use std::{io::Write, path::Path};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    cli::{CliError, Config, aside, ask as asking, pager, print_json},
    practice::{Goal, Pairing},
    texts::say,
    transcript::Spoken,
    vault::Writer,
};

/// Longest goal, in letters: one that is longer is several.
const GOAL_MAX: usize = 500;

/// Seals more goals to the coachee, from a file or as they type them; how many.
pub fn add(vault: &mut Writer, pairing: &Pairing, from: Option<&Path>, config: &Config) -> Result<usize, CliError> {
    let goals = match from {
        Some(file) => read(file, config)?,
        None if asking::can_ask() => ask(&pairing.coachee)?,
        None => {
            return Err(CliError::user(
                "there is no terminal to ask for the goals on",
                "name a file, one goal a line: `--from FILE`",
            ));
        }
    };
    goals.iter().try_for_each(|goal| vault.add_goal(pairing, goal).map(|_| ()))?;
    config.remark(say!("goals-sealed", name = &pairing.coachee, count = goals.len()));
    Ok(goals.len())
}

/// One goal a line, as the coachee wrote them.
fn goals_of(text: &str) -> Result<Vec<Spoken>, CliError> {
    let goals: Vec<Spoken> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Spoken::new(line.to_owned())).collect();
    if goals.iter().any(|goal| goal.words().chars().count() > GOAL_MAX) {
        return Err(CliError::user(
            format!("a goal has at most {GOAL_MAX} letters"),
            "write it as several, one a line",
        ));
    }
    Ok(goals)
}

pub fn read(file: &Path, config: &Config) -> Result<Vec<Spoken>, CliError> {
    let goals = goals_of(&asking::text_of(file, config)?)?;
    if goals.is_empty() {
        return Err(CliError::user(format!("there is no goal in {}", file.display()), "write one a line"));
    }
    Ok(goals)
}

pub fn ask(name: &str) -> Result<Vec<Spoken>, CliError> {
    asking::apart(|| {
        aside(say!("goals-asked", name));
        aside(format_args!("{}\n", say!("goals-one-a-line")));
        let mut goals = Vec::new();
        while let Some(line) = asking::line(">")?.map(Zeroizing::new).filter(|line| !line.is_empty()) {
            goals.extend(goals_of(&line)?);
        }
        Ok(goals)
    })
}

pub fn show(goals: &[Goal], config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        let all: Vec<Value> =
            goals.iter().enumerate().map(|(at, goal)| json!({"number": at + 1, "goal": goal.text.words()})).collect();
        return print_json(out, &all);
    }
    if goals.is_empty() {
        config.remark(say!("goals-none"));
        return Ok(());
    }
    let mut text = Zeroizing::new(String::new());
    for (at, goal) in goals.iter().enumerate() {
        text.push_str(&format!("{:3}  ", at + 1));
        text.push_str(goal.text.words());
        text.push('\n');
    }
    pager::show(&text, out)
}
