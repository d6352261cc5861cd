//! The transcript on the coachee's page: along a timeline, searched, chosen from.

use std::fmt::Write as _;

use super::{
    pages::{EXPORTS, form, words_heading},
    room::Room,
};
use crate::{
    report::{clock, escaped_into},
    session::Role,
    texts::say,
    transcript::Utterance,
};

/// What the coachee looks for; never part of an address, which a browser would remember.
#[derive(Clone, Copy)]
pub struct Search<'a>(pub &'a str);

/// HTML around a line, its mark on the timeline included, and the most that escaping makes of a byte.
const AROUND_BYTES: usize = 700;
const ESCAPED_BYTES: usize = 6;
/// The section without its lines.
const SECTION_BYTES: usize = 16 * 1024;

/// A row of the timeline, in seconds, and the most rows there are.
const ROW_S: f64 = 600.0;
const ROWS_MAX: f64 = 36.0;
/// Units across a row.
const ACROSS: f64 = 1000.0;
/// About so many places to jump to.
const JUMPS: f64 = 12.0;

/// More than [`section`] makes of these lines.
pub fn bytes(lines: &[Utterance]) -> usize {
    SECTION_BYTES + lines.iter().map(|said| AROUND_BYTES + ESCAPED_BYTES * said.text.words().len()).sum::<usize>()
}

/// The words. Every string they pass through is `page`, which is wiped.
pub fn section(
    room: &Room,
    page: &mut String,
    standing: &str,
    lines: &[Utterance],
    duration_s: f64,
    search: Option<Search<'_>>,
) {
    words_heading(page);
    page.push_str("<p>");
    escaped_into(page, standing);
    let (decide, numbers, end) = ("<a href=\"#decide\">", "<a href=\"#numbers\">", "</a>");
    let _ = writeln!(page, " {}</p>", say!("words-here", decide, numbers, end));
    let found = search.filter(|search| !search.0.is_empty()).map(|search| find(lines, search.0));
    searching(room, page, lines, search, found.as_deref());
    timeline(page, lines, duration_s);
    jumps(page, lines, duration_s);
    form(room, page, "export", "id=\"transcript\"");
    page.push_str("<ol class=\"lines\">\n");
    for (index, said) in lines.iter().enumerate() {
        let hit = found.as_ref().is_some_and(|found| found.contains(&index));
        line(page, index + 1, said, hit);
    }
    let _ = writeln!(
        page,
        "</ol>\n<fieldset class=\"export\"><legend>{}</legend>\n<label for=\"format\">{}</label> <select id=\"format\" \
         name=\"format\">",
        say!("export-heading"),
        say!("export-as")
    );
    for (format, text) in EXPORTS {
        let _ = writeln!(page, "<option value=\"{}\">{}</option>", format.name(), say!(text));
    }
    let _ = writeln!(
        page,
        "</select>\n<button name=\"which\" value=\"chosen\">{}</button>\n<button name=\"which\" value=\"all\">{}</button>\n\
         </fieldset></form>\n</section>",
        say!("export-ticked"),
        say!("export-all")
    );
}

fn line(page: &mut String, number: usize, said: &Utterance, hit: bool) {
    let class = class(said.role);
    let found = if hit { " found" } else { "" };
    let (at, who) = (clock(said.span.start().seconds()), said.role.map_or(say!("words-unclear"), name));
    let _ = write!(
        page,
        "<li id=\"line-{number}\" class=\"is-{class}{found}\"><label><input type=\"checkbox\" name=\"line\" \
         value=\"{number}\"> <span class=\"when\">{at}</span> <strong>{who}</strong></label> <span class=\"said\">"
    );
    escaped_into(page, said.text.words());
    page.push_str("</span></li>\n");
}

fn searching(room: &Room, page: &mut String, lines: &[Utterance], search: Option<Search<'_>>, found: Option<&[usize]>) {
    form(room, page, "search", "role=\"search\" class=\"search\"");
    let _ = write!(
        page,
        "<label for=\"q\">{}</label>\n<input id=\"q\" name=\"q\" type=\"search\" autocomplete=\"off\" \
         spellcheck=\"false\" maxlength=\"200\" value=\"",
        say!("search")
    );
    escaped_into(page, search.map_or("", |search| search.0));
    // The script says how many were found as they are typed.
    let _ = write!(
        page,
        "\">\n<button>{}</button></form>\n<p id=\"found\" role=\"status\" data-none=\"{}\" data-one=\"{}\" data-more=\"{}\">",
        say!("search"),
        say!("search-counted", count = 0),
        say!("search-counted", count = 1),
        say!("search-counted", count = "#")
    );
    if let Some(found) = found {
        page.push_str(&say!("search-found", count = found.len()));
        for index in found {
            let at = lines.get(*index).map_or_else(String::new, |said| clock(said.span.start().seconds()));
            let _ = write!(page, " <a href=\"#line-{}\">{at}</a>", index + 1);
        }
    }
    page.push_str("</p>\n");
}

