//! How a session starts: whatever can be wrong is found before anything is written, and a start that fails leaves
//! nothing behind.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use super::{
    Failure, Start,
    awake::Awake,
    clock::Clock,
    disk,
    recorder::{Begun, Recorder, SOUND_WAIT},
    slot::{Board, Slot},
    tones::Tones,
};
use crate::{
    capture::{self, Alarm, Block, CaptureError, FileSource, Heard, InputSpec, Source},
    pipeline::{self, DEMO_MODEL, Pipeline, Voices},
    recording::{self, Key},
    seal::{Identity, Recipient},
    session::Session,
    speakers::RoleHint,
    transcript::WakeWord,
    vault::{self, KeepAudio},
};

/// How long an input may take to open: a sound server that is being started takes seconds.
const OPEN_MAX: Duration = Duration::from_secs(15);
/// How long an input may be open without a sample: Bluetooth headsets take seconds to change over.
const FIRST_SOUND_MAX: Duration = Duration::from_secs(10);

/// Opens the input and makes the recording; returns when the first sound is sealed on disk.
pub(super) fn open(slot: &Slot, start: Start, board: Board) -> Result<Recorder, Failure> {
    let input: InputSpec = start.input.parse()?;
    let file = match &input {
        InputSpec::File(path) => Some(path.as_path()),
        _ => None,
    };
    check(&start, file.is_some())?;
    let wake = start.wake_word.as_deref().map(wake_word).transpose()?;
    let mut vault = vault::Writer::open(slot.data_dir())?;
    let recipient = vault.coachee(&start.session.coachee)?.recipient;
    // Before anything is loaded; a second time below, when it is known how many tracks there are.
    let length_s = length_s(file, slot)?;
    disk::check(slot.data_dir(), 1, length_s)?;
    let models = slot.models(&start.session.model)?;

    let (spec, speed, two_tracks) = (input.clone(), start.speed, start.coach_track.is_some());
    let mut source = aside(slot, move || capture::open(&spec, speed, two_tracks))?;
    let tracks = source.tracks();
    let hint = role_hint(&start, tracks)?;
    disk::check(slot.data_dir(), tracks, length_s)?;
    let mut clock = Clock::default();
    let first =
        first_sound(source.as_mut(), slot)?.into_iter().flat_map(|block| clock.place(block)).collect::<Vec<_>>();

    let session = Session { tracks, started_at: vault::time(jiff::Timestamp::now()), ..start.session };
    let keep_audio = if start.keep_audio { KeepAudio::Asked } else { KeepAudio::No };
    let path = vault.recording_path(session.id);
    let coach_track = match hint {
        RoleHint::CoachTrack(track) => Some(track),
        _ => None,
    };
    let (recording, identity) = begin(&mut vault, &session, keep_audio, coach_track, &path, &recipient, &first)?;
    let voices = match file {
        Some(_) if start.synthetic => Voices::Synthetic,
        Some(_) => Voices::Recorded,
        None => Voices::Live,
    };
    let setup = pipeline::Setup { tracks, hint, voices };
    let mut pipeline = Pipeline::new(models, setup, Some(reread(path, identity)));
    pipeline.read_early();
    for block in &first {
        pipeline.push(block);
    }
    if let Some(wake) = wake {
        pipeline.attend(wake);
    }
    // A file is no room: nobody in it hears a tone.
    let tones = Tones::new(start.tones && file.is_none());
    let awake = file.is_none().then(Awake::hold);
    let begun = Begun { session, keep_audio, source, recording, pipeline, vault, clock, awake, tones };
    Ok(Recorder::new(begun, board, slot.data_dir()))
}

fn wake_word(text: &str) -> Result<WakeWord, Failure> {
    WakeWord::new(text).ok_or_else(|| {
        Failure::user(
            "a wake word is one to three words of five letters or more together",
            "set `wake_word` in the settings, or switch it off for now: `sidetone start --no-voice-commands`",
        )
    })
}

