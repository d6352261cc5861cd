//! `sidetone start`: both people are asked, then the recorder begins.

use std::{io::Write, path::PathBuf};

use super::{
    CliError, Config, Stance, aside, ask, coach, control, daemon, demo, load, print_json, settings, unlock::Unlock,
};
use crate::{
    capture::InputSpec,
    daemon::{Reply, Request, Start, not_for_live_voices},
    session::{Consent, RETENTION_DAYS_MAX, Session, SessionId},
    texts::say,
    transcript::WakeWord,
    vault::{self, Writer},
};

/// Version of [`wording`]: raise it with every change of sense, so that what somebody agreed to can be told later.
/// Version 1 was the same with 30 days for everybody; until version 2 all sound was said to be deleted with the report.
pub const WORDING_VERSION: u32 = 3;

/// What becomes of a session's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It goes with the report.
    Deleted,
    /// `--keep-audio`.
    Kept,
    /// It is in a file of theirs.
    InFile,
    /// So it is, and `--delete-original`.
    FileDeleted,
}

impl Sound {
    /// As the texts know it.
    fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Kept => "kept",
            Self::InFile => "in-file",
            Self::FileDeleted => "file-deleted",
        }
    }
}

/// What both people are asked to agree to.
pub fn wording(retention_days: u32, sound: Sound) -> String {
    let (days, sound_is) = (retention_days, sound.name());
    let wording = match sound {
        Sound::Deleted | Sound::Kept => say!("consent-wording", days, sound = sound_is),
        Sound::InFile | Sound::FileDeleted => say!("consent-wording-import", days, sound = sound_is),
    };
    wording + "\n"
}

/// How both agree, and to how long.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Agreement {
    /// Both of you have agreed already: recorded as asserted, and said in the report
    #[arg(long)]
    consent_both: bool,
    /// Delete words that the coachee has not decided about after so many days; it cannot be put off later [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(RETENTION_DAYS_MAX)))]
    retention_days: Option<u32>,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Whose session it is: see `sidetone coachee add`
    #[arg(long, value_name = "NAME")]
    coachee: String,
    #[command(flatten)]
    stances: Stances,
    /// `default`, a device, `A+B` for two microphones, `A+system`, or `file:PATH`
    #[arg(long, value_name = "SPEC")]
    input: Option<String>,
    /// How many times faster a file is played
    #[arg(long, value_name = "N", default_value_t = 1.0, hide = true)]
    speed: f64,
    #[command(flatten)]
    roles: Roles,
    /// Keep the sound too, for the coachee alone: they confirm it with their passphrase
    #[arg(long)]
    keep_audio: bool,
    #[command(flatten)]
    unlock: Unlock,
    #[command(flatten)]
    agreement: Agreement,
    /// Obey no spoken commands in this session
    #[arg(long)]
    no_voice_commands: bool,
    /// The model that turns speech into words
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

/// What both people want the session to be.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Stances {
    /// What the coach means this session to be
    #[arg(long, value_name = "STANCE")]
    pub stance: Option<Stance>,
    /// What the coachee wants it to be
    #[arg(long, value_name = "STANCE")]
    pub coachee_stance: Option<Stance>,
}

impl Stances {
    /// The coach's: as said for this session, else as settled for all of them.
    pub fn coach(self, config: &Config) -> Option<Stance> {
        self.stance.or(config.settings.stance.value)
    }
}

/// Which voice is the coach's.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Roles {
    /// With two microphones, the coach's: 1 or 2
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub coach_track: Option<u8>,
    /// The coach says the first sentence
    #[arg(long)]
    pub coach_speaks_first: bool,
}

impl Roles {
    /// The coach's track, counted from 0.
    pub fn track(self) -> Option<u8> {
        self.coach_track.map(|track| track - 1)
    }
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    // Everything that can be wrong is looked at before two people are asked.
    let mut vault = Writer::open(&config.data_dir)?;
    let coachee = vault.coachee(&args.coachee)?;
    let spec = args.input.unwrap_or_else(|| config.settings.input.value.clone());
    let input: InputSpec = spec.parse()?;
    if !(args.speed.is_finite() && args.speed > 0.0) {
        return Err(CliError::user("`--speed` must be more than 0", "`--speed 1` is the file's own speed"));
    }
    let model = match &args.model {
        Some(name) => name.clone(),
        None => load::default_whisper(config)?,
    };
    // Which microphone is the coach's is settled once; an input of one track has none.
    let two = matches!(input, InputSpec::Two(..) | InputSpec::WithSystem(_));
    let settled = config.settings.coach_track.value.filter(|_| two).map(|track| track - 1);
    let wake_word = match config.settings.voice_commands.value && !args.no_voice_commands {
        true => Some(wake_word(config)?),
        false => None,
    };
    let synthetic = matches!(&input, InputSpec::File(path) if demo::is_the_session(path));
    if args.model.is_none() && !matches!(input, InputSpec::File(_)) {
        not_for_live_voices(&model)?;
    }
    let input = match input {
        // The daemon has a working directory of its own.
        InputSpec::File(path) => format!("file:{}", absolute(path)?.display()),
        _ => spec,
    };
    let sound = if args.keep_audio { Sound::Kept } else { Sound::Deleted };
    let consent = consent(args.agreement, sound, config)?;
    let confirmed = args.keep_audio.then(|| args.unlock.identity_of(&coachee)).transpose()?;
    let id = SessionId::generate();
    let start = Start {
        session: Session {
            id,
            coachee: args.coachee,
            started_at: consent.given_at.clone(),
            coach_stance: args.stances.coach(config).map(Into::into),
            coachee_stance: args.stances.coachee_stance.map(Into::into),
            tracks: 1,
            consent,
            model,
        },
        input,
        speed: args.speed,
        keep_audio: args.keep_audio,
        coach_track: args.roles.track().or(settled),
        coach_speaks_first: args.roles.coach_speaks_first,
        voiceprint: coach::voiceprint(config)?,
        model_named: args.model.is_some(),
        synthetic,
        wake_word,
        tones: config.settings.tones.value,
    };
    let spoken = start.wake_word.clone();
    config.remark(say!("start-ready"));
    let reply = daemon::connect_or_start(config)?.ask(&Request::Start(Box::new(start)))?;
    if let Some(identity) = confirmed {
        vault.confirm_audio(id, &identity)?;
    }
    if config.json {
        return print_json(out, &reply);
    }
    match reply {
        Reply::Status(status) => {
            control::describe(&status, out)?;
            config.remark(say!("start-end"));
            if let Some(word) = spoken {
                config.remark(say!("start-spoken", word));
            }
            Ok(())
        }
        _ => Err(control::unexpected()),
    }
}

