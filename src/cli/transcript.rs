//! `sidetone transcript`: the words. Every command here is the coachee's, and asks for their key.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use zeroize::Zeroizing;

use super::{
    CliError, Config, SessionArg, ask, load, new_private, print_json, recover, report, shown,
    unlock::{self, Unlock},
    write_private,
};
use crate::{
    measures::{Caveat, Numbers},
    moves::{self, Coded},
    pipeline::{Pipeline, Setup, Voices},
    recording::{self, Damage, Key},
    report::length,
    seal::{Identity, KeyFile},
    session::{Decision, Role},
    speakers::RoleHint,
    texts::say,
    transcript::{self, Format, Named, Spoken, Utterance},
    vault::{self, Reader, Receipt, State, Stored, VaultError, Writer},
};

/// What `--format` calls the sound.
const WAV: &str = "wav";

/// A second look at the same sound hears it to the same sample; lengths are stored to the thousandth of a second.
const SHORTER_S: f64 = 0.1;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the words here; nothing stays in the terminal's scrollback
    Show {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        #[command(flatten)]
        what: What,
    },
    /// Write the words, or some lines of them, to a file that you may hand on
    Export {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        #[command(flatten)]
        what: What,
        /// Where to; readable by you alone
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Keep the words here, sealed, until you delete them
    Keep {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Delete the words
    Delete {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        /// The numbers too, and your answers
        #[arg(long)]
        everything: bool,
        /// Without the passphrase, for when it is lost: takes effect seven days after it was first asked for
        #[arg(long, conflicts_with = "everything")]
        forgotten: bool,
    },
    /// Take the words with you: one sealed file, and none left here
    Take {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        /// Where to
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Decode the words again with another model, while the sealed sound is still here
    Redo {
        #[command(flatten)]
        session: SessionArg,
        #[command(flatten)]
        unlock: Unlock,
        /// The model that turns speech into words
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
    },
}

/// How much, and how.
#[derive(clap::Args, Clone, Debug)]
pub struct What {
    /// vtt, srt, md, json, tsv or textgrid; for `export` also wav, where the sound was kept
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Only these lines, e.g. 3-9 or 4
    #[arg(long, value_name = "FROM-TO")]
    lines: Option<String>,
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    match command {
        Command::Show { session, unlock, what } => {
            let taken = Path::new(&session.session);
            if taken.extension().is_some_and(|ending| ending == "age") {
                return show(&taken_words(taken, &unlock)?, &what, config, out);
            }
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            remark_asserted(&stored, config);
            let words = words(&stored, identity, config)?;
            show(&words, &what, config, out)
        }
        Command::Export { session, unlock, what, output } => {
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            if what.format.as_deref() == Some(WAV) {
                return export_sound(&vault, &stored, &identity, output, config, out);
            }
            let format = what.format(Format::Md)?;
            let words = what.chosen(words(&stored, identity, config)?)?;
            let path = output.unwrap_or_else(|| PathBuf::from(format!("{}.{}", stored.session.id, extension(format))));
            write_private(&path, written(&words, format, config)?.words().as_bytes())?;
            config.remark(say!("transcript-exported", count = words.len()));
            Ok(writeln!(out, "{}", shown(&path))?)
        }
        Command::Keep { session, unlock } => {
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            vault.keep(stored.session.id, &identity)?;
            config.remark(say!("decide-kept"));
            Ok(())
        }
        Command::Delete { session, forgotten: true, .. } => delete_forgotten(&mut vault, &session, config, out),
        Command::Delete { session, unlock, everything, forgotten: false } => {
            let (stored, _) = opened(&vault, &session, &unlock)?;
            let id = stored.session.id;
            let receipt =
                if everything { vault.delete_everything(id)? } else { vault.delete_words(id, Decision::Deleted)? };
            gone(&receipt, config, out)
        }
        Command::Take { session, unlock, output } => {
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            let proof = identity.clone();
            let words = words(&stored, identity, config)?;
            let path = output.unwrap_or_else(|| PathBuf::from(format!("{}.words.age", stored.session.id)));
            write_private(&path, &vault.to_take(stored.session.id, &proof, &words)?)?;
            let receipt = vault.delete_words(stored.session.id, Decision::Taken)?;
            config.remark(say!("transcript-taken", file = shown(&path)));
            gone(&receipt, config, out)
        }
        Command::Redo { session, unlock, model } => redo(&mut vault, &session, &unlock, model, config, out),
    }
}

impl What {
    fn format(&self, default: Format) -> Result<Format, CliError> {
        match &self.format {
            None => Ok(default),
            Some(name) => name.parse().map_err(|_| {
                CliError::user(
                    format!("`{name}` is no format of a transcript"),
                    "vtt, srt, md, json, tsv and textgrid are",
                )
            }),
        }
    }

    /// The lines that were asked for, counted from 1.
    fn chosen(&self, words: Vec<Utterance>) -> Result<Vec<Utterance>, CliError> {
        let Some(range) = &self.lines else { return Ok(words) };
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (Ok(from), Ok(to)) = (from.trim().parse::<usize>(), to.trim().parse::<usize>()) else {
            return Err(CliError::user(format!("`{range}` names no lines"), "write `--lines 3-9`, or `--lines 4`"));
        };
        if from == 0 || to < from || to > words.len() {
            return Err(CliError::user(
                format!("there are no lines {range}"),
                format!("the transcript has {} lines, the first is 1", words.len()),
            ));
        }
        Ok(words.into_iter().skip(from - 1).take(to - from + 1).collect())
    }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Vtt => "vtt",
        Format::Srt => "srt",
        Format::Md => "md",
        Format::Json => "json",
        Format::Tsv => "tsv",
        Format::TextGrid => "TextGrid",
    }
}

/// A session that is over, and the key to its words.
pub fn opened(vault: &Writer, which: &SessionArg, unlock: &Unlock) -> Result<(Stored, Identity), CliError> {
    let stored = vault.find(&which.session)?;
    // Before anybody is asked for a key: there is nothing to read or to decide about yet.
    if stored.state == State::Recording {
        return Err(VaultError::StillRecording(stored.session.id).into());
    }
    let identity = unlock.identity_of(&vault.coachee(&stored.session.coachee)?)?;
    Ok((stored, identity))
}

fn words(stored: &Stored, identity: Identity, config: &Config) -> Result<Vec<Utterance>, CliError> {
    Ok(Reader::open(&config.data_dir, identity)?.transcript(stored.session.id)?)
}

/// What `take` wrote, on any laptop: opens with the identity alone.
fn taken_words(path: &Path, unlock: &Unlock) -> Result<Vec<Utterance>, CliError> {
    let file = unlock.identity.as_ref().ok_or_else(|| {
        CliError::user("a transcript that was taken away opens with its owner's key", "name it: `--identity FILE`")
    })?;
    let sealed = fs::read(path).map_err(|error| CliError::file(path, &error))?;
    Ok(match unlock::read_identity(file)? {
        KeyFile::Identity(identity) => vault::open_words(&identity, &sealed)?.1,
        KeyFile::Plugin(key) => vault::open_taken_words(&key, &sealed, unlock::ASKING)?.1,
    })
}

fn export_sound(
    vault: &Writer,
    stored: &Stored,
    identity: &Identity,
    output: Option<PathBuf>,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if !stored.has_recording {
        return Err(no_sound());
    }
    let recording = recording::recover(&vault.recording_path(stored.session.id), Key::Coachee(identity))?;
    let path = output.unwrap_or_else(|| PathBuf::from(format!("{}.{WAV}", stored.session.id)));
    let damage = recording::write_wav(recording, new_private(&path)?)?;
    if matches!(damage, Some(Damage::Altered { .. } | Damage::Torn { .. })) {
        config.remark(say!("transcript-sound-damaged"));
    }
    Ok(writeln!(out, "{}", shown(&path))?)
}

fn no_sound() -> CliError {
    CliError::user(
        "the sound of this session is not here any more",
        "sound is deleted with the report, unless `sidetone start --keep-audio` asked for it",
    )
}

fn delete_forgotten(
    vault: &mut Writer,
    which: &SessionArg,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let id = vault.find(&which.session)?.session.id;
    match vault.delete_forgotten(id) {
        Ok(receipt) => gone(&receipt, config, out),
        Err(VaultError::NoticeNotOver { until: Some(until), .. }) => {
            config.remark(say!("transcript-notice-given", day = until));
            Ok(())
        }
        Err(VaultError::NoticeNotOver { .. }) => {
            let until = vault.notice_forgotten(id)?;
            config.remark(say!("transcript-notice", day = until, session = id.to_string()));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn remark_asserted(stored: &Stored, config: &Config) {
    if stored.session.consent.asserted {
        let day = stored.session.consent.given_at.get(..10).unwrap_or_default();
        config.remark(say!("transcript-asserted", day));
    }
}

/// The words in a format, with their moves where it has room for them.
pub fn written(words: &[Utterance], format: Format, config: &Config) -> Result<Spoken, CliError> {
    if !matches!(format, Format::Json | Format::Tsv) || !moves::is_english(words) {
        return Ok(transcript::write(words, format));
    }
    let coded = moves::code(words, load::coder(config)?.as_ref());
    let codes: Vec<Option<Named>> = coded.iter().map(Coded::named).collect();
    Ok(transcript::write_coded(words, &codes, format))
}

fn show(words: &[Utterance], what: &What, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let words = what.chosen(words.to_vec())?;
    if config.json || what.format.is_some() {
        let format = what.format(Format::Json)?;
        return Ok(write!(out, "{}", written(&words, format, config)?.words())?);
    }
    let text = plainly(&words);
    apart(&text, out)
}

/// Shows what is the coachee's: on a terminal so that nothing of it stays.
pub fn apart(text: &str, out: &mut dyn Write) -> Result<(), CliError> {
    if io::stdout().is_terminal() && ask::can_ask() { page(text, out) } else { Ok(out.write_all(text.as_bytes())?) }
}

/// More than stands before the words of a line, in any language.
const LINE_BEGINS_BYTES: usize = 64;

/// `  3  01:02  coach    What did you notice?`
pub fn plainly(words: &[Utterance]) -> Zeroizing<String> {
    // All of the room at once: a string that grows leaves copies behind.
    let room = words.iter().map(|said| said.text.words().len() + LINE_BEGINS_BYTES).sum();
    let mut text = Zeroizing::new(String::with_capacity(room));
    for (line, said) in words.iter().enumerate() {
        let at = said.span.start().seconds() as u64;
        let who = said.role.map_or("?", called);
        text.push_str(&format!("{:3}  {:02}:{:02}  {who:7}  ", line + 1, at / 60, at % 60));
        text.push_str(said.text.words());
        text.push('\n');
    }
    text
}

fn called(role: Role) -> &'static str {
    match role {
        Role::Coach => say!("transcript-coach"),
        Role::Coachee => say!("transcript-coachee"),
    }
}

/// Shows text on the terminal's second screen, which has no scrollback, a screenful at a time.
fn page(text: &str, out: &mut dyn Write) -> Result<(), CliError> {
    let height = terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0)).max(4);
    let lines: Vec<&str> = text.lines().collect();
    let show = |screen: &[&str]| {
        write!(out, "{}", ask::CLEAR)?;
        screen.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        out.flush()?;
        ask::line(&format!("\n{}", say!("transcript-go-on"))).map(|_| ())
    };
    ask::apart(|| lines.chunks(height - 2).try_for_each(show))
}

pub fn gone(receipt: &Receipt, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        return print_json(out, receipt);
    }
    config.remark(say!("page-gone", what = receipt.what_said(), amount = receipt.amount()));
    Ok(())
}

