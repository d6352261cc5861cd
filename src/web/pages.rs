//! The pages as HTML. What may hold words is wiped when it goes.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::{
    Visitor, pulse,
    room::{Room, Unlocked},
    words::{self, Search},
};
use crate::{
    report::{self, Report, SUGGESTIONS, escaped_into},
    transcript::Format,
    vault::{Decision, Receipt, Stored},
};

/// For who comes a second time, or by another way.
pub const USED: &str = "This address has been used: it works once. Run the command again for another.\n";

/// What the words can be exported as.
pub const EXPORTS: [(Format, &str); 6] = [
    (Format::Md, "text (Markdown)"),
    (Format::Vtt, "subtitles (WebVTT)"),
    (Format::Srt, "subtitles (SubRip)"),
    (Format::Tsv, "a table (TSV)"),
    (Format::Json, "data (JSON)"),
    (Format::TextGrid, "Praat (TextGrid)"),
];

/// Where `report::article` leaves room for the words, which must not pass through memory that is not wiped.
const WORDS_HERE: &str = "<!-- words -->";
/// A page without its report and its words.
const FRAME_BYTES: usize = 8 * 1024;

/// The page of the visit.
pub fn session(
    room: &Room,
    stored: &Stored,
    report: &Report,
    unlocked: Option<&Unlocked>,
    search: Option<Search<'_>>,
) -> Zeroizing<String> {
    let title = format!("Session with {}", stored.session.coachee);
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
                "{}{WORDS_HERE}<h2 class=\"part\" id=\"numbers\">The numbers, as your coach sees them</h2>\n",
                noted(note.as_deref())
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
                            page.push_str("<section id=\"words\">\n<h2>Your words</h2>\n");
                            page.push_str(gone_words(stored));
                            page.push_str("</section>\n");
                        } else {
                            let duration_s = stored.numbers.as_ref().map_or(0.0, |numbers| numbers.duration_s);
                            words::section(room, page, &standing(stored), &unlocked.lines, duration_s, search);
                            decide(room, page, stored);
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
    format!(
        "Gone from our files: {} ({}). Backups and snapshots of the disk are out of our reach.",
        receipt.what,
        receipt.amount()
    )
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
    page.push_str(
        "<!doctype html>\n<html lang=\"en\" translate=\"no\">\n<head>\n<meta charset=\"utf-8\">\n\
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
    page.push_str("<button>Close this page</button></form>\n");
}

/// The coach picks, or writes.
fn next_step(room: &Room, report: &Report) -> String {
    let mut section = String::from("<section id=\"next\">\n<h2>One thing to try next</h2>\n");
    let chosen = report.next_step();
    if let Some(chosen) = chosen {
        section.push_str("<p class=\"step\">");
        escaped_into(&mut section, chosen);
        section.push_str("</p>\n<details><summary>Choose another</summary>\n");
    }
    form(room, &mut section, "next", "class=\"next\"");
    section.push_str("<fieldset><legend>Pick one, or write your own</legend>\n");
    for (index, suggestion) in SUGGESTIONS.iter().enumerate() {
        let _ = write!(section, "<label><input type=\"radio\" name=\"pick\" value=\"{index}\"> ");
        escaped_into(&mut section, suggestion);
        section.push_str("</label>\n");
    }
    section.push_str(
        "<label for=\"own\">Your own</label>\n<input id=\"own\" name=\"own\" maxlength=\"200\" autocomplete=\"off\">\n\
         </fieldset>\n<p class=\"soft\">Kept in the clear, and the first thing on the next report with this coachee, who sees \
         it too: write what you will do, not what was said.</p>\n<button>Choose</button></form>\n",
    );
    if chosen.is_some() {
        form(room, &mut section, "next", "class=\"inline\"");
        section.push_str("<button>Take it back</button></form>\n</details>\n");
    }
    section.push_str("</section>\n");
    section
}

/// What holds for the words now.
fn standing(stored: &Stored) -> String {
    match (stored.decision, &stored.delete_after) {
        (Decision::Undecided, Some(after)) => {
            format!(
                "Nothing is decided yet. They are deleted on {} unless you keep them.",
                after.get(..10).unwrap_or(after)
            )
        }
        (Decision::Kept, _) => "You keep them, sealed.".to_owned(),
        _ => String::new(),
    }
}

fn locked(room: &Room, page: &mut String, stored: &Stored, asks_passphrase: bool) {
    page.push_str("<section id=\"words\">\n<h2>Your words</h2>\n");
    if stored.has_words {
        page.push_str("<p>Sealed: only you can open them. ");
        escaped_into(page, &standing(stored));
        page.push_str(" Unlocked, you can read them, decide about them, and say how it was for you.</p>\n");
    } else {
        page.push_str(gone_words(stored));
        page.push_str("<p>Unlocked, you can say how it was for you, and see what you said before.</p>\n");
    }
    if stored.session.consent.asserted {
        page.push_str(
            "<p>It was stated on the command line that you agreed to this session; the program did not ask you.</p>\n",
        );
    }
    form(room, page, "unlock", "class=\"unlock\"");
    if asks_passphrase {
        page.push_str(
            "<label for=\"passphrase\">Your passphrase</label>\n<input id=\"passphrase\" name=\"passphrase\" \
             type=\"password\" autocomplete=\"off\" spellcheck=\"false\" required autofocus>\n",
        );
    }
    page.push_str("<button class=\"main\">Unlock</button></form>\n</section>\n");
}

/// Why there are no words.
fn gone_words(stored: &Stored) -> &'static str {
    match stored.decision {
        Decision::Deleted => "<p>They are deleted.</p>\n",
        Decision::Taken => "<p>You took them off this computer.</p>\n",
        _ => "<p>There are none.</p>\n",
    }
}

fn decide(room: &Room, page: &mut String, stored: &Stored) {
    page.push_str("<section id=\"decide\">\n<h2>Decide about your words</h2>\n");
    if stored.decision == Decision::Undecided {
        form(room, page, "keep", "class=\"decision\"");
        page.push_str("<p>They stay here, sealed to you.</p><button>Keep</button></form>\n");
    }
    page.push_str("<details><summary>Take them with you</summary>\n");
    form(room, page, "take", "class=\"decision\"");
    page.push_str("<p>First: one sealed file, which your key or the program <code>age</code> opens.</p><button>Save the sealed file</button></form>\n");
    form(room, page, "taken", "class=\"decision\"");
    page.push_str(
        "<p><label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> I have the file where I want it.</label></p>\
         <button>Remove the words from here</button></form>\n</details>\n\
         <details><summary>Delete them</summary>\n",
    );
    form(room, page, "delete", "class=\"decision\"");
    page.push_str(
        "<p><label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> I am sure. Nobody can bring them \
         back.</label></p>\n<button name=\"what\" value=\"words\">Delete the words</button>\n\
         <button name=\"what\" value=\"everything\">Delete the numbers too</button></form>\n</details>\n</section>\n",
    );
}

fn lock_itself(room: &Room, page: &mut String) {
    form(room, page, "lock", "class=\"decision\" id=\"lock\"");
    let minutes = room.visit.lock_after.as_secs().div_ceil(60);
    let plural = if minutes == 1 { "" } else { "s" };
    let _ = writeln!(
        page,
        "<p>This locks itself after {minutes} minute{plural} without anybody reading.</p><button>Lock now</button></form>"
    );
}
