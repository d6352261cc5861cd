//! Five pieces of advice from a school where coaching had turned into giving instructions, each as a sentence that must hold
//! over a year of a pair: see the issue "The practice around the session", and README.

mod program;
mod year;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::Stdio,
};

use clap::CommandFactory;
use program::{Home, Ran};
use serde_json::{Value, json};
use sidetone::seal::Identity;
use year::{days_ago, today};

/// In a goal of Hannah's, and nowhere else.
const CANARY: &str = "purple lighthouse marmalade";

/// Hannah, her year, and her key in a file.
struct Pair {
    home: Home,
    key: String,
}

impl Pair {
    fn new() -> Self {
        let home = Home::new();
        let identity = Identity::generate();
        let path = home.path("key");
        fs::write(&path, identity.expose().as_bytes()).unwrap();
        let key = path.to_str().unwrap().to_owned();
        year::add(&home.data(), "Hannah", &identity.to_recipient());
        Self { home, key }
    }

    /// Paired since 340 days, with goals, and the year's sessions.
    fn of_a_year() -> Self {
        let pair = Self::new();
        let goals = format!("to keep {CANARY} in order\nto wait longer\n");
        let (start, review) = (days_ago(340).to_string(), days_ago(-30).to_string());
        let args = ["pairing", "add", "Hannah", "--start", &start, "--review", &review, "--goals", "-"];
        pair.fed(&args, &goals).ok();
        year::of_sessions(&pair.home.data(), 0, "Hannah");
        pair
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.home.run(args)
    }

    /// With the coachee's key.
    fn unlocked(&self, args: &[&str]) -> Ran {
        self.run(&[args, &["--identity", &self.key]].concat())
    }

    /// With something on standard input.
    fn fed(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.home.command();
        let mut child =
            command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
    }

    fn answers(&self, number: usize, answers: &str) {
        let (session, key) = (year::id(number).to_string(), self.key.clone());
        self.fed(&["pulse", "answer", &session, "--identity", &key, "--answers", "-"], answers).ok();
    }

    fn keeps(&self, text: &str) -> bool {
        self.home.kept().iter().any(|(_, bytes)| memchr::memmem::find(bytes, text.as_bytes()).is_some())
    }
}

