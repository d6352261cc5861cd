//! A recording played as if it came from microphones: decoded as it goes, never held whole.

use std::{
    fmt,
    fs::File,
    io,
    path::Path,
    time::{Duration, Instant},
};

use symphonia::core::{
    audio::{AudioBufferRef, SampleBuffer, SignalSpec},
    codecs::{CODEC_TYPE_NULL, Decoder, DecoderOptions},
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, Packet},
    io::MediaSourceStream,
    meta::MetadataOptions,
    probe::Hint,
};

use super::{
    Block, CaptureError, Health, Heard, LEVEL_FLOOR_DB, Source,
    line::{self, Line},
    resample::Resampler,
};
use crate::{session::Track, units::SAMPLE_RATE};

/// The slowest a file can be asked to play: below it a typing error is likelier than a wish.
const SPEED_MIN: f64 = 0.01;

/// How many packets in a row may fail to decode before the file is taken for something else than audio.
const BAD_PACKETS_MAX: usize = 256;

/// Two channels that are as alike as this (their correlation, sample for sample) hold one microphone's sound. Two people who
/// have one each come nowhere near: a voice reaches the other's microphone weaker and later.
const ONE_MICROPHONE: f64 = 0.98;

/// How much of a file is looked at to tell, in seconds: both people have spoken by then.
const LOOKED_AT_S: u64 = 600;

/// A packet this much later than the last one's end (seconds) has lost some before it, and no rounding explains it.
const MISSING_S: f64 = 0.1;

/// Plays a file (wav, flac, mp3, m4a, ogg) as if it came from microphones.
pub struct FileSource {
    path: String,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn Decoder>,
    /// Which of the file's streams is decoded.
    stream: u32,
    channels: usize,
    /// Two tracks were asked for, and both channels hold the same sound.
    one_in_two: bool,
    length_s: Option<f64>,
    lines: Vec<Line>,
    /// The block that comes next, once it is due.
    waiting: Option<Block>,
    speed: f64,
    /// When playing began: at the first call of `next`.
    started: Option<Instant>,
    /// Nothing is left to decode.
    over: bool,
    /// It ended before the file did.
    broken: bool,
    /// Packets that could not be decoded, for which silence stands in; and places where some are missing.
    gaps: u32,
    dropped: u64,
    /// When the next packet is to begin, in the stream's time.
    expected: Option<u64>,
    /// Reused from packet to packet.
    interleaved: Option<SampleBuffer<f32>>,
    mono: Vec<f32>,
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource")
            .field("path", &self.path)
            .field("channels", &self.channels)
            .field("length_s", &self.length_s)
            .field("speed", &self.speed)
            .finish_non_exhaustive()
    }
}

impl FileSource {
    /// One channel is one track; two channels are two tracks when `two_tracks` and they hold different sound, else mixed; so
    /// are more than two.
    /// `speed` is how many times faster than its own speed the file plays; infinity never waits.
    ///
    /// # Errors
    /// When there is no such file, it holds no audio that can be decoded, or no file plays at such a speed.
    pub fn open(path: &Path, speed: f64, two_tracks: bool) -> Result<Self, CaptureError> {
        let refuse = |reason: String| CaptureError::File { path: path.display().to_string(), reason };
        if speed.is_nan() || speed < SPEED_MIN {
            return Err(refuse(format!("cannot be played at {speed} times its speed")));
        }
        let (reader, decoder, stream) = probe(path).map_err(refuse)?;
        let mut source = Self {
            path: path.display().to_string(),
            length_s: length_s(reader.as_ref(), stream),
            reader,
            decoder,
            stream,
            channels: 0,
            one_in_two: two_tracks && is_one_in_two(path),
            lines: Vec::new(),
            waiting: None,
            speed,
            started: None,
            over: false,
            broken: false,
            gaps: 0,
            dropped: 0,
            expected: None,
            interleaved: None,
            mono: Vec::new(),
        };
        source.decode_first(two_tracks && !source.one_in_two).map_err(refuse)?;
        Ok(source)
    }

