//! The report as one HTML file: no script, nothing from elsewhere, readable on paper, in the dark and by a screen reader.

use std::fmt::Write as _;

use super::{chart, json::Report, phrases};

const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded or run, whatever is in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as a page of its own, UTF-8.
pub fn page(report: &Report) -> String {
    let title = escaped(&report.title());
    let sections = [
        shares(report),
        timeline(report),
        turns(report),
        measured(report),
        stances(report),
        caveats(report),
        words(report),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"soft\">{}</p>\n{}\
         <footer>Session <code>{}</code>. Both of you see the same numbers, and nothing that was said is on this page.</footer>\n\
         </main>\n</body>\n</html>\n",
        escaped(&report.circumstances()),
        sections.concat(),
        report.session,
    )
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
    }
    let _ = write!(body, "{}{}", paragraph(&bounds), paragraph(&report.rest_said()));
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

/// What was made of the words: a section each for moves, waiting and next steps.
fn measured(report: &Report) -> String {
    let sections = report.words_measured().into_iter().map(|(heading, sentences)| {
        let said: String = sentences.iter().map(|sentence| paragraph(sentence)).collect();
        section(heading, &said)
    });
    sections.collect()
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

fn words(report: &Report) -> String {
    let (said, commands) = report.words_said();
    let points: String =
        commands.iter().map(|command| format!("<li><code>{}</code></li>\n", escaped(command))).collect();
    let list = if points.is_empty() { points } else { format!("<ul>\n{points}</ul>\n") };
    section(phrases::WORDS, &format!("{}{list}", paragraph(&said)))
}

fn section(heading: &str, body: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n{body}</section>\n")
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", marked(text))
}

/// Text with its `commands` marked as such.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) })
        .collect()
}

/// Text that can stand in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}
