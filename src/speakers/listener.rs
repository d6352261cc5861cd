//! Gathers, while the session runs, what is needed to tell the voices apart at its end.

use std::sync::Arc;

use super::{
    Diarization,
    embedding::{self, SpeakerEncoder, WINDOW_FRAMES, normalise},
    features::{self, CEPSTRA, HOP, Mel, MelStream},
    segmentation,
    tracks::{self, Levels},
};
use crate::{
    session::Track,
    speech,
    units::{SAMPLE_RATE, Sample, Span},
};

/// Mel frames between two windows of one stretch of speech: 0.3 s.
const WINDOW_HOP: usize = 30;
/// Windows encoded at once: large enough for fast arithmetic, small enough for little memory.
const BATCH: usize = 16;
/// Mel frames kept for speech that is not final yet: more than the longest span voice activity hands over.
const KEPT_FRAMES: usize = 2500;
/// With two tracks windows serve only to compare each voice with a voiceprint: this many of each are enough.
const PRINT_WINDOWS: usize = 64;

/// A vector for up to 0.8 s of speech, at a byte per dimension: three hours of them must fit beside everything else.
#[derive(Clone)]
pub struct Heard {
    pub span: Span,
    scale: f32,
    codes: Box<[i8]>,
}

impl Heard {
    fn new(span: Span, vector: &[f32]) -> Self {
        let scale = vector.iter().fold(0.0f32, |most, v| most.max(v.abs())).max(f32::MIN_POSITIVE) / 127.0;
        Self { span, scale, codes: vector.iter().map(|v| (v / scale).round() as i8).collect() }
    }

    pub fn vector(&self) -> Vec<f32> {
        self.codes.iter().map(|c| f32::from(*c) * self.scale).collect()
    }
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heard").field("span", &self.span).finish_non_exhaustive()
    }
}

/// Listens to one or two tracks at 16 kHz. Keeps vectors and levels, and the features of the last seconds; no audio.
#[derive(Debug)]
pub struct Listener {
    ears: Vec<Ear>,
}

impl Listener {
    /// For `tracks` tracks (1 or 2). Without an encoder voices are told apart by their spectra, less well.
    pub fn new(encoder: Option<Arc<SpeakerEncoder>>, tracks: u8) -> Self {
        let limit = if tracks > 1 { PRINT_WINDOWS } else { usize::MAX };
        Self { ears: (0..tracks.clamp(1, 2)).map(|_| Ear::new(encoder.clone(), limit)).collect() }
    }

    /// Takes the next samples of a track; every track's first sample is the session's first. Unknown tracks are ignored.
    pub fn push(&mut self, track: Track, samples: &[f32]) {
        if let Some(ear) = self.ears.get_mut(usize::from(track.0)) {
            ear.push(samples);
        }
    }

    /// Who spoke when, given each track's voice activity over the whole session.
    pub fn finish(self, speech: &[Vec<Span>]) -> Diarization {
        let of = |track: usize| speech.get(track).map(Vec::as_slice).unwrap_or_default();
        let mut ears = self.ears.into_iter().map(Ear::finish);
        match (ears.next(), ears.next()) {
            (Some(a), Some(b)) => tracks::attribute([of(0), of(1)], [a.levels, b.levels], [a.print, b.print]),
            (Some(one), None) => segmentation::attribute(of(0), one.heard, one.encoded, &one.levels),
            _ => Diarization::default(),
        }
    }
}

/// What one track leaves behind.
struct Gathered {
    heard: Vec<Heard>,
    /// True when the encoder made the vectors.
    encoded: bool,
    levels: Levels,
    print: Option<Vec<f32>>,
}

#[derive(Debug)]
struct Ear {
    encoder: Option<Arc<SpeakerEncoder>>,
    detector: speech::Detector,
    mel: MelStream,
    /// The latest mel frames, and the number of those before them.
    frames: Vec<Mel>,
    dropped: usize,
    /// Windows waiting for a batch.
    waiting: Vec<(Span, Vec<f32>)>,
    heard: Vec<Heard>,
    limit: usize,
    levels: Levels,
}

impl Ear {
    fn new(encoder: Option<Arc<SpeakerEncoder>>, limit: usize) -> Self {
        Self {
            encoder,
            detector: speech::Detector::new(),
            mel: MelStream::default(),
            frames: Vec::new(),
            dropped: 0,
            waiting: Vec::new(),
            heard: Vec::new(),
            limit,
            levels: Levels::default(),
        }
    }

