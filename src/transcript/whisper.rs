//! Decoding with whisper.cpp: one model and one state for the life of the process, greedy, nothing carried over from one
//! window to the next, so that what is invented once is not repeated.

use std::{
    ffi::{c_int, c_void},
    path::Path,
    sync::{Mutex, PoisonError},
};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperSegment, WhisperState,
    WhisperTokenId,
};

use super::{
    tokens::{self, Token},
    windows::{Extent, WINDOW_SAMPLES_MAX},
    *,
};
use crate::units::SAMPLE_RATE;

/// whisper.cpp's own bounds for a window without speech, which are OpenAI's: this likely to be silence, and of tokens
/// this unlikely on average. A segment below the second is dropped whatever the model thinks of silence: it is music or noise put
/// into words.
const NO_SPEECH: f32 = 0.6;
const UNLIKELY_LOGPROB: f32 = -1.0;
/// The same for a model that hears windows at their own length: a small one, which knows few voices and is sure of those. With
/// the demo model chords come to -0.9 and less, the sentences of the demo session to -0.3 and more.
const UNLIKELY_LOGPROB_SHORT: f32 = -0.85;
/// Samples to a position of Whisper's encoder (20 ms), the most positions it has, and what whisper.cpp rounds them up to for flash
/// attention (`GGML_PAD(n_ctx, 256)` in 1.8).
const POSITION_SAMPLES: usize = SAMPLE_RATE as usize / 50;
const POSITIONS_MAX: usize = 1500;
const POSITIONS_MULTIPLE: usize = 256;
/// Faster than anybody speaks: a record stands near 11 words a second, fast talk is at 5.
const MAX_WORDS_PER_S: f64 = 10.0;
/// Whisper goes on after the last time it gave. A rest shorter than this is silence, and costs as much as a window.
const REST_WORTH_A_PASS_S: f64 = 1.0;
/// It also gives a last time and stops, which whisper.cpp takes for the end of the window. As long as this (a sentence), more of
/// it is speech than the pauses left in a window.
const REST_ASKED_AGAIN_S: f64 = 2.0;
/// A model that understands nothing gives times a few hundredths apart, and would be asked a thousand times.
const MAX_PASSES: u32 = 3;
/// Silence behind a short utterance, so that the model sees that it is over (1 s).
const SHORT_REST: usize = SAMPLE_RATE as usize;

/// A Whisper model, loaded once for the life of the process.
pub struct Whisper {
    context: WhisperContext,
    /// States are heavy (caches and scratch for one window): there is one, and who decodes waits for it.
    state: Mutex<WhisperState>,
    /// Another for short utterances, which must not wait for a window: made when it is first wanted.
    quick: Mutex<Option<WhisperState>>,
    threads: c_int,
    /// From this token on, tokens are no text.
    first_special: WhisperTokenId,
    longest: usize,
    /// Windows are heard at their own length; else every one is filled up to 30 s with silence, as OpenAI's models want.
    at_its_length: bool,
    /// Mean log-probability under which a segment is not speech.
    unlikely: f32,
}

