//! `sidetone daemon`: the recorder in the foreground; and starting it in the background when a session wants it.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
};

use super::{CliError, Config, load};
use crate::daemon::{self, Client, ClientError, Request, Setup};

/// What the background daemon prints when it listens.
const READY: &str = "ready";

#[derive(clap::Args, Debug)]
pub struct Args {
    /// End the running daemon; a session is finished first
    #[arg(long)]
    stop: bool,
    /// Print a line when it listens
    #[arg(long, hide = true)]
    announce: bool,
}

pub fn run(args: &Args, config: &Config) -> Result<(), CliError> {
    if args.stop {
        connect(config)?.ask(&Request::Shutdown)?;
        config.remark("The recorder has ended.");
        return Ok(());
    }
    let runtime = runtime()?;
    runtime.block_on(async {
        let listener = daemon::bind(&socket(config))?;
        let shutdown = shutdown_signal()?;
        if args.announce {
            println!("{READY}");
        } else {
            config.remark(format!("Recording for {}. Ctrl-C ends it.", config.data_dir.display()));
        }
        daemon::run(listener, shutdown, setup(config)).await.map_err(CliError::from)
    })
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
    fs::create_dir_all(&config.data_dir).map_err(|error| CliError::file(&config.data_dir, &error))?;
    let log_path = config.data_dir.join("daemon.log");
    let log = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&log_path);
    let log = log.map_err(|error| CliError::file(&log_path, &error))?;
    let program =
        std::env::current_exe().map_err(|error| CliError::ours(format!("cannot find this program: {error}")))?;
    let mut command = std::process::Command::new(program);
    command.arg("daemon").arg("--announce").arg("--data-dir").arg(&config.data_dir);
    if let Some(only) = &config.settings.models_dir.value {
        command.arg("--models-dir").arg(only);
    }
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
