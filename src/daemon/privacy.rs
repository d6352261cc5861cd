//! Speech, and the key of the session that runs, are in this process's memory. Here is what keeps them from getting out
//! by accident.

use std::sync::Once;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::Failure;

/// Threads that work on speech (the session's own, and the pipeline's): a fault of theirs may carry words in its message (cutting a text inside a letter does).
const SPEECH_THREADS: &[&str] = &["recorder", "decoding", "commands"];

/// No crash writes memory to a disk, no other process of the user attaches to this one, and no fault puts words into a
/// log.
pub(super) fn keep_memory_private() -> Result<(), Failure> {
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

/// Of a panic of a thread that works on speech, only the place in the source is told.
fn say_only_where() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            match (thread.name().filter(|name| SPEECH_THREADS.contains(name)), panic.location()) {
                (None, _) => tell(panic),
                (Some(name), Some(place)) => tracing::error!("a fault in thread {name}, at {place}"),
                (Some(name), None) => tracing::error!("a fault in thread {name}"),
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::{
        panic,
        sync::{Arc, Mutex},
        thread,
    };

    use super::*;

    #[test]
    fn a_fault_does_not_say_what_was_said() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let before = panic::take_hook();
        let told_too = Arc::clone(&told);
        panic::set_hook(Box::new(move |panic| match panic.payload_as_str() {
            Some(message) if message.contains("marmalade") => told_too.lock().unwrap().push(message.to_owned()),
            _ => before(panic),
        }));
        say_only_where();
        for name in ["recorder", "decoding", "commands", "another"] {
            let fault = thread::Builder::new().name(name.into()).spawn(move || panic!("{name}: purple marmalade"));
            assert!(fault.unwrap().join().is_err());
        }
        assert_eq!(*told.lock().unwrap(), ["another: purple marmalade"]);
    }
}
