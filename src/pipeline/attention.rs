//! Listens for utterances short enough to be a command: each is cut out once a pause has shown that it is over, and tried
//! on a thread of its own, beside the windows that may take seconds. Nothing of it stays but the command, if it was one.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroize;

use crate::{
    session::Track,
    speech,
    transcript::{Command, WakeWord, Whisper, Window},
    units::{SAMPLE_RATE, Sample, Span},
};

/// What follows within this belongs to the same utterance: people stop for a moment after the wake word.
const PAUSE: u64 = samples(500);
/// A command is said within this, and in no less.
const LONGEST: u64 = samples(4_000);
const SHORTEST: u64 = samples(400);
/// Sound kept either side, so that no first or last consonant is lost.
const MARGIN: u64 = samples(200);
/// Sound that is held: the longest utterance with its margins, its pause, and what voice activity takes to decide.
const HELD: usize = samples(6_000) as usize;

const fn samples(ms: u64) -> u64 {
    ms * SAMPLE_RATE as u64 / 1000
}

/// So many utterances wait to be tried. A machine that falls behind gives up the oldest: a command that comes too late is one
/// that was said again.
const WAITING_MAX: usize = 4;

/// A command that was heard, and where it was said. No words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpokenCommand {
    pub command: Command,
    pub span: Span,
}

/// Hears the commands of a session. Dropped, it tries nothing more.
pub struct Attention {
    ears: Vec<Ear>,
    desk: Arc<Desk>,
}

impl fmt::Debug for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attention").field("ears", &self.ears).finish_non_exhaustive()
    }
}

impl Attention {
    /// Begins to listen to tracks, each from where it has come to.
    pub fn new(whisper: Arc<Whisper>, wake: WakeWord, tracks: impl Iterator<Item = Sample>) -> Self {
        let desk = Arc::new(Desk::default());
        let worker = std::thread::Builder::new().name("commands".to_owned()).spawn({
            let desk = Arc::clone(&desk);
            move || attend(&desk, &whisper, &wake)
        });
        // Without a thread there are no commands; everything else goes on.
        drop(worker.inspect_err(|error| tracing::error!(%error, "no thread to hear commands with")));
        Self { ears: ears(tracks), desk }
    }

    /// Takes a track's next samples.
    pub fn push(&mut self, track: Track, samples: &[f32]) {
        let Some(ear) = self.ears.get_mut(usize::from(track.0)) else { return };
        let Some(candidate) = ear.push(samples) else { return };
        let mut state = self.desk.lock();
        if state.waiting.len() >= WAITING_MAX {
            state.waiting.pop_front();
        }
        state.waiting.push_back(candidate);
        self.desk.changed.notify_all();
    }

    /// The commands heard since the last call.
    pub fn heard(&self) -> Vec<SpokenCommand> {
        std::mem::take(&mut self.desk.lock().heard)
    }

    /// Listens on from these places; what was said until now is no command any more, tried or not.
    pub fn anew(&mut self, tracks: impl Iterator<Item = Sample>) {
        self.ears = ears(tracks);
        let mut state = self.desk.lock();
        state.round += 1;
        state.waiting.clear();
        state.heard.clear();
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.desk.changed.notify_all();
    }
}

