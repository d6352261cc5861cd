//! Trying an input for a moment. What it hears stays in memory and is wiped when the [`Trial`] is let go of.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{Alarm, CaptureError, Health, Heard, InputSpec, LEVEL_FLOOR_DB, open};
use crate::units::SAMPLE_RATE;

/// How long an input may take to begin: as long as the session clock waits for it, and a little more.
const START_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks at the level.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What an input gave.
#[derive(Debug)]
pub struct Trial {
    tracks: Vec<Zeroizing<Vec<f32>>>,
    alarm: Option<Alarm>,
}

/// Opens an input and listens for `lasting`; `look` is shown its health meanwhile.
///
/// # Errors
/// As [`super::open`]; or when the input ends by itself before it gave anything.
pub fn try_input(spec: &InputSpec, lasting: Duration, look: &mut dyn FnMut(&Health)) -> Result<Trial, CaptureError> {
    let mut source = open(spec, 1.0, false)?;
    let wanted = (lasting.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize;
    // All of the room at once: a vector that grows leaves copies behind.
    let mut tracks: Vec<_> = (0..source.tracks()).map(|_| Zeroizing::new(Vec::<f32>::with_capacity(wanted))).collect();
    let end = Instant::now() + lasting + START_WITHIN;
    while tracks.iter().any(|track| track.len() < wanted) && Instant::now() < end {
        match source.next(LOOK_EVERY)? {
            Heard::Block(block) => {
                if let Some(track) = tracks.get_mut(usize::from(block.track.0)) {
                    let room = wanted - track.len();
                    track.extend(block.samples.iter().take(room));
                }
            }
            Heard::Nothing => {}
            Heard::End => break,
        }
        look(&source.health());
    }
    Ok(Trial { tracks, alarm: source.health().alarm })
}

impl Trial {
    /// The sound of each track: 16 kHz.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.tracks.iter().map(|track| track.as_slice())
    }

    /// Level of each track over all of the time, in dB of full scale.
    pub fn levels_db(&self) -> Vec<f32> {
        self.tracks().map(level_db).collect()
    }

    /// What was wrong with the sound.
    pub fn alarm(&self) -> Option<Alarm> {
        let no_sound = self.tracks().any(<[f32]>::is_empty);
        let all_zero = || self.tracks().any(|track| track.iter().all(|sample| *sample == 0.0));
        match self.alarm {
            Some(alarm) => Some(alarm),
            None if no_sound => Some(Alarm::NoSound),
            // Known sooner than a session's health says it: here nobody is interrupted by a mistake.
            None if all_zero() => Some(Alarm::AllZero),
            None => None,
        }
    }
}

fn level_db(samples: &[f32]) -> f32 {
    let energy: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let mean = energy / samples.len().max(1) as f64;
    (10.0 * mean.log10()).max(f64::from(LEVEL_FLOOR_DB)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(tracks: &[&[f32]], alarm: Option<Alarm>) -> Trial {
        Trial { tracks: tracks.iter().map(|track| Zeroizing::new(track.to_vec())).collect(), alarm }
    }

    #[test]
    fn what_is_wrong_is_seen_at_once() {
        let sound: &[f32] = &[0.1, -0.1, 0.1];
        for (tracks, health, expected) in [
            (&[sound][..], None, None),
            (&[sound, &[0.0; 3]], None, Some(Alarm::AllZero)),
            (&[&[]], None, Some(Alarm::NoSound)),
            (&[sound], Some(Alarm::Clipped), Some(Alarm::Clipped)),
        ] {
            assert_eq!(trial(tracks, health).alarm(), expected);
        }
    }

    #[test]
    fn levels_are_of_full_scale() {
        let levels = trial(&[&[0.1, -0.1], &[0.0]], None).levels_db();
        assert!((levels[0] + 20.0).abs() < 0.01 && levels[1] == LEVEL_FLOOR_DB, "{levels:?}");
    }
}
