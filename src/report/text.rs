//! The report that a terminal shows: what a coach reads in the minute after a session. It says how things were and judges
//! nobody; where there is too little to go by it says so instead of a number.

use super::{Decision, json::Report, layout::Sheet};
use crate::{
    measures::{Caveat, MIN_TURNS, TalkRatio, Turns},
    session::Stance,
};

/// With one of these the talk ratio is not shown: there is a number, and nothing should be concluded from it.
const NOT_ENOUGH_TO_SAY: [Caveat; 6] = [
    Caveat::NoSpeech,
    Caveat::SilentTrack,
    Caveat::OneVoice,
    Caveat::NoSpeakerModel,
    Caveat::MuchUnattributed,
    Caveat::ShortSession,
];

impl Report {
    /// For a terminal `width` columns wide (48 to 100 are used); `color` adds ANSI colours.
    pub fn to_text(&self, width: usize, color: bool) -> String {
        let mut sheet = Sheet::new(width, color);
        self.opening(&mut sheet);
        self.shares(&mut sheet);
        self.turns(&mut sheet);
        self.stances(&mut sheet);
        if !self.caveats.is_empty() {
            sheet.heading("Good to know");
        }
        for caveat in &self.caveats {
            sheet.note(&caveat.message);
        }
        self.words(&mut sheet);
        sheet.finish()
    }

    fn opening(&self, sheet: &mut Sheet) {
        sheet.title(&format!("Session with {}", self.name()));
        let microphones = match self.tracks {
            _ if self.measures.has(Caveat::WrittenTranscript) => "from a transcript",
            0 | 1 => "one microphone",
            _ => "two microphones",
        };
        sheet.dim(&format!("{} · {} · {microphones}", self.when(), length(self.length_s)));
    }

    fn shares(&self, sheet: &mut Sheet) {
        let speech = &self.measures.speech;
        sheet.heading("How the talk was shared");
        match self.telling_ratio() {
            None => sheet.say("Not enough to say."),
            Some(ratio) => {
                let coach = percent(ratio.coach.get());
                sheet.bar("Coach", ratio.coach.get(), &format!("{coach:>3} %"), &length(speech.coach_s), true);
                let rest = 100 - coach;
                sheet.bar(
                    "Coachee",
                    1.0 - ratio.coach.get(),
                    &format!("{rest:>3} %"),
                    &length(speech.coachee_s),
                    false,
                );
                let (low, high) = between(&ratio);
                sheet.say(&format!("The coach's share lies between {low} and {high} %."));
            }
        }
        let mut rest = vec![format!("Silence {}", length(speech.silence_s))];
        if speech.overlap_s > 0.0 {
            rest.push(format!("both at once {}", length(speech.overlap_s)));
        }
        if speech.unattributed_s > 0.0 {
            rest.push(format!("unclear who {}", length(speech.unattributed_s)));
        }
        if self.health.dropped_s > 0.0 {
            rest.push(format!("lost {}", length(self.health.dropped_s)));
        }
        sheet.say(&format!("{}.", rest.join(", ")));
    }

    /// The talk ratio, if something may be concluded from it.
    fn telling_ratio(&self) -> Option<TalkRatio> {
        let unsafe_to_tell = NOT_ENOUGH_TO_SAY.iter().any(|&caveat| self.measures.has(caveat));
        self.measures.talk_ratio.filter(|_| !unsafe_to_tell)
    }

    fn turns(&self, sheet: &mut Sheet) {
        let turns = &self.measures.turns;
        if turns.coach.count + turns.coachee.count == 0 {
            return;
        }
        sheet.head(["Turns", "how many", "typical", "longest"]);
        for (name, turns) in [("Coach", &turns.coach), ("Coachee", &turns.coachee)] {
            let [typical, longest] = turn_lengths(turns);
            sheet.row([name, &turns.count.to_string(), &typical, &longest]);
        }
        if let Some(count) = self.measures.interruptions {
            sheet.say(&match (count.coach, count.coachee) {
                (0, 0) => "Nobody took over while the other spoke.".to_owned(),
                (coach, coachee) => {
                    let (coach, coachee) = (times(coach), times(coachee));
                    format!("Took over while the other spoke: the coach {coach}, the coachee {coachee}.")
                }
            });
        }
    }

