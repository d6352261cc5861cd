//! Whose the words are: the real program against a curious coach with the laptop in hand, and what people get wrong.
//! Sessions here are written transcripts, which take no time; those that are heard are in `tests/story.rs`.

#[path = "served/agreed.rs"]
mod agreed;
mod program;

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use program::{Home, demo_session};
use sidetone::{
    recording,
    vault::{KeepAudio, Writer},
};

/// Said in the session, and by nobody else.
const CANARY: &str = "purple lighthouse marmalade";
/// A plugin for tests, which keeps no key and locks nothing: it hands on whatever names it. See `token`.
const PLUGIN: &str = "age-plugin-sidetonetest";
const RECIPIENT: &str = "age1sidetonetest1dpskumnpdq5psy6g";
const IDENTITY: &str = "AGE-PLUGIN-SIDETONETEST-1DPSKUMNPDQZR79UK";
/// Of somebody else, for the same plugin.
const OTHERS: &str = "AGE-PLUGIN-SIDETONETEST-1DAKKZUS23SPUL";
/// Of a plugin that nobody has.
const MISSING: &str = "age1sidetonemissing1dpskumnpdqfcrnpz";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A session of four lines, written down by somebody.
fn written(home: &Home) -> PathBuf {
    let path = home.path("work/session.tsv");
    let line = |start: u32, role: &str, said: &str| format!("{start}.0\t{}.5\t{role}\t\t\t{said}\n", start + 3);
    let lines = [
        "start_s\tend_s\trole\tmove\tform\ttext\n".to_owned(),
        line(0, "coach", "What did you notice?"),
        line(4, "coachee", &format!("They said {CANARY} and waited.")),
        line(8, "coach", "Why do you think they waited?"),
        line(12, "coachee", "I gave them time."),
    ];
    fs::write(&path, lines.concat()).unwrap();
    path
}

/// Imports it, and takes the file away; the session's id.
fn import(home: &Home, extra: &[&str]) -> String {
    let file = written(home);
    let args = ["import", text(&file), "--coachee", "Hannah", "--consent-both", "--delete-original", "--json"];
    let report = home.run(&[&args[..], extra].concat()).json();
    assert!(!file.exists());
    report["session"].as_str().unwrap().to_owned()
}

/// How many bytes lie in files below the data, runtime and temporary directories; none of them says it.
#[track_caller]
fn scan(home: &Home, what: &[&str]) -> u64 {
    let mut bytes = 0;
    for (path, content) in home.kept() {
        bytes += content.len() as u64;
        for what in what {
            let found = memchr::memmem::find(&content.to_ascii_lowercase(), what.to_lowercase().as_bytes());
            assert_eq!(found, None, "`{what}` is in {}", path.display());
        }
    }
    bytes
}

/// Copies a directory with all it holds.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to)
        } else {
            _ = fs::copy(entry.path(), to).unwrap()
        }
    }
}

