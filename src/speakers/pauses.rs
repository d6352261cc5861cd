//! How loud it was on a session's one track, as far as anybody asks for it: how often it had which level, and what the level was
//! in short pauses. A level for each frame of the session would be a third of a megabyte an hour.

use super::{
    features::{HOP, Mel},
    segmentation::LONGEST_PAUSE,
    tracks::{Counts, db, level},
};
use crate::units::{Sample, Span};

/// Below all there is.
const SILENCE_DB: f32 = f32::MIN;

#[derive(Clone, Debug, Default)]
pub struct Pauses {
    counts: Counts,
    /// Pauses shorter than [`LONGEST_PAUSE`], in order.
    short: Vec<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    /// First frame (of 10 ms), and how many there are.
    start: u32,
    frames: u8,
    mean_db: f32,
}

const _: () = assert!(LONGEST_PAUSE / (HOP as u64) < 254, "its frames are counted in a byte");

impl Pauses {
    pub fn push(&mut self, power: f32) {
        self.counts.add(level(power));
    }

    /// The frames between two stretches of speech that end and begin there, if that is a short pause.
    pub fn frames(from: Sample, to: Sample) -> Option<std::ops::Range<usize>> {
        let pause = Span::new(from, to).filter(|pause| pause.samples() < LONGEST_PAUSE)?;
        Some(frames(pause))
    }

    /// Keeps the mean level of a short pause, given its frames and the number of the first.
    pub fn add(&mut self, start: usize, heard: &[Mel]) {
        let sum: f32 = heard.iter().map(|frame| db(level(frame.power))).sum();
        let (Ok(start), Ok(frames)) = (u32::try_from(start), u8::try_from(heard.len())) else { return };
        if frames > 0 {
            self.short.push(Pause { start, frames, mean_db: sum / f32::from(frames) });
        }
    }

    /// The level (dB) that this share of the session's frames stays below.
    pub fn quantile(&self, share: f32) -> f32 {
        self.counts.quantile(share)
    }

    /// The mean level (dB) in a short pause; of anything else, as far as short pauses lie in it.
    pub fn mean(&self, pause: Span) -> f32 {
        let wanted = frames(pause);
        let from = self.short.partition_point(|known| known.start as usize + usize::from(known.frames) <= wanted.start);
        let inside = self.short.iter().skip(from).take_while(|known| (known.start as usize) < wanted.end);
        let (sum, count) = inside.fold((0.0, 0.0), |(sum, count), known| {
            let shared = |known: &Pause| {
                let end = known.start as usize + usize::from(known.frames);
                (end.min(wanted.end) - wanted.start.max(known.start as usize)) as f32
            };
            (sum + known.mean_db * shared(known), count + shared(known))
        });
        if count > 0.0 { sum / count } else { SILENCE_DB }
    }

    /// Bytes that grow with the session, without what vectors hold in reserve.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        size_of_val(self.short.as_slice())
    }
}

fn frames(span: Span) -> std::ops::Range<usize> {
    span.start().0 as usize / HOP..span.end().0.div_ceil(HOP as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{speakers::features::BANDS, units::SAMPLE_RATE};

    fn at(frame: u64) -> Sample {
        Sample(frame * HOP as u64)
    }

    #[test]
    fn the_level_of_a_short_pause_is_known() {
        let mut pauses = Pauses::default();
        let loud = |power: f32| Mel { bands: [0.0; BANDS], power };
        for power in [1e-4; 90].into_iter().chain([1e-9; 10]) {
            pauses.push(power);
        }
        assert_eq!(pauses.quantile(0.5), -40.0);
        assert_eq!(pauses.quantile(0.05), -90.0);

        assert_eq!(Pauses::frames(at(10), at(30)), Some(10..30));
        assert_eq!(Pauses::frames(at(10), at(10)), None);
        assert_eq!(Pauses::frames(at(10), Sample(at(10).0 + 2 * u64::from(SAMPLE_RATE))), None);
        pauses.add(10, &[loud(1e-4), loud(1e-5)]);
        pauses.add(40, &[loud(1e-6), loud(1e-6)]);
        for (start, end, mean) in [
            (10, 12, -45.0),
            (40, 42, -60.0),
            (41, 43, -60.0),
            (10, 42, -52.5),
            (12, 40, SILENCE_DB),
            (0, 9, SILENCE_DB),
        ] {
            assert_eq!(pauses.mean(Span::new(at(start), at(end)).unwrap()), mean, "{start}..{end}");
        }
    }
}
