//! `sidetone transcript`: the words. Every command here is the coachee's, and asks for their key.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use zeroize::Zeroizing;

use super::{
    CliError, Config, SessionArg, ask, held, load, new_private, pager, print_if_json, print_json, print_path, recover,
    report, shown,
    unlock::{self, Unlock},
    write_private,
};
use crate::{
    measures::{Caveat, Numbers},
    moves::{self, Coded},
    pipeline::{Pipeline, Setup, Voices},
    recording::{self, Damage, Key},
    report::{length, marked},
    seal::{self, Identity, KeyFile, SealError},
    session::{Decision, Role},
    speakers::RoleHint,
    texts::say,
    transcript::{self, Format, Named, Spoken, Utterance},
    vault::{self, Coachee, Reader, Receipt, Stored, VaultError, Writer},
};

/// What `--format` calls the sound.
const WAV: &str = "wav";

/// What `--output` calls standard output.
const STDOUT: &str = "-";

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
        /// Where to; readable by you alone. Its ending says the format where `--format` does not; `-` is standard output
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
        /// Do not ask
        #[arg(long)]
        yes: bool,
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
        /// Do not ask
        #[arg(long)]
        yes: bool,
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
            // A file may have any name, but a session's name is that session's.
            let is_file = taken.is_file() && vault.find(&session.session).is_err();
            if is_file || taken.extension().is_some_and(|ending| ending == "age") {
                return show(&taken_words(taken, &unlock, &vault)?, &what, config, out);
            }
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            remark_asserted(&stored, config);
            if let Some(notice) = forgotten(&stored) {
                config.remark(notice);
            }
            let marked = stored.numbers.as_ref().and_then(marked);
            marked.into_iter().for_each(|line| config.remark(line));
            let words = words(&stored, identity, config)?;
            show(&words, &what, config, out)
        }
        Command::Export { session, unlock, what, output } => {
            let format = what.to_export(output.as_deref(), config)?;
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            match format {
                Some(format) => export(&stored, identity, &what, format, output, config, out),
                None => export_sound(&vault, &stored, &identity, output, config, out),
            }
        }
        Command::Keep { session, unlock } => {
            let (stored, identity) = opened(&vault, &session, &unlock)?;
            vault.keep(stored.session.id, &identity)?;
            config.remark(say!("decide-kept"));
            decided(&stored, Decision::Kept, config, out)
        }
        Command::Delete { session, forgotten: true, .. } => delete_forgotten(&mut vault, &session, config, out),
        Command::Delete { session, unlock, everything, forgotten: false, yes } => {
            let (stored, _) = opened(&vault, &session, &unlock)?;
            let id = stored.session.id;
            let question =
                if everything { say!("transcript-delete-everything-asked") } else { say!("transcript-delete-asked") };
            if !agreed(&stored, yes, question, config)? {
                return decided(&stored, stored.decision, config, out);
            }
            let receipt =
                if everything { vault.delete_everything(id)? } else { vault.delete_words(id, Decision::Deleted)? };
            gone(&receipt, config, out)
        }
        Command::Take { session, unlock, output, yes } => take(&mut vault, &session, &unlock, output, yes, config, out),
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

    /// What `export` writes: as `--format` says, else as the file is called. `None` is the sound.
    fn to_export(&self, output: Option<&Path>, config: &Config) -> Result<Option<Format>, CliError> {
        let (name, wrong) = match (&self.format, output.and_then(Path::extension)) {
            (Some(name), _) => (name.clone(), format!("`{name}` is no format of a transcript")),
            (None, Some(ending)) => {
                let ending = ending.to_string_lossy().into_owned();
                let wrong = format!("`.{ending}` says no format of a transcript");
                (ending, wrong)
            }
            (None, None) if config.json && output.is_some_and(is_stdout) => return Ok(Some(Format::Json)),
            (None, None) => return Ok(Some(Format::Md)),
        };
        if name.eq_ignore_ascii_case(WAV) {
            return Ok(None);
        }
        name.parse().map(Some).map_err(|_| {
            CliError::user(
                wrong,
                "choose with `--format`: vtt, srt, md, json, tsv, textgrid, or wav for a sound that was kept",
            )
        })
    }

    /// The lines that were asked for, with the number of the first: they are counted from 1.
    fn chosen(&self, words: Vec<Utterance>) -> Result<(usize, Vec<Utterance>), CliError> {
        let Some(range) = &self.lines else { return Ok((1, words)) };
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
        Ok((from, words.into_iter().skip(from - 1).take(to - from + 1).collect()))
    }
}

fn is_stdout(output: &Path) -> bool {
    output == Path::new(STDOUT)
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
    vault.finished(&stored)?;
    let identity = unlock.identity_of(&vault.coachee(&stored.session.coachee)?)?;
    Ok((stored, identity))
}

