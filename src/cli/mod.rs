//! The command line: arguments in, one file per command, errors with hints out.
//!
//! [`parse`] decides nothing; [`Config::resolve_for`] settles arguments and environment once; [`run`] calls one command.
//! Results go to stdout, everything else to stderr.

mod ask;
mod code;
mod coach;
mod coachee;
mod complaint;
mod config;
mod control;
mod daemon;
mod demo;
mod doctor;
mod error;
mod examples;
mod held;
mod hours;
mod import;
mod licences;
mod load;
mod man;
mod models;
mod open;
mod pager;
mod pairing;
mod pulse;
mod privacy;
mod recover;
mod report;
mod service;
mod sessions;
pub mod settings;
mod setup;
mod start;
mod training;
mod transcript;
mod trend;
mod unlock;

use std::{
    ffi::OsString,
    fmt,
    fs::File,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    path::Path,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};

pub use config::{Config, Global};
pub use error::{CliError, explain};
pub use load::{decoding_threads, give_large_blocks_back};

use crate::session;

/// Hear how your coaching sessions sound: who talked, and how directive it was. The words stay with the coachee.
#[derive(Debug, Parser)]
#[command(name = "sidetone", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = examples::ALL)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Five questions and a sound check: the place to begin
    Setup,
    /// The whole story in a minute, on a session that comes with the program
    Demo,
    /// The people you coach: add, list, remove, change a passphrase
    #[command(subcommand, after_help = examples::COACHEE)]
    Coachee(coachee::Command),
    /// Your own voice, so that the program knows which of two is yours (optional)
    #[command(subcommand, after_help = examples::COACH)]
    Coach(coach::Command),
    /// Start recording a session
    #[command(after_help = examples::START)]
    Start(start::Args),
    /// What the recorder is doing
    Status,
    /// Stop listening for a while
    Pause,
    /// Listen again
    Resume,
    /// Remember this moment
    Mark,
    /// End the session and show its report
    Stop,
    /// Delete the session that is being recorded, or was cut off by a crash, all of it
    Withdraw,
    /// A live view of the recording: level, time, health; never words
    Watch,
    /// Make a report of a recording or a written transcript that you have
    #[command(after_help = examples::IMPORT)]
    Import(import::Args),
    /// Finish a session that was cut off
    #[command(after_help = examples::RECOVER)]
    Recover(recover::Args),
    /// The sessions that are here, and with --receipts what went
    #[command(after_help = examples::SESSIONS)]
    Sessions(sessions::Args),
    /// Show a session's report
    #[command(after_help = examples::REPORT)]
    Report(report::Args),
    /// Who spoke when, as RTTM; no words
    #[command(after_help = examples::TURNS)]
    Turns(report::TurnsArgs),
    /// The roles were the wrong way round: exchange them
    Swap(SessionArg),
    /// Your own sessions in time, of one coachee or over all
    #[command(after_help = examples::TREND)]
    Trend(trend::Args),
    /// The coachee's page in the browser: unlock, read, decide
    #[command(after_help = examples::OPEN)]
    Open(open::Args),
    /// The words, for the coachee: show, export, keep, delete, take, redo
    #[command(subcommand, after_help = examples::TRANSCRIPT)]
    Transcript(transcript::Command),
    /// Two who work together: set up, look at, end
    #[command(subcommand)]
    Pairing(pairing::Command),
    /// The time a pair set aside for a year
    #[command(subcommand)]
    Hours(hours::Command),
    /// Three questions for the coachee after a session, answered for themselves
    #[command(subcommand)]
    Pulse(pulse::Command),
    /// What you do to stay a coach
    #[command(subcommand)]
    Training(training::Command),
    /// Code a written transcript that you hold: what each utterance does
    #[command(after_help = examples::CODE)]
    Code(code::Args),
    /// The model files: list, fetch, verify, import
    #[command(subcommand, after_help = examples::MODELS)]
    Models(models::Command),
    /// The settings: their values, and where each came from
    #[command(subcommand, after_help = examples::CONFIG)]
    Config(settings::Command),
    /// Whether this computer can record a session, and what would make it better
    Doctor,
    /// Start the recorder at login: install, status, uninstall
    #[command(subcommand, after_help = examples::SERVICE)]
    Service(service::Command),
    /// One page for whoever answers for data protection at your school
    Privacy(privacy::Args),
    /// What the program is made of, and under which terms
    Licences,
    /// Run the recorder in the foreground
    Daemon(daemon::Args),
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Write manual pages
    #[command(hide = true)]
    Man(man::Args),
}

impl Command {
    /// Whether it asks a recorder that runs, and needs no setting for that but where the data is.
    fn speaks_to_recorder(&self) -> bool {
        match self {
            Self::Status | Self::Pause | Self::Resume | Self::Mark | Self::Stop | Self::Withdraw | Self::Watch => true,
            Self::Daemon(args) => args.stop,
            _ => false,
        }
    }
}

/// Which session.
#[derive(clap::Args, Clone, Debug)]
pub struct SessionArg {
    /// An id, the beginning of one, or `last`
    #[arg(default_value = "last")]
    pub session: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    Directive,
    Collaborative,
    Facilitative,
}

impl From<Stance> for session::Stance {
    fn from(stance: Stance) -> Self {
        match stance {
            Stance::Directive => Self::Directive,
            Stance::Collaborative => Self::Collaborative,
            Stance::Facilitative => Self::Facilitative,
        }
    }
}