#[test]
fn pairings_are_set_up_and_looked_at() {
    let pair = Pair::of_a_year();
    // Goals are in the coachee's words, and sealed.
    assert!(!pair.keeps("lighthouse") && !pair.keeps("wait longer"));
    let goals = pair.unlocked(&["pairing", "goals", "Hannah", "--json"]).json();
    assert_eq!(goals[0], json!({"number": 1, "goal": format!("to keep {CANARY} in order")}));
    pair.run(&["pairing", "goals", "Hannah"]).refused("kept elsewhere", "--identity");
    // The pair sees its own numbers, sessions held and gaps.
    let shown = pair.run(&["pairing", "show", "Hannah", "--json"]).json();
    assert_eq!((&shown["held"], &shown["longest_gap_days"]), (&json!(12), &json!(70)));
    assert_eq!(shown["sessions"][0]["coach_share"], json!(0.7));
    assert_eq!(shown["sessions"][0]["telling"], json!(0.35));
    assert_eq!(shown["sessions"][11]["on"], json!(days_ago(14).to_string()));
    let text = pair.run(&["pairing", "show", "Hannah"]).ok();
    assert!(text.contains("12 sessions, 9 h 0 min in all; at most 70 days apart."), "{text}");
    assert!(text.contains("the coach spoke 36 % of the talk; telling 18 %"), "{text}");
    // The answers after a session are visible only after unlocking.
    for number in 0..9 {
        pair.answers(number, if number < 6 { "room 5\nuseful 4\ntrust 5" } else { "room 5\nuseful 4\ntrust 2" });
    }
    pair.run(&["pulse", "show", "Hannah"]).refused("kept elsewhere", "--identity");
    let stranger = pair.home.path("stranger");
    fs::write(&stranger, Identity::generate().expose().as_bytes()).unwrap();
    let with_another = ["pulse", "show", "Hannah", "--identity", stranger.to_str().unwrap()];
    pair.run(&with_another).refused("not the one that belongs to Hannah", "sidetone coachee list");
    let shown = pair.unlocked(&["pulse", "show", "Hannah", "--json"]).json();
    assert_eq!(shown["answers"].as_array().unwrap().len(), 9);
    assert_eq!((&shown["answers"][8]["trust"], &shown["answers"][8]["coach_share"]), (&json!(2), &json!(0.46)));
    // A gentle signal from their own answers, and what they can do, ending without reasons included.
    assert_eq!(shown["signals"], json!([{"question": "trust", "sign": "low", "coach": null}]));
    let text = pair.unlocked(&["pulse", "show", "Hannah"]).ok();
    for said in ["Your last 3 answers about trust are low.", "nobody needs a reason", "sidetone pairing end Hannah"] {
        assert!(text.contains(said), "{said} in\n{text}");
    }
    // The coach gets no sign of it, anywhere.
    for args in [&["pairing", "show"][..], &["pairing", "show", "Hannah"], &["sessions"], &["hours", "show", "Hannah"]]
    {
        let Ran { out, err, .. } = pair.run(args);
        assert!(![&out, &err].iter().any(|text| text.contains("trust") || text.contains("answers")), "{out}{err}");
    }
    // Ending needs no reason: there is not even a place for one.
    let help = pair.run(&["pairing", "end", "--help"]).ok();
    assert!(!help.contains("--reason") && help.contains("no reason is asked"));
    let ended = pair.run(&["pairing", "end", "Hannah", "--json"]).json();
    assert_eq!(ended["ended_on"], json!(today().to_string()));
}

#[test]
fn the_review_comes_up_for_both_whatever_the_answers() {
    const QUESTION: &str = "the right pair, the right time, the right load?";
    for answers in [None, Some("room 5\nuseful 5\ntrust 5"), Some("room 1\nuseful 1\ntrust 1")] {
        let pair = Pair::of_a_year();
        if let Some(answers) = answers {
            (0..12).for_each(|number| pair.answers(number, answers));
        }
        let last = year::id(11).to_string();
        let places = [&["sessions"][..], &["report", &last], &["pairing", "show", "Hannah"], &["pairing", "show"]];
        for args in places {
            assert!(!pair.run(args).ok().contains(QUESTION), "{args:?}: not before its day");
        }
        // A review that is due: the pairing of somebody who began earlier.
        pair.run(&["pairing", "end", "Hannah", "--forget"]).ok();
        pair.run(&["pairing", "add", "Hannah", "--start", &days_ago(340).to_string()]).ok();
        for args in places {
            let out = pair.run(args).ok();
            let lines: Vec<&str> = out.lines().filter(|line| line.contains(QUESTION)).collect();
            assert_eq!(lines.len(), 1, "{args:?}: one line\n{out}");
            assert!(lines[0].contains("`sidetone pairing review Hannah`"));
        }
        let asked = pair.run(&["pairing", "review", "Hannah"]).ok();
        for question in ["Is this the right pair?", "Is it the right time?", "Is it the right load?"] {
            assert!(asked.contains(question), "{asked}");
        }
        // In the quiet weeks nobody is reminded; after the talk not until the next.
        let (from, to) = (days_ago(3).to_string(), days_ago(-3).to_string());
        pair.run(&["hours", "quiet", "Hannah", "--from", &from, "--to", &to]).ok();
        assert!(!pair.run(&["sessions"]).ok().contains(QUESTION));
        pair.run(&["hours", "quiet", "Hannah", "--clear"]).ok();
        pair.run(&["pairing", "review", "Hannah", "--held"]).ok();
        assert!(places.iter().all(|args| !pair.run(args).ok().contains(QUESTION)));
    }
}

