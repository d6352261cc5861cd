//! `sidetone service`: the recorder as something that the system starts at login, so that words are deleted on their day
//! also when nobody records. `sidetone start` needs no service: it starts a recorder by itself.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
};

use clap::Subcommand;

use super::{CliError, Config, daemon, print_json, settings::From, shown};
use crate::{
    daemon::{Phase, Reply, Request},
    texts::say,
};

/// The unit, as systemd calls it.
const UNIT: &str = "sidetone.service";
/// The agent, as launchd calls it.
const LABEL: &str = "org.sidetone.recorder";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the recorder at login, and now
    Install,
    /// Whether it is installed, and runs
    Status,
    /// Do not start it any more; sessions and settings stay
    Uninstall,
}

/// What starts services here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supervisor {
    Systemd,
    Launchd,
}

impl Supervisor {
    const HERE: Self = if cfg!(target_os = "macos") { Self::Launchd } else { Self::Systemd };

    fn file(self) -> String {
        match self {
            Self::Systemd => UNIT.to_owned(),
            Self::Launchd => format!("{LABEL}.plist"),
        }
    }

    /// The text of the file that starts `program` with `args`.
    fn written(self, program: &Path, args: &[OsString]) -> String {
        match self {
            Self::Systemd => unit(program, args),
            Self::Launchd => agent(program, args),
        }
    }

    /// What has to be said to it, each a command.
    fn start(self, file: &Path) -> Vec<Vec<OsString>> {
        match self {
            Self::Systemd => vec![systemctl(&["daemon-reload"]), systemctl(&["enable", "--now", UNIT])],
            Self::Launchd => vec![launchctl(&["bootstrap".as_ref(), domain().as_ref(), file.as_os_str()])],
        }
    }

    fn stop(self) -> Vec<Vec<OsString>> {
        match self {
            Self::Systemd => vec![systemctl(&["disable", "--now", UNIT])],
            Self::Launchd => vec![launchctl(&["bootout".as_ref(), format!("{}/{LABEL}", domain()).as_ref()])],
        }
    }

    fn forget(self) -> Vec<Vec<OsString>> {
        match self {
            Self::Systemd => vec![systemctl(&["daemon-reload"])],
            Self::Launchd => Vec::new(),
        }
    }

    fn is_running(self) -> bool {
        match self {
            Self::Systemd => tell(&systemctl(&["is-active", "--quiet", UNIT])).is_ok(),
            Self::Launchd => tell(&launchctl(&["print".as_ref(), format!("{}/{LABEL}", domain()).as_ref()])).is_ok(),
        }
    }
}

pub fn run(command: &Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let supervisor = Supervisor::HERE;
    let file = config.services_dir.as_ref().map(|dir| dir.join(supervisor.file())).ok_or_else(|| {
        CliError::user("there is no home directory to install a service in", "run `sidetone daemon` by hand")
    })?;
    match command {
        Command::Install => install(supervisor, &file, config, out),
        Command::Status => status(supervisor, &file, config, out),
        Command::Uninstall => uninstall(supervisor, &file, config, out),
    }
}

fn install(supervisor: Supervisor, file: &Path, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    make_way(config)?;
    let text = supervisor.written(&program()?, &arguments(config));
    let folder = file.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(|error| CliError::file(folder, &error))?;
    fs::write(file, text).map_err(|error| CliError::file(file, &error))?;
    for command in supervisor.start(file) {
        tell(&command).map_err(|reason| {
            CliError::user(
                format!("{} is written, but the service was not started: {reason}", shown(file)),
                "log in on the computer itself, then `sidetone service install` again; or do without: `sidetone start`",
            )
        })?;
    }
    if config.json {
        return print_json(out, &serde_json::json!({"file": shown(file), "running": supervisor.is_running()}));
    }
    config.remark(say!("service-installed"));
    Ok(writeln!(out, "{}", shown(file))?)
}

/// A recorder that runs already holds the place; one that is idle makes way.
fn make_way(config: &Config) -> Result<(), CliError> {
    let Ok(mut client) = daemon::connect(config) else { return Ok(()) };
    match client.ask(&Request::Status)? {
        Reply::Status(status) if status.phase == Phase::Idle => {
            client.ask(&Request::Shutdown)?;
            Ok(())
        }
        _ => Err(CliError::user("a session is being recorded", "finish it first: `sidetone stop`")),
    }
}

fn status(supervisor: Supervisor, file: &Path, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let text = fs::read_to_string(file).ok();
    let current = text
        .as_ref()
        .is_some_and(|text| program().is_ok_and(|program| *text == supervisor.written(&program, &arguments(config))));
    let running = supervisor.is_running();
    if config.json {
        return print_json(
            out,
            &serde_json::json!({
                "installed": text.is_some(), "file": shown(file), "up_to_date": current, "running": running,
            }),
        );
    }
    let said = match (text.is_some(), running) {
        (false, true) if supervisor == Supervisor::Systemd => say!("service-packaged", unit = UNIT),
        (false, _) => say!("service-absent").to_owned(),
        (true, true) => say!("service-running", file = shown(file)),
        (true, false) => say!("service-not-running", file = shown(file)),
    };
    writeln!(out, "{said}")?;
    if text.is_some() && !current {
        config.remark(say!("service-outdated"));
    }
    if text.is_some() && !running && supervisor == Supervisor::Systemd {
        config.remark(say!("service-why", unit = UNIT));
    }
    Ok(())
}

