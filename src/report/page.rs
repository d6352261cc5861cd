//! The report as one HTML file: no script, nothing from elsewhere, readable on paper, in the dark and by a screen reader.

use std::fmt::Write as _;

use super::{
    chart,
    json::Report,
    measured::{COURSE, FIRST_LONG, MEANINGS, Made, Side, WAITS},
    phrases::{self, Place, length},
    steps,
};

/// What every page of the program looks like.
pub const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded or run, whatever is in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as a page of its own, UTF-8.
pub fn page(report: &Report) -> String {
    let title = escaped(&report.title());
    let next = section(steps::NEXT, &paragraph(&report.next_said()));
    alone(&title, &article(report, "", &next, &sealed_words(report)))
}

/// The report as it stands on a page, from its title to its last line: with `first` below the title, `next` where the next
/// step is, and `words` about the words; all three are HTML.
pub fn article(report: &Report, first: &str, next: &str, words: &str) -> String {
    let sections = [
        tried(report),
        shares(report),
        timeline(report),
        turns(report),
        measured(report),
        stances(report),
        next.to_owned(),
        reviews(report),
        caveats(report),
        words.to_owned(),
    ];
    format!(
        "<h1>{}</h1>\n<p class=\"soft\">{}</p>\n{first}{}\
         <footer>Session <code>{}</code>. Both of you see the same numbers, and they hold nothing that was said.</footer>\n",
        escaped(&report.title()),
        escaped(&report.circumstances()),
        sections.concat(),
        report.session,
    )
}

/// A page that needs nothing else.
pub(super) fn alone(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{main}</main>\n</body>\n</html>\n"
    )
}

/// What the coach wanted to try: the first thing on the page.
fn tried(report: &Report) -> String {
    let Some((step, since)) = report.tried_said() else { return String::new() };
    let body = format!("<p class=\"step\">{}</p>\n<p class=\"soft\">{}</p>\n", escaped(&step), escaped(&since));
    section(steps::BEFORE, &body)
}

fn shares(report: &Report) -> String {
    let (said, bounds) = (report.shares_said(), report.bounds_said());
    let mut body = String::new();
    if let Some(ratio) = report.measures.talk_ratio.filter(|_| !said.is_empty()) {
        body.push_str("<div class=\"shares\">");
        for share in &said {
            let class = if share.coach { "is-coach" } else { "is-coachee" };
            let _ = write!(
                body,
                "<div class=\"{class}\">{} <strong>{} %</strong> {}</div>",
                share.name, share.percent, share.length
            );
        }
        body.push_str("</div>\n");
        body.push_str(&chart::shares(&said, ratio, &bounds));
        let _ = writeln!(body, "<p>{} <span class=\"soft\">The bracket shows it.</span></p>", marked(&bounds));
    } else {
        body.push_str(&paragraph(&bounds));
    }
    body.push_str(&paragraph(&report.rest_said()));
    body.push_str(&notes(report, Place::Shares));
    section(phrases::SHARES, &body)
}

fn timeline(report: &Report) -> String {
    let marks = report.marks();
    let drawn = chart::timeline(&report.spans, marks, report.length_s);
    if drawn.is_empty() {
        return drawn;
    }
    let unknown = if report.measures.speech.unattributed_s > 0.0 {
        "<span><i class=\"unknown\"></i>unclear who, between them</span>"
    } else {
        ""
    };
    let marked = if marks.is_empty() {
        ""
    } else {
        "<span><i class=\"dot\"></i>the coach asks, reflects, affirms or leaves the choice</span>\
         <span><i class=\"stroke\"></i>the coach tells</span>"
    };
    let key = format!(
        "<p class=\"key\"><span><i class=\"coach\"></i>coach, above</span>\
         <span><i class=\"coachee\"></i>coachee, below</span>{unknown}{marked}</p>\n"
    );
    let doubt = if marks.is_empty() { "" } else { MARKS };
    section("Who spoke when", &format!("{key}{drawn}{doubt}"))
}

/// What a mark is worth.
const MARKS: &str = "<p class=\"soft\">Gaps are silence. A single mark may be wrong: what an utterance does is told right more \
    often than not, and many together say more than one.</p>\n";

