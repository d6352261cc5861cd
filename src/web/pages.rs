//! The pages as HTML. What may hold words is wiped when it goes.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::{
    Visitor, pulse,
    room::{Room, Unlocked},
    words::{self, Search},
};
use crate::{
    report::{self, Report, escaped_into, suggestions},
    session::Decision,
    texts::{LANGUAGE, say},
    transcript::Format,
    vault::{self, Receipt, Stored},
};

/// For who comes a second time, or by another way.
pub fn used() -> String {
    format!("{}\n", say!("page-used"))
}

/// What the words can be exported as, and the text that says so.
pub const EXPORTS: [(Format, &str); 6] = [
    (Format::Md, "export-md"),
    (Format::Vtt, "export-vtt"),
    (Format::Srt, "export-srt"),
    (Format::Tsv, "export-tsv"),
    (Format::Json, "export-json"),
    (Format::TextGrid, "export-textgrid"),
];

/// Where `report::article` leaves room for the words, which must not pass through memory that is not wiped.
const WORDS_HERE: &str = "<!-- words -->";
/// A page without its report and its words.
const FRAME_BYTES: usize = 10 * 1024;

/// The page of the visit.
pub fn session(
    room: &Room,
    stored: &Stored,
    report: &Report,
    unlocked: Option<&Unlocked>,
    search: Option<Search<'_>>,
) -> Zeroizing<String> {
    let title = say!("report-title", name = &stored.session.coachee);
    let note = room.take_note();
    match &room.visit.visitor {
        Visitor::Coach => {
            let next = next_step(room, report);
            let article = report::article(report, &noted(note.as_deref()), &next, &report::sealed_words(report));
            page(room, &title, Lock::No, article.len(), |page| {
                page.push_str(&article);
                close(room, page);
            })
        }
        Visitor::Coachee(coachee) => {
            let first = format!(
                "{}{WORDS_HERE}<h2 class=\"part\" id=\"numbers\">{}</h2>\n",
                noted(note.as_deref()),
                say!("page-numbers")
            );
            let article = report::article(report, &first, "", "");
            let (before, after) = article.split_once(WORDS_HERE).unwrap_or((&article, ""));
            let own = |unlocked: &Unlocked| words::bytes(&unlocked.lines) + pulse::bytes(&unlocked.answered);
            let room_for = article.len() + unlocked.map_or(0, own);
            let lock = if unlocked.is_some() { Lock::Yes } else { Lock::No };
            page(room, &title, lock, room_for, |page| {
                page.push_str(before);
                match unlocked {
                    Some(unlocked) => {
                        if unlocked.lines.is_empty() {
                            words_heading(page);
                            let _ = writeln!(page, "<p>{}</p>\n</section>", gone_words(stored));
                        } else {
                            let duration_s = stored.numbers.as_ref().map_or(0.0, |numbers| numbers.duration_s);
                            words::section(room, page, &standing(stored), &unlocked.lines, duration_s, search);
                            decide(room, page, stored, coachee.has_passphrase);
                        }
                        pulse::section(room, page, &unlocked.answered);
                        lock_itself(room, page);
                    }
                    None => locked(room, page, stored, coachee.asks_passphrase),
                }
                page.push_str(after);
                close(room, page);
            })
        }
    }
}

/// A page that says one thing.
pub fn message(room: &Room, title: &str, said: &str) -> Zeroizing<String> {
    page(room, title, Lock::No, said.len(), |page| {
        page.push_str("<h1>");
        escaped_into(page, title);
        page.push_str("</h1>\n<p role=\"status\">");
        escaped_into(page, said);
        page.push_str("</p>\n");
    })
}

/// What went, as the coachee reads it.
pub fn gone(receipt: &Receipt) -> String {
    let gone = say!("page-gone", what = receipt.what_said(), amount = receipt.amount());
    if receipt.files > 0 { format!("{gone} {}", say!("page-sound-gone")) } else { gone }
}

