//! From sound to numbers and words: the only file that runs speech, speakers, transcript and measures in sequence.
//! `push(block)` does what can be done while the session runs, `finish()` the rest. Drives nothing, stores nothing.
//!
//! Who wants spoken commands calls [`Pipeline::attend`], and does what [`Pipeline::commands`] then says was asked for: the
//! command and where it was said, never a word.
//!
//! The clock never goes back. What is taken off the record was counted and is not said again: the blocks after it carry
//! on with the positions they would have had, and the stretch is outside every duration, as is any other hole between
//! two blocks. (A recording that is read again after a crash has such a hole where something was cut out.)

mod attention;
mod decoding;
mod passage;

use std::{collections::BTreeSet, fmt, sync::Arc};

pub use self::attention::SpokenCommand;
use self::{
    attention::Attention,
    decoding::{Decoding, Transcribed},
};
use crate::{
    capture::{Block, Health},
    measures::{self, Caveat, Models as ModelNames, Numbers, RoleSpan},
    moves::{self, Coder, Prepared},
    session::{Role, Track},
    speakers::{Diarization, Listener, RoleHint, SpeakerEncoder, assign_roles},
    speech,
    transcript::{Packer, Utterance, WakeWord, Whisper, Word, Written, align},
    units::{SAMPLE_RATE, Sample, Span, union},
};

/// The demo model's name: it knows synthetic voices only.
pub const DEMO_MODEL: &str = "demo.en";
/// What [`SpeakerEncoder`] loads.
const SPEAKER_MODEL: &str = "ge2e";
/// Mean log-probability of a session's tokens below which its words are called poor. Whisper gives up on a window below
/// -1.0; when a whole session comes near that, a large part of its windows is past it.
const POOR_LOGPROB: f64 = -0.8;
/// Less speech than this may be a cough: nothing is said about the words that it did or did not become.
const JUDGED_S: f64 = 10.0;
/// A word this near to its own voice's speech is that voice's: Whisper's times are rough (0.25 s).
const NEAR: u64 = SAMPLE_RATE as u64 / 4;
/// A longer hole between two blocks (a day) is a mistake of whoever feeds them; the block is left out.
const HOLE_MAX: u64 = 24 * 3600 * SAMPLE_RATE as u64;
/// Holes are heard as silence, in blocks of this many samples.
static SILENCE: [f32; 8000] = [0.0; 8000];

/// What works on sessions: loaded once, shared by all of them.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// Name and model; `None`: no words.
    pub whisper: Option<(String, Arc<Whisper>)>,
    pub speaker: Option<Arc<SpeakerEncoder>>,
    /// `None`: nothing is made of the words.
    pub moves: Option<Arc<Coder>>,
}

impl Models {
    /// Whether a session has all that helps; what is missing may be fetched before the next.
    pub fn are_whole(&self) -> bool {
        self.whisper.is_some() && self.speaker.is_some() && self.moves.as_ref().is_some_and(|coder| coder.is_whole())
    }
}

/// What a session needs to be told apart.
#[derive(Clone, Debug)]
pub struct Setup {
    pub tracks: u8,
    pub hint: RoleHint,
    pub voices: Voices,
}

/// Whose voices they are: the demo model knows synthetic ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voices {
    /// Known to be no real ones.
    Synthetic,
    /// Somebody's file: its words are counted, with a caveat.
    Recorded,
    /// People before a microphone: its words are in no number.
    Live,
}

/// Reads a stretch of sound again that memory had no room for, from the sealed recording.
pub type Reread = Box<dyn Fn(Track, Span) -> Option<Vec<f32>> + Send>;

/// What a session came to.
#[derive(Debug)]
pub struct Outcome {
    pub numbers: Numbers,
    pub words: Vec<Utterance>,
    /// Not all could be made of the sound, such as when decoding failed or its mean log-probability is poor: the recording
    /// should stay until the coachee decides.
    pub words_poor: bool,
    /// Roles are a guess: session times at which each voice speaks alone, to ask with; the supposed coach's first.
    pub ask: Option<[Sample; 2]>,
}

