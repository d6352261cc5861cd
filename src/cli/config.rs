//! What the arguments and the environment come to. The only place that reads the environment.

use std::{
    env,
    ffi::OsStr,
    io::IsTerminal,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use etcetera::BaseStrategy;

use super::CliError;
use crate::{moves::Runtime, weights::Network};

/// Columns where the terminal does not say.
const WIDTH_DEFAULT: usize = 80;

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Where sessions are kept
    #[arg(long, global = true, value_name = "DIR", env = "SIDETONE_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
    /// Where model files are looked for
    #[arg(long, global = true, value_name = "DIR", env = "SIDETONE_MODELS_DIR", hide_env_values = true)]
    pub models_dir: Option<PathBuf>,
    /// Print one JSON value instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no remarks
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colour in the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// What runs the text model; the codes are the same
    #[cfg(feature = "rust-bert")]
    #[arg(long, global = true, value_name = "NAME", default_value = "rust-bert", env = "SIDETONE_ENCODER")]
    pub encoder: Encoder,
}

/// The choice that only a program with both has.
#[cfg(feature = "rust-bert")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoder {
    Candle,
    RustBert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Everything settled, nothing left to look up.
#[derive(Clone, Debug)]
pub struct Config {
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
    /// When there is no home directory and none was named.
    pub fn resolve(global: &Global) -> Result<Self, CliError> {
        let data_dir = match &global.data_dir {
            Some(dir) => absolute(dir)?,
            None => default_data_dir()?,
        };
        let models_dirs = match &global.models_dir {
            Some(dir) => vec![absolute(dir)?],
            None => models_dirs(&data_dir),
        };
        let fetch_into = match &global.models_dir {
            Some(dir) => absolute(dir)?,
            None => data_dir.join("models"),
        };
        let wants_none = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stdout().is_terminal() && !wants_none && !is("TERM", "dumb"),
        };
        Ok(Self {
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
            eprintln!("{text}");
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
        // SAFETY: getuid cannot fail and touches no memory.
        _ => env::temp_dir().join(format!("sidetone-{}", unsafe { libc::getuid() })),
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
fn width() -> usize {
    let from_terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    from_terminal().or_else(|| env::var("COLUMNS").ok()?.parse().ok()).unwrap_or(WIDTH_DEFAULT)
}
