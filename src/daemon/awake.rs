//! A laptop that falls asleep hears nothing: sleep is held off while a microphone records, and noticed where it comes
//! nevertheless.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

/// Holds off sleep, the idle timer and the closed lid, until dropped. Where the system offers no such thing, does nothing.
#[derive(Debug)]
pub(super) struct Awake(Option<Child>);

impl Awake {
    pub(super) fn hold() -> Self {
        Self(holder().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok())
    }
}

/// How long the system may take to say no.
const REFUSED_WITHIN: Duration = Duration::from_millis(500);

/// Whether sleep can be held off here: tries it for half a second.
pub fn can_stay_awake() -> bool {
    let mut awake = Awake::hold();
    let begun = Instant::now();
    while begun.elapsed() < REFUSED_WITHIN {
        match awake.0.as_mut().map(Child::try_wait) {
            Some(Ok(None)) => std::thread::sleep(Duration::from_millis(20)),
            _ => return false,
        }
    }
    true
}

impl Drop for Awake {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended by itself: there is no login session to hold awake, for one.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `cat` ends when this process does, by whatever death: nothing is left holding the laptop awake.
#[cfg(not(target_os = "macos"))]
fn holder() -> Command {
    let mut command = Command::new("systemd-inhibit");
    command.args(["--what=sleep:idle:handle-lid-switch", "--who=sidetone", "--why=A session is being recorded"]);
    command.args(["--mode=block", "cat"]);
    command
}

#[cfg(target_os = "macos")]
fn holder() -> Command {
    let mut command = Command::new("caffeinate");
    command.args(["-i", "-s", "-w"]).arg(std::process::id().to_string());
    command
}

/// The clock that goes on while the machine sleeps; [`Instant`] does not.
#[cfg(target_os = "linux")]
const THROUGH_SLEEP: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const THROUGH_SLEEP: ClockId = ClockId::Monotonic;

/// Shorter differences of the two clocks are no sleep.
const SLEEP_MIN: Duration = Duration::from_secs(2);

/// Notices that the machine has slept.
#[derive(Debug)]
pub(super) struct SleepWatch {
    awake: Instant,
    always: Duration,
}

impl SleepWatch {
    pub(super) fn new() -> Self {
        Self { awake: Instant::now(), always: through_sleep() }
    }

    /// How long the machine has slept since the last call, if it has.
    pub(super) fn slept(&mut self) -> Option<Duration> {
        let now = Self::new();
        let slept = now.always.saturating_sub(self.always).checked_sub(now.awake.duration_since(self.awake));
        *self = now;
        slept.filter(|slept| *slept >= SLEEP_MIN)
    }
}

fn through_sleep() -> Duration {
    // Neither clock has a time before its zero.
    clock_gettime(THROUGH_SLEEP).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_awake_has_not_slept() {
        let mut watch = SleepWatch::new();
        assert_eq!(watch.slept(), None);
        // As if the machine had slept for an hour since.
        watch.always = watch.always.saturating_sub(Duration::from_secs(3600));
        assert!(watch.slept().is_some_and(|slept| slept.as_secs().abs_diff(3600) <= 1));
        assert_eq!(watch.slept(), None, "told once");
    }

    #[test]
    fn letting_go_never_waits() {
        let begun = Instant::now();
        drop(Awake::hold());
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
