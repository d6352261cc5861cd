//! A disk of the test's own, which is made to fail: a mount namespace with a shell in it, which puts the disk in the data's place,
//! serves, and does what it is told a line at a time. It says what it has done in the file `done`.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{CHILD, SERVE};

const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the test.
pub struct Namespace {
    child: Child,
    orders: Option<ChildStdin>,
    done: PathBuf,
}

impl Namespace {
    /// `kind`: what `unshare` is told. The script has the place, the disk's size, this binary, the name of the test in it that
    /// serves, and the program.
    pub fn new(kind: &[&str], script: &str, dir: &Path, size: &str) -> Self {
        let mut child = Command::new("unshare")
            .args(kind)
            .args(["sh", "-c", script, "sh"])
            .arg(dir)
            .arg(size)
            .arg(env::current_exe().unwrap())
            .arg(CHILD)
            .arg(env!("CARGO_BIN_EXE_sidetone"))
            .env(SERVE, dir)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Self { orders: child.stdin.take(), child, done: dir.join("done") }
    }

    /// Has something done, and waits for it.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        wait(order, || self.has_done(order));
    }

    pub fn has_done(&self, order: &str) -> bool {
        fs::read_to_string(&self.done).unwrap_or_default().lines().any(|line| line == order)
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what}: never");
        thread::sleep(Duration::from_millis(20));
    }
}