#[test]
fn the_days_are_agreed_to_with_the_consent() {
    let home = Home::new();
    home.hannah();
    let file = written(&home);
    let import_it = ["import", text(&file), "--coachee", "Hannah", "--consent-both"];
    let days = |extra: &[&str]| {
        let said = home.run(&[&import_it[..], extra].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        let sessions = home.run(&["sessions", "--json"]).json();
        let last = sessions.as_array().unwrap().last().unwrap();
        let (started, due) = (&last["started_at"], &last["delete_after"]);
        let at = |value: &serde_json::Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let hours = (at(due).as_second() - at(started).as_second()) as f64 / 3600.0;
        assert!((hours / 24.0 - last["retention_days"].as_f64().unwrap()).abs() < 0.1, "{last}");
        (last["retention_days"].as_u64().unwrap(), said.err)
    };
    let (agreed, said) = days(&[]);
    assert!(agreed == 30 && said.contains("deleted after 30 days; nobody can put that off"), "{said}");
    assert_eq!(days(&["--retention-days", "7"]).0, 7);
    fs::create_dir_all(home.path(".config/sidetone")).unwrap();
    fs::write(home.path(".config/sidetone/config.toml"), "retention_days = 14\n").unwrap();
    let (agreed, said) = days(&[]);
    assert!(agreed == 14 && said.contains("after 14 days"), "{said}");
    assert_eq!(days(&["--retention-days", "1"]).0, 1);
    for none in ["0", "181", "-1", "ever"] {
        let refused = home.run(&[&import_it[..], &["--retention-days", none]].concat());
        assert_eq!(refused.code, Some(1), "{none}");
    }
    let reminder = home.run(&["sessions"]).err;
    assert!(reminder.contains("4 with words that the coachee has not decided about"), "{reminder}");
}

#[test]
fn decisions_leave_no_byte_and_a_receipt() {
    let home = Home::new();
    let hers = home.hannah();
    let mut bytes = 0;
    let session = import(&home, &[]);
    bytes += scan(&home, &[CANARY, "lighthouse"]);
    let shown = home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).ok();
    assert!(shown.contains(CANARY));
    bytes += scan(&home, &[CANARY, "lighthouse"]);

    // Lines: those that are there, and none else.
    let export = ["transcript", "export", &session, "--passphrase-file", &hers, "--format", "md"];
    let out = home.path("work/lines.md");
    home.run(&[&export[..], &["--lines", "1-2", "--output", text(&out)]].concat()).ok();
    let lines = fs::read_to_string(&out).unwrap();
    assert!(lines.contains(CANARY) && !lines.contains("gave them time"), "{lines}");
    for none in ["0", "0-2", "3-2", "5", "2-5", "900", "x", "1-", "-", "1-2-3", ""] {
        home.run(&[&export[..], &["--lines", none, "--output", "none.md"]].concat()).refused("lines", "line");
        assert!(!home.path("work/none.md").exists());
    }

    let taken = home.path("work/mine.age");
    let take = ["transcript", "take", &session, "--passphrase-file", &hers, "--output", text(&taken), "--json"];
    let receipt = home.run(&take).json();
    assert_eq!((&receipt["what"], &receipt["rows"]), (&"words taken".into(), &1.into()));
    home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).refused("not here any more", "report");
    home.run(&["transcript", "keep", &session, "--passphrase-file", &hers]).refused("not here any more", "report");
    bytes += scan(&home, &[CANARY, "lighthouse"]);
    home.run(&["transcript", "delete", &session, "--everything", "--passphrase-file", &hers]).ok();
    home.run(&["report", &session]).refused("no session", "sidetone sessions");
    bytes += scan(&home, &[CANARY, "lighthouse"]);
    let receipts = home.run(&["sessions", "--receipts", "--json"]).json();
    let what: Vec<&str> = receipts.as_array().unwrap().iter().map(|each| each["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["words taken", "everything deleted"]);
    assert!(home.run(&["sessions", "--receipts"]).ok().contains(&format!("{session}  ")));
    eprintln!("{bytes} bytes scanned");
}

/// The words were exported sealed to a key that nobody had ever seen, and deleted here: locked out for ever.
#[test]
fn words_that_were_taken_open_with_what_their_owner_has() {
    let home = Home::new();
    let hers = home.hannah();
    let his = home.passphrase("his", "I am the coach and curious");
    home.run(&["coachee", "add", "Bill", "--passphrase-file", &his]).ok();
    let session = import(&home, &[]);
    // Standard output is no file: what was taken was in a file called `-`, and an empty one was carried away.
    let take = |output: &str| {
        home.run(&["transcript", "take", &session, "--passphrase-file", &hers, "--output", output, "--json"])
    };
    take("-").refused("want a file of their own", "--output");
    home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).ok();
    // A file without an ending was not found again.
    let taken = home.path("work/mine");
    let ran = take(text(&taken));
    assert!(ran.err.contains("will open with the passphrase of Hannah on this computer"), "{}", ran.err);
    assert_eq!(ran.json()["path"], text(&taken));
    let show = |key: &[&str]| home.run(&[&["transcript", "show", text(&taken)][..], key].concat());
    assert!(show(&["--passphrase-file", &hers]).ok().contains(CANARY));
    show(&["--passphrase-file", &his]).refused("does not open the words", "identity");
    let wrong = home.passphrase("wrong", "none of the two of them");
    show(&["--passphrase-file", &wrong]).refused("the passphrase does not open it", "try again");
    // Elsewhere, with the key that she may have shown to her.
    home.run(&["coachee", "recovery-key", "Hannah", "--passphrase-file", &his])
        .refused("does not open it", "try again");
    let shown = home.run(&["coachee", "recovery-key", "Hannah", "--passphrase-file", &hers]).ok();
    let key = shown.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap();
    let json = home.run(&["coachee", "recovery-key", "Hannah", "--passphrase-file", &hers, "--json"]).json();
    assert_eq!((&json["name"], &json["recovery_key"]), (&"Hannah".into(), &key.into()));
    let elsewhere = Home::new();
    let key = elsewhere.passphrase("key", key);
    let opened = elsewhere.run(&["transcript", "show", text(&taken), "--identity", &key]).ok();
    assert!(opened.contains(CANARY));
    elsewhere.run(&["transcript", "show", text(&taken)]).refused("its owner's key", "--identity FILE");
    scan(&home, &[CANARY, "AGE-SECRET-KEY"]);
}

/// Lines that were shown as 1 to 3 were others than `export --lines 1-3` then handed over.
#[test]
fn lines_keep_their_numbers_and_files_the_form_of_their_name() {
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let of = |command: &str, more: &[&str]| {
        home.run(&[&["transcript", command, &session, "--passphrase-file", &hers][..], more].concat())
    };
    let shown = of("show", &["--lines", "2-3"]).ok();
    assert!(shown.starts_with("  2  ") && shown.contains("\n  3  ") && shown.contains(CANARY), "{shown}");
    let exported = of("export", &["--lines", "2", "--output", "-"]).ok();
    assert!(exported.contains(CANARY) && exported.lines().count() < 4, "{exported}");
    // A file of subtitles held Markdown.
    for (file, begins) in [("mine.vtt", "WEBVTT"), ("mine.SRT", "1\n"), ("mine.json", "["), ("mine", "# Transcript")] {
        let path = home.path("work").join(file);
        let path = text(&path);
        let said = of("export", &["--output", path, "--json"]).json();
        assert_eq!(said["path"], path);
        assert!(fs::read_to_string(path).unwrap().starts_with(begins), "{file}: {}", fs::read_to_string(path).unwrap());
    }
    of("export", &["--output", "mine.docx"]).refused("`.docx` says no format", "vtt, srt, md, json, tsv, textgrid");
    of("export", &["--output", "mine.wav"]).refused("the sound of this session is not here", "sidetone import FILE");
    assert!(of("export", &["--output", "-", "--json"]).json().as_array().unwrap().len() == 4);
    assert_eq!(of("keep", &["--json"]).json(), serde_json::json!({"session": session, "decision": "kept"}));
}

