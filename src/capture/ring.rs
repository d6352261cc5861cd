//! From the audio callback to the reader without a lock or an allocation: a bounded ring that remembers where samples
//! are missing, so that the clock stays true whoever was late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// How long the reader may be away before samples are dropped.
const RING_SECONDS: u32 = 12;
/// How many separate losses can be on their way; more are told as one.
const LOSSES: usize = 256;
/// The most samples, in seconds, that one [`Outlet::read`] gives.
const READ_SECONDS: u32 = 1;

const NANOS: i64 = 1_000_000_000;
/// Being later than ever by this much means that samples are missing, at once if the device reported an overrun, else if
/// no callback of a whole [`WINDOW`] was more punctual. Less is jitter: a busy machine calls back late, but not always.
const LATE: i64 = 15 * NANOS / 1_000;
/// Sound servers skip a cycle of some 20 ms without a word when a client is late.
const WINDOW: i64 = 2 * NANOS;
/// What arrives in a burst after a stall must not be judged by its first, late callback.
const WINDOW_CALLBACKS: u32 = 10;
/// How much slower than the monotonic clock an input's clock may be before that would look like missing samples: far
/// more than the 100 parts in a million of any real one.
const CLOCK_SKEW: i64 = 1_000;

/// A ring for mono samples at `rate`, fed with frames of `channels`, by a stream that is opened at `opened`.
pub(super) fn ring(rate: u32, channels: u16, opened: Instant) -> (Intake, Outlet, Arc<Signs>) {
    let (samples_in, samples) = rtrb::RingBuffer::new((rate * RING_SECONDS) as usize);
    let (losses_in, losses) = rtrb::RingBuffer::new(LOSSES);
    let signs = Arc::new(Signs::default());
    let intake = Intake {
        samples: samples_in,
        losses: losses_in,
        signs: signs.clone(),
        channels: usize::from(channels.max(1)),
        rate: i64::from(rate),
        opened,
        frames: 0,
        pushed: 0,
        missing: 0,
        usual: None,
        last: 0,
        window: 0,
        callbacks: 0,
        least_late: i64::MAX,
    };
    let outlet = Outlet { samples, losses, popped: 0, silence: 0, at_once: (rate * READ_SECONDS) as usize };
    (intake, outlet, signs)
}

/// What the audio thread lets the reader know, one atomic each.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Frames, at the input's rate, that never arrived or found the ring full.
    lost: AtomicU64,
    /// The stream is dead and must be built again.
    broken: AtomicBool,
    /// The device reported an overrun since the last callback.
    overrun: AtomicBool,
    /// When the first frame was taken, in nanoseconds since the stream was opened; meaningful once `started`.
    start: AtomicI64,
    started: AtomicBool,
}

impl Signs {
    pub fn broke(&self) {
        self.broken.store(true, Relaxed);
    }

    pub fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }

    pub fn overran(&self) {
        self.overrun.store(true, Relaxed);
    }

    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// When the first frame was taken, in nanoseconds since the stream was opened; never before that.
    pub fn start_ns(&self) -> Option<u64> {
        self.started.load(std::sync::atomic::Ordering::Acquire).then(|| self.start.load(Relaxed).max(0) as u64)
    }
}

/// The callback's end. Its methods neither lock nor allocate.
#[derive(Debug)]
pub(super) struct Intake {
    samples: rtrb::Producer<f32>,
    losses: rtrb::Producer<Loss>,
    signs: Arc<Signs>,
    channels: usize,
    rate: i64,
    opened: Instant,
    /// Frames that the input has had time for: taken, and known to be missing.
    frames: i64,
    /// Samples put into the ring.
    pushed: u64,
    /// Missing frames that the reader has not been told of yet.
    missing: u64,
    /// How late callbacks usually are, in nanoseconds: the least lateness, forgotten at the pace of [`CLOCK_SKEW`].
    usual: Option<i64>,
    /// The last callback.
    last: i64,
    /// When the present window began, how many callbacks it has seen, and how late the most punctual was.
    window: i64,
    callbacks: u32,
    least_late: i64,
}

/// `frames` are missing in front of the sample that was the `before`-th put into the ring.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Loss {
    before: u64,
    frames: u64,
}

impl Intake {
    /// Takes interleaved frames as the device gives them, mixed down to one channel.
    pub fn take<S: Copy>(&mut self, interleaved: &[S], to_f32: impl Fn(S) -> f32) {
        let now = self.opened.elapsed().as_nanos() as i64;
        self.take_at(now, interleaved, to_f32);
    }