fn words(stored: &Stored, identity: Identity, config: &Config) -> Result<Vec<Utterance>, CliError> {
    Ok(Reader::open(&config.data_dir, identity)?.transcript(stored.session.id)?)
}

/// What `take` wrote: opens with the owner's identity on any laptop, and on the one that has their key under its passphrase
/// with that.
fn taken_words(path: &Path, unlock: &Unlock, vault: &Writer) -> Result<Vec<Utterance>, CliError> {
    let sealed = fs::read(path).map_err(|error| CliError::file(path, &error))?;
    let Some(file) = &unlock.identity else { return taken_by_passphrase(&sealed, unlock, vault) };
    Ok(match unlock::read_identity(file)? {
        KeyFile::Identity(identity) => vault::open_words(&identity, &sealed)?.1,
        KeyFile::Plugin(key) => vault::open_taken_words(&key, &sealed, unlock::ASKING)?.1,
    })
}

/// Nobody can see from outside whose the file is: whoever has this passphrase here is asked for.
fn taken_by_passphrase(sealed: &[u8], unlock: &Unlock, vault: &Writer) -> Result<Vec<Utterance>, CliError> {
    let here: Vec<Coachee> = vault.coachees()?.into_iter().filter(Coachee::has_passphrase).collect();
    if here.is_empty() {
        return Err(CliError::user(
            "a transcript that was taken away opens with its owner's key",
            "name it: `--identity FILE`",
        ));
    }
    let passphrase = unlock.passphrase(say!("unlock-yours"))?;
    let mut failed = CliError::from(SealError::WrongPassphrase);
    for locked in here.iter().filter_map(|coachee| coachee.locked_identity.as_deref()) {
        let Ok(identity) = seal::unlock(locked, &passphrase) else { continue };
        match vault::open_words(&identity, sealed) {
            Err(VaultError::WrongIdentity) => failed = VaultError::WrongIdentity.into(),
            opened => return Ok(opened?.1),
        }
    }
    Err(failed)
}

/// What a file that is taken will open with, before the words here go: a file that opens with nothing that they hold would be
/// the end of the words.
fn what_opens(coachee: &Coachee, file: &Path) -> String {
    let (name, file) = (coachee.name.as_str(), held::typed(&shown(file)));
    match &coachee.held_by {
        Some(key) => say!("transcript-opens-plugin", key = key.to_string(), file),
        None if coachee.has_passphrase() => {
            say!("transcript-opens-passphrase", name, typed = held::typed(name), file)
        }
        None => say!("transcript-opens-identity", name, file),
    }
}

/// What `take --json` prints.
#[derive(serde::Serialize)]
struct Taken<'a> {
    #[serde(flatten)]
    receipt: &'a Receipt,
    path: String,
}

fn take(
    vault: &mut Writer,
    which: &SessionArg,
    unlock: &Unlock,
    output: Option<PathBuf>,
    yes: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let (stored, identity) = opened(vault, which, unlock)?;
    let id = stored.session.id;
    let path = output.unwrap_or_else(|| PathBuf::from(format!("{id}.words.age")));
    if is_stdout(&path) {
        return Err(CliError::user(
            "words that are taken want a file of their own",
            format!("`--output {id}.words.age`"),
        ));
    }
    let words = words(&stored, identity.clone(), config)?;
    config.remark(what_opens(&vault.coachee(&stored.session.coachee)?, &path));
    if !agreed(&stored, yes, say!("transcript-take-asked"), config)? {
        return decided(&stored, stored.decision, config, out);
    }
    write_private(&path, &vault.to_take(id, &identity, &words)?)?;
    let receipt = vault.delete_words(id, Decision::Taken)?;
    config.remark(say!("transcript-taken", file = shown(&path)));
    if config.json {
        return print_json(out, &Taken { receipt: &receipt, path: shown(&path) });
    }
    gone(&receipt, config, out)
}

/// Whether the words may go, and the sound with them where it was kept. Asked only where somebody is there to answer: a
/// script has said so by running the command.
fn agreed(stored: &Stored, yes: bool, question: &str, config: &Config) -> Result<bool, CliError> {
    if stored.has_recording {
        config.remark(say!("transcript-sound-goes", session = stored.session.id.to_string()));
    }
    if yes || !ask::can_ask() {
        return Ok(true);
    }
    let agreed = ask::yes(question)?;
    if !agreed {
        config.remark(say!("transcript-stays"));
    }
    Ok(agreed)
}

/// What holds for the words now, for scripts.
fn decided(stored: &Stored, decision: Decision, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    print_if_json(out, config, &serde_json::json!({"session": stored.session.id, "decision": decision.name()}))
}