/// The coach could give notice that a passphrase is lost, and the coachee read on and never saw it.
#[test]
fn a_notice_is_seen_by_the_coachee_and_ended_by_a_decision() {
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let show = || home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).err;
    assert!(!show().contains("Notice"));
    let until = home.run(&["transcript", "delete", &session, "--forgotten", "--json"]).json();
    let day = &until["forgotten_after"].as_str().unwrap()[..10];
    for said in [show(), home.run(&["sessions"]).err] {
        assert!(said.contains("Notice was given") && said.contains(&format!("from {day} on")), "{said}");
        assert!(said.contains(&format!("`sidetone transcript keep {session}`")), "{said}");
    }
    home.run(&["transcript", "keep", &session, "--passphrase-file", &hers]).ok();
    assert!(!show().contains("Notice") && !home.run(&["sessions"]).err.contains("Notice"));
}

/// Whoever kept their key elsewhere, so that nothing here opens their words, had it put here, under a passphrase.
#[test]
fn a_key_that_is_kept_elsewhere_stays_there() {
    let home = Home::new();
    let identity = sidetone::seal::Identity::generate();
    home.run(&["coachee", "add", "Hannah", "--recipient", &identity.to_recipient().to_string()]).ok();
    let key = home.passphrase("key.txt", &identity.expose());
    let new = home.passphrase("new", program::PASSPHRASE);
    let change = ["coachee", "passphrase", "Hannah", "--identity", &key, "--new-passphrase-file", &new];
    home.run(&change).refused("the key of Hannah is kept elsewhere", "--identity FILE");
    home.run(&["coachee", "recovery-key", "Hannah", "--identity", &key]).refused("kept elsewhere", "--identity FILE");
    assert_eq!(home.run(&["coachee", "list", "--json"]).json()[0]["key"], "elsewhere");
}

/// A sound that the coachee had asked to keep went with the words, and nobody said so before or after.
#[test]
fn a_kept_sound_does_not_go_unsaid() {
    let home = Home::new();
    let hers = home.hannah();
    let mut vault = Writer::open(&home.data()).unwrap();
    let recipient = vault.coachee("Hannah").unwrap().recipient;
    let mut kept = || {
        let session = agreed::session("Hannah");
        let (recorder, _) =
            recording::Writer::create(&vault.recording_path(session.id), session.id, 1, &recipient).unwrap();
        recorder.finish().unwrap();
        vault.begin(&session, KeepAudio::Asked).unwrap();
        vault.finish(session.id, &sidetone::measures::Numbers::default(), &[], true).unwrap();
        session.id.to_string()
    };
    let (first, second) = (kept(), kept());
    let delete = |session: &str| home.run(&["transcript", "delete", session, "--passphrase-file", &hers]).err;
    let said = delete(&first);
    let (before, after) = said.split_once("Gone from our files").unwrap();
    assert!(before.contains("sound of this session is kept here as well"), "{said}");
    assert!(before.contains(&format!("`sidetone transcript export {first} --format wav`")), "{said}");
    assert!(after.contains("The sound that was kept is deleted too."), "{said}");
    // On a terminal it asks; a no changes nothing.
    #[cfg(target_os = "linux")]
    {
        let line =
            format!("'{}' transcript delete {second} --passphrase-file '{hers}'", env!("CARGO_BIN_EXE_sidetone"));
        let shown = typing(&home, &line, "[yes/no] ", "no\n");
        assert!(shown.contains("kept here as well") && shown.contains("Nothing was changed."), "{shown}");
        assert!(vault.find(&second).unwrap().has_recording);
    }
    assert!(delete(&second).contains("The sound that was kept is deleted too."));
}

#[test]
fn a_recovery_sheet_is_shown_once_and_opens_what_the_passphrase_does() {
    let home = Home::new();
    let sheet = home.run(&["coachee", "add", "Hannah"]).ok();
    let line = |begins: &str| {
        let after = sheet.split_once(begins).unwrap().1;
        after.lines().map(str::trim).find(|line| !line.is_empty() && !line.ends_with(':')).unwrap().to_owned()
    };
    let (passphrase, key) = (line("Passphrase of Hannah:"), line("Recovery key of Hannah"));
    assert!(passphrase.split('-').count() == 6 && key.starts_with("AGE-SECRET-KEY-1"), "{sheet}");
    let bytes = scan(&home, &[&passphrase, &key]);
    let session = import(&home, &[]);
    let (words, key) = (home.passphrase("words", &passphrase), home.passphrase("key", &key));
    for unlock in [["--passphrase-file", &words], ["--identity", &key]] {
        assert!(home.run(&["transcript", "show", &session, unlock[0], unlock[1]]).ok().contains(CANARY));
    }
    // Another passphrase leaves the key as it was.
    let new = home.passphrase("new", program::PASSPHRASE);
    let change = ["coachee", "passphrase", "Hannah", "--identity", &key, "--new-passphrase-file", &new];
    assert_eq!(home.run(&change).ok(), "");
    home.run(&["transcript", "show", &session, "--passphrase-file", &words]).refused("does not open it", "try again");
    home.run(&["transcript", "show", &session, "--passphrase-file", &new]).ok();
    home.run(&["transcript", "show", &session, "--identity", &key]).ok();
    eprintln!("{bytes} bytes scanned");
}

