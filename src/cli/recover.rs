//! `sidetone recover`: a session that was cut off by a crash is finished from what was saved.

use std::io::Write;

use super::{CliError, Config, control, import, load, models, report, start, unlock::Unlock};
use crate::{
    capture::Block,
    measures::Caveat,
    pipeline::{Outcome, Pipeline, Setup, Voices},
    recording::{self, Damage, Key, Recording},
    report::length,
    speakers::RoleHint,
    texts::say,
    units::Sample,
    vault::{State, VaultError, Writer},
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// An id, the beginning of one, or `last`; without it, the session that was cut off
    session: Option<String>,
    #[command(flatten)]
    unlock: Unlock,
    #[command(flatten)]
    roles: start::Roles,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let stored = match &args.session {
        Some(which) => vault.find(which)?,
        None => {
            let mut unfinished = vault.interrupted()?;
            // One that runs is named only where no other is: it is refused below.
            unfinished.sort_by_key(|stored| vault.is_being_recorded(stored.session.id));
            let nothing = || CliError::user("no session was cut off", "`sidetone sessions` shows what is here");
            unfinished.into_iter().next().ok_or_else(nothing)?
        }
    };
    let id = stored.session.id;
    if stored.state == State::Finished {
        return Err(CliError::user(
            format!("session {id} was finished properly"),
            format!("`sidetone report {id}` shows it"),
        ));
    }
    // A session whose recorder is alive is not lost.
    if vault.is_being_recorded(id) {
        return Err(VaultError::StillRecording(id).into());
    }
    let path = vault.recording_path(id);
    let outline = recording::outline(&path)?;
    let megabytes = format!("{:.1}", outline.bytes as f64 / 1e6);
    config.remark(say!("recover-saved", coachee = &stored.session.coachee, megabytes));
    if let Some(progress) = vault.progress(id)? {
        config.remark(say!(
            "recover-known",
            time = length(progress.elapsed_s as f64),
            speech = length(progress.speech_s as f64),
            silence = length(progress.silence_s() as f64),
        ));
    }
    let coachee = vault.coachee(&stored.session.coachee)?;
    let identity = args.unlock.identity_of(&coachee)?;
    vault.prove(id, &identity)?;
    let recording = recording::recover(&path, Key::Coachee(&identity))?;
    let models = load::models(config, &stored.session.model)?;
    let hint = hint(recording.tracks(), vault.coach_track(id)?, args.roles, config)?;
    let pipeline = Pipeline::new(models, Setup { tracks: recording.tracks(), hint, voices: Voices::Live }, None);
    let mut outcome = replay(pipeline, recording, outline.bytes, config)?;
    outcome.numbers.recovered = true;
    vault.finish(id, &outcome.numbers, &outcome.words, outcome.words_poor)?;
    if let Some(times) = outcome.ask {
        control::settle_roles(&mut vault, &id.to_string(), times.map(Sample::seconds), config)?;
    }
    report::show(&vault, &vault.find(&id.to_string())?, config, out)
}

/// Whose voice is the coach's, as the session that was cut off had it: with two tracks, one of them is the coach's. What an
/// earlier version recorded does not tell which; where nothing else does, it is a guess, and asked about.
fn hint(tracks: u8, known: Option<u8>, roles: start::Roles, config: &Config) -> Result<RoleHint, CliError> {
    if tracks < 2 {
        return import::hint(roles, tracks, config);
    }
    let settled = config.settings.coach_track.value.map(|track| track - 1);
    let first = if roles.coach_speaks_first { RoleHint::CoachSpeaksFirst } else { RoleHint::None };
    let said = if roles.coach_speaks_first { roles.track() } else { roles.track().or(known).or(settled) };
    Ok(said.map_or(first, RoleHint::CoachTrack))
}