/// What can be told from the request alone.
fn check(start: &Start, from_file: bool) -> Result<(), Failure> {
    if !(start.speed.is_finite() && start.speed > 0.0) {
        return Err(Failure::user("a file cannot be played at this speed", "`--speed 1` is its own speed"));
    }
    if from_file || start.model_named { Ok(()) } else { not_for_live_voices(&start.session.model) }
}

/// The demo's model makes words of real voices that nobody said: before a microphone it is used only where somebody named it.
///
/// # Errors
/// When it is that one.
pub fn not_for_live_voices(model: &str) -> Result<(), Failure> {
    if model != DEMO_MODEL {
        return Ok(());
    }
    Err(Failure::user(
        "the only speech model here is the demo's, which knows no real voice",
        "`sidetone models fetch base.en` gets a real one; or name it to try things out: `--model demo.en`",
    ))
}

/// Seconds that a session will last at most.
fn length_s(file: Option<&Path>, slot: &Slot) -> Result<f64, Failure> {
    let known = match file.map(Path::to_owned) {
        Some(path) => aside(slot, move || Ok(FileSource::open(&path, 1.0, false)?.length_s()))?,
        None => None,
    };
    Ok(known.unwrap_or(disk::SESSION_S_MAX))
}

/// Opens something on a thread of its own, for a driver, a sound server or a pipe may hang for ever: the session then does
/// not begin, and the daemon can still be ended.
fn aside<T: Send + 'static>(
    slot: &Slot,
    open: impl FnOnce() -> Result<T, CaptureError> + Send + 'static,
) -> Result<T, Failure> {
    let (opened, opening) = mpsc::channel();
    thread::Builder::new()
        .name("opening".into())
        // Nobody listens when it took too long: what was opened closes there.
        .spawn(move || _ = opened.send(open()))
        .map_err(|error| Failure::user(format!("the input cannot be opened: {error}"), "close other programs"))?;
    let begun = Instant::now();
    while begun.elapsed() < OPEN_MAX {
        if slot.is_closing() {
            return Err(Failure::ending());
        }
        match opening.recv_timeout(SOUND_WAIT) {
            Ok(outcome) => return Ok(outcome?),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::unstarted()),
        }
    }
    Err(Failure::user(
        format!("the input did not open within {} s", OPEN_MAX.as_secs()),
        "unplug it and plug it in again, or choose another with `--input`: `sidetone doctor` lists them",
    ))
}

/// Whose voice is whose. With two tracks the first is the coach's unless said otherwise; with one, what was said for this
/// session goes before the voiceprint that is there for all of them.
fn role_hint(start: &Start, tracks: u8) -> Result<RoleHint, Failure> {
    match (tracks, start.coach_track) {
        (2, track) => Ok(RoleHint::CoachTrack(track.unwrap_or(0).min(1))),
        (_, Some(_)) => Err(Failure::user(
            "this input has one track: both people are on it",
            "leave out `--coach-track`, or record two with `--input A+B`",
        )),
        (_, None) if start.coach_speaks_first => Ok(RoleHint::CoachSpeaksFirst),
        (_, None) => Ok(start.voiceprint.clone().map_or(RoleHint::None, RoleHint::Voiceprint)),
    }
}

/// Waits for sound to arrive, so that nobody talks for an hour to an input that only looks open. What stands in for sound
/// until then is silence, and belongs to the session.
fn first_sound(source: &mut dyn Source, slot: &Slot) -> Result<Vec<Block>, Failure> {
    let begun = Instant::now();
    let mut heard = Vec::new();
    while begun.elapsed() < FIRST_SOUND_MAX {
        if slot.is_closing() {
            return Err(Failure::ending());
        }
        match source.next(SOUND_WAIT)? {
            Heard::Block(block) => {
                heard.push(block);
                if !matches!(source.health().alarm, Some(Alarm::NoSound | Alarm::Rebuilding)) {
                    return Ok(heard);
                }
            }
            Heard::Nothing => {}
            Heard::End => {
                return Err(Failure::user("the file holds no sound", "`--input file:PATH` wants a recording"));
            }
        }
    }
    Err(Failure::user(
        format!("no sound came from the input within {} s", FIRST_SOUND_MAX.as_secs()),
        "`sidetone doctor` lists the inputs and tries them: choose another with `--input`",
    ))
}

