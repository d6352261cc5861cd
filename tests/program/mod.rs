//! The real program in an environment of its own: no home, no runtime directory, no variable of whoever runs the tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Hannah's, twelve characters and more.
pub const PASSPHRASE: &str = "copper kettle on the stove";

/// A computer with one user, who has nothing yet.
pub struct Home {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a command did.
#[must_use = "look at what it said"]
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// # Panics
    /// When the command failed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in\n{out}"))
    }

    /// One `error:` line, one `hint:` line, the exit code of the contract, nothing on stdout.
    #[track_caller]
    pub fn refused(self, error: &str, hint: &str) {
        assert_eq!(self.code, Some(1), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert_eq!(self.out, "");
        let line = |begin: &str| {
            let lines: Vec<&str> = self.err.lines().filter_map(|line| line.strip_prefix(begin)).collect();
            assert_eq!(lines.len(), 1, "one `{begin}` line in\n{}", self.err);
            lines[0].to_owned()
        };
        let (said, advised) = (line("error: "), line("hint: "));
        assert!(said.contains(error), "`{error}` in `{said}`");
        assert!(advised.contains(hint), "`{hint}` in `{advised}`");
    }
}

impl Home {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["data", "run", "tmp", "work"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        Self { dir, env: Vec::new() }
    }

    /// With one more variable, for every command.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_sidetone"))
    }

    /// Another program, in the same environment.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("TMPDIR", self.path("tmp"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("SIDETONE_DATA_DIR", self.data())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command().args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// A file that only its owner reads, with a passphrase.
    pub fn passphrase(&self, name: &str, passphrase: &str) -> String {
        let path = self.path(name);
        fs::write(&path, passphrase).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Adds Hannah; returns her passphrase file.
    pub fn hannah(&self) -> String {
        let file = self.passphrase("hers", PASSPHRASE);
        self.run(&["coachee", "add", "Hannah", "--passphrase-file", &file]).ok();
        file
    }

    /// Two lines that somebody wrote down.
    pub fn talk(&self) -> PathBuf {
        let file = self.path("work/talk.tsv");
        let said = "0.0\t4.0\tcoach\t\t\tWhat did you notice?\n5.0\t9.0\tcoachee\t\t\tThey were writing.\n";
        fs::write(&file, format!("start_s\tend_s\trole\tmove\tform\ttext\n{said}")).unwrap();
        file
    }

    /// Everything below the data, runtime and temporary directories, with its content. What vanishes while it is looked at
    /// was not kept.
    pub fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.data(), self.path("run"), self.path("tmp")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        if let Ok(content) = fs::read(entry.path()) {
                            found.push((entry.path(), content));
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A recorder may have been started in the background; where there is none this fails, which is fine.
        let _ = self.command().args(["daemon", "--stop", "--quiet"]).stderr(Stdio::null()).status();
    }
}

/// The session that comes with the program: see tests/fixtures/README.md.
pub fn demo_session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg")
}
