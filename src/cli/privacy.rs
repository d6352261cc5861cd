//! `sidetone privacy`: one page for a school's data-protection officer, made of what the program itself goes by: its
//! database's tables, its time limits, its wording of consent, and where its files are on this computer.

use std::{
    fmt::Write as _,
    io::Write,
    path::{Path, PathBuf},
};

use super::{CliError, Config, print_json, shown, start};
use crate::{
    session::{RETENTION_DAYS, RETENTION_DAYS_MAX},
    vault::NOTICE_DAYS,
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Write the page (Markdown) to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Something that is kept.
#[derive(Clone, Copy, Debug, serde::Serialize)]
struct Kept {
    /// A table of the database, or a file below the data directory.
    place: &'static str,
    what: &'static str,
    /// Who can read it.
    readable_by: &'static str,
    /// What ends it.
    until: &'static str,
}

const LAPTOP: &str = "whoever uses this laptop's account";
const COACHEE: &str = "the coachee alone, with their key";

/// Every table of the database. A test walks the schema, so that a new one is named here before it is released.
const TABLES: &[Kept] = &[
    Kept {
        place: "coachees",
        what: "the name as typed, the public key, and the private key under the coachee's passphrase, or sealed to \
               a hardware key of theirs (not there where the key is kept elsewhere)",
        readable_by: LAPTOP,
        until: "`sidetone coachee remove NAME`",
    },
    Kept {
        place: "sessions",
        what: "when, with whom, the stances stated, when, to which wording and for how many days both consented, what the coachee \
               decided, and the numbers: who spoke when, to a tenth of a second; turns, pauses, counts of moves \
               (question, advice ...), and when the coach, and only the coach, told or asked, to the second",
        readable_by: LAPTOP,
        until: "`sidetone transcript delete SESSION --everything`, or `coachee remove`",
    },
    Kept {
        place: "progress",
        what: "of a session that is being recorded, how many seconds it has lasted and how many of them somebody spoke",
        readable_by: LAPTOP,
        until: "the session is finished or withdrawn",
    },
    Kept {
        place: "transcripts",
        what: "the words of a session, sealed",
        readable_by: COACHEE,
        until: "the coachee deletes or takes them, or the days run out",
    },
    Kept {
        place: "points",
        what: "five of a session's numbers once more, with their ranges, for `sidetone trend`",
        readable_by: LAPTOP,
        until: "the session's numbers are deleted",
    },
    Kept {
        place: "next_steps",
        what: "one line per session at most: what the coach wants to try next, in the coach's own words",
        readable_by: LAPTOP,
        until: "the coach empties it, or the session's numbers are deleted",
    },
    Kept {
        place: "pairings",
        what: "who coaches whom, from when to when, when it is looked at again, the year's hours, and, only if both wish, whether \
               the coach manages the coachee or is senior to them",
        readable_by: LAPTOP,
        until: "`sidetone coachee remove NAME`",
    },
    Kept {
        place: "quiet_weeks",
        what: "dates in which a pairing rests",
        readable_by: LAPTOP,
        until: "`sidetone coachee remove NAME`",
    },
    Kept {
        place: "session_pairings",
        what: "which pairing a session belongs to, where there are several",
        readable_by: LAPTOP,
        until: "the session's numbers are deleted",
    },
    Kept {
        place: "goals",
        what: "the coachee's goals in their own words, sealed; that there are some is in the clear",
        readable_by: COACHEE,
        until: "the coachee deletes them, or `coachee remove`",
    },
    Kept {
        place: "pulses",
        what: "the coachee's answers to three questions after a session, sealed; that there are some is in the clear",
        readable_by: COACHEE,
        until: "`sidetone pulse delete SESSION`, or `coachee remove`",
    },
    Kept {
        place: "trainings",
        what: "the coach's own courses and practice: when, what kind, with whom, what was tried",
        readable_by: LAPTOP,
        until: "`sidetone training remove NUMBER`",
    },
    Kept {
        place: "receipts",
        what: "that something was deleted: when, the session's number, how many rows, files and bytes; no name, no words",
        readable_by: LAPTOP,
        until: "kept: they are the proof of deletion",
    },
];

/// Every kind of file in the data directory beside the database.
const FILES: &[Kept] = &[
    Kept {
        place: "recordings/",
        what: "the sound of a session, sealed half a second at a time",
        readable_by: "the recorder while it records; afterwards the coachee alone, with their key",
        until: "the report is made (stop); longer only if the coachee confirmed `--keep-audio`, or the words came out badly \
                and the coachee may have them made again",
    },
    Kept { place: "receipts.jsonl", what: "the receipts once more", readable_by: LAPTOP, until: "kept" },
    Kept {
        place: "coach-voice.json",
        what: "if the coach enrolled: 256 numbers that tell their voice from another (biometric data of the coach; \
               none is ever kept of a coachee)",
        readable_by: LAPTOP,
        until: "`sidetone coach forget`",
    },
    Kept {
        place: "daemon.log",
        what: "when the recorder began and ended, and what went wrong with microphones, disk and program; no words, no \
               names of people",
        readable_by: LAPTOP,
        until: "one older piece of a megabyte is kept as daemon.log.1",
    },
    Kept { place: "models/", what: "speech models; no personal data", readable_by: LAPTOP, until: "deleted by hand" },
];

/// The rights of the people recorded (GDPR, chapter III and article 7), and what serves them.
const RIGHTS: &[(&str, &str)] = &[
    (
        "To be informed (Art. 13)",
        "`sidetone start` shows the text below to both before the first sample; this page says the rest",
    ),
    (
        "To withdraw consent (Art. 7(3))",
        "either person, until stop: `sidetone withdraw` deletes everything of the session. Afterwards the coachee: \
         `sidetone transcript delete SESSION --everything`",
    ),
    (
        "Access (Art. 15)",
        "both: `sidetone report SESSION` (numbers); the coachee: `sidetone transcript show SESSION` (words)",
    ),
    (
        "Rectification (Art. 16)",
        "roles that are the wrong way round: `sidetone swap SESSION`; words made again with a better model while the sound is \
         kept: `sidetone transcript redo SESSION`",
    ),
    (
        "Erasure (Art. 17)",
        "words: `sidetone transcript delete SESSION`; numbers too: `--everything`; all of a person: `sidetone coachee \
         remove NAME`. A receipt without words is left as proof",
    ),
    ("Restriction (Art. 18)", "words stay sealed; nobody but the coachee can use them"),
    (
        "Portability (Art. 20)",
        "`sidetone transcript take SESSION` and `sidetone transcript export SESSION` (vtt, srt, md, json, tsv, TextGrid); numbers: \
         `sidetone report SESSION --json`",
    ),
    (
        "No automated decision (Art. 22)",
        "there is no score, no ranking, no comparison of people, and no view for anybody who was not in the room",
    ),
];

const LIMITS: &[&str] = &[
    "Deleting removes data from the program's own files (overwritten in the database, log emptied, file unlinked). It does not \
     reach backups, snapshots, swap, or cells that an SSD has put aside. A restored copy of words still opens for nobody but \
     the coachee.",
    "Names and numbers are not encrypted by the program: full-disk encryption is the answer to a stolen laptop.",
    "Whoever owns the laptop can change the program or watch the keyboard. A coachee who fears that keeps their key \
     elsewhere: `sidetone coachee add NAME --recipient age1...`.",
    "If a coachee loses both passphrase and key, their words are lost: nobody can reset them.",
    "Other people in the room (pupils, say) are recorded as long as the sound exists, and their words may be in the \
     transcript: record where nobody else speaks.",
    "The program cannot know whether consent was freely given in a working relationship. That is the school's to see to, as \
     are its record of processing, its legal basis, and an impact assessment where one is due.",
];

pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if let Some(path) = &args.output {
        std::fs::write(path, page(&config.data_dir)).map_err(|error| CliError::file(path, &error))?;
        return Ok(writeln!(out, "{}", shown(path))?);
    }
    if config.json {
        return print_json(
            out,
            &serde_json::json!({
                "version": env!("CARGO_PKG_VERSION"),
                "data_dir": shown(&config.data_dir),
                "database": TABLES,
                "files": FILES,
                "retention_days": RETENTION_DAYS,
                "retention_days_max": RETENTION_DAYS_MAX,
                "notice_days": NOTICE_DAYS,
                "consent": {"version": start::WORDING_VERSION, "wording": start::wording(RETENTION_DAYS)},
                "rights": RIGHTS.iter().map(|(right, by)| serde_json::json!({"right": right, "by": by})).collect::<Vec<_>>(),
                "limits": LIMITS,
            }),
        );
    }
    Ok(out.write_all(page(&config.data_dir).as_bytes())?)
}

