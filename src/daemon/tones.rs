//! Short tones: how a spoken command is answered, and how an alarm reaches people who look at each other and not at a
//! screen. Where there is no loudspeaker there is no tone, and nothing else changes.
//!
//! A room's microphone hears them too, and so they are in the recording. They are pure and high, which voice activity does not
//! take for a voice (a test plays them to it at every level): they are in no number and no words.

use std::{f32::consts::TAU, sync::mpsc, thread};

use crate::{capture, units::SAMPLE_RATE};

/// What a tone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// A command was obeyed.
    Done,
    /// From here on nothing is recorded.
    Off,
    /// From here on it is.
    On,
    /// An answer is wanted: "yes, delete".
    Question,
    /// A command that cannot be obeyed now.
    Refused,
    /// Something is wrong: `sidetone status` says what.
    Alarm,
}

/// A note, and the silence behind it.
const NOTE_MS: usize = 80;
const REST_MS: usize = 60;
/// The ends of a note swell for so long, or it would click.
const SWELL_MS: usize = 10;
/// -23 dB of full scale: heard across a table, and no fright.
const LOUDNESS: f32 = 0.1;
/// Pitches in Hz: a fifth apart, so that up and down are told apart by anybody; and higher than a voice. Voice activity takes
/// notes at 600 and 900 Hz for one.
const LOW: f32 = 1_320.0;
const HIGH: f32 = 1_980.0;

impl Tone {
    fn pitches(self) -> &'static [f32] {
        match self {
            Self::Done => &[HIGH],
            Self::Off => &[HIGH, LOW],
            Self::On => &[LOW, HIGH],
            Self::Question => &[LOW, LOW, HIGH],
            Self::Refused => &[LOW],
            Self::Alarm => &[HIGH, LOW, HIGH, LOW],
        }
    }

    /// 16 kHz mono.
    fn samples(self) -> Vec<f32> {
        const fn samples(ms: usize) -> usize {
            ms * SAMPLE_RATE as usize / 1000
        }
        let (note, swell) = (samples(NOTE_MS), samples(SWELL_MS));
        let mut sound = Vec::new();
        for pitch in self.pitches() {
            sound.extend((0..note).map(|at| {
                let edge = at.min(note - 1 - at).min(swell) as f32 / swell as f32;
                LOUDNESS * edge * (TAU * pitch * at as f32 / SAMPLE_RATE as f32).sin()
            }));
            sound.resize(sound.len() + samples(REST_MS), 0.0);
        }
        sound
    }
}

/// Sounds tones one after the other, on a thread of its own. Silent where nobody wants them.
#[derive(Debug)]
pub(super) struct Tones(Option<mpsc::SyncSender<Tone>>);

impl Tones {
    pub(super) fn new(wanted: bool) -> Self {
        if !wanted {
            return Self(None);
        }
        // One that sounds and one that waits: a third would be about what is long past.
        let (tones, to_sound) = mpsc::sync_channel::<Tone>(1);
        let thread = thread::Builder::new().name("tones".into()).spawn(move || {
            for tone in to_sound {
                if let Err(error) = capture::play(&tone.samples()) {
                    tracing::debug!("no tone: {error}");
                }
            }
        });
        Self(thread.is_ok().then_some(tones))
    }

    /// Never waits.
    pub(super) fn sound(&self, tone: Tone) {
        if let Some(tones) = &self.0 {
            let _ = tones.try_send(tone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Tone; 6] = [Tone::Done, Tone::Off, Tone::On, Tone::Question, Tone::Refused, Tone::Alarm];

    #[test]
    fn voice_activity_takes_no_tone_for_a_voice() {
        let quiet = |length: usize| {
            (0..length as u32).map(|i| ((i.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5) * 0.002)
        };
        for tone in ALL {
            for loudness in [0.03, 0.1, 0.3, 1.0, 3.0, 9.0] {
                let mut room: Vec<f32> = quiet(16_000).collect();
                room.extend(tone.samples().iter().map(|sample| sample * loudness));
                room.extend(quiet(32_000));
                assert_eq!(crate::speech::detect(&room), [], "{tone:?} at {loudness}");
            }
        }
    }

    #[test]
    fn tones_are_short_quiet_and_unlike_each_other() {
        let all = ALL.map(Tone::samples);
        for (i, sound) in all.iter().enumerate() {
            assert!(sound.len() < 16_000 * 6 / 10 && sound.iter().all(|sample| sample.abs() <= LOUDNESS));
            assert!(!all[i + 1..].contains(sound));
        }
    }

    #[test]
    fn nobody_waits_for_a_tone() {
        // Whether or not there is a loudspeaker here.
        let (silent, tones) = (Tones::new(false), Tones::new(true));
        let begun = std::time::Instant::now();
        for _ in 0..100 {
            silent.sound(Tone::Done);
            tones.sound(Tone::Alarm);
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(1));
    }
}
