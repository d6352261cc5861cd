//! Microphones: which there are, what they give, and whether this program may have it.

use std::time::Duration;

use super::Finding;
use crate::{
    capture::{self, Alarm, CaptureError, InputSpec, Trial},
    cli::control::alarm_in_words,
    texts::say,
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
        Finding::warning("sound", say!("doctor-sound-none"), say!("doctor-sound-hint"))
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
    captures
        .any(|path| access(&path, Access::READ_OK).is_err())
        .then(|| Finding::warning("permission", say!("doctor-permission"), say!("doctor-permission-hint")))
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
        findings.push(Finding::ok(CHECK, say!("doctor-input-untried", inputs = rest)));
    }
    findings
}

/// What a trial came to. Only the chosen input decides whether a session can be recorded.
fn describe(name: &str, chosen: bool, trial: &Result<Trial, CaptureError>) -> Finding {
    let other = say!("doctor-input-hint");
    let which = if chosen { say!("doctor-input-chosen", input = name) } else { name.to_owned() };
    match trial {
        Ok(trial) => {
            let levels: Vec<String> = trial.levels_db().iter().map(|level| format!("{level:.0}")).collect();
            let heard = match levels.as_slice() {
                [first, second, ..] => say!("doctor-input-levels", input = &which, first, second),
                _ => say!("doctor-input-level", input = &which, level = levels.concat()),
            };
            match trial.alarm() {
                None => Finding::ok(CHECK, heard),
                Some(Alarm::NoSound | Alarm::Rebuilding) if chosen => {
                    Finding::impossible(CHECK, say!("doctor-input-no-sound", input = which), other)
                }
                // What sits beside is nobody's worry.
                Some(alarm) if !chosen => {
                    Finding::ok(CHECK, say!("doctor-input-unused", input = which, alarm = alarm_in_words(alarm)))
                }
                Some(Alarm::AllZero) if cfg!(target_os = "macos") => Finding::warning(
                    CHECK,
                    format!("{which}: {}", alarm_in_words(Alarm::AllZero)),
                    say!("doctor-input-macos-hint"),
                ),
                Some(alarm) => Finding::warning(CHECK, format!("{heard}; {}", alarm_in_words(alarm)), other),
            }
        }
        Err(error) if chosen => {
            Finding::impossible(CHECK, format!("{which}: {error}"), error.hint().unwrap_or_else(|| other.to_owned()))
        }
        Err(error) => Finding::ok(CHECK, say!("doctor-input-unusable", input = which, why = error.to_string())),
    }
}
