//! Reads a transcript that somebody else wrote: WebVTT, SubRip, or a table. Errors name a line, never what stands on it.

use super::*;
use crate::units::Sample;

/// A transcript that was read, not heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub utterances: Vec<Utterance>,
    /// The file does not say who is the coach: whoever speaks first was taken for them.
    pub roles_assumed: bool,
}

/// The longest time taken for one: a mistake rather than a session of a hundred hours.
const LATEST_S: f64 = 360_000.0;
/// A longer `NAME:` is a sentence with a colon in it.
const NAME_WORDS_MAX: usize = 3;

/// Something said, by somebody called `name`.
struct Cue {
    span: Span,
    name: Option<String>,
    text: String,
}

type Parsed<T> = Result<T, TranscriptError>;

fn fail<T>(line: usize, reason: &'static str) -> Parsed<T> {
    Err(TranscriptError::Parse { line, reason })
}

/// Reads WebVTT, SubRip or a tab-separated table. Who speaks is a voice tag, `NAME:` before the words, or the column
/// `role`; `coach` and `coachee` are understood, and of two other names the first to speak is taken for the coach.
///
/// # Errors
/// When it is not such a transcript, says nothing, or the format is one that is only written.
pub fn parse(bytes: &[u8], format: Format) -> Parsed<Written> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let valid = String::from_utf8_lossy(bytes);
        return fail(valid.lines().take_while(|line| !line.contains('\u{fffd}')).count() + 1, "it is not UTF-8 text");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let mut cues = match format {
        Format::Vtt if !lines.first().is_some_and(|line| line.starts_with("WEBVTT")) => {
            return fail(1, "WebVTT begins with WEBVTT");
        }
        Format::Vtt | Format::Srt => cues(&lines, format)?,
        Format::Tsv => table(&lines)?,
        Format::Md | Format::Json | Format::TextGrid => return fail(1, "this format is only written, not read"),
    };
    cues.retain(|cue| !cue.text.is_empty());
    if cues.is_empty() {
        return fail(lines.len(), "nothing is said in it");
    }
    cues.sort_by_key(|cue| cue.span);
    Ok(with_roles(cues))
}

/// The cues of WebVTT or SubRip: blocks between empty lines that hold a line with an arrow.
fn cues(lines: &[&str], format: Format) -> Parsed<Vec<Cue>> {
    let mut cues = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let length = lines[at..].iter().take_while(|line| !line.trim().is_empty()).count();
        let block = &lines[at..at + length];
        let note = format == Format::Vtt
            && ["NOTE", "STYLE", "REGION", "WEBVTT"]
                .iter()
                .any(|word| block.first().is_some_and(|line| line.split_whitespace().next() == Some(word)));
        // A number or a name may stand before the times.
        let times = block.iter().take(2).position(|line| line.contains("-->")).filter(|_| !note);
        if let Some(times) = times {
            let Some(span) = times_of(block[times]) else { return fail(at + times + 1, "these are not two times") };
            let text = block[times + 1..].join(" ");
            let voices = if format == Format::Vtt { voices(&text) } else { vec![(None, unmarked(&text, false))] };
            cues.extend(share(span, voices));
        } else if !note && !block.is_empty() {
            return fail(at + 1, "a time line (start --> end) should stand here");
        }
        at += length + 1;
    }
    Ok(cues)
}

/// `00:00:01.000 --> 00:00:02.000`, settings behind it ignored.
fn times_of(line: &str) -> Option<Span> {
    let (start, end) = line.split_once("-->")?;
    Span::new(time(start.trim())?, time(end.split_whitespace().next()?)?)
}

