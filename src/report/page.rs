//! The report as one HTML file: no script, nothing from elsewhere, readable on paper, in the dark and by a screen reader.

use std::fmt::Write as _;

use super::{
    chart,
    json::Report,
    measured::{FIRST_LONG, MEANINGS, Made, Side, lengths_of_waits},
    phrases::{Place, length, turns_head},
};
use crate::{
    measures::LENGTHS,
    texts::{LANGUAGE, say},
};

/// What every page of the program looks like.
pub const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded or run, whatever is in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as a page of its own, UTF-8.
pub fn page(report: &Report) -> String {
    let title = escaped(&report.title());
    let next = section(say!("report-step-next"), &paragraph(&report.next_said()));
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
    let marked = report.marked_said();
    let marked = marked.map_or_else(String::new, |said| format!("<p class=\"soft\">{}</p>\n", escaped(&said)));
    format!(
        "<h1>{}</h1>\n<p class=\"soft\">{}</p>\n{marked}{first}{}<footer>{}</footer>\n",
        escaped(&report.title()),
        escaped(&report.circumstances()),
        sections.concat(),
        say!("report-footer", session = format!("<code>{}</code>", report.session)),
    )
}

/// A page that needs nothing else.
pub(super) fn alone(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{LANGUAGE}\">\n<head>\n<meta charset=\"utf-8\">\n\
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
    section(say!("report-step-before"), &body)
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
        let bracket = say!("report-bracket");
        let _ = writeln!(body, "<p>{} <span class=\"soft\">{bracket}</span></p>", marked(&bounds));
    } else {
        body.push_str(&paragraph(&bounds));
    }
    body.push_str(&paragraph(&report.rest_said()));
    body.push_str(&notes(report, Place::Shares));
    section(say!("report-shares"), &body)
}

fn timeline(report: &Report) -> String {
    let marks = report.marks();
    let drawn = chart::timeline(&report.spans, marks, &report.marked, report.length_s);
    if drawn.is_empty() {
        return drawn;
    }
    let sample = |class: &str, text: &str| format!("<span><i class=\"{class}\"></i>{text}</span>");
    let mut key = sample("coach", say!("report-key-coach")) + &sample("coachee", say!("report-key-coachee"));
    if report.measures.speech.unattributed_s > 0.0 {
        key.push_str(&sample("unknown", say!("report-key-unclear")));
    }
    if !report.marked.is_empty() {
        key.push_str(&sample("moment", say!("report-key-moment")));
    }
    let mut doubt = String::new();
    if !marks.is_empty() {
        key.push_str(&sample("dot", say!("report-key-asks")));
        key.push_str(&sample("stroke", say!("report-key-tells")));
        doubt = format!("<p class=\"soft\">{}</p>\n", say!("report-marks"));
    }
    section(say!("report-timeline"), &format!("<p class=\"key\">{key}</p>\n{drawn}{doubt}"))
}

fn turns(report: &Report) -> String {
    let Some(rows) = report.turns_said() else { return String::new() };
    let [heading, columns @ ..] = turns_head();
    let mut table = format!("<table>\n<thead><tr><th scope=\"col\">{}</th>", say!("report-who"));
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
    section(heading, &table)
}

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
        format!(
            "<p class=\"ends\"><span>{}</span><span>{}</span></p>\n{}",
            say!("report-end-telling"),
            say!("report-end-asking-all"),
            chart::part(say!("report-telling-name"), &escaped(&moves.telling), index.value, bounds)
        )
    });
    let side = |side| match side {
        Side::Telling => "coach",
        Side::Asking => "rest",
        Side::Neither => "unknown",
    };
    let body = format!(
        "{telling}{}{}<p class=\"soft\">{}</p>\n<div class=\"pair\">\n{}{}</div>\n{}{}",
        paragraph(&moves.telling),
        notes(report, Place::Words),
        // What the bars of the coach's moves look like.
        say!("report-sides"),
        counts(say!("report-the-coach"), &moves.coach, side),
        counts(say!("report-the-coachee"), &moves.coachee, |_| "coachee"),
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
        return Some(section(say!("report-course"), &paragraph(why)));
    }
    let stretches = report.course();
    let (first, last) = (stretches.first()?, stretches.last()?);
    let key = say!("report-course-columns", length = length(f64::from(first.to_s)));
    let body = format!(
        "<p class=\"soft\">{key}</p>\n<div class=\"trend\"><span>{}</span><span></span><span>{}</span>{}</div>\n\
         <p class=\"ends days\"><span>{}</span><span>{}</span></p>\n",
        say!("report-end-asking"),
        say!("report-end-telling"),
        chart::course(say!("report-course"), &stretches),
        chart::clock(0.0),
        chart::clock(f64::from(last.to_s))
    );
    Some(section(say!("report-course"), &body))
}

