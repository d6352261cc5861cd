//! Microphones that come and go: streams are watched, built again when they die, and what is missing becomes silence.

mod device;
mod playback;
mod realtime;

use std::{
    fmt,
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use self::device::{Opened, Wanted};
pub use self::playback::{PlaybackError, play};
use super::{
    Alarm, CaptureError, Health, Heard, InputSpec, LEVEL_FLOOR_DB, Source,
    line::{self, Line},
    resample::Resampler,
};
use crate::{
    session::Track,
    units::{SAMPLE_RATE, Sample},
};

/// A stream that gives nothing for this long is taken for dead: a stream can die, or move to another device, without
/// an error (cpal issues 704 and 373).
const DEAD_AFTER: Duration = Duration::from_millis(1_500);
/// From here on it is worth an alarm.
const NO_SOUND_AFTER: Duration = Duration::from_secs(1);
/// How often a lost input is looked for.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// How often the input that was asked for is looked for while another stands in.
const RETURN_EVERY: Duration = Duration::from_secs(5);
/// How long an input may be lost before the session is told that no sound will come.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);
/// How long the session clock waits for all inputs to give their first sample.
const START_WITHIN: Duration = Duration::from_secs(2);
/// Silence stays this far behind the present while an input is missing: when it comes back, its first samples were
/// taken before they arrived.
const SILENCE_BEHIND: Duration = Duration::from_millis(500);
/// How often rings are looked into. They hold seconds; this only bounds how late a block is.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long closing a stream may take before it is left to itself. A driver that hangs must not hang the session.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// One or two cpal input streams.
#[derive(Debug)]
pub struct Microphone {
    inputs: Vec<Input>,
    opened: Instant,
    /// The moment of sample 0, once inputs have started.
    origin: Option<Instant>,
}

/// Names of the inputs there are, the default first.
///
/// # Errors
/// When the system's audio cannot be asked.
pub fn inputs() -> Result<Vec<String>, CaptureError> {
    device::names()
}

/// The ways to sound that this computer has: its drivers, and the sound server if one runs.
pub fn sound_systems() -> Vec<&'static str> {
    device::systems()
}

impl Microphone {
    /// Opens the inputs and starts them.
    ///
    /// # Errors
    /// When one is missing, busy or forbidden, both tracks would be the same, or `spec` is a file.
    pub fn open(spec: &InputSpec) -> Result<Self, CaptureError> {
        let wanted = match spec {
            InputSpec::Default => vec![Wanted::Default],
            InputSpec::Device(name) => vec![Wanted::named(name)],
            InputSpec::Two(first, second) => vec![Wanted::named(first), Wanted::named(second)],
            InputSpec::WithSystem(name) => vec![Wanted::named(name), Wanted::System],
            InputSpec::File(path) => {
                let path = path.display().to_string();
                return Err(CaptureError::File { path, reason: "is no microphone".into() });
            }
        };
        let found = wanted.iter().map(device::find).collect::<Result<Vec<_>, _>>()?;
        if let [first, second] = &found[..]
            && first.is_same(second)
        {
            return Err(CaptureError::SameDevice(first.name().into()));
        }
        // Indices change when an input is unplugged: it is found again by its name.
        let by_name = |(wanted, found): (Wanted, &device::Found)| match wanted {
            Wanted::Named(text) if text.parse::<usize>().is_ok() => Wanted::named(found.name()),
            other => other,
        };
        let wanted: Vec<Wanted> = wanted.into_iter().zip(&found).map(by_name).collect();
        let alone = found.len() == 1;
        let opened = Instant::now();
        let inputs = (0..).zip(wanted).zip(found).map(|((track, wanted), found)| {
            let live = Live::new(found.open()?);
            Ok(Input {
                alone,
                wanted,
                name: live.name.clone(),
                line: Line::new(Track(track), resampler(live.rate, &live.name)?),
                live: Some(live),
                opening: None,
                retry_at: opened,
                trouble: None,
                reason: "it gives no sound".into(),
                gaps: 0,
                dropped: 0,
                heard: Vec::new(),
            })
        });
        Ok(Self { inputs: inputs.collect::<Result<_, _>>()?, opened, origin: None })
    }

    /// The session clock starts with the first sample of the input that was first, once all have started.
    fn start_clock(&mut self, now: Instant) -> Option<Instant> {
        if self.origin.is_none() {
            let starts = || self.inputs.iter().filter_map(|input| input.live.as_ref()?.started());
            if starts().count() == self.inputs.len() || now.duration_since(self.opened) > START_WITHIN {
                self.origin = Some(starts().min().unwrap_or(self.opened));
            }
        }
        self.origin
    }

