//! What a running session hears said to it, and how it answers: spoken commands, and tones.

use std::time::{Duration, Instant};

use super::{Ending, Recorder};
use crate::{
    capture::{Alarm, Block},
    daemon::{protocol::Trouble, tones::Tone},
    pipeline::SpokenCommand,
    transcript::Command,
    units::{SAMPLE_RATE, Sample, Span},
};

/// "Yes, delete" answers "delete this session" within this; later it is talk.
const DELETION_WITHIN: Duration = Duration::from_secs(15);
/// An alarm that lasts sounds again after this.
const ALARM_AGAIN: Duration = Duration::from_secs(60);
/// Either side of a command this goes with it: voice activity is right to some hundredths of a second (0.1 s).
const EDGE: u64 = SAMPLE_RATE as u64 / 10;

/// What was sounded, and when: the same does not sound again at once.
pub(super) type Sounded = (Option<Alarm>, Option<Trouble>, Instant);

impl Recorder {
    /// Does what was said to be done; says if that ends the session.
    pub(super) fn obey(&mut self) -> Option<Ending> {
        self.deletion_asked = self.deletion_asked.filter(|asked| asked.elapsed() < DELETION_WITHIN);
        for said in self.pipeline.commands() {
            let paused = self.clock.is_paused();
            if !paused && self.obeyed.is_some_and(|last| is_echo(last, said)) {
                self.strike(said.span);
                continue;
            }
            let answer = match said.command {
                Command::Pause | Command::OffTheRecord if !paused => {
                    self.go_off_the_record(said.span.start());
                    Tone::Off
                }
                Command::Resume | Command::BackOnTheRecord if paused => match self.resume() {
                    Ok(()) => Tone::On,
                    Err(_) => Tone::Refused,
                },
                Command::Mark if !paused => {
                    self.strike(said.span);
                    match self.mark_at(said.span.start()) {
                        Ok(()) => Tone::Done,
                        Err(_) => Tone::Refused,
                    }
                }
                Command::StopRecording => {
                    if !paused {
                        self.go_off_the_record(said.span.start());
                    }
                    self.tones.sound(Tone::Done);
                    return Some(Ending::Stop);
                }
                Command::DeleteSession => {
                    self.strike(said.span);
                    self.deletion_asked = Some(Instant::now());
                    Tone::Question
                }
                Command::YesDelete if self.deletion_asked.is_some() => {
                    self.tones.sound(Tone::Done);
                    return Some(Ending::Withdraw);
                }
                // Nobody asked: it is part of the conversation.
                Command::YesDelete => continue,
                Command::Pause | Command::OffTheRecord | Command::Resume | Command::BackOnTheRecord | Command::Mark => {
                    self.strike(said.span);
                    Tone::Refused
                }
            };
            self.tones.sound(answer);
            if answer != Tone::Refused {
                self.commands += 1;
                self.obeyed = (!self.clock.is_paused()).then_some(said);
            }
            if self.clock.is_paused() != paused {
                // Whatever else was said, was said before that.
                break;
            }
        }
        None
    }

    /// From where the command began, nothing has been recorded.
    fn go_off_the_record(&mut self, from: Sample) {
        self.catch_up();
        let gone = Span::new(from, self.clock.now());
        if let Err(error) = self.recording.forget_from(from) {
            self.cannot_write(&error);
        }
        self.pipeline.forget_from(from);
        self.forgotten = gone.or(self.forgotten);
        self.clock.pause();
        self.paused_at = Some(Instant::now());
    }

    /// A command is no part of the conversation: no word and no number has it, nor has it when the recording is read again. In
    /// a pause there is nothing to take out.
    fn strike(&mut self, said: Span) {
        let edges = (Sample(said.start().0.saturating_sub(EDGE)), Sample(said.end().0 + EDGE).min(self.clock.now()));
        if let Some(span) = Span::new(edges.0, edges.1).filter(|_| !self.clock.is_paused()) {
            if let Err(error) = self.recording.strike(span) {
                self.cannot_write(&error);
            }
            self.pipeline.forget(span);
        }
    }

    /// Sounds when something goes wrong, and again while it lasts.
    pub(super) fn sound_alarm(&mut self) {
        let alarm = self.health.alarm.filter(|_| self.source.is_some() && !self.clock.is_paused());
        let wrong = (alarm, self.trouble);
        let told = |(alarm, trouble, at): Sounded| (alarm, trouble) == wrong && at.elapsed() < ALARM_AGAIN;
        if wrong != (None, None) && !self.sounded.is_some_and(told) {
            self.tones.sound(Tone::Alarm);
            self.sounded = Some((alarm, self.trouble, Instant::now()));
        }
    }
}

/// One voice that two microphones heard.
fn is_echo(last: SpokenCommand, said: SpokenCommand) -> bool {
    last.command == said.command && last.span.overlap(said.span).is_some()
}

/// The parts of a block outside `gone`: of a track that lagged when something went off the record, the rest of it comes
/// later.
pub(super) fn outside(block: &Block, gone: Span) -> Vec<Block> {
    let end = Sample(block.first.0 + block.samples.len() as u64);
    let part = |from: Sample, to: Sample| {
        let span = Span::new(from.max(block.first), to.min(end))?;
        let place = |at: Sample| (at.0 - block.first.0) as usize;
        Some(Block {
            first: span.start(),
            track: block.track,
            samples: block.samples[place(span.start())..place(span.end())].into(),
        })
    };
    [part(block.first, gone.start()), part(gone.end(), end)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Track;

    #[test]
    fn of_a_late_block_only_what_is_on_the_record_is_left() {
        let gone = Span::new(Sample(100), Sample(200)).unwrap();
        for (first, length, left) in [
            (0, 50, vec![(0, 50)]),
            (0, 100, vec![(0, 100)]),
            (50, 100, vec![(50, 50)]),
            (50, 200, vec![(50, 50), (200, 50)]),
            (120, 50, vec![]),
            (100, 100, vec![]),
            (150, 100, vec![(200, 50)]),
            (200, 10, vec![(200, 10)]),
        ] {
            let samples = (first..first + length).map(|at| at as f32).collect();
            let block = Block { first: Sample(first), track: Track(1), samples };
            let parts = outside(&block, gone);
            let places: Vec<_> = parts.iter().map(|part| (part.first.0, part.samples.len())).collect();
            assert_eq!(places, left, "{first} and {length}");
            assert!(parts.iter().all(|part| part.samples[0] as u64 == part.first.0));
        }
    }

    #[test]
    fn a_command_that_two_microphones_heard_is_one() {
        let said = |command, start: u64| SpokenCommand {
            command,
            span: Span::new(Sample(start), Sample(start + 20_000)).unwrap(),
        };
        let first = said(Command::Mark, 0);
        assert!(is_echo(first, said(Command::Mark, 300)));
        assert!(!is_echo(first, said(Command::Mark, 30_000)));
        assert!(!is_echo(first, said(Command::Pause, 300)));
    }
}