impl Outcome {
    /// Counts what the source of the sound lost before the pipeline could hear it.
    pub fn count_lost(&mut self, health: &Health) {
        self.numbers.dropped_s += health.dropped as f64 / f64::from(SAMPLE_RATE);
        self.numbers.gaps += health.gaps;
    }
}

/// A session being worked on. Dropped without [`Pipeline::finish`], nothing of it remains.
pub struct Pipeline {
    setup: Setup,
    whisper: Option<(String, Arc<Whisper>)>,
    speaker: bool,
    moves: Option<Arc<Coder>>,
    ears: Vec<Ear>,
    listener: Listener,
    decoding: Option<Decoding>,
    /// `None`: nobody listens for commands.
    attention: Option<Attention>,
    gaps: BTreeSet<Sample>,
    /// Taken off the record.
    forgotten: Vec<Span>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("setup", &self.setup).field("decoding", &self.decoding).finish_non_exhaustive()
    }
}

/// One track's.
#[derive(Debug)]
struct Ear {
    detector: speech::Detector,
    packer: Packer,
    /// On the record.
    speech: Vec<Span>,
    /// Where no block was.
    holes: Vec<Span>,
    position: u64,
}

impl Ear {
    fn new(track: u8, whisper: Option<&Whisper>) -> Self {
        let track = Track(track);
        Self {
            detector: speech::Detector::new(),
            packer: whisper.map_or_else(|| Packer::new(track), |whisper| Packer::within(track, whisper.longest())),
            speech: Vec::new(),
            holes: Vec::new(),
            position: 0,
        }
    }
}

impl Pipeline {
    /// Begins a session. Without `reread` all speech that waits for decoding stays in memory.
    pub fn new(models: Models, setup: Setup, reread: Option<Reread>) -> Self {
        let tracks = setup.tracks.clamp(1, 2);
        let ears = {
            let whisper = models.whisper.as_ref().map(|(_, whisper)| whisper.as_ref());
            (0..tracks).map(|track| Ear::new(track, whisper)).collect()
        };
        let decoding = models.whisper.as_ref().map(|(_, whisper)| Decoding::start(Arc::clone(whisper), reread));
        Self {
            setup,
            whisper: models.whisper,
            speaker: models.speaker.is_some(),
            moves: models.moves,
            ears,
            listener: Listener::new(models.speaker, tracks),
            decoding,
            attention: None,
            gaps: BTreeSet::new(),
            forgotten: Vec::new(),
        }
    }

    /// Has the text model read sentences as they come, for a session after which somebody waits: there is little left to do
    /// at the end. Meanwhile the text model takes its room (50 MB) beside the one that decodes, which otherwise has given
    /// its own back by then.
    pub fn read_early(&self) {
        let unusable = self.whisper.as_ref().is_none_or(|(name, _)| unusable(name, self.setup.voices));
        if let (Some(decoding), Some(coder), false) = (&self.decoding, &self.moves, unusable) {
            decoding.prepare_for(Arc::clone(coder));
        }
    }

    /// Takes the next block of any track. Never waits for decoding. What was heard before is not heard again; a hole
    /// before the block is outside every duration.
    pub fn push(&mut self, block: &Block) {
        let Some(ear) = self.ears.get_mut(usize::from(block.track.0)) else { return };
        let (first, mut at) = (block.first.0, ear.position);
        if first > at.saturating_add(HOLE_MAX) {
            tracing::warn!("a block lies more than a day after the last one, and is left out");
            return;
        }
        if let Some(hole) = Span::new(Sample(at), Sample(first)) {
            ear.holes.push(hole);
            self.gaps.insert(hole.start());
        }
        while at < first {
            let silence = &SILENCE[..SILENCE.len().min((first - at) as usize)];
            self.hear(block.track, silence);
            at += silence.len() as u64;
        }
        let known = (at - first).min(block.samples.len() as u64) as usize;
        self.hear(block.track, &block.samples[known..]);
    }