    /// Inputs fail one by one; the session only when none is left.
    fn failure(&self, now: Instant) -> Option<CaptureError> {
        let hopeless = self
            .inputs
            .iter()
            .all(|input| input.trouble.is_some_and(|since| now.duration_since(since) > GIVE_UP_AFTER));
        let input = self.inputs.first().filter(|_| hopeless)?;
        Some(CaptureError::Failed { device: input.name.clone(), reason: input.reason.clone() })
    }
}

impl Source for Microphone {
    fn tracks(&self) -> u8 {
        self.inputs.len() as u8
    }

    fn next(&mut self, wait: Duration) -> Result<Heard, CaptureError> {
        let deadline = Instant::now() + wait;
        loop {
            let lines = self.inputs.iter_mut().map(|input| &mut input.line);
            if let Some(block) = line::earliest(lines).and_then(Line::block) {
                return Ok(Heard::Block(block));
            }
            let now = Instant::now();
            if let Some(origin) = self.start_clock(now) {
                self.inputs.iter_mut().for_each(|input| input.listen(now, origin));
            }
            if let Some(error) = self.failure(now) {
                return Err(error);
            }
            let lines = self.inputs.iter_mut().map(|input| &mut input.line);
            if let Some(block) = line::earliest(lines).and_then(Line::block) {
                return Ok(Heard::Block(block));
            }
            if now >= deadline {
                return Ok(Heard::Nothing);
            }
            thread::sleep(LOOK_EVERY.min(deadline - now));
        }
    }

    fn health(&self) -> Health {
        let mut health = Health { alarm: self.inputs.iter().filter_map(Input::alarm).min(), ..Health::default() };
        for (input, level_db) in self.inputs.iter().zip(&mut health.level_db) {
            *level_db = if input.live.is_some() { input.line.level_db() } else { LEVEL_FLOOR_DB };
            health.gaps += input.gaps;
            health.dropped += input.dropped + input.live.as_ref().map_or(0, Live::dropped);
        }
        health
    }
}

/// One track's input, whichever device that is at the moment.
#[derive(Debug)]
struct Input {
    wanted: Wanted,
    /// The only input: any other is then better than none, and nothing has to keep step with it. Of two, both from one
    /// input would be each voice twice.
    alone: bool,
    name: String,
    line: Line,
    live: Option<Live>,
    /// A stream that is being opened, on a thread of its own.
    opening: Option<Receiver<Result<Opened, CaptureError>>>,
    retry_at: Instant,
    /// Since when nothing has come.
    trouble: Option<Instant>,
    /// Why it could not be opened again, when it could not.
    reason: String,
    gaps: u32,
    /// Samples dropped by streams that are gone.
    dropped: u64,
    /// Reused from look to look.
    heard: Vec<f32>,
}

impl Input {
    /// Takes what has arrived, sees whether the stream lives, and goes on with building it again when it does not.
    fn listen(&mut self, now: Instant, origin: Instant) {
        if self.live.as_ref().is_some_and(|live| live.stands_in) {
            self.look_for_wanted(now);
        }
        match &mut self.live {
            Some(live) => {
                if !live.joined
                    && let Some(start) = live.started()
                {
                    live.joined = self.line.silence_until(position(start, origin));
                    // What the stream before it gave is not heard twice.
                    let known = self.line.end().0.saturating_sub(position(start, origin).0);
                    live.skip = (known * u64::from(live.rate) / u64::from(SAMPLE_RATE)) as usize;
                }
                self.heard.clear();
                if live.joined && live.read(&mut self.heard) > 0 {
                    live.last_heard = now;
                    self.trouble = None;
                    live.no_sound = false;
                    self.line.sound(&self.heard);
                    if !self.alone {
                        self.line.keep_time(position(now, origin));
                    }
                } else if live.is_broken() || now.duration_since(live.last_heard) > DEAD_AFTER {
                    self.lose(now);
                } else {
                    live.no_sound = now.duration_since(live.last_heard) > NO_SOUND_AFTER;
                }
            }
            None => self.rebuild(now),
        }
        let silent = self.live.as_ref().is_none_or(|live| !live.joined && live.started().is_none());
        if self.trouble.is_some() && silent {
            let recently = now.checked_sub(SILENCE_BEHIND).unwrap_or(now);
            self.line.silence_until(position(recently, origin));
        }
    }

    fn lose(&mut self, now: Instant) {
        if let Some(live) = self.live.take() {
            self.dropped += live.dropped();
            self.line.flush();
            self.line.forget_alarms();
        }
        // An input that is opened in vain again and again is one gap.
        if self.trouble.is_none() {
            self.gaps += 1;
            self.trouble = Some(now);
            self.retry_at = now;
            tracing::warn!(input = self.name, "the input gives no more sound; it is opened again");
        }
    }

