//! At home on somebody's computer: settings, the first run, the doctor, the pages that answer questions.

mod program;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    fs,
    io::Write,
    process::{Output, Stdio},
};

use program::{Home, Ran};
use serde_json::{Value, json};

/// As [`Home::run`], with answers on stdin.
fn answering(home: &Home, args: &[&str], answers: &str) -> Ran {
    let mut child =
        home.command().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn settings(home: &Home, text: &str) {
    let folder = home.path(".config/sidetone");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
}

#[test]
fn a_setting_says_where_it_comes_from() {
    let home = Home::new().with_env("SIDETONE_STANCE", "directive").with_env("SIDETONE_MODEL", "");
    settings(&home, "stance = \"collaborative\"\nmodel = \"tiny.en\"\nmodels_dir = \"my models\"\ncolor = \"never\"\n");
    let shown = home.run(&["config", "show", "--json", "--color", "always"]).json();
    assert_eq!(shown["exists"], true);
    let of = |key: &str| (shown["settings"][key]["value"].clone(), shown["settings"][key]["from"].clone());
    assert_eq!(of("stance"), (json!("directive"), json!("environment")));
    assert_eq!(of("model"), (json!("tiny.en"), json!("file")), "an empty variable says nothing");
    assert_eq!(of("color"), (json!("always"), json!("flag")));
    assert_eq!(of("input"), (json!("default"), json!("default")));
    assert_eq!(of("coach_track"), (Value::Null, json!("default")));
    let beside = home.path(".config/sidetone/my models");
    assert_eq!(of("models_dir"), (json!(beside.to_str()), json!("file")), "paths begin where the file is");

    // What is shown to people is a file that says the same.
    let text = home.run(&["config", "show"]).ok();
    let copy = home.path("copy.toml");
    fs::write(&copy, &text).unwrap();
    let again = home.run(&["--config", copy.to_str().unwrap(), "config", "show", "--json"]).json();
    for key in ["stance", "model", "models_dir", "input", "data_dir"] {
        assert_eq!(again["settings"][key]["value"], shown["settings"][key]["value"], "{key} in\n{text}");
    }
}

#[test]
fn settings_do_what_they_say() {
    let home = Home::new();
    home.hannah();
    let transcript = home.talk();
    let import = ["import", transcript.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--json"];
    settings(&home, "stance = \"facilitative\"\n");
    assert_eq!(home.run(&import).json()["stance"]["coach"], "facilitative");
    let here = [&import[..], &["--stance", "directive"]].concat();
    assert_eq!(home.run(&here).json()["stance"]["coach"], "directive", "said here goes first");

    // The microphone and the model: that they are looked for shows that they count.
    settings(&home, "input = \"no such microphone\"\nmodel = \"demo.en\"\n");
    let start = ["start", "--coachee", "Hannah", "--consent-both"];
    home.run(&start).refused("demo", "--model demo.en");
    home.run(&[&start[..], &["--model", "demo.en"]].concat()).refused("no such microphone", "");
    settings(&home, "model = \"small.en\"\n");
    home.run(&start).refused("small.en", "sidetone models fetch small.en");

    // Another place for everything.
    settings(&home, "data_dir = \"~/elsewhere\"\n");
    let mut command = home.command();
    command.env_remove("SIDETONE_DATA_DIR").args(["sessions", "--json"]);
    assert_eq!(command.output().unwrap().stdout, b"[]\n");
    assert!(home.path("elsewhere/sidetone.db").is_file());
}

/// Two people could neither pause their session nor stop or withdraw it: somebody had mistyped a setting meanwhile.
#[test]
fn a_session_that_runs_can_be_led_whatever_the_settings_say() {
    let home = Home::new();
    home.hannah();
    let input = format!("file:{}", program::demo_session().display());
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--coach-speaks-first"];
    home.run(&[&start[..], &["--input", &input, "--speed", "10"]].concat()).ok();
    for (mistake, said) in
        [("modle = \"base.en\"\n", "line 1: there is no setting `modle`"), ("stance = \n", "line 1: ")]
    {
        settings(&home, mistake);
        for command in ["status", "pause", "resume", "mark"] {
            let ran = home.run(&[command]);
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            let warned: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("warning: ")).collect();
            assert!(matches!(warned[..], [line] if line.contains(said)), "{command}: {}", ran.err);
        }
        home.run(&["sessions"]).refused(said, "");
    }
    settings(&home, "");
    for (variable, wrong) in [("SIDETONE_STANCE", "kind"), ("SIDETONE_COACH_TRACK", "7"), ("SIDETONE_COLOR", "red")] {
        let told = home.command().env(variable, wrong).arg("status").output().unwrap();
        let err = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success() && err.contains("warning: ") && err.contains(variable), "{err}");
    }
    let nowhere = home.run(&["status", "--config", "/no/such/config.toml"]);
    assert!(nowhere.code == Some(0) && nowhere.err.contains("warning: /no/such/config.toml"), "{}", nowhere.err);
    let stopped = home.run(&["stop", "--json"]).json();
    assert!(stopped["marks"].as_array().is_some_and(|marks| !marks.is_empty()), "{stopped}");
    home.run(&["watch"]).ok();
    home.run(&["withdraw"]).refused("no session is being recorded", "sidetone start");
}

