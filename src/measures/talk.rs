//! How much each person talked.
//!
//! **Talk ratio**: the coach's share of attributed speech, coach / (coach + coachee) in seconds. Silence is out of it;
//! overlap counts to both, so that being talked over takes no talk away. Backchannels ("mm hm") are out of it where the
//! words show which they are (RTTM keeps them); where there are no words, they stay in, and a caveat says so.
//!
//! **Interval**: with c and e attributed and d uncertain seconds, all of d could be the coachee's or all the coach's:
//! [c / (c + e + d), (c + d) / (c + e + d)], widened on both sides by the share of attributed speech that may have been given
//! to the wrong person, or to one of two who spoke. On reference sessions that share grows with the number of turns (where
//! one voice ends and the other begins, overlap and the room's echo hide some of either), so it is [`EDGE_ONE_TRACK_S`] at
//! each edge of a turn and [`CONFUSION`] of the rest; on eight of them, of five minutes or less, the true share lay inside each
//! time, with a median width of 4 points. It is a bound on what attribution can have done, not a confidence interval over
//! sessions.
//!
//! Compare Flanders, *Analyzing Teaching Behavior* (1970): his teacher talk is a share of all three-second marks, silence
//! and confusion included; here silence is out, so that a pause for thought changes nobody's share.

use super::{
    ByRole, Caveat, Numbers,
    floor::{self, Floor},
    timing::Turns,
};
use crate::units::Share;

/// Share of attributed speech that may have gone to the wrong person, wherever it was spoken.
pub const CONFUSION: f64 = 0.003;

/// Seconds that may have gone to the wrong person at each edge of a turn, with one microphone. Measured: of the eight sessions
/// the worst lost 0.22 s per turn, half of them less than 0.07 s.
pub const EDGE_ONE_TRACK_S: f64 = 0.1;

/// The same with two microphones, where only crosstalk confuses.
pub const EDGE_TWO_TRACKS_S: f64 = 0.025;

/// Share of attributed speech where voices were told apart with doubt: no speaker model, two voices alike, or a
/// third one. Reasoned, not
/// measured: a tenth leaves only a plain difference standing.
pub const CONFUSION_IN_DOUBT: f64 = 0.10;

/// Attributed speech under which the talk ratio says little, in seconds: two or three turns decide it.
pub const MIN_ATTRIBUTED_S: f64 = 30.0;

/// Share of all speech that may stay unattributed before nothing should be concluded.
pub const MAX_UNATTRIBUTED: f64 = 0.2;

/// Seconds of speech. `coach_s + coachee_s - overlap_s + unattributed_s + silence_s` is the session's length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Speech {
    pub coach_s: f64,
    pub coachee_s: f64,
    /// Both at once: counted in `coach_s` and in `coachee_s` too.
    pub overlap_s: f64,
    /// Nobody.
    pub silence_s: f64,
    /// Somebody, and nobody can say who.
    pub unattributed_s: f64,
}

impl Speech {
    /// Of all that was spoken, the share whose speaker is unknown.
    pub fn unattributed(&self) -> Option<Share> {
        let spoken = self.coach_s + self.coachee_s - self.overlap_s + self.unattributed_s;
        Share::of(self.unattributed_s, spoken)
    }

    pub fn attributed_s(&self) -> f64 {
        self.coach_s + self.coachee_s
    }
}

/// The coach's share of the talk, and between which bounds it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TalkRatio {
    pub coach: Share,
    pub low: Share,
    pub high: Share,
    /// The seconds that it is of: speech without the backchannels that the words show.
    pub seconds: ByRole<f64>,
}

pub fn speech(numbers: &Numbers, floor: &Floor) -> Speech {
    let (coach, coachee) = (&floor.by_role.coach, &floor.by_role.coachee);
    // Whole samples, so that nothing is left over where nothing is; wide, for sums of any two.
    let both: i128 = coach.iter().map(|&span| i128::from(floor::shared(span, coachee))).sum();
    let (alone_or_not, anyone) = (floor::total(coach) + floor::total(coachee), floor::total(&floor.anyone()));
    let anyone_s = floor::in_seconds(anyone);
    let duration_s = if numbers.duration_s.is_finite() { numbers.duration_s } else { 0.0 };
    Speech {
        coach_s: floor::in_seconds(floor::total(coach)),
        coachee_s: floor::in_seconds(floor::total(coachee)),
        overlap_s: floor::in_seconds(both),
        silence_s: (duration_s - anyone_s).max(0.0),
        unattributed_s: floor::in_seconds(anyone + both - alone_or_not),
    }
}

/// Share of attributed speech that may have been given to the wrong person.
fn confusion(numbers: &Numbers, speech: &Speech, turns: &ByRole<Turns>) -> f64 {
    let edge_s = if numbers.tracks >= 2 { EDGE_TWO_TRACKS_S } else { EDGE_ONE_TRACK_S };
    let edges = 2.0 * f64::from(turns.coach.count.saturating_add(turns.coachee.count));
    let doubt = [Caveat::NoSpeakerModel, Caveat::SimilarVoices, Caveat::MoreVoices]
        .iter()
        .any(|&caveat| numbers.doubts(caveat));
    let least = if doubt { CONFUSION_IN_DOUBT } else { 0.0 };
    Share::of(edges * edge_s, speech.attributed_s()).map_or(1.0, |edges| (CONFUSION + edges.get()).max(least))
}