    fn rebuild(&mut self, now: Instant) {
        let Some(opening) = &self.opening else {
            if now >= self.retry_at {
                self.retry_at = now + RETRY_EVERY;
                self.opening = Some(open_aside(self.wanted.clone(), self.alone));
            }
            return;
        };
        let outcome = match opening.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err(CaptureError::NoMicrophone),
        };
        self.opening = None;
        self.take(outcome);
    }

    /// While another input stands in: changes back as soon as the one that was asked for can be opened.
    fn look_for_wanted(&mut self, now: Instant) {
        let Some(opening) = &self.opening else {
            if now >= self.retry_at {
                self.retry_at = now + RETURN_EVERY;
                self.opening = Some(open_aside(self.wanted.clone(), false));
            }
            return;
        };
        let outcome = match opening.try_recv() {
            Err(TryRecvError::Empty) => return,
            outcome => outcome.ok(),
        };
        self.opening = None;
        if let Some(Ok(opened)) = outcome {
            tracing::info!(input = opened.name, "the input that was asked for is there again");
            self.lose(now);
            self.take(Ok(opened));
        }
    }

    fn take(&mut self, outcome: Result<Opened, CaptureError>) {
        let ready = outcome.and_then(|opened| {
            let resampler = resampler(opened.rate, &opened.name)?;
            Ok((Live::new(opened), resampler))
        });
        match ready {
            Ok((live, resampler)) => {
                tracing::info!(input = live.name, rate = live.rate, "the input is open again");
                self.line.resample_by(resampler);
                self.name.clone_from(&live.name);
                self.live = Some(live);
            }
            Err(error) => self.reason = error.to_string(),
        }
    }

    fn alarm(&self) -> Option<Alarm> {
        match &self.live {
            _ if self.trouble.is_some() => Some(Alarm::Rebuilding),
            Some(live) if live.no_sound => Some(Alarm::NoSound),
            _ => self.line.alarm().filter(|alarm| {
                // A computer that plays nothing gives zeros, and rightly.
                self.wanted != Wanted::System || *alarm == Alarm::Clipped
            }),
        }
    }
}

/// A stream that is open.
struct Live {
    opened: Opened,
    /// Its samples are part of the line: silence up to its first one has been written.
    joined: bool,
    last_heard: Instant,
    /// Nothing has come for [`NO_SOUND_AFTER`]; not that nobody looked.
    no_sound: bool,
    /// Samples, at its rate, that are known already.
    skip: usize,
}

impl std::ops::Deref for Live {
    type Target = Opened;
    fn deref(&self) -> &Opened {
        &self.opened
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("name", &self.name).field("joined", &self.joined).finish_non_exhaustive()
    }
}

impl Live {
    fn new(opened: Opened) -> Self {
        Self { opened, joined: false, last_heard: Instant::now(), no_sound: false, skip: 0 }
    }

    /// When its first sample was taken.
    fn started(&self) -> Option<Instant> {
        self.signs.start_ns().map(|ns| self.at + Duration::from_nanos(ns))
    }

    fn is_broken(&self) -> bool {
        self.signs.is_broken()
    }

    /// How many samples there were; `out` gets those that are new.
    fn read(&mut self, out: &mut Vec<f32>) -> usize {
        let read = self.opened.outlet.read(out);
        let skipped = self.skip.min(read);
        out.drain(..skipped);
        self.skip -= skipped;
        read
    }

    /// Samples it has dropped, at our rate.
    fn dropped(&self) -> u64 {
        self.signs.lost() * u64::from(SAMPLE_RATE) / u64::from(self.rate)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let Some(stream) = self.opened.stream.take() else { return };
        let (closed, wait) = mpsc::channel();
        thread::spawn(move || {
            drop(stream);
            // Nobody listens when it took too long.
            let _ = closed.send(());
        });
        let _ = wait.recv_timeout(CLOSE_WITHIN);
    }
}

/// Opens an input on a thread of its own, for opening can hang as long as a sound server does.
fn open_aside(wanted: Wanted, others_do: bool) -> Receiver<Result<Opened, CaptureError>> {
    let (opened, opening) = mpsc::channel();
    thread::spawn(move || {
        let outcome = device::find(&wanted).and_then(device::Found::open).or_else(|error| {
            let other = if others_do { device::open_another() } else { None };
            other.ok_or(error)
        });
        // Nobody listens when the session ended meanwhile: the stream then closes here.
        let _ = opened.send(outcome);
    });
    opening
}

fn resampler(rate: u32, device: &str) -> Result<Resampler, CaptureError> {
    Resampler::new(rate).ok_or_else(|| CaptureError::Failed {
        device: device.into(),
        reason: format!("its rate of {rate} Hz is impossible"),
    })
}

fn position(at: Instant, origin: Instant) -> Sample {
    Sample::from_seconds(at.saturating_duration_since(origin).as_secs_f64())
}
