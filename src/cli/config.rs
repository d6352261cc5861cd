//! What the arguments, the environment and the file of settings come to. The only place that reads the environment.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::IsTerminal,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use etcetera::BaseStrategy;

use super::{
    CliError, aside,
    settings::{self, FromFile, Key, Setting, Settings},
};
use crate::{moves::Runtime, texts::say, weights::Network};

/// Columns where the terminal does not say.
const WIDTH_DEFAULT: usize = 80;

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Where sessions are kept [env: SIDETONE_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where model files are looked for [env: SIDETONE_MODELS_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
    /// The file of settings: see `sidetone config show` [env: SIDETONE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON value instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no remarks
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colour in the output [default: auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<Color>,
    /// What runs the text model; the codes are the same
    #[cfg(feature = "rust-bert")]
    #[arg(long, global = true, value_name = "NAME", default_value = "rust-bert")]
    pub encoder: Encoder,
}

/// The choice that only a program with both has.
#[cfg(feature = "rust-bert")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoder {
    Candle,
    RustBert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Everything settled, nothing left to look up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file of settings; `None` where there is no home directory to keep it in.
    pub file: Option<PathBuf>,
    /// Somebody named a file that is not there.
    pub file_missing: bool,
    pub settings: Settings,
    /// Where the system looks for services of this user.
    pub services_dir: Option<PathBuf>,
    /// What goes to stderr is kept by systemd's journal, which adds the time by itself.
    pub journal: bool,
    pub data_dir: PathBuf,
    /// In the order they are searched.
    pub models_dirs: Vec<PathBuf>,
    /// Where fetched models go.
    pub fetch_into: PathBuf,
    /// For the daemon's socket; private to the user.
    pub runtime_dir: PathBuf,
    pub network: Network,
    /// What runs the text model.
    pub text_runtime: Runtime,
    pub json: bool,
    pub quiet: bool,
    pub color: bool,
    pub width: usize,
}

impl Config {
    /// Settles where everything is.
    ///
    /// # Errors
    /// When a setting cannot be, or there is no home directory and no data directory was named.
    pub fn resolve(global: &Global) -> Result<Self, CliError> {
        let (named, file) = settings_file(global)?;
        let text = match &file {
            Some(file) => read(file)?,
            None => None,
        };
        let said = match (&file, &text) {
            (Some(file), Some(text)) => settings::parse(text).map_err(|problem| {
                let place = format!("{}, line {}", file.display(), problem.line);
                CliError::user(format!("{place}: {}", problem.message), problem.hint)
            })?,
            _ => FromFile::default(),
        };
        Self::settled(global, file, named && text.is_none(), said, variable)
    }

    /// The same for a command. One that speaks to a recorder needs to know where the data is and no more: a session that runs
    /// can be stopped whatever a line in a file says, or a variable of the environment.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn resolve_for(args: &super::Args) -> Result<Self, CliError> {
        let problem = match Self::resolve(&args.global) {
            Err(problem) if args.command.speaks_to_recorder() => problem,
            settled => return settled,
        };
        let file = settings_file(&args.global)?.1;
        let text = file.as_ref().and_then(|file| std::fs::read(file).ok()).unwrap_or_default();
        let data_dir = settings::data_dir_in(&String::from_utf8_lossy(&text));
        let where_only = |name: &str| variable(name).filter(|_| name == settings::DATA_DIR.environment);
        let said = FromFile { data_dir, ..FromFile::default() };
        let config = Self::settled(&args.global, file, false, said, where_only)?;
        config.leave_aside(&problem);
        Ok(config)
    }

    /// Says that settings which cannot be read are not needed now.
    pub fn leave_aside(&self, problem: &CliError) {
        self.remark(say!("config-left-aside", problem = problem.message()));
    }

    fn settled(
        global: &Global,
        file: Option<PathBuf>,
        file_missing: bool,
        said: FromFile,
        variable: Variables,
    ) -> Result<Self, CliError> {
        let settings = settle(global, file.as_deref(), said, variable)?;
        let data_dir = settings.data_dir.value.clone();
        let models_dir = settings.models_dir.value.clone();
        let models_dirs = models_dir.clone().map_or_else(|| models_dirs(&data_dir), |dir| vec![dir]);
        let fetch_into = models_dir.unwrap_or_else(|| data_dir.join("models"));
        let wants_none = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match settings.color.value {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stdout().is_terminal() && !wants_none && !is("TERM", "dumb"),
        };
        Ok(Self {
            file_missing,
            file,
            settings,
            services_dir: services_dir(),
            journal: self::variable("JOURNAL_STREAM").is_some(),
            data_dir,
            models_dirs,
            fetch_into,
            runtime_dir: runtime_dir(),
            network: network(),
            text_runtime: text_runtime(global),
            json: global.json,
            quiet: global.quiet,
            color,
            width: width(),
        })
    }

    /// A note to the person at the terminal: on stderr, unless they want quiet.
    pub fn remark(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            aside(text);
        }
    }
}

#[cfg(feature = "rust-bert")]
fn text_runtime(global: &Global) -> Runtime {
    match global.encoder {
        Encoder::Candle => Runtime::Candle,
        Encoder::RustBert => Runtime::RustBert,
    }
}

#[cfg(not(feature = "rust-bert"))]
fn text_runtime(_: &Global) -> Runtime {
    Runtime::default()
}

/// Whether somebody named the file of settings, and where it is.
fn settings_file(global: &Global) -> Result<(bool, Option<PathBuf>), CliError> {
    let named = match &global.config {
        Some(file) => Some(file.clone()),
        None => variable("SIDETONE_CONFIG").map(PathBuf::from),
    };
    Ok(match named {
        Some(file) => (true, Some(absolute(&file)?)),
        None => (false, default_file()),
    })
}