#[test]
fn a_coach_cannot_delete_words_by_removing_who_said_them() {
    // `coachee remove` deleted a coachee's undecided and kept words for whoever typed it, when all else wants their passphrase.
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let remove = ["coachee", "remove", "Hannah", "--yes"];
    home.run(&remove).refused("passphrase", "--passphrase-file");
    // Nor by another way to type their name.
    for typed in ["Hannah ", " Hannah"] {
        home.run(&["coachee", "remove", typed, "--yes"]).refused("passphrase", "--passphrase-file");
    }
    home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).ok();
    home.run(&["transcript", "delete", &session, "--passphrase-file", &hers]).ok();
    home.run(&remove).ok();
    home.run(&remove).refused("no coachee called Hannah", "sidetone coachee");
}

#[test]
fn of_two_decisions_at_once_one_is_told_that_it_came_too_late() {
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let decide = |decision: &[&str]| {
        let args = [&["transcript"], decision, &[&session, "--passphrase-file", &hers]].concat();
        home.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [decide(&["delete"]), decide(&["take", "--output", "taken.age"])];
    let codes: Vec<(Option<i32>, String)> = both
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .map(|done| (done.status.code(), String::from_utf8(done.stderr).unwrap()))
        .collect();
    let won = codes.iter().filter(|(code, _)| *code == Some(0)).count();
    let told = codes.iter().any(|(code, said)| *code == Some(1) && said.contains("not here any more"));
    assert!(won == 1 && told, "{codes:?}");
    let decision = home.run(&["report", &session, "--json"]).json()["decision"].clone();
    assert!(decision == "deleted" || decision == "taken");
}

#[test]
fn a_session_that_is_being_recorded_cannot_be_decided_about() {
    let home = Home::new();
    let hers = home.hannah();
    let input = format!("file:{}", demo_session().display());
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--coach-speaks-first"];
    home.run(&[&start[..], &["--input", &input]].concat()).ok();
    for decision in ["keep", "delete", "take", "show", "export", "redo"] {
        let decide = ["transcript", decision, "last", "--passphrase-file", &hers];
        home.run(&decide).refused("still being recorded", "sidetone stop");
    }
    let everything = ["transcript", "delete", "last", "--everything", "--passphrase-file", &hers];
    home.run(&everything).refused("still being recorded", "sidetone stop");
    home.run(&["transcript", "delete", "last", "--forgotten"]).refused("still being recorded", "sidetone stop");
    home.run(&["recover", "--passphrase-file", &hers]).refused("still being recorded", "sidetone stop");
    assert_eq!(home.run(&["status", "--json"]).json()["phase"], "recording", "and nothing was disturbed");
    home.run(&["withdraw"]).ok();
}

/// Runs a shell's line on a terminal: util-linux's `script` makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(home: &Home, line: &str) -> Child {
    let mut terminal = home.command_of("script");
    terminal.args(["--quiet", "--return", "--command", line, "/dev/null"]);
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Starts a session on a terminal, where these answers are typed; what was shown, and whether it
/// began.
#[cfg(target_os = "linux")]
fn start_on_a_terminal(home: &Home, answers: &str) -> (String, bool) {
    let command = format!(
        "'{}' start --coachee Hannah --model demo.en --coach-speaks-first --input 'file:{}'",
        env!("CARGO_BIN_EXE_sidetone"),
        demo_session().display()
    );
    let mut child = on_a_terminal(home, &command);
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    (String::from_utf8_lossy(&ended.stdout).into_owned(), ended.status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn both_are_asked_in_plain_words_before_the_first_sample() {
    let home = Home::new();
    home.hannah();
    // A no of either, at first or after thinking, or nobody there to answer: nothing is recorded.
    for answers in ["\nno\n", "0\nten\n10\nyes\nperhaps\nno\n", "\nyes\n"] {
        let (shown, begun) = start_on_a_terminal(&home, answers);
        assert!(!begun && shown.contains("no session without a yes from both"), "{answers:?}: {shown}");
        assert_eq!(shown.contains("from 1 to"), answers.starts_with('0'), "{shown}");
        assert_eq!(home.run(&["sessions", "--json"]).json().as_array().unwrap().len(), 0, "{shown}");
    }
    let (shown, begun) = start_on_a_terminal(&home, "7\nyes\ny\n");
    assert!(begun, "{shown}");
    for told in ["recorded", "withdraw", "deleted", "judge", "Coach: do you agree?", "after 7 days"] {
        assert!(shown.contains(told), "`{told}` in {shown}");
    }
    let consent = Writer::open(&home.data()).unwrap().find("last").unwrap().session.consent;
    assert_eq!((consent.retention_days, consent.asserted), (7, false));
    home.run(&["withdraw"]).ok();
}

/// Runs a line on a terminal and types keys when `prompt` has been shown; all that was shown.
#[cfg(target_os = "linux")]
fn typing(home: &Home, line: &str, prompt: &str, keys: &str) -> String {
    let mut child = on_a_terminal(home, line);
    let mut out = child.stdout.take().unwrap();
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while !shown.ends_with(prompt.as_bytes()) {
        out.read_exact(&mut byte).unwrap_or_else(|_| panic!("no `{prompt}` in {}", String::from_utf8_lossy(&shown)));
        shown.extend(byte);
    }
    child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    out.read_to_end(&mut shown).unwrap();
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_no_words_on_the_screen() {
    // Ctrl-C is how people leave a pager: it ended the program, and the words stayed on the coach's terminal.
    let home = Home::new();
    let hers = home.hannah();
    import(&home, &[]);
    let program = env!("CARGO_BIN_EXE_sidetone");
    let (show, answer) = ("transcript show", "pulse answer");
    for (command, prompt, keys) in
        [(show, "Ctrl-C: leave ", "\x03"), (show, "Ctrl-C: leave ", "\x1a\x03"), (answer, "[1-5] ", "3\n\x03")]
    {
        let line = format!("'{program}' {command} last --passphrase-file '{hers}'; echo left $?; stty -a");
        let shown = typing(&home, &line, prompt, keys);
        let (apart, after) = shown.split_once("\x1b[2J\x1b[?1049l").unwrap_or_else(|| panic!("{shown:?}"));
        assert!(apart.contains(CANARY) == (command == show) && !after.contains(CANARY), "{shown:?}");
        assert!(after.contains("left 130"), "{after}");
        assert!(!after.contains("-isig") && after.contains("eol = <undef>"), "the terminal is as it was: {after}");
    }
    // Answers that were begun are not kept.
    let answers = home.run(&["pulse", "show", "Hannah", "--passphrase-file", &hers, "--json"]).json();
    assert_eq!(answers["answers"], serde_json::json!([]));
}

#[cfg(target_os = "linux")]
#[test]
fn who_leaves_at_the_sheet_is_told_that_it_opens_nothing() {
    // Whoever wrote a recovery key down and left as a pager is left was told nothing, and had kept the key to nothing.
    let home = Home::new();
    let file = home.passphrase("hers", program::PASSPHRASE);
    let program = env!("CARGO_BIN_EXE_sidetone");
    let line = format!("'{program}' coachee add Zoe --passphrase-file '{file}'; echo left $?");
    let shown = typing(&home, &line, "Ctrl-C: leave ", "\x03");
    assert!(
        shown.contains("AGE-SECRET-KEY-1") && shown.contains("throw away") && shown.contains("left 130"),
        "{shown}"
    );
    assert_eq!(home.run(&["coachee", "list", "--json"]).json().as_array().unwrap().len(), 0);
}

#[test]
fn keys_that_do_not_fit_are_refused_in_the_same_words() {
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let show = |key: &[&str]| home.run(&[&["transcript", "show", &session][..], key].concat());
    // One constant message, however near the guess is.
    let mut told = Vec::new();
    for guess in ["copper kettle on the stov", "x", program::PASSPHRASE.to_uppercase().as_str(), "é ✓"] {
        let file = home.passphrase("guess", guess);
        let refused = show(&["--passphrase-file", &file]);
        told.push((refused.code, refused.err));
    }
    assert!(
        told.iter().all(|each| *each == told[0]) && told[0].1.contains("the passphrase does not open it"),
        "{told:?}"
    );
    // A file that others can read is not read.
    fs::set_permissions(&hers, fs::Permissions::from_mode(0o640)).unwrap();
    show(&["--passphrase-file", &hers]).refused("can be read by others", "chmod 600");
    fs::set_permissions(&hers, fs::Permissions::from_mode(0o600)).unwrap();
    // Identity files: damaged, of another, of a plugin although there is a passphrase, not there.
    let other = sidetone::seal::Identity::generate();
    let key = other.expose();
    let (whole, last) = key.split_at(key.len() - 1);
    let damaged = format!("{whole}{}", if last == "Q" { "P" } else { "Q" });
    for (content, error) in [
        (damaged.as_str(), "not an age identity"),
        ("", "not an age identity"),
        ("# only a remark\n", "not an age identity"),
        ("AGE-SECRET-KEY-1", "not an age identity"),
        ("AGE-PLUGIN-", "not an age identity"),
        (other.expose().as_str(), "not the one that belongs to Hannah"),
        (IDENTITY, "not the one that belongs to Hannah"),
    ] {
        let file = home.passphrase("identity", content);
        show(&["--identity", &file]).refused(error, "");
    }
    fs::write(home.path("identity"), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(show(&["--identity", text(&home.path("identity"))]).code, Some(1));
    show(&["--identity", "/no/such/file"]).refused("/no/such/file", "path");
    // Recipients that are none.
    let key = other.to_recipient().to_string();
    for none in [
        "",
        "age1",
        "age1nonsense",
        &key[..key.len() - 1],
        "AGE-SECRET-KEY-1",
        "ssh-ed25519 AAAA",
        "age1sidetonetest1q",
    ] {
        home.run(&["coachee", "add", "Zoë", "--recipient", none]).refused("not an age recipient", "age-keygen");
    }
    home.run(&["coachee", "add", "Zoë", "--recipient", MISSING]).refused("age-plugin-sidetonemissing", "install");
    assert_eq!(home.run(&["coachee", "list", "--json"]).json().as_array().unwrap().len(), 1, "nobody was added");
}

#[test]
fn words_moved_to_another_session_or_coachee_stay_closed() {
    let home = Home::new();
    let hers = home.hannah();
    let his = home.passphrase("his", "I am the coach and curious");
    home.run(&["coachee", "add", "Bill", "--passphrase-file", &his]).ok();
    let (first, second) = (import(&home, &[]), import(&home, &[]));
    let file = written(&home);
    home.run(&["import", text(&file), "--coachee", "Bill", "--consent-both"]).ok();
    let bills = home.run(&["report", "--json"]).json()["session"].as_str().unwrap().to_owned();
    let raw = rusqlite::Connection::open(home.data().join("sidetone.db")).unwrap();
    let moved = "UPDATE transcripts SET sealed = (SELECT sealed FROM transcripts WHERE session = ?) WHERE session = ?";
    for (to, passphrase) in [(&second, &hers), (&bills, &his)] {
        raw.execute(moved, [&first, to]).unwrap();
        let show = ["transcript", "show", to, "--passphrase-file", passphrase];
        home.run(&show).refused("are not what was stored", "changed outside sidetone");
    }
    // Written down as the coachee of the session, he opens it no more than before.
    raw.execute(
        "UPDATE sessions SET coachee = 'Bill', recipient = (SELECT recipient FROM coachees WHERE name = 'Bill')",
        [],
    )
    .unwrap();
    home.run(&["transcript", "show", &first, "--passphrase-file", &his]).refused("are not what was stored", "");
}

#[test]
fn an_old_copy_put_back_opens_for_nobody_but_the_coachee_and_forgets_again() {
    let home = Home::new();
    let hers = home.hannah();
    let session = import(&home, &[]);
    let backup = home.path("backup");
    copy(&home.data(), &backup);
    home.run(&["transcript", "delete", &session, "--passphrase-file", &hers]).ok();
    // The database alone: the receipts beside it redo the deletion.
    for file in ["sidetone.db-wal", "sidetone.db-shm"] {
        // Whichever of them is not there needs no taking away.
        let _ = fs::remove_file(home.data().join(file));
    }
    fs::copy(backup.join("sidetone.db"), home.data().join("sidetone.db")).unwrap();
    let show = ["transcript", "show", &session, "--passphrase-file", &hers];
    home.run(&show).refused("not here any more", "report");
    let bytes = scan(&home, &[CANARY, "lighthouse"]);
    assert_eq!(home.run(&["report", &session, "--json"]).json()["decision"], "deleted");
    // All of it on another computer: open to her, and to nobody else.
    let elsewhere = Home::new();
    copy(&backup, &elsewhere.data());
    fs::set_permissions(elsewhere.data(), fs::Permissions::from_mode(0o700)).unwrap();
    let wrong = elsewhere.passphrase("wrong", "the coach has a guess");
    let stranger = elsewhere.passphrase("stranger", &sidetone::seal::Identity::generate().expose());
    let show = |key: &[&str]| elsewhere.run(&[&["transcript", "show", &session][..], key].concat());
    show(&["--passphrase-file", &wrong]).refused("the passphrase does not open it", "try again");
    show(&["--identity", &stranger]).refused("not the one that belongs to Hannah", "coachee list");
    assert!(show(&["--passphrase-file", &hers]).ok().contains(CANARY));
    eprintln!("{} bytes scanned", bytes + scan(&elsewhere, &[CANARY, "lighthouse"]));
}

#[test]
fn a_data_directory_behind_a_link_is_refused() {
    let home = Home::new();
    home.hannah();
    let moved = home.path("moved");
    fs::rename(home.data(), &moved).unwrap();
    symlink(&moved, home.data()).unwrap();
    for args in [&["sessions"][..], &["transcript", "show"], &["coachee", "list"], &["trend"]] {
        home.run(args).refused("symbolic link", "--data-dir");
    }
    let file = written(&home);
    home.run(&["import", text(&file), "--coachee", "Hannah", "--consent-both"]).refused("symbolic link", "--data-dir");
    let input = format!("file:{}", demo_session().display());
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--input", &input];
    home.run(&start).refused("symbolic link", "--data-dir");
}

/// A coachee's words were lost: the passphrase that was made for them was in force before it could be shown, and it could
/// not be shown.
#[test]
#[cfg(target_os = "linux")]
fn a_passphrase_that_cannot_be_shown_locks_nothing() {
    let home = Home::new();
    let hers = home.hannah();
    for args in [&["coachee", "passphrase", "Hannah", "--passphrase-file", &hers][..], &["coachee", "add", "Ben"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = home.command().args(args).stdout(full).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.code() == Some(1) && said.contains("the output cannot be written"), "{said}");
    }
    assert_eq!(home.run(&["coachee", "list", "--json"]).json().as_array().unwrap().len(), 1, "Ben can be added again");
    let session = import(&home, &[]);
    home.run(&["transcript", "show", &session, "--passphrase-file", &hers]).ok();
}

/// After a crash two people could not take back what they had said: `withdraw` wanted a recorder. And `recover` took a session
/// for lost that was still recorded, where it did not find the recorder (another XDG_RUNTIME_DIR), and unlinked its sound.
#[test]
fn a_session_that_was_cut_off_is_withdrawn_and_one_that_runs_is_left_alone() {
    let home = Home::new();
    let hers = home.hannah();
    let mut vault = Writer::open(&home.data()).unwrap();
    let session = agreed::session("Hannah");
    let path = vault.recording_path(session.id);
    let recipient = vault.coachee("Hannah").unwrap().recipient;
    let (recorder, _) = recording::Writer::create(&path, session.id, 1, &recipient).unwrap();
    vault.begin(&session, KeepAudio::No).unwrap();
    let left_alone = || {
        home.run(&["recover", "--passphrase-file", &hers]).refused("still being recorded", "sidetone stop");
        home.run(&["withdraw"]).refused("no session is being recorded", "sidetone start");
    };
    left_alone();
    // Until the session is stored.
    let lock = recorder.lock();
    recorder.finish().unwrap();
    left_alone();
    assert!(path.exists());
    drop(lock);
    let withdrawn = home.run(&["withdraw", "--json"]).json();
    assert_eq!(withdrawn["withdrawn"]["session"], session.id.to_string(), "{withdrawn}");
    assert!(!path.exists());
    assert_eq!(home.run(&["sessions", "--json"]).json(), serde_json::json!([]));
    home.run(&["withdraw"]).refused("no session is being recorded", "sidetone start");
}

/// An import that could not be stored left a session in a coach's list that nothing could finish.
#[test]
fn an_import_that_fails_leaves_no_session() {
    let home = Home::new();
    home.hannah();
    let raw = rusqlite::Connection::open(home.data().join("sidetone.db")).unwrap();
    raw.execute_batch("CREATE TRIGGER full BEFORE INSERT ON transcripts BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    let file = written(&home);
    let ran = home.run(&["import", text(&file), "--coachee", "Hannah", "--consent-both", "--delete-original"]);
    assert!(ran.code != Some(0) && file.exists(), "{}", ran.err);
    assert_eq!(home.run(&["sessions", "--json"]).json(), serde_json::json!([]));
}

/// Puts the plugin on the path of this home. It speaks the protocol of age's plugins (age-plugin.md in C2SP); what it
/// wraps stays readable to it, for whoever shows it the identity that ends as the recipient begins.
fn token(home: Home) -> Home {
    let folder = home.path("bin");
    fs::create_dir_all(&folder).unwrap();
    let plugin = r#"#!/bin/sh
# Reads "-> type arguments" and its body, whose last line is the first short one; sets `kind`, `args` and `body`.
stanza() {
    IFS= read -r head || exit 1
    head=${head#-> }; kind=${head%% *}; args=${head#"$kind"}; args=${args# }; body=
    while IFS= read -r line || exit 1; do body=$body$line; [ ${#line} -ge 64 ] || return 0; done
}
printf '%s\n' "$1" >>"$(dirname "$0")/ran"
keys= wrapped= stanzas=
while stanza; do
    case $kind in
        add-recipient) keys="$keys $args" ;;
        add-identity) keys="$keys $args" ;;
        wrap-file-key) wrapped=$body ;;
        recipient-stanza) case $args in "0 sidetonetest "*) stanzas=$args; wrapped=$body ;; esac ;;
        done) break ;;
    esac
done
owner() { case $1 in *1dpskumnpdq*|*1DPSKUMNPDQ*) echo hannah ;; *) echo omar ;; esac; }
for key in $keys; do whose=$(owner "$key"); done
case $1 in
    --age-plugin=recipient-v1)
        printf -- '-> recipient-stanza 0 sidetonetest %s\n%s\n' "$whose" "$wrapped"; stanza
        ;;
    --age-plugin=identity-v1)
        printf -- '-> msg\n%s\n' "$(printf 'Touch\033[2J your key' | base64 | tr -d =)"; stanza
        case $stanzas in
            "0 sidetonetest $whose") printf -- '-> file-key 0\n%s\n' "$wrapped"; stanza ;;
            *) printf -- '-> error identity 0\n%s\n' "$(printf 'this key does not fit' | base64 | tr -d =)"; stanza ;;
        esac
        ;;
