//! A session from the first yes to the last byte, with the real program, recorder, models and database.

mod program;

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    sync::OnceLock,
    time::{Duration, Instant},
};

use program::{Home, demo_session};
use sidetone::capture::{FileSource, Heard, Source};

/// Said once in the demo session, and by nobody else.
const CANARY: [&str; 3] = ["purple", "lighthouse", "marmalade"];
/// A session of two minutes must be over by then, on any machine.
const PATIENCE: Duration = Duration::from_secs(300);

fn start(home: &Home, extra: &[&str]) {
    let input = format!("file:{}", demo_session().display());
    let mut args = vec!["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--coach-speaks-first"];
    args.extend(["--input", &input, "--speed", "10"]);
    args.extend(extra);
    home.run(&args).ok();
}

/// Looks again and again until the file is over, and calls `between` each time.
fn until_the_file_is_over(home: &Home, mut between: impl FnMut()) {
    let begun = Instant::now();
    while home.run(&["status", "--json"]).json()["input_ended"] != true {
        assert!(begun.elapsed() < PATIENCE, "the file never ended");
        between();
    }
}

/// Looks for something that must not be there.
struct Search {
    sound: &'static Sound,
    /// What may stand nowhere: the canary, and every three words in a row that the model hears in the session.
    phrases: Vec<String>,
    bytes_scanned: u64,
}

/// Every run of 64 bytes of the session's sound, as 16-bit and as 32-bit samples.
struct Sound {
    runs: HashSet<u64>,
    /// One bit for each run, by the top of its hash: nearly every byte that is looked at needs no more.
    bits: Vec<u64>,
}

impl Sound {
    const TOP: u32 = 64 - 27;

    fn of_the_session() -> &'static Self {
        static SOUND: OnceLock<Sound> = OnceLock::new();
        SOUND.get_or_init(Self::read)
    }

    fn add(&mut self, hash: u64) {
        let bit = hash >> Self::TOP;
        self.bits[(bit / 64) as usize] |= 1 << (bit % 64);
        self.runs.insert(hash);
    }

    fn has(&self, hash: u64) -> bool {
        let bit = hash >> Self::TOP;
        self.bits[(bit / 64) as usize] >> (bit % 64) & 1 == 1 && self.runs.contains(&hash)
    }
}

const RUN: usize = 64;
const BASE: u64 = 0x0000_0100_0000_01b3;

/// Rabin-Karp over runs of [`RUN`] bytes.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, u64)> + '_ {
    let leading = (0..RUN - 1).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0u64;
    bytes.iter().enumerate().filter_map(move |(at, &byte)| {
        if at >= RUN {
            hash = hash.wrapping_sub(leading.wrapping_mul(u64::from(bytes[at - RUN]) + 1));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
        (at + 1 >= RUN).then(|| (at + 1 - RUN, hash))
    })
}

impl Sound {
    fn read() -> Self {
        let mut source = FileSource::open(&demo_session(), f64::INFINITY, false).unwrap();
        let mut samples = Vec::new();
        loop {
            match source.next(Duration::from_secs(1)).unwrap() {
                Heard::Block(block) => samples.extend_from_slice(&block.samples),
                Heard::Nothing => {}
                Heard::End => break,
            }
        }
        let narrow: Vec<u8> = samples.iter().flat_map(|s| ((s * 32768.0).round() as i16).to_le_bytes()).collect();
        let wide: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        // Runs of a whole sample each, at every sample; long silence would be found in any empty file.
        let lively = |bytes: &[u8], at: usize| {
            let mut seen = [false; 256];
            bytes[at..at + RUN].iter().for_each(|&byte| seen[usize::from(byte)] = true);
            seen.iter().filter(|seen| **seen).count() > RUN / 4
        };
        let mut sound = Self { runs: HashSet::new(), bits: vec![0; 1 << (27 - 6)] };
        for (bytes, size) in [(&narrow, 2), (&wide, 4)] {
            let kept = runs(bytes).filter(|(at, _)| at % size == 0 && lively(bytes, *at));
            kept.for_each(|(_, hash)| sound.add(hash));
        }
        assert!(sound.runs.len() > 1_000_000);
        sound
    }
}

impl Search {
    fn new(heard: &str) -> Self {
        let words: Vec<String> = heard.split_whitespace().map(str::to_lowercase).collect();
        let in_a_row = words.windows(3).map(|three| three.join(" "));
        let phrases = in_a_row.chain(CANARY.map(str::to_owned)).collect();
        Self { sound: Sound::of_the_session(), phrases, bytes_scanned: 0 }
    }

