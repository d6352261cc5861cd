//! Audio that the coachee keeps: the only home of hound.

use std::{collections::VecDeque, io};

use super::format::to_integer;
use super::{Damage, Recording, RecordingError, TRACKS_MAX};
use crate::units::SAMPLE_RATE;

/// Writes all of a recording as 16-bit WAV, one channel a track: audio that the coachee keeps. Where a track has no sound
/// there is silence; pauses take no time. Returns what cut the recording short, if anything did.
///
/// # Errors
/// When `into` cannot be written, or the recording not be read to its end or its damage.
pub fn write_wav(mut recording: Recording, into: impl io::Write + io::Seek) -> Result<Option<Damage>, RecordingError> {
    let tracks = usize::from(recording.tracks());
    let spec = hound::WavSpec {
        channels: u16::from(recording.tracks()),
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::new(into, spec).map_err(failed)?;
    // Sound of one track that waits for the other's.
    let mut waiting: [VecDeque<i16>; TRACKS_MAX as usize] = Default::default();
    let mut written = 0;
    for block in recording.by_ref() {
        let Some(track) = waiting.get_mut(usize::from(block.track.0)) else { continue };
        let missing = block.first.0.saturating_sub(written + track.len() as u64);
        track.extend(std::iter::repeat_n(0, missing as usize));
        track.extend(block.samples.iter().map(|sample| to_integer(*sample)));
        let ready = waiting.iter().take(tracks).map(VecDeque::len).min().unwrap_or(0);
        written += write_frames(&mut wav, &mut waiting, tracks, ready)?;
    }
    let rest = waiting.iter().map(VecDeque::len).max().unwrap_or(0);
    write_frames(&mut wav, &mut waiting, tracks, rest)?;
    wav.finalize().map_err(failed)?;
    recording.ended()
}

fn write_frames<W: io::Write + io::Seek>(
    wav: &mut hound::WavWriter<W>,
    waiting: &mut [VecDeque<i16>],
    tracks: usize,
    frames: usize,
) -> Result<u64, RecordingError> {
    for _ in 0..frames {
        for track in waiting.iter_mut().take(tracks) {
            wav.write_sample(track.pop_front().unwrap_or(0)).map_err(failed)?;
        }
    }
    Ok(frames as u64)
}

fn failed(error: hound::Error) -> RecordingError {
    RecordingError::HandingOut(match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    })
}