fn redo(
    vault: &mut Writer,
    which: &SessionArg,
    unlock: &Unlock,
    model: Option<String>,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let (stored, identity) = opened(vault, which, unlock)?;
    if !stored.has_recording {
        return Err(no_sound());
    }
    let id = stored.session.id;
    vault.prove(id, &identity)?;
    let model = match model {
        Some(model) => model,
        None => load::default_whisper(config)?,
    };
    let path = vault.recording_path(id);
    let bytes = recording::outline(&path)?.bytes;
    let recording = recording::recover(&path, Key::Coachee(&identity))?;
    let before = vault.as_found(id)?;
    let setup = setup(&before, recording.tracks());
    let pipeline = Pipeline::new(load::models(config, &model)?, setup, None);
    let mut outcome = recover::replay(pipeline, recording, bytes, config)?;
    if stored.has_words && outcome.numbers.duration_s + SHORTER_S < before.duration_s {
        return Err(shortened(&outcome.numbers, &before));
    }
    // What the recorder alone knew.
    outcome.numbers.dropped_s = before.dropped_s;
    outcome.numbers.gaps = before.gaps.max(outcome.numbers.gaps);
    outcome.numbers.recovered = before.recovered;
    vault.finish(id, &outcome.numbers, &outcome.words, outcome.words_poor)?;
    report::show(vault, &vault.find(&id.to_string())?, config, out)
}

/// What the first look at the sound knew or assumed, for the second to do the same.
fn setup(before: &Numbers, tracks: u8) -> Setup {
    let roles = before.spans.iter().filter_map(|spoken| Some((spoken.span, spoken.role?))).collect();
    let hint = RoleHint::Found { roles, assumed: before.doubts(Caveat::RolesAssumed) };
    let withheld = before.word_numbers_unusable.as_deref() == Some(Caveat::DemoModel.code());
    let voices = match before.models.whisper == load::DEMO_MODEL && !withheld {
        true if before.doubts(Caveat::DemoModel) => Voices::Recorded,
        true => Voices::Synthetic,
        false => Voices::Live,
    };
    Setup { tracks, hint, voices }
}

/// Good words are not replaced by those of a part.
fn shortened(heard: &Numbers, before: &Numbers) -> CliError {
    CliError::user(
        format!(
            "the recording is damaged: {} of {} can still be read",
            length(heard.duration_s),
            length(before.duration_s)
        ),
        "the words stay as they were; put a whole copy of the recording in its place, and try again",
    )
}
