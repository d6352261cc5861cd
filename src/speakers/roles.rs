//! Which voice is the coach.

use super::{Diarization, embedding::cosine};
use crate::{session::Role, units::Span};

/// What is known about the coach's voice.
#[derive(Clone)]
pub enum RoleHint {
    /// The coach's own microphone.
    CoachTrack(u8),
    CoachSpeaksFirst,
    /// Made by [`super::voiceprint()`].
    Voiceprint(Vec<f32>),
    /// Who spoke when, as an earlier look at the same sound found it; `assumed` where its roles were a guess.
    Found {
        roles: Vec<(Span, Role)>,
        assumed: bool,
    },
    None,
}

impl RoleHint {
    /// Whether what it says is a guess itself.
    pub fn is_guess(&self) -> bool {
        matches!(self, Self::Found { assumed: true, .. })
    }
}

impl std::fmt::Debug for RoleHint {
    /// A voiceprint is nobody's business but its owner's: it does not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CoachTrack(track) => write!(f, "CoachTrack({track})"),
            Self::CoachSpeaksFirst => f.write_str("CoachSpeaksFirst"),
            Self::Voiceprint(_) => f.write_str("Voiceprint"),
            Self::Found { .. } => f.write_str("Found"),
            Self::None => f.write_str("None"),
        }
    }
}

/// Less likeness to the voiceprint than this and neither voice is the coach's. The same person on another
/// microphone gave 0.81 to 0.86, on the same one 0.98; strangers 0.60 to 0.89, which is why the second rule is there.
const SAME_PERSON: f32 = 0.7;
/// The coach's voice must be this much more like the voiceprint than the other.
const CLEARLY_MORE: f32 = 0.05;
/// "Speaks first" looks at the first span at least this long (a cough comes before the greeting) and this certain.
const FIRST_SPEECH_S: f64 = 0.5;
const FIRST_CONFIDENCE: f32 = 0.7;

/// The voice that is the coach's; `None` when the hint cannot say.
pub fn assign_roles(diarization: &Diarization, hint: &RoleHint) -> Option<u8> {
    match hint {
        RoleHint::CoachTrack(track) => (*track < 2).then_some(*track),
        RoleHint::CoachSpeaksFirst => {
            let attributed = || diarization.spans.iter().filter(|s| s.voice.is_some());
            attributed()
                .find(|s| s.span.seconds() >= FIRST_SPEECH_S && s.confidence >= FIRST_CONFIDENCE)
                .or_else(|| attributed().next())
                .and_then(|s| s.voice)
        }
        RoleHint::Voiceprint(print) => {
            let likeness = |voice: &Option<Vec<f32>>| voice.as_ref().map_or(0.0, |v| cosine(v, print));
            let [a, b] = [likeness(&diarization.prints[0]), likeness(&diarization.prints[1])];
            (a.max(b) >= SAME_PERSON && (a - b).abs() >= CLEARLY_MORE).then_some(u8::from(b > a))
        }
        RoleHint::Found { roles, .. } => match likeness(diarization, roles, 0) - likeness(diarization, roles, 1) {
            0 => None,
            more => Some(u8::from(more < 0)),
        },
        RoleHint::None => None,
    }
}

/// Samples of a voice that were the coach's, less those that were the coachee's.
fn likeness(diarization: &Diarization, roles: &[(Span, Role)], voice: u8) -> i64 {
    let own = diarization.spans.iter().filter(|s| s.voice == Some(voice));
    own.flat_map(|s| roles.iter().filter_map(|(span, role)| Some((s.span.overlap(*span)?.samples() as i64, *role))))
        .map(|(samples, role)| if role == Role::Coach { samples } else { -samples })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{speakers::VoiceSpan, units::Sample};

    fn heard(voice: u8, start: u64, end: u64) -> VoiceSpan {
        let span = Span::new(Sample(start * 1600), Sample(end * 1600)).unwrap();
        VoiceSpan { span, voice: Some(voice), confidence: 0.9 }
    }

    #[test]
    fn a_voice_has_the_role_that_most_of_it_had_before() {
        let diarization =
            Diarization { spans: vec![heard(0, 0, 20), heard(1, 20, 30), heard(0, 30, 40)], ..Diarization::default() };
        let span = |start: u64, end: u64| Span::new(Sample(start * 1600), Sample(end * 1600)).unwrap();
        let (coach, coachee) = (Role::Coach, Role::Coachee);
        for (roles, expected) in [
            // A tenth of a second off, as it is stored.
            (vec![(span(0, 21), coach), (span(21, 30), coachee), (span(30, 40), coach)], Some(0)),
            (vec![(span(0, 21), coachee), (span(21, 30), coach), (span(30, 40), coachee)], Some(1)),
            (vec![(span(21, 29), coachee)], Some(0)),
            (vec![(span(21, 29), coach)], Some(1)),
            (vec![(span(50, 60), coach)], None),
            (Vec::new(), None),
        ] {
            let hint = RoleHint::Found { roles: roles.clone(), assumed: false };
            assert_eq!(assign_roles(&diarization, &hint), expected, "{roles:?}");
        }
    }

    #[test]
    fn the_hint_decides() {
        let prints = [Some(vec![1.0, 0.0]), Some(vec![0.0, 1.0])];
        let spans = vec![heard(0, 0, 2), heard(1, 5, 30), heard(0, 31, 60)];
        let diarization = Diarization { spans, prints, ..Diarization::default() };
        for (hint, expected) in [
            (RoleHint::None, None),
            (RoleHint::CoachTrack(1), Some(1)),
            (RoleHint::CoachTrack(7), None),
            // The first span is a cough of 0.2 s.
            (RoleHint::CoachSpeaksFirst, Some(1)),
            (RoleHint::Voiceprint(vec![0.8, 0.6]), Some(0)),
            (RoleHint::Voiceprint(vec![0.1, 0.9]), Some(1)),
            // As like one as the other, and like neither.
            (RoleHint::Voiceprint(vec![0.7, 0.7]), None),
            (RoleHint::Voiceprint(vec![0.2, 0.1]), None),
        ] {
            assert_eq!(assign_roles(&diarization, &hint), expected, "{hint:?}");
        }
        assert_eq!(assign_roles(&Diarization::default(), &RoleHint::CoachSpeaksFirst), None);
    }
}