esac
printf -- '-> done\n\n'
"#;
    fs::write(folder.join(PLUGIN), plugin).unwrap();
    fs::set_permissions(folder.join(PLUGIN), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    home.with_env("PATH", &path)
}

/// How often the plugin has been run since this was last asked, to seal and to open.
fn ran(home: &Home) -> (usize, usize) {
    let log = home.path("bin/ran");
    let lines = fs::read_to_string(&log).unwrap_or_default();
    fs::write(&log, "").unwrap();
    (lines.matches("recipient-v1").count(), lines.matches("identity-v1").count())
}

#[test]
fn a_key_on_a_token_opens_the_words_and_is_touched_once() {
    let home = token(Home::new());
    home.run(&["coachee", "add", "Hannah", "--recipient", RECIPIENT]).ok();
    assert_eq!(ran(&home), (1, 0));
    let listed = home.run(&["coachee", "list", "--json"]).json();
    assert_eq!((&listed[0]["key"], &listed[0]["recipient"]), (&"plugin".into(), &RECIPIENT.into()));
    let session = import(&home, &[]);
    assert_eq!(ran(&home), (0, 0), "who records needs no plugin, and no terminal");
    let hers = home.passphrase("hers.txt", &format!("# created: today\n# recipient: {RECIPIENT}\n{IDENTITY}\n"));
    let others = home.passphrase("omars.txt", OTHERS);
    let show = |key: &[&str]| home.run(&[&["transcript", "show", &session][..], key].concat());
    show(&[]).refused("a key of their own", "--identity");
    show(&["--identity", &others]).refused("this key does not fit", "plugged in");
    assert_eq!(ran(&home), (0, 1));
    let shown = show(&["--identity", &hers]);
    assert!(shown.err.contains("Touch [2J your key"), "what it says moves no cursor: {:?}", shown.err);
    assert!(shown.ok().contains(CANARY));
    assert_eq!(ran(&home), (0, 1));
    home.run(&["transcript", "keep", &session, "--identity", &hers]).ok();
    let bytes = scan(&home, &[CANARY, "AGE-SECRET-KEY"]);

    // Taken along it is sealed to the token itself, and opens there and nowhere else.
    ran(&home);
    let taken = home.path("work/mine.age");
    home.run(&["transcript", "take", &session, "--identity", &hers, "--output", text(&taken)]).ok();
    assert_eq!(ran(&home), (1, 1));
    let sealed =
        fs::read_to_string(&taken).unwrap_or_else(|_| String::from_utf8_lossy(&fs::read(&taken).unwrap()).into());
    assert!(sealed.contains("-> sidetonetest hannah") && !sealed.contains("-> X25519"));
    let elsewhere = token(Home::new());
    let open = |key: &str| elsewhere.run(&["transcript", "show", text(&taken), "--identity", key]);
    assert!(open(&hers).ok().contains(CANARY));
    open(&others).refused("this key does not fit", "plugged in");
    let plain = elsewhere.passphrase("plain", &sidetone::seal::Identity::generate().expose());
    open(&plain).refused("does not open", "identity");

    // Without its program the key is of no use, and what is missing is named.
    fs::remove_file(home.path("bin").join(PLUGIN)).unwrap();
    let session = import(&home, &[]);
    home.run(&["transcript", "show", &session, "--identity", &hers]).refused(PLUGIN, "install");
    eprintln!("{bytes} bytes scanned");
}

