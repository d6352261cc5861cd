//! The report that a terminal shows: what a coach reads in the minute after a session.

use super::{json::Report, layout::Sheet, phrases, steps};

impl Report {
    /// For a terminal `width` columns wide (48 to 100 are used); `color` adds ANSI colours.
    pub fn to_text(&self, width: usize, color: bool) -> String {
        let mut sheet = Sheet::new(width, color);
        sheet.title(&self.title());
        sheet.dim(&self.circumstances());
        if let Some((step, since)) = self.tried_said() {
            sheet.heading(steps::BEFORE);
            sheet.say(&step);
            sheet.say(&since);
        }
        self.shares(&mut sheet);
        self.turns(&mut sheet);
        for (heading, sentences) in self.words_measured() {
            sheet.heading(heading);
            sentences.iter().for_each(|sentence| sheet.say(sentence));
        }
        sheet.heading(phrases::STANCES);
        for sentence in self.stances_said() {
            sheet.say(&sentence);
        }
        sheet.heading(steps::NEXT);
        sheet.say(&self.next_said());
        if !self.caveats.is_empty() {
            sheet.heading(phrases::CAVEATS);
        }
        for caveat in &self.caveats {
            sheet.note(&caveat.message);
        }
        let (said, commands) = self.words_said();
        sheet.heading(phrases::WORDS);
        sheet.say(&said);
        for command in commands {
            sheet.command(&command);
        }
        sheet.finish()
    }

    fn shares(&self, sheet: &mut Sheet) {
        sheet.heading(phrases::SHARES);
        for share in self.shares_said() {
            sheet.bar(share.name, share.share, &format!("{:>3} %", share.percent), &share.length, share.coach);
        }
        sheet.say(&self.bounds_said());
        sheet.say(&self.rest_said());
    }

    fn turns(&self, sheet: &mut Sheet) {
        let Some([coach, coachee]) = self.turns_said() else { return };
        sheet.head(phrases::TURNS);
        for [name, count, typical, longest] in [&coach, &coachee] {
            sheet.row([name, count, typical, longest]);
        }
        if let Some(sentence) = self.interruptions_said() {
            sheet.say(&sentence);
        }
    }
}
