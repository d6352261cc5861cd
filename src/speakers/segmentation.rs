//! One microphone: which of two voices speaks, tenth of a second by tenth.

use std::thread;

use super::{Diarization, VoiceSpan, clustering, embedding::normalise, heard::Heard, pauses::Pauses};
use crate::units::{SAMPLE_RATE, Sample, Span};

/// The step of the decision: 0.1 s.
const STEP: u64 = SAMPLE_RATE as u64 / 10;
/// A window speaks for the steps within this of its middle (0.4 s), the nearer the more.
const REACH: f32 = 0.4 * SAMPLE_RATE as f32;
/// What a change of voice costs, in log-likelihood, within continuous speech; and across a pause.
const SWITCH: f32 = 7.0;
const SWITCH_AT_PAUSE: f32 = 2.5;
/// No single window is trusted further than this log-likelihood ratio.
const MAX_EVIDENCE: f32 = 4.0;
/// Below this probability a stretch is nobody's.
const LEAST_CONFIDENCE: f32 = 0.6;
/// A pause inside one voice's speech belongs to it up to this long: 0.3 s when silent, 1.2 s when its level stays 3 dB
/// above the noise (the level that a tenth of the session stays below), 2 s when it stays 9 dB above.
const PAUSES: [(f32, u64); 3] =
    [(9.0, LONGEST_PAUSE), (3.0, SAMPLE_RATE as u64 * 12 / 10), (f32::MIN, SAMPLE_RATE as u64 * 3 / 10)];
pub const LONGEST_PAUSE: u64 = SAMPLE_RATE as u64 * 2;
const NOISE_QUANTILE: f32 = 0.1;
/// Two halves of one person's speech are this much alike, or more; two people with similar voices this much.
const ONE_VOICE: f32 = 0.905;
const SIMILAR_VOICES: f32 = 0.88;
/// Somebody who says a few words in an hour is less alike the other than this; a laugh or a cough is not.
const FEW_WORDS: f32 = 0.85;
/// One person's speech split in two is more alike than this; and a third voice has at least this many windows (6 s).
const THIRD_VOICE: f32 = 0.8;
const THIRD_VOICE_WINDOWS: usize = 20;

/// Attributes one track's speech to two voices, from the vectors heard in it. `encoded`: they are embeddings.
pub fn attribute(speech: &[Span], heard: &Heard, encoded: bool, pauses: &Pauses) -> Diarization {
    let mut doubts = Vec::new();
    if speech.is_empty() {
        return Diarization { doubts: vec!["no_speech"], ..Diarization::default() };
    }
    if !encoded {
        doubts.push("no_speaker_model");
    }
    let mut vectors: Vec<Vec<f32>> = heard.vectors();
    if !encoded {
        standardise(&mut vectors);
    }
    let split = clustering::split(&vectors).filter(|s| !encoded || s.similarity < ONE_VOICE);
    let split = split.or_else(|| clustering::split_off(&vectors).filter(|s| encoded && s.similarity < FEW_WORDS));
    let Some(split) = split else {
        doubts.push("one_voice");
        let one = |span: &Span| VoiceSpan { span: *span, voice: Some(0), confidence: LEAST_CONFIDENCE };
        return Diarization { spans: speech.iter().map(one).collect(), doubts, ..Diarization::default() };
    };
    if encoded && split.similarity >= SIMILAR_VOICES {
        doubts.push("similar_voices");
    }
    if encoded && third_voice(&vectors, &split.scores) {
        doubts.push("more_voices");
    }
    let spans = join(decode(speech, &heard.spans(), &split.scores), pauses);
    let prints = if encoded { split.means.map(Some) } else { [None, None] };
    Diarization { spans, doubts, prints }
}

