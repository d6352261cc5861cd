//! The audio thread asks to be let before all others. Where it may not, it is not: what it hands over holds for seconds.

/// Above everything that is not real-time, below the sound server (which is at 88) and the kernel's own.
#[cfg(target_os = "linux")]
const PRIORITY: libc::c_int = 10;
/// Where real-time priority is refused: what desktops let sound have.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = -11;

/// Asks for the calling thread. Other systems do so by themselves for a thread that calls back with sound.
pub(super) fn ask() {
    #[cfg(target_os = "linux")]
    // SAFETY: plain calls; `wanted` lives through the first, and 0 is the calling thread.
    unsafe {
        let wanted = libc::sched_param { sched_priority: PRIORITY };
        // Threads that this one makes are none of these.
        if libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &raw const wanted) != 0 {
            libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gets_what_it_may_have_and_goes_on_in_any_case() {
        let scheduled = std::thread::spawn(|| {
            ask();
            // SAFETY: plain calls; 0 is the calling thread.
            unsafe {
                (libc::sched_getscheduler(0) & !libc::SCHED_RESET_ON_FORK, libc::getpriority(libc::PRIO_PROCESS, 0))
            }
        });
        let (policy, nice) = scheduled.join().unwrap();
        assert!(policy == libc::SCHED_RR || (policy == libc::SCHED_OTHER && (NICE..=19).contains(&nice)));
        // Nobody else is changed by it.
        // SAFETY: as above.
        assert_eq!(unsafe { libc::sched_getscheduler(0) }, libc::SCHED_OTHER);
    }
}
