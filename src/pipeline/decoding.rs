//! Windows wait here for the one thread that decodes them, while the session goes on.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{Reread, passage::Passage};
use crate::{
    moves::{self, Coder, Prepared},
    session::Track,
    transcript::{Decoded, TranscriptError, Whisper, Window, Word, align},
    units::Span,
};

/// So many windows wait with their samples (1.8 MB each); of later ones only the places are kept, if they can be read
/// again.
const KEPT_WINDOWS: usize = 4;
/// How much the decoding thread steps back behind capture, the meeting's video and everything else (a nice value).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// What came of all windows.
#[derive(Debug, Default)]
pub struct Transcribed {
    pub(super) passages: Vec<Passage>,
    pub windows: usize,
    /// Windows that could not be decoded, or not be read again.
    pub failed: usize,
    pub(super) tokens: usize,
    pub(super) logprob_sum: f64,
    /// What decoding took.
    pub(super) wall: Duration,
}

impl Transcribed {
    /// In no order.
    pub fn words(&self) -> impl Iterator<Item = (Track, Word)> {
        self.passages.iter().flat_map(Passage::words)
    }

    /// What the text model has made of the words.
    pub(super) fn prepared(&self) -> Vec<&Prepared> {
        self.passages.iter().map(|passage| &passage.prepared).collect()
    }

    /// Mean log-probability of all tokens.
    pub fn mean_logprob(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.logprob_sum / self.tokens as f64)
    }

    pub(super) fn add(
        &mut self,
        track: Track,
        decoded: Result<(Decoded, Prepared), TranscriptError>,
        forgotten: &[Span],
    ) {
        self.windows += 1;
        match decoded {
            Ok((decoded, prepared)) => {
                self.tokens += decoded.tokens;
                self.logprob_sum += f64::from(decoded.mean_logprob.unwrap_or_default()) * decoded.tokens as f64;
                let on_record = |word: &Word| forgotten.iter().all(|span| span.overlap(word.span).is_none());
                let whole = decoded.words.iter().all(on_record);
                let words: Vec<Word> = decoded.words.into_iter().filter(on_record).collect();
                let mut passage = Passage::new(track, &words);
                if let Some(passage) = passage.as_mut().filter(|_| whole) {
                    passage.prepared = prepared;
                }
                self.passages.extend(passage);
            }
            Err(error) => {
                tracing::warn!(%error, "a window was not decoded");
                self.failed += 1;
            }
        }
    }
}

/// The queue and its thread. Dropped without [`Decoding::finish`], it decodes nothing more.
pub struct Decoding {
    desk: Arc<Desk>,
    worker: Option<JoinHandle<()>>,
    can_reread: bool,
}

impl fmt::Debug for Decoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoding").field("behind_s", &self.behind_s()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Window>,
    /// Seconds of speech in the window that is being decoded.
    in_hand_s: Option<f64>,
    /// No more windows will come.
    closed: bool,
    /// The worker is gone.
    over: bool,
    forgotten: Vec<Span>,
    /// For which what was said is prepared.
    coder: Option<Arc<Coder>>,
    done: Transcribed,
}