/// What spoken commands begin with.
fn wake_word(config: &Config) -> Result<String, CliError> {
    let word = &config.settings.wake_word.value;
    if WakeWord::new(word).is_none() {
        return Err(CliError::user(
            format!("`{word}` cannot be a wake word: it would be heard by mistake, or never"),
            "take one to three words of five letters or more together; or none today: `sidetone start --no-voice-commands`",
        ));
    }
    Ok(word.clone())
}

fn absolute(path: PathBuf) -> Result<PathBuf, CliError> {
    std::path::absolute(&path).map_err(|error| CliError::file(&path, &error))
}

/// Both people's yes, or the statement that there was one.
pub fn consent(agreement: Agreement, sound: Sound, config: &Config) -> Result<Consent, CliError> {
    let asserted = agreement.consent_both;
    let offered = agreement.retention_days.unwrap_or(config.settings.retention_days.value);
    let retention_days = if asserted {
        config.remark(say!("consent-days-stated", days = offered));
        offered
    } else {
        ask_both(offered, agreement.retention_days.is_some(), sound)?
    };
    Ok(Consent { given_at: now(), wording: WORDING_VERSION, asserted, retention_days })
}

/// Asks both, the coachee for how long too unless that is settled; returns the days.
fn ask_both(offered: u32, settled: bool, sound: Sound) -> Result<u32, CliError> {
    if !ask::can_ask() {
        return Err(CliError::user(
            "both people have to agree first, and there is no terminal to ask them on",
            "if both have agreed, say so with `--consent-both`: it is recorded as said by you",
        ));
    }
    aside(wording(offered, sound));
    let days = if settled { offered } else { days(offered)? };
    if days != offered {
        aside(say!("consent-days-agreed", days));
    }
    for question in [say!("consent-coach"), say!("consent-coachee")] {
        if !ask::yes(question)? {
            return Err(CliError::user(
                "no session without a yes from both",
                "nothing was recorded or kept; talk about it, and start again",
            ));
        }
    }
    Ok(days)
}

/// The coachee's choice; Enter takes what is offered.
fn days(offered: u32) -> Result<u32, CliError> {
    loop {
        let answer = ask::line(&format!("{} [{offered}]", say!("consent-days")))?.unwrap_or_default();
        match answer.parse() {
            _ if answer.is_empty() => return Ok(offered),
            Ok(days) if settings::DAYS.contains(&days) => return Ok(days),
            _ => aside(say!("consent-days-again", most = RETENTION_DAYS_MAX)),
        }
    }
}

/// RFC 3339, to the second.
pub fn now() -> String {
    vault::time(jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_agreed_to_says_what_becomes_of_the_sound() {
        // Both were told that sound is deleted with the report, also where it was kept, or in a file that stays.
        for (sound, told) in [
            (Sound::Deleted, "Sound is deleted when the report is made;"),
            (Sound::Kept, "Sound is kept too, sealed to the coachee, for as long as"),
            (Sound::InFile, "The file stays where it is,"),
            (Sound::FileDeleted, "The file is deleted once a report is made of all of it."),
        ] {
            let wording = wording(30, sound);
            assert!(wording.contains(&format!("\n  How long       {told}")), "{wording}");
            assert_eq!(wording.contains("deleted when the report is made"), sound == Sound::Deleted, "{wording}");
            assert_eq!(wording.contains("sidetone withdraw"), matches!(sound, Sound::Deleted | Sound::Kept));
            let set = |line: &str| line.chars().count() <= 80 && !line.starts_with(&" ".repeat(18));
            assert!(wording.lines().all(set), "{wording}");
            assert!(wording.contains("\n                 Nobody can put that off.\n"), "{wording}");
        }
    }
}