/// Opens a form that nobody else can send.
pub fn form(room: &Room, page: &mut String, name: &str, attributes: &str) {
    let _ = writeln!(
        page,
        "<form method=\"post\" action=\"{}\" autocomplete=\"off\" {attributes}>\
         <input type=\"hidden\" name=\"form\" value=\"{}\">",
        room.place(name),
        room.form.text()
    );
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    Yes,
    No,
}

fn page(room: &Room, title: &str, lock: Lock, bytes: usize, main: impl FnOnce(&mut String)) -> Zeroizing<String> {
    // All at once: a string that grows would leave copies behind that nobody wipes.
    let mut page = Zeroizing::new(String::with_capacity(FRAME_BYTES + bytes));
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"{LANGUAGE}\" translate=\"no\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"google\" content=\"notranslate\">\n<title>",
    );
    escaped_into(&mut page, title);
    let _ = writeln!(page, "</title>\n<link rel=\"stylesheet\" href=\"{}\">", room.place("page.css"));
    match lock {
        Lock::Yes => {
            let after = room.visit.lock_after.as_secs();
            // Without JavaScript the page asks for itself again when the words are locked.
            let _ = write!(
                page,
                "<noscript><meta http-equiv=\"refresh\" content=\"{}; url={}\"></noscript>\n\
                 <script src=\"{}\" defer></script>\n</head>\n<body data-lock-after=\"{after}\">\n<main>\n",
                after + 1,
                room.place("session"),
                room.place("page.js"),
            );
        }
        Lock::No => page.push_str("</head>\n<body>\n<main>\n"),
    }
    main(&mut page);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn noted(note: Option<&str>) -> String {
    let Some(note) = note else { return String::new() };
    let mut said = String::from("<p class=\"note\" role=\"status\">");
    escaped_into(&mut said, note);
    said.push_str("</p>\n");
    said
}

fn close(room: &Room, page: &mut String) {
    form(room, page, "close", "class=\"close\"");
    let _ = writeln!(page, "<button>{}</button></form>", say!("page-close"));
}

/// The coach picks, or writes.
fn next_step(room: &Room, report: &Report) -> String {
    let mut section = format!("<section id=\"next\">\n<h2>{}</h2>\n", say!("report-step-next"));
    let chosen = report.next_step();
    if let Some(chosen) = chosen {
        section.push_str("<p class=\"step\">");
        escaped_into(&mut section, chosen);
        let _ = writeln!(section, "</p>\n<details><summary>{}</summary>", say!("next-another"));
    }
    form(room, &mut section, "next", "class=\"next\"");
    let _ = writeln!(section, "<fieldset><legend>{}</legend>", say!("next-pick"));
    for (index, suggestion) in suggestions().into_iter().enumerate() {
        let _ = write!(section, "<label><input type=\"radio\" name=\"pick\" value=\"{index}\"> ");
        escaped_into(&mut section, suggestion);
        section.push_str("</label>\n");
    }
    let _ = writeln!(
        section,
        "<label for=\"own\">{}</label>\n<input id=\"own\" name=\"own\" maxlength=\"200\" autocomplete=\"off\">\n\
         </fieldset>\n<p class=\"soft\">{}</p>\n<button>{}</button></form>",
        say!("next-own"),
        say!("next-kept"),
        say!("next-choose"),
    );
    if chosen.is_some() {
        form(room, &mut section, "next", "class=\"inline\"");
        let back = say!("next-back");
        let _ = writeln!(section, "<button name=\"none\" value=\"yes\">{back}</button></form>\n</details>");
    }
    section.push_str("</section>\n");
    section
}

/// What holds for the words now.
fn standing(stored: &Stored) -> String {
    match (stored.decision, &stored.delete_after) {
        (Decision::Undecided, Some(after)) => {
            say!("words-undecided", date = vault::day(after))
        }
        (Decision::Kept, _) => say!("words-kept").to_owned(),
        _ => String::new(),
    }
}

/// When words go whose passphrase somebody said is lost.
fn forgotten_on(stored: &Stored) -> Option<String> {
    stored.forgotten_after.as_deref().map(vault::day)
}

