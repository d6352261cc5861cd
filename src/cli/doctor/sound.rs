//! Microphones: which there are, what they give, and whether this program may have it.

use std::time::Duration;

use super::Finding;
use crate::{
    capture::{self, Alarm, CaptureError, InputSpec, Trial},
    cli::control::alarm_in_words,
};

/// How long each input is listened to.
const LISTEN: Duration = Duration::from_secs(1);
/// So many inputs are tried; of more only the names are told. ALSA can list dozens, most of them the same microphone.
const TRIED: usize = 6;

const CHECK: &str = "microphone";

/// The ways to sound here: drivers, and a sound server if one runs.
pub fn systems() -> Vec<Finding> {
    let systems = capture::sound_systems();
    let mut findings = vec![if systems.is_empty() {
        Finding::warning("sound", "no sound system answers", "install one: `sudo apt install pipewire-alsa`")
    } else {
        Finding::ok("sound", systems.join(", "))
    }];
    findings.extend(devices_closed());
    findings
}

/// On Linux the kernel's sound devices belong to a group, or to whoever is logged in at the screen.
#[cfg(target_os = "linux")]
fn devices_closed() -> Option<Finding> {
    use rustix::fs::{Access, access};
    let devices = std::fs::read_dir("/dev/snd").ok()?;
    let mut captures =
        devices.flatten().map(|entry| entry.path()).filter(|path| path.as_os_str().as_encoded_bytes().ends_with(b"c"));
    captures.any(|path| access(&path, Access::READ_OK).is_err()).then(|| {
        Finding::warning(
            "permission",
            "this user may not open the microphones in /dev/snd",
            "join the group: `sudo usermod -aG audio $USER`, then log in again",
        )
    })
}

#[cfg(not(target_os = "linux"))]
fn devices_closed() -> Option<Finding> {
    None
}

/// The input that sessions would use, then the others.
pub fn inputs(chosen: &str) -> Vec<Finding> {
    let names = capture::inputs().unwrap_or_default();
    let (name, trial) = match chosen.parse::<InputSpec>() {
        Ok(spec) => {
            // The default comes first.
            let default = names.first().filter(|_| spec == InputSpec::Default);
            (default.map_or(chosen, String::as_str), capture::try_input(&spec, LISTEN, &mut |_| {}))
        }
        Err(error) => (chosen, Err(error)),
    };
    let first = describe(name, true, &trial);
    let mut findings = vec![first];
    let others: Vec<&String> = names.iter().filter(|other| other.as_str() != name).collect();
    for name in others.iter().take(TRIED) {
        let spec = InputSpec::Device((*name).clone());
        findings.push(describe(name, false, &capture::try_input(&spec, LISTEN, &mut |_| {})));
    }
    if others.len() > TRIED {
        let rest = others.iter().skip(TRIED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        findings.push(Finding::ok(CHECK, format!("not tried: {rest}")));
    }
    findings
}

/// What a trial came to. Only the chosen input decides whether a session can be recorded.
fn describe(name: &str, chosen: bool, trial: &Result<Trial, CaptureError>) -> Finding {
    const OTHER: &str = "choose another with `--input NAME`, or for good with `sidetone setup`";
    let which = if chosen { format!("{name} (the one that sessions use)") } else { name.to_owned() };
    match trial {
        Ok(trial) => {
            let levels: Vec<String> = trial.levels_db().iter().map(|level| format!("{level:.0} dB")).collect();
            let heard = format!("{which}: level {}", levels.join(" and "));
            match trial.alarm() {
                None => Finding::ok(CHECK, heard),
                Some(Alarm::NoSound | Alarm::Rebuilding) if chosen => {
                    Finding::impossible(CHECK, format!("{which}: it opens and gives no sound"), OTHER)
                }
                // What sits beside is nobody's worry.
                Some(alarm) if !chosen => {
                    Finding::ok(CHECK, format!("{which}: not used by sessions; {}", alarm_in_words(alarm)))
                }
                Some(Alarm::AllZero) if cfg!(target_os = "macos") => Finding::warning(
                    CHECK,
                    format!("{which}: {}", alarm_in_words(Alarm::AllZero)),
                    "allow your terminal under System Settings, Privacy & Security, Microphone, then open it anew",
                ),
                Some(alarm) => Finding::warning(CHECK, format!("{heard}; {}", alarm_in_words(alarm)), OTHER),
            }
        }
        Err(error) if chosen => {
            Finding::impossible(CHECK, format!("{which}: {error}"), error.hint().unwrap_or_else(|| OTHER.to_owned()))
        }
        Err(error) => Finding::ok(CHECK, format!("{which}: not used by sessions, nor could it be now ({error})")),
    }
}