/// `None` when nothing was attributed.
pub fn ratio(numbers: &Numbers, speech: &Speech, turns: &ByRole<Turns>) -> Option<TalkRatio> {
    // "Mm hm" is no talk, as far as the words show which it was.
    let listening = numbers.words().map_or_else(ByRole::default, |words| words.backchannels_s);
    let (c, e) = ((speech.coach_s - listening.coach).max(0.0), (speech.coachee_s - listening.coachee).max(0.0));
    let d = speech.unattributed_s;
    let confusion = confusion(numbers, speech, turns);
    let bound = |part: f64, widen: f64| Share::of(Share::of(part, c + e + d)?.get() + widen, 1.0);
    Some(TalkRatio {
        coach: Share::of(c, c + e)?,
        low: bound(c, -confusion)?,
        high: bound(c + d, confusion)?,
        seconds: ByRole { coach: c, coachee: e },
    })
}

#[cfg(test)]
mod tests {
    use super::super::{WordNumbers, measure, properties::numbers};
    use super::*;

    /// coach, coachee, overlap, silence, unattributed; then the ratio and its bounds.
    type Told = ([f64; 5], Option<[f64; 3]>);

    fn talk(text: &str, tracks: u8) -> Told {
        let measures = measure(&Numbers { tracks, ..numbers(10.0, text) });
        let speech = measures.speech;
        let round = |x: f64| (x * 1e6).round() / 1e6;
        let seconds =
            [speech.coach_s, speech.coachee_s, speech.overlap_s, speech.silence_s, speech.unattributed_s].map(round);
        (seconds, measures.talk_ratio.map(|ratio| [ratio.coach, ratio.low, ratio.high].map(|share| round(share.get()))))
    }

    #[test]
    fn seconds_and_shares() {
        let table: &[(&str, u8, Told)] = &[
            ("", 1, ([0.0, 0.0, 0.0, 10.0, 0.0], None)),
            ("a 0 2, b 2 8", 1, ([2.0, 6.0, 0.0, 2.0, 0.0], Some([0.25, 0.197, 0.303]))),
            ("a 0 2, b 2 8", 2, ([2.0, 6.0, 0.0, 2.0, 0.0], Some([0.25, 0.2345, 0.2655]))),
            // Overlap counts to both.
            ("a 0 5, b 4 9", 2, ([5.0, 5.0, 1.0, 1.0, 0.0], Some([0.5, 0.487, 0.513]))),
            // What is uncertain widens the interval, to either side.
            ("a 0 4, b 4 8, ? 8 10", 2, ([4.0, 4.0, 0.0, 0.0, 2.0], Some([0.5, 0.3845, 0.6155]))),
            // What somebody is known to have said at the same time is not uncertain.
            ("a 0 4, ? 3 5", 2, ([4.0, 0.0, 0.0, 5.0, 1.0], Some([1.0, 0.7845, 1.0]))),
            ("a 0 4", 1, ([4.0, 0.0, 0.0, 6.0, 0.0], Some([1.0, 0.947, 1.0]))),
            ("? 0 4", 1, ([0.0, 0.0, 0.0, 6.0, 4.0], None)),
            // Speech past the session's stated end makes no negative silence.
            ("a 0 40", 1, ([40.0, 0.0, 0.0, 0.0, 0.0], Some([1.0, 0.992, 1.0]))),
        ];
        for (text, tracks, told) in table {
            assert_eq!(talk(text, *tracks), *told, "{text}");
        }
    }

    #[test]
    fn backchannels_are_no_talk_once_the_words_show_them() {
        let talk = numbers(10.0, "a 0 5, b 5 10");
        let heard =
            |coach, coachee| WordNumbers { backchannels_s: ByRole { coach, coachee }, ..WordNumbers::default() };
        let by_words = Some(Box::new([heard(3.0, 0.0), heard(0.0, 3.0)]));
        let coach = |numbers: &Numbers| (measure(numbers).talk_ratio.unwrap().coach.get() * 1e6).round() / 1e6;
        let listened = Numbers { by_words, ..talk };
        assert_eq!(coach(&listened), (2.0f64 / 7.0 * 1e6).round() / 1e6);
        assert_eq!(coach(&listened.swapped()), (5.0f64 / 7.0 * 1e6).round() / 1e6);
        assert!(!measure(&listened).has(Caveat::BackchannelsCounted));
        let unusable = Numbers { word_numbers_unusable: Some("demo_model".into()), ..listened };
        assert_eq!(coach(&unusable), 0.5);
        assert!(measure(&unusable).has(Caveat::BackchannelsCounted));
    }

    #[test]
    fn doubt_about_the_voices_widens_the_interval() {
        let talk = numbers(10.0, "a 0 5, b 5 10");
        for doubt in ["no_speaker_model", "similar_voices", "more_voices"] {
            let ratio = measure(&Numbers { doubts: vec![doubt.to_owned()], ..talk.clone() }).talk_ratio.unwrap();
            assert_eq!([ratio.coach, ratio.low, ratio.high].map(Share::get), [0.5, 0.4, 0.6]);
        }
    }
}
