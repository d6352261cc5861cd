//! Gathers, while the session runs, what is needed to tell the voices apart at its end.

use std::sync::Arc;

use super::{
    Diarization,
    embedding::{self, BATCH, SpeakerEncoder, WINDOW_FRAMES},
    features::{self, CEPSTRA, HOP, Mel, MelStream},
    heard::{DESCRIPTION, Heard},
    pauses::Pauses,
    segmentation,
    tracks::{self, Levels},
};
use crate::{
    session::Track,
    units::{SAMPLE_RATE, Sample, Span},
};

/// Mel frames between two windows of one stretch of speech: 0.3 s.
const WINDOW_HOP: usize = 30;
/// Mel frames kept for speech that is not final yet: more than the longest span voice activity hands over, and a piece.
const KEPT_FRAMES: usize = 2500;
/// With two tracks windows serve only to compare each voice with a voiceprint: this many of each are enough.
const PRINT_WINDOWS: usize = 64;

/// Listens to one or two tracks at 16 kHz. Keeps vectors and levels, and the features of the last seconds; no audio.
#[derive(Debug)]
pub struct Listener {
    ears: Vec<Ear>,
}

impl Listener {
    /// Most samples to push at once (1 s): of what was heard before a piece, only the last seconds are kept.
    pub const PIECE: usize = SAMPLE_RATE as usize;

    /// For `tracks` tracks (1 or 2). Without an encoder voices are told apart by their spectra, less well.
    pub fn new(encoder: Option<Arc<SpeakerEncoder>>, tracks: u8) -> Self {
        Self { ears: (0..tracks.clamp(1, 2)).map(|_| Ear::new(encoder.clone(), tracks > 1)).collect() }
    }

    /// Takes the next samples of a track, at most [`Listener::PIECE`], and the speech that voice activity found with them;
    /// every track's first sample is the session's first. Unknown tracks are ignored.
    pub fn push(&mut self, track: Track, samples: &[f32], spoken: &[Span]) {
        if let Some(ear) = self.ears.get_mut(usize::from(track.0)) {
            ear.push(samples, spoken);
        }
    }

    /// Who spoke when, given each track's voice activity over the whole session, with what only its end made final.
    pub fn finish(self, speech: &[Vec<Span>]) -> Diarization {
        let of = |track: usize| speech.get(track).map(Vec::as_slice).unwrap_or_default();
        let mut ears = self.ears.into_iter().enumerate().map(|(track, ear)| ear.finish(of(track)));
        match (ears.next(), ears.next()) {
            (Some(a), Some(b)) => tracks::attribute([of(0), of(1)], [a.levels, b.levels], [a.print, b.print]),
            (Some(one), None) => segmentation::attribute(of(0), &one.heard, one.encoded, &one.pauses),
            _ => Diarization::default(),
        }
    }
}

#[cfg(test)]
impl Listener {
    /// Bytes that grow with the session, without what vectors hold in reserve.
    pub fn bytes(&mut self) -> usize {
        self.ears.iter_mut().for_each(Ear::encode);
        let heard = |ear: &Ear| if ear.beside { 0 } else { ear.heard.bytes() };
        self.ears.iter().map(|ear| heard(ear) + ear.levels.bytes() + ear.pauses.bytes()).sum()
    }

    pub fn windows(&self) -> usize {
        self.ears.iter().map(|ear| ear.heard.len()).sum()
    }
}

/// What one track leaves behind.
struct Gathered {
    heard: Heard,
    /// True when the encoder made the vectors.
    encoded: bool,
    /// Of one of two tracks.
    levels: Levels,
    /// Of a track alone.
    pauses: Pauses,
    print: Option<Vec<f32>>,
}

#[derive(Debug)]
struct Ear {
    encoder: Option<Arc<SpeakerEncoder>>,
    mel: MelStream,
    /// The latest mel frames, and the number of those before them.
    frames: Vec<Mel>,
    dropped: usize,
    /// Windows waiting for a batch.
    waiting: Vec<Window>,
    heard: Heard,
    /// There is another track, whose voice may leak into this one.
    beside: bool,
    levels: Levels,
    pauses: Pauses,
    /// Where the last speech ended.
    said: Option<Sample>,
}