/// `[hours:]minutes:seconds[.,]milliseconds`.
fn time(text: &str) -> Option<Sample> {
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.split(':').collect();
    let (last, whole) = parts.split_last()?;
    if parts.len() > 3 || whole.is_empty() {
        return None;
    }
    for part in whole {
        let number: u32 = digits(part)?.parse().ok()?;
        seconds = (seconds + f64::from(number)) * 60.0;
    }
    let (units, fraction) = last.split_once(['.', ',']).unwrap_or((last, "0"));
    seconds += format!("{}.{}", digits(units)?, digits(fraction)?).parse::<f64>().ok()?;
    (seconds <= LATEST_S).then(|| Sample::from_seconds(seconds))
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Words with one space between them. A control character is none: what consists of them says nothing.
pub(super) fn spaced(text: &str) -> String {
    let between = |c: char| c.is_whitespace() || c.is_control();
    text.split(between).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What each `<v NAME>` of a cue says.
fn voices(text: &str) -> Vec<(Option<String>, String)> {
    let mut said = Vec::new();
    let mut rest = text;
    let mut name = None;
    loop {
        let tag = rest.match_indices("<v").map(|(at, _)| at).find(|at| rest[at + 2..].starts_with([' ', '.', '\t']));
        said.push((name.take(), unmarked(&rest[..tag.unwrap_or(rest.len())], true)));
        let Some((_, tag)) = tag.and_then(|at| rest.split_at_checked(at)) else { break };
        let Some((inside, behind)) = tag.split_once('>') else { break };
        // `<v.loud Esme>`: classes stand before the name.
        name = inside.split_once([' ', '\t']).map(|(_, name)| unmarked(name, true)).filter(|name| !name.is_empty());
        rest = behind;
    }
    said.retain(|(_, text)| !text.is_empty());
    said
}

/// Text without tags, with one space at a time; `entities`: WebVTT's escapes are resolved.
fn unmarked(text: &str, entities: bool) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        bare.push_str(before);
        match tag.split_once('>') {
            // `a < b` is no tag.
            Some((inside, behind)) if !inside.starts_with(' ') && !inside.contains('<') => rest = behind,
            _ => {
                bare.push('<');
                rest = tag;
            }
        }
    }
    bare.push_str(rest);
    if entities {
        for (entity, means) in [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&nbsp;", " "),
            ("&lrm;", ""),
            ("&rlm;", ""),
            ("&quot;", "\""),
            ("&amp;", "&"),
        ] {
            bare = bare.replace(entity, means);
        }
    }
    spaced(&bare)
}

/// Shares a cue's time among those who speak in it, by how much they say.
fn share(span: Span, voices: Vec<(Option<String>, String)>) -> Vec<Cue> {
    let total: u64 = voices.iter().map(|(_, text)| text.len() as u64).sum::<u64>().max(1);
    let at = |before: u64| {
        Sample(span.start().0 + (u128::from(span.samples()) * u128::from(before) / u128::from(total)) as u64)
    };
    let mut before = 0;
    voices
        .into_iter()
        .filter_map(|(name, text)| {
            let start = at(before);
            before += text.len() as u64;
            Some(Cue { span: Span::new(start, at(before))?, name, text })
        })
        .collect()
}

/// The rows of a table: a header that names at least `start_s`, `end_s` and `text`.
fn table(lines: &[&str]) -> Parsed<Vec<Cue>> {
    let header: Vec<&str> = lines
        .first()
        .map(|line| line.split('\t').map(|name| name.trim_start_matches('#').trim()).collect())
        .unwrap_or_default();
    let column = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (Some(start), Some(end), Some(text)) = (column("start_s"), column("end_s"), column("text")) else {
        return fail(1, "the first line should name the columns start_s, end_s, role and text");
    };
    let role = column("role");
    let mut cues = Vec::new();
    for (i, line) in lines.iter().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let seconds = |column: usize| {
            let seconds: f64 = cells.get(column)?.trim().parse().ok()?;
            (0.0..=LATEST_S).contains(&seconds).then(|| Sample::from_seconds(seconds))
        };
        let span = seconds(start).zip(seconds(end)).and_then(|(start, end)| Span::new(start, end));
        let Some(span) = span else {
            return fail(i + 1, "start_s and end_s should be seconds, the end behind the start");
        };
        let Some(text) = cells.get(text) else { return fail(i + 1, "it has fewer columns than the first line") };
        let name = role.and_then(|column| cells.get(column)).map(|name| name.trim().to_owned());
        let text = spaced(text);
        cues.push(Cue { span, name: name.filter(|name| !name.is_empty()), text });
    }
    Ok(cues)
}

fn role_named(name: &str) -> Option<Role> {
    [Role::Coach, Role::Coachee].into_iter().find(|role| role.name().eq_ignore_ascii_case(name.trim()))
}

/// `NAME: words`, if it may be that.
fn prefix(text: &str) -> Option<(&str, &str)> {
    let (name, words) = text.split_once(':')?;
    let plausible = name.split_whitespace().count() <= NAME_WORDS_MAX
        && name.starts_with(char::is_alphabetic)
        && words.starts_with(' ')
        && name.chars().all(|c| c.is_alphanumeric() || " .'-_".contains(c));
    plausible.then(|| (name.trim(), words.trim()))
}