fn locked(room: &Room, page: &mut String, stored: &Stored, asks_passphrase: bool) {
    words_heading(page);
    if stored.has_words {
        page.push_str("<p>");
        escaped_into(page, &say!("words-sealed", standing = standing(stored)));
        page.push_str("</p>\n");
        if let Some(date) = forgotten_on(stored) {
            let _ = writeln!(page, "<p class=\"note\">{}</p>", say!("words-forgotten-locked", date));
        }
    } else {
        let _ = writeln!(page, "<p>{}</p>\n<p>{}</p>", gone_words(stored), say!("words-none-unlocked"));
    }
    if stored.session.consent.asserted {
        let _ = writeln!(page, "<p>{}</p>", say!("words-asserted"));
    }
    form(room, page, "unlock", "class=\"unlock\"");
    if asks_passphrase {
        let _ = writeln!(
            page,
            "<label for=\"passphrase\">{}</label>\n<input id=\"passphrase\" name=\"passphrase\" type=\"password\" \
             autocomplete=\"off\" spellcheck=\"false\" required autofocus>",
            say!("words-passphrase")
        );
    }
    let _ = writeln!(page, "<button class=\"main\">{}</button></form>\n</section>", say!("words-unlock"));
}

pub fn words_heading(page: &mut String) {
    let _ = writeln!(page, "<section id=\"words\">\n<h2>{}</h2>", say!("words-heading"));
}

/// Why there are no words.
fn gone_words(stored: &Stored) -> &'static str {
    match stored.decision {
        Decision::Deleted => say!("words-deleted"),
        Decision::Taken => say!("words-taken"),
        _ => say!("report-words-none"),
    }
}

fn decide(room: &Room, page: &mut String, stored: &Stored, has_passphrase: bool) {
    let sure = |page: &mut String, said| {
        let _ =
            write!(page, "<p><label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> {said}</label></p>");
    };
    let _ = writeln!(page, "<section id=\"decide\">\n<h2>{}</h2>", say!("decide-heading"));
    if let Some(date) = forgotten_on(stored) {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", say!("words-forgotten", date));
    }
    if stored.has_recording {
        let _ = writeln!(page, "<p>{}</p>", say!("decide-sound"));
    }
    if stored.decision == Decision::Undecided || stored.forgotten_after.is_some() {
        form(room, page, "keep", "class=\"decision\"");
        let _ = writeln!(page, "<p>{}</p><button>{}</button></form>", say!("decide-stay"), say!("decide-keep"));
    }
    let _ = writeln!(page, "<details><summary>{}</summary>", say!("decide-take"));
    form(room, page, "take", "class=\"decision\"");
    let first = if has_passphrase {
        let (show, key) = ("sidetone transcript show FILE", "sidetone coachee recovery-key NAME");
        say!("decide-first-passphrase", show = format!("<code>{show}</code>"), key = format!("<code>{key}</code>"))
    } else {
        say!("decide-first", program = "<code>age</code>")
    };
    let _ = writeln!(page, "<p>{first}</p><button>{}</button></form>", say!("decide-save"));
    form(room, page, "taken", "class=\"decision\"");
    sure(page, say!("decide-have"));
    let _ = writeln!(
        page,
        "<button>{}</button></form>\n</details>\n<details><summary>{}</summary>",
        say!("decide-remove"),
        say!("decide-delete")
    );
    form(room, page, "delete", "class=\"decision\"");
    sure(page, say!("decide-sure"));
    let _ = writeln!(
        page,
        "\n<button name=\"what\" value=\"words\">{}</button>\n<button name=\"what\" value=\"everything\">{}</button>\
         </form>\n</details>\n</section>",
        say!("decide-delete-words"),
        say!("decide-delete-numbers")
    );
}

fn lock_itself(room: &Room, page: &mut String) {
    form(room, page, "lock", "class=\"decision\" id=\"lock\"");
    let minutes = room.visit.lock_after.as_secs().div_ceil(60);
    let itself = say!("page-locks-itself", minutes);
    let _ = writeln!(page, "<p>{itself}</p><button>{}</button></form>", say!("page-lock"));
}
