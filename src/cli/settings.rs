//! The settings that people may make once and for all: one TOML file, or an environment variable each. A flag goes before
//! the environment, the environment before the file, the file before the default. `sidetone config show` says which.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};
use serde::Deserialize;
use toml::de::DeTable;

use super::{CliError, Config, Stance, config::Color, print_json, shown};
use crate::{report::wrap, texts::say};

/// Names that resemble an unknown one differ in at most so many letters.
const NEAR_LETTERS: usize = 3;

/// A setting, as the file and the environment call it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// The variable that says the same.
    pub environment: &'static str,
    /// The text that says what it is, in the file and in `config show`.
    pub what: &'static str,
    pub example: &'static str,
}

pub const DATA_DIR: Key = Key {
    name: "data_dir",
    environment: "SIDETONE_DATA_DIR",
    what: "setting-data-dir",
    example: "\"~/.local/share/sidetone\"",
};
pub const MODELS_DIR: Key =
    Key { name: "models_dir", environment: "SIDETONE_MODELS_DIR", what: "setting-models-dir", example: "\"~/models\"" };
pub const INPUT: Key =
    Key { name: "input", environment: "SIDETONE_INPUT", what: "setting-input", example: "\"default\"" };
pub const COACH_TRACK: Key =
    Key { name: "coach_track", environment: "SIDETONE_COACH_TRACK", what: "setting-coach-track", example: "1" };
pub const STANCE: Key =
    Key { name: "stance", environment: "SIDETONE_STANCE", what: "setting-stance", example: "\"facilitative\"" };
pub const MODEL: Key =
    Key { name: "model", environment: "SIDETONE_MODEL", what: "setting-model", example: "\"base.en\"" };
pub const RETENTION_DAYS: Key = Key {
    name: "retention_days",
    environment: "SIDETONE_RETENTION_DAYS",
    what: "setting-retention-days",
    example: "30",
};
pub const VOICE_COMMANDS: Key = Key {
    name: "voice_commands",
    environment: "SIDETONE_VOICE_COMMANDS",
    what: "setting-voice-commands",
    example: "true",
};
pub const WAKE_WORD: Key =
    Key { name: "wake_word", environment: "SIDETONE_WAKE_WORD", what: "setting-wake-word", example: "\"sidetone\"" };
pub const TONES: Key = Key { name: "tones", environment: "SIDETONE_TONES", what: "setting-tones", example: "true" };
pub const COLOR: Key = Key { name: "color", environment: "SIDETONE_COLOR", what: "setting-color", example: "\"auto\"" };

pub const KEYS: [Key; 11] =
    [DATA_DIR, MODELS_DIR, INPUT, COACH_TRACK, STANCE, MODEL, RETENTION_DAYS, VOICE_COMMANDS, WAKE_WORD, TONES, COLOR];

/// What commands begin with, where nobody says otherwise.
pub const WAKE_WORD_DEFAULT: &str = "sidetone";

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct FromFile {
    pub data_dir: Option<PathBuf>,
    pub models_dir: Option<PathBuf>,
    pub input: Option<String>,
    pub coach_track: Option<u8>,
    pub stance: Option<Stance>,
    pub model: Option<String>,
    pub retention_days: Option<u32>,
    pub voice_commands: Option<bool>,
    pub wake_word: Option<String>,
    pub tones: Option<bool>,
    pub color: Option<Color>,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    Default,
    File,
    Environment,
    Flag,
}

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    pub value: T,
    pub from: From,
}