/// What the encoder is to hear.
#[derive(Debug)]
struct Window {
    /// First frame, and how many there are.
    start: u32,
    frames: u8,
    input: Vec<f32>,
}

impl Ear {
    fn new(encoder: Option<Arc<SpeakerEncoder>>, beside: bool) -> Self {
        Self {
            encoder,
            mel: MelStream::default(),
            frames: Vec::new(),
            dropped: 0,
            waiting: Vec::new(),
            heard: Heard::default(),
            beside,
            levels: Levels::default(),
            pauses: Pauses::default(),
            said: None,
        }
    }

    fn push(&mut self, samples: &[f32], spoken: &[Span]) {
        self.hear(samples);
        spoken.iter().for_each(|span| self.take(*span));
        let surplus = self.frames.len().saturating_sub(KEPT_FRAMES);
        self.frames.drain(..surplus);
        self.dropped += surplus;
    }

    fn hear(&mut self, samples: &[f32]) {
        let known = self.frames.len();
        self.mel.push(samples, &mut self.frames);
        for frame in self.frames.iter().skip(known) {
            if self.beside {
                self.levels.push(frame.power);
            } else {
                self.pauses.push(frame.power);
            }
        }
    }

    fn finish(mut self, speech: &[Span]) -> Gathered {
        // Half a window of silence lets the last frames out.
        self.hear(&[0.0; 2 * HOP]);
        let taken = self.said.unwrap_or_default();
        speech.iter().skip_while(|span| span.end() <= taken).for_each(|span| self.take(*span));
        self.encode();
        let encoded = self.encoder.is_some();
        let print = (encoded && self.beside).then(|| embedding::direction(self.heard.vectors()));
        let print = print.filter(|print| !print.is_empty());
        Gathered { encoded, print, levels: self.levels, pauses: self.pauses, heard: self.heard }
    }

    /// Cuts a stretch of speech into windows.
    fn take(&mut self, span: Span) {
        if let Some(before) = self.said.replace(span.end()).filter(|_| !self.beside) {
            self.take_pause(before, span.start());
        }
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
            if self.beside && self.heard.len() + self.waiting.len() >= PRINT_WINDOWS {
                return;
            }
            let Some(frames) = spoken.get(start..spoken.len().min(start + WINDOW_FRAMES)) else { continue };
            let place = (u32::try_from(self.dropped + first + start), u8::try_from(frames.len()));
            let ((Ok(start), Ok(length)), false) = (place, frames.is_empty()) else { continue };
            if self.encoder.is_some() {
                self.waiting.push(Window { start, frames: length, input: embedding::window(frames) });
            } else {
                self.heard.add_description(start, length, &describe(frames));
            }
        }
        if self.waiting.len() >= BATCH {
            self.encode();
        }
    }

    /// Keeps the level between two stretches of speech.
    fn take_pause(&mut self, from: Sample, to: Sample) {
        let Some(frames) = Pauses::frames(from, to) else { return };
        let place = |frame: usize| frame.saturating_sub(self.dropped).min(self.frames.len());
        let heard = self.frames.get(place(frames.start)..place(frames.end)).unwrap_or_default();
        self.pauses.add(frames.start, heard);
    }

    fn encode(&mut self) {
        let Some(encoder) = &self.encoder else { return };
        let waiting = self.waiting.drain(..).map(|window| ((window.start, window.frames), window.input));
        let (places, inputs): (Vec<(u32, u8)>, Vec<Vec<f32>>) = waiting.unzip();
        for ((start, frames), embedding) in places.into_iter().zip(encoder.embed(&inputs)) {
            self.heard.add_embedding(start, frames, &embedding);
        }
    }
}

/// The mean and spread of the cepstrum over a window's louder half: the stand-in for an embedding.
fn describe(frames: &[Mel]) -> [f32; DESCRIPTION] {
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
    let mut numbers = [0.0; DESCRIPTION];
    let spread = mean.iter().zip(square).map(|(m, s)| (s - m * m).max(0.0).sqrt());
    numbers.iter_mut().zip(mean.iter().copied().chain(spread)).for_each(|(number, value)| *number = value);
    numbers
}
