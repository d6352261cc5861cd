//! Transcripts as files that other programs read.

use std::{fmt::Write as _, str::FromStr};

use super::{written::spaced, *};

/// How a transcript is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WebVTT, with voice tags.
    Vtt,
    /// SubRip.
    Srt,
    /// Markdown.
    Md,
    Json,
    /// Tab-separated, one utterance a line.
    Tsv,
    /// Praat's, a tier for each person.
    TextGrid,
}

impl Format {
    pub const ALL: [Format; 6] = [Self::Vtt, Self::Srt, Self::Md, Self::Json, Self::Tsv, Self::TextGrid];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vtt => "vtt",
            Self::Srt => "srt",
            Self::Md => "md",
            Self::Json => "json",
            Self::Tsv => "tsv",
            Self::TextGrid => "textgrid",
        }
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let named = |format: &Format| format.name().eq_ignore_ascii_case(s);
        Self::ALL.into_iter().find(named).ok_or_else(|| {
            format!("there is no transcript format {s:?}: choose one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// The names of an utterance's move and form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub does: &'static str,
    pub form: &'static str,
}

/// Writes utterances in a format; the result is speech and stays [`Spoken`].
pub fn write(utterances: &[Utterance], format: Format) -> Spoken {
    write_coded(utterances, &[], format)
}

/// The same with what each utterance does and how it is put, where a format has room for it; utterances without a code
/// have none.
pub fn write_coded(utterances: &[Utterance], codes: &[Option<Named>], format: Format) -> Spoken {
    Spoken::new(match format {
        Format::Vtt => vtt(utterances),
        Format::Srt => srt(utterances),
        Format::Md => markdown(utterances),
        Format::Json => json(utterances, codes),
        Format::Tsv => tsv(utterances, codes),
        Format::TextGrid => textgrid(utterances),
    })
}

/// The columns of [`Format::Tsv`] and the keys of [`Format::Json`]. `move` and `form` are empty where no moves were
/// coded.
const COLUMNS: [&str; 6] = ["start_s", "end_s", "role", "move", "form", "text"];

/// The words on one line.
fn line(utterance: &Utterance) -> String {
    spaced(utterance.text.words())
}

/// `00:01:02.345`, with the separator that the format wants.
fn clock(at: crate::units::Sample, separator: char) -> String {
    let ms = (at.seconds() * 1000.0).round() as u64;
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{separator}{:03}", ms % 1000)
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Coach => "Coach",
        Role::Coachee => "Coachee",
    }
}

/// Replaces characters by what the format has for them.
fn escape(text: &str, replace: impl Fn(char) -> Option<&'static str>) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match replace(c) {
            Some(instead) => escaped.push_str(instead),
            None => escaped.push(c),
        }
    }
    escaped
}

fn vtt(utterances: &[Utterance]) -> String {
    let mut out = String::from("WEBVTT\n");
    for utterance in utterances {
        let text = escape(&line(utterance), |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        });
        let voice = utterance.role.map_or(String::new(), |role| format!("<v {}>", title(role)));
        let (start, end) = (clock(utterance.span.start(), '.'), clock(utterance.span.end(), '.'));
        let _ = write!(out, "\n{start} --> {end}\n{voice}{text}\n");
    }
    out
}

fn srt(utterances: &[Utterance]) -> String {
    let mut out = String::new();
    for (i, utterance) in utterances.iter().enumerate() {
        // SubRip has no escapes: an arrow is all that could be mistaken.
        let text = line(utterance).replace("-->", "→");
        let voice = utterance.role.map_or(String::new(), |role| format!("{}: ", title(role)));
        let (start, end) = (clock(utterance.span.start(), ','), clock(utterance.span.end(), ','));
        let _ = write!(out, "{}\n{start} --> {end}\n{voice}{text}\n\n", i + 1);
    }
    out
}

fn markdown(utterances: &[Utterance]) -> String {
    let mut out = String::from("# Transcript\n");
    for utterance in utterances {
        let mut text = String::new();
        for c in line(utterance).chars() {
            if r"\`*_[]<>&~|$".contains(c) {
                text.push('\\');
            }
            text.push(c);
        }
        let (who, start) = (utterance.role.map_or("Somebody", title), clock(utterance.span.start(), '.'));
        let _ = write!(out, "\n**{who}** ({}): {text}\n", start.split('.').next().unwrap_or_default());
    }
    out
}

fn milliseconds(at: crate::units::Sample) -> f64 {
    (at.seconds() * 1000.0).round() / 1000.0
}

