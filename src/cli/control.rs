//! What is said to a running recorder: `status pause resume mark stop withdraw watch`.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use super::{CliError, Config, ask, daemon, print_json, report};
use crate::{
    capture::Alarm,
    daemon::{ClientError, Phase, Reply, Request, Status},
    report::length,
    texts::say,
    vault::Writer,
};

/// Between two looks of `watch`.
const WATCH_EVERY: Duration = Duration::from_millis(250);
/// Levels (dB of full scale) at the ends of the meter.
const METER_DB: (f32, f32) = (-60.0, 0.0);
const METER_CELLS: f32 = 12.0;

pub fn unexpected() -> CliError {
    CliError::ours("the recorder gave an answer that does not fit")
}

fn ask_for_status(config: &Config, request: &Request) -> Result<Status, CliError> {
    match daemon::connect(config)?.ask(request)? {
        Reply::Status(status) => Ok(status),
        _ => Err(unexpected()),
    }
}

pub fn status(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let status = ask_for_status(config, &Request::Status)?;
    if config.json { print_json(out, &status) } else { describe(&status, out) }
}

pub fn pause(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    tell(config, &Request::Pause, say!("control-now-paused"), out)
}

pub fn resume(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    tell(config, &Request::Resume, say!("control-resumed"), out)
}

pub fn mark(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    tell(config, &Request::Mark, say!("control-marked"), out)
}

fn tell(config: &Config, request: &Request, done: &str, out: &mut dyn Write) -> Result<(), CliError> {
    let status = ask_for_status(config, request)?;
    if config.json {
        return print_json(out, &status);
    }
    config.remark(done);
    Ok(())
}

/// One line about the recorder.
pub fn describe(status: &Status, out: &mut dyn Write) -> Result<(), CliError> {
    Ok(writeln!(out, "{}", sentence(status))?)
}

fn sentence(status: &Status) -> String {
    let coachee = status.coachee.as_deref().unwrap_or_else(|| say!("control-somebody"));
    let mut facts = vec![match status.phase {
        Phase::Idle => return say!("control-idle").to_owned(),
        Phase::Recording => say!("control-recording", coachee, time = length(status.elapsed_s)),
        Phase::Paused => say!("control-paused", coachee, time = length(status.elapsed_s)),
        Phase::Finishing => say!("control-finishing", coachee),
    }];
    if status.tracks > 1 {
        facts.push(say!("control-two-microphones").to_owned());
    }
    if status.marks > 0 {
        facts.push(say!("control-marks", count = status.marks));
    }
    let mut sentences = vec![facts.join(", ")];
    if status.deletion_asked {
        sentences.push(say!("control-deletion-asked").to_owned());
    }
    if let Some(alarm) = status.health.alarm {
        sentences.push(say!("control-attention", what = alarm_in_words(alarm)));
    }
    match status.trouble {
        Some(trouble) => sentences.push(say!("control-attention", what = trouble.message())),
        None if status.input_ended => sentences.push(say!("control-file-over").to_owned()),
        None => {}
    }
    sentences.join(". ")
}

/// An alarm for the person at the terminal.
pub fn alarm_in_words(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::NoSound => say!("control-alarm-no-sound"),
        Alarm::AllZero => say!("control-alarm-all-zero"),
        Alarm::Clipped => say!("control-alarm-clipped"),
        Alarm::Silent => say!("control-alarm-silent"),
        Alarm::Rebuilding => say!("control-alarm-rebuilding"),
    }
}

pub fn stop(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    config.remark(say!("control-making-report"));
    let reply = daemon::connect(config)?.ask(&Request::Stop)?;
    let Reply::Stopped { session, ask } = reply else { return Err(unexpected()) };
    let mut vault = Writer::open(&config.data_dir)?;
    let which = session.to_string();
    if let Some(times) = ask {
        settle_roles(&mut vault, &which, times, config)?;
    }
    report::show(&vault, &vault.find(&which)?, config, out)
}

/// Nobody said whose voice is whose: asks with a moment to think of, or says how to mend it.
pub fn settle_roles(vault: &mut Writer, session: &str, times: [f64; 2], config: &Config) -> Result<(), CliError> {
    let [coach, coachee] = times.map(length);
    if !ask::can_ask() {
        config.remark(say!("control-roles-taken", coach, coachee, session));
        return Ok(());
    }
    eprintln!("{}", say!("control-two-voices", coach = coach.as_str(), coachee));
    let id = vault.find(session)?.session.id;
    match ask::yes_or_no(&say!("control-was-it-coach", coach))? {
        Some(true) => vault.settle_roles(id)?,
        Some(false) => vault.swap(id)?,
        // Nobody answered: it stays a guess.
        None => {}
    }
    Ok(())
}

pub fn withdraw(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut client = match daemon::connect(config) {
        Err(ClientError::NotRunning) => return withdraw_cut_off(config, out),
        client => client?,
    };
    match client.ask(&Request::Status)? {
        Reply::Status(status) if status.phase == Phase::Idle => return withdraw_cut_off(config, out),
        _ => {}
    }
    match client.ask(&Request::Withdraw)? {
        reply @ Reply::Withdrawn { .. } if config.json => print_json(out, &reply),
        Reply::Withdrawn { .. } => {
            config.remark(say!("control-withdrawn"));
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

/// After a crash nobody but us is left to withdraw from: the latest session that was cut off goes. Whoever sits at a terminal
/// is asked first, since it may be another than they think of.
fn withdraw_cut_off(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let cut_off = vault.interrupted()?.into_iter().rfind(|stored| !vault.is_being_recorded(stored.session.id));
    let session = cut_off.ok_or(ClientError::NotRunning)?.session;
    let at = session.started_at.replace('T', " ");
    let (coachee, at) = (&session.coachee, at.get(..16).unwrap_or(&at));
    if ask::can_ask() && !ask::yes(&say!("control-withdraw-cut-off", coachee, at))? {
        config.remark(say!("control-not-withdrawn"));
        return Ok(());
    }
    vault.withdraw(session.id)?;
    if config.json {
        return print_json(out, &Reply::Withdrawn { session: session.id });
    }
    config.remark(say!("control-withdrew-cut-off", coachee, at));
    Ok(())
}

pub fn watch(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let live = std::io::stdout().is_terminal() && !config.json;
    loop {
        let status = ask_for_status(config, &Request::Status)?;
        if config.json {
            let line = serde_json::to_string(&status).map_err(|_| unexpected())?;
            writeln!(out, "{line}")?;
        } else {
            let line = format!("{}  {}", meter(&status), sentence(&status));
            let fitting: String = line.chars().take(config.width.saturating_sub(1)).collect();
            if live {
                write!(out, "\r\x1b[2K{fitting}")?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()?;
        if status.phase == Phase::Idle {
            if live {
                writeln!(out)?;
            }
            return Ok(());
        }
        std::thread::sleep(WATCH_EVERY);
    }
}

/// The level of each track as a bar.
fn meter(status: &Status) -> String {
    let tracks = usize::from(status.tracks.clamp(1, 2));
    status.health.level_db.iter().take(tracks).map(|&db| bar(db)).collect::<Vec<_>>().join(" ")
}

/// A level as a bar.
pub fn bar(db: f32) -> String {
    let (low, high) = METER_DB;
    let filled = ((db - low) / (high - low) * METER_CELLS).clamp(0.0, METER_CELLS) as usize;
    format!("[{:<1$}]", "#".repeat(filled), METER_CELLS as usize)
}
