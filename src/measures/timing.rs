//! Turns and interruptions: who held the floor, and who lost it to the other.
//!
//! **Turn**: one person's stretch from their first sound to their last before the other takes the floor; pauses inside
//! it belong to it. After Jaffe and Feldstein, *Rhythms of Dialogue* (1970): the floor passes when the other speaks alone.
//! The other's sound takes no floor when all of it lies under the speech of the one who holds it, or when less than
//! [`FLOOR_S`] of it is alone and the holder speaks again within [`REGAIN_S`]: that is how "mm hm" behaves, and without
//! the words a quick "yes" cannot be told from it. Speech that could not be attributed takes the floor from nobody.
//!
//! **Interruption**: the other takes the floor with a sound that starts while you speak, both speak for at least
//! [`OVERLAP_S`], the other holds out for at least [`HOLD_S`], and you stop within [`YIELD_S`] of their start. Overlaps where
//! nobody gives way, sounds too short to be more than a backchannel, and going on with a turn of one's own over the other's
//! backchannel, are none. Compare Gravano and Hirschberg, "A corpus-based study of interruptions in
//! spoken dialogue" (Interspeech 2012), whose labellers also heard whether a sentence was left unfinished; here time
//! alone decides. Needs one microphone per person: on a shared one, simultaneous speech is what attribution does worst.

use super::{
    ByRole, Caveat, Numbers,
    floor::{Floor, in_seconds, samples, shared},
};
use crate::{
    session::Role,
    units::{Sample, Span},
};

/// Speech alone that takes the floor whatever follows, in seconds (a backchannel is shorter).
pub const FLOOR_S: f64 = 1.0;

/// How soon after a short sound the holder must speak again to have kept the floor, in seconds.
pub const REGAIN_S: f64 = 1.0;

/// Simultaneous speech that an interruption has at least, in seconds (briefer ones are normal between turns).
pub const OVERLAP_S: f64 = 0.5;

/// How long the one who interrupts goes on at least, in seconds.
pub const HOLD_S: f64 = 1.5;

/// How soon the one who is interrupted stops, in seconds.
pub const YIELD_S: f64 = 1.0;

/// Turns of one person under which their typical length says little.
pub const MIN_TURNS: u32 = 5;

/// One person's turns. The lengths are `None` when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turns {
    pub count: u32,
    pub median_s: Option<f64>,
    pub longest_s: Option<f64>,
}

impl Turns {
    /// The median, if there are enough turns for a typical length.
    pub fn typical_s(&self) -> Option<f64> {
        self.median_s.filter(|_| self.count >= MIN_TURNS)
    }
}

pub fn turns(floor: &Floor) -> ByRole<Turns> {
    let turns = take_turns(floor);
    ByRole::each(|role| {
        let mut lengths: Vec<i128> = turns
            .iter()
            .filter(|turn| turn.0 == role)
            .map(|turn| i128::from(turn.2.0.saturating_sub(turn.1.0)))
            .collect();
        lengths.sort_unstable();
        Turns {
            count: u32::try_from(lengths.len()).unwrap_or(u32::MAX),
            median_s: median(&lengths),
            longest_s: lengths.last().map(|&length| in_seconds(length)),
        }
    })
}

/// Each turn with its first and last sample, in order.
fn take_turns(floor: &Floor) -> Vec<(Role, Sample, Sample)> {
    let mut sounds: Vec<(Span, Role)> = Vec::new();
    for role in [Role::Coach, Role::Coachee] {
        sounds.extend(floor.by_role.of(role).iter().map(|&span| (span, role)));
    }
    sounds.sort();
    let mut turns: Vec<(Role, Sample, Sample)> = Vec::new();
    for (span, role) in sounds {
        match turns.last_mut() {
            Some((holder, _, end)) if *holder == role => *end = span.end().max(*end),
            _ if takes_floor(span, floor.by_role.of(role.other())) => turns.push((role, span.start(), span.end())),
            _ => {}
        }
    }
    turns
}

/// Whether `sound` takes the floor from somebody who speaks at `holder`'s times.
pub(super) fn takes_floor(sound: Span, holder: &[Span]) -> bool {
    let alone = sound.samples().saturating_sub(shared(sound, holder));
    let deadline = sound.end().0.saturating_add(samples(REGAIN_S));
    let next = holder.get(holder.partition_point(|other| other.start() <= sound.start()));
    let regained = next.is_some_and(|next| next.start().0 <= deadline);
    alone >= samples(FLOOR_S) || (alone > 0 && !regained)
}

/// `lengths` is sorted.
fn median(lengths: &[i128]) -> Option<f64> {
    let middle = lengths.len() / 2;
    let upper = in_seconds(*lengths.get(middle)?);
    match middle.checked_sub(1).and_then(|below| lengths.get(below)) {
        Some(&lower) if lengths.len().is_multiple_of(2) => Some((in_seconds(lower) + upper) / 2.0),
        _ => Some(upper),
    }
}

