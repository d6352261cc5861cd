//! Sound back to the person who made it: what a trial heard, so that they hear what the program hears.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use cpal::{
    FromSample, OutputCallbackInfo, SampleFormat, SizedSample, StreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use zeroize::Zeroizing;

use super::{CLOSE_WITHIN, device};
use crate::units::SAMPLE_RATE;

/// How much longer than the sound itself playing may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// What the device still holds when the last sample was given to it.
const DRAIN: Duration = Duration::from_millis(300);

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaybackError {
    #[error("there is no loudspeaker to play it on")]
    NoOutput,
    #[error("the loudspeaker failed: {0}")]
    Failed(String),
}

/// Plays 16 kHz mono on the default output; returns when it was heard.
///
/// # Errors
/// When there is no output, or it fails.
pub fn play(samples: &[f32]) -> Result<(), PlaybackError> {
    let failed = |error: cpal::Error| PlaybackError::Failed(error.to_string());
    let device = device::host()
        .map_err(|error| PlaybackError::Failed(error.to_string()))?
        .default_output_device()
        .ok_or(PlaybackError::NoOutput)?;
    // A device that has no format to play in is there in name only.
    let supported = device.default_output_config().map_err(|_| PlaybackError::NoOutput)?;
    let config = supported.config();
    let sound = Sound { samples: at_rate(samples, config.sample_rate), next: 0, channels: config.channels };
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(SAMPLE_RATE));
    let (stream, over) = build(&device, config, supported.sample_format(), sound).map_err(failed)?;
    stream.play().map_err(failed)?;
    let heard = over.recv_timeout(length + PATIENCE);
    if heard == Ok(true) {
        thread::sleep(DRAIN);
    }
    close(stream);
    match heard {
        Ok(true) => Ok(()),
        Ok(false) => Err(PlaybackError::Failed("it went away".to_owned())),
        Err(_) => Err(PlaybackError::Failed("it takes no sound".to_owned())),
    }
}

/// What is still to be played.
struct Sound {
    samples: Zeroizing<Vec<f32>>,
    next: usize,
    channels: u16,
}

impl Sound {
    /// Fills what the device asks for; true once nothing is left.
    fn fill<T: SizedSample + FromSample<f32>>(&mut self, frames: &mut [T]) -> bool {
        for frame in frames.chunks_mut(usize::from(self.channels.max(1))) {
            let sample = self.samples.get(self.next).copied().unwrap_or_default();
            self.next += 1;
            frame.fill(T::from_sample(sample));
        }
        self.next >= self.samples.len()
    }
}

/// The receiver is told true when all was given, false when the device failed.
fn build(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    mut sound: Sound,
) -> Result<(cpal::Stream, Receiver<bool>), cpal::Error> {
    let (tell, over) = mpsc::channel();
    let tell_failed: Sender<bool> = tell.clone();
    let on_error = move |error: cpal::Error| {
        if !matches!(error.kind(), cpal::ErrorKind::Xrun | cpal::ErrorKind::RealtimeDenied) {
            let _ = tell_failed.send(false);
        }
    };
    macro_rules! in_format {
        ($($format:ident: $sample:ty),*) => {
            match format {
                $(SampleFormat::$format => device.build_output_stream(
                    config,
                    move |frames: &mut [$sample], _: &OutputCallbackInfo| {
                        if sound.fill(frames) {
                            // Nobody listens any more once it was told.
                            let _ = tell.send(true);
                        }
                    },
                    on_error,
                    None,
                ),)*
                _ => Err(cpal::Error::new(cpal::ErrorKind::UnsupportedConfig)),
            }
        };
    }
    let stream =
        in_format!(I8: i8, I16: i16, I24: cpal::I24, I32: i32, U8: u8, U16: u16, U32: u32, F32: f32, F64: f64)?;
    Ok((stream, over))
}

/// Between two samples a straight line: good enough to hear oneself by.
fn at_rate(samples: &[f32], rate: u32) -> Zeroizing<Vec<f32>> {
    let step = f64::from(SAMPLE_RATE) / f64::from(rate.max(1));
    let length = (samples.len() as f64 / step).round() as usize;
    let sample = |index: usize| samples.get(index).or(samples.last()).copied().unwrap_or_default();
    Zeroizing::new(
        (0..length)
            .map(|index| {
                let at = index as f64 * step;
                let (before, part) = (at as usize, at.fract() as f32);
                sample(before) * (1.0 - part) + sample(before + 1) * part
            })
            .collect(),
    )
}

/// A driver that hangs must not hang whoever listened.
fn close(stream: cpal::Stream) {
    let (closed, wait) = mpsc::channel();
    thread::spawn(move || {
        drop(stream);
        let _ = closed.send(());
    });
    let _ = wait.recv_timeout(CLOSE_WITHIN);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_keeps_its_length_and_shape_at_any_rate() {
        let ramp: Vec<f32> = (0..160).map(|i| i as f32 / 160.0).collect();
        for (rate, length) in [(8_000, 80), (16_000, 160), (44_100, 441), (48_000, 480)] {
            let resampled = at_rate(&ramp, rate);
            assert_eq!(resampled.len(), length, "{rate}");
            assert!(resampled.windows(2).all(|pair| pair[0] <= pair[1] + 1e-6), "{rate}");
        }
        assert!(at_rate(&[], 48_000).is_empty());
    }

    #[test]
    fn every_channel_gets_the_sound_and_silence_after_it() {
        let mut sound = Sound { samples: Zeroizing::new(vec![0.5, -0.5]), next: 0, channels: 2 };
        let mut frames = [0.0_f32; 2];
        assert!(!sound.fill(&mut frames));
        assert_eq!(frames, [0.5; 2]);
        let mut frames = [1.0_f32; 4];
        assert!(sound.fill(&mut frames));
        assert_eq!(frames, [-0.5, -0.5, 0.0, 0.0]);
    }
}
