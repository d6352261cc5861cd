//! The report as one HTML file: no script, nothing from elsewhere, readable on paper, in the dark and by a screen reader.

use std::fmt::Write as _;

use super::{
    chart,
    json::Report,
    measured::{MEANINGS, Made, Side},
    phrases, steps,
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
        let _ = writeln!(body, "<p>{} <span class=\"soft\">The bracket shows it.</span></p>", escaped(&bounds));
    } else {
        body.push_str(&paragraph(&bounds));
    }
    body.push_str(&paragraph(&report.rest_said()));
    section(phrases::SHARES, &body)
}

fn timeline(report: &Report) -> String {
    let drawn = chart::timeline(&report.spans, report.length_s);
    if drawn.is_empty() {
        return drawn;
    }
    let unknown = if report.measures.speech.unattributed_s > 0.0 {
        "<span><i class=\"unknown\"></i>unclear who, between them</span>"
    } else {
        ""
    };
    let key = format!(
        "<p class=\"key\"><span><i class=\"coach\"></i>coach, above</span>\
         <span><i class=\"coachee\"></i>coachee, below</span>{unknown}</p>\n"
    );
    section("Who spoke when", &format!("{key}{drawn}"))
}

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
    let [heading, ..] = phrases::TURNS;
    section(heading, &table)
}

/// What the bars of the coach's moves look like.
const SIDES: &str = "<p class=\"soft\">How often each did what. The coach's bars are filled for telling, outlined for asking and \
    the like, grey for neither.</p>\n";

/// What was made of the words: a section each for moves, waiting and next steps.
fn measured(report: &Report) -> String {
    let Some(moves) = report.moves_said() else { return String::new() };
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
        "{telling}{}{SIDES}<div class=\"pair\">\n{}{}</div>\n{}{}",
        paragraph(&moves.telling),
        counts("The coach", &moves.coach, side),
        counts("The coachee", &moves.coachee, |_| "coachee"),
        moves.questions.as_deref().map_or_else(String::new, paragraph),
        meanings(&moves.coach, &moves.coachee),
    );
    let others = report.words_measured().into_iter().filter(|(heading, _)| *heading != moves.heading);
    let others = others.map(|(heading, sentences)| {
        let said: String = sentences.iter().map(|sentence| paragraph(sentence)).collect();
        section(heading, &said)
    });
    std::iter::once(section(moves.heading, &body)).chain(others).collect()
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

fn caveats(report: &Report) -> String {
    if report.caveats.is_empty() {
        return String::new();
    }
    let points: String =
        report.caveats.iter().map(|caveat| format!("<li>{}</li>\n", marked(&caveat.message))).collect();
    section(phrases::CAVEATS, &format!("<ul>\n{points}</ul>\n"))
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
