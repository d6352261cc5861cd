//! Three questions on the coachee's page, and their own answers beside the numbers. Shown while it is unlocked, to nobody else.

use std::fmt::Write as _;

use super::{Answered, AnsweredAt, pages::form, room::Room};
use crate::{
    practice::{Answer, Question},
    report::escaped_into,
    texts::say,
};

/// HTML of a row of the table, and of the section without its rows.
const ROW_BYTES: usize = 300;
const SECTION_BYTES: usize = 8 * 1024;
/// What escaping makes of a byte, at most, and what stands around a line.
const ESCAPED_BYTES: usize = 6;
const AROUND_BYTES: usize = 40;

/// More than [`section`] makes of these answers.
pub fn bytes(answered: &Answered) -> usize {
    let said: usize = answered.said.iter().map(|line| AROUND_BYTES + ESCAPED_BYTES * line.len()).sum();
    let rows: usize = answered.rows.iter().map(|row| ROW_BYTES + ESCAPED_BYTES * row.on.len()).sum();
    SECTION_BYTES + rows + said
}

pub fn section(room: &Room, page: &mut String, answered: &Answered) {
    let (heading, whose) = (say!("pulse-heading"), say!("pulse-whose"));
    let _ = writeln!(page, "<section id=\"pulse\">\n<h2>{heading}</h2>\n<p>{whose}</p>");
    let now = answered.rows.iter().find(|row| row.session == room.visit.session);
    table(room, page, answered);
    if now.is_some() {
        let _ = writeln!(page, "<details><summary>{}</summary>", say!("pulse-again"));
    }
    questions(room, page, now);
    if now.is_some() {
        form(room, page, "forget", "class=\"decision\"");
        let _ = writeln!(page, "<button>{}</button></form>\n</details>", say!("pulse-delete"));
    }
    said(page, &answered.said);
    page.push_str("</section>\n");
}

/// What was answered after each session, beside its numbers.
fn table(room: &Room, page: &mut String, answered: &Answered) {
    if answered.rows.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table class=\"answers\"><caption>{}</caption>\n\
         <thead><tr>",
        say!("pulse-answers"),
        say!("pulse-scale")
    );
    let columns = [
        say!("pulse-session"),
        say!("pulse-room"),
        say!("pulse-useful"),
        say!("pulse-trust"),
        say!("pulse-share"),
        say!("pulse-telling"),
    ];
    for column in columns {
        let _ = write!(page, "<th scope=\"col\">{column}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for AnsweredAt { session, on, answers, coach_share, telling } in &answered.rows {
        page.push_str("<tr><th scope=\"row\">");
        if *session == room.visit.session {
            escaped_into(page, &say!("pulse-this", date = on));
        } else {
            escaped_into(page, on);
        }
        page.push_str("</th>");
        for question in Question::ALL {
            let _ = match answers.to(question) {
                Some(answer) => write!(page, "<td>{}</td>", answer.get()),
                None => write!(page, "<td>\u{2013}</td>"),
            };
        }
        for share in [coach_share, telling] {
            let _ = match share {
                Some(share) => write!(page, "<td>{:.0}\u{a0}%</td>", share * 100.0),
                None => write!(page, "<td>\u{2013}</td>"),
            };
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn questions(room: &Room, page: &mut String, now: Option<&AnsweredAt>) {
    form(room, page, "answer", "class=\"pulse\"");
    for question in Question::ALL {
        let (name, given) = (question.name(), now.and_then(|row| row.answers.to(question)));
        let _ = writeln!(page, "<fieldset><legend>{}</legend>", question.asked());
        for answer in (1..=Answer::MOST).filter_map(Answer::new) {
            let checked = if given == Some(answer) { " checked" } else { "" };
            let value = answer.get();
            let meaning = match value {
                1 => say!("pulse-little", value),
                Answer::MOST => say!("pulse-much", value),
                _ => value.to_string(),
            };
            let _ = writeln!(
                page,
                "<label><input type=\"radio\" name=\"{name}\" value=\"{value}\"{checked}> {meaning}</label>"
            );
        }
        let checked = if given.is_none() { " checked" } else { "" };
        let _ = writeln!(
            page,
            "<label><input type=\"radio\" name=\"{name}\" value=\"\"{checked}> {}</label></fieldset>",
            say!("pulse-no-answer")
        );
    }
    let _ = writeln!(page, "<button>{}</button></form>", say!("pulse-seal"));
}

/// What they may want to do; lines that are set in make a list.
fn said(page: &mut String, lines: &[String]) {
    let mut listing = false;
    for line in lines {
        let item = line.starts_with("  ");
        if item != listing {
            page.push_str(if item { "<ul>\n" } else { "</ul>\n" });
            listing = item;
        }
        page.push_str(if item { "<li>" } else { "<p>" });
        for (index, part) in line.trim().split('`').enumerate() {
            if index > 0 {
                page.push_str(if index % 2 == 1 { "<code>" } else { "</code>" });
            }
            escaped_into(page, part);
        }
        page.push_str(if item { "</li>\n" } else { "</p>\n" });
    }
    if listing {
        page.push_str("</ul>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::Pulse;

    #[test]
    fn answers_stand_beside_the_numbers_and_in_the_form() {
        let room = super::super::room::tests::room();
        let answers = Pulse { room: Answer::new(4), trust: Answer::new(1), useful: None };
        let row = |session, on: &str| AnsweredAt {
            session,
            on: on.to_owned(),
            answers,
            coach_share: Some(0.405),
            telling: None,
        };
        let other = "01ARZ3NDEKTSV4RRFFQ69G5FAA".parse().unwrap();
        let said = ["Only you see this:", "  talk about it", "  end it: `sidetone pairing end <b>`"];
        let answered = Answered {
            rows: vec![row(other, "2026-11-02"), row(room.visit.session, "2026-11-09")],
            said: said.map(str::to_owned).into(),
        };
        let mut page = String::new();
        section(&room, &mut page, &answered);
        let this = "2026-11-09, this one</th><td>4</td><td>\u{2013}</td><td>1</td><td>41\u{a0}%</td><td>\u{2013}</td>";
        assert!(page.contains(this) || page.contains(&this.replace("41", "40")), "{page}");
        assert!(
            page.contains("name=\"room\" value=\"4\" checked") && page.contains("name=\"useful\" value=\"\" checked")
        );
        assert!(page.contains("<li>end it: <code>sidetone pairing end &lt;b&gt;</code></li>\n</ul>"));
        assert!(page.len() <= bytes(&answered), "{} of {}", page.len(), bytes(&answered));
        for count in [0, 1, 500] {
            let rows = (0..count).map(|_| row(other, "2026-11-02")).collect();
            let answered = Answered { rows, said: vec!["\"".repeat(count)] };
            let mut page = String::new();
            section(&room, &mut page, &answered);
            assert!(page.len() <= bytes(&answered), "{} of {}", page.len(), bytes(&answered));
        }
    }
}
