//! `sidetone setup`: five questions, then five seconds of sound to hear oneself by. Enter keeps what there is.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
    time::{Duration, Instant},
};

use super::{
    CliError, Config, Stance, aside, aside_open, ask, coachee,
    control::{alarm_in_words, bar},
    held,
    load::DEMO_MODEL,
    models, print_json,
    settings::{self, KEYS, Key},
    shown,
};
use crate::{
    capture::{self, Health, InputSpec, Trial},
    seal::{PluginRecipient, Recipient, SealError},
    texts::{filled, say},
    vault::Writer,
    weights::{self, Entry, Manifest, ModelRole},
};

/// How long the person is recorded.
const RECORD: Duration = Duration::from_secs(5);

/// What was answered; `None` keeps what there is.
#[derive(Debug, Default)]
struct Answers {
    input: Option<String>,
    stance: Option<Stance>,
    model: Option<String>,
}

pub fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let file = config.file.as_deref().ok_or_else(|| {
        CliError::user("there is no home directory to keep settings in", "name a file: `--config FILE`")
    })?;
    config.remark(format!("{}\n", say!("setup-begin")));
    let coachee = first_coachee(config, out)?;
    let answers = Answers { input: input(config)?, stance: stance(config)?, model: model(config)? };
    write(file, &answers)?;
    config.remark(format!("\n{}\n", say!("setup-written", file = shown(file))));

    let spec = answers.input.as_deref().unwrap_or(&config.settings.input.value);
    let trial = hear(spec, config)?;
    let played = play(&trial, config);
    let (levels, alarm) = (trial.levels_db(), trial.alarm());
    // Wiped here; it was never on a disk.
    drop(trial);
    config.remark(format!("{}\n", say!("setup-gone")));
    if config.json {
        let stance = answers.stance.or(config.settings.stance.value);
        let model = answers.model.as_ref().or(config.settings.model.value.as_ref());
        return print_json(
            out,
            &serde_json::json!({
                "coachee": coachee, "config": shown(file), "input": spec, "stance": stance, "model": model,
                "levels_db": levels, "alarm": alarm, "played_back": played,
            }),
        );
    }
    let name = coachee.as_deref().map_or("NAME".to_owned(), held::typed);
    config.remark(say!("setup-ready", name));
    config.remark(say!("setup-doctor"));
    Ok(())
}

/// One answer; the end of the input is nobody there.
fn answer(question: &str) -> Result<String, CliError> {
    ask::line(question)?.ok_or_else(|| {
        CliError::user(
            "setup asks questions, and nobody is there to answer",
            "run it in a terminal; or set things one by one: `sidetone coachee add NAME`, `sidetone config show`",
        )
    })
}

/// Tells what is wrong with an answer, before the question comes again.
fn again(error: &CliError) {
    aside(format_args!("   {}{}", error.message(), error.hint().map_or(String::new(), |hint| format!(" ({hint})"))));
}

fn first_coachee(config: &Config, out: &mut dyn Write) -> Result<Option<String>, CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let known: Vec<String> = vault.coachees()?.into_iter().map(|coachee| coachee.name).collect();
    let keep = if known.is_empty() { say!("setup-nobody").to_owned() } else { known.join(", ") };
    loop {
        let name = answer(&format!("{} [{keep}]", say!("setup-coachee")))?;
        if name.is_empty() {
            return Ok(known.into_iter().next());
        }
        if known.contains(&name) {
            config.remark(format!("   {}", say!("setup-known", name = &name)));
            return Ok(Some(name));
        }
        let recipient = match opener(&name)? {
            Opener::Passphrase => None,
            Opener::Recipient(recipient) => Some(recipient),
            Opener::Later => {
                config.remark(format!("   {}", say!("setup-later", name = &name, typed = held::typed(&name))));
                return Ok(None);
            }
        };
        let recipient = recipient.as_deref();
        // With --json, stdout is for one value alone.
        let added = if config.json {
            let text = Config { json: false, ..config.clone() };
            coachee::add(&mut vault, &name, recipient, None, &text, &mut io::stderr())
        } else {
            coachee::add(&mut vault, &name, recipient, None, config, out)
        };
        match added {
            Ok(()) => return Ok(Some(name)),
            Err(error) if error.is_left() => return Err(error),
            Err(error) => again(&error),
        }
    }
}