    /// Length in seconds, where the file says it. A truncated file says what it had.
    pub fn length_s(&self) -> Option<f64> {
        self.length_s
    }

    /// Once it is over: whether all that is in the file was heard, nothing of it missing or impossible to read or decode.
    pub fn is_whole(&self) -> bool {
        !self.broken && self.gaps == 0
    }

    /// Whether two tracks were asked for, and one microphone's sound was found in both channels.
    pub fn is_one_in_two(&self) -> bool {
        self.one_in_two
    }

    /// Channels in the file.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Decodes up to the first sound: only then is it known that this is audio, at what rate and in how many channels.
    fn decode_first(&mut self, two_tracks: bool) -> Result<(), String> {
        for _ in 0..BAD_PACKETS_MAX {
            let Some(packet) = self.packet() else { return Err("holds no sound".into()) };
            let Ok(decoded) = self.decoder.decode(&packet) else {
                self.gaps += 1;
                continue;
            };
            if decoded.frames() == 0 {
                continue;
            }
            let spec = *decoded.spec();
            self.channels = spec.channels.count();
            let tracks = if two_tracks && self.channels == 2 { 2 } else { 1 };
            for track in 0..tracks {
                let resampler =
                    Resampler::new(spec.rate).ok_or_else(|| format!("has an impossible rate: {} Hz", spec.rate))?;
                self.lines.push(Line::new(Track(track), resampler));
            }
            spread(&decoded, &mut self.interleaved, &mut self.mono, &mut self.lines);
            return Ok(());
        }
        Err(NOT_AUDIO.into())
    }

    /// The next packet of the stream that is decoded; `None` at the end, whether it is the file's or what is left of it.
    fn packet(&mut self) -> Option<Packet> {
        loop {
            match self.reader.next_packet() {
                Ok(packet) if packet.track_id() == self.stream => {
                    self.count_missing(&packet);
                    return Some(packet);
                }
                Ok(_) => {}
                Err(SymphoniaError::ResetRequired) => self.go_on()?,
                Err(SymphoniaError::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
                Err(error) => {
                    self.break_off(&error.to_string());
                    return None;
                }
            }
        }
    }

    /// One recording behind another in the same file, as Ogg has them: the next one's streams are its own. `None` when it
    /// cannot be decoded.
    fn go_on(&mut self) -> Option<()> {
        self.expected = None;
        match sounding(self.reader.as_ref()) {
            Ok((decoder, stream)) => (self.decoder, self.stream) = (decoder, stream),
            Err(reason) => {
                self.break_off(&reason);
                return None;
            }
        }
        Some(())
    }

    fn break_off(&mut self, reason: &str) {
        tracing::warn!("the file could not be read to its end: {reason}");
        self.broken = true;
    }

    fn count_missing(&mut self, packet: &Packet) {
        let late = self.expected.map_or(0, |expected| packet.ts().saturating_sub(expected));
        self.gaps += u32::from(self.seconds(late) > MISSING_S);
        self.expected = Some(packet.ts().saturating_add(packet.dur()));
    }

    /// Of the stream's time.
    fn seconds(&self, time: u64) -> f64 {
        self.decoder.codec_params().time_base.map_or(0.0, |base| {
            let time = base.calc_time(time);
            time.seconds as f64 + time.frac
        })
    }

    /// Decodes one packet more, into the lines.
    fn decode_more(&mut self) {
        let Some(packet) = self.packet() else { return self.end() };
        match self.decoder.decode(&packet) {
            Ok(decoded) => spread(&decoded, &mut self.interleaved, &mut self.mono, &mut self.lines),
            Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => self.stand_in(&packet),
            Err(error) => {
                self.break_off(&error.to_string());
                self.end();
            }
        }
    }

    fn end(&mut self) {
        self.over = true;
        self.lines.iter_mut().for_each(Line::flush);
    }

    /// Silence for a packet that cannot be decoded, so that what follows keeps its time.
    fn stand_in(&mut self, packet: &Packet) {
        self.gaps += 1;
        // No codec packs more than a second; a damaged duration must not become an hour.
        let seconds = self.seconds(packet.dur()).min(1.0);
        for line in &mut self.lines {
            let samples = (seconds * f64::from(line.rate())) as usize;
            line.sound(&vec![0.0; samples]);
        }
        self.dropped += (seconds * f64::from(SAMPLE_RATE)) as u64;
    }

    /// The next block, due or not.
    fn block(&mut self) -> Option<Block> {
        loop {
            let earliest = line::earliest(self.lines.iter_mut())?;
            if let Some(block) = earliest.block() {
                return Some(block);
            }
            if self.over {
                return earliest.last_block();
            }
            self.decode_more();
        }
    }

    /// When a block has been spoken to its end, at our speed.
    fn due(&self, block: &Block, started: Instant) -> Instant {
        let end = (block.first.0 + block.samples.len() as u64) as f64 / f64::from(SAMPLE_RATE);
        started + Duration::try_from_secs_f64(end / self.speed).unwrap_or_default()
    }
}

impl Source for FileSource {
    fn tracks(&self) -> u8 {
        self.lines.len() as u8
    }