/// The waits: what they come to, and how they were distributed.
fn waiting(report: &Report) -> Option<String> {
    let (heading, sentences) = report.waiting_said()?;
    let said: String = sentences.iter().map(|sentence| paragraph(sentence)).collect();
    let (questions, answers) = report.waits_said();
    let questions = questions.map(|spread| {
        let heads = [("coachee", say!("report-waits-coachee")), ("coach", say!("report-waits-coach"))];
        let (ended_by, unclear) = (spread.0.ended_by, spread.0.ended_unclear);
        let counts = ended_by.coachee.into_iter().zip(ended_by.coach);
        let caption = say!("report-waits-questions");
        if unclear == [0; LENGTHS] {
            return waits(caption, heads, counts.map(|(coachee, coach)| [coachee, coach]));
        }
        let [coachee, coach] = heads;
        let heads = [coachee, coach, ("unknown", say!("report-waits-unclear"))];
        waits(caption, heads, counts.zip(unclear).map(|((coachee, coach), unclear)| [coachee, coach, unclear]))
    });
    let answers = answers.map(|spread| {
        let counts = spread.counts().into_iter().map(|count| [count]);
        waits(say!("report-waits-answers"), [("unknown", say!("report-how-many"))], counts)
    });
    let tables: String = [questions, answers].into_iter().flatten().collect();
    let tables = if tables.is_empty() {
        tables
    } else {
        format!("<div class=\"pair\">\n{tables}</div>\n<p class=\"soft\">{}</p>\n", say!("report-waits-line"))
    };
    Some(section(heading, &format!("{said}{tables}")))
}

/// Waits by their length as a table whose bars repeat its numbers: in one column, or one for each who spoke next.
/// The heads of the columns stand behind the classes of their bars.
fn waits<const N: usize>(
    caption: &str,
    heads: [(&str, &str); N],
    counts: impl Iterator<Item = [u32; N]> + Clone,
) -> String {
    let most = f64::from(counts.clone().map(|row| row.iter().sum()).max().unwrap_or(1).max(1));
    let rows: String = lengths_of_waits()
        .into_iter()
        .zip(counts)
        .enumerate()
        .map(|(at, (name, row))| {
            let class = if at == FIRST_LONG { " class=\"long\"" } else { "" };
            let cells: String = row.iter().map(|count| format!("<td>{count}</td>")).collect();
            let shares = row.map(|count| f64::from(count) / most);
            let parts: Vec<(&str, f64)> = heads.iter().map(|(class, _)| *class).zip(shares).collect();
            let bar = chart::parts(&parts);
            format!("<tr{class}><th scope=\"row\">{name}</th>{cells}<td class=\"bar\">{bar}</td></tr>\n")
        })
        .collect();
    let heads: String = heads
        .iter()
        .map(|(class, head)| {
            let key = if N > 1 { format!("<i class=\"{class}\"></i>") } else { String::new() };
            format!("<th scope=\"col\">{key}{head}</th>")
        })
        .collect();
    format!(
        "<table class=\"counts waits\"><caption>{caption}</caption>\n<thead><tr><th scope=\"col\">{}</th>{heads}<td></td></tr>\
         </thead>\n<tbody>\n{rows}</tbody></table>\n",
        say!("report-waits-quiet")
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
        .map(|Made { name, count, side, .. }| {
            let bar = chart::parts(&[(class(*side), f64::from(*count) / f64::from(most))]);
            format!("<tr><th scope=\"row\">{name}</th><td>{count}</td><td class=\"bar\">{bar}</td></tr>\n")
        })
        .collect();
    format!("<table class=\"counts\"><caption>{caption}</caption>\n<tbody>\n{rows}</tbody></table>\n")
}

/// What the names in these tables mean.
fn meanings(coach: &[Made], coachee: &[Made]) -> String {
    let made = |code: &str| coach.iter().chain(coachee).any(|made| made.code == code);
    let points: String = MEANINGS
        .into_iter()
        .filter(|(code, ..)| made(code))
        .map(|(_, name, meaning)| format!("<dt>{}</dt><dd>{}</dd>\n", say!(name), say!(meaning)))
        .collect();
    if points.is_empty() {
        return points;
    }
    let heading = say!("report-meanings");
    format!("<details class=\"meanings\"><summary>{heading}</summary>\n<dl>\n{points}</dl></details>\n")
}

fn stances(report: &Report) -> String {
    let said: String = report.stances_said().iter().map(|sentence| paragraph(sentence)).collect();
    section(say!("report-stances"), &said)
}

/// What comes up for both of them.
fn reviews(report: &Report) -> String {
    let lines: String = report.reviews.iter().map(|line| paragraph(line)).collect();
    if lines.is_empty() { lines } else { section(say!("report-reviews"), &lines) }
}

fn caveats(report: &Report) -> String {
    let points = notes(report, Place::Whole);
    if points.is_empty() { points } else { section(say!("report-caveats"), &points) }
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
    section(say!("report-words"), &format!("{}{list}", paragraph(&said)))
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
