//! Speech, and the keys to it, are in the memory of the recorder and of the commands that open it. Here is what keeps
//! them from getting out by accident.

use std::{
    io::{self, Write},
    sync::Once,
};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::Failure;

/// No crash writes memory to a disk, no other process of the user attaches to this one, and no fault puts words into a
/// log or on a terminal.
///
/// # Errors
/// When the system does not let a process switch its core dumps off.
pub fn keep_memory_private() -> Result<(), Failure> {
    let failed = |error| {
        Failure::ours(
            format!("core dumps cannot be switched off: {error}"),
            "this is a fault of the program: please report it",
        )
    };
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(failed)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(failed)?;
    say_only_where();
    Ok(())
}

/// Of a panic only the place in the source is told. Its message may carry words (cutting a text inside a letter puts the
/// text into it), and any thread may be at work on some: the recorder's, a library's pool, the one that a command runs in.
fn say_only_where() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("without a name");
            let place = panic.location().map_or_else(|| "a place unknown".to_owned(), ToString::to_string);
            tell(&format!("a fault in thread {name}, at {place}"));
        }));
    });
}

/// To the log, where there is one.
fn tell(fault: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{fault}");
    } else {
        // Where nobody listens any more, a fault in here would end the program at once.
        let _ = writeln!(io::stderr(), "{fault}");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        process::{Command, Stdio},
        thread,
    };

    use super::*;

    /// Set for the process whose faults are looked at.
    const FAULTY: &str = "SIDETONE_TEST_FAULTY";

    #[test]
    #[ignore = "the process that the test below looks at"]
    fn faults() {
        if std::env::var_os(FAULTY).is_none() {
            return;
        }
        keep_memory_private().unwrap();
        for name in ["recorder", "decoding", "commands"] {
            let text = format!("é purple lighthouse marmalade, said in {name}");
            // Inside a letter: the message quotes the text.
            let fault = thread::Builder::new().name(name.into()).spawn(move || text[1..].len());
            assert!(fault.unwrap().join().is_err());
        }
    }

    /// A recorder whose stderr led nowhere any more was aborted by the report of a fault: the session could not be stopped.
    #[test]
    fn a_fault_that_nobody_can_be_told_of_ends_no_program() {
        let (reader, stderr) = io::pipe().unwrap();
        drop(reader);
        let faults = ["daemon::privacy::tests::faults", "--exact", "--ignored", "--nocapture"];
        let mut faulty = Command::new(std::env::current_exe().unwrap());
        let ran = faulty.args(faults).env(FAULTY, "1").stdout(Stdio::null()).stderr(stderr).status().unwrap();
        assert!(ran.success(), "{ran}");
    }

    #[test]
    fn a_fault_does_not_say_what_was_said() {
        let faults = ["daemon::privacy::tests::faults", "--exact", "--ignored", "--nocapture"];
        let ran = Command::new(std::env::current_exe().unwrap()).args(faults).env(FAULTY, "1").output().unwrap();
        assert!(ran.status.success());
        let told = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
        assert_eq!(told.matches("a fault in thread").count(), 3, "{told}");
        assert!(told.contains("thread decoding, at src/daemon/privacy.rs:"), "{told}");
        assert!(!told.contains("marmalade") && !told.contains("purple"), "{told}");
    }
}