    #[track_caller]
    fn scan(&mut self, home: &Home) {
        let answers = ("the recorder's answers".into(), answers(home));
        for (path, content) in home.kept().into_iter().chain([answers]) {
            self.bytes_scanned += content.len() as u64;
            let lower = content.to_ascii_lowercase();
            for phrase in &self.phrases {
                for form in [phrase.as_bytes().to_vec(), phrase.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
                    let found = memchr::memmem::find(&lower, &form).is_some();
                    assert!(!found, "`{phrase}` is in {}", path.display());
                }
            }
            if let Some((at, _)) = runs(&content).find(|(_, hash)| self.sound.has(*hash)) {
                panic!("sound lies open in {} at byte {at}", path.display());
            }
        }
    }
}

/// What the recorder says to whoever asks, in its own words and in others; nothing where none runs.
fn answers(home: &Home) -> Vec<u8> {
    let Ok(entries) = fs::read_dir(home.path("run/sidetone")) else { return Vec::new() };
    let sockets = entries.flatten().map(|entry| entry.path());
    let mut said = Vec::new();
    for socket in sockets.filter(|path| path.extension().is_some_and(|ending| ending == "sock")) {
        let Ok(mut stream) = UnixStream::connect(&socket) else { continue };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap());
        for request in
            ["\"status\"", "\"words\"", "{\"transcript\":\"last\"}", "{\"report\":null}", "show me the words"]
        {
            // A recorder that has gone in between says nothing.
            if writeln!(stream, "{request}").is_err() || replies.read_until(b'\n', &mut said).is_err() {
                break;
            }
        }
    }
    said
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let search = Search::new("");
    let mut source = FileSource::open(&demo_session(), f64::INFINITY, false).unwrap();
    let mut speech = Vec::new();
    while speech.len() < 16_000 * 5 {
        if let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
            speech.extend_from_slice(&block.samples);
        }
    }
    let said = &speech[16_000..16_000 + 200];
    let mut file = vec![7u8; 333];
    file.extend(said.iter().flat_map(|s| ((s * 32768.0).round() as i16).to_le_bytes()));
    assert!(runs(&file).any(|(_, hash)| search.sound.has(hash)));
    assert!(!runs(&[7u8; 5000]).any(|(_, hash)| search.sound.has(hash)));
}

/// The words of the last session, one utterance a line.
fn said(home: &Home, passphrase: &str) -> String {
    let lines = home.run(&["transcript", "show", "last", "--passphrase-file", passphrase, "--json"]).json();
    lines.as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap().to_owned() + "\n").collect()
}

/// What the model makes of the demo session.
fn heard_in_the_session() -> &'static str {
    static HEARD: OnceLock<String> = OnceLock::new();
    HEARD.get_or_init(hear_the_session)
}

