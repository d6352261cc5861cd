//! The words of a window, close together: ten thousand of them wait for the end of a session, and each in a box of its own
//! would take four times the room. With them what the text model makes of them, so that it goes when they go.

use crate::{
    moves::Prepared,
    session::Track,
    transcript::{Spoken, Word},
    units::{Sample, Span},
};

#[derive(Debug)]
pub struct Passage {
    track: Track,
    /// One word after the other, nothing between.
    text: Spoken,
    words: Box<[Place]>,
    /// Of its sentences; of none once words were taken out of them.
    pub prepared: Prepared,
}

/// Where a word was said, and how much of the text it is.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: Sample,
    samples: u32,
    bytes: u16,
    /// In 65,535ths.
    probability: u16,
}

impl Passage {
    /// `None` without any words.
    pub fn new(track: Track, words: &[Word]) -> Option<Self> {
        // Room for all of it at once, so that no half-grown copy is left behind in memory.
        let mut text = String::with_capacity(words.iter().map(|word| word.text.words().len()).sum());
        let mut places = Vec::with_capacity(words.len());
        for word in words {
            // A word of 64 kB, or of days, is none.
            let size = (u32::try_from(word.span.samples()), u16::try_from(word.text.words().len()));
            let (Ok(samples), Ok(bytes)) = size else { continue };
            let probability = (word.probability.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16;
            text.push_str(word.text.words());
            places.push(Place { start: word.span.start(), samples, bytes, probability });
        }
        let text = Spoken::new(text);
        (!places.is_empty()).then(|| Self { track, text, words: places.into(), prepared: Prepared::default() })
    }

    pub fn words(&self) -> impl Iterator<Item = (Track, Word)> {
        let mut rest = self.text.words();
        self.words.iter().filter_map(move |place| {
            let (text, later) = rest.split_at_checked(usize::from(place.bytes))?;
            rest = later;
            let span = Span::new(place.start, Sample(place.start.0 + u64::from(place.samples)))?;
            let probability = f32::from(place.probability) / f32::from(u16::MAX);
            Some((self.track, Word { span, text: Spoken::new(text.to_owned()), probability }))
        })
    }

    /// Drops words of `gone`, and what was prepared of them; `None` when none are left.
    pub fn without(self, gone: Span) -> Option<Self> {
        if self.spans().all(|span| span.overlap(gone).is_none()) {
            return Some(self);
        }
        let left = self.words().map(|(_, word)| word).filter(|word| word.span.overlap(gone).is_none());
        Self::new(self.track, &left.collect::<Vec<Word>>())
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        self.words.iter().filter_map(|place| Span::new(place.start, Sample(place.start.0 + u64::from(place.samples))))
    }

    /// Bytes that it takes.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.words().len() + size_of_val(self.words.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(start: u64, text: &str) -> Word {
        let span = Span::new(Sample(start), Sample(start + 4_000)).unwrap();
        Word { span, text: Spoken::new(text.to_owned()), probability: 1.0 }
    }

    #[test]
    fn words_come_back_without_those_that_are_gone() {
        let said = [word(0, "What"), word(5_000, "did"), word(10_000, "café—"), word(15_000, "?")];
        let passage = Passage::new(Track(1), &said).unwrap();
        let back: Vec<_> = passage.words().collect();
        assert_eq!(back, said.clone().map(|word| (Track(1), word)));
        let gone = Span::new(Sample(8_999), Sample(10_001)).unwrap();
        let left: Vec<Word> = passage.without(gone).unwrap().words().map(|(_, word)| word).collect();
        assert_eq!(left, [said[0].clone(), said[3].clone()]);
        let all = Span::new(Sample(0), Sample(100_000)).unwrap();
        assert!(Passage::new(Track(0), &said).unwrap().without(all).is_none());
        assert!(Passage::new(Track(0), &[]).is_none());
    }

    #[test]
    fn an_hour_of_words_takes_a_quarter_of_a_megabyte() {
        // 150 words a minute, in windows of 28 s.
        let window: Vec<Word> =
            (0..70).map(|at| word(at * 6_400, ["so", "worksheet,", "they", "all"][at as usize % 4])).collect();
        let an_hour = Passage::new(Track(0), &window).unwrap().bytes() * 3600 / 28;
        assert!(an_hour < 250_000, "{an_hour} bytes");
    }
}