    fn next(&mut self, wait: Duration) -> Result<Heard, CaptureError> {
        let now = Instant::now();
        let started = *self.started.get_or_insert(now);
        let Some(block) = self.waiting.take().or_else(|| self.block()) else { return Ok(Heard::End) };
        let early = self.due(&block, started).saturating_duration_since(Instant::now());
        if early > wait {
            self.waiting = Some(block);
            std::thread::sleep(wait);
            return Ok(Heard::Nothing);
        }
        std::thread::sleep(early);
        Ok(Heard::Block(block))
    }

    fn health(&self) -> Health {
        let mut level_db = [LEVEL_FLOOR_DB; 2];
        for (level, line) in level_db.iter_mut().zip(&self.lines) {
            *level = line.level_db();
        }
        let alarm = self.lines.iter().filter_map(Line::alarm).min();
        Health { dropped: self.dropped, gaps: self.gaps, level_db, alarm }
    }
}

const NOT_AUDIO: &str = "is not audio that this program can read";

type Opened = (Box<dyn FormatReader>, Box<dyn Decoder>, u32);

/// Opens a file's first stream of sound. An error is the reason, to be read after the path.
fn probe(path: &Path) -> Result<Opened, String> {
    let about = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        _ => error.to_string(),
    })?;
    if !about.is_file() {
        return Err("is not a file".into());
    }
    if about.len() == 0 {
        return Err("is empty".into());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(&extension.to_ascii_lowercase());
    }
    // Encoders pad: without trimming, an mp3 would start 50 ms late.
    let format = FormatOptions { enable_gapless: true, ..FormatOptions::default() };
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let probed = symphonia::default::get_probe()
        .format(&hint, stream, &format, &MetadataOptions::default())
        .map_err(|error| reason(&error))?;
    let reader = probed.format;
    let (decoder, stream) = sounding(reader.as_ref())?;
    Ok((reader, decoder, stream))
}

/// The first stream of sound, and what decodes it. An error is the reason, to be read after the path.
fn sounding(reader: &dyn FormatReader) -> Result<(Box<dyn Decoder>, u32), String> {
    let mut unsupported = None;
    for track in reader.tracks() {
        if track.codec_params.codec == CODEC_TYPE_NULL {
            continue;
        }
        match symphonia::default::get_codecs().make(&track.codec_params, &DecoderOptions::default()) {
            Ok(decoder) => return Ok((decoder, track.id)),
            Err(error) => unsupported = Some(error),
        }
    }
    Err(unsupported.map_or_else(|| NOT_AUDIO.into(), |error| reason(&error)))
}

fn reason(error: &SymphoniaError) -> String {
    match error {
        SymphoniaError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.to_string(),
        SymphoniaError::Unsupported(what) => format!("{NOT_AUDIO} ({what})"),
        _ => NOT_AUDIO.into(),
    }
}