    fn push(&mut self, samples: &[f32]) {
        // In pieces, so that a whole recording pushed at once does not hold all its features.
        for piece in samples.chunks(SAMPLE_RATE as usize) {
            self.hear(piece);
            for span in self.detector.push(piece) {
                self.take(span);
            }
            let surplus = self.frames.len().saturating_sub(KEPT_FRAMES);
            self.frames.drain(..surplus);
            self.dropped += surplus;
        }
    }

    fn hear(&mut self, samples: &[f32]) {
        let known = self.frames.len();
        self.mel.push(samples, &mut self.frames);
        self.levels.extend(self.frames.iter().skip(known).map(|f| f.power));
    }

    fn finish(mut self) -> Gathered {
        // Half a window of silence lets the last frames out.
        self.hear(&[0.0; 2 * HOP]);
        let detector = std::mem::take(&mut self.detector);
        for span in detector.finish() {
            self.take(span);
        }
        self.encode();
        let encoded = self.encoder.is_some();
        let mut print: Vec<f32> = Vec::new();
        for heard in self.heard.iter().filter(|_| encoded) {
            let vector = heard.vector();
            print.resize(vector.len(), 0.0);
            print.iter_mut().zip(vector).for_each(|(p, v)| *p += v);
        }
        normalise(&mut print);
        Gathered { encoded, print: (!print.is_empty()).then_some(print), levels: self.levels, heard: self.heard }
    }

    /// Cuts a stretch of speech into windows.
    fn take(&mut self, span: Span) {
        let first = (span.start().0 as usize / HOP).saturating_sub(self.dropped);
        let last = (span.end().0 as usize / HOP).saturating_sub(self.dropped).min(self.frames.len());
        let Some(spoken) = self.frames.get(first..last) else { return };
        let end = spoken.len().saturating_sub(WINDOW_FRAMES);
        let mut starts: Vec<usize> = (0..=end).step_by(WINDOW_HOP).collect();
        // The end of a turn deserves a window of its own, unless the last one nearly reaches it.
        if starts.last().is_some_and(|s| s + WINDOW_HOP / 4 < end) {
            starts.push(end);
        }
        for start in starts {
            if self.heard.len() + self.waiting.len() >= self.limit {
                return;
            }
            let Some(frames) = spoken.get(start..spoken.len().min(start + WINDOW_FRAMES)) else { continue };
            let at = |frame: usize| Sample(((self.dropped + first + frame) * HOP) as u64);
            let Some(span) = Span::new(at(start), at(start + frames.len())) else { continue };
            if self.encoder.is_some() {
                self.waiting.push((span, embedding::window(frames)));
            } else {
                self.heard.push(Heard::new(span, &describe(frames)));
            }
        }
        if self.waiting.len() >= BATCH {
            self.encode();
        }
    }

    fn encode(&mut self) {
        let Some(encoder) = &self.encoder else { return };
        let (spans, windows): (Vec<Span>, Vec<Vec<f32>>) = self.waiting.drain(..).unzip();
        for (spans, windows) in spans.chunks(BATCH).zip(windows.chunks(BATCH)) {
            let vectors = encoder.embed(windows);
            self.heard.extend(spans.iter().zip(vectors).map(|(span, vector)| Heard::new(*span, &vector)));
        }
    }
}

/// The mean and spread of the cepstrum over a window's louder half: the stand-in for an embedding.
fn describe(frames: &[Mel]) -> Vec<f32> {
    let mut by_power: Vec<&Mel> = frames.iter().collect();
    by_power.sort_by(|a, b| b.power.total_cmp(&a.power));
    by_power.truncate(frames.len().div_ceil(2));
    let count = by_power.len().max(1) as f32;
    let (mut mean, mut square) = ([0.0f32; CEPSTRA], [0.0f32; CEPSTRA]);
    for cepstrum in by_power.iter().map(|f| features::cepstrum(f)) {
        for ((m, s), c) in mean.iter_mut().zip(&mut square).zip(cepstrum) {
            *m += c / count;
            *s += c * c / count;
        }
    }
    let spread = mean.iter().zip(square).map(|(m, s)| (s - m * m).max(0.0).sqrt()).collect::<Vec<_>>();
    mean.into_iter().chain(spread).collect()
}