fn uninstall(supervisor: Supervisor, file: &Path, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let installed = file.exists();
    if installed {
        // Where the supervisor does not answer, nothing of its runs either.
        let _ = supervisor.stop().iter().try_for_each(|command| tell(command));
        fs::remove_file(file).map_err(|error| CliError::file(file, &error))?;
        let _ = supervisor.forget().iter().try_for_each(|command| tell(command));
    }
    if config.json {
        return print_json(out, &serde_json::json!({"removed": installed}));
    }
    config.remark(match installed {
        true => say!("service-removed").to_owned(),
        false if supervisor == Supervisor::Systemd && supervisor.is_running() => {
            say!("service-of-package", command = spelt(&systemctl(&["disable", "--now", UNIT])))
        }
        false => say!("service-was-absent").to_owned(),
    });
    Ok(())
}

fn program() -> Result<PathBuf, CliError> {
    std::env::current_exe().map_err(|error| CliError::ours(format!("cannot find this program: {error}")))
}

/// What the recorder needs to be told: the system starts it without this shell's environment.
fn arguments(config: &Config) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["daemon".into(), "--data-dir".into(), config.data_dir.clone().into()];
    let models_dir = &config.settings.models_dir;
    if let (Some(dir), From::Environment | From::Flag) = (&models_dir.value, models_dir.from) {
        args.extend(["--models-dir".into(), dir.into()]);
    }
    if let Some(file) = config.file.as_deref().filter(|file| file.exists()) {
        args.extend(["--config".into(), file.into()]);
    }
    args
}

fn unit(program: &Path, args: &[OsString]) -> String {
    let command: Vec<String> =
        [program.as_os_str()].into_iter().chain(args.iter().map(OsString::as_os_str)).map(in_unit).collect();
    format!(
        "[Unit]
Description=Sidetone: records coaching sessions, and deletes words when their time is over
Documentation=man:sidetone(1)
After=pipewire.service pulseaudio.service

[Service]
ExecStart={}
Restart=on-failure
RestartSec=10
# A session that is being recorded is finished first, and its report made.
TimeoutStopSec=300
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
# The sound server and the program's own socket; no other machine.
RestrictAddressFamilies=AF_UNIX AF_NETLINK

[Install]
WantedBy=default.target
",
        command.join(" ")
    )
}

/// A word of a unit's command line: quoted where it must be, and with nothing that systemd would replace.
fn in_unit(word: &OsStr) -> String {
    let word = word.to_string_lossy().replace('%', "%%").replace('$', "$$");
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%$".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn agent(program: &Path, args: &[OsString]) -> String {
    let words: String = [program.as_os_str()]
        .into_iter()
        .chain(args.iter().map(OsString::as_os_str))
        .map(|word| format!("        <string>{}</string>\n", in_xml(&word.to_string_lossy())))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<plist version=\"1.0\">
<dict>
    <key>Label</key>
    <string>{LABEL}</string>
    <key>ProgramArguments</key>
    <array>
{words}    </array>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ExitTimeOut</key>
    <integer>300</integer>
    <key>Umask</key>
    <integer>63</integer>
    <key>ProcessType</key>
    <string>Interactive</string>
</dict>
</plist>
"
    )
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn systemctl(words: &[&str]) -> Vec<OsString> {
    ["systemctl", "--user"].iter().chain(words).map(OsString::from).collect()
}

fn launchctl(words: &[&OsStr]) -> Vec<OsString> {
    [OsStr::new("launchctl")].into_iter().chain(words.iter().copied()).map(OsStr::to_owned).collect()
}

/// The logged-in user's, to launchd.
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

fn spelt(command: &[OsString]) -> String {
    command.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command of the supervisor.
///
/// # Errors
/// Its last line, or that it is not there.
fn tell(command: &[OsString]) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let name = program.to_string_lossy();
    let done = Process::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| format!("there is no {name} here"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .map_or(format!("{name} failed"), |line| line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packaged unit is the one that `install` would write for an installed program.
    #[test]
    fn the_packaged_unit_is_ours() {
        let packaged = include_str!("../../packaging/sidetone.service");
        assert_eq!(packaged, unit(Path::new("/usr/bin/sidetone"), &["daemon".into()]));
    }

    #[test]
    fn words_reach_the_program_as_they_are() {
        for (word, written) in [
            ("/usr/bin/sidetone", "/usr/bin/sidetone"),
            ("/home/ana/My Sessions", "\"/home/ana/My Sessions\""),
            ("/home/Zoë/100%", "/home/Zoë/100%%"),
            ("$HOME", "$$HOME"),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("", "\"\""),
        ] {
            assert_eq!(in_unit(OsStr::new(word)), written);
        }
        let agent = agent(Path::new("/bin/sidetone"), &["--data-dir".into(), "/Users/ana/Q&A <1>".into()]);
        assert!(agent.contains("<string>/Users/ana/Q&amp;A &lt;1&gt;</string>"), "{agent}");
        assert_eq!(agent.matches("<string>").count(), agent.matches("</string>").count());
    }
}