/// How often each interrupted the other; `None` when the microphones do not tell the two apart in overlap.
pub fn interruptions(numbers: &Numbers, floor: &Floor) -> Option<ByRole<u32>> {
    let unusable = [Caveat::SilentTrack, Caveat::OneVoice, Caveat::WrittenTranscript];
    if numbers.tracks != 2 || unusable.iter().any(|&caveat| numbers.doubts(caveat)) {
        return None;
    }
    let turns = take_turns(floor);
    let begins_turn = |role: Role, sound: Span| turns.iter().any(|turn| (turn.0, turn.1) == (role, sound.start()));
    Some(ByRole::each(|role| {
        let (own, other) = (floor.by_role.of(role), floor.by_role.of(role.other()));
        let count = own.iter().filter(|&&sound| interrupts(sound, other) && begins_turn(role, sound)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }))
}

fn interrupts(sound: Span, other: &[Span]) -> bool {
    let speaking = other.get(other.partition_point(|other| other.end() <= sound.start()));
    speaking.is_some_and(|&speaking| {
        let both = speaking.overlap(sound).map_or(0, Span::samples);
        let stopped = speaking.end().0.saturating_sub(sound.start().0);
        speaking.start() < sound.start()
            && both >= samples(OVERLAP_S)
            && sound.samples() >= samples(HOLD_S)
            && stopped <= samples(YIELD_S)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{measure, properties::numbers};
    use super::*;

    #[test]
    fn the_floor_passes_when_the_other_speaks_alone() {
        // Turns as "who start end"; a is the coach.
        let table = [
            ("", ""),
            ("a 0 2, a 5 6, b 7 9", "a 0 6, b 7 9"),
            // A backchannel in a pause, and one beneath speech, take no floor.
            ("a 0 3, b 3.2 3.6, a 4 8, b 9 12", "a 0 8, b 9 12"),
            ("a 0 8, b 3 3.4, b 9 12", "a 0 8, b 9 12"),
            // A short answer does, when the other does not come back at once.
            ("a 0 3, b 3.2 3.6, a 6 8", "a 0 3, b 3.2 3.6, a 6 8"),
            ("a 0 3, b 3.2 4.2, a 4.3 8", "a 0 3, b 3.2 4.2, a 4.3 8"),
            // The other's backchannel does not cut a long turn in two.
            ("a 0 3, b 3 12, a 5 5.4, a 13 15", "a 0 3, b 3 12, a 13 15"),
            // Nor does a voice that nobody could attribute.
            ("a 0 3, ? 3 6, a 6 9", "a 0 9"),
            // Overlap at the change belongs to both turns.
            ("a 0 5, b 4 9", "a 0 5, b 4 9"),
            // Both say the same for the same time: nobody has the floor.
            ("a 0 5, b 0 5, b 7 9", "b 7 9"),
        ];
        for (text, expected) in table {
            let turns = take_turns(&Floor::of(&numbers(20.0, text).spans));
            let name = |role| if role == Role::Coach { "a" } else { "b" };
            let told: Vec<String> = turns
                .iter()
                .map(|(role, start, end)| format!("{} {} {}", name(*role), start.seconds(), end.seconds()))
                .collect();
            assert_eq!(told.join(", "), expected, "{text}");
        }
    }

    #[test]
    fn lengths_of_turns() {
        let turns = measure(&numbers(60.0, "a 0 2, b 3 8, a 9 13, b 14 16, a 17 27, a 28 29, b 31 32, a 33 36")).turns;
        assert_eq!(turns.coach, Turns { count: 4, median_s: Some(3.5), longest_s: Some(12.0) });
        assert_eq!(turns.coachee, Turns { count: 3, median_s: Some(2.0), longest_s: Some(5.0) });
        assert_eq!(measure(&Numbers::default()).turns.coach, Turns::default());
        // What was off the record within a turn made it as much longer.
        let outside = vec![numbers(60.0, "? 3 33").spans[0].span];
        let cut = measure(&Numbers { outside, ..numbers(30.0, "a 0 2, a 34 36, b 37 38") }).turns;
        assert_eq!((cut.coach.count, cut.coach.longest_s), (1, Some(6.0)));
    }

    #[test]
    fn interruptions_need_overlap_a_winner_and_somebody_who_gives_way() {
        let table = [
            ("a 0 5, b 4.3 8", (0, 1)),
            ("b 0 5, a 4.3 8", (1, 0)),
            ("a 0 5, b 4.8 8", (0, 0)),   // a brief overlap at a change of turn
            ("a 0 8, b 4.3 8", (0, 0)),   // nobody gives way in time
            ("a 0 5, b 4.3 5.2", (0, 0)), // too short to be more than a backchannel
            ("a 0 5, b 5 8", (0, 0)),
            // Who went on in their own turn over a long "mm hm" was told that they had interrupted it.
            ("a 0 4, b 3.8 4.7, a 4.1 8", (0, 0)),
            ("a 0 3, b 2.5 6, a 5.2 9", (1, 1)),
        ];
        for (text, expected) in table {
            let found = measure(&Numbers { tracks: 2, ..numbers(10.0, text) }).interruptions.unwrap();
            assert_eq!((found.coach, found.coachee), expected, "{text}");
        }
    }

    #[test]
    fn interruptions_are_not_guessed() {
        let overlap = numbers(10.0, "a 0 5, b 4.3 8");
        let silent = Numbers { tracks: 2, doubts: vec!["silent_track".into()], ..overlap.clone() };
        for numbers in [overlap, silent] {
            assert_eq!(measure(&numbers).interruptions, None);
        }
    }
}