fn length_s(reader: &dyn FormatReader, stream: u32) -> Option<f64> {
    let parameters = &reader.tracks().iter().find(|track| track.id == stream)?.codec_params;
    let time = parameters.time_base?.calc_time(parameters.n_frames?);
    Some(time.seconds as f64 + time.frac)
}

/// Whether a file has two channels, and one microphone made both. What cannot be read is found by whoever plays it.
fn is_one_in_two(path: &Path) -> bool {
    let Ok((mut reader, mut decoder, stream)) = probe(path) else { return false };
    let (mut likeness, mut buffer) = (Likeness::default(), None);
    while let Ok(packet) = reader.next_packet() {
        if packet.track_id() != stream {
            continue;
        }
        let Ok(decoded) = decoder.decode(&packet) else { continue };
        if decoded.frames() == 0 {
            continue;
        }
        let (channels, rate) = (decoded.spec().channels.count(), decoded.spec().rate);
        if channels != 2 {
            return false;
        }
        interleaved(&decoded, &mut buffer).chunks_exact(channels).for_each(|frame| likeness.add(frame));
        if likeness.frames > LOOKED_AT_S * u64::from(rate) {
            break;
        }
    }
    likeness.correlation() > ONE_MICROPHONE
}

/// How alike two channels are. Loud parts, which are speech, outweigh the others.
#[derive(Default)]
struct Likeness {
    frames: u64,
    sums: [f64; 2],
    squares: [f64; 2],
    products: f64,
}

impl Likeness {
    fn add(&mut self, frame: &[f32]) {
        let [left, right] = frame else { return };
        let both = [f64::from(*left), f64::from(*right)];
        self.frames += 1;
        for (at, sample) in both.into_iter().enumerate() {
            self.sums[at] += sample;
            self.squares[at] += sample * sample;
        }
        self.products += both[0] * both[1];
    }

    /// 0 where a channel is silent.
    fn correlation(&self) -> f64 {
        let frames = self.frames.max(1) as f64;
        let spread = |at: usize| self.squares[at] - self.sums[at] * self.sums[at] / frames;
        let spreads = spread(0) * spread(1);
        if spreads > 0.0 { (self.products - self.sums[0] * self.sums[1] / frames) / spreads.sqrt() } else { 0.0 }
    }
}

/// Decoded samples, channel by channel of each moment.
fn interleaved<'a>(decoded: &AudioBufferRef<'_>, buffer: &'a mut Option<SampleBuffer<f32>>) -> &'a [f32] {
    let spec: SignalSpec = *decoded.spec();
    let needed = decoded.capacity() * spec.channels.count();
    *buffer = buffer.take().filter(|buffer| buffer.capacity() >= needed);
    let samples = buffer.get_or_insert_with(|| SampleBuffer::new(decoded.capacity() as u64, spec));
    samples.copy_interleaved_ref(decoded.clone());
    samples.samples()
}

/// Gives each line its share of decoded sound: its channel when there are two lines, else the mean of all channels.
fn spread(
    decoded: &AudioBufferRef<'_>,
    buffer: &mut Option<SampleBuffer<f32>>,
    mono: &mut Vec<f32>,
    lines: &mut [Line],
) {
    let spec: SignalSpec = *decoded.spec();
    let channels = spec.channels.count();
    if channels == 0 || decoded.frames() == 0 {
        return;
    }
    let samples = interleaved(decoded, buffer);
    let two = lines.len() == 2 && channels == 2;
    for (index, line) in lines.iter_mut().enumerate() {
        if line.rate() != spec.rate
            && let Some(resampler) = Resampler::new(spec.rate)
        {
            line.resample_by(resampler);
        }
        mono.clear();
        let frames = samples.chunks_exact(channels);
        if two {
            mono.extend(frames.map(|frame| frame[index]));
        } else {
            mono.extend(frames.map(|frame| frame.iter().sum::<f32>() / channels as f32));
        }
        line.sound(mono);
    }
}

#[cfg(test)]
mod tests;
