//! What the report says, whatever it is shown on: how things were, judging nobody; and where there is too little to go by,
//! that it is too little.

use super::{
    chart::clock,
    json::{self, Report},
};
use crate::{
    measures::{Caveat, Interval, Numbers, Turns},
    session::{Decision, Stance},
    texts::say,
};

/// Eighths of a line's height, from the least.
pub const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Without what could steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// What is above the turns: their heading, and what the three columns hold.
pub fn turns_head() -> [&'static str; 4] {
    [say!("report-turns"), say!("report-how-many"), say!("report-typical"), say!("report-longest")]
}

/// Beside which number a caveat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Shares,
    Turns,
    Words,
    /// It concerns all of the session, or nothing that is shown.
    Whole,
}

impl Place {
    fn of(caveat: Caveat) -> Self {
        match caveat {
            Caveat::NoSpeech
            | Caveat::SilentTrack
            | Caveat::OneVoice
            | Caveat::NoSpeakerModel
            | Caveat::MuchUnattributed
            | Caveat::ShortSession
            | Caveat::SimilarVoices
            | Caveat::MoreVoices
            | Caveat::Echo
            | Caveat::RolesAssumed
            | Caveat::BackchannelsCounted => Self::Shares,
            Caveat::FewTurns | Caveat::OneMicrophone => Self::Turns,
            Caveat::DemoModel
            | Caveat::WordsFailed
            | Caveat::WordsPoor
            | Caveat::FewUtterances
            | Caveat::CourseDropped
            | Caveat::MovesNotCoded
            | Caveat::MovesByWordsOnly
            | Caveat::NotEnglish => Self::Words,
            Caveat::Recovered
            | Caveat::Damaged
            | Caveat::Dropped
            | Caveat::Gaps
            | Caveat::WrittenTranscript
            | Caveat::ConsentAsserted
            | Caveat::Unknown => Self::Whole,
        }
    }
}

/// One person's part of the talk.
pub struct ShareSaid {
    pub name: &'static str,
    pub coach: bool,
    pub share: f64,
    /// Of both, these sum to 100.
    pub percent: u32,
    pub length: String,
}

impl Report {
    pub(super) fn title(&self) -> String {
        say!("report-title", name = self.name())
    }

    /// When, how long, heard with what.
    pub(super) fn circumstances(&self) -> String {
        let heard = match self.tracks {
            _ if self.measures.has(Caveat::WrittenTranscript) => "transcript",
            0 | 1 => "one",
            _ => "two",
        };
        say!("report-circumstances", when = self.when(), length = length(self.length_s), heard)
    }

    /// The moments that somebody marked, to talk about.
    pub(super) fn marked_said(&self) -> Option<String> {
        marked_at(&self.marked)
    }

    /// The caveats that stand at a place, the weightiest first. Where there are no turns to stand beside, theirs are general.
    pub(super) fn caveats_at(&self, place: Place) -> Vec<&str> {
        let no_turns = self.turns_said().is_none();
        let stands = |caveat| match Place::of(caveat) {
            Place::Turns if no_turns => Place::Whole,
            stands => stands,
        };
        let each = self.measures.caveats.iter().zip(&self.caveats);
        each.filter(|(caveat, _)| stands(**caveat) == place).map(|(_, advice)| advice.message.as_str()).collect()
    }

    /// Both people's shares; empty when nothing should be concluded from them.
    pub(super) fn shares_said(&self) -> Vec<ShareSaid> {
        let Some(ratio) = self.measures.conclusive_talk_ratio() else { return Vec::new() };
        let (share, percent) = (ratio.coach.get(), percent(ratio.coach.get()));
        let [coach, coachee] = [ratio.seconds.coach, ratio.seconds.coachee].map(length);
        vec![
            ShareSaid { name: say!("report-coach"), coach: true, share, percent, length: coach },
            ShareSaid {
                name: say!("report-coachee"),
                coach: false,
                share: 1.0 - share,
                percent: 100 - percent,
                length: coachee,
            },
        ]
    }

    pub(super) fn bounds_said(&self) -> String {
        let Some(ratio) = self.measures.conclusive_talk_ratio() else { return say!("report-not-enough").to_owned() };
        let (low, high) = between(ratio.low.get(), ratio.high.get());
        say!("report-bounds", low, high)
    }

    /// Where the rest of the time went.
    pub(super) fn rest_said(&self) -> String {
        let speech = &self.measures.speech;
        let mut rest = vec![say!("report-rest-silence", length = length(speech.silence_s))];
        let talked = self.measures.conclusive_talk_ratio().map(|ratio| ratio.seconds.coach + ratio.seconds.coachee);
        let others = [
            // What is in nobody's share.
            ("report-rest-listening", talked.map_or(0.0, |talked| speech.attributed_s() - talked)),
            ("report-rest-overlap", speech.overlap_s),
            ("report-rest-unclear", speech.unattributed_s),
            ("report-rest-lost", self.health.dropped_s),
        ];
        let others = others.into_iter().filter(|(_, time)| *time > 0.0 && length(*time) != length(0.0));
        rest.extend(others.map(|(text, time)| say!(text, length = length(time))));
        say!("report-rest", parts = rest.join(", "))
    }

    /// The rows under [`turns_head`]; `None` when nobody had one, or nobody knows whose they were.
    pub(super) fn turns_said(&self) -> Option<[[String; 4]; 2]> {
        let turns = self.measures.conclusive_turns()?;
        let row = |name: &str, turns: &Turns| {
            let longest = turns.longest_s.map_or("-".to_owned(), length);
            let typical = turns.typical_s().map_or_else(|| say!("report-too-few").to_owned(), length);
            [name.to_owned(), turns.count.to_string(), typical, longest]
        };
        let any = turns.coach.count > 0 || turns.coachee.count > 0;
        any.then(|| [row(say!("report-coach"), &turns.coach), row(say!("report-coachee"), &turns.coachee)])
    }