fn page(data_dir: &Path) -> String {
    let mut text = format!(
        "# Sidetone {} and personal data\n\n\
         For whoever answers for data protection at a school. This page is made by the program from what it goes by; `sidetone \
         privacy` makes it again on any laptop.\n\n\
         ## In short\n\n\
         - **What for.** A coach and a coachee hear how their coaching conversation was shared and how directive it was.\n\
         - **Where.** On the coach's laptop alone, in `{}`, mode 0700. No account, no server, no telemetry; the only use of the \
         network is fetching a speech model that somebody asked for by name, which sends no personal data.\n\
         - **Who sees what.** Both see the same numbers. The words are sealed (age, X25519 and ChaCha20-Poly1305) to a key that \
         the coachee makes and keeps; the coach cannot read them, nor can the school.\n\
         - **How long.** Sound until the report is made. Words that the coachee has not decided about: {RETENTION_DAYS} days \
         unless they choose another number (1 to {RETENTION_DAYS_MAX}), fixed at consent and never put off. Words that they keep: until they delete them. Numbers: until deleted.\n\
         - **Off the record.** `sidetone pause`, or what is said aloud (\"sidetone, off the record\"): nothing is recorded or \
         counted until it is ended. Said aloud, it holds from where it was begun to be said: what was recorded since is cut off. \
         Meanwhile sound passes through memory, where only a spoken command is listened for; `start --no-voice-commands` ends \
         that too.\n",
        env!("CARGO_PKG_VERSION"),
        data_dir.display(),
    );
    text.push_str("\n## What is kept\n\n| Where | What | Who can read it | Until |\n|---|---|---|---|\n");
    for kept in TABLES {
        row(&mut text, &format!("sidetone.db, table {}", kept.place), kept);
    }
    for kept in FILES {
        row(&mut text, kept.place, kept);
    }
    text.push_str(
        "\nA live session is in the recorder's memory; core dumps are off, and other programs of the user cannot attach \
         to it. Settings (`sidetone config show`) hold no personal data but the paths and stances that the coach set.\n",
    );
    text.push_str(
        "\n## Rights of both people, and the command that serves each\n\n| Right (GDPR) | How |\n|---|---|\n",
    );
    for (right, by) in RIGHTS {
        let _ = writeln!(text, "| {right} | {by} |");
    }
    let _ = write!(
        text,
        "\nA lost passphrase does not keep words alive: `sidetone transcript delete SESSION --forgotten` deletes them without it, \
         {NOTICE_DAYS} days after notice was given.\n\n\
         ## What both people are asked to agree to\n\nWording {}, stored with the time of both answers:\n\n",
        start::WORDING_VERSION
    );
    for line in start::wording(RETENTION_DAYS).lines() {
        let quoted = format!("> {line}");
        text.push_str(quoted.trim_end());
        text.push('\n');
    }
    text.push_str("\n## Limits\n\n");
    for limit in LIMITS {
        let _ = writeln!(text, "- {limit}");
    }
    text
}

