//! The session clock while people pause: sound from a pause is left out, and what follows closes up to what came before.
//!
//! The source's own positions go on counting through a pause. Here they are moved back by what was left out. A pause
//! begins and ends at one position for all tracks, whatever of them had been handed out by then, so that two tracks are
//! still aligned to the sample afterwards.

use crate::{capture::Block, units::Sample};

/// Tracks that there can be.
const TRACKS: usize = 2;

/// A stretch of the source's sound that is off the session's clock.
#[derive(Clone, Copy, Debug)]
struct Pause {
    from: u64,
    /// `None` while it lasts.
    until: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Clock {
    /// How far the source has come, by track, in its own positions.
    heard: [u64; TRACKS],
    /// In order; none overlaps another.
    pauses: Vec<Pause>,
}

impl Clock {
    /// The parts of a block that belong to the session, where they lie on its clock.
    pub(super) fn place(&mut self, block: Block) -> Vec<Block> {
        let (start, end) = (block.first.0, block.first.0 + block.samples.len() as u64);
        if let Some(heard) = self.heard.get_mut(usize::from(block.track.0)) {
            *heard = end.max(*heard);
        }
        let mut parts = Vec::with_capacity(1);
        let mut left_out = 0;
        let mut from = start;
        for pause in &self.pauses {
            if from < pause.from {
                let to = end.min(pause.from);
                parts.push((from, to, left_out));
                from = to;
            }
            if from == end {
                break;
            }
            let until = pause.until.unwrap_or(u64::MAX);
            from = from.max(until.min(end));
            left_out += until - pause.from;
        }
        if from < end {
            parts.push((from, end, left_out));
        }
        if let [(from, to, left_out)] = parts[..]
            && (from, to) == (start, end)
        {
            // The usual case: whole, and nothing is copied.
            return vec![Block { first: Sample(start - left_out), ..block }];
        }
        let cut = |(from, to, left_out): (u64, u64, u64)| Block {
            first: Sample(from - left_out),
            track: block.track,
            samples: block.samples[(from - start) as usize..(to - start) as usize].into(),
        };
        parts.into_iter().map(cut).collect()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|pause| pause.until.is_none())
    }

    /// From here on nothing belongs to the session.
    pub(super) fn pause(&mut self) {
        if !self.is_paused() {
            self.pauses.push(Pause { from: self.farthest(), until: None });
        }
    }

    /// Ends the pause; where it lies on the session's clock.
    pub(super) fn resume(&mut self) -> Sample {
        let until = self.farthest();
        if let Some(pause) = self.pauses.last_mut()
            && pause.until.is_none()
        {
            pause.until = Some(until);
        }
        self.now()
    }

    /// Where the session has come to.
    pub(super) fn now(&self) -> Sample {
        let heard = self.farthest();
        let left_out: u64 = self.pauses.iter().map(|pause| pause.until.unwrap_or(heard) - pause.from).sum();
        Sample(heard - left_out)
    }

    fn farthest(&self) -> u64 {
        self.heard.into_iter().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Track;

    /// Every sample says which one of the source it is.
    fn block(track: u8, first: u64, length: u64) -> Block {
        let samples = (first..first + length).map(|n| n as f32).collect();
        Block { first: Sample(first), track: Track(track), samples }
    }

    /// (position on the session's clock, first sample of the source, how many)
    fn placed(clock: &mut Clock, block: Block) -> Vec<(u64, u64, usize)> {
        clock.place(block).iter().map(|b| (b.first.0, b.samples[0] as u64, b.samples.len())).collect()
    }

    #[test]
    fn without_a_pause_nothing_moves() {
        let mut clock = Clock::default();
        assert_eq!(placed(&mut clock, block(0, 0, 100)), [(0, 0, 100)]);
        assert_eq!(placed(&mut clock, block(0, 100, 100)), [(100, 100, 100)]);
        assert_eq!(clock.now(), Sample(200));
    }

    #[test]
    fn after_a_pause_positions_go_on_without_a_hole() {
        let mut clock = Clock::default();
        placed(&mut clock, block(0, 0, 100));
        clock.pause();
        clock.pause();
        assert_eq!(placed(&mut clock, block(0, 100, 70)), []);
        assert!(clock.is_paused());
        assert_eq!(clock.now(), Sample(100));
        assert_eq!(clock.resume(), Sample(100));
        assert!(!clock.is_paused());
        assert_eq!(placed(&mut clock, block(0, 170, 30)), [(100, 170, 30)]);
        clock.pause();
        assert_eq!(placed(&mut clock, block(0, 200, 50)), []);
        assert_eq!(clock.resume(), Sample(130));
        assert_eq!(placed(&mut clock, block(0, 250, 10)), [(130, 250, 10)]);
        assert_eq!(clock.now(), Sample(140));
    }

    #[test]
    fn two_tracks_stay_aligned_whatever_was_handed_out() {
        let mut clock = Clock::default();
        placed(&mut clock, block(0, 0, 100));
        placed(&mut clock, block(1, 0, 60));
        clock.pause();
        // The second track was behind: what it heard before the pause still belongs to the session.
        assert_eq!(placed(&mut clock, block(1, 60, 60)), [(60, 60, 40)]);
        assert_eq!(placed(&mut clock, block(0, 100, 100)), []);
        assert_eq!(clock.resume(), Sample(100));
        // It is behind again: sound from before the other's resumption is from the pause.
        assert_eq!(placed(&mut clock, block(1, 120, 100)), [(100, 200, 20)]);
        assert_eq!(placed(&mut clock, block(0, 200, 50)), [(100, 200, 50)]);
    }

    #[test]
    fn a_block_may_lie_across_a_whole_pause() {
        let mut clock = Clock::default();
        placed(&mut clock, block(0, 0, 100));
        clock.pause();
        placed(&mut clock, block(0, 100, 20));
        clock.resume();
        assert_eq!(placed(&mut clock, block(1, 0, 200)), [(0, 0, 100), (100, 120, 80)]);
    }

    #[test]
    fn a_pause_of_no_sound_leaves_nothing_out() {
        let mut clock = Clock::default();
        placed(&mut clock, block(0, 0, 100));
        clock.pause();
        assert_eq!(clock.resume(), Sample(100));
        assert_eq!(placed(&mut clock, block(0, 100, 10)), [(100, 100, 10)]);
    }
}
