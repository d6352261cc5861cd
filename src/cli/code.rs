//! `sidetone code FILE.tsv`: codes a written transcript that the user holds. It reads one file and writes to where it is
//! told, so that its words are nobody's but the user's.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{CliError, Config, load};
use crate::{
    measures, moves,
    moves::{CodedGroup, Coder, RowsError},
    report,
    session::Role,
    texts::say,
};

/// Largest file that is read: some two hundred hours of talk.
const MAX_BYTES: u64 = 64 << 20;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Tab-separated, with a header line: columns `role` (coach or coachee) and `text` are read
    file: PathBuf,
    /// A column whose values make dialogues of their own; with `--json`, numbers for each
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let coder = load::coder(config)?;
    let code = Code { file: args.file, by: args.by, json: config.json };
    if config.quiet {
        return Ok(write(&code, &coder, out, &mut io::sink())?);
    }
    Ok(write(&code, &coder, out, &mut io::stderr())?)
}

/// What to code, and how to write it.
#[derive(Clone, Debug)]
struct Code {
    file: PathBuf,
    by: Option<String>,
    /// Numbers of each group instead of lines.
    json: bool,
}

/// Why a file cannot be coded.
#[derive(Debug, thiserror::Error)]
enum CodeError {
    #[error("{}: {source}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {reason}", .path.display())]
    Rows { path: PathBuf, reason: RowsError },
    #[error("{}: larger than {} MiB", .path.display(), MAX_BYTES >> 20)]
    Large { path: PathBuf },
    #[error("{}: this does not seem to be English", .path.display())]
    Foreign { path: PathBuf },
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl CodeError {
    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("name a file that is there and may be read".to_owned()),
            Self::Rows { reason, .. } => reason.hint(),
            Self::Large { .. } => Some("split it, and code the parts one by one".to_owned()),
            Self::Foreign { .. } => Some("moves are coded in English only".to_owned()),
            Self::Write(_) => None,
        }
    }
}

/// Codes the file into `out`; what to know about it goes to `notes`.
///
/// # Errors
/// When the file is no transcript in English, or `out` takes no more.
fn write(code: &Code, coder: &Coder, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), CodeError> {
    let path = || code.file.clone();
    let bytes = read(&code.file)?;
    let rows =
        moves::read_rows(&bytes, code.by.as_deref()).map_err(|reason| CodeError::Rows { path: path(), reason })?;
    let groups = moves::code_rows(&rows, coder);
    if groups.iter().all(|group| group.foreign) {
        return Err(CodeError::Foreign { path: path() });
    }
    if let Some(why) = coder.words_only() {
        writeln!(notes, "note: {}", say!("code-words-alone", why = why.to_string()))?;
        why.hint().map_or(Ok(()), |hint| writeln!(notes, "hint: {hint}"))?;
    }
    for role in [Role::Coach, Role::Coachee] {
        if !rows.iter().any(|row| row.role == role) {
            writeln!(notes, "note: {}", say!("code-no-row", role = role.name()))?;
        }
    }
    let foreign = groups.iter().filter(|group| group.foreign).count();
    if foreign > 0 {
        writeln!(notes, "note: {}", say!("code-foreign", count = foreign, all = groups.len()))?;
    }
    match (code.json, &code.by) {
        (false, _) => write_lines(&groups, out)?,
        (true, None) => writeln!(out, "{}", groups.first().map_or(Value::Null, numbers))?,
        (true, Some(_)) => {
            let all: Map<String, Value> = groups.iter().map(|group| (group.name.clone(), numbers(group))).collect();
            writeln!(out, "{}", Value::Object(all))?;
        }
    }
    out.flush()?;
    Ok(())
}

impl From<CodeError> for CliError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Write(error) => error.into(),
            CodeError::Read { path, source } => Self::file(&path, &source),
            other => Self::of(&other, other.hint()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CodeError> {
    let failed = |source| CodeError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
        return Err(CodeError::Large { path: path.to_owned() });
    }
    std::fs::read(path).map_err(failed)
}

/// In the order of the rows, whatever the groups.
fn write_lines(groups: &[CodedGroup], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "row\tutterance\trole\tmove\tform\tconfidence")?;
    let mut coded: Vec<_> = groups.iter().filter(|group| !group.foreign).flat_map(|group| &group.rows).collect();
    coded.sort_by_key(|each| (each.row, each.utterance));
    for each in coded {
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{:.3}",
            each.row,
            each.utterance,
            each.role.name(),
            each.move_name(),
            each.code.form().name(),
            each.confidence()
        )?;
    }
    Ok(())
}