/// What commands print and write, each in a fresh copy of a vault: (command, output).
struct Outputs(BTreeMap<Vec<&'static str>, String>);

/// What each command is run with; each that there is must be here or in [`NO_MEASURES`]. `A` is a session of Hannah's, `B`
/// one of Omar's, `KEY` a key that both own (so that nothing is hidden by a lock).
const RUN: &[(&str, &[&[&str]])] = &[
    ("coachee list", &[&[], &["--json"]]),
    ("coachee remove", &[&["Hannah", "--yes", "--identity", "KEY"], &["Omar", "--yes", "--identity", "KEY", "--json"]]),
    ("sessions", &[&[], &["--json"]]),
    ("report", &[&[], &["A"], &["B", "--json"], &["A", "--html", "a.html"]]),
    ("turns", &[&["A", "--rttm"], &["last", "--rttm"]]),
    ("swap", &[&["A"], &["B", "--json"]]),
    (
        "trend",
        &[&[], &["--json"], &["--html", "trend.html"], &["--coachee", "Hannah"], &["--coachee", "Omar", "--json"]],
    ),
    ("transcript keep", &[&["A", "--identity", "KEY"]]),
    ("transcript delete", &[&["A", "--everything", "--identity", "KEY"], &["A", "--forgotten"]]),
    ("pairing add", &[&["Hannah", "--coach", "Bea"], &["Omar", "--coach", "Bea", "--start", "2020-01-01", "--json"]]),
    ("pairing show", &[&[], &["--all"], &["--json"], &["Hannah"], &["Omar", "--json"]]),
    ("pairing goals", &[&["Hannah", "--identity", "KEY"], &["Omar", "--identity", "KEY", "--json"]]),
    ("pairing review", &[&["Hannah"], &["Omar", "--json"], &["Hannah", "--held"]]),
    ("pairing session", &[&["A", "--coach", "me"], &["B", "--coach", "me", "--json"]]),
    ("pairing end", &[&["Hannah"], &["Omar", "--json"], &["Omar", "--forget"]]),
    ("hours show", &[&["Hannah"], &["Omar", "--json"]]),
    ("hours set", &[&["Hannah", "9"], &["Omar", "9", "--json"]]),
    ("hours quiet", &[&["Hannah", "--clear"], &["Omar", "--clear", "--json"]]),
    ("pulse answer", &[&["A", "--identity", "KEY", "--answers", "KEY.txt"]]),
    ("pulse show", &[&["Hannah", "--identity", "KEY"], &["Omar", "--identity", "KEY", "--json"]]),
    ("pulse delete", &[&["A", "--identity", "KEY"], &["B", "--identity", "KEY", "--json"]]),
    ("training log", &[&[], &["--json"], &["trio", "--with", "Bea"]]),
    ("training due", &[&[], &["--json"]]),
    ("training remove", &[&["1"]]),
];

/// Commands that have no measure to show, or those of one session that they make themselves.
const NO_MEASURES: &[(&str, &str)] = &[
    ("demo", "its own vault, thrown away"),
    ("coachee add", "a new person has none"),
    ("coachee passphrase", "a key"),
    ("coachee recovery-key", "a key"),
    ("coach enrol", "the coach's voice"),
    ("coach forget", "the coach's voice"),
    ("start", "the session that begins"),
    ("status", "the session that runs"),
    ("pause", "the session that runs"),
    ("resume", "the session that runs"),
    ("mark", "the session that runs"),
    ("stop", "the session that ends: as `report`"),
    ("withdraw", "the session that runs"),
    ("watch", "the session that runs"),
    ("import", "the session that it makes: as `report`"),
    ("recover", "the session that it finishes: as `report`"),
    ("transcript show", "words, one session's"),
    ("transcript export", "words, one session's"),
    ("transcript take", "words, one session's"),
    ("transcript redo", "the session that it decodes: as `report`"),
    ("open", "one session's page: as `report`"),
    ("code", "a file, and no vault"),
    ("models list", "model files"),
    ("models fetch", "model files"),
    ("models verify", "model files"),
    ("models import", "model files"),
    ("daemon", "the session that runs"),
    ("completions", "a shell's script"),
    ("setup", "model files and devices"),
    ("doctor", "this computer"),
    ("config show", "settings"),
    ("service install", "the recorder"),
    ("service uninstall", "the recorder"),
    ("service status", "the recorder"),
    ("licences", "the program"),
    ("man", "the program"),
    ("privacy", "what is kept where, and no number"),
];

/// The one output that may be made of more than one coachee: the coach's own over time, without a name.
const COACHS_OWN: &str = "trend";

/// Every command that does something, as it is typed.
fn commands() -> BTreeSet<String> {
    fn below(command: &clap::Command, typed: &str, all: &mut BTreeSet<String>) {
        let mut deeper = command.get_subcommands().filter(|sub| sub.get_name() != "help").peekable();
        if deeper.peek().is_none() {
            all.insert(typed.trim().to_owned());
        }
        deeper.for_each(|sub| below(sub, &format!("{typed} {}", sub.get_name()), all));
    }
    let mut all = BTreeSet::new();
    below(&sidetone::cli::Args::command(), "", &mut all);
    all
}

fn copy_of(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy_of(&entry, &target) } else { _ = fs::copy(&entry, &target).unwrap() }
    }
}