/// What opens the words of somebody's sessions.
enum Opener {
    Passphrase,
    Recipient(String),
    Later,
}

fn opener(name: &str) -> Result<Opener, CliError> {
    aside(say!("setup-opener", name));
    loop {
        let said = answer("   [passphrase]")?;
        match said.to_lowercase().as_str() {
            "" | "passphrase" => return Ok(Opener::Passphrase),
            "later" => return Ok(Opener::Later),
            _ if said.parse::<Recipient>().is_ok() || said.parse::<PluginRecipient>().is_ok() => {
                return Ok(Opener::Recipient(said));
            }
            key if key.starts_with("age1") => again(&SealError::NotARecipient.into()),
            // The coach may be looking on.
            _ => aside(format_args!("   {}", say!("setup-no-recipient"))),
        }
    }
}

fn input(config: &Config) -> Result<Option<String>, CliError> {
    match capture::inputs() {
        Ok(names) => {
            for (index, name) in names.iter().enumerate() {
                aside(format_args!("   {index}  {name}"));
            }
        }
        Err(error) => again(&error.into()),
    }
    let keep = &config.settings.input.value;
    loop {
        let chosen = answer(&format!("{} [{keep}]", say!("setup-input")))?;
        if chosen.is_empty() {
            return Ok(None);
        }
        let opened = named(&chosen).and_then(|name| {
            capture::open(&name.parse()?, 1.0, false)?;
            Ok(name)
        });
        match opened {
            Ok(name) => return Ok(Some(name)),
            Err(error) => again(&error.into()),
        }
    }
}

/// Numbers become names: the order of devices changes when one is unplugged.
fn named(chosen: &str) -> Result<String, capture::CaptureError> {
    let names = capture::inputs().unwrap_or_default();
    let name = |part: &str| -> String {
        let index: Option<usize> = part.trim().parse().ok();
        index.and_then(|index| names.get(index)).map_or_else(|| part.trim().to_owned(), Clone::clone)
    };
    let chosen = match chosen.parse::<InputSpec>()? {
        InputSpec::Two(first, second) => format!("{}+{}", name(&first), name(&second)),
        InputSpec::WithSystem(first) => format!("{}+system", name(&first)),
        InputSpec::Device(device) => name(&device),
        InputSpec::Default | InputSpec::File(_) => chosen.to_owned(),
    };
    Ok(chosen)
}

fn stance(config: &Config) -> Result<Option<Stance>, CliError> {
    let settled = config.settings.stance.value;
    let keep = settled.map_or_else(|| say!("setup-no-stance"), |stance| crate::session::Stance::from(stance).name());
    aside(filled("setup-stance", []));
    loop {
        let chosen = answer(&format!("   [{keep}]"))?.to_lowercase();
        if chosen.is_empty() {
            return Ok(None);
        }
        let all = [Stance::Directive, Stance::Collaborative, Stance::Facilitative];
        let fits = |stance: &&Stance| crate::session::Stance::from(**stance).name().starts_with(&chosen);
        match all.iter().find(fits) {
            Some(stance) => return Ok(Some(*stance)),
            None => aside(format_args!("   {}", say!("setup-stance-again"))),
        }
    }
}