fn turns(report: &Report) -> String {
    let Some(rows) = report.turns_said() else { return String::new() };
    let [_, columns @ ..] = phrases::TURNS;
    let mut table = String::from("<table>\n<thead><tr><th scope=\"col\">Who</th>");
    for column in columns {
        let _ = write!(table, "<th scope=\"col\">{column}</th>");
    }
    table.push_str("</tr></thead>\n<tbody>\n");
    for [name, cells @ ..] in rows {
        let _ = write!(table, "<tr><th scope=\"row\">{name}</th>");
        for cell in cells {
            let _ = write!(table, "<td>{cell}</td>");
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody>\n</table>\n");
    table.extend(report.interruptions_said().map(|said| paragraph(&said)));
    table.push_str(&notes(report, Place::Turns));
    let [heading, ..] = phrases::TURNS;
    section(heading, &table)
}

/// What the bars of the coach's moves look like.
const SIDES: &str = "<p class=\"soft\">How often each did what. The coach's bars are filled for telling, outlined for asking and \
    the like, grey for neither.</p>\n";

/// What was made of the words: a section each for moves, their course, waiting and next steps.
fn measured(report: &Report) -> String {
    let Some(moves) = report.moves_said() else {
        let said = report.words_measured().into_iter().map(|(heading, sentences)| {
            let said: String = sentences.iter().map(|sentence| paragraph(sentence)).collect();
            section(heading, &format!("{said}{}", notes(report, Place::Words)))
        });
        return said.collect();
    };
    let telling = moves.index.map_or_else(String::new, |index| {
        let bounds = (index.low, index.high);
        let key = "<p class=\"ends\"><span>telling</span><span>asking, reflecting, affirming, leaving the choice</span></p>\n";
        format!("{key}{}", chart::part("Telling", &escaped(&moves.telling), index.value, bounds))
    });
    let side = |side| match side {
        Side::Telling => "coach",
        Side::Asking => "rest",
        Side::Neither => "unknown",
    };
    let body = format!(
        "{telling}{}{}{SIDES}<div class=\"pair\">\n{}{}</div>\n{}{}",
        paragraph(&moves.telling),
        notes(report, Place::Words),
        counts("The coach", &moves.coach, side),
        counts("The coachee", &moves.coachee, |_| "coachee"),
        moves.questions.as_deref().map_or_else(String::new, paragraph),
        meanings(&moves.coach, &moves.coachee),
    );
    let steps = report.steps_said().map(|(heading, said)| section(heading, &paragraph(&said)));
    let sections = [Some(section(moves.heading, &body)), course(report), waiting(report), steps];
    sections.into_iter().flatten().collect()
}

/// Telling against asking over the session.
fn course(report: &Report) -> Option<String> {
    if let Some(why) = report.untold() {
        return Some(section(COURSE, &paragraph(why)));
    }
    let stretches = report.course();
    let (first, last) = (stretches.first()?, stretches.last()?);
    let key = format!(
        "<p class=\"soft\">Upwards, outlined: asking, reflecting, affirming, leaving the choice. Downwards, filled: telling. A \
         column is {}.</p>\n",
        length(f64::from(first.to_s))
    );
    let picture = format!(
        "<div class=\"trend\"><span>asking</span><span></span><span>telling</span>{}</div>\n\
         <p class=\"ends days\"><span>{}</span><span>{}</span></p>\n",
        chart::course(COURSE, &stretches),
        chart::clock(0.0),
        chart::clock(f64::from(last.to_s))
    );
    Some(section(COURSE, &format!("{key}{picture}")))
}

/// The waits: what they come to, and how they were distributed.
fn waiting(report: &Report) -> Option<String> {
    let (heading, sentences) = report.waiting_said()?;
    let said: String = sentences.iter().map(|sentence| paragraph(sentence)).collect();
    let (questions, answers) = report.waits_said();
    let questions = questions.map(|spread| {
        let caption = "After the coach\u{2019}s questions: quiet for how long, and who spoke next";
        waits(caption, &["coachee", "coach"], spread.0.coachee.into_iter().zip(spread.0.coach).map(|(a, b)| [a, b]))
    });
    let answers = answers.map(|spread| {
        let caption = "After the coachee\u{2019}s answers: quiet for how long";
        waits(caption, &["how many"], spread.counts().into_iter().map(|count| [count]))
    });
    let tables: String = [questions, answers].into_iter().flatten().collect();
    let tables = if tables.is_empty() {
        tables
    } else {
        format!("<div class=\"pair\">\n{tables}</div>\n<p class=\"soft\">Below the line: three seconds and more.</p>\n")
    };
    Some(section(heading, &format!("{said}{tables}")))
}

/// Waits by their length as a table whose bars repeat its numbers: in one column, or for the coachee and the coach.
fn waits<const N: usize>(caption: &str, heads: &[&str; N], counts: impl Iterator<Item = [u32; N]> + Clone) -> String {
    let most = f64::from(counts.clone().map(|row| row.iter().sum()).max().unwrap_or(1).max(1));
    let rows: String = WAITS
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(at, (name, row))| {
            let class = if at == FIRST_LONG { " class=\"long\"" } else { "" };
            let cells: String = row.iter().map(|count| format!("<td>{count}</td>")).collect();
            let shares = row.map(|count| f64::from(count) / most);
            let bar = match shares.as_slice() {
                [coachee, coach] => chart::pair([*coachee, *coach]),
                shares => chart::bar("unknown", shares.iter().sum()),
            };
            format!("<tr{class}><th scope=\"row\">{name}</th>{cells}<td class=\"bar\">{bar}</td></tr>\n")
        })
        .collect();
    let heads: String = heads
        .iter()
        .map(|head| {
            let key = if N > 1 { format!("<i class=\"{head}\"></i>") } else { String::new() };
            format!("<th scope=\"col\">{key}{head}</th>")
        })
        .collect();
    format!(
        "<table class=\"counts waits\"><caption>{caption}</caption>\n<thead><tr><th scope=\"col\">quiet for</th>{heads}<td></td>\
         </tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    )
}

/// Moves with how often each was made, as a table whose bars repeat its numbers.
fn counts(caption: &str, moves: &[Made], class: impl Fn(Side) -> &'static str) -> String {
    if moves.is_empty() {
        return String::new();
    }
    let most = moves.iter().map(|made| made.count).max().unwrap_or(1);
    let rows: String = moves
        .iter()
        .map(|Made { name, count, side }| {
            let bar = chart::bar(class(*side), f64::from(*count) / f64::from(most));
            format!("<tr><th scope=\"row\">{name}</th><td>{count}</td><td class=\"bar\">{bar}</td></tr>\n")
        })
        .collect();
    format!("<table class=\"counts\"><caption>{caption}</caption>\n<tbody>\n{rows}</tbody></table>\n")
}

/// What the names in these tables mean.
fn meanings(coach: &[Made], coachee: &[Made]) -> String {
    let named = |name: &str| coach.iter().chain(coachee).any(|made| made.name == name);
    let points: String = MEANINGS
        .iter()
        .filter(|(name, _)| named(name))
        .map(|(name, meaning)| format!("<dt>{name}</dt><dd>{meaning}</dd>\n"))
        .collect();
    if points.is_empty() {
        return points;
    }
    format!("<details class=\"meanings\"><summary>What these names mean</summary>\n<dl>\n{points}</dl></details>\n")
}

fn stances(report: &Report) -> String {
    let said: String = report.stances_said().iter().map(|sentence| paragraph(sentence)).collect();
    section(phrases::STANCES, &said)
}

/// What comes up for both of them.
fn reviews(report: &Report) -> String {
    let lines: String = report.reviews.iter().map(|line| paragraph(line)).collect();
    if lines.is_empty() { lines } else { section("To talk about", &lines) }
}

fn caveats(report: &Report) -> String {
    let points = notes(report, Place::Whole);
    if points.is_empty() { points } else { section(phrases::CAVEATS, &points) }
}

/// The caveats of a place.
fn notes(report: &Report, place: Place) -> String {
    let points: String =
        report.caveats_at(place).into_iter().map(|caveat| format!("<li>{}</li>\n", marked(caveat))).collect();
    if points.is_empty() { points } else { format!("<ul class=\"notes\">\n{points}</ul>\n") }
}

/// Where the words are, for a page that cannot show them.
pub fn sealed_words(report: &Report) -> String {
    let (said, commands) = report.words_said();
    let points: String =
        commands.iter().map(|command| format!("<li><code>{}</code></li>\n", escaped(command))).collect();
    let list = if points.is_empty() { points } else { format!("<ul>\n{points}</ul>\n") };
    section(phrases::WORDS, &format!("{}{list}", paragraph(&said)))
}

pub(super) fn section(heading: &str, body: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n{body}</section>\n")
}

pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", marked(text))
}

/// Text with its `commands` marked as such, and no line that begins with a percent sign.
fn marked(text: &str) -> String {
    let text = text.replace(" %", "\u{a0}%");
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) })
        .collect()
}

/// Text that can stand in HTML, in an attribute too.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    escaped_into(&mut safe, text);
    safe
}

/// Appends text as it can stand in HTML, in an attribute too: at most six times as long.
pub fn escaped_into(safe: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
}
