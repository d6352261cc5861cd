//! Packs speech into windows for Whisper: a window costs the same whether it holds two seconds of speech or 28, and what
//! is not speech only tempts the model to invent words. Times are mapped back piece by piece, so nothing drifts.

use std::{collections::VecDeque, fmt};

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
/// A longer piece is cut.
const PIECE_MAX: usize = WINDOW_SAMPLES_MAX - 2 * MARGIN;
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

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("track", &self.track).field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

impl Window {
    fn new(track: Track) -> Self {
        Self { track, samples: Vec::new(), pieces: Vec::new(), stretches: Vec::new(), length: 0 }
    }

    /// The session's time for a time in the window (seconds from its start); `None` where no piece is.
    pub fn session_time(&self, seconds: f64) -> Option<Sample> {
        let at = Sample::from_seconds(seconds).0;
        self.pieces.iter().find_map(|&(offset, span)| {
            let into = at.checked_sub(offset as u64)?;
            (into < span.samples()).then(|| Sample(span.start().0 + into))
        })
    }

    /// Places consecutive words, said between two times in the window, on the session clock: each in proportion to its
    /// weight, over speech only, and whole within the piece that holds its midpoint.
    pub fn place(&self, start_s: f64, end_s: f64, weights: &[usize]) -> Vec<Span> {
        let regions = self.speech_between(Sample::from_seconds(start_s).0, Sample::from_seconds(end_s).0);
        let speech: u64 = regions.iter().map(|r| r.samples()).sum();
        let total: u64 = weights.iter().map(|w| *w as u64).sum::<u64>().max(1);
        let mut before = 0u64;
        weights
            .iter()
            .filter_map(|weight| {
                let start = speech * before / total;
                before += *weight as u64;
                let end = speech * before / total;
                within(&regions, start, end)
            })
            .collect()
    }

    /// Seconds of speech.
    pub fn speech_s(&self) -> f64 {
        self.pieces.iter().map(|(_, span)| span.seconds()).sum()
    }

    /// Gives its samples up; [`Window::restore`] gets them back.
    pub fn shed(&mut self) {
        self.samples = Vec::new();
    }

    /// Reads shed samples again. False, and nothing changes, when `read` cannot give some of them at all.
    pub fn restore(&mut self, mut read: impl FnMut(Span) -> Option<Vec<f32>>) -> bool {
        let mut restored = vec![0.0; self.length];
        for &(offset, span) in &self.stretches {
            let Some(got) = read(span) else { return false };
            let (Some(room), wanted) = (restored.get_mut(offset..), span.samples() as usize) else { return false };
            room.iter_mut().zip(got.iter().take(wanted)).for_each(|(to, from)| *to = *from);
        }
        self.samples = restored;
        true
    }