fn export(
    stored: &Stored,
    identity: Identity,
    what: &What,
    format: Format,
    output: Option<PathBuf>,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let (_, words) = what.chosen(words(stored, identity, config)?)?;
    let written = written(&words, format, config)?;
    let path = output.unwrap_or_else(|| PathBuf::from(format!("{}.{}", stored.session.id, extension(format))));
    if is_stdout(&path) {
        return Ok(out.write_all(written.words().as_bytes())?);
    }
    write_private(&path, written.words().as_bytes())?;
    config.remark(say!("transcript-exported", count = words.len()));
    print_path(&path, config, out)
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
    let path = output.unwrap_or_else(|| PathBuf::from(format!("{}.{WAV}", stored.session.id)));
    if is_stdout(&path) {
        return Err(CliError::user(
            "a sound wants a file of its own",
            format!("`--output {}.{WAV}`", stored.session.id),
        ));
    }
    let recording = recording::recover(&vault.recording_path(stored.session.id), Key::Coachee(identity))?;
    let damage = recording::write_wav(recording, new_private(&path)?)?;
    if matches!(damage, Some(Damage::Altered { .. } | Damage::Torn { .. })) {
        config.remark(say!("transcript-sound-damaged"));
    }
    print_path(&path, config, out)
}

fn no_sound() -> CliError {
    CliError::user(
        "the sound of this session is not here",
        "it is kept only after `sidetone start --keep-audio`; a file can be read again: `sidetone import FILE --model NAME`",
    )
}

fn delete_forgotten(
    vault: &mut Writer,
    which: &SessionArg,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let id = vault.find(&which.session)?.session.id;
    let until = match vault.delete_forgotten(id) {
        Ok(receipt) => return gone(&receipt, config, out),
        Err(VaultError::NoticeNotOver { until: Some(until), .. }) => {
            config.remark(say!("transcript-notice-given", day = until.as_str()));
            until
        }
        Err(VaultError::NoticeNotOver { .. }) => {
            let until = vault.notice_forgotten(id)?;
            config.remark(say!("transcript-notice", day = until.as_str(), session = id.to_string()));
            until
        }
        Err(error) => return Err(error.into()),
    };
    print_if_json(out, config, &serde_json::json!({"session": id, "forgotten_after": until}))
}

/// That somebody said the passphrase is lost, where they did: the one who still has it must hear of it in time.
pub fn forgotten(stored: &Stored) -> Option<String> {
    let until = stored.forgotten_after.as_deref()?;
    let session = stored.session.id.to_string();
    Some(say!("transcript-forgotten", day = vault::day(until), session))
}

fn remark_asserted(stored: &Stored, config: &Config) {
    if stored.session.consent.asserted {
        let day = vault::day(&stored.session.consent.given_at);
        config.remark(say!("transcript-asserted", day));
    }
}

/// The words in a format, with their moves where it has room for them.
pub fn written(words: &[Utterance], format: Format, config: &Config) -> Result<Spoken, CliError> {
    if !matches!(format, Format::Json | Format::Tsv) || !moves::is_english(words) {
        return Ok(transcript::write(words, format));
    }
    let coded = moves::code(words, load::coder(config)?.as_ref(), &[]);
    let codes: Vec<Option<Named>> = coded.iter().map(Coded::named).collect();
    Ok(transcript::write_coded(words, &codes, format))
}

fn show(words: &[Utterance], what: &What, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let (first, words) = what.chosen(words.to_vec())?;
    if config.json || what.format.is_some() {
        let format = what.format(Format::Json)?;
        return Ok(write!(out, "{}", written(&words, format, config)?.words())?);
    }
    let text = plainly(&words, first);
    pager::show(&text, out)
}

/// More than stands before the words of a line, in any language.
const LINE_BEGINS_BYTES: usize = 64;

/// `  3  01:02  coach    What did you notice?`, numbered from `first`: what `--lines` goes by.
pub fn plainly(words: &[Utterance], first: usize) -> Zeroizing<String> {
    // All of the room at once: a string that grows leaves copies behind.
    let room = words.iter().map(|said| said.text.words().len() + LINE_BEGINS_BYTES).sum();
    let mut text = Zeroizing::new(String::with_capacity(room));
    for (line, said) in (first..).zip(words) {
        let at = said.span.start().seconds() as u64;
        let who = said.role.map_or("?", called);
        text.push_str(&format!("{line:3}  {:02}:{:02}  {who:7}  ", at / 60, at % 60));
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

pub fn gone(receipt: &Receipt, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        return print_json(out, receipt);
    }
    config.remark(say!("page-gone", what = receipt.what_said(), amount = receipt.amount()));
    if receipt.files > 0 {
        config.remark(say!("page-sound-gone"));
    }
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
    if outcome.numbers.marked.len() < before.marked.len() {
        outcome.numbers.marked.clone_from(&before.marked);
    }
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