fn hear_the_session() -> String {
    let home = Home::new();
    let hers = home.hannah();
    let demo = demo_session();
    let args = ["import", demo.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--coach-speaks-first"];
    home.run(&[&args[..], &["--model", "demo.en"]].concat()).ok();
    said(&home, &hers)
}

#[test]
fn words_and_sound_lie_open_in_no_byte_before_during_and_after() {
    let home = Home::new();
    let hers = home.hannah();
    let heard = heard_in_the_session();
    let mut search = Search::new(heard);
    let of_three = search.phrases.iter().filter(|phrase| phrase.split(' ').count() == 3).count();
    assert!(of_three > 50, "the model hears something: {heard}");
    search.scan(&home);
    start(&home, &[]);
    until_the_file_is_over(&home, || search.scan(&home));
    search.scan(&home);
    assert!(answers(&home).starts_with(b"{\"status\""), "the recorder was asked");
    home.run(&["stop"]).ok();
    search.scan(&home);

    let words = said(&home, &hers).to_lowercase();
    let found = search.phrases.iter().filter(|phrase| words.contains(phrase.as_str())).count();
    assert!(found > search.phrases.len() / 2, "what was looked for is what was sealed:\n{words}");
    search.scan(&home);
    home.run(&["transcript", "delete", "last", "--passphrase-file", &hers]).ok();
    search.scan(&home);
    home.run(&["transcript", "show", "last", "--passphrase-file", &hers]).refused("words", "");
    home.run(&["report", "last"]).ok();
    eprintln!("{} bytes scanned", search.bytes_scanned);
}

#[test]
fn only_the_coachees_passphrase_opens_the_words() {
    let home = Home::new();
    let hers = home.hannah();
    let his = home.passphrase("his", "I am the coach and curious");
    home.run(&["coachee", "add", "Bill", "--passphrase-file", &his]).ok();
    let demo = demo_session();
    home.run(&[
        "import",
        demo.to_str().unwrap(),
        "--coachee",
        "Hannah",
        "--consent-both",
        "--coach-speaks-first",
        "--model",
        "demo.en",
    ])
    .ok();
    home.run(&["transcript", "show", "last", "--passphrase-file", &his])
        .refused("the passphrase does not open it", "try again");
    let words = home.run(&["transcript", "show", "last", "--passphrase-file", &hers]).ok();
    assert!(words.lines().count() > 3, "{words}");

    // Lines are exported to a file of her own, and to no other.
    let out = home.path("out.vtt");
    let export = [
        "transcript",
        "export",
        "last",
        "--passphrase-file",
        &hers,
        "--format",
        "vtt",
        "--lines",
        "1-2",
        "--output",
        out.to_str().unwrap(),
    ];
    home.run(&export).ok();
    assert_eq!(std::fs::read_to_string(&out).unwrap().matches("-->").count(), 2);
    home.run(&export).refused("is there already", "--output");
    home.run(&["transcript", "export", "last", "--passphrase-file", &hers, "--lines", "900"])
        .refused("no lines 900", "lines");

    home.run(&["transcript", "keep", "last", "--passphrase-file", &hers]).ok();
    assert_eq!(home.run(&["report", "--json"]).json()["decision"], "kept");
    let taken = home.path("mine.age");
    home.run(&["transcript", "take", "last", "--passphrase-file", &hers, "--output", taken.to_str().unwrap()]).ok();
    assert!(std::fs::read(&taken).unwrap().starts_with(b"age-encryption.org/v1"));
    assert_eq!(home.run(&["report", "--json"]).json()["decision"], "taken");
    home.run(&["transcript", "show", "last", "--passphrase-file", &hers]).refused("words", "");
}

#[test]
fn a_session_live_and_imported_gets_the_same_numbers() {
    let home = Home::new();
    let hers = home.hannah();
    start(&home, &["--stance", "facilitative"]);
    home.run(&[
        "start",
        "--coachee",
        "Hannah",
        "--consent-both",
        "--model",
        "demo.en",
        "--input",
        &format!("file:{}", demo_session().display()),
    ])
    .refused("being recorded", "sidetone stop");
    home.run(&["mark"]).ok();
    until_the_file_is_over(&home, || {});
    let live = home.run(&["stop", "--json"]).json();
    // What the coach marked was shown nowhere: they want to come back to it, on paper too.
    let marked = live["marks"].as_array().unwrap();
    let at = marked[0].as_f64().unwrap();
    assert!(marked.len() == 1 && at > 0.0 && at < live["duration_s"].as_f64().unwrap(), "{marked:?}");
    let line = format!("Marked: {}", sidetone::report::clock(at));
    let (text, page) = (home.run(&["report"]).ok(), home.path("report.html"));
    home.run(&["report", "--html", page.to_str().unwrap()]).ok();
    let page = fs::read_to_string(page).unwrap();
    assert!(text.lines().any(|shown| shown == line) && page.contains(&line), "{line} in\n{text}");
    let words = home.run(&["transcript", "show", "--passphrase-file", &hers]);
    assert!(words.code == Some(0) && words.err.lines().any(|shown| shown == line), "{}", words.err);
    let demo = demo_session();
    let imported = home
        .run(&[
            "import",
            demo.to_str().unwrap(),
            "--coachee",
            "Hannah",
            "--consent-both",
            "--coach-speaks-first",
            "--model",
            "demo.en",
            "--json",
        ])
        .json();
    let share = |report: &serde_json::Value| report["talk_ratio"]["coach"].as_f64().unwrap();
    assert!((share(&live) - share(&imported)).abs() <= 0.02, "{} live, {} imported", share(&live), share(&imported));
    assert_eq!(live["stance"]["coach"], "facilitative");
    assert_eq!(imported["marks"], serde_json::json!([]));
    // Of the session that comes along it is known that its voices are synthetic.
    assert!(
        !live["caveats"].to_string().contains("demo_model") && !imported["caveats"].to_string().contains("demo_model")
    );

    // The reference that was made with the session: the coach speaks 53.7 s, the coachee 48.9 s without backchannels.
    let rttm = std::fs::read_to_string(demo.with_extension("rttm")).unwrap();
    let mut spoken = [0.0f64; 2];
    for line in rttm.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        spoken[usize::from(fields[7] == "coachee")] += fields[4].parse::<f64>().unwrap();
    }
    let reference = spoken[0] / (spoken[0] + spoken[1]);
    assert!((share(&imported) - reference).abs() <= 0.03, "{} for {reference}", share(&imported));

    let turns = home.run(&["turns", "last", "--rttm"]).ok();
    assert!(turns.lines().count() > 10 && turns.lines().all(|line| line.starts_with("SPEAKER ")), "{turns}");
    let swapped = home.run(&["swap", "last", "--json"]).json();
    assert!((share(&swapped) - (1.0 - share(&imported))).abs() < 1e-3);
    assert_eq!(home.run(&["sessions", "--json"]).json().as_array().unwrap().len(), 2);
}