/// Whether one of the two voices is rather two: split once more, both halves are well filled and unlike. Somebody waits for
/// the answer, so both are looked at together.
fn third_voice(vectors: &[Vec<f32>], scores: &[f32]) -> bool {
    let is_two = |side: f32| {
        let sure = vectors.iter().zip(scores).filter(|(_, score)| side * **score > MAX_EVIDENCE);
        let own: Vec<&[f32]> = sure.map(|(vector, _)| vector.as_slice()).collect();
        let Some(halves) = clustering::split(&own) else { return false };
        let second = halves.scores.iter().filter(|score| **score > 0.0).count();
        let smaller = second.min(own.len() - second);
        smaller >= THIRD_VOICE_WINDOWS && halves.similarity < THIRD_VOICE
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| is_two(-1.0));
        is_two(1.0) || other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Gives every dimension mean 0 and spread 1 over the session, and every vector length 1.
fn standardise(vectors: &mut [Vec<f32>]) {
    let count = vectors.len().max(1) as f32;
    for d in 0..vectors.first().map_or(0, Vec::len) {
        let values = || vectors.iter().filter_map(|v| v.get(d));
        let mean = values().sum::<f32>() / count;
        let spread = values().map(|v| (v - mean).powi(2)).sum::<f32>() / count;
        let scale = 1.0 / spread.sqrt().max(1e-6);
        for value in vectors.iter_mut().filter_map(|v| v.get_mut(d)) {
            *value = (*value - mean) * scale;
        }
    }
    vectors.iter_mut().for_each(|v| normalise(v));
}

/// Joins two stretches of one voice when the pause between them is not a silent one: breath, lips and the room's echo
/// of the last word keep its level above the noise.
fn join(spans: Vec<VoiceSpan>, pauses: &Pauses) -> Vec<VoiceSpan> {
    let noise_db = pauses.quantile(NOISE_QUANTILE);
    let mut joined: Vec<VoiceSpan> = Vec::with_capacity(spans.len());
    for next in spans {
        if let Some(last) = joined.last_mut()
            && last.voice == next.voice
            && let Some(whole) = Span::new(last.span.start(), next.span.end())
        {
            let pause = Span::new(last.span.end(), next.span.start());
            let belongs = |p: Span| {
                let above = pauses.mean(p) - noise_db;
                PAUSES.iter().any(|(least, limit)| above >= *least && p.samples() < *limit)
            };
            if pause.is_none_or(belongs) {
                let (a, b) = (last.span.samples() as f32, next.span.samples() as f32);
                last.confidence = (a * last.confidence + b * next.confidence) / (a + b);
                last.span = whole;
                continue;
            }
        }
        joined.push(next);
    }
    joined
}

/// A step of the decision.
struct Step {
    span: Span,
    /// Log-likelihood ratio: positive for voice 1.
    evidence: f32,
    /// The price of a change of voice before this step.
    switch: f32,
}

fn decode(speech: &[Span], heard: &[Span], scores: &[f32]) -> Vec<VoiceSpan> {
    let steps = steps(speech, heard, scores);
    let voices = viterbi(&steps);
    let mut spans: Vec<VoiceSpan> = Vec::new();
    let mut known = 0usize;
    let mut flush = |from: usize, to: usize| {
        let Some(run) = steps.get(from..to) else { return };
        let (Some(first), Some(last), Some(voice)) = (run.first(), run.last(), voices.get(from)) else { return };
        let Some(span) = Span::new(first.span.start(), last.span.end()) else { return };
        let sign = if *voice == 1 { 1.0 } else { -1.0 };
        let mean = run.iter().map(|s| sign * s.evidence).sum::<f32>() / run.len() as f32;
        let confidence = 1.0 / (1.0 + (-mean).exp());
        spans.push(VoiceSpan { span, voice: (confidence >= LEAST_CONFIDENCE).then_some(*voice), confidence });
    };
    for (i, step) in steps.iter().enumerate().skip(1) {
        let before = steps.get(i - 1).map(|s| s.span.end());
        if voices.get(i) != voices.get(i - 1) || before != Some(step.span.start()) {
            flush(known, i);
            known = i;
        }
    }
    flush(known, steps.len());
    spans
}

fn steps(speech: &[Span], heard: &[Span], scores: &[f32]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut near = 0;
    let mut last_end: Option<Sample> = None;
    for span in speech {
        let mut start = span.start();
        while start < span.end() {
            // The last step takes a remainder of less than half a step with it.
            let end = if span.end().0 - start.0 < STEP * 3 / 2 { span.end() } else { Sample(start.0 + STEP) };
            let Some(step) = Span::new(start, end) else { break };
            while heard.get(near).is_some_and(|h| h.midpoint().0 as f32 + REACH < start.0 as f32) {
                near += 1;
            }
            let (mut sum, mut weights) = (0.0, 0.0);
            for (window, score) in heard.iter().zip(scores).skip(near) {
                if window.start() > end {
                    break;
                }
                let Some(_) = window.overlap(step) else { continue };
                let distance = window.midpoint().0.abs_diff(step.midpoint().0) as f32;
                let weight = (1.0 - distance / REACH).max(0.01).powi(2);
                sum += weight * score.clamp(-MAX_EVIDENCE, MAX_EVIDENCE);
                weights += weight;
            }
            let evidence = if weights > 0.0 { sum / weights } else { 0.0 };
            let switch = if last_end == Some(start) { SWITCH } else { SWITCH_AT_PAUSE };
            steps.push(Step { span: step, evidence, switch });
            last_end = Some(end);
            start = end;
        }
    }
    steps
}

/// The likeliest sequence of voices.
fn viterbi(steps: &[Step]) -> Vec<u8> {
    let mut best = [0.0f32; 2];
    let mut from: Vec<[u8; 2]> = Vec::with_capacity(steps.len());
    for step in steps {
        let [a, b] = best;
        let come = [u8::from(b - step.switch > a), u8::from(b >= a - step.switch)];
        best = [a.max(b - step.switch) - step.evidence / 2.0, b.max(a - step.switch) + step.evidence / 2.0];
        from.push(come);
    }
    let mut voice = u8::from(best[1] > best[0]);
    let mut voices: Vec<u8> = from
        .iter()
        .rev()
        .map(|come| {
            let now = voice;
            voice = come[usize::from(now == 1)];
            now
        })
        .collect();
    voices.reverse();
    voices
}