#[test]
fn a_voice_may_be_the_first_thing_that_is_kept() {
    // The data directory was made open to all by a coach's first command, and every later one refused it.
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let data = home.path("new/data");
    let voice = program::demo_session();
    let mut first = home.command_of("sh");
    first.args(["-c", "umask 022; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_sidetone"), "coach", "enrol", "--from"]);
    assert!(first.arg(voice).arg("--data-dir").arg(&data).status().unwrap().success());
    let mode = || fs::metadata(&data).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o700);
    // One that an earlier version made is closed, for what is in it is ours.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    home.run(&["sessions", "--data-dir", data.to_str().unwrap()]).ok();
    assert_eq!(mode(), 0o700);
}

#[test]
fn the_page_for_the_school_and_the_licences() {
    let home = Home::new();
    let page = home.run(&["privacy"]).ok();
    for part in ["## What is kept", "Erasure (Art. 17)", "30 days", home.data().to_str().unwrap()] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    let file = home.path("page.md");
    home.run(&["privacy", "--output", file.to_str().unwrap()]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap(), page);
    let facts = home.run(&["privacy", "--json"]).json();
    assert_eq!(facts["retention_days"], 30);
    assert!(!home.data().join("sidetone.db").exists(), "asking makes nothing");

    let text = home.run(&["licences"]).ok();
    assert!(text.contains("Apache-2.0") && text.contains("demo.en") && text.contains("whisper.cpp"), "{text}");
    let listed = home.run(&["licences", "--json"]).json();
    let crates = listed["crates"].as_array().unwrap();
    assert!(crates.iter().any(|each| each["name"] == "age" && each["licence"] == "MIT OR Apache-2.0"));
    assert!(!crates.iter().any(|each| each["name"] == "proptest"), "tests are not linked");
}