fn model(config: &Config) -> Result<Option<String>, CliError> {
    let manifest = Manifest::bundled()?;
    let here = |entry: &Entry| weights::locate(&config.models_dirs, &entry.file).is_some();
    let recommended = manifest.entries().iter().find(|entry| entry.recommended && entry.role == ModelRole::Whisper);
    let keep = config.settings.model.value.clone().or(recommended.map(|entry| entry.name.clone())).unwrap_or_default();
    loop {
        let chosen = answer(&format!("{} [{keep}]", say!("setup-model")))?;
        if chosen == "?" {
            list(&manifest);
            continue;
        }
        let name = if chosen.is_empty() { keep.as_str() } else { chosen.as_str() };
        let entry = match manifest.find(name) {
            Ok(entry) if entry.role == ModelRole::Whisper => entry,
            Ok(_) => {
                aside(format_args!("   {}", say!("setup-no-such-model", model = name)));
                continue;
            }
            Err(error) => {
                again(&error.into());
                continue;
            }
        };
        if entry.name == DEMO_MODEL {
            aside(format_args!("   {}", say!("setup-demo-model", model = DEMO_MODEL)));
            continue;
        }
        let others = manifest.entries().iter().filter(|other| other.role != ModelRole::Whisper && other.recommended);
        let missing: Vec<&Entry> = [entry].into_iter().chain(others).filter(|entry| !here(entry)).collect();
        bring(&missing, config)?;
        return Ok((!chosen.is_empty()).then_some(chosen));
    }
}

/// The models to choose from, but for their smaller forms, and what this computer makes of them.
fn list(manifest: &Manifest) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let choice =
        |entry: &&Entry| entry.role == ModelRole::Whisper && entry.name != DEMO_MODEL && !entry.name.contains("-q");
    for entry in manifest.entries().iter().filter(choice) {
        let suits = weights::suits(entry, models::memory_bytes(), cores).unwrap_or_default();
        aside(format_args!("   {:15} {:>5} MB  {}", entry.name, entry.bytes / 1_000_000, entry.good_for));
        aside(format_args!("   {:24}  {suits}", ""));
    }
    aside(format_args!("   {}", say!("setup-smaller")));
}

/// Fetches what is missing, if that is wanted and can be done; the rest of the setup does not hang on it.
fn bring(missing: &[&Entry], config: &Config) -> Result<(), CliError> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|entry| entry.name.as_str()).collect();
    let megabytes = missing.iter().map(|entry| entry.bytes).sum::<u64>() / 1_000_000;
    let wanted = ask::yes(&format!("   {}", say!("setup-bring", models = names.join(", "), megabytes)))?;
    for entry in missing {
        let brought = if wanted { models::fetch(entry, config, &mut io::sink()) } else { Ok(()) };
        if let Err(error) = &brought {
            again(error);
        }
        if !wanted || brought.is_err() {
            config.remark(format!("   {}", say!("setup-bring-later", model = &entry.name)));
        }
    }
    Ok(())
}

