//! `sidetone hours`: the time a pair set aside, with no dates in it.

use std::io::Write;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Config,
    held::{self, day, today, typed_pairing},
    pairing::Who,
    print_json,
};
use crate::{
    practice::{self, Pairing, Weeks},
    report::length,
    texts::say,
    vault::Writer,
};

/// More hours than this in a year is a slip of the finger.
const HOURS_MAX: f64 = 1000.0;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// How much was used, and what it comes to at your own pace
    #[command(after_help = "Example:\n  sidetone hours show Hannah")]
    Show {
        #[command(flatten)]
        who: Who,
    },
    /// Set aside more, or fewer, hours for a year (12 if nothing is said)
    #[command(after_help = "Examples:\n  sidetone hours set Hannah 10\n  sidetone hours set Hannah 7.5")]
    Set {
        #[command(flatten)]
        who: Who,
        /// For a year
        hours: String,
    },
    /// Weeks in which you do not expect to meet: no reminders, and left out of the pace
    #[command(
        after_help = "Examples:\n  sidetone hours quiet Hannah --from 2027-01-11 --to 2027-01-22\n      report season\n  \
        sidetone hours quiet Hannah --clear"
    )]
    Quiet {
        #[command(flatten)]
        who: Who,
        /// The first day
        #[arg(long, value_name = "DATE", requires = "to", required_unless_present = "clear")]
        from: Option<String>,
        /// The last day
        #[arg(long, value_name = "DATE", requires = "from")]
        to: Option<String>,
        /// No quiet weeks any more
        #[arg(long, conflicts_with_all = ["from", "to"])]
        clear: bool,
    },
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let pairing = match command {
        Command::Show { who } => who.find(&vault)?,
        Command::Set { who, hours } => {
            let mut pairing = who.find(&vault)?;
            pairing.allowance_min = minutes(&hours)?;
            vault.update_pairing(&pairing)?;
            pairing
        }
        Command::Quiet { who, from, to, clear } => {
            let mut pairing = who.find(&vault)?;
            if clear {
                pairing.quiet.clear();
            }
            if let (Some(from), Some(to)) = (from, to) {
                let weeks = Weeks::new(day(&from)?, day(&to)?).map_err(|error| {
                    CliError::user(error.to_string(), "name the first day, then the last: `--from DATE --to DATE`")
                })?;
                pairing.quiet.push(weeks);
            }
            vault.update_pairing(&pairing)?;
            // As it is stored: in order, each once.
            who.find(&vault)?
        }
    };
    show(&vault, &pairing, config, out)
}

/// A forecast is no clock: to the half hour.
fn roughly(minutes: f64) -> f64 {
    const STEP_MIN: f64 = 30.0;
    (minutes / STEP_MIN).round() * STEP_MIN
}

fn minutes(hours: &str) -> Result<u32, CliError> {
    let number = hours.trim().replace(',', ".").parse::<f64>().ok().filter(|hours| (0.0..=HOURS_MAX).contains(hours));
    number
        .map(|hours| (hours * 60.0).round() as u32)
        .ok_or_else(|| CliError::user(format!("`{hours}` is no number of hours for a year"), "write it as 12 or 7.5"))
}

fn show(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let (held, unsaid) = held::sessions(vault, pairing)?;
    let hours = practice::hours(pairing, &held, today());
    let last = hours.until.yesterday().unwrap_or(hours.until);
    if config.json {
        let in_hours = |minutes: f64| (minutes / 60.0 * 100.0).round() / 100.0;
        let weeks = |weeks: &Weeks| json!({"from": weeks.from().to_string(), "to": weeks.to().to_string()});
        return print_json(
            out,
            &json!({
                "coachee": pairing.coachee,
                "coach": (!pairing.coach.is_empty()).then_some(&pairing.coach),
                "from": hours.from.to_string(),
                "to": last.to_string(),
                "set_aside_h": in_hours(f64::from(hours.allowance_min)),
                "used_h": in_hours(hours.used_min),
                "held": hours.sessions,
                "forecast_h": hours.forecast_min.map(in_hours),
                "quiet": pairing.quiet.iter().map(weeks).collect::<Vec<Value>>(),
                "sessions_of_unsaid_coach": unsaid,
            }),
        );
    }
    let of = |minutes: f64| length(minutes * 60.0);
    let set_aside = f64::from(hours.allowance_min);
    let (from, to) = (hours.from.to_string(), last.to_string());
    writeln!(out, "{}", say!("hours-year", name = &pairing.coachee, from, to))?;
    writeln!(out, "  {}", say!("hours-set-aside", time = of(set_aside)))?;
    writeln!(out, "  {}", say!("hours-used", time = of(hours.used_min), count = hours.sessions))?;
    if hours.used_min > set_aside {
        let more = of(hours.used_min - set_aside);
        let who = typed_pairing(pairing, &held::theirs(vault, &pairing.coachee)?);
        writeln!(out, "  {}", say!("hours-more", time = more, who))?;
    }
    match (hours.forecast_min, pairing.ended_on) {
        (Some(forecast), _) => writeln!(out, "  {}", say!("hours-forecast", time = of(roughly(forecast))))?,
        (None, None) => writeln!(out, "  {}", say!("hours-no-forecast"))?,
        (None, Some(_)) => {}
    }
    for weeks in &pairing.quiet {
        let (from, to) = (weeks.from().to_string(), weeks.to().to_string());
        writeln!(out, "  {}", say!("hours-quiet", from, to))?;
    }
    if !unsaid.is_empty() {
        writeln!(out, "  {}", held::unsaid_line(&unsaid))?;
    }
    Ok(())
}