    /// Drops what was said at or after `from`. False when nothing is left.
    pub fn forget_from(&mut self, from: Sample) -> bool {
        let cut = |(offset, span): (usize, Span)| Some((offset, Span::new(span.start(), span.end().min(from))?));
        self.pieces = self.pieces.drain(..).filter_map(cut).collect();
        self.stretches = self.stretches.drain(..).filter_map(cut).collect();
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

/// The span for `start..end` of the regions laid end to end, within the one that holds the midpoint.
fn within(regions: &[Span], start: u64, end: u64) -> Option<Span> {
    let middle = start + (end - start) / 2;
    let mut before = 0;
    for (i, region) in regions.iter().enumerate() {
        let length = region.samples();
        if middle < before + length || i + 1 == regions.len() {
            let first = start.clamp(before, before + length - 1) - before;
            let last = (end.saturating_sub(before)).clamp(first + 1, length);
            return Span::new(Sample(region.start().0 + first), Sample(region.start().0 + last));
        }
        before += length;
    }
    None
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
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Packer {
    pub fn new(track: Track) -> Self {
        Self { track, held: VecDeque::new(), base: 0, open: Window::new(track), said: 0 }
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
        if !self.open.forget_from(from) {
            self.open = Window::new(self.track);
        }
        self.said = self.said.min(from.0);
        let first = from.0.saturating_sub(self.base) as usize;
        self.held.iter_mut().skip(first).for_each(|sample| *sample = 0.0);
    }

    /// The rest, given the speech that was still open.
    pub fn finish(mut self, speech: &[Span]) -> Vec<Window> {
        let mut full = self.take(speech);
        full.extend(self.close());
        full
    }

    fn position(&self) -> u64 {
        self.base + self.held.len() as u64
    }

    fn take(&mut self, speech: &[Span]) -> Vec<Window> {
        let mut full = Vec::new();
        for (i, span) in speech.iter().enumerate() {
            // The margin behind this speech ends where the next begins, as far as that is known.
            let next = speech.get(i + 1).map_or(u64::MAX, |next| next.start().0);
            let mut start = span.start().0.max(self.said);
            while start < span.end().0 {
                let end = span.end().0.min(start + PIECE_MAX as u64);
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
        if !self.open.pieces.is_empty() && end(offset, from) > WINDOW_SAMPLES_MAX {
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
        self.open.samples.extend(samples);
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
    fn sound(&self, span: Span) -> Vec<f32> {
        let place = |at: Sample| (at.0.saturating_sub(self.base) as usize).min(self.held.len());
        let held = place(span.start())..place(span.end());
        let gone = (self.base.saturating_sub(span.start().0) as usize).min(span.samples() as usize);
        let mut sound = Vec::with_capacity(span.samples() as usize);
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span::new(Sample(start as u64), Sample(end as u64)).unwrap()
    }

    /// The sound at a place tells the place; nowhere zero.
    fn sound(length: usize) -> Vec<f32> {
        (0..length).map(|at| 1.0 + at as f32).collect()
    }

    /// Packs as a session does: in blocks, each span as late as voice activity may hand it over.
    fn pack(length: usize, speech: &[Span], late: usize) -> Vec<Window> {
        let (mut packer, sound) = (Packer::new(Track(0)), sound(length));
        let (mut windows, mut handed) = (Vec::new(), 0);
        for (i, block) in sound.chunks(8000).enumerate() {
            let heard = i * 8000 + block.len();
            let ready = speech.iter().take_while(|s| s.end().0 as usize + late <= heard).count();
            windows.extend(packer.push(block, &speech[handed..ready]));
            handed = ready;
        }
        windows.extend(packer.finish(&speech[handed..]));
        windows
    }

    /// Pauses and lengths, in tenths of a second, to spans; a pause of 0 makes two spans touch.
    fn spans(tenths: &[(usize, usize)]) -> (Vec<Span>, usize) {
        let mut at = 0;
        let mut spans = Vec::new();
        for (pause, length) in tenths {
            let start = at + if *pause < 3 { 0 } else { pause * 1600 };
            at = start + length * 1600;
            spans.push(span(start, at));
        }
        (spans, at + 16_000)
    }

    #[test]
    fn pieces_are_apart_and_short_pauses_are_real_sound() {
        // 1 s of speech, 0.4 s of pause, 1 s, 10 s of pause, 1 s.
        let windows = pack(400_000, &[span(16_000, 32_000), span(38_400, 54_400), span(214_400, 230_400)], 4800);
        assert_eq!(windows.len(), 1);
        let window = &windows[0];
        let pieces = [
            (3200, span(16_000, 32_000)),
            (25_600, span(38_400, 54_400)),
            (25_600 + 16_000 + 6400, span(214_400, 230_400)),
        ];
        assert_eq!(window.pieces, pieces);
        assert_eq!(window.samples.len(), 48_000 + 16_000 + 3200);
        assert!(window.samples.iter().all(|s| *s > 0.0));
        assert_eq!(window.session_time(0.1), None);
        assert_eq!(window.session_time(0.2), Some(Sample(16_000)));
        assert_eq!(window.session_time(1.2), None);
        assert_eq!(window.session_time(3.0), Some(Sample(214_400)));
        assert_eq!(window.session_time(f64::MAX), None);
    }

    #[test]
    fn a_piece_too_many_opens_the_next_window() {
        let windows = pack(1_000_000, &[span(0, 320_000), span(330_000, 600_000)], 4800);
        assert_eq!(windows.iter().map(|w| w.pieces.len()).collect::<Vec<_>>(), [1, 1]);
        // Without a pause, nothing is decoded twice.
        let windows = pack(1_000_000, &[span(0, 320_000), span(320_000, 600_000)], 0);
        assert_eq!(windows[1].pieces[0], (0, span(320_000, 600_000)));
        assert_eq!(windows[0].samples.len(), 320_000);
    }

    #[test]
    fn a_long_pause_closes_what_is_worth_a_pass() {
        for (speech, pause, closes) in [(12, 2, false), (12, 3, true), (8, 60, false)] {
            let mut packer = Packer::new(Track(0));
            let length = (speech + pause) * 16_000;
            assert_eq!(packer.push(&sound(length), &[span(0, speech * 16_000)]), []);
            assert_eq!(packer.close_after_pause().is_some(), closes, "{speech} s, then {pause} s");
            assert_eq!(packer.finish(&[]).is_empty(), closes);
        }
    }

    #[test]
    fn words_lie_in_speech_and_in_one_piece() {
        let windows = pack(200_000, &[span(16_000, 32_000), span(64_000, 96_000)], 4800);
        let window = &windows[0];
        // From the silence before to the silence behind: all speech, 1 s and 2 s of it.
        let placed = window.place(0.0, 30.0, &[1, 1, 1, 1]);
        let expected = [span(16_000, 28_000), span(28_000, 32_000), span(72_000, 84_000), span(84_000, 96_000)];
        assert_eq!(placed[0], expected[0]);
        // The second word's midpoint is at the border: it belongs to the second piece.
        assert_eq!(placed[1], span(64_000, 72_000));
        assert_eq!(placed[2..], expected[2..]);
        // A segment whose start lies a little before the end of the first piece is about the second.
        assert_eq!(window.place(1.1, 30.0, &[1]), [span(64_000, 96_000)]);
        // In silence, or outside: the nearest piece.
        assert_eq!(window.place(0.0, 0.1, &[1]), [span(16_000, 32_000)]);
        assert_eq!(window.place(28.0, 29.0, &[1]), [span(64_000, 96_000)]);
        assert_eq!(window.place(5.0, 1.0, &[1]).len(), 1);
        assert_eq!(window.place(0.0, 30.0, &[]), []);
        assert_eq!(window.place(0.0, 30.0, &[0, 0]).len(), 2);
    }

    #[test]
    fn off_the_record_leaves_no_sample() {
        let mut packer = Packer::new(Track(0));
        packer.push(&sound(80_000), &[span(0, 16_000), span(32_000, 48_000)]);
        packer.forget_from(Sample(40_000));
        packer.push(&sound(160_000)[80_000..], &[span(100_000, 116_000)]);
        let windows = packer.finish(&[]);
        let pieces: Vec<Span> = windows[0].pieces.iter().map(|p| p.1).collect();
        assert_eq!(pieces, [span(0, 16_000), span(32_000, 40_000), span(100_000, 116_000)]);
        assert!(windows[0].samples.iter().all(|s| *s <= 40_000.0 || *s > 80_000.0));
        let mut window = windows[0].clone();
        assert!(window.forget_from(Sample(10_000)));
        assert_eq!((window.pieces, window.samples), (vec![(0, span(0, 10_000))], sound(10_000)));
        assert!(!windows[0].clone().forget_from(Sample(0)));
    }

    proptest! {
        // A case is minutes of sound.
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn nothing_is_lost_and_nothing_drifts(
            tenths in prop::collection::vec((0usize..40, 1usize..200), 1..12),
            late in 0usize..4800,
        ) {
            let (speech, length) = spans(&tenths);
            let windows = pack(length, &speech, late);
            let mut said = 0;
            let mut at = Sample(0);
            for window in &windows {
                prop_assert!(window.samples.len() <= WINDOW_SAMPLES_MAX);
                let mut behind: Option<(usize, Span)> = None;
                for &(offset, piece) in &window.pieces {
                    prop_assert!(piece.start() >= at);
                    if let Some((end, last)) = behind {
                        let touching = last.end() == piece.start();
                        prop_assert!(touching && offset == end || offset >= end + MIN_BETWEEN);
                    }
                    let heard = &window.samples[offset..offset + piece.samples() as usize];
                    let expected = piece.start().0 as f32 + 1.0;
                    prop_assert_eq!((heard[0], heard[heard.len() - 1]), (expected, piece.end().0 as f32));
                    said += piece.samples();
                    at = piece.end();
                    behind = Some((offset + piece.samples() as usize, piece));
                }
                let mut again = window.clone();
                again.shed();
                let all = sound(length);
                let restored =
                    again.restore(|s| all.get(s.start().0 as usize..s.end().0 as usize).map(<[f32]>::to_vec));
                prop_assert!(restored);
                prop_assert_eq!(&again, window);
            }
            prop_assert_eq!(said, speech.iter().map(|s| s.samples()).sum::<u64>());
        }

        #[test]
        fn a_word_lies_in_the_piece_it_is_placed_in(
            tenths in prop::collection::vec((0usize..40, 1usize..60), 1..8),
            start in 0.0f64..30.0, length in 0.0f64..30.0,
            weights in prop::collection::vec(0usize..12, 0..30),
        ) {
            let (speech, total) = spans(&tenths);
            for window in pack(total, &speech, 4800) {
                let placed = window.place(start, start + length, &weights);
                prop_assert_eq!(placed.len(), weights.len());
                prop_assert!(placed.is_sorted_by_key(|word| word.start()));
                for word in placed {
                    prop_assert!(window.pieces.iter().any(|(_, piece)| word.overlap(*piece) == Some(word)));
                }
            }
        }
    }
}