impl fmt::Debug for Whisper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whisper").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Whisper {
    /// Loads a file that [`crate::weights::check_ggml`] has passed (the caller has: stages know no weights).
    ///
    /// whisper.cpp's threads spin while they wait: with more of them than free cores everything becomes slower.
    ///
    /// # Errors
    /// When the file cannot be read, or there is not enough memory.
    pub fn load(path: &Path, threads: usize) -> Result<Self, TranscriptError> {
        // whisper.cpp logs to stderr unless something else is installed. Without a backend in whisper-rs' features this
        // is nothing at all: at its debug level it would say words.
        whisper_rs::install_logging_hooks();
        let failed = |_: WhisperError| TranscriptError::Load { path: path.display().to_string() };
        let mut parameters = WhisperContextParameters::default();
        // Halves the memory at the same speed.
        parameters.flash_attn(true);
        let context = WhisperContext::new_with_params(path, parameters).map_err(failed)?;
        Ok(Self {
            first_special: context.token_eot(),
            state: Mutex::new(context.create_state().map_err(failed)?),
            quick: Mutex::default(),
            context,
            threads: c_int::try_from(threads.max(1)).unwrap_or(1),
            longest: WINDOW_SAMPLES_MAX,
            at_its_length: false,
            unlikely: UNLIKELY_LOGPROB,
        })
    }

    /// The same, for windows of at most `seconds`, heard at their own length: a model that has learnt just that.
    #[must_use]
    pub fn hearing(mut self, seconds: f64) -> Self {
        self.longest = crate::units::Sample::from_seconds(seconds).0 as usize;
        self.at_its_length = true;
        self.unlikely = UNLIKELY_LOGPROB_SHORT;
        self
    }

    /// The longest window to give it, in samples.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Decodes one window; words lie on the session clock.
    ///
    /// # Errors
    /// When whisper.cpp fails: out of memory, as a rule.
    pub fn decode(&self, window: &Window) -> Result<Decoded, TranscriptError> {
        let mut parameters = self.parameters();
        if self.at_its_length {
            parameters.set_audio_ctx(positions(window.samples.len()));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(&mut state, window, parameters)
    }

    /// The same for an utterance of a few seconds, beside a window that is being decoded. The encoder hears it without the
    /// long silence behind it: a fraction of the work, and good enough for a command of three words.
    ///
    /// # Errors
    /// As [`Whisper::decode`].
    pub fn decode_short(&self, window: &Window) -> Result<Decoded, TranscriptError> {
        let mut parameters = self.parameters();
        parameters.set_audio_ctx(positions(window.samples.len() + SHORT_REST));
        let mut quick = self.quick.lock().unwrap_or_else(PoisonError::into_inner);
        let state = match &mut *quick {
            Some(state) => state,
            none => none.insert(self.context.create_state().map_err(failed)?),
        };
        self.run(state, window, parameters)
    }

    fn run(
        &self,
        state: &mut WhisperState,
        window: &Window,
        mut parameters: FullParams<'_, '_>,
    ) -> Result<Decoded, TranscriptError> {
        if window.samples.is_empty() {
            return Ok(Decoded::default());
        }
        let seconds = window.samples.len() as f64 / f64::from(SAMPLE_RATE);
        let (mut decoded, mut sum) = (Decoded::default(), 0.0);
        let mut from = 0.0;
        loop {
            let mut passes = Passes { before: decoded.passes, done: 0, percent: 0, seconds: seconds - from };
            // SAFETY: whisper.cpp calls these on this thread and only during `full`, which `passes` outlives; their
            // signatures are the ones it declares.
            unsafe {
                let data = (&raw mut passes).cast::<c_void>();
                parameters.set_progress_callback(Some(note_progress));
                parameters.set_progress_callback_user_data(data);
                parameters.set_start_encoder_callback(Some(worth_a_pass));
                parameters.set_start_encoder_callback_user_data(data);
            }
            state.full(parameters.clone(), &window.samples).map_err(failed)?;
            decoded.passes += passes.done;
            let mut until = from;
            for segment in state.as_iter() {
                sum += self.hear(&segment, window, &mut decoded);
                until = seconds_of(segment.end_timestamp()).max(until);
            }
            // A window is speech to its end: where the model stops long before that, it is asked again from there.
            if until <= from || seconds - until < REST_ASKED_AGAIN_S || decoded.passes >= MAX_PASSES {
                break;
            }
            from = until;
            parameters.set_offset_ms((from * 1000.0) as c_int);
        }
        decoded.mean_logprob = (decoded.tokens > 0).then(|| (sum / decoded.tokens as f64) as f32);
        Ok(decoded)
    }

    fn parameters(&self) -> FullParams<'static, 'static> {
        // English is the default; setting it would leak a string each time.
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_n_threads(self.threads);
        parameters.set_no_context(true);
        parameters.set_n_max_text_ctx(0);
        parameters.set_suppress_blank(true);
        parameters.set_temperature(0.0);
        // No second try at a higher temperature: it costs most where there is least to hear.
        parameters.set_temperature_inc(0.0);
        parameters.set_no_speech_thold(NO_SPEECH);
        parameters.set_logprob_thold(UNLIKELY_LOGPROB);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        parameters.set_print_special(false);
        parameters
    }

    /// Adds a segment's words, unless they are invented; returns the sum of its tokens' log-probabilities.
    fn hear(&self, segment: &WhisperSegment<'_>, window: &Window, decoded: &mut Decoded) -> f64 {
        let tokens: Vec<Token<'_>> = (0..segment.n_tokens())
            .filter_map(|i| segment.get_token(i))
            .filter(|token| token.token_id() < self.first_special)
            .filter_map(|token| {
                let data = token.token_data();
                Some(Token { bytes: token.to_bytes().ok()?, probability: data.p, logprob: data.plog })
            })
            .collect();
        let sum: f64 = tokens.iter().map(|token| f64::from(token.logprob)).sum();
        decoded.tokens += tokens.len();
        if sum < f64::from(self.unlikely) * tokens.len() as f64 {
            return sum;
        }
        let words = tokens::without_loops(tokens::words(&tokens));
        let extents: Vec<Extent> = words.iter().map(|word| Extent::of(&word.text)).collect();
        let [start, end] = [segment.start_timestamp(), segment.end_timestamp()].map(seconds_of);
        let spans = window.place(start, end, &extents);
        let seconds: f64 = spans.iter().map(|span| span.seconds()).sum();
        if words.len() as f64 <= 1.0 + seconds * MAX_WORDS_PER_S {
            decoded.words.extend(words.into_iter().zip(spans).map(|(mut word, span)| Word {
                span,
                text: Spoken::new(std::mem::take(&mut *word.text)),
                probability: word.probability,
            }));
        }
        sum
    }
}

