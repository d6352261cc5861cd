//! What people get wrong, and what the program says: one `error:` line, one `hint:` line, exit code 1, nothing lost.

mod program;

use std::{fs, os::unix::fs::PermissionsExt};

use program::{Home, PASSPHRASE, demo_session};

#[test]
fn each_mistake_gets_one_error_and_one_hint() {
    let home = Home::new();
    home.hannah();
    let demo = demo_session();
    let demo = demo.to_str().unwrap();
    let empty = home.path("empty.wav");
    fs::write(&empty, "").unwrap();
    let text = home.path("notes.mp3");
    fs::write(
        &text,
        "these are not the sounds you are looking for, and there is nothing to be heard in them\n".repeat(50),
    )
    .unwrap();
    let open = home.passphrase("open", PASSPHRASE);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let wrong = home.passphrase("wrong", "not the right words at all");
    let short = home.passphrase("short", "abc");
    let (misspelt, bossy) = (home.path("misspelt.toml"), home.path("bossy.toml"));
    fs::write(&misspelt, "# mine\nmodle = \"base.en\"\n").unwrap();
    fs::write(&bossy, "stance = \"bossy\"\n").unwrap();
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--input"];
    let import = ["import", "--coachee", "Hannah", "--consent-both", "--model", "demo.en"];
    let cases: &[(&[&[&str]], &str, &str)] = &[
        // Before any `start`, which leaves a recorder running.
        (&[&["status"]], "no session is being recorded", "sidetone start"),
        (&[&["stop"]], "no session is being recorded", "sidetone start"),
        (&[&["start", "--coachee", "Nobody"]], "no coachee called Nobody", "sidetone coachee"),
        (&[&["start", "--coachee", "Hannah", "--input", &format!("file:{demo}")]], "agree", "--consent-both"),
        (&[&start, &["no such microphone"]], "no such microphone", ""),
        (&[&start, &["file:/no/such/file.wav"]], "/no/such/file.wav", ""),
        (
            &[&["start", "--coachee", "Hannah", "--consent-both", "--model", "nonsense"]],
            "nonsense",
            "sidetone models list",
        ),
        (
            &[&["start", "--coachee", "Hannah", "--consent-both", "--model", "small.en"]],
            "small.en",
            "sidetone models fetch small.en",
        ),
        (
            &[&["start", "--coachee", "Hannah", "--consent-both", "--model", "speaker"]],
            "speaker",
            "sidetone models list",
        ),
        (&[&import, &["/no/such/file.wav"]], "/no/such/file.wav", ""),
        (&[&import, &[empty.to_str().unwrap()]], "empty.wav", ""),
        (&[&import, &[text.to_str().unwrap()]], "notes.mp3", ""),
        (&[&["report"]], "session", "sidetone"),
        (&[&["report", "01"]], "01", "sidetone sessions"),
        (&[&["swap", "last"]], "session", "sidetone"),
        (&[&["turns", "last"]], "turns", "--rttm"),
        (&[&["recover"]], "no session was cut off", "sidetone sessions"),
        (&[&["transcript", "show"]], "session", "sidetone"),
        (&[&["coachee", "add", "Hannah", "--passphrase-file", &wrong]], "Hannah is here already", "sidetone coachee"),
        (&[&["coachee", "add", "Zoë", "--passphrase-file", &open]], "can be read by others", "chmod 600"),
        (&[&["coachee", "add", "Zoë", "--passphrase-file", &short]], "too short", "12 characters"),
        (&[&["coachee", "add", "Zoë", "--recipient", "age1nonsense"]], "not an age recipient", "age-keygen"),
        (&[&["coachee", "remove", "Zoë", "--yes"]], "no coachee called Zoë", "sidetone coachee"),
        (&[&["coachee", "remove", "Hannah"]], "wants a yes", "--yes"),
        (
            &[&["coachee", "passphrase", "Hannah", "--passphrase-file", &wrong]],
            "the passphrase does not open it",
            "try again",
        ),
        (&[&["models", "fetch", "bas.en"]], "bas.en", "base.en"),
        (&[&["models", "import", "/no/such/model.bin"]], "/no/such/model.bin", ""),
        (&[&["setup"]], "nobody is there to answer", "sidetone coachee add"),
        (&[&["privacy", "--output", "/no/such/folder/page.md"]], "/no/such/folder/page.md", ""),
        (&[&["man", "--output", &format!("{empty}/man", empty = empty.display())]], "empty.wav/man", ""),
        (&[&["config", "show", "--config", "/no/such/config.toml"]], "/no/such/config.toml", ""),
        (
            &[&["config", "show", "--config", &format!("{}", misspelt.display())]],
            "line 2: there is no setting `modle`",
            "`model`",
        ),
        (
            &[&["sessions", "--config", &format!("{}", bossy.display())]],
            "line 1: unknown variant `bossy`",
            "take it out",
        ),
    ];
    for (args, error, hint) in cases {
        let args = args.concat();
        eprintln!("{args:?}");
        home.run(&args).refused(error, hint);
    }
    assert_eq!(home.run(&["sessions", "--json"]).json(), serde_json::json!([]), "a refused start leaves no session");
    assert!(
        !home.data().join("recordings").is_dir()
            || fs::read_dir(home.data().join("recordings")).unwrap().next().is_none()
    );
}

#[test]
fn arguments_that_make_no_sense_are_the_users_to_mend() {
    let home = Home::new();
    for args in [
        &["frobnicate"][..],
        &["start"],
        &["start", "--coachee", "H", "--stance", "bossy"],
        &["start", "--coachee", "H", "--coach-track", "3"],
    ] {
        assert_eq!(home.run(args).code, Some(1), "{args:?}");
    }
    assert_eq!(home.run(&["--help"]).code, Some(0));
    assert_eq!(home.run(&["--version"]).ok(), format!("sidetone {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_variable_that_makes_no_sense_is_named() {
    for (name, value, hint) in [
        ("SIDETONE_STANCE", "bossy", "facilitative"),
        ("SIDETONE_COACH_TRACK", "3", "1 or 2"),
        ("SIDETONE_COLOR", "blue", "never"),
        ("SIDETONE_CONFIG", "/no/such/config.toml", ""),
    ] {
        Home::new().with_env(name, value).run(&["sessions"]).refused(if hint.is_empty() { value } else { name }, hint);
    }
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let home = Home::new();
    let file = home.path("a-file");
    fs::write(&file, "").unwrap();
    let inside = file.join("data");
    home.run(&["sessions", "--data-dir", inside.to_str().unwrap()]).refused("a-file", "");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::new();
    let mut child = home
        .command()
        .args(["models", "list"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_model_that_is_damaged_is_refused_before_it_is_loaded() {
    let home = Home::new();
    home.hannah();
    let models = home.path("models");
    fs::create_dir(&models).unwrap();
    let whole =
        fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin")).unwrap();
    fs::write(models.join("ggml-sidetone-demo.en.bin"), &whole[..whole.len() / 2]).unwrap();
    let demo = demo_session();
    let args = [
        "import",
        demo.to_str().unwrap(),
        "--coachee",
        "Hannah",
        "--consent-both",
        "--models-dir",
        models.to_str().unwrap(),
    ];
    home.run(&args).refused("ggml-sidetone-demo.en.bin", "sidetone models");
}