    fn take_at<S: Copy>(&mut self, now: i64, interleaved: &[S], to_f32: impl Fn(S) -> f32) {
        let frames = interleaved.len() / self.channels;
        if frames == 0 {
            return;
        }
        self.frames += frames as i64;
        let never_came = self.never_came(now);
        self.frames += never_came;
        self.lose(never_came as u64);
        self.tell_losses();
        // Samples may not pass a loss that could not be told: they are lost with it.
        let room = if self.missing > 0 { 0 } else { self.samples.slots().min(frames) };
        let scale = 1.0 / self.channels as f32;
        let mono = interleaved.chunks_exact(self.channels).map(|frame| match frame {
            [sample] => to_f32(*sample),
            frame => frame.iter().map(|sample| to_f32(*sample)).sum::<f32>() * scale,
        });
        if let Ok(chunk) = self.samples.write_chunk_uninit(room) {
            self.pushed += chunk.fill_from_iter(mono) as u64;
        }
        self.lose((frames - room) as u64);
    }

    /// How many frames are missing between the last callback and this one, by the monotonic clock.
    fn never_came(&mut self, now: i64) -> i64 {
        let overrun = self.signs.overrun.swap(false, Relaxed);
        let late = now - (i128::from(self.frames) * i128::from(NANOS) / i128::from(self.rate)) as i64;
        let Some(usual) = self.usual else {
            self.usual = Some(late);
            self.last = now;
            self.window = now;
            self.signs.start.store(late, Relaxed);
            self.signs.started.store(true, std::sync::atomic::Ordering::Release);
            return 0;
        };
        let usual = late.min(usual + (now - self.last) / CLOCK_SKEW);
        self.usual = Some(usual);
        self.last = now;
        let late = late - usual;
        self.callbacks += 1;
        self.least_late = self.least_late.min(late);
        let judged = now - self.window >= WINDOW && self.callbacks >= WINDOW_CALLBACKS;
        let missing = if overrun {
            late
        } else if judged {
            self.least_late
        } else {
            0
        };
        if judged || missing > LATE {
            self.window = now;
            self.callbacks = 0;
            self.least_late = i64::MAX;
        }
        if missing > LATE { (i128::from(missing) * i128::from(self.rate) / i128::from(NANOS)) as i64 } else { 0 }
    }

    fn lose(&mut self, frames: u64) {
        self.missing += frames;
        self.signs.lost.fetch_add(frames, Relaxed);
    }

    fn tell_losses(&mut self) {
        if self.missing > 0
            && self.samples.slots() > 0
            && self.losses.push(Loss { before: self.pushed, frames: self.missing }).is_ok()
        {
            self.missing = 0;
        }
    }
}

/// The reader's end.
#[derive(Debug)]
pub(super) struct Outlet {
    samples: rtrb::Consumer<f32>,
    losses: rtrb::Consumer<Loss>,
    popped: u64,
    /// Silence still to be given for a loss.
    silence: u64,
    at_once: usize,
}

impl Outlet {
    /// Appends what has arrived, silence for what is missing, at most a second of it; returns how much that was.
    pub fn read(&mut self, out: &mut Vec<f32>) -> usize {
        let before = out.len();
        while out.len() - before < self.at_once {
            let room = self.at_once - (out.len() - before);
            if self.silence > 0 {
                let now = self.silence.min(room as u64);
                out.resize(out.len() + now as usize, 0.0);
                self.silence -= now;
                continue;
            }
            // Samples are counted before losses are looked at: a loss is told before the samples behind it are there.
            let arrived = self.samples.slots();
            let until_loss = self.losses.peek().map(|loss| loss.before - self.popped);
            if until_loss == Ok(0) {
                self.silence = self.losses.pop().map_or(0, |loss| loss.frames);
                continue;
            }
            let next = arrived.min(room).min(until_loss.unwrap_or(u64::MAX) as usize);
            if next == 0 {
                break;
            }
            let Ok(chunk) = self.samples.read_chunk(next) else { break };
            let (first, second) = chunk.as_slices();
            out.extend_from_slice(first);
            out.extend_from_slice(second);
            chunk.commit_all();
            self.popped += next as u64;
        }
        out.len() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 1_000;

    /// `count` frames that count up from `first`, arriving when their last one has sounded, `late` ms after.
    fn feed(intake: &mut Intake, first: i64, count: i64, late_ms: i64) {
        let frames: Vec<f32> = (first..first + count).map(|i| i as f32).collect();
        intake.take_at((first + count + late_ms) * NANOS / i64::from(RATE), &frames, |s| s);
    }

    fn drain(outlet: &mut Outlet) -> Vec<f32> {
        let mut out = Vec::new();
        while outlet.read(&mut out) > 0 {}
        out
    }

    #[test]
    fn a_full_ring_counts_what_it_drops_and_silence_takes_its_place() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        for first in (1..20_001).step_by(100) {
            feed(&mut intake, first, 100, 0);
        }
        assert_eq!(signs.lost(), 8_000);
        let kept = drain(&mut outlet);
        assert_eq!(kept.len(), 12_000);
        feed(&mut intake, 20_001, 100, 0);
        let rest = drain(&mut outlet);
        assert_eq!(rest.len(), 8_100);
        assert!(rest[..8_000].iter().all(|s| *s == 0.0));
        assert_eq!(rest[8_000], 20_001.0, "the clock is true again");
        assert_eq!(signs.lost(), 8_000);
    }