    pub(super) fn interruptions_said(&self) -> Option<String> {
        self.measures.conclusive_turns()?;
        let count = self.measures.interruptions?;
        Some(match (count.coach, count.coachee) {
            (0, 0) => say!("report-interruptions-none").to_owned(),
            (coach, coachee) => say!("report-interruptions", coach = times(coach), coachee = times(coachee)),
        })
    }

    /// What was meant, beside what was done.
    pub(super) fn stances_said(&self) -> Vec<String> {
        let name = self.name();
        let meant = match (self.stance.coach, self.stance.coachee) {
            (None, None) => return vec![say!("report-meant-unsaid").to_owned()],
            (Some(coach), None) => say!("report-meant-coach", meaning = meaning(coach)),
            (None, Some(coachee)) => say!("report-meant-coachee", name, meaning = meaning(coachee)),
            (Some(coach), Some(coachee)) if coach == coachee => say!("report-meant-same", meaning = meaning(coach)),
            (Some(coach), Some(coachee)) => {
                say!("report-meant-both", coach = meaning(coach), name, coachee = meaning(coachee))
            }
        };
        let talked = self
            .measures
            .conclusive_talk_ratio()
            .map(|ratio| say!("report-talked", percent = percent(ratio.coach.get())));
        let done = match (talked, self.telling_said()) {
            (Some(talked), Some(told)) => Some(format!("{talked} {told}")),
            (Some(talked), None) => Some(format!("{talked} {}", say!("report-talked-only"))),
            (None, told) => told,
        };
        std::iter::once(meant).chain(done).collect()
    }

    /// Where the words are, and the commands with which the coachee gets at them.
    pub(super) fn words_said(&self) -> (String, Vec<String>) {
        let (name, session) = (self.name(), self.session);
        let (said, verbs): (String, &[&str]) = match self.decision {
            _ if self.measures.has(Caveat::NoSpeech) => (say!("report-words-none").to_owned(), &[]),
            Decision::Deleted => (say!("report-words-deleted", name), &[]),
            Decision::Taken => (say!("report-words-taken", name), &[]),
            _ if !self.words_decoded => (say!("report-words-failed", name), &["transcript redo"]),
            Decision::Kept => (say!("report-words-kept", name), &["open"]),
            Decision::Undecided => (say!("report-words-undecided", name), &["open"]),
        };
        (said, verbs.iter().map(|verb| format!("sidetone {verb} {session}")).collect())
    }

    /// The coachee's name, safe for a terminal.
    fn name(&self) -> String {
        plain(&self.coachee)
    }

    /// `2026-11-24 09:00`, as it was stored, with `UTC` where it is.
    fn when(&self) -> String {
        let (date, time) = (self.started_at.get(..10), self.started_at.get(11..16));
        let zone = if self.started_at.ends_with('Z') { " UTC" } else { "" };
        let when = date.zip(time).map_or(self.started_at.clone(), |(date, time)| format!("{date} {time}{zone}"));
        plain(&when)
    }
}

fn meaning(stance: Stance) -> &'static str {
    match stance {
        Stance::Directive => say!("report-stance-directive"),
        Stance::Collaborative => say!("report-stance-collaborative"),
        Stance::Facilitative => say!("report-stance-facilitative"),
    }
}

/// The moments of a session that somebody marked, in a line; `None` where nobody did.
pub fn marked(numbers: &Numbers) -> Option<String> {
    marked_at(&json::marked(numbers))
}

fn marked_at(marked: &[f64]) -> Option<String> {
    let mut times: Vec<String> = marked.iter().copied().map(clock).collect();
    times.dedup();
    (!times.is_empty()).then(|| say!("report-marked", times = times.join(", ")))
}

pub fn times(count: u32) -> String {
    say!("report-times", count)
}

/// The bounds in whole percent, rounded outwards (but for what floating point adds to a whole percent).
pub fn between(low: f64, high: f64) -> (f64, f64) {
    const NOISE: f64 = 1e-6;
    ((low * 100.0 + NOISE).floor(), (high * 100.0 - NOISE).ceil())
}

/// `31 % (24 to 39 %)`.
pub fn bounded(interval: Interval) -> String {
    let (low, high) = between(interval.low, interval.high);
    say!("report-share", percent = percent(interval.value), low, high)
}

pub fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}

/// As people say it: `3.5 s`, `42 s`, `12 min 54 s`, `1 h 5 min`.
pub fn length(seconds: f64) -> String {
    // An empty sum is minus nothing.
    let seconds = seconds + 0.0;
    let whole = seconds.round() as u64;
    match whole {
        0..=10 if seconds < 9.95 => format!("{} s", (seconds * 10.0).round() / 10.0),
        0..60 => format!("{whole} s"),
        60..3600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod units {
    use super::*;

    #[test]
    fn lengths_as_people_say_them() {
        let table = [
            (0.0, "0 s"),
            // Of a pairing without a session `hours show` said "-0 s".
            (-0.0, "0 s"),
            (0.04, "0 s"),
            (0.3, "0.3 s"),
            (3.54, "3.5 s"),
            (9.96, "10 s"),
            (42.4, "42 s"),
            (59.6, "1 min"),
            (774.0, "12 min 54 s"),
            (3599.7, "1 h 0 min"),
            (3900.0, "1 h 5 min"),
        ];
        for (seconds, expected) in table {
            assert_eq!(length(seconds), expected);
        }
    }
}