/// Writes the answers; what the file said else stays, remarks included.
fn write(file: &Path, answers: &Answers) -> Result<(), CliError> {
    let said: Vec<(Key, &str)> = [
        (settings::INPUT, answers.input.as_deref()),
        (settings::STANCE, answers.stance.map(|stance| crate::session::Stance::from(stance).name())),
        (settings::MODEL, answers.model.as_deref()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect();
    let text = match fs::read_to_string(file) {
        Ok(text) => changed(&text, &said)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => fresh(&said),
        Err(error) => return Err(CliError::file(file, &error)),
    };
    // Where the file is a link, what it leads to is written: people keep such files elsewhere.
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = real.parent().unwrap_or(Path::new("/"));
    let failed = |error: &io::Error| CliError::file(&real, error);
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(|error| failed(&error))?;
    new.persist(&real).map_err(|error| failed(&error.error))?;
    Ok(())
}

fn changed(text: &str, said: &[(Key, &str)]) -> Result<String, CliError> {
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|_| CliError::ours("the settings were read before and cannot be read now"))?;
    for (key, value) in said {
        document.insert(key.name, toml_edit::value(*value));
    }
    Ok(document.to_string())
}

/// A file with every setting in it: those that were answered, and the others as examples.
fn fresh(said: &[(Key, &str)]) -> String {
    let mut text = format!("# {}\n", say!("setup-file"));
    for key in KEYS {
        text.push_str(&format!("\n# {}.\n", say!(key.what)));
        match said.iter().find(|(answered, _)| answered.name == key.name) {
            Some((_, value)) => text.push_str(&format!("{} = {}\n", key.name, toml_edit::Value::from(*value))),
            None => text.push_str(&format!("# {} = {}\n", key.name, key.example)),
        }
    }
    text
}

/// Records for five seconds into memory, and says what it is like.
fn hear(spec: &str, config: &Config) -> Result<Trial, CliError> {
    config.remark(say!("setup-hear"));
    // Who pipes the answers has nothing more to say, and needs not.
    ask::line(say!("setup-record"))?;
    let live = io::stderr().is_terminal() && !config.quiet;
    let mut begun = None;
    let mut look = |health: &Health| {
        if live {
            let left = RECORD.saturating_sub(begun.get_or_insert_with(Instant::now).elapsed()).as_secs_f64();
            let [first, second] = health.level_db;
            let second = if second > capture::LEVEL_FLOOR_DB { bar(second) } else { String::new() };
            let speak = say!("setup-speak", seconds = format!("{left:.0}"));
            aside_open(format_args!("\r\x1b[2K   {} {second}  {speak}", bar(first)));
        }
    };
    let trial = capture::try_input(&spec.parse()?, RECORD, &mut look);
    if live {
        aside_open("\r\x1b[2K");
    }
    let trial = trial?;
    let levels = trial
        .levels_db()
        .iter()
        .map(|level| format!("{level:.0} dB"))
        .reduce(|first, second| say!("setup-levels", first, second))
        .unwrap_or_default();
    config.remark(match trial.alarm() {
        Some(alarm) => say!("setup-alarm", what = alarm_in_words(alarm), levels),
        None => say!("setup-heard", levels),
    });
    Ok(trial)
}

/// Plays back what was heard, all tracks together.
fn play(trial: &Trial, config: &Config) -> bool {
    let length = trial.tracks().map(<[f32]>::len).max().unwrap_or(0);
    let share = 1.0 / trial.tracks().len().max(1) as f32;
    let mut mixed = zeroize::Zeroizing::new(vec![0.0; length]);
    for track in trial.tracks() {
        mixed.iter_mut().zip(track).for_each(|(sum, sample)| *sum += sample * share);
    }
    config.remark(say!("setup-playing"));
    match capture::play(&mixed) {
        Ok(()) => true,
        Err(error) => {
            config.remark(say!("setup-not-played", why = error.to_string()));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_holds_every_setting_and_is_one() {
        let text = fresh(&[(settings::STANCE, "directive"), (settings::INPUT, "Mic \"2\"+system")]);
        let read = settings::parse(&text).unwrap();
        assert_eq!((read.stance, read.input.as_deref()), (Some(Stance::Directive), Some("Mic \"2\"+system")));
        assert_eq!((read.model, read.data_dir), (None, None));
        let all_on: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .fold(String::new(), |all, line| if line.contains(" = ") { all + line + "\n" } else { all });
        assert!(settings::parse(&all_on).is_ok_and(|read| read.data_dir.is_some()), "{all_on}");
    }

    #[test]
    fn what_somebody_wrote_by_hand_stays() {
        let text = "# mine\ncolor = \"never\" # no colours\nmodel = \"tiny.en\"\n";
        let text = changed(text, &[(settings::MODEL, "base.en"), (settings::STANCE, "directive")]).unwrap();
        assert_eq!(text, "# mine\ncolor = \"never\" # no colours\nmodel = \"base.en\"\nstance = \"directive\"\n");
    }
}
