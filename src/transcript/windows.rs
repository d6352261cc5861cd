//! Packs speech into windows for Whisper: a window costs the same whether it holds two seconds of speech or 28, and what
//! is not speech only tempts the model to invent words. Times are mapped back piece by piece, so nothing drifts.

use std::{collections::VecDeque, fmt};

use zeroize::Zeroizing;

use super::*;
use crate::{
    session::Track,
    units::{SAMPLE_RATE, Sample},
};

/// The longest window: Whisper looks at 30 s, and needs some silence at the end to see that it is over.
pub const WINDOW_SAMPLES_MAX: usize = samples(28_000);
/// Sound kept either side of a piece, so that no first or last consonant is lost.
const MARGIN: usize = samples(200);
/// Between two pieces there is at least this much that is not speech: Whisper then ends a sentence there.
const MIN_BETWEEN: usize = samples(300);
/// The shortest that windows can be asked to be: a word, its margins, and more.
const WINDOW_SAMPLES_LEAST: usize = samples(2_000);
/// Sound kept until voice activity has decided about it: it hands speech over after 20.3 s at the latest.
const KEPT: usize = samples(25_000);
/// After a pause this long a window is worth decoding at once, if it holds at least [`WORTH_DECODING`].
const LONG_PAUSE: u64 = samples(3_000) as u64;
const WORTH_DECODING: usize = samples(10_000);
/// Less than this of a piece at the edge of a segment is there because Whisper's times are rough, not because of a word.
const SLIVER: u64 = samples(300) as u64;

const fn samples(ms: usize) -> usize {
    ms * SAMPLE_RATE as usize / 1000
}

/// Speech packed for one pass of Whisper: pieces of one track with real silence between, at most 28 s.
#[derive(Clone, PartialEq)]
pub struct Window {
    pub track: Track,
    /// 16 kHz mono; empty after [`Window::shed`].
    pub samples: Vec<f32>,
    /// Where each piece lies in `samples` (start index) and on the session clock.
    pub pieces: Vec<(usize, Span)>,
    /// The same for all sound of the session that is in `samples`, margins included; what lies between is zeros.
    stretches: Vec<(usize, Span)>,
    /// What `samples` has, or had.
    length: usize,
}

/// How much room a word takes among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// In letters.
    length: usize,
    /// A pause that lies at most this many samples from the word's end may be the one after it.
    pause_near: u64,
}

impl Extent {
    /// After a sentence people pause, or the other one speaks; after a comma they may.
    pub fn of(word: &str) -> Self {
        let pause_near = match word.chars().last() {
            Some('.' | '?' | '!') => samples(800),
            Some(',' | ';' | ':' | '…') => samples(300),
            _ => 0,
        };
        Self { length: word.chars().count() + 1, pause_near: pause_near as u64 }
    }
}