/// Feeds what survived of a recording to the pipeline. Behind damage there may be more, for who has a whole copy: the outcome
/// then has a caveat, and asks for the recording to stay.
///
/// # Errors
/// When the disk does not give a part of the recording.
pub fn replay(
    mut pipeline: Pipeline,
    mut recording: Recording,
    bytes: u64,
    config: &Config,
) -> Result<Outcome, CliError> {
    /// Samples of 16 bits.
    const BYTES_PER_SAMPLE: u64 = 2;
    let seconds = bytes / BYTES_PER_SAMPLE / u64::from(crate::units::SAMPLE_RATE);
    let progress = models::bar(config, seconds, say!("recover-reading"));
    follow(&mut pipeline, &mut recording, |pipeline, block| {
        progress.set_position(block.first.seconds() as u64);
        pipeline.wait_until_behind(import::BEHIND_MAX_S);
    });
    progress.finish_and_clear();
    let marked = recording.marks().to_vec();
    let damage = recording.ended()?;
    let mut outcome = pipeline.finish();
    outcome.numbers.marked = marked;
    if matches!(damage, Some(Damage::Altered { .. })) {
        outcome.words_poor = true;
        outcome.numbers.doubts.push(Caveat::Damaged.code().to_owned());
    }
    Ok(outcome)
}

/// Gives a pipeline sound and notes as the recorder did, and says after each block that it has it.
fn follow(pipeline: &mut Pipeline, recording: &mut Recording, heard: impl Fn(&Pipeline, &Block)) {
    let (mut gaps, mut struck) = (0, 0);
    loop {
        let block = recording.next();
        for (at, _) in recording.gaps().iter().skip(gaps) {
            pipeline.gap(*at);
        }
        for span in recording.struck().iter().skip(struck) {
            pipeline.forget(*span);
        }
        (gaps, struck) = (recording.gaps().len(), recording.struck().len());
        let Some(block) = block else { break };
        pipeline.push(&block);
        heard(pipeline, &block);
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::*;
    use crate::{
        capture::{FileSource, Heard, Source},
        pipeline::Models,
        seal::Identity,
        session::SessionId,
        units::Span,
    };

    #[test]
    fn a_command_that_was_obeyed_is_not_heard_again() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
        let mut source = FileSource::open(&demo, f64::INFINITY, false).unwrap();
        let (folder, coachee, session) = (tempfile::tempdir().unwrap(), Identity::generate(), SessionId::generate());
        let path = folder.path().join(format!("{session}.{}", recording::EXTENSION));
        let (mut writer, _) = recording::Writer::create(&path, session, 1, &coachee.to_recipient()).unwrap();
        let second = |s: f64| Sample::from_seconds(s);
        // Noted some seconds after it was said; and one at the very end, with no sound behind it.
        let commands = [Span::new(second(5.0), second(7.0)), Span::new(second(17.0), second(18.5))].map(Option::unwrap);
        let setup = || Setup { tracks: 1, hint: RoleHint::CoachSpeaksFirst, voices: Voices::Synthetic };
        let mut live = Pipeline::new(Models::default(), setup(), None);
        while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
            writer.append(&block).unwrap();
            live.push(&block);
            let end = block.first.0 + block.samples.len() as u64;
            for command in commands.iter().filter(|c| (block.first.0..end).contains(&(c.end().0 + 7_999))) {
                writer.strike(*command).unwrap();
                live.forget(*command);
            }
            if end >= second(19.0).0 {
                break;
            }
        }
        writer.finish().unwrap();

        let mut again = Pipeline::new(Models::default(), setup(), None);
        let mut recording = recording::recover(&path, Key::Coachee(&coachee)).unwrap();
        follow(&mut again, &mut recording, |_, _| {});
        assert_eq!((recording.struck(), recording.damage()), (commands.as_slice(), None));
        let (live, again) = (live.finish().numbers, again.finish().numbers);
        assert!(!again.spans.is_empty());
        for span in again.spans.iter().map(|spoken| spoken.span) {
            assert!(commands.iter().all(|command| command.overlap(span).is_none()), "{span:?}");
        }
        assert_eq!((again.duration_s, &again.spans), (live.duration_s, &live.spans));
    }
}
