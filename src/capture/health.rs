//! What is wrong with the sound right now, told within seconds and without any of the sound.

use std::collections::VecDeque;

use super::Block;
use crate::units::SAMPLE_RATE;

/// The level of nothing, in dB of full scale: JSON has no minus infinity.
pub const LEVEL_FLOOR_DB: f32 = -120.0;

/// What is known about the stream. No sound.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Health {
    /// Samples (at 16 kHz) that were lost because nobody took them in time; silence stands in for them.
    pub dropped: u64,
    /// How often the stream broke or went missing.
    pub gaps: u32,
    /// Level of the last second of each track, in dB of full scale; [`LEVEL_FLOOR_DB`] for a track there is not.
    pub level_db: [f32; 2],
    pub alarm: Option<Alarm>,
}

impl Default for Health {
    fn default() -> Self {
        Self { dropped: 0, gaps: 0, level_db: [LEVEL_FLOOR_DB; 2], alarm: None }
    }
}

/// What is wrong right now, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The input broke and is being opened again; silence stands in meanwhile.
    Rebuilding,
    /// The input is open and gives no samples.
    NoSound,
    /// Every sample is exactly zero: muted in software, or a microphone switched off.
    AllZero,
    /// Far quieter than any room: muted in hardware, or the wrong input.
    Silent,
    /// Louder than the input can measure: words are being distorted.
    Clipped,
}

/// How much of a track is looked at: with the second that the level covers, every alarm is up within 5 s.
const WATCHED_SECONDS: f32 = 3.0;
/// Quieter than this, for all of [`WATCHED_SECONDS`], no microphone in a room can be: a quiet office through a laptop's
/// microphone measures -65 to -50 dB, a muted analogue input below -80.
const SILENT_BELOW_DB: f32 = -75.0;
/// Samples this near to full scale are taken for cut off.
const CLIPPED_FROM: f32 = 0.999;
/// Share of cut-off samples in [`WATCHED_SECONDS`] from which distortion is heard. Single peaks are not.
const CLIPPED_SHARE: f32 = 0.001;

/// What one block was like.
#[derive(Clone, Copy, Debug)]
struct Seen {
    samples: usize,
    energy: f64,
    clipped: usize,
    all_zero: bool,
}

/// Looks at one track's blocks as they pass.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: VecDeque<Seen>,
}

impl Watch {
    pub fn look(&mut self, block: &Block) {
        self.seen.push_back(Seen {
            samples: block.samples.len(),
            energy: block.samples.iter().map(|s| f64::from(*s).powi(2)).sum(),
            clipped: block.samples.iter().filter(|s| s.abs() >= CLIPPED_FROM).count(),
            all_zero: block.samples.iter().all(|s| *s == 0.0),
        });
        while self.seconds() - self.seen.front().map_or(0.0, |oldest| seconds(oldest.samples)) >= WATCHED_SECONDS {
            self.seen.pop_front();
        }
    }

    /// What was seen before a gap says nothing about the input after it.
    pub fn forget(&mut self) {
        self.seen.clear();
    }

    /// Level of the last second.
    pub fn level_db(&self) -> f32 {
        let mut samples = 0;
        let mut energy = 0.0;
        for seen in self.seen.iter().rev() {
            if samples >= SAMPLE_RATE as usize {
                break;
            }
            samples += seen.samples;
            energy += seen.energy;
        }
        decibels(energy, samples)
    }

    /// What is wrong with the sound itself; `None` until enough of it was seen.
    pub fn alarm(&self) -> Option<Alarm> {
        if self.seconds() < WATCHED_SECONDS {
            return None;
        }
        let samples: usize = self.seen.iter().map(|seen| seen.samples).sum();
        let clipped: usize = self.seen.iter().map(|seen| seen.clipped).sum();
        if self.seen.iter().all(|seen| seen.all_zero) {
            Some(Alarm::AllZero)
        } else if self.seen.iter().all(|seen| decibels(seen.energy, seen.samples) < SILENT_BELOW_DB) {
            Some(Alarm::Silent)
        } else if clipped as f32 >= CLIPPED_SHARE * samples as f32 {
            Some(Alarm::Clipped)
        } else {
            None
        }
    }

    fn seconds(&self) -> f32 {
        self.seen.iter().map(|seen| seconds(seen.samples)).sum()
    }
}

fn seconds(samples: usize) -> f32 {
    samples as f32 / SAMPLE_RATE as f32
}

/// Mean power in dB of full scale, where a full-scale square wave has 0 dB.
fn decibels(energy: f64, samples: usize) -> f32 {
    let mean = energy / samples.max(1) as f64;
    (10.0 * mean.log10()).max(f64::from(LEVEL_FLOOR_DB)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{session::Track, units::Sample};

    /// `seconds` of blocks of a quarter second, whose samples `sound` gives.
    fn watch(seconds: usize, sound: impl Fn(usize) -> f32) -> Watch {
        let mut watch = Watch::default();
        for first in (0..seconds * 16_000).step_by(4_000) {
            let samples = (first..first + 4_000).map(&sound).collect();
            watch.look(&Block { first: Sample(first as u64), track: Track(0), samples });
        }
        watch
    }

    fn sine(amplitude: f32) -> impl Fn(usize) -> f32 {
        move |i| amplitude * (i as f32 * 0.1).sin()
    }

    #[test]
    fn alarms_are_up_within_four_seconds_and_not_without_cause() {
        let cases: [(&str, Watch, Option<Alarm>); 7] = [
            ("speech level", watch(4, sine(0.1)), None),
            ("quiet room", watch(4, sine(0.001)), None),
            ("zero", watch(4, |_| 0.0), Some(Alarm::AllZero)),
            ("zero, but not for long", watch(2, |_| 0.0), None),
            ("muted input's own noise", watch(4, sine(0.000_05)), Some(Alarm::Silent)),
            ("overdriven", watch(4, |i| (4.0 * sine(1.0)(i)).clamp(-1.0, 1.0)), Some(Alarm::Clipped)),
            ("one peak", watch(4, |i| if i == 50_000 { 1.0 } else { sine(0.1)(i) }), None),
        ];
        for (name, watch, expected) in cases {
            assert_eq!(watch.alarm(), expected, "{name}");
        }
    }

    #[test]
    fn the_level_is_that_of_the_last_second() {
        let loud_then_quiet = watch(4, |i| if i < 48_000 { 0.9 } else { sine(0.1)(i) });
        assert!((loud_then_quiet.level_db() + 23.0).abs() < 0.1, "{}", loud_then_quiet.level_db());
        assert_eq!(Watch::default().level_db(), LEVEL_FLOOR_DB);
    }
}