fn json(utterances: &[Utterance], codes: &[Option<Named>]) -> String {
    #[derive(Serialize)]
    struct Row {
        start_s: f64,
        end_s: f64,
        role: Option<Role>,
        r#move: Option<&'static str>,
        form: Option<&'static str>,
        text: String,
    }
    let named = |at: usize| codes.get(at).copied().flatten();
    let rows: Vec<Row> = utterances
        .iter()
        .enumerate()
        .map(|(at, utterance)| Row {
            start_s: milliseconds(utterance.span.start()),
            end_s: milliseconds(utterance.span.end()),
            role: utterance.role,
            r#move: named(at).map(|code| code.does),
            form: named(at).map(|code| code.form),
            text: line(utterance),
        })
        .collect();
    // Rows of numbers and strings always serialise.
    serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n"
}

fn tsv(utterances: &[Utterance], codes: &[Option<Named>]) -> String {
    let mut out = COLUMNS.join("\t") + "\n";
    for (at, utterance) in utterances.iter().enumerate() {
        let (start, end) = (utterance.span.start().seconds(), utterance.span.end().seconds());
        let (does, form) = codes.get(at).copied().flatten().map_or(("", ""), |code| (code.does, code.form));
        let role = utterance.role.map_or("", Role::name);
        let _ = writeln!(out, "{start:.3}\t{end:.3}\t{role}\t{does}\t{form}\t{}", line(utterance));
    }
    out
}

/// One tier a person, and one for what is nobody's if there is any. A tier's intervals cover all of the time, one after
/// the other: where utterances of one person overlap, the later begins when the earlier ends.
fn textgrid(utterances: &[Utterance]) -> String {
    // Praat knows no file without time.
    let end = utterances.iter().map(|u| u.span.end().seconds()).fold(0.0, f64::max);
    let end = if end > 0.0 { end } else { 1.0 };
    let mut tiers = vec![Some(Role::Coach), Some(Role::Coachee)];
    if utterances.iter().any(|u| u.role.is_none()) {
        tiers.push(None);
    }
    let mut out = format!(
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = {end:.6}\ntiers? <exists>\n\
         size = {}\nitem []:\n",
        tiers.len()
    );
    for (i, tier) in tiers.iter().enumerate() {
        let intervals = intervals(utterances, *tier, end);
        let _ = write!(
            out,
            "    item [{}]:\n        class = \"IntervalTier\"\n        name = \"{}\"\n        xmin = 0\n        \
             xmax = {end:.6}\n        intervals: size = {}\n",
            i + 1,
            tier.map_or("unknown", Role::name),
            intervals.len()
        );
        for (i, (start, end, text)) in intervals.iter().enumerate() {
            let _ = write!(
                out,
                "        intervals [{}]:\n            xmin = {start:.6}\n            xmax = {end:.6}\n            \
                 text = \"{}\"\n",
                i + 1,
                text.replace('"', "\"\"")
            );
        }
    }
    out
}

