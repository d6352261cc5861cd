//! What holds of every session, and the notation the tests here write sessions in.

use proptest::prelude::*;

use super::{Measures, Numbers, RoleSpan, measure};
use crate::{
    session::Role,
    units::{Sample, Span},
};

/// Numbers of chance from 0 to 1, the same for the same seed (Knuth's MMIX generator).
pub fn draws(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// `"a 0 2.5, b 3 4, ? 4 5"`: a is the coach, b the coachee, ? nobody knows; seconds.
pub fn spans(text: &str) -> Vec<RoleSpan> {
    let span = |part: &str| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let at = |word: usize| Sample::from_seconds(words[word].parse().unwrap());
        let role = match words[0] {
            "a" => Some(Role::Coach),
            "b" => Some(Role::Coachee),
            _ => None,
        };
        RoleSpan { span: Span::new(at(1), at(2)).unwrap(), role, confidence: 1.0 }
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(span).collect()
}

/// One microphone.
pub fn numbers(duration_s: f64, text: &str) -> Numbers {
    Numbers { duration_s, tracks: 1, spans: spans(text), words_decoded: true, ..Numbers::default() }
}

fn any_span() -> impl Strategy<Value = RoleSpan> {
    let role = prop_oneof![Just(Some(Role::Coach)), Just(Some(Role::Coachee)), Just(None)];
    // Short sessions in tenths of a second, so that spans touch and coincide; and any samples at all.
    let near = (0u64..600, 1u64..80).prop_map(|(start, length)| (start * 1600, (start + length) * 1600));
    let ends = prop_oneof![9 => near, 1 => any::<(u64, u64)>()];
    (ends, role, any::<f32>()).prop_filter_map("empty", |((start, end), role, confidence)| {
        Some(RoleSpan { span: Span::new(Sample(start), Sample(end))?, role, confidence })
    })
}

/// Sessions near and far from what a stage would make.
pub fn any_numbers() -> impl Strategy<Value = Numbers> {
    let duration = prop_oneof![0.0..100.0, any::<f64>()];
    let doubt = prop_oneof![Just("echo".to_owned()), "[a-z_]{0,12}"];
    (duration, 0u8..4, prop::collection::vec(any_span(), 0..60), any::<f64>(), prop::collection::vec(doubt, 0..3))
        .prop_map(|(duration_s, tracks, spans, dropped_s, doubts)| Numbers {
            duration_s,
            tracks,
            spans,
            dropped_s,
            doubts,
            ..Numbers::default()
        })
}

fn values(measures: &Measures) -> Vec<f64> {
    let speech = measures.speech;
    let mut values = vec![speech.coach_s, speech.coachee_s, speech.overlap_s, speech.silence_s, speech.unattributed_s];
    values.extend(measures.talk_ratio.iter().flat_map(|ratio| [ratio.coach.get(), ratio.low.get(), ratio.high.get()]));
    for turns in [measures.turns.coach, measures.turns.coachee] {
        values.extend(turns.median_s.into_iter().chain(turns.longest_s));
    }
    values
}

proptest! {
    #[test]
    fn every_value_is_finite_and_not_negative(numbers in any_numbers()) {
        let values = values(&measure(&numbers));
        prop_assert!(values.iter().all(|value| value.is_finite() && *value >= 0.0), "{values:?}");
    }

    #[test]
    fn the_share_lies_within_its_bounds(numbers in any_numbers()) {
        if let Some(ratio) = measure(&numbers).talk_ratio {
            prop_assert!(ratio.low <= ratio.coach && ratio.coach <= ratio.high);
        }
    }

    #[test]
    fn shares_sum_to_one(numbers in any_numbers()) {
        let (ratio, mirrored) = (measure(&numbers).talk_ratio, measure(&numbers.swapped()).talk_ratio);
        prop_assert_eq!(ratio.is_some(), mirrored.is_some());
        if let (Some(coach), Some(coachee)) = (ratio, mirrored) {
            prop_assert!((coach.coach.get() + coachee.coach.get() - 1.0).abs() < 1e-9);
            prop_assert!((coach.low.get() + coachee.high.get() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn speech_and_silence_make_the_session(spans in prop::collection::vec(any_span(), 0..60)) {
        let spans: Vec<RoleSpan> = spans.into_iter().filter(|span| span.span.end().seconds() < 100.0).collect();
        let speech = measure(&Numbers { duration_s: 100.0, spans, ..Numbers::default() }).speech;
        let sum = speech.coach_s + speech.coachee_s - speech.overlap_s + speech.unattributed_s + speech.silence_s;
        prop_assert!((sum - 100.0).abs() < 1e-9, "{speech:?}");
    }

    #[test]
    fn swapping_twice_is_the_identity_and_once_mirrors(mut numbers in any_numbers()) {
        numbers.spans.iter_mut().for_each(|span| span.confidence = 1.0);
        numbers.duration_s = 100.0;
        numbers.dropped_s = 0.0;
        prop_assert_eq!(&numbers.swapped().swapped(), &numbers);
        let (before, after) = (measure(&numbers), measure(&numbers.swapped()));
        prop_assert_eq!(before.turns.coach, after.turns.coachee);
        prop_assert_eq!(before.turns.coachee, after.turns.coach);
        prop_assert_eq!(before.speech.coach_s, after.speech.coachee_s);
        prop_assert!((before.speech.overlap_s - after.speech.overlap_s).abs() <= 1e-9 * before.speech.overlap_s.max(1.0));
        prop_assert_eq!(before.interruptions.map(|n| (n.coach, n.coachee)), after.interruptions.map(|n| (n.coachee, n.coach)));
        prop_assert_eq!(before.caveats, after.caveats);
    }

    #[test]
    fn what_is_stored_is_read_back(mut numbers in any_numbers()) {
        numbers.spans.iter_mut().for_each(|span| span.confidence = 0.5);
        (numbers.duration_s, numbers.dropped_s) = (10.0, 0.25);
        let stored = serde_json::to_string(&numbers).unwrap();
        prop_assert_eq!(serde_json::from_str::<Numbers>(&stored).unwrap(), numbers);
    }
}

#[test]
fn numbers_of_an_older_version_are_read() {
    assert_eq!(serde_json::from_str::<Numbers>("{}").unwrap(), Numbers::default());
}