fn numbers(group: &CodedGroup) -> Value {
    let words = (!group.foreign).then(|| measures::words_untimed(group.rows.iter().map(|row| (row.role, &row.code))));
    let coded = words.as_ref().map(report::Coded::from).unwrap_or_default();
    // Cannot fail: every key is a string and every float finite.
    serde_json::to_value(coded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_alone() -> Coder {
        Coder::load(None).unwrap()
    }

    fn coded(text: &str, by: Option<&str>, json: bool) -> Result<(String, String), CodeError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rows.tsv");
        std::fs::write(&file, text).unwrap();
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        write(&Code { file, by: by.map(str::to_owned), json }, &words_alone(), &mut out, &mut notes)?;
        Ok((String::from_utf8(out).unwrap(), String::from_utf8(notes).unwrap()))
    }

    const ROWS: &str = "session\trole\ttext\n\
                        1\tcoach\tIt was good to watch you. What did you notice about the back row?\n\
                        1\tcoachee\tThey were all writing.\n\
                        2\tcoach\tYou should write the question on the board.\n\
                        1\tcoach\tMm hm.\n";

    #[test]
    fn a_line_per_utterance_in_the_order_of_rows() {
        let (out, notes) = coded(ROWS, Some("session"), false).unwrap();
        let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines[0], ["row", "utterance", "role", "move", "form", "confidence"]);
        let places: Vec<[&str; 3]> = lines[1..].iter().map(|line| [line[0], line[1], line[2]]).collect();
        let expected =
            [["0", "0", "coach"], ["0", "1", "coach"], ["1", "0", "coachee"], ["2", "0", "coach"], ["3", "0", "coach"]];
        assert_eq!(places, expected);
        assert_eq!((lines[2][3], lines[2][4], lines[5][3]), ("question", "open", "backchannel"));
        assert!(lines[1..].iter().all(|line| line[5].parse::<f64>().is_ok_and(|sure| (0.0..=1.0).contains(&sure))));
        assert!(notes.contains("words alone"), "{notes}");
    }

    #[test]
    fn numbers_per_group_or_of_all() {
        let (out, _) = coded(ROWS, Some("session"), true).unwrap();
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(json.pointer("/1/moves/coach/question"), Some(&1.into()));
        assert!(json.pointer("/2/directiveness/index").unwrap().as_f64().unwrap() > 0.5);
        let (out, _) = coded(ROWS, None, true).unwrap();
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json.pointer("/questions/open"), Some(&1.into()));
        assert_eq!(json.pointer("/moves/coachee/backchannel"), Some(&0.into()));
    }

    #[test]
    fn what_cannot_be_coded_is_said() {
        let german = "Was ist dir aufgefallen, als sie mit der Aufgabe angefangen haben? Ich glaube, sie haben auf mich gewartet, \
                      ehrlich gesagt, und ich habe ihnen einfach die Antwort gegeben, weil es so still war und ich das nicht mag.";
        let foreign = format!("role\ttext\ncoach\t{german}\ncoachee\t{german}\n");
        assert!(matches!(coded(&foreign, None, false), Err(CodeError::Foreign { .. })));
        assert!(matches!(coded("", None, false), Err(CodeError::Rows { reason: RowsError::Empty, .. })));
        let missing = Code { file: "/nowhere.tsv".into(), by: None, json: false };
        let error = write(&missing, &words_alone(), &mut Vec::new(), &mut Vec::new()).unwrap_err();
        assert!(error.hint().is_some() && error.to_string().contains("/nowhere.tsv"));
        // One group in another language takes nothing from the other.
        let mixed = format!("session\trole\ttext\n1\tcoach\tWhat did you see?\n2\tcoach\t{german} {german}\n");
        let (out, notes) = coded(&mixed, Some("session"), true).unwrap();
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json.pointer("/2/directiveness/index"), Some(&Value::Null));
        assert_eq!(json.pointer("/1/moves/coach/question"), Some(&1.into()));
        assert!(notes.contains("1 of 2 groups") && notes.contains("no row is the coachee's"), "{notes}");
    }

    #[test]
    fn one_role_alone_has_no_made_up_numbers() {
        let (out, notes) = coded("role\ttext\ncoachee\tThey were all writing.\n", None, true).unwrap();
        let json: Value = serde_json::from_str(&out).unwrap();
        assert!(notes.contains("no row is the coach's"), "{notes}");
        // Nothing was asked or told, so that there is no share of it.
        assert_eq!(json.pointer("/directiveness/index"), Some(&Value::Null));
        assert_eq!(json.pointer("/questions/share_open"), Some(&Value::Null));
        let (out, notes) = coded("role\ttext\ncoach\tWhat did you see?\n", None, true).unwrap();
        let json: Value = serde_json::from_str(&out).unwrap();
        assert!(notes.contains("no row is the coachee's"), "{notes}");
        assert_eq!(json.pointer("/moves/coachee/response"), Some(&0.into()));
    }

    #[test]
    fn a_row_of_ten_thousand_words_with_marks_or_without() {
        for text in ["then we went on to the next thing ", "Then we went on. What did you see? "] {
            let words = text.split_whitespace().count();
            let text = format!("role\ttext\ncoach\t{}\ncoachee\tYes.\n", text.repeat(10_000 / words + 1));
            let (out, _) = coded(&text, None, false).unwrap();
            let rows: Vec<&str> = out.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
            assert!(rows.len() > 2 && rows.iter().all(|row| ["0", "1"].contains(row)), "{} units", rows.len());
        }
    }

    #[test]
    fn no_control_character_of_a_row_comes_out_again() {
        let text = "session\trole\ttext\n\
                    \u{1b}[31m\u{7}\tcoach\tWhat did \u{0}\u{1b}[2Jyou \u{8}see\u{7f}?\u{9b}\n\
                    \u{1b}[31m\u{7}\tcoachee\t\u{1}\u{2}\n";
        for json in [false, true] {
            let (out, notes) = coded(text, Some("session"), json).unwrap();
            assert!(!(out + &notes).chars().any(|each| each.is_control() && !"\n\t".contains(each)));
        }
        assert!(coded(text, Some("session"), false).unwrap().0.contains("question\topen"));
    }

    #[test]
    fn rows_by_the_ten_thousand() {
        let text = format!("role\ttext\n{}", "coach\tWhat did you see?\ncoachee\tThey wrote.\n".repeat(25_000));
        assert_eq!(coded(&text, None, false).unwrap().0.lines().count(), 50_001);
    }
}