fn intervals(utterances: &[Utterance], tier: Option<Role>, end: f64) -> Vec<(f64, f64, String)> {
    let mut intervals: Vec<(f64, f64, String)> = Vec::new();
    let mut at = 0.0;
    for utterance in utterances.iter().filter(|u| u.role == tier) {
        let (start, stop) = (utterance.span.start().seconds().max(at), utterance.span.end().seconds());
        if stop <= start {
            // Wholly inside another of the same person: its words go there.
            if let Some((.., text)) = intervals.last_mut() {
                text.push(' ');
                text.push_str(&line(utterance));
            }
            continue;
        }
        if start > at {
            intervals.push((at, start, String::new()));
        }
        intervals.push((start, stop, line(utterance)));
        at = stop;
    }
    if at < end {
        intervals.push((at, end, String::new()));
    }
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Sample;

    fn said(start: f64, end: f64, role: Option<Role>, text: &str) -> Utterance {
        let span = Span::new(Sample::from_seconds(start), Sample::from_seconds(end)).unwrap();
        Utterance { span, role, text: Spoken::new(text.to_owned()) }
    }

    fn session() -> Vec<Utterance> {
        vec![
            said(0.4, 3.3105, Some(Role::Coach), "What *did* you\tsee?"),
            said(3661.0, 3662.5, Some(Role::Coachee), "A \"box\" --> <b> & c_d\n\n5"),
            said(3663.0, 3664.0, None, "Mm"),
        ]
    }

    #[test]
    fn each_format_is_as_its_readers_expect() {
        let table = [
            (
                Format::Vtt,
                "WEBVTT\n\n00:00:00.400 --> 00:00:03.311\n<v Coach>What *did* you see?\n\n\
                 01:01:01.000 --> 01:01:02.500\n<v Coachee>A \"box\" --&gt; &lt;b&gt; &amp; c_d 5\n\n\
                 01:01:03.000 --> 01:01:04.000\nMm\n",
            ),
            (
                Format::Srt,
                "1\n00:00:00,400 --> 00:00:03,311\nCoach: What *did* you see?\n\n\
                 2\n01:01:01,000 --> 01:01:02,500\nCoachee: A \"box\" → <b> & c_d 5\n\n\
                 3\n01:01:03,000 --> 01:01:04,000\nMm\n\n",
            ),
            (
                Format::Md,
                "# Transcript\n\n**Coach** (00:00:00): What \\*did\\* you see?\n\n\
                 **Coachee** (01:01:01): A \"box\" --\\> \\<b\\> \\& c\\_d 5\n\n**Somebody** (01:01:03): Mm\n",
            ),
            (
                Format::Tsv,
                "start_s\tend_s\trole\tmove\tform\ttext\n0.400\t3.311\tcoach\t\t\tWhat *did* you see?\n\
                 3661.000\t3662.500\tcoachee\t\t\tA \"box\" --> <b> & c_d 5\n3663.000\t3664.000\t\t\t\tMm\n",
            ),
        ];
        for (format, expected) in table {
            assert_eq!(write(&session(), format).words(), expected, "{format:?}");
        }
    }

    #[test]
    fn json_has_the_columns_of_the_table() {
        let rows: serde_json::Value = serde_json::from_str(write(&session(), Format::Json).words()).unwrap();
        let row = rows[1].as_object().unwrap();
        let mut columns = COLUMNS.to_vec();
        columns.sort_unstable();
        let mut keys: Vec<&String> = row.keys().collect();
        keys.sort_unstable();
        assert_eq!(keys, columns);
        assert_eq!((&row["role"], &row["text"]), (&"coachee".into(), &"A \"box\" --> <b> & c_d 5".into()));
        assert_eq!(rows[0]["end_s"], 3.311);
        assert!(rows[2]["role"].is_null() && rows[2]["move"].is_null());
        assert_eq!(write(&[], Format::Json).words(), "[]\n");
    }

    #[test]
    fn codes_stand_beside_what_they_are_of() {
        let codes = [Some(Named { does: "question", form: "open" })];
        let table = write_coded(&session(), &codes, Format::Tsv);
        let cells: Vec<Vec<&str>> = table.words().lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!((cells[1][3], cells[1][4], cells[2][3], cells[2][4]), ("question", "open", "", ""));
        let rows: serde_json::Value =
            serde_json::from_str(write_coded(&session(), &codes, Format::Json).words()).unwrap();
        assert_eq!((&rows[0]["move"], &rows[0]["form"]), (&"question".into(), &"open".into()));
        assert!(rows[1]["move"].is_null());
    }

    #[test]
    fn a_textgrid_covers_all_time_on_every_tier() {
        let overlapping = [
            said(1.0, 3.0, Some(Role::Coach), "one"),
            said(2.0, 2.5, Some(Role::Coach), "in \"it\""),
            said(2.5, 4.0, Some(Role::Coach), "two"),
        ];
        let grid = write(&overlapping, Format::TextGrid);
        let expected = "\
File type = \"ooTextFile\"
Object class = \"TextGrid\"

xmin = 0
xmax = 4.000000
tiers? <exists>
size = 2
item []:
    item [1]:
        class = \"IntervalTier\"
        name = \"coach\"
        xmin = 0
        xmax = 4.000000
        intervals: size = 3
        intervals [1]:
            xmin = 0.000000
            xmax = 1.000000
            text = \"\"
        intervals [2]:
            xmin = 1.000000
            xmax = 3.000000
            text = \"one in \"\"it\"\"\"
        intervals [3]:
            xmin = 3.000000
            xmax = 4.000000
            text = \"two\"
    item [2]:
        class = \"IntervalTier\"
        name = \"coachee\"
        xmin = 0
        xmax = 4.000000
        intervals: size = 1
        intervals [1]:
            xmin = 0.000000
            xmax = 4.000000
            text = \"\"
";
        assert_eq!(grid.words(), expected);
        assert!(write(&session(), Format::TextGrid).words().contains("name = \"unknown\""));
        assert!(write(&[], Format::TextGrid).words().contains("xmax = 1.000000"));
    }

    #[test]
    fn formats_are_found_by_name() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert_eq!("TextGrid".parse(), Ok(Format::TextGrid));
        assert!("docx".parse::<Format>().is_err_and(|message| message.contains("srt")));
    }
}
