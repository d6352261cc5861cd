//! What is exported is read by the programs that people use for it: ffmpeg for WebVTT and SubRip, Praat for TextGrids.
#![cfg(target_os = "linux")]

mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use program::Home;

/// start, end, role, words; with what trips readers up.
const SAID: [(f64, f64, &str, &str); 4] = [
    (0.25, 2.5, "coach", "What did you notice about \"the back row\"?"),
    (3.0, 4.125, "coachee", "They were writing & whispering: 1 < 2 > 0, naïve – 好."),
    (4.0, 5.0, "coach", "Mm hm."),
    (3_661.5, 3_662.0, "coachee", "Tom said --> go."),
];

/// A transcript that was imported and exported again.
fn exported(format: &str) -> (Home, PathBuf) {
    let home = Home::new();
    let key = home.hannah();
    let mut table = "start_s\tend_s\trole\tmove\tform\ttext\n".to_owned();
    for (start, end, role, words) in SAID {
        table.push_str(&format!("{start}\t{end}\t{role}\t\t\t{words}\n"));
    }
    let written = home.path("work").join("talk.tsv");
    fs::write(&written, table).unwrap();
    home.run(&["import", written.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--quiet"]).ok();
    let file = home.path("work").join(format!("talk.{format}"));
    let export = ["transcript", "export", "last", "--passphrase-file", &key, "--format", format, "--output"];
    home.run(&[&export[..], &[file.to_str().unwrap()]].concat()).ok();
    (home, file)
}

fn said_by(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("{program} cannot be run: {error}\nhint: scripts/install-packages test");
    });
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The cues that ffmpeg finds, as (start, end, text).
fn cues(file: &Path) -> Vec<(String, String, String)> {
    let srt = said_by("ffmpeg", &["-v", "error", "-i", file.to_str().unwrap(), "-f", "srt", "-"]);
    srt.replace('\r', "")
        .split("\n\n")
        .filter(|cue| !cue.trim().is_empty())
        .map(|cue| {
            let mut lines = cue.trim().lines().skip(1);
            let (start, end) = lines.next().unwrap().split_once(" --> ").unwrap();
            (start.to_owned(), end.to_owned(), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

#[test]
fn ffmpeg_reads_our_webvtt_and_subrip() {
    for format in ["vtt", "srt"] {
        let (_home, file) = exported(format);
        let read = cues(&file);
        let times: Vec<[&str; 2]> = read.iter().map(|(start, end, _)| [start.as_str(), end.as_str()]).collect();
        assert_eq!(
            times,
            [
                ["00:00:00,250", "00:00:02,500"],
                ["00:00:03,000", "00:00:04,125"],
                ["00:00:04,000", "00:00:05,000"],
                ["01:01:01,500", "01:01:02,000"],
            ],
            "{format}"
        );
        for ((.., text), (.., words)) in read.iter().zip(SAID) {
            // SubRip has no escape for an arrow.
            let words = if format == "srt" { words.replace("-->", "→") } else { words.to_owned() };
            assert!(text.contains(&words), "{format}: {words} in {text}");
        }
    }
}

#[test]
fn praat_reads_our_textgrid() {
    let (home, file) = exported("textgrid");
    let script = home.path("read.praat");
    let text = format!(
        "Read from file: \"{}\"\n\
         tiers = Get number of tiers\n\
         for tier to tiers\n\
           name$ = Get tier name: tier\n\
           intervals = Get number of intervals: tier\n\
           for i to intervals\n\
             label$ = Get label of interval: tier, i\n\
             start = Get start time of interval: tier, i\n\
             end = Get end time of interval: tier, i\n\
             if label$ <> \"\"\n\
               appendInfoLine: name$, tab$, fixed$ (start, 3), tab$, fixed$ (end, 3), tab$, label$\n\
             endif\n\
           endfor\n\
         endfor\n",
        file.display()
    );
    fs::write(&script, text).unwrap();
    let read = said_by("praat", &["--utf8", "--run", script.to_str().unwrap()]);
    let mut found: Vec<(f64, f64, &str, &str)> = read
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[1].parse().unwrap(), cells[2].parse().unwrap(), cells[0], cells[3])
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(found, SAID, "{read}");
}