fn ears(tracks: impl Iterator<Item = Sample>) -> Vec<Ear> {
    (0..).zip(tracks).map(|(track, begun)| Ear::new(Track(track), begun)).collect()
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Candidate>,
    heard: Vec<SpokenCommand>,
    /// Counts how often listening began anew: what is being tried then comes to nothing.
    round: u64,
    closed: bool,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attend(desk: &Desk, whisper: &Whisper, wake: &WakeWord) {
    // The first utterance of all takes longer than others: let it be one of silence.
    let silence = Window::alone(Track(0), Sample(0), vec![0.0; 2 * SHORTEST as usize]);
    if let Some(Err(error)) = silence.map(|silence| whisper.decode_short(&silence)) {
        tracing::warn!(%error, "spoken commands cannot be heard");
    }
    loop {
        let nothing = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let waited = desk.changed.wait_while(desk.lock(), nothing);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let Some(mut candidate) = state.waiting.pop_front() else { return };
        let round = state.round;
        drop(state);
        // Of what was said nothing leaves this line but the command.
        let command = whisper.decode_short(&candidate.window).ok().and_then(|said| wake.command(&said.words));
        candidate.window.samples.zeroize();
        let mut state = desk.lock();
        if let Some(command) = command.filter(|_| state.round == round) {
            state.heard.push(SpokenCommand { command, span: candidate.span });
        }
    }
}

/// One track's.
#[derive(Debug)]
struct Ear {
    track: Track,
    detector: speech::Detector,
    held: VecDeque<f32>,
    /// Where the first sample pushed lies on the session clock, and how many there have been.
    begun: u64,
    heard: u64,
    /// The utterance that may still grow: start and end, in samples pushed.
    open: Option<(u64, u64)>,
}

/// An utterance that may be a command.
#[derive(Debug)]
struct Candidate {
    /// Where somebody speaks.
    span: Span,
    /// With its margins.
    window: Window,
}

impl Ear {
    /// Begins to listen at `begun` of the session clock.
    fn new(track: Track, begun: Sample) -> Self {
        Self {
            track,
            detector: speech::Detector::new(),
            held: VecDeque::with_capacity(2 * HELD),
            begun: begun.0,
            heard: 0,
            open: None,
        }
    }

    /// Takes the track's next samples; an utterance that is over now and is not too long.
    fn push(&mut self, samples: &[f32]) -> Option<Candidate> {
        self.held.extend(samples);
        let surplus = self.held.len().saturating_sub(HELD);
        self.held.drain(..surplus);
        self.heard += samples.len() as u64;
        let mut over = None;
        for span in self.detector.push(samples) {
            let (start, end) = (span.start().0, span.end().0);
            match &mut self.open {
                Some((_, known)) if start < *known + PAUSE => *known = end,
                open => over = open.replace((start, end)).or(over),
            }
        }
        if self.open.is_some_and(|(_, end)| self.heard >= end + PAUSE) && !self.detector.undecided() {
            over = self.open.take();
        }
        over.and_then(|(start, end)| self.cut(start, end))
    }

    /// The utterance with its margins, as a window of its own.
    fn cut(&self, start: u64, end: u64) -> Option<Candidate> {
        if !(SHORTEST..=LONGEST).contains(&(end - start)) {
            return None;
        }
        let base = self.heard - self.held.len() as u64;
        let (from, to) = (start.saturating_sub(MARGIN).max(base), (end + MARGIN).min(self.heard));
        let sound = self.held.range((from - base) as usize..(to.max(from) - base) as usize).copied().collect();
        let on_clock = |at: u64| Sample(self.begun + at);
        let span = Span::new(on_clock(start), on_clock(end))?;
        Some(Candidate { span, window: Window::alone(self.track, on_clock(from), sound)? })
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        // Of what was said off the record nothing stays in memory.
        self.held.make_contiguous().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second of each digit: `1` somebody speaks (the demo session's first voice), `0` nobody does.
    fn candidates(pattern: &str) -> Vec<(f64, f64)> {
        let speech = super::super::tests::speech();
        let mut ear = Ear::new(Track(0), Sample(1_600_000));
        let mut found = Vec::new();
        for (i, half) in pattern.chars().enumerate() {
            let said = &speech[(i * 8_000) % (speech.len() - 8_000)..][..8_000];
            let sound: Vec<f32> = said.iter().map(|s| if half == '1' { *s } else { 0.0 }).collect();
            for piece in sound.chunks(4_000) {
                found.extend(ear.push(piece));
            }
        }
        found
            .iter()
            .map(|candidate| {
                let sound = candidate.window.pieces[0].1;
                assert!(sound.start() <= candidate.span.start() && candidate.span.end() <= sound.end());
                assert_eq!(candidate.window.samples.len() as u64, sound.samples());
                let margin = sound.samples() - candidate.span.samples();
                assert!(margin <= 2 * MARGIN, "{margin}");
                (candidate.span.start().seconds() - 100.0, candidate.span.end().seconds() - 100.0)
            })
            .collect()
    }

    fn about(found: &[(f64, f64)], expected: &[(f64, f64)]) {
        let near = |a: f64, b: f64| (a - b).abs() < 0.35;
        let all = found.iter().zip(expected).all(|(f, e)| near(f.0, e.0) && near(f.1, e.1));
        assert!(found.len() == expected.len() && all, "{found:?}, not {expected:?}");
    }

    #[test]
    fn short_utterances_are_cut_out_once_they_are_over() {
        about(&candidates("0011100000"), &[(1.0, 2.5)]);
        about(&candidates("001110000011100000"), &[(1.0, 2.5), (5.0, 6.5)]);
        // A moment's pause belongs to it, as one after the wake word may.
        about(&candidates("00110111000000"), &[(1.0, 4.0)]);
    }

    #[test]
    fn long_talk_and_silence_are_none() {
        about(&candidates("0000000000000000"), &[]);
        about(&candidates("00111111111111110000"), &[]);
        // Nor is what follows long talk at once.
        about(&candidates("0011111111111101100000"), &[]);
        about(&candidates("001110"), &[]);
    }
}
