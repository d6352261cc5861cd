//! Somebody else on this computer.

use std::{
    io::{self, Write},
    thread,
};

/// Becomes the user that owns nothing, in a thread of its own: each thread of Linux has its own user. Only root can.
pub fn does<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    const NOBODY: libc::c_long = 65_534;
    if !rustix::process::geteuid().is_root() {
        // Where it is read: what a passing test prints is kept from everybody.
        let _ = writeln!(io::stderr(), "not tried: only root can become another user");
        return None;
    }
    let become_nobody = || {
        // SAFETY: numbers only, and no pointer but one that is null with a length of zero. The library's functions of
        // these names would change every thread.
        unsafe {
            assert_eq!(libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<libc::gid_t>()), 0);
            assert_eq!(libc::syscall(libc::SYS_setresgid, NOBODY, NOBODY, NOBODY), 0);
            assert_eq!(libc::syscall(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY), 0);
        }
    };
    let thread = thread::spawn(move || {
        become_nobody();
        work()
    });
    Some(thread.join().unwrap())
}