fn row(text: &mut String, place: &str, kept: &Kept) {
    let _ = writeln!(text, "| {place} | {} | {} | {} |", kept.what, kept.readable_by, kept.until);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables that the migrations make.
    fn tables() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/vault/migrations");
        let mut made = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let sql = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let names = sql.lines().filter_map(|line| line.trim().strip_prefix("CREATE TABLE "));
            let named = names.map(|rest| rest.split([' ', '(']).next().unwrap().to_owned());
            // One that is renamed to take another's place.
            made.extend(named.filter(|name| !sql.contains(&format!("ALTER TABLE {name} RENAME"))));
        }
        made.sort();
        made
    }

    #[test]
    fn the_page_names_every_table_there_is() {
        let mut named: Vec<&str> = TABLES.iter().map(|kept| kept.place).collect();
        named.sort_unstable();
        assert_eq!(named, tables(), "say in TABLES what a new table keeps, who reads it and what ends it");
    }

    #[test]
    fn what_is_agreed_to_keeps_the_time_limit_that_the_program_keeps() {
        let wording = start::wording(RETENTION_DAYS);
        assert!(wording.contains(&format!("after {RETENTION_DAYS} days")));
        let page = page(Path::new("/home/ana/data"));
        assert!(page.contains("`/home/ana/data`") && page.contains(&format!("{RETENTION_DAYS} days")));
        assert!(page.contains(&format!("{NOTICE_DAYS} days after notice")));
        for line in wording.lines().filter(|line| !line.is_empty()) {
            assert!(page.contains(line), "{line}");
        }
    }

    #[test]
    fn every_command_that_it_names_is_one() {
        use clap::CommandFactory;
        let page = page(Path::new("/data"));
        let program = super::super::Args::command();
        for command in page.split('`').filter_map(|code| code.strip_prefix("sidetone ")) {
            let mut at = &program;
            for word in command.split_whitespace() {
                match at.find_subcommand(word) {
                    Some(found) => at = found,
                    None => break,
                }
            }
            assert!(at.get_name() != program.get_name() && !at.has_subcommands(), "`sidetone {command}`");
        }
    }
}