/// Reads the command line.
///
/// # Errors
/// The exit code after help, the version or a complaint has been printed.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Args, ExitCode> {
    let args: Vec<OsString> = args.into_iter().collect();
    Args::try_parse_from(&args).map_err(|error| {
        let bare = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if error.use_stderr() && !bare {
            return explain(&complaint::complaint(&error, Args::command(), &args));
        }
        // Nobody is left to tell when this fails.
        let _ = error.print();
        if bare { ExitCode::from(1) } else { ExitCode::SUCCESS }
    })
}

/// Runs one command. Any of them may come to hold words or a key, so that all of them keep their memory to themselves.
///
/// # Errors
/// With a message, a hint and an exit code.
pub fn run(command: Command, config: &Config) -> Result<(), CliError> {
    crate::daemon::keep_memory_private()?;
    guarded(|| dispatch(command, config))
}

/// A fault of ours ends as an error of ours. What the fault itself said is not told: it may be words.
fn guarded(work: impl FnOnce() -> Result<(), CliError>) -> Result<(), CliError> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(CliError::ours("something went wrong in here")))
}

fn dispatch(command: Command, config: &Config) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    // `setup` makes it.
    if config.file_missing && !matches!(command, Command::Setup) {
        let missing = CliError::file(config.file.as_deref().unwrap_or(Path::new("")), &io::ErrorKind::NotFound.into());
        if !command.speaks_to_recorder() {
            return Err(missing);
        }
        config.leave_aside(&missing);
    }
    match command {
        Command::Setup => setup::run(config, &mut out),
        Command::Demo => demo::run(config, &mut out),
        Command::Coachee(command) => coachee::run(command, config, &mut out),
        Command::Coach(command) => coach::run(command, config, &mut out),
        Command::Start(args) => start::run(args, config, &mut out),
        Command::Status => control::status(config, &mut out),
        Command::Pause => control::pause(config, &mut out),
        Command::Resume => control::resume(config, &mut out),
        Command::Mark => control::mark(config, &mut out),
        Command::Stop => control::stop(config, &mut out),
        Command::Withdraw => control::withdraw(config, &mut out),
        Command::Watch => control::watch(config, &mut out),
        Command::Import(args) => import::run(args, config, &mut out),
        Command::Recover(args) => recover::run(args, config, &mut out),
        Command::Sessions(args) => sessions::run(&args, config, &mut out),
        Command::Report(args) => report::run(args, config, &mut out),
        Command::Turns(args) => report::turns(args, config, &mut out),
        Command::Swap(args) => sessions::swap(&args, config, &mut out),
        Command::Trend(args) => trend::run(args, config, &mut out),
        Command::Open(args) => open::run(args, config, &mut out),
        Command::Transcript(command) => transcript::run(command, config, &mut out),
        Command::Pairing(command) => pairing::run(command, config, &mut out),
        Command::Hours(command) => hours::run(command, config, &mut out),
        Command::Pulse(command) => pulse::run(command, config, &mut out),
        Command::Training(command) => training::run(command, config, &mut out),
        Command::Code(args) => code::run(args, config, &mut out),
        Command::Models(command) => models::run(command, config, &mut out),
        Command::Service(command) => service::run(&command, config, &mut out),
        Command::Man(args) => man::run(&args, config, &mut out),
        Command::Privacy(args) => privacy::run(&args, config, &mut out),
        Command::Licences => licences::run(config, &mut out),
        Command::Doctor => doctor::run(config, &mut out),
        Command::Config(command) => settings::run(&command, config, &mut out),
        Command::Daemon(args) => daemon::run(&args, config, &mut out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "sidetone", &mut script);
            Ok(out.write_all(&script)?)
        }
    }
}

/// Says something to the person at the terminal. Nobody may be there: what stderr led to may be closed, and no command is
/// broken off for that.
fn aside(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The same without an end of the line.
fn aside_open(text: impl fmt::Display) {
    let _ = write!(io::stderr(), "{text}");
}

/// Prints one JSON value.
fn print_json(out: &mut dyn Write, value: &impl serde::Serialize) -> Result<(), CliError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|_| CliError::ours("the answer cannot be written as JSON"))?;
    Ok(writeln!(out, "{text}")?)
}

/// The same only where a script asked for it: a person has been told on stderr.
fn print_if_json(out: &mut dyn Write, config: &Config, value: &impl serde::Serialize) -> Result<(), CliError> {
    if config.json { print_json(out, value) } else { Ok(()) }
}

/// Says where something was written.
fn print_path(path: &Path, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        return print_json(out, &serde_json::json!({"path": shown(path)}));
    }
    Ok(writeln!(out, "{}", shown(path))?)
}

/// Makes a file that did not exist, readable by its owner alone: it will hold words or a voice.
fn new_private(path: &Path) -> Result<File, CliError> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::user(format!("{} is there already", path.display()), "choose another name: `--output FILE`")
        }
        _ => CliError::file(path, &error),
    })
}

/// Writes such a file whole.
fn write_private(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let mut file = new_private(path)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| CliError::file(path, &error))
}

/// A path as an error or a remark names it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Shows a page with the program that the system uses for it.
fn open_with_system(path: &Path) -> Result<(), CliError> {
    ::open::that_detached(path)
        .map_err(|_| CliError::user("no browser could be opened", format!("open {} yourself", shown(path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_our_error_and_says_no_words() {
        let error = guarded(|| panic!("purple lighthouse marmalade")).unwrap_err();
        assert!(!error.message().contains("marmalade") && error.hint().unwrap().contains("report it"));
        assert_eq!(explain(&error), ExitCode::from(2));
    }
}