/// Without what differs from run to run: times of day, ids and sizes of what was sealed by chance.
fn settled(text: &str) -> String {
    let word = |word: &str| {
        let trimmed = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let time = trimmed.len() >= 20 && trimmed.as_bytes()[10] == b'T' && trimmed.ends_with('Z');
        let id = trimmed.len() == 26 && trimmed.starts_with("01") && !trimmed.starts_with("01ARZ3NDEKTSV4");
        if time || id { "_".to_owned() } else { word.to_owned() }
    };
    let line = |line: &str| {
        if line.contains("bytes") { "_".to_owned() } else { line.split(' ').map(word).collect::<Vec<_>>().join(" ") }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

impl Outputs {
    /// Of two people of whom the coach talked so many percent of the time.
    fn of(identity: &Identity, hannah: u64, omar: u64) -> Self {
        let home = Home::new();
        let (key, answers) = (home.path("key"), home.path("answers"));
        fs::write(&key, identity.expose().as_bytes()).unwrap();
        fs::write(&answers, "room 3").unwrap();
        let template = home.path("template");
        for (at, (name, percent)) in [("Hannah", hannah), ("Omar", omar)].into_iter().enumerate() {
            year::add(&template, name, &identity.to_recipient());
            let data = template.to_str().unwrap();
            let start = days_ago(200).to_string();
            home.run(&["pairing", "add", name, "--start", &start, "--data-dir", data]).ok();
            for number in 0..4 {
                let session =
                    year::session(&template, 10 * at + number, name, days_ago(100 - 7 * number as i64), percent);
                let pulse =
                    sidetone::practice::Pulse { trust: sidetone::practice::Answer::new(2), ..Default::default() };
                year::writer_on(&template, today()).answer(session, &pulse, identity).unwrap();
            }
            home.run(&["training", "log", "course", "--data-dir", data]).ok();
        }
        let (a, b) = (year::id(2).to_string(), year::id(12).to_string());
        let there_are = commands();
        let mut outputs = BTreeMap::new();
        for (command, runs) in RUN.iter().filter(|(command, _)| there_are.contains(*command)) {
            for run in *runs {
                copy_of(&template, &home.data());
                copy_of(&home.path("tmp"), &home.path("work"));
                let arg = |arg: &&'static str| match *arg {
                    "A" => a.clone(),
                    "B" => b.clone(),
                    "KEY" => key.display().to_string(),
                    "KEY.txt" => answers.display().to_string(),
                    other => other.to_owned(),
                };
                let args: Vec<String> = command.split(' ').map(str::to_owned).chain(run.iter().map(arg)).collect();
                let ran = home.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
                assert!(!ran.err.contains("Usage:"), "{args:?}: {}", ran.err);
                let mut output = format!("{}{}", ran.out, ran.err);
                for file in fs::read_dir(home.path("work")).into_iter().flatten() {
                    output.push_str(&String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()));
                }
                outputs.insert(
                    [&[*command], *run].concat(),
                    settled(&output.replace(home.path("").to_str().unwrap(), "")),
                );
            }
        }
        Self(outputs)
    }

    /// The runs whose output is another in `other`.
    fn differing<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a [&'static str]> {
        self.0.iter().filter(|(run, output)| other.0[*run] != **output).map(|(run, _)| run.as_slice()).collect()
    }
}