#[test]
fn the_doctor_finds_no_microphone_where_there_is_none() {
    // ALSA with no device at all, and no sound server.
    let home = Home::new();
    let empty = home.path("alsa.conf");
    fs::write(&empty, "").unwrap();
    let home = home.with_env("ALSA_CONFIG_PATH", empty.to_str().unwrap());
    let ran = home.run(&["doctor", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["can_record"], false);
    assert!(ran.err.contains("error: nothing can be recorded: microphone"), "{}", ran.err);
    assert!(ran.err.lines().any(|line| line.starts_with("hint: ")), "{}", ran.err);
    assert!(!home.data().join("sidetone.db").exists() || fs::read_dir(home.path("tmp")).unwrap().next().is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_is_a_file_that_systemd_takes_and_goes_without_a_trace() {
    let home = Home::new();
    let odd = home.path("data & 100% $HOME \"x\"");
    let in_odd = |args: &[&str]| home.run(&[args, &["--data-dir", odd.to_str().unwrap()]].concat());
    let before = in_odd(&["service", "status", "--json"]).json();
    assert_eq!((&before["installed"], &before["running"]), (&json!(false), &json!(false)));
    // Here no user manager answers: the file is there, and the error says so.
    let file = home.path(".config/systemd/user/sidetone.service");
    in_odd(&["service", "install"]).refused("the service was not started", "sidetone service install");
    let after = in_odd(&["service", "status", "--json"]).json();
    let expected = json!({"installed": true, "file": file.to_str(), "up_to_date": true, "running": false});
    assert_eq!(after, expected);
    assert_eq!(home.run(&["service", "status", "--json"]).json()["up_to_date"], false, "for other data");

    // What systemd itself makes of the file.
    let unit = fs::read_to_string(&file).unwrap();
    match home.command_of("systemd-analyze").args(["--user", "--man=no", "verify"]).arg(&file).output() {
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr);
            let clean = done.status.success() && !said.contains("sidetone.service");
            assert!(clean, "{said}\n{unit}");
        }
        Err(error) => eprintln!("not checked by systemd-analyze: {error}"),
    }
    assert!(unit.contains("$$HOME") && unit.contains("100%%") && unit.contains("\\\"x\\\""), "{unit}");

    in_odd(&["service", "uninstall"]).ok();
    assert!(!file.exists());
    assert_eq!(in_odd(&["service", "uninstall", "--json"]).json(), json!({"removed": false}));
}

/// What the package brings lies where `service install` does not write.
#[cfg(target_os = "linux")]
#[test]
fn a_service_of_the_package_is_no_riddle() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let systemctl = home.path("systemctl");
    fs::write(&systemctl, "#!/bin/sh\n[ \"$*\" = '--user is-active --quiet sidetone.service' ]\n").unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = systemctl.parent().unwrap().to_str().unwrap().to_owned();
    let home = home.with_env("PATH", &format!("{folder}:/usr/bin:/bin"));
    let status = home.run(&["service", "status", "--json"]).json();
    assert_eq!((&status["installed"], &status["running"]), (&json!(false), &json!(true)));
    assert!(home.run(&["service", "status"]).ok().contains("the package brought it"));
    let ran = home.run(&["service", "uninstall"]);
    assert!(ran.err.contains("`systemctl --user disable --now sidetone.service` ends it"), "{}", ran.err);
}

