//! What is said to a running recorder: `status pause resume mark stop withdraw watch`.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use super::{CliError, Config, aside, ask, config, daemon, print_if_json, print_json, report};
use crate::{
    capture::Alarm,
    daemon::{ClientError, NO_SESSION, Phase, Reply, Request, Status},
    report::{length, wrap},
    texts::say,
    vault::{self, Stored, Writer},
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
    let reply = daemon::connect(config).and_then(|mut client| client.ask(request));
    match reply.map_err(|error| or_cut_off(error, config))? {
        Reply::Status(status) => Ok(status),
        _ => Err(unexpected()),
    }
}

pub fn status(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let status = ask_for_status(config, &Request::Status)?;
    if config.json {
        print_json(out, &status)?
    } else {
        describe(&status, out)?
    }
    if status.phase == Phase::Idle
        && let Some(stored) = cut_off(config)
    {
        let (coachee, at, session) =
            (&stored.session.coachee, vault::minute(&stored.session.started_at), stored.session.id.to_string());
        config.remark(say!("control-cut-off", coachee, at, session));
    }
    Ok(())
}

/// Where nobody records, a session that a crash cut off may be the one that is meant.
fn or_cut_off(error: ClientError, config: &Config) -> CliError {
    let error = CliError::from(error);
    let meant = if error.message() == NO_SESSION { cut_off(config) } else { None };
    meant.map_or(error, |stored| {
        let (coachee, at, id) = (&stored.session.coachee, vault::minute(&stored.session.started_at), stored.session.id);
        let hint = format!(
            "the one with {coachee} of {at} was cut off: `sidetone recover {id}` makes its report, `sidetone withdraw` deletes it"
        );
        CliError::user(NO_SESSION, hint)
    })
}

/// The latest session that was cut off. Nobody's vault is made by looking for one, and one that does not open has none to show.
fn cut_off(config: &Config) -> Option<Stored> {
    if !vault::is_in(&config.data_dir) {
        return None;
    }
    latest_cut_off(&Writer::open(&config.data_dir).ok()?).ok()?
}

fn latest_cut_off(vault: &Writer) -> Result<Option<Stored>, CliError> {
    Ok(vault.interrupted()?.into_iter().rfind(|stored| !vault.is_being_recorded(stored.session.id)))
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
    let mut sentences = vec![state(status)];
    sentences.extend(notices(status));
    sentences.join(". ")
}

/// What the recorder is doing.
fn state(status: &Status) -> String {
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
    facts.join(", ")
}