    /// Notes that time passed outside the record at this point.
    pub fn gap(&mut self, at: Sample) {
        self.gaps.insert(at);
    }

    /// Listens for spoken commands from now on. Without a model for words there are none.
    pub fn attend(&mut self, wake: WakeWord) {
        let whisper = self.whisper.as_ref().map(|(_, whisper)| Arc::clone(whisper));
        let places = self.ears.iter().map(|ear| Sample(ear.position));
        self.attention = whisper.map(|whisper| Attention::new(whisper, wake, places));
    }

    /// The commands heard since the last call.
    pub fn commands(&mut self) -> Vec<SpokenCommand> {
        self.attention.as_ref().map_or_else(Vec::new, Attention::heard)
    }

    /// Hears what is not recorded: for commands, and nothing else is made of it. It is on no clock, and neither is the span
    /// of such a command.
    pub fn overhear(&mut self, block: &Block) {
        if let Some(attention) = &mut self.attention {
            attention.push(block.track, &block.samples);
        }
    }

    /// A pause begins or ends: what was said before that is no command any more.
    pub fn attend_anew(&mut self) {
        if let Some(attention) = &mut self.attention {
            attention.anew(self.ears.iter().map(|ear| Sample(ear.position)));
        }
    }

    /// Drops what was said in `span`, as if there had been silence, and takes it out of every duration: a command is no part
    /// of the conversation.
    pub fn forget(&mut self, span: Span) {
        self.forgotten = union(self.forgotten.drain(..).chain([span]), 0);
        for ear in &mut self.ears {
            ear.speech = on_record(ear.speech.drain(..), &[span]).collect();
            ear.packer.forget(span);
        }
        if let Some(decoding) = &self.decoding {
            decoding.forget(span);
        }
    }

    /// Off the record: drops everything from `from` to now: sound that waits, words, and all that is to be said about
    /// it. The clock goes on: the next block follows the last.
    pub fn forget_from(&mut self, from: Sample) {
        self.gaps.retain(|gap| *gap < from);
        self.gaps.insert(from);
        let now = self.now();
        self.attend_anew();
        let Some(span) = Span::new(from, Sample(now)) else { return };
        self.forget(span);
        for ear in &mut self.ears {
            ear.packer.forget_from(from);
        }
    }

    /// Seconds of speech that wait for decoding.
    pub fn behind_s(&self) -> f64 {
        self.decoding.as_ref().map_or(0.0, Decoding::behind_s)
    }

    /// Waits until at most so many seconds of speech wait for decoding: for a feeder that is faster than decoding.
    pub fn wait_until_behind(&self, at_most_s: f64) {
        if let Some(decoding) = &self.decoding {
            decoding.wait_until_behind(at_most_s);
        }
    }

    /// Seconds in which somebody spoke, as far as that is known yet.
    pub fn speech_s(&self) -> f64 {
        let spoken = union(self.ears.iter().flat_map(|ear| ear.speech.iter().copied()), 0);
        spoken.iter().map(|span| span.seconds()).sum()
    }

    /// Whether somebody speaks right now.
    pub fn speaking(&self) -> bool {
        self.ears.iter().any(|ear| ear.detector.speaking())
    }