#[test]
fn coaching_is_separate_from_quality_assurance_and_performance_management() {
    // Every command is accounted for: a new one fails here until somebody has thought about it.
    let listed = || RUN.iter().map(|(command, _)| *command).chain(NO_MEASURES.iter().map(|(command, _)| *command));
    let forgotten: Vec<String> =
        commands().into_iter().filter(|command| !listed().any(|listed| listed == command)).collect();
    assert!(forgotten.is_empty(), "does it show measures of more than one coachee? {forgotten:?}");
    // An output that changes with the measures of the one and with those of the other is made of both.
    let key = Identity::generate();
    let as_they_are = Outputs::of(&key, 60, 60);
    let by_chance = Outputs::of(&key, 60, 60);
    assert_eq!(as_they_are.differing(&by_chance), BTreeSet::new(), "nothing changes by itself");
    let (hannahs, omars) = (Outputs::of(&key, 30, 60), Outputs::of(&key, 60, 30));
    let (of_hannah, of_omar) = (as_they_are.differing(&hannahs), as_they_are.differing(&omars));
    assert!(of_hannah.contains(["pairing show", "Hannah"].as_slice()) && of_omar.contains(["report"].as_slice()));
    for run in of_hannah.intersection(&of_omar) {
        let output = &as_they_are.0[*run];
        let named = ["Hannah", "Omar"].iter().any(|name| output.contains(name));
        assert!(run[0] == COACHS_OWN && !named, "{run:?} shows measures of two coachees together:\n{output}");
    }
    // There is no role but coach and coachee, and no word for appraisal but the coachee's own, in any help.
    for command in commands() {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = Home::new().run(&args).ok().to_lowercase();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["appraisal", "performance", " rank", "score", "target", "manager"] {
            let only_if_brought = command == "pairing goals" && help.contains("only if they bring it");
            assert!(!help.contains(word) || only_if_brought, "`{word}` in the help of {command}");
        }
    }
}

#[test]
fn coaches_stay_trained() {
    let pair = Pair::new();
    assert_eq!(pair.run(&["training", "due", "--json"]).json()["due"], json!(false));
    let (course, trio) = (days_ago(400).to_string(), days_ago(20).to_string());
    pair.run(&["training", "log", "course", "--on", &course, "--with", "the county"]).ok();
    let tried = ["--with", "Bea and Tom", "--tried", "waiting three seconds"];
    pair.run(&[&["training", "log", "trio", "--on", &trio], &tried[..]].concat()).ok();
    for kind in ["co-coaching", "modelling"] {
        pair.run(&["training", "log", kind]).ok();
    }
    let log = pair.run(&["training", "log"]).ok();
    assert!(log.contains("trio  with Bea and Tom  tried: waiting three seconds"), "{log}");
    assert_eq!(log.lines().count(), 4);
    // Practising with others is worth noting, and no refresher: one has been due for a while, and the coach is reminded.
    let due = pair.run(&["training", "due", "--json"]).json();
    assert_eq!((&due["due"], &due["last_on"]), (&json!(true), &json!(course)));
    assert!(pair.run(&["sessions"]).err.contains("Your next refresher"));
    pair.run(&["training", "log", "refresher"]).ok();
    assert_eq!(pair.run(&["training", "due", "--json"]).json()["due"], json!(false));
    assert!(!pair.run(&["sessions"]).err.contains("refresher"));
}

