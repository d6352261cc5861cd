//! Two devices' clocks differ by up to a hundred parts in a million: a third of a second in an hour. With two tracks each
//! line is kept to the monotonic clock instead, a sample at a time.
//!
//! How late a line is jumps with every period of the device and every busy moment, but never falls below what the device
//! needs; so the least lateness within half a minute is what is compared.

use crate::units::{SAMPLE_RATE, Sample};

/// Lateness is compared over stretches of this length: 30 s, in which clocks 100 ppm apart part by 3 ms.
const STRETCH: u64 = SAMPLE_RATE as u64 * 30;
/// What is left alone: 5 ms, in samples.
const LEAST: i64 = SAMPLE_RATE as i64 / 200;
/// A sample is put in or left out in every piece of this length, where it can be heard least: what arrives between two looks
/// (20 ms). A shorter piece is one too, or a device that gives little at a time would never be mended.
const PIECE: usize = SAMPLE_RATE as usize / 50;
/// More than a device's clock can do between two stretches (1,000 ppm): something else happened, and it is the new start.
const MOST: i64 = STRETCH as i64 / 1_000 + LEAST;

/// How far one line has drifted, and what is still to be mended.
#[derive(Debug, Default)]
pub(super) struct Drift {
    /// Where the present stretch began, and the least lateness in it.
    stretch: Option<(Sample, i64)>,
    /// The least lateness of the first stretch: the device's own delay.
    delay: Option<i64>,
    /// Samples to put in; negative: to leave out.
    owed: i64,
}

impl Drift {
    /// Takes that the line ended at `end` when the clock said `now`.
    pub fn note(&mut self, now: Sample, end: Sample) {
        if self.owed != 0 {
            // What is mended just now would count as drift once more.
            self.stretch = None;
            return;
        }
        let late = now.0 as i64 - end.0 as i64;
        let (began, least) = self.stretch.map_or((now, late), |(began, least)| (began, least.min(late)));
        self.stretch = Some((began, least));
        if now.0.saturating_sub(began.0) < STRETCH {
            return;
        }
        self.stretch = None;
        let drifted = least - *self.delay.get_or_insert(least);
        if drifted.abs() > MOST {
            self.delay = Some(least);
        } else if drifted.abs() >= LEAST {
            self.owed = drifted;
        }
    }

    /// Puts in or leaves out what is owed, in samples that follow each other.
    pub fn mend(&mut self, samples: &mut Vec<f32>) {
        let mut first = 0;
        while self.owed != 0 && first + 2 <= samples.len() {
            let last = (first + PIECE).min(samples.len()) - 1;
            // Between the two neighbours that differ least nobody hears it.
            let step = |at: &usize| (samples[at + 1] - samples[*at]).abs();
            let at = (first..last).min_by(|a, b| step(a).total_cmp(&step(b))).unwrap_or(first);
            if self.owed > 0 {
                samples.insert(at + 1, (samples[at] + samples[at + 1]) / 2.0);
            } else {
                samples.remove(at);
            }
            self.owed -= self.owed.signum();
            first += PIECE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worst distance in milliseconds, from the first minute on, between where a device's samples lie on the line and
    /// when they were taken, in an hour of a device that is `ppm` too fast.
    fn worst_ms(ppm: i64, stalls: bool, looks_per_s: u64, period: u64) -> f64 {
        let (mut drift, mut end, mut taken, mut worst) = (Drift::default(), 0u64, 0u64, 0.0f64);
        let mut state = 1u64;
        for look in 1..3_600 * looks_per_s {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Less up to a period (samples) that is still in the device; some looks come to nothing at all.
            let now = look * SAMPLE_RATE as u64 / looks_per_s;
            let waiting = (state >> 33) % period;
            let given = (now - waiting).saturating_add_signed((now as i64 - waiting as i64) * ppm / 1_000_000);
            if stalls && look % (60 * looks_per_s) < 2 * looks_per_s {
                continue;
            }
            let mut samples = vec![0.1; given.saturating_sub(taken) as usize];
            taken = taken.max(given);
            drift.mend(&mut samples);
            end += samples.len() as u64;
            drift.note(Sample(now), Sample(end));
            if look > 60 * looks_per_s {
                // The last sample on the line was taken `waiting` ago.
                let off = end as f64 - (now - waiting) as f64;
                worst = worst.max(off.abs() * 1_000.0 / f64::from(SAMPLE_RATE));
            }
        }
        worst
    }

    #[test]
    fn an_hour_of_a_clock_that_is_off_stays_within_milliseconds() {
        for ppm in [-200, -100, -20, 0, 20, 100, 200] {
            // What the microphone is looked at for is 20 ms; a busy computer gives more at once.
            for (stalls, looks_per_s, period) in [(false, 20, 320), (true, 20, 320), (true, 50, 320), (false, 50, 1)] {
                let worst = worst_ms(ppm, stalls, looks_per_s, period);
                assert!(worst < 20.0, "{ppm} ppm, {stalls}, {looks_per_s} a second, {period}: {worst} ms");
            }
        }
    }

    #[test]
    fn a_jump_is_not_drift() {
        let mut drift = Drift::default();
        for second in 1..200u64 {
            let now = second * SAMPLE_RATE as u64;
            let lost = if second > 70 { SAMPLE_RATE as u64 / 2 } else { 0 };
            drift.note(Sample(now), Sample(now - lost));
            assert_eq!(drift.owed, 0, "{second} s");
        }
    }

    #[test]
    fn nothing_owed_changes_no_bit() {
        let mut samples: Vec<f32> = (0..2_000).map(|i| (i as f32).sin()).collect();
        let before = samples.clone();
        Drift::default().mend(&mut samples);
        assert!(samples == before);
    }

    #[test]
    fn a_sample_goes_in_or_out_where_the_sound_hardly_moves() {
        for owed in [1, -1] {
            let mut samples: Vec<f32> = (0..PIECE).map(|i| (i as f32 * 0.3).sin()).collect();
            let mut drift = Drift { owed, ..Drift::default() };
            drift.mend(&mut samples);
            assert_eq!((samples.len() as i64, drift.owed), (PIECE as i64 + owed, 0));
            assert!(samples.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.31), "{owed}");
        }
    }
}