/// Speech is wiped where it was.
impl Drop for Window {
    fn drop(&mut self) {
        self.samples.zeroize();
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("track", &self.track).field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

impl Window {
    fn new(track: Track) -> Self {
        Self { track, samples: Vec::new(), pieces: Vec::new(), stretches: Vec::new(), length: 0 }
    }

    /// One utterance and nothing else; `None` without any sound.
    pub fn alone(track: Track, first: Sample, samples: Vec<f32>) -> Option<Self> {
        let length = samples.len();
        let said = (0, Span::new(first, Sample(first.0 + length as u64))?);
        Some(Self { track, samples, pieces: vec![said], stretches: vec![said], length })
    }

    /// Places consecutive words, said between two times in the window, on the session clock: over speech only, each
    /// within one piece, in proportion to its length. Where a piece ends, a sentence may have.
    pub fn place(&self, start_s: f64, end_s: f64, words: &[Extent]) -> Vec<Span> {
        let regions = self.speech_between(Sample::from_seconds(start_s).0, Sample::from_seconds(end_s).0);
        let mut placed = Vec::with_capacity(words.len());
        let mut rest = words;
        for (i, region) in regions.iter().enumerate() {
            let count = if i + 1 == regions.len() { rest.len() } else { fitting(rest, &regions[i..]) };
            let (here, later) = rest.split_at(count);
            placed.extend(spread(here, *region));
            rest = later;
        }
        placed
    }

    /// Seconds of speech.
    pub fn speech_s(&self) -> f64 {
        self.pieces.iter().map(|(_, span)| span.seconds()).sum()
    }

    /// Gives its samples up; [`Window::restore`] gets them back.
    pub fn shed(&mut self) {
        self.samples.zeroize();
        self.samples = Vec::new();
    }

    /// Reads shed samples again. False, and nothing changes, when `read` cannot give some of them at all.
    pub fn restore(&mut self, mut read: impl FnMut(Span) -> Option<Vec<f32>>) -> bool {
        let mut restored = Zeroizing::new(vec![0.0; self.length]);
        for &(offset, span) in &self.stretches {
            let Some(got) = read(span).map(Zeroizing::new) else { return false };
            let (Some(room), wanted) = (restored.get_mut(offset..), span.samples() as usize) else { return false };
            room.iter_mut().zip(got.iter().take(wanted)).for_each(|(to, from)| *to = *from);
        }
        self.samples = std::mem::take(&mut *restored);
        true
    }

    /// Drops what was said at or after `from`. False when nothing is left.
    pub fn forget_from(&mut self, from: Sample) -> bool {
        Span::new(from, Sample(u64::MAX)).is_none_or(|span| self.forget(span))
    }

    /// Drops what was said in `gone`. False when nothing is left.
    pub fn forget(&mut self, gone: Span) -> bool {
        let outside = |(offset, span): (usize, Span)| {
            let before = Span::new(span.start(), span.end().min(gone.start())).map(|left| (offset, left));
            let after = Span::new(span.start().max(gone.end()), span.end())
                .map(|left| (offset + (left.start().0 - span.start().0) as usize, left));
            before.into_iter().chain(after)
        };
        for (offset, secret) in self.stretches.iter().filter_map(|&(offset, span)| {
            let secret = span.overlap(gone)?;
            Some((offset + (secret.start().0 - span.start().0) as usize, secret.samples() as usize))
        }) {
            self.samples.iter_mut().skip(offset).take(secret).for_each(|sample| *sample = 0.0);
        }
        self.pieces = self.pieces.drain(..).flat_map(outside).collect();
        self.stretches = self.stretches.drain(..).flat_map(outside).collect();
        self.length = self.stretches.last().map_or(0, |(offset, span)| offset + span.samples() as usize);
        self.samples.truncate(self.length);
        !self.pieces.is_empty()
    }

    /// The speech between two places of the window; if there is none, the piece nearest to their middle.
    fn speech_between(&self, start: u64, end: u64) -> Vec<Span> {
        let mut regions: Vec<Span> = self
            .pieces
            .iter()
            .filter_map(|&(offset, span)| {
                let offset = offset as u64;
                let first = start.max(offset);
                let last = end.min(offset + span.samples());
                let at = |place: u64| Sample(span.start().0 + (place - offset));
                (first < last).then(|| Span::new(at(first), at(last)))?
            })
            .collect();
        let enough = |regions: &[Span]| regions.iter().any(|r| r.samples() >= SLIVER);
        if regions.len() > 1 && enough(&regions[1..]) && regions[0].samples() < SLIVER {
            regions.remove(0);
        }
        if regions.len() > 1 && enough(&regions[..regions.len() - 1]) {
            regions.pop_if(|last| last.samples() < SLIVER);
        }
        if regions.is_empty() {
            let middle = start / 2 + end / 2;
            let distance = |&(offset, span): &(usize, Span)| {
                let (offset, end) = (offset as u64, offset as u64 + span.samples());
                offset.saturating_sub(middle).max(middle.saturating_sub(end))
            };
            regions.extend(self.pieces.iter().min_by_key(|piece| distance(piece)).map(|(_, span)| *span));
        }
        regions
    }
}

/// How many of the words fall into the first of the regions, if all of them fill all of the regions: the number that
/// comes nearest, where a sentence that ends nearly there counts as nearer.
fn fitting(words: &[Extent], regions: &[Span]) -> usize {
    let speech: u64 = regions.iter().map(|region| region.samples()).sum();
    let border = regions.first().map_or(0, |region| region.samples());
    let total = total(words);
    let mut before = 0;
    let mut best = (border, border, 0);
    for (i, word) in words.iter().enumerate() {
        before += word.length as u64;
        let distance = (speech * before / total).abs_diff(border);
        best = best.min((distance.saturating_sub(word.pause_near), distance, i + 1));
    }
    best.2
}

/// Spreads words over a region.
fn spread(words: &[Extent], region: Span) -> impl Iterator<Item = Span> {
    let (samples, total) = (region.samples(), total(words));
    let mut before = 0;
    words.iter().filter_map(move |word| {
        let start = (samples * before / total).min(samples - 1);
        before += word.length as u64;
        let end = (samples * before / total).max(start + 1);
        Span::new(Sample(region.start().0 + start), Sample(region.start().0 + end))
    })
}

fn total(words: &[Extent]) -> u64 {
    words.iter().map(|word| word.length as u64).sum::<u64>().max(1)
}

/// Packs one track's speech into windows as it becomes final.
pub struct Packer {
    track: Track,
    /// The latest samples, and the position of the first of them.
    held: VecDeque<f32>,
    base: u64,
    /// The window being filled.
    open: Window,
    /// Where the last speech ended: no margin reaches into it.
    said: u64,
    /// In samples.
    longest: usize,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Packer {
    pub fn new(track: Track) -> Self {
        Self::within(track, WINDOW_SAMPLES_MAX)
    }

    /// Packs windows of at most `longest` samples, for a model that has not learnt longer ones.
    pub fn within(track: Track, longest: usize) -> Self {
        let longest = longest.clamp(WINDOW_SAMPLES_LEAST, WINDOW_SAMPLES_MAX);
        Self { track, held: VecDeque::new(), base: 0, open: Window::new(track), said: 0, longest }
    }

    /// Takes the track's next samples, and the speech that voice activity has declared final since the last call.
    pub fn push(&mut self, samples: &[f32], speech: &[Span]) -> Vec<Window> {
        self.held.extend(samples);
        let full = self.take(speech);
        let surplus = self.held.len().saturating_sub(KEPT);
        self.held.drain(..surplus);
        self.base += surplus as u64;
        full
    }

    /// The open window, if there has been a long pause since and it holds enough to be worth a pass: so that little is
    /// left to do at the end of a session.
    pub fn close_after_pause(&mut self) -> Option<Window> {
        (self.position() >= self.said + LONG_PAUSE && self.open.length >= WORTH_DECODING).then(|| self.close())?
    }

    /// Drops what lies at or after `from` and is not packed yet: off the record. The clock goes on.
    pub fn forget_from(&mut self, from: Sample) {
        if let Some(span) = Span::new(from, Sample(u64::MAX)) {
            self.forget(span);
        }
        self.said = self.said.min(from.0);
    }

    /// Drops what lies in `gone` and is not packed yet.
    pub fn forget(&mut self, gone: Span) {
        if !self.open.forget(gone) {
            self.open = Window::new(self.track);
        }
        let place = |at: Sample| at.0.saturating_sub(self.base).min(self.held.len() as u64) as usize;
        let secret = place(gone.start())..place(gone.end());
        self.held.range_mut(secret).for_each(|sample| *sample = 0.0);
    }

    /// The rest, given the speech that was still open.
    pub fn finish(mut self, speech: &[Span]) -> Vec<Window> {
        let mut full = self.take(speech);
        full.extend(self.close());
        full
    }

    /// How many samples it has taken.
    pub fn position(&self) -> u64 {
        self.base + self.held.len() as u64
    }

    fn take(&mut self, speech: &[Span]) -> Vec<Window> {
        let mut full = Vec::new();
        for (i, span) in speech.iter().enumerate() {
            // The margin behind this speech ends where the next begins, as far as that is known.
            let next = speech.get(i + 1).map_or(u64::MAX, |next| next.start().0);
            let mut start = span.start().0.max(self.said);
            while start < span.end().0 {
                let end = span.end().0.min(start + (self.longest - 2 * MARGIN) as u64);
                if let Some(piece) = Span::new(Sample(start), Sample(end)) {
                    full.extend(self.add(piece, if end < span.end().0 { end } else { next }));
                }
                start = end;
            }
        }
        full
    }

    /// Adds a piece; returns the open window if it was too full for it.
    fn add(&mut self, piece: Span, next: u64) -> Option<Window> {
        let lead = piece.start().0.saturating_sub(MARGIN as u64).max(self.said);
        let tail = (piece.end().0 + MARGIN as u64).min(self.position()).min(next).max(piece.end().0);
        let mut full = None;
        let (mut offset, mut from) = self.join(lead, piece);
        let end = |offset: usize, from: u64| offset + (tail - from) as usize;
        if !self.open.pieces.is_empty() && end(offset, from) > self.longest {
            full = self.close();
            (offset, from) = (0, lead);
        }
        if let Some(sound) = Span::new(Sample(from), Sample(tail)) {
            self.append(offset, sound);
        }
        // A piece that begins before `from` begins in sound that is there already: the last stretch reaches into it.
        let start = (offset as u64 + piece.start().0).saturating_sub(from) as usize;
        self.open.pieces.push((start, piece));
        self.said = piece.end().0;
        full
    }

    fn append(&mut self, offset: usize, sound: Span) {
        let samples = self.sound(sound);
        self.open.samples.resize(offset, 0.0);
        self.open.samples.extend_from_slice(&samples);
        self.open.length = self.open.samples.len();
        match self.open.stretches.last_mut() {
            Some((at, last)) if last.end() == sound.start() && *at + last.samples() as usize == offset => {
                *last = Span::new(last.start(), sound.end()).unwrap_or(*last);
            }
            _ => self.open.stretches.push((offset, sound)),
        }
    }

    /// Where in the open window the sound of the next piece goes, and from which sample on: right after what is there
    /// where the two meet, else behind enough silence.
    fn join(&self, lead: u64, piece: Span) -> (usize, u64) {
        let (Some((_, last)), Some((at, said))) = (self.open.stretches.last(), self.open.pieces.last()) else {
            return (0, lead);
        };
        if lead <= last.end().0 && last.end() <= piece.end() {
            return (self.open.length, last.end().0);
        }
        let silence = self.open.length - (at + said.samples() as usize) + (piece.start().0 - lead) as usize;
        (self.open.length + MIN_BETWEEN.saturating_sub(silence), lead)
    }

    /// The sound of a span; zeros where it is not held any more.
    fn sound(&self, span: Span) -> Zeroizing<Vec<f32>> {
        let place = |at: Sample| (at.0.saturating_sub(self.base) as usize).min(self.held.len());
        let held = place(span.start())..place(span.end());
        let gone = (self.base.saturating_sub(span.start().0) as usize).min(span.samples() as usize);
        let mut sound = Zeroizing::new(Vec::with_capacity(span.samples() as usize));
        sound.resize(gone, 0.0);
        sound.extend(self.held.range(held));
        sound.resize(span.samples() as usize, 0.0);
        sound
    }

    fn close(&mut self) -> Option<Window> {
        let closed = std::mem::replace(&mut self.open, Window::new(self.track));
        (!closed.pieces.is_empty()).then_some(closed)
    }
}

#[cfg(test)]
mod tests;