/// Gives the cues roles.
fn with_roles(mut cues: Vec<Cue>) -> Written {
    // `NAME:` is a name if it is a role; where none is, if half of what has no other name begins so.
    let nameless = cues.iter().filter(|cue| cue.name.is_none());
    let prefixes: Vec<&str> = nameless.clone().filter_map(|cue| Some(prefix(&cue.text)?.0)).collect();
    let any_name = !prefixes.iter().any(|name| role_named(name).is_some()) && 2 * prefixes.len() >= nameless.count();
    for cue in cues.iter_mut().filter(|cue| cue.name.is_none()) {
        let found = prefix(&cue.text).filter(|(name, _)| any_name || role_named(name).is_some());
        if let Some((name, words)) = found.map(|(name, words)| (name.to_owned(), words.to_owned())) {
            (cue.name, cue.text) = (Some(name), words);
        }
    }
    cues.retain(|cue| !cue.text.is_empty());
    let stated = cues.iter().filter_map(|cue| cue.name.as_deref()).any(|name| role_named(name).is_some());
    let mut speakers: Vec<String> = Vec::new();
    let mut role_of = |name: String| {
        if stated {
            return role_named(&name);
        }
        if !speakers.contains(&name) {
            speakers.push(name.clone());
        }
        match speakers.iter().position(|speaker| *speaker == name) {
            Some(0) => Some(Role::Coach),
            Some(1) => Some(Role::Coachee),
            _ => None,
        }
    };
    let utterances: Vec<Utterance> = cues
        .into_iter()
        .map(|cue| Utterance { span: cue.span, role: cue.name.and_then(&mut role_of), text: Spoken::new(cue.text) })
        .collect();
    Written { utterances, roles_assumed: !stated && !speakers.is_empty() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(written: &Written) -> Vec<String> {
        written
            .utterances
            .iter()
            .map(|u| {
                let role = u.role.map_or("?", Role::name);
                format!("{:.1} {:.1} {role} {}", u.span.start().seconds(), u.span.end().seconds(), u.text.words())
            })
            .collect()
    }

    #[test]
    fn transcripts_of_every_kind_are_read() {
        let table: &[(Format, &str, bool, &[&str])] = &[
            (
                Format::Vtt,
                "\u{feff}WEBVTT - title\nKind: captions\n\nNOTE a --> b\n\nSTYLE\n::cue {}\n\nintro\n00:01.000 --> 00:02.500 align:start\n\
                 <v.loud Coach>What <i>did</i> you see?</v>\n\n01:00:00.000 --> 01:00:01.000\n<v coachee>a &lt; b &amp;lt; c\nand d\n",
                false,
                &["1.0 2.5 coach What did you see?", "3600.0 3601.0 coachee a < b &lt; c and d"],
            ),
            (
                Format::Vtt,
                "WEBVTT\n\n00:00.000 --> 00:04.000\n<v Ann>aaaa <v Bob>bbbb <v Cy>c < d\n",
                true,
                &["0.0 1.2 coach aaaa", "1.2 2.5 coachee bbbb", "2.5 4.0 ? c < d"],
            ),
            (
                Format::Srt,
                "1\r\n00:00:01,000 --> 00:00:02,000\r\nMary Ann: Hello\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\n<b>Bob</b>: Hi: you\r\n",
                true,
                &["1.0 2.0 coach Hello", "2.0 3.0 coachee Hi: you"],
            ),
            (
                Format::Srt,
                "00:00:03,000 --> 00:00:04,000\nCOACHEE: One thing: time\n\n00:00:01,000 --> 00:00:02,000\nSo: we start\n\n\
                 00:00:05,000 --> 00:00:06,000\nNobody\n",
                false,
                &["1.0 2.0 ? So: we start", "3.0 4.0 coachee One thing: time", "5.0 6.0 ? Nobody"],
            ),
            (
                Format::Tsv,
                "# start_s\tend_s\trole\ttext\n0.40\t3.31\tcoach\tGood morning.\n\n3.81\t6.41\tcoachee\tHi.\n7\t8\t\tWho?\n",
                false,
                &["0.4 3.3 coach Good morning.", "3.8 6.4 coachee Hi.", "7.0 8.0 ? Who?"],
            ),
            (Format::Tsv, "text\tstart_s\tend_s\nhello\t1\t2", false, &["1.0 2.0 ? hello"]),
        ];
        for (format, text, assumed, expected) in table {
            let written = parse(text.as_bytes(), *format).unwrap();
            assert_eq!(told(&written), *expected);
            assert_eq!(written.roles_assumed, *assumed, "{expected:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_a_line_and_no_words() {
        let table: &[(Format, &[u8], usize)] = &[
            (Format::Vtt, b"", 1),
            (Format::Vtt, b"hello", 1),
            (Format::Vtt, b"WEBVTT\n\n00:00.000 --> 00:00.000\nsecret", 3),
            (Format::Vtt, b"WEBVTT\n\n", 3),
            (Format::Vtt, b"WEBVTT\n\n00:00.000 --> 00:01.000\n\x1b\n", 5),
            (Format::Srt, b"1\n00:00:01,000 --> 00:00:02,000\na\n\nsecret\n", 5),
            (Format::Srt, b"1\n00:00:0x,000 --> 00:00:02,000\nsecret\n", 2),
            (Format::Srt, b"1\n999999999999:00:00,000 --> 00:00:02,000\nsecret\n", 2),
            (Format::Srt, b"ok\n\xff\xfe", 2),
            (Format::Tsv, b"role\ttext\ncoach\tsecret", 1),
            (Format::Tsv, b"start_s\tend_s\ttext\n1\t2\tok\n3\tNaN\tsecret", 3),
            (Format::Tsv, b"start_s\tend_s\ttext\n1\t2", 2),
            (Format::Json, b"[]", 1),
        ];
        for (format, bytes, line) in table {
            let error = parse(bytes, *format).unwrap_err();
            assert!(matches!(error, TranscriptError::Parse { line: found, .. } if found == *line), "{error} {line}");
            assert!(!error.to_string().contains("secret") && error.hint().is_some());
        }
    }

    fn utterances() -> impl Strategy<Value = Vec<Utterance>> {
        let role = prop_oneof![Just(Some(Role::Coach)), Just(Some(Role::Coachee))];
        let one = (0u64..400_000, 1u64..60_000, role, "[a-zA-Z][ -~äé→]{0,40}");
        prop::collection::vec(one, 1..12).prop_map(|all| {
            let mut all: Vec<Utterance> = all
                .into_iter()
                .map(|(start, length, role, text)| Utterance {
                    // Whole milliseconds, as the formats keep them.
                    span: Span::new(Sample(start * 16), Sample((start + length) * 16)).unwrap(),
                    role,
                    text: Spoken::new(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                })
                .collect();
            all.sort_by_key(|u| u.span);
            all
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(utterances in utterances()) {
            for format in [Format::Vtt, Format::Tsv] {
                let written = parse(write(&utterances, format).words().as_bytes(), format).unwrap();
                prop_assert_eq!(&written.utterances, &utterances, "{:?}", format);
                prop_assert!(!written.roles_assumed);
            }
        }

        #[test]
        fn spans_and_roles_survive_subrip(mut utterances in utterances()) {
            // SubRip has no escapes: what looks like a tag is one.
            for utterance in &mut utterances {
                utterance.text = Spoken::new(utterance.text.words().replace('<', "("));
            }
            let written = parse(write(&utterances, Format::Srt).words().as_bytes(), Format::Srt).unwrap();
            let of = |all: &[Utterance]| all.iter().map(|u| (u.span, u.role)).collect::<Vec<_>>();
            prop_assert_eq!(of(&written.utterances), of(&utterances));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for format in Format::ALL {
                let _ = parse(&bytes, format);
            }
        }

        #[test]
        fn anything_like_a_transcript_is_read_or_refused(
            lines in prop::collection::vec("(WEBVTT|NOTE|1|<v A>|<v|a<b|Coach: x|&amp;|[0-9]{1,12}:[0-9]{2}[.,:][0-9]{3}|-->|start_s\tend_s\ttext|\t|é| )*", 0..12),
        ) {
            let text = lines.join("\n");
            for format in Format::ALL {
                let _ = parse(text.as_bytes(), format);
                let _ = parse(format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}").as_bytes(), format);
            }
        }
    }
}
