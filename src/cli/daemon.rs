//! `sidetone daemon`: the recorder in the foreground; and starting it in the background when a session wants it.

use std::{
    fs,
    io::{self, BufRead, BufReader, IsTerminal, Write},
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{CliError, Config, load, print_if_json};
use crate::{
    daemon::{self, Client, ClientError, Request, Setup},
    texts::say,
    vault,
};

/// What the background daemon prints when it listens.
const READY: &str = "ready";
/// A log of more bytes is put aside when the next recorder starts; the one put aside before it goes.
const LOG_BYTES_MAX: u64 = 1_000_000;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// End the running daemon; a session is finished first
    #[arg(long)]
    pub stop: bool,
    /// Print a line when it listens
    #[arg(long, hide = true)]
    announce: bool,
}

pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if args.stop {
        let reply = connect(config)?.ask(&Request::Shutdown)?;
        config.remark(say!("daemon-ended"));
        return print_if_json(out, config, &reply);
    }
    log_to_stderr(config);
    let runtime = runtime()?;
    runtime.block_on(async {
        let listener = daemon::bind(&socket(config))?;
        let shutdown = shutdown_signal()?;
        if args.announce {
            // Whoever started it may have gone; others may want it.
            let _ = writeln!(io::stdout(), "{READY}");
        } else {
            config.remark(say!("daemon-recording", folder = config.data_dir.display().to_string()));
        }
        tracing::info!("listening");
        let ended = daemon::run(listener, shutdown, setup(config)).await;
        tracing::info!("ended");
        ended.map_err(CliError::from)
    })
}

/// Our own events and nobody else's: what a library logs might be made of speech.
fn log_to_stderr(config: &Config) {
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), tracing::Level::INFO);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    // A log that cannot be written, on a disk that is full say, is no reason for a fault: its errors go nowhere.
    let lines = lines.with_ansi(config.color && io::stderr().is_terminal()).log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(ours);
    // Fails only where somebody has set one up already, who then gets the events.
    let _ =
        if config.journal { registry.with(lines.without_time()).try_init() } else { registry.with(lines).try_init() };
}

pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::ours(format!("the runtime cannot start: {error}")))
}

/// What a daemon of this configuration is given.
pub fn setup(config: &Config) -> Setup {
    let loading = config.clone();
    Setup {
        data_dir: config.data_dir.clone(),
        load_models: Arc::new(move |name| load::models(&loading, name).map_err(CliError::into_failure)),
    }
}

/// Resolves when the system asks the daemon to end: SIGINT, SIGTERM or SIGHUP.
fn shutdown_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| CliError::ours(format!("signals cannot be watched: {error}")));
    let (mut interrupt, mut terminate, mut hangup) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

pub fn socket(config: &Config) -> PathBuf {
    daemon::socket_path(&config.runtime_dir, &config.data_dir)
}

pub fn connect(config: &Config) -> Result<Client, ClientError> {
    Client::connect(&socket(config))
}

/// The running daemon, or one started in the background for this.
pub fn connect_or_start(config: &Config) -> Result<Client, CliError> {
    match connect(config) {
        Err(ClientError::NotRunning) => start(config)?,
        other => return Ok(other?),
    }
    Ok(connect(config)?)
}

/// Starts the daemon in a process group of its own, so that Ctrl-C at this terminal does not end a recording.
fn start(config: &Config) -> Result<(), CliError> {
    vault::private_directory(&config.data_dir)?;
    let log_path = config.data_dir.join("daemon.log");
    put_aside(&log_path);
    let log = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&log_path);
    let log = log.map_err(|error| CliError::file(&log_path, &error))?;
    let program =
        std::env::current_exe().map_err(|error| CliError::ours(format!("cannot find this program: {error}")))?;
    let mut command = std::process::Command::new(program);
    command.arg("daemon").arg("--announce").arg("--data-dir").arg(&config.data_dir);
    if let Some(only) = &config.settings.models_dir.value {
        command.arg("--models-dir").arg(only);
    }
    #[cfg(feature = "rust-bert")]
    command.arg("--encoder").arg(config.text_runtime.name());
    if let Some(file) = config.file.as_deref().filter(|file| file.exists()) {
        command.arg("--config").arg(file);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(|error| CliError::ours(format!("the recorder cannot be started: {error}")))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        // An error here reads as silence, which is handled.
        let _ = BufReader::new(stdout).read_line(&mut said);
    }
    if said.trim() == READY {
        return Ok(());
    }
    let _ = child.wait();
    // Somebody else may have started one at the same moment.
    if connect(config).is_ok() {
        return Ok(());
    }
    Err(CliError::user(
        "the recorder did not start",
        format!("`sidetone daemon` shows why; or read {}", log_path.display()),
    ))
}

/// Keeps the log from growing for ever.
fn put_aside(log: &Path) {
    if fs::metadata(log).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
        // A log that cannot be moved is written on.
        let _ = fs::rename(log, log.with_extension("log.1"));
    }
}