    #[test]
    fn every_sample_is_at_its_place_however_the_reader_comes_and_goes() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        let mut out = Vec::new();
        for (turn, first) in (1..60_001).step_by(250).enumerate() {
            feed(&mut intake, first, 250, 0);
            if turn % 97 == 0 || (turn % 5 == 0 && turn > 120) {
                outlet.read(&mut out);
            }
        }
        out.extend(drain(&mut outlet));
        feed(&mut intake, 60_001, 250, 0);
        out.extend(drain(&mut outlet));
        assert_eq!(out.len(), 60_250);
        for (index, sample) in out.iter().enumerate() {
            assert!(*sample == 0.0 || *sample == (index + 1) as f32, "{index}: {sample}");
        }
        let silent = out.iter().filter(|s| **s == 0.0).count() as u64;
        assert!(silent > 0, "the reader was never too late");
        assert_eq!(silent, signs.lost());
    }

    #[test]
    fn frames_are_mixed_to_one_channel() {
        let cases: [(u16, &[i16], &[f32]); 3] = [
            (1, &[i16::MIN, 0, 16_384], &[-1.0, 0.0, 0.5]),
            (2, &[16_384, 0, 16_384, -16_384], &[0.25, 0.0]),
            (6, &[6_000, 0, 0, 0, 0, 0], &[1_000.0 / 32_768.0]),
        ];
        for (channels, frames, expected) in cases {
            let (mut intake, mut outlet, _) = ring(RATE, channels, Instant::now());
            intake.take(frames, |s| f32::from(s) / 32_768.0);
            let mixed = drain(&mut outlet);
            assert_eq!(mixed.len(), expected.len());
            assert!(mixed.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{channels}: {mixed:?}");
        }
    }

    #[test]
    fn an_overrun_is_filled_by_the_clock_and_jitter_is_not() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        for (first, jitter) in [(1, 0), (101, 40), (201, 5), (301, 90)] {
            feed(&mut intake, first, 100, jitter);
        }
        assert_eq!(signs.lost(), 0);
        // 500 ms never came, and the device said that something was lost.
        signs.overran();
        feed(&mut intake, 901, 100, 0);
        let lost = signs.lost() as usize;
        assert!((498..=500).contains(&lost), "{lost}");
        let out = drain(&mut outlet);
        assert_eq!((out.len(), out[399], out[400], out[400 + lost]), (500 + lost, 400.0, 0.0, 901.0));
    }

    #[test]
    fn what_is_lost_without_a_word_is_filled_once_it_is_certain() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        feed(&mut intake, 1, 100, 0);
        // Nothing in 101..=900 ever came; what does come is punctual, but for jitter.
        for first in (901..6_000).step_by(100) {
            feed(&mut intake, first, 100, first % 30);
        }
        let filled = signs.lost() as i64;
        assert!((filled - 800).abs() <= 5, "{filled}");
        let out = drain(&mut outlet);
        let last = out.len() as i64 - *out.last().unwrap() as i64;
        assert!(last.abs() <= 5, "the clock is {last} samples off");
    }

    #[test]
    fn a_late_burst_is_not_a_loss() {
        for stall in (0..4_000).step_by(500) {
            let (mut intake, _, signs) = ring(RATE, 1, Instant::now());
            for first in (1..10_001).step_by(100) {
                // Callbacks of 1.4 s come together at the end of it.
                let late = if (stall..stall + 1_400).contains(&first) { stall + 1_400 - first } else { 0 };
                feed(&mut intake, first, 100, late);
            }
            assert_eq!(signs.lost(), 0, "{stall}");
        }
    }

    #[test]
    fn a_machine_that_is_always_a_little_late_loses_nothing() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        for (turn, first) in (1..100_001).step_by(100).enumerate() {
            feed(&mut intake, first, 100, [25, 40, 5, 60, 33, 80, 12][turn % 7]);
            drain(&mut outlet);
        }
        assert_eq!(signs.lost(), 0);
    }

    #[test]
    fn a_slow_clock_is_not_a_loss() {
        let (mut intake, mut outlet, signs) = ring(RATE, 1, Instant::now());
        for first in (0..600_000_i64).step_by(100) {
            let frames = [0.5_f32; 100];
            let skewed = (first + 100) * NANOS / i64::from(RATE) * 10_003 / 10_000;
            intake.take_at(skewed, &frames, |s| s);
            drain(&mut outlet);
        }
        assert_eq!(signs.lost(), 0);
    }

    #[test]
    fn the_first_frame_tells_when_the_input_started() {
        let (mut intake, _, signs) = ring(RATE, 1, Instant::now());
        assert_eq!(signs.start_ns(), None);
        feed(&mut intake, 100, 100, 50);
        assert_eq!(signs.start_ns(), Some(150_000_000), "it arrived at 250 ms, and 100 frames last 100 ms");
    }
}