impl<T> Setting<T> {
    /// The first there is.
    pub fn settle(flag: Option<T>, environment: Option<T>, file: Option<T>, default: T) -> Self {
        match (flag, environment, file) {
            (Some(value), ..) => Self { value, from: From::Flag },
            (None, Some(value), _) => Self { value, from: From::Environment },
            (None, None, Some(value)) => Self { value, from: From::File },
            (None, None, None) => Self { value: default, from: From::Default },
        }
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Settings {
    pub data_dir: Setting<PathBuf>,
    pub models_dir: Setting<Option<PathBuf>>,
    pub input: Setting<String>,
    pub coach_track: Setting<Option<u8>>,
    pub stance: Setting<Option<Stance>>,
    pub model: Setting<Option<String>>,
    pub retention_days: Setting<u32>,
    pub voice_commands: Setting<bool>,
    pub wake_word: Setting<String>,
    pub tones: Setting<bool>,
    pub color: Setting<Color>,
}

/// What is wrong with the text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
    pub hint: String,
}

/// Reads the text of a file.
///
/// # Errors
/// When it is not TOML, sets what there is not, or sets it to what it cannot be.
pub fn parse(text: &str) -> Result<FromFile, Problem> {
    let line_at = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let refused = |error: toml::de::Error| Problem {
        line: line_at(error.span().map_or(0, |span| span.start)),
        message: error.message().lines().next().unwrap_or("this cannot be read").to_owned(),
        hint:
            "mend that line, or take it out; `sidetone --config /dev/null config show` has an example of each setting"
                .to_owned(),
    };
    let table = DeTable::parse(text).map_err(refused)?;
    for key in table.get_ref().keys() {
        let name: &str = key.get_ref();
        if !KEYS.iter().any(|known| known.name == name) {
            return Err(Problem {
                line: line_at(key.span().start),
                message: format!("there is no setting `{name}`"),
                hint: near(name),
            });
        }
    }
    let settings: FromFile = toml::from_str(text).map_err(refused)?;
    let line_of = |wanted: Key| {
        let key = table.get_ref().iter().find(|(key, _)| key.get_ref() == wanted.name);
        line_at(key.map_or(0, |(key, _)| key.span().start))
    };
    if let Some(other) = settings.coach_track.filter(|track| !(1..=2).contains(track)) {
        return Err(Problem {
            line: line_of(COACH_TRACK),
            message: format!("there is no track {other}"),
            hint: "coach_track is 1 or 2; `sidetone start --coach-track 2` says it for one session".to_owned(),
        });
    }
    if let Some(days) = settings.retention_days.filter(|days| !DAYS.contains(days)) {
        return Err(Problem {
            line: line_of(RETENTION_DAYS),
            message: format!("words that nobody decides about cannot be kept for {days} days"),
            hint: format!(
                "retention_days is 1 to {}; `sidetone start --retention-days 7` says it for one session",
                DAYS.end()
            ),
        });
    }
    Ok(settings)
}

/// Where the data is, by the text of a file that cannot be read as a whole: the line that says so is enough.
pub fn data_dir_in(text: &str) -> Option<PathBuf> {
    text.lines().find_map(|line| parse(line).ok()?.data_dir)
}

/// What can be agreed to.
pub const DAYS: std::ops::RangeInclusive<u32> = 1..=crate::session::RETENTION_DAYS_MAX;

/// Days out of the environment.
///
/// # Errors
/// When it is no number of days that can be agreed to.
pub fn days(value: &str) -> Result<u32, CliError> {
    value.parse().ok().filter(|days| DAYS.contains(days)).ok_or_else(|| {
        CliError::user(
            format!("{} says `{value}`", RETENTION_DAYS.environment),
            format!("it takes a number of days, 1 to {}", DAYS.end()),
        )
    })
}

fn near(name: &str) -> String {
    let wanted = name.to_lowercase().replace('-', "_");
    let closest = KEYS.iter().map(|key| (strsim::levenshtein(&wanted, key.name), key.name)).min();
    let all = KEYS.map(|key| key.name).join(", ");
    match closest {
        Some((letters, close)) if letters <= NEAR_LETTERS => {
            format!("did you mean `{close}`? The settings are {all}: see `sidetone --config /dev/null config show`")
        }
        _ => format!("the settings are {all}: see `sidetone --config /dev/null config show`"),
    }
}

/// A value of the environment.
///
/// # Errors
/// When it is none of those that the setting takes.
pub fn chosen<T: ValueEnum>(key: Key, value: &str) -> Result<T, CliError> {
    T::from_str(value, true).map_err(|_| {
        let values: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
            .collect();
        CliError::user(format!("{} says `{value}`", key.environment), format!("it takes {}", values.join(", ")))
    })
}

/// A track out of the environment.
///
/// # Errors
/// When it is neither 1 nor 2.
pub fn track(value: &str) -> Result<u8, CliError> {
    match value {
        "1" => Ok(1),
        "2" => Ok(2),
        _ => Err(CliError::user(format!("{} says `{value}`", COACH_TRACK.environment), "it takes 1 or 2")),
    }
}

/// A switch out of the environment.
///
/// # Errors
/// When it is neither on nor off.
pub fn switch(key: Key, value: &str) -> Result<bool, CliError> {
    match value.to_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Ok(true),
        "false" | "off" | "no" | "0" => Ok(false),
        _ => Err(CliError::user(format!("{} says `{value}`", key.environment), "it takes true or false")),
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every setting, its value, and where that came from
    Show,
}

pub fn run(command: &Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let Command::Show = command;
    let shown_settings = of(&config.settings);
    let file = config.file.as_deref();
    if config.json {
        let settings: serde_json::Map<String, serde_json::Value> = shown_settings
            .into_iter()
            .map(|(key, value, from)| {
                let value = serde_json::json!({
                    "value": value, "from": from, "environment": key.environment, "what": say!(key.what),
                });
                (key.name.to_owned(), value)
            })
            .collect();
        let exists = file.is_some_and(Path::is_file);
        return print_json(out, &serde_json::json!({"file": file.map(shown), "exists": exists, "settings": settings}));
    }
    match file {
        Some(file) if file.exists() => writeln!(out, "# {}", shown(file))?,
        Some(file) => writeln!(out, "# {}", say!("settings-no-file", file = shown(file)))?,
        None => writeln!(out, "# {}", say!("settings-no-home"))?,
    }
    for (key, value, from) in shown_settings {
        writeln!(out)?;
        for line in wrap(&format!("{}.", say!(key.what)), config.width.saturating_sub(2)) {
            writeln!(out, "# {line}")?;
        }
        let from = match from {
            From::Default => say!("settings-from-default").to_owned(),
            From::File => say!("settings-from-file").to_owned(),
            From::Environment => say!("settings-from-environment", variable = key.environment),
            From::Flag => say!("settings-from-flag", flag = key.name.replace('_', "-")),
        };
        match value {
            serde_json::Value::Null => {
                writeln!(out, "# {} = {}  # {}", key.name, key.example, say!("settings-not-set"))?;
            }
            value => writeln!(out, "{} = {}  # {from}", key.name, as_toml(&value))?,
        }
    }
    Ok(())
}

fn of(settings: &Settings) -> [(Key, serde_json::Value, From); 11] {
    use serde_json::json;
    let Settings {
        data_dir,
        models_dir,
        input,
        coach_track,
        stance,
        model,
        retention_days,
        voice_commands,
        wake_word,
        tones,
        color,
    } = settings;
    [
        (DATA_DIR, json!(shown(&data_dir.value)), data_dir.from),
        (MODELS_DIR, json!(models_dir.value.as_deref().map(shown)), models_dir.from),
        (INPUT, json!(input.value), input.from),
        (COACH_TRACK, json!(coach_track.value), coach_track.from),
        (STANCE, json!(stance.value), stance.from),
        (MODEL, json!(model.value), model.from),
        (RETENTION_DAYS, json!(retention_days.value), retention_days.from),
        (VOICE_COMMANDS, json!(voice_commands.value), voice_commands.from),
        (WAKE_WORD, json!(wake_word.value), wake_word.from),
        (TONES, json!(tones.value), tones.from),
        (COLOR, json!(color.value), color.from),
    ]
}

fn as_toml(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => toml_edit::Value::from(text.as_str()).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_say_everything_and_nothing() {
        assert_eq!(parse(""), Ok(FromFile::default()));
        assert_eq!(parse("# only a remark\n"), Ok(FromFile::default()));
        let all: String = KEYS.iter().map(|key| format!("{} = {}\n", key.name, key.example)).collect();
        let settings = parse(&all).unwrap();
        assert_eq!(settings.stance, Some(Stance::Facilitative));
        assert_eq!((settings.coach_track, settings.color), (Some(1), Some(Color::Auto)));
        assert!(settings.data_dir.is_some() && settings.models_dir.is_some());
        assert!(settings.input.is_some() && settings.model.is_some());
        assert_eq!((settings.voice_commands, settings.tones), (Some(true), Some(true)));
        assert_eq!(settings.wake_word.as_deref(), Some(WAKE_WORD_DEFAULT));
    }

    #[test]
    fn where_the_data_is_is_read_past_any_mistake() {
        let here = |text: &str| data_dir_in(text).map(|dir| dir.display().to_string());
        for broken in ["modle = \"base.en\"", "stance = ", "[input", "retention_days = 400", "\u{0}"] {
            let text = format!("{broken}\ndata_dir = \"~/sessions\" # ours\n{broken}\n");
            assert!(parse(&text).is_err() && here(&text).as_deref() == Some("~/sessions"), "{broken}");
        }
        assert_eq!(here("data_dir = ~/sessions\n# data_dir = \"~/others\"\n"), None);
    }

    #[test]
    fn what_cannot_be_says_where_and_what_instead() {
        for (text, line, message, hint) in [
            ("stanse = \"directive\"\n", 1, "no setting `stanse`", "`stance`"),
            ("\n\ncoach-track = 1\n", 3, "no setting `coach-track`", "`coach_track`"),
            ("model = \"base.en\"\nupload_to_school = 3", 2, "no setting `upload_to_school`", "data_dir, models_dir"),
            ("\nretention_days = 400", 2, "kept for 400 days", "1 to 180"),
            ("retention_days = 0", 1, "kept for 0 days", "--retention-days"),
            ("stance = \"bossy\"", 1, "unknown variant `bossy`", "take it out"),
            ("\ncoach_track = 3", 2, "no track 3", "1 or 2"),
            ("coach_track = \"1\"", 1, "invalid type", "take it out"),
            ("input = ", 1, "", "mend that line"),
            ("model = \"a\"\nmodel = \"b\"", 2, "duplicate key", "mend that line"),
            ("[session]\nmodel = \"a\"", 1, "no setting `session`", "settings are"),
        ] {
            let problem = parse(text).unwrap_err();
            assert_eq!(problem.line, line, "{text:?}: {problem:?}");
            assert!(problem.message.contains(message) && problem.hint.contains(hint), "{text:?}: {problem:?}");
        }
    }

    #[test]
    fn a_switch_is_on_or_off() {
        for (text, on) in
            [("true", Some(true)), ("ON", Some(true)), ("0", Some(false)), ("no", Some(false)), ("x", None)]
        {
            assert_eq!(switch(TONES, text).ok(), on, "{text}");
        }
    }

    #[test]
    fn the_nearer_source_wins() {
        for (flag, environment, file, value, from) in [
            (None, None, None, 0, From::Default),
            (None, None, Some(1), 1, From::File),
            (None, Some(2), Some(1), 2, From::Environment),
            (Some(3), Some(2), Some(1), 3, From::Flag),
        ] {
            assert_eq!(Setting::settle(flag, environment, file, 0), Setting { value, from });
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }
    }
}