/// What variables of the environment say, or some of them.
type Variables = fn(&str) -> Option<OsString>;

/// Each setting from where it is said nearest.
fn settle(global: &Global, file: Option<&Path>, said: FromFile, variable: Variables) -> Result<Settings, CliError> {
    let text_of = |key: Key| text_of(key, variable);
    let switch = |key: Key, in_file: Option<bool>| switch(key, in_file, variable);
    let dir = |flag: &Option<PathBuf>, key: Key, in_file: Option<PathBuf>| -> Result<_, CliError> {
        let given = |dir: &Path| absolute(dir).map(Some);
        Ok(Setting::settle(
            flag.as_deref().map(given).transpose()?,
            variable(key.environment).map(|dir| given(Path::new(&dir))).transpose()?,
            in_file.map(|dir| Some(beside(file, &dir))),
            None,
        ))
    };
    let data_dir = dir(&global.data_dir, settings::DATA_DIR, said.data_dir)?;
    let from = data_dir.from;
    let data_dir = data_dir.value.map_or_else(default_data_dir, Ok)?;
    Ok(Settings {
        data_dir: Setting { value: data_dir, from },
        models_dir: dir(&global.models_dir, settings::MODELS_DIR, said.models_dir)?,
        input: Setting::settle(None, text_of(settings::INPUT)?, said.input, "default".to_owned()),
        coach_track: Setting::settle(
            None,
            text_of(settings::COACH_TRACK)?.map(|value| settings::track(&value).map(Some)).transpose()?,
            said.coach_track.map(Some),
            None,
        ),
        stance: Setting::settle(
            None,
            text_of(settings::STANCE)?.map(|value| settings::chosen(settings::STANCE, &value).map(Some)).transpose()?,
            said.stance.map(Some),
            None,
        ),
        model: Setting::settle(None, text_of(settings::MODEL)?.map(Some), said.model.map(Some), None),
        retention_days: Setting::settle(
            None,
            text_of(settings::RETENTION_DAYS)?.map(|value| settings::days(&value)).transpose()?,
            said.retention_days,
            crate::session::RETENTION_DAYS,
        ),
        voice_commands: switch(settings::VOICE_COMMANDS, said.voice_commands)?,
        wake_word: Setting::settle(
            None,
            text_of(settings::WAKE_WORD)?,
            said.wake_word,
            settings::WAKE_WORD_DEFAULT.to_owned(),
        ),
        tones: switch(settings::TONES, said.tones)?,
        color: Setting::settle(
            global.color,
            text_of(settings::COLOR)?.map(|value| settings::chosen(settings::COLOR, &value)).transpose()?,
            said.color,
            Color::Auto,
        ),
    })
}

/// What is on unless somebody switches it off.
fn switch(key: Key, in_file: Option<bool>, variable: Variables) -> Result<Setting<bool>, CliError> {
    let in_environment = text_of(key, variable)?.map(|value| settings::switch(key, &value)).transpose()?;
    Ok(Setting::settle(None, in_environment, in_file, true))
}

/// A variable of the environment; an empty one says nothing.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn text_of(key: Key, variable: Variables) -> Result<Option<String>, CliError> {
    let name = key.environment;
    let text = |value: OsString| {
        let hint = format!("set it in UTF-8, or `unset {name}`");
        value.into_string().map_err(|_| CliError::user(format!("{name} cannot be read"), hint))
    };
    variable(name).map(text).transpose()
}

/// The text of a file of settings, if there is one.
fn read(file: &Path) -> Result<Option<String>, CliError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::file(file, &error)),
    }
}

fn default_file() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("sidetone/config.toml"))
}

fn services_dir() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return Some(etcetera::home_dir().ok()?.join("Library/LaunchAgents"));
    }
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("systemd/user"))
}

/// A directory as the file of settings means it: `~` is home, and other paths begin where the file is.
fn beside(file: Option<&Path>, dir: &Path) -> PathBuf {
    if let (Ok(rest), Ok(home)) = (dir.strip_prefix("~"), etcetera::home_dir()) {
        return home.join(rest);
    }
    file.and_then(Path::parent).map_or_else(|| dir.to_owned(), |folder| folder.join(dir))
}

fn absolute(dir: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(dir).map_err(|error| CliError::file(dir, &error))
}

fn is(name: &str, value: &str) -> bool {
    env::var_os(name).as_deref() == Some(OsStr::new(value))
}

fn default_data_dir() -> Result<PathBuf, CliError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        CliError::user("there is no home directory to keep sessions in", "name a place: `--data-dir DIR`")
    })?;
    Ok(strategy.data_dir().join("sidetone"))
}

/// The contract's order: the data directory, what an installed package brings, the source tree.
fn models_dirs(data_dir: &Path) -> Vec<PathBuf> {
    let mut dirs = vec![data_dir.join("models")];
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("share/sidetone/models")));
    dirs.extend(beside);
    dirs.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    dirs
}

/// A directory of the user's own for sockets; a path of the user's own under the temporary directory where there is none.
fn runtime_dir() -> PathBuf {
    match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(dir) if dir.is_absolute() => dir.join("sidetone"),
        _ => env::temp_dir().join(format!("sidetone-{}", rustix::process::getuid().as_raw())),
    }
}

fn network() -> Network {
    let first = |names: &[&str]| names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    Network {
        proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
        ca: first(&["SIDETONE_CA_FILE", "SSL_CERT_FILE"]).map(PathBuf::from),
    }
}

/// Columns of the terminal.
pub fn width() -> usize {
    let from_terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    from_terminal().or_else(|| env::var("COLUMNS").ok()?.parse().ok()).unwrap_or(WIDTH_DEFAULT)
}