#[test]
fn a_plugin_that_talks_nonsense_is_refused() {
    let home = token(Home::new());
    for nonsense in
        ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho hello\n", "#!/bin/sh\nprintf -- '-> error internal\\nbm8\\n'\ncat\n"]
    {
        fs::write(home.path("bin").join(PLUGIN), nonsense).unwrap();
        let refused = home.run(&["coachee", "add", "Hannah", "--recipient", RECIPIENT]);
        assert_eq!(refused.code, Some(1), "{nonsense}: {}", refused.err);
    }
    assert_eq!(home.run(&["coachee", "list", "--json"]).json(), serde_json::json!([]));
}

/// A word that the coachee changes from a token to a passphrase of their own is theirs as before.
#[test]
fn a_token_can_be_exchanged_for_a_passphrase() {
    let home = token(Home::new());
    home.run(&["coachee", "add", "Hannah", "--recipient", RECIPIENT]).ok();
    let session = import(&home, &[]);
    let key = home.passphrase("key", IDENTITY);
    let new = home.passphrase("new", program::PASSPHRASE);
    home.run(&["coachee", "passphrase", "Hannah", "--identity", &key, "--new-passphrase-file", &new]).ok();
    assert!(home.run(&["transcript", "show", &session, "--passphrase-file", &new]).ok().contains(CANARY));
    home.run(&["transcript", "show", &session, "--identity", &key]).refused("not the one that belongs", "coachee list");
}