#[test]
fn coaching_is_flexible() {
    let pair = Pair::of_a_year();
    // Twelve hours a year unless the pair says otherwise, with no dates imposed.
    let hours = pair.run(&["hours", "show", "Hannah", "--json"]).json();
    assert_eq!((&hours["set_aside_h"], &hours["used_h"], &hours["held"]), (&json!(12.0), &json!(9.0), &json!(12)));
    // At the pair's own pace: nine hours in 341 of 365 or 366 days.
    let forecast = hours["forecast_h"].as_f64().unwrap();
    assert!((9.6..9.7).contains(&forecast), "{forecast}");
    // Quiet weeks are left out of the pace, and of the gaps: ten weeks between two sessions were report season.
    let (from, to) = (days_ago(210).to_string(), days_ago(160).to_string());
    let quiet = pair.run(&["hours", "quiet", "Hannah", "--from", &from, "--to", &to, "--json"]).json();
    assert_eq!(quiet["quiet"], json!([{"from": from, "to": to}]));
    assert!(quiet["forecast_h"].as_f64().unwrap() > forecast);
    assert_eq!(pair.run(&["pairing", "show", "Hannah", "--json"]).json()["longest_gap_days"], json!(28));
    // At the review: does this still fit your workload?
    assert!(pair.run(&["pairing", "review", "Hannah"]).ok().contains("Does this still fit your workload?"));
    // More hours than were set aside are said as they are.
    let over = pair.run(&["hours", "set", "Hannah", "7.5"]).ok();
    assert!(over.contains("That is 1 h 30 min more than you set aside. If it is right for you both"), "{over}");
    // And nothing ever turns red, or any colour.
    pair.run(&["training", "log", "course", "--on", &days_ago(900).to_string()]).ok();
    let shown = [
        &["hours", "show", "Hannah"][..],
        &["pairing", "show"],
        &["pairing", "show", "Hannah"],
        &["pairing", "review", "Hannah"],
        &["training", "due"],
        &["sessions"],
        &["pulse", "show", "Hannah", "--identity", &pair.key],
    ];
    (0..12).for_each(|number| pair.answers(number, "trust 1"));
    for args in shown {
        let Ran { out, err, .. } = pair.run(&[args, &["--color", "always"]].concat());
        for word in ["\u{1b}", "!", "warning", "late", "overdue", "behind", "missed"] {
            assert!(!out.contains(word) && !err.contains(word), "{word:?} in {args:?}:\n{out}{err}");
        }
    }
}

#[test]
fn coaching_is_not_hierarchical() {
    const NOTE: &str = "Only for you";
    let pair = Pair::of_a_year();
    year::add(&pair.home.data(), "Omar", &Identity::generate().to_recipient());
    // How they stand is noted only if both wish; taking it back needs only one.
    let review = ["pairing", "review", "Hannah", "--standing"];
    pair.run(&[&review[..], &["manages"]].concat()).refused("only if both of you wish", "--both-agree");
    assert_eq!(pair.run(&["pairing", "show", "Hannah", "--json"]).json()["standing"], Value::Null);
    pair.run(&[&review[..], &["manages", "--both-agree"]].concat()).ok();
    assert_eq!(pair.run(&["pairing", "show", "Hannah", "--json"]).json()["standing"], json!("manages"));
    // All of this coach's pairings point downwards: a private note, where only the coach looks.
    assert!(pair.run(&["pairing", "show"]).err.contains(NOTE));
    assert!(pair.run(&["pairing", "show", "--json"]).json()["only_for_you"].as_str().unwrap().contains(NOTE));
    let session = year::id(0).to_string();
    let for_both = [
        &["pairing", "show", "Hannah"][..],
        &["pairing", "review", "Hannah"],
        &["hours", "show", "Hannah"],
        &["sessions"],
        &["report", &session],
        &["pulse", "show", "Hannah", "--identity", &pair.key],
    ];
    for args in for_both {
        let Ran { out, err, .. } = pair.run(args);
        assert!(!out.contains(NOTE) && !err.contains(NOTE), "{args:?}");
    }
    // One that points elsewhere, or says nothing, and the note is gone.
    pair.run(&["pairing", "add", "Omar", "--standing", "level", "--both-agree"]).ok();
    assert_eq!(pair.run(&["pairing", "show", "--json"]).json()["only_for_you"], Value::Null);
    pair.run(&["pairing", "review", "Omar", "--standing", "senior", "--both-agree"]).ok();
    assert!(pair.run(&["pairing", "show"]).err.contains(NOTE));
    pair.run(&["pairing", "review", "Omar", "--standing", "unsaid"]).ok();
    assert!(!pair.run(&["pairing", "show"]).err.contains(NOTE));
}