/// Seals the first sound, then notes the session: in this order, so that whatever fails can be taken back whole.
fn begin(
    vault: &mut vault::Writer,
    session: &Session,
    keep_audio: KeepAudio,
    coach_track: Option<u8>,
    path: &Path,
    recipient: &Recipient,
    first: &[Block],
) -> Result<(recording::Writer, Identity), Failure> {
    let (mut recording, identity) = recording::Writer::create(path, session.id, session.tracks, recipient)?;
    let noted = first
        .iter()
        .try_for_each(|block| recording.append(block))
        .map_err(Failure::from)
        .and_then(|()| vault.begin_with_coach_on(session, keep_audio, coach_track).map_err(Failure::from));
    match noted {
        Ok(()) => Ok((recording, identity)),
        Err(failure) => {
            drop(recording);
            if let Err(error) = fs::remove_file(path) {
                tracing::error!("{} is left over from a start that failed: {error}", path.display());
            }
            Err(failure)
        }
    }
}

/// The only copy of the session identity lives in here, and goes with the pipeline.
fn reread(path: PathBuf, identity: Identity) -> pipeline::Reread {
    Box::new(move |track, span| recording::read(&path, Key::Session(&identity), track, span).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Consent, SessionId};

    fn start(model: &str) -> Start {
        let session = Session {
            id: SessionId::generate(),
            coachee: "Hannah".into(),
            started_at: String::new(),
            coach_stance: None,
            coachee_stance: None,
            tracks: 1,
            consent: Consent {
                given_at: vault::time(jiff::Timestamp::now()),
                wording: 1,
                asserted: true,
                retention_days: 30,
            },
            model: model.into(),
        };
        Start {
            session,
            input: "default".into(),
            speed: 1.0,
            keep_audio: false,
            coach_track: None,
            coach_speaks_first: false,
            voiceprint: None,
            model_named: false,
            synthetic: false,
            wake_word: None,
            tones: false,
        }
    }

    #[test]
    fn the_demo_model_is_not_taken_for_a_real_one() {
        let named = |model, model_named| Start { model_named, ..start(model) };
        for (request, from_file, fine) in [
            (named(DEMO_MODEL, false), false, false),
            (named(DEMO_MODEL, true), false, true),
            (named(DEMO_MODEL, false), true, true),
            (named("base.en", false), false, true),
        ] {
            assert_eq!(check(&request, from_file).is_ok(), fine, "{request:?} {from_file}");
        }
        let hint = check(&start(DEMO_MODEL), false).unwrap_err().hint.unwrap();
        assert!(hint.contains("`sidetone models fetch base.en`") && hint.contains("`--model demo.en`"), "{hint}");
    }

    #[test]
    fn a_speed_must_be_one() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(check(&Start { speed, ..start("base.en") }, true).is_err(), "{speed}");
        }
    }

    #[test]
    fn what_was_said_for_this_session_decides_who_is_the_coach() {
        let said = |coach_track, coach_speaks_first, voiceprint: Option<Vec<f32>>| {
            let start = Start { coach_track, coach_speaks_first, voiceprint, ..start("base.en") };
            move |tracks| role_hint(&start, tracks).map(|hint| format!("{hint:?}")).map_err(|failure| failure.code)
        };
        let print = || Some(vec![1.0]);
        for (start, tracks, hint) in [
            (said(None, false, None), 1, Ok("None")),
            (said(None, true, print()), 1, Ok("CoachSpeaksFirst")),
            (said(None, false, print()), 1, Ok("Voiceprint")),
            (said(Some(1), false, None), 1, Err(1)),
            (said(None, true, print()), 2, Ok("CoachTrack(0)")),
            (said(Some(1), false, None), 2, Ok("CoachTrack(1)")),
        ] {
            assert_eq!(start(tracks), hint.map(str::to_owned));
        }
    }
}