    fn stances(&self, sheet: &mut Sheet) {
        sheet.heading("What you meant it to be");
        let name = self.name();
        let said = match (self.stance.coach, self.stance.coachee) {
            (None, None) => "Nobody said beforehand; `--stance` at the start is for that.".to_owned(),
            (Some(coach), None) => format!("The coach meant it to be {}.", meaning(coach)),
            (None, Some(coachee)) => format!("{name} wished it to be {}.", meaning(coachee)),
            (Some(coach), Some(coachee)) if coach == coachee => format!("Both of you: {}.", meaning(coach)),
            (Some(coach), Some(coachee)) => {
                format!("The coach: {}. {name}: {}.", meaning(coach), meaning(coachee))
            }
        };
        sheet.say(&said);
        let stated = self.stance.coach.or(self.stance.coachee);
        if let Some(ratio) = self.telling_ratio().filter(|_| stated.is_some()) {
            let coach = percent(ratio.coach.get());
            sheet.say(&format!(
                "Of all talk, {coach} % was the coach's. Who talks how long is one part of it; what is said in that time \
                 is the larger one."
            ));
        }
    }

    fn words(&self, sheet: &mut Sheet) {
        let (name, session) = (self.name(), self.session);
        sheet.heading("The words");
        match self.decision {
            _ if self.measures.has(Caveat::NoSpeech) => sheet.say("There are none."),
            Decision::Deleted => sheet.say(&format!("{name} had them deleted. These numbers are what is left.")),
            Decision::Taken => sheet.say(&format!("{name} took them off this computer.")),
            _ if !self.words_decoded => {
                sheet.say(&format!("None could be decoded. The sound stays sealed to {name}, who may try again:"));
                sheet.command(&format!("sidetone transcript redo {session}"));
            }
            Decision::Kept => {
                sheet.say(&format!("Sealed to {name}, who keeps them and alone can read them:"));
                sheet.command(&format!("sidetone transcript show {session}"));
            }
            Decision::Undecided => {
                sheet.say(&format!("Sealed to {name}, who alone can read them and decides what becomes of them:"));
                sheet.command(&format!("sidetone transcript show {session}"));
                sheet.command(&format!("sidetone transcript keep {session}"));
                sheet.command(&format!("sidetone transcript delete {session}"));
            }
        }
    }

    /// The coachee's name, safe for a terminal.
    fn name(&self) -> String {
        self.coachee.chars().filter(|character| !character.is_control()).collect()
    }

    /// `2026-11-24 09:00`, as it was stored, with `UTC` where it is.
    fn when(&self) -> String {
        let (date, time) = (self.started_at.get(..10), self.started_at.get(11..16));
        let zone = if self.started_at.ends_with('Z') { " UTC" } else { "" };
        let when = date.zip(time).map_or(self.started_at.clone(), |(date, time)| format!("{date} {time}{zone}"));
        when.chars().filter(|character| !character.is_control()).collect()
    }
}

fn turn_lengths(turns: &Turns) -> [String; 2] {
    let typical = if turns.count < MIN_TURNS { None } else { turns.median_s };
    [typical.map_or("too few".to_owned(), length), turns.longest_s.map_or("-".to_owned(), length)]
}

fn meaning(stance: Stance) -> &'static str {
    match stance {
        Stance::Directive => "directive (the coach shows the way)",
        Stance::Collaborative => "collaborative (both look for the way)",
        Stance::Facilitative => "facilitative (the coachee finds the way)",
    }
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// The bounds in whole percent, rounded outwards (but for what floating point adds to a whole percent).
fn between(ratio: &TalkRatio) -> (f64, f64) {
    const NOISE: f64 = 1e-6;
    ((ratio.low.get() * 100.0 + NOISE).floor(), (ratio.high.get() * 100.0 - NOISE).ceil())
}

fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}

/// As people say it: `3.5 s`, `42 s`, `12 min 54 s`, `1 h 5 min`.
fn length(seconds: f64) -> String {
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
