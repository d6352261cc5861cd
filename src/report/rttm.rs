//! Who spoke when as RTTM, the format of diarization research, so that others can check the talk ratio with their tools.
//!
//! Ten fields a line (NIST, RT-09 evaluation plan, appendix A): type, file, channel, onset, duration, orthography, subtype,
//! name, confidence, lookahead. Orthography, where words would go, is always `<NA>`. Everything that somebody is known to
//! have said is there, backchannels too; what could not be attributed is left out.

use std::fmt::Write as _;

use crate::{
    measures::{Numbers, RoleSpan},
    session::SessionId,
};

/// A session's speech in order of time; empty when nobody's could be attributed.
pub fn rttm(id: &SessionId, numbers: &Numbers) -> String {
    let mut spans: Vec<&RoleSpan> = numbers.spans.iter().collect();
    spans.sort_by_key(|span| (span.span, span.role));
    let mut lines = String::new();
    for span in spans {
        let Some(role) = span.role else { continue };
        let (start, duration) = (span.span.start().seconds(), span.span.seconds());
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "SPEAKER {id} 1 {start:.3} {duration:.3} <NA> <NA> {} <NA> <NA>", role.name());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_known_span_in_order() {
        let numbers: Numbers = serde_json::from_str(
            r#"{"spans": [
                {"span": {"start": 32000, "end": 48000}, "role": "coachee", "confidence": 1.0},
                {"span": {"start": 0, "end": 24040}, "role": "coach", "confidence": 0.9},
                {"span": {"start": 16000, "end": 17000}, "role": null, "confidence": 0.1}]}"#,
        )
        .unwrap();
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let expected = "\
SPEAKER 01ARZ3NDEKTSV4RRFFQ69G5FAV 1 0.000 1.502 <NA> <NA> coach <NA> <NA>
SPEAKER 01ARZ3NDEKTSV4RRFFQ69G5FAV 1 2.000 1.000 <NA> <NA> coachee <NA> <NA>
";
        assert_eq!(rttm(&id, &numbers), expected);
    }
}