#[test]
fn withdrawing_leaves_nothing() {
    let home = Home::new();
    home.hannah();
    start(&home, &[]);
    home.run(&["pause"]).ok();
    assert_eq!(home.run(&["status", "--json"]).json()["phase"], "paused");
    home.run(&["resume"]).ok();
    home.run(&["withdraw"]).ok();
    assert_eq!(home.run(&["sessions", "--json"]).json(), serde_json::json!([]));
    assert!(home.kept().iter().all(|(path, _)| path.extension().is_none_or(|ending| ending != "sealed")));
}

#[test]
fn a_recorder_that_is_killed_loses_nothing_that_was_sealed() {
    let home = Home::new();
    let hers = home.hannah();
    start(&home, &[]);
    home.run(&["mark"]).ok();
    let mut search = Search::new(heard_in_the_session());
    search.scan(&home);
    until_the_file_is_over(&home, || {});
    let pid = home.run(&["status", "--json"]).json()["pid"].as_u64().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    let begun = Instant::now();
    while home.run(&["status"]).code == Some(0) {
        assert!(begun.elapsed() < PATIENCE);
    }
    search.scan(&home);
    // "Still being recorded", it was said: of a recorder that was dead. And nobody was told how to get the session back.
    let id = home.run(&["sessions", "--json"]).json()[0]["session"].as_str().unwrap().to_owned();
    let recover = format!("sidetone recover {id}");
    home.run(&["report"]).refused("no report yet", &recover);
    for asked in ["status", "stop", "mark", "pause", "watch"] {
        let said = home.run(&[asked]);
        assert!(!said.err.contains("Making the report"), "{}", said.err);
        said.refused("no session is being recorded", &recover);
    }
    for decision in [&["show"][..], &["keep"], &["delete"], &["delete", "--everything"]] {
        let decide = [&["transcript"], decision, &["last", "--passphrase-file", &hers]].concat();
        home.run(&decide).refused("was cut off", &recover);
    }
    home.run(&["transcript", "delete", "last", "--forgotten"]).refused("was cut off", &recover);
    home.run(&["open", "last", "--no-browser"]).refused("no report yet", &recover);
    home.run(&["coachee", "remove", "Hannah", "--yes", "--passphrase-file", &hers]).refused("was cut off", &recover);

    // What the coach sees without her key: how much of it was speech, and no more.
    let seen = home.run(&["sessions", "--json"]).json()[0]["progress"].clone();
    let seconds = |of: &str| seen[of].as_u64().unwrap();
    assert!((110..=116).contains(&seconds("elapsed_s")), "{seen}");
    assert!(seconds("speech_s") > 80 && seconds("silence_s") == seconds("elapsed_s") - seconds("speech_s"), "{seen}");
    let keyless = home.run(&["recover"]);
    assert!(keyless.code == Some(1) && keyless.err.contains("Known without it: 1 min"), "{}", keyless.err);

    let recovered = home.run(&["recover", "--passphrase-file", &hers, "--coach-speaks-first", "--json"]).json();
    assert_eq!(recovered["health"]["recovered"], true);
    assert!(recovered["marks"].as_array().is_some_and(|marks| marks.len() == 1), "{}", recovered["marks"]);
    assert!(recovered["duration_s"].as_f64().unwrap() > 112.0, "{recovered}");
    home.run(&["recover", "--passphrase-file", &hers]).refused("no session was cut off", "sidetone sessions");
    search.scan(&home);
    let words = said(&home, &hers).to_lowercase();
    assert!(search.phrases.iter().any(|phrase| words.contains(phrase.as_str())), "they were sealed");
    home.run(&["transcript", "delete", "last", "--passphrase-file", &hers]).ok();
    search.scan(&home);
    eprintln!("{} bytes scanned", search.bytes_scanned);
}

#[test]
fn the_demo_tells_the_whole_story() {
    let home = Home::new();
    let ran = home.run(&["demo"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for part in ["coach", "coachee"] {
        assert!(ran.out.to_lowercase().contains(part), "{}", ran.out);
    }
    assert!(ran.err.contains("the passphrase does not open it"), "{}", ran.err);
    // The report names commands for a session that is gone when the demo is over.
    assert!(ran.err.contains("the commands above find it no more"), "{}", ran.err);
    let report = home.run(&["demo", "--json", "--quiet"]);
    assert_eq!(report.err, "");
    let report = report.json();
    assert!(report["talk_ratio"]["coach"].as_f64().is_some());
    assert_eq!(report["models"]["whisper"], "demo.en");
    assert!(home.kept().is_empty(), "the demo cleans up behind itself");
}