/// How many of the encoder's positions a window of so many samples takes, to whisper.cpp's next multiple: what it adds itself
/// to get there are not silent positions but empty ones, which attention sees all the same.
fn positions(samples: usize) -> c_int {
    let positions = samples.div_ceil(POSITION_SAMPLES).next_multiple_of(POSITIONS_MULTIPLE).min(POSITIONS_MAX);
    c_int::try_from(positions).unwrap_or(0)
}

/// Of whisper.cpp's centiseconds.
fn seconds_of(timestamp: i64) -> f64 {
    timestamp as f64 / 100.0
}

fn failed(error: WhisperError) -> TranscriptError {
    TranscriptError::Decode { reason: format!("whisper.cpp says {error:?}") }
}

/// Words of a window.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    pub words: Vec<Word>,
    /// Mean log-probability of the tokens; `None` without any.
    pub mean_logprob: Option<f32>,
    /// How many tokens that is the mean of.
    pub tokens: usize,
    /// How often the encoder ran: what decoding cost, as a rule once.
    pub passes: u32,
}

/// How often whisper.cpp has gone through a window, and how far it is.
struct Passes {
    /// In earlier calls for the same window.
    before: u32,
    done: u32,
    percent: c_int,
    seconds: f64,
}

/// whisper.cpp's progress callback: called before every pass. Generic, because the types in its signature are not
/// exported; none of them is looked at.
unsafe extern "C" fn note_progress<C, S>(_: *mut C, _: *mut S, percent: c_int, data: *mut c_void) {
    // SAFETY: `data` is the `Passes` of the call to `full` that this thread is in; nobody else refers to it meanwhile.
    if let Some(passes) = unsafe { data.cast::<Passes>().as_mut() } {
        passes.percent = percent;
    }
}

/// whisper.cpp's callback before it encodes: false ends the decoding, and what was decoded stays.
unsafe extern "C" fn worth_a_pass<C, S>(_: *mut C, _: *mut S, data: *mut c_void) -> bool {
    // SAFETY: as above.
    let Some(passes) = (unsafe { data.cast::<Passes>().as_mut() }) else { return true };
    let rest = passes.seconds * f64::from(100 - passes.percent) / 100.0;
    let worth = passes.done == 0 || (passes.before + passes.done < MAX_PASSES && rest >= REST_WORTH_A_PASS_S);
    passes.done += u32::from(worth);
    worth
}