#[test]
fn the_recorder_says_what_it_does_on_stderr() {
    use std::io::{BufRead, BufReader};
    let home = Home::new().with_env("JOURNAL_STREAM", "8:1");
    let mut recorder = home.command().arg("daemon").stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(recorder.stderr.take().unwrap()).lines().map(Result::unwrap);
    let listening = lines.find(|line| line.contains("listening")).unwrap();
    assert!(listening.trim_start().starts_with("INFO"), "the journal knows the time: {listening}");
    home.run(&["daemon", "--stop"]).ok();
    assert!(lines.any(|line| line.contains("ended")));
    assert!(recorder.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_nothing_of_an_import() {
    use std::{os::unix::process::ExitStatusExt, thread, time::Duration};

    use rustix::process::{Pid, Signal, kill_process};
    let home = Home::new();
    home.hannah();
    let file = fs::canonicalize(program::demo_session()).unwrap();
    let args = ["--coachee", "Hannah", "--consent-both", "--model", "demo.en"];
    let mut import = home.command();
    import.arg("import").arg(&file).args(args).stdout(Stdio::null()).stderr(Stdio::null());
    let mut import = import.spawn().unwrap();
    // From when it has the file open, there are seconds of work.
    let descriptors = format!("/proc/{}/fd", import.id());
    let opened = || {
        let open = fs::read_dir(&descriptors).unwrap().flatten();
        open.filter_map(|each| fs::read_link(each.path()).ok()).any(|path| path == file)
    };
    while !opened() {
        assert_eq!(import.try_wait().unwrap(), None, "it ended before it began");
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&import), Signal::INT).unwrap();
    assert_eq!(import.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
    assert_eq!(home.run(&["sessions", "--json"]).json(), json!([]));
    assert_eq!(fs::read_dir(home.path("tmp")).unwrap().count(), 0);
}

#[test]
fn manual_pages_and_completions_are_made_of_the_help() {
    let home = Home::new();
    let folder = home.path("man");
    home.run(&["man", "--output", folder.to_str().unwrap()]).ok();
    let page = fs::read_to_string(folder.join("sidetone-transcript-export.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("textgrid"), "{page}");
    assert!(folder.join("sidetone.1").is_file() && !folder.join("sidetone-man.1").exists());
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&["completions", shell]).ok();
        assert!(script.contains("doctor") && script.contains("uninstall"), "{shell}");
    }
}

#[cfg(target_os = "linux")]
mod with_a_microphone {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::virtual_microphone::{Frame, RATE, VirtualMicrophone};

    fn home(microphone: &VirtualMicrophone) -> Home {
        let (name, value) = microphone.env();
        Home::new().with_env(name, value.to_str().unwrap())
    }

    /// A hum of -20 dB and a bit.
    fn hum(seconds: usize) -> impl Iterator<Item = Frame> {
        (0..seconds * RATE).map(|i| [0.1 * (i as f32 * 0.02).sin(); 2])
    }

    /// Runs while the microphone hums.
    fn while_it_hums<T>(microphone: VirtualMicrophone, run: impl FnOnce() -> T) -> T {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let hummer = thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                if microphone.is_done() {
                    microphone.play(hum(1));
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let result = run();
        over.store(true, Ordering::Relaxed);
        hummer.join().unwrap();
        result
    }

    fn checks<'a>(found: &'a Value, name: &str) -> Vec<&'a Value> {
        found["checks"].as_array().unwrap().iter().filter(|check| check["check"] == name).collect()
    }

    #[test]
    fn the_doctor_hears_it_and_measures_the_computer() {
        let microphone = VirtualMicrophone::new();
        let home = home(&microphone);
        let begun = Instant::now();
        let ran = while_it_hums(microphone, || home.run(&["doctor", "--json"]));
        let found = ran.json();
        assert_eq!(found["can_record"], true);
        let heard = checks(&found, "microphone");
        assert_eq!(heard[0]["state"], "ok", "{found:#}");
        assert!(heard[0]["found"].as_str().unwrap().contains("level -2"), "{found:#}");
        for name in ["sound", "model", "speed", "data", "disk", "clock", "computer", "sleep"] {
            assert!(!checks(&found, name).is_empty(), "{name} in {found:#}");
        }
        // The demo model alone is not one to work with.
        let fetch = |check: &&&Value| check["hint"].as_str().is_some_and(|hint| hint.contains("fetch base.en"));
        assert!(checks(&found, "model").iter().any(|check| fetch(&check)), "{found:#}");
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert_eq!(home.run(&["sessions", "--json"]).json(), json!([]));
    }

    #[test]
    fn the_doctor_notices_zeros_and_leaves_a_recording_alone() {
        let microphone = VirtualMicrophone::new();
        let home = home(&microphone);
        home.hannah();
        let found = home.run(&["doctor", "--json"]).json();
        let heard = checks(&found, "microphone");
        assert_eq!(heard[0]["state"], "warning", "{found:#}");
        assert!(heard[0]["found"].as_str().unwrap().contains("zeros"), "{found:#}");

        home.run(&["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en"]).ok();
        let found = home.run(&["doctor", "--json"]).json();
        assert!(checks(&found, "microphone").is_empty() && checks(&found, "speed").is_empty(), "{found:#}");
        assert_eq!(checks(&found, "recorder").len(), 1, "{found:#}");
        assert_eq!(home.run(&["status", "--json"]).json()["phase"], "recording");
        home.run(&["withdraw"]).ok();
    }

    #[test]
    fn the_first_run_asks_five_things_and_keeps_no_sound() {
        let microphone = VirtualMicrophone::new();
        let home = home(&microphone);
        // The stance is misspelt once; the model is not fetched.
        let answers = "Zoë\n\n0\nbossy\nfacil\nbase.en\nno\n\n";
        let ran = while_it_hums(microphone, || answering(&home, &["setup"], answers));
        let err = ran.err.clone();
        let out = ran.ok();
        assert!(out.contains("Passphrase of Zoë"), "{out}");
        for part in [
            "Please answer directive",
            "sidetone models fetch base.en",
            "Heard you, at -2",
            "The five seconds are gone",
        ] {
            assert!(err.contains(part), "{part} in\n{err}");
        }
        assert!(err.contains("Playing it back"), "{err}");
        let shown = home.run(&["config", "show", "--json"]).json();
        for (key, value) in [("stance", "facilitative"), ("model", "base.en"), ("input", "Virtual microphone")] {
            assert_eq!(shown["settings"][key]["from"], "file", "{shown:#}");
            let said = shown["settings"][key]["value"].as_str().unwrap();
            assert!(said == value || key == "input", "{key}: {said}");
        }
        assert_eq!(home.run(&["coachee", "list", "--json"]).json()[0]["name"], "Zoë");
        // Five seconds of 16 kHz are 160 kB in the smallest form there is: no file has grown by that.
        for (path, content) in home.kept() {
            assert!(content.len() < 150_000, "{} has {} bytes", path.display(), content.len());
        }
    }

    #[test]
    fn a_coachee_who_is_not_there_is_left_for_later() {
        let microphone = VirtualMicrophone::new();
        let home = home(&microphone);
        let ran = while_it_hums(microphone, || answering(&home, &["setup"], "Ana Maria\nlater\n\n\n?\n\nno\n\n"));
        assert!(ran.err.contains("`sidetone coachee add 'Ana Maria'`"), "{}", ran.err);
        assert!(ran.err.contains("large-v3-turbo") && !ran.err.contains("-q5_"), "{}", ran.err);
        ran.ok();
        assert_eq!(home.run(&["coachee", "list", "--json"]).json(), json!([]));
    }

    #[test]
    fn a_second_run_keeps_everything_with_enter_alone() {
        let microphone = VirtualMicrophone::new();
        let home = home(&microphone);
        home.hannah();
        settings(&home, "# mine\ncolor = \"never\"\nstance = \"directive\"\n");
        let done =
            while_it_hums(microphone, || answering(&home, &["setup", "--json", "--quiet"], "\n\n\n\nno\n\n")).json();
        assert_eq!(
            (&done["coachee"], &done["stance"], &done["input"]),
            (&json!("Hannah"), &json!("directive"), &json!("default"))
        );
        assert!(done["levels_db"][0].as_f64().unwrap() > -30.0, "{done}");
        assert_eq!(done["alarm"], Value::Null);
        let text = fs::read_to_string(home.path(".config/sidetone/config.toml")).unwrap();
        assert_eq!(text, "# mine\ncolor = \"never\"\nstance = \"directive\"\n");
    }
}

#[test]
fn the_first_run_adds_a_key_that_is_kept_elsewhere() {
    let home = Home::new();
    let empty = home.path("alsa.conf");
    fs::write(&empty, "").unwrap();
    let home = home.with_env("ALSA_CONFIG_PATH", empty.to_str().unwrap());
    let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    // What is neither is asked for again, and who typed a passphrase where it can be read hears so.
    let answers = format!("Hannah\nage1nonsense\ncopper kettle\n{recipient}\n\n\n\nno\n\n");
    let ran = answering(&home, &["setup"], &answers);
    // There is no microphone; what was answered before is kept all the same.
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("not an age recipient") && ran.err.contains("\nhint: "), "{}", ran.err);
    assert!(ran.err.contains("it was readable here") && !ran.err.contains("copper"), "{}", ran.err);
    assert_eq!(ran.err.matches("1. Whom do you coach?").count(), 1, "{}", ran.err);
    let listed = home.run(&["coachee", "list", "--json"]).json();
    assert_eq!((&listed[0]["recipient"], &listed[0]["key"]), (&json!(recipient), &json!("elsewhere")));
    assert!(home.path(".config/sidetone/config.toml").is_file());
}
