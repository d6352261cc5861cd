//! The clock of the record: that of the session without what lies outside it (what was paused, lost or taken off). That is no
//! silence that somebody left, and no part of a turn; and of a pause within which something is missing nobody knows how long
//! it was.

use super::RoleSpan;
use crate::units::{Sample, Span, union};

/// What lies outside the record: sorted and apart.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<Span>);

impl Record {
    /// In any order.
    pub fn without(outside: &[Span]) -> Self {
        Self(union(outside.iter().copied(), 0))
    }

    /// When it was by this clock; of a moment outside, where that was cut out.
    pub fn at(&self, at: Sample) -> Sample {
        let gone = self.0.iter().take_while(|cut| cut.start() < at);
        let gone: u64 = gone.map(|cut| cut.end().min(at).0 - cut.start().0).sum();
        Sample(at.0.saturating_sub(gone))
    }

    /// `None` for what lies outside altogether.
    pub fn span(&self, span: Span) -> Option<Span> {
        Span::new(self.at(span.start()), self.at(span.end()))
    }

    pub fn spans(&self, spans: &[RoleSpan]) -> Vec<RoleSpan> {
        spans.iter().filter_map(|each| Some(RoleSpan { span: self.span(each.span)?, ..each.clone() })).collect()
    }

    /// Where something is missing, by this clock.
    pub fn cuts(&self) -> Vec<Sample> {
        self.0.iter().map(|cut| self.at(cut.start())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::spans;
    use super::*;

    #[test]
    fn what_lies_outside_takes_no_time() {
        let outside: Vec<Span> = spans("? 10 20, ? 2 3").iter().map(|each| each.span).collect();
        let record = Record::without(&outside);
        let table = [(0.0, 0.0), (2.0, 2.0), (2.5, 2.0), (3.0, 2.0), (10.0, 9.0), (15.0, 9.0), (25.0, 14.0)];
        for (session, by_record) in table {
            assert_eq!(record.at(Sample::from_seconds(session)).seconds(), by_record, "{session}");
        }
        assert_eq!(record.spans(&spans("a 8 12, b 19 22, a 11 12")), spans("a 7 9, b 9 11"));
        assert_eq!(record.cuts(), [2.0, 9.0].map(Sample::from_seconds));
        assert_eq!(Record::default().at(Sample(u64::MAX)), Sample(u64::MAX));
    }
}