#[test]
fn an_ended_pairing_stays_as_it_was_and_leaves_room_for_another() {
    let pair = Pair::of_a_year();
    pair.run(&["pairing", "end", "Hannah"]).ok();
    for args in [&["pairing", "end", "Hannah"][..], &["hours", "show", "Hannah"], &["pairing", "review", "Hannah"]] {
        pair.run(args).refused("no pairing with Hannah that goes on", "sidetone pairing add");
    }
    let ended = pair.run(&["pairing", "show", "Hannah", "--all", "--json"]).json();
    assert_eq!((&ended["held"], &ended["ended_on"]), (&json!(12), &json!(today().to_string())));
    pair.run(&["pairing", "add", "Hannah", "--coach", "Bea", "--start", &days_ago(-1).to_string()]).ok();
    assert_eq!(pair.run(&["pairing", "show", "Hannah", "--json"]).json()["held"], json!(0));
    assert_eq!(pair.run(&["pairing", "show", "--json"]).json()["pairings"].as_array().unwrap().len(), 1);
    assert_eq!(pair.run(&["pairing", "show", "--all", "--json"]).json()["pairings"].as_array().unwrap().len(), 2);
}

#[test]
fn one_coachee_with_two_coaches_has_two_pairings_and_nobody_guesses() {
    let pair = Pair::of_a_year();
    pair.run(&["pairing", "add", "Hannah", "--coach", "Bea", "--start", &days_ago(60).to_string()]).ok();
    pair.run(&["pairing", "show", "Hannah"]).refused("more than one coach", "--coach WHO");
    let show = |coach: &str| pair.run(&["pairing", "show", "Hannah", "--coach", coach, "--json"]).json();
    // Two sessions since: whose they are is not known, so they count for neither.
    let (mine, beas) = (show("me"), show("Bea"));
    assert_eq!((&mine["held"], &beas["held"]), (&json!(10), &json!(0)));
    assert_eq!(beas["sessions_of_unsaid_coach"], json!([year::id(10), year::id(11)]));
    pair.run(&["pairing", "session", "last", "--coach", "Bea"]).ok();
    pair.run(&["pairing", "session", &year::id(10).to_string(), "--coach", "me"]).ok();
    assert_eq!((&show("me")["held"], &show("Bea")["held"]), (&json!(11), &json!(1)));
    // Answers about the one coach are not held against the other.
    (8..11).for_each(|number| pair.answers(number, "trust 1"));
    pair.answers(11, "trust 5");
    let shown = pair.unlocked(&["pulse", "show", "Hannah", "--json"]).json();
    assert_eq!(shown["signals"], json!([{"question": "trust", "sign": "low", "coach": null}]));
    assert_eq!(shown["answers"][3]["coach"], json!("Bea"));
}