#[test]
fn what_was_taken_opens_with_plain_age() {
    let home = Home::new();
    let identity = sidetone::seal::Identity::generate();
    home.run(&["coachee", "add", "Hannah", "--recipient", &identity.to_recipient().to_string()]).ok();
    let key = home.passphrase("key.txt", &identity.expose());
    let session = import(&home, &[]);
    let taken = home.path("work/mine.age");
    home.run(&["transcript", "take", &session, "--identity", &key, "--output", text(&taken)]).ok();
    // The library that the plain program is made of, and nothing of ours.
    let age: age::x25519::Identity = identity.expose().parse().unwrap();
    let opened = age::decrypt(&age, &fs::read(&taken).unwrap()).unwrap();
    assert!(memchr::memmem::find(&opened, CANARY.as_bytes()).is_some());
    let elsewhere = Home::new();
    let shown = elsewhere.run(&["transcript", "show", text(&taken), "--identity", &key]).ok();
    assert!(shown.contains(CANARY));
    scan(&home, &[CANARY]);
    // Cut short, or with one bit turned, it opens to nobody.
    let sealed = fs::read(&taken).unwrap();
    let mut turned = sealed.clone();
    turned[sealed.len() - 20] ^= 1;
    for (name, altered) in [("short.age", &sealed[..sealed.len() - 1]), ("turned.age", &turned[..])] {
        fs::write(home.path(name), altered).unwrap();
        let show = ["transcript", "show", text(&home.path(name)), "--identity", &key].map(str::to_owned);
        let show: Vec<&str> = show.iter().map(String::as_str).collect();
        home.run(&show).refused("does not open", "identity");
    }
}