/// What somebody should know, or do something about. Once the session is stopped that is no more than what is wrong with the
/// disk: nobody listens, and of a file no more is wanted.
fn notices(status: &Status) -> Vec<String> {
    let runs = matches!(status.phase, Phase::Recording | Phase::Paused);
    let mut notices = Vec::new();
    if status.deletion_asked && runs {
        notices.push(say!("control-deletion-asked").to_owned());
    }
    if let Some(alarm) = status.health.alarm.filter(|_| runs) {
        notices.push(say!("control-attention", what = alarm_in_words(alarm)));
    }
    match status.trouble {
        Some(trouble) => notices.push(say!("control-attention", what = trouble.message())),
        None if status.input_ended && runs => notices.push(say!("control-file-over").to_owned()),
        None => {}
    }
    notices
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
    let stopped = daemon::connect(config).and_then(|mut client| {
        // Nothing is promised of a session that there is not.
        if !matches!(client.ask(&Request::Status)?, Reply::Status(status) if status.phase == Phase::Idle) {
            config.remark(say!("control-making-report"));
        }
        client.ask(&Request::Stop)
    });
    let reply = stopped.map_err(|error| or_cut_off(error, config))?;
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
    aside(say!("control-two-voices", coach = coach.as_str(), coachee));
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
    let stored = latest_cut_off(&vault)?.ok_or(ClientError::NotRunning)?;
    let (session, at) = (&stored.session, vault::minute(&stored.session.started_at));
    let (coachee, at) = (&session.coachee, at.as_str());
    if ask::can_ask() && !ask::yes(&say!("control-withdraw-cut-off", coachee, at))? {
        config.remark(say!("control-not-withdrawn"));
        return print_if_json(out, config, &serde_json::json!({ "withdrawn": null }));
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
    // Lines on the terminal that the next look replaces.
    let mut drawn = 0;
    loop {
        let status = match ask_for_status(config, &Request::Status) {
            Ok(status) => status,
            Err(error) => {
                if drawn > 0 {
                    writeln!(out)?;
                }
                return Err(error);
            }
        };
        if config.json {
            let line = serde_json::to_string(&status).map_err(|_| unexpected())?;
            writeln!(out, "{line}")?;
        } else if live {
            // Asked each time, for a window may be made narrower.
            let lines = view(&status, config::width().saturating_sub(1));
            write!(out, "{}", redrawn(&lines, drawn))?;
            drawn = lines.len();
        } else {
            writeln!(out, "{}  {}", meter(&status), sentence(&status))?;
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

/// What `watch` shows in so many columns: the levels and what the recorder is doing, on one line where they fit, then each
/// notice on a line of its own. Nothing is cut off, for what is wrong is what somebody watches for.
fn view(status: &Status, width: usize) -> Vec<String> {
    let width = width.max(1);
    let meter = if status.phase == Phase::Finishing { String::new() } else { meter(status) };
    let state = state(status);
    let whole = if meter.is_empty() { state.clone() } else { format!("{meter}  {state}") };
    let first = match whole.chars().count() <= width {
        true => vec![whole],
        false => Some(meter).filter(|meter| !meter.is_empty()).into_iter().chain(wrap(&state, width)).collect(),
    };
    let notices = notices(status).into_iter().flat_map(|notice| wrap(&notice, width));
    first.into_iter().chain(notices).flat_map(|line| in_pieces(&line, width)).collect()
}

/// A line that is longer than the terminal is wide, such as a long name, as the lines that it takes there.
fn in_pieces(line: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    letters.chunks(width).map(|piece| piece.iter().collect()).collect()
}

/// Lines in place of those that were `drawn` before. The terminal breaks none of them meanwhile, not even one whose letters take
/// two columns each: how many there are would not be known.
fn redrawn(lines: &[String], drawn: usize) -> String {
    let up = if drawn > 1 { format!("\x1b[{}A", drawn - 1) } else { String::new() };
    format!("\r{up}\x1b[J\x1b[?7l{}\x1b[?7h", lines.join("\r\n"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{capture::Health, daemon::Trouble, session::SessionId};

    fn two_microphones() -> Status {
        Status {
            phase: Phase::Recording,
            session: Some(SessionId::generate()),
            coachee: Some("Hannah".to_owned()),
            elapsed_s: 774.0,
            tracks: 2,
            marks: 3,
            health: Health { level_db: [-30.0, -20.0], ..Health::default() },
            behind_s: 0.0,
            input_ended: false,
            pid: 1,
            trouble: None,
            commands: 0,
            deletion_asked: false,
        }
    }

    /// With a microphone each, "ATTENTION: ..." began behind the 80th column, where the line was cut: whoever watched never saw
    /// it.
    #[test]
    fn what_is_wrong_is_seen_at_any_width() {
        let alarm =
            |alarm| Status { health: Health { alarm: Some(alarm), ..two_microphones().health }, ..two_microphones() };
        let alarms = [Alarm::NoSound, Alarm::AllZero, Alarm::Clipped, Alarm::Silent, Alarm::Rebuilding];
        let mut cases = alarms.map(|which| (alarm(which), alarm_in_words(which))).to_vec();
        let troubles = [Trouble::DiskLow, Trouble::DiskFull, Trouble::WriteFailed, Trouble::InputFailed];
        for trouble in troubles {
            let troubled = Status { trouble: Some(trouble), ..two_microphones() };
            cases.push((Status { phase: Phase::Finishing, ..troubled.clone() }, trouble.message()));
            cases.push((troubled, trouble.message()));
        }
        cases.push((Status { input_ended: true, ..two_microphones() }, say!("control-file-over")));
        cases.push((
            Status { phase: Phase::Finishing, ..two_microphones() },
            "Making the report of the session with Hannah",
        ));
        cases.push((Status { coachee: Some("x".repeat(200)), ..alarm(Alarm::Silent) }, alarm_in_words(Alarm::Silent)));
        for (status, said) in cases {
            for width in [39, 47, 79, 120] {
                let lines = view(&status, width);
                assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
                let spoken = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(spoken(&lines.join(" ")).contains(&spoken(said)), "{said} at {width}: {lines:?}");
            }
        }
    }

    #[test]
    fn what_is_well_is_one_line_and_the_next_look_takes_all_lines_away() {
        let well = Status { marks: 0, ..two_microphones() };
        assert_eq!(
            view(&well, 120),
            ["[######      ] [########    ]  Recording with Hannah: 12 min 54 s, two microphones"]
        );
        let bad = Status { trouble: Some(Trouble::DiskLow), ..well };
        let lines = view(&bad, 60);
        assert_eq!(
            lines,
            [
                "[######      ] [########    ]",
                "Recording with Hannah: 12 min 54 s, two microphones",
                "ATTENTION: the disk is almost full: free some space, or stop",
                "soon"
            ]
        );
        assert!(redrawn(&lines, 0).starts_with("\r\x1b[J") && redrawn(&lines, 1).starts_with("\r\x1b[J"));
        assert!(redrawn(&lines, 4).starts_with("\r\x1b[3A\x1b[J"));
    }

    /// A microphone's session that was stopped was said to be a file that is over, and to be stopped once more.
    #[test]
    fn a_session_that_is_being_finished_wants_nothing() {
        let health = Health { alarm: Some(Alarm::Silent), ..Health::default() };
        let finishing = Status { phase: Phase::Finishing, input_ended: true, health, ..two_microphones() };
        assert_eq!(notices(&finishing), Vec::<String>::new());
    }
}