#[test]
fn a_coachee_who_leaves_takes_everything_with_one_command() {
    let pair = Pair::of_a_year();
    (0..12).for_each(|number| pair.answers(number, "room 1\nuseful 2\ntrust 3"));
    pair.run(&["training", "log", "modelling", "--with", "Hannah"]).ok();
    pair.run(&["hours", "quiet", "Hannah", "--from", "2026-01-05", "--to", "2026-01-16"]).ok();
    assert!(pair.keeps("Hannah"));
    let receipts = pair.unlocked(&["coachee", "remove", "Hannah", "--yes", "--json"]).json();
    let what: Vec<&str> =
        receipts.as_array().unwrap().iter().map(|receipt| receipt["what"].as_str().unwrap()).collect();
    assert_eq!(what, [vec!["everything deleted"; 12], vec!["pairing deleted"]].concat());
    assert!(!pair.keeps("Hannah") && !pair.keeps("2026-01-05"), "nothing of theirs is in any byte");
    assert_eq!(pair.run(&["pairing", "show", "--all", "--json"]).json()["pairings"], json!([]));
    pair.run(&["pulse", "show", "Hannah"]).refused("no coachee called Hannah", "sidetone coachee");
}

#[test]
fn a_clock_that_was_set_back_loses_nothing_and_hurries_nobody() {
    let pair = Pair::new();
    // Everything happened in a year that the clock says is still to come.
    let start = days_ago(-60).to_string();
    pair.run(&["pairing", "add", "Hannah", "--start", &start]).ok();
    for number in 0..3 {
        year::session(&pair.home.data(), number, "Hannah", days_ago(-61 - 14 * number as i64), 50);
    }
    let shown = pair.run(&["pairing", "show", "Hannah", "--json"]).json();
    assert_eq!((&shown["held"], &shown["longest_gap_days"]), (&json!(3), &json!(14)));
    assert_eq!(shown["review_due"], json!(false));
    let hours = pair.run(&["hours", "show", "Hannah", "--json"]).json();
    assert_eq!((&hours["used_h"], &hours["from"]), (&json!(2.25), &json!(start)));
    assert!(hours["forecast_h"].as_f64().unwrap() < 30.0);
    // Ended on a day before it began: on the day that it began.
    assert_eq!(pair.run(&["pairing", "end", "Hannah", "--json"]).json()["ended_on"], json!(start));
}

/// A coach who imported a term's recordings had them all in one week: each was dated on the day of its import.
#[test]
fn what_is_imported_may_have_been_on_another_day() {
    let home = Home::new();
    home.hannah();
    let file = home.talk();
    let import = ["import", file.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--json"];
    let (long_ago, later) = (days_ago(200).to_string(), days_ago(100).to_string());
    let on = |day: &str| home.run(&[&import[..], &["--on", day]].concat());
    let dated = |ran: Ran| ran.json()["started_at"].as_str().unwrap()[..10].to_owned();
    assert_eq!(dated(on(&later)), later);
    assert_eq!(dated(on(&long_ago)), long_ago);
    on("2026-02-30").refused("`2026-02-30` is no day", "year, month and day");
    on(&days_ago(-2).to_string()).refused("still to come", "");
    // Words that nobody decides about have their days from now on.
    let sessions = home.run(&["sessions", "--json"]).json();
    assert!(sessions.as_array().unwrap().iter().all(|session| session["has_words"] == true), "{sessions}");
    home.run(&["pairing", "add", "Hannah", "--start", &days_ago(210).to_string()]).ok();
    let shown = home.run(&["pairing", "show", "Hannah", "--json"]).json();
    assert_eq!((&shown["held"], &shown["longest_gap_days"]), (&json!(2), &json!(100)), "{shown}");

    // Who forgot it is told, when the file looks older than today.
    let ran = home.run(&import[..5]);
    assert!(ran.code == Some(0) && !ran.err.contains("--on"), "{}", ran.err);
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(50 * 24 * 3600);
    fs::File::options().append(true).open(&file).unwrap().set_modified(old).unwrap();
    let ran = home.run(&import[..5]);
    assert!(ran.code == Some(0) && ran.err.contains("sidetone import --on 20"), "{}", ran.err);
}