    /// The rest: last windows, diarization, roles, words to turns, numbers.
    pub fn finish(mut self) -> Outcome {
        // Nobody is there any more to be obeyed.
        self.attention = None;
        let (outside, now) = (self.outside(), self.now());
        let left_out: u64 = outside.iter().map(|span| span.samples()).sum();
        let duration_s = now.saturating_sub(left_out) as f64 / f64::from(SAMPLE_RATE);
        let gaps = self.count_gaps();
        // A pause takes none of the session's clock, and yet something is missing there.
        let points = self.gaps.iter().filter_map(|at| Span::new(Sample(at.0.checked_sub(1)?), *at));
        let outside = union(outside.into_iter().chain(points), 0);
        let mut speech = Vec::new();
        for ear in std::mem::take(&mut self.ears) {
            let rest: Vec<Span> = on_record(ear.detector.finish(), &self.forgotten).collect();
            let windows = ear.packer.finish(&rest);
            if let Some(decoding) = &self.decoding {
                windows.into_iter().for_each(|window| decoding.add(window));
            }
            speech.push([ear.speech, rest].concat());
        }
        // The voices are told apart while the last windows are decoded.
        let diarization = self.listener.finish(&speech);
        let transcribed = self.decoding.map(Decoding::finish);
        let roles = Roles::of(&diarization, &self.setup.hint);
        let spans: Vec<RoleSpan> = diarization
            .spans
            .iter()
            .flat_map(|s| on_record([s.span], &self.forgotten).map(move |span| (span, s)))
            .map(|(span, s)| RoleSpan {
                span,
                role: s.voice.map(|voice| roles.of_voice(voice)),
                confidence: s.confidence,
            })
            .collect();
        let speech_s: f64 = speech.iter().flatten().map(|span| span.seconds()).sum();
        let trouble = trouble(transcribed.as_ref(), speech_s);
        let (failed, poor) = (trouble == Some(Caveat::WordsFailed), trouble.is_some());
        let mut doubts: Vec<String> = diarization.doubts.iter().map(|doubt| (*doubt).to_owned()).collect();
        doubts.extend(roles.assumed.then(|| Caveat::RolesAssumed.code().to_owned()));
        doubts.extend(trouble.map(|caveat| caveat.code().to_owned()));
        let transcribed = transcribed.unwrap_or_default();
        let words = utterances(&transcribed, &spans, &roles, speech.len());
        let whisper = self.whisper.map(|(name, _)| name);
        let unsure = whisper.as_deref() == Some(DEMO_MODEL) && self.setup.voices == Voices::Recorded;
        doubts.extend(unsure.then(|| Caveat::DemoModel.code().to_owned()));
        let unusable = whisper.as_deref().is_some_and(|whisper| unusable(whisper, self.setup.voices));
        let mut numbers = Numbers {
            duration_s,
            tracks: speech.len() as u8,
            spans,
            outside,
            gaps,
            models: ModelNames {
                whisper: whisper.clone().unwrap_or_default(),
                speaker: self.speaker.then(|| SPEAKER_MODEL.to_owned()),
                moves: None,
            },
            doubts,
            word_numbers_unusable: unusable.then(|| Caveat::DemoModel.code().to_owned()),
            words_decoded: whisper.is_some() && !failed,
            ..Numbers::default()
        };
        let sound = numbers.spans.clone();
        let words = code(words, self.moves.as_deref(), &transcribed.prepared(), Some(&sound), &mut numbers);
        Outcome { numbers, words, words_poor: poor, ask: roles.ask }
    }

    fn hear(&mut self, track: Track, samples: &[f32]) {
        let Some(ear) = self.ears.get_mut(usize::from(track.0)) else { return };
        // A track that lagged when something went off the record brings the rest of it now.
        let secret = self.forgotten.last().map_or(0, |last| last.end().0.saturating_sub(ear.position));
        let silenced: Vec<f32>;
        let samples = if secret > 0 {
            let silent = samples.iter().enumerate().map(|(i, s)| if (i as u64) < secret { 0.0 } else { *s });
            silenced = silent.collect();
            &silenced
        } else {
            samples
        };
        // First, for it is waited for.
        if let Some(attention) = &mut self.attention {
            attention.push(track, samples);
        }
        let Some(ear) = self.ears.get_mut(usize::from(track.0)) else { return };
        let mut found: Vec<Span> = Vec::new();
        for piece in samples.chunks(Listener::PIECE) {
            let spoken: Vec<Span> = on_record(ear.detector.push(piece), &self.forgotten).collect();
            self.listener.push(track, piece, &spoken);
            found.extend(spoken);
        }
        ear.position += samples.len() as u64;
        ear.speech.extend(&found);
        let Some(decoding) = &self.decoding else { return };
        for window in ear.packer.push(samples, &found) {
            decoding.add(window);
        }
        // Half-filled windows are decoded in pauses, but only where nothing else is to do: they cost as much as full ones.
        if !ear.detector.speaking() && decoding.idle() {
            ear.packer.close_after_pause().into_iter().for_each(|window| decoding.add(window));
        }
    }

