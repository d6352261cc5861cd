//! The report that a terminal shows: what a coach reads in the minute after a session.

use super::{
    json::Report,
    layout::Sheet,
    phrases::{Place, turns_head},
};
use crate::texts::say;

impl Report {
    /// For a terminal `width` columns wide (48 to 100 are used); `color` adds ANSI colours.
    pub fn to_text(&self, width: usize, color: bool) -> String {
        let mut sheet = Sheet::new(width, color);
        sheet.title(&self.title());
        sheet.dim(&self.circumstances());
        if let Some(marked) = self.marked_said() {
            sheet.dim(&marked);
        }
        if let Some((step, since)) = self.tried_said() {
            sheet.heading(say!("report-step-before"));
            sheet.say(&step);
            sheet.say(&since);
        }
        self.shares(&mut sheet);
        self.turns(&mut sheet);
        for (index, (heading, sentences)) in self.words_measured().into_iter().enumerate() {
            sheet.heading(heading);
            for (at, sentence) in sentences.iter().enumerate() {
                sheet.say(sentence);
                // Beside how much was telling, which is what most of them are about.
                if index == 0 && at == 0 {
                    self.notes(Place::Words, &mut sheet);
                }
            }
        }
        sheet.heading(say!("report-stances"));
        for sentence in self.stances_said() {
            sheet.say(&sentence);
        }
        sheet.heading(say!("report-step-next"));
        sheet.say(&self.next_said());
        if !self.caveats_at(Place::Whole).is_empty() {
            sheet.heading(say!("report-caveats"));
        }
        self.notes(Place::Whole, &mut sheet);
        let (said, commands) = self.words_said();
        sheet.heading(say!("report-words"));
        sheet.say(&said);
        for command in commands {
            sheet.command(&command);
        }
        sheet.finish()
    }

    fn shares(&self, sheet: &mut Sheet) {
        sheet.heading(say!("report-shares"));
        for share in self.shares_said() {
            sheet.bar(share.name, share.share, &format!("{:>3} %", share.percent), &share.length, share.coach);
        }
        sheet.say(&self.bounds_said());
        sheet.say(&self.rest_said());
        self.notes(Place::Shares, sheet);
    }

    /// What to know of the numbers above.
    fn notes(&self, place: Place, sheet: &mut Sheet) {
        self.caveats_at(place).into_iter().for_each(|caveat| sheet.note(caveat));
    }

    fn turns(&self, sheet: &mut Sheet) {
        let Some([coach, coachee]) = self.turns_said() else { return };
        sheet.head(turns_head());
        for [name, count, typical, longest] in [&coach, &coachee] {
            sheet.row([name, count, typical, longest]);
        }
        if let Some(sentence) = self.interruptions_said() {
            sheet.say(&sentence);
        }
        self.notes(Place::Turns, sheet);
    }
}