impl State {
    fn behind_s(&self) -> f64 {
        self.waiting.iter().map(Window::speech_s).sum::<f64>() + self.in_hand_s.unwrap_or(0.0)
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.lock(), |state| condition(state)).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Decoding {
    pub fn start(whisper: Arc<Whisper>, reread: Option<Reread>) -> Self {
        let desk = Arc::new(Desk::default());
        let can_reread = reread.is_some();
        let worker = std::thread::Builder::new().name("decoding".to_owned()).spawn({
            let desk = Arc::clone(&desk);
            move || {
                // Whatever ends this thread, nobody waits for it for ever.
                let _leaving = Leaving(&desk);
                step_back();
                work(&desk, &whisper, reread.as_ref());
            }
        });
        // Without a thread every window fails, and the recording stays for a later try.
        let worker = worker.inspect_err(|error| tracing::error!(%error, "no thread to decode with")).ok();
        desk.lock().over = worker.is_none();
        Self { desk, worker, can_reread }
    }

    /// From now on what was said is prepared for this, window by window.
    pub fn prepare_for(&self, coder: Arc<Coder>) {
        self.desk.lock().coder = Some(coder);
    }

    pub fn add(&self, mut window: Window) {
        let mut state = self.desk.lock();
        if self.can_reread && state.waiting.iter().filter(|waiting| !waiting.samples.is_empty()).count() >= KEPT_WINDOWS
        {
            window.shed();
        }
        state.waiting.push_back(window);
        self.desk.changed.notify_all();
    }

    /// Seconds of speech that wait, or are being decoded.
    pub fn behind_s(&self) -> f64 {
        self.desk.lock().behind_s()
    }

    pub fn idle(&self) -> bool {
        let state = self.desk.lock();
        state.waiting.is_empty() && state.in_hand_s.is_none()
    }

    pub fn wait_until_behind(&self, at_most_s: f64) {
        // Waiting for less than nothing would never end.
        let at_most_s = at_most_s.max(0.0);
        drop(self.desk.wait_while(|state| !state.over && state.behind_s() > at_most_s));
    }

    /// Drops sound that waits and words that are there already, if they are of `span`.
    pub fn forget(&self, span: Span) {
        let mut state = self.desk.lock();
        state.forgotten.push(span);
        state.waiting.retain_mut(|window| window.forget(span));
        let passages = std::mem::take(&mut state.done.passages);
        state.done.passages = passages.into_iter().filter_map(|passage| passage.without(span)).collect();
        self.desk.changed.notify_all();
    }

    /// Waits for everything to be decoded.
    pub fn finish(mut self) -> Transcribed {
        self.desk.lock().closed = true;
        self.desk.changed.notify_all();
        if self.worker.take().is_some_and(|worker| worker.join().is_err()) {
            tracing::error!("decoding broke off");
        }
        let mut state = self.desk.lock();
        let mut done = std::mem::take(&mut state.done);
        let lost = state.waiting.len() + usize::from(state.in_hand_s.is_some());
        done.windows += lost;
        done.failed += lost;
        tracing::info!(windows = done.windows, decoded_s = done.wall.as_secs_f64(), "all that was said is decoded");
        done
    }
}

impl Drop for Decoding {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.desk.changed.notify_all();
    }
}

struct Leaving<'a>(&'a Desk);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }
}

fn work(desk: &Desk, whisper: &Whisper, reread: Option<&Reread>) {
    loop {
        let mut state = desk.wait_while(|state| state.waiting.is_empty() && !state.closed);
        let Some(mut window) = state.waiting.pop_front() else { return };
        state.in_hand_s = Some(window.speech_s());
        let coder = state.coder.clone();
        drop(state);
        let track = window.track;
        let begun = Instant::now();
        let whole =
            !window.samples.is_empty() || reread.is_some_and(|reread| window.restore(|span| reread(track, span)));
        let decoded = if whole {
            whisper.decode(&window)
        } else {
            Err(TranscriptError::Decode { reason: "the recording could not be read again".to_owned() })
        };
        let wall = begun.elapsed();
        let prepare =
            |coder: &Coder| decoded.as_ref().map(|decoded| prepared(coder, &decoded.words)).unwrap_or_default();
        let prepared = coder.as_deref().map(prepare).unwrap_or_default();
        let decoded = decoded.map(|decoded| (decoded, prepared));
        let mut state = desk.lock();
        state.in_hand_s = None;
        let State { done, forgotten, .. } = &mut *state;
        done.wall += wall;
        done.add(track, decoded, forgotten);
        desk.changed.notify_all();
    }
}

/// Of the sentences that words make when nobody knows who said them: in the end most are cut at the same places.
fn prepared(coder: &Coder, words: &[Word]) -> Prepared {
    coder.prepare(&moves::split(&align(words.to_vec(), &[])))
}

/// Lowers this thread's priority, and that of the threads whisper.cpp makes from it. Elsewhere than on Linux the same
/// call would slow the whole process.
fn step_back() {
    // "None" is the calling thread. One that may not step back works on as it is.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}