/// Indices of the lines that say it, in whatever case.
fn find(lines: &[Utterance], what: &str) -> Vec<usize> {
    let what = zeroize::Zeroizing::new(what.to_lowercase());
    let says = |said: &Utterance| zeroize::Zeroizing::new(said.text.words().to_lowercase()).contains(what.as_str());
    lines.iter().enumerate().filter(|(_, said)| says(said)).map(|(index, _)| index).collect()
}

/// Each line as a mark that leads to it. For eyes and pointers: the list of lines says the same to everybody else.
fn timeline(page: &mut String, lines: &[Utterance], duration_s: f64) {
    let end = lines.iter().map(|said| said.span.end().seconds()).fold(duration_s, f64::max);
    let row_s = (end / ROWS_MAX).max(ROW_S.min(end));
    if !row_s.is_finite() || row_s <= 0.0 {
        return;
    }
    let _ = writeln!(
        page,
        "<p class=\"key\"><span><i class=\"coach\"></i>{}</span> <span><i class=\"coachee\"></i>{}</span> <span>{}</span></p>",
        say!("report-key-coach"),
        say!("report-key-coachee"),
        say!("words-click")
    );
    for row in 0..(end / row_s).ceil().clamp(1.0, ROWS_MAX) as u32 {
        let start = f64::from(row) * row_s;
        let _ = write!(
            page,
            "<div class=\"row\"><span>{}</span><svg aria-hidden=\"true\" viewBox=\"0 0 {ACROSS} 50\" \
             preserveAspectRatio=\"none\"><path class=\"ground\" d=\"M0 25H{:.1}\"/>",
            clock(start),
            ((end - start) / row_s).min(1.0) * ACROSS
        );
        let begins_here = |said: &Utterance| {
            let at = said.span.start().seconds();
            at >= start && at < start + row_s
        };
        for (index, said) in lines.iter().enumerate().filter(|(_, said)| begins_here(said)) {
            let x = (said.span.start().seconds() - start) / row_s * ACROSS;
            let width = (said.span.seconds() / row_s * ACROSS).clamp(2.0, ACROSS - x.min(ACROSS - 2.0));
            // Between them, as in the report: it is neither's.
            let (y, height) = match said.role {
                Some(Role::Coach) => (2, 20),
                None => (22, 6),
                Some(Role::Coachee) => (28, 20),
            };
            let _ = write!(
                page,
                "<a href=\"#line-{}\" tabindex=\"-1\"><rect class=\"{}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" \
                 height=\"{height}\"/></a>",
                index + 1,
                class(said.role),
            );
        }
        page.push_str("</svg></div>\n");
    }
}

/// A dozen links through the session, for keys and screen readers too.
fn jumps(page: &mut String, lines: &[Utterance], duration_s: f64) {
    let step = (duration_s / JUMPS / 60.0).ceil().max(1.0) * 60.0;
    let (time, to) = (say!("words-jump-time"), say!("words-jump"));
    let _ = write!(page, "<nav class=\"jumps\" aria-label=\"{time}\"><span class=\"soft\">{to}</span> ");
    let mut due = 0.0;
    for (index, said) in lines.iter().enumerate() {
        let at = said.span.start().seconds();
        if at >= due {
            let _ = write!(page, "<a href=\"#line-{}\">{}</a> ", index + 1, clock(at));
            due = (at / step).floor() * step + step;
        }
    }
    page.push_str("</nav>\n");
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Coach => say!("words-coach"),
        Role::Coachee => say!("words-coachee"),
    }
}

fn class(role: Option<Role>) -> &'static str {
    role.map_or("unknown", Role::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        transcript::Spoken,
        units::{Sample, Span},
    };

    fn lines(texts: &[&str]) -> Vec<Utterance> {
        let said = |(index, text): (usize, &&str)| {
            let start = index as f64 * 40.0;
            Utterance {
                span: Span::new(Sample::from_seconds(start), Sample::from_seconds(start + 30.0)).unwrap(),
                role: [Some(Role::Coach), Some(Role::Coachee), None][index % 3],
                text: Spoken::new((*text).to_owned()),
            }
        };
        texts.iter().enumerate().map(said).collect()
    }

    #[test]
    fn a_search_finds_in_any_case() {
        let lines = lines(&["What did you NOTICE?", "Nothing. Élan!", "I noticed"]);
        assert_eq!(find(&lines, "notice"), [0, 2]);
        assert_eq!(find(&lines, "éLAN"), [1]);
        assert_eq!(find(&lines, "nowhere"), [0; 0]);
    }

    #[test]
    fn the_page_never_grows_beyond_what_was_reserved() {
        let room = super::super::room::tests::room();
        let texts = ["<&\"'>".repeat(200), "\"".repeat(3000), String::new()];
        for count in [1, 3, 900] {
            let texts: Vec<&str> = texts.iter().map(String::as_str).cycle().take(count).collect();
            let lines = lines(&texts);
            let mut page = String::new();
            section(&room, &mut page, "Undecided.", &lines, 90.0 * 60.0, Some(Search("\"")));
            assert!(page.len() <= bytes(&lines), "{} of {}", page.len(), bytes(&lines));
            assert!(!page.contains("<&"), "what was said is escaped");
        }
    }
}
