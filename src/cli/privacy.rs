//! `sidetone privacy`: one page for a school's data-protection officer, made of what the program itself goes by: its
//! database's tables, its time limits, its wording of consent, and where its files are on this computer.

use std::{
    fmt::Write as _,
    io::Write,
    path::{Path, PathBuf},
};

use super::{CliError, Config, print_json, print_path, shown, start};
use crate::{
    session::{RETENTION_DAYS, RETENTION_DAYS_MAX},
    texts::say,
    vault::NOTICE_DAYS,
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Write the page (Markdown) to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Something that is kept. But for the place, the fields are names of texts until they are [`said`].
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

const LAPTOP: &str = "privacy-laptop";
const COACHEE: &str = "privacy-coachee";

/// Every table of the database. A test walks the schema, so that a new one is named here before it is released.
const TABLES: &[Kept] = &[
    Kept { place: "coachees", what: "privacy-coachees", readable_by: LAPTOP, until: "privacy-until-removed" },
    Kept { place: "sessions", what: "privacy-sessions", readable_by: LAPTOP, until: "privacy-sessions-until" },
    Kept { place: "progress", what: "privacy-progress", readable_by: LAPTOP, until: "privacy-progress-until" },
    Kept {
        place: "transcripts",
        what: "privacy-transcripts",
        readable_by: COACHEE,
        until: "privacy-transcripts-until",
    },
    Kept { place: "points", what: "privacy-points", readable_by: LAPTOP, until: "privacy-until-numbers" },
    Kept { place: "next_steps", what: "privacy-next-steps", readable_by: LAPTOP, until: "privacy-next-steps-until" },
    Kept { place: "pairings", what: "privacy-pairings", readable_by: LAPTOP, until: "privacy-until-removed" },
    Kept { place: "quiet_weeks", what: "privacy-quiet-weeks", readable_by: LAPTOP, until: "privacy-until-removed" },
    Kept {
        place: "session_pairings",
        what: "privacy-session-pairings",
        readable_by: LAPTOP,
        until: "privacy-until-numbers",
    },
    Kept { place: "goals", what: "privacy-goals", readable_by: COACHEE, until: "privacy-goals-until" },
    Kept { place: "pulses", what: "privacy-pulses", readable_by: COACHEE, until: "privacy-pulses-until" },
    Kept { place: "trainings", what: "privacy-trainings", readable_by: LAPTOP, until: "privacy-trainings-until" },
    Kept { place: "receipts", what: "privacy-receipts", readable_by: LAPTOP, until: "privacy-receipts-until" },
];

/// Every kind of file in the data directory beside the database.
const FILES: &[Kept] = &[
    Kept {
        place: "recordings/",
        what: "privacy-recordings",
        readable_by: "privacy-recordings-readable",
        until: "privacy-recordings-until",
    },
    Kept { place: "receipts.jsonl", what: "privacy-receipts-again", readable_by: LAPTOP, until: "privacy-until-never" },
    Kept { place: "coach-voice.json", what: "privacy-voice", readable_by: LAPTOP, until: "privacy-voice-until" },
    Kept { place: "daemon.log", what: "privacy-log", readable_by: LAPTOP, until: "privacy-log-until" },
    Kept { place: "models/", what: "privacy-models", readable_by: LAPTOP, until: "privacy-models-until" },
];

/// The rights of the people recorded (GDPR, chapter III and article 7), and what serves them.
const RIGHTS: &[(&str, &str)] = &[
    ("privacy-right-informed", "privacy-right-informed-how"),
    ("privacy-right-withdraw", "privacy-right-withdraw-how"),
    ("privacy-right-access", "privacy-right-access-how"),
    ("privacy-right-rectification", "privacy-right-rectification-how"),
    ("privacy-right-erasure", "privacy-right-erasure-how"),
    ("privacy-right-restriction", "privacy-right-restriction-how"),
    ("privacy-right-portability", "privacy-right-portability-how"),
    ("privacy-right-decision", "privacy-right-decision-how"),
];

const LIMITS: &[&str] = &[
    "privacy-limit-deleting",
    "privacy-limit-disk",
    "privacy-limit-owner",
    "privacy-limit-lost",
    "privacy-limit-others",
    "privacy-limit-freely",
];

pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if let Some(path) = &args.output {
        std::fs::write(path, page(&config.data_dir)).map_err(|error| CliError::file(path, &error))?;
        return print_path(path, config, out);
    }
    if config.json {
        let right = |&(right, by): &(_, _)| serde_json::json!({"right": say!(right), "by": say!(by)});
        let rights: Vec<_> = RIGHTS.iter().map(right).collect();
        let limits: Vec<_> = LIMITS.iter().map(|&limit| say!(limit)).collect();
        return print_json(
            out,
            &serde_json::json!({
                "version": env!("CARGO_PKG_VERSION"),
                "data_dir": shown(&config.data_dir),
                "database": said(TABLES),
                "files": said(FILES),
                "retention_days": RETENTION_DAYS,
                "retention_days_max": RETENTION_DAYS_MAX,
                "notice_days": NOTICE_DAYS,
                "consent": {"version": start::WORDING_VERSION, "wording": start::wording(RETENTION_DAYS, start::Sound::Deleted)},
                "rights": rights,
                "limits": limits,
            }),
        );
    }
    Ok(out.write_all(page(&config.data_dir).as_bytes())?)
}