#[test]
fn who_said_who_speaks_first_in_a_written_transcript_is_not_told_that_it_was_assumed() {
    // What was said at the command was not looked at, and what cannot be of a text was taken without a word.
    let home = Home::new();
    home.hannah();
    let file = home.path("work/names.tsv");
    let lines = "start_s\tend_s\trole\ttext\n0\t4\tZoe\tWhat did you notice?\n5\t9\tHannah\tThey waited.\n";
    fs::write(&file, lines).unwrap();
    let import = |more: &[&str]| {
        let args = ["import", text(&file), "--coachee", "Hannah", "--consent-both", "--json"];
        home.run(&[&args[..], more].concat())
    };
    let assumed = |report: serde_json::Value| report["caveats"].to_string().contains("roles_assumed");
    assert!(assumed(import(&[]).json()) && !assumed(import(&["--coach-speaks-first"]).json()));
    for no_sound in [["--coach-track", "2"], ["--model", "demo.en"]] {
        import(&no_sound).refused("has no sound", "--coach-speaks-first");
    }
}

#[test]
fn a_link_to_a_recording_is_deleted_with_it() {
    // The link went, the sound of both stayed in the clear, and both had been told that it was deleted.
    let home = Home::new();
    home.hannah();
    let (file, link) = (written(&home), home.path("work/latest.tsv"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    home.run(&["import", text(&link), "--coachee", "Hannah", "--consent-both", "--delete-original"]).ok();
    assert!(!file.exists() && !link.is_symlink());
}