    /// A stretch outside the record is one gap, though both its ends may be noted; and at the end of a session it is none.
    fn count_gaps(&self) -> u32 {
        let now = self.now();
        let outside: Vec<Span> = self.ears.iter().flat_map(|ear| &ear.holes).chain(&self.forgotten).copied().collect();
        let counts = |at: &&Sample| {
            at.0 < now && outside.iter().all(|span| span.end() != **at && (span.start() != **at || span.end().0 < now))
        };
        u32::try_from(self.gaps.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    /// The latest sample of any track.
    fn now(&self) -> u64 {
        self.ears.iter().map(|ear| ear.position).max().unwrap_or(0)
    }

    /// What is not on the record: what was forgotten, and what is missing on every track.
    fn outside(&self) -> Vec<Span> {
        let missing = match self.ears.as_slice() {
            [a, b] => a.holes.iter().flat_map(|x| b.holes.iter().filter_map(|y| x.overlap(*y))).collect(),
            [one] => one.holes.clone(),
            _ => Vec::new(),
        };
        union(missing.into_iter().chain(self.forgotten.iter().copied()), 0)
    }
}

/// A written transcript as a session: its times are its numbers. Whoever wrote it knows how exact they are.
pub fn read(written: Written, models: &Models) -> Outcome {
    let spans: Vec<RoleSpan> =
        written.utterances.iter().map(|u| RoleSpan { span: u.span, role: u.role, confidence: 1.0 }).collect();
    let end = spans.iter().map(|s| s.span.end()).max().unwrap_or_default();
    let mut doubts = vec![Caveat::WrittenTranscript.code().to_owned()];
    doubts.extend(written.roles_assumed.then(|| Caveat::RolesAssumed.code().to_owned()));
    let mut numbers =
        Numbers { duration_s: end.seconds(), tracks: 1, spans, doubts, words_decoded: true, ..Numbers::default() };
    let words = code(written.utterances, models.moves.as_deref(), &[], None, &mut numbers);
    Outcome { numbers, words, words_poor: false, ask: None }
}

/// Whether words that this model decodes are in no number: it knows no such voices.
fn unusable(whisper: &str, voices: Voices) -> bool {
    whisper == DEMO_MODEL && voices == Voices::Live
}

/// Cuts turns into the units that are coded, and adds what is made of them to the numbers. Without sound, nothing is
/// timed. Words that must not be used are left as they are: their numbers would be shown by nobody.
fn code(
    turns: Vec<Utterance>,
    coder: Option<&Coder>,
    prepared: &[&Prepared],
    sound: Option<&[RoleSpan]>,
    numbers: &mut Numbers,
) -> Vec<Utterance> {
    let Some(coder) = coder.filter(|_| numbers.word_numbers_unusable.is_none() && !turns.is_empty()) else {
        return turns;
    };
    let units = moves::split(&turns);
    if !moves::is_english(&units) {
        numbers.word_numbers_unusable = Some(Caveat::NotEnglish.code().to_owned());
        return units;
    }
    let coded = moves::code(&units, coder, prepared);
    let mut by_words = measures::words(&coded, sound, numbers.duration_s, &numbers.outside);
    if numbers.doubts.iter().any(|doubt| doubt == Caveat::RolesAssumed.code()) {
        // They may be the coachee's, of whom no utterance is told apart in the clear.
        by_words.iter_mut().for_each(|words| words.marks.clear());
    }
    numbers.by_words = Some(Box::new(by_words));
    numbers.models.moves = Some(coder.name().to_owned());
    numbers.doubts.extend(coder.words_only().map(|_| Caveat::MovesByWordsOnly.code().to_owned()));
    units
}

/// What of spans lies outside others, which are sorted and apart.
fn on_record(spans: impl IntoIterator<Item = Span>, forgotten: &[Span]) -> impl Iterator<Item = Span> {
    spans.into_iter().flat_map(move |span| {
        let mut left = Vec::new();
        let mut from = span.start();
        for gone in forgotten.iter().filter_map(|gone| gone.overlap(span)) {
            left.extend(Span::new(from, gone.start()));
            from = gone.end();
        }
        left.extend(Span::new(from, span.end()));
        left
    })
}

/// Who is who.
struct Roles {
    coach: u8,
    assumed: bool,
    ask: Option<[Sample; 2]>,
}

impl Roles {
    /// Where the hint cannot say, whoever speaks first is taken for the coach.
    fn of(diarization: &Diarization, hint: &RoleHint) -> Self {
        let known = assign_roles(diarization, hint);
        let first = || assign_roles(diarization, &RoleHint::CoachSpeaksFirst);
        let (Some(coach), assumed) = known.map_or_else(|| (first(), true), |voice| (Some(voice), hint.is_guess()))
        else {
            return Self { coach: 0, assumed: false, ask: None };
        };
        let alone = [coach, 1 - coach.min(1)].map(|voice| longest_alone(diarization, voice));
        let ask = match alone {
            [Some(coach), Some(coachee)] if assumed => Some([coach, coachee]),
            _ => None,
        };
        Self { coach, assumed, ask }
    }

    fn of_voice(&self, voice: u8) -> Role {
        if voice == self.coach { Role::Coach } else { Role::Coachee }
    }
}

/// Where a voice speaks longest without the other.
fn longest_alone(diarization: &Diarization, voice: u8) -> Option<Sample> {
    let others: Vec<Span> = union(diarization.spans.iter().filter(|s| s.voice != Some(voice)).map(|s| s.span), 0);
    let own = diarization.spans.iter().filter(|s| s.voice == Some(voice)).map(|s| s.span);
    on_record(own, &others).max_by_key(|span| span.samples()).map(Span::start)
}

/// What is wrong with the words, if anything.
fn trouble(transcribed: Option<&Transcribed>, speech_s: f64) -> Option<Caveat> {
    let Some(transcribed) = transcribed else { return (speech_s > 0.0).then_some(Caveat::WordsFailed) };
    let all_failed = transcribed.failed > 0 && transcribed.failed == transcribed.windows;
    let unlikely = transcribed.mean_logprob().is_some_and(|mean| mean < POOR_LOGPROB);
    let poor = transcribed.failed > 0 || (speech_s >= JUDGED_S && (unlikely || transcribed.passages.is_empty()));
    match (all_failed, poor) {
        (true, _) => Some(Caveat::WordsFailed),
        (false, true) => Some(Caveat::WordsPoor),
        (false, false) => None,
    }
}

/// Words to turns. With two tracks each has its own words, and those heard from the other microphone go.
fn utterances(transcribed: &Transcribed, spans: &[RoleSpan], roles: &Roles, tracks: usize) -> Vec<Utterance> {
    let turns_of = |role: Option<Role>| {
        let wanted = move |s: &&RoleSpan| role.is_none_or(|role| s.role.is_none_or(|other| other == role));
        spans.iter().filter(wanted).map(|s| (s.span, s.role)).collect::<Vec<_>>()
    };
    if tracks < 2 {
        return align(transcribed.words().map(|(_, word)| word).collect(), &turns_of(None));
    }
    let mut by_track: [Vec<Word>; 2] = Default::default();
    for (track, word) in transcribed.words() {
        by_track[usize::from(track.0 > 0)].push(word);
    }
    let mut said: Vec<Utterance> = Vec::new();
    for (voice, mut words) in (0u8..).zip(by_track) {
        let turns = turns_of(Some(roles.of_voice(voice)));
        words.retain(|word| turns.iter().any(|(turn, _)| near(*turn, word.span.midpoint())));
        said.extend(align(words, &turns));
    }
    said.sort_by_key(|utterance| utterance.span);
    said
}

fn near(turn: Span, at: Sample) -> bool {
    turn.start().0 <= at.0.saturating_add(NEAR) && at.0 < turn.end().0.saturating_add(NEAR)
}

#[cfg(test)]
mod tests;
