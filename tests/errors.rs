//! What people get wrong, and what the program says: one `error:` line, one `hint:` line, exit code 1, nothing lost.

mod program;

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use program::{Home, PASSPHRASE, demo_session};

#[test]
fn each_mistake_gets_one_error_and_one_hint() {
    let home = Home::new();
    home.hannah();
    let demo = demo_session();
    let demo = demo.to_str().unwrap();
    let sweep = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sweep/sweep.ogg");
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
    let goals = home.path("goals");
    fs::write(&goals, "\n  \n").unwrap();
    let goals = goals.to_str().unwrap();
    let (misspelt, bossy) = (home.path("misspelt.toml"), home.path("bossy.toml"));
    fs::write(&misspelt, "# mine\nmodle = \"base.en\"\n").unwrap();
    fs::write(&bossy, "stance = \"bossy\"\n").unwrap();
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--input"];
    let import = ["import", "--coachee", "Hannah", "--consent-both", "--model", "demo.en"];
    let cases: &[(&[&[&str]], &str, &str)] = &[
        (&[&["reprot"]], "reprot", "`report`"),
        (&[&["start", "--coache", "Hannah"]], "--coache", "`--coachee`"),
        (&[&["completions"]], "<SHELL>", "sidetone completions --help"),
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
        (&[&import, &["/no/such/file.wav"]], "/no/such/file.wav", "sidetone import FILE"),
        // A voice was picked by chance.
        (&[&import, &["--coach-track", "1", sweep]], "one track", "`--coach-track`"),
        (&[&import, &[empty.to_str().unwrap()]], "empty.wav", ""),
        (&[&import, &[text.to_str().unwrap()]], "notes.mp3", ""),
        (&[&["report"]], "there is no session yet", "sidetone start"),
        (&[&["report", "01"]], "01", "sidetone sessions"),
        (&[&["swap", "last"]], "session", "sidetone"),
        (&[&["turns", "last"]], "turns", "--rttm"),
        (&[&["recover"]], "no session was cut off", "sidetone sessions"),
        (&[&["transcript", "show"]], "session", "sidetone"),
        (&[&["coachee", "add", ""]], "a name has one line", "sidetone coachee add Ana"),
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
        (&[&["pairing", "add", "Nobody"]], "no coachee called Nobody", "sidetone coachee"),
        (&[&["pairing", "add", "Hannah", "--start", "31.12."]], "`31.12.` is no day", "2027-01-31"),
        (&[&["pairing", "add", "Hannah", "--goals", goals]], "no goal in", "one a line"),
        (&[&["pairing", "add", "Hannah", "--goals", "/no/such/file"]], "/no/such/file", "path"),
        (&[&["pairing", "add", "Hannah", "--standing", "manages"]], "only if both of you wish", "--both-agree"),
        (&[&["pairing", "show", "Hannah"]], "no pairing with Hannah that goes on", "sidetone pairing add"),
        (&[&["pairing", "show", "Hannah", "--all"]], "no pairing with Hannah that goes on", "sidetone pairing add"),
        (&[&["pairing", "goals", "Hannah"]], "no pairing with Hannah that goes on", "sidetone pairing add"),
        (&[&["pairing", "review", "Nobody"]], "no coachee called Nobody", "sidetone coachee"),
        (&[&["pairing", "end", "Hannah"]], "no pairing with Hannah that goes on", "sidetone pairing add"),
        (&[&["pairing", "session", "last", "--coach", "me"]], "session", "sidetone sessions"),
        (&[&["hours", "show", "Hannah"]], "no pairing with Hannah that goes on", "sidetone pairing add"),
        (&[&["pulse", "answer", "last"]], "session", "sidetone sessions"),
        (&[&["pulse", "show", "Nobody"]], "no coachee called Nobody", "sidetone coachee"),
        (&[&["pulse", "show", "Hannah", "--passphrase-file", &wrong]], "the passphrase does not open it", "try again"),
        (&[&["pulse", "show", "Hannah"]], "no terminal", "--passphrase-file"),
        (&[&["pulse", "delete", "last"]], "session", "sidetone sessions"),
        (&[&["training", "log", "course", "--on", "soon"]], "`soon` is no day", "2027-01-31"),
        (&[&["training", "log", "trio", "--tried", "two\nlines"]], "one line", "fewer words"),
        (&[&["training", "remove", "7"]], "no note 7", "sidetone training log"),
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

/// What people get wrong about a pairing that is there.
#[test]
fn mistakes_about_a_pairing_get_one_error_and_one_hint() {
    let home = Home::new();
    let hers = home.hannah();
    home.run(&["pairing", "add", "Hannah"]).ok();
    let locked = ["--passphrase-file", &hers];
    let long = home.path("long");
    fs::write(&long, "x".repeat(501)).unwrap();
    let long = long.to_str().unwrap();
    let cases: &[(&[&str], &str, &str)] = &[
        (&["pairing", "add", "Hannah"], "goes on already", "--coach WHO"),
        (&["pairing", "show", "Hannah", "--coach", "Bea"], "no pairing with Hannah", "sidetone pairing add"),
        (&["pairing", "goals", "Hannah", "--add"], "no terminal", "--from FILE"),
        (&["pairing", "goals", "Hannah", "--from", long], "at most 500 letters", "one a line"),
        (&["pairing", "goals", "Hannah", "--delete", "1", locked[0], locked[1]], "no such goal", "pairing goals"),
        (&["pairing", "review", "Hannah", "--next", "2020-01-01"], "2020-01-01 is over", "--next DATE"),
        (&["hours", "set", "Hannah", "many"], "`many` is no number of hours", "7.5"),
        (&["hours", "set", "Hannah", "1001"], "no number of hours", "7.5"),
        (&["hours", "quiet", "Hannah", "--from", "2027-02-01", "--to", "2027-01-01"], "end after they begin", "--from"),
    ];
    for (args, error, hint) in cases {
        eprintln!("{args:?}");
        home.run(args).refused(error, hint);
    }
}

#[test]
fn arguments_that_make_no_sense_are_the_users_to_mend() {
    let home = Home::new();
    for args in [
        &["frobnicate"][..],
        &["start"],
        &["start", "--coachee", "H", "--stance", "bossy"],
        &["start", "--coachee", "H", "--coach-track", "3"],
        &["hours", "quiet", "H"],
        &["hours", "quiet", "H", "--from", "2027-01-01"],
        &["hours", "set", "H"],
        &["pairing", "session", "last"],
        &["pairing", "add", "H", "--both-agree"],
        &["pulse", "answer", "last", "--room", "4"],
        &["training", "log", "--tried", "waiting"],
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
        ("SIDETONE_TONES", "perhaps", "true or false"),
        ("SIDETONE_VOICE_COMMANDS", "perhaps", "true or false"),
        ("SIDETONE_CONFIG", "/no/such/config.toml", ""),
    ] {
        Home::new().with_env(name, value).run(&["sessions"]).refused(if hint.is_empty() { value } else { name }, hint);
    }
}

#[test]
fn a_wake_word_that_would_be_heard_by_mistake_is_refused() {
    let home = Home::new().with_env("SIDETONE_WAKE_WORD", "hey");
    home.hannah();
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--input", "default"];
    home.run(&start).refused("`hey` cannot be a wake word", "`sidetone start --no-voice-commands`");
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

/// A session could not be stopped: where nobody read what goes to stderr any more, the program was aborted (134) before it
/// asked the recorder anything.
#[test]
fn nobody_needs_to_read_what_goes_to_stderr() {
    let home = Home::new();
    home.hannah();
    let input = format!("file:{}", demo_session().display());
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--coach-speaks-first"];
    home.run(&[&start[..], &["--input", &input, "--speed", "10"]].concat()).ok();
    let closed = |args: &[&str]| {
        let mut shell = home.command_of("sh");
        shell.args(["-c", "exec \"$@\" 2>&-", "sh", env!("CARGO_BIN_EXE_sidetone")]).args(args).output().unwrap()
    };
    let unread = |args: &[&str]| {
        let (reader, stderr) = std::io::pipe().unwrap();
        drop(reader);
        home.command().args(args).stderr(stderr).output().unwrap()
    };
    type Way<'a> = &'a dyn Fn(&[&str]) -> Output;
    let ways: [Way<'_>; 2] = [&closed, &unread];
    for asked in ways {
        for (command, code) in [("status", 0), ("pause", 0), ("pause", 1), ("resume", 0), ("frobnicate", 1)] {
            let done = asked(&[command]);
            assert_eq!((done.status.code(), done.stdout.is_empty()), (Some(code), command != "status"), "{command}");
        }
    }
    let stopped = unread(&["stop", "--json"]);
    assert_eq!(stopped.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&stopped.stdout).unwrap();
    assert_eq!(home.run(&["report", "--json"]).json(), report);
    for asked in ways {
        assert_eq!(asked(&["stop"]).status.code(), Some(1));
    }
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
    // It cannot be fetched, as was advised.
    let verify = home.run(&["models", "verify", "--models-dir", models.to_str().unwrap()]);
    assert!(verify.code == Some(1) && verify.err.contains("install sidetone again"), "{}", verify.err);
}

#[test]
fn a_transcript_that_cannot_be_coded_gets_one_error_and_one_hint() {
    let home = Home::new();
    let german = "Was ist dir aufgefallen, als sie mit der Aufgabe angefangen haben? Ich glaube, sie haben auf mich \
                  gewartet, ehrlich gesagt, und ich habe ihnen einfach die Antwort gegeben, weil es so still war und \
                  ich das nicht mag. Was machst du beim nächsten Mal anders?";
    let foreign = format!("role\ttext\ncoach\t{german}\n");
    let cases: &[(&str, &[u8], &str, &str)] = &[
        ("empty", b"", "empty", "header line"),
        ("headless", b"coach\tWhat did you see?\n", "no column `role`", "header line"),
        ("header", b"role\ttext\n", "nothing below", "header line"),
        ("role", b"role\ttext\ncoach\tHello.\nteacher\tHi.\n", "row 1", "coach or coachee"),
        ("short", b"text\trole\nHello.\n", "row 0", "tab-separated"),
        ("binary", b"role\ttext\ncoach\t\xff\xfe\n", "not text in UTF-8", "save it as UTF-8"),
        ("foreign", foreign.as_bytes(), "does not seem to be English", "English only"),
    ];
    for (name, content, error, hint) in cases {
        let file = home.path(name);
        fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap();
        home.run(&["code", file]).refused(error, hint);
        home.run(&["code", file, "--json"]).refused(error, hint);
    }
    let file = home.path("rows");
    fs::write(&file, "role\ttext\ncoach\tHello.\n").unwrap();
    let file = file.to_str().unwrap();
    home.run(&["code", file, "--by", "session"]).refused("no column `session`", "--by");
    home.run(&["code", "/no/such/rows.tsv"]).refused("/no/such/rows.tsv", "");
}