fn said(kept: &[Kept]) -> Vec<Kept> {
    let said = |kept: &Kept| Kept {
        what: say!(kept.what),
        readable_by: say!(kept.readable_by),
        until: say!(kept.until),
        ..*kept
    };
    kept.iter().map(said).collect()
}

fn page(data_dir: &Path) -> String {
    let mut text = format!(
        "# {}\n\n{}\n\n## {}\n\n",
        say!("privacy-title", version = env!("CARGO_PKG_VERSION")),
        say!("privacy-whose"),
        say!("privacy-short")
    );
    for line in [
        say!("privacy-short-aim").to_owned(),
        say!("privacy-short-where", folder = data_dir.display().to_string()),
        say!("privacy-short-who").to_owned(),
        say!("privacy-short-how-long", days = RETENTION_DAYS, most = RETENTION_DAYS_MAX),
        say!("privacy-short-off").to_owned(),
    ] {
        let _ = writeln!(text, "- {line}");
    }
    let _ = writeln!(
        text,
        "\n## {}\n\n| {} | {} | {} | {} |\n|---|---|---|---|",
        say!("privacy-kept"),
        say!("privacy-kept-where"),
        say!("privacy-kept-what"),
        say!("privacy-kept-readable"),
        say!("privacy-kept-until")
    );
    for kept in said(TABLES) {
        row(&mut text, &say!("privacy-table", name = kept.place), &kept);
    }
    for kept in said(FILES) {
        row(&mut text, kept.place, &kept);
    }
    let _ = writeln!(text, "\n{}", say!("privacy-memory"));
    let _ = writeln!(
        text,
        "\n## {}\n\n| {} | {} |\n|---|---|",
        say!("privacy-rights"),
        say!("privacy-right"),
        say!("privacy-right-how")
    );
    for &(right, by) in RIGHTS {
        let _ = writeln!(text, "| {} | {} |", say!(right), say!(by));
    }
    let _ = write!(
        text,
        "\n{}\n\n## {}\n\n{}\n\n",
        say!("privacy-forgotten", days = NOTICE_DAYS),
        say!("privacy-consent"),
        say!("privacy-wording", version = start::WORDING_VERSION)
    );
    for line in start::wording(RETENTION_DAYS, start::Sound::Deleted).lines() {
        let quoted = format!("> {line}");
        text.push_str(quoted.trim_end());
        text.push('\n');
    }
    let _ = write!(text, "\n## {}\n\n", say!("privacy-limits"));
    for &limit in LIMITS {
        let _ = writeln!(text, "- {}", say!(limit));
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
        let wording = start::wording(RETENTION_DAYS, start::Sound::Deleted);
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
